//! What a step needs, and the tools of the kit, run as a user runs them.

use std::fmt::{self, Display};
use std::process;
use std::time::Duration;

use anstream::adapter::strip_str;
use anyhow::Result;
use nix::sys::signal::Signal;

use super::play::{Place, Play};
use super::record::Found;
use super::text::words;
use crate::catalogue::Language;
use crate::house::Built;
use crate::stage::{Stream, fell_short};

/// How long a tool that was interrupted may take to say what it has.
const PATIENCE: Duration = Duration::from_secs(5);

/// The kernel's words for what is not allowed here, as in some containers.
const REFUSALS: [&str; 3] = ["EPERM: ", "EACCES: ", "ENOSYS: "];

/// Why an act was not played.
#[derive(Debug)]
pub(crate) struct Lacking {
    pub(crate) found: Found,
    pub(crate) why: Option<String>,
}

impl Display for Lacking {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.why.as_deref().unwrap_or("it was not built"))
    }
}

impl std::error::Error for Lacking {}

fn lacking<T>(found: Found, why: Option<String>) -> Result<T> {
    Err(Lacking { found, why }.into())
}

impl Play<'_> {
    /// The languages that were asked for, and built.
    pub(crate) fn languages(&self) -> Result<Vec<Language>> {
        let built = self.place.built.iter();
        let usable = built.filter(|(_, it)| !matches!(it, Built::Failed(_)));
        let usable: Vec<_> = usable.map(|(language, _)| *language).collect();
        match usable[..] {
            [] => lacking(Found::NotBuilt, None),
            _ => Ok(usable),
        }
    }

    /// Goes on only if this program is there.
    pub(crate) fn needs(&self, language: Language, name: &str) -> Result<()> {
        let mut built = self.place.built.iter();
        let is_there = || self.place.house.path(language, name).is_file();
        match built.find(|(asked, _)| *asked == language) {
            None => {
                let language = language.name();
                let why = format!("{name} is in {language}, not asked for");
                lacking(Found::LeftOut, Some(why))
            }
            Some((_, Built::Failed(_))) => lacking(Found::NotBuilt, None),
            Some(_) if is_there() => Ok(()),
            Some(_) => {
                lacking(Found::Missing, Some(self.typed(language, name)))
            }
        }
    }

    /// A program of the kit as somebody would type it, here.
    pub(crate) fn typed(&self, language: Language, name: &str) -> String {
        self.place.house.typed(language, name)
    }

    /// Runs `berkeley` with these words, and unseen ones behind the first. It
    /// must end so, and have printed all this.
    pub(crate) fn tool(
        &mut self,
        args: &[&str],
        unseen: &[&str],
        expected: i32,
        says: &[&str],
    ) -> Result<()> {
        let Place { progress, width, is_coloured, .. } = *self.place;
        let path = self.place.house.path(Language::Rust, "berkeley");
        let mut command = process::Command::new(path);
        command.arg(args[0]).args(unseen).args(&args[1..]);
        command.env("COLUMNS", width.to_string());
        if is_coloured {
            command.env("CLICOLOR_FORCE", "1");
        }
        let tool = self.stage.launch("berkeley", command)?;
        let typed = words("berkeley", args);
        self.cast.push((tool, "tool", typed.clone()));
        let followed = self.stage.follow(tool, |_, seconds| {
            progress.show(&format!("tour, {seconds} s: {typed}"));
        });
        if followed.is_err() {
            self.stage.pass_on(tool, Signal::SIGINT, PATIENCE)?;
        }
        let code = followed?;
        let out = self.stage.lines(tool, Stream::Out).join("\n");
        let out = strip_str(&out).to_string();
        let err = self.stage.lines(tool, Stream::Err);
        let last = err.last().copied().unwrap_or_default();
        let last = last.strip_prefix("berkeley: ").unwrap_or(last);
        let is_refused = REFUSALS.iter().any(|it| last.contains(it));
        let unsaid = says.iter().find(|text| !out.contains(**text));
        match unsaid {
            None if code == expected => Ok(()),
            _ if code == 3 && is_refused => {
                lacking(Found::LeftOut, Some(last.to_owned()))
            }
            Some(text) if code == expected => {
                fell_short(format!("it does not say \"{text}\""))
            }
            _ => {
                fell_short(format!("exit code {code}, not {expected}: {last}"))
            }
        }
    }
}
