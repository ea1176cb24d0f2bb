//! Addresses as they are typed: `127.0.0.1:80`, `127.0.0.1 80`, `*:80`,
//! `localhost:http`, `[::1]:80`, `[ff02::1%lo]:80`, `/tmp/a.sock`,
//! `./a.sock`, `unix:a.sock`, `@abstract`, `unspec`.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};

use berkeley::sockets::{Question, getaddrinfo};

use super::call::Address;
use super::words::Word;

/// As long as a name in `struct sockaddr_un` may be.
const LONGEST: usize = 107;

/// The address that begins here, and what is behind it.
pub(super) fn parse(words: &[Word]) -> Result<(Address, &[Word]), String> {
    let (first, rest) = match words {
        [Word::Plain(first), rest @ ..] => (first.as_str(), rest),
        [other, ..] => return Err(format!("{} is no ADDRESS", other.shown())),
        [] => return Err("ADDRESS is missing".into()),
    };
    if first == "unspec" || first == "AF_UNSPEC" {
        return Ok((Address::Unspecified, rest));
    }
    if let Some(unix) = unix(first)? {
        return Ok((unix, rest));
    }
    if let Some((host, port)) = split(first) {
        return Ok((internet(host, port)?, rest));
    }
    match rest {
        [Word::Plain(port), rest @ ..] => Ok((internet(first, port)?, rest)),
        _ => Err(format!("`{first}`: and which port? HOST:PORT")),
    }
}

fn unix(word: &str) -> Result<Option<Address>, String> {
    let long = |name: &str| {
        let fits = name.len() <= LONGEST;
        let why = format!("a path has at most {LONGEST} bytes");
        fits.then(|| name.to_owned()).ok_or(why)
    };
    Ok(if let Some(name) = word.strip_prefix('@') {
        Some(Address::Abstract(long(name)?))
    } else if let Some(path) = word.strip_prefix("unix:") {
        Some(Address::Path(long(path)?))
    } else if word.starts_with('/') || word.starts_with("./") {
        Some(Address::Path(long(word)?))
    } else {
        None
    })
}

/// Host and port. In an IPv6 address without brackets no colon is one
/// before a port.
fn split(word: &str) -> Option<(&str, &str)> {
    let (host, port) = word.rsplit_once(':')?;
    let is_whole = host.starts_with('[') && host.ends_with(']');
    (is_whole || !host.contains(':')).then_some((host, port))
}

fn internet(host: &str, port: &str) -> Result<Address, String> {
    let bare = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let wants_v6 = bare.is_some() || host.contains([':', '[']);
    let host = bare.unwrap_or(host);
    let number = match port.parse::<u16>() {
        Ok(number) => number,
        Err(_) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            return Err(format!("`{port}`: a port is 0 to 65535"));
        }
        Err(_) => service(port)?,
    };
    let v4 = |ip| Address::V4(SocketAddrV4::new(ip, number));
    if let Ok(ip) = host.parse::<Ipv4Addr>() {
        return Ok(v4(ip));
    }
    let (ip, scope) = host.split_once('%').unwrap_or((host, ""));
    if let Ok(ip) = ip.parse::<Ipv6Addr>() {
        let at = SocketAddrV6::new(ip, number, 0, index(scope)?);
        return Ok(Address::V6(at));
    }
    match host {
        "*" | "" => Ok(v4(Ipv4Addr::UNSPECIFIED)),
        _ if wants_v6 => Err(format!("`{host}` is no IPv6 address")),
        name => resolved(name, number),
    }
}

/// The number of an interface.
pub(super) fn index(name: &str) -> Result<u32, String> {
    match (name, name.parse()) {
        ("", _) => Ok(0),
        (_, Ok(number)) => Ok(number),
        _ => nix::net::if_::if_nametoindex(name)
            .map_err(|_| format!("no interface is called `{name}`")),
    }
}

fn resolved(name: &str, port: u16) -> Result<Address, String> {
    let answers = getaddrinfo(Some(name), None, Question::default());
    let answers = answers.map_err(|failed| failed.to_string())?;
    // Whoever wants IPv6 writes brackets.
    let v4 = answers.iter().find_map(|it| it.address.as_sockaddr_in());
    if let Some(v4) = v4 {
        return Ok(Address::V4(SocketAddrV4::new(v4.ip(), port)));
    }
    let v6 = answers.iter().find_map(|it| it.address.as_sockaddr_in6());
    let v6 = v6.ok_or(format!("`{name}` has no address"))?;
    Ok(Address::V6(SocketAddrV6::new(v6.ip(), port, 0, v6.scope_id())))
}

fn service(name: &str) -> Result<u16, String> {
    let answers = getaddrinfo(None, Some(name), Question::default());
    let found = answers.ok().and_then(|answers| {
        let v4 = answers.first()?.address.as_sockaddr_in().copied();
        let v6 = answers.first()?.address.as_sockaddr_in6().copied();
        v4.map(|it| it.port()).or(v6.map(|it| it.port()))
    });
    found.ok_or(format!("no service is called `{name}`"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn shown(words: &str) -> Result<String, String> {
        let words = super::super::words::cut(words).unwrap();
        parse(&words).map(|(address, _)| address.to_string())
    }

    #[test]
    fn all_families_have_their_way_of_writing() {
        let good = |words| shown(words).unwrap();
        assert_eq!(good("127.0.0.1:80"), "127.0.0.1:80");
        assert_eq!(good("127.0.0.1 80"), "127.0.0.1:80");
        assert_eq!(good("*:0"), "0.0.0.0:0");
        assert_eq!(good("[::1]:80"), "[::1]:80");
        assert_eq!(good("::1 80"), "[::1]:80");
        assert_eq!(good("localhost:80"), "127.0.0.1:80");
        assert_eq!(good("/tmp/a"), "/tmp/a");
        assert_eq!(good("unix:a"), "a");
        assert_eq!(good("@a"), "@a");
        assert_eq!(good("unspec"), "AF_UNSPEC");
    }

    #[test]
    fn what_is_no_address_says_why() {
        let wrong = |words| shown(words).unwrap_err();
        assert_eq!(wrong(""), "ADDRESS is missing");
        assert_eq!(wrong("\"a\""), "a string is no ADDRESS");
        assert_eq!(wrong("1.2.3.4:99999"), "`99999`: a port is 0 to 65535");
        assert_eq!(wrong("1.2.3.4"), "`1.2.3.4`: and which port? HOST:PORT");
        assert_eq!(wrong("[1.2:80"), "`[1.2` is no IPv6 address");
        let long = format!("/{}", "a".repeat(107));
        assert_eq!(wrong(&long), "a path has at most 107 bytes");
    }
}
