//! Signals reach a traced program as they would without a tracer, and so do
//! the stops that they cause. Man pages: `signal(7)`; `ptrace(2)`, under
//! "Group-stop".

use super::Witness;
use super::engine::Tracer;
use super::requests::{self, Way};

impl Tracer {
    /// It is about to get a signal, and will, whatever it is.
    pub(super) fn deliver(
        &mut self,
        witness: &mut dyn Witness,
        at: u64,
        tid: i32,
        signal: i32,
    ) {
        self.end_interrupted(witness, at, tid);
        let Some(traced) = self.tasks.get(&tid) else { return };
        let delivery = requests::delivery(tid, signal);
        witness.hears(at, traced.task, &delivery);
        self.go_on(tid, signal);
    }

    /// Its user has stopped it. It must stay so, and yet say when it is
    /// continued: that is what PTRACE_LISTEN is for.
    pub(super) fn pause(
        &mut self,
        witness: &mut dyn Witness,
        at: u64,
        tid: i32,
        signal: i32,
    ) {
        let Some(traced) = self.tasks.get_mut(&tid) else { return };
        if !traced.is_paused {
            traced.is_paused = true;
            witness.pauses(at, traced.task, signal);
        }
        if self.lets_go && !traced.is_ours {
            self.go_on(tid, 0);
        } else {
            requests::go_on(Way::Listen, tid, 0);
        }
    }

    pub(super) fn trap(
        &mut self,
        witness: &mut dyn Witness,
        at: u64,
        tid: i32,
    ) {
        let Some(traced) = self.tasks.get_mut(&tid) else { return };
        if traced.is_paused {
            traced.is_paused = false;
            witness.goes_on(at, traced.task);
        }
        self.go_on(tid, 0);
    }
}
