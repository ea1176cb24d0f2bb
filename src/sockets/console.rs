//! One line, one `write(2)`: what one process or thread prints is never cut
//! by another's line, whoever shares the terminal.
//!
//! Twin: `c_compare/sockets/console.c`. The standard library's `println!`
//! takes a lock, which `fork` may copy while another thread holds it.

use std::fmt::{Arguments, Write};

use nix::errno::Errno;

use super::errors::Failed;

/// A line on standard output, which somebody has asked for.
///
/// # Errors
/// Whatever `write(2)` says, `EPIPE` when nobody reads any more.
pub fn say(line: Arguments<'_>) -> Result<(), Failed> {
    print(libc::STDOUT_FILENO, line)
        .map_err(Failed::at("write", "standard output"))
}

/// A line of a server's log, on standard output. Where it cannot be written,
/// the server goes on without.
pub fn note(line: Arguments<'_>) {
    let _ = print(libc::STDOUT_FILENO, line);
}

/// A line on standard error.
pub fn warn(line: Arguments<'_>) {
    let _ = print(libc::STDERR_FILENO, line);
}

fn print(stream: i32, line: Arguments<'_>) -> Result<(), Errno> {
    let mut text = String::with_capacity(128);
    let _ = writeln!(text, "{line}");
    write_all(stream, text.as_bytes())
}

/// Bytes as they are, on standard output.
///
/// # Errors
/// Whatever `write(2)` says, `EPIPE` when nobody reads any more.
pub fn write_out(bytes: &[u8]) -> Result<(), Failed> {
    write_all(libc::STDOUT_FILENO, bytes)
        .map_err(Failed::at("write", "standard output"))
}

fn write_all(stream: i32, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        // SAFETY: the slice is readable for its whole length.
        let written =
            unsafe { libc::write(stream, bytes.as_ptr().cast(), bytes.len()) };
        match Errno::result(written) {
            Ok(written) => bytes = &bytes[written.cast_unsigned()..],
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}
