//! What may differ between twins, and why. All of it.

use super::plain::Said;

/// One exception.
struct Allowed {
    /// What stands in the place of such a call when two of them are compared;
    /// `None` for all other calls.
    alike: fn(&Said) -> Option<Alike>,
    /// Only where there are several peers.
    only_in_crowds: bool,
    why: &'static str,
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
        only_in_crowds: false,
        why: "Rust's standard library, in a debug build, looks whether what \
              it closes is open.",
    },
    Allowed {
        alike: |said| {
            let is_end =
                said.call == "accept4" && (said.text.ends_with("= EINVAL"));
            is_end.then_some(Alike::OrMissing)
        },
        only_in_crowds: false,
        why: "Who is not waiting in accept4 when the listener is shut down \
              need not call it any more.",
    },
    Allowed {
        alike: |said| {
            said.is_the_end().then(|| Alike::To(said.asked.clone()))
        },
        only_in_crowds: false,
        why: "The thread that hears the signal and the loop, or the parent \
              and its child, both shut a listener down: ENOTCONN tells the \
              second of them.",
    },
    Allowed {
        alike: |said| {
            let end = format!("{}, the last round", said.call);
            said.is_last_round.then_some(Alike::To(end))
        },
        only_in_crowds: false,
        why: "A loop hears of the end from its listener, from its eventfd, or \
              from both at once.",
    },
    Allowed {
        alike: |said| {
            let round = format!("{}, a round", said.call);
            said.is_round.then_some(Alike::To(round))
        },
        only_in_crowds: true,
        why: "With several peers, it is up to their pace how often a loop \
              wakes up, and for whom.",
    },
    Allowed {
        alike: |said| {
            let looks = said.call == "wait4" && said.asked.contains("WNOHANG");
            looks.then_some(Alike::OrMissing)
        },
        only_in_crowds: true,
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

/// The calls of a task, under these rules.
pub(super) fn lines(said: &[Said], are_many: bool) -> Vec<Line> {
    said.iter().map(|said| line(said, are_many)).collect()
}

fn line(said: &Said, are_many: bool) -> Line {
    let mut line = Line {
        text: said.text.clone(),
        key: said.text.clone(),
        may_be_missing: false,
        why: None,
    };
    let rules = ALLOWED.iter();
    let mut rules = rules.filter(|rule| are_many || !rule.only_in_crowds);
    let Some((rule, alike)) =
        rules.find_map(|rule| Some((rule, (rule.alike)(said)?)))
    else {
        return line;
    };
    line.why = Some(rule.why);
    match alike {
        Alike::To(key) => line.key = key,
        Alike::OrMissing => line.may_be_missing = true,
    }
    line
}
