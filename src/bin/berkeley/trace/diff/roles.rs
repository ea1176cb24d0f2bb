//! Who does what in a trace, and who is whose counterpart.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::super::record::{Birth, Event, Role, Trace};
use super::align::matched;
use super::allowed::{Line, Rules};
use super::named::{Names, Sockets};
use super::plain::{Said, said};

/// A task's part, as a title and as an order of titles: `server, main`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Kind {
    Main,
    /// The thread that hears the signal.
    Signalled,
    Thread,
    Child,
}

type Group = (Side, Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Side {
    Server,
    Client,
}

/// What stands side by side: a title, and a task's calls in both traces. A
/// task without a counterpart stands beside none.
pub(super) fn side_by_side(
    rust: &Trace,
    c: &Trace,
) -> Vec<(String, Vec<Line>, Vec<Line>)> {
    let (mut rust, mut c) = (Troupe::of(rust), Troupe::of(c));
    let are_many = rust.sockets.are_many() || c.sockets.are_many();
    rust.rules = Rules { are_many, is_rust: true };
    c.rules = Rules { are_many, is_rust: false };
    let groups = rust.groups.keys().chain(c.groups.keys());
    let groups: BTreeSet<&Group> = groups.collect();
    let mut parts = Vec::new();
    for &group in groups {
        let title = title(group);
        if rust.is_crowded(group) || c.is_crowded(group) {
            let (ours, mut theirs) = (rust.around(group), c.around(group));
            let place = |line: &Line| {
                ours.iter().position(|ours| ours.key == line.key)
            };
            theirs.sort_by_key(|line| place(line).unwrap_or(ours.len()));
            parts.push((format!("{title}, besides its peers"), ours, theirs));
            let title = format!("{title}, with a peer");
            let (ours, theirs) = (rust.peers(group), c.peers(group));
            parts.extend(matched(&title, ours, theirs));
        } else {
            let (ours, theirs) = (rust.whole(group), c.whole(group));
            parts.extend(matched(title, ours, theirs));
            let title = format!("{title}, when a child may have ended");
            let (ours, theirs) = (rust.looks(group), c.looks(group));
            parts.extend(matched(&title, ours, theirs));
        }
    }
    parts
}

fn title((side, kind): Group) -> &'static str {
    match (side, kind) {
        (Side::Server, Kind::Main) => "server, main",
        (Side::Server, Kind::Signalled) => "server, thread for signals",
        (Side::Server, Kind::Thread) => "server, thread",
        (Side::Server, Kind::Child) => "server, child",
        (Side::Client, Kind::Main) => "client",
        (Side::Client, Kind::Signalled) => "client, thread for signals",
        (Side::Client, Kind::Thread) => "client, thread",
        (Side::Client, Kind::Child) => "client, child",
    }
}

/// The tasks of a trace, by their roles.
struct Troupe<'a> {
    trace: &'a Trace,
    sockets: Sockets,
    rules: Rules,
    groups: BTreeMap<Group, Vec<usize>>,
    /// The peers that each task has to do with.
    peers_of: HashMap<usize, HashSet<usize>>,
}

