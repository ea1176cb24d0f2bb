//! Many tasks that do the same are told once.

/// What one task does, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Deed {
    pub(super) pid: i32,
    /// `None` for a process's only thread, or its first.
    pub(super) tid: Option<i32>,
    /// `python3`
    pub(super) name: String,
    /// `is blocked in recvfrom`
    pub(super) verb: String,
    /// What is different from task to task: `(4); fd 4 is its connection to
    /// A`.
    pub(super) rest: String,
}

/// As many as do the same with different objects are told one by one.
const ONE_BY_ONE: usize = 3;

impl Deed {
    fn line(&self) -> String {
        let Deed { pid, name, verb, rest, .. } = self;
        match self.tid {
            None => format!("pid {pid} ({name}) {verb}{rest}"),
            Some(tid) => {
                format!("pid {pid} ({name}), thread {tid}, {verb}{rest}")
            }
        }
    }
}

/// A line each, as long as they differ; of the others, how many there are.
pub(super) fn folded(deeds: &[Deed]) -> Vec<String> {
    let by_verb = grouped(deeds.iter().collect(), |one, other| {
        (&one.name, &one.verb) == (&other.name, &other.verb)
    });
    by_verb.into_iter().flat_map(of_one_verb).collect()
}

fn of_one_verb(deeds: Vec<&Deed>) -> Vec<String> {
    let first = deeds[0];
    let mut alike = grouped(deeds, |one, other| one.rest == other.rest);
    let cut = alike.len().min(ONE_BY_ONE);
    let others = alike.split_off(cut).concat();
    let mut lines = Vec::new();
    for group in alike {
        lines.push(group[0].line());
        if group.len() > 1 {
            let more = counted(group[0].pid, &group[1..]);
            lines.push(format!("{more} like it"));
        }
    }
    if !others.is_empty() {
        let more = counted(first.pid, &others);
        let Deed { name, verb, .. } = first;
        lines.push(match others.len() {
            1 => format!("{more} of {name} {verb}"),
            _ => format!("{more} of {name}, each of which {verb}"),
        });
    }
    lines
}

fn grouped(
    deeds: Vec<&Deed>,
    is_alike: impl Fn(&Deed, &Deed) -> bool,
) -> Vec<Vec<&Deed>> {
    let mut groups: Vec<Vec<&Deed>> = Vec::new();
    for deed in deeds {
        match groups.iter_mut().find(|group| is_alike(group[0], deed)) {
            Some(group) => group.push(deed),
            None => groups.push(vec![deed]),
        }
    }
    groups
}

/// `7 more threads`, `1 more process`
fn counted(pid: i32, others: &[&Deed]) -> String {
    let count = others.len();
    let is_thread = |other: &&Deed| other.pid == pid || other.tid.is_some();
    let (one, many) = if others.iter().all(is_thread) {
        ("thread", "threads")
    } else if others.iter().any(|other| other.tid.is_some()) {
        ("task", "tasks")
    } else {
        ("process", "processes")
    };
    format!("{count} more {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::{Deed, folded};

    fn deed(pid: i32, tid: Option<i32>, fd: i32) -> Deed {
        Deed {
            pid,
            tid,
            name: "server".to_string(),
            verb: "is blocked in recvfrom".to_string(),
            rest: format!("({fd}); fd {fd} is its connection to A"),
        }
    }

    #[test]
    fn those_that_are_alike_are_counted() {
        let threads = [deed(1, None, 4), deed(1, Some(2), 4)];
        assert_eq!(
            folded(&threads),
            [
                "pid 1 (server) is blocked in recvfrom(4); fd 4 is its \
                connection to A",
                "1 more thread like it"
            ]
        );
        let processes: Vec<Deed> =
            (1..=200).map(|pid| deed(pid, None, 4)).collect();
        assert_eq!(folded(&processes)[1..], ["199 more processes like it"]);
    }

    #[test]
    fn of_many_that_differ_the_first_are_told() {
        let all: Vec<Deed> =
            (10..110).map(|tid| deed(1, Some(tid), tid)).collect();
        let lines = folded(&all);
        assert_eq!(lines.len(), 4);
        assert!(lines[2].starts_with("pid 1 (server), thread 12, is blocked"));
        assert_eq!(
            lines[3],
            "97 more threads of server, each of which is blocked in recvfrom"
        );
        assert_eq!(
            folded(&all[..4])[3],
            "1 more thread of server is blocked in recvfrom"
        );
    }
}
