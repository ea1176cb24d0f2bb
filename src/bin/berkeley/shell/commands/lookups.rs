//! getaddrinfo(3) and its kin: names into numbers and back.

use std::ffi::{CStr, CString, c_char};
use std::net::{Ipv4Addr, Ipv6Addr};

use berkeley::sockets::{Cause, Question, Shown, getaddrinfo as lookup};
use nix::errno::Errno;

use super::{Args, Command, Kind, length, may, needs};
use crate::shell::call::{Address, Answer, words};
use crate::trace::symbols::{domain, kind, protocol};

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "getaddrinfo",
        takes: &[
            needs("HOST", Kind::Word),
            may("SERVICE", Kind::Word, ""),
            may("AI_FLAGS", Kind::Symbol(AI), "0"),
        ],
        what: "The addresses of a host and a service, ready for socket and \
               connect, in the order to try them. HOST - is none.",
        errors: &[
            "EAI_NONAME: no such host or service",
            "EAI_AGAIN: the name server does not answer",
        ],
        man: "getaddrinfo(3)",
        example: "getaddrinfo localhost http\ngetaddrinfo - 80 AI_PASSIVE",
        make: getaddrinfo,
    },
    Command {
        name: "getnameinfo",
        takes: &[
            needs("ADDRESS", Kind::Address),
            may("NI_FLAGS", Kind::Symbol(NI), "0"),
        ],
        what: "The other way: an address into a host and a service.",
        errors: &["EAI_NONAME: with NI_NAMEREQD, it has no name"],
        man: "getnameinfo(3)",
        example: "getnameinfo 127.0.0.1:80 NI_NUMERICHOST",
        make: getnameinfo,
    },
    Command {
        name: "getservbyname",
        takes: &[needs("NAME", Kind::Word), may("tcp|udp", Kind::Word, "")],
        what: "The port of a service, from /etc/services.",
        errors: &["-1: there is none of this name"],
        man: "getservbyname(3)",
        example: "getservbyname http tcp",
        make: getservbyname,
    },
    Command {
        name: "getservbyport",
        takes: &[needs("PORT", Kind::Number), may("tcp|udp", Kind::Word, "")],
        what: "The service of a port, from /etc/services.",
        errors: &["-1: there is none at this port"],
        man: "getservbyport(3)",
        example: "getservbyport 80 tcp",
        make: getservbyport,
    },
    Command {
        name: "getprotobyname",
        takes: &[needs("NAME", Kind::Word)],
        what: "The number of a protocol, from /etc/protocols.",
        errors: &["-1: there is none of this name"],
        man: "getprotobyname(3)",
        example: "getprotobyname tcp",
        make: getprotobyname,
    },
    Command {
        name: "gethostname",
        takes: &[],
        what: "The name of this machine.",
        errors: &[],
        man: "gethostname(2)",
        example: "gethostname",
        make: gethostname,
    },
    Command {
        name: "gethostbyname",
        takes: &[needs("HOST", Kind::Word)],
        what: "A host's IPv4 address, as programs asked before getaddrinfo.",
        errors: &["EAI_NONAME: no such host"],
        man: "gethostbyname(3)",
        example: "gethostbyname localhost",
        make: gethostbyname,
    },
    Command {
        name: "inet_pton",
        takes: &[needs("DOMAIN", Kind::Domain), needs("TEXT", Kind::Word)],
        what: "Text into the bytes of an address; 0 when it is none.",
        errors: &["EAFNOSUPPORT: neither AF_INET nor AF_INET6"],
        man: "inet_pton(3)",
        example: "inet_pton AF_INET 127.0.0.1\ninet_pton AF_INET6 ::1",
        make: inet_pton,
    },
    Command {
        name: "htons",
        takes: &[needs("NUMBER", Kind::Number)],
        what: "A port in the order of the network's bytes, as it lies in a \
               sockaddr; ntohs is the same.",
        errors: &[],
        man: "htons(3)",
        example: "htons 80",
        make: |args| {
            let [_, _, low @ ..] = args.int(0).to_be_bytes();
            let swapped = u16::from_ne_bytes(low);
            Answer::good(swapped.into(), format!("({swapped:#06x})"))
        },
    },
    Command {
        name: "htonl",
        takes: &[needs("NUMBER", Kind::Number)],
        what: "An IPv4 address in the order of the network's bytes; ntohl \
               is the same.",
        errors: &[],
        man: "htonl(3)",
        example: "htonl 0x7f000001",
        make: |args| {
            let swapped = args.int(0).cast_unsigned().to_be();
            Answer::good(swapped.into(), format!("({swapped:#010x})"))
        },
    },
    Command {
        name: "if_nametoindex",
        takes: &[needs("NAME", Kind::Word)],
        what: "The number of an interface, for IPv6's scopes and groups.",
        errors: &["ENODEV: there is none of this name"],
        man: "if_nametoindex(3)",
        example: "if_nametoindex lo",
        make: |args| {
            let name = args.word(0).unwrap_or_default();
            let index = nix::net::if_::if_nametoindex(name);
            let mut answer = Answer::of(index.map(i64::from));
            answer.value = answer.value.max(0);
            answer
        },
    },
];

