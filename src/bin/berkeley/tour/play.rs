//! One act: a scene happens, in one language, under one model.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;
use nix::sys::signal::Signal;

use super::record::{Act, Command, Cost, Found, Line};
use super::scenes::Scene;
use super::text::{is_like, without_numbers, words};
use super::tool::Lacking;
use crate::catalogue::Language;
use crate::house::{Built, House};
use crate::screen::Progress;
use crate::stage::{FellShort, Interrupted, Stage, Stream, Who, fell_short};

/// Where all acts take place.
pub(crate) struct Place<'a> {
    pub(crate) house: &'a House,
    /// The languages that were asked for.
    pub(crate) built: &'a [(Language, Built)],
    pub(crate) progress: &'a Progress,
    /// The paper for a tool's output.
    pub(crate) width: usize,
    pub(crate) is_coloured: bool,
}

/// The stage of one act, and who plays in it.
pub(crate) struct Play<'a> {
    pub(crate) stage: Stage,
    pub(crate) model: Option<&'static str>,
    pub(crate) place: &'a Place<'a>,
    language: Language,
    pub(crate) cast: Vec<(Who, &'static str, String)>,
    pub(crate) one_more_peer: Option<Cost>,
    peer: Option<&'static str>,
}

/// Lets it happen, and keeps what came of it in `act`. Only what stops the
/// whole tour is an error.
pub(crate) fn act(
    scene: &Scene,
    place: &Place<'_>,
    act: &mut Act,
) -> Result<()> {
    let start = Instant::now();
    let mut play = Play {
        stage: Stage::open()?,
        model: act.model,
        place,
        // That of the tool itself, where the act has none.
        language: act.language.unwrap_or(Language::Rust),
        cast: Vec::new(),
        one_more_peer: None,
        peer: None,
    };
    let language = play.language;
    let mut programs = scene.programs.iter();
    let is_ready = programs.try_for_each(|name| play.needs(language, name));
    let played = is_ready.and_then(|()| (scene.play)(&mut play));
    act.seconds = start.elapsed().as_secs_f64();
    play.record(act);
    match played {
        Ok(()) => {
            act.ok = true;
            act.found = Found::Ok;
        }
        Err(error) if error.is::<Interrupted>() => {
            act.found = Found::Interrupted;
            return Err(error);
        }
        Err(error) if error.is::<Lacking>() => {
            let lacking: Lacking = error.downcast()?;
            (act.found, act.why) = (lacking.found, lacking.why);
        }
        // A program that cannot be started is a finding, too.
        Err(error) if error.is::<FellShort>() || error.is::<io::Error>() => {
            act.why = Some(format!("{error:#}"));
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

impl Play<'_> {
    /// Starts a program of the kit, in the language of this act.
    pub(crate) fn start(
        &mut self,
        role: &'static str,
        name: &str,
        args: &[&str],
    ) -> Result<Who> {
        let who = self.unseen(name, args)?;
        self.cast.push((who, role, words(name, args)));
        Ok(who)
    }

    /// The same for a program that does not appear in the record.
    pub(crate) fn unseen(&mut self, name: &str, args: &[&str]) -> Result<Who> {
        let path = self.place.house.path(self.language, name);
        let args: Vec<OsString> = args.iter().map(Into::into).collect();
        self.stage.start(name, &path, &args, None)
    }

    /// Starts a program that this kit did not write.
    pub(crate) fn foreign(
        &mut self,
        role: &'static str,
        path: &Path,
        args: &[&str],
        shown: &str,
        peer: &'static str,
    ) -> Result<Who> {
        let words: Vec<OsString> = args.iter().map(Into::into).collect();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let who = self.stage.start(&name, path, &words, None)?;
        self.cast.push((who, role, shown.to_string()));
        self.peer = Some(peer);
        Ok(who)
    }

    /// `--model NAME`, for a server that has models.
    pub(crate) fn with_model<'b>(&self, args: &[&'b str]) -> Vec<&'b str> {
        let mut args = args.to_vec();
        args.extend(self.model.iter().flat_map(|model| ["--model", *model]));
        args
    }

    pub(crate) fn tell(&mut self, peer: &'static str) {
        self.peer = Some(peer);
    }

    /// As a user's Ctrl-C; the server then ends as it should, and nobody of
    /// its family holds its output any more.
    pub(crate) fn interrupt(&mut self, who: Who, expected: i32) -> Result<()> {
        self.stage.signal(who, Signal::SIGINT);
        self.stage.ends(who, expected)
    }

    /// Exactly these lines, no more and no fewer. `<n>` is a number that the
    /// kernel chose.
    pub(crate) fn said(
        &self,
        who: Who,
        stream: Stream,
        expected: &[&str],
    ) -> Result<()> {
        let got = self.stage.lines(who, stream);
        for (at, expected) in expected.iter().enumerate() {
            match got.get(at) {
                Some(line) if is_like(line, expected) => {}
                Some(line) => {
                    return fell_short(format!(
                        "line {}: expected \"{expected}\", got \"{line}\"",
                        at + 1
                    ));
                }
                None => {
                    return fell_short(format!(
                        "expected \"{expected}\", and it never came"
                    ));
                }
            }
        }
        match got.get(expected.len()) {
            Some(line) => fell_short(format!("one line too many: \"{line}\"")),
            None => Ok(()),
        }
    }

    fn record(&self, act: &mut Act) {
        act.one_more_peer = self.one_more_peer;
        act.peer = self.peer;
        let cast = self.cast.iter();
        act.commands = cast
            .map(|(_, role, command)| Command {
                role,
                command: command.clone(),
            })
            .collect();
        for heard in self.stage.heard() {
            let mut cast = self.cast.iter();
            let Some((_, role, _)) = cast.find(|(who, ..)| *who == heard.who)
            else {
                continue;
            };
            let (stream, text) = (heard.stream, heard.text.clone());
            let alike = without_numbers(&text);
            act.lines.push(Line { role, stream, text });
            act.alike.push(Line { role, stream, text: alike });
        }
    }
}

/// Where a program that this kit did not write is, by PATH.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let mut paths = std::env::split_paths(&folders);
    paths.find_map(|folder| {
        let path = folder.join(name);
        path.is_file().then_some(path)
    })
}
