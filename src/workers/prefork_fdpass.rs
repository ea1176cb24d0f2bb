//! `prefork-fdpass`: the parent accepts, and passes the descriptor to one of
//! N children.
//!
//! A descriptor is a number only in its own process. SCM_RIGHTS carries the
//! open socket itself over an AF_UNIX pair, where it gets a new number; the
//! peer's address goes along as the message. The child sends one byte back
//! when it is free again; its end of the pair closes when it dies. Twin:
//! `c_compare/workers/prefork_fdpass.c`. Read `prefork` first. Man pages:
//! `unix(7)`, `cmsg(3)`, `socketpair(2)`.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag,
    SockType, recvmsg, sendmsg, socketpair,
};
use nix::unistd::{ForkResult, Pid};

use crate::sockets::{Failed, Peer, recv, send_all, symbol};

use super::board::Slot;
use super::children::{ANY, Children, exit_child, fork, reap};
use super::conversation::converse;
use super::event_loop::set_nonblocking;
use super::server::Remedy;
use super::waiter::timeout_of;
use super::{Lab, Server};

/// The parent's end of the pair to one child.
struct Channel {
    socket: OwnedFd,
    child: Pid,
    busy: bool,
}

/// Serves in this way until the server is stopping.
pub fn serve<L: Lab>(server: &'static Server<L>) -> Result<(), Failed> {
    // Between poll and accept a peer may leave; accept must not wait then.
    set_nonblocking(&server.listener)?;
    let workers = server.board.slots.len();
    let most = server.options.max_peers.map_or(workers, |most| most as usize);
    let mut children = Children::new(server);
    let mut channels: Vec<Option<Channel>> =
        (0..workers).map(|_| None).collect();

    while !server.board.is_stopping() {
        if children.patience().is_zero() {
            children.replace(|worker| start(server, worker, &mut channels));
        }
        let busy = channels.iter().flatten().filter(|one| one.busy).count();
        let free = channels
            .iter()
            .position(|one| one.as_ref().is_some_and(|channel| !channel.busy));
        let free = free.filter(|_| busy < most);
        let patience = (!children.all_here()).then(|| children.patience());
        let (ready, listener) = wait(server, &channels, free, patience);
        for worker in ready {
            hear(&mut children, &mut channels[worker]);
        }
        if let (true, Some(worker)) = (listener, free) {
            pass_next(server, &mut channels[worker]);
        }
    }

    // The children see the end of their channel when they are free.
    channels.clear();
    while reap(ANY, 0).is_some() {}
    Ok(())
}

/// Makes a child with a channel to it.
fn start<L: Lab>(
    server: &'static Server<L>,
    worker: usize,
    channels: &mut Vec<Option<Channel>>,
) -> Result<Pid, (&'static str, Errno)> {
    let (ours, theirs) = socketpair(
        AddressFamily::Unix,
        SockType::Stream,
        None,
        SockFlag::SOCK_CLOEXEC,
    )
    .map_err(|errno| ("socketpair", errno))?;
    match fork().map_err(|errno| ("fork", errno))? {
        ForkResult::Parent { child } => {
            let channel = Channel { socket: ours, child, busy: false };
            channels[worker] = Some(channel);
            Ok(child)
        }
        ForkResult::Child => {
            server.leave_listener();
            // Copies of the parent's ends would keep the channels open.
            channels.clear();
            drop(ours);
            work(server, server.slot(worker), &theirs);
            exit_child(0)
        }
    }
}

/// What a child does.
fn work<L: Lab>(server: &Server<L>, slot: &'static Slot, channel: &OwnedFd) {
    while let Some((socket, peer)) = receive(channel) {
        converse(server, slot, socket, peer);
        if send_all(channel, b"f").is_err() {
            break;
        }
    }
}

/// Waits until there is something to do: which channels are readable, and
/// whether the listener is. Nobody looks at it while no child is free.
fn wait<L: Lab>(
    server: &Server<L>,
    channels: &[Option<Channel>],
    free: Option<usize>,
    patience: Option<Duration>,
) -> (Vec<usize>, bool) {
    let readable = |socket| PollFd::new(socket, PollFlags::POLLIN);
    let mut watched = vec![readable(server.stop.as_fd())];
    let mut workers = Vec::with_capacity(channels.len());
    for (worker, channel) in channels.iter().enumerate() {
        if let Some(channel) = channel {
            workers.push(worker);
            watched.push(readable(channel.socket.as_fd()));
        }
    }
    if free.is_some() {
        watched.push(readable(server.listener.as_fd()));
    }
    if poll(&mut watched, timeout_of(patience)).is_err() {
        return (Vec::new(), false);
    }
    let is_ready =
        |one: &PollFd<'_>| one.revents().is_some_and(|what| !what.is_empty());
    let listener = free.is_some() && watched.last().is_some_and(is_ready);
    let ready = workers.into_iter().zip(&watched[1..]);
    let ready = ready.filter(|(_, one)| is_ready(one));
    (ready.map(|(worker, _)| worker).collect(), listener)
}

/// A child is free again, or dead.
fn hear<L: Lab>(children: &mut Children<L>, slot: &mut Option<Channel>) {
    let Some(channel) = slot else { return };
    let mut byte = [MaybeUninit::uninit()];
    if let Ok([_]) = recv(&channel.socket, &mut byte) {
        channel.busy = false;
    } else {
        children.bury(channel.child, 0);
        *slot = None;
    }
}

/// Accepts a peer and passes it on.
fn pass_next<L: Lab>(server: &Server<L>, slot: &mut Option<Channel>) {
    let Some(channel) = slot else { return };
    match server.accept(&server.listener, SockFlag::empty()) {
        // Should the child be dead, its peer is lost with it; the end of the
        // channel will say so.
        Ok((socket, peer)) => match pass(&channel.socket, &socket, peer) {
            Ok(_) => channel.busy = true,
            Err(errno) => server.warn(format_args!(
                "sendmsg: {}: {peer} is turned away",
                symbol(errno)
            )),
        },
        Err(Remedy::Pause) => server.pause(),
        Err(Remedy::Again | Remedy::Nobody | Remedy::Stop) => {}
    }
}

/// Sends a descriptor, with the peer's address as the message.
fn pass(
    channel: &OwnedFd,
    socket: &OwnedFd,
    peer: Peer,
) -> Result<usize, Errno> {
    let descriptors = [socket.as_raw_fd()];
    sendmsg::<()>(
        channel.as_raw_fd(),
        &[IoSlice::new(&peer.to_bytes())],
        &[ControlMessage::ScmRights(&descriptors)],
        MsgFlags::MSG_NOSIGNAL,
        None,
    )
}

/// Receives what `pass` has sent; `None` at the end of the channel.
fn receive(channel: &OwnedFd) -> Option<(OwnedFd, Peer)> {
    let mut peer = [0; 24];
    let mut room = nix::cmsg_space!([RawFd; 1]);
    let mut parts = [IoSliceMut::new(&mut peer)];
    let message = loop {
        let flags = MsgFlags::MSG_CMSG_CLOEXEC;
        let channel = channel.as_raw_fd();
        match recvmsg::<()>(channel, &mut parts, Some(&mut room), flags) {
            Err(Errno::EINTR) => {}
            message => break message.ok()?,
        }
    };
    let passed = message.cmsgs().ok()?.find_map(|part| match part {
        ControlMessageOwned::ScmRights(passed) => passed.first().copied(),
        _ => None,
    })?;
    // SAFETY: the kernel has just made this descriptor for us alone.
    Some((unsafe { OwnedFd::from_raw_fd(passed) }, Peer::from_bytes(peer)))
}
