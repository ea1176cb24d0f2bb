//! Each call in Rust.

use super::super::call::{Address, Arg};
use super::acts::block;
use super::plan::Step;
use super::rust_options;
use super::rust_transfer::{quoted, receives, recvmsg, sendmsg, sends};
use super::sets;

/// The lines of a call.
pub(super) fn statements(step: &Step) -> Vec<String> {
    let name = step.entry.call.name.as_str();
    let fd = step.first();
    let unit = |call: String| vec![told(name, &format!("{call}.map(|()| 0)"))];
    match name {
        "socket" => makes(step, &socket(step)),
        "socketpair" => pair(step),
        "dup" => makes(
            step,
            &format!("nix::unistd::dup(fd({fd})).map(|it| it.into_raw_fd())"),
        ),
        "dup2" => {
            let Arg::Fd(to) = step.arg(1) else { return Vec::new() };
            let call = format!("libc::dup2({fd}, {})", step.fd(*to));
            makes(step, &raw(&call))
        }
        "close" => unit(format!("nix::unistd::close({fd})")),
        "unlink" => {
            let path = step.word(0).unwrap_or("");
            unit(format!("nix::unistd::unlink({path:?})"))
        }
        "bind" | "connect" => match address(step) {
            Some(to) => unit(format!("socket::{name}({fd}, &{to})")),
            None => unspecified(name, &fd),
        },
        "listen" => match step.number(1) {
            backlog @ 0..=511 => unit(format!(
                "socket::Backlog::new({backlog})\n        .and_then(|it| \
                 socket::listen(&fd({fd}), it))"
            )),
            backlog => number(name, &format!("libc::listen({fd}, {backlog})")),
        },
        "accept" => makes(step, &format!("socket::accept({fd})")),
        "accept4" => {
            let flags = kind_flags(step.number(1));
            makes(step, &format!("socket::accept4({fd}, {flags})"))
        }
        "shutdown" => match step.number(1) {
            how @ 0..=2 => {
                let how = ["Read", "Write", "Both"]
                    [usize::try_from(how).unwrap_or(0)];
                unit(format!(
                    "socket::shutdown({fd}, socket::Shutdown::{how})"
                ))
            }
            how => number(name, &format!("libc::shutdown({fd}, {how})")),
        },
        "getsockname" | "getpeername" => vec![told(
            name,
            &format!(
                "socket::{name}::<socket::SockaddrStorage>({fd}).map(|_| 0)"
            ),
        )],
        "send" | "sendto" | "write" | "fill" => sends(step, name, &fd),
        "recv" | "recvfrom" | "read" | "drain" => receives(step, name, &fd),
        "sendmsg" => sendmsg(step, &fd),
        "recvmsg" => recvmsg(step, &fd),
        "setsockopt" | "getsockopt" => {
            rust_options::statements(step, name, &fd)
        }
        "fcntl" => {
            let command = format!("libc::{}", step.symbol(1));
            let flags = prefixed(&step.symbol(2));
            number(name, &format!("libc::fcntl({fd}, {command}, {flags})"))
        }
        "ioctl" => {
            let request = match step.symbol(1).as_str() {
                "SIOCATMARK" => "0x8905".into(),
                other => format!("libc::{other}"),
            };
            let mut lines = vec!["let mut count: libc::c_int = 0;".into()];
            lines.extend(number(
                name,
                &format!("libc::ioctl({fd}, {request}, &raw mut count)"),
            ));
            block(lines)
        }
        "poll" => poll(step),
        "select" => sets::in_rust(step),
        _ => others(step, name),
    }
}

pub(super) fn told(name: &str, result: &str) -> String {
    format!("told(\"{name}\", {result});")
}

/// Of a call that only libc has.
pub(super) fn raw(call: &str) -> String {
    format!("Errno::result(unsafe {{ {call} }})")
}

pub(super) const ARGUED: &str =
    "// SAFETY: what it points to is there, and as long as it says.";

pub(super) fn number(name: &str, call: &str) -> Vec<String> {
    let result = format!("{}.map(i64::from)", raw(call));
    vec![ARGUED.into(), told(name, &result)]
}

/// The descriptor gets its name.
fn makes(step: &Step, call: &str) -> Vec<String> {
    let name = &step.entry.call.name;
    match step.made.first() {
        Some(variable) => {
            vec![format!("{variable} = keep(\"{name}\", {call});")]
        }
        None => vec![told(name, &format!("{call}.map(i64::from)"))],
    }
}

