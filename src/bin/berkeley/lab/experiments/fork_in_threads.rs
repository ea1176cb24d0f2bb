//! A lock whose owner did not come along.

use anyhow::Result;

use super::{Change, Experiment, Knob};
use crate::lab::acts::Act;
use crate::lab::play::Play;

pub(super) static FORK_IN_THREADS: Experiment = Experiment {
    name: "fork-in-threads",
    title: "a lock whose owner did not come along",
    question: "A thread holds a mutex. Another thread calls fork(). The \
               child locks the same mutex. What happens?",
    choices: &[
        "It gets the lock: in the child nobody holds it",
        "It waits until the parent's thread unlocks",
        "It waits for ever",
    ],
    answer: 2,
    knobs: &[Knob {
        name: "held",
        usual: 1,
        range: (0, 1),
        says: "whether the mutex is held when fork() is called",
    }],
    play,
    why: &[
        "fork() copies memory as it is at that moment, and one thread: the \
         one that called it. The copied mutex is locked, and the thread that \
         would unlock it does not exist in the child. It may be a lock that \
         one never sees: in malloc(), in stdio, in a library's logger.",
        "So the child of a program with threads makes only calls that are \
         safe in a signal handler, until it calls execve(). A server either \
         forks before it makes threads, or does not mix them. (glibc repairs \
         its own malloc() in the child, and nobody else's locks.)",
    ],
    man: &["fork(2)", "pthread_atfork(3)", "signal-safety(7)"],
    changes: &[Change {
        args: "--with held=0",
        look: "with luck nobody holds it, and all is well: till the next time",
    }],
};

fn play(play: &mut Play) -> Result<()> {
    let is_held = play.knob("held") == 1;
    let main = play.enter("server")?;
    let thread = play.thread(main, "thread")?;
    if is_held {
        play.good(thread, Act::Lock)?;
    }
    play.observe("threads of the parent", 2, play.threads(main));
    let child = play.fork(main, "child")?;
    play.observe("threads of the child", 1, play.threads(child));
    if is_held {
        play.begin(child, Act::Lock)?;
        play.observe("the child's lock waits", true, play.is_waiting(child));
    } else {
        let came = play.call(child, Act::Lock)?;
        play.observe("the child's lock", 0, came.words());
    }
    Ok(())
}
