//! A duplicate of somebody's descriptor, and the questions it is asked.
//!
//! Man pages: `pidfd_open(2)`, `pidfd_getfd(2)`, `tcp(7)`, `udp(7)`.

use std::mem::size_of_val;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use libc::{c_int, c_uint, socklen_t};
use nix::errno::Errno;
use nix::sys::stat::fstat;

use super::{Glimpse, Seen, address, names, queues};
use crate::trace::record::Look;
use crate::trace::tcp;

/// `linux/sockios.h`: a descriptor of the socket's network namespace.
const SIOCGSKNS: libc::Ioctl = 0x894C;
/// No socket has received so many bytes.
pub(super) const NEVER: u64 = u64::MAX;
/// Places in `struct tcp_info`, counted in u32: `tcpi_unacked` (segments),
/// `tcpi_sacked`, `tcpi_bytes_received` (its upper half, on a machine that
/// puts it last), `tcpi_notsent_bytes`.
const UNACKED: usize = 6;
const SACKED: usize = 7;
const RECEIVED: usize = 33;
const UNSENT: usize = 36;
/// `sockaddr_storage`
const LONGEST: socklen_t = 128;

/// A descriptor of a process, or with PIDFD_THREAD (Linux 6.9) of a thread.
pub(super) fn pidfd(pid: i32, flags: c_uint) -> Result<OwnedFd, Errno> {
    // SAFETY: two numbers go in; no memory is touched.
    owned(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, flags) })
}

/// It is gone when this is dropped.
pub(super) struct Duplicate(OwnedFd);

impl Duplicate {
    pub(super) fn of(pidfd: &OwnedFd, fd: c_int) -> Result<Self, Errno> {
        let pidfd = pidfd.as_raw_fd();
        // The kernel sets its close-on-exec flag.
        // SAFETY: three numbers go in; no memory is touched.
        let got =
            unsafe { libc::syscall(libc::SYS_pidfd_getfd, pidfd, fd, 0) };
        owned(got).map(Duplicate)
    }

    /// Of a descriptor of this process.
    pub(super) fn own(fd: BorrowedFd<'_>) -> Option<Self> {
        fd.try_clone_to_owned().ok().map(Duplicate)
    }

    /// All that there is to be said of it; `None` when it is no socket.
    pub(super) fn seen(&self) -> Option<Seen> {
        let family = self.option(libc::SO_DOMAIN).ok()?;
        let protocol = self.option(libc::SO_PROTOCOL).unwrap_or(0);
        let kind = self.option(libc::SO_TYPE).ok()?;
        let look = match self.tcp(&mut NEVER.clone()) {
            Ok(glimpse) => glimpse.into(),
            Err(_) => {
                Look { receive_queue: self.unread().ok(), ..Look::default() }
            }
        };
        Some(Seen {
            inode: self.inode()?,
            family: names::family(family),
            kind: names::kind(kind),
            protocol: names::protocol(family, protocol),
            local: self.local(),
            peer: self.peer(),
            listens: self.option(libc::SO_ACCEPTCONN) == Ok(1),
            look,
            ..Seen::default()
        })
    }

    /// For as long as somebody asks it more than this file knows.
    pub(super) fn into_fd(self) -> OwnedFd {
        self.0
    }

    pub(super) fn inode(&self) -> Option<u64> {
        fstat(&self.0).ok().map(|stat| stat.st_ino)
    }

    /// State and queues of a TCP socket; ENOTSOCK for no socket at all, and
    /// other errors for other sockets.
    ///
    /// `drained`: how many bytes it had received when nothing was unread. As
    /// long as no more have come, nothing is, and need not be asked.
    pub(super) fn tcp(&self, drained: &mut u64) -> Result<Glimpse, Errno> {
        let info = self.tcp_info()?;
        let received =
            u64::from(info[RECEIVED]) << 32 | u64::from(info[RECEIVED - 1]);
        let mut unread = || {
            if *drained == received {
                return Ok(0);
            }
            let unread = self.unread()?;
            *drained = if unread == 0 { received } else { NEVER };
            Ok(unread)
        };
        let [state, ..] = info[0].to_ne_bytes();
        let (receive, send) = match tcp::state(state.into()) {
            // For a listener these are no segments, but connections that
            // wait, and how many may.
            Some("LISTEN") => (info[UNACKED], info[SACKED]),
            // After a reset the kernel has thrown away what nobody
            // acknowledged, and yet counts it.
            Some("CLOSE") => (unread().unwrap_or(0), 0),
            // Nothing is on its way: what was written and not acknowledged
            // was not sent yet, either.
            _ if info[UNACKED] == 0 => (unread()?, info[UNSENT]),
            _ => (unread()?, self.unsent()?),
        };
        Ok(queues::told(state, receive, send))
    }

