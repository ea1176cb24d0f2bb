//! `--watch`: checked again whenever a file of the program changes.

use std::path::PathBuf;

use anyhow::Result;
use nix::errno::Errno;
use nix::poll::poll;

use super::alone::Alone;
use super::files::{Files, is_made, named};
use super::plan;
use super::report::{Report, Result as Came};
use super::sitting::Terms;
use crate::exit::Verdict;
use crate::stage;

/// How often the files are looked at, in ms.
const LOOK: u16 = 150;
/// For so many looks a file may be missing: some editors put the old one
/// aside before they write the new one.
const PATIENCE: usize = 10;

/// Until it is interrupted, which is an error.
pub(crate) fn run(
    alone: &Alone<'_>,
    mut terms: Terms<'_>,
    sequential: bool,
) -> Result<Verdict> {
    let watched = Watched::of(&alone.candidate.command);
    let mut habit: Vec<PathBuf> = Vec::new();
    loop {
        // Before the check: what changes meanwhile is not lost.
        let mut seen = watched.look();
        let report = alone.check(&terms)?;
        begin_with_failed(&mut terms, &report, sequential);
        let mut now = watched.look();
        let mut changed = seen.changed_in(&now);
        // Twice in a row, and the program itself is likely to do it.
        let is_habit = !changed.is_empty() && changed == habit;
        habit.clone_from(&changed);
        if is_habit {
            let what = listed(&changed);
            rule(alone, &format!("{what} changes whenever this runs"))?;
        }
        if changed.is_empty() || is_habit {
            rule(alone, &format!("waits until {watched} changes"))?;
            seen = now;
            now = watched.wait(&seen)?;
            changed = seen.changed_in(&now);
        }
        rule(alone, &format!("{} changed", listed(&changed)))?;
    }
}

/// What failed the last time is what one wants to know. What it needs comes
/// before it.
fn begin_with_failed(terms: &mut Terms<'_>, last: &Report, sequential: bool) {
    let failed = last.outcomes.iter();
    let failed = failed.filter(|outcome| outcome.result != Came::Passed);
    let failed: Vec<String> = failed.map(|it| it.id.clone()).collect();
    let all: Vec<&str> =
        terms.cases.iter().map(|case| case.id.as_str()).collect();
    let mut cases = plan::chosen(terms.lab, &[], &[], sequential);
    cases.retain(|case| all.contains(&case.id.as_str()));
    if !failed.is_empty() {
        let first = plan::chosen(terms.lab, &failed, &[], sequential);
        cases.sort_by_key(|case| !first.iter().any(|it| it.id == case.id));
    }
    terms.cases = cases;
}

/// Between two checks. Where the report takes standard output, this does not.
fn rule(alone: &Alone<'_>, text: &str) -> Result<()> {
    use std::io::Write;
    let width = alone.look.width.saturating_sub(text.chars().count() + 4);
    let line = format!("-- {text} {}", "-".repeat(width));
    if alone.reports.printed().is_some() {
        anstream::eprintln!("{line}");
        return Ok(());
    }
    let mut out = anstream::stdout().lock();
    writeln!(out, "\n{line}")?;
    Ok(out.flush()?)
}

fn listed(paths: &[PathBuf]) -> String {
    let name = |path: &PathBuf| path.display().to_string();
    match paths {
        [] => "nothing".to_owned(),
        [one] => name(one),
        [one, rest @ ..] => format!("{} and {} more", name(one), rest.len()),
    }
}

/// What the program is made of.
struct Watched {
    roots: Vec<PathBuf>,
}

impl std::fmt::Display for Watched {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let here = self.roots.iter().any(|root| *root == *".");
        let here = here.then(|| "something in this folder".to_owned());
        out.write_str(&here.unwrap_or_else(|| listed(&self.roots)))
    }
}

impl Watched {
    /// The files that COMMAND names; if there are none, all here.
    fn of(command: &[String]) -> Watched {
        let words = named(command).filter(|path| path.exists());
        let mut roots: Vec<PathBuf> = words.map(Into::into).collect();
        if roots.is_empty() {
            roots.push(".".into());
        }
        Watched { roots }
    }

    fn look(&self) -> Files {
        let mut files = Files::default();
        for root in &self.roots {
            files.add(root, is_made);
            files.add_kin(root);
        }
        files
    }

    fn is_whole(&self) -> bool {
        self.roots.iter().all(|root| root.exists())
    }

    /// What there is when something has changed and nothing does any more.
    fn wait(&self, seen: &Files) -> Result<Files> {
        let mut last = self.look();
        let mut missing = 0;
        loop {
            pause()?;
            let now = self.look();
            if now == last && now != *seen {
                missing += 1;
                if self.is_whole() || missing > PATIENCE {
                    return Ok(now);
                }
            }
            last = now;
        }
    }
}

fn pause() -> Result<()> {
    match poll(&mut [], LOOK) {
        Ok(_) | Err(Errno::EINTR) => stage::check(),
        Err(errno) => Err(errno.into()),
    }
}
