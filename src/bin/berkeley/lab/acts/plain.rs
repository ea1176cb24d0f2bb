//! An act as a trace has it: the system call, with its arguments in the order
//! of its man page.

use super::{Act, How, names};

impl Act {
    /// The system call behind it, as the kernel names it.
    pub(crate) fn call(&self) -> &'static str {
        match self {
            Act::Socket { .. } => "socket",
            Act::SocketPair => "socketpair",
            Act::Bind { .. } => "bind",
            Act::Listen { .. } => "listen",
            Act::Connect { .. } => "connect",
            Act::Accept { .. } => "accept",
            Act::Send { .. } | Act::SendTo { .. } => "sendto",
            Act::Recv { .. } | Act::RecvFrom { .. } => "recvfrom",
            Act::Pass { .. } => "sendmsg",
            Act::Take { .. } => "recvmsg",
            Act::Shutdown { .. } => "shutdown",
            Act::Close { .. } => "close",
            Act::Set { .. } | Act::Linger { .. } => "setsockopt",
            Act::Get { .. } => "getsockopt",
            Act::NonBlocking { .. } => "fcntl",
            Act::Poll { .. } => "poll",
            Act::EpollCreate => "epoll_create1",
            Act::EpollAdd { .. } => "epoll_ctl",
            Act::EpollWait { .. } => "epoll_wait",
            Act::Unlink { .. } => "unlink",
            Act::Fork { .. } => "clone",
            Act::Thread { .. } => "clone3",
            Act::Wait { .. } => "wait4",
            Act::Catch { .. } => "rt_sigaction",
            Act::Lock => "futex",
            Act::Exit { .. } => "exit_group",
            Act::Caught | Act::Add { .. } | Act::Work { .. } => "",
        }
    }

    /// The descriptor that it is about.
    pub(crate) fn fd(&self) -> Option<i32> {
        match self {
            Act::Bind { fd, .. }
            | Act::Listen { fd, .. }
            | Act::Connect { fd, .. }
            | Act::Accept { fd }
            | Act::Send { fd, .. }
            | Act::Recv { fd, .. }
            | Act::SendTo { fd, .. }
            | Act::RecvFrom { fd, .. }
            | Act::Pass { fd, .. }
            | Act::Take { fd }
            | Act::Shutdown { fd, .. }
            | Act::Close { fd }
            | Act::Set { fd, .. }
            | Act::Get { fd, .. }
            | Act::Linger { fd, .. }
            | Act::NonBlocking { fd } => Some(*fd),
            Act::EpollWait { epoll } => Some(*epoll),
            _ => None,
        }
    }

    /// In the order of the man page. `value` is what the kernel wrote.
    pub(crate) fn args(&self, value: i64) -> Vec<String> {
        let own = self.fd().map(|fd| fd.to_string());
        let mut args: Vec<String> = own.into_iter().collect();
        let more: Vec<String> = match self {
            Act::Socket { family, kind } => vec![
                names::family(*family).to_owned(),
                names::kind(*kind).to_owned(),
                "0".to_owned(),
            ],
            Act::SocketPair => {
                let pair = ["AF_UNIX", "SOCK_STREAM", "0"];
                pair.map(str::to_owned).into()
            }
            Act::Bind { to, .. } | Act::Connect { to, .. } => {
                vec![to.to_string()]
            }
            Act::Listen { backlog, .. } => vec![backlog.to_string()],
            Act::Send { bytes, flags, .. } => vec![
                String::new(),
                bytes.len().to_string(),
                names::flags(*flags),
            ],
            Act::SendTo { bytes, to, .. } => vec![
                String::new(),
                bytes.len().to_string(),
                "0".to_owned(),
                to.to_string(),
            ],
            Act::Recv { size, flags, .. }
            | Act::RecvFrom { size, flags, .. } => {
                vec![String::new(), size.to_string(), names::flags(*flags)]
            }
            Act::Shutdown { how, .. } => vec![names::how(*how).to_owned()],
            Act::Set { option, value, .. } => vec![
                option.level_name().to_owned(),
                option.name().to_owned(),
                format!("[{value}]"),
            ],
            Act::Linger { seconds, .. } => vec![
                "SOL_SOCKET".to_owned(),
                "SO_LINGER".to_owned(),
                format!("{{l_onoff=1, l_linger={seconds}}}"),
            ],
            Act::Get { option, .. } => {
                let told = match i32::try_from(value) {
                    Ok(number)
                        if number > 0 && option.number() == libc::SO_ERROR =>
                    {
                        names::errno(number)
                    }
                    _ => value.to_string(),
                };
                vec![
                    option.level_name().to_owned(),
                    option.name().to_owned(),
                    format!("[{told}]"),
                ]
            }
            Act::NonBlocking { .. } => {
                vec!["F_SETFL".to_owned(), "O_RDWR|O_NONBLOCK".to_owned()]
            }
            Act::EpollAdd { epoll, fd, .. } => vec![
                epoll.to_string(),
                "EPOLL_CTL_ADD".to_owned(),
                fd.to_string(),
            ],
            Act::Unlink { path } => vec![format!("{path:?}")],
            Act::Wait { .. } => vec!["-1".to_owned()],
            Act::Catch { signal, how } => vec![
                names::signal(*signal),
                match how {
                    How::Default => "SIG_DFL",
                    How::Ignore => "SIG_IGN",
                    How::Count => "counting",
                    How::CountAndRestart => "counting, SA_RESTART",
                }
                .to_owned(),
            ],
            Act::Exit { code } => vec![code.to_string()],
            _ => Vec::new(),
        };
        args.extend(more);
        args
    }
}
