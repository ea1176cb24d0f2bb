//! Where a submission's program is to run.
//!
//! What came out of an archive often lies in one more folder. A single file
//! runs in an empty folder of its own: it would leave its own files among
//! the other submissions, and find theirs.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::submissions::label;
use crate::check::files::{is_made, named};

pub(super) struct Home {
    pub(super) folder: PathBuf,
    /// What is to be said of it.
    pub(super) note: Option<String>,
}

/// How deep a program may lie.
const DEEPEST: usize = 4;

/// Of a folder: itself, or the one in it that has COMMAND's file.
pub(super) fn of(submission: &Path, command: &[String]) -> Home {
    let top = Home { folder: submission.to_owned(), note: None };
    let mut words = named(command).filter(|word| word.is_relative());
    if words.any(|word| submission.join(word).exists()) {
        return top;
    }
    let below = folders(submission, DEEPEST);
    let nested = |note: String, folder: &Path| Home {
        folder: folder.to_owned(),
        note: Some(note),
    };
    for word in named(command).filter(|word| word.is_relative()) {
        let has = |folder: &&PathBuf| folder.join(word).exists();
        let having: Vec<&PathBuf> = below.iter().filter(has).collect();
        let file = label(word.as_os_str());
        match having[..] {
            [] => {}
            [folder] => {
                let place = inside(submission, folder);
                return nested(format!("{file} is in {place}"), folder);
            }
            [one, other, ..] => {
                let (one, other) =
                    (inside(submission, one), inside(submission, other));
                let why = format!("{file} is in {one} and in {other}");
                return Home { note: Some(why), ..top };
            }
        }
    }
    // COMMAND's file is not there at all, or it has none (`make run`).
    match &entries(submission)[..] {
        [] => Home { note: Some("there is nothing in it".to_owned()), ..top },
        [only] if only.is_dir() => {
            let place = inside(submission, only);
            nested(format!("everything is in {place}"), only)
        }
        _ => top,
    }
}

fn inside(submission: &Path, folder: &Path) -> String {
    let place = folder.strip_prefix(submission).unwrap_or(folder);
    format!("{}/", label(place.as_os_str()))
}

/// What somebody may have put there.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| {
            let name: &OsStr = path.file_name().unwrap_or_default();
            !is_made(name)
        })
        .collect();
    paths.sort();
    paths
}

fn folders(folder: &Path, depth: usize) -> Vec<PathBuf> {
    let mut found = Vec::new();
    if depth > 0 {
        for path in entries(folder) {
            if path.is_dir() && !path.is_symlink() {
                found.push(path.clone());
                found.extend(folders(&path, depth - 1));
            }
        }
    }
    found
}
