//! What stands over the ladder and under it.

use std::collections::BTreeMap;

use super::super::super::lint;
use super::super::super::record::{Event, Trace};
use super::super::super::story::{Kind, Lane, Moment, Story, What};
use super::super::{Look, counted};
use super::glyphs::Glyphs;
use super::paper::Paper;
use super::row::{Line, WAITS};
use super::{Ladder, slots, time_span};
use crate::screen::{BAD, HEADING, NAME, QUIET, paint};

pub(super) fn head(trace: &Trace, story: &Story, look: &Look) -> Vec<String> {
    let clients =
        story.lanes.iter().filter(|lane| lane.subtitle == "client").count();
    let with = match clients {
        0 => String::new(),
        1 => " with 1 client".to_owned(),
        count => format!(" with {count} clients"),
    };
    let what = format!("trace of `{}`{with}", trace.command);
    let mut lines: Vec<String> = textwrap::wrap(&what, look.width)
        .iter()
        .map(|line| paint(HEADING, &plain(line, look)))
        .collect();
    lines.push(paint(QUIET, "times in ms since its beginning"));
    lines.push(String::new());
    lines
}

fn plain(text: &str, look: &Look) -> String {
    let is_fine = |c: &char| c.is_ascii() || !look.ascii;
    text.chars().map(|c| if is_fine(&c) { c } else { '?' }).collect()
}

/// The names of those who have new columns, the other columns going on.
pub(super) fn headings(
    ladder: &Ladder,
    story: &Story,
    lanes: &[usize],
    is_top: bool,
) -> Vec<String> {
    let glyphs = ladder.glyphs;
    let own = ladder.lines();
    let mut papers = Vec::new();
    let says_more = |&lane: &usize| !story.lanes[lane].subtitle.is_empty();
    // Later on there is less room for names.
    let rows: &[Name] = match is_top {
        true if lanes.iter().any(says_more) => {
            &[Name::Title, Name::Subtitle, Name::Rule]
        }
        true => &[Name::Title, Name::Rule],
        false => &[Name::Both],
    };
    for row in rows {
        let mut paper = Paper::new(ladder.look.width, ladder.look.ascii);
        for (slot, line) in own.iter().enumerate() {
            let (sign, style) = match line {
                Line::None => continue,
                Line::Runs => (glyphs.runs, QUIET),
                Line::Waits => (glyphs.waits, WAITS),
            };
            paper.put(ladder.slots.at(slot), sign, style);
        }
        for &lane in lanes {
            let lane = &story.lanes[lane];
            let Some(slot) = ladder.slots.of(lane.task) else { continue };
            let start = ladder.slots.at(slot);
            let room = (ladder.slots.width - 2).min(ladder.look.width - start);
            row.write(&mut paper, lane, start, room, glyphs);
        }
        papers.push(paper);
    }
    papers.iter().map(Paper::line).collect()
}

enum Name {
    Title,
    Subtitle,
    Both,
    Rule,
}

impl Name {
    fn write(
        &self,
        paper: &mut Paper,
        lane: &Lane,
        start: usize,
        room: usize,
        glyphs: &Glyphs,
    ) {
        let (text, style) = match self {
            Name::Title => (lane.title.clone(), NAME),
            Name::Subtitle => (lane.subtitle.clone(), QUIET),
            Name::Both => (underlined(lane, room, glyphs), NAME),
            Name::Rule => (glyphs.line.to_string().repeat(room), QUIET),
        };
        // Where it waits already, its line would run through its name.
        paper.put(start, ' ', style);
        let text = match self {
            Name::Title => cut_title(&text, room, glyphs),
            _ => glyphs.cut(&text, room),
        };
        paper.write(start, start + room, &text, style);
    }
}

/// In a line of its own: `knock 4103, child of 4101 ───`.
fn underlined(lane: &Lane, room: usize, glyphs: &Glyphs) -> String {
    let both = format!("{}, {}", lane.title, lane.subtitle);
    let fits = both.chars().count() <= room && !lane.subtitle.is_empty();
    let name = if fits { both } else { cut_title(&lane.title, room, glyphs) };
    let left = room.saturating_sub(name.chars().count() + 1);
    let rule = glyphs.line.to_string().repeat(left);
    format!("{name} {rule}").trim_end().to_owned()
}

/// Of `knock_client 4102`, the number tells them apart.
fn cut_title(title: &str, room: usize, glyphs: &Glyphs) -> String {
    let Some((name, number)) = title.rsplit_once(' ') else {
        return glyphs.cut(title, room);
    };
    let left = room.saturating_sub(number.len() + 1);
    glyphs.cut(&format!("{} {number}", glyphs.cut(name, left)), room)
}

/// How many waits of clients are told one by one.
const TOLD: usize = 3;

pub(super) fn foot(
    trace: &Trace,
    story: &Story,
    look: &Look,
    glyphs: &Glyphs,
) -> Vec<String> {
    let tasks = story.lanes.len();
    let tasks = counted(tasks, "process", "processes and threads");
    let mut said = match connected(story) {
        0 => vec![format!("{tasks}.")],
        connections => {
            let all = counted(connections, "connection", "connections");
            vec![format!("{all}, {tasks}.")]
        }
    };
    said.extend(waited(story));
    said.extend(left_behind(trace, story));
    said.push(failures(story));
    said.push(match lint::findings(trace).len() {
        0 => "No findings.".to_owned(),
        found => format!("{}: --lint shows them.", lint::count(found)),
    });
    let mut lines = vec![String::new()];
    let mut paragraph = |text: &str, style| {
        for line in textwrap::wrap(text, look.width) {
            lines.push(paint(style, &plain(&line, look)));
        }
    };
    paragraph(&said.join(" "), HEADING);
    for note in &story.notes {
        paragraph(&format!("Note: {note}"), BAD);
    }
    if let Some(width) = slots::wanted_width(story, look.width) {
        let hint = format!(
            "They do not all fit side by side: --width {width} or -o \
             FILE.html has a column for each."
        );
        paragraph(&hint, QUIET);
    }
    paragraph(&legend(story, glyphs), QUIET);
    lines
}

