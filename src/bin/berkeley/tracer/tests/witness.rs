//! A witness that notes all.

use crate::tracer::{
    Birth, Delivery, End, Entry, Interest, Task, Witness, name,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Note {
    Enters(Task, Entry),
    Returns(Task, i64),
    Born(Task, Option<Task>, Birth),
    Becomes(Task, i32),
    Hears(Task, Delivery),
    Pauses(Task, i32),
    GoesOn(Task),
    Ends(Task, End),
}

#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) all: Vec<Note>,
    pub(super) times: Vec<u64>,
    /// Calls whose return is of no interest.
    pub(super) bores: Vec<libc::c_long>,
}

impl Notes {
    fn note(&mut self, at: u64, note: Note) {
        self.times.push(at);
        self.all.push(note);
    }

    /// Every call that was begun, in order.
    pub(super) fn calls(&self) -> Vec<String> {
        let calls = self.all.iter().filter_map(|note| match note {
            Note::Enters(_, entry) => Some(name(entry.number).into_owned()),
            _ => None,
        });
        calls.collect()
    }

    pub(super) fn count(&self, call: &str) -> usize {
        self.calls().iter().filter(|name| *name == call).count()
    }

    pub(super) fn births(&self) -> Vec<(Task, Option<Task>, Birth)> {
        let births = self.all.iter().filter_map(|note| match note {
            Note::Born(task, parent, how) => Some((*task, *parent, *how)),
            _ => None,
        });
        births.collect()
    }

    pub(super) fn ends(&self) -> Vec<(Task, End)> {
        let ends = self.all.iter().filter_map(|note| match note {
            Note::Ends(task, how) => Some((*task, *how)),
            _ => None,
        });
        ends.collect()
    }

    pub(super) fn heard(&self) -> Vec<Delivery> {
        let heard = self.all.iter().filter_map(|note| match note {
            Note::Hears(_, delivery) => Some(*delivery),
            _ => None,
        });
        heard.collect()
    }

    pub(super) fn position(&self, of: impl Fn(&Note) -> bool) -> usize {
        self.all.iter().position(of).unwrap()
    }

    /// Nobody acts before its birth or after its end, nobody is born or ends
    /// twice, and each return has its entry.
    pub(super) fn assert_in_order(&self) {
        let mut live: Vec<(Task, bool)> = Vec::new();
        for note in &self.all {
            let find = |live: &[(Task, bool)], task: Task| {
                let found = live.iter().position(|(is, _)| *is == task);
                found.unwrap_or_else(|| panic!("{note:?} of nobody"))
            };
            match *note {
                Note::Born(task, ..) => {
                    assert!(live.iter().all(|(is, _)| *is != task));
                    live.push((task, false));
                }
                Note::Ends(task, _) => {
                    live.remove(find(&live, task));
                }
                Note::Becomes(task, former) => {
                    let was = Task { tid: former, pid: task.pid };
                    if was != task {
                        live.remove(find(&live, task));
                    }
                    let place = find(&live, was);
                    live[place].0 = task;
                }
                Note::Enters(task, entry) => {
                    let place = find(&live, task);
                    assert!(!live[place].1, "{note:?} within a call");
                    let bores = self.bores.iter();
                    live[place].1 = !bores
                        .clone()
                        .any(|n| u64::try_from(*n) == Ok(entry.number));
                }
                Note::Returns(task, _) => {
                    let place = find(&live, task);
                    assert!(live[place].1, "{note:?} of no call");
                    live[place].1 = false;
                }
                Note::Hears(task, _)
                | Note::Pauses(task, _)
                | Note::GoesOn(task) => {
                    find(&live, task);
                }
            }
        }
    }
}

impl Witness for Notes {
    fn enters(&mut self, at: u64, task: Task, call: &Entry) -> Interest {
        self.note(at, Note::Enters(task, *call));
        let mut bores = self.bores.iter();
        if bores.any(|n| u64::try_from(*n) == Ok(call.number)) {
            Interest::None
        } else {
            Interest::Return
        }
    }

    fn returns(&mut self, at: u64, task: Task, result: i64) {
        self.note(at, Note::Returns(task, result));
    }

    fn is_born(
        &mut self,
        at: u64,
        task: Task,
        parent: Option<Task>,
        how: Birth,
    ) {
        self.note(at, Note::Born(task, parent, how));
    }

    fn becomes(&mut self, at: u64, task: Task, former: i32) {
        self.note(at, Note::Becomes(task, former));
    }

    fn hears(&mut self, at: u64, task: Task, signal: &Delivery) {
        self.note(at, Note::Hears(task, *signal));
    }

    fn pauses(&mut self, at: u64, task: Task, signal: i32) {
        self.note(at, Note::Pauses(task, signal));
    }

    fn goes_on(&mut self, at: u64, task: Task) {
        self.note(at, Note::GoesOn(task));
    }

    fn ends(&mut self, at: u64, task: Task, how: End) {
        self.note(at, Note::Ends(task, how));
    }
}
