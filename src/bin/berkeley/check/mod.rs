//! `berkeley check`: a program, in any language, against a lab.
//!
//! A lab (`lab`) is a text file with cases; `plan` chooses from them. A
//! `sitting` is one program's way through them; the `hall` gives each case to
//! an examiner of the `crew`: a process of its own (`examiner`), which starts
//! the program, plays its peers, and tells what came of it. All that is one
//! `report`, which the `forms` are made from. A program is checked `alone`,
//! `again` and again as its `files` change, or with a `class`.

mod again;
mod alone;
mod class;
mod crew;
mod examiner;
mod files;
mod forms;
mod hall;
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
use alone::Alone;
pub(crate) use examiner::run as examine;
use forms::{Form, Look, Reports, Wish};
use lab::Lab;
pub(crate) use lab::string;
pub(crate) use options::Options;
use sitting::{Candidate, Terms};

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
    let wishes = wishes(options);
    demand(options, &lab);
    warn(options, &lab);
    let cases =
        plan::chosen(&lab, &options.only, &options.skip, options.sequential);
    if cases.is_empty() {
        usage(no_case(options, &lab));
    }
    let terms = Terms {
        source: &source,
        lab: &lab,
        cases,
        repeat: options.repeat,
        seed: options.seed,
        time_scale: options.time_scale,
        trace: options.trace,
    };
    let look = look(options, &name);
    stage::watch()?;
    let done = match &options.submissions {
        Some(folder) => class::run(options, folder, &terms, &wishes, look),
        None => one(options, terms, &wishes, &look),
    };
    stage::end_the_rest();
    match done {
        Err(error) if !error.is::<Interrupted>() => {
            anstream::eprintln!("berkeley: {}", words(&error));
            Ok(TROUBLE)
        }
        done => done,
    }
}

/// Which of the options has left none.
fn no_case(options: &Options, lab: &Lab) -> String {
    let options = [
        ("--only", !options.only.is_empty()),
        ("--skip", !options.skip.is_empty()),
        ("--sequential", options.sequential),
    ];
    let given = options.iter().filter(|(_, is_given)| *is_given);
    let given: Vec<&str> = given.map(|(name, _)| *name).collect();
    match given[..] {
        [] => format!("{} has no case without --sequential", lab.name),
        [one] => format!("{one} leaves no case of {}", lab.name),
        _ => format!("{} leave no case of {}", given.join(" and "), lab.name),
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
            let bytes = fs::read(file)
                .with_context(|| format!("cannot read {called}"))
                .unwrap_or_else(|error| usage(words(&error)));
            let source = lab::decoded(&bytes)
                .unwrap_or_else(|why| usage(format!("{called}: {why}")));
            let source = source.to_owned();
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
    if options.submissions.is_some() {
        if let Some(Wish { file: Some(file), .. }) =
            wishes.iter().find(|wish| wish.file.is_some())
        {
            let file = file.display();
            usage(format!("{file}: each of a class has a file of its own"));
        }
        return wishes;
    }
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
    if options.submissions.is_none() && words.contains("{submission}") {
        usage("{submission} is for a class: --submissions DIR");
    }
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

/// Of a place that stands for nothing: it may be misspelt, and the braces may
/// be meant.
fn warn(options: &Options, lab: &Lab) {
    let mut places = vec!["args", "host", "port"];
    if options.submissions.is_some() {
        places.push("submission");
    }
    let values = lab.cases.iter().flat_map(|case| case.values.keys());
    let values = values.chain(lab.values.keys()).map(String::as_str);
    let named: Vec<String> = lab.places();
    let optional = lab.optional.iter().chain(&named).map(String::as_str);
    places.extend(values.chain(optional));
    places.sort_unstable();
    places.dedup();
    for name in plan::unknown(&options.command, &places) {
        let known: Vec<String> =
            places.iter().map(|place| format!("{{{place}}}")).collect();
        anstream::eprintln!(
            "berkeley: {{{name}}} stands for nothing in COMMAND, and is \
             passed on as it is; there are {}",
            known.join(", ")
        );
    }
}

/// One program, once or again and again.
fn one(
    options: &Options,
    terms: Terms<'_>,
    wishes: &[Wish],
    look: &Look,
) -> Result<Verdict> {
    let reports =
        Reports::prepare(wishes).unwrap_or_else(|error| usage(words(&error)));
    let command = options.command.clone();
    let candidate = Candidate { command, ..Candidate::default() };
    let alone = Alone { candidate, jobs: jobs(options), look, reports };
    if options.watch {
        return again::run(&alone, terms, options.sequential);
    }
    Ok(alone::verdict(&alone.check(&terms)?))
}

fn jobs(options: &Options) -> usize {
    let cpus = || available_parallelism().map_or(1, usize::from);
    options.jobs.map_or_else(cpus, usize::from)
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
