//! Contenders under the same load at the same time: all servers are up with
//! their peers connected, and they are served in turns, so that whatever the
//! machine does meanwhile happens to all of them.
//!
//! Twins change over every slice (about 20 ms): on a shared machine the speed
//! of a CPU drifts by more than their difference within a second. Models come
//! in a new random order in each round.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::contender::{Entry, Running, must_live, why};
use super::crew::Crew;
use super::meter::cpu::{self, Clock};
use super::meter::family::family;
use super::meter::network::Counters;
use super::meter::others::Window;
use super::plan::Part;
use super::record::Mode;
use super::shuffle::Shuffle;
use super::sittings;
use super::tally::{Others, Tally};
use super::verdict::{ENOUGH, is_good};
use crate::cpus::{Cpus, kept_to};
use crate::generator::orders::Until;
use crate::stage::Stage;

/// More than this share of a CPU for somebody else, and the round does not
/// count.
const TOO_MUCH: f64 = 0.05;

/// Seconds of the first turn, which does not count.
const WARM_UP: f64 = 0.02;

/// One server in this heat.
pub(crate) struct Contender {
    pub(crate) entry: Entry,
    pub(crate) tally: Tally,
    running: Option<Running>,
    clock: Option<Clock>,
    switches: u64,
}

/// All of them.
pub(crate) struct Heat<'a> {
    part: &'a Part,
    stage: Stage,
    crew: Crew,
    counters: Counters,
    cpus: &'a Cpus,
    shuffle: Shuffle,
    pub(crate) contenders: Vec<Contender>,
}

