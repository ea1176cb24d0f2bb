//! What came of a check: the one thing that every form is made from.
//!
//! An examiner (`examiner/`) fills in an `Outcome` for each case and hands it
//! over as JSON; a `Report` is all of them. `--json` prints the report as it
//! is here, so each field is explained for the reader of that, too.

use serde::{Deserialize, Serialize};

use super::written::Written;

/// A whole check of one program against one lab.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Report {
    /// `knock`
    pub(crate) lab: String,
    /// What the lab is about, in half a line.
    pub(crate) title: String,
    /// The program's words, as they were given, `{port}` and all.
    pub(crate) command: Vec<String>,
    /// `Linux 6.1.0 x86_64`
    pub(crate) system: String,
    /// When it began: `2026-11-30T12:00:00Z`.
    pub(crate) date: String,
    /// What is drawn by lot (payloads, cuts) comes from this number.
    pub(crate) seed: u64,
    pub(crate) time_scale: f64,
    /// How long all of it took.
    pub(crate) seconds: f64,
    /// Every case that was asked for, in the order of the lab. One that was
    /// not reached is missing, and `complete` is false.
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) complete: bool,
    /// How many cases were asked for, and what they are worth together,
    /// whether they were reached or not.
    pub(crate) cases: usize,
    pub(crate) worth: u32,
    /// What is to be known about the whole, in sentences: that there was no
    /// network of its own, that it was interrupted.
    pub(crate) notes: Vec<String>,
    /// Of one of a class: the same for the same files, lab and options, so
    /// that it need not be examined again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fingerprint: Option<String>,
}

/// What came of one case.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// `joke-split`; stays the same for ever.
    pub(crate) id: String,
    /// What is tried, in half a line.
    pub(crate) title: String,
    /// What it is worth. A case without points informs: it can be failed,
    /// and costs nothing.
    pub(crate) points: u32,
    pub(crate) tags: Vec<String>,
    pub(crate) result: Result,
    /// Why it is there: what comes of the mistake.
    pub(crate) why: String,
    /// From the gentle one to the plain one.
    pub(crate) hints: Vec<String>,
    /// The program as it was started, with the port in it.
    pub(crate) command: Vec<String>,
    /// The steps that went as they should, in words, up to the failure.
    pub(crate) did: Vec<String>,
    pub(crate) failure: Option<Failure>,
    /// Why it was skipped, or what went wrong with the examiner itself.
    pub(crate) because: Option<String>,
    /// The examiner was killed, and not by this tool: maybe by the program.
    #[serde(default)]
    pub(crate) was_killed: bool,
    /// What the program printed, one stream after the other.
    pub(crate) stdout: Printed,
    pub(crate) stderr: Printed,
    /// What is to be known about this case, in sentences.
    pub(crate) notes: Vec<String>,
    pub(crate) seconds: f64,
    /// How often it was run, and how often it failed (`--repeat`). What else
    /// is said here is of the first run that failed.
    pub(crate) runs: u32,
    pub(crate) failures: u32,
    /// The mistakes that its calls show, when it was traced.
    pub(crate) findings: Vec<Mistake>,
    /// Its calls as a ladder, when it was traced and failed.
    pub(crate) ladder: Vec<String>,
}

#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Result {
    #[default]
    Passed,
    Failed,
    /// It could not be tried: a case that it needs has failed, or the
    /// machine lacks something. Nobody's fault, and no points.
    Skipped,
    /// The program could not be started.
    Unstartable,
    /// The examiner's own trouble; never a zero of the program's.
    Trouble,
}

/// The first step that did not go as it should.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Failure {
    /// As the lab has it, with what its `{names}` stand for: `A expects
    /// "Who's there?\n"`, and in which line.
    pub(crate) step: String,
    pub(crate) line: usize,
    /// What went wrong, in a sentence.
    pub(crate) says: String,
    /// In words, where it is not about bytes.
    pub(crate) expected: Option<String>,
    pub(crate) got: Option<String>,
    pub(crate) bytes: Option<Comparison>,
    /// What the program was doing then, a line for each task, descriptor or
    /// connection that matters: `pid 4711 (python3) is blocked in
    /// recvfrom(4); fd 4 is its connection to A`.
    pub(crate) doing: Vec<String>,
}

