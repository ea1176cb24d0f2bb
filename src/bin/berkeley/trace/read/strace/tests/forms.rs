//! A small log of each form that strace writes.

use super::super::from_log;
use super::{call, calls, read};
use crate::trace::record::{Birth, Event};

#[test]
fn with_everything_that_strace_can_say() {
    let trace = read(
        r#"10  100000000.000000 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3<TCP:[71]> <0.000010>
10  100000000.001000 connect(3<TCP:[71]>, {sa_family=AF_INET, sin_port=htons(5000), sin_addr=inet_addr("127.0.0.1")}, 16) = 0 <0.000020>
10  100000000.002000 write(3<TCP:[127.0.0.1:41234->127.0.0.1:5000]>, "a\n", 2) = 2 <0.000030>
10  100000000.003000 close(3<TCP:[127.0.0.1:41234->127.0.0.1:5000]>) = 0 <0.000010>
10  100000000.004000 +++ exited with 0 +++
"#,
    );
    let [socket] = &trace.sockets[..] else { panic!("{trace:?}") };
    assert_eq!(socket.inode, 71);
    assert_eq!(socket.local.as_deref(), Some("127.0.0.1:41234"));
    assert_eq!(socket.peer.as_deref(), Some("127.0.0.1:5000"));
    let connect = call(&trace, "connect");
    assert_eq!(connect.args, ["3", "127.0.0.1:5000", "16"]);
    assert_eq!(connect.address.as_deref(), Some("127.0.0.1:5000"));
    assert_eq!((connect.fd, connect.socket), (Some(3), Some(0)));
    assert_eq!(connect.enter_ns, 1_000_000);
    assert_eq!(connect.exit_ns, Some(1_020_000));
    let write = call(&trace, "write");
    let payload = write.data.as_ref().unwrap();
    assert_eq!((payload.text.as_str(), payload.length), ("a\\n", 2));
    assert!(trace.tasks[0].ended_ns.is_some());
    assert_eq!(trace.notes.len(), 1, "{:?}", trace.notes);
}

#[test]
fn without_anything_but_calls() {
    let trace = read(
        r#"socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3
bind(3, {sa_family=AF_INET, sin_port=htons(5000), sin_addr=inet_addr("0.0.0.0")}, 16) = 0
listen(3, 5)                            = 0
accept(3, {sa_family=AF_INET, sin_port=htons(41234), sin_addr=inet_addr("127.0.0.1")}, [16]) = 4
dup(4)                                  = 5
close(4)                                = 0
read(5, "abc", 10)                      = 3
openat(AT_FDCWD, "/etc/hosts", O_RDONLY) = 4
read(4, "127.0.0.1", 4096)              = 9
close(5)                                = 0
exit_group(0)                           = ?
+++ exited with 0 +++
"#,
    );
    let read = call(&trace, "read");
    assert_eq!(read.socket, Some(1), "what was dup'ed is the same socket");
    let closes: Vec<_> = calls(&trace)
        .into_iter()
        .filter(|call| call.call == "close")
        .map(|call| (call.fd, call.still_held))
        .collect();
    assert_eq!(closes, [(Some(4), true), (Some(5), false)]);
    assert!(trace.sockets[0].listens);
    assert_eq!(trace.sockets[1].accepted_from, Some(0));
    assert_eq!(trace.sockets[1].peer.as_deref(), Some("127.0.0.1:41234"));
    assert_eq!(call(&trace, "exit_group").result, None);
    let says = |text: &str| trace.notes.iter().any(|it| it.contains(text));
    assert!(says("no times"), "{:?}", trace.notes);
    assert!(says("left out, 2 of them"), "{:?}", trace.notes);
}

