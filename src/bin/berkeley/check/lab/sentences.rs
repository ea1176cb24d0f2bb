//! From the sentences of a lab to its steps. `act` says which there are.

use super::act::{Act, Cut, Ending, Exit, Growth, Step, Stream};
use super::pickled::Pickled;
use super::source::{Line, Mistaken, mistaken};
use super::text::Text;

const GROWTHS: [(&str, Growth); 4] = [
    ("descriptors", Growth::Descriptors),
    ("zombies", Growth::Zombies),
    ("processes", Growth::Processes),
    ("threads", Growth::Threads),
];

/// The lines below `steps`, or below `N times`.
pub(super) fn steps(lines: &[Line]) -> Result<Vec<Step>, Mistaken> {
    let Some(first) = lines.first() else { return Ok(Vec::new()) };
    let (mut steps, mut rest) = (Vec::new(), lines);
    while let Some((line, behind)) = rest.split_first() {
        if line.depth != first.depth {
            return mistaken(line.line, "it is indented unlike the others");
        }
        let inner = behind.iter().take_while(|it| it.depth > line.depth);
        let (below, after) = behind.split_at(inner.count());
        rest = after;
        steps.push(step(line, below)?);
    }
    Ok(steps)
}

fn step(line: &Line, below: &[Line]) -> Result<Step, Mistaken> {
    let mut words = line.text.clone();
    let times = words.strip_suffix(" times").map(str::parse);
    let act = match times {
        Some(Ok(times)) if !below.is_empty() => {
            Act::Times(times, steps(below)?)
        }
        Some(_) => return mistaken(line.line, "how often, and what?"),
        None => {
            for more in below {
                words = format!("{words} {}", more.text);
            }
            act(&words).or_else(|why| mistaken(line.line, why))?
        }
    };
    Ok(Step { line: line.line, words, act })
}

fn act(words: &str) -> Result<Act, String> {
    let unknown = || format!("what is `{words}`?");
    if let Some(about) = words.strip_prefix("program ") {
        return program(about).ok_or_else(unknown)?;
    }
    for (stream, name) in [(Stream::Out, "stdout"), (Stream::Err, "stderr")] {
        let start = format!("program's {name} is ");
        if let Some(text) = words.strip_prefix(&start) {
            return Ok(Act::Output(stream, Text::parse(text)?));
        }
    }
    if let Some(of) = words.strip_prefix("no more ") {
        let known = GROWTHS.iter().find(|(name, _)| *name == of);
        return known.map(|(_, of)| Act::NoMore(*of)).ok_or_else(unknown);
    }
    if let Some(seconds) = words.strip_prefix("pause ") {
        let seconds =
            seconds.strip_suffix(" s").and_then(|it| it.parse().ok());
        let fair = seconds.filter(|it| (0.0..=10.0).contains(it));
        return fair.map(Act::Pause).ok_or("pause N s, up to 10".into());
    }
    match words {
        "program's input ends" => return Ok(Act::EndInput),
        "growth is noted" => return Ok(Act::NoteGrowth),
        "listener closes" => return Ok(Act::StopListening),
        "all is quiet" => return Ok(Act::Quiet),
        _ => {}
    }
    let (subject, about) = split_subject(words).ok_or_else(unknown)?;
    peers_act(peers(subject)?, about).ok_or_else(unknown)?
}

/// `None`: there is no such sentence.
fn program(about: &str) -> Option<Result<Act, String>> {
    let plain = match about {
        "starts" => Some(Act::Start),
        "starts again" => Some(Act::StartAgain),
        "runs" => Some(Act::Run),
        "makes no mistake" => Some(Act::NoMistake),
        "ends" => Some(Act::End(Exit::Anyhow)),
        "ends with failure" => Some(Act::End(Exit::Failure)),
        _ => None,
    };
    if let Some(act) = plain {
        return Some(Ok(act));
    }
    if let Some(text) = about.strip_prefix("is typed ") {
        return Some(Text::parse(text).map(Act::Type));
    }
    if let Some(what) = about.strip_prefix("does not print ") {
        let (stream, text) = stream_of(what);
        let never = |text| Act::NeverPrint(stream, text);
        return Some(Text::parse(text).map(never));
    }
    if let Some(what) = about.strip_prefix("prints ") {
        let (stream, text) = stream_of(what);
        let print = |text| Act::Print(stream, text);
        return Some(Text::parse(text).map(print));
    }
    if let Some(signal) = about.strip_prefix("gets ") {
        return Some(known_signal(signal).map(Act::Signal));
    }
    if let Some(signal) = about.strip_prefix("ends by ") {
        let end = |signal| Act::End(Exit::Signal(signal));
        return Some(known_signal(signal).map(end));
    }
    let code = about.strip_prefix("ends with ")?.parse().ok()?;
    Some(Ok(Act::End(Exit::Code(code))))
}

