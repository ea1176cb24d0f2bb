//! The system that this runs on. Man page: `uname(2)`.

use nix::sys::utsname::uname;

/// `Linux 6.1.0 x86_64`
pub(crate) fn kernel() -> String {
    let Ok(system) = uname() else { return String::new() };
    let parts = [system.sysname(), system.release(), system.machine()];
    parts.map(|part| part.to_string_lossy().into_owned()).join(" ")
}
