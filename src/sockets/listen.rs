//! `listen`, with any backlog: nix refuses one above SOMAXCONN, the kernel
//! cuts it to `net.core.somaxconn`. No twin: C calls it as it is. Man page:
//! `listen(2)`.

use std::os::fd::{AsFd, AsRawFd};

use nix::errno::Errno;

/// Makes the socket a listener; from now on the kernel completes handshakes.
///
/// # Errors
/// What `listen(2)` says.
pub fn listen(socket: impl AsFd, backlog: i32) -> Result<(), Errno> {
    // SAFETY: touches no memory; a bad descriptor is an error.
    let done = unsafe { libc::listen(socket.as_fd().as_raw_fd(), backlog) };
    Errno::result(done).map(drop)
}