const AI: &[(&str, i64)] = &[
    ("0", 0),
    ("AI_PASSIVE", libc::AI_PASSIVE as i64),
    ("AI_CANONNAME", libc::AI_CANONNAME as i64),
    ("AI_NUMERICHOST", libc::AI_NUMERICHOST as i64),
    ("AI_NUMERICSERV", libc::AI_NUMERICSERV as i64),
    ("AI_ADDRCONFIG", libc::AI_ADDRCONFIG as i64),
    ("AI_V4MAPPED", libc::AI_V4MAPPED as i64),
];

const NI: &[(&str, i64)] = &[
    ("0", 0),
    ("NI_NUMERICHOST", libc::NI_NUMERICHOST as i64),
    ("NI_NUMERICSERV", libc::NI_NUMERICSERV as i64),
    ("NI_NAMEREQD", libc::NI_NAMEREQD as i64),
    ("NI_DGRAM", libc::NI_DGRAM as i64),
];

fn getaddrinfo(args: &Args) -> Answer {
    let host = args.word(0).filter(|host| *host != "-");
    let question = Question { flags: args.int(2), ..Question::default() };
    match lookup(host, args.word(1), question) {
        Ok(answers) => {
            let line = |it: &berkeley::sockets::Answer| {
                let known_as = match it.canonical.as_str() {
                    "" => String::new(),
                    name => format!("  {name}"),
                };
                format!(
                    "{}, {}, {}, {}{known_as}",
                    domain(it.family),
                    kind(it.kind),
                    protocol(it.family, it.protocol),
                    Shown(&it.address),
                )
            };
            let mut answer = Answer::good(0, "");
            answer.lines = answers.iter().map(line).collect();
            answer
        }
        Err(failed) => failed_lookup(&failed.cause),
    }
}

/// `-2 EAI_NONAME (Name or service not known)`
fn failed_lookup(cause: &Cause) -> Answer {
    let value = match cause {
        Cause::Lookup(code) => i64::from(*code),
        Cause::Errno(_) | Cause::Said(_) => -1,
    };
    let said = cause.to_string();
    let error = match said.split_once(": ") {
        Some((symbol, text)) => format!("{symbol} ({text})"),
        None => said,
    };
    Answer { value, error, ..Answer::default() }
}

fn getnameinfo(args: &Args) -> Answer {
    let address = args.address(0).unwrap_or(&Address::Unspecified);
    let raw = Aligned::of(&address.raw());
    let (mut host, mut service) = ([0_u8; 1025], [0_u8; 32]);
    // SAFETY: the address has as many bytes as it says, aligned for any
    // family; both buffers are writable for their whole length.
    let code = unsafe {
        libc::getnameinfo(
            raw.bytes.as_ptr().cast(),
            raw.length,
            host.as_mut_ptr().cast(),
            length(&host),
            service.as_mut_ptr().cast(),
            length(&service),
            args.int(1),
        )
    };
    match code {
        0 => Answer::good(
            0,
            format!("({}, {})", until_nul(&host), until_nul(&service)),
        ),
        libc::EAI_SYSTEM => failed_lookup(&Cause::Errno(Errno::last())),
        code => failed_lookup(&Cause::Lookup(code)),
    }
}

