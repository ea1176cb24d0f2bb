//! The other side: sockets of std, and programs that this kit did not write.

use std::io::{self, ErrorKind::Interrupted, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::thread::{Scope, ScopedJoinHandle};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, SockaddrIn, bind,
    getsockname, recv, send, setsockopt, socket, sockopt,
};

use super::{SOON, run};

/// The path of a program that this kit did not write, or a line that says
/// so. With `CI=true` all of them have to be there.
pub fn peer_program(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let mut paths = std::env::split_paths(&folders);
    let found = paths.find_map(|folder| {
        let path = folder.join(name);
        path.is_file().then_some(path)
    });
    if found.is_none() {
        skip(&format!("{name} not found"));
    }
    found
}

/// A test that cannot run here says so, by name.
pub fn skip(why: &str) {
    let test = std::thread::current();
    let test = test.name().unwrap_or("a case").to_string();
    let in_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(!in_ci, "{test} may not be skipped here: {why}");
    // Past the harness, which shows nothing of a test that passes.
    let line = format!("skipped: {why} ({test})\n");
    let _ = io::stderr().write_all(line.as_bytes());
}

/// Python itself. What the PATH has may be a script that looks for it each
/// time, in calls of its own, which a trace would tell.
pub fn interpreter() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let find = || {
        let mut python = Command::new(peer_program("python3")?);
        let asked = python.args(["-c", "import sys; print(sys.executable)"]);
        Some(PathBuf::from(run(asked, b"").out().trim_end()))
    };
    FOUND.get_or_init(find).as_deref()
}

/// A script for Python, as CPython's `socket` and `pickle` see the server.
pub fn python(script: &str, args: &[&str]) -> Option<Command> {
    let mut command = Command::new(interpreter()?);
    command.arg("-c").arg(script).args(args);
    Some(command)
}

/// A stream socket with a time limit, so that no test waits for ever.
#[derive(Debug)]
pub enum Conversation {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Conversation {
    /// Exactly these bytes, and no sooner another one.
    pub fn expect(&mut self, bytes: &[u8]) {
        let mut got = vec![0; bytes.len()];
        let read = self.fill(&mut got);
        let (got, wanted) = (shown(&got[..read]), shown(bytes));
        assert_eq!(got, wanted);
    }

    /// These bytes, then the end of the stream: a FIN and no RST.
    pub fn expect_last(&mut self, bytes: &[u8]) {
        let got = self.rest();
        assert_eq!(shown(&got), shown(bytes));
    }

    /// Everything until the end of the stream. A RST is a failure.
    pub fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        if let Err(error) = self.read_to_end(&mut rest) {
            panic!("{error}, after {:?}", shown(&rest));
        }
        rest
    }

    /// The same where a RST is as good as a FIN: the server may close with
    /// unread bytes of ours in its buffer.
    pub fn rest_or_reset(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        match self.read_to_end(&mut rest) {
            Err(error) if error.kind() != io::ErrorKind::ConnectionReset => {
                panic!("{error}, after {:?}", shown(&rest))
            }
            _ => rest,
        }
    }

    /// Whether the other side closes now and says nothing before.
    pub fn has_ended(&mut self) -> Result<(), String> {
        match self.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err("it answered".into()),
            Err(error) => match error.kind() {
                io::ErrorKind::ConnectionReset => Ok(()),
                _ => Err("it waits for more".into()),
            },
        }
    }

    fn fill(&mut self, mut room: &mut [u8]) -> usize {
        let mut filled = 0;
        while !room.is_empty() {
            match self.read(room) {
                Ok(0) => break,
                Ok(got) => {
                    filled += got;
                    room = &mut room[got..];
                }
                Err(error) => panic!("{error}, after {filled} bytes"),
            }
        }
        filled
    }

    pub fn say(&mut self, bytes: &[u8]) {
        self.write_all(bytes).unwrap();
    }

    /// As much of it as the kernel and the other side take; a RST or a full
    /// buffer ends it. Returns how much.
    pub fn say_some(&self, bytes: &[u8]) -> usize {
        let socket = self.as_fd().as_raw_fd();
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
        send(socket, bytes, flags).unwrap_or(0)
    }

    /// Whether a `read` would return at once.
    pub fn has_input(&self) -> bool {
        let socket = self.as_fd().as_raw_fd();
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_PEEK;
        recv(socket, &mut [0], flags) != Err(Errno::EAGAIN)
    }

    /// Whether exactly these bytes come, rather than an end.
    pub fn answers(&mut self, bytes: &[u8]) -> bool {
        let mut got = vec![0; bytes.len()];
        self.read_exact(&mut got).is_ok() && got == bytes
    }

    /// Half-close: the peer sees the end, this side still reads.
    pub fn finish(&self) {
        match self {
            Conversation::Tcp(tcp) => tcp.shutdown(Shutdown::Write),
            Conversation::Unix(unix) => unix.shutdown(Shutdown::Write),
        }
        .unwrap();
    }

    /// Whether nothing arrives for this long.
    pub fn is_silent_for(&mut self, time: Duration) -> bool {
        self.limit(time);
        let read = self.read(&mut [0]);
        self.limit(SOON);
        read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// How long a `read` may take before it fails.
    pub fn limit(&self, time: Duration) {
        match self {
            Conversation::Tcp(tcp) => tcp.set_read_timeout(Some(time)),
            Conversation::Unix(unix) => unix.set_read_timeout(Some(time)),
        }
        .unwrap();
    }

    /// The port on this side.
    pub fn port(&self) -> u16 {
        match self {
            Conversation::Tcp(tcp) => tcp.local_addr().unwrap().port(),
            Conversation::Unix(_) => panic!("AF_UNIX has no ports"),
        }
    }

    /// Ends at once: what SO_LINGER 0 sends is a RST.
    pub fn reset(self) {
        let linger = libc::linger { l_onoff: 1, l_linger: 0 };
        setsockopt(&self, sockopt::Linger, &linger).unwrap();
    }

    /// Sends until nothing more is taken, and returns how much that was.
    /// Where the kernel stops depends on its autotuning.
    pub fn stuff(&self) -> usize {
        let chunk = vec![b'x'; 65536];
        let mut taken = 0;
        loop {
            let fd = self.as_fd().as_raw_fd();
            match send(fd, &chunk, MsgFlags::MSG_DONTWAIT) {
                Ok(sent) => taken += sent,
                Err(Errno::EAGAIN) if self.is_deaf() => return taken,
                Err(Errno::EAGAIN) => {}
                Err(errno) => panic!("{errno}, after {taken} bytes"),
            }
            assert!(taken < 64 << 20, "it takes whatever comes");
        }
    }

    /// Nothing can be sent for a while.
    pub fn is_deaf(&self) -> bool {
        let mut fds = [PollFd::new(self.as_fd(), PollFlags::POLLOUT)];
        poll(&mut fds, PollTimeout::from(200_u8)).unwrap() == 0
    }

    pub fn try_clone(&self) -> Conversation {
        match self {
            Conversation::Tcp(tcp) => tcp.try_clone().unwrap().into(),
            Conversation::Unix(unix) => unix.try_clone().unwrap().into(),
        }
    }
}