    /// The beginning of `struct tcp_info`, up to `tcpi_notsent_bytes`. The
    /// kernel makes all of it, however much is asked for.
    fn tcp_info(&self) -> Result<[u32; UNSENT + 1], Errno> {
        self.words(libc::IPPROTO_TCP, libc::TCP_INFO)
    }

    /// An option of SOL_SOCKET that is a number.
    pub(super) fn option(&self, name: c_int) -> Result<c_int, Errno> {
        let [value] = self.words(libc::SOL_SOCKET, name)?;
        Ok(value.cast_signed())
    }

    /// An option of SOL_SOCKET that is a `struct timeval`: zero is for ever.
    pub(super) fn has_timeout(&self, name: c_int) -> bool {
        const WORDS: usize = size_of::<libc::timeval>() / 4;
        let time = self.words::<WORDS>(libc::SOL_SOCKET, name);
        time.is_ok_and(|time| time != [0; WORDS])
    }

    /// Whether the last close(2) of it waits: SO_LINGER with a time.
    pub(super) fn lingers(&self) -> bool {
        let [is_on, seconds] =
            self.words(libc::SOL_SOCKET, libc::SO_LINGER).unwrap_or_default();
        is_on != 0 && seconds != 0
    }

    /// As much of an option as there is room for.
    fn words<const N: usize>(
        &self,
        level: c_int,
        name: c_int,
    ) -> Result<[u32; N], Errno> {
        let mut words = [0; N];
        let length = socklen_t::try_from(size_of_val(&words));
        let mut length = length.map_err(|_| Errno::EINVAL)?;
        // SAFETY: the kernel writes at most `length` bytes, all of them of
        // `words`, and how many into `length`; any bytes are valid u32s.
        let got = unsafe {
            libc::getsockopt(
                self.0.as_raw_fd(),
                level,
                name,
                (&raw mut words).cast(),
                &raw mut length,
            )
        };
        Errno::result(got).map(|_| words)
    }

    /// SIOCINQ: bytes that can be received; for datagrams, those of the next
    /// one.
    pub(super) fn unread(&self) -> Result<u32, Errno> {
        self.count(libc::FIONREAD)
    }

    /// SIOCOUTQ. For other sockets than TCP it is a size of buffers, not of
    /// what is in them.
    fn unsent(&self) -> Result<u32, Errno> {
        self.count(libc::TIOCOUTQ)
    }

    fn count(&self, question: libc::Ioctl) -> Result<u32, Errno> {
        let mut count: c_int = 0;
        // SAFETY: for both of these the kernel writes one int.
        let got = unsafe {
            libc::ioctl(self.0.as_raw_fd(), question, &raw mut count)
        };
        Errno::result(got).map(|_| count.cast_unsigned())
    }

    /// Only for an administrator of that namespace.
    pub(super) fn namespace(&self) -> Result<OwnedFd, Errno> {
        // SAFETY: the call takes no argument; the kernel makes a descriptor.
        let got = unsafe { libc::ioctl(self.0.as_raw_fd(), SIOCGSKNS) };
        owned(got.into())
    }

    pub(super) fn local(&self) -> Option<String> {
        self.name(libc::getsockname)
    }

    pub(super) fn peer(&self) -> Option<String> {
        self.name(libc::getpeername)
    }

    fn name(&self, ask: Ask) -> Option<String> {
        let mut bytes = [0_u8; LONGEST as usize];
        let mut length = LONGEST;
        let to = (&raw mut bytes).cast();
        // SAFETY: the kernel writes at most `length` bytes, all of them of
        // `bytes`; it asks for no alignment.
        let got = unsafe { ask(self.0.as_raw_fd(), to, &raw mut length) };
        Errno::result(got).ok()?;
        address::address(bytes.get(..usize::try_from(length).ok()?)?)
    }
}

/// `getsockname(2)` or `getpeername(2)`.
type Ask =
    unsafe extern "C" fn(c_int, *mut libc::sockaddr, *mut socklen_t) -> c_int;

fn owned(result: libc::c_long) -> Result<OwnedFd, Errno> {
    let fd = Errno::result(result)?;
    let fd = c_int::try_from(fd).map_err(|_| Errno::EBADF)?;
    // SAFETY: the kernel has just made it, and nobody else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
