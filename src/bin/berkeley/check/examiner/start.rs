//! How a program is to be started, and why one was not.

use std::ffi::{OsStr, OsString};
use std::fmt::{self, Display};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;

use super::limits::Limits;

/// A program, and the world that it finds. The rest of its environment it
/// has from the examiner. `PYTHONUNBUFFERED` is not set for it: that a
/// program forgets to flush is its own mistake. But C and Python alike keep
/// what they print into a pipe until they end, or until there are some KiB:
/// a case that waits for a printed line wants `Output::Terminals`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Start {
    pub(crate) argv: Vec<OsString>,
    /// Where it is to be; the examiner's own working directory if not said.
    pub(crate) folder: Option<PathBuf>,
    /// What is in its environment beside, or instead.
    pub(crate) environment: Vec<(OsString, OsString)>,
    pub(crate) input: Input,
    pub(crate) output: Output,
    pub(crate) limits: Limits,
    /// The file for its trace, if it is to be traced.
    pub(crate) traced: Option<PathBuf>,
}

/// What its standard input is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Input {
    Pipe,
    /// `/dev/null`
    #[default]
    Nothing,
    /// Its controlling terminal, as a user's: with lines, echo, Ctrl-C and
    /// Ctrl-D. A line of more than 4095 bytes would be cut by it.
    Terminal,
}

/// What it prints to. Standard output and standard error are heard apart in
/// any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Output {
    #[default]
    Pipes,
    /// Two more terminals, which pass on each byte as it is: a program prints
    /// as to a user, line by line, and the echo of what is typed, which is on
    /// the terminal of its input, does not get in between.
    Terminals,
}

/// A program that never ran.
#[derive(Debug)]
pub(crate) enum NotStarted {
    /// There is no such program, or it is none.
    CannotStart { program: OsString, why: String },
    /// Something else was in the way: nobody's mistake.
    Trouble(anyhow::Error),
}

impl NotStarted {
    /// `file` is where the program was looked for.
    pub(super) fn because(
        program: &OsStr,
        file: &Path,
        errno: Errno,
    ) -> NotStarted {
        NotStarted::with(program, file, errno.to_string())
    }

    /// The same, where the errno is in words already.
    pub(super) fn with(
        program: &OsStr,
        file: &Path,
        mut why: String,
    ) -> NotStarted {
        if let Some(reason) = reason(program, file, &why) {
            why += ": ";
            why += &reason;
        }
        NotStarted::CannotStart { program: program.to_owned(), why }
    }
}

/// What the errno leaves open: the same two are said of several mistakes.
fn reason(program: &OsStr, file: &Path, why: &str) -> Option<String> {
    let found = fs::metadata(file).ok()?;
    let program = program.display();
    if why.starts_with("EACCES") {
        return match () {
            () if found.is_dir() => Some("it is a folder".to_owned()),
            () if found.mode() & 0o111 == 0 => {
                Some(format!("it is not executable (chmod +x {program})"))
            }
            () => None,
        };
    }
    if !why.starts_with("ENOENT") || !found.is_file() {
        return None;
    }
    if !program.to_string().contains('/') {
        return Some(format!("here it is started as ./{program}"));
    }
    missing_interpreter(file)
}

/// The file is there: what is not there is what is to run it.
fn missing_interpreter(file: &Path) -> Option<String> {
    let mut start = [0; 256];
    let length = File::open(file).ok()?.read(&mut start).ok()?;
    let start = &start[..length];
    if start.starts_with(b"\x7fELF") {
        let loader = "the loader that it names is missing: it was built for \
                      another system";
        return Some(loader.to_owned());
    }
    let line = start.strip_prefix(b"#!")?.split(|&it| it == b'\n').next()?;
    let line = String::from_utf8_lossy(line);
    let mut words = line.split([' ', '\t']).filter(|word| !word.is_empty());
    let interpreter = words.next()?;
    let mut reason = format!(
        "its interpreter {}, named in its #! line, is missing",
        interpreter.trim_end_matches('\r')
    );
    if interpreter.ends_with('\r') {
        reason += " with a CR behind its name: the file's lines end in CR LF, \
                   and must end in LF";
    }
    Some(reason)
}

impl From<anyhow::Error> for NotStarted {
    fn from(trouble: anyhow::Error) -> NotStarted {
        NotStarted::Trouble(trouble)
    }
}

impl Display for NotStarted {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotStarted::CannotStart { program, why } => {
                write!(out, "cannot start {}: {why}", program.display())
            }
            NotStarted::Trouble(trouble) => write!(out, "{trouble:#}"),
        }
    }
}

impl std::error::Error for NotStarted {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn told(content: &str, errno: Errno) -> String {
        let name = format!("berkeley-start-{}", std::process::id());
        let file = std::env::temp_dir().join(name);
        fs::write(&file, content).unwrap();
        let program = OsStr::new("./run");
        let told = NotStarted::because(program, &file, errno).to_string();
        fs::remove_file(&file).unwrap();
        told
    }

    #[test]
    fn what_was_in_the_way_is_told() {
        let start = "cannot start ./run: ";
        for (content, errno, words) in [
            (
                "",
                Errno::EACCES,
                "EACCES: Permission denied: it is not executable (chmod +x \
                 ./run)",
            ),
            (
                "#! /no/python3 -u\n",
                Errno::ENOENT,
                "ENOENT: No such file or directory: its interpreter \
                 /no/python3, named in its #! line, is missing",
            ),
            (
                "#!/bin/sh\r\n",
                Errno::ENOENT,
                "ENOENT: No such file or directory: its interpreter \
                 /bin/sh, named in its #! line, is missing with a CR behind \
                 its name: the file's lines end in CR LF, and must end in LF",
            ),
            ("", Errno::ENOMEM, "ENOMEM: Out of memory"),
        ] {
            assert_eq!(told(content, errno), format!("{start}{words}"));
        }
        let (name, file) = (OsStr::new("/no/such"), Path::new("/no/such"));
        let told = NotStarted::because(name, file, Errno::ENOENT);
        let words = "cannot start /no/such: ENOENT: No such file or directory";
        assert_eq!(told.to_string(), words);
    }
}
