//! What a call does to a connection, told from its record.

use super::super::record::Call;

/// The first number in an argument: `4`, `4<TCP:[…]>`.
fn number(arg: Option<&String>) -> Option<i32> {
    let arg = arg?;
    let end = arg.find(|c: char| !c.is_ascii_digit()).unwrap_or(arg.len());
    arg[..end].parse().ok()
}

fn is_into_socket(call: &Call) -> bool {
    call.fd.is_some() && call.fd == number(call.args.get(2))
}

pub(in crate::trace) fn is_send(call: &Call) -> bool {
    match call.call.as_str() {
        "write" | "writev" | "pwritev" | "pwritev2" | "send" | "sendto"
        | "sendmsg" | "sendmmsg" | "sendfile" | "sendfile64" => true,
        "splice" => is_into_socket(call),
        _ => false,
    }
}

pub(in crate::trace) fn is_receive(call: &Call) -> bool {
    match call.call.as_str() {
        "read" | "readv" | "preadv" | "preadv2" | "recv" | "recvfrom"
        | "recvmsg" | "recvmmsg" => true,
        "splice" => !is_into_socket(call),
        _ => false,
    }
}

pub(in crate::trace) fn has_flag(call: &Call, flag: &str) -> bool {
    call.args.iter().any(|arg| arg.split('|').any(|one| one == flag))
}

/// Bytes that are in the queue afterwards as they were before.
fn takes_nothing(call: &Call) -> bool {
    has_flag(call, "MSG_PEEK") || has_flag(call, "MSG_ERRQUEUE")
}

fn length(call: &Call) -> Option<u64> {
    let done = u64::try_from(call.result?).ok()?;
    Some(match (&call.data, call.call.ends_with("mmsg")) {
        (Some(payload), true) => payload.length,
        _ => done,
    })
}

/// How many bytes it put into its socket.
pub(in crate::trace) fn sent(call: &Call) -> Option<u64> {
    if is_send(call) { length(call) } else { None }
}

/// How many bytes it took out of its socket.
pub(in crate::trace) fn received(call: &Call) -> Option<u64> {
    let takes = is_receive(call) && !takes_nothing(call);
    if takes { length(call) } else { None }
}

/// Whether it was told that nothing more will come. A read of no bytes is
/// told 0, too.
pub(in crate::trace) fn meets_end(call: &Call) -> bool {
    let asked_for_none = matches!(call.call.as_str(), "read" | "recvfrom")
        && call.args.get(2).is_some_and(|size| size == "0");
    received(call) == Some(0) && !asked_for_none
}

/// Whether it says that nothing more will be sent.
pub(in crate::trace) fn says_end(call: &Call) -> bool {
    call.call == "shutdown"
        && call.result == Some(0)
        && call.args.get(1).is_none_or(|how| how != "SHUT_RD")
}

/// Whether its socket is gone with it.
pub(in crate::trace) fn is_last_close(call: &Call) -> bool {
    call.call == "close" && call.result == Some(0) && !call.still_held
}

/// Whether its socket's peer will not be asked to wait: SO_LINGER of 0.
pub(in crate::trace) fn sets_no_linger(call: &Call) -> bool {
    let says = |text: &str| call.args.iter().any(|arg| arg.contains(text));
    call.call == "setsockopt"
        && call.args.iter().any(|arg| arg == "SO_LINGER")
        && (says("l_linger=0") || says("linger=0"))
        && !says("onoff=0")
}

pub(in crate::trace) fn is_accept(call: &Call) -> bool {
    matches!(call.call.as_str(), "accept" | "accept4")
}

pub(in crate::trace) fn is_fork(call: &Call) -> bool {
    matches!(call.call.as_str(), "fork" | "vfork" | "clone" | "clone3")
}

pub(in crate::trace) fn is_reap(call: &Call) -> bool {
    matches!(call.call.as_str(), "wait4" | "waitid" | "waitpid")
}

pub(in crate::trace) fn is_poll(call: &Call) -> bool {
    matches!(
        call.call.as_str(),
        "poll"
            | "ppoll"
            | "select"
            | "_newselect"
            | "pselect6"
            | "epoll_wait"
            | "epoll_pwait"
            | "epoll_pwait2"
    )
}

/// Waiting that is not about any descriptor.
pub(in crate::trace) fn is_sleep(call: &Call) -> bool {
    matches!(
        call.call.as_str(),
        "nanosleep"
            | "clock_nanosleep"
            | "pause"
            | "futex"
            | "rt_sigsuspend"
            | "rt_sigtimedwait"
    )
}

pub(in crate::trace) fn can_wait(call: &Call) -> bool {
    is_accept(call)
        || is_send(call)
        || is_receive(call)
        || is_poll(call)
        || is_reap(call)
        || is_sleep(call)
        || matches!(
            call.call.as_str(),
            "connect" | "restart_syscall" | "vfork" | "close"
        )
}

/// Whether somebody else's doing is what it waits for. (A connect does not
/// wait for the accept, nor a close for anybody.)
pub(in crate::trace) fn waits_for_another(call: &Call) -> bool {
    is_accept(call) || is_receive(call) || is_poll(call) || is_reap(call)
}

/// Whether a signal interrupted it. Only a tracer sees these; the program
/// sees EINTR or the call begun anew.
pub(in crate::trace) fn is_interrupted(call: &Call) -> bool {
    call.errno
        .as_deref()
        .is_some_and(|errno| errno.starts_with("ERESTART") || errno == "EINTR")
}

/// What went wrong since, as SO_ERROR tells: a connect that did not wait, for
/// one. It is told only once.
pub(super) fn error_told(call: &Call) -> Option<&str> {
    let asks = call.call == "getsockopt"
        && call.args.get(2).is_some_and(|name| name == "SO_ERROR");
    let value = call.args.get(3).filter(|_| asks && call.result == Some(0))?;
    let errno = value.trim_matches(['[', ']']);
    errno.starts_with('E').then_some(errno)
}

/// Not every error says that something went wrong.
pub(crate) fn has_failed(call: &Call) -> bool {
    if error_told(call).is_some() {
        return true;
    }
    let Some(errno) = call.errno.as_deref() else { return false };
    let is_for_now = matches!(
        errno,
        "EAGAIN" | "EWOULDBLOCK" | "EINPROGRESS" | "EALREADY" | "EISCONN"
    );
    let is_answer = match call.call.as_str() {
        // The peer may have closed it already.
        "getpeername" | "shutdown" => errno == "ENOTCONN",
        _ => errno == "ECHILD" && is_reap(call),
    };
    !is_interrupted(call) && !is_for_now && !is_answer
}

/// Whether the connection is gone, as far as this call could tell.
pub(in crate::trace) fn meets_reset(call: &Call) -> bool {
    matches!(call.errno.as_deref(), Some("ECONNRESET" | "EPIPE"))
        && (is_send(call) || is_receive(call))
}
