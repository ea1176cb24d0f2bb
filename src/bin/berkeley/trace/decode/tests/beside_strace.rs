//! The same programs under this tool's engine and under strace: every call
//! of every thread, its arguments and its result, side by side.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::time::{Duration, Instant};

use super::spelled::{Numbers, call_of};
use super::*;
use crate::tracer::{
    Birth, Delivery, End, Interest, Launch, Remote, Scope, Task, Tracer,
    Witness, name,
};

/// Only a failure waits for so long.
const SOON: Duration = Duration::from_secs(60);

/// The calls of each task, by its number.
type Tasks = BTreeMap<i32, Vec<String>>;

/// Decodes, and notes a line a call.
#[derive(Default)]
struct Lines {
    begun: BTreeMap<i32, (Entry, Decoded)>,
    by_task: Tasks,
}

impl Lines {
    fn note(&mut self, tid: i32, result: &str) {
        if let Some((_, call)) = self.begun.remove(&tid) {
            let args = call.args.join(", ");
            let line = format!("{}({args}) = {result}", call.name);
            self.by_task.entry(tid).or_default().push(line);
        }
    }
}

impl Witness for Lines {
    fn enters(&mut self, _: u64, task: Task, call: &Entry) -> Interest {
        let decoded = DECODER.enter(call, &Remote(task.tid));
        self.begun.insert(task.tid, (*call, decoded));
        Interest::Return
    }

    fn returns(&mut self, _: u64, task: Task, result: i64) {
        if let Some((call, decoded)) = self.begun.get_mut(&task.tid) {
            DECODER.leave(call, result, &Remote(task.tid), decoded);
        }
        let result = match errno(result) {
            Some(name) => format!("-1 {name}"),
            None => result.to_string(),
        };
        self.note(task.tid, &result);
    }

    fn is_born(&mut self, _: u64, _: Task, _: Option<Task>, _: Birth) {}

    fn becomes(&mut self, _: u64, _: Task, _: i32) {}

    fn hears(&mut self, _: u64, _: Task, _: &Delivery) {}

    fn pauses(&mut self, _: u64, _: Task, _: i32) {}

    fn goes_on(&mut self, _: u64, _: Task) {}

    fn ends(&mut self, _: u64, task: Task, _: End) {
        self.note(task.tid, "?");
    }
}

fn ours(argv: &[&str]) -> Tasks {
    let mut tracer = Tracer::new(Scope::Calls(numbers())).unwrap();
    let mut lines = Lines::default();
    let launch = Launch {
        argv: argv.iter().map(Into::into).collect(),
        own_group: true,
        ..Launch::default()
    };
    tracer.start(launch, &mut lines).unwrap();
    let deadline = Instant::now() + SOON;
    while tracer.is_anyone_left() {
        assert!(Instant::now() < deadline, "{argv:?} does not end");
        tracer.pump(&mut lines, deadline, &[]);
    }
    lines.by_task
}

fn straces(argv: &[&str]) -> Tasks {
    let place = Place::new();
    let names = numbers().into_iter().map(|number| name(number).into_owned());
    let names: Vec<String> = names.collect();
    Command::new("strace")
        .args(["-q", "-ff", "-s", "32", "-e", "signal=none", "-e"])
        .arg(format!("trace={}", names.join(",")))
        .arg("-o")
        .arg(place.0.join("log"))
        .args(argv)
        .status()
        .unwrap();
    place.logs()
}

/// A directory of this test's own.
struct Place(PathBuf);

impl Place {
    fn new() -> Place {
        let count = Instant::now();
        let name = format!("berkeley-{}-{count:?}", process::id());
        let name: String =
            name.chars().filter(char::is_ascii_alphanumeric).collect();
        let place = std::env::temp_dir().join(name);
        fs::create_dir(&place).unwrap();
        Place(place)
    }

    /// A file a task.
    fn logs(&self) -> Tasks {
        let files = fs::read_dir(&self.0).unwrap();
        let logs = files.map(|file| {
            let path = file.unwrap().path();
            let log = fs::read_to_string(&path).unwrap();
            let lines = log.lines().filter_map(call_of).collect();
            (number_of(&path), lines)
        });
        logs.collect()
    }
}