/// Two strings of bytes that should be the same. Of long ones only what is
/// around the first difference is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Comparison {
    pub(crate) expected: Excerpt,
    pub(crate) got: Excerpt,
    /// Where they differ first, counted from the first byte of all.
    pub(crate) differs_at: u64,
}

/// A part of a string of bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Written", try_from = "Written")]
pub(crate) struct Excerpt {
    pub(crate) bytes: Vec<u8>,
    /// How many bytes are before it,
    pub(crate) from: u64,
    /// and how many there are in all.
    pub(crate) length: u64,
}

/// What a program printed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Printed {
    /// As text, as far as it is kept.
    pub(crate) text: String,
    /// How many bytes more there were.
    pub(crate) left_out: u64,
}

/// A finding of the lints, as `berkeley trace --lint` has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mistake {
    /// `parent-keeps-peer`
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) says: String,
    /// The lines of calls that show it.
    pub(crate) calls: Vec<String>,
    pub(crate) why: String,
    pub(crate) mend: String,
    pub(crate) times: usize,
}

/// How many bytes of a difference are kept, before and behind it.
const AROUND: usize = 32;

impl Comparison {
    pub(crate) fn of(expected: &[u8], got: &[u8]) -> Comparison {
        let pairs = expected.iter().zip(got);
        let alike = pairs.take_while(|(one, other)| one == other).count();
        Comparison {
            expected: Excerpt::around(alike, expected),
            got: Excerpt::around(alike, got),
            differs_at: alike as u64,
        }
    }
}

impl Excerpt {
    fn around(place: usize, bytes: &[u8]) -> Excerpt {
        let from = place.saturating_sub(AROUND);
        let until = bytes.len().min(place + AROUND);
        Excerpt {
            bytes: bytes[from..until].to_vec(),
            from: from as u64,
            length: bytes.len() as u64,
        }
    }
}

impl Outcome {
    /// Whether it counts: towards the points, and towards the exit code.
    pub(crate) fn counts(&self) -> bool {
        self.points > 0
    }

    /// Failed in some runs and passed in others.
    pub(crate) fn is_flaky(&self) -> bool {
        0 < self.failures && self.failures < self.runs
    }

    pub(crate) fn earned(&self) -> u32 {
        if self.result == Result::Passed { self.points } else { 0 }
    }
}

impl Report {
    pub(crate) fn earned(&self) -> u32 {
        self.outcomes.iter().map(Outcome::earned).sum()
    }

    /// Of all cases that were asked for.
    pub(crate) fn points(&self) -> u32 {
        let reached = self.outcomes.iter().map(|outcome| outcome.points);
        self.worth.max(reached.sum())
    }

    /// The points of what the examiner's own trouble left open: nobody has
    /// earned them, and nobody has lost them.
    pub(crate) fn undecided(&self) -> u32 {
        self.open().map(|outcome| outcome.points).sum()
    }

    /// How many of them are open since the examiner was killed.
    pub(crate) fn undecided_by_killing(&self) -> u32 {
        let killed = self.open().filter(|outcome| outcome.was_killed);
        killed.map(|outcome| outcome.points).sum()
    }

    fn open(&self) -> impl Iterator<Item = &Outcome> {
        let all = self.outcomes.iter();
        all.filter(|outcome| outcome.result == Result::Trouble)
    }

    pub(crate) fn count(&self, result: Result) -> usize {
        let all = self.outcomes.iter();
        all.filter(|outcome| outcome.result == result).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_a_difference_is_around_it() {
        let (mut one, other) = (vec![b'a'; 1000], vec![b'a'; 900]);
        let cut = Comparison::of(&one, &other);
        assert_eq!(cut.differs_at, 900);
        assert_eq!((cut.got.from, cut.got.length), (868, 900));
        assert_eq!((cut.got.bytes.len(), cut.expected.bytes.len()), (32, 64));
        one[0] = b'b';
        let first = Comparison::of(&one, &other);
        assert_eq!((first.differs_at, first.expected.from), (0, 0));
        assert_eq!(first.expected.bytes[0], b'b');
    }
}
