//! One act: a scene happens, in one language, under one model.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;
use nix::sys::signal::Signal;

use super::record::{Act, Command, Cost, Found, Line};
use super::scenes::Scene;
use crate::catalogue::Language;
use crate::house::House;
use crate::stage::{FellShort, Stage, Stream, Who, fell_short, kernel};

/// The stage of one act, and who plays in it.
pub(crate) struct Play<'a> {
    pub(crate) stage: Stage,
    pub(crate) model: Option<&'static str>,
    house: &'a House,
    language: Language,
    cast: Vec<(Who, &'static str, String)>,
    one_more_peer: Option<Cost>,
    peer: Option<&'static str>,
}

/// Lets it happen, and keeps what came of it in `act`. Only what stops the
/// whole tour is an error.
pub(crate) fn act(scene: &Scene, house: &House, act: &mut Act) -> Result<()> {
    let is_missing = |name: &&&str| !house.path(act.language, name).is_file();
    if let Some(missing) = scene.programs.iter().find(is_missing) {
        act.found = Found::Missing;
        act.why = Some(house.typed(act.language, missing));
        return Ok(());
    }
    let start = Instant::now();
    let mut play = Play {
        stage: Stage::open()?,
        model: act.model,
        house,
        language: act.language,
        cast: Vec::new(),
        one_more_peer: None,
        peer: None,
    };
    let played = (scene.play)(&mut play);
    act.seconds = start.elapsed().as_secs_f64();
    play.record(act);
    match played {
        Ok(()) => {
            act.ok = true;
            act.found = Found::Ok;
        }
        Err(error) => match error.downcast::<FellShort>() {
            Ok(FellShort(why)) => act.why = Some(why),
            Err(error) => match error.downcast::<std::io::Error>() {
                Ok(error) => act.why = Some(error.to_string()),
                Err(error) => return Err(error),
            },
        },
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
    fn unseen(&mut self, name: &str, args: &[&str]) -> Result<Who> {
        let path = self.house.path(self.language, name);
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

    /// What a connected peer that says nothing costs the server: the same
    /// server once more, quiet, and `dumb_net`, which waits for a line of
    /// its user first.
    pub(crate) fn one_more_peer(
        &mut self,
        name: &str,
        args: &[&str],
    ) -> Result<()> {
        let mut args = self.with_model(args);
        args.push("--quiet");
        let server = self.unseen(name, &args)?;
        let port = self.stage.listens(server)?;
        // Those that a server starts for itself may come after `listen`.
        let before = self.rest(server)?;
        let peer =
            self.unseen("dumb_net", &["127.0.0.1", &port.to_string()])?;
        let pid = self.stage.pid(server);
        self.stage.until("accepts a silent peer", server, |_| {
            kernel::has_accepted(&kernel::family(pid), port)
        })?;
        let expected = expected_cost(self.model);
        let mut cost = Cost { processes: 0, threads: 0 };
        let what = "takes a peer as its model says";
        let as_expected = self.stage.until(what, server, |_| {
            let after = size(pid);
            cost = Cost {
                processes: after.processes.saturating_sub(before.processes),
                threads: after.threads.saturating_sub(before.threads),
            };
            expected.is_none_or(|expected| cost == expected)
        });
        self.one_more_peer = Some(cost);
        as_expected?;
        self.stage.signal(peer, Signal::SIGTERM);
        self.stage.ends(peer, -(Signal::SIGTERM as i32))?;
        self.interrupt(server, 0)
    }

    /// The size of a server that has nothing to do: it is in `accept`, or in
    /// whatever it waits with, and all its threads sleep.
    fn rest(&mut self, server: Who) -> Result<Cost> {
        let pid = self.stage.pid(server);
        let mut last = size(pid);
        let mut same = 0;
        self.stage.until("comes to rest", server, |_| {
            let now = size(pid);
            let asleep = kernel::is_asleep(&kernel::family(pid));
            same = if now == last && asleep { same + 1 } else { 0 };
            last = now;
            same >= 3
        })?;
        Ok(last)
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

/// How many processes and threads a server is.
fn size(pid: i32) -> Cost {
    let family = kernel::family(pid);
    Cost { processes: family.len(), threads: kernel::threads(&family) }
}

/// A child is a process with one thread.
fn expected_cost(model: Option<&str>) -> Option<Cost> {
    match model? {
        "fork" => Some(Cost { processes: 1, threads: 1 }),
        "thread" => Some(Cost { processes: 0, threads: 1 }),
        "epoll" => Some(Cost { processes: 0, threads: 0 }),
        _ => None,
    }
}

/// A command line as a user would type it.
fn words(name: &str, args: &[&str]) -> String {
    let quoted = args.iter().map(|arg| {
        let is_plain =
            |c: char| c.is_ascii_alphanumeric() || "-_./:=".contains(c);
        if !arg.is_empty() && arg.chars().all(is_plain) {
            (*arg).to_string()
        } else {
            format!("'{arg}'")
        }
    });
    std::iter::once(name.to_string())
        .chain(quoted)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Whether `line` is `expected`, where `<n>` stands for any number.
fn is_like(line: &str, expected: &str) -> bool {
    let Some((before, behind)) = expected.split_once("<n>") else {
        return line == expected;
    };
    let Some(rest) = line.strip_prefix(before) else { return false };
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    end > 0 && is_like(&rest[end..], behind)
}

/// Ports and the like, numbers of four digits and more, are all one.
fn without_numbers(line: &str) -> String {
    let mut out = String::new();
    let mut number = String::new();
    for c in line.chars().chain(['\n']) {
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        out.push_str(if number.len() >= 4 { "<n>" } else { &number });
        number.clear();
        out.push(c);
    }
    out
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