fn number_of(path: &Path) -> i32 {
    path.extension().unwrap().to_str().unwrap().parse().unwrap()
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// All of it, task by task in the order of their births, in the words of
/// neither run.
fn plain(mut tasks: Tasks) -> Vec<String> {
    let is_first = |(_, lines): &(&i32, &Vec<String>)| {
        lines.first().is_some_and(|line| line.starts_with("execve("))
    };
    let first = tasks.iter().find(is_first).map(|(tid, _)| *tid);
    let mut next: VecDeque<i32> = first.into_iter().collect();
    let mut numbers = Numbers::default();
    let mut plain = Vec::new();
    while let Some(tid) = next.pop_front() {
        for line in tasks.remove(&tid).unwrap_or_default() {
            next.extend(child(&line));
            let place = plain.len();
            plain.push(format!("{place} {}", numbers.replaced(&line)));
        }
    }
    assert!(tasks.values().all(Vec::is_empty), "{tasks:?}");
    plain
}

/// Whom the call of this line has made.
fn child(line: &str) -> Option<i32> {
    let (call, result) = line.rsplit_once(" = ")?;
    let (name, _) = call.split_once('(')?;
    let makes = ["clone", "clone3", "fork", "vfork"].contains(&name);
    makes.then(|| result.parse().ok())?
}

fn assert_same(argv: &[&str], wanted: &str) {
    if Command::new("strace").arg("--version").output().is_err() {
        eprintln!("nothing to compare with: strace is not installed");
        return;
    }
    // A pid may happen to be the size of something: not every time.
    let mut found = differing(argv, wanted);
    for _ in 0..2 {
        if !found.is_empty() {
            found = differing(argv, wanted);
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn differing(argv: &[&str], wanted: &str) -> Vec<String> {
    let theirs = plain(straces(argv));
    let ours = plain(ours(argv));
    assert!(ours.iter().any(|line| line.contains(wanted)), "{ours:#?}");
    assert_eq!(theirs.len(), ours.len());
    theirs
        .iter()
        .zip(&ours)
        .filter(|(theirs, ours)| theirs != ours)
        .map(|(theirs, ours)| format!("- {theirs}\n+ {ours}"))
        .collect()
}

/// The interpreter itself: `python3` may be a script that looks for it.
fn python(script: &str, wanted: &str) {
    let ask = ["-c", "import sys; print(sys.executable)"];
    let Ok(said) = Command::new("python3").args(ask).output() else {
        eprintln!("nothing to run: python3 is not installed");
        return;
    };
    let python = String::from_utf8(said.stdout).unwrap();
    assert_same(&[python.trim(), "-Ic", script], wanted);
}

#[test]
fn connections_are_told_as_strace_does() {
    python(
        r#"
import socket, struct, threading
for family, host in (2, "127.0.0.1"), (10, "::1"):
    listener = socket.socket(family, 1)
    listener.setsockopt(1, 2, 1)
    listener.bind((host, 0))
    listener.listen(5)
    name = listener.getsockname()
    client = socket.socket(family, 1)
    client.connect(name)
    served, peer = listener.accept()
    client.sendall(b"Knock, knock\n")
    served.recv(1024)
    served.send(bytes(range(48)), socket.MSG_NOSIGNAL)
    client.recv(20, socket.MSG_PEEK)
    client.recv(20, socket.MSG_WAITALL)
    client.recv_into(bytearray(100))
    client.getpeername()
    for option in (1, 3, 4, 5, 6, 9, 12, 18, 23, 25):
        client.getsockopt(6, option)
    client.setsockopt(6, 1, 1)
    client.setsockopt(1, 13, struct.pack("ii", 1, 0))
    client.getsockopt(1, 13, 8)
    client.setblocking(False)
    try: client.recv(10)
    except BlockingIOError: pass
    served.shutdown(socket.SHUT_WR)
    client.recv(10)
    client.close()
    try: served.recv(10)
    except ConnectionResetError: pass
    served.close()
    listener.close()
try: socket.create_connection(name[:2], timeout=5)
except ConnectionRefusedError: pass
socket.socket(2, 1).close()
"#,
        "SOL_TCP, TCP_NODELAY, [1], 4",
    );
}

#[test]
fn local_sockets_and_passed_descriptors_are_told_as_strace_does() {
    python(
        r#"
import array, os, socket
one, other = socket.socketpair()
file = os.open("/dev/null", os.O_RDONLY)
socket.send_fds(one, [b"two of them"], [file, 1])
text, fds, flags, address = socket.recv_fds(other, 100, 4)
for fd in fds: os.close(fd)
other.setsockopt(1, socket.SO_PASSCRED, 1)
other.getsockopt(1, socket.SO_PEERCRED, 12)
one.sendmsg([b"a", b"bc", b"\0\1\2"])
other.recvmsg(4, 256)
other.recvmsg_into([bytearray(1), bytearray(50)], 20)
os.writev(one.fileno(), [b"x" * 40, b"y"])
os.readv(other.fileno(), [bytearray(30), bytearray(30)])
one.shutdown(socket.SHUT_RDWR)
other.recv(10)
listener = socket.socket(1, 1)
listener.bind("\0berkeley-%d\x7f" % os.getpid())
listener.listen()
client = socket.socket(1, 1)
client.connect(listener.getsockname())
served, name = listener.accept()
served.getsockname()
os.write(client.fileno(), b"to one end")
os.read(served.fileno(), 100)
packets = socket.socketpair(1, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
try: packets[0].recv(1)
except BlockingIOError: pass
try: client.connect("/no/such/socket\n\"")
except OSError: pass
"#,
        "cmsg_type=SCM_RIGHTS",
    );
}

#[test]
fn datagrams_and_their_options_are_told_as_strace_does() {
    python(
        r#"
import socket
for family, host in (2, "127.0.0.1"), (10, "::1"):
    receiver = socket.socket(family, 2)
    receiver.bind((host, 0))
    sender = socket.socket(family, 2)
    sender.sendto(b"one", receiver.getsockname())
    receiver.recvfrom(100)
    level = 0 if family == 2 else 41
    for option in ((8, 12, 13) if family == 2 else (26, 49, 51, 66)):
        try: receiver.setsockopt(level, option, 1)
        except OSError: pass
    sender.sendmsg([b"tw", b"o"], [], 0, receiver.getsockname())
    receiver.recvmsg(2, 200)
    sender.connect(receiver.getsockname())
    sender.send(b"three")
    receiver.recv(2, socket.MSG_TRUNC)
    sender.setsockopt(1, socket.SO_BROADCAST, 1)
    sender.getsockopt(1, socket.SO_TYPE)
    receiver.close()
    try:
        sender.send(b"to nobody")
        sender.send(b"to nobody")
    except ConnectionRefusedError: pass
group = socket.inet_aton("239.1.2.3") + socket.inet_aton("127.0.0.1")
try: sender.setsockopt(0, socket.IP_ADD_MEMBERSHIP, group)
except OSError: pass
"#,
        "MSG_TRUNC",
    );
}

#[test]
fn waiting_is_told_as_strace_does() {
    python(
        r#"
import select, socket
one, other = socket.socketpair()
one.send(b"x")
poll = select.poll()
poll.register(one, select.POLLOUT)
poll.register(other, select.POLLIN)
poll.poll(0)
select.select([one, other], [one], [other], 0)
epoll = select.epoll()
epoll.register(one, select.EPOLLIN | select.EPOLLET)
epoll.register(other, select.EPOLLIN)
epoll.poll(0, 10)
epoll.modify(one, select.EPOLLOUT | select.EPOLLONESHOT)
epoll.poll(0, 10)
epoll.unregister(other)
epoll.poll(0)
epoll.close()
"#,
        "epoll_ctl(5, EPOLL_CTL_ADD, 3",
    );
}

#[test]
fn processes_and_descriptors_are_told_as_strace_does() {
    python(
        r#"
import fcntl, os, signal, socket, threading
one, other = socket.socketpair()
child = os.fork()
if child == 0:
    os.dup2(one.fileno(), 9)
    os.write(9, b"from the child")
    os._exit(3)
os.waitpid(child, 0)
other.recv(100)
thread = threading.Thread(target=lambda: one.send(b"from a thread"))
thread.start()
thread.join()
child = os.fork()
if child == 0: os.kill(os.getpid(), signal.SIGKILL)
os.waitpid(child, 0)
child = os.fork()
if child == 0: os.execv("/bin/true", ["true", "an \"argument\""])
os.waitpid(child, 0)
fcntl.fcntl(one, fcntl.F_GETFL)
fcntl.fcntl(one, fcntl.F_SETFL, os.O_NONBLOCK)
fcntl.fcntl(one, fcntl.F_DUPFD, 20)
os.dup2(20, 21)
os.closerange(20, 22)
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
os.kill(os.getpid(), signal.SIGUSR1)
os.kill(os.getpid(), 0)
"#,
        "[{WIFEXITED(s) && WEXITSTATUS(s) == 3}]",
    );
}
