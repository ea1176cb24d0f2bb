//! An act as somebody would type it in Rust, with `nix`.
//!
//! The `use` lines and the buffer `b` are left out; `?` stands for what a
//! program does when a call fails. Beside it: `in_c`.

use super::{Act, Bytes, Came, How, Place, Switch, names};

/// `let s4 = accept(s3)?;`
pub(crate) fn rust(act: &Act, came: Option<&Came>) -> String {
    let text = rust_call(act);
    let made = came.filter(|came| came.errno == 0).map(Came::fd);
    let text = match (made, act) {
        (Some(fd), Act::Socket { .. } | Act::Accept { .. }) => {
            format!("let s{fd} = {text}?;")
        }
        (Some(fd), Act::EpollCreate) => format!("let e{fd} = {text}?;"),
        (
            _,
            Act::Add { .. }
            | Act::Caught
            | Act::Lock
            | Act::Work { .. }
            | Act::Exit { .. },
        ) => text,
        (_, Act::Close { .. }) => format!("{text};"),
        _ => format!("{text}?;"),
    };
    match came {
        Some(came) if came.errno != 0 => {
            format!("{text}  // {}", names::errno(came.errno))
        }
        _ => text,
    }
}

fn rust_call(act: &Act) -> String {
    match act {
        Act::Socket { family, kind } => {
            let family = match *family {
                libc::AF_UNIX => "Unix",
                libc::AF_INET6 => "Inet6",
                _ => "Inet",
            };
            let kind = match *kind {
                libc::SOCK_DGRAM => "Datagram",
                _ => "Stream",
            };
            format!(
                "socket(AddressFamily::{family}, SockType::{kind}, \
                 SockFlag::empty(), None)"
            )
        }
        Act::SocketPair => "socketpair(AddressFamily::Unix, \
                            SockType::Stream, None, SockFlag::empty())"
            .to_owned(),
        Act::Bind { fd, to } => format!("bind(s{fd}, &{})", rust_place(to)),
        Act::Connect { fd, to } => {
            format!("connect(s{fd}, &{})", rust_place(to))
        }
        Act::Listen { fd, backlog } => {
            format!("listen(&s{fd}, Backlog::new({backlog})?)")
        }
        Act::Accept { fd } => format!("accept(s{fd})"),
        Act::Send { fd, bytes, flags } => {
            format!(
                "send(s{fd}, {}, {})",
                rust_bytes(bytes),
                rust_flags(*flags)
            )
        }
        Act::SendTo { fd, bytes, to } => format!(
            "sendto(s{fd}, {}, &{}, MsgFlags::empty())",
            rust_bytes(bytes),
            rust_place(to)
        ),
        Act::Recv { fd, size, flags } => {
            format!("recv(s{fd}, &mut b[..{size}], {})", rust_flags(*flags))
        }
        Act::RecvFrom { fd, size, .. } => {
            format!("recvfrom::<SockaddrIn>(s{fd}, &mut b[..{size}])")
        }
        Act::Pass { fd, passed } => format!(
            "sendmsg(s{fd}, &one_byte, &[ControlMessage::ScmRights(&[s{passed}\
             ])], MsgFlags::empty(), None)"
        ),
        Act::Take { fd } => format!(
            "recvmsg(s{fd}, &mut one_byte, Some(&mut space), MsgFlags::empty())"
        ),
        Act::Shutdown { fd, how } => {
            let how = match *how {
                libc::SHUT_RD => "Read",
                libc::SHUT_WR => "Write",
                _ => "Both",
            };
            format!("shutdown(s{fd}, Shutdown::{how})")
        }
        Act::Close { fd } => format!("drop(s{fd})"),
        Act::Set { fd, option, value } => set_in_rust(*fd, *option, *value),
        Act::Get { fd, option } => {
            let name = option.in_rust().map_or("", |(name, _)| name);
            format!("getsockopt(&s{fd}, {name})")
        }
        Act::Linger { fd, seconds } => format!(
            "setsockopt(&s{fd}, sockopt::Linger, &linger {{ l_onoff: 1, \
             l_linger: {seconds} }})"
        ),
        _ => rust_rest(act),
    }
}

