//! Where the findings go: the terminal, a page, a file for programs.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::options::Options;
use super::record::Record;
use super::{compare, markdown, page, table};
use crate::screen::Screen;

/// Without any wish, this folder.
const FOLDER: &str = "berkeley-bench";

/// What is to be written, decided before anything is measured: two minutes
/// are a long time to learn that a folder cannot be made.
pub(crate) struct Output {
    folder: Option<PathBuf>,
    json: Option<PathBuf>,
    markdown: Option<PathBuf>,
    old: Option<(String, Record)>,
}

impl Output {
    pub(crate) fn prepare(options: &Options) -> Result<Output> {
        let old = match &options.compare {
            Some(path) => {
                let name = path.display().to_string();
                Some((name, compare::read(path)?))
            }
            None => None,
        };
        let is_file_asked =
            options.json.is_some() || options.markdown.is_some();
        let folder = match &options.output {
            None if is_file_asked => None,
            None => Some(PathBuf::from(FOLDER)),
            folder => folder.clone(),
        };
        if let Some(folder) = &folder {
            writable(folder)
                .with_context(|| format!("-o {}", folder.display()))?;
        }
        let files = [&options.json, &options.markdown];
        for file in files.into_iter().flatten().filter(|file| !is_out(file)) {
            touch(file)?;
        }
        Ok(Output {
            folder,
            json: options.json.clone(),
            markdown: options.markdown.clone(),
            old,
        })
    }

    /// The files come first: a screen that takes nothing must not cost them.
    pub(crate) fn write(&self, record: &Record) -> Result<()> {
        let json = serde_json::to_string_pretty(record)? + "\n";
        let kept = self.keep(record, &json)?;
        let mut screen = Screen::open();
        // Standard output is for one reader at a time.
        let is_taken = [&self.json, &self.markdown]
            .into_iter()
            .flatten()
            .any(|file| is_out(file));
        if !is_taken {
            table::show(&mut screen, record)?;
            if let Some((name, old)) = &self.old {
                compare::compare(old, record).show(&mut screen, name)?;
            }
            if !kept.is_empty() {
                screen.blank()?;
            }
            for (what, file) in &kept {
                screen.line(&format!("{what}: {}", file.display()))?;
            }
            screen.flush()?;
        }
        drop(screen);
        let texts =
            [(&self.json, json), (&self.markdown, markdown::document(record))];
        for (file, text) in texts {
            if file.as_deref().is_some_and(is_out) {
                print(&text)?;
            }
        }
        Ok(())
    }

    /// Writes what is to stay, and says what a reader may want to open.
    fn keep(
        &self,
        record: &Record,
        json: &str,
    ) -> Result<Vec<(&'static str, PathBuf)>> {
        if let Some(file) = self.json.as_deref().filter(|file| !is_out(file)) {
            put(file, json)?;
        }
        let markdown = self.markdown.as_deref();
        if let Some(file) = markdown.filter(|file| !is_out(file)) {
            put(file, &markdown::document(record))?;
        }
        let Some(folder) = &self.folder else { return Ok(Vec::new()) };
        let (name, file) = unused(folder, &record.started)?;
        put(&file, json)?;
        let report = folder.join(format!("{name}.html"));
        put(&report, &page::html(record))?;
        Ok(vec![("report", report), ("record", file)])
    }
}

/// `-`
fn is_out(file: &Path) -> bool {
    file == Path::new("-")
}

/// Whether it can be written at all; what is in it stays for now.
fn touch(file: &Path) -> Result<()> {
    let opened = fs::OpenOptions::new().append(true).create(true).open(file);
    opened.map(drop).with_context(|| file.display().to_string())
}

fn put(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| file.display().to_string())
}

fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Makes the folder, unless it is there, and tries whether files can be made
/// in it. access(2) would not know of a file system that is read-only for
/// other reasons than its mode.
fn writable(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let probe = folder.join(format!(".{}", std::process::id()));
    fs::File::create_new(&probe)?;
    fs::remove_file(probe)
}

/// A name after the time of the start which no record in this folder has, and
/// its record, which is made empty: two that started in the same second must
/// not overwrite each other.
fn unused(folder: &Path, started: &str) -> Result<(String, PathBuf)> {
    let started = started.replace(':', "-");
    for number in 1_u32.. {
        let name = match number {
            1 => started.clone(),
            number => format!("{started}-{number}"),
        };
        let file = folder.join(format!("{name}.json"));
        match fs::File::create_new(&file) {
            Ok(_) => return Ok((name, file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => {
                return Err(error).context(file.display().to_string());
            }
        }
    }
    bail!("{}: no name is left for {started}", folder.display())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::{env, fs, process};

    use super::{unused, writable};

    #[test]
    fn two_of_the_same_second_have_names_of_their_own() {
        let name = format!("berkeley-output-{}", process::id());
        let folder = env::temp_dir().join(name);
        writable(&folder).unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "no remains");
        let time = "2026-11-21T05:20:31Z";
        let names = [0, 1].map(|_| unused(&folder, time).unwrap().0);
        fs::remove_dir_all(&folder).unwrap();
        let first = "2026-11-21T05-20-31Z";
        assert_eq!(names, [first.to_string(), format!("{first}-2")]);
    }
}
