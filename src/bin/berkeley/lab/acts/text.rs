//! An act as somebody would type it: in C, and in Rust with `nix`.
//!
//! The headers, the `use` lines and the buffers `b` are left out; `?` and the
//! comment stand for what a program does when a call fails.

use super::{Act, Bytes, Came, How, Place, Switch, names};

/// `int s4 = accept(s3, NULL, NULL);`
pub(crate) fn c(act: &Act, came: Option<&Came>) -> String {
    let text = c_call(act);
    let made = came.filter(|came| came.errno == 0).map(Came::fd);
    let text = match (made, act) {
        (Some(fd), Act::Socket { .. } | Act::Accept { .. }) => {
            format!("int s{fd} = {text};")
        }
        (Some(fd), Act::EpollCreate) => format!("int e{fd} = {text};"),
        (_, Act::Add { .. } | Act::Caught | Act::Lock) => text,
        _ => format!("{text};"),
    };
    match came {
        Some(came) if came.errno != 0 => {
            format!("{text}  /* {} */", names::errno(came.errno))
        }
        _ => text,
    }
}

fn c_call(act: &Act) -> String {
    match act {
        Act::Socket { family, kind } => {
            let (family, kind) = (names::family(*family), names::kind(*kind));
            format!("socket({family}, {kind}, 0)")
        }
        Act::SocketPair => {
            "socketpair(AF_UNIX, SOCK_STREAM, 0, pair)".to_owned()
        }
        Act::Bind { fd, to } => format!("bind({})", c_place(*fd, to)),
        Act::Connect { fd, to } => format!("connect({})", c_place(*fd, to)),
        Act::Listen { fd, backlog } => format!("listen(s{fd}, {backlog})"),
        Act::Accept { fd } => format!("accept(s{fd}, NULL, NULL)"),
        Act::Send { fd, bytes, flags } => {
            let flags = names::flags(*flags);
            format!("send(s{fd}, {}, {flags})", c_bytes(bytes))
        }
        Act::SendTo { fd, bytes, to } => format!(
            "sendto(s{fd}, {}, 0, &at, sizeof at /* {to} */)",
            c_bytes(bytes)
        ),
        Act::Recv { fd, size, flags } => {
            format!("recv(s{fd}, b, {size}, {})", names::flags(*flags))
        }
        Act::RecvFrom { fd, size, flags } => {
            let flags = names::flags(*flags);
            format!("recvfrom(s{fd}, b, {size}, {flags}, &from, &length)")
        }
        Act::Pass { fd, passed } => {
            format!("sendmsg(s{fd}, &with_s{passed}, 0)")
        }
        Act::Take { fd } => format!("recvmsg(s{fd}, &message, 0)"),
        Act::Shutdown { fd, how } => {
            format!("shutdown(s{fd}, {})", names::how(*how))
        }
        Act::Close { fd } => format!("close(s{fd})"),
        Act::Set { fd, option, value } => format!(
            "setsockopt(s{fd}, {}, {}, &(int){{{value}}}, sizeof(int))",
            option.level_name(),
            option.name()
        ),
        Act::Get { fd, option } => format!(
            "getsockopt(s{fd}, {}, {}, &value, &length)",
            option.level_name(),
            option.name()
        ),
        Act::Linger { fd, seconds } => format!(
            "setsockopt(s{fd}, SOL_SOCKET, SO_LINGER, &(struct linger){{1, \
             {seconds}}}, sizeof(struct linger))"
        ),
        Act::NonBlocking { fd } => {
            format!("fcntl(s{fd}, F_SETFL, O_NONBLOCK)")
        }
        Act::Poll { fd, events, timeout } => {
            let events = names::events(i64::from(*events));
            format!(
                "poll(&(struct pollfd){{s{fd}, {events}, 0}}, 1, {timeout})"
            )
        }
        Act::EpollCreate => "epoll_create1(0)".to_owned(),
        Act::EpollAdd { epoll, fd, is_exclusive } => {
            let how = if *is_exclusive {
                "EPOLLIN|EPOLLEXCLUSIVE"
            } else {
                "EPOLLIN"
            };
            format!(
                "epoll_ctl(e{epoll}, EPOLL_CTL_ADD, s{fd}, &event) /* {how} */"
            )
        }
        Act::EpollWait { epoll } => {
            format!("epoll_wait(e{epoll}, &event, 1, -1)")
        }
        Act::Unlink { path } => format!("unlink(\"{path}\")"),
        Act::Fork { .. } => "fork()".to_owned(),
        Act::Thread { .. } => {
            "pthread_create(&thread, NULL, start, NULL)".to_owned()
        }
        Act::Wait { flags } => {
            format!("waitpid(-1, &status, {})", c_wait(*flags))
        }
        Act::Catch { signal, how } => {
            let signal = names::signal(*signal);
            match how {
                How::Default => format!("signal({signal}, SIG_DFL)"),
                How::Ignore => format!("signal({signal}, SIG_IGN)"),
                How::Count => format!("sigaction({signal}, &counting, NULL)"),
                How::CountAndRestart => format!(
                    "sigaction({signal}, &counting, NULL) /* SA_RESTART */"
                ),
            }
        }
        Act::Caught => "/* how many signals were caught? */".to_owned(),
        Act::Add { count } => format!("counter += {count};"),
        Act::Lock => "pthread_mutex_lock(&mutex);".to_owned(),
        Act::Exit { code } => format!("_exit({code})"),
    }
}

fn c_wait(flags: i32) -> &'static str {
    if flags & libc::WNOHANG != 0 { "WNOHANG" } else { "0" }
}

fn c_place(fd: i32, to: &Place) -> String {
    format!("s{fd}, &at, sizeof at /* {to} */")
}

fn c_bytes(bytes: &Bytes) -> String {
    match bytes {
        Bytes::Text(text) => format!("{text:?}, {}", text.len()),
        Bytes::Many(count) => format!("zeros, {count}"),
    }
}

/// `let s4 = accept(s3)?;`
pub(crate) fn rust(act: &Act, came: Option<&Came>) -> String {
    let text = rust_call(act);
    let made = came.filter(|came| came.errno == 0).map(Came::fd);
    let text = match (made, act) {
        (Some(fd), Act::Socket { .. } | Act::Accept { .. }) => {
            format!("let s{fd} = {text}?;")
        }
        (Some(fd), Act::EpollCreate) => format!("let e{fd} = {text}?;"),
        (_, Act::Add { .. } | Act::Caught | Act::Lock | Act::Exit { .. }) => {
            text
        }
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
        Act::NonBlocking { fd } => {
            format!("fcntl(&s{fd}, F_SETFL(OFlag::O_NONBLOCK))")
        }
        Act::Poll { fd, events, timeout } => {
            let events = names::events(i64::from(*events));
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
        Act::Exit { code } => format!("unsafe {{ libc::_exit({code}) }}"),
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
