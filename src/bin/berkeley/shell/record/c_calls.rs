//! Each call in C.

use super::super::call::{Address, Arg, Value};
use super::acts::block;
use super::c_transfer::{message, quoted, receives, sends};
use super::plan::Step;
use super::sets;
use crate::trace::symbols;

/// The lines of a call.
pub(super) fn statements(step: &Step) -> Vec<String> {
    let name = step.entry.call.name.as_str();
    let fd = step.first();
    let plain = |call: String| vec![told(name, &call)];
    match name {
        "socket" => makes(step, &format!("socket({})", triple(step))),
        "socketpair" => {
            let mut lines = vec![
                "int pair[2] = {-1, -1};".into(),
                told(name, &format!("socketpair({}, pair)", triple(step))),
            ];
            for (place, variable) in step.made.iter().enumerate() {
                lines.push(format!("{variable} = pair[{place}];"));
                lines.push(format!("(void){variable};"));
            }
            block(lines)
        }
        "dup" => makes(step, &format!("dup({fd})")),
        "dup2" => {
            let to = match step.arg(1) {
                Arg::Fd(to) => step.fd(*to),
                _ => "-1".into(),
            };
            makes(step, &format!("dup2({fd}, {to})"))
        }
        "close" => plain(format!("close({fd})")),
        "unlink" => {
            plain(format!("unlink({})", string(step.word(0).unwrap_or(""))))
        }
        "bind" | "connect" => {
            let (mut lines, at) = address(step);
            lines.push(told(name, &format!("{name}({fd}, {at})")));
            block(lines)
        }
        "listen" | "shutdown" => {
            plain(format!("{name}({fd}, {})", step.symbol(1)))
        }
        "accept" | "accept4" => {
            let flags = match name {
                "accept" => String::new(),
                _ => format!(", {}", step.symbol(1)),
            };
            let call = format!(
                "{name}({fd}, (struct sockaddr *)&from, &length{flags})"
            );
            let mut lines = vec![FROM.into(), LENGTH.into()];
            lines.extend(makes(step, &call));
            block(lines)
        }
        "getsockname" | "getpeername" => block(vec![
            FROM.into(),
            LENGTH.into(),
            told(
                name,
                &format!("{name}({fd}, (struct sockaddr *)&from, &length)"),
            ),
        ]),
        "send" | "sendto" | "write" | "fill" => sends(step, name, &fd),
        "recv" | "recvfrom" | "read" | "drain" => receives(step, name, &fd),
        "sendmsg" | "recvmsg" => message(step, name, &fd),
        "setsockopt" | "getsockopt" => option(step, name, &fd),
        "fcntl" => {
            let (command, flags) = (step.symbol(1), step.symbol(2));
            plain(format!("fcntl({fd}, {command}, {flags})"))
        }
        "ioctl" => block(vec![
            "int count = 0;".into(),
            told(name, &format!("ioctl({fd}, {}, &count)", step.symbol(1))),
        ]),
        "poll" => poll(step),
        "select" => sets::in_c(step),
        _ => others(step, name),
    }
}

pub(super) const FROM: &str = "struct sockaddr_storage from = {0};";
pub(super) const LENGTH: &str = "socklen_t length = sizeof from;";

pub(super) fn told(name: &str, call: &str) -> String {
    format!("told(\"{name}\", {call});")
}

/// The descriptor gets its name.
fn makes(step: &Step, call: &str) -> Vec<String> {
    let name = &step.entry.call.name;
    match step.made.first() {
        Some(variable) => {
            vec![format!("{variable} = {call};"), told(name, variable)]
        }
        None => vec![told(name, call)],
    }
}

fn triple(step: &Step) -> String {
    [0, 1, 2].map(|place| step.symbol(place)).join(", ")
}

fn string(text: &str) -> String {
    quoted(text.as_bytes())
}

