//! What can be asked of the trace.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, ValueEnum};

use super::labs::{self, Lab};
use crate::catalogue::{Language, MODELS};
use crate::exit::refuse;

/// Draws socket calls, who waits for whom, and both ends' TCP states
#[derive(Args, Clone, Debug)]
#[command(
    override_usage = "\
berkeley trace [OPTIONS] -- COMMAND...
       berkeley trace --client 'COMMAND... {port}' -- SERVER COMMAND...
       berkeley trace --pid PID
       berkeley trace LAB [--model NAME] [--clients N] [--language rust|c]
       berkeley trace --diff LAB [--model NAME]
       berkeley trace --read FILE",
    after_help = "\
COMMAND is any program in any language, as it is. With --client, the server's
port is found out when it listens; when all clients have ended, it gets a
SIGINT. The first client has this terminal's input.

LAB     simple, echo, knock, roster, supply, udp, chat, dumb_net, http_get
CPU     keep them as they are, one for all, or per-side: one for each side
FORMAT  ladder  a column per process and thread, the connections between them
        calls   a call a line, as it returns
        json    the record itself; --read draws it again
        svg, html

Beside a program that has the terminal, the trace goes to stderr, as strace's
does; that of a lab, of --diff and of --read goes to stdout. The exit code is
the traced program's own; with --client the server's, or that of the first
client that failed; 3 when a program could not be started.

-o FILE: a name in .json, .svg, .html or .calls says the format. --read -
reads from standard input.

--lint and --summary are printed alone, or behind what --format asks for.
--lint --json: {command, findings}; a finding is {lint {id, title, why, mend},
pid, tid, says, calls, events, times, ...}.

JSON: {command, source, system, programs, tasks, sockets, events, notes}. An
event is a call {tid, pid, call, fd, socket, args, result, errno, enter_ns,
exit_ns, data, before, after, ...}, a birth, an exec, a signal, a pause, an
end, a state or a segment. Every field is explained in
src/bin/berkeley/trace/record.rs.

Examples:
  berkeley trace knock --model fork --clients 2
  berkeley trace -- python3 server.py
  berkeley trace --client 'curl -s 127.0.0.1:{port}' -- python3 -m http.server 0
  berkeley trace --lint --client 'nc -N 127.0.0.1 {port}' -- ./server
  berkeley trace -o trace.html -- curl http://127.0.0.1:8000/
  berkeley trace --diff knock --model thread"
)]
pub(crate) struct Options {
    /// A lab of the kit: its server and its clients
    #[arg(value_name = "LAB")]
    pub(crate) lab: Option<String>,
    /// A COMMAND without its --, to be told of.
    #[arg(hide = true)]
    pub(crate) rest: Vec<OsString>,
    /// The program and its arguments
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
    /// A client of the server; {port} is where that listens
    #[arg(long, value_name = "COMMAND")]
    pub(crate) client: Vec<String>,
    /// Attach to a process and all its threads
    #[arg(short, long, value_name = "PID")]
    #[arg(value_parser = clap::value_parser!(i32).range(1..))]
    pub(crate) pid: Option<i32>,
    /// A lab in Rust and its C twin, calls side by side
    #[arg(long, value_name = "LAB")]
    pub(crate) diff: Option<String>,
    /// A saved trace, or a log of strace -f -ttt -yy
    #[arg(long, value_name = "FILE")]
    pub(crate) read: Option<PathBuf>,

    /// The worker model of the lab's server
    #[arg(long, value_name = "NAME", value_parser = model_names())]
    #[arg(hide_possible_values = true)]
    pub(crate) model: Option<String>,
    /// How many clients the lab has
    #[arg(long, value_name = "N", default_value = "1")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) clients: u32,
    /// In which language the lab is
    #[arg(long, value_name = "rust|c", default_value = "rust")]
    #[arg(hide_possible_values = true)]
    pub(crate) language: Language,

    /// ladder, calls, json, svg, html [default: ladder]
    #[arg(long, value_name = "FORMAT", hide_possible_values = true)]
    pub(crate) format: Option<Format>,
    /// Where the trace goes; - is standard output
    #[arg(short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Also the segments on the wire
    #[arg(long)]
    pub(crate) packets: bool,
    /// On which CPUs: keep, one or per-side
    #[arg(long, value_name = "CPU", default_value = "keep")]
    #[arg(hide_possible_values = true)]
    pub(crate) cpu: Placement,
    /// All system calls, not only of sockets and workers
    #[arg(long)]
    pub(crate) all: bool,
    /// Counts, errors, who waited, bytes per connection
    #[arg(long)]
    pub(crate) summary: bool,
    /// The mistakes that the calls show, and the mend
    #[arg(long)]
    pub(crate) lint: bool,
    /// As JSON; also --summary, --lint and --diff
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
    /// How much of each payload is kept
    #[arg(short = 's', long, value_name = "BYTES", default_value = "64")]
    #[arg(value_parser = clap::value_parser!(u32).range(..=1_048_576))]
    pub(crate) payload: u32,
    /// Of the ladder [default: the terminal's, up to 140]
    #[arg(long, value_name = "COLUMNS")]
    #[arg(value_parser = clap::value_parser!(u16).range(60..=1000))]
    pub(crate) width: Option<u16>,
    /// Draw with ASCII alone
    #[arg(long)]
    pub(crate) ascii: bool,
    /// Draw while the programs run, also into a pipe
    #[arg(long)]
    pub(crate) stream: bool,
    /// A stream socket: who is at its other end is told the program's pid,
    /// and lets it go on; the program's terminal is its alone.
    #[arg(long, hide = true, value_name = "FD")]
    pub(crate) examiner: Option<i32>,
    /// Use the lab programs as they are, build nothing
    #[arg(long)]
    pub(crate) no_build: bool,
}

