//! A log of strace(1), read as a trace: best of `strace -f -ttt -yy -T`, but
//! whatever it was asked to write.
//!
//! `line` takes off what stands before a call, `log` puts the halves of calls
//! together, `syntax` knows how arguments are written and `meaning` what they
//! say; `replay` then plays the log again and keeps count of who holds which
//! socket.

mod address;
mod creation;
mod family;
mod holders;
mod line;
mod log;
mod meaning;
mod outcome;
mod replay;
mod syntax;
#[cfg(test)]
mod tests;

use anyhow::{Result, ensure};

use crate::trace::record::{FORMAT, Role, Source, Trace, VERSION};

use family::Family;
use log::Log;
use replay::Replay;

/// `everything`: calls that have nothing to do with sockets, too.
pub(crate) fn from_log(text: &str, everything: bool) -> Result<Trace> {
    let log = log::read(text);
    ensure!(!log.items.is_empty(), "neither a trace nor a log of strace");
    let family = Family::of(&log.items);
    let mut replay = Replay::new(family, everything);
    replay.play(&log.items);
    replay.sockets.meet();
    let guessed = replay.sockets.guess();
    let notes = notes(&log, &replay, guessed);
    let Replay { family, sockets, events, .. } = replay;
    let mut programs = family.programs;
    if let [_, _, ..] = programs[..] {
        for program in &mut programs {
            program.role = Role::Attached;
        }
    }
    let words = programs.iter().find(|it| !it.command.is_empty());
    let words = words.map(|it| it.command.join(" "));
    let trace = Trace {
        format: FORMAT.to_owned(),
        version: VERSION,
        command: words.unwrap_or_else(|| "a log of strace".to_owned()),
        source: Source::Strace,
        system: "unknown".to_owned(),
        began: log.began.unwrap_or(0.0),
        programs,
        tasks: family.tasks,
        sockets: sockets.all,
        events,
        notes,
    };
    trace.check()?;
    Ok(trace)
}

/// What such a log lacks.
fn notes(log: &Log, replay: &Replay, guessed: usize) -> Vec<String> {
    let mut notes = vec![
        "A log of strace has no TCP states and no queues: they are not shown."
            .to_owned(),
    ];
    let mut note = |is_so: bool, text: String| {
        if is_so {
            notes.push(text);
        }
    };
    note(
        !log.has_times,
        "This log has no times: every line counts as a millisecond. Try \
         strace -ttt -T."
            .to_owned(),
    );
    note(
        log.has_times && !log.has_returns,
        "This log does not say when calls returned: one that can wait is \
         shown until the next line. Try strace -T."
            .to_owned(),
    );
    note(
        guessed > 0,
        format!(
            "This log names no addresses of descriptors: that who connected \
             first was accepted first is a guess, made {guessed} times. Try \
             strace -yy."
        ),
    );
    note(
        replay.left_out > 0,
        format!(
            "Calls that have nothing to do with sockets are left out, {} of \
             them (--all shows them).",
            replay.left_out
        ),
    );
    note(
        log.beheaded > 0,
        format!(
            "Calls that began before the log did are left out: {}.",
            log.beheaded
        ),
    );
    note(
        log.strange > 0,
        format!("Lines that were not understood: {}.", log.strange),
    );
    notes
}