#[test]
fn as_on_a_terminal_with_a_child() {
    let trace = read(
        r#"execve("/usr/bin/server", ["server", "-p", "0"], 0x7ffd) = 0
socket(AF_UNIX, SOCK_STREAM, 0)         = 3<socket:[8]>
clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLDstrace: Process 21 attached
, child_tidptr=0x7f) = 21
fork(strace: Process 22 attached
)                                  = 22
[pid    20] accept(3<socket:[8]>,  <unfinished ...>
[pid    22] close(3<socket:[8]>)        = 0
[pid    22] exit_group(7)               = ?
[pid    22] +++ exited with 7 +++
<... accept resumed>NULL, NULL)         = ? ERESTARTSYS (To be restarted if SA_RESTART is set)
--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=22, si_uid=0, si_status=7} ---
accept(3<socket:[8]>, NULL, NULL)       = 4<socket:[9]>
"#,
    );
    assert_eq!(trace.tasks[0].tid, 20);
    assert_eq!(trace.tasks[0].name, "server");
    assert_eq!(trace.tasks[1].tid, 22);
    assert_eq!(call(&trace, "clone").result, Some(21));
    assert_eq!(trace.command, "server -p 0");
    let signal = trace.events.iter().find_map(|event| match event {
        Event::Signal(signal) => Some(signal),
        _ => None,
    });
    assert_eq!(signal.unwrap().from_pid, Some(22));
    let accepts: Vec<_> = calls(&trace)
        .into_iter()
        .filter(|call| call.call == "accept")
        .map(|call| (call.result, call.errno.as_deref()))
        .collect();
    assert_eq!(accepts, [(Some(-1), Some("ERESTARTSYS")), (Some(4), None)]);
}

#[test]
fn a_child_that_is_heard_before_its_parent_knows_of_it() {
    let trace = read(
        "5  0.000000 socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3\n\
         5  0.001000 clone(child_stack=NULL, flags=SIGCHLD <unfinished ...>\n\
         6  0.000100 recvfrom(3, \"x\", 1, 0, NULL, NULL) = 1\n\
         5  0.000100 <... clone resumed>, child_tidptr=0x7f) = 6\n\
         6  0.000100 +++ killed by SIGKILL +++\n",
    );
    assert_eq!(trace.tasks.len(), 2);
    assert_eq!(trace.tasks[1].parent, Some(0));
    assert_eq!(trace.tasks[1].birth, Birth::Fork);
    assert_eq!(call(&trace, "recvfrom").socket, Some(0));
    assert_eq!(trace.sockets.len(), 1);
    let born = trace.events.iter().find_map(|event| match event {
        Event::Birth(born) => Some(born),
        _ => None,
    });
    assert_eq!(born.unwrap().holds[0].fd, 3);
}

#[test]
fn threads_share_and_children_copy() {
    let trace = read(
        "5  clone3({flags=CLONE_VM|CLONE_FILES|CLONE_THREAD, exit_signal=0}, 88) = 6\n\
         6  socket(AF_INET, SOCK_DGRAM, IPPROTO_IP) = 3\n\
         5  write(3, \"abc\"..., 400) = 400\n\
         5  vfork() = 7\n\
         7  close(3) = 0\n\
         6  write(3, \"abc\"..., 400) = 400\n",
    );
    assert_eq!(trace.tasks[1].birth, Birth::Thread);
    assert_eq!(trace.tasks[1].pid, 5);
    assert_eq!(trace.tasks[2].birth, Birth::Vfork);
    let sockets = calls(&trace).into_iter().filter(|it| it.call == "write");
    assert!(sockets.into_iter().all(|it| it.socket == Some(0)));
    assert!(call(&trace, "close").still_held);
    assert_eq!(trace.sockets[0].protocol, "IPPROTO_UDP");
}

#[test]
fn what_was_waited_for_and_what_was_ready() {
    let trace = read(
        r"socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3
socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 4
poll([{fd=3, events=POLLIN}, {fd=4, events=POLLIN|POLLOUT}], 2, 1000) = 1 ([{fd=4, revents=POLLOUT}])
pselect6(5, [3 4], NULL, NULL, NULL, NULL) = 2 (in [3 4])
epoll_create1(0) = 5<anon_inode:[eventpoll]>
epoll_ctl(5<anon_inode:[eventpoll]>, EPOLL_CTL_ADD, 4, {events=EPOLLIN, data={u32=9, u64=9}}) = 0
epoll_wait(5<anon_inode:[eventpoll]>, [{events=EPOLLIN, data={u32=9, u64=9}}], 8, -1) = 1
",
    );
    let waits = |name: &str| {
        let call = call(&trace, name);
        let awaits = call.awaits.iter().map(|it| it.fd).collect::<Vec<_>>();
        let ready = call.ready.iter();
        let ready = ready.map(|it| (it.fd, it.events.clone()));
        (awaits, ready.collect::<Vec<_>>())
    };
    let poll = waits("poll");
    assert_eq!(poll, (vec![3, 4], vec![(4, "POLLOUT".to_owned())]));
    let (awaits, ready) = waits("pselect6");
    assert_eq!(awaits, [3, 4]);
    assert_eq!(ready, [(3, "in".to_owned()), (4, "in".to_owned())]);
    let epoll = waits("epoll_wait");
    assert_eq!(epoll, (vec![4], vec![(4, "EPOLLIN".to_owned())]));
}

