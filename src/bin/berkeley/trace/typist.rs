//! Types to a program, each line when it is its turn, and hears what it
//! prints: a program whose output nobody takes would wait for ever. So would
//! one that reads to the end of its input, if that did not come.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use anyhow::Result;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::pipe2;

use super::labs::Step;
use crate::tracer::Launch;

pub(crate) struct Typist {
    /// The program's standard input, until all has been typed, or nobody
    /// reads it any more.
    keyboard: Option<File>,
    /// Its standard output and standard error, until both are closed.
    screen: Option<File>,
    steps: VecDeque<Step>,
    /// Lines, the last one perhaps not complete, behind the one that the
    /// last step has waited for.
    heard: String,
}

impl Typist {
    /// Takes its place at the program that is to be launched.
    pub(crate) fn at(launch: &mut Launch, steps: &[Step]) -> Result<Typist> {
        let (stdin, keyboard) = pipe2(OFlag::O_CLOEXEC)?;
        let (screen, stdout) = pipe2(OFlag::O_CLOEXEC)?;
        fcntl(&screen, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        launch.stderr = Some(stdout.try_clone()?);
        launch.stdout = Some(stdout);
        launch.stdin = Some(stdin);
        Ok(Typist {
            keyboard: Some(File::from(keyboard)),
            screen: Some(File::from(screen)),
            steps: steps.iter().copied().collect(),
            heard: String::new(),
        })
    }

    /// What is to be watched for it.
    pub(crate) fn screen(&self) -> Option<BorrowedFd<'_>> {
        self.screen.as_ref().map(AsFd::as_fd)
    }

    /// Hears what there is by now, and types what it is an answer to.
    pub(crate) fn work(&mut self) -> Result<()> {
        self.hear()?;
        while let Some(step) = self.steps.front() {
            if let Some(after) = step.after {
                let mut lines = self.heard.split_inclusive('\n');
                let mut passed = 0;
                let found = lines.find(|line| {
                    passed += line.len();
                    line.contains(after)
                });
                if found.is_none() {
                    return Ok(());
                }
                self.heard.drain(..passed);
            }
            self.types(step.line)?;
            self.steps.pop_front();
        }
        self.keyboard = None;
        Ok(())
    }

    fn hear(&mut self) -> Result<()> {
        let Some(screen) = &mut self.screen else { return Ok(()) };
        let mut bytes = [0; 4096];
        loop {
            match screen.read(&mut bytes) {
                Ok(0) => {
                    self.screen = None;
                    return Ok(());
                }
                Ok(length) => {
                    let text = String::from_utf8_lossy(&bytes[..length]);
                    self.heard.push_str(&text);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn types(&mut self, line: &str) -> Result<()> {
        let Some(keyboard) = &mut self.keyboard else { return Ok(()) };
        match keyboard.write_all(format!("{line}\n").as_bytes()) {
            // It has ended: that is seen where its end is waited for.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.keyboard = None;
                Ok(())
            }
            typed => Ok(typed?),
        }
    }
}

/// A standard input that has ended before it began.
pub(crate) fn nothing() -> Result<OwnedFd> {
    Ok(File::open("/dev/null")?.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_input_ends_when_all_has_been_typed() {
        let steps = [
            Step { after: None, line: "hello" },
            Step { after: Some("name?"), line: "Ada" },
        ];
        let mut launch = Launch::default();
        let mut typist = Typist::at(&mut launch, &steps).unwrap();
        let mut input = File::from(launch.stdin.take().unwrap());
        fcntl(&input, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
        typist.work().unwrap();
        let mut typed = String::new();
        let more = input.read_to_string(&mut typed).unwrap_err();
        assert_eq!(more.kind(), ErrorKind::WouldBlock);
        let mut output = File::from(launch.stdout.take().unwrap());
        output.write_all(b"Your name?\n").unwrap();
        typist.work().unwrap();
        input.read_to_string(&mut typed).unwrap();
        assert_eq!(typed, "hello\nAda\n");
    }
}