impl<'a> Troupe<'a> {
    fn of(trace: &'a Trace) -> Troupe<'a> {
        let sockets = Sockets::of(trace);
        let mut troupe = Troupe {
            trace,
            sockets,
            rules: Rules::default(),
            groups: BTreeMap::new(),
            peers_of: HashMap::new(),
        };
        for task in 0..trace.tasks.len() {
            let said = troupe.said(task, false);
            if said.is_empty() {
                continue;
            }
            let peers = said.iter().filter_map(|said| said.peer);
            troupe.peers_of.insert(task, peers.collect());
            let group = troupe.group(task, &said);
            troupe.groups.entry(group).or_default().push(task);
        }
        troupe
    }

    fn group(&self, task: usize, said: &[Said]) -> Group {
        let task = &self.trace.tasks[task];
        let side = match self.trace.programs[task.program].role {
            Role::Client => Side::Client,
            Role::Alone | Role::Server | Role::Attached => Side::Server,
        };
        let kind = match task.birth {
            Birth::Started | Birth::Found => Kind::Main,
            Birth::Thread if ends_all(said) => Kind::Signalled,
            Birth::Thread => Kind::Thread,
            Birth::Fork | Birth::Vfork | Birth::Clone => Kind::Child,
        };
        (side, kind)
    }

    /// The calls of a task, and by which signal it was killed.
    fn said(&self, task: usize, is_crowded: bool) -> Vec<Said> {
        let mut names = Names::new(&self.sockets, is_crowded);
        let events = self.trace.events.iter();
        let events = events.filter(|event| event.task() == Some(task));
        let events = events.filter(|event| !self.is_ended_with_all(event));
        let mut all: Vec<Said> = events
            .filter_map(|event| match event {
                Event::Call(call) => said(call, &mut names),
                Event::End(ended) => ended.signal.as_deref().map(Said::killed),
                _ => None,
            })
            .collect();
        if let Some(last) = all.iter_mut().rfind(|said| said.is_round) {
            last.is_last_round = true;
        }
        all
    }

    /// Whether it is a thread's share in the end of its process: who traces
    /// it may be shown the call that the first thread made, once more.
    fn is_ended_with_all(&self, event: &Event) -> bool {
        let Event::Call(call) = event else { return false };
        let is_first = |other: &Event| {
            let Event::Call(other) = other else { return false };
            other.call == "exit_group" && other.tid == call.pid
        };
        call.call == "exit_group"
            && call.tid != call.pid
            && self.trace.events.iter().any(is_first)
    }

    fn tasks(&self, group: Group) -> &[usize] {
        self.groups.get(&group).map_or(&[], Vec::as_slice)
    }

    fn is_crowded(&self, group: Group) -> bool {
        let mut tasks = self.tasks(group).iter();
        tasks.any(|task| self.peers_of[task].len() > 1)
    }

    /// Each task as it is, but for its `looks`.
    fn whole(&self, group: Group) -> Vec<Vec<Line>> {
        self.strands(group, |said| !said.is_look())
    }

    /// How the tasks look for ended children: in fork, a handler does, and
    /// the signal comes between any two other calls.
    fn looks(&self, group: Group) -> Vec<Vec<Line>> {
        let mut strands = self.strands(group, Said::is_look);
        strands.retain(|strand| !strand.is_empty());
        strands
    }

    fn strands(
        &self,
        group: Group,
        belongs: impl Fn(&Said) -> bool,
    ) -> Vec<Vec<Line>> {
        let strand = |&task| {
            let mut said = self.said(task, false);
            said.retain(&belongs);
            self.rules.lines(&said)
        };
        self.tasks(group).iter().map(strand).collect()
    }

    /// What the tasks do to each of their peers.
    fn peers(&self, group: Group) -> Vec<Vec<Line>> {
        let mut strands = Vec::new();
        for &task in self.tasks(group) {
            let said = self.said(task, true);
            let mut peers: Vec<usize> = Vec::new();
            for peer in said.iter().filter_map(|said| said.peer) {
                if !peers.contains(&peer) {
                    peers.push(peer);
                }
            }
            for peer in peers {
                let about = said.iter().filter(|one| one.peer == Some(peer));
                let about: Vec<Said> = about.cloned().collect();
                strands.push(self.rules.lines(&about));
            }
        }
        strands
    }

    /// What they do besides: each different call once.
    fn around(&self, group: Group) -> Vec<Line> {
        let mut all: Vec<Line> = Vec::new();
        for &task in self.tasks(group) {
            let said = self.said(task, true).into_iter();
            let said: Vec<Said> =
                said.filter(|said| said.peer.is_none()).collect();
            for line in self.rules.lines(&said) {
                if !all.iter().any(|other| other.key == line.key) {
                    all.push(line);
                }
            }
        }
        all
    }
}

/// Whether a thread wakes those who wait for peers, and serves none.
fn ends_all(said: &[Said]) -> bool {
    said.iter().any(Said::is_the_end)
        && said.iter().all(|said| said.peer.is_none())
}