/// `libc::O_NONBLOCK | 4`
pub(super) fn prefixed(symbols: &str) -> String {
    let parts = symbols.split(" | ").map(|part| {
        let is_name = part.starts_with(|one: char| one.is_ascii_alphabetic());
        if is_name { format!("libc::{part}") } else { part.to_owned() }
    });
    parts.collect::<Vec<_>>().join(" | ")
}

/// Family, kind, flags and protocol as nix has them; `None` where not.
fn triple(step: &Step) -> Option<[String; 4]> {
    let family = match i32::try_from(step.number(0)).ok()? {
        libc::AF_INET => "Inet",
        libc::AF_INET6 => "Inet6",
        libc::AF_UNIX => "Unix",
        _ => return None,
    };
    let kind = match i32::try_from(step.number(1) & 0xf).ok()? {
        libc::SOCK_STREAM => "Stream",
        libc::SOCK_DGRAM => "Datagram",
        libc::SOCK_SEQPACKET => "SeqPacket",
        libc::SOCK_RAW => "Raw",
        _ => return None,
    };
    let protocol = match i32::try_from(step.number(2)).ok()? {
        0 => "None",
        libc::IPPROTO_TCP => "socket::SockProtocol::Tcp",
        libc::IPPROTO_UDP => "socket::SockProtocol::Udp",
        _ => return None,
    };
    let known = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC | 0xf;
    if step.number(1) & !i64::from(known) != 0 {
        return None;
    }
    Some([
        format!("socket::AddressFamily::{family}"),
        format!("socket::SockType::{kind}"),
        kind_flags(step.number(1)),
        protocol.to_owned(),
    ])
}

fn kind_flags(kind: i64) -> String {
    let mut words = Vec::new();
    for (flag, name) in [
        (libc::SOCK_NONBLOCK, "SockFlag::SOCK_NONBLOCK"),
        (libc::SOCK_CLOEXEC, "SockFlag::SOCK_CLOEXEC"),
    ] {
        if kind & i64::from(flag) != 0 {
            words.push(name);
        }
    }
    if words.is_empty() {
        words.push("SockFlag::empty()");
    }
    words.join(" | ")
}

fn socket(step: &Step) -> String {
    match triple(step) {
        Some([family, kind, flags, protocol]) => format!(
            "socket::socket({family}, {kind}, {flags}, \
             {protocol}).map(|it| it.into_raw_fd())"
        ),
        None => raw(&format!(
            "libc::socket({}, {}, {})",
            step.number(0),
            step.number(1),
            step.number(2)
        )),
    }
}

fn pair(step: &Step) -> Vec<String> {
    let Some([family, kind, flags, protocol]) = triple(step) else {
        let mut lines = vec!["let mut pair = [-1; 2];".to_owned()];
        lines.extend(number(
            "socketpair",
            &format!(
                "libc::socketpair({}, {}, {}, pair.as_mut_ptr())",
                step.number(0),
                step.number(1),
                step.number(2)
            ),
        ));
        return block(lines);
    };
    let protocol = match protocol.as_str() {
        "None" => protocol,
        some => format!("Some({some})"),
    };
    let mut lines = vec![format!(
        "let pair = socket::socketpair({family}, {kind}, {protocol}, {flags});"
    )];
    if let [left, right] = &step.made[..] {
        lines.push("if let Ok((one, other)) = pair {".into());
        lines.push(format!("    {left} = one.into_raw_fd();"));
        lines.push(format!("    {right} = other.into_raw_fd();"));
        lines.push("    told(\"socketpair\", Ok(0));".into());
        lines.push("}".into());
    } else {
        lines.push(told("socketpair", "pair.map(|_| 0)"));
    }
    block(lines)
}

/// `None`: AF_UNSPEC.
pub(super) fn address(step: &Step) -> Option<String> {
    let port = |port: u16| match step.port {
        Some(place) => format!("port({place})"),
        None => port.to_string(),
    };
    Some(match step.address()? {
        Address::V4(at) => {
            let [a, b, c, d] = at.ip().octets();
            let port = port(at.port());
            format!("socket::SockaddrIn::new({a}, {b}, {c}, {d}, {port})")
        }
        Address::V6(at) => format!(
            "socket::SockaddrIn6::from(std::net::SocketAddrV6::new(\n        \
             std::net::Ipv6Addr::from_bits({:#x}), {}, 0, {}))",
            at.ip().to_bits(),
            port(at.port()),
            at.scope_id()
        ),
        Address::Path(path) => format!(
            "socket::UnixAddr::new({path:?}).expect(\"it is short enough\")"
        ),
        Address::Abstract(name) => format!(
            "socket::UnixAddr::new_abstract({}).expect(\"short enough\")",
            quoted(name.as_bytes())
        ),
        Address::Unspecified => return None,
    })
}

