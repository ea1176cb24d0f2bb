//! The tool `berkeley`: what is in the kit, and what it does on this machine.
//!
//! One folder per subcommand; each says on its own how it is called and how
//! it runs. What they share: `catalogue` (what the kit has), `house` (where
//! its programs are, and their building), `stage` (programs started, heard
//! and ended), `tracer` (programs under ptrace), `children` (whose ends are
//! told), `cpus` (who runs on which), `namespace` (a network of its own),
//! `system` and `calendar` (which kernel, and when), `screen` (paper of a
//! known width), `markup` (HTML and SVG), `exit` (the exit codes).
//! The lab programs are strangers to this tool: it knows their command lines
//! and nothing else.
//! Try: `cargo run --release -- tour`.

#[cfg(test)]
mod apart;
mod bench;
mod calendar;
mod catalogue;
mod check;
mod children;
mod cpus;
mod exit;
mod generator;
mod house;
mod lab;
mod list;
mod markup;
mod namespace;
mod numbered;
mod screen;
mod shell;
mod stage;
mod system;
mod tour;
mod trace;
mod tracer;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Shows the programs of this kit, and what they do on this machine
#[derive(Parser)]
#[command(
    name = "berkeley",
    version,
    disable_help_subcommand = true,
    after_help = "\
Examples:
  berkeley tour                    the first minute: every lab, every tool
  berkeley bench                   fork against thread against everything
  berkeley trace knock             who called what, who waited, in which state
  berkeley check LAB -- COMMAND    a program of your own, against a lab
  berkeley lab backlog             a question, and what the kernel says
  berkeley shell                   socket, bind, connect: the calls by hand
  berkeley list                    what there is, and in which file

Exit codes: 0 good, 1 something fell short, 2 bad usage, 3 could not run."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Bench(Box<bench::Options>),
    Check(Box<check::Options>),
    #[command(hide = true)]
    Examine,
    #[command(hide = true)]
    Experiment,
    #[command(hide = true)]
    Generator(generator::Options),
    Lab(lab::Options),
    List(list::Options),
    Shell(shell::Options),
    Tour(tour::Options),
    Trace(Box<trace::Options>),
}

fn main() -> ExitCode {
    children::are_waited_for();
    let done = match Cli::parse().command {
        Command::Bench(options) => bench::run(&options),
        Command::Check(options) => check::run(&options),
        Command::Examine => check::examine(),
        Command::Experiment => lab::experiment(),
        Command::Generator(options) => generator::run(&options),
        Command::Lab(options) => lab::run(&options),
        Command::List(options) => list::run(&options),
        Command::Shell(options) => shell::run(&options),
        Command::Tour(options) => tour::run(&options),
        Command::Trace(options) => trace::run(&options),
    };
    exit::code(done)
}
