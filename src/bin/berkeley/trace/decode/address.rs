//! Socket addresses in short: `127.0.0.1:5000` says all that a `struct
//! sockaddr_in` does. Man pages: `ip(7)`, `ipv6(7)`, `unix(7)`.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};

use super::text::escapes;
use super::words::{Names, names, one_of};

/// `127.0.0.1:5000`, `[fe80::1%2]:80`, `/tmp/path`, `@abstract`,
/// `(unnamed)`, `AF_NETLINK pid=77 groups=0`. Of a family without a short
/// form, or when too few bytes are there, it is the struct.
pub(crate) fn address(bytes: &[u8]) -> String {
    let Some((family, rest)) = bytes.split_first_chunk::<2>() else {
        return format!("{{sa_data=\"{}\"}}", escapes(bytes));
    };
    let short = match i32::from(u16::from_ne_bytes(*family)) {
        libc::AF_UNSPEC => Some("AF_UNSPEC".to_string()),
        libc::AF_UNIX => Some(unix(rest)),
        libc::AF_INET => inet(rest),
        libc::AF_INET6 => inet6(rest),
        libc::AF_NETLINK => netlink(rest),
        libc::AF_PACKET => packet(rest),
        libc::AF_VSOCK => vsock(rest),
        _ => None,
    };
    short.unwrap_or_else(|| structure(u16::from_ne_bytes(*family), rest))
}

/// Whether it names somebody. A socketpair's ends have no names, and neither
/// has a client that did not bind its AF_UNIX socket.
pub(super) fn is_named(bytes: &[u8]) -> bool {
    bytes.len() > 2
}

fn unix(path: &[u8]) -> String {
    match path.split_first() {
        None => "(unnamed)".to_string(),
        // An abstract name is as long as the address says, NULs included.
        Some((0, name)) => format!("@{}", escapes(name)),
        Some(_) => {
            let path = &path[..path.len().min(UNIX_PATH)];
            let end = path.iter().position(|byte| *byte == 0);
            escapes(&path[..end.unwrap_or(path.len())])
        }
    }
}

const UNIX_PATH: usize = 108;

fn inet(rest: &[u8]) -> Option<String> {
    // All of a sockaddr_in has to be there, padding included.
    let rest = rest.first_chunk::<14>()?;
    let port = u16::from_be_bytes(*rest.first_chunk()?);
    let ip: [u8; 4] = *rest[2..].first_chunk()?;
    Some(SocketAddrV4::new(Ipv4Addr::from(ip), port).to_string())
}

fn inet6(rest: &[u8]) -> Option<String> {
    let port = u16::from_be_bytes(*rest.first_chunk()?);
    let ip: [u8; 16] = *rest.get(6..)?.first_chunk()?;
    // The first version of the struct had no scope.
    let scope = rest.get(22..).and_then(|rest| rest.first_chunk());
    let scope = scope.map_or(0, |bytes| u32::from_ne_bytes(*bytes));
    let ip = Ipv6Addr::from(ip);
    Some(SocketAddrV6::new(ip, port, 0, scope).to_string())
}

fn netlink(rest: &[u8]) -> Option<String> {
    let pid = u32::from_ne_bytes(*rest.get(2..)?.first_chunk()?);
    let groups = u32::from_ne_bytes(*rest.get(6..)?.first_chunk()?);
    Some(format!("AF_NETLINK pid={pid} groups={groups:#x}"))
}

fn packet(rest: &[u8]) -> Option<String> {
    let protocol = u16::from_be_bytes(*rest.first_chunk()?);
    let index = i32::from_ne_bytes(*rest.get(2..)?.first_chunk()?);
    let protocol = ethernet(protocol);
    Some(format!("AF_PACKET protocol={protocol} index={index}"))
}

fn vsock(rest: &[u8]) -> Option<String> {
    let port = u32::from_ne_bytes(*rest.get(2..)?.first_chunk()?);
    let cid = u32::from_ne_bytes(*rest.get(6..)?.first_chunk()?);
    Some(format!("AF_VSOCK cid={cid} port={port}"))
}

fn structure(family: u16, rest: &[u8]) -> String {
    let family = super::domain(u64::from(family));
    if rest.is_empty() {
        return format!("{{sa_family={family}}}");
    }
    format!("{{sa_family={family}, sa_data=\"{}\"}}", escapes(rest))
}

/// `ETH_P_ALL`
pub(super) fn ethernet(protocol: u16) -> String {
    one_of(u64::from(protocol), ETHERNET, "ETH_P_???")
}

const ETHERNET: Names = names! {
    0x0001 ETH_P_802_3 0x0002 ETH_P_AX25 0x0003 ETH_P_ALL 0x0004 ETH_P_802_2
    0x0060 ETH_P_LOOP 0x0800 ETH_P_IP 0x0806 ETH_P_ARP 0x8035 ETH_P_RARP
    0x8100 ETH_P_8021Q 0x86dd ETH_P_IPV6 0x8847 ETH_P_MPLS_UC
    0x8863 ETH_P_PPP_DISC 0x8864 ETH_P_PPP_SES 0x888e ETH_P_PAE
    0x88a8 ETH_P_8021AD 0x88cc ETH_P_LLDP 0x88e5 ETH_P_MACSEC
    0x88f7 ETH_P_1588
};

#[cfg(test)]
mod tests {
    use super::*;

    fn of(family: i32, rest: &[u8]) -> String {
        let family = u16::try_from(family).unwrap().to_ne_bytes();
        address(&[&family, rest].concat())
    }

    #[test]
    fn internet_addresses_are_host_and_port() {
        let local = [0x13, 0x88, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(of(libc::AF_INET, &local), "127.0.0.1:5000");
        assert_eq!(
            of(libc::AF_INET, &local[..2]),
            r#"{sa_family=AF_INET, sa_data="\23\210"}"#
        );

        let mut six = [0; 26];
        six[..2].copy_from_slice(&80_u16.to_be_bytes());
        six[21] = 1;
        assert_eq!(of(libc::AF_INET6, &six), "[::1]:80");
        six[6..8].copy_from_slice(&[0xfe, 0x80]);
        six[22..].copy_from_slice(&2_u32.to_ne_bytes());
        assert_eq!(of(libc::AF_INET6, &six), "[fe80::1%2]:80");
        assert_eq!(of(libc::AF_INET6, &six[..22]), "[fe80::1]:80");
    }

    #[test]
    fn unix_addresses_are_paths_or_names_or_nothing() {
        assert_eq!(of(libc::AF_UNIX, b"/tmp/a\nb\0zz"), r"/tmp/a\nb");
        assert_eq!(of(libc::AF_UNIX, b"\0x\0y\xff"), r"@x\0y\377");
        assert_eq!(of(libc::AF_UNIX, b"\0"), "@");
        assert_eq!(of(libc::AF_UNIX, b""), "(unnamed)");
        assert_eq!(of(libc::AF_UNIX, &[b'a'; 126]), "a".repeat(108));
    }

    #[test]
    fn other_families_are_told_by_name() {
        assert_eq!(of(libc::AF_UNSPEC, &[0; 14]), "AF_UNSPEC");
        let netlink = [0, 0, 77, 0, 0, 0, 3, 0, 0, 0];
        assert_eq!(
            of(libc::AF_NETLINK, &netlink),
            "AF_NETLINK pid=77 groups=0x3"
        );
        assert_eq!(
            of(99, b"ab\xff"),
            r#"{sa_family=0x63 /* AF_??? */, sa_data="ab\377"}"#
        );
    }
}
