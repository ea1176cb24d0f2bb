//! send(2), recv(2) and their kin in C.

use std::fmt::Write;

use super::super::call::{Arg, Bytes};
use super::acts::block;
use super::c_calls::{FROM, LENGTH, address, told};
use super::plan::Step;

/// In quotes, octal where it is no letter.
pub(super) fn quoted(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    for &byte in bytes {
        match byte {
            b'"' => text.push_str("\\\""),
            b'\\' => text.push_str("\\\\"),
            b'\n' => text.push_str("\\n"),
            // No trigraphs.
            b'?' => text.push_str("\\?"),
            b' '..=b'~' => text.push(char::from(byte)),
            _ => {
                let _ = write!(text, "\\{byte:03o}");
            }
        }
    }
    text + "\""
}

/// What declares the bytes, and the two arguments.
fn bytes(step: &Step, place: usize) -> (Vec<String>, String) {
    if let Arg::Bytes(Bytes::Count(count)) = step.arg(place) {
        return alphabet(*count);
    }
    let bytes = step.bytes(place);
    (Vec::new(), format!("{}, {}", quoted(&bytes), bytes.len()))
}

fn alphabet(count: usize) -> (Vec<String>, String) {
    let lines = vec![
        format!("static char bytes[{}];", count.max(1)),
        "for (size_t place = 0; place < sizeof bytes; place++)".into(),
        "    bytes[place] = (char)('a' + place % 26);".into(),
    ];
    (lines, format!("bytes, {count}"))
}

pub(super) fn sends(step: &Step, name: &str, fd: &str) -> Vec<String> {
    if name == "fill" {
        let size = usize::try_from(step.number(1)).unwrap_or(1).max(1);
        let (mut lines, bytes) = alphabet(size);
        let call = format!("send({fd}, {bytes}, MSG_DONTWAIT)");
        lines.extend(looped(name, &call));
        return block(lines);
    }
    let (mut lines, bytes) = bytes(step, 1);
    let call = match name {
        "sendto" => {
            let (address, at) = address(step);
            lines.extend(address);
            format!("sendto({fd}, {bytes}, {}, {at})", step.flags(3))
        }
        "send" => format!("send({fd}, {bytes}, {})", step.flags(2)),
        _ => format!("write({fd}, {bytes})"),
    };
    lines.push(told(name, &call));
    if lines.len() == 1 { lines } else { block(lines) }
}

pub(super) fn receives(step: &Step, name: &str, fd: &str) -> Vec<String> {
    let size = step.number(1);
    let mut lines = vec![format!("static char room[{}];", size.max(1))];
    match name {
        "drain" => {
            let size = size.max(1);
            let call = format!("recv({fd}, room, {size}, MSG_DONTWAIT)");
            lines.extend(looped(name, &call));
            return block(lines);
        }
        "recvfrom" => {
            lines.extend([FROM.into(), LENGTH.into()]);
            lines.push(told(
                name,
                &format!(
                    "recvfrom({fd}, room, {size}, {},\n        (struct \
                     sockaddr *)&from, &length)",
                    step.flags(2)
                ),
            ));
        }
        "recv" => {
            let flags = step.flags(2);
            let call = format!("recv({fd}, room, {size}, {flags})");
            lines.push(told(name, &call));
        }
        _ => lines.push(told(name, &format!("read({fd}, room, {size})"))),
    }
    block(lines)
}

fn looped(name: &str, call: &str) -> Vec<String> {
    vec![
        "long total = 0;".into(),
        "for (;;) {".into(),
        format!("    ssize_t once = {call};"),
        "    if (once <= 0)".into(),
        "        break;".into(),
        "    total += once;".into(),
        "}".into(),
        told(name, "total"),
    ]
}

pub(super) fn message(step: &Step, name: &str, fd: &str) -> Vec<String> {
    if name == "recvmsg" {
        let size = step.number(1);
        let mut lines = vec![
            format!("static char room[{}];", size.max(1)),
            "int fds[253];".into(),
            told(
                name,
                &format!(
                    "receive({fd}, room, {size}, fds, {})",
                    step.flags(2)
                ),
            ),
        ];
        for (place, variable) in step.made.iter().enumerate() {
            lines.push(format!("{variable} = fds[{place}];"));
            lines.push(format!("(void){variable};"));
        }
        return block(lines);
    }
    let (mut lines, bytes) = bytes(step, 1);
    let fds = match step.arg(3) {
        Arg::Fds(fds) => fds.clone(),
        _ => Vec::new(),
    };
    let to = if step.address().is_some() {
        let (address, at) = address(step);
        lines.extend(address);
        at
    } else {
        "NULL, 0".into()
    };
    let list: Vec<String> = fds.iter().map(|fd| step.fd(*fd)).collect();
    let list = if list.is_empty() { "-1".into() } else { list.join(", ") };
    lines.push(format!("int fds[] = {{{list}}};"));
    lines.push(told(
        name,
        &format!(
            "transmit({fd}, {bytes}, {to},\n        fds, {}, {})",
            fds.len(),
            step.flags(4)
        ),
    ));
    block(lines)
}

pub(super) const SENDMSG: &str = r"static long transmit(int fd, const void *bytes, size_t length,
                     const void *to, socklen_t size,
                     const int *fds, size_t count, int flags)
{
    struct iovec piece = {(void *)(uintptr_t)bytes, length};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    union {
        char room[CMSG_SPACE(253 * sizeof(int))];
        struct cmsghdr head;
    } control = {0};
    message.msg_name = (void *)(uintptr_t)to;
    message.msg_namelen = size;
    if (count > 0) {
        message.msg_control = control.room;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(head), fds, count * sizeof(int));
    }
    return sendmsg(fd, &message, flags);
}

";

pub(super) const RECVMSG: &str = r"static long receive(int fd, void *room, size_t length, int *fds, int flags)
{
    struct iovec piece = {room, length};
    struct sockaddr_storage from;
    union {
        char room[2048];
        struct cmsghdr head;
    } control;
    struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof from,
                             .msg_iov = &piece, .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof control.room};
    long got = recvmsg(fd, &message, flags);
    if (got < 0)
        return got;
    for (struct cmsghdr *head = CMSG_FIRSTHDR(&message); head;
         head = CMSG_NXTHDR(&message, head))
        if (head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
            memcpy(fds, CMSG_DATA(head), head->cmsg_len - CMSG_LEN(0));
    return got;
}

";