fn unspecified(name: &str, fd: &str) -> Vec<String> {
    let mut lines = vec![
        "// SAFETY: zeros are AF_UNSPEC.".to_owned(),
        "let to: libc::sockaddr = unsafe { std::mem::zeroed() };".into(),
    ];
    let call = format!("libc::{name}({fd}, &raw const to, 16)");
    lines.extend(number(name, &call));
    block(lines)
}

fn poll(step: &Step) -> Vec<String> {
    let Arg::Events(asked) = step.arg(0) else { return Vec::new() };
    let mut lines = vec!["let mut polled = [".to_owned()];
    for (fd, events) in asked {
        lines.push(format!(
            "    PollFd::new(fd({}), PollFlags::from_bits_retain({})),",
            step.fd(*fd),
            events
        ));
    }
    lines.push("];".into());
    let time = match step.number(1) {
        time @ 0.. => format!(
            "PollTimeout::try_from({}_i32).expect(\"not negative\")",
            i32::try_from(time).unwrap_or(i32::MAX)
        ),
        _ => "PollTimeout::NONE".into(),
    };
    let call = format!("nix::poll::poll(&mut polled, {time})");
    lines.push(told("poll", &format!("{call}.map(i64::from)")));
    block(lines)
}

/// Processes and look-ups.
fn others(step: &Step, name: &str) -> Vec<String> {
    let text = |place| match step.word(place) {
        None | Some("-") => "std::ptr::null()".to_owned(),
        Some(word) => format!("c{word:?}.as_ptr()"),
    };
    let entry = |call: String| {
        let found = format!("unsafe {{ {call} }}.is_null()");
        let code = format!("Ok(if {found} {{ -1 }} else {{ 0 }})");
        vec![ARGUED.into(), told(name, &code)]
    };
    match name {
        "waitpid" => {
            let who = step.child.clone().unwrap_or(step.symbol(0));
            let flags = prefixed(&step.symbol(1));
            let mut lines = vec!["let mut status = 0;".to_owned()];
            let call =
                format!("libc::waitpid({who}, &raw mut status, {flags})");
            lines.extend(number(name, &call));
            block(lines)
        }
        "getpid" => {
            vec![told(name, "Ok(nix::unistd::getpid().as_raw().into())")]
        }
        "exit" => vec![format!("std::process::exit({});", step.symbol(0))],
        "getaddrinfo" | "gethostbyname" => {
            let (hint, service) = match name {
                "getaddrinfo" => (
                    format!("ai_flags = {}", prefixed(&step.symbol(2))),
                    text(1),
                ),
                _ => (
                    "ai_family = libc::AF_INET".into(),
                    "std::ptr::null()".into(),
                ),
            };
            let host = text(0);
            block(vec![
                "// SAFETY: zeros are no hints.".into(),
                "let mut hints: libc::addrinfo = unsafe { \
                 std::mem::zeroed() };"
                    .into(),
                format!("hints.{hint};"),
                "let mut list = std::ptr::null_mut();".into(),
                ARGUED.into(),
                format!(
                    "let code = unsafe {{ libc::getaddrinfo({host}, \
                     {service}, &raw const hints, &raw mut list) }};"
                ),
                told(name, "Ok(code.into())"),
            ])
        }
        "getservbyname" => {
            entry(format!("libc::getservbyname({}, {})", text(0), text(1)))
        }
        "getservbyport" => {
            let port = u16::try_from(step.number(0)).unwrap_or(0).to_be();
            entry(format!("libc::getservbyport({port}, {})", text(1)))
        }
        "getprotobyname" => {
            entry(format!("libc::getprotobyname({})", text(0)))
        }
        "gethostname" => {
            let mut lines = vec!["let mut host = [0; 256];".to_owned()];
            let call = "libc::gethostname(host.as_mut_ptr(), host.len())";
            lines.extend(number(name, call));
            block(lines)
        }
        "if_nametoindex" => vec![
            ARGUED.into(),
            told(
                name,
                &format!(
                    "Ok(unsafe {{ libc::if_nametoindex({}) }}.into())",
                    text(0)
                ),
            ),
        ],
        "htons" => vec![told(
            name,
            &format!("Ok(({} as u16).to_be().into())", step.number(0)),
        )],
        "htonl" => vec![told(
            name,
            &format!("Ok(({}_i64 as u32).to_be().into())", step.number(0)),
        )],
        // They ask nobody.
        _ => vec!["// no system call".into()],
    }
}
