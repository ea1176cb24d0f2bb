//! How the tool ends: one exit code for each way.

use std::error::Error;
use std::io;
use std::process::ExitCode;

use berkeley::sockets::Cause;
use clap::CommandFactory;
use clap::error::ErrorKind;
use nix::errno::Errno;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigHandler, Signal, raise, signal};

use crate::stage::Interrupted;

/// What a subcommand found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Done, and good.
    Good,
    /// Done, and something fell short.
    FellShort,
    /// There was nothing that could be run.
    CouldNotRun,
    /// As the program that was run: with its exit code,
    Code(u8),
    /// or by the signal that killed it.
    Killed(i32),
}

/// 0, 1 or 3; 128 and the signal's number for who was interrupted. An error
/// is a line on stderr. (2, bad usage, is clap's.)
pub(crate) fn code(done: anyhow::Result<Verdict>) -> ExitCode {
    let error = match done {
        Ok(Verdict::Good) => return ExitCode::SUCCESS,
        Ok(Verdict::FellShort) => return ExitCode::from(1),
        Ok(Verdict::CouldNotRun) => return ExitCode::from(3),
        Ok(Verdict::Code(code)) => return ExitCode::from(code),
        Ok(Verdict::Killed(signal)) => return killed(signal),
        Err(error) => error,
    };
    if let Some(Interrupted(signal)) = error.downcast_ref() {
        return ExitCode::from(128 + u8::try_from(*signal).unwrap_or(0));
    }
    if is_nobody_reading(&error) {
        return ExitCode::SUCCESS;
    }
    anstream::eprintln!("berkeley: {}", words(&error));
    ExitCode::from(3)
}

/// What was tried and why it failed; an error of the system by its symbol.
pub(crate) fn words(error: &anyhow::Error) -> String {
    let cause = |cause: &(dyn Error + 'static)| {
        let system = cause.downcast_ref().and_then(io::Error::raw_os_error);
        let system = system.map(Errno::from_raw);
        match cause.downcast_ref::<Errno>().copied().or(system) {
            Some(errno) => Cause::Errno(errno).to_string(),
            None => cause.to_string(),
        }
    };
    error.chain().map(cause).collect::<Vec<_>>().join(": ")
}

/// Bad usage of a subcommand, as clap would have said it.
pub(crate) fn refuse(subcommand: &str, kind: ErrorKind, why: String) -> ! {
    let mut command = crate::Cli::command();
    command.build();
    match command.find_subcommand_mut(subcommand) {
        Some(subcommand) => subcommand.error(kind, why).exit(),
        None => command.error(kind, why).exit(),
    }
}

/// Dies of the same signal, so that a shell says the same. The core, if
/// there is one, is the program's, and not to be written over.
fn killed(number: i32) -> ExitCode {
    if let Ok(fatal) = Signal::try_from(number) {
        let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
        // SAFETY: the default action is nobody's function.
        let _ = unsafe { signal(fatal, SigHandler::SigDfl) };
        let _ = raise(fatal);
    }
    ExitCode::from(128 + u8::try_from(number).unwrap_or(0))
}

/// `berkeley list | head -3`: the reader has seen enough, and that is good.
pub(crate) fn is_nobody_reading(error: &anyhow::Error) -> bool {
    let kind = error.downcast_ref().map(io::Error::kind);
    kind == Some(io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn an_error_of_the_system_is_told_by_its_symbol() {
        let error = Err::<(), _>(io::Error::from_raw_os_error(libc::ENOENT))
            .context("cannot read /no/such")
            .unwrap_err();
        let told = "cannot read /no/such: ENOENT: No such file or directory";
        assert_eq!(words(&error), told);
        let error = anyhow::Error::from(Errno::EBADF).context("cannot ask");
        assert_eq!(words(&error), "cannot ask: EBADF: Bad file descriptor");
        let other = io::Error::other("it is empty");
        assert_eq!(words(&other.into()), "it is empty");
    }
}