/// Where something is printed, and what.
fn stream_of(what: &str) -> (Stream, &str) {
    for (start, stream) in
        [("on stdout ", Stream::Out), ("on stderr ", Stream::Err)]
    {
        if let Some(text) = what.strip_prefix(start) {
            return (stream, text);
        }
    }
    (Stream::Shown, what)
}

fn known_signal(name: &str) -> Result<String, String> {
    let known = name.parse::<nix::sys::signal::Signal>();
    known.map(|it| it.to_string()).map_err(|_| format!("no signal: {name}"))
}

/// Names, with commas between them, and the rest.
fn split_subject(words: &str) -> Option<(&str, &str)> {
    let mut until = 0;
    loop {
        let word = words[until..].split(' ').next()?;
        until += word.len();
        if !word.ends_with(',') {
            break;
        }
        until += 1;
    }
    Some((words.get(..until)?, words.get(until..)?.trim_start()))
}

/// `A`, `A, B`, `P1..P100`, `P100..P1`
fn peers(subject: &str) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for part in subject.split(',').map(str::trim) {
        let Some((from, to)) = part.split_once("..") else {
            numbered(part)?;
            names.push(part.to_owned());
            continue;
        };
        let ((letter, from), (other, to)) = (numbered(from)?, numbered(to)?);
        if letter != other || from.abs_diff(to) > 5000 {
            return Err(format!("who is `{part}`?"));
        }
        let name = |number: u32| format!("{letter}{number}");
        if from <= to {
            names.extend((from..=to).map(name));
        } else {
            names.extend((to..=from).rev().map(name));
        }
    }
    Ok(names)
}

/// A capital letter, and a number perhaps.
fn numbered(name: &str) -> Result<(char, u32), String> {
    let who = || format!("who is `{name}`? A, B, P1..P100, program");
    let letter = name.chars().next().filter(char::is_ascii_uppercase);
    let letter = letter.ok_or_else(who)?;
    match &name[1..] {
        "" => Ok((letter, 0)),
        number => Ok((letter, number.parse().map_err(|_| who())?)),
    }
}

fn peers_act(who: Vec<String>, about: &str) -> Option<Result<Act, String>> {
    let plain: Option<fn(Vec<String>) -> Act> = match about {
        "connects" | "connect" => Some(Act::Connect),
        "connects by another address" => Some(Act::ConnectElsewhere),
        "accepts" | "accept" => Some(Act::Accept),
        "expects nothing" | "expect nothing" => Some(Act::ExpectNothing),
        "expects anything" | "expect anything" => Some(Act::ExpectAnything),
        "is drained" | "are drained" => Some(Act::IsDrained),
        "is accepted" | "are accepted" => Some(Act::IsAccepted),
        "is let go" | "are let go" => Some(Act::IsLetGo),
        "stops reading" | "stop reading" => Some(Act::StopReading),
        "reads again" | "read again" => Some(Act::ReadAgain),
        "shuts down" | "shut down" => Some(Act::ShutDown),
        "closes" | "close" => Some(Act::Close),
        "resets" | "reset" => Some(Act::Reset),
        _ => None,
    };
    if let Some(act) = plain {
        return Some(Ok(act(who)));
    }
    let (verb, what) = about.split_once(' ')?;
    match verb {
        "sends" | "send" => Some(sends(who, what)),
        "expects" | "expect" => Some(expects(who, what)),
        _ => None,
    }
}

