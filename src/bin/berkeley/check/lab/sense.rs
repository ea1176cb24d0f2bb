//! Whether steps can be done at all: what a lab says that would go wrong, or
//! mean nothing, on whatever program.

use std::collections::HashMap;

use super::act::{Act, Step};
use super::source::{Mistaken, mistaken};
use super::{Case, Pickled, Role, Text, text};

/// How often anything is done in a case, all loops around it together.
const MOST_TIMES: u32 = 10_000;

/// In the order of the steps.
pub(super) fn check(case: &Case) -> Result<(), Mistaken> {
    let mut stage = Stage { case, peers: HashMap::new() };
    stage.all(&case.steps, 1)
}

/// A name in braces that stands for nothing in this case.
fn unknown(
    case: &Case,
    places: Vec<String>,
    is_known: impl Fn(&str) -> bool,
) -> Option<String> {
    let has = |name: &str| {
        ["port", "host"].contains(&name) || case.values.contains_key(name)
    };
    // A set of numbers, or of these, is a value that a pickle may have.
    let is_name = |name: &str| {
        let begins = name.starts_with(|one: char| !one.is_ascii_digit());
        begins && !["True", "False", "None"].contains(&name)
    };
    let mut places = places.into_iter();
    let name =
        places.find(|name| is_name(name) && !has(name) && !is_known(name))?;
    let mut names = vec!["{host}".to_owned(), "{port}".to_owned()];
    names.extend(case.values.keys().map(|name| format!("{{{name}}}")));
    let names = names.join(", ");
    Some(format!("what is {{{name}}}? There is: {names}"))
}

/// What has become of the examiner's ends of conversations.
struct Stage<'a> {
    case: &'a Case,
    peers: HashMap<String, End>,
}

/// Whether there can still be sent on one; and the step's line, if not.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Open,
    ShutDown(usize),
    Closed(usize),
}

