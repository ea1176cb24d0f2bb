//! A case from its beginning to its end, step by step.

use std::time::Instant;

use super::room::Room;
use super::stop::{Done, Stop, failed};
use super::talk::bytes_are;
use crate::check::lab::{Act, Role, Step, replaced};
use crate::stage;

/// Characters of a value that are shown in a step.
const MOST_SHOWN: usize = 40;

impl Room<'_> {
    /// All steps, or the one at which it stopped.
    pub(super) fn play(&mut self) -> Done<()> {
        self.prepare()?;
        if self.case.role == Role::Server {
            let ready = self.start().and_then(|()| self.is_ready());
            self.told("program listens", 0, ready)?;
        }
        let case = self.case;
        self.all(&case.steps)
    }

    fn all(&mut self, steps: &[Step]) -> Done<()> {
        for step in steps {
            let done = self.step(&step.act);
            self.told(&step.words, step.line, done)?;
        }
        Ok(())
    }

    /// Where it went wrong, and what the program does at that moment.
    fn told(&mut self, words: &str, line: usize, done: Done<()>) -> Done<()> {
        match done {
            Ok(()) => {
                let words = self.filled_in(words);
                self.did.push(words);
                Ok(())
            }
            Err(Stop::Failed(mut failure)) if failure.step.is_empty() => {
                failure.step = self.filled_in(words);
                failure.line = line;
                self.settle()?;
                failure.doing = self.doing();
                Err(Stop::Failed(failure))
            }
            other => other,
        }
    }

    /// A step with what its `{names}` stand for.
    fn filled_in(&self, words: &str) -> String {
        let shown = |name: &str| self.value(name).map(|value| shown(&value));
        let words = replaced(words.as_bytes(), &shown);
        String::from_utf8_lossy(&words).into_owned()
    }

    fn step(&mut self, act: &Act) -> Done<()> {
        let each =
            |room: &mut Self,
             who: &[String],
             one: &dyn Fn(&mut Self, &str) -> Done<()>| {
                who.iter().try_for_each(|name| one(room, name))
            };
        match act {
            Act::Connect(who) => each(self, who, &Self::connect),
            Act::ConnectElsewhere(who) => {
                each(self, who, &Self::connect_elsewhere)
            }
            Act::Accept(who) => each(self, who, &Self::accept),
            Act::Send(who, text, cut) => {
                each(self, who, &|room, name| room.send(name, text, *cut))
            }
            Act::Expect(who, text) => {
                each(self, who, &|room, name| room.expect(name, text))
            }
            Act::ExpectLine(who, text) => {
                each(self, who, &|room, name| room.expect_line(name, text))
            }
            Act::ExpectAnswer(who, text) => {
                each(self, who, &|room, name| room.expect_answer(name, text))
            }
            Act::ExpectPickle(who, pickled) => {
                each(self, who, &|room, name| {
                    room.expect_pickle(name, pickled)
                })
            }
            Act::ExpectEnd(who, end) => {
                each(self, who, &|room, name| room.expect_end(name, *end))
            }
            Act::ExpectNothing(who) => each(self, who, &Self::expect_nothing),
            Act::ExpectAnything(who) => {
                each(self, who, &Self::expect_anything)
            }
            Act::IsDrained(who) => each(self, who, &Self::is_drained),
            Act::IsAccepted(who) => each(self, who, &Self::is_accepted),
            Act::IsLetGo(who) => each(self, who, &Self::is_let_go),
            Act::StopReading(who) => each(self, who, &|room, name| {
                room.peer(name)?.reads = false;
                Ok(())
            }),
            Act::ReadAgain(who) => each(self, who, &|room, name| {
                room.peer(name)?.reads = true;
                Ok(())
            }),
            Act::ShutDown(who) => each(self, who, &|room, name| {
                room.peer(name)?.shut_down();
                Ok(())
            }),
            Act::Close(who) => each(self, who, &Self::close),
            Act::Reset(who) => each(self, who, &|room, name| {
                room.peer(name)?.reset();
                Ok(())
            }),
            Act::Start => self.start(),
            Act::StartAgain => self.start_again(),
            Act::Type(text) => self.types(text),
            Act::EndInput => self.input_ends(),
            Act::Print(stream, text) => self.prints(*stream, text),
            Act::NeverPrint(stream, text) => self.never_prints(*stream, text),
            Act::Output(stream, text) => self.output_is(*stream, text),
            Act::Signal(name) => self.gets(name),
            Act::End(exit) => self.ends(exit),
            Act::Run => self.runs(),
            Act::NoMistake => self.makes_no_mistake(),
            Act::NoteGrowth => self.note_growth(),
            Act::NoMore(what) => self.no_more(*what),
            Act::StopListening => {
                self.listeners.clear();
                Ok(())
            }
            Act::Quiet => self.until(|_| Ok(false)).map(drop),
            Act::Pause(seconds) => self.pause(*seconds),
            Act::Times(times, steps) => self.times(*times, steps),
        }
    }

    fn times(&mut self, times: u32, steps: &[Step]) -> Done<()> {
        let before = self.did.len();
        for round in 1..=times {
            let done = self.all(steps);
            self.did.truncate(before);
            if let Err(Stop::Failed(mut failure)) = done {
                let says = format!("round {round} of {times}: ");
                failure.says.insert_str(0, &says);
                return Err(Stop::Failed(failure));
            }
            done?;
        }
        Ok(())
    }

    /// What is still to be sent goes out first.
    fn close(&mut self, name: &str) -> Done<()> {
        let waited = self.until(|room| {
            let peer = room.peer(name)?;
            Ok(peer.is_flushed() || peer.broken.is_some())
        })?;
        let peer = self.peer(name)?;
        let unsent = peer.unsent();
        peer.close();
        match waited {
            Err(gave) if unsent > 0 => {
                let (bytes, are) = bytes_are(unsent);
                let says = format!("{bytes} from {name} {are} not taken");
                failed(says)
                    .with(format!("{name}'s bytes to be read"), gave.words())
                    .stop()
            }
            _ => Ok(()),
        }
    }

    /// A peer that is slow on purpose; everything else goes on meanwhile.
    fn pause(&mut self, seconds: f64) -> Done<()> {
        let (start, length) = (Instant::now(), self.order.scaled(seconds));
        while start.elapsed() < length {
            stage::check()?;
            self.pump()?;
            self.sleep()?;
        }
        Ok(())
    }
}

/// A value as it would be typed in a string; of a long one its beginning.
fn shown(value: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(value);
    let start: String = text.chars().take(MOST_SHOWN).collect();
    let typed = format!("{start:?}");
    let mut shown = typed.as_bytes()[1..typed.len() - 1].to_vec();
    if start.len() < text.len() {
        shown.extend(format!("\u{2026} ({} bytes)", value.len()).bytes());
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_value_is_shown_as_it_would_be_typed() {
        for (value, expected) in [
            ("two \"words\"\n".to_owned(), r#"two \"words\"\n"#.to_owned()),
            ("\u{e9}'".to_owned(), "\u{e9}'".to_owned()),
            ("x".repeat(40), "x".repeat(40)),
            (
                "x".repeat(20_000),
                format!("{}\u{2026} (20000 bytes)", "x".repeat(40)),
            ),
        ] {
            let shown = String::from_utf8(shown(value.as_bytes()));
            assert_eq!(shown, Ok(expected));
        }
    }
}
