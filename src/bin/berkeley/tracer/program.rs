//! Which file a command means, found before anything is started. Man pages:
//! `execvp(3)`, `access(2)`.
//!
//! execvp(3) would search as well, but by trying one execve(2) after the
//! other, and the trace would begin with its failures.

use std::env;
use std::ffi::{CString, OsStr, OsString};
use std::fmt::{self, Display};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::unistd::{AccessFlags, access};

/// The program never ran.
#[derive(Debug)]
pub(super) struct CannotStart {
    pub(super) program: OsString,
    pub(super) errno: Errno,
}

impl Display for CannotStart {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (program, errno) = (self.program.display(), self.errno);
        write!(out, "cannot start {program}: {errno}")
    }
}

impl std::error::Error for CannotStart {}

/// The file of this name, as a shell finds it.
pub(crate) fn find(name: &OsStr) -> Result<PathBuf, Errno> {
    if name.is_empty() {
        return Err(Errno::ENOENT);
    }
    if name.as_bytes().contains(&b'/') {
        return runs(Path::new(name)).map(|()| name.into());
    }
    let path = env::var_os("PATH").unwrap_or("/bin:/usr/bin".into());
    let mut worst = Errno::ENOENT;
    for folder in env::split_paths(&path) {
        // An empty one is the working directory.
        let file = Path::new(".").join(folder).join(name);
        match runs(&file) {
            Ok(()) => return Ok(file),
            Err(Errno::EACCES) => worst = Errno::EACCES,
            Err(_) => {}
        }
    }
    Err(worst)
}

fn runs(file: &Path) -> Result<(), Errno> {
    access(file, AccessFlags::X_OK)?;
    if file.is_dir() { Err(Errno::EACCES) } else { Ok(()) }
}

/// For the kernel, which ends words with a zero.
pub(super) fn c_string(word: &OsStr) -> Result<CString, Errno> {
    CString::new(word.as_bytes()).map_err(|_| Errno::EINVAL)
}