impl Stage<'_> {
    fn all(&mut self, steps: &[Step], times: u32) -> Result<(), Mistaken> {
        steps.iter().try_for_each(|step| self.step(step, times))
    }

    fn step(&mut self, step: &Step, times: u32) -> Result<(), Mistaken> {
        self.places(step)?;
        match &step.act {
            Act::Times(more, steps) => {
                let all = times.saturating_mul(*more);
                if !(1..=MOST_TIMES).contains(&all) {
                    let why = format!(
                        "{more} times? From 1 to {MOST_TIMES}, all loops \
                         around it together"
                    );
                    return mistaken(step.line, why);
                }
                // The second round begins with what the first one left.
                for _ in 0..(*more).min(2) {
                    self.all(steps, all)?;
                }
                Ok(())
            }
            Act::Connect(who) | Act::ConnectElsewhere(who) => {
                self.opens(who, step, Role::Server)
            }
            Act::Accept(who) => self.opens(who, step, Role::Client),
            act => self.goes_on(act, step),
        }
    }

    fn opens(
        &mut self,
        who: &[String],
        step: &Step,
        role: Role,
    ) -> Result<(), Mistaken> {
        if self.case.role != role {
            let why = match role {
                Role::Server => "a client connects itself: `A accepts`",
                Role::Client => "a server accepts itself: `A connects`",
            };
            return mistaken(step.line, why);
        }
        let open = who.iter().map(|name| (name.clone(), End::Open));
        self.peers.extend(open);
        Ok(())
    }

    fn goes_on(&mut self, act: &Act, step: &Step) -> Result<(), Mistaken> {
        let line = step.line;
        for name in who(act) {
            let Some(end) = self.peers.get_mut(name) else {
                let opens = match self.case.role {
                    Role::Server => "connects",
                    Role::Client => "accepts",
                };
                let why = format!(
                    "there is no {name} yet: `{name} {opens}` comes first"
                );
                return mistaken(line, why);
            };
            let is_sent = matches!(act, Act::Send(..) | Act::ShutDown(_));
            match (*end, act) {
                (End::Closed(at), _) if is_sent => {
                    let why = format!("{name} is closed since line {at}");
                    return mistaken(line, why);
                }
                (End::ShutDown(at), Act::Send(..)) => {
                    let why = format!(
                        "{name} has shut down in line {at}: it sends \
                         nothing more"
                    );
                    return mistaken(line, why);
                }
                (_, Act::ShutDown(_)) => *end = End::ShutDown(line),
                (_, Act::Close(_) | Act::Reset(_)) => {
                    *end = End::Closed(line);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn places(&self, step: &Step) -> Result<(), Mistaken> {
        let places = match &step.act {
            Act::Send(_, text, _)
            | Act::Expect(_, text)
            | Act::ExpectLine(_, text)
            | Act::Type(text)
            | Act::Print(_, text)
            | Act::ExpectAnswer(_, text)
            | Act::NeverPrint(_, text)
            | Act::Output(_, text) => Text::places(text),
            Act::ExpectPickle(_, pickled) => Pickled::places(pickled),
            _ => return Ok(()),
        };
        let is_peers = |name: &str| {
            let peer = name.strip_suffix(".port");
            peer.is_some_and(|peer| self.peers.contains_key(peer))
        };
        match unknown(self.case, places, is_peers) {
            Some(why) => {
                let more = "{A.port} of a connection; and for a mere brace, \
                            \"{\" + \"…\"";
                mistaken(step.line, format!("{why}, {more}"))
            }
            None => Ok(()),
        }
    }
}

/// Whose conversation it goes on with.
fn who(act: &Act) -> &[String] {
    match act {
        Act::Send(who, ..)
        | Act::Expect(who, _)
        | Act::ExpectLine(who, _)
        | Act::ExpectAnswer(who, _)
        | Act::ExpectPickle(who, _)
        | Act::ExpectEnd(who, _)
        | Act::ExpectNothing(who)
        | Act::ExpectAnything(who)
        | Act::IsDrained(who)
        | Act::IsAccepted(who)
        | Act::IsLetGo(who)
        | Act::StopReading(who)
        | Act::ReadAgain(who)
        | Act::ShutDown(who)
        | Act::Close(who)
        | Act::Reset(who) => who,
        _ => &[],
    }
}

/// The places in what {args} stands for.
pub(super) fn check_arguments(
    case: &Case,
    line: usize,
) -> Result<(), Mistaken> {
    let is_submission = |name: &str| name == "submission";
    match unknown(case, text::places(&case.arguments), is_submission) {
        Some(why) => mistaken(line, why),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::parse;

    /// What is said of a case with these steps; its first is in line 8.
    fn said(role: &str, steps: &[&str]) -> String {
        let steps = steps.join("\n  ");
        let source = format!(
            "lab x\nrole {role}\nset word one\n\
             case a\ntitle t\nwhy w\nsteps\n  {steps}\n"
        );
        parse(&source).map_or_else(|why| why.to_string(), |_| String::new())
    }

    fn of_server(steps: &[&str]) -> String {
        said("server", steps)
    }

    #[test]
    fn a_conversation_begins_before_it_goes_on() {
        assert_eq!(
            of_server(&["A connects", "B sends \"x\""]),
            "line 9: there is no B yet: `B connects` comes first"
        );
        assert_eq!(
            said("client", &["A expects end"]),
            "line 8: there is no A yet: `A accepts` comes first"
        );
        assert_eq!(
            said("client", &["A connects"]),
            "line 8: a client connects itself: `A accepts`"
        );
        assert_eq!(
            of_server(&["A accepts"]),
            "line 8: a server accepts itself: `A connects`"
        );
        let many = ["P1..P3 connect", "P3..P1 close", "P2 is let go"];
        assert_eq!(of_server(&many), "");
    }

    #[test]
    fn nothing_is_sent_behind_an_end() {
        assert_eq!(
            of_server(&["A connects", "A closes", "A sends \"x\""]),
            "line 10: A is closed since line 9"
        );
        assert_eq!(
            of_server(&["A connects", "A resets", "A shuts down"]),
            "line 10: A is closed since line 9"
        );
        assert_eq!(
            of_server(&["A connects", "A shuts down", "A sends \"x\""]),
            "line 10: A has shut down in line 9: it sends nothing more"
        );
        let again = ["A connects", "A closes", "A connects", "A sends \"x\""];
        assert_eq!(of_server(&again), "");
        let round = ["A connects", "2 times", "  A sends \"x\"", "  A closes"];
        assert_eq!(of_server(&round), "line 10: A is closed since line 11");
        let once = round.map(|step| step.replace("2 times", "1 times"));
        assert_eq!(of_server(&once.each_ref().map(String::as_str)), "");
    }

    #[test]
    fn rounds_have_a_fair_number() {
        for times in ["0", "10001", "4000000000"] {
            let steps = [&format!("{times} times"), "  A connects"];
            let says = format!(
                "line 8: {times} times? From 1 to 10000, all loops around \
                 it together"
            );
            assert_eq!(of_server(&steps), says);
        }
        let nested = ["200 times", "  200 times", "    A connects"];
        assert!(of_server(&nested).starts_with("line 9: 200 times? From 1"));
        let steps = ["99999999999999999999 times", "  A connects"];
        assert_eq!(of_server(&steps), "line 8: how often, and what?");
        assert_eq!(of_server(&["10000 times", "  A connects"]), "");
    }

    #[test]
    fn what_stands_in_braces_is_known() {
        let sends = |text: &str| {
            let sends = format!("A sends {text}");
            of_server(&["A connects", &sends])
        };
        assert_eq!(
            sends("\"{foo}\""),
            "line 9: what is {foo}? There is: {host}, {port}, {word}, \
             {A.port} of a connection; and for a mere brace, \"{\" + \"…\""
        );
        assert_eq!(sends("\"{\" + \"foo}\""), "");
        assert_eq!(sends("\"{word} {port} {host} {A.port} {'a': 1}\""), "");
        assert!(sends("\"{B.port}\"").contains("what is {B.port}?"));
        let pickle = |text: &str| {
            let expects = format!("A expects pickle \"{text}\"");
            of_server(&["A connects", &expects])
        };
        assert!(pickle("{'a': {foo}}").contains("what is {foo}?"));
        assert_eq!(pickle("[{1}, {True}, {word}]"), "");
    }
}
