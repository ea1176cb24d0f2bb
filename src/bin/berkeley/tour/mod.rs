//! `berkeley tour`: every lab at work on this machine, in both languages.
//!
//! `scenes` says what happens in each lab and what must come of it, `play`
//! lets one of them happen, `record` keeps what came of it, `page` shows it.

mod cost;
mod ladder;
mod page;
mod panes;
mod play;
mod record;
mod scenes;
mod text;

use std::time::Instant;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::catalogue::Language;
use crate::exit::Verdict;
use crate::house::{Built, House};
use crate::screen::{Progress, Screen};
use crate::stage;
use page::Page;
use record::{Act, Found, Tour};
use scenes::{SCENES, Scene};

/// Serves every lab on this machine, talks to it, and checks what comes back
#[derive(Args)]
#[command(after_help = "\
LAB is one or more of simple, echo, knock, roster, supply, udp, dumb_net,
one_to_one, http_get, socket_tools, worker_demo. Each runs in both languages,
the servers echo, knock, roster and supply under fork, thread and epoll. A
conversation is shown once and again where it came out differently; --full
shows all of them.

In a checkout, cargo and make bring the programs up to date first. A language
that cannot be built is left out, and the tour falls short by it (exit code 1);
with --language it is not asked for. When no program is there to be run at
all, the exit code is 3. An interrupted tour ends what it has started, and
with 130 (SIGINT) or 143 (SIGTERM).

JSON: {good, seconds, languages: [{language, built, note}], acts: [{lab,
language, model, ok, found, why, seconds, one_more_peer: {processes, threads},
peer, commands: [{role, command}], lines: [{role, stream, text}]}], ladder:
{command, lines, why}}. \"found\" is ok, fell_short, missing or not_built;
\"one_more_peer\" is what a connected peer cost the server; what does not apply
is null. Lines are in the order in which they were printed. \"ladder\" is what
its command draws; \"why\" says why nobody may be traced here.

Examples:
  berkeley tour
  berkeley tour knock echo
  berkeley tour --json | jq '.acts[] | select(.ok | not)'")]
pub(crate) struct Options {
    /// Only these labs
    #[arg(
        value_name = "LAB",
        value_parser = lab(),
        hide_possible_values = true
    )]
    labs: Vec<String>,
    /// rust, c or both
    #[arg(
        long,
        value_name = "NAME",
        default_value = "both",
        hide_possible_values = true
    )]
    language: Languages,
    /// Show every conversation
    #[arg(long)]
    full: bool,
    /// Use the programs as they are, build nothing
    #[arg(long)]
    no_build: bool,
    /// The same for a program to read
    #[arg(long)]
    json: bool,
}

fn lab() -> clap::builder::PossibleValuesParser {
    SCENES.iter().map(|scene| scene.lab).collect::<Vec<_>>().into()
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
    stage::watch()?;
    let start = Instant::now();
    let progress = Progress::new();
    let house = House::find()?;
    let mut screen = Screen::open();
    let width = screen.width;
    let mut page = Page::new(&mut screen, &house, options.full);
    let mut tour = Tour::default();

    for language in Language::BOTH {
        if options.language.has(language) {
            tour.built.push((
                language,
                build(options, &house, language, &progress)?,
            ));
        }
    }
    if !options.json {
        page.opening(&tour)?;
    }
    for scene in SCENES {
        if !options.labs.is_empty()
            && !options.labs.iter().any(|lab| lab == scene.lab)
        {
            continue;
        }
        let first = tour.acts.len();
        lab_acts(scene, &house, &mut tour, &progress)?;
        progress.clear();
        if !options.json {
            page.lab(scene, &tour.acts[first..])?;
        }
        let ladder = ladder::behind(&tour.acts[first..], width, &progress)?;
        if let (Some(ladder), false) = (&ladder, options.json) {
            page.ladder(ladder)?;
        }
        tour.ladder = tour.ladder.or(ladder);
    }
    tour.seconds = start.elapsed().as_secs_f64();
    if options.json {
        screen.line(&tour.to_json()?)?;
    } else {
        page.summary(&tour)?;
    }
    screen.flush()?;
    Ok(tour.verdict())
}

fn build(
    options: &Options,
    house: &House,
    language: Language,
    progress: &Progress,
) -> Result<Built> {
    if options.no_build {
        return Ok(Built::AsFound(None));
    }
    house.build(language, progress)
}

/// One lab: in each language, under each of its models.
fn lab_acts(
    scene: &'static Scene,
    house: &House,
    tour: &mut Tour,
    progress: &Progress,
) -> Result<()> {
    let models = scene.models.iter().copied().map(Some);
    let models: Vec<_> =
        if scene.models.is_empty() { vec![None] } else { models.collect() };
    for (language, built) in &tour.built {
        for &model in &models {
            let mut act = Act::new(scene.lab, *language, model);
            progress.show(&format!("tour: {}", act.name()));
            if matches!(built, Built::Failed(_)) {
                act.found = Found::NotBuilt;
            } else {
                play::act(scene, house, &mut act)?;
            }
            tour.acts.push(act);
        }
    }
    Ok(())
}