fn sends(who: Vec<String>, what: &str) -> Result<Act, String> {
    let (text, rest) = Text::parse_start(what)?;
    let pieces = rest.trim().strip_prefix(", in pieces of ");
    let cut = match (rest.trim(), pieces.map(str::parse)) {
        ("", _) => Cut::Whole,
        (", byte by byte", _) => Cut::Pieces(1),
        (_, Some(Ok(size))) if size > 0 => Cut::Pieces(size),
        (rest, _) => return Err(format!("what is `{rest}`?")),
    };
    Ok(Act::Send(who, text, cut))
}

fn expects(who: Vec<String>, what: &str) -> Result<Act, String> {
    Ok(match what {
        "end" => Act::ExpectEnd(who, Ending::Fin),
        "reset" => Act::ExpectEnd(who, Ending::Reset),
        "end or reset" => Act::ExpectEnd(who, Ending::Either),
        _ => {
            if let Some(line) = what.strip_prefix("line ") {
                Act::ExpectLine(who, Text::parse(line)?)
            } else if let Some(answer) = what.strip_prefix("answer ") {
                Act::ExpectAnswer(who, Text::parse(answer)?)
            } else if let Some(pickled) = Pickled::parse(what) {
                Act::ExpectPickle(who, pickled?)
            } else {
                Act::Expect(who, Text::parse(what)?)
            }
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn names(peers: &[&str]) -> Vec<String> {
        peers.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn sentences_are_understood() {
        let parsed = |words: &str| act(words).unwrap();
        assert_eq!(parsed("A connects"), Act::Connect(names(&["A"])));
        let several = Act::Close(names(&["A", "B", "P3", "P2", "P1"]));
        assert_eq!(parsed("A, B, P3..P1 close"), several);
        let Act::Send(who, _, cut) = parsed("A sends \"x\", in pieces of 3")
        else {
            panic!("no send");
        };
        assert_eq!((who, cut), (names(&["A"]), Cut::Pieces(3)));
        let pickle = parsed("A expects a pickle");
        assert_eq!(pickle, Act::ExpectPickle(names(&["A"]), Pickled::Any));
        let answer = parsed("A expects answer \"x\"");
        assert!(matches!(answer, Act::ExpectAnswer(..)));
        let end = parsed("A expects end or reset");
        assert_eq!(end, Act::ExpectEnd(names(&["A"]), Ending::Either));
        assert_eq!(parsed("program ends with 0"), Act::End(Exit::Code(0)));
        let Act::Print(Stream::Shown, _) = parsed("program prints \"x\"")
        else {
            panic!("not what a user sees");
        };
        let never = parsed("program does not print on stderr \"x\"");
        assert!(matches!(never, Act::NeverPrint(Stream::Err, _)));
        assert_eq!(parsed("pause 0.5 s"), Act::Pause(0.5));
        assert_eq!(parsed("no more zombies"), Act::NoMore(Growth::Zombies));
    }

    #[test]
    fn what_is_no_sentence_is_named() {
        let wrong = |words: &str| act(words).unwrap_err();
        assert_eq!(wrong("A dances"), "what is `A dances`?");
        assert!(wrong("a connects").starts_with("who is `a`?"));
        assert_eq!(wrong("program gets SIGFOO"), "no signal: SIGFOO");
        assert_eq!(wrong("pause 99 s"), "pause N s, up to 10");
        assert_eq!(wrong("A sends \"a\" twice"), "what is `twice`?");
    }

    #[test]
    fn steps_may_be_repeated() {
        let line =
            |line, depth, text: &str| Line { line, depth, text: text.into() };
        let lines = [
            line(1, 2, "2 times"),
            line(2, 4, "A connects"),
            line(3, 4, "A closes"),
            line(4, 2, "all is quiet"),
        ];
        let steps = steps(&lines).unwrap();
        let Act::Times(2, inner) = &steps[0].act else { panic!("no loop") };
        assert_eq!((inner.len(), steps.len()), (2, 2));
        let long = [line(1, 2, "A sends"), line(2, 4, "\"a\"")];
        assert_eq!(super::steps(&long).unwrap()[0].words, "A sends \"a\"");
        let odd = super::steps(&[lines[0].clone()]).unwrap_err();
        assert_eq!(odd.why, "how often, and what?");
    }
}
