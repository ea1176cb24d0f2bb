//! What a program is made of: its files, and whether they are still the same.
//!
//! A file is known by its length, its time and its inode, so that an editor
//! that writes another file and renames it is seen too. They are looked at,
//! not waited for by inotify(7), which sees nothing of what another machine
//! does to a shared folder.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// No more than so many are looked at, and no deeper than that.
const MOST: usize = 20_000;
const DEEPEST: usize = 16;

/// Nobody's work: made by tools, or by programs that run.
const MADE: [&str; 4] = ["__MACOSX", "__pycache__", "node_modules", "target"];
const MADE_BY: [&str; 4] = ["log", "o", "pyc", "swp"];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Stamp {
    length: u64,
    time: (i64, i64),
    mode: u32,
    inode: u64,
}

/// Files by their paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Files {
    pub(crate) all: BTreeMap<PathBuf, Stamp>,
    /// There were too many, and some are missing here.
    pub(crate) is_cut: bool,
}

impl Files {
    /// A file, or what is in a folder without the names that are spared.
    pub(crate) fn add(&mut self, path: &Path, spared: fn(&OsStr) -> bool) {
        self.add_below(path, spared, DEEPEST);
    }

    /// The other files of this kind in the same folder: what a `knock.py`
    /// imports is beside it.
    pub(crate) fn add_kin(&mut self, file: &Path) {
        let Some(kind) = file.extension() else { return };
        let folder = Path::new(".").join(file.with_file_name(""));
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = file.with_file_name(entry.file_name());
            let is_kin = path.extension() == Some(kind) && path.is_file();
            if is_kin && !is_made(&entry.file_name()) {
                self.add(&path, is_made);
            }
        }
    }

    fn add_below(
        &mut self,
        path: &Path,
        spared: fn(&OsStr) -> bool,
        depth: usize,
    ) {
        let Ok(found) = fs::metadata(path) else { return };
        if !found.is_dir() {
            if self.all.len() < MOST {
                self.all.insert(path.to_owned(), Stamp::of(&found));
            } else {
                self.is_cut = true;
            }
            return;
        }
        if depth == 0 || self.is_cut {
            self.is_cut = true;
            return;
        }
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            // A link to a folder may lead in circles.
            let link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
            let path = entry.path();
            let is_circle = link && path.is_dir();
            if !spared(&entry.file_name()) && !is_circle {
                self.add_below(&path, spared, depth - 1);
            }
        }
    }

    /// The paths that are new, gone or changed there.
    pub(crate) fn changed_in(&self, later: &Files) -> Vec<PathBuf> {
        let paths = self.all.keys().chain(later.all.keys());
        let mut changed: Vec<PathBuf> = paths
            .filter(|path| self.all.get(*path) != later.all.get(*path))
            .cloned()
            .collect();
        changed.sort();
        changed.dedup();
        changed
    }
}

impl Stamp {
    fn of(file: &Metadata) -> Stamp {
        Stamp {
            length: file.len(),
            time: (file.mtime(), file.mtime_nsec()),
            mode: file.mode(),
            inode: file.ino(),
        }
    }

    /// Without the inode, which a copy has of its own.
    pub(crate) fn lasting(&self) -> (u64, (i64, i64), u32) {
        (self.length, self.time, self.mode)
    }
}

/// Hidden, or made by a tool.
pub(crate) fn is_made(name: &OsStr) -> bool {
    let bytes = name.as_encoded_bytes();
    let kind = Path::new(name).extension();
    bytes.starts_with(b".")
        || bytes.ends_with(b"~")
        || MADE.iter().any(|made| name == *made)
        || MADE_BY.iter().any(|made| kind == Some(OsStr::new(made)))
}

/// The words of a COMMAND that may name files. A first word without a `/` is
/// looked for elsewhere.
pub(crate) fn named(command: &[String]) -> impl Iterator<Item = &Path> {
    let words = command.iter().enumerate().filter(|(place, word)| {
        let is_other = word.is_empty()
            || word.starts_with('-')
            || word.contains(['{', '\0'])
            || (*place == 0 && !word.contains('/'));
        !is_other
    });
    words.map(|(_, word)| Path::new(word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_names_its_files() {
        let words = |command: &str| -> Vec<String> {
            let command = shlex::split(command).unwrap();
            let named = named(&command);
            named.map(|it| it.display().to_string()).collect()
        };
        assert_eq!(words("python3 -u knock.py -p {port}"), ["knock.py"]);
        assert_eq!(words("./knock --port={port}"), ["./knock"]);
        assert_eq!(words("java -cp . Knock {port}"), [".", "Knock"]);
        assert!(words("sh -c './knock {port}'").is_empty());
    }

    #[test]
    fn what_tools_make_is_nobodys_work() {
        for made in [".git", "a.py~", "__pycache__", "a.o", "run.log"] {
            assert!(is_made(OsStr::new(made)), "{made}");
        }
        for work in ["knock.py", "Makefile", "logs.py", "target.c"] {
            assert!(!is_made(OsStr::new(work)), "{work}");
        }
    }
}
