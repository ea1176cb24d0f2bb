//! One trace in the making: the engine, the recorder, what the kernel reports
//! beside the calls, and whoever draws meanwhile.

use std::ffi::OsString;
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Error, Result, anyhow, ensure};
use nix::sched::CloneFlags;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::decode;
use super::live::Live;
use super::options::{Options, Placement};
use super::record::{Role, Trace};
use super::recorder::{Recorder, empty};
use super::wire::{Segments, Transitions};
use crate::cpus::{self, Cpus};
use crate::namespace;
use crate::stage;
use crate::tracer::{End, Launch, Scope, Tracer};

/// How long nobody looks at anything but the programs' calls.
const SLICE: Duration = Duration::from_millis(20);
/// For a program that was told to end: first by SIGINT, then by SIGTERM.
const PATIENCE: [Duration; 2] =
    [Duration::from_secs(6), Duration::from_secs(2)];

pub(crate) struct Session<'a> {
    tracer: Tracer,
    recorder: Recorder,
    transitions: Option<Transitions>,
    segments: Option<Segments>,
    live: &'a mut Live,
    cpus: Cpus,
}

impl Session<'_> {
    /// Before anything is started: the network of the programs may have to
    /// be one of their own.
    pub(crate) fn open<'a>(
        options: &Options,
        command: String,
        live: &'a mut Live,
    ) -> Result<Session<'a>> {
        ensure!(
            Path::new("/proc/self/stat").exists(),
            "cannot trace: there is no /proc here, which says what the \
             programs hold"
        );
        stage::watch()?;
        let mut recorder =
            Recorder::new(empty(command), options.payload, options.all);
        if !live.is_seen_while_it_grows() {
            recorder.is_read_at_the_end();
        }
        let segments = if options.packets {
            Some(segments(&mut recorder)?)
        } else {
            None
        };
        let transitions = match Transitions::open() {
            // The kernel reports those of all networks, and in an examiner's
            // own the addresses are other examiners' too.
            _ if options.examiner.is_some() => None,
            Ok(transitions) => Some(transitions),
            Err(why) => {
                recorder.note(why);
                None
            }
        };
        let scope = if options.all {
            Scope::Everything
        } else {
            Scope::Calls(decode::numbers())
        };
        Ok(Session {
            tracer: Tracer::new(scope)?,
            recorder,
            transitions,
            segments,
            live,
            cpus: Cpus::choose(match options.cpu {
                Placement::Keep => cpus::Placement::Free,
                Placement::One => cpus::Placement::Same,
                Placement::PerSide => cpus::Placement::Split,
            })?,
        })
    }

    /// Starts a program; its pid.
    pub(crate) fn start(
        &mut self,
        role: Role,
        mut launch: Launch,
    ) -> Result<i32> {
        let words = |word: &OsString| word.to_string_lossy().into_owned();
        let command = launch.argv.iter().map(words).collect();
        self.recorder.announce(role, command);
        launch.cpus = match role {
            Role::Client => self.cpus.generators.clone(),
            _ => self.cpus.server.clone(),
        };
        Ok(self.tracer.start(launch, &mut self.recorder)?.pid)
    }

    pub(crate) fn attach(
        &mut self,
        pid: i32,
        command: Vec<String>,
    ) -> Result<()> {
        self.recorder.announce(Role::Attached, command);
        self.tracer.attach(pid, &mut self.recorder)
    }

    /// Lets the programs go on for a moment, or until one of these can be
    /// read.
    pub(crate) fn step(&mut self, watched: &[BorrowedFd<'_>]) {
        let until = Instant::now() + SLICE;
        self.tracer.pump(&mut self.recorder, until, watched);
        self.read_the_wire();
        self.live.show(&mut self.recorder);
    }

    fn read_the_wire(&mut self) {
        if let Some(transitions) = &mut self.transitions {
            self.recorder.hear_changes(transitions.read());
        }
        if let Some(segments) = &mut self.segments {
            self.recorder.hear_segments(segments.read());
        }
    }

    pub(crate) fn is_anyone_left(&self) -> bool {
        self.tracer.is_anyone_left()
    }

    pub(crate) fn end_of(&self, pid: i32) -> Option<End> {
        self.tracer.end_of(pid)
    }

    pub(crate) fn note(&mut self, note: String) {
        self.recorder.note(note);
    }

    /// The processes that there are of this program.
    pub(crate) fn family(&self, pid: i32) -> Vec<i32> {
        self.recorder.family(pid)
    }

    /// Tells a program to end, as this tool was told, and, when it does not,
    /// ends it. Another Ctrl-C meanwhile takes the patience away.
    pub(crate) fn put_down(&mut self, pid: i32, told: i32) {
        let stages = [Signal::SIGINT, Signal::SIGTERM].iter().zip(PATIENCE);
        let stages = stages.skip(usize::from(told != libc::SIGINT));
        for (&signal, patience) in stages {
            if signal != Signal::SIGINT || !self.recorder.is_interrupted(pid) {
                self.tell(pid, signal);
            }
            let start = Instant::now();
            while !self.family(pid).is_empty() && start.elapsed() < patience {
                self.step(&[]);
                if stage::take().is_some() {
                    break;
                }
            }
        }
        self.end_family(pid);
    }

    /// Its first process; where that has gone, as a daemon's has, whoever it
    /// has left. (Its number may be another's by now.)
    fn tell(&self, pid: i32, signal: Signal) {
        let family = self.family(pid);
        let first = family.iter().position(|&member| member == pid);
        let whom = first.map_or(&family[..], |at| &family[at..=at]);
        for &pid in whom {
            let _ = kill(Pid::from_raw(pid), signal);
        }
    }

    fn end_family(&mut self, pid: i32) {
        loop {
            let family = self.family(pid);
            if family.is_empty() {
                return;
            }
            for pid in family {
                let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
            self.step(&[]);
        }
    }

    /// Lets go of whom it attached to.
    pub(crate) fn detach(&mut self) {
        self.tracer.detach_everyone(&mut self.recorder);
    }

    /// What came of it.
    pub(crate) fn close(mut self) -> Trace {
        self.read_the_wire();
        let blind = self.tracer.blind();
        self.recorder.could_not_see(&blind);
        if let Some(lost) = self.transitions.map(|all| all.lost())
            && lost > 0
        {
            self.recorder.note(format!("{lost} TCP transitions were lost"));
        }
        if let Some(mut segments) = self.segments
            && segments.lost() > 0
        {
            let lost = segments.lost();
            self.recorder.note(format!("{lost} segments were lost"));
        }
        self.live.last(&mut self.recorder);
        self.live.take(self.recorder)
    }
}

/// Without the right to see others' packets, in a network of their own.
fn segments(recorder: &mut Recorder) -> Result<Segments> {
    match Segments::open() {
        Err(why) if why.contains("EPERM") => {}
        opened => return opened.map_err(Error::msg),
    }
    namespace::enter(CloneFlags::empty()).map_err(|why| {
        anyhow!("no network of its own for --packets: {why}")
    })?;
    recorder.note(
        "the programs ran in a network of their own (--packets without \
         root): nothing but loopback is in it"
            .into(),
    );
    Segments::open().map_err(Error::msg)
}
