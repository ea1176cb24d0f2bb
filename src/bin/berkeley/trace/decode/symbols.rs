//! The tables read the other way: from a name to its number. For whoever
//! types a call and not only reads one.

use super::network::{DOMAINS, HOW, MESSAGE_FLAGS, PROTOCOLS, TYPES};
use super::network::{TYPE_FLAGS, message_flags};
use super::option_names;
use super::waiting::POLL;
use super::words::{Names, flags};

/// What a name may be one of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Symbols {
    Domain,
    Type,
    Protocol,
    Message,
    How,
    Poll,
}

impl Symbols {
    fn tables(self) -> &'static [Names] {
        match self {
            Symbols::Domain => &[DOMAINS],
            Symbols::Type => &[TYPES, TYPE_FLAGS],
            Symbols::Protocol => &[PROTOCOLS],
            Symbols::Message => &[MESSAGE_FLAGS],
            Symbols::How => &[HOW],
            Symbols::Poll => &[POLL],
        }
    }

    /// All of them.
    pub(crate) fn all(
        self,
    ) -> impl Iterator<Item = (u64, &'static str)> + 'static {
        self.tables().iter().flat_map(|names| names.iter().copied())
    }

    /// The number of a name.
    pub(crate) fn value(self, name: &str) -> Option<i32> {
        let (value, _) = self.all().find(|(_, known)| *known == name)?;
        Some(super::int(value))
    }
}

/// `MSG_DONTWAIT|MSG_NOSIGNAL`
pub(crate) fn message(value: i32) -> String {
    message_flags(value.cast_unsigned().into())
}

/// `POLLIN|POLLHUP`
pub(crate) fn events(value: i16) -> String {
    flags(value.cast_unsigned().into(), POLL, "POLL???")
}

/// `SO_REUSEADDR`, with the level that it belongs to.
pub(crate) fn option(name: &str) -> Option<(i32, i32)> {
    options().find_map(|(level, value, known)| {
        (known == name).then_some((level, value))
    })
}

/// All options of sockets that have a name: level, number, name.
pub(crate) fn options() -> impl Iterator<Item = (i32, i32, &'static str)> {
    option_names::settable().flat_map(|(level, names)| {
        let of_it = move |&(value, name): &(u64, &'static str)| {
            (level, super::int(value), name)
        };
        names.iter().map(of_it)
    })
}

/// `SO_REUSEADDR`, or the number.
pub(crate) fn option_name(level: i32, option: i32) -> String {
    option_names::option(level, option, false)
}

/// The number of `SOL_TCP`, also spelled `IPPROTO_TCP`.
pub(crate) fn level(name: &str) -> Option<i32> {
    option_names::level_named(name).or_else(|| Symbols::Protocol.value(name))
}

/// `AF_INET6`
pub(crate) fn domain(value: i32) -> String {
    super::domain(value.cast_unsigned().into())
}

/// `SOCK_STREAM|SOCK_CLOEXEC`
pub(crate) fn kind(value: i32) -> String {
    super::socket_type(value.cast_unsigned().into())
}

/// `IPPROTO_TCP`; each family counts its own.
pub(crate) fn protocol(domain: i32, value: i32) -> String {
    super::protocol(domain, value.cast_unsigned())
}

/// `SOL_TCP`
pub(crate) fn level_name(level: i32) -> String {
    option_names::level(level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_their_numbers() {
        let reuse = (libc::SOL_SOCKET, libc::SO_REUSEADDR);
        assert_eq!(option("SO_REUSEADDR"), Some(reuse));
        let delay = (libc::IPPROTO_TCP, libc::TCP_NODELAY);
        assert_eq!(option("TCP_NODELAY"), Some(delay));
        assert_eq!(option("SO_FOO"), None);
        assert_eq!(level("IPPROTO_TCP"), level("SOL_TCP"));
        assert_eq!(Symbols::Message.value("MSG_PEEK"), Some(libc::MSG_PEEK));
        let kind = Symbols::Type.value("SOCK_NONBLOCK");
        assert_eq!(kind, Some(libc::SOCK_NONBLOCK));
        assert_eq!(events(libc::POLLIN | libc::POLLHUP), "POLLIN|POLLHUP");
    }
}
