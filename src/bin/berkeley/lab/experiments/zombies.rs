//! Children that have ended, and a signal that comes once for three.

use anyhow::Result;
use nix::sys::signal::Signal;

use super::{Change, Experiment, Knob};
use crate::lab::acts::{Act, How};
use crate::lab::play::{Actor, Play, until};
use crate::lab::watch;

pub(super) static ZOMBIES: Experiment = Experiment {
    name: "zombies",
    title: "three children end, and one SIGCHLD comes",
    question: "A server's handler for SIGCHLD calls waitpid() once. Three \
               children end while the server cannot run. How many zombies \
               are left after the handler?",
    choices: &[
        "None: SIGCHLD comes three times, once for each",
        "Two: SIGCHLD comes once, whoever it was about",
        "None: the children are gone when they exit",
    ],
    answer: 1,
    knobs: &[Knob {
        name: "ignore",
        usual: 0,
        range: (0, 1),
        says: "whether the server ignores SIGCHLD",
    }],
    play,
    why: &[
        "A process that has exited stays until its parent has asked how it \
         ended: a zombie, without memory and descriptors, but with a pid. A \
         signal is a mark, not a queue: while SIGCHLD is pending, another \
         SIGCHLD changes nothing. (Here the server was stopped meanwhile; \
         on a busy machine it just does not get to run.)",
        "So a handler, or whoever is told by it, calls waitpid() with \
         WNOHANG until it returns 0 or ECHILD. A server that ignores SIGCHLD \
         has no zombies: the kernel then reaps the children itself, and \
         nobody hears how they ended.",
    ],
    man: &["waitpid(2)", "signal(7)", "sigaction(2)", "fork(2)"],
    changes: &[Change {
        args: "--with ignore=1",
        look: "no zombies at all, and waitpid() fails with ECHILD",
    }],
};

fn zombies(play: &Play, children: &[Actor]) -> usize {
    let is_one = |who: &&Actor| watch::state_of(play.pid(**who)) == Some('Z');
    children.iter().filter(is_one).count()
}

fn play(play: &mut Play) -> Result<()> {
    let ignores = play.knob("ignore") == 1;
    let server = play.enter("server")?;
    let how = if ignores { How::Ignore } else { How::Count };
    let signal = libc::SIGCHLD;
    play.good(server, Act::Catch { signal, how })?;
    let mut children = Vec::new();
    for name in ["child 1", "child 2", "child 3"] {
        children.push(play.fork(server, name)?);
    }
    play.kill(server, Signal::SIGSTOP)?;
    let pid = play.pid(server);
    until("the server is stopped", || Ok(watch::state_of(pid) == Some('T')))?;
    for child in &children {
        play.exit(*child, 0)?;
    }
    play.kill(server, Signal::SIGCONT)?;
    let caught = play.good(server, Act::Caught)?.value;
    if ignores {
        play.observe("zombies", 0, zombies(play, &children));
        let came = play.call(server, Act::Wait { flags: 0 })?;
        play.observe("waitpid", "ECHILD", came.words());
        return Ok(());
    }
    play.observe("children that have ended", 3, children.len());
    play.observe("how often the handler ran", 1, caught);
    play.observe("zombies", 3, zombies(play, &children));
    play.good(server, Act::Wait { flags: libc::WNOHANG })?;
    play.observe("zombies after one waitpid", 2, zombies(play, &children));
    let mut reaped = 0;
    let last = loop {
        let came = play.call(server, Act::Wait { flags: libc::WNOHANG })?;
        if came.result <= 0 {
            break came;
        }
        reaped += 1;
    };
    play.observe("waitpid in a loop reaps", 2, reaped);
    play.observe("and ends with", "ECHILD", last.words());
    play.observe("zombies at the end", 0, zombies(play, &children));
    Ok(())
}
