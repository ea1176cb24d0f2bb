//! Constants by their names.

use nix::errno::Errno;
use nix::sys::signal::Signal;

use super::Switch;

/// `ECONNREFUSED`
pub(crate) fn errno(number: i32) -> String {
    match Errno::from_raw(number) {
        Errno::UnknownErrno => number.to_string(),
        known => format!("{known:?}"),
    }
}

/// `SIGPIPE`
pub(crate) fn signal(number: i32) -> String {
    let known = Signal::try_from(number);
    known.map_or_else(|_| number.to_string(), |known| known.to_string())
}

pub(super) fn family(number: i32) -> &'static str {
    match number {
        libc::AF_UNIX => "AF_UNIX",
        libc::AF_INET6 => "AF_INET6",
        _ => "AF_INET",
    }
}

pub(super) fn kind(number: i32) -> &'static str {
    match number {
        libc::SOCK_DGRAM => "SOCK_DGRAM",
        _ => "SOCK_STREAM",
    }
}

pub(super) fn how(number: i32) -> &'static str {
    match number {
        libc::SHUT_RD => "SHUT_RD",
        libc::SHUT_WR => "SHUT_WR",
        _ => "SHUT_RDWR",
    }
}

/// Of send and recv, and of waitpid.
pub(super) fn flags(number: i32) -> String {
    let known = [
        (libc::MSG_PEEK, "MSG_PEEK"),
        (libc::MSG_DONTWAIT, "MSG_DONTWAIT"),
        (libc::MSG_NOSIGNAL, "MSG_NOSIGNAL"),
        (libc::MSG_TRUNC, "MSG_TRUNC"),
        (libc::MSG_WAITALL, "MSG_WAITALL"),
    ];
    let set = known.iter().filter(|(flag, _)| number & flag != 0);
    let set: Vec<&str> = set.map(|(_, name)| *name).collect();
    if set.is_empty() { "0".to_owned() } else { set.join("|") }
}

/// What poll(2) says: `POLLIN|POLLHUP`.
pub(crate) fn ready_words(number: i64) -> String {
    let known = [
        (libc::POLLIN, "POLLIN"),
        (libc::POLLOUT, "POLLOUT"),
        (libc::POLLERR, "POLLERR"),
        (libc::POLLHUP, "POLLHUP"),
    ];
    let set = known.iter().filter(|(bit, _)| number & i64::from(*bit) != 0);
    let set: Vec<&str> = set.map(|(_, name)| *name).collect();
    if set.is_empty() { "0".to_owned() } else { set.join("|") }
}

impl Switch {
    pub(super) fn level(self) -> i32 {
        match self {
            Switch::NoDelay
            | Switch::QuickAck
            | Switch::Linger2
            | Switch::DeferAccept => libc::IPPROTO_TCP,
            _ => libc::SOL_SOCKET,
        }
    }

    pub(super) fn level_name(self) -> &'static str {
        match self.level() {
            libc::IPPROTO_TCP => "IPPROTO_TCP",
            _ => "SOL_SOCKET",
        }
    }

    pub(super) fn number(self) -> i32 {
        match self {
            Switch::ReuseAddr => libc::SO_REUSEADDR,
            Switch::ReusePort => libc::SO_REUSEPORT,
            Switch::SendBuffer => libc::SO_SNDBUF,
            Switch::ReceiveBuffer => libc::SO_RCVBUF,
            Switch::Error => libc::SO_ERROR,
            Switch::NoDelay => libc::TCP_NODELAY,
            Switch::QuickAck => libc::TCP_QUICKACK,
            Switch::Linger2 => libc::TCP_LINGER2,
            Switch::DeferAccept => libc::TCP_DEFER_ACCEPT,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Switch::ReuseAddr => "SO_REUSEADDR",
            Switch::ReusePort => "SO_REUSEPORT",
            Switch::SendBuffer => "SO_SNDBUF",
            Switch::ReceiveBuffer => "SO_RCVBUF",
            Switch::Error => "SO_ERROR",
            Switch::NoDelay => "TCP_NODELAY",
            Switch::QuickAck => "TCP_QUICKACK",
            Switch::Linger2 => "TCP_LINGER2",
            Switch::DeferAccept => "TCP_DEFER_ACCEPT",
        }
    }

    /// What nix calls it, and whether its value is a truth there. Some it
    /// does not have.
    pub(super) fn in_rust(self) -> Option<(&'static str, bool)> {
        Some(match self {
            Switch::ReuseAddr => ("sockopt::ReuseAddr", true),
            Switch::ReusePort => ("sockopt::ReusePort", true),
            Switch::SendBuffer => ("sockopt::SndBuf", false),
            Switch::ReceiveBuffer => ("sockopt::RcvBuf", false),
            Switch::Error => ("sockopt::SocketError", false),
            Switch::NoDelay => ("sockopt::TcpNoDelay", true),
            Switch::QuickAck | Switch::Linger2 | Switch::DeferAccept => {
                return None;
            }
        })
    }
}
