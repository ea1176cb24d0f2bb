//! The generators: processes that put load on a server, and do as they are
//! told. Usually one; with several, each has its share of the connections
//! and all run at the same time.
//!
//! They are processes, so that their CPU time is nobody else's and the tool
//! can do something else meanwhile. Man pages: `pipe(7)`, `poll(2)`.

use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, anyhow, bail};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;

use super::numbers::float;
use crate::cpus::kept_to;
use crate::generator::orders::{
    Answer, Collected, Counts, Kind, Opened, Order, Plan, Ran, Until,
};
use crate::stage;

/// How long nobody looks whether the tool was told to stop, in ms.
const A_MOMENT: u8 = 100;

/// All generators of a part.
pub(crate) struct Crew {
    generators: Vec<Generator>,
}

impl Crew {
    /// So many of them, each on one of these CPUs, in turn.
    pub(crate) fn start(size: usize, cpus: &[usize]) -> Result<Crew> {
        let places = cpus.iter().cycle().take(size);
        let generators = places.map(|&cpu| match size {
            // It may move about where nobody asks for anything else.
            1 => Generator::start(cpus),
            _ => Generator::start(&[cpu]),
        });
        Ok(Crew { generators: generators.collect::<Result<_>>()? })
    }

    pub(crate) fn size(&self) -> usize {
        self.generators.len()
    }

    /// The processes, whose CPU time is the bench's own.
    pub(crate) fn pids(&self) -> Vec<i32> {
        self.generators.iter().map(Generator::pid).collect()
    }

    /// Makes a load: the connections, and the rate, are shared out.
    pub(crate) fn open(&mut self, load: usize, plan: &Plan) -> Result<Opened> {
        self.begin_open(load, plan)?;
        self.finish_open()
    }

    /// The first half of it; whatever else there is to do comes now.
    pub(crate) fn begin_open(
        &mut self,
        load: usize,
        plan: &Plan,
    ) -> Result<()> {
        let size = self.size();
        for (index, generator) in self.generators.iter_mut().enumerate() {
            let mut plan = plan.clone();
            plan.connections = share(plan.connections, index, size);
            if let Kind::Open { rate } = &mut plan.kind {
                *rate /= float(size);
            }
            generator.tell(&Order::Open { load, plan })?;
        }
        Ok(())
    }

    pub(crate) fn finish_open(&mut self) -> Result<Opened> {
        let mut all = Opened::default();
        for generator in &mut self.generators {
            match generator.hear()? {
                Answer::Opened(opened) => add_opened(&mut all, opened),
                other => return surprise(&other),
            }
        }
        Ok(all)
    }

    pub(crate) fn run(&mut self, load: usize, until: Until) -> Result<Ran> {
        self.begin_run(load, until)?;
        self.finish_run()
    }

    pub(crate) fn begin_run(
        &mut self,
        load: usize,
        until: Until,
    ) -> Result<()> {
        let size = self.size();
        for (index, generator) in self.generators.iter_mut().enumerate() {
            let until = match until {
                Until::Requests(number) => Until::Requests(share_of(
                    number,
                    index as u64,
                    size as u64,
                )),
                other => other,
            };
            generator.tell(&Order::Run { load, until })?;
        }
        Ok(())
    }

    /// Whether all answers are there, or a generator has gone.
    pub(crate) fn has_finished(&mut self) -> Result<bool> {
        let mut all = true;
        for generator in &mut self.generators {
            all &= generator.has_heard(PollTimeout::ZERO)?;
        }
        Ok(all)
    }

    /// Where the answers come from.
    pub(crate) fn answers(&self) -> Vec<BorrowedFd<'_>> {
        let generators = self.generators.iter();
        generators.map(|generator| generator.answers.as_fd()).collect()
    }

    pub(crate) fn finish_run(&mut self) -> Result<Ran> {
        let mut all = Ran::default();
        for generator in &mut self.generators {
            match generator.hear()? {
                Answer::Ran(ran) => add_ran(&mut all, ran),
                other => return surprise(&other),
            }
        }
        Ok(all)
    }

    /// The histograms since the last time.
    pub(crate) fn collect(&mut self, load: usize) -> Result<Collected> {
        for generator in &mut self.generators {
            generator.tell(&Order::Collect { load })?;
        }
        let mut all = Collected::default();
        for generator in &mut self.generators {
            match generator.hear()? {
                Answer::Collected(collected) => {
                    add_counts(&mut all.latency, collected.latency);
                    add_counts(&mut all.from_send, collected.from_send);
                    add_counts(&mut all.lateness, collected.lateness);
                }
                other => return surprise(&other),
            }
        }
        Ok(all)
    }

    pub(crate) fn close(&mut self, load: usize) -> Result<()> {
        for generator in &mut self.generators {
            generator.tell(&Order::Close { load })?;
        }
        for generator in &mut self.generators {
            match generator.hear()? {
                Answer::Closed => {}
                other => return surprise(&other),
            }
        }
        Ok(())
    }
}

