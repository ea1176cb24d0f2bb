//! What can be asked of a check.

use std::path::PathBuf;

use clap::Args;

/// Checks a program, in any language, against a lab
#[derive(Args, Clone, Debug)]
#[command(
    override_usage = "\
berkeley check LAB [OPTIONS] -- COMMAND...
       berkeley check --lab FILE [OPTIONS] -- COMMAND...
       berkeley check LAB --submissions DIR [OPTIONS] -- COMMAND...
       berkeley check [LAB] --list | --explain CASE | --print-lab",
    after_help = "\
COMMAND is how the program is started. In it {port} and {host} are where it is
to listen, or to connect to, and {args} are all arguments that the lab's
handout gives it; what others there are, --list says. Without {port} the
program is found where it listens, and a client is expected at the port of the
handout.

LAB   echo-server, echo-client, knock, dumb-net, chat, roster-server,
      roster-client, simple-server, simple-client
FORM  text      for a terminal or a log; this is the default
      json      all there is, each field explained in
                src/bin/berkeley/check/report.rs
      junit     XML, as CI services read it
      tap, tap13    TAP 14; the same for consumers that know only TAP 13
      gradescope, prairielearn    their results.json
      github    annotations in the log of a GitHub workflow
      classroom    a runner's result for GitHub Classroom

Nothing is waited for by the clock. A case is over when the program has done
what it should, or when none of its threads can do anything more.

A case without points informs, and costs nothing. What is wrong with the
grader itself is never a program's zero.

With --submissions COMMAND runs in each folder of DIR, or in the one folder in
it that has COMMAND's file; {submission} is the entry's whole path, and single
files are programs only with it. What is finished is kept, and not run again
while the files, the lab and the options are the same. Each program has
NAME.txt and NAME.json, and one more file for each --report FORM; summary.csv
is of all, and --json prints the same as JSON.

Examples:
  berkeley check knock -- python3 knock.py -p {port}
  berkeley check echo-client --only 'split*' -- ./echo_client {args}
  berkeley check knock --report text --report junit=knock.xml -- ./knock {args}
  berkeley check knock --submissions class -- python3 knock.py -p {port}

Exit codes: 0 all passed, 1 some failed, 2 bad usage, 3 the program could not
be started, 4 trouble of the grader's own; 129, 130, 143 interrupted by SIGHUP,
SIGINT, SIGTERM."
)]
pub(crate) struct Options {
    /// What the program is to be
    #[arg(value_name = "LAB")]
    pub(crate) name: Option<String>,
    /// How the program is started
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
    /// A lab of your own, in a file
    #[arg(long, value_name = "FILE", conflicts_with = "name")]
    pub(crate) lab: Option<PathBuf>,

    /// The labs, or the cases of a lab
    #[arg(long)]
    pub(crate) list: bool,
    /// What a case is about, step by step
    #[arg(long, value_name = "CASE")]
    pub(crate) explain: Option<String>,
    /// The lab's file, to be changed and used with --lab
    #[arg(long)]
    pub(crate) print_lab: bool,

    /// Only cases of this name or tag, and what they need
    #[arg(long, value_name = "GLOB")]
    pub(crate) only: Vec<String>,
    /// No cases of this name or tag, unless others need them
    #[arg(long, value_name = "GLOB")]
    pub(crate) skip: Vec<String>,
    /// A server that is to serve one peer after another
    #[arg(long)]
    pub(crate) sequential: bool,
    /// Each case so often
    #[arg(long, value_name = "N", default_value = "1")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) repeat: u32,
    /// From which payloads and the like are drawn
    #[arg(long, value_name = "N", default_value = "1")]
    pub(crate) seed: u64,
    /// How much more patience than usual
    #[arg(long, value_name = "FACTOR", default_value = "1")]
    #[arg(value_parser = scale)]
    pub(crate) time_scale: f64,
    /// How many cases at once [default: one for each CPU]
    #[arg(short, long, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) jobs: Option<u16>,

    /// The ladder of what failed, and the mistakes in its calls
    #[arg(long)]
    pub(crate) trace: bool,
    /// So many hints for each case that failed
    #[arg(long, value_name = "N", default_value = "1")]
    pub(crate) hints: usize,
    /// What comes of it, as FORM[=FILE]; several at once
    #[arg(long, value_name = "FORM[=FILE]")]
    pub(crate) report: Vec<String>,
    /// The same as --report json
    #[arg(long)]
    pub(crate) json: bool,
    /// Check again whenever a file of the program changes
    #[arg(long, conflicts_with = "submissions")]
    pub(crate) watch: bool,

    /// A class: each folder or file in DIR is one program
    #[arg(long, value_name = "DIR")]
    pub(crate) submissions: Option<PathBuf>,
    /// Where the class's results are kept [default: DIR-results]
    #[arg(long, value_name = "DIR", requires = "submissions")]
    pub(crate) results: Option<PathBuf>,
}

fn scale(text: &str) -> Result<f64, String> {
    let factor = text.parse().ok();
    let fair = factor.filter(|factor| (0.1..=100.0).contains(factor));
    fair.ok_or_else(|| "a number from 0.1 to 100".to_owned())
}
