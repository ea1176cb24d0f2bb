//! The names of system calls. Man page: `syscalls(2)`.
//!
//! Numbers differ between architectures; the table is of the one that this
//! is compiled for.

use std::borrow::Cow;

use syscalls::Sysno;

/// `accept4`; `syscall_4095` for one that is younger than the table.
pub(crate) fn name(number: u64) -> Cow<'static, str> {
    let known = usize::try_from(number).ok().and_then(Sysno::new);
    match known {
        Some(call) => call.name().into(),
        None => format!("syscall_{number}").into(),
    }
}
