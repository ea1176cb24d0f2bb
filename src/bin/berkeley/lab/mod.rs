//! `berkeley lab`: experiments with the kernel, each with a question, a run,
//! what the kernel says, and why.
//!
//! `experiments` has one file for each: data, and the function that plays it.
//! `acts` are the calls, as they are made and as they are typed in C and in
//! Rust; an `actor` is a program that makes them; `play` tells the actors
//! what to call, and holds what the kernel says against what was expected;
//! `tale` writes it down as a trace, so that it is drawn as one. A `director`
//! is a process with a network of its own in which all this happens;
//! `sitting` starts it, `page` and `html` show its `outcome`.

mod actor;
mod acts;
mod ask;
mod director;
mod experiments;
mod html;
mod list;
mod options;
mod outcome;
mod page;
mod play;
mod report;
mod seats;
mod sight;
mod sitting;
mod snapshot;
mod tale;
mod watch;

use std::fs;

use anyhow::{Context, Result};

use crate::exit::Verdict;
use crate::screen::{Progress, Screen};
use crate::stage;
use ask::Prediction;
use experiments::{EXPERIMENTS, Experiment, named};
pub(crate) use options::Options;
use page::Page;
use report::Report;

/// What nobody types.
pub(crate) fn experiment() -> Result<Verdict> {
    director::run()
}

pub(crate) fn run(options: &Options) -> Result<Verdict> {
    options.check();
    stage::watch()?;
    let mut screen = Screen::open();
    if options.list {
        list::show(&mut screen, options.json)?;
        return Ok(Verdict::Good);
    }
    let wanted = options.wanted();
    let is_shown = !options.json && options.html.is_none();
    let progress = Progress::new();
    let mut reports: Vec<Report> = Vec::new();
    for experiment in wanted {
        let prediction = if is_shown {
            let mut page = Page::new(&mut screen);
            page.question(experiment)?;
            ask::prediction(experiment, &mut screen, options.yes)?
        } else {
            Prediction::Skipped
        };
        progress.show(&format!("lab: {}", experiment.name));
        let report = held(experiment, options, screen.width)?;
        progress.clear();
        if is_shown {
            Page::new(&mut screen).answer(experiment, prediction, &report)?;
        }
        reports.push(report);
    }
    if options.json {
        screen.line(&report::to_json(&reports)?)?;
    }
    if let Some(path) = &options.html {
        let written = if options.is_all() {
            html::folder(path, &reports)
        } else {
            fs::write(path, html::page(&reports[0])).map_err(Into::into)
        };
        written.with_context(|| format!("cannot write {}", path.display()))?;
    }
    if is_shown && reports.len() > 1 {
        list::summary(&mut screen, &reports)?;
    }
    screen.flush()?;
    Ok(report::verdict(&reports))
}

fn held(
    experiment: &'static Experiment,
    options: &Options,
    width: usize,
) -> Result<Report> {
    let (knobs, settings) = (options.knobs(), options.settings());
    let outcome = sitting::hold(experiment, &knobs, &settings)?;
    Ok(Report::new(experiment, outcome, options.changed(), width))
}
