//! The lines of a log, each call in one piece again, with the times at which
//! it began and returned. What calls mean is not known here.

use std::collections::HashMap;
use std::time::Duration;

use super::line::{self, Stamp};
use super::outcome::Outcome;
use super::syntax;

/// All that was understood.
#[derive(Debug, Default)]
pub(super) struct Log {
    pub(super) items: Vec<Item>,
    /// Seconds since 1970, where the log says so.
    pub(super) began: Option<f64>,
    pub(super) has_times: bool,
    /// Whether it says when calls returned: all of them.
    pub(super) has_returns: bool,
    /// Lines that say nothing to this reader.
    pub(super) strange: usize,
    /// Ends of calls whose beginning is not in the log.
    pub(super) beheaded: usize,
}

/// One thing that a task did or met.
#[derive(Debug)]
pub(super) struct Item {
    /// `None`: the log names nobody.
    pub(super) tid: Option<i32>,
    pub(super) began: Place,
    pub(super) what: What,
}

/// A line, and its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) at_ns: u64,
}

#[derive(Debug)]
pub(super) enum What {
    Call(Called),
    /// A signal and what is in its braces.
    Signal(String, String),
    Stopped(String),
    Exited(i32),
    Killed(String),
    /// Its exec has given it its process's number.
    Gone,
}

#[derive(Debug)]
pub(super) struct Called {
    pub(super) name: String,
    pub(super) args: String,
    /// `None`: it never returned.
    pub(super) outcome: Option<Outcome>,
    pub(super) returned: Option<Place>,
}

/// The first half of a call.
struct Half {
    began: Place,
    text: String,
}

#[derive(Default)]
struct Reader {
    log: Log,
    halves: HashMap<Option<i32>, Half>,
    /// A line whose second half is the next line.
    torn: Option<(Option<i32>, Half)>,
    clock: Clock,
    /// The call of the line before, if it may have taken until this one.
    open: Option<usize>,
}

/// A log without times counts in lines: a millisecond each.
const LINE: u64 = 1_000_000;

#[derive(Default)]
struct Clock {
    first: Option<u64>,
    now: u64,
    /// Whole days since the first midnight.
    days: u64,
    counts_lines: bool,
}

pub(super) fn read(text: &str) -> Log {
    let mut reader = Reader::default();
    reader.log.has_returns = true;
    for (number, line) in text.lines().enumerate() {
        let line = line::parse(line);
        if !line.text.is_empty() {
            reader.line(number, &line);
        }
    }
    let halves = std::mem::take(&mut reader.halves);
    for (tid, half) in halves {
        reader.never_returns(tid, &half);
    }
    let mut log = reader.log;
    log.items.sort_by_key(|item| item.began.line);
    log
}

impl Reader {
    fn line(&mut self, number: usize, line: &line::Line) {
        let place =
            Place { line: number, at_ns: self.clock.reads(line.stamp) };
        if self.clock.first.is_none() || !self.log.has_times {
            self.log.has_times = line.stamp.is_some();
        }
        if let (None, Some(Stamp::Epoch(ns))) = (self.log.began, line.stamp) {
            self.log.began = Some(Duration::from_nanos(ns).as_secs_f64());
        }
        if let Some(open) = self.open.take() {
            self.closes(open, place);
        }
        if !self.understands(line.tid, place, line.text) {
            self.log.strange += 1;
        }
    }

    fn understands(
        &mut self,
        tid: Option<i32>,
        place: Place,
        text: &str,
    ) -> bool {
        if let Some(text) = text.strip_prefix("+++ ") {
            return self.ends(tid, place, text);
        }
        if let Some(text) = text.strip_prefix("--- ") {
            return self.hears(tid, place, text);
        }
        if let Some(rest) = text.strip_prefix("<... ") {
            return self.resumes(tid, place, rest);
        }
        if let Some(text) = text.strip_suffix("<unfinished ...>") {
            let text = text.strip_suffix(' ').unwrap_or(text);
            return self.breaks_off(tid, place, text);
        }
        if let Some((text, to)) = moves(text) {
            self.log.items.push(Item { tid, began: place, what: What::Gone });
            return self.breaks_off(Some(to), place, text);
        }
        if let Some((tid, half)) = self.torn.take() {
            let whole = half.text + text;
            return self.returns(tid, half.began, place, &whole);
        }
        self.returns(tid, place, place, text) || self.tears(tid, place, text)
    }

