//! `berkeley shell`: the calls of the sockets API, typed one by one.
//!
//! ```text
//! line     = [@ACTOR] [NAME... =] CALL WORD... [&]     a call
//!          | [@ACTOR] NAME = FD                        a name for it
//!          | @ACTOR                     lines are for this one from now on
//!          | [@ACTOR] expect PATTERN | COMMAND WORD...
//! WORD     = FD | SYMBOL | NUMBER | ADDRESS | "text\n" | #5000
//! FD       = a number, or a NAME
//! SYMBOL   = AF_INET | MSG_PEEK|MSG_DONTWAIT | SO_REUSEADDR …
//! ADDRESS  = 127.0.0.1:80 | *:80 | host:http | [::1]:80 | /path | @abstract
//! {NAME.port} {NAME.address} {NAME.peer} {@ACTOR.NAME.port}: looked up
//! ```
//!
//! A descriptor's name stands for its number wherever a FD does; that is the
//! one way to use it. Blanks, commas and parentheses part words, so that a
//! line of C is one of these; `#` begins a comment.
//!
//! An actor is a process of its own, with its own descriptors; the shell
//! makes no call itself. What a line without `@` asks for is waited for, and
//! Ctrl-C interrupts it; when a call with `@` sleeps in the kernel, it is
//! said to be blocked, the next line is read, and its result is told when it
//! comes. A blocked actor that is given another call is waited for first.
//!
//! `words` cuts a line, `parse` makes a `call` of it by the table in
//! `commands/`, an `actor` makes the call, over a `channel`; the `session`
//! keeps it all together, and `record` writes it down.

mod actor;
mod addresses;
mod call;
mod channel;
mod commands;
mod constants;
mod help;
mod input;
mod interrupt;
mod parse;
mod record;
mod session;
mod sets;
mod terminal;
mod values;
mod words;

use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use crate::exit::Verdict;
use input::{Came, Lines};
use session::{FIRST, Session, Step, command};

/// Makes socket calls by hand: socket, bind, connect, send, …
#[derive(Args)]
#[command(after_help = "\
On a terminal: Tab completes, `help` tells all calls, `help CALL` one of them,
Ctrl-C interrupts a call that blocks. From a file or a pipe every line is
shown before its result, and an `expect` line that is not met ends the shell
with exit code 1; a line that is no command does so too in a script, and at
the end of standard input.

Examples:
  berkeley shell
  berkeley shell --script demo.bk
  echo 'getservbyname ssh' | berkeley shell")]
pub(crate) struct Options {
    /// Lines from this file, and no others
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
}

/// How long it may take until an actor's news are told.
const SOON: u16 = 50;

pub(crate) fn run(options: &Options) -> Result<Verdict> {
    interrupt::watch()?;
    let mut session = Session::open()?;
    if let Some(path) = &options.script {
        let name = path.display().to_string();
        let file = File::open(path);
        let file = file.with_context(|| format!("cannot read {name}"))?;
        return read(&mut session, file, Some(&name));
    }
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        return terminal::talk(&mut session);
    }
    let input = io::stdin().as_fd().try_clone_to_owned()?;
    read(&mut session, input.into(), None)
}

/// All lines of a script, or of standard input.
fn read(
    session: &mut Session,
    from: File,
    script: Option<&str>,
) -> Result<Verdict> {
    let mut lines = Lines::of(from);
    let (mut number, mut wrong) = (0, false);
    let at = |number: usize| match script {
        Some(name) => format!("{name}:{number}"),
        None => format!("line {number}"),
    };
    loop {
        let line = match lines.next(SOON)? {
            Came::Line(line) => line,
            Came::Nothing => {
                session.news(0)?;
                continue;
            }
            Came::Interrupt => return Ok(Verdict::Code(130)),
            Came::End => break,
        };
        number += 1;
        let is_expect = command(&line).as_deref() == Some("expect");
        if !line.is_empty() && !is_expect {
            let who = match session.current() {
                FIRST => String::new(),
                other => other.to_owned(),
            };
            session.say(&format!("{who}> {line}"))?;
        }
        match session.line(&line)? {
            Step::Next => {}
            Step::Quit => break,
            Step::Wrong(why) => {
                anstream::eprintln!("{}: {why}", at(number));
                wrong = true;
                if script.is_some() {
                    break;
                }
            }
            Step::Failed(why) => {
                anstream::eprintln!("{}: {why}", at(number));
                return Ok(Verdict::FellShort);
            }
        }
    }
    session.close()?;
    Ok(if wrong { Verdict::FellShort } else { Verdict::Good })
}
