//! `berkeley check`: a program, in any language, against a lab.
//!
//! A lab (`lab`) is a text file with cases; `plan` chooses from them, and a
//! `sitting` gives each to an examiner of the `crew`: a process of its own
//! (`examiner`), which starts the program, plays its peers, and tells what
//! came of it. All that is one `report`, which the `forms` are made from.

mod crew;
mod examiner;
mod forms;
mod lab;
mod live;
mod options;
mod plan;
mod report;
mod show;
mod sitting;
mod written;

use std::fs;
use std::io;
use std::thread::available_parallelism;

use anyhow::{Context, Result};
use clap::error::ErrorKind;

use crate::exit::{Verdict, refuse, words};
use crate::screen::{self, Screen};
use crate::stage::{self, Interrupted};
use crate::{calendar, system};
pub(crate) use examiner::run as examine;
use forms::{Form, Look, Reports, Wish};
use lab::Lab;
pub(crate) use lab::string;
use live::Live;
pub(crate) use options::Options;
use report::{Report, Result as Came};
use sitting::Sitting;

/// The exit codes that only a grader has.
const UNSTARTABLE: Verdict = Verdict::Code(3);
const TROUBLE: Verdict = Verdict::Code(4);

/// Wider than this and the eye would lose its line.
const WIDEST: usize = 100;

pub(crate) fn run(options: &Options) -> Result<Verdict> {
    let Some((source, lab, name)) = chosen_lab(options)? else {
        let mut screen = Screen::open();
        show::labs(&mut screen)?;
        screen.flush()?;
        return Ok(Verdict::Good);
    };
    if options.print_lab {
        print!("{source}");
        return Ok(Verdict::Good);
    }
    if options.list || options.explain.is_some() {
        return shown(options, &lab, &name);
    }
    let reports = Reports::prepare(&wishes(options))
        .unwrap_or_else(|error| usage(words(&error)));
    demand(options, &lab);
    stage::watch()?;
    let done = checked(options, &source, &lab, &name, &reports);
    stage::end_the_rest();
    match done {
        Err(error) if !error.is::<Interrupted>() => {
            anstream::eprintln!("berkeley: {}", words(&error));
            Ok(TROUBLE)
        }
        done => done,
    }
}

fn usage(why: impl Into<String>) -> ! {
    refuse("check", ErrorKind::ValueValidation, why.into())
}

/// The lab's file, the lab, and the words that name it again.
fn chosen_lab(options: &Options) -> Result<Option<(String, Lab, String)>> {
    let (source, called, name) = match (&options.lab, &options.name) {
        (Some(file), _) => {
            let called = file.display().to_string();
            let source = fs::read_to_string(file)
                .with_context(|| format!("cannot read {called}"))
                .unwrap_or_else(|error| usage(words(&error)));
            let file = shlex::try_quote(&called)?.into_owned();
            (source, called, format!("--lab {file}"))
        }
        (None, Some(name)) => {
            let Some(source) = lab::source(name) else {
                let names = lab::LABS.iter().map(|lab| lab.name);
                let names = names.collect::<Vec<_>>().join(", ");
                usage(format!("there is no lab '{name}'; there are {names}"));
            };
            (source.to_owned(), format!("{name}.lab"), name.clone())
        }
        (None, None) if options.list => return Ok(None),
        (None, None) => usage("which lab? berkeley check --list"),
    };
    let lab = lab::parse(&source)
        .unwrap_or_else(|mistaken| usage(format!("{called}: {mistaken}")));
    Ok(Some((source, lab, name)))
}

fn shown(options: &Options, lab: &Lab, name: &str) -> Result<Verdict> {
    let mut screen = Screen::open();
    if let Some(id) = &options.explain {
        let Some(case) = lab.case(id) else {
            usage(format!("{} has no case '{id}'", lab.name));
        };
        show::case(&mut screen, case)?;
    } else {
        let words = format!("berkeley check {name}");
        show::cases(&mut screen, lab, &words)?;
    }
    screen.flush()?;
    Ok(Verdict::Good)
}

