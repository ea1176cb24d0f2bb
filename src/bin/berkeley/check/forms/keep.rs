//! Reports in files, written again after each case: whoever ends the whole
//! finds what there was, and never the half of a file.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::super::report::Report;
use super::wish::{Wish, agree};
use super::{Form, Look, render};

/// All reports that are wanted.
pub(crate) struct Reports {
    wishes: Vec<Wish>,
}

impl Reports {
    /// Tries whether all of them can be written, before anything is run.
    pub(crate) fn prepare(wishes: &[Wish]) -> Result<Reports> {
        agree(wishes)?;
        for file in wishes.iter().filter_map(|wish| wish.file.as_deref()) {
            let tried = match Place::of(file) {
                Place::Stream => {
                    fs::OpenOptions::new().append(true).open(file).map(drop)
                }
                Place::File(target) => {
                    let probe = beside(&target);
                    fs::write(&probe, "").and_then(|()| fs::remove_file(probe))
                }
            };
            tried.with_context(|| file.display().to_string())?;
        }
        Ok(Reports { wishes: wishes.to_vec() })
    }

    /// The form that takes standard output, if one was asked for.
    pub(crate) fn printed(&self) -> Option<Form> {
        let mut wishes = self.wishes.iter();
        wishes.find(|wish| wish.file.is_none()).map(|wish| wish.form)
    }

    /// What there is so far. What is no file, a pipe or a terminal, gets
    /// nothing before the end.
    pub(crate) fn keep(&self, report: &Report, look: &Look) -> Result<()> {
        for wish in &self.wishes {
            let Some(file) = &wish.file else { continue };
            if let Place::File(target) = Place::of(file) {
                let text = render(wish.form, report, look)?;
                replace(&target, &text)
                    .with_context(|| file.display().to_string())?;
            }
        }
        Ok(())
    }

    /// The end: everything, wherever it goes. The files come first: an output
    /// that nobody takes must not cost them.
    pub(crate) fn finish(&self, report: &Report, look: &Look) -> Result<()> {
        self.keep(report, look)?;
        for wish in &self.wishes {
            let Some(file) = &wish.file else { continue };
            if let Place::Stream = Place::of(file) {
                let text = render(wish.form, report, look)?;
                let opened = fs::OpenOptions::new().append(true).open(file);
                opened
                    .and_then(|mut it| it.write_all(text.as_bytes()))
                    .with_context(|| file.display().to_string())?;
            }
        }
        if let Some(form) = self.printed() {
            let mut out = io::stdout().lock();
            out.write_all(render(form, report, look)?.as_bytes())?;
            out.flush()?;
        }
        Ok(())
    }
}

/// What a name stands for.
enum Place {
    /// A file, or none yet; a link is followed, so that it stays one.
    File(PathBuf),
    /// `/dev/stderr`, a pipe: nothing that could be replaced.
    Stream,
}

impl Place {
    fn of(file: &Path) -> Place {
        let target = fs::canonicalize(file);
        let target = target.unwrap_or_else(|_| file.to_owned());
        match fs::metadata(file) {
            Ok(found) if !found.is_file() => Place::Stream,
            _ => Place::File(target),
        }
    }
}

/// rename(2) puts the new file where the old one was, in one step.
pub(crate) fn replace(file: &Path, text: &str) -> io::Result<()> {
    let new = beside(file);
    let done = fs::write(&new, text).and_then(|()| fs::rename(&new, file));
    if done.is_err() {
        let _ = fs::remove_file(&new);
    }
    done
}

/// A name in the same folder, since rename(2) does not leave its file system.
fn beside(file: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(file.file_name().unwrap_or_default());
    name.push(format!(".{}", std::process::id()));
    file.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::super::fixture::{look, mixed, small};
    use super::super::judges::scratch;
    use super::*;

    fn wish(form: &str, file: &Path) -> Wish {
        format!("{form}={}", file.display()).parse().unwrap()
    }

    #[test]
    fn a_report_is_replaced_as_a_whole_and_a_link_stays_one() {
        let folder = scratch("keep");
        fs::create_dir(&folder).unwrap();
        let (file, link) = (folder.join("a.json"), folder.join("link"));
        fs::write(&file, "old").unwrap();
        symlink(&file, &link).unwrap();
        let tap = folder.join("new.tap");
        let wishes = [wish("json", &link), wish("tap", &tap)];
        let reports = Reports::prepare(&wishes).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "old");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "no remains");
        for report in [small(), mixed(), mixed()] {
            reports.keep(&report, &look()).unwrap();
            let json = fs::read_to_string(&file).unwrap();
            assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
        }
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let names = fs::read_dir(&folder).unwrap().count();
        assert_eq!(names, 3, "no remains");
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        let null = Path::new("/dev/null");
        let reports = Reports::prepare(&[wish("text", null)]).unwrap();
        reports.keep(&small(), &look()).unwrap();
        reports.finish(&small(), &look()).unwrap();
        assert!(!fs::metadata(null).unwrap().is_file());
    }

    #[test]
    fn what_cannot_be_written_is_known_before_anything_runs() {
        let nowhere = Path::new("/no/such/folder/results.json");
        assert!(Reports::prepare(&[wish("json", nowhere)]).is_err());
        assert!(Reports::prepare(&[wish("json", Path::new("/"))]).is_err());
    }
}