    /// On a terminal strace's own news come into the middle of a line. What
    /// they say is told by the parent, too.
    fn tears(&mut self, tid: Option<i32>, place: Place, text: &str) -> bool {
        let Some((text, news)) = text.split_once("strace: Process ") else {
            return text.starts_with("strace: ");
        };
        if !text.is_empty() && news.ends_with(" attached") {
            let half = Half { began: place, text: text.to_owned() };
            self.torn = Some((tid, half));
        }
        true
    }

    fn ends(&mut self, tid: Option<i32>, place: Place, text: &str) -> bool {
        let Some(text) = text.strip_suffix(" +++") else { return false };
        let what = match text.split_once(' ') {
            Some(("exited", rest)) => {
                let code = rest.strip_prefix("with ").map(str::parse);
                let Some(Ok(code)) = code else { return false };
                What::Exited(code)
            }
            Some(("killed", rest)) => {
                let signal = rest.trim_start_matches("by ").split(' ').next();
                What::Killed(signal.unwrap_or_default().to_owned())
            }
            // It goes on, as the other program: the number is what stays.
            Some(("superseded", _)) => return true,
            _ => return false,
        };
        if let Some(half) = self.halves.remove(&tid) {
            self.never_returns(tid, &half);
        }
        self.log.items.push(Item { tid, began: place, what });
        true
    }

    fn hears(&mut self, tid: Option<i32>, place: Place, text: &str) -> bool {
        let Some(text) = text.strip_suffix(" ---") else { return false };
        let what = match text.split_once(' ') {
            Some(("stopped", by)) => {
                What::Stopped(by.trim_start_matches("by ").to_owned())
            }
            Some((signal, about)) if signal.starts_with("SIG") => {
                What::Signal(real_time(signal), about.to_owned())
            }
            None if text.starts_with("SIG") => {
                What::Signal(text.to_owned(), String::new())
            }
            _ => return false,
        };
        self.log.items.push(Item { tid, began: place, what });
        true
    }

    fn breaks_off(
        &mut self,
        tid: Option<i32>,
        place: Place,
        text: &str,
    ) -> bool {
        if syntax::call(text).is_none() {
            return false;
        }
        let half = Half { began: place, text: text.to_owned() };
        self.halves.insert(tid, half);
        true
    }

    fn resumes(&mut self, tid: Option<i32>, place: Place, rest: &str) -> bool {
        let Some((name, rest)) = rest.split_once(" resumed>") else {
            return false;
        };
        let Some((tid, half)) = self.half(tid, name) else {
            self.log.beheaded += 1;
            return true;
        };
        // An older strace has a blank before the second half. One that never
        // heard the end of the call closes it with these words.
        let rest = rest.trim_start();
        let rest = rest.strip_prefix("<unfinished ...>").unwrap_or(rest);
        self.returns(tid, half.began, place, &(half.text + rest))
    }

    /// The half that ends here. On a terminal the one who is left is not
    /// named any more, and may have been before.
    fn half(
        &mut self,
        tid: Option<i32>,
        name: &str,
    ) -> Option<(Option<i32>, Half)> {
        let mut of = tid;
        if tid.is_none() && !self.halves.contains_key(&None) {
            let is_it = |half: &Half| {
                half.text
                    .strip_prefix(name)
                    .is_some_and(|it| it.starts_with('('))
            };
            let mut fit = self.halves.iter().filter(|(_, half)| is_it(half));
            of = fit.next().and_then(|(tid, _)| *tid);
        }
        self.halves.remove(&of).map(|half| (of, half))
    }

