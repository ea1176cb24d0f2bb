//! What must not grow with the number of peers that a program has served.

use super::room::{Gave, Room};
use super::stop::{Done, failed};
use crate::check::lab::{Act, Growth, Step};

/// How much there was at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Figures {
    pub(super) descriptors: usize,
    pub(super) zombies: usize,
    pub(super) processes: usize,
    pub(super) threads: usize,
}

/// A pool may fill up (Python's has up to 32 threads), a zombie may wait for
/// the next accept: what grows with each of 200 peers is more than that.
const SLACK: usize = 40;

impl Figures {
    fn of(self, what: Growth) -> (usize, &'static str) {
        match what {
            Growth::Descriptors => (self.descriptors, "descriptors"),
            Growth::Zombies => (self.zombies, "zombies"),
            Growth::Processes => (self.processes, "processes"),
            Growth::Threads => (self.threads, "threads"),
        }
    }
}

fn asks_for_growth(steps: &[Step]) -> bool {
    steps.iter().any(|step| match &step.act {
        Act::NoMore(_) => true,
        Act::Times(_, steps) => asks_for_growth(steps),
        _ => false,
    })
}

impl Room<'_> {
    /// How much there is when the program has come to rest.
    pub(super) fn note_growth(&mut self) -> Done<()> {
        let _ = self.until(|_| Ok(false))?;
        self.noted = Some(self.figures());
        Ok(())
    }

    /// Whether the case failed without an answer to what it asks: the program
    /// fell short in one of the rounds. Why it is there, and what helps, is
    /// about growth then, and beside the point.
    pub(super) fn is_unmeasured(&self) -> bool {
        asks_for_growth(&self.case.steps) && !self.has_grown
    }

    pub(super) fn no_more(&mut self, what: Growth) -> Done<()> {
        let Some(noted) = self.noted else {
            let why = "the lab has noted nothing before this step";
            return Err(anyhow::anyhow!(why).into());
        };
        let (before, name) = noted.of(what);
        let most = before + SLACK;
        let waited =
            self.until(|room| Ok(room.figures().of(what).0 <= most))?;
        let Err(gave) = waited else { return Ok(()) };
        if gave == Gave::Ended {
            return failed("the program has ended").stop();
        }
        self.has_grown = true;
        let now = self.figures().of(what).0;
        failed(format!("there are more and more {name}"))
            .with(
                format!("about {before} {name}, as before"),
                format!("{now} {name}, and {}", gave.words()),
            )
            .stop()
    }
}
