//! A network namespace that sockets were seen in.
//!
//! Questions about its sockets must be asked by a netlink socket of its own.
//! Man pages: `network_namespaces(7)`, `setns(2)`, `ioctl_ns(2)`.

use std::collections::BTreeSet;
use std::fs::File;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use libc::c_int;
use nix::errno::Errno;
use nix::sys::stat::{fstat, stat};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::diag::{Diag, Found, Listener};
use super::tables;

pub(crate) struct Namespace {
    /// `None` when the tool may not enter.
    pub(super) diag: Option<Diag>,
    /// Processes that were seen to have sockets there. When the last one is
    /// gone, so is the netlink socket: it alone would keep the namespace.
    pub(super) residents: BTreeSet<i32>,
}

impl Namespace {
    pub(crate) fn own() -> Namespace {
        let residents = BTreeSet::from([std::process::id().cast_signed()]);
        Namespace { diag: Diag::here(), residents }
    }

    pub(super) fn entered(file: &OwnedFd) -> Namespace {
        let diag = netlink_in(file).and_then(Diag::with);
        Namespace { diag, residents: BTreeSet::new() }
    }

    /// On what somebody listens there.
    pub(crate) fn listeners(&mut self) -> Vec<Listener> {
        let told = self.diag.as_mut().and_then(Diag::listeners);
        told.unwrap_or_else(|| {
            let mut residents = self.residents.iter();
            let tables =
                residents.next().map(|&pid| tables::listeners(pid).collect());
            tables.unwrap_or_default()
        })
    }

    /// One end of a connection, by its own address and its peer's.
    pub(crate) fn connection(
        &mut self,
        local: SocketAddr,
        peer: SocketAddr,
    ) -> Option<Found> {
        if let Some(diag) = &mut self.diag {
            return diag.connection(local, peer);
        }
        let mut residents = self.residents.iter();
        residents.find_map(|&pid| tables::connection(pid, local, peer))
    }
}

/// `net:[4026531840]` of a process, without the words.
pub(super) fn number_of(process: &str) -> Option<u64> {
    let path = format!("/proc/{process}/ns/net");
    stat(path.as_str()).ok().map(|stat| stat.st_ino)
}

pub(super) fn number(file: &OwnedFd) -> Option<u64> {
    fstat(file).ok().map(|stat| stat.st_ino)
}

pub(super) fn file_of(pid: i32) -> Option<OwnedFd> {
    File::open(format!("/proc/{pid}/ns/net")).ok().map(OwnedFd::from)
}

/// A netlink socket in there. A child goes and makes it: a process cannot
/// come back out of a user namespace, and one with threads cannot even enter.
/// The child shares this process's descriptors, so that what it makes is
/// here, too.
///
/// It sends no signal when it ends, and is waited for at once: whoever waits
/// for all children never hears of it.
fn netlink_in(namespace: &OwnedFd) -> Option<OwnedFd> {
    let place = OwnedFd::from(File::open("/dev/null").ok()?);
    let owner = owner(namespace);
    let user = owner.as_ref().map_or(-1, AsRawFd::as_raw_fd);
    let (net, at) = (namespace.as_raw_fd(), place.as_raw_fd());
    let flags = libc::c_long::from(libc::CLONE_FILES);
    // SAFETY: without CLONE_VM and a stack this is a fork; the child makes
    // system calls only, so no lock of this process matters to it.
    let child = unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) };
    if child == 0 {
        let done = make_netlink(net, user, at).is_ok();
        // SAFETY: ends the child, and runs nothing of the parent's.
        unsafe { libc::_exit(c_int::from(!done)) }
    }
    let child = Pid::from_raw(i32::try_from(Errno::result(child).ok()?).ok()?);
    match reap(child) {
        Ok(WaitStatus::Exited(_, 0)) => Some(place),
        _ => None,
    }
}

fn reap(child: Pid) -> Result<WaitStatus, Errno> {
    loop {
        match waitpid(child, Some(WaitPidFlag::__WALL)) {
            Err(Errno::EINTR) => {}
            done => return done,
        }
    }
}

/// The user namespace whose administrators administer this one.
fn owner(namespace: &OwnedFd) -> Option<OwnedFd> {
    let net = namespace.as_raw_fd();
    // SAFETY: the call takes no argument; the kernel makes a descriptor.
    let owner = unsafe { libc::ioctl(net, libc::NS_GET_USERNS) };
    let owner = Errno::result(owner).ok()?;
    // SAFETY: it is new, and nobody else knows of it.
    Some(unsafe { OwnedFd::from_raw_fd(owner) })
}

/// In the child: goes in, and puts the socket where `place` is.
fn make_netlink(net: c_int, user: c_int, place: c_int) -> Result<(), Errno> {
    if enter(net, libc::CLONE_NEWNET).is_err() {
        // Only as its administrator, which an ordinary user becomes in the
        // user namespace that was made for it.
        enter(user, libc::CLONE_NEWUSER)?;
        enter(net, libc::CLONE_NEWNET)?;
    }
    let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC;
    let protocol = libc::NETLINK_SOCK_DIAG;
    // SAFETY: three numbers go in.
    let netlink = unsafe { libc::socket(libc::AF_NETLINK, kind, protocol) };
    let netlink = Errno::result(netlink)?;
    // SAFETY: both are open descriptors; `place` is the parent's to give.
    let put = unsafe { libc::dup3(netlink, place, libc::O_CLOEXEC) };
    // The table of descriptors outlives this child.
    // SAFETY: it was made above, and is nobody else's.
    unsafe { libc::close(netlink) };
    Errno::result(put).map(drop)
}

fn enter(namespace: c_int, kind: c_int) -> Result<(), Errno> {
    // SAFETY: changes this child only.
    Errno::result(unsafe { libc::setns(namespace, kind) }).map(drop)
}
