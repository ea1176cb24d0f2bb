//! System calls per request: a round of its own, with a server of its own
//! that is traced, so that what is timed is never disturbed by it.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use anyhow::Result;

use super::contender::Entry;
use super::crew::Crew;
use super::meter::tracer::Tracer;
use super::numbers::long;
use super::plan::Part;
use super::record::Mode;
use super::tally::per;
use crate::cpus::{Cpus, kept_to};
use crate::generator::orders::{Ran, Until};

/// Requests of each peer in the traced round.
const EACH: u64 = 10;
/// And at least so many in all.
const AT_LEAST: u64 = 300;

/// Calls per request, by name. Nothing for a server that somebody else runs.
pub(crate) fn syscalls(
    part: &Part,
    cpus: &Cpus,
    entry: &Entry,
) -> Result<BTreeMap<String, f64>> {
    let Some(command) = entry.command()? else {
        return Ok(BTreeMap::new());
    };
    let mut crew = Crew::start(part.generators as usize, &cpus.generators)?;
    let mut tracer = kept_to(&cpus.server, || {
        Tracer::start(&command.path, &command.args)
    })??;
    let counted = count(part, &mut crew, &mut tracer);
    drop(crew);
    tracer.end();
    let (calls, requests) = counted?;
    let calls = calls.into_iter();
    let per_request =
        calls.filter_map(|(name, n)| Some((name, per(long(n), requests)?)));
    Ok(per_request.collect())
}

fn count(
    part: &Part,
    crew: &mut Crew,
    tracer: &mut Tracer,
) -> Result<(BTreeMap<String, u64>, u64)> {
    let server = (Ipv4Addr::LOCALHOST, tracer.listens()?).into();
    crew.begin_open(0, &part.plan(server))?;
    pump(crew, tracer)?;
    crew.finish_open()?;
    if part.mode == Mode::Pingpong {
        // Accepting, and making a worker, is not part of a request.
        run(crew, tracer, Until::OneEach)?;
    }
    tracer.open_window();
    let number = (EACH * u64::from(part.concurrency)).max(AT_LEAST);
    let ran = run(crew, tracer, Until::Requests(number))?;
    Ok((tracer.close_window(), ran.requests))
}

fn run(crew: &mut Crew, tracer: &mut Tracer, until: Until) -> Result<Ran> {
    crew.begin_run(0, until)?;
    pump(crew, tracer)?;
    crew.finish_run()
}

/// Lets the server go on from stop to stop until the generators are done.
fn pump(crew: &mut Crew, tracer: &mut Tracer) -> Result<()> {
    let mut finished = Ok(false);
    tracer.pump(|| {
        finished = crew.has_finished();
        !matches!(finished, Ok(false))
    })?;
    finished.map(drop)
}