/// What a trace is drawn as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Ladder,
    Calls,
    Json,
    Svg,
    Html,
}

/// On which CPUs the programs run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Placement {
    Keep,
    One,
    PerSide,
}

fn model_names() -> clap::builder::PossibleValuesParser {
    MODELS.iter().map(|model| model.name).collect::<Vec<_>>().into()
}

/// The lab of this name.
pub(crate) fn known_lab(name: &str) -> &'static Lab {
    labs::lab(name).unwrap_or_else(|| {
        let names = labs::names().join(", ");
        let why = format!(
            "there is no lab '{name}'; there are {names}. A program stands \
             behind --: berkeley trace -- {name}"
        );
        refuse("trace", ErrorKind::InvalidValue, why)
    })
}

impl Options {
    /// What no single option can see.
    pub(crate) fn check(&self) {
        if let Some(why) = self.nonsense() {
            refuse("trace", ErrorKind::ArgumentConflict, why);
        }
        for name in self.lab.iter().chain(&self.diff) {
            let has_models = known_lab(name).default_model().is_some();
            if self.model.is_some() && !has_models {
                let why = format!("the server of {name} has no models");
                refuse("trace", ErrorKind::ArgumentConflict, why);
            }
        }
    }

    fn nonsense(&self) -> Option<String> {
        if let (Some(program), [_, ..]) = (&self.lab, &*self.rest) {
            if labs::lab(program).is_some() {
                return Some("a LAB takes options alone".into());
            }
            let arguments = self.rest.iter().map(|it| it.to_string_lossy());
            let arguments: Vec<_> = arguments.collect();
            return Some(format!(
                "a program stands behind --: berkeley trace -- {program} {}",
                arguments.join(" ")
            ));
        }
        if !self.client.is_empty() && self.command.is_empty() {
            return Some("--client needs -- SERVER COMMAND".into());
        }
        let asked = [
            self.lab.is_some(),
            !self.command.is_empty(),
            self.pid.is_some(),
            self.diff.is_some(),
            self.read.is_some(),
        ];
        match asked.iter().filter(|&&is| is).count() {
            0 => {
                return Some(
                    "nothing to trace: a LAB, -- COMMAND, --pid, --diff or \
                     --read"
                        .into(),
                );
            }
            1 => {}
            _ if self.lab.is_some() && !self.command.is_empty() => {
                return Some(
                    "options come before --, and a LAB has no \
                             COMMAND"
                        .into(),
                );
            }
            _ => return Some("only one thing can be traced".into()),
        }
        let of_labs = self.model.is_some() || self.clients != 1;
        if of_labs && self.lab.is_none() && self.diff.is_none() {
            return Some("--model and --clients are for a LAB".into());
        }
        if self.lint && self.diff.is_some() {
            return Some("--diff has no --lint".into());
        }
        let is_page = matches!(self.format(), Format::Svg | Format::Html);
        if self.lint && is_page {
            return Some("--lint is printed, it is on no page".into());
        }
        if self.lint && self.summary && self.format() == Format::Json {
            return Some("as JSON, --lint or --summary, not both".into());
        }
        None
    }

    /// Whether nothing is drawn, since only what is printed behind a drawing
    /// is asked for.
    pub(crate) fn draws_nothing(&self) -> bool {
        (self.summary || self.lint) && self.format.is_none()
            || self.lint && self.format() == Format::Json
    }

    /// What is asked for, or what the file's name says.
    pub(crate) fn format(&self) -> Format {
        let extension = || self.output.as_ref()?.extension()?.to_str();
        match (self.json, self.format, extension()) {
            (true, ..) | (_, None, Some("json")) => Format::Json,
            (_, Some(format), _) => format,
            (_, None, Some("svg")) => Format::Svg,
            (_, None, Some("html" | "htm")) => Format::Html,
            (_, None, Some("calls")) => Format::Calls,
            _ => Format::Ladder,
        }
    }
}
