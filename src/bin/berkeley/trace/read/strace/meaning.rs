//! What a call's text says: which descriptors it is about, what went through
//! it, what it waited for.

use crate::trace::record::Payload;

use super::address::sockaddr;
use super::log::Called;
use super::syntax::{self, Fd, fd, field, inside, split, string};

/// Calls on sockets and on nothing else.
const NETWORK: [&str; 19] = [
    "accept",
    "accept4",
    "bind",
    "connect",
    "getpeername",
    "getsockname",
    "getsockopt",
    "listen",
    "recv",
    "recvfrom",
    "recvmmsg",
    "recvmsg",
    "send",
    "sendmmsg",
    "sendmsg",
    "sendto",
    "setsockopt",
    "shutdown",
    "socket",
];

/// What processes do to each other, and how they wait.
const WORKERS: [&str; 25] = [
    "clone",
    "clone3",
    "fork",
    "vfork",
    "execve",
    "execveat",
    "exit",
    "exit_group",
    "wait4",
    "waitid",
    "waitpid",
    "poll",
    "ppoll",
    "select",
    "_newselect",
    "pselect6",
    "epoll_create",
    "epoll_create1",
    "epoll_ctl",
    "epoll_wait",
    "epoll_pwait",
    "epoll_pwait2",
    "socketpair",
    "sendfile",
    "restart_syscall",
];

pub(super) fn is_network(name: &str) -> bool {
    NETWORK.contains(&name)
}

/// Whether it belongs into a trace whatever its descriptors are.
pub(super) fn is_always_told(name: &str) -> bool {
    is_network(name) || WORKERS.contains(&name)
}

/// Calls whose first argument is a number, but no descriptor.
const OTHER_NUMBERS: [&str; 12] = [
    "alarm",
    "exit",
    "exit_group",
    "kill",
    "pidfd_open",
    "poll",
    "ppoll",
    "pselect6",
    "select",
    "tgkill",
    "umask",
    "wait4",
];

/// The descriptor that a call is about: its first argument, if that is one.
pub(super) fn about<'a>(name: &str, args: &[&'a str]) -> Option<Fd<'a>> {
    let first = fd(args.first()?)?;
    let is_one = first.of.is_some() || !OTHER_NUMBERS.contains(&name);
    is_one.then_some(first)
}

/// The arguments as the record has them.
pub(super) fn plain(args: &[&str]) -> Vec<String> {
    let short = |text: &str| match text {
        "{sa_family=AF_UNIX}" => Some("(unnamed)".to_string()),
        text => sockaddr(text),
    };
    args.iter().map(|arg| syntax::plain(arg, short)).collect()
}

/// The address that it names, or was given.
pub(super) fn address(args: &[&str]) -> Option<String> {
    let own = args.iter().find_map(|arg| sockaddr(arg));
    own.or_else(|| sockaddr(field(inside(args.get(1)?)?, "msg_name")?))
}

/// What went through it: of `length` bytes.
pub(super) fn payload(called: &Called, args: &[&str]) -> Option<Payload> {
    let result = called.outcome.as_ref()?.value?;
    let result = u64::try_from(result).ok()?;
    let (texts, length) = match called.name.as_str() {
        "read" | "recv" | "recvfrom" | "write" | "send" | "sendto"
        | "pread64" | "pwrite64" => (vec![string(args.get(1)?)?], result),
        "readv" | "writev" | "preadv" | "pwritev" => {
            (vectors(args.get(1)?)?, result)
        }
        "recvmsg" | "sendmsg" => {
            (vectors(field(inside(args.get(1)?)?, "msg_iov")?)?, result)
        }
        "recvmmsg" | "sendmmsg" => messages(args.get(1)?)?,
        _ => return None,
    };
    let (text, count) = first_of(&texts, length);
    Some(Payload { text, length, cut: count < length })
}