/// The resolver reads an address where it lies, unlike the kernel.
#[repr(align(8))]
struct Aligned {
    bytes: [u8; 128],
    length: libc::socklen_t,
}

impl Aligned {
    fn of(raw: &[u8]) -> Aligned {
        let mut bytes = [0; 128];
        let raw = &raw[..raw.len().min(bytes.len())];
        bytes[..raw.len()].copy_from_slice(raw);
        Aligned { bytes, length: length(raw) }
    }
}

fn until_nul(bytes: &[u8]) -> String {
    let text = CStr::from_bytes_until_nul(bytes).unwrap_or_default();
    text.to_string_lossy().into_owned()
}

fn getservbyname(args: &Args) -> Answer {
    let name = CString::new(args.bytes(0)).unwrap_or_default();
    let protocol = args.word(1).and_then(|it| CString::new(it).ok());
    let protocol =
        protocol.as_ref().map_or(std::ptr::null(), |it| it.as_ptr());
    // SAFETY: both are NULL or strings that end in a NUL.
    let entry = unsafe { libc::getservbyname(name.as_ptr(), protocol) };
    service(entry)
}

fn getservbyport(args: &Args) -> Answer {
    let port = u16::try_from(args.long(0)).unwrap_or(0).to_be();
    let protocol = args.word(1).and_then(|it| CString::new(it).ok());
    let protocol =
        protocol.as_ref().map_or(std::ptr::null(), |it| it.as_ptr());
    // SAFETY: NULL, or a string that ends in a NUL.
    service(unsafe { libc::getservbyport(port.into(), protocol) })
}

fn service(entry: *mut libc::servent) -> Answer {
    // SAFETY: NULL, or an entry that is good until the next such call.
    let Some(entry) = (unsafe { entry.as_ref() }) else {
        return Answer::good(-1, "(there is none)");
    };
    let [a, b, ..] = entry.s_port.to_ne_bytes();
    let port = u16::from_be_bytes([a, b]);
    let (name, protocol) = (string(entry.s_name), string(entry.s_proto));
    Answer::good(port.into(), format!("({name}/{protocol})"))
}

fn getprotobyname(args: &Args) -> Answer {
    let name = CString::new(args.bytes(0)).unwrap_or_default();
    // SAFETY: a string that ends in a NUL.
    let entry = unsafe { libc::getprotobyname(name.as_ptr()) };
    // SAFETY: NULL, or an entry that is good until the next such call.
    match unsafe { entry.as_ref() } {
        Some(entry) => Answer::good(entry.p_proto.into(), ""),
        None => Answer::good(-1, "(there is none)"),
    }
}

fn string(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: the strings of an entry end in a NUL.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_string_lossy().into_owned()
}

fn gethostname(_: &Args) -> Answer {
    let mut name = [0_u8; 256];
    // SAFETY: the buffer is writable for its whole length.
    let done =
        unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len()) };
    match Errno::result(done) {
        Ok(_) => Answer::good(0, format!("({})", until_nul(&name))),
        Err(errno) => Answer::failed(errno),
    }
}

fn gethostbyname(args: &Args) -> Answer {
    let question = Question { family: libc::AF_INET, ..Question::default() };
    match lookup(args.word(0), None, question) {
        Ok(answers) => {
            let first = answers.first();
            let host = first.map(|it| Shown(&it.address).host());
            Answer::good(0, format!("({})", host.unwrap_or_default()))
        }
        Err(failed) => failed_lookup(&failed.cause),
    }
}

fn inet_pton(args: &Args) -> Answer {
    let text = args.word(1).unwrap_or_default();
    let bytes = match args.int(0) {
        libc::AF_INET => {
            text.parse::<Ipv4Addr>().map(|ip| ip.octets().to_vec())
        }
        libc::AF_INET6 => {
            text.parse::<Ipv6Addr>().map(|ip| ip.octets().to_vec())
        }
        _ => {
            let error = words(Errno::EAFNOSUPPORT);
            return Answer { value: -1, error, ..Answer::default() };
        }
    };
    match bytes {
        Ok(bytes) => {
            let hex: Vec<String> =
                bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            Answer::good(1, format!("({})", hex.join(" ")))
        }
        Err(_) => Answer::good(0, "(it is no address)"),
    }
}