/// What declares the address of the call, and its two arguments.
pub(super) fn address(step: &Step) -> (Vec<String>, String) {
    let port = |port: u16| match step.port {
        Some(place) => format!("(uint16_t)shared->port[{place}]"),
        None => port.to_string(),
    };
    let usual = "(struct sockaddr *)&to, sizeof to".to_owned();
    match step.address() {
        Some(Address::V4(at)) => (
            vec![
                "struct sockaddr_in to = {.sin_family = AF_INET};".into(),
                format!("to.sin_port = htons({});", port(at.port())),
                format!("inet_pton(AF_INET, \"{}\", &to.sin_addr);", at.ip()),
            ],
            usual,
        ),
        Some(Address::V6(at)) => (
            vec![
                "struct sockaddr_in6 to = {.sin6_family = AF_INET6};".into(),
                format!("to.sin6_port = htons({});", port(at.port())),
                format!("to.sin6_scope_id = {};", at.scope_id()),
                format!(
                    "inet_pton(AF_INET6, \"{}\", &to.sin6_addr);",
                    at.ip()
                ),
            ],
            usual,
        ),
        Some(Address::Path(name)) => unix(name, 0),
        Some(Address::Abstract(name)) => unix(name, 1),
        Some(Address::Unspecified) | None => (
            vec!["struct sockaddr to = {.sa_family = AF_UNSPEC};".into()],
            "&to, sizeof to".into(),
        ),
    }
}

/// An abstract name begins with a NUL, a path ends with one.
fn unix(name: &str, from: usize) -> (Vec<String>, String) {
    let length = name.len();
    let lines = vec![
        "struct sockaddr_un to = {.sun_family = AF_UNIX};".into(),
        format!("memcpy(to.sun_path + {from}, {}, {length});", string(name)),
    ];
    let size = format!(
        "(struct sockaddr *)&to,\n        (socklen_t)(offsetof(struct \
         sockaddr_un, sun_path) + {})",
        length + 1
    );
    (lines, size)
}

fn option(step: &Step, name: &str, fd: &str) -> Vec<String> {
    let Arg::Option(level, option) = *step.arg(1) else { return Vec::new() };
    let option = known(&symbols::option_name(level, option), option);
    let level = known(&symbols::level_name(level), level);
    if name == "getsockopt" {
        return block(vec![
            "char value[512];".into(),
            "socklen_t length = sizeof value;".into(),
            told(
                name,
                &format!("{name}({fd}, {level}, {option}, value, &length)"),
            ),
        ]);
    }
    let Arg::Value(value) = step.arg(2) else { return Vec::new() };
    let mut lines = declared(value);
    let call = format!(
        "{name}({fd}, {level}, {option},\n        &value, sizeof value)"
    );
    lines.push(told(name, &call));
    block(lines)
}

/// The name, where it is one that the headers have.
pub(super) fn known(name: &str, value: i32) -> String {
    let is_plain =
        name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let is_old = name.ends_with("_OLD") || name.ends_with("_NEW");
    // In strace's tables, but not in every C library's headers.
    let is_rare = ["SO_GET", "SOL_RDS", "IPT_", "IP_RECVERR_"]
        .iter()
        .any(|start| name.starts_with(start));
    if is_plain && !is_old && !is_rare {
        name.into()
    } else {
        value.to_string()
    }
}

fn declared(value: &Value) -> Vec<String> {
    match value {
        Value::Int(value) => vec![format!("int value = {value};")],
        Value::Linger(on, seconds) => vec![format!(
            "struct linger value = {{.l_onoff = {on}, .l_linger = \
             {seconds}}};"
        )],
        Value::Time(micros) => vec![format!(
            "struct timeval value = {{.tv_sec = {}, .tv_usec = {}}};",
            micros / 1_000_000,
            micros % 1_000_000
        )],
        Value::Group4(group, interface) => vec![
            "struct ip_mreq value;".into(),
            format!("inet_pton(AF_INET, \"{group}\", &value.imr_multiaddr);"),
            format!(
                "inet_pton(AF_INET, \"{interface}\", &value.imr_interface);"
            ),
        ],
        Value::Group6(group, index) => vec![
            format!(
                "struct ipv6_mreq value = {{.ipv6mr_interface = {index}}};"
            ),
            format!(
                "inet_pton(AF_INET6, \"{group}\", &value.ipv6mr_multiaddr);"
            ),
        ],
        Value::Interface(ip) => vec![
            "struct in_addr value;".into(),
            format!("inet_pton(AF_INET, \"{ip}\", &value);"),
        ],
        Value::Text(text) => {
            vec![format!("const char value[] = {};", string(text))]
        }
    }
}

