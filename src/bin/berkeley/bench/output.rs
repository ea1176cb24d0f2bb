//! Where the findings go: the terminal, a page, a file for programs.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

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
            fs::create_dir_all(folder)
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

    pub(crate) fn write(&self, record: &Record) -> Result<()> {
        let json = serde_json::to_string_pretty(record)? + "\n";
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
            screen.flush()?;
        }
        drop(screen);
        if let Some(file) = &self.json {
            put(file, &json)?;
        }
        if let Some(file) = &self.markdown {
            put(file, &markdown::document(record))?;
        }
        let Some(folder) = &self.folder else { return Ok(()) };
        let name = record.started.replace(':', "-");
        let report = folder.join(format!("{name}.html"));
        put(&report, &page::html(record))?;
        let file = folder.join(format!("{name}.json"));
        put(&file, &json)?;
        let mut screen = Screen::open();
        if !is_taken {
            screen.blank()?;
            screen.line(&format!("report: {}", report.display()))?;
            screen.line(&format!("record: {}", file.display()))?;
        }
        Ok(screen.flush()?)
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
    if is_out(file) {
        let mut out = io::stdout().lock();
        return Ok(out
            .write_all(text.as_bytes())
            .and_then(|()| out.flush())?);
    }
    fs::write(file, text).with_context(|| file.display().to_string())
}
