//! One conversation again, with the socket calls of both sides in one
//! picture: what `berkeley trace` draws of it.

use std::io;

use anstream::adapter;
use anyhow::Result;
use serde::Serialize;

use super::record::Act;
use crate::catalogue::Language;
use crate::house::House;
use crate::screen::{BAD, NAME, PLAIN, Progress, Screen, paint};
use crate::{exit, stage, trace};

/// A short talk, and a model in which a column branches off.
const OF: &[&str] = &["knock", "--model", "fork"];

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Ladder {
    /// What draws it.
    pub(crate) command: String,
    pub(crate) lines: Vec<String>,
    /// Why there are none. That nobody may be traced here, as in some
    /// containers, is no failure of a lab.
    pub(crate) why: Option<String>,
}

impl Ladder {
    /// Without styles.
    pub(crate) fn plain(&self) -> Ladder {
        let lines = self.lines.iter();
        let lines = lines.map(|line| adapter::strip_str(line).to_string());
        Ladder { lines: lines.collect(), ..self.clone() }
    }
}

/// Behind the act that it is about; `None` where that fell short.
pub(crate) fn behind(
    acts: &[Act],
    width: usize,
    progress: &Progress,
) -> Result<Option<Ladder>> {
    let mut acts = acts.iter();
    let seen = acts.find(|act| {
        act.ok && act.lab == OF[0] && act.model == OF.last().copied()
    });
    let Some(act) = seen else { return Ok(None) };
    let mut words = OF.to_vec();
    if act.language == Language::C {
        words.extend(["--language", "c"]);
    }
    let command = format!("berkeley trace {}", words.join(" "));
    progress.show(&format!("tour: {command}"));
    let drawn = trace::drawn(&words, width);
    progress.clear();
    // It takes Ctrl-C as a wish to see what there is so far.
    stage::check()?;
    let (lines, why) = match drawn {
        Ok(lines) => (lines, None),
        Err(error) => (Vec::new(), Some(exit::words(&error))),
    };
    Ok(Some(Ladder { command, lines, why }))
}

/// With what one needs to know to read it.
pub(crate) fn show(
    screen: &mut Screen,
    ladder: &Ladder,
    house: &House,
) -> io::Result<()> {
    screen.prose(
        0,
        PLAIN,
        "Each process has a column, and time runs downwards: ┆ is a wait in \
         a call, an arrow goes from the call that sent to the one that \
         received, and the state of TCP is in brackets.",
    )?;
    screen.blank()?;
    for line in &ladder.lines {
        screen.line(line)?;
    }
    if let Some(why) = &ladder.why {
        return screen.prose(2, BAD, &format!("there is none here: {why}"));
    }
    screen.blank()?;
    let tool = house.typed(Language::Rust, "berkeley");
    let command = ladder.command.replacen("berkeley", &tool, 1);
    screen.line(&format!("  try  {}", paint(NAME, &command)))
}
