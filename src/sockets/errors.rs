//! How a program of this kit fails: the call, the errno, the object.
//!
//! Twin: `c_compare/sockets/errors.c`. Man pages: `errno(3)`,
//! `gai_strerror(3)`.
//!
//! ```text
//! echo_client: connect: ECONNREFUSED: Connection refused (127.0.0.1:10000)
//! ```

use std::ffi::CStr;
use std::fmt::{self, Display};
use std::process::ExitCode;

use nix::errno::Errno;

use super::console::warn;

/// One failed call. Its text is the line that the user reads.
#[derive(Debug)]
pub struct Failed {
    /// The call as the man page names it, or the step that went wrong.
    pub call: &'static str,
    /// Why it failed.
    pub cause: Cause,
    /// What it was applied to: an address, a path. May be empty.
    pub object: String,
}

/// Why a call failed.
#[derive(Debug)]
pub enum Cause {
    /// The kernel said so.
    Errno(Errno),
    /// The resolver said so: an `EAI_…` code.
    Lookup(i32),
    /// This program said so, in its own words.
    Said(String),
}

impl Failed {
    /// Makes the errno of a failed `call` on `object` an error, for
    /// `map_err`.
    pub fn at(
        call: &'static str,
        object: impl Display,
    ) -> impl FnOnce(Errno) -> Failed {
        move |errno| Failed {
            call,
            cause: Cause::Errno(errno),
            object: object.to_string(),
        }
    }

    /// An error in this program's own words.
    pub fn because(call: &'static str, why: impl Into<String>) -> Failed {
        Failed { call, cause: Cause::Said(why.into()), object: String::new() }
    }

    /// What the kernel said; 0 when it was not the kernel.
    #[must_use]
    pub fn errno(&self) -> Errno {
        match self.cause {
            Cause::Errno(errno) => errno,
            Cause::Lookup(_) | Cause::Said(_) => Errno::UnknownErrno,
        }
    }

    /// `http_get … | head -1`: who read has seen enough, and that is good.
    #[must_use]
    pub fn is_nobody_reading(&self) -> bool {
        self.call == "write" && self.errno() == Errno::EPIPE
    }
}

impl Display for Failed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.call, self.cause)?;
        if !self.object.is_empty() {
            write!(out, " ({})", self.object)?;
        }
        Ok(())
    }
}

impl Display for Cause {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Errno(errno) => {
                write!(out, "{}: {}", symbol(*errno), words(*errno))
            }
            Cause::Lookup(code) => {
                write!(out, "{}: {}", lookup_symbol(*code), lookup_text(*code))
            }
            Cause::Said(why) => out.write_str(why),
        }
    }
}

/// The symbol of an errno, `ECONNREFUSED`.
#[must_use]
pub fn symbol(errno: Errno) -> String {
    format!("{errno:?}")
}

/// What the C library says of an errno. `Errno::desc` has words of its own
/// for some, and the twin would differ.
#[must_use]
pub fn words(errno: Errno) -> String {
    let mut text = [0_u8; 128];
    // SAFETY: the buffer is writable for its whole length, and strerror_r
    // ends what it writes there with a NUL.
    unsafe {
        libc::strerror_r(errno as i32, text.as_mut_ptr().cast(), text.len())
    };
    CStr::from_bytes_until_nul(&text)
        .map_or_else(|_| String::new(), |text| text.to_string_lossy().into())
}

/// The symbol of a resolver error, `EAI_NONAME`.
fn lookup_symbol(code: i32) -> &'static str {
    match code {
        libc::EAI_AGAIN => "EAI_AGAIN",
        libc::EAI_BADFLAGS => "EAI_BADFLAGS",
        libc::EAI_FAIL => "EAI_FAIL",
        libc::EAI_FAMILY => "EAI_FAMILY",
        libc::EAI_MEMORY => "EAI_MEMORY",
        libc::EAI_NODATA => "EAI_NODATA",
        libc::EAI_NONAME => "EAI_NONAME",
        libc::EAI_OVERFLOW => "EAI_OVERFLOW",
        libc::EAI_SERVICE => "EAI_SERVICE",
        libc::EAI_SOCKTYPE => "EAI_SOCKTYPE",
        -9 => "EAI_ADDRFAMILY",
        _ => "EAI_FAIL",
    }
}

fn lookup_text(code: i32) -> String {
    // SAFETY: gai_strerror returns a static string for every code.
    let text = unsafe { CStr::from_ptr(libc::gai_strerror(code)) };
    text.to_string_lossy().into_owned()
}

/// Ends a program: 0, or the failure on stderr and 1. One failure is none:
/// when `write` says EPIPE there is no line, and 0.
#[must_use]
pub fn exit(program: &str, result: Result<(), Failed>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) if failed.is_nobody_reading() => ExitCode::SUCCESS,
        Err(failed) => {
            warn(format_args!("{program}: {failed}"));
            ExitCode::FAILURE
        }
    }
}
