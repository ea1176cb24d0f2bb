//! What the kernel says of a task by name. Man page: `proc_pid_status(5)`.

use std::fs;

/// All of it, read at one moment; empty when there is no such task.
pub(super) struct Status(String);

impl Status {
    pub(super) fn of(tid: i32) -> Status {
        let text = fs::read_to_string(format!("/proc/{tid}/status"));
        Status(text.unwrap_or_default())
    }

    /// `State`, `TracerPid`
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.0.lines().find_map(|line| {
            let (field, value) = line.split_once(':')?;
            (field == name).then_some(value.trim())
        })
    }

    pub(super) fn number(&self, name: &str) -> Option<i32> {
        self.field(name)?.parse().ok()
    }
}
