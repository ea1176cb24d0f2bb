//! What a thread shares with its process, and what a child has copied.

use anyhow::Result;

use super::staging::{close, tcp};
use super::{Change, Experiment, Knob};
use crate::lab::acts::Act;
use crate::lab::play::Play;

pub(super) static THREADS_SHARE: Experiment = Experiment {
    name: "threads-share",
    title: "a counter and a descriptor, under threads and under fork",
    question: "counter is 0. A thread adds 10, and a child made by fork() \
               adds 10. What does the first thread of the parent see?",
    choices: &["0", "10", "20"],
    answer: 1,
    knobs: &[Knob {
        name: "add",
        usual: 10,
        range: (1, 1000),
        says: "how much each of them adds",
    }],
    play,
    why: &[
        "Threads share everything: memory, and the table of descriptors. \
         What one thread adds, all see; a descriptor that one thread closes \
         is closed for all, and its number is given out again by the next \
         socket() or accept() in any of them.",
        "fork() copies both: the child's memory and its table are its own \
         from then on. What the child adds, nobody else sees, and what it \
         closes stays open in the parent. What both tables point to is not \
         copied: the sockets are the same.",
    ],
    man: &["pthreads(7)", "fork(2)", "clone(2)", "pthread_create(3)"],
    changes: &[Change {
        args: "--with add=7",
        look: "the thread's 7 are there, the child's are not",
    }],
};

fn play(play: &mut Play) -> Result<()> {
    let add = i64::from(play.knob("add"));
    let count = Act::Add { count: add };
    let see = Act::Add { count: 0 };
    let main = play.enter("server")?;
    let first = play.good(main, tcp())?.fd();
    let second = play.good(main, tcp())?.fd();
    let thread = play.thread(main, "thread")?;
    play.good(thread, count.clone())?;
    let seen = play.good(main, see.clone())?.value;
    play.observe("after the thread has added", add, seen);
    play.good(thread, close(first))?;
    let held = play.descriptors(main);
    play.observe("descriptors after the thread's close", second, held);
    let came = play.call(main, Act::Listen { fd: first, backlog: 1 })?;
    play.observe("listen on the other's closed one", "EBADF", came.words());
    let again = play.good(main, tcp())?.fd();
    play.observe("the next socket has its number", first, again);

    let child = play.fork(main, "child")?;
    let its = play.good(child, count)?.value;
    play.observe("after the child has added, it sees", 2 * add, its);
    let seen = play.good(main, see)?.value;
    play.observe("and the parent", add, seen);
    play.good(child, close(first))?;
    play.good(child, close(second))?;
    let held = play.descriptors(main);
    play.observe("descriptors after the child's closes", "3 4", held);
    let held = play.descriptors(child);
    play.observe("the child's", "", held);
    Ok(())
}
