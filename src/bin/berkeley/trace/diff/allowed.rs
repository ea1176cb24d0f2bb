//! What may differ between twins, and why. All of it.

use super::plain::Said;

/// One exception.
struct Allowed {
    /// What stands in the place of such a call when two of them are compared;
    /// `None` for all other calls.
    alike: fn(&Said) -> Option<Alike>,
    holds: Holds,
    why: &'static str,
}

enum Holds {
    Always,
    InRust,
    /// Where there are several peers.
    AmongMany,
}

enum Alike {
    /// Whatever else it says.
    To(String),
    /// Whether it is there or not.
    OrMissing,
}

static ALLOWED: &[Allowed] = &[
    Allowed {
        alike: |said| {
            said.text.contains("F_GETFD)").then_some(Alike::OrMissing)
        },
        holds: Holds::InRust,
        why: "Rust's standard library, in a debug build, looks whether what \
              it closes is open.",
    },
    Allowed {
        alike: |said| {
            let is_end =
                said.call == "accept4" && (said.text.ends_with("= EINVAL"));
            is_end.then_some(Alike::OrMissing)
        },
        holds: Holds::Always,
        why: "Who is not waiting in accept4 when the listener is shut down \
              need not call it any more.",
    },
    Allowed {
        alike: |said| said.is_the_end().then(|| Alike::To(said.asked.clone())),
        holds: Holds::Always,
        why: "The thread that hears the signal and the loop, or the parent \
              and its child, both shut a listener down: ENOTCONN tells the \
              second of them.",
    },
    Allowed {
        alike: |said| {
            let round = format!("{}, a round", said.call);
            said.is_round.then_some(Alike::To(round))
        },
        holds: Holds::AmongMany,
        why: "With several peers, it is up to their pace how often a loop \
              wakes up, and for whom.",
    },
    Allowed {
        alike: |said| {
            let end = format!("{}, at the end", said.asked);
            said.is_last_round.then_some(Alike::To(end))
        },
        holds: Holds::Always,
        why: "A loop hears of the end from its listener, from its eventfd, or \
              from both at once.",
    },
    Allowed {
        alike: |said| said.is_look().then_some(Alike::OrMissing),
        holds: Holds::AmongMany,
        why: "One SIGCHLD may stand for several children, and any thread of \
              the process may hear it.",
    },
];

/// A call, ready to be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// What is shown.
    pub(super) text: String,
    /// What is compared.
    pub(super) key: String,
    pub(super) may_be_missing: bool,
    /// Why it may differ.
    pub(super) why: Option<&'static str>,
}

/// Which of the exceptions hold.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rules {
    pub(super) is_rust: bool,
    /// Whether there are several peers, on either side.
    pub(super) are_many: bool,
}

impl Rules {
    /// The calls of a task, under these rules.
    pub(super) fn lines(self, said: &[Said]) -> Vec<Line> {
        said.iter().map(|said| self.line(said)).collect()
    }

    fn line(self, said: &Said) -> Line {
        let mut line = Line {
            text: said.text.clone(),
            key: said.text.clone(),
            may_be_missing: false,
            why: None,
        };
        let mut rules = ALLOWED.iter().filter(|rule| match rule.holds {
            Holds::Always => true,
            Holds::InRust => self.is_rust,
            Holds::AmongMany => self.are_many,
        });
        let found = rules.find_map(|rule| Some((rule, (rule.alike)(said)?)));
        let Some((rule, alike)) = found else { return line };
        line.why = Some(rule.why);
        match alike {
            Alike::To(key) => line.key = key,
            Alike::OrMissing => line.may_be_missing = true,
        }
        line
    }
}
