//! `record`: what was done, as a script of this shell, as Rust (nix) or as
//! C, which make the same calls.
//!
//! Of several actors the program makes several processes. A number in shared
//! memory says whose turn it is, step by step, in the order of the session;
//! who is about to be blocked passes the turn on before the call. A port
//! that the kernel chose and somebody looked up is told in the same way:
//! that getsockname is the only call that was not typed.

mod acts;
mod c;
mod c_calls;
mod c_transfer;
mod plan;
mod rust;
mod rust_calls;
mod rust_options;
mod rust_transfer;
mod sets;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::session::{Entry, Typed};
use plan::Plan;

pub(super) struct Recorder {
    path: PathBuf,
    language: Language,
}

#[derive(Clone, Copy)]
enum Language {
    Script,
    Rust,
    C,
}

impl Recorder {
    /// By the ending of the file's name.
    pub(super) fn to(path: &str) -> Recorder {
        let path = PathBuf::from(path);
        let ending = path.extension().and_then(|it| it.to_str());
        let language = match ending {
            Some("rs") => Language::Rust,
            Some("c") => Language::C,
            _ => Language::Script,
        };
        Recorder { path, language }
    }

    /// All of it again: what is there is always whole.
    pub(super) fn write(&self, typed: &[Typed], log: &[Entry]) -> Result<()> {
        let text = match self.language {
            Language::Script => script(typed, log),
            Language::Rust => rust::program(&Plan::of(log)),
            Language::C => c::program(&Plan::of(log)),
        };
        let name = self.path.display();
        fs::write(&self.path, text)
            .with_context(|| format!("cannot write {name}"))
    }
}

/// The lines that were typed, and what came of each.
fn script(typed: &[Typed], log: &[Entry]) -> String {
    let mut lines = Vec::new();
    for one in typed {
        lines.push(one.line.clone());
        for entry in &log[one.calls.clone()] {
            let result = match &entry.answer {
                Some(answer) => format!("#   {} = {answer}", entry.call),
                None => format!("#   {} ... blocked", entry.call),
            };
            lines.push(result);
        }
    }
    lines.join("\n") + "\n"
}
