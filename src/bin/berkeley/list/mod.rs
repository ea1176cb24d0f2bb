//! `berkeley list`: what there is, and in which file it stands.

use std::path::Path;

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use crate::catalogue::{MODELS, Model, PROGRAMS, Program, TWINS, Twin};
use crate::exit::Verdict;
use crate::screen::{NAME, PLAIN, QUIET, Screen, pad, paint};

/// Lists the programs, the worker models and the twin files
#[derive(Args)]
#[command(after_help = "\
JSON: {\"programs\": [{name, lab, usage, default_port, default_model, shows,
rust, c, man}], \"models\": [{name, unp_row, who_accepts, who_serves, rust, c,
man}], \"twins\": [{shows, rust, c}]}. \"rust\" and \"c\" are files, as seen
from the top of the project; \"man\" are man pages, \"socket(2)\"; what a
program does not have is null. \"unp_row\" is the row of the table in UNIX
Network Programming, chapter 30.

Examples:
  berkeley list
  berkeley list --json | jq -r '.models[].name'")]
pub(crate) struct Options {
    /// The same for a program to read
    #[arg(long)]
    json: bool,
}

/// All of it, as the JSON has it.
#[derive(Serialize)]
struct Everything {
    programs: &'static [Program],
    models: &'static [Model],
    twins: &'static [Twin],
}

pub(crate) fn run(options: &Options) -> Result<Verdict> {
    let mut screen = Screen::open();
    if options.json {
        let all =
            Everything { programs: &PROGRAMS, models: &MODELS, twins: TWINS };
        screen.line(&serde_json::to_string_pretty(&all)?)?;
    } else {
        programs(&mut screen)?;
        models(&mut screen)?;
        twins(&mut screen)?;
        what_next(&mut screen)?;
    }
    screen.flush()?;
    Ok(Verdict::Good)
}

fn programs(screen: &mut Screen) -> Result<()> {
    screen.heading("PROGRAMS, in the order in which they are read best")?;
    for program in &PROGRAMS {
        screen.blank()?;
        let arguments = &program.usage[program.name.len()..];
        let usage = format!("  {}{arguments}", paint(NAME, program.name));
        screen.line(&beside(&usage, &defaults(program), screen.width))?;
        screen.prose(4, PLAIN, program.shows)?;
        files(screen, program.rust, program.c)?;
        screen.prose(4, QUIET, &format!("man {}", program.man.join(", ")))?;
    }
    Ok(())
}

/// What it does when it is not told otherwise.
fn defaults(program: &Program) -> String {
    let port = program.default_port.map(|port| format!("port {port}"));
    let model = program.default_model.map(|model| format!("model {model}"));
    let both: Vec<String> = port.into_iter().chain(model).collect();
    paint(QUIET, &both.join(", "))
}

fn models(screen: &mut Screen) -> Result<()> {
    screen.blank()?;
    screen.heading(
        "WORKER MODELS, --model of echo_server, knock, roster_server, \
         supply_server",
    )?;
    for model in &MODELS {
        screen.blank()?;
        let name = format!("  {}", paint(NAME, model.name));
        let row =
            model.unp_row.map(|row| format!("UNP chapter 30, row {row}"));
        let row = paint(QUIET, &row.unwrap_or_default());
        screen.line(&beside(&name, &row, screen.width))?;
        let accepts = format!("accepts: {}", model.who_accepts);
        screen.prose(4, PLAIN, &accepts)?;
        let serves = format!("serves:  {}", model.who_serves);
        screen.prose(4, PLAIN, &serves)?;
        files(screen, model.rust, model.c)?;
        screen.prose(4, QUIET, &format!("man {}", model.man.join(", ")))?;
    }
    Ok(())
}

fn twins(screen: &mut Screen) -> Result<()> {
    screen.blank()?;
    screen.heading("TWINS behind them: two files to be read side by side")?;
    let mut folder = None;
    for twin in TWINS {
        let (rust, c) = (Path::new(twin.rust), Path::new(twin.c));
        if folder != rust.parent() {
            folder = rust.parent();
            let (left, right) = (folder_of(rust), folder_of(c));
            screen.blank()?;
            screen.line(&format!("  {left} and {right}"))?;
        }
        let rust = pad(&paint(NAME, &name_of(rust)), 17);
        let c = pad(&paint(NAME, &name_of(c)), 16);
        screen.line(&format!("    {rust} {c} {}", twin.shows))?;
    }
    Ok(())
}

fn what_next(screen: &mut Screen) -> Result<()> {
    screen.blank()?;
    screen.line("Every program says more with --help. See them at work:")?;
    screen.line(&format!("  {}", paint(NAME, "berkeley tour")))?;
    Ok(())
}

fn folder_of(file: &Path) -> String {
    file.parent()
        .map(|folder| format!("{}/", folder.display()))
        .unwrap_or_default()
}

fn name_of(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into()
}

/// Both twins on one line.
fn files(screen: &mut Screen, rust: &str, c: &str) -> Result<()> {
    screen.line(&format!("    {} {c}", pad(rust, 34)))?;
    Ok(())
}

/// One text on the left, one at the right edge.
fn beside(left: &str, right: &str, width: usize) -> String {
    let room = textwrap::core::display_width(right) + 1;
    format!("{} {right}", pad(left, width.saturating_sub(room)))
}
