//! `berkeley tour`: the first minute with the kit, on this machine. Every lab
//! at work, in both languages, and every tool.
//!
//! `scenes` says what happens in each step and what must come of it, `play`
//! lets one of them happen, `record` keeps what came of it, `page` shows it:
//! a lab in `panes`, what a `tool` printed on a `sheet`.

mod cost;
mod page;
mod panes;
mod play;
mod record;
mod scenes;
mod sheet;
mod text;
mod tool;

use std::time::Instant;

use anyhow::Result;
use clap::error::ErrorKind;
use clap::{Args, ValueEnum};

use crate::catalogue::Language;
use crate::exit::{Verdict, refuse};
use crate::house::{Built, House};
use crate::screen::{Progress, Screen};
use crate::stage::{self, Interrupted};
use page::Page;
use play::Place;
use record::{Act, Tour};
use scenes::{FIRST, SCENES, Scene};

/// The first minute: every lab at work on this machine, and every tool
#[derive(Args)]
#[command(after_help = "\
STEP is one or more of

  simple, echo, knock, roster, supply, udp, dumb_net, one_to_one, http_get,
  socket_tools, worker_demo
      A lab, in both languages: what both sides print is checked, and shown
      once and again where it came out differently. The servers echo, knock,
      roster and supply run under fork, thread and epoll.
  ladder
      The calls of both sides of knock, as `berkeley trace` draws them.
  bench
      Ten seconds of `berkeley bench`: fork against thread.
  check
      A server with a mistake in it, caught by `berkeley check`.
  lab
      One experiment of `berkeley lab`.

Without STEP all are run, in about a quarter of a minute. Of the labs only
knock is then shown, and what has not gone well; --full shows every
conversation, and all that the tools print.

In a checkout, cargo and make bring the programs up to date first. A language
that cannot be built is left out, and the tour falls short by it (exit code 1);
with --language it is not asked for. What the kernel does not allow here, as
tracing in some containers, is left out, too, and is no failure. When no
program is there to be run at all, the exit code is 3. An interrupted tour ends
what it has started, shows what there is, and ends with 130 (SIGINT) or 143
(SIGTERM).

JSON: {good, seconds, languages: [{language, built, note}], acts: [{step,
language, model, ok, found, why, seconds, one_more_peer: {processes, threads},
peer, commands: [{role, command}], lines: [{role, stream, text}]}]}. \"found\"
is ok, fell_short, missing, not_built, left_out or interrupted;
\"one_more_peer\" is what a connected peer cost the server; what does not apply
is null, as the language of a tool's step. Lines are in the order in which they
were printed.

Examples:
  berkeley tour
  berkeley tour knock ladder
  berkeley tour --skip bench
  berkeley tour --json | jq '.acts[] | select(.ok | not)'")]
pub(crate) struct Options {
    /// Only these steps
    #[arg(
        value_name = "STEP",
        value_parser = step(),
        hide_possible_values = true
    )]
    steps: Vec<String>,
    /// Not these
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        value_parser = step(),
        hide_possible_values = true
    )]
    skip: Vec<String>,
    /// rust, c or both
    #[arg(
        long,
        value_name = "NAME",
        default_value = "both",
        hide_possible_values = true
    )]
    language: Languages,
    /// Show every conversation, and all that the tools print
    #[arg(long)]
    full: bool,
    /// Use the programs as they are, build nothing
    #[arg(long)]
    no_build: bool,
    /// The same for a program to read
    #[arg(long)]
    json: bool,
}

fn step() -> clap::builder::PossibleValuesParser {
    SCENES.iter().map(|scene| scene.step).collect::<Vec<_>>().into()
}

impl Options {
    fn wants(&self, step: &str) -> bool {
        let has = |list: &[String]| list.iter().any(|it| it == step);
        (self.steps.is_empty() || has(&self.steps)) && !has(&self.skip)
    }

    fn shows(&self, step: &str) -> bool {
        self.full || !self.steps.is_empty() || FIRST.contains(&step)
    }
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Languages {
    Rust,
    C,
    Both,
}

impl Languages {
    fn has(self, language: Language) -> bool {
        match self {
            Languages::Rust => language == Language::Rust,
            Languages::C => language == Language::C,
            Languages::Both => true,
        }
    }
}

pub(crate) fn run(options: &Options) -> Result<Verdict> {
    if !SCENES.iter().any(|scene| options.wants(scene.step)) {
        let why = "--skip leaves no step".to_owned();
        refuse("tour", ErrorKind::ValueValidation, why);
    }
    stage::watch()?;
    let start = Instant::now();
    let progress = Progress::new();
    let house = House::find()?;
    let mut screen = Screen::open();
    let built = build(options, &house, &progress)?;
    let place = Place {
        house: &house,
        built: &built,
        progress: &progress,
        width: screen.width - 2,
        is_coloured: !options.json && screen.is_coloured(),
    };
    let mut page = Page::new(&mut screen, &house, options.full);
    let mut tour = Tour { built: &built, acts: Vec::new(), seconds: 0.0 };
    let done = all(options, &place, &mut tour, &mut page);
    progress.clear();
    stage::end_the_rest();
    tour.seconds = start.elapsed().as_secs_f64();
    // What there is has been seen to be so, whatever cut it short.
    if done.as_ref().map_or_else(anyhow::Error::is::<Interrupted>, |()| true) {
        if options.json {
            screen.line(&tour.to_json()?)?;
        } else {
            page.summary(&tour)?;
        }
        screen.flush()?;
    }
    done.map(|()| tour.verdict())
}

fn build(
    options: &Options,
    house: &House,
    progress: &Progress,
) -> Result<Vec<(Language, Built)>> {
    let asked = Language::BOTH.into_iter();
    let asked = asked.filter(|language| options.language.has(*language));
    let built = asked.map(|language| {
        let built = if options.no_build {
            Built::AsFound(None)
        } else {
            house.build(language, progress)?
        };
        Ok((language, built))
    });
    built.collect()
}

fn all(
    options: &Options,
    place: &Place<'_>,
    tour: &mut Tour<'_>,
    page: &mut Page<'_>,
) -> Result<()> {
    if !options.json {
        page.opening(tour)?;
    }
    for scene in SCENES.iter().filter(|scene| options.wants(scene.step)) {
        let first = tour.acts.len();
        let done = play_all(scene, place, tour);
        place.progress.clear();
        let acts = &tour.acts[first..];
        let is_worth_it = options.shows(scene.step) || went_wrong(acts);
        if is_worth_it && !options.json {
            page.step(scene, acts)?;
        }
        done?;
    }
    Ok(())
}

fn went_wrong(acts: &[Act]) -> bool {
    acts.iter().any(|act| !act.ok)
}

/// A lab in each language, under each of its models; a tool once.
fn play_all(
    scene: &'static Scene,
    place: &Place<'_>,
    tour: &mut Tour<'_>,
) -> Result<()> {
    let languages = place.built.iter().map(|(language, _)| Some(*language));
    let languages: Vec<_> = match scene.sheet {
        Some(_) => vec![None],
        None => languages.collect(),
    };
    let models = scene.models.iter().copied().map(Some);
    let models: Vec<_> =
        if scene.models.is_empty() { vec![None] } else { models.collect() };
    for language in languages {
        for &model in &models {
            let mut act = Act::new(scene.step, language, model);
            place.progress.show(&format!("tour: {}", act.name()));
            let played = play::act(scene, place, &mut act);
            tour.acts.push(act);
            played?;
        }
    }
    Ok(())
}
