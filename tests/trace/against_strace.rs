//! Every network call, its order per thread, its arguments and its result
//! are as strace(1) has them, on programs that this kit did not write.
//!
//! A program cannot be traced twice at once, so it runs twice; what differs
//! from run to run (ports, pids, pointers) is made alike.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::common::{
    Language, Program, Start, peer_program, program, python, run,
};
use super::{Saved, trace};

/// The network family of strace's `%network`.
const NETWORK: [&str; 19] = [
    "socket",
    "socketpair",
    "bind",
    "listen",
    "accept",
    "accept4",
    "connect",
    "getsockname",
    "getpeername",
    "setsockopt",
    "getsockopt",
    "sendto",
    "recvfrom",
    "sendmsg",
    "recvmsg",
    "sendmmsg",
    "recvmmsg",
    "shutdown",
    "getpmsg",
];

/// Each task's network calls, in words, as they came.
fn calls(trace: &Value) -> Vec<Vec<String>> {
    let tasks = trace["tasks"].as_array().unwrap().len();
    let mut all = vec![Vec::new(); tasks];
    for event in trace["events"].as_array().unwrap() {
        let name = event["call"].as_str().unwrap_or_default();
        if event["event"] != "call" || !NETWORK.contains(&name) {
            continue;
        }
        let task = usize::try_from(event["task"].as_u64().unwrap()).unwrap();
        let args = event["args"].as_array().unwrap().iter();
        let args: Vec<&str> = args.map(|arg| arg.as_str().unwrap()).collect();
        let result = match event["errno"].as_str() {
            Some(errno) => errno.to_string(),
            None => event["result"].to_string(),
        };
        // What a signal interrupts is made again, as often as it comes.
        if result.starts_with("ERESTART") || result == "null" {
            continue;
        }
        let call = format!("{name}({}) = {result}", args.join(", "));
        all[task].push(alike(&call));
    }
    all.retain(|calls| !calls.is_empty());
    all
}

/// Processes, numbers of four and more digits, and pointers made one.
fn alike(text: &str) -> String {
    let mut alike = String::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let is_number = |c: char| c.is_ascii_digit();
        let number = rest.find(|c| !is_number(c)).unwrap_or(rest.len());
        if let Some(hex) = rest.strip_prefix("0x") {
            let end = hex.find(|c: char| !c.is_ascii_hexdigit());
            let end = end.unwrap_or(hex.len());
            alike += if end > 6 { "POINTER" } else { &rest[..end + 2] };
            rest = &hex[end..];
        } else if number > 0 {
            let is_process = alike.ends_with("pid=");
            let same = number <= 3 && !is_process;
            alike += if same { &rest[..number] } else { "N" };
            rest = &rest[number..];
        } else {
            alike.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    alike
}

fn ours(command: &[OsString]) -> Value {
    let saved = Saved::new("json");
    let words = ["--payload", "256", "-o", saved.name(), "--"];
    let done = run(trace(&words).args(command), b"in\n");
    assert_eq!(done.code, 0, "{command:?}: {}", done.err());
    saved.json()
}

fn straces(strace: &Path, command: &[OsString]) -> Value {
    let log = Saved::new("strace");
    let mut under = Command::new(strace);
    let words = ["-f", "-ttt", "-yy", "-s", "256", "-o", log.name()];
    let done = run(under.args(words).args(command), b"in\n");
    assert_eq!(done.code, 0, "{command:?}: {}", done.err());
    let done = run(&mut trace(&["--read", log.name(), "--json"]), b"");
    assert_eq!(done.code, 0, "{}", done.err());
    serde_json::from_slice(&done.stdout).unwrap()
}

/// How often a program that does not behave alike each time may try to.
const TRIES: usize = 5;

fn agree(name: &str, command: &[OsString]) {
    if let Some(difference) = difference(command) {
        panic!("{name}: {difference}");
    }
}

/// socat looks at a socketpair of its own whenever it wakes up, and how often
/// it does depends on whether data and EOF come together. One run of both
/// that are alike is enough: calls that were lost or misread stay so.
fn agrees_at_last(name: &str, command: &[OsString]) {
    let mut last = None;
    for _ in 0..TRIES {
        last = difference(command);
        if last.is_none() {
            return;
        }
    }
    panic!("{name}: {}", last.unwrap_or_default());
}

fn difference(command: &[OsString]) -> Option<String> {
    let strace = peer_program("strace")?;
    let (ours, theirs) =
        (calls(&ours(command)), calls(&straces(&strace, command)));
    let lines = |calls: &[Vec<String>]| -> Vec<String> {
        let tasks = calls.iter().enumerate();
        tasks
            .flat_map(|(task, calls)| {
                calls.iter().map(move |call| format!("{task} {call}"))
            })
            .collect()
    };
    let (ours, theirs) = (lines(&ours), lines(&theirs));
    assert!(!ours.is_empty(), "{command:?}: no call was seen");
    let alike =
        ours.iter().zip(&theirs).take_while(|(our, their)| our == their);
    let at = alike.count();
    let (our, their) = (ours.get(at), theirs.get(at));
    (our != their).then(|| format!("call {at}: {our:?}, strace: {their:?}"))
}

fn python_agrees(name: &str, script: &str) {
    let Some(python) = python(script, &[]) else { return };
    let mut command = vec![python.get_program().to_os_string()];
    command.extend(python.get_args().map(OsString::from));
    agree(name, &command);
}

#[test]
fn on_tcp_with_every_kind_of_option() {
    python_agrees(
        "tcp",
        "
import socket, struct
for family, host in [(socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1')]:
    s = socket.socket(family)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 5))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30)
    s.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE)
    s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    s.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)
    s.bind((host, 0))
    s.listen(5)
    c = socket.socket(family)
    c.connect(s.getsockname()[:2])
    d, _ = s.accept()
    c.send(b'one\\ttwo\\r\\n\\0\\x011\\xff\"\\\\end')
    d.recv(5, socket.MSG_PEEK)
    d.recv(100)
    d.sendall(b'x' * 1000)
    c.recv(400, socket.MSG_WAITALL)
    c.recv_into(bytearray(400))
    c.setblocking(False)
    c.recv(1000)
    try: c.recv(1)
    except BlockingIOError: pass
    c.getpeername()
    c.shutdown(socket.SHUT_WR)
    d.recv(1)
    d.close(); c.close(); s.close()
