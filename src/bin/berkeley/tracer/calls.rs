//! A task stands at a system call: before it, or behind it.

use super::engine::{Scope, Tracer};
use super::filter::Filter;
use super::memory::{Memory, Remote};
use super::requests::{self, Side};
use super::tasks::{Place, Stage};
use super::{Entry, Interest, Witness};

impl Tracer {
    pub(super) fn call(
        &mut self,
        witness: &mut dyn Witness,
        at: u64,
        tid: i32,
    ) {
        let side = requests::side(tid);
        let Some(traced) = self.tasks.get_mut(&tid) else { return };
        match side {
            // What was reported is over: the task was ended there, and
            // another one that made an exec has its number.
            Side::Elsewhere => return,
            Side::Foreign => {
                self.blind.foreign_calls += 1;
                witness.loses_sight();
            }
            Side::Returns(result) if traced.place == Place::InCall => {
                traced.place = Place::Outside;
                witness.returns(at, traced.task, result);
            }
            Side::Returns(_) => {}
            Side::Enters(entry) => self.enter(witness, at, tid, entry),
        }
        self.go_on(tid, 0);
    }

    fn enter(
        &mut self,
        witness: &mut dyn Witness,
        at: u64,
        tid: i32,
        entry: Entry,
    ) {
        let Some(traced) = self.tasks.get(&tid) else { return };
        if traced.stage == Stage::Launching && !is_exec(entry.number) {
            return;
        }
        if self.comes_again(witness, at, tid, entry) {
            return;
        }
        if makes_untraced(tid, &entry) {
            self.blind.untraced += 1;
            witness.loses_sight();
        }
        if self.tells(entry.number) {
            let wants_return =
                witness.enters(at, self.tasks[&tid].task, &entry)
                    == Interest::Return;
            self.set_place(tid, wants_return);
        }
    }

    pub(super) fn set_place(&mut self, tid: i32, wants_return: bool) {
        if let Some(traced) = self.tasks.get_mut(&tid) {
            let inside =
                if wants_return { Place::InCall } else { Place::Outside };
            traced.place = inside;
        }
    }

    pub(super) fn tells(&self, number: u64) -> bool {
        match &self.scope {
            Scope::Calls(calls) => calls.contains(&number),
            Scope::Everything => true,
        }
    }

    pub(super) fn filter(&self) -> Option<Filter> {
        match &self.scope {
            Scope::Calls(calls) if !self.blind.has_no_filter => {
                Some(Filter::of(calls))
            }
            _ => None,
        }
    }
}

fn is_exec(number: u64) -> bool {
    [libc::SYS_execve, libc::SYS_execveat].iter().any(|&exec| is(number, exec))
}

fn is(number: u64, call: libc::c_long) -> bool {
    u64::try_from(call) == Ok(number)
}

/// Whom it makes so, nobody will see.
fn makes_untraced(tid: i32, entry: &Entry) -> bool {
    let flags = if is(entry.number, libc::SYS_clone) {
        entry.args[0]
    } else if is(entry.number, libc::SYS_clone3) {
        // The first word of struct clone_args.
        let flags = Remote(tid).read(entry.args[0], 8).unwrap_or_default();
        flags.try_into().map_or(0, u64::from_ne_bytes)
    } else {
        0
    };
    flags & u64::from(libc::CLONE_UNTRACED.cast_unsigned()) != 0
}