    fn returns(
        &mut self,
        tid: Option<i32>,
        began: Place,
        place: Place,
        text: &str,
    ) -> bool {
        let Some(written) = syntax::call(text) else { return false };
        let outcome = written.rest.and_then(Outcome::parse);
        let Some(outcome) = outcome else { return false };
        let is_split = began.line < place.line;
        let spent = outcome.spent_ns;
        let mut returned = place;
        if let Some(spent) = spent {
            returned.at_ns = began.at_ns.saturating_add(spent);
            self.clock.spends(spent);
        }
        if !is_split && spent.is_none() && outcome.is_known {
            self.log.has_returns = false;
            if may_wait(written.name) && !self.clock.counts_lines {
                self.open = Some(self.log.items.len());
            }
        }
        let returned = outcome.is_known.then_some(returned);
        let called = Called {
            name: written.name.to_owned(),
            args: written.args.to_owned(),
            outcome: Some(outcome),
            returned,
        };
        self.log.items.push(Item { tid, began, what: What::Call(called) });
        true
    }

    /// Without times of returns, the most that a call can have taken is until
    /// the next line: it would have been broken in two otherwise.
    fn closes(&mut self, open: usize, place: Place) {
        let Some(item) = self.log.items.get_mut(open) else { return };
        if let What::Call(called) = &mut item.what
            && let Some(returned) = &mut called.returned
        {
            returned.at_ns = place.at_ns.max(returned.at_ns);
        }
    }

    fn never_returns(&mut self, tid: Option<i32>, half: &Half) {
        let Some(written) = syntax::call(&half.text) else { return };
        let called = Called {
            name: written.name.to_owned(),
            args: written.args.to_owned(),
            outcome: None,
            returned: None,
        };
        let what = What::Call(called);
        self.log.items.push(Item { tid, began: half.began, what });
    }
}

impl Clock {
    fn reads(&mut self, stamp: Option<Stamp>) -> u64 {
        const DAY: u64 = 24 * 3600 * 1_000_000_000;
        self.counts_lines = stamp.is_none();
        let at = match stamp {
            None => self.now.saturating_add(LINE),
            Some(Stamp::Step(step)) => self.now.saturating_add(step),
            Some(Stamp::Epoch(at)) => at.saturating_sub(self.zero(at)),
            Some(Stamp::Day(at)) => {
                let at = at.saturating_add(self.days * DAY);
                let since = at.saturating_sub(self.zero(at));
                // Past midnight.
                if since + DAY / 2 < self.now {
                    self.days += 1;
                    since.saturating_add(DAY)
                } else {
                    since
                }
            }
        };
        // Two threads' lines may be written in another order than stamped;
        // and the first step is no time of a call.
        let is_first = self.first.is_none();
        self.zero(at);
        self.now =
            if is_first && stamp.is_some() { 0 } else { self.now.max(at) };
        self.now
    }

    fn zero(&mut self, at: u64) -> u64 {
        *self.first.get_or_insert(at)
    }

    /// Where lines are all there is to count by, a call's time counts, too.
    fn spends(&mut self, spent: u64) {
        if self.counts_lines {
            self.now = self.now.saturating_add(spent);
        }
    }
}

/// `execve("/bin/x", … <pid changed to 4101 ...>`: a thread that runs another
/// program gets the number of its process.
fn moves(text: &str) -> Option<(&str, i32)> {
    let (text, rest) = text.split_once(" <pid changed to ")?;
    let tid = rest.strip_suffix(" ...>")?.parse().ok()?;
    Some((text, tid))
}

/// strace counts real-time signals from the kernel's first, 32; programs
/// count from the third, because the C library keeps two for its threads.
fn real_time(signal: &str) -> String {
    let number = signal.strip_prefix("SIGRT_").and_then(|it| it.parse().ok());
    match number {
        Some(2u32) => "SIGRTMIN".to_owned(),
        Some(number @ 3..) => format!("SIGRTMIN+{}", number - 2),
        _ => signal.to_owned(),
    }
}

/// Whether it may take its time.
fn may_wait(name: &str) -> bool {
    const WAITS: [&str; 7] =
        ["accept", "connect", "poll", "select", "epoll", "wait", "flock"];
    const MOVES: [&str; 6] =
        ["recv", "send", "read", "write", "splice", "restart_syscall"];
    let is_one_of = |of: &[&str]| of.iter().any(|part| name.contains(part));
    is_one_of(&WAITS) || is_one_of(&MOVES)
}