fn wishes(options: &Options) -> Vec<Wish> {
    let wishes = options.report.iter().map(|wish| {
        wish.parse::<Wish>()
            .unwrap_or_else(|why| usage(format!("--report {wish}: {why}")))
    });
    let mut wishes: Vec<Wish> = wishes.collect();
    if options.json {
        wishes.push(Wish { form: Form::Json, file: None });
    }
    // Standard output has it line by line, without being asked.
    wishes.retain(|wish| *wish != Wish { form: Form::Terminal, file: None });
    wishes
}

/// A COMMAND with all the places that the lab cannot do without.
fn demand(options: &Options, lab: &Lab) {
    if options.command.is_empty() {
        usage("what is to be checked? COMMAND stands behind --");
    }
    let words = options.command.join(" ");
    if words.contains("{args}") {
        return;
    }
    for place in lab.places() {
        if !words.contains(&format!("{{{place}}}")) {
            usage(format!(
                "COMMAND has no {{{place}}}; {{args}} stands for all that \
                 {} is started with: {}",
                lab.name, lab.arguments
            ));
        }
    }
}

fn checked(
    options: &Options,
    source: &str,
    lab: &Lab,
    name: &str,
    reports: &Reports,
) -> Result<Verdict> {
    let cases = plan::chosen(lab, &options.only, options.sequential);
    if cases.is_empty() {
        usage(format!("--only leaves no case of {}", lab.name));
    }
    let cpus = available_parallelism().map_or(1, usize::from);
    let sitting = Sitting {
        source,
        cases,
        command: options.command.clone(),
        folder: None,
        repeat: options.repeat,
        seed: options.seed,
        time_scale: options.time_scale,
        trace: options.trace,
        jobs: options.jobs.map_or(cpus, usize::from),
    };
    let look = look(options, name);
    let mut report = blank(&sitting, lab);
    let mut live = reports.printed().is_none().then(|| Live::open(&look));
    let held = sitting.hold(&mut report, &mut |report| {
        if let Some(live) = &mut live {
            live.hear(report)?;
        }
        reports.keep(report, &look)
    });
    if let Err(error) = &held {
        report.notes.push(format!("it was not finished: {}", words(error)));
    }
    if let Some(live) = live {
        live.finish(&report)?;
    }
    reports.finish(&report, &look)?;
    held?;
    Ok(verdict(&report))
}

/// A report in which nothing has been examined yet.
fn blank(sitting: &Sitting<'_>, lab: &Lab) -> Report {
    Report {
        lab: lab.name.clone(),
        title: lab.title.clone(),
        command: sitting.command.clone(),
        system: system::kernel(),
        date: calendar::now(),
        seed: sitting.seed,
        time_scale: sitting.time_scale,
        cases: sitting.cases.len(),
        worth: sitting.cases.iter().map(|case| case.points).sum(),
        ..Report::default()
    }
}

fn look(options: &Options, name: &str) -> Look {
    let columns = screen::columns(&io::stdout()).unwrap_or(WIDEST);
    let mut words = vec!["berkeley".to_owned(), "check".to_owned()];
    words.extend(shlex::split(name).unwrap_or_default());
    if options.sequential {
        words.push("--sequential".into());
    }
    Look { width: columns.min(WIDEST), hints: options.hints, words }
}

fn verdict(report: &Report) -> Verdict {
    let has = |result| report.count(result) > 0;
    let fell_short = report
        .outcomes
        .iter()
        .any(|it| it.counts() && matches!(it.result, Came::Failed));
    match () {
        () if has(Came::Trouble) => TROUBLE,
        () if has(Came::Unstartable) => UNSTARTABLE,
        () if fell_short => Verdict::FellShort,
        () => Verdict::Good,
    }
}
