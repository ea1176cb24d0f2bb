//! A conversation on paper: the server on the left, the client on the right,
//! time downwards.

use std::io;

use anstyle::Style;

use super::record::{Act, Line};
use crate::catalogue::Language;
use crate::screen::{NAME, PLAIN, QUIET, Screen, pad, paint};
use crate::stage::Stream;

/// More lines than this are shown by their first and last ones.
const MANY: usize = 24;

pub(crate) fn show(screen: &mut Screen, act: &Act) -> io::Result<()> {
    let language = act.language.map(Language::name);
    let parts = [language, act.model].into_iter().flatten();
    let name = parts.collect::<Vec<_>>().join(", ");
    let name = match act.peer {
        Some(peer) => format!("{name}, with {peer}"),
        None => name,
    };
    screen.line(&format!("  {}", paint(QUIET, &name)))?;
    let roles: Vec<&str> =
        act.commands.iter().map(|command| command.role).collect();
    if roles == ["server", "client"] {
        two_panes(screen, act)
    } else {
        one_pane(screen, act)
    }
}

/// The server on the left, the client on the right, time downwards.
fn two_panes(screen: &mut Screen, act: &Act) -> io::Result<()> {
    let pane = (screen.width - 2 - 2) / 2;
    let heads = act.commands.iter().map(|command| {
        let text = format!("{}: {}", command.role, command.command);
        in_pane(&text, pane, "", NAME)
    });
    let heads: Vec<Vec<String>> = heads.collect();
    let rows = heads.iter().map(Vec::len).max().unwrap_or(0);
    for row in 0..rows {
        let cell = |at: usize| heads[at].get(row).map_or("", |text| text);
        put(screen, pane, cell(0), cell(1))?;
    }
    for line in few(&act.lines) {
        let Some(line) = line else {
            put(screen, pane, &paint(QUIET, "…"), "")?;
            continue;
        };
        for text in in_pane(&line.text, pane, mark(line.stream), PLAIN) {
            if line.role == "server" {
                put(screen, pane, &text, "")?;
            } else {
                put(screen, pane, "", &text)?;
            }
        }
    }
    Ok(())
}

fn put(
    screen: &mut Screen,
    pane: usize,
    left: &str,
    right: &str,
) -> io::Result<()> {
    screen.line(&format!("  {}  {right}", pad(left, pane)))
}

/// One program after the other.
fn one_pane(screen: &mut Screen, act: &Act) -> io::Result<()> {
    let pane = screen.width - 2;
    for command in &act.commands {
        let text = paint(NAME, &command.command);
        screen.line(&format!("  {text}"))?;
        let lines = act.lines.iter();
        let lines: Vec<Line> =
            lines.filter(|line| line.role == command.role).cloned().collect();
        for line in few(&lines) {
            let Some(line) = line else {
                screen.line(&format!("  {}", paint(QUIET, "…")))?;
                continue;
            };
            let mark = mark(line.stream);
            for text in in_pane(&line.text, pane, mark, PLAIN) {
                screen.line(&format!("  {text}"))?;
            }
        }
    }
    Ok(())
}

/// Where a line was printed, in one sign.
pub(crate) fn mark(stream: Stream) -> &'static str {
    match stream {
        Stream::Out => "│",
        Stream::Err => "┊",
        Stream::Typed => ">",
    }
}

/// A text cut to a pane, each line behind its mark.
fn in_pane(text: &str, pane: usize, mark: &str, style: Style) -> Vec<String> {
    let mark = match mark {
        "" => String::new(),
        mark => format!("{} ", paint(QUIET, mark)),
    };
    let room = pane - textwrap::core::display_width(&mark);
    let lines = textwrap::wrap(text, room);
    let lines = lines.iter().map(|line| paint(style, line));
    lines.map(|line| format!("{mark}{line}")).collect()
}

/// All lines, or the first and the last ones; `None` where some are left out.
fn few(lines: &[Line]) -> Vec<Option<&Line>> {
    if lines.len() <= MANY {
        return lines.iter().map(Some).collect();
    }
    let (first, last) = (&lines[..6], &lines[lines.len() - 3..]);
    let first = first.iter().map(Some).chain([None]);
    first.chain(last.iter().map(Some)).collect()
}
