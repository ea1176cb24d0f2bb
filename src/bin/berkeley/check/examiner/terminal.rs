//! A pseudo-terminal. Man pages: `pty(7)`, `termios(3)`, `ioctl_tty(2)`.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{grantpt, posix_openpt, unlockpt};
use nix::sys::termios::{
    OutputFlags, SetArg, SpecialCharacterIndices, tcgetattr, tcsetattr,
};

/// What this process keeps of it, and what the program gets.
pub(super) struct Terminal {
    pub(super) master: OwnedFd,
    pub(super) slave: OwnedFd,
}

/// Of this size, as every manual has it.
const ROWS: u16 = 24;
const COLUMNS: u16 = 80;

/// As a user's is. `is_exact`: it passes on what is printed as it is,
/// without making CR LF of the ends of lines.
pub(super) fn open(is_exact: bool) -> Result<Terminal> {
    let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
    let master = posix_openpt(flags | OFlag::O_NONBLOCK);
    let master = master.context("posix_openpt")?;
    grantpt(&master).context("grantpt")?;
    unlockpt(&master).context("unlockpt")?;
    let slave = other_side(master.as_fd())?;
    let size = libc::winsize {
        ws_row: ROWS,
        ws_col: COLUMNS,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    // SAFETY: the request reads this structure.
    let sized = unsafe {
        libc::ioctl(slave.as_raw_fd(), libc::TIOCSWINSZ, &raw const size)
    };
    Errno::result(sized).context("ioctl: TIOCSWINSZ")?;
    if is_exact {
        let mut modes = tcgetattr(&slave).context("tcgetattr")?;
        modes.output_flags.remove(OutputFlags::OPOST);
        tcsetattr(&slave, SetArg::TCSANOW, &modes).context("tcsetattr")?;
    }
    // SAFETY: the descriptor passes from one owner to the other.
    let master = unsafe { OwnedFd::from_raw_fd(master.into_raw_fd()) };
    Ok(Terminal { master, slave })
}

/// Lets what was typed arrive. A terminal passes it on by and by, in a thread
/// of the kernel; until then a program that waits for it seems to wait in
/// vain. Who polls the other side waits for that thread.
pub(super) fn pass_on(master: &impl AsFd) {
    if let Ok(slave) = other_side(master.as_fd()) {
        let mut fds = [PollFd::new(slave.as_fd(), PollFlags::POLLIN)];
        // It is asked for the sake of being asked.
        let _ = poll(&mut fds, PollTimeout::ZERO);
    }
}

/// By its path it would not be found where /dev/pts is another's.
fn other_side(master: BorrowedFd<'_>) -> Result<OwnedFd> {
    let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
    // SAFETY: the request takes flags, and makes a descriptor.
    let slave = unsafe {
        libc::ioctl(master.as_raw_fd(), libc::TIOCGPTPEER, flags.bits())
    };
    let slave = Errno::result(slave).context("ioctl: TIOCGPTPEER")?;
    // SAFETY: it has just been made, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(slave) })
}

/// What a user types for this: Ctrl-C, Ctrl-D.
pub(super) fn key(
    master: &impl AsFd,
    which: SpecialCharacterIndices,
) -> Result<u8> {
    let modes = tcgetattr(master.as_fd()).context("tcgetattr")?;
    Ok(modes.control_chars[which as usize])
}