fn surprise<T>(answer: &Answer) -> Result<T> {
    match answer {
        Answer::Failed(why) => bail!("the load generator: {why}"),
        other => bail!("the load generator answered {other:?}"),
    }
}

fn share(whole: usize, index: usize, of: usize) -> usize {
    whole / of + usize::from(index < whole % of)
}

fn share_of(whole: u64, index: u64, of: u64) -> u64 {
    whole / of + u64::from(index < whole % of)
}

fn add_opened(all: &mut Opened, one: Opened) {
    all.connected += one.connected;
    all.pending += one.pending;
    all.seconds = all.seconds.max(one.seconds);
    for (name, count) in one.errors {
        *all.errors.entry(name).or_default() += count;
    }
}

/// They ran at the same time, so the longest is how long it took.
fn add_ran(all: &mut Ran, one: Ran) {
    all.seconds = all.seconds.max(one.seconds);
    all.requests += one.requests;
    all.bytes_sent += one.bytes_sent;
    all.bytes_received += one.bytes_received;
    all.latency_seconds += one.latency_seconds;
    all.cpu_seconds += one.cpu_seconds;
    all.waited_seconds += one.waited_seconds;
    all.syscalls += one.syscalls;
    all.starved += one.starved;
    all.dropped += one.dropped;
    for (name, count) in one.errors {
        *all.errors.entry(name).or_default() += count;
    }
}

/// Two histograms with the same steps into one; both are ascending.
pub(crate) fn add_counts(all: &mut Counts, more: Counts) {
    if all.is_empty() {
        *all = more;
        return;
    }
    all.extend(more);
    all.sort_unstable_by_key(|(value, _)| *value);
    all.dedup_by(|later, earlier| {
        let is_same = later.0 == earlier.0;
        if is_same {
            earlier.1 += later.1;
        }
        is_same
    });
}

/// One of them.
struct Generator {
    child: Child,
    orders: Option<ChildStdin>,
    answers: ChildStdout,
    heard: Vec<u8>,
}

impl Generator {
    /// This very program, in its other role. A process group of its own: a
    /// terminal's Ctrl-C is for the tool to decide on.
    fn start(cpus: &[usize]) -> Result<Generator> {
        // By its path it would be another one, or none, as soon as somebody
        // has built it anew.
        let mut command = Command::new("/proc/self/exe");
        command.arg0("berkeley").args(["generator", "--orders"]);
        command.process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        // SAFETY: between fork and exec it makes one system call.
        unsafe {
            command.pre_exec(|| Ok(set_pdeathsig(Signal::SIGKILL)?));
        }
        let mut child = kept_to(cpus, || command.spawn())?
            .context("cannot start the load generator")?;
        let orders = child.stdin.take();
        let answers = child.stdout.take().context("it has no output")?;
        Ok(Generator { child, orders, answers, heard: Vec::new() })
    }

    fn pid(&self) -> i32 {
        self.child.id().cast_signed()
    }

    fn tell(&mut self, order: &Order) -> Result<()> {
        let mut line = serde_json::to_vec(order)?;
        line.push(b'\n');
        let orders = self.orders.as_mut().context("it is at its end")?;
        // An EPIPE of its own would look as if nobody read what this tool
        // prints, and that is no failure.
        orders
            .write_all(&line)
            .map_err(|why| anyhow!("the load generator has ended: {why}"))
    }

    /// Waits for the answer to the last order, however long that takes; a
    /// signal to the tool ends the wait.
    fn hear(&mut self) -> Result<Answer> {
        while !self.has_heard(A_MOMENT.into())? {}
        let answer = serde_json::from_slice(&self.heard)
            .context("the load generator is not understood")?;
        self.heard.clear();
        Ok(answer)
    }

    /// Reads what is there; whether that is a whole answer.
    fn has_heard(&mut self, wait: PollTimeout) -> Result<bool> {
        stage::check()?;
        if self.heard.ends_with(b"\n") {
            return Ok(true);
        }
        let mut fds = [PollFd::new(self.answers.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, wait) {
            Ok(0) | Err(Errno::EINTR) => return Ok(false),
            Ok(_) => {}
            Err(errno) => return Err(errno.into()),
        }
        let mut buffer = [0; 8192];
        let length = self.answers.read(&mut buffer)?;
        if length == 0 {
            bail!("the load generator has ended");
        }
        self.heard.extend_from_slice(&buffer[..length]);
        Ok(self.heard.ends_with(b"\n"))
    }
}

impl Drop for Generator {
    fn drop(&mut self) {
        drop(self.orders.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::exit::is_nobody_reading;

    #[test]
    fn a_generator_that_has_ended_is_no_reader_who_has_seen_enough() {
        let mut command = Command::new("true");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let orders = child.stdin.take();
        let answers = child.stdout.take().unwrap();
        // Its standard input stays: `wait` would close it.
        child.wait().unwrap();
        let mut gone = Generator { child, orders, answers, heard: Vec::new() };
        let error = gone.tell(&Order::Close { load: 0 }).unwrap_err();
        assert!(error.to_string().contains("has ended"), "{error:#}");
        assert!(!is_nobody_reading(&error), "{error:#}");
    }
}