#[test]
fn descriptors_that_are_passed_stay_the_same_socket() {
    let trace = read(
        "5  socketpair(AF_UNIX, SOCK_STREAM, 0, [3, 4]) = 0\n\
         5  fork() = 6\n\
         5  socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 9\n\
         5  sendmsg(3, {msg_iov=[{iov_base=\"x\", iov_len=1}], msg_iovlen=1, msg_control=[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[9]}], msg_flags=0}, 0) = 1\n\
         6  recvmsg(4, {msg_iov=[{iov_base=\"x\", iov_len=1}], msg_iovlen=1, msg_control=[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[7]}], msg_flags=0}, 0) = 1\n\
         6  write(7, \"y\", 1) = 1\n",
    );
    let sent = call(&trace, "sendmsg").passed[0];
    let got = call(&trace, "recvmsg").made[0];
    assert_eq!((sent.fd, got.fd), (9, 7));
    assert_eq!(sent.socket, got.socket);
    assert_eq!(call(&trace, "write").socket, sent.socket);
    assert_eq!(trace.sockets[0].other_end, Some(1));
}

#[test]
fn the_first_to_connect_is_taken_for_the_first_accepted() {
    let client = |tid: i32| {
        format!(
            "{tid} socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3\n\
             {tid} connect(3, {{sa_family=AF_INET, sin_port=htons(5000), \
             sin_addr=inet_addr(\"127.0.0.1\")}}, 16) = 0\n"
        )
    };
    let accept = |port: u16, fd: i32| {
        format!(
            "5 accept(3, {{sa_family=AF_INET, sin_port=htons({port}), \
             sin_addr=inet_addr(\"127.0.0.1\")}}, [16]) = {fd}\n"
        )
    };
    let log = "5 socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3\n\
         5 bind(3, {sa_family=AF_INET, sin_port=htons(5000), \
         sin_addr=inet_addr(\"0.0.0.0\")}, 16) = 0\n"
        .to_owned()
        + &client(6)
        + &client(7)
        + &accept(41234, 4)
        + &accept(41235, 8);
    let trace = read(&log);
    let ends: Vec<_> = trace.sockets.iter().map(|it| it.other_end).collect();
    assert_eq!(ends, [None, Some(3), Some(4), Some(1), Some(2)]);
    assert_eq!(trace.sockets[2].local.as_deref(), Some("127.0.0.1:41235"));
    assert!(trace.notes.iter().any(|note| note.contains("guess")));
}

#[test]
fn what_closes_on_exec_is_gone_with_it() {
    let trace = read(
        "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP) = 3\n\
         socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 4\n\
         execve(\"/bin/cat\", [\"cat\"], 0x7ffd /* 3 vars */) = 0\n\
         execve(\"/bin/sh\", [\"sh\"], 0x7ffd /* 3 vars */) = 0\n",
    );
    let exec = trace.events.iter().find_map(|event| match event {
        Event::Exec(exec) => Some(exec),
        _ => None,
    });
    let exec = exec.unwrap();
    assert_eq!(exec.name, "sh");
    let held: Vec<_> = exec.holds.iter().map(|held| held.fd).collect();
    assert_eq!(held, [4]);
}

#[test]
fn other_calls_are_there_for_who_asks() {
    let log = "openat(AT_FDCWD, \"/etc/hosts\", O_RDONLY) = 3\n";
    assert_eq!(calls(&from_log(log, true).unwrap()).len(), 1);
    assert_eq!(calls(&from_log(log, false).unwrap()).len(), 0);
}
