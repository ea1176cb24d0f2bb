//! What sockets and errors are called in lists and tables.

use berkeley::sockets;
use nix::errno::Errno;

use crate::trace::record::{Descriptor, Socket, Trace};

/// `127.0.0.1:5000→127.0.0.1:41234`, `127.0.0.1:5000`, `/tmp/path`,
/// `UNIX 123→124`, `TCP`: the most that is known of it.
pub(crate) fn socket(trace: &Trace, index: usize) -> String {
    let Some(socket) = trace.sockets.get(index) else {
        return String::new();
    };
    match (&socket.local, &socket.peer) {
        (Some(local), Some(peer)) => format!("{local}→{peer}"),
        (None, Some(peer)) => format!("→{peer}"),
        (Some(local), None) => local.clone(),
        (None, None) => nameless(trace, socket),
    }
}

/// `4<127.0.0.1:5000→127.0.0.1:41234>`, or `4`
pub(crate) fn descriptor(trace: &Trace, held: &Descriptor) -> String {
    match held.socket {
        Some(index) => {
            format!("{}<{}>", held.fd, socket(trace, index))
        }
        None => held.fd.to_string(),
    }
}

/// A socket without an address: what it is, and its number if that is all.
fn nameless(trace: &Trace, socket: &Socket) -> String {
    let kind = kind(socket);
    let end = socket.other_end.and_then(|end| trace.sockets.get(end));
    match end {
        Some(end) if socket.inode > 0 && end.inode > 0 => {
            format!("{kind} {}→{}", socket.inode, end.inode)
        }
        _ => kind,
    }
}

/// `TCP`, `UDP`, `UNIX`, `NETLINK`.
pub(crate) fn kind(socket: &Socket) -> String {
    let protocol = match socket.protocol.strip_prefix("IPPROTO_") {
        Some("IP") | None => "",
        Some(protocol) => protocol,
    };
    let family = socket.family.strip_prefix("AF_").unwrap_or("socket");
    let is_internet = family.starts_with("INET");
    match socket.kind.as_str() {
        _ if is_internet && !protocol.is_empty() => protocol.to_owned(),
        "SOCK_STREAM" if is_internet => "TCP".to_owned(),
        "SOCK_DGRAM" if is_internet => "UDP".to_owned(),
        _ => family.to_owned(),
    }
}

/// `Connection refused`. Empty for what the C library has no words for.
pub(crate) fn errno(symbol: &str) -> String {
    const LAST: i32 = 133;
    let all = (1..=LAST).map(Errno::from_raw);
    let known = all.filter(|&errno| errno != Errno::UnknownErrno);
    let mut named = known.filter(|errno| format!("{errno:?}") == symbol);
    named.next().map(sockets::words).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::fixture;

    #[test]
    fn an_error_has_the_words_of_its_man_page() {
        assert_eq!(errno("EBADF"), "Bad file descriptor");
        assert_eq!(errno("EAGAIN"), "Resource temporarily unavailable");
        assert_eq!(errno("EHWPOISON"), "Memory page has hardware error");
        assert_eq!(errno("ERESTARTSYS"), "");
    }

    #[test]
    fn a_socket_is_called_by_what_is_known_of_it() {
        let mut trace = fixture::refusal();
        trace.sockets.truncate(1);
        let named = |change: fn(&mut Socket)| {
            let mut trace = trace.clone();
            change(&mut trace.sockets[0]);
            socket(&trace, 0)
        };
        let both = named(|socket| {
            socket.local = Some("127.0.0.1:1".to_owned());
            socket.peer = Some("127.0.0.1:2".to_owned());
        });
        assert_eq!(both, "127.0.0.1:1→127.0.0.1:2");
        let bare = named(|socket| {
            socket.local = None;
            socket.peer = None;
        });
        assert_eq!(bare, "TCP");
        let unix = named(|socket| {
            socket.local = None;
            socket.peer = None;
            socket.family = "AF_UNIX".to_owned();
            socket.protocol = String::new();
        });
        assert_eq!(unix, "UNIX");
    }
}