s = socket.socket()
try: s.connect(('127.0.0.1', 1))
except ConnectionRefusedError: pass
try: s.listen(); s.accept
except OSError: pass
try: s.setsockopt(socket.SOL_SOCKET, 9999, 1)
except OSError: pass
",
    );
}

#[test]
fn on_datagrams() {
    python_agrees(
        "udp",
        "
import socket
for family, host in [(socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1')]:
    a = socket.socket(family, socket.SOCK_DGRAM)
    b = socket.socket(family, socket.SOCK_DGRAM)
    a.bind((host, 0)); b.bind((host, 0))
    a.sendto(b'hello', b.getsockname())
    b.recvfrom(3, socket.MSG_TRUNC)
    a.connect(b.getsockname())
    a.sendmsg([b'one', b'two', b''])
    print(b.recvmsg(100, 100))
    b.setblocking(False)
    try: b.recvfrom(1)
    except BlockingIOError: pass
    a.close(); b.close()
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 3)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 2)
",
    );
}

#[test]
fn on_unix_sockets_and_passed_descriptors() {
    python_agrees("unix", "
import os, socket
folder = '/tmp/berkeley-%010d' % os.getpid()
os.mkdir(folder)
path = folder + '/s'
for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
    s = socket.socket(socket.AF_UNIX, kind)
    s.bind(path); s.listen(1)
    c = socket.socket(socket.AF_UNIX, kind)
    c.connect(path)
    d, _ = s.accept()
    c.send(b'hi'); d.recv(10)
    print(d.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    c.close(); d.recv(1); d.close(); s.close(); os.unlink(path)
s = socket.socket(socket.AF_UNIX); s.bind('\\0berkeley-%010d' % os.getpid()); s.close()
a, b = socket.socketpair()
r, w = os.pipe()
socket.send_fds(a, [b'fds'], [r, w])
socket.recv_fds(b, 10, 4)
a.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
b.send(b'creds')
a.recvmsg(100, 100)
os.rmdir(folder)
");
}

#[test]
fn on_threads_forks_and_execs() {
    python_agrees("family", "
import os, socket, subprocess, sys, threading
s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()
def serve():
    c, _ = s.accept(); c.sendall(c.recv(100)); c.close()
def ask(c, text):
    c.connect(s.getsockname()); c.sendall(text)
    while c.recv(100): pass
    c.close()
for text in (b'one', b'two'):
    c = socket.socket()
    t = threading.Thread(target=serve); t.start()
    ask(c, text); t.join()
if (pid := os.fork()) == 0:
    ask(socket.socket(), b'three'); os._exit(0)
serve(); os.waitpid(pid, 0)
subprocess.run([sys.executable, '-S', '-c', 'import socket; socket.socket().close()'])
");
}

#[test]
fn on_ancillary_data_and_bad_arguments() {
    python_agrees(
        "ancillary",
        "
import ctypes, os, socket, struct
a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
b = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
b.bind(('127.0.0.1', 0))
for option in (8, 12, 13):
    b.setsockopt(socket.IPPROTO_IP, option, 1)
a.sendmsg([b'ttl'], [(0, socket.IP_TTL, struct.pack('i', 5))], 0, b.getsockname())
b.recvmsg(10, 200)
a.connect(('127.0.0.1', 9)); a.setsockopt(0, 11, 1); a.send(b'nobody')
try: a.recv(1)
except ConnectionRefusedError: pass
a.recvmsg(100, 512, socket.MSG_ERRQUEUE)
s = socket.create_server(('::', 0), family=socket.AF_INET6, dualstack_ipv6=True)
c = socket.create_connection(('127.0.0.1', s.getsockname()[1]))
d, _ = s.accept()
c.send(b'urgent', socket.MSG_OOB); d.recv(100); d.recv(1, socket.MSG_OOB)
libc = ctypes.CDLL(None)
for pointer in (0, 8):
    libc.send(c.fileno(), ctypes.c_void_p(pointer), 10, 0)
    libc.sendmsg(c.fileno(), ctypes.c_void_p(pointer), 0)
    libc.bind(c.fileno(), ctypes.c_void_p(pointer), 16)
    libc.getsockname(c.fileno(), ctypes.c_void_p(pointer), ctypes.c_void_p(8))
libc.shutdown(c.fileno(), 7); libc.shutdown(999, 1); libc.listen(0, -1)
libc.socket(200, 77, -1); libc.setsockopt(c.fileno(), -1, -1, None, -1)
size = ctypes.c_int(2)
# 20 and 21, the timeouts, have another name here.
for option in set(range(1, 40)) - {20, 21}:
    size.value = 2
    libc.getsockopt(c.fileno(), 1, option, ctypes.create_string_buffer(8), ctypes.byref(size))
",
    );
}

#[test]
fn on_curl() {
    let Some(curl) = peer_program("curl") else { return };
    let script = "
import http.server as h
h.BaseHTTPRequestHandler.date_time_string = lambda *a: 'now'
s = h.HTTPServer(('127.0.0.1', 0), h.SimpleHTTPRequestHandler)
print('port', s.server_address[1], flush=True)
s.serve_forever()
";
    let Some(mut python) = python(script, &[]) else { return };
    let python = python.current_dir(env!("CARGO_TARGET_TMPDIR"));
    let server = Program::spawn(python);
    let line = server.wait_for("port ");
    let port = line.trim_start_matches("port ");
    let url = format!("http://127.0.0.1:{port}/nothing-of-this-name");
    agree("curl", &words(&curl, &["-s", "-I", "-o", "/dev/null", &url]));
}

fn words(path: &Path, words: &[&str]) -> Vec<OsString> {
    let words = words.iter().map(OsString::from);
    std::iter::once(path.as_os_str().to_os_string()).chain(words).collect()
}

#[test]
fn on_nc_and_socat() {
    let Some(nc) = peer_program("nc") else { return };
    let Some(socat) = peer_program("socat") else { return };
    let mut server = Start::new(Language::Rust, "echo_server")
        .args(["--quiet", "--model", "epoll"])
        .start();
    let port = server.port().to_string();
    agree("nc", &words(&nc, &["-N", "127.0.0.1", &port]));
    let address = format!("TCP:127.0.0.1:{port}");
    agrees_at_last("socat", &words(&socat, &["-", &address]));
    let client = program(Language::Rust, "echo_client");
    let args = ["hello", "--host", "127.0.0.1", "--port", &port];
    agree("echo_client", &words(&client, &args));
    server.kill(nix::sys::signal::Signal::SIGINT);
    assert_eq!(server.exit_code(), 0);
}
