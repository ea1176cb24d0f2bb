//! Which entries of a folder are programs, and what is none.

use std::ffi::{OsStr, OsString};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::check::forms::visible;

/// What somebody handed in: a folder or a file.
#[derive(Clone, Debug)]
pub(super) struct Submission {
    pub(super) name: OsString,
    pub(super) path: PathBuf,
    pub(super) is_file: bool,
}

/// What is there besides, and why it is no program.
pub(super) struct LeftOut {
    pub(super) name: OsString,
    pub(super) why: &'static str,
}

/// Beside programs: lists, papers, and what they came in.
const NO_PROGRAMS: [&str; 13] = [
    "7z", "bz2", "csv", "gz", "html", "md", "pdf", "rar", "tar", "tgz", "txt",
    "xz", "zip",
];

/// Bytes of a name: a file system has room for 255, endings included.
const LONGEST: usize = 220;

/// In the order of their names. Files can be programs only where COMMAND
/// says `{submission}`: nothing else would name them.
pub(super) fn find(
    folder: &Path,
    results: &Path,
    takes_files: bool,
) -> Result<(Vec<Submission>, Vec<LeftOut>)> {
    let folder = fs::canonicalize(folder)?;
    let results = fs::canonicalize(results).ok();
    let (mut programs, mut left_out) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(&folder)? {
        let name = entry.context("readdir")?.file_name();
        let path = folder.join(&name);
        let is_results = fs::canonicalize(&path).ok() == results;
        match why_not(&path, &name, takes_files) {
            _ if results.is_some() && is_results => {
                left_out.push(LeftOut { name, why: "the results" });
            }
            Some(why) => left_out.push(LeftOut { name, why }),
            None => {
                let is_file = path.is_file();
                programs.push(Submission { name, path, is_file });
            }
        }
    }
    programs.sort_by(|one, other| one.name.cmp(&other.name));
    left_out.sort_by(|one, other| one.name.cmp(&other.name));
    Ok((programs, left_out))
}

/// Why the results cannot be there: they would be programs, or a part of one,
/// the next time.
pub(super) fn collide(folder: &Path, results: &Path) -> Option<String> {
    let folder = fs::canonicalize(folder).ok()?;
    let results = resolved(results)?;
    let shown = results.display();
    if results == folder {
        return Some(format!(
            "--results {shown}: the submissions are there, and the results \
             must not be among them"
        ));
    }
    results.starts_with(&folder).then(|| {
        format!(
            "--results {shown}: it is inside of the submissions, and would \
             be one"
        )
    })
}

/// Also of a folder that is not there yet.
fn resolved(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    let there = path.ancestors().find(|it| it.exists())?;
    let missing = path.strip_prefix(there).ok()?;
    Some(
        fs::canonicalize(there)
            .ok()?
            .components()
            .chain(missing.components())
            .collect(),
    )
}

fn why_not(
    path: &Path,
    name: &OsStr,
    takes_files: bool,
) -> Option<&'static str> {
    let kind = path.extension().unwrap_or_default().to_ascii_lowercase();
    let made = ["__MACOSX", "__pycache__"];
    match fs::metadata(path) {
        _ if name.as_encoded_bytes().starts_with(b".") => Some("hidden"),
        _ if name.len() > LONGEST => Some("a name too long for its results"),
        _ if made.iter().any(|made| name == *made) => Some("made by a tool"),
        Ok(found) if found.is_dir() => None,
        Ok(found) if found.is_file() => match () {
            () if !takes_files => {
                Some("a file, and COMMAND has no {submission}")
            }
            () if NO_PROGRAMS.iter().any(|no| kind == *no) => {
                Some("no program")
            }
            () => None,
        },
        _ => Some("neither a folder nor a file"),
    }
}

/// A name in one line, whatever bytes it is made of.
pub(super) fn label(name: &OsStr) -> String {
    let mut label = String::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        let valid = visible(chunk.valid());
        label += &valid.replace('\n', "\\n").replace('\t', "\\t");
        for byte in chunk.invalid() {
            let _ = write!(label, "\\x{byte:02x}");
        }
    }
    label
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn results_are_kept_outside_of_the_submissions() {
        let name = format!("berkeley-class-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(folder.join("anna")).unwrap();
        let collides =
            |results: &str| collide(&folder, &folder.join(results)).is_some();
        for results in ["", "anna/..", "anna", "new", "anna/new/er"] {
            assert!(collides(results), "{results}");
        }
        for results in ["..", "../other", "../berkeley-classes"] {
            assert!(!collides(results), "{results}");
        }
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_label_is_one_line_of_text() {
        for (name, expected) in [
            (&b"Zo\xc3\xab O'Neil"[..], "Zo\u{eb} O'Neil"),
            (b"caf\xe9", r"caf\xe9"),
            (b"two\nlines\x1b[2J", r"two\nlines\x1b[2J"),
        ] {
            assert_eq!(label(OsStr::from_bytes(name)), expected);
        }
    }
}
