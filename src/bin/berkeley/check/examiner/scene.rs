//! The beginning and the end of a case: where it takes place, the program
//! that is started in it, and what is known when it is over.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Instant;
use std::{env, fs, process};

use anyhow::{Result, anyhow};

use super::limits::Limits;
use super::order::{Order, Values};
use super::place;
use super::ports;
use super::program::Program;
use super::room::Room;
use super::start::{Input, NotStarted, Output, Start};
use super::stop::{Done, Stop, failed};
use super::watch::Watch;
use super::words::filled;
use crate::check::lab::{Case, Lab, Role, Setting};
use crate::check::report::{Mistake, Outcome, Result as Came};
use crate::trace::{self, Told};

/// Where the ladder of a program is drawn.
const WIDTH: usize = 86;

/// The name that is ::1 first.
const BOTH: &str = "both.test";

impl<'a> Room<'a> {
    /// Goes to where the case takes place.
    pub(super) fn open(
        order: &'a Order,
        lab: &'a Lab,
        case: &'a Case,
    ) -> Result<Room<'a>> {
        let place = place::enter(&[BOTH]);
        let wants_port = order
            .command
            .iter()
            .any(|word| word.contains("{port}") || word.contains("{args}"));
        let fixed = lab.port.filter(|_| !wants_port);
        let claimed = match fixed {
            Some(_) => None,
            None => Some(ports::free(place.has_own_network)?),
        };
        let port = claimed.as_ref().map(|claimed| claimed.number).or(fixed);
        let host = if case.has(Setting::TwoAddresses) {
            BOTH.to_owned()
        } else {
            Ipv4Addr::LOCALHOST.to_string()
        };
        let mut values = Values(case.values.clone());
        let port = port.unwrap_or_default();
        values.0.insert("port".into(), port.to_string());
        values.0.insert("host".into(), host);
        Ok(Room {
            order,
            case,
            values,
            place,
            _claim: claimed,
            program: None,
            watch: None,
            port,
            its_address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            listeners: Vec::new(),
            is_connecting: false,
            peers: Vec::new(),
            printed: [0; 2],
            noted: None,
            has_grown: false,
            weighed: Instant::now(),
            computed: 0.0,
            did: Vec::new(),
            argv: Vec::new(),
            mistakes: None,
        })
    }

    /// What must be there before a client starts.
    pub(super) fn prepare(&mut self) -> Done<()> {
        if self.case.has(Setting::TwoAddresses)
            && let Err(why) = &self.place.names
        {
            return Err(Stop::Skipped(format!(
                "no name can be made for two addresses: {why}"
            )));
        }
        let listens = self.case.role == Role::Client
            && !self.case.has(Setting::NobodyListening);
        if listens {
            let here = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
            self.listen(here)?;
        }
        Ok(())
    }

    pub(super) fn start(&mut self) -> Done<()> {
        if self.program.is_some() {
            return Err(anyhow!("the program is started already").into());
        }
        self.argv = filled(self.order, self.case, &self.values);
        let on_terminal = self.case.has(Setting::Terminal);
        let input = match () {
            () if on_terminal => Input::Terminal,
            () if self.case.has(Setting::NoInput) => Input::Nothing,
            () => Input::Pipe,
        };
        let output =
            if on_terminal { Output::Terminals } else { Output::Pipes };
        let start = Start {
            argv: self.argv.clone(),
            folder: self.order.folder.clone().map(Into::into),
            environment: Vec::new(),
            input,
            output,
            limits: Limits::default(),
            traced: self.is_traced().then(trace_file),
        };
        let program = match Program::start(&start) {
            Ok(program) => program,
            Err(NotStarted::Trouble(error)) => return Err(error.into()),
            Err(cannot) => {
                return Err(Stop::Unstartable(cannot.to_string()));
            }
        };
        self.watch = Some(Watch::new(program.root()).adopting());
        self.program = Some(program);
        self.printed = [0; 2];
        self.computed = 0.0;
        Ok(())
    }

    /// After its end, on the same port.
    pub(super) fn start_again(&mut self) -> Done<()> {
        if let Some(mut program) = self.program.take() {
            program.end()?;
        }
        self.watch = None;
        self.start()?;
        match self.case.role {
            Role::Server => self.is_ready(),
            Role::Client => Ok(()),
        }
    }

    fn is_traced(&self) -> bool {
        self.order.trace || self.case.has(Setting::Trace)
    }

    /// What its calls show when it has ended.
    pub(super) fn makes_no_mistake(&mut self) -> Done<()> {
        self.put_down()?;
        let mistakes = self.mistakes()?;
        let Some(first) = mistakes.first() else { return Ok(()) };
        let says = match mistakes.len() {
            1 => format!("its calls show a mistake: {}", first.title),
            many => format!("its calls show {many} mistakes"),
        };
        failed(says).stop()
    }

    /// Ended as by Ctrl-C where it lets itself be ended so: what it leaves
    /// open then is its own doing.
    fn put_down(&mut self) -> Done<()> {
        if let Some(program) = &mut self.program {
            program.interrupts()?;
        }
        let _ = self.until(|room| {
            Ok(room.program.as_ref().is_none_or(Program::has_ended))
        })?;
        if let Some(program) = &mut self.program {
            program.end()?;
        }
        Ok(())
    }

    fn mistakes(&mut self) -> Result<Vec<Mistake>> {
        if self.mistakes.is_none() {
            let found = trace::mistakes_in(&trace_file())?;
            self.mistakes = Some(found.into_iter().map(mistake).collect());
        }
        Ok(self.mistakes.clone().unwrap_or_default())
    }

    /// The end of all, and what there is to be said.
    pub(super) fn leave(&mut self, outcome: &mut Outcome) -> Result<()> {
        // Before its peers are closed: what it says of that is nobody's.
        if let Some(program) = &mut self.program {
            program.end()?;
            outcome.stdout = program.stdout().printed();
            outcome.stderr = program.stderr().printed();
            let reached = program
                .ended()
                .and_then(|ended| Limits::default().reached(&ended));
            outcome.notes.extend(reached);
        }
        let words = self.argv.iter().map(|word| word.to_string_lossy());
        outcome.command = words.map(Into::into).collect();
        outcome.did.clone_from(&self.did);
        outcome.notes.extend(self.place.note.clone());
        outcome.notes.extend(self.watch.iter().flat_map(Watch::notes));
        if self.is_traced() && self.program.is_some() {
            outcome.findings = self.mistakes()?;
            if outcome.result == Came::Failed && self.order.trace {
                outcome.ladder = trace::ladder_of(&trace_file(), WIDTH)?;
            }
            let _ = fs::remove_file(trace_file());
        }
        Ok(())
    }
}

fn mistake(told: Told) -> Mistake {
    let Told { id, title, says, calls, why, mend, times } = told;
    Mistake {
        id: id.into(),
        title: title.into(),
        says,
        calls,
        why: why.into(),
        mend: mend.into(),
        times,
    }
}

fn trace_file() -> PathBuf {
    let name = format!("berkeley-{}.json", process::id());
    env::temp_dir().join(name)
}
