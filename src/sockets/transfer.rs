//! `recv` and `send` as every program here uses them.
//!
//! Twin: `c_compare/sockets/transfer.c`. Man pages: `recv(2)`, `send(2)`.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd};

use nix::errno::Errno;

/// What the peer sent, at most as much as `buffer` holds; empty at the end of
/// the peer's stream. Retried when a signal interrupts it.
///
/// The buffer need not be initialised: a page that nobody wrote costs no
/// memory, and a peer that never speaks leaves it so.
///
/// # Errors
/// What `recv(2)` says.
#[inline]
pub fn recv(
    socket: impl AsFd,
    buffer: &mut [MaybeUninit<u8>],
) -> Result<&mut [u8], Errno> {
    let socket = socket.as_fd().as_raw_fd();
    let (at, room) = (buffer.as_mut_ptr().cast::<u8>(), buffer.len());
    loop {
        // SAFETY: the kernel writes at most `room` bytes at `at`, all of
        // them inside `buffer`, which is borrowed for as long.
        let got = unsafe { libc::recv(socket, at.cast(), room, 0) };
        match Errno::result(got) {
            // SAFETY: recv has written the first `got` bytes of `buffer`.
            Ok(got) => unsafe {
                return Ok(std::slice::from_raw_parts_mut(
                    at,
                    got.cast_unsigned(),
                ));
            },
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}

/// Sends what the kernel takes now, and returns how much that was.
/// `MSG_NOSIGNAL`: a peer that is gone is an `EPIPE`, not a death by SIGPIPE.
///
/// # Errors
/// What `send(2)` says.
#[inline]
pub fn send(socket: impl AsFd, bytes: &[u8]) -> Result<usize, Errno> {
    let socket = socket.as_fd().as_raw_fd();
    loop {
        // SAFETY: the slice is readable for its whole length.
        let sent = unsafe {
            libc::send(
                socket,
                bytes.as_ptr().cast(),
                bytes.len(),
                libc::MSG_NOSIGNAL,
            )
        };
        match Errno::result(sent) {
            Ok(sent) => return Ok(sent.cast_unsigned()),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}

/// Sends all of it: a short `send` is normal, the rest goes with the next.
///
/// # Errors
/// What `send(2)` says.
#[inline]
pub fn send_all(socket: impl AsFd, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        let sent = send(&socket, bytes)?;
        bytes = &bytes[sent..];
    }
    Ok(())
}
