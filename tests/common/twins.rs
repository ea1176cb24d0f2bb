//! Where the programs are, in both languages.

use std::fmt::{self, Display};
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use nix::fcntl::{Flock, FlockArg};

/// The two panes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Rust,
    C,
}

impl Language {
    pub const BOTH: [Language; 2] = [Language::Rust, Language::C];
}

impl Display for Language {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Language::Rust => "rust",
            Language::C => "c",
        })
    }
}

/// The path of a lab program. Cargo has built the Rust ones before it runs
/// a test; `make` builds the twins when the first of them is asked for.
pub fn program(language: Language, name: &str) -> PathBuf {
    static PLAIN: OnceLock<PathBuf> = OnceLock::new();
    match language {
        Language::Rust => beside_the_tool().join(name),
        Language::C => PLAIN.get_or_init(|| make("", "")).join(name),
    }
}

/// A lab program with these arguments.
pub fn command(language: Language, name: &str, args: &[&str]) -> Command {
    let mut command = Command::new(program(language, name));
    command.args(args);
    command
}

/// The path of a C twin under AddressSanitizer and UBSan.
pub fn asan(name: &str) -> PathBuf {
    static ASAN: OnceLock<PathBuf> = OnceLock::new();
    ASAN.get_or_init(|| make("address,undefined", "asan")).join(name)
}

/// The path of a C twin under ThreadSanitizer.
pub fn tsan(name: &str) -> PathBuf {
    static TSAN: OnceLock<PathBuf> = OnceLock::new();
    TSAN.get_or_init(|| make("thread", "tsan")).join(name)
}

/// The folder of all Rust programs.
fn beside_the_tool() -> &'static Path {
    let tool = Path::new(env!("CARGO_BIN_EXE_berkeley"));
    tool.parent().expect("a program is in a folder")
}

/// Builds the twins, one test binary at a time: `cargo test` may run while
/// another does.
fn make(sanitize: &str, folder: &str) -> PathBuf {
    let twins = Path::new(env!("CARGO_MANIFEST_DIR")).join("c_compare");
    let lock = Path::new(env!("CARGO_TARGET_TMPDIR")).join("make.lock");
    let lock =
        OpenOptions::new().create(true).append(true).open(lock).unwrap();
    let _lock = Flock::lock(lock, FlockArg::LockExclusive).unwrap();
    let mut make = Command::new("make");
    make.arg("-C").arg(&twins).arg("-j2").arg("--no-print-directory");
    if !sanitize.is_empty() {
        make.arg(format!("SANITIZE={sanitize}"));
    }
    // This make is nobody's child: cargo's job slots are not its own.
    let built = make.env_remove("MAKEFLAGS").output().expect("make runs");
    assert!(
        built.status.success(),
        "make could not build the C twins:\n{}{}",
        String::from_utf8_lossy(&built.stdout),
        String::from_utf8_lossy(&built.stderr)
    );
    twins.join("build").join(folder)
}
