//! What nearly every experiment begins with, and the short names of its acts.

use std::net::{Ipv4Addr, SocketAddrV4};

use anyhow::{Context, Result};

use crate::lab::acts::{Act, Place};
use crate::lab::play::{Actor, Play, until};
use crate::lab::sight::Sight;

/// In a network of one's own every port is free.
pub(super) const PORT: u16 = 5000;

/// A listener, by its descriptor and its address.
#[derive(Clone, Debug)]
pub(super) struct Listener {
    pub(super) fd: i32,
    pub(super) at: Place,
}

pub(super) fn tcp() -> Act {
    Act::Socket { family: libc::AF_INET, kind: libc::SOCK_STREAM }
}

pub(super) fn udp() -> Act {
    Act::Socket { family: libc::AF_INET, kind: libc::SOCK_DGRAM }
}

pub(super) fn recv(fd: i32, size: usize) -> Act {
    Act::Recv { fd, size, flags: 0 }
}

pub(super) fn send(fd: i32, text: &str) -> Act {
    Act::Send { fd, bytes: text.into(), flags: 0 }
}

pub(super) fn close(fd: i32) -> Act {
    Act::Close { fd }
}

/// Loopback, at a port that is free.
pub(super) fn home(play: &Play) -> Place {
    let port = if play.has_own_network { PORT } else { 0 };
    Place::At(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))
}

/// Loopback, at another one.
pub(super) fn beside(play: &Play) -> Place {
    let port = if play.has_own_network { PORT + 1 } else { 0 };
    Place::At(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))
}

/// socket, bind, listen.
pub(super) fn listen(
    play: &mut Play,
    server: Actor,
    backlog: i32,
) -> Result<Listener> {
    let to = home(play);
    listen_at(play, server, to, backlog)
}

/// The same somewhere else.
pub(super) fn listen_at(
    play: &mut Play,
    server: Actor,
    to: Place,
    backlog: i32,
) -> Result<Listener> {
    let fd = play.good(server, tcp())?.fd();
    play.good(server, Act::Bind { fd, to })?;
    play.good(server, Act::Listen { fd, backlog })?;
    let at = address(play, server, fd)?;
    Ok(Listener { fd, at })
}

/// Where a socket is bound.
pub(super) fn address(play: &Play, who: Actor, fd: i32) -> Result<Place> {
    let local = play.sight(who, fd)?.local.context("it has no address")?;
    Ok(Place::At(local.parse().context("an address")?))
}

/// socket, connect.
pub(super) fn connect(
    play: &mut Play,
    client: Actor,
    listener: &Listener,
) -> Result<i32> {
    let fd = play.good(client, tcp())?.fd();
    let to = listener.at.clone();
    play.good(client, Act::Connect { fd, to })?;
    Ok(fd)
}

/// A client and its connection, accepted.
pub(super) fn connected(
    play: &mut Play,
    server: Actor,
    client: Actor,
    listener: &Listener,
) -> Result<(i32, i32)> {
    let ours = connect(play, client, listener)?;
    let theirs = play.good(server, Act::Accept { fd: listener.fd })?.fd();
    Ok((theirs, ours))
}

/// The state in which the kernel has the end of `sight`, whoever holds it.
pub(super) fn state_of(sight: &Sight) -> String {
    let (local, peer) = (sight.local.as_deref(), sight.peer.as_deref());
    let end = local.zip(peer).and_then(|(l, p)| Sight::end(l, p));
    end.map_or("none".to_owned(), |end| end.state().to_owned())
}

/// Waits until the kernel has that end in this state.
pub(super) fn becomes(sight: &Sight, state: &str) -> Result<()> {
    let what = format!("{:?} is in {state}", sight.local);
    until(&what, || Ok(state_of(sight) == state))
}

/// Waits until so many bytes can be read.
pub(super) fn unread(sight: &Sight, bytes: u32) -> Result<()> {
    let (local, peer) = (sight.local.clone(), sight.peer.clone());
    until(&format!("{bytes} bytes are unread"), || {
        let end = local.as_deref().zip(peer.as_deref());
        let end = end.and_then(|(l, p)| Sight::end(l, p));
        Ok(end.is_some_and(|end| end.unread == Some(bytes)))
    })
}
