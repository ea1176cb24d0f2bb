//! Where the lab programs are, and how they get there.
//!
//! The Rust programs lie beside the tool. In a checkout, where `cargo run`
//! builds the tool alone, cargo and make bring everything up to date first;
//! the twins are then in `c_compare/build/`. Anywhere else the tool uses what
//! lies there: the C programs in `c_compare/` or `c_compare/build/` beside
//! it.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::catalogue::{Language, PROGRAMS};
use crate::screen::Progress;
use crate::stage::Stage;

/// The folders of the programs.
pub(crate) struct House {
    rust: PathBuf,
    c: PathBuf,
    checkout: Option<Checkout>,
}

/// The project's own folder, and where in it cargo has put this tool.
struct Checkout {
    top: PathBuf,
    target: PathBuf,
    triple: Option<OsString>,
    profile: OsString,
}

impl House {
    pub(crate) fn find() -> Result<House> {
        let tool = env::current_exe().context("where is this program?")?;
        let rust = tool.parent().unwrap_or(Path::new("/")).to_path_buf();
        let checkout = Checkout::around(&rust);
        let c = match &checkout {
            Some(checkout) => checkout.top.join("c_compare/build"),
            None => beside(&rust),
        };
        Ok(House { rust, c, checkout })
    }

    /// Where this program is, when it is there.
    pub(crate) fn path(&self, language: Language, name: &str) -> PathBuf {
        match language {
            Language::Rust => self.rust.join(name),
            Language::C => self.c.join(name),
        }
    }

    /// Brings the programs of a language up to date. `Err` says why they are
    /// not, `Ok(Some(…))` what is to be known although they are.
    pub(crate) fn build(
        &self,
        language: Language,
        progress: &Progress,
    ) -> Result<Built> {
        let Some(checkout) = &self.checkout else {
            return Ok(Built::AsFound(None));
        };
        let is_there =
            PROGRAMS.iter().all(|lab| self.path(language, lab.name).is_file());
        let (program, args) = match language {
            Language::Rust => checkout.cargo(),
            Language::C => Checkout::make(),
        };
        let name = Path::new(&program).file_name().unwrap_or(&program);
        let name = name.to_string_lossy();
        let mut words = vec![name.clone()];
        words.extend(args.iter().map(|arg| arg.to_string_lossy()));
        let command = words.join(" ");
        if !is_there {
            progress.note(&format!("$ {command}"));
        }
        let built = run(&checkout.top, &program, &args, progress)?;
        progress.clear();
        Ok(match built {
            Ended::Well => Built::UpToDate,
            Ended::Badly(last) => Built::Failed(format!(
                "{command}\nfailed, and said at the end:\n{last}"
            )),
            Ended::NotFound if is_there => Built::AsFound(Some(format!(
                "{name} is not installed, so the {} programs are used as \
                 they are; they may be older than their text",
                language.name()
            ))),
            Ended::NotFound => Built::Failed(format!(
                "{name} is not installed, so the {} programs cannot be built",
                language.name()
            )),
        })
    }

    /// A program as somebody would type it, here.
    pub(crate) fn typed(&self, language: Language, name: &str) -> String {
        let path = self.path(language, name);
        let here = env::current_dir().unwrap_or_default();
        path.strip_prefix(here).unwrap_or(&path).display().to_string()
    }
}

/// What became of the programs of a language.
pub(crate) enum Built {
    UpToDate,
    /// Nobody has built them now, with a reason where that is a surprise.
    AsFound(Option<String>),
    Failed(String),
}

impl Built {
    /// What a user should know about it.
    pub(crate) fn note(&self) -> Option<&str> {
        match self {
            Built::UpToDate => None,
            Built::AsFound(why) => why.as_deref(),
            Built::Failed(why) => Some(why),
        }
    }
}

/// Outside a checkout.
fn beside(rust: &Path) -> PathBuf {
    let made = rust.join("c_compare/build");
    if made.is_dir() { made } else { rust.join("c_compare") }
}

impl Checkout {
    /// `folder` is TARGET/PROFILE or TARGET/TRIPLE/PROFILE; cargo keeps its
    /// notes in it and in TARGET, wherever CARGO_TARGET_DIR put that.
    fn around(folder: &Path) -> Option<Checkout> {
        let top = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        if !top.join("Cargo.toml").is_file()
            || !folder.join(".fingerprint").is_dir()
        {
            return None;
        }
        let has_notes = |at: &Path| at.join(".rustc_info.json").is_file();
        let above = folder.parent()?;
        let (target, triple) = if has_notes(above) {
            (above, None)
        } else {
            (above.parent().filter(|at| has_notes(at))?, above.file_name())
        };
        let profile = match folder.file_name()? {
            name if name == "debug" => "dev".into(),
            name => name.to_os_string(),
        };
        let target = target.to_path_buf();
        let triple = triple.map(Into::into);
        Some(Checkout { top, target, triple, profile })
    }

    /// The same profile into the same folder: what cargo finds fresh there
    /// stays.
    fn cargo(&self) -> (OsString, Vec<OsString>) {
        let cargo = env::var_os("CARGO").unwrap_or("cargo".into());
        let mut args: Vec<OsString> = vec!["build".into(), "--bins".into()];
        args.extend(["--profile".into(), self.profile.clone()]);
        args.extend(["--target-dir".into(), self.target.clone().into()]);
        if let Some(triple) = &self.triple {
            args.extend(["--target".into(), triple.clone()]);
        }
        (cargo, args)
    }

    fn make() -> (OsString, Vec<OsString>) {
        let jobs = std::thread::available_parallelism().map_or(1, usize::from);
        let jobs = format!("-j{jobs}");
        let args = ["-C", "c_compare", "--no-print-directory", &jobs];
        ("make".into(), args.iter().map(Into::into).collect())
    }
}

enum Ended {
    Well,
    Badly(String),
    NotFound,
}

/// Runs a builder, and shows its last line as progress.
fn run(
    folder: &Path,
    program: &OsString,
    args: &[OsString],
    progress: &Progress,
) -> Result<Ended> {
    let mut stage = Stage::open()?;
    let name = Path::new(program);
    let short = name.file_name().unwrap_or(program).to_string_lossy();
    let builder = match stage.start(&short, name, args, Some(folder)) {
        Ok(builder) => builder,
        Err(error) if is_not_found(&error) => return Ok(Ended::NotFound),
        Err(error) => return Err(error),
    };
    let code = stage.follow(builder, |line, seconds| {
        let line: String = line.chars().take(60).collect();
        progress.show(&format!("{short}, {seconds} s: {line}"));
    })?;
    if code == 0 {
        return Ok(Ended::Well);
    }
    let lines = stage.heard().iter().map(|heard| heard.text.as_str());
    let lines: Vec<&str> = lines.collect();
    let last = lines.len().saturating_sub(20);
    Ok(Ended::Badly(lines[last..].join("\n")))
}

fn is_not_found(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|io| io.kind() == std::io::ErrorKind::NotFound)
}
