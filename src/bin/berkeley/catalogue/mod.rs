//! What the kit has: its programs, its worker models, its pairs of files, and
//! what is said in its labs.

mod models;
mod programs;
mod sentences;
mod twins;

use clap::ValueEnum;
use serde::Serialize;

pub(crate) use models::{MODELS, Model};
pub(crate) use programs::{PROGRAMS, Program};
pub(crate) use sentences::{
    CHAT, JOKE, MESSAGE, ORDER, REFUSED, STUDENT, SUPPLIED,
};
pub(crate) use twins::{TWINS, Twin};

/// In which language a program is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Language {
    Rust,
    C,
}

impl Language {
    pub(crate) const BOTH: [Language; 2] = [Language::Rust, Language::C];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Language::Rust => "Rust",
            Language::C => "C",
        }
    }
}
