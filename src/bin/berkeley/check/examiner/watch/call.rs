//! The system call that a sleeping task is in. Man pages:
//! `proc_pid_syscall(5)`, `proc_pid_wchan(5)`, `futex(2)`.

use std::borrow::Cow;
use std::fs;

use crate::trace::sockets::has_timeout;
use crate::tracer::name;

/// Where a task is.
pub(super) enum Activity {
    /// Not asleep, or not any more.
    Running,
    Call(Call),
    /// The calls are not shown; the function of the kernel that it waits in,
    /// if that is.
    Kernel(Option<String>),
    /// In no call: it is ending, or waits for a page of its memory.
    Nowhere,
}

pub(super) struct Call {
    number: u64,
    pub(super) args: [u64; 6],
}

pub(super) fn activity(pid: i32, tid: i32) -> Activity {
    let task = format!("/proc/{pid}/task/{tid}");
    match fs::read_to_string(format!("{task}/syscall")) {
        Ok(text) => parsed(&text).unwrap_or(Activity::Nowhere),
        Err(_) if fs::metadata(&task).is_err() => Activity::Nowhere,
        Err(_) => {
            let place = fs::read_to_string(format!("{task}/wchan"));
            Activity::Kernel(place.ok().filter(|place| place.len() > 1))
        }
    }
}

/// `running`; `-1 0x7ffd 0x7f1c`; `45 0x4 0x7fc2 0x400 0x0 0x0 0x0 …`
fn parsed(text: &str) -> Option<Activity> {
    let text = text.trim();
    if text == "running" {
        return Some(Activity::Running);
    }
    let mut fields = text.split(' ');
    let number = fields.next()?.parse().ok()?;
    let mut args = [0; 6];
    for arg in &mut args {
        let field = fields.next()?.strip_prefix("0x")?;
        *arg = u64::from_str_radix(field, 16).ok()?;
    }
    Some(Activity::Call(Call { number, args }))
}

impl Call {
    pub(super) fn name(&self) -> Cow<'static, str> {
        name(self.number)
    }

    /// An argument that is an int.
    pub(super) fn int(&self, at: usize) -> i32 {
        let [a, b, c, d, ..] = self.args[at].to_le_bytes();
        i32::from_le_bytes([a, b, c, d])
    }

    /// The descriptor that it is about, if it is about one.
    pub(super) fn descriptor(&self) -> Option<i32> {
        let name = self.name();
        let is_about_one = matches!(
            &*name,
            "read"
                | "readv"
                | "pread64"
                | "recvfrom"
                | "recvmsg"
                | "recvmmsg"
                | "write"
                | "writev"
                | "pwrite64"
                | "sendto"
                | "sendmsg"
                | "sendmmsg"
                | "sendfile"
                | "splice"
                | "accept"
                | "accept4"
                | "connect"
                | "close"
                | "shutdown"
                | "fcntl"
                | "flock"
                | "ioctl"
                | "fsync"
        );
        is_about_one.then(|| self.int(0))
    }

    /// Whether it is over after a time, whatever comes.
    pub(super) fn ends_by_time(&self, pid: i32) -> bool {
        let has_limit = |at: usize| self.args[at] != 0;
        match &*self.name() {
            // What a signal has stopped, and that had a limit.
            "nanosleep" | "clock_nanosleep" | "restart_syscall" => true,
            "poll" => self.int(2) >= 0,
            "epoll_wait" | "epoll_pwait" => self.int(3) >= 0,
            "select" | "pselect6" | "futex_wait" | "io_getevents"
            | "io_pgetevents" | "mq_timedsend" | "mq_timedreceive" => {
                has_limit(4)
            }
            "ppoll" | "rt_sigtimedwait" => has_limit(2),
            "epoll_pwait2" | "semtimedop" | "futex_waitv" => has_limit(3),
            "futex" => self.is_waiting_futex() && has_limit(3),
            "recvmmsg" => has_limit(4) || self.socket_limits(pid, RECEIVE),
            "read" | "readv" | "recvfrom" | "recvmsg" | "accept"
            | "accept4" => self.socket_limits(pid, RECEIVE),
            "write" | "writev" | "sendto" | "sendmsg" | "sendmmsg"
            | "connect" => self.socket_limits(pid, SEND),
            _ => false,
        }
    }

    /// For the other operations the fourth argument is something else.
    fn is_waiting_futex(&self) -> bool {
        let flags = libc::FUTEX_PRIVATE_FLAG | libc::FUTEX_CLOCK_REALTIME;
        matches!(
            self.int(1) & !flags,
            libc::FUTEX_WAIT
                | libc::FUTEX_WAIT_BITSET
                | libc::FUTEX_LOCK_PI
                | libc::FUTEX_LOCK_PI2
                | libc::FUTEX_WAIT_REQUEUE_PI
        )
    }

    fn socket_limits(&self, pid: i32, option: libc::c_int) -> bool {
        has_timeout(pid, self.int(0), option)
    }
}

const RECEIVE: libc::c_int = libc::SO_RCVTIMEO;
const SEND: libc::c_int = libc::SO_SNDTIMEO;

#[cfg(test)]
mod tests {
    use super::{Activity, parsed};

    #[test]
    fn a_task_is_in_a_call_or_in_none() {
        let text = "0 0x3 0x7fc2 0x20000 0x0 0xffffffff 0x0 0x7ffb 0x7fc2\n";
        let Some(Activity::Call(call)) = parsed(text) else { panic!() };
        assert_eq!((call.number, call.int(0), call.int(4)), (0, 3, -1));
        assert_eq!(call.args[2], 0x20000);
        assert!(matches!(parsed("running\n"), Some(Activity::Running)));
        assert!(parsed("-1 0x7ffd 0x7f1c\n").is_none());
    }
}