/// How much of what it was to send it did not take. (Which bytes those were
/// is not in the log.)
pub(super) fn unsent(called: &Called, args: &[&str]) -> Option<Payload> {
    let sends = ["write", "send", "sendto"].contains(&called.name.as_str());
    let sent = called.outcome.as_ref()?.value.filter(|_| sends)?;
    let sent = u64::try_from(sent).ok()?;
    let given: u64 = args.get(2)?.parse().ok()?;
    let length = given.checked_sub(sent).filter(|rest| *rest > 0)?;
    Some(Payload { text: String::new(), length, cut: true })
}

/// Strings in order, still escaped, and whether each is complete.
type Texts<'a> = Vec<(&'a str, bool)>;

/// `[{iov_base="abc", iov_len=3}, …]`
fn vectors(text: &str) -> Option<Texts<'_>> {
    let one = |piece| string(field(inside(piece)?, "iov_base")?);
    Some(split(inside(text)?).into_iter().filter_map(one).collect())
}

/// `[{msg_hdr={…}, msg_len=5}, …]`
fn messages(text: &str) -> Option<(Texts<'_>, u64)> {
    let mut all = Vec::new();
    let mut length = 0u64;
    for piece in split(inside(text)?) {
        let message = inside(piece)?;
        let header = inside(field(message, "msg_hdr")?)?;
        let of_it: u64 = field(message, "msg_len")?.parse().ok()?;
        length = length.checked_add(of_it)?;
        all.extend(vectors(field(header, "msg_iov")?)?);
    }
    Some((all, length))
}

/// The first of these bytes, as far as they are there without a gap.
fn first_of(texts: &Texts, length: u64) -> (String, u64) {
    let mut first = String::new();
    let mut count = 0;
    for (text, is_whole) in texts {
        for byte in Bytes(text) {
            if count >= length {
                return (first, count);
            }
            first += byte;
            count += byte_length(byte);
        }
        if !is_whole {
            break;
        }
    }
    (first, count)
}

/// The bytes of an escaped string, each as it is written.
struct Bytes<'a>(&'a str);

impl<'a> Iterator for Bytes<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let bytes = self.0.as_bytes();
        let end = match (bytes.first()?, bytes.get(1)) {
            (b'\\', Some(b'x')) => (bytes.len()).min(4),
            (b'\\', Some(b'0'..=b'7')) => {
                let digits = bytes[1..].iter().take(3);
                let is_octal = |byte: &&u8| (b'0'..=b'7').contains(*byte);
                1 + digits.take_while(is_octal).count()
            }
            (b'\\', Some(byte)) if byte.is_ascii() => 2,
            _ => self.0.chars().next().map_or(1, char::len_utf8),
        };
        let end = (end..=bytes.len()).find(|&at| self.0.is_char_boundary(at));
        let (byte, rest) = self.0.split_at(end?);
        self.0 = rest;
        Some(byte)
    }
}

fn byte_length(written: &str) -> u64 {
    if written.starts_with('\\') { 1 } else { written.len() as u64 }
}

/// What poll and select ask about.
pub(super) fn awaited<'a>(name: &str, args: &[&'a str]) -> Vec<Fd<'a>> {
    match name {
        "poll" | "ppoll" => polled(args).map(|(of, _)| of).collect(),
        "select" | "_newselect" | "pselect6" => {
            let mut all: Vec<Fd> = Vec::new();
            for set in args.iter().skip(1).take(3) {
                for of in members(set) {
                    if !all.iter().any(|it| it.number == of.number) {
                        all.push(of);
                    }
                }
            }
            all
        }
        "epoll_ctl" => {
            args.get(2).and_then(|arg| fd(arg)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// `[{fd=3<…>, events=POLLIN}, …]`
fn polled<'a>(args: &[&'a str]) -> impl Iterator<Item = (Fd<'a>, &'a str)> {
    let list = args.first().and_then(|list| inside(list));
    let one = |piece: &'a str| {
        let body = inside(piece)?;
        let events = field(body, "revents").or(field(body, "events"));
        Some((fd(field(body, "fd")?)?, events.unwrap_or_default()))
    };
    split(list.unwrap_or_default()).into_iter().filter_map(one)
}

