//! `prefork-flock`: N children, `accept` guarded by a record lock.
//!
//! Only the child that holds the lock waits in `accept`. The kernel releases
//! a record lock when its owner dies, even by SIGKILL. Twin:
//! `c_compare/workers/prefork_flock.c`. Read `prefork` first. Man page:
//! `fcntl(2)`, "Advisory record locking".

use std::os::fd::OwnedFd;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};

use crate::sockets::Failed;

use super::board::Slot;
use super::children::supervise;
use super::conversation::converse;
use super::{Lab, Server};

/// Serves in this way until the server is stopping.
pub fn serve<L: Lab>(server: &'static Server<L>) -> Result<(), Failed> {
    // A file without a name: nothing to clean up.
    let lock = memfd_create("accept lock", MFdFlags::MFD_CLOEXEC)
        .map_err(Failed::at("memfd_create", "accept lock"))?;
    supervise(server, |_, slot| work(server, slot, &lock));
    Ok(())
}

fn work<L: Lab>(server: &Server<L>, slot: &'static Slot, file: &OwnedFd) {
    loop {
        set_lock(file, libc::F_WRLCK);
        let next = server.next_peer(slot);
        set_lock(file, libc::F_UNLCK);
        let Some((socket, peer)) = next else { break };
        converse(server, slot, socket, peer);
        server.seats.give(slot);
    }
}

/// Locks or unlocks the whole file, whoever must be waited for.
#[allow(clippy::cast_possible_truncation)] // Small constants, all of them.
fn set_lock(file: &OwnedFd, kind: libc::c_int) {
    let whole = libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    while fcntl(file, FcntlArg::F_SETLKW(&whole)) == Err(Errno::EINTR) {}
}
