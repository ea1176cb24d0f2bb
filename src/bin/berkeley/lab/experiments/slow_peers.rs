//! Peers that say nothing, and who is served beside them.

use anyhow::{Context, Result, ensure};

use super::models::{Run, Said};
use super::staging::{
    Listener, address, close, connect, home, recv, send, tcp,
};
use super::{Change, Experiment, Knob};
use crate::catalogue::{Language, MODELS};
use crate::lab::acts::{Act, Place, Switch};
use crate::lab::play::{Actor, Play, until};

pub(super) static SLOW_PEERS: Experiment = Experiment {
    name: "slow-peers",
    title: "two silent peers against each model",
    question: "Two peers connect and say nothing. A third one connects and \
               says hello. Servers of which models answer it, when a pool has \
               two workers?",
    choices: &[
        "All but iterative: the others do more than one thing at a time",
        "fork, thread and those that wait for all peers at once; no pool",
        "Only fork and thread: for all others a silent peer is in the way",
    ],
    answer: 1,
    knobs: &[
        Knob {
            name: "silent",
            usual: 2,
            range: (1, 20),
            says: "how many peers say nothing",
        },
        Knob {
            name: "workers",
            usual: 2,
            range: (1, 8),
            says: "how many workers a pool has",
        },
        Knob {
            name: "twins",
            usual: 0,
            range: (0, 1),
            says: "whether the servers are those in C",
        },
    ],
    play,
    why: &[
        "Who waits in recv() for one peer serves nobody else. A pool of W \
         workers has room for W peers, silent or not; the next one stays in \
         the backlog, connected, with its bytes in the kernel, until somebody \
         leaves (with `pool` it may be accepted already, and then waits in \
         the program's own queue). Such an attack costs nothing, and neither \
         does such an accident: a browser that keeps its connection.",
        "fork and thread have a worker for each peer, so that a silent one \
         costs a process or a thread, and nobody's time. select, poll and \
         epoll wait for all peers at once, and silence costs them a \
         descriptor. With any of them a limit is needed, or a time-out: try \
         echo_server --idle-timeout.",
        "SO_REUSEPORT gives each worker a listener and a queue of its own. A \
         hash of the addresses and ports chooses the queue, whether or not \
         its owner has time. So blocking workers leave a peer waiting beside \
         one who is idle, or not, by chance; the kit's reuseport has an \
         epoll loop in each worker.",
    ],
    man: &["accept(2)", "listen(2)", "socket(7)", "epoll(7)"],
    changes: &[
        Change {
            args: "--with workers=3",
            look: "one worker more than silent peers: every pool answers",
        },
        Change {
            args: "--with silent=1",
            look: "one silent peer is enough for iterative, not for a pool",
        },
        Change { args: "--with twins=1", look: "the same of the C programs" },
    ],
};

fn play(play: &mut Play) -> Result<()> {
    each_its_queue(play)?;
    let is_c = play.knob("twins") == 1;
    let language = if is_c { Language::C } else { Language::Rust };
    let silent = usize::try_from(play.knob("silent"))?;
    let workers = usize::try_from(play.knob("workers"))?;
    let command = format!("echo_server --model NAME --workers {workers} 0");
    play.figure(
        &format!("{silent} silent, one speaks"),
        format!("{command}, in {}", language.name()),
    );
    play.note(format!(
        "One thread of each server waits for Ctrl-C, in {}.",
        if is_c { "rt_sigtimedwait" } else { "futex" }
    ));
    for model in &MODELS {
        let run = Run::of(language, model.name, silent, workers)?;
        let room = at_once(model.name, workers);
        let said =
            if silent < room { Said::AtOnce } else { Said::AfterTheyLeft };
        play.figure(model.name, &run);
        // A pool accepts some of those that nobody has time for.
        if model.name == "pool" && silent >= room {
            play.observe(model.name, said, run.said);
            continue;
        }
        let expected = format!("{said}; accepted: {}", room.min(silent + 1));
        let got = format!("{}; accepted: {}", run.said, run.accepted);
        play.observe(model.name, expected, got);
    }
    Ok(())
}

