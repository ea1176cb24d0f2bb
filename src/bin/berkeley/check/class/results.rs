//! A class's results in files: what is finished is there for good, however
//! the whole ends.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use crate::check::forms::{Form, Look, render, replace};
use crate::check::report::Report;

/// A folder of results, which nobody else writes to meanwhile.
pub(super) struct Results {
    pub(super) folder: PathBuf,
    forms: Vec<Form>,
    look: Look,
    _held: Flock<File>,
}

impl Results {
    /// For these forms, besides text and JSON.
    pub(super) fn open(
        folder: &Path,
        forms: &[Form],
        look: Look,
    ) -> Result<Results> {
        let shown = folder.display();
        fs::create_dir_all(folder).with_context(|| shown.to_string())?;
        let opened = File::open(folder).with_context(|| shown.to_string())?;
        let held = match Flock::lock(opened, FlockArg::LockExclusiveNonblock) {
            Ok(held) => held,
            Err((_, Errno::EWOULDBLOCK)) => {
                bail!("{shown}: another check is at work there");
            }
            Err((_, errno)) => {
                return Err(errno).with_context(|| format!("flock: {shown}"));
            }
        };
        // The JSON is the last: where it is new, everything is.
        let mut forms = forms.to_vec();
        forms.retain(|form| !matches!(form, Form::Terminal | Form::Json));
        forms.dedup();
        forms.extend([Form::Terminal, Form::Json]);
        let folder = folder.to_owned();
        let results = Results { folder, forms, look, _held: held };
        results.clear()?;
        Ok(results)
    }

    /// What is known of this program, if it is still true.
    pub(super) fn known(&self, name: &OsStr, of: &str) -> Option<Report> {
        let json = fs::read(self.file(name, Form::Json)).ok()?;
        let report: Report = serde_json::from_slice(&json).ok()?;
        let is_of_it = report.fingerprint.as_deref() == Some(of);
        (is_of_it && report.complete).then_some(report)
    }

    /// Whether there is something of it, true or not.
    pub(super) fn has(&self, name: &OsStr) -> bool {
        self.file(name, Form::Json).exists()
    }

    pub(super) fn keep(&self, name: &OsStr, report: &Report) -> Result<()> {
        for form in &self.forms {
            let text = render(*form, report, &self.look)?;
            let file = self.file(name, *form);
            replace(&file, &text)
                .with_context(|| file.display().to_string())?;
        }
        Ok(())
    }

    pub(super) fn keep_summary(&self, csv: &str) -> Result<()> {
        let file = self.folder.join("summary.csv");
        replace(&file, csv).with_context(|| file.display().to_string())
    }

    fn file(&self, name: &OsStr, form: Form) -> PathBuf {
        let mut file = name.to_owned();
        file.push(format!(".{}", form.ending()));
        self.folder.join(file)
    }

    /// An empty folder for a program that has none.
    pub(super) fn workplace(&self, name: &OsStr) -> Result<OsString> {
        let folder = self.workplaces().join(name);
        fs::create_dir_all(&folder)
            .with_context(|| folder.display().to_string())?;
        Ok(fs::canonicalize(&folder)?.into())
    }

    fn workplaces(&self) -> PathBuf {
        self.folder.join(".work")
    }

    /// What programs have left in such folders, now or before a kill -9.
    fn clear(&self) -> Result<()> {
        let folder = self.workplaces();
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| folder.display().to_string())
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Results {
    fn drop(&mut self) {
        let _ = self.clear();
    }
}
