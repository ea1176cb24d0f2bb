//! A report in the forms that people and programs read.
//!
//! Each form is a file of its own and makes its text from the report alone.
//! `words` has the words that all share, `block` what is said of a case that
//! failed. Whatever a program printed is
//! shown as it would be typed: no form has to fear a control character.

mod block;
mod bytes;
#[cfg(test)]
mod fixture;
mod json;
#[cfg(test)]
mod judges;
mod junit;
mod page;
mod tap;
pub(crate) mod text;
mod words;

use clap::ValueEnum;

use super::report::Report;

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
    })
}