impl<'a> Heat<'a> {
    pub(crate) fn new(
        part: &'a Part,
        cpus: &'a Cpus,
        entries: Vec<Entry>,
    ) -> Result<Heat<'a>> {
        let contenders = entries.into_iter().map(|entry| Contender {
            entry,
            tally: Tally::default(),
            running: None,
            clock: None,
            switches: 0,
        });
        Ok(Heat {
            part,
            stage: Stage::open()?,
            crew: Crew::start(part.generators as usize, &cpus.generators)?,
            counters: Counters::open()?,
            cpus,
            shuffle: Shuffle::new(),
            contenders: contenders.collect(),
        })
    }

    /// From the start of the servers to their end. What was measured until
    /// an error is in the tallies.
    pub(crate) fn run(
        &mut self,
        mut tell: impl FnMut(u32, f64, &str),
    ) -> Result<()> {
        let entries = self.contenders.iter().map(|contender| &contender.entry);
        let mut blocks = sittings::blocks(entries);
        let rounds = self.part.pace.rounds;
        for sitting in sittings::sittings(rounds) {
            self.sit_down(&sitting, &mut tell)?;
            let (first, last) = sitting.into_inner();
            for round in first..=last {
                self.round(round, &mut blocks, |_, _| true, &mut tell)?;
            }
            if last == rounds {
                self.make_up_for(&mut blocks, &mut tell)?;
            }
            self.end()?;
        }
        Ok(())
    }

    /// All servers are up, all peers connected, everybody is warm.
    fn sit_down(
        &mut self,
        sitting: &RangeInclusive<u32>,
        tell: &mut impl FnMut(u32, f64, &str),
    ) -> Result<()> {
        let done = self.done(*sitting.start());
        tell(0, done, "all servers start");
        self.start()?;
        for index in 0..self.contenders.len() {
            tell(0, done, &self.contenders[index].entry.name());
            self.attempt(index, Heat::connect)?;
        }
        for index in 0..self.contenders.len() {
            self.attempt(index, Heat::warm_up)?;
        }
        Ok(())
    }

    /// One round of all blocks of whom this is true, in a random order.
    fn round(
        &mut self,
        round: u32,
        blocks: &mut [Vec<usize>],
        is_wanted: impl Fn(&Self, &[usize]) -> bool,
        tell: &mut impl FnMut(u32, f64, &str),
    ) -> Result<()> {
        self.shuffle.shuffle(blocks);
        for block in blocks {
            if is_wanted(self, block) {
                let model = &self.contenders[block[0]].entry.model;
                tell(round, self.done(round), model);
                self.shuffle.shuffle(block);
                self.block(block)?;
            }
        }
        Ok(())
    }

    /// Rounds for those that others have disturbed, up to half as many again.
    fn make_up_for(
        &mut self,
        blocks: &mut [Vec<usize>],
        tell: &mut impl FnMut(u32, f64, &str),
    ) -> Result<()> {
        let rounds = self.part.pace.rounds;
        for round in rounds + 1..=rounds + rounds / 2 {
            if !blocks.iter().any(|block| self.lacks(block)) {
                break;
            }
            let is_wanted = |heat: &Heat<'_>, block: &[usize]| {
                heat.lacks(block) || heat.is_reference(block)
            };
            self.round(round, blocks, is_wanted, tell)?;
        }
        Ok(())
    }

    /// The share of the rounds before this one.
    fn done(&self, round: u32) -> f64 {
        let rounds = f64::from(self.part.pace.rounds);
        (f64::from(round - 1) / rounds).min(1.0)
    }

    /// Whether others have disturbed so many rounds that those which are left
    /// are too few for a verdict.
    fn lacks(&self, block: &[usize]) -> bool {
        let rounds = self.part.pace.rounds as usize;
        rounds >= ENOUGH
            && block.iter().any(|&index| {
                let tally = &self.contenders[index].tally;
                let good = tally.rounds.iter().filter(|round| is_good(round));
                tally.failure.is_none() && good.count() < ENOUGH
            })
    }

    /// Whom all are compared with has to be there when the others are.
    fn is_reference(&self, block: &[usize]) -> bool {
        self.contenders[block[0]].entry.model == "epoll"
    }

    /// Does something with a contender that is still in the race. When it
    /// falls short, that is kept, and the others go on.
    fn attempt<T>(
        &mut self,
        index: usize,
        something: impl FnOnce(&mut Self, usize) -> Result<T>,
    ) -> Result<Option<T>> {
        if self.contenders[index].tally.failure.is_some() {
            return Ok(None);
        }
        let error = match something(self, index) {
            Ok(done) => return Ok(Some(done)),
            Err(error) => error,
        };
        let why = why(&error).ok_or(error)?;
        self.contenders[index].tally.failure = Some(why);
        Ok(None)
    }

    /// All at once; they get ready at the same time.
    fn start(&mut self) -> Result<()> {
        let mut started = Vec::new();
        for index in 0..self.contenders.len() {
            let who = self.attempt(index, |heat, index| {
                let entry = &heat.contenders[index].entry;
                let stage = &mut heat.stage;
                kept_to(&heat.cpus.server, || entry.start(stage))?
            })?;
            started.push(who.flatten());
        }
        for (index, who) in started.into_iter().enumerate() {
            self.attempt(index, |heat, index| {
                let contender = &mut heat.contenders[index];
                let running = contender.entry.listens(&mut heat.stage, who)?;
                contender.clock = running.pid.map(Clock::of);
                contender.switches =
                    running.pid.map_or(0, |pid| cpu::switches(&family(pid)));
                contender.running = Some(running);
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Makes its connections.
    fn connect(&mut self, index: usize) -> Result<()> {
        let before = self.counters.read()?;
        let contender = &self.contenders[index];
        let Some(running) = &contender.running else { return Ok(()) };
        let plan = self.part.plan(running.address);
        self.crew.begin_open(index, &plan)?;
        self.hear_both()?;
        let opened = self.crew.finish_open()?;
        let network = self.counters.read()?.since(&before);
        let tally = &mut self.contenders[index].tally;
        tally.opened(&opened, self.part.concurrency);
        tally.add_network(&network);
        Ok(())
    }

    /// A first turn that is not measured: pages are touched, workers have
    /// been made, and those who will get nothing have been waited for.
    fn warm_up(&mut self, index: usize) -> Result<()> {
        let before = self.counters.read()?;
        self.crew.begin_run(index, Until::Seconds(WARM_UP))?;
        self.hear_both()?;
        let ran = self.crew.finish_run()?;
        self.crew.collect(index)?;
        let contender = &mut self.contenders[index];
        contender.tally.warmed_up(&ran);
        let network = self.counters.read()?.since(&before);
        contender.tally.add_network(&network);
        self.lives(index)
    }

    /// One round of one block: its members take turns.
    fn block(&mut self, block: &[usize]) -> Result<()> {
        let in_race: Vec<usize> = block
            .iter()
            .copied()
            .filter(|&index| self.contenders[index].tally.failure.is_none())
            .collect();
        for &index in &in_race {
            if self.is_dealt_out(index) {
                self.attempt(index, Heat::deal_anew)?;
            }
        }
        let mut ours = self.crew.pids();
        ours.extend(in_race.iter().filter_map(|&index| self.pid(index)));
        // A target may be on this machine, too, and is nobody's disturbance.
        let cpus = match in_race.iter().find_map(|&index| self.pid(index)) {
            Some(_) => self.cpus.all(),
            None => self.cpus.generators.clone(),
        };
        let window = Window::open(&cpus, &ours);
        let before: Vec<_> =
            in_race.iter().map(|&index| self.clock(index)).collect();
        for (turn, until) in
            self.part.turns(block.len() > 1).into_iter().enumerate()
        {
            // There and back: who was last is first.
            for place in 0..in_race.len() {
                let place = match turn % 2 {
                    0 => place,
                    _ => in_race.len() - 1 - place,
                };
                self.attempt(in_race[place], |heat, index| {
                    heat.turn(index, until)
                })?;
            }
        }
        let after: Vec<_> =
            in_race.iter().map(|&index| self.clock(index)).collect();
        let found = window.close();
        let others =
            Others { share: found.share, is_too_much: found.share > TOO_MUCH };
        for (place, &index) in in_race.iter().enumerate() {
            let used = after[place].zip(before[place]);
            let used =
                used.map(|(after, before)| after.saturating_sub(before));
            self.attempt(index, |heat, index| {
                let collected = heat.crew.collect(index)?;
                let tally = &mut heat.contenders[index].tally;
                tally.round(collected, used, others);
                heat.lives(index)
            })?;
        }
        Ok(())
    }

    /// Which worker a peer gets is decided by a hash of its address when it
    /// connects: with a few peers, that luck would be measured, and the same
    /// luck in all rounds.
    fn is_dealt_out(&self, index: usize) -> bool {
        let keeps = !matches!(self.part.mode, Mode::Connect | Mode::Unp);
        keeps && self.contenders[index].entry.model == "reuseport"
    }

    fn deal_anew(&mut self, index: usize) -> Result<()> {
        self.crew.close(index)?;
        self.connect(index)?;
        self.warm_up(index)
    }

    fn turn(&mut self, index: usize, until: Until) -> Result<()> {
        let before = self.counters.read()?;
        self.crew.begin_run(index, until)?;
        self.hear_both()?;
        let mut ran = self.crew.finish_run()?;
        ran.seconds += self.aftermath(index).as_secs_f64();
        let network = self.counters.read()?.since(&before);
        let tally = &mut self.contenders[index].tally;
        tally.ran(&ran);
        tally.add_network(&network);
        Ok(())
    }

    /// The last answers are there, but children of `fork` have still to end
    /// and be reaped, a twentieth of a slice. In the time of the one that
    /// caused it, or its twin would pay for it, and the cheaper of the two
    /// look the dearer.
    fn aftermath(&mut self, index: usize) -> Duration {
        let start = Instant::now();
        match self.part.mode {
            Mode::Connect | Mode::Unp => drop(self.clock(index)),
            _ => return Duration::ZERO,
        }
        start.elapsed()
    }

    /// Until the generators are done; a server that prints must be heard
    /// meanwhile, or it would wait for that instead of serving.
    fn hear_both(&mut self) -> Result<()> {
        while !self.crew.has_finished()? {
            self.stage.listen_until(&self.crew.answers())?;
        }
        Ok(())
    }

    fn pid(&self, index: usize) -> Option<i32> {
        self.contenders[index].running.as_ref()?.pid
    }

    fn clock(&mut self, index: usize) -> Option<Duration> {
        self.contenders[index].clock.as_mut().map(Clock::read)
    }

    fn lives(&mut self, index: usize) -> Result<()> {
        match &self.contenders[index].running {
            Some(running) => must_live(&mut self.stage, running),
            None => Ok(()),
        }
    }

    /// Closes all connections, ends the servers, hears their last words.
    fn end(&mut self) -> Result<()> {
        for index in 0..self.contenders.len() {
            if self.contenders[index].running.is_some() {
                self.crew.close(index)?;
            }
        }
        for index in 0..self.contenders.len() {
            let Some(running) = self.contenders[index].running.take() else {
                continue;
            };
            self.attempt(index, |heat, index| {
                let contender = &mut heat.contenders[index];
                let stats = contender.entry.end(&mut heat.stage, &running)?;
                let usage = running.who.and_then(|who| heat.stage.usage(who));
                contender.tally.ended(stats, usage, contender.switches);
                Ok(())
            })?;
        }
        Ok(())
    }
}