/// `[4<…> 5]`
fn members(set: &str) -> Vec<Fd<'_>> {
    let set = inside(set).unwrap_or_default();
    syntax::words(set).into_iter().filter_map(fd).collect()
}

/// What was ready, and the events.
pub(super) fn ready(called: &Called) -> Vec<(i32, String)> {
    let Some(outcome) = &called.outcome else { return Vec::new() };
    let more = outcome.more.as_str();
    match called.name.as_str() {
        "poll" | "ppoll" => polled(&[more])
            .map(|(of, events)| (of.number, events.to_owned()))
            .collect(),
        "select" | "_newselect" | "pselect6" => {
            let mut all = Vec::new();
            for part in split(more) {
                let Some((way, set)) = part.split_once(' ') else { continue };
                if ["in", "out", "except"].contains(&way) {
                    let members = members(set).into_iter();
                    all.extend(members.map(|of| (of.number, way.to_owned())));
                }
            }
            all
        }
        _ => Vec::new(),
    }
}

/// `{events=EPOLLIN, data={…}}`: the events, and what the program will know
/// the descriptor by.
pub(super) fn epoll_event(text: &str) -> Option<(&str, &str)> {
    let body = inside(text)?;
    Some((field(body, "events")?, field(body, "data")?))
}

/// Descriptors in the control message of a sendmsg or recvmsg.
pub(super) fn rights<'a>(args: &[&'a str]) -> Vec<Fd<'a>> {
    let control = || field(inside(args.get(1)?)?, "msg_control");
    let list = control().and_then(inside).unwrap_or_default();
    let one = |piece: &'a str| {
        let body = inside(piece)?;
        let is_rights = field(body, "cmsg_type") == Some("SCM_RIGHTS");
        is_rights.then(|| inside(field(body, "cmsg_data")?))?
    };
    let passed = split(list).into_iter().filter_map(one).flat_map(split);
    passed.filter_map(fd).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload_of(name: &str, args: &str, value: i64) -> Payload {
        let outcome =
            super::super::outcome::Outcome::parse(&format!(" = {value}"));
        let called = Called {
            name: name.to_owned(),
            args: args.to_owned(),
            outcome,
            returned: None,
        };
        payload(&called, &split(args)).unwrap()
    }

    #[test]
    fn bytes_are_counted_as_the_program_saw_them() {
        let all = payload_of("read", r#"3, "a\n\"\0\377\0001", 9"#, 7);
        assert_eq!((all.length, all.cut), (7, false));
        let some = payload_of("write", r#"3, "abc\n", 4"#, 2);
        assert_eq!((some.text.as_str(), some.cut), ("ab", false));
        let long = payload_of("write", r#"3, "abc"..., 4000"#, 4000);
        assert_eq!((long.text.as_str(), long.cut), ("abc", true));
    }

    #[test]
    fn vectors_and_messages_are_put_together() {
        let message = r#"4, {msg_name=NULL, msg_iov=[{iov_base="ab",
            iov_len=2}, {iov_base="cd"..., iov_len=68}, {iov_base="ef",
            iov_len=2}], msg_iovlen=3, msg_flags=0}, 0"#;
        let sent = payload_of("sendmsg", message, 72);
        assert_eq!((sent.text.as_str(), sent.cut), ("abcd", true));
        let many = r#"4, [{msg_hdr={msg_iov=[{iov_base="ab", iov_len=2}]},
            msg_len=2}, {msg_hdr={msg_iov=[{iov_base="c", iov_len=1}]},
            msg_len=1}], 2, 0"#;
        let sent = payload_of("sendmmsg", many, 2);
        assert_eq!((sent.text.as_str(), sent.length), ("abc", 3));
    }

    #[test]
    fn descriptors_that_are_passed_are_found() {
        let args = "4, {msg_iovlen=1, msg_control=[{cmsg_len=20, \
             cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, \
             cmsg_data=[3<TCP:[127.0.0.1:36301]>, 9]}], msg_flags=0}, 0";
        let passed = rights(&split(args));
        let numbers = passed.iter().map(|of| of.number);
        assert_eq!(numbers.collect::<Vec<_>>(), [3, 9]);
    }
}
