//! `fork`: a child per peer.
//!
//! The child is a copy, descriptors too. The parent must close the
//! connection that it handed on, or the peer never sees a FIN and the parent
//! runs out of descriptors; the child closes the listener it does not serve.
//! A child that has ended stays as a zombie until it is waited for: SIGCHLD
//! says when. Twin: `c_compare/workers/fork.c`. Read `iterative` first. Try:
//! `strace -f -e trace=network,process echo_server --model fork`. Man pages:
//! `fork(2)`, `wait(2)`, `sigaction(2)`.

use std::sync::OnceLock;
use std::sync::atomic::Ordering;

use nix::errno::Errno;
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction,
};
use nix::unistd::ForkResult;

use crate::sockets::{Failed, symbol};

use super::board::Slot;
use super::children::{ANY, exit_child, fork, reap};
use super::conversation::hold;
use super::seats::Seats;
use super::{Lab, Server};

/// What SIGCHLD needs: whose conversations end, whose seats become free.
static CHILDREN: OnceLock<(&Slot, &Seats)> = OnceLock::new();

/// Serves in this way until the server is stopping.
pub fn serve<L: Lab>(server: &'static Server<L>) -> Result<(), Failed> {
    let slot = server.slot(0);
    let (slot, seats) = *CHILDREN.get_or_init(|| (slot, &server.seats));
    let on_end = SigAction::new(
        SigHandler::Handler(children_ended),
        SaFlags::SA_RESTART,
        SigSet::empty(),
    );
    // SAFETY: the handler makes only calls that signal-safety(7) allows.
    unsafe { sigaction(Signal::SIGCHLD, &on_end) }
        .map_err(Failed::at("sigaction", "SIGCHLD"))?;

    while let Some((socket, peer)) = server.next_peer(slot) {
        slot.open.fetch_add(1, Ordering::Relaxed);
        match fork() {
            Ok(ForkResult::Child) => {
                server.leave_listener();
                hold(server, slot, &socket, peer);
                drop(socket); // close(2), and with it the FIN
                server.lab.left(&peer);
                exit_child(0);
            }
            Ok(ForkResult::Parent { .. }) => {}
            Err(errno) => {
                child_ended(slot, seats);
                server.warn(format_args!(
                    "fork: {}: {peer} is turned away",
                    symbol(errno)
                ));
            }
        }
        drop(socket); // the child has its own copy
    }

    while reap(ANY, 0).is_some() {
        child_ended(slot, seats);
    }
    Ok(())
}

/// SIGCHLD: one signal may stand for several children.
extern "C" fn children_ended(_: libc::c_int) {
    let errno = Errno::last();
    if let Some((slot, seats)) = CHILDREN.get() {
        while reap(ANY, libc::WNOHANG).is_some() {
            child_ended(slot, seats);
        }
    }
    errno.set();
}

fn child_ended(slot: &Slot, seats: &Seats) {
    slot.open.fetch_sub(1, Ordering::Relaxed);
    seats.give(slot);
}
