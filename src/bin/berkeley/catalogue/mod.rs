//! What the kit has: its programs, its worker models, its pairs of files.

mod models;
mod programs;
mod twins;

use serde::Serialize;

pub use models::{MODELS, Model};
pub use programs::{PROGRAMS, Program};
pub use twins::{TWINS, Twin};

/// In which language a program is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    Rust,
    C,
}

impl Language {
    pub const BOTH: [Language; 2] = [Language::Rust, Language::C];

    pub fn name(self) -> &'static str {
        match self {
            Language::Rust => "Rust",
            Language::C => "C",
        }
    }
}

/// The program of this name.
pub fn program(name: &str) -> Option<&'static Program> {
    PROGRAMS.iter().find(|program| program.name == name)
}
