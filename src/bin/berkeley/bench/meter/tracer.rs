//! Which system calls a server makes, counted one by one.
//!
//! Each call stops the caller twice, so nothing is timed meanwhile. The
//! tracer is this thread: while the server's stops are answered (`pump`), a
//! generator in another process does its work.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;

use super::family::family;
use crate::stage::kernel;
use crate::tracer::{
    self, Birth, Delivery, End, Entry, Interest, Launch, Scope, Task, Witness,
};

/// How often the world is looked at beside the stops.
const LOOK: Duration = Duration::from_millis(1);

/// Long enough for a busy machine; only a failure waits for it.
const SOON: Duration = Duration::from_secs(10);

/// How long a server has for its own way out.
const PATIENCE: Duration = Duration::from_secs(2);

/// A program under trace, with all its children and threads. All are gone
/// when it is dropped.
pub(crate) struct Tracer {
    engine: tracer::Tracer,
    pid: i32,
    counts: Counts,
}

/// By number, while a window is open.
#[derive(Default)]
struct Counts(Option<HashMap<u64, u64>>);

impl Tracer {
    /// Starts a program. It inherits what this thread has: the CPUs to which
    /// it is kept.
    pub(crate) fn start(path: &Path, args: &[OsString]) -> Result<Tracer> {
        let mut engine = tracer::Tracer::new(Scope::Everything)?;
        let null = || File::options().read(true).write(true).open("/dev/null");
        let launch = Launch {
            argv: [&[path.as_os_str().to_os_string()], args].concat(),
            own_group: true,
            stdin: Some(null()?.into()),
            stdout: Some(null()?.into()),
            stderr: Some(null()?.into()),
            ..Launch::default()
        };
        let mut counts = Counts::default();
        let task = engine.start(launch, &mut counts)?;
        Ok(Tracer { engine, pid: task.pid, counts })
    }

    /// Waits until it listens, and says on which TCP port.
    pub(crate) fn listens(&mut self) -> Result<u16> {
        let (pid, start) = (self.pid, Instant::now());
        let mut port = None;
        self.pump(|| {
            port = kernel::listening_port(&family(pid));
            port.is_some() || start.elapsed() > SOON
        })?;
        port.context("it did not listen on a TCP port while it was traced")
    }

    /// Answers the program's stops until the caller has what it waits for.
    pub(crate) fn pump(
        &mut self,
        mut until: impl FnMut() -> bool,
    ) -> Result<()> {
        while !until() {
            if !self.engine.is_anyone_left() {
                bail!("it ended while it was traced");
            }
            let moment = Instant::now() + LOOK;
            self.engine.pump(&mut self.counts, moment, &[]);
        }
        Ok(())
    }

    /// Counts from here on.
    pub(crate) fn open_window(&mut self) {
        self.counts.0 = Some(HashMap::new());
    }

    /// Each call by name, and how often it was begun since the window was
    /// opened.
    pub(crate) fn close_window(&mut self) -> BTreeMap<String, u64> {
        let counts = self.counts.0.take().unwrap_or_default().into_iter();
        let named = |(call, n)| (tracer::name(call).into_owned(), n);
        counts.map(named).collect()
    }

    /// Ends it as Ctrl-C would; by force when it does not follow.
    pub(crate) fn end(mut self) {
        self.engine.signal(self.pid, Signal::SIGINT);
        let start = Instant::now();
        let _ = self.pump(|| start.elapsed() > PATIENCE);
    }
}

impl Witness for Counts {
    fn enters(&mut self, _: u64, _: Task, call: &Entry) -> Interest {
        if let Some(counts) = &mut self.0 {
            *counts.entry(call.number).or_default() += 1;
        }
        Interest::None
    }

    fn returns(&mut self, _: u64, _: Task, _: i64) {}
    fn is_born(&mut self, _: u64, _: Task, _: Option<Task>, _: Birth) {}
    fn becomes(&mut self, _: u64, _: Task, _: i32) {}
    fn hears(&mut self, _: u64, _: Task, _: &Delivery) {}
    fn pauses(&mut self, _: u64, _: Task, _: i32) {}
    fn goes_on(&mut self, _: u64, _: Task) {}
    fn ends(&mut self, _: u64, _: Task, _: End) {}
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use nix::errno::Errno;
    use nix::sys::signal::kill;
    use nix::unistd::Pid;

    use super::*;

    fn traced(script: &str) -> Tracer {
        let args = ["-c".into(), script.into()];
        Tracer::start(Path::new("/bin/sh"), &args).unwrap()
    }

    fn calls_until_its_end(script: &str) -> BTreeMap<String, u64> {
        let mut tracer = traced(script);
        tracer.open_window();
        let ended = tracer.pump(|| false).unwrap_err();
        assert_eq!(ended.to_string(), "it ended while it was traced");
        tracer.close_window()
    }

    #[test]
    fn each_call_of_each_process_is_counted_once() {
        let asks =
            "i=0; while [ $i -lt 100 ]; do kill -0 $$; i=$((i+1)); done";
        let calls =
            calls_until_its_end(&format!("{asks}; ({asks}; :) & wait"));
        assert_eq!(calls["kill"], 200);
        assert_eq!(calls["exit_group"], 2);
    }

    #[test]
    fn nobody_is_left_of_a_program_that_will_not_end() {
        // As the tool does: its orphans are this process's.
        nix::sys::prctl::set_child_subreaper(true).unwrap();
        let mut tracer = traced("trap '' INT; (while :; do :; done) & wait");
        let pid = tracer.pid;
        let mut all = Vec::new();
        let has_forked = || {
            all = family(pid);
            all.len() == 2
        };
        tracer.pump(has_forked).unwrap();
        drop(tracer);
        for pid in all {
            assert_eq!(kill(Pid::from_raw(pid), None), Err(Errno::ESRCH));
        }
    }
}
