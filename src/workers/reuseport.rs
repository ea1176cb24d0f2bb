//! `reuseport`: N processes, each with its own listener and epoll loop.
//!
//! With SO_REUSEPORT several sockets listen on one address, and the kernel
//! deals out the connections by a hash of their addresses: no lock, and no
//! process wakes in vain. The parent makes all listeners, so that peers who
//! wait in the queue of a worker that died are served by its successor.
//! AF_UNIX has no SO_REUSEPORT: there all share one listener. Twin:
//! `c_compare/workers/reuseport.c`. Read `prefork` and `epoll` first. Man
//! page: `socket(7)`.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, Shutdown, SockFlag, SockType, SockaddrLike,
    SockaddrStorage, bind, getsockname, setsockopt, shutdown, socket, sockopt,
};

use crate::sockets::{Failed, Shown, exact, listen};

use super::children::{ANY, keep_all_here, reap};
use super::epoll::Epolling;
use super::{Lab, Server, event_loop};

/// Serves in this way until the server is stopping.
pub fn serve<L: Lab>(server: &'static Server<L>) -> Result<(), Failed> {
    let address = getsockname::<SockaddrStorage>(server.listener.as_raw_fd())
        .map_err(Failed::at("getsockname", ""))?;
    let mut others = Vec::new();
    if address.family() != Some(AddressFamily::Unix) {
        for _ in 1..server.board.slots.len() {
            others.push(another(&address, server.options.backlog)?);
        }
    }
    let others = &*Vec::leak(others);
    keep_all_here(server, |worker, slot| {
        let own = worker.checked_sub(1).and_then(|other| others.get(other));
        let own = own.unwrap_or(&server.listener).as_fd();
        if let Err(failed) = event_loop::run::<L, Epolling>(server, slot, own)
        {
            server.warn(format_args!("{failed}"));
        }
    });
    // Those of workers who were not here at the end: nobody else closes them.
    for listener in others {
        let _ = shutdown(listener.as_raw_fd(), Shutdown::Both);
    }
    while reap(ANY, 0).is_some() {}
    Ok(())
}

/// One more listener at the same address.
fn another(
    address: &SockaddrStorage,
    backlog: i32,
) -> Result<OwnedFd, Failed> {
    let family = address.family().ok_or(Errno::EAFNOSUPPORT);
    let at = |call| move |errno| Failed::at(call, Shown(address))(errno);
    let listener = socket(
        family.map_err(at("socket"))?,
        SockType::Stream,
        SockFlag::SOCK_CLOEXEC,
        None,
    )
    .map_err(at("socket"))?;
    setsockopt(&listener, sockopt::ReuseAddr, &true)
        .map_err(at("setsockopt"))?;
    setsockopt(&listener, sockopt::ReusePort, &true)
        .map_err(at("setsockopt"))?;
    bind(listener.as_raw_fd(), exact(address)).map_err(at("bind"))?;
    listen(&listener, backlog).map_err(at("listen"))?;
    Ok(listener)
}
