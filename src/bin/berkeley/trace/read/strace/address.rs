//! Addresses as strace writes them, in the words of the record.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use super::syntax::{field, inside, split, string};

/// `{sa_family=AF_INET, sin_port=htons(5000), …}`: `127.0.0.1:5000`.
pub(super) fn sockaddr(text: &str) -> Option<String> {
    let body = inside(text)?;
    match field(body, "sa_family")? {
        "AF_INET" => {
            let port = number(field(body, "sin_port")?)?;
            let ip = field(body, "sin_addr")?;
            let (ip, _) = string(inside(ip.strip_prefix("inet_addr")?)?)?;
            let ip: Ipv4Addr = ip.parse().ok()?;
            Some(SocketAddr::from((ip, port)).to_string())
        }
        "AF_INET6" => {
            let port = number(field(body, "sin6_port")?)?;
            let is_ip = |piece: &&str| piece.starts_with("inet_pton(");
            let ip = split(body).into_iter().find(is_ip)?;
            let parts = split(inside(ip.strip_prefix("inet_pton")?)?);
            let ip: Ipv6Addr = string(parts.get(1)?)?.0.parse().ok()?;
            let scope = field(body, "sin6_scope_id");
            let scope = scope.and_then(|it| it.parse().ok()).unwrap_or(0);
            Some(SocketAddrV6::new(ip, port, 0, scope).to_string())
        }
        "AF_UNIX" => path(field(body, "sun_path")?),
        _ => None,
    }
}

/// `htons(5000)`
fn number(text: &str) -> Option<u16> {
    inside(text.strip_prefix("htons")?)?.parse().ok()
}

/// `"/tmp/path"`, `@"name"`
fn path(text: &str) -> Option<String> {
    if let Some(name) = text.strip_prefix('@') {
        return Some(format!("@{}", string(name)?.0));
    }
    Some(string(text)?.0.to_owned())
}

/// What stands behind a descriptor: what strace could see of its socket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) inode: u64,
    /// Of the other end of an AF_UNIX socket.
    pub(super) other_inode: u64,
    pub(super) family: &'static str,
    pub(super) kind: &'static str,
    pub(super) protocol: &'static str,
    pub(super) local: Option<String>,
    pub(super) peer: Option<String>,
}

/// Family, kind and protocol of strace's names.
const NAMES: [(&str, [&str; 3]); 14] = [
    ("TCP", ["AF_INET", "SOCK_STREAM", "IPPROTO_TCP"]),
    ("TCPv6", ["AF_INET6", "SOCK_STREAM", "IPPROTO_TCP"]),
    ("UDP", ["AF_INET", "SOCK_DGRAM", "IPPROTO_UDP"]),
    ("UDPv6", ["AF_INET6", "SOCK_DGRAM", "IPPROTO_UDP"]),
    ("RAW", ["AF_INET", "SOCK_RAW", ""]),
    ("RAWv6", ["AF_INET6", "SOCK_RAW", ""]),
    ("PING", ["AF_INET", "SOCK_DGRAM", "IPPROTO_ICMP"]),
    ("PINGv6", ["AF_INET6", "SOCK_DGRAM", "IPPROTO_ICMPV6"]),
    ("UNIX", ["AF_UNIX", "", "0"]),
    ("UNIX-STREAM", ["AF_UNIX", "SOCK_STREAM", "0"]),
    ("UNIX-DGRAM", ["AF_UNIX", "SOCK_DGRAM", "0"]),
    ("UNIX-SEQPACKET", ["AF_UNIX", "SOCK_SEQPACKET", "0"]),
    ("NETLINK", ["AF_NETLINK", "", ""]),
    ("PACKET", ["AF_PACKET", "", ""]),
];

/// `TCP:[127.0.0.1:1->127.0.0.1:2]`, `socket:[123]`. `None`: no socket.
pub(super) fn seen(text: &str) -> Option<Seen> {
    let (name, rest) = text.split_once(":[")?;
    let body = rest.strip_suffix(']')?;
    if name.contains('/') {
        return None;
    }
    let is_socket = name == "socket" || name.starts_with(char::is_uppercase);
    let known = NAMES.iter().find(|(of, _)| *of == name);
    let [family, kind, protocol] = known.map_or([""; 3], |(_, is)| *is);
    let bare = Seen { family, kind, protocol, ..Seen::default() };
    if let Ok(inode) = body.parse() {
        return is_socket.then_some(Seen { inode, ..bare });
    }
    let (local, peer) = match body.split_once("->") {
        Some((local, peer)) => (local, Some(peer)),
        None => (body, None),
    };
    match family {
        "AF_UNIX" => Some(unix(bare, body)),
        "AF_INET" | "AF_INET6" => Some(Seen {
            local: Some(local.to_owned()),
            peer: peer.map(str::to_owned),
            ..bare
        }),
        _ => is_socket.then_some(bare),
    }
}

/// `123->124,"/tmp/path"`: numbers first, then the name of this end.
fn unix(mut bare: Seen, body: &str) -> Seen {
    let (numbers, name) = match body.split_once(',') {
        Some((numbers, name)) => (numbers, Some(name)),
        None => (body, None),
    };
    let (own, other) = numbers.split_once("->").unwrap_or((numbers, "0"));
    bare.inode = own.parse().unwrap_or(0);
    bare.other_inode = other.parse().unwrap_or(0);
    bare.local = name.and_then(path);
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_as_in_the_record() {
        for (text, address) in [
            (
                "{sa_family=AF_INET, sin_port=htons(5000), \
                 sin_addr=inet_addr(\"127.0.0.1\")}",
                "127.0.0.1:5000",
            ),
            (
                "{sa_family=AF_INET6, sin6_port=htons(7), \
                 sin6_flowinfo=htonl(0), \
                 inet_pton(AF_INET6, \"::1\", &sin6_addr), sin6_scope_id=0}",
                "[::1]:7",
            ),
            ("{sa_family=AF_UNIX, sun_path=\"/tmp/a, b\"}", "/tmp/a, b"),
            ("{sa_family=AF_UNIX, sun_path=@\"abs\"}", "@abs"),
        ] {
            assert_eq!(sockaddr(text).as_deref(), Some(address));
        }
        assert_eq!(sockaddr("{sa_family=AF_UNIX}"), None);
        assert_eq!(
            sockaddr("{sa_family=AF_INET, sin_port=htons(77777)"),
            None
        );
    }

    #[test]
    fn what_a_descriptor_is_of_is_understood() {
        let pair = seen("TCPv6:[[::1]:36853->[::1]:60634]").unwrap();
        assert_eq!(pair.family, "AF_INET6");
        assert_eq!(pair.local.as_deref(), Some("[::1]:36853"));
        assert_eq!(pair.peer.as_deref(), Some("[::1]:60634"));
        assert_eq!(seen("socket:[12]").unwrap().inode, 12);
        assert_eq!(seen("TCP:[12]").unwrap().inode, 12);
        let unix = seen("UNIX-STREAM:[4->5,\"/tmp/a->b\"]").unwrap();
        assert_eq!((unix.inode, unix.other_inode), (4, 5));
        assert_eq!(unix.local.as_deref(), Some("/tmp/a->b"));
        assert_eq!(
            seen("UNIX:[9,@\"x\"]").unwrap().local.as_deref(),
            Some("@x")
        );
        assert!(seen("NETLINK:[ROUTE:4711]").is_some());
        for no in ["pipe:[12]", "anon_inode:[eventpoll]", "/tmp/x:[3]", ""] {
            assert_eq!(seen(no), None, "{no}");
        }
    }
}
