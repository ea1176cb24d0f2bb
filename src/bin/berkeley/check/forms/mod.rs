//! A report in the forms that people and programs read.
//!
//! Each form is a file of its own and makes its text from the report alone.
//! `words` has the words that all share, `block` what is said of a case that
//! failed; `wish` and `keep` are `--report`. Whatever a program printed is
//! shown as it would be typed: no form has to fear a control character.

mod block;
mod bytes;
mod classroom;
#[cfg(test)]
mod fixture;
mod github;
mod gradescope;
mod json;
#[cfg(test)]
mod judges;
mod junit;
mod keep;
mod page;
mod prairielearn;
mod tap;
pub(crate) mod text;
mod wish;
mod words;

use clap::ValueEnum;

use super::report::Report;
pub(crate) use keep::{Reports, replace};
pub(crate) use wish::Wish;
pub(crate) use words::{counted, visible};

/// What a report can be made into
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// As on the terminal
    #[value(name = "text")]
    Terminal,
    /// All that is known
    Json,
    /// JUnit XML
    Junit,
    /// TAP 14
    Tap,
    /// The same as TAP 13, for consumers that know nothing newer
    Tap13,
    /// results.json of Gradescope
    Gradescope,
    /// results.json of a PrairieLearn external grader
    Prairielearn,
    /// Annotations in the log of a GitHub workflow
    Github,
    /// A runner's result for GitHub Classroom, as a line of `$GITHUB_OUTPUT`
    Classroom,
}

impl Form {
    /// What the name of its file ends with, where each program has files.
    pub(crate) fn ending(self) -> &'static str {
        match self {
            Form::Terminal => "txt",
            Form::Json => "json",
            Form::Junit => "xml",
            Form::Tap => "tap",
            Form::Tap13 => "tap13",
            Form::Gradescope => "gradescope.json",
            Form::Prairielearn => "prairielearn.json",
            Form::Github => "github",
            Form::Classroom => "classroom",
        }
    }
}

/// How it is to be shown.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    /// Columns of the text.
    pub(crate) width: usize,
    /// How many hints of a failed case are given away.
    pub(crate) hints: usize,
    /// The words before ` -- COMMAND`, to check again:
    /// `berkeley check knock`
    pub(crate) words: Vec<String>,
}

/// How much is said of a case. Some readers take only so many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Detail {
    Full,
    /// Without what the program printed and without its calls.
    Short,
    /// What went wrong, in a sentence.
    Line,
}

/// The whole report in one form, without colours.
pub(crate) fn render(
    form: Form,
    report: &Report,
    look: &Look,
) -> serde_json::Result<String> {
    Ok(match form {
        Form::Terminal => {
            let lines = text::text(report, look).join("\n");
            format!("{}\n", anstream::adapter::strip_str(&lines))
        }
        Form::Json => json::json(report)?,
        Form::Junit => junit::junit(report, look),
        Form::Tap => tap::tap(report, look, tap::Version::Fourteen),
        Form::Tap13 => tap::tap(report, look, tap::Version::Thirteen),
        Form::Gradescope => gradescope::gradescope(report, look)?,
        Form::Prairielearn => prairielearn::prairielearn(report, look)?,
        Form::Github => github::github(report, look),
        Form::Classroom => classroom::classroom(report, look)?,
    })
}

/// As much as fits into so many bytes: rather less of everything than
/// something cut in its middle.
fn first_that_fits<E>(
    most: usize,
    made: impl Fn(Detail) -> Result<String, E>,
) -> Result<String, E> {
    for detail in [Detail::Full, Detail::Short] {
        let text = made(detail)?;
        if text.len() < most {
            return Ok(text);
        }
    }
    made(Detail::Line)
}
