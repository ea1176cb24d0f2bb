//! An act as somebody would type it in C.
//!
//! The headers and the buffers `b` are left out; a comment with an errno
//! stands for what a program does when a call fails. Beside it: `in_rust`.

use super::{Act, Bytes, Came, How, Place, names};

/// `int s4 = accept(s3, NULL, NULL);`
pub(crate) fn c(act: &Act, came: Option<&Came>) -> String {
    let text = c_call(act);
    let made = came.filter(|came| came.errno == 0).map(Came::fd);
    let text = match (made, act) {
        (Some(fd), Act::Socket { .. } | Act::Accept { .. }) => {
            format!("int s{fd} = {text};")
        }
        (Some(fd), Act::EpollCreate) => format!("int e{fd} = {text};"),
        (_, Act::Add { .. } | Act::Caught | Act::Lock | Act::Work { .. }) => {
            text
        }
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
            let events = names::ready_words(i64::from(*events));
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
        Act::Work { ms } => {
            format!("while (thread_ms() < {ms}) n = 3 * n + 1;")
        }
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