fn poll(step: &Step) -> Vec<String> {
    let Arg::Events(asked) = step.arg(0) else { return Vec::new() };
    let mut lines = vec!["struct pollfd polled[] = {".to_owned()];
    for (fd, events) in asked {
        lines.push(format!(
            "    {{.fd = {}, .events = {}}},",
            step.fd(*fd),
            symbols::events(*events).replace('|', " | ")
        ));
    }
    lines.push("};".into());
    let (count, time) = (asked.len(), step.symbol(1));
    lines.push(told("poll", &format!("poll(polled, {count}, {time})")));
    block(lines)
}

/// Processes and look-ups.
fn others(step: &Step, name: &str) -> Vec<String> {
    let text = |place| match step.word(place) {
        None | Some("-") => "NULL".to_owned(),
        Some(word) => string(word),
    };
    let plain = |call: String| vec![told(name, &call)];
    match name {
        "waitpid" => {
            let who = step.child.clone().unwrap_or(step.symbol(0));
            block(vec![
                "int status;".into(),
                told(
                    name,
                    &format!("waitpid({who}, &status, {})", step.symbol(1)),
                ),
            ])
        }
        "getpid" => plain("getpid()".into()),
        "exit" => vec![format!("_exit({});", step.symbol(0))],
        "getaddrinfo" | "gethostbyname" => {
            let hints = match name {
                "getaddrinfo" => format!(".ai_flags = {}", step.symbol(2)),
                _ => ".ai_family = AF_INET".into(),
            };
            let service = match name {
                "getaddrinfo" => text(1),
                _ => "NULL".into(),
            };
            block(vec![
                format!("struct addrinfo hints = {{{hints}}};"),
                "struct addrinfo *list = NULL;".into(),
                format!(
                    "told(\"{name}\", getaddrinfo({}, {service}, &hints, \
                     &list));",
                    text(0)
                ),
                "if (list)".into(),
                "    freeaddrinfo(list);".into(),
            ])
        }
        "getnameinfo" => {
            let (mut lines, at) = address(step);
            lines.push("char host[1025], service[32];".into());
            lines.push(told(
                name,
                &format!(
                    "getnameinfo({at},\n        host, sizeof host, service, \
                     sizeof service, {})",
                    step.symbol(1)
                ),
            ));
            block(lines)
        }
        "getservbyname" => {
            plain(format!("getservbyname({}, {}) ? 0 : -1", text(0), text(1)))
        }
        "getservbyport" => plain(format!(
            "getservbyport(htons({}), {}) ? 0 : -1",
            u16::try_from(step.number(0)).unwrap_or(0),
            text(1)
        )),
        "getprotobyname" => {
            plain(format!("getprotobyname({}) ? 0 : -1", text(0)))
        }
        "gethostname" => block(vec![
            "char host[256];".into(),
            told(name, "gethostname(host, sizeof host)"),
        ]),
        "inet_pton" => block(vec![
            "unsigned char raw[16];".into(),
            told(
                name,
                &format!("inet_pton({}, {}, raw)", step.symbol(0), text(1)),
            ),
        ]),
        "htons" => plain(format!("htons((uint16_t){})", step.number(0))),
        "htonl" => plain(format!("htonl((uint32_t){})", step.number(0))),
        "if_nametoindex" => plain(format!("if_nametoindex({})", text(0))),
        _ => Vec::new(),
    }
}
