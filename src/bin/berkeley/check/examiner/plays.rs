//! The steps in which the program itself has the part: it is started, typed
//! to, told to end.

use nix::sys::signal::Signal;

use super::ends::{Ending, signal_name};
use super::heard::Heard;
use super::limits::Limits;
use super::program::Program;
use super::room::{Gave, Room};
use super::stop::{Done, failed};
use crate::check::lab::{Exit, Setting, Stream, Text};

impl Room<'_> {
    fn typed_bytes(&self, text: &Text) -> Vec<u8> {
        text.bytes(self.order.seed, &|name| self.value(name))
    }

    pub(super) fn types(&mut self, text: &Text) -> Done<()> {
        let bytes = self.typed_bytes(text);
        if let Some(program) = &mut self.program {
            program.types(&bytes)?;
        }
        Ok(())
    }

    pub(super) fn input_ends(&mut self) -> Done<()> {
        if let Some(program) = &mut self.program {
            program.ends_input()?;
        }
        Ok(())
    }

    /// It has printed this, behind what was found by the last such step.
    pub(super) fn prints(&mut self, stream: Stream, text: &Text) -> Done<()> {
        let bytes = self.typed_bytes(text);
        let waited =
            self.until(|room| Ok(room.find_printed(stream, &bytes)))?;
        let Err(gave) = waited else { return Ok(()) };
        let mut got = gave.words().to_owned();
        let has_terminal = self.case.has(Setting::Terminal);
        let where_to = match stream {
            Stream::Err => " on standard error",
            Stream::Shown if has_terminal => "",
            Stream::Out | Stream::Shown => {
                if self.find_printed(Stream::Err, &bytes) {
                    got.push_str("; these words are on standard error");
                }
                " on standard output"
            }
        };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        failed(format!("the program does not print it{where_to}"))
            .with(format!("{text:?}"), got)
            .stop()
    }

    /// Nowhere in all that it prints until it ends or rests.
    pub(super) fn never_prints(
        &mut self,
        stream: Stream,
        text: &Text,
    ) -> Done<()> {
        let bytes = self.typed_bytes(text);
        let _ = self.until(|_| Ok(false))?;
        self.printed = [0; 2];
        if !self.find_printed(stream, &bytes) {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        failed("the program prints what it should not")
            .with("anything else", format!("{text:?}"))
            .stop()
    }

    fn find_printed(&mut self, stream: Stream, bytes: &[u8]) -> bool {
        let Some(program) = &self.program else { return false };
        let streams = [program.stdout(), program.stderr()];
        let wanted = match stream {
            Stream::Err => 1..2,
            // A terminal shows both.
            Stream::Shown if self.case.has(Setting::Terminal) => 0..2,
            Stream::Out | Stream::Shown => 0..1,
        };
        wanted.into_iter().any(|place| {
            let rest = &streams[place].bytes()[self.printed[place]..];
            let mut windows = rest.windows(bytes.len().max(1));
            let found = windows.position(|window| window == bytes);
            if let Some(found) = found {
                self.printed[place] += found + bytes.len();
            }
            found.is_some()
        })
    }

    /// All that it has printed there in its life.
    pub(super) fn output_is(
        &mut self,
        stream: Stream,
        text: &Text,
    ) -> Done<()> {
        let bytes = self.typed_bytes(text);
        self.ends(&Exit::Anyhow)?;
        let Some(program) = &self.program else { return Ok(()) };
        let heard = match stream {
            Stream::Err => program.stderr(),
            _ => program.stdout(),
        };
        let got = Heard::bytes(heard);
        if got == bytes {
            return Ok(());
        }
        let name = match stream {
            Stream::Err => "standard error",
            _ => "standard output",
        };
        failed(format!("its {name} is not what it should be"))
            .bytes(&bytes, got)
            .stop()
    }

    /// What a keyboard sends reaches a whole process group, the shell in
    /// front of a program as well as the program; so does what is to stop all
    /// of it. Other signals are sent by number, as `kill` does.
    pub(super) fn gets(&mut self, signal: &str) -> Done<()> {
        let signal: Signal = signal.parse()?;
        let Some(program) = &mut self.program else { return Ok(()) };
        match signal {
            Signal::SIGINT => program.interrupts()?,
            Signal::SIGQUIT
            | Signal::SIGTSTP
            | Signal::SIGSTOP
            | Signal::SIGCONT => program.signal_group(signal),
            _ => program.signal(signal),
        }
        Ok(())
    }

    /// It comes to its end, and to this one.
    pub(super) fn ends(&mut self, expected: &Exit) -> Done<()> {
        let waited = self.until(|room| {
            let program = room.program.as_ref();
            Ok(program.is_none_or(|it| it.ended().is_some()))
        })?;
        if let (Err(Gave::Ended), Some(program)) = (waited, &mut self.program)
        {
            // A tracer is still to tell how.
            program.end()?;
        }
        let ended = self.program.as_ref().and_then(Program::ended);
        let Some(ended) = ended else {
            let why = waited.err().map_or("", Gave::words);
            return failed("the program does not end")
                .with("its end", why)
                .stop();
        };
        // What it printed last is there by now.
        self.pump()?;
        if let Some(reached) = Limits::default().reached(&ended) {
            return failed("the program does not end by itself")
                .with(expected_words(expected), reached)
                .stop();
        }
        let ended = ended.ending;
        let is_as_expected = match (expected, ended) {
            (Exit::Anyhow, _) => true,
            (Exit::Code(code), Ending::Exited(got)) => *code == got,
            (Exit::Failure, Ending::Exited(got)) => got != 0,
            (Exit::Signal(name), Ending::Killed(got)) => {
                name.parse::<Signal>().is_ok_and(|it| it as i32 == got)
            }
            _ => false,
        };
        if is_as_expected {
            return Ok(());
        }
        failed("the program ends otherwise")
            .with(expected_words(expected), ended_words(ended))
            .stop()
    }

    /// It has not ended, and waits for something.
    pub(super) fn runs(&mut self) -> Done<()> {
        let waited = self.until(|_| Ok(false))?;
        match waited {
            Err(Gave::Ended) => {
                let ended = self.program.as_ref().and_then(Program::ended);
                let got = ended.map(|it| ended_words(it.ending));
                let got = got.unwrap_or_else(|| "its end".into());
                failed("the program has ended")
                    .with("a program that goes on", got)
                    .stop()
            }
            Err(Gave::Busy) => failed("the program does not come to rest")
                .with("a program that waits", Gave::Busy.words())
                .stop(),
            _ => Ok(()),
        }
    }
}

fn expected_words(exit: &Exit) -> String {
    match exit {
        Exit::Anyhow => "its end".into(),
        Exit::Code(code) => format!("exit code {code}"),
        Exit::Failure => "an exit code that is not 0".into(),
        Exit::Signal(name) => format!("an end by {name}"),
    }
}

fn ended_words(ended: Ending) -> String {
    match ended {
        Ending::Exited(code) => format!("exit code {code}"),
        Ending::Killed(number) => {
            format!("an end by {}", signal_name(number))
        }
    }
}
