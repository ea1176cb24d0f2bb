//! What must not grow with the number of peers that a program has served.

use super::room::{Gave, Room};
use super::stop::{Done, failed};
use crate::check::lab::Growth;

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

impl Room<'_> {
    /// How much there is when the program has come to rest.
    pub(super) fn note_growth(&mut self) -> Done<()> {
        let _ = self.until(|_| Ok(false))?;
        self.noted = Some(self.figures());
        Ok(())
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
        let now = self.figures().of(what).0;
        failed(format!("there are more and more {name}"))
            .with(
                format!("about {before} {name}, as before"),
                format!("{now} {name}, and {}", gave.words()),
            )
            .stop()
    }
}
