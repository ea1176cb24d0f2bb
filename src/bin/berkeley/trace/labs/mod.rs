//! The kit's own labs, as a trace plays them: a server, and its clients all
//! at once, since that is where the worker models differ.
//!
//! `scripts` says who they are. Whoever plays a cast waits for states: first
//! until the server has a port and all its tasks are asleep, that is, its
//! workers are there; then for each client's end; then until the server sleeps
//! again, so that its SIGINT falls into nobody's last calls.

mod scripts;

use std::ffi::OsString;

use crate::catalogue::{Language, PROGRAMS};
use crate::house::House;

pub(crate) use scripts::LABS;

/// A lab: its programs, and what is typed to them.
#[derive(Debug)]
pub(crate) struct Lab {
    pub(crate) name: &'static str,
    /// The program, and its arguments for a port of the kernel's choice.
    server: &'static [&'static str],
    /// `{port}` is that port.
    client: &'static [&'static str],
    /// Its last arguments.
    says: &'static [&'static str],
    /// Typed to the server, again for each client.
    replies: &'static [Step],
    /// Typed to each client.
    typed: &'static [Step],
}

/// A line that is typed when it is its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// A line that has this in it must be printed first, and after the one
    /// that the step before has waited for.
    pub(crate) after: Option<&'static str>,
    /// Without its end.
    pub(crate) line: &'static str,
}

/// What is to be started for one trace.
#[derive(Debug)]
pub(crate) struct Cast {
    pub(crate) server: Script,
    pub(crate) clients: Vec<Script>,
}

/// A program and its typist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Script {
    /// In a client's, `{port}` is the server's.
    pub(crate) command: Vec<OsString>,
    pub(crate) typed: Vec<Step>,
}

/// The lab of this name.
pub(crate) fn lab(name: &str) -> Option<&'static Lab> {
    LABS.iter().find(|lab| lab.name == name)
}

/// All names, for whoever has asked for another one.
pub(crate) fn names() -> Vec<&'static str> {
    LABS.iter().map(|lab| lab.name).collect()
}

impl Lab {
    /// The model that the server takes when it is not told; `None` where
    /// there is nothing to be chosen.
    pub(crate) fn default_model(&self) -> Option<&'static str> {
        let mut programs = PROGRAMS.iter();
        let server = programs.find(|one| one.name == self.server[0]);
        server.and_then(|server| server.default_model)
    }

    /// Who is to be started. `model` is for a server that has models.
    pub(crate) fn cast(
        &self,
        house: &House,
        language: Language,
        model: Option<&str>,
        clients: usize,
    ) -> Cast {
        let command = |words: &[&str]| -> Vec<OsString> {
            let program = house.path(language, words[0]).into_os_string();
            let args = words[1..].iter().map(OsString::from);
            std::iter::once(program).chain(args).collect()
        };
        let mut server = command(self.server);
        if let Some(model) = model.or(self.default_model()) {
            server.extend(["--model", model].map(OsString::from));
            if is_pool(model) {
                // A worker for each, and at least one that stays idle: eight
                // are too many to be looked at.
                let workers = clients.max(2).to_string();
                server.extend(["--workers".into(), workers.into()]);
            }
        }
        let client = Script {
            command: command(&[self.client, self.says].concat()),
            typed: self.typed.into(),
        };
        Cast {
            server: Script {
                command: server,
                typed: self.replies.repeat(clients),
            },
            clients: vec![client; clients],
        }
    }
}

/// Whether it has a number of workers to be told.
fn is_pool(model: &str) -> bool {
    ["prefork", "prethread", "pool", "reuseport"]
        .iter()
        .any(|pool| model.starts_with(pool))
}

#[cfg(test)]
mod tests;