/// Connections that came to be, or that something went over: not the pair of
/// sockets that curl makes for itself and closes again.
fn connected(story: &Story) -> usize {
    let is_greeted = |number: usize| {
        story.arrows.iter().any(|arrow| {
            arrow.connection == Some(number) && arrow.kind == Kind::Handshake
        })
    };
    let all = story.connections.iter().enumerate();
    all.filter(|(number, one)| one.up + one.down > 0 || is_greeted(*number))
        .count()
}

fn waited(story: &Story) -> Option<String> {
    let clients: Vec<_> =
        story.lanes.iter().filter(|lane| lane.subtitle == "client").collect();
    let told: Vec<String> = clients
        .iter()
        .take(TOLD)
        .map(|lane| {
            let at = |place: usize| story.moments[place].at_ns;
            let lived = at(lane.last).saturating_sub(at(lane.first));
            let title = &lane.title;
            match lane.waited_ns {
                // What is rounded to nothing.
                0..5_000 => format!("{title} did not wait"),
                waited => format!(
                    "{title} waited {} of {}",
                    time_span(waited),
                    time_span(lived),
                ),
            }
        })
        .collect();
    let more = match clients.len().saturating_sub(TOLD) {
        0 => String::new(),
        more => format!(", and {more} more clients"),
    };
    (!told.is_empty()).then(|| format!("{}{more}.", told.join(", ")))
}

/// TIME_WAIT is where a connection stays whose end was said here first.
fn left_behind(trace: &Trace, story: &Story) -> Option<String> {
    let mut last: BTreeMap<usize, &str> = BTreeMap::new();
    for moment in &story.moments {
        let socket = match &trace.events[moment.event] {
            Event::Call(call) => call.socket,
            Event::State(transition) => transition.socket,
            _ => None,
        };
        if let (Some(socket), Some(state)) = (socket, &moment.state) {
            last.insert(socket, state);
        }
    }
    let stays: Vec<String> = last
        .iter()
        .filter(|(_, state)| **state == "TIME_WAIT")
        .filter_map(|(&socket, _)| {
            let socket = trace.sockets.get(socket)?;
            let (local, peer) = (socket.local.as_ref()?, &socket.peer);
            let peer = peer.as_ref()?;
            Some(format!("{local} (to {peer})"))
        })
        .collect();
    match stays.as_slice() {
        [] => None,
        [one] => Some(format!("TIME_WAIT stays behind at {one}.")),
        [first, others @ ..] => Some(format!(
            "TIME_WAIT stays behind at {first} and {} more.",
            others.len()
        )),
    }
}

fn failures(story: &Story) -> String {
    let failed: Vec<String> = story
        .moments
        .iter()
        .filter(|moment| moment.is_bad && moment.what != What::Segment)
        .map(|moment| {
            let since = match moment.what {
                What::Returns { since } => {
                    format!("{} ", story.moments[since].text)
                }
                _ => String::new(),
            };
            let who = &story.lanes[moment.lane].title;
            format!("{who}: {since}{}", moment.text)
        })
        .collect();
    match failed.len() {
        0 => "Nothing failed.".to_owned(),
        1..=TOLD => format!("Went wrong: {}.", failed.join("; ")),
        many => format!(
            "Went wrong: {}; and {} more.",
            failed[..TOLD].join("; "),
            many - TOLD
        ),
    }
}

fn legend(story: &Story, glyphs: &Glyphs) -> String {
    let has = |one: fn(&What) -> bool| {
        story.moments.iter().any(|moment| one(&moment.what))
    };
    let says = |word: &str| {
        story.moments.iter().any(|moment| moment.text.starts_with(word))
    };
    let mut all = Vec::new();
    if has(|what| matches!(what, What::Waits { .. })) {
        let Glyphs { falls_asleep, waits, wakes, .. } = glyphs;
        all.push(format!("{falls_asleep} {waits} {wakes} waits"));
    }
    if has(|what| *what == What::Birth) {
        all.push(format!("{} starts", glyphs.starts));
    }
    if has(|what| *what == What::End) {
        all.push(format!("{} ends", glyphs.ends));
    }
    if has(|what| *what == What::Segment) {
        let line = glyphs.dotted;
        all.push(format!("{line}{line}{} segment", glyphs.thin_right));
    }
    if story.arrows.iter().any(|arrow| arrow.to.is_none()) {
        all.push(format!("{} no call took it", glyphs.open_right));
    }
    if story.arrows.iter().any(|arrow| arrow.from.is_none()) {
        all.push(format!("{} no call seen sent it", glyphs.open_left));
    }
    let is_sample = |it: &Moment| it.state.is_some() && !it.is_transition;
    if story.moments.iter().any(is_sample) {
        all.push("[STATE] of TCP, as found after the call".to_owned());
    }
    let is_reported = |it: &Moment| it.state.is_some() && it.is_transition;
    if story.moments.iter().any(is_reported) {
        all.push(format!(
            "[{}STATE] as the kernel reported its change",
            glyphs.becomes
        ));
    }
    if says("send(") || says("recv(") {
        all.push("send, recv: sendto, recvfrom without an address".to_owned());
    }
    if says("fork(") {
        all.push("fork: clone of a process".to_owned());
    }
    all.join("; ")
}
