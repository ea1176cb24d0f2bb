//! When a result need not be made again: the program is the same, and so is
//! everything that it was examined by.

use std::ffi::OsStr;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use crate::check::files::Files;
use crate::check::sitting::Terms;

/// A submission as it was before it was examined.
pub(super) struct Before {
    files: Files,
    /// Of all that is not the submission.
    rest: u64,
}

impl Before {
    pub(super) fn of(
        path: &Path,
        terms: &Terms<'_>,
        command: &[String],
    ) -> Before {
        // Another release may hash in another way: then all is run again.
        let mut hash = DefaultHasher::new();
        env!("CARGO_PKG_VERSION").hash(&mut hash);
        terms.source.hash(&mut hash);
        for case in &terms.cases {
            case.id.hash(&mut hash);
        }
        (terms.repeat, terms.seed, terms.trace).hash(&mut hash);
        terms.time_scale.to_bits().hash(&mut hash);
        command.hash(&mut hash);
        Before { files: files(path), rest: hash.finish() }
    }

    /// None where there are too many files to be sure.
    pub(super) fn fingerprint(&self, path: &Path) -> Option<String> {
        self.of_files(&self.files, path)
    }

    /// What a later check will find. Files that the program has made while
    /// it ran are part of that; one that was changed meanwhile, by whomever,
    /// has not been examined as it is now.
    pub(super) fn fingerprint_after(&self, path: &Path) -> Option<String> {
        let now = files(path);
        let before = self.files.all.iter();
        let is_same = before.clone().all(|(file, stamp)| {
            now.all.get(file).is_some_and(|it| it == stamp)
        });
        self.of_files(if is_same { &now } else { &self.files }, path)
    }

    fn of_files(&self, files: &Files, path: &Path) -> Option<String> {
        if files.is_cut {
            return None;
        }
        let mut hash = DefaultHasher::new();
        self.rest.hash(&mut hash);
        for (file, stamp) in &files.all {
            // A class may be moved to another folder as a whole.
            let place = file.strip_prefix(path).unwrap_or(file);
            (place, stamp.lasting()).hash(&mut hash);
        }
        Some(format!("{:016x}", hash.finish()))
    }
}

/// All but what comes and goes by itself.
fn files(path: &Path) -> Files {
    let spared = |name: &OsStr| name == ".git" || name == "__pycache__";
    let mut files = Files::default();
    files.add(path, spared);
    files
}
