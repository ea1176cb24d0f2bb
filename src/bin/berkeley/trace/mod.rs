//! `berkeley trace`: which socket calls programs make, who waits for whom,
//! and which TCP state both ends are in.
//!
//! `flow` says who is started and what is waited for; the engine
//! (`../tracer/`) tells the `recorder` each call, which writes the `record`,
//! with what `decode` makes of its arguments, what `sockets` sees behind its
//! descriptors and what the `wire` reports beside it. Everything after that
//! is made from the record alone: `story` finds out what answers what, `draw`
//! draws it, `read` reads it again, `diff` sets two of them side by side.

mod decode;
mod diff;
mod draw;
#[cfg(test)]
mod fixture;
mod flow;
mod labs;
mod lint;
mod live;
mod options;
mod output;
mod pace;
mod read;
pub(crate) mod record;
mod recorder;
mod saved;
mod session;
pub(crate) mod sockets;
mod story;
pub(crate) mod tcp;
mod typist;
mod wire;

use std::ffi::OsString;

use anyhow::{Context, Result, bail};

use crate::catalogue::Language;
use crate::exit::Verdict;
use crate::house::{Built, House};
use crate::screen::Progress;
use crate::stage;
pub(crate) use decode::{address as address_text, escaped, symbols};
use flow::{Input, Outcome, Part};
pub(crate) use lint::Told;
use live::Live;
pub(crate) use options::Options;
use output::Output;
use record::Trace;
pub(crate) use recorder::empty;
pub(crate) use saved::{drawing, ladder, ladder_of, mistakes_in};
use session::Session;

pub(crate) fn run(options: &Options) -> Result<Verdict> {
    options.check();
    if let Some(file) = &options.read {
        let trace = read::read(file, options.all)?;
        let mut output = Output::open(options, false)?;
        output.draw(options, &trace, false)?;
        return Ok(Verdict::Good);
    }
    let stands_beside = options.lab.is_none() && options.diff.is_none();
    let output = Output::open(options, stands_beside)?;
    let done = match &options.diff {
        Some(name) => twins(options, name, output),
        None => trace(options, output),
    };
    stage::end_the_rest();
    done
}

fn trace(options: &Options, output: Output) -> Result<Verdict> {
    let mut live = Live::of(options, output);
    let outcome = traced(options, &mut live)?;
    live.finish(options, &outcome.trace)?;
    Ok(outcome.verdict)
}

/// Longer than anything that is said in a lab.
const MOST_COMPARED: u32 = 4096;

/// The Rust program and its C twin, calls side by side.
fn twins(
    options: &Options,
    name: &str,
    mut output: Output,
) -> Result<Verdict> {
    // However little of it is shown elsewhere.
    let whole = Options { payload: MOST_COMPARED, ..options.clone() };
    let of = |language| -> Result<Trace> {
        let mut nobody_looks_on = Live::silent();
        let outcome = lab(&whole, name, language, &mut nobody_looks_on)?;
        // There would be nothing in which they could differ.
        visited(outcome).context(language.name())
    };
    let (rust, c) = (of(Language::Rust)?, of(Language::C)?);
    let difference = diff::compare(&rust, &c);
    if options.json {
        output.lines([serde_json::to_string_pretty(&difference)?])?;
    } else {
        output.lines(diff::text(&difference, output.width()))?;
    }
    output.flush()?;
    let verdicts = [Verdict::FellShort, Verdict::Good];
    Ok(verdicts[usize::from(difference.same)])
}

/// The trace of a server, which is not one when no client came.
fn visited(outcome: Outcome) -> Result<Trace> {
    if outcome.verdict == Verdict::FellShort {
        bail!(outcome.trace.notes.join("; "));
    }
    Ok(outcome.trace)
}

fn traced(options: &Options, live: &mut Live) -> Result<Outcome> {
    if let Some(pid) = options.pid {
        let command = format!("--pid {pid}");
        let session = Session::open(options, command, live)?;
        return flow::attached(session, pid);
    }
    if let Some(name) = &options.lab {
        return lab(options, name, options.language, live);
    }
    let command = &options.command;
    let session = Session::open(options, typed(options), live)?;
    if options.client.is_empty() {
        return flow::alone(session, command, options.examiner);
    }
    let server = Part { command: command.clone(), input: Input::Nothing };
    let clients = options.client.iter().enumerate();
    let clients = clients.map(|(place, client)| Part {
        command: words(client),
        input: if place == 0 { Input::Ours } else { Input::Nothing },
    });
    flow::served(session, server, clients.collect())
}

fn lab(
    options: &Options,
    name: &str,
    language: Language,
    live: &mut Live,
) -> Result<Outcome> {
    let lab = options::known_lab(name);
    let house = House::find()?;
    if !options.no_build {
        build(&house, language)?;
    }
    let model = options.model.as_deref();
    let clients = options.clients as usize;
    let cast = lab.cast(&house, language, model, clients);
    let session = Session::open(options, typed(options), live)?;
    let part = |script: labs::Script| Part {
        command: script.command,
        input: Input::Typed(script.typed),
    };
    let clients = cast.clients.into_iter().map(part).collect();
    flow::served(session, part(cast.server), clients)
}

fn build(house: &House, language: Language) -> Result<()> {
    let progress = Progress::new();
    let built = house.build(language, &progress)?;
    progress.clear();
    if let Some(note) = built.note() {
        anstream::eprintln!("berkeley: {note}");
    }
    match built {
        Built::Failed(_) => bail!("the programs could not be built"),
        _ => Ok(()),
    }
}

/// A client's words, as a shell would split them; what needs more of a shell
/// than that gets one.
fn words(client: &str) -> Vec<OsString> {
    let needs_shell = client.contains(|c| "|&;<>()$`*?[]#~\n".contains(c));
    match shlex::split(client) {
        Some(words) if !needs_shell && !words.is_empty() => {
            words.into_iter().map(OsString::from).collect()
        }
        _ => ["/bin/sh", "-c", client].map(OsString::from).into(),
    }
}

/// What was asked for, as it would be typed again.
fn typed(options: &Options) -> String {
    let words = |words: &[OsString]| {
        let words: Vec<String> = words
            .iter()
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        let words = words.iter().map(String::as_str);
        shlex::try_join(words).unwrap_or_default()
    };
    match options.lab.as_ref().or(options.diff.as_ref()) {
        Some(lab) => {
            let model = options.model.as_ref();
            let model = model.map(|model| format!(" --model {model}"));
            let language = match options.language {
                Language::Rust => "",
                Language::C => " --language c",
            };
            let clients = match options.clients {
                1 => String::new(),
                clients => format!(" --clients {clients}"),
            };
            format!("{lab}{}{clients}{language}", model.unwrap_or_default())
        }
        None => words(&options.command),
    }
}
