//! What a trace cannot see, said once each.

use std::fs;
use std::os::unix::fs::MetadataExt;

use nix::unistd::Uid;

#[derive(Default)]
pub(super) struct Warnings {
    notes: Vec<String>,
}

impl Warnings {
    pub(super) fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    pub(super) fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// A way to do something out of sight.
    pub(super) fn uses_a_ring(&mut self, who: &str) {
        self.note(format!(
            "{who} uses io_uring: what it asks for through the ring is no \
             system call, and is not seen here"
        ));
    }

    /// The kernel gives a traced program no more rights than its tracer has.
    pub(super) fn executes(&mut self, pid: i32, who: &str) {
        const SET_ID: u32 = libc::S_ISUID | libc::S_ISGID;
        if Uid::effective().is_root() {
            return;
        }
        let file = fs::metadata(format!("/proc/{pid}/exe"));
        if file.is_ok_and(|file| file.mode() & SET_ID != 0) {
            self.note(format!(
                "{who} is set-user-ID or set-group-ID: under a trace it runs \
                 without those rights, and may behave otherwise"
            ));
        }
    }
}
