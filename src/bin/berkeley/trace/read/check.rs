//! Whether a trace holds together: every index names something, no task is
//! its own ancestor, no time runs backwards. What is drawn from a trace that
//! was checked needs no check of its own.

use anyhow::{Result, ensure};

use crate::trace::record::{Call, Descriptor, Event, Trace};

/// A century, in ns: times can be added without a thought.
const LONGEST: u64 = 100 * 366 * 24 * 3600 * 1_000_000_000;
/// More than a call can carry; sums of it fit.
const LARGEST: u64 = 1 << 44;

impl Trace {
    pub(crate) fn check(&self) -> Result<()> {
        for (at, program) in self.programs.iter().enumerate() {
            let what = || format!("program {at}");
            self.has_task(program.task, what)?;
        }
        self.check_tasks()?;
        self.check_sockets()?;
        for (at, event) in self.events.iter().enumerate() {
            self.check_event(event, || format!("event {at}"))?;
        }
        Ok(())
    }

    fn check_tasks(&self) -> Result<()> {
        for (at, task) in self.tasks.iter().enumerate() {
            ensure!(
                task.program < self.programs.len(),
                "task {at} is of program {}, and there are {}",
                task.program,
                self.programs.len()
            );
            if let Some(parent) = task.parent {
                self.has_task(parent, || format!("the parent of task {at}"))?;
            }
            let ended = task.ended_ns.unwrap_or(task.born_ns);
            ensure!(
                task.born_ns <= ended && ended < LONGEST,
                "task {at} ends at {ended} ns, born at {} ns",
                task.born_ns
            );
        }
        let parents = self.tasks.iter().map(|task| task.parent);
        if let Some(at) = circle(&parents.collect::<Vec<_>>()) {
            anyhow::bail!("task {at} is its own ancestor");
        }
        Ok(())
    }

    fn check_sockets(&self) -> Result<()> {
        for (at, socket) in self.sockets.iter().enumerate() {
            let what = || format!("socket {at}");
            self.has_socket(socket.accepted_from, what)?;
            self.has_socket(socket.other_end, what)?;
        }
        let from = self.sockets.iter().map(|socket| socket.accepted_from);
        if let Some(at) = circle(&from.collect::<Vec<_>>()) {
            anyhow::bail!("socket {at} is accepted from itself");
        }
        Ok(())
    }

    fn check_event(
        &self,
        event: &Event,
        what: impl Fn() -> String + Copy,
    ) -> Result<()> {
        ensure!(event.at() < LONGEST, "{} is at {} ns", what(), event.at());
        if let Some(task) = event.task() {
            self.has_task(task, what)?;
        }
        match event {
            Event::Call(call) => self.check_call(call, what),
            Event::Birth(born) => self.has_all(&born.holds, what),
            Event::Exec(exec) => self.has_all(&exec.holds, what),
            Event::State(change) => self.has_socket(change.socket, what),
            Event::Segment(segment) => {
                self.has_socket(segment.from_socket, what)?;
                self.has_socket(segment.to_socket, what)
            }
            Event::Signal(_) | Event::Pause(_) | Event::End(_) => Ok(()),
        }
    }

    fn check_call(
        &self,
        call: &Call,
        what: impl Fn() -> String + Copy,
    ) -> Result<()> {
        let exit = call.exit_ns.unwrap_or(call.enter_ns);
        ensure!(
            call.enter_ns <= exit && exit < LONGEST,
            "{} returns at {exit} ns, begun at {} ns",
            what(),
            call.enter_ns
        );
        let length = call.data.as_ref().map_or(0, |data| data.length);
        ensure!(length < LARGEST, "{} carries {length} bytes", what());
        self.has_socket(call.socket, what)?;
        for held in [&call.made, &call.passed, &call.awaits] {
            self.has_all(held, what)?;
        }
        let mut ready = call.ready.iter();
        ready.try_for_each(|ready| self.has_socket(ready.socket, what))
    }

    fn has_all(
        &self,
        held: &[Descriptor],
        what: impl Fn() -> String + Copy,
    ) -> Result<()> {
        let mut held = held.iter();
        held.try_for_each(|held| self.has_socket(held.socket, what))
    }

    fn has_task(&self, task: usize, what: impl Fn() -> String) -> Result<()> {
        let number = self.tasks.len();
        ensure!(
            task < number,
            "{} names task {task}, and there are {number}",
            what()
        );
        Ok(())
    }

    fn has_socket(
        &self,
        socket: Option<usize>,
        what: impl Fn() -> String,
    ) -> Result<()> {
        let Some(socket) = socket else { return Ok(()) };
        let number = self.sockets.len();
        ensure!(
            socket < number,
            "{} names socket {socket}, and there are {number}",
            what()
        );
        Ok(())
    }
}

/// Whoever comes to itself, going from one to the one before.
fn circle(before: &[Option<usize>]) -> Option<usize> {
    // Who set out when a place was come by; nobody goes there a second time.
    let mut walker = vec![None; before.len()];
    for start in 0..before.len() {
        let mut at = Some(start);
        while let Some(place) = at {
            match walker[place] {
                Some(other) if other == start => return Some(place),
                Some(_) => break,
                None => walker[place] = Some(start),
            }
            at = before[place];
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::circle;

    #[test]
    fn a_circle_is_found_wherever_it_is_entered() {
        assert_eq!(circle(&[None, Some(0), Some(1), Some(1)]), None);
        assert_eq!(circle(&[Some(0)]), Some(0));
        let found = circle(&[None, Some(2), Some(3), Some(2)]);
        assert!(matches!(found, Some(2 | 3)), "{found:?}");
    }
}
