//! What a peer costs that has nothing to say: the server's own memory, and
//! the kernel's. One server at a time, since the kernel's is told for the
//! whole system only.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::contender::{Entry, Running, why};
use super::crew::Crew;
use super::meter::cpu::Clock;
use super::meter::family::family;
use super::meter::memory::{self, Reading};
use super::meter::network::Counters;
use super::plan::Part;
use super::tally::Tally;
use crate::cpus::{Cpus, kept_to};
use crate::generator::orders::Until;
use crate::stage::{self, Stage, kernel};

/// A server that was woken has run by then, even on a busy machine.
const LOOK: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(2);

/// Measures one server.
pub(crate) fn measure(
    part: &Part,
    cpus: &Cpus,
    entry: &Entry,
    tally: &mut Tally,
) -> Result<()> {
    match memory_of(part, cpus, entry, tally) {
        Err(error) => match why(&error) {
            Some(why) => {
                tally.failure = Some(why);
                Ok(())
            }
            None => Err(error),
        },
        done => done,
    }
}

fn memory_of(
    part: &Part,
    cpus: &Cpus,
    entry: &Entry,
    tally: &mut Tally,
) -> Result<()> {
    let mut stage = Stage::open()?;
    let mut crew = Crew::start(part.generators as usize, &cpus.generators)?;
    let mut counters = Counters::open()?;
    let who = kept_to(&cpus.server, || entry.start(&mut stage))??;
    let running = entry.listens(&mut stage, who)?;
    let network = counters.read()?;

    let before = at_rest(&running)?;
    let opened = crew.open(0, &part.plan(running.address))?;
    tally.opened(&opened, part.concurrency);
    let silent = at_rest(&running)?;
    tally.warmed_up(&crew.run(0, Until::OneEach)?);
    let answered = at_rest(&running)?;

    tally.add_network(&counters.read()?.since(&network));
    if let (Some(before), Some(silent), Some(answered)) =
        (before, silent, answered)
    {
        let peers = part.concurrency;
        tally.memory =
            Some(memory::per_peer(&before, &silent, &answered, peers));
    }
    crew.close(0)?;
    let stats = entry.end(&mut stage, &running)?;
    let usage = running.who.and_then(|who| stage.usage(who));
    tally.ended(stats, usage, 0);
    Ok(())
}

/// As soon as nobody of the server's family has anything to do: all sleep,
/// and none has run since the last look. One that never rests, because it
/// looks at something itself from time to time, is read as it is.
fn at_rest(running: &Running) -> Result<Option<Reading>> {
    let Some(pid) = running.pid else { return Ok(None) };
    let start = Instant::now();
    let mut clock = Clock::of(pid);
    let mut last = clock.read();
    loop {
        stage::check()?;
        std::thread::sleep(LOOK);
        let now = clock.read();
        let family = family(pid);
        let rests = now == last && kernel::is_asleep(&family);
        if rests || start.elapsed() > PATIENCE {
            return Ok(Some(memory::read(&family)));
        }
        last = now;
    }
}