impl From<TcpStream> for Conversation {
    fn from(tcp: TcpStream) -> Conversation {
        // Each piece is a segment of its own.
        tcp.set_nodelay(true).unwrap();
        tcp.set_write_timeout(Some(SOON)).unwrap();
        let conversation = Conversation::Tcp(tcp);
        conversation.limit(SOON);
        conversation
    }
}

impl From<UnixStream> for Conversation {
    fn from(unix: UnixStream) -> Conversation {
        unix.set_write_timeout(Some(SOON)).unwrap();
        let conversation = Conversation::Unix(unix);
        conversation.limit(SOON);
        conversation
    }
}

impl Read for Conversation {
    /// With a time limit the kernel does not go on by itself when something
    /// interrupts the call, be it no signal of ours: signal(7).
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = match self {
                Conversation::Tcp(tcp) => tcp.read(room),
                Conversation::Unix(unix) => unix.read(room),
            };
            match read {
                Err(error) if error.kind() == Interrupted => {}
                read => return read,
            }
        }
    }
}

impl Write for Conversation {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Conversation::Tcp(tcp) => tcp.write(bytes),
            Conversation::Unix(unix) => unix.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsFd for Conversation {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Conversation::Tcp(tcp) => tcp.as_fd(),
            Conversation::Unix(unix) => unix.as_fd(),
        }
    }
}

/// A server for one client, written in the test: it gets the connection.
/// Returns its port and, joined, what the script made of it.
pub fn scripted<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    script: impl FnOnce(Conversation) -> T + Send + 'scope,
) -> (String, ScopedJoinHandle<'scope, T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let script = scope.spawn(move || {
        // Bounded: a client that cannot even start must not hang the test.
        let mut wait = [PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
        let limit = PollTimeout::try_from(SOON).unwrap();
        let came = loop {
            match poll(&mut wait, limit) {
                Err(Errno::EINTR) => {}
                came => break came.unwrap(),
            }
        };
        assert_eq!(came, 1, "no client came");
        let (peer, _) = listener.accept().unwrap();
        script(peer.into())
    });
    (port.to_string(), script)
}

/// A port on which nobody listens, and nobody will who lets the kernel
/// choose: it is bound.
pub fn dead_port() -> (String, OwnedFd) {
    let socket = socket(
        AddressFamily::Inet,
        SockType::Stream,
        SockFlag::SOCK_CLOEXEC,
        None,
    )
    .unwrap();
    setsockopt(&socket, sockopt::ReuseAddr, &true).unwrap();
    let any = SockaddrIn::new(127, 0, 0, 1, 0);
    bind(socket.as_raw_fd(), &any).unwrap();
    let bound: SockaddrIn = getsockname(socket.as_raw_fd()).unwrap();
    (bound.port().to_string(), socket)
}

/// Bytes in a failure's message: short and readable.
pub fn shown(bytes: &[u8]) -> String {
    match bytes {
        [] => "nothing".into(),
        _ if bytes.len() > 2000 => {
            let (start, end) = (&bytes[..60], &bytes[bytes.len() - 60..]);
            let (start, end) = (start.escape_ascii(), end.escape_ascii());
            format!("{start} … {end} ({} bytes)", bytes.len())
        }
        _ => bytes.escape_ascii().to_string(),
    }
}