/// How many peers a model serves at once.
fn at_once(model: &str, workers: usize) -> usize {
    let is_pool = ["prefork", "prethread", "pool"]
        .iter()
        .any(|start| model.starts_with(start));
    match model {
        "iterative" => 1,
        _ if is_pool => workers,
        _ => usize::MAX,
    }
}

/// More connections than this all go to one of two queues once in 2^40.
const TRIES: usize = 40;

/// Two blocking servers with a listener each, at one port: one of them has a
/// silent peer, and the other one nothing to do.
fn each_its_queue(play: &mut Play) -> Result<()> {
    let to = home(play);
    let one = play.enter("server 1")?;
    let first = listen_too(play, one, to)?;
    let other = play.enter("server 2")?;
    let second = listen_too(play, other, first.at.clone())?;
    let both = [(one, &first), (other, &second)];

    let silent = play.enter("silent")?;
    let quiet = connect(play, silent, &first)?;
    let busy = chosen(play, &both, [0, 0])?;
    let ((server, its), (idle, idles)) = (both[busy], both[1 - busy]);
    let taken = play.good(server, Act::Accept { fd: its.fd })?.fd();
    play.begin(server, recv(taken, 100))?;

    let speaker = play.enter("speaker")?;
    let mut queued: [Vec<i32>; 2] = [Vec::new(), Vec::new()];
    while queued.iter().any(Vec::is_empty) {
        let waiting = [0, 1].map(|place: usize| queued[place].len());
        ensure!(waiting.iter().sum::<usize>() < TRIES, "the hash is not one");
        let fd = connect(play, speaker, &first)?;
        let queue = chosen(play, &both, waiting)?;
        queued[queue].push(fd);
    }
    let (waits, lucky) = (queued[busy][0], queued[1 - busy][0]);
    play.good(speaker, send(lucky, "hello"))?;
    let heard = play.good(idle, Act::Accept { fd: idles.fd })?.fd();
    answer(play, idle, heard)?;
    let came = play.good(speaker, recv(lucky, 100))?;
    let what = "SO_REUSEPORT, in the queue of the idle server, hears";
    play.observe(what, "hello", came.text());

    play.good(speaker, send(waits, "hello"))?;
    play.begin(speaker, recv(waits, 100))?;
    play.look("one speaker is answered; one waits in the other queue");
    let is_still = play.is_waiting(server) && play.is_waiting(speaker);
    let what = "SO_REUSEPORT, in that of the busy one, waits";
    play.observe(what, true, is_still);
    play.good(silent, close(quiet))?;
    play.finish(server)?;
    let heard = play.good(server, Act::Accept { fd: its.fd })?.fd();
    answer(play, server, heard)?;
    let came = play.finish(speaker)?;
    play.observe("and, once the silent one has left, hears", "hello", {
        came.text()
    });
    Ok(())
}

/// What it hears, back.
fn answer(play: &mut Play, server: Actor, fd: i32) -> Result<()> {
    let text = play.good(server, recv(fd, 100))?.text();
    play.good(server, send(fd, &text))?;
    Ok(())
}

/// socket, SO_REUSEPORT, bind, listen.
fn listen_too(play: &mut Play, who: Actor, to: Place) -> Result<Listener> {
    let fd = play.good(who, tcp())?.fd();
    let (option, value) = (Switch::ReusePort, 1);
    play.good(who, Act::Set { fd, option, value })?;
    play.good(who, Act::Bind { fd, to })?;
    play.good(who, Act::Listen { fd, backlog: 64 })?;
    Ok(Listener { fd, at: address(play, who, fd)? })
}

/// In whose queue there is one more than there were.
fn chosen(
    play: &Play,
    both: &[(Actor, &Listener); 2],
    waiting: [usize; 2],
) -> Result<usize> {
    let mut chosen = None;
    until("it is in a queue", || {
        for (place, (who, listener)) in both.iter().enumerate() {
            let queue = play.sight(*who, listener.fd)?.unread.unwrap_or(0);
            if usize::try_from(queue)? > waiting[place] {
                chosen = Some(place);
            }
        }
        Ok(chosen.is_some())
    })?;
    chosen.context("no queue")
}
