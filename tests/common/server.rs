//! A server program, from its announcement to its end.

use std::io::Write;
use std::net::TcpStream;
use std::ops::{Deref, DerefMut};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::Signal;

use super::peers::Conversation;
use super::program::Program;
use super::twins::{Language, program};
use super::{SOON, ignoring, kernel, until, without};

/// What each server says when it listens.
const ANNOUNCED: [&str; 6] = [
    "Running knock, knock server on ",
    "making a server on ",
    "making a UDP server on ",
    "Listening at ",
    "listening on ",
    "Supplying bytes on ",
];

/// A server about to be started.
pub struct Start {
    path: PathBuf,
    wrapper: Vec<String>,
    args: Vec<String>,
    own_group: bool,
    forbidden: Option<i64>,
    ignored: Option<Signal>,
}

impl Start {
    /// On a port that the kernel chooses; every server takes it its own way.
    pub fn new(language: Language, name: &str) -> Start {
        Start::at(program(language, name), name)
    }

    /// The same for a program somewhere else: a sanitized build.
    pub fn at(path: PathBuf, name: &str) -> Start {
        let start = Start {
            path,
            wrapper: vec![],
            args: vec![],
            own_group: false,
            forbidden: None,
            ignored: None,
        };
        start.args(port_zero(name).iter().copied())
    }

    pub fn args<T: ToString>(
        mut self,
        args: impl IntoIterator<Item = T>,
    ) -> Start {
        self.args.extend(args.into_iter().map(|arg| arg.to_string()));
        self
    }

    /// On a socket file instead of a port.
    pub fn unix(mut self, path: &Path) -> Start {
        self.without_port();
        self.args(["--unix", path.to_str().unwrap()])
    }

    /// On this port, because somebody had it before.
    pub fn port(mut self, port: u16) -> Start {
        let zero = self.args.iter().position(|arg| arg == "0").unwrap();
        self.args[zero] = port.to_string();
        self
    }

    fn without_port(&mut self) {
        let zero = self.args.iter().position(|arg| arg == "0").unwrap();
        let named = zero > 0 && self.args[zero - 1].starts_with('-');
        self.args.drain(if named { zero - 1 } else { zero }..=zero);
    }

    /// Started by another program: `strace -f`, `setpriv --reuid 1`.
    pub fn under<T: ToString>(
        mut self,
        wrapper: impl IntoIterator<Item = T>,
    ) -> Start {
        let words = wrapper.into_iter().map(|word| word.to_string());
        self.wrapper.splice(0..0, words);
        self
    }

    /// With a limit of the shell: `ulimit -n 64`.
    pub fn with_limit(self, limit: &str) -> Start {
        let script = format!("ulimit {limit} && exec \"$@\"");
        self.under(["sh", "-c", &script, "sh"])
    }

    /// In a process group of its own, as a shell starts a job.
    pub fn in_own_group(mut self) -> Start {
        self.own_group = true;
        self
    }

    /// Where this system call is refused.
    pub fn without(mut self, call: i64) -> Start {
        self.forbidden = Some(call);
        self
    }

    /// By somebody who ignores this signal.
    pub fn ignoring(mut self, signal: Signal) -> Start {
        self.ignored = Some(signal);
        self
    }

    pub fn command(&self) -> Command {
        let mut words = self.wrapper.iter();
        let mut command = match words.next() {
            Some(first) => Command::new(first),
            None => Command::new(&self.path),
        };
        if !self.wrapper.is_empty() {
            command.args(words).arg(&self.path);
        }
        command.args(&self.args);
        if self.own_group {
            command.process_group(0);
        }
        if let Some(call) = self.forbidden {
            without(call, &mut command);
        }
        if let Some(signal) = self.ignored {
            ignoring(signal, &mut command);
        }
        command
    }

    /// Starts it and returns when it listens: the line is printed and the
    /// kernel has the row.
    pub fn start(self) -> Server {
        let program = Program::spawn(&mut self.command());
        let v6 = self.args.iter().any(|arg| arg.contains("::"));
        let starts =
            |line: &str| ANNOUNCED.iter().any(|words| line.starts_with(words));
        let line = program.wait_for_line(SOON, "an announcement", starts);
        let words = ANNOUNCED.iter().find(|words| line.starts_with(**words));
        let place = line[words.unwrap().len()..].to_string();
        let server = Server { program, announcement: line, place, v6 };
        if server.announcement.contains("UDP") {
            return server;
        }
        until(SOON, "the kernel shows a listener", || match server.path() {
            Some(path) => kernel::is_listening_at(path),
            None => kernel::is_listening(server.port()),
        });
        server
    }
}

fn port_zero(name: &str) -> &'static [&'static str] {
    match name {
        "knock" => &["-p", "0"],
        "roster_server" => &["--port", "0"],
        "one_to_one" => &["server", "0"],
        _ => &["0"],
    }
}

/// A server that listens.
pub struct Server {
    program: Program,
    pub announcement: String,
    place: String,
    v6: bool,
}

impl Server {
    /// The port that the kernel chose.
    pub fn port(&self) -> u16 {
        let digits = self.place.rsplit([':', '/', ' ']).next().unwrap();
        digits
            .parse()
            .unwrap_or_else(|_| panic!("no port in {:?}", self.announcement))
    }

    /// The socket file, when it listens on one.
    pub fn path(&self) -> Option<&str> {
        let rest = &self.announcement;
        let is_file = rest.contains(" /");
        is_file.then(|| &rest[rest.find(" /").unwrap() + 1..])
    }

    /// Its children that have not ended.
    pub fn workers(&self) -> Vec<i32> {
        let mut workers = kernel::children(self.pid());
        workers.retain(|&pid| kernel::state(pid) != Some('Z'));
        workers
    }

    /// A peer over whatever the server listens on.
    pub fn connect(&self) -> Conversation {
        match self.path() {
            Some(path) => UnixStream::connect(path).unwrap().into(),
            None => self.tcp().into(),
        }
    }

    /// The bare socket.
    pub fn tcp(&self) -> TcpStream {
        let host = if self.v6 { "::1" } else { "127.0.0.1" };
        TcpStream::connect((host, self.port())).unwrap()
    }

    /// Connects and speaks first.
    pub fn say(&self, bytes: &[u8]) -> Conversation {
        let mut peer = self.connect();
        peer.write_all(bytes).unwrap();
        peer
    }

    /// SIGINT, the end, and nobody left behind: what every test of a server
    /// may end with. Returns the exit code.
    pub fn interrupt(&mut self) -> i32 {
        self.kill(nix::sys::signal::SIGINT);
        let code = self.exit_code();
        let left = self.family();
        assert!(left.is_empty(), "orphans after the end: {left:?}");
        code
    }
}

impl Deref for Server {
    type Target = Program;

    fn deref(&self) -> &Program {
        &self.program
    }
}

impl DerefMut for Server {
    fn deref_mut(&mut self) -> &mut Program {
        &mut self.program
    }
}
