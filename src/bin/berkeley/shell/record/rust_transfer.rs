//! send(2), recv(2) and their kin in Rust.

use std::fmt::Write;

use super::super::call::{Arg, Bytes};
use super::acts::block;
use super::plan::Step;
use super::rust_calls::{ARGUED, address, prefixed, raw, told};

fn flags(step: &Step, place: usize) -> String {
    match step.number(place) {
        0 => "MsgFlags::empty()".into(),
        _ => format!(
            "MsgFlags::from_bits_retain({})",
            prefixed(&step.flags(place))
        ),
    }
}

/// `b"…"`
pub(super) fn quoted(bytes: &[u8]) -> String {
    let mut text = String::from("b\"");
    for &byte in bytes {
        match byte {
            b'"' => text.push_str("\\\""),
            b'\\' => text.push_str("\\\\"),
            b'\n' => text.push_str("\\n"),
            b' '..=b'~' => text.push(char::from(byte)),
            _ => {
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
    }
    text + "\""
}

fn bytes(step: &Step, place: usize) -> String {
    match step.arg(place) {
        Arg::Bytes(Bytes::Count(count)) => alphabet(*count),
        _ => quoted(&step.bytes(place)),
    }
}

fn alphabet(count: usize) -> String {
    format!("&(b'a'..=b'z').cycle().take({count}).collect::<Vec<u8>>()")
}

const LONG: &str = "map(|it| it as i64)";

pub(super) fn sends(step: &Step, name: &str, fd: &str) -> Vec<String> {
    let call = match name {
        "fill" => {
            let size = usize::try_from(step.number(1)).unwrap_or(1).max(1);
            let mut lines = vec![format!("let piece = {};", alphabet(size))];
            let call =
                format!("socket::send({fd}, piece, MsgFlags::MSG_DONTWAIT)");
            lines.extend(looped(name, &call));
            return block(lines);
        }
        "sendto" => match address(step) {
            Some(to) => format!(
                "socket::sendto({fd}, {}, &{to}, {})",
                bytes(step, 1),
                flags(step, 3)
            ),
            None => return Vec::new(),
        },
        "send" => format!(
            "socket::send({fd}, {}, {})",
            bytes(step, 1),
            flags(step, 2)
        ),
        _ => format!("nix::unistd::write(fd({fd}), {})", bytes(step, 1)),
    };
    vec![told(name, &format!("{call}.{LONG}"))]
}

pub(super) fn receives(step: &Step, name: &str, fd: &str) -> Vec<String> {
    let size = step.number(1);
    let mut lines = vec![format!("let mut room = vec![0_u8; {size}];")];
    let call = match name {
        "drain" => {
            let call = format!(
                "socket::recv({fd}, &mut room, MsgFlags::MSG_DONTWAIT)"
            );
            lines.extend(looped(name, &call));
            return block(lines);
        }
        "recvfrom" if step.number(2) == 0 => format!(
            "socket::recvfrom::<socket::SockaddrStorage>({fd}, &mut \
             room).map(|(it, _)| it as i64)"
        ),
        "recvfrom" => {
            let call = format!(
                "libc::recvfrom({fd}, room.as_mut_ptr().cast(), room.len(), \
                 {}, std::ptr::null_mut(), std::ptr::null_mut())",
                prefixed(&step.flags(2))
            );
            lines.push(ARGUED.into());
            format!("{}.{LONG}", raw(&call))
        }
        "recv" => {
            format!("socket::recv({fd}, &mut room, {}).{LONG}", flags(step, 2))
        }
        _ => format!("nix::unistd::read(fd({fd}), &mut room).{LONG}"),
    };
    lines.push(told(name, &call));
    block(lines)
}

fn looped(name: &str, call: &str) -> Vec<String> {
    vec![
        "let mut total = 0;".into(),
        format!("while let Ok(once @ 1..) = {call} {{"),
        "    total += once as i64;".into(),
        "}".into(),
        told(name, "Ok(total)"),
    ]
}

pub(super) fn sendmsg(step: &Step, fd: &str) -> Vec<String> {
    let fds = match step.arg(3) {
        Arg::Fds(fds) => fds.iter().map(|fd| step.fd(*fd)).collect(),
        _ => Vec::new(),
    };
    let beside = if fds.is_empty() {
        "&[]".to_owned()
    } else {
        let fds = fds.join(", ");
        format!("&[socket::ControlMessage::ScmRights(&[{fds}])]")
    };
    let (kind, to) = match address(step) {
        Some(to) => ("", format!("Some(&{to})")),
        None => ("::<()>", "None".into()),
    };
    let call = format!(
        "socket::sendmsg{kind}({fd}, &[IoSlice::new({})], {beside}, {}, {to})",
        bytes(step, 1),
        flags(step, 4)
    );
    vec![told("sendmsg", &format!("{call}.{LONG}"))]
}

pub(super) fn recvmsg(step: &Step, fd: &str) -> Vec<String> {
    let mut lines = vec![format!(
        "let got = receive({fd}, {}, {});",
        step.number(1),
        flags(step, 2)
    )];
    for (place, variable) in step.made.iter().enumerate() {
        lines.push(format!(
            "{variable} = got.as_ref().map_or(-1, |(_, fds)| fds[{place}]);"
        ));
    }
    lines.push(told("recvmsg", "got.map(|(it, _)| it)"));
    block(lines)
}

pub(super) const RECEIVE: &str = r"fn receive(
    number: RawFd,
    size: usize,
    flags: MsgFlags,
) -> nix::Result<(i64, Vec<RawFd>)> {
    let mut room = vec![0; size];
    let mut pieces = [IoSliceMut::new(&mut room)];
    let mut control = nix::cmsg_space!([RawFd; 253]);
    let got = socket::recvmsg::<socket::SockaddrStorage>(
        number,
        &mut pieces,
        Some(control.as_mut_slice()),
        flags,
    )?;
    let mut fds = Vec::new();
    for message in got.cmsgs()? {
        if let socket::ControlMessageOwned::ScmRights(more) = message {
            fds.extend(more);
        }
    }
    Ok((got.bytes as i64, fds))
}

";
