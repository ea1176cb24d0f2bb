//! What every test here stands on: the programs of both languages, started
//! as a user starts them, and the kernel's own view of what they do.
//!
//! A test is a promise, and is held `everywhere`: in both languages, under
//! every model. It waits for states (a line on the console, a row in /proc),
//! never for a fixed time, and lets the kernel choose its ports.

// Each test file is a crate of its own and uses its part of this.
#![allow(dead_code, unreachable_pub, unused_imports)]
// The peers are written with std's sockets: not with the code under test.
#![allow(clippy::disallowed_types, clippy::disallowed_methods)]
// In a test a panic with its line is the right answer to a surprise.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]
#![allow(clippy::must_use_candidate, clippy::missing_errors_doc)]

mod diag;
pub mod forbid;
pub mod inherit;
pub mod kernel;
pub mod peers;
pub mod program;
pub mod run;
pub mod server;
pub mod twins;

use std::ffi::OsStr;
use std::fmt::{self, Display};
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

pub use forbid::without;
pub use inherit::ignoring;
pub use kernel::until;
pub use peers::{
    Conversation, dead_port, interpreter, peer_program, python, scripted,
};
pub use program::{Program, Stream};
pub use run::{Finished, done, fails, run, run_within};
pub use server::{Server, Start};
pub use twins::{Language, command, program};

/// Long enough for a busy machine; only a failure waits for it.
pub const SOON: Duration = Duration::from_secs(45);

/// The fourteen, in the order of the table in the documentation.
pub const MODELS: [&str; 14] = [
    "iterative",
    "fork",
    "prefork",
    "prefork-flock",
    "prefork-mutex",
    "prefork-fdpass",
    "thread",
    "prethread",
    "prethread-mutex",
    "pool",
    "select",
    "poll",
    "epoll",
    "reuseport",
];

/// One square of the table: a language and a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    pub language: Language,
    pub model: &'static str,
}

impl Display for Case {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.language, self.model)
    }
}

impl Case {
    /// A server program, ready to start under this model.
    pub fn server(self, program: &str) -> Start {
        Start::new(self.language, program).args(["--model", self.model])
    }

    /// One peer at a time, everybody else waits for it.
    pub fn is_alone(self) -> bool {
        self.model == "iterative"
    }

    /// A fixed number of processes or threads, each with one peer.
    pub fn is_pool(self) -> bool {
        let pool = ["prefork", "prethread", "pool"];
        pool.iter().any(|name| self.model.starts_with(name))
    }

    /// Peers served at once by a server that was not asked for more.
    pub fn at_once(self) -> usize {
        match self.model {
            _ if self.is_alone() => 1,
            _ if self.is_pool() => 8,
            _ => 1000,
        }
    }

    /// The models whose parent only supervises.
    pub fn has_worker_processes(self) -> bool {
        self.model.starts_with("prefork") || self.model == "reuseport"
    }
}

/// Holds a promise in both languages under every model.
pub fn everywhere(promise: impl Fn(Case) + Sync) {
    under(&MODELS, promise);
}

/// Holds a promise in both languages under these models.
pub fn under(models: &[&'static str], promise: impl Fn(Case) + Sync) {
    hold(squares(models), promise);
}

/// The same where a case does nothing but wait: all of them side by side.
pub fn patiently(models: &[&'static str], promise: impl Fn(Case) + Sync) {
    let cases = squares(models);
    side_by_side(cases.len(), cases, promise);
}

fn squares(models: &[&'static str]) -> Vec<Case> {
    let of =
        |language| models.iter().map(move |&model| Case { language, model });
    Language::BOTH.into_iter().flat_map(of).collect()
}

/// Holds a promise that has nothing to do with models.
pub fn in_both(promise: impl Fn(Language) + Sync) {
    hold(Language::BOTH.to_vec(), promise);
}

/// Four cases side by side: most of a case is waiting. All are tried, so
/// that a failure names every square of the table that broke. `ONLY=c/fork`
/// in the environment narrows it down.
pub fn hold<T: Copy + Send + Display>(
    cases: Vec<T>,
    promise: impl Fn(T) + Sync,
) {
    side_by_side(4, cases, promise);
}

fn side_by_side<T: Copy + Send + Display>(
    at_once: usize,
    mut cases: Vec<T>,
    promise: impl Fn(T) + Sync,
) {
    if let Ok(only) = std::env::var("ONLY") {
        cases.retain(|case| case.to_string().starts_with(&only));
    }
    let (all, cases) = (cases.len(), Mutex::new(cases.into_iter()));
    let broken = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                loop {
                    let case = cases.lock().unwrap().next();
                    let Some(case) = case else { break };
                    let kept = AssertUnwindSafe(|| promise(case));
                    if let Err(why) = catch_unwind(kept) {
                        let why = reason(&*why);
                        let line = format!("{case}: {why}");
                        broken.lock().unwrap().push(line);
                    }
                }
            });
        }
    });
    let mut broken = broken.into_inner().unwrap();
    broken.sort();
    let count = broken.len();
    assert!(count == 0, "broken in {count}/{all}:\n{}", broken.join("\n"));
}

/// Holds an upper bound on a time where one of five tries keeps it. A busy
/// machine takes anybody off the processor for a while, now and then; a
/// program that waits for the wrong thing is late every time.
pub fn promptly(limit: Duration, mut attempt: impl FnMut() -> Duration) {
    let mut late = Vec::new();
    while late.len() < 5 {
        let lasted = attempt();
        if lasted < limit {
            return;
        }
        late.push(lasted);
    }
    panic!("never within {limit:?}: {late:?}");
}

fn reason(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or(panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without words").to_string()
}

/// A path for a socket file that nobody else uses, short enough for
/// `sun_path`. Who was killed has left the file: it goes with this.
pub struct SocketFile(PathBuf);

pub fn socket_file() -> SocketFile {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("berkeley-{}-{next}.sock", std::process::id());
    SocketFile(std::env::temp_dir().join(name))
}

impl Deref for SocketFile {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl AsRef<Path> for SocketFile {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl AsRef<OsStr> for SocketFile {
    fn as_ref(&self) -> &OsStr {
        self.0.as_os_str()
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// SIGKILL for one process of a server's family.
pub fn kill_process(pid: i32) {
    use nix::sys::signal::{Signal, kill};
    kill(nix::unistd::Pid::from_raw(pid), Signal::SIGKILL).unwrap();
}

/// A shell often gives 1024 descriptors where 20,000 are allowed; servers
/// started after this inherit it.
pub fn allow_many_descriptors() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let files = Resource::RLIMIT_NOFILE;
    let (_, hard) = getrlimit(files).unwrap();
    setrlimit(files, hard.min(20_000), hard).unwrap();
}

/// What `ulimit -n` sets, for a program that is running already.
pub fn limit_descriptors(pid: i32, most: u64) {
    use nix::sys::resource::{Resource, getrlimit};
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    let limit = libc::rlimit { rlim_cur: most.min(hard), rlim_max: hard };
    let (what, former) = (libc::RLIMIT_NOFILE, std::ptr::null_mut());
    // SAFETY: the kernel reads `limit`, and has no old one to write.
    let done = unsafe { libc::prlimit(pid, what, &raw const limit, former) };
    nix::errno::Errno::result(done).unwrap();
}