/// What is not about one socket's data or options.
fn rust_rest(act: &Act) -> String {
    match act {
        Act::NonBlocking { fd } => {
            format!("fcntl(&s{fd}, F_SETFL(OFlag::O_NONBLOCK))")
        }
        Act::Poll { fd, events, timeout } => {
            let events = names::ready_words(i64::from(*events));
            format!(
                "poll(&mut [PollFd::new(s{fd}, PollFlags::{events})], \
                 {timeout})"
            )
        }
        Act::EpollCreate => "Epoll::new(EpollCreateFlags::empty())".to_owned(),
        Act::EpollAdd { epoll, fd, is_exclusive } => {
            let how = if *is_exclusive {
                "EPOLLIN | EPOLLEXCLUSIVE"
            } else {
                "EPOLLIN"
            };
            format!("e{epoll}.add(&s{fd}, EpollEvent::new({how}, 0))")
        }
        Act::EpollWait { epoll } => {
            format!("e{epoll}.wait(&mut events, EpollTimeout::NONE)")
        }
        Act::Unlink { path } => format!("unlink({path:?})"),
        Act::Fork { .. } => "unsafe { fork() }".to_owned(),
        Act::Thread { .. } => "thread::Builder::new().spawn(start)".to_owned(),
        Act::Wait { flags } => match flags & libc::WNOHANG {
            0 => "wait()".to_owned(),
            _ => "waitpid(None, Some(WaitPidFlag::WNOHANG))".to_owned(),
        },
        Act::Catch { signal, how } => {
            let signal = names::signal(*signal);
            match how {
                How::Default => {
                    format!(
                        "unsafe {{ signal({signal}, SigHandler::SigDfl) }}"
                    )
                }
                How::Ignore => {
                    format!(
                        "unsafe {{ signal({signal}, SigHandler::SigIgn) }}"
                    )
                }
                How::Count => {
                    format!("unsafe {{ sigaction({signal}, &counting) }}")
                }
                How::CountAndRestart => format!(
                    "unsafe {{ sigaction({signal}, &counting_with_restart) }}"
                ),
            }
        }
        Act::Caught => "// how many signals were caught?".to_owned(),
        Act::Add { count } => format!("*counter += {count};"),
        Act::Lock => "let held = mutex.lock();".to_owned(),
        Act::Work { ms } => {
            format!("while thread_ms() < {ms} {{ n = 3 * n + 1 }}")
        }
        Act::Exit { code } => format!("unsafe {{ libc::_exit({code}) }}"),
        _ => String::new(),
    }
}

/// What nix has no name for is a call to the C library.
fn set_in_rust(fd: i32, option: Switch, value: i32) -> String {
    let Some((name, is_truth)) = option.in_rust() else {
        let (level, name) = (option.level_name(), option.name());
        return format!(
            "unsafe {{ libc::setsockopt(s{fd}, {level}, {name}, &{value}, 4) \
             }}"
        );
    };
    let value = match (is_truth, value) {
        (true, value) => (value != 0).to_string(),
        (false, value) => value.to_string(),
    };
    format!("setsockopt(&s{fd}, {name}, &{value})")
}

fn rust_place(to: &Place) -> String {
    match to {
        Place::At(address) => {
            let [a, b, c, d] = address.ip().octets();
            format!("SockaddrIn::new({a}, {b}, {c}, {d}, {})", address.port())
        }
        Place::Path(path) => format!("UnixAddr::new({path:?})?"),
    }
}

fn rust_bytes(bytes: &Bytes) -> String {
    match bytes {
        Bytes::Text(text) => format!("b{text:?}"),
        Bytes::Many(count) => format!("&vec![0; {count}]"),
    }
}

fn rust_flags(flags: i32) -> String {
    let names = names::flags(flags);
    match names.as_str() {
        "0" => "MsgFlags::empty()".to_owned(),
        names => {
            let all: Vec<String> = names
                .split('|')
                .map(|name| format!("MsgFlags::{name}"))
                .collect();
            all.join(" | ")
        }
    }
}
