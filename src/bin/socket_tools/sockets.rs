//! A socket of any family, type and protocol, and how Python shows it.
//!
//! Twin: `c_compare/socket_tools/sockets.c`. Man pages: `socket(2)`,
//! `getsockname(2)`, `getpeername(2)`.

use std::fmt::Write;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use berkeley::sockets::Failed;
use berkeley::sockets::console::say;
use nix::errno::Errno;
use nix::sys::socket::{SockaddrStorage, getpeername, getsockname};

use crate::constants::{family_name, kind_name, protocol_name};
use crate::python;

/// Creates a socket, as `socket.socket`, and shows it, as `repr` does.
pub(crate) fn socket(
    family: i32,
    kind: i32,
    protocol: i32,
) -> Result<(), Failed> {
    let asked = format!(
        "{}, {}, {}",
        family_name(family),
        kind_name(kind),
        protocol_name(protocol)
    );
    let flags = libc::SOCK_CLOEXEC;
    // SAFETY: three numbers and no memory.
    let socket = unsafe { libc::socket(family, kind | flags, protocol) };
    let socket = Errno::result(socket).map_err(Failed::at("socket", asked))?;
    // SAFETY: the kernel has just made this descriptor for us alone.
    let socket = unsafe { OwnedFd::from_raw_fd(socket) };

    // The two flags are the descriptor's, and no part of the socket's type.
    let kind = kind & !(libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK);
    let mut shown = format!(
        "<socket.socket fd={}, family={}, type={}, proto={protocol}",
        socket.as_raw_fd(),
        of_class("AddressFamily", &family_name(family)),
        of_class("SocketKind", &kind_name(kind))
    );
    // A family without such addresses just shows none.
    let here = getsockname::<SockaddrStorage>(socket.as_raw_fd());
    if let Some(address) = here.ok().as_ref().and_then(python::address) {
        let _ = write!(shown, ", laddr={address}");
    }
    // Not connected, most have no peer; but netlink's is the kernel.
    let peer = getpeername::<SockaddrStorage>(socket.as_raw_fd());
    if let Some(address) = peer.ok().as_ref().and_then(python::address) {
        let _ = write!(shown, ", raddr={address}");
    }
    say(format_args!("{shown}>"))
}

/// A name belongs to one of Python's classes, a bare number does not.
fn of_class(class: &str, name: &str) -> String {
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        return name.into();
    }
    format!("{class}.{name}")
}
