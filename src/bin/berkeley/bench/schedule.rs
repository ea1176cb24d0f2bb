//! What runs now, and how long the rest will take.

use std::time::Instant;

use super::contender::Entry;
use super::numbers::{float, whole};
use super::options::Options;
use super::plan::Part;

/// The whole run: its parts, and how far it has come.
pub(crate) struct Schedule {
    start: Instant,
    /// Seconds that each part should take, and its name.
    parts: Vec<(f64, String)>,
    rounds: Vec<u32>,
    /// How many have begun.
    begun: usize,
    /// The share of the present part that is done.
    done: f64,
}

/// Starting servers and tracing them costs this much for each.
const ASIDE: f64 = 0.12;

impl Schedule {
    pub(crate) fn of(
        parts: &[Part],
        entries: &[Vec<Entry>],
        options: &Options,
    ) -> Schedule {
        let aside = if options.no_syscalls { ASIDE / 2.0 } else { ASIDE };
        let expected = parts.iter().zip(entries).map(|(part, entries)| {
            let number = float(entries.len());
            (number * (part.seconds_each() + aside), part.name())
        });
        Schedule {
            start: Instant::now(),
            parts: expected.collect(),
            rounds: parts.iter().map(|part| part.pace.rounds).collect(),
            begun: 0,
            done: 0.0,
        }
    }

    pub(crate) fn begin(&mut self) {
        self.begun += 1;
        self.done = 0.0;
    }

    /// So much of the present part is done: from 0 to 1.
    pub(crate) fn advance(&mut self, done: f64) {
        self.done = done;
    }

    /// `bench 2/5, about 1 min 10 s left: connect, 8 peers, round 3 of 11,
    /// fork`: a narrow terminal shows the start of it.
    pub(crate) fn line(&self, round: u32, what: &str) -> String {
        let (index, of) = (self.begun, self.parts.len());
        let Some((_, name)) = self.parts.get(index.saturating_sub(1)) else {
            return String::new();
        };
        let rounds = self.rounds[index - 1];
        let round = match round {
            0 => String::new(),
            round if round > rounds => {
                format!("round {round}, for one that was disturbed, ")
            }
            round => format!("round {round} of {rounds}, "),
        };
        let left = in_words(self.seconds_left());
        format!("bench {index}/{of}, {left} left: {name}, {round}{what}")
    }

    /// As planned, and as fast as it has been so far.
    fn seconds_left(&self) -> f64 {
        let current = self.begun.saturating_sub(1);
        let seconds = |parts: &[(f64, String)]| -> f64 {
            parts.iter().map(|(seconds, _)| seconds).sum()
        };
        let now = self.parts[current].0;
        let done = seconds(&self.parts[..current]) + now * self.done;
        let left = seconds(&self.parts) - done;
        let elapsed = self.start.elapsed().as_secs_f64();
        // The first seconds say little about the rest.
        let pace = if done > 3.0 { elapsed / done } else { 1.0 };
        left.max(0.0) * pace
    }
}

/// `about 1 min 10 s`
fn in_words(seconds: f64) -> String {
    let seconds = whole(seconds.ceil());
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("about {seconds} s"),
        (minutes, seconds) => {
            format!("about {minutes} min {} s", seconds / 10 * 10)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn what_is_left_is_said_in_round_numbers() {
        assert_eq!(in_words(0.2), "about 1 s");
        assert_eq!(in_words(59.0), "about 59 s");
        assert_eq!(in_words(75.3), "about 1 min 10 s");
    }
}
