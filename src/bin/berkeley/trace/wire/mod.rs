//! What the kernel itself reports beside the calls: TCP state transitions,
//! the segments, and an own network in which both can be seen without root.
//!
//! All times are of CLOCK_MONOTONIC, in ns, like the engine's. Nothing here
//! leaves a mark on the machine: whatever was opened ends with this process,
//! however that ends.

mod mapping;
pub(crate) mod namespace;
#[cfg(test)]
mod peers;
mod segments;
mod transitions;

use nix::errno::Errno;

pub(crate) use segments::Segments;
pub(crate) use transitions::{Change, Transitions};

/// The segments: those on this machine's loopback where that is permitted;
/// otherwise those of a network of this process's own, in which all that it
/// starts from now on runs, too. Then the text says so, for the reader of a
/// trace. To be called before anything is started.
pub(crate) fn packets() -> Result<(Segments, Option<String>), String> {
    let explain = |errno: Errno| format!("no packets on loopback: {errno}");
    match Segments::open() {
        Err(Errno::EPERM) => {}
        other => return Ok((other.map_err(explain)?, None)),
    }
    namespace::enter()?;
    let inside = "the programs ran in a network of their own, in which there \
                  is only loopback: without CAP_NET_RAW no other packets can \
                  be shown";
    Ok((Segments::open().map_err(explain)?, Some(inside.into())))
}

/// For the reader of a trace, when something is missing in it.
fn missing(count: u64, what: &str) -> Option<String> {
    let too_many = "there were too many at once";
    (count > 0).then(|| format!("{count} {what} are missing: {too_many}"))
}
