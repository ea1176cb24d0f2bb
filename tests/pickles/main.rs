//! What the pickle protocol promises, held against Python's own `pickle`,
//! the `serde-pickle` crate and the C twin, which must agree on every byte
//! string, sound or not.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod driver;
mod programs;
mod python;

use berkeley::protocols::pickle::{Id, Node, Pickle, decode, encode};
use driver::{Request, answer, ask_twin};
use programs::Random;
use serde_pickle::{DeOptions, HashableValue, Value};

fn assert_twins_agree(requests: &[Request]) -> Vec<String> {
    let theirs = ask_twin(requests);
    assert_eq!(requests.len(), theirs.len(), "the twin lost its way");
    let mut answers = Vec::new();
    for (request, theirs) in requests.iter().zip(theirs) {
        let ours = answer(request);
        let text = String::from_utf8_lossy(&request.bytes);
        assert_eq!(ours, theirs, "{} {text:?}", request.kind);
        answers.push(ours);
    }
    answers
}

fn pickles(all: impl IntoIterator<Item = Vec<u8>>) -> Vec<Request> {
    let request = |bytes| Request { kind: 'p', bytes };
    all.into_iter().map(request).collect()
}

#[test]
fn what_python_pickles_is_shown_as_python_shows_it() {
    let Some(corpus) = python::corpus() else { return };
    let requests = pickles(corpus.iter().map(|case| case.pickle.clone()));
    for (case, shown) in corpus.iter().zip(assert_twins_agree(&requests)) {
        assert_eq!(case.expected, shown, "{:02x?}", case.pickle);
    }
    eprintln!("{} pickles made by python3", corpus.len());
    assert!(corpus.len() > 1000);
}

#[test]
fn scalars_are_shown_by_str_as_python_does() {
    let Some(corpus) = python::scalars() else { return };
    let requests: Vec<Request> = corpus
        .iter()
        .map(|case| Request { kind: 's', bytes: case.pickle.clone() })
        .collect();
    for (case, shown) in corpus.iter().zip(assert_twins_agree(&requests)) {
        assert_eq!(case.expected, shown, "{:02x?}", case.pickle);
    }
    eprintln!("{} scalars made by python3", corpus.len());
    assert!(corpus.len() > 5000);
}

#[test]
fn bombs_and_freaks_are_refused_for_what_they_are() {
    let Some(corpus) = python::bombs() else { return };
    let requests = pickles(corpus.iter().map(|case| case.pickle.clone()));
    for (case, shown) in corpus.iter().zip(assert_twins_agree(&requests)) {
        let head = &case.pickle[..case.pickle.len().min(40)];
        assert_eq!(format!("refused: {}", case.expected), shown, "{head:?}");
    }
    eprintln!("{} bombs", corpus.len());
    assert!(corpus.len() >= 30);
}

#[test]
fn every_beginning_of_a_pickle_is_incomplete() {
    let Some(corpus) = python::corpus() else { return };
    let short = corpus.iter().filter(|case| case.pickle.len() < 120);
    let cuts = short.flat_map(|case| {
        (0..case.pickle.len()).map(|end| case.pickle[..end].to_vec())
    });
    let requests = pickles(cuts);
    for shown in assert_twins_agree(&requests) {
        assert_eq!(shown, "incomplete");
    }
    eprintln!("{} beginnings", requests.len());
}

#[test]
fn twins_agree_on_damaged_pickles_and_accept_no_more_than_python() {
    let mut random = Random::new(0x5eed);
    let mut sound = programs::known();
    sound.extend(python::corpus().into_iter().flatten().map(|c| c.pickle));
    sound.retain(|pickle| pickle.len() < 2000);
    let mut all = Vec::new();
    for _ in 0..40_000 {
        let base = sound[random.below(sound.len())].clone();
        all.push(random.damaged(base, &sound));
    }
    for _ in 0..40_000 {
        all.push(random.program());
    }
    let requests = pickles(all);
    let shown = assert_twins_agree(&requests);
    let accepted: Vec<_> = requests
        .iter()
        .zip(shown)
        .filter(|(_, s)| !s.starts_with("refused") && s != "incomplete")
        .map(|(request, shown)| (request.bytes.clone(), shown))
        .collect();
    eprintln!("{} of {} accepted", accepted.len(), requests.len());
    assert!(accepted.len() > 5000);
    python::assert_agrees(&accepted);
}

#[test]
fn serde_pickle_reads_the_same_values() {
    let Some(corpus) = python::corpus() else { return };
    let options = DeOptions::new().decode_strings();
    let mut compared = 0;
    for case in &corpus {
        let Ok(theirs) =
            serde_pickle::value_from_slice(&case.pickle, options.clone())
        else {
            continue;
        };
        let ours = decode(&case.pickle).unwrap();
        assert!(same(&ours, ours.root(), &theirs), "{}", case.expected);
        compared += 1;
    }
    eprintln!("{compared} of {} read by serde-pickle too", corpus.len());
    assert!(compared > corpus.len() / 2);
}

fn same(pickle: &Pickle, id: Id, value: &Value) -> bool {
    let all = |ids: &[Id], values: &[Value]| {
        ids.len() == values.len()
            && ids.iter().zip(values).all(|(&id, v)| same(pickle, id, v))
    };
    match (pickle.node(id), value) {
        (Node::None, Value::None) => true,
        (Node::Bool(one), Value::Bool(other)) => one == other,
        (Node::Int(one), Value::I64(other)) => one == other,
        (Node::Int(one), Value::Int(other)) => {
            one.to_string() == other.to_string()
        }
        (Node::Long(one), Value::Int(other)) => *one == other.to_string(),
        (Node::Float(one), Value::F64(other)) => {
            one.to_bits() == other.to_bits() || one.is_nan() && other.is_nan()
        }
        (Node::Str(one), Value::String(other)) => one == other,
        (Node::Bytes(one), Value::Bytes(other)) => one == other,
        (Node::List(ids), Value::List(values))
        | (Node::Tuple(ids), Value::Tuple(values)) => all(ids, values),
        (Node::Dict(pairs), Value::Dict(values)) => {
            pairs.len() == values.len()
                && values.iter().all(|(key, value)| match key {
                    HashableValue::String(key) => pickle
                        .get(id, key)
                        .is_some_and(|id| same(pickle, id, value)),
                    _ => true,
                })
        }
        _ => false,
    }
}

#[test]
fn greetings_are_python_s_bytes() {
    let Some(corpus) = python::greetings() else { return };
    for (clientid, expected) in &corpus {
        let pickle = encode::greeting(*clientid);
        assert_eq!(&pickle, expected, "{clientid}");
        assert!(pickle.len() <= encode::MOST_GREETING);
    }
    let requests: Vec<Request> = corpus
        .iter()
        .map(|(clientid, _)| Request {
            kind: 'g',
            bytes: format!("{clientid}\0").into_bytes(),
        })
        .collect();
    assert_twins_agree(&requests);
    eprintln!("{} greetings", corpus.len());
}

#[test]
fn students_are_python_s_bytes() {
    let Some(corpus) = python::students() else { return };
    let mut requests = Vec::new();
    for (fields, expected) in &corpus {
        let pickle = encode::student(&fields[0], &fields[1], &fields[2]);
        assert_eq!(pickle.as_ref(), Some(expected), "{fields:?}");
        let bytes = format!("{}\0", fields.join("\0")).into_bytes();
        requests.push(Request { kind: 'e', bytes });
    }
    let long = "n".repeat(70_000) + "\0u\x001\0";
    requests.push(Request { kind: 'e', bytes: long.into_bytes() });
    assert_twins_agree(&requests);
    eprintln!("{} students", corpus.len());
}

#[test]
fn twins_hold_the_same_conversations() {
    let mut random = Random::new(0xb0b);
    let mut sound = programs::known();
    sound.extend(python::dicts().into_iter().flatten());
    let mut requests = Vec::new();
    for round in 0..8000 {
        // The first byte says how the input is cut.
        let mut input = vec![u8::try_from(random.below(40)).unwrap()];
        for _ in 0..=random.below(3) {
            let mut pickle = sound[random.below(sound.len())].clone();
            if round % 2 == 0 {
                pickle = random.damaged(pickle, &sound);
            }
            input.extend(pickle);
        }
        requests.push(Request { kind: 'r', bytes: input });
    }
    let shown = assert_twins_agree(&requests);
    let said = shown.iter().filter(|s| s.contains("said[")).count();
    let wrong = shown.iter().filter(|s| s.contains("wrong[")).count();
    eprintln!("{said} conversations said something, {wrong} went wrong");
    assert!(said > 100 && wrong > 1000);
}

#[test]
fn clients_read_greetings_and_acknowledgements_alike() {
    let mut requests = Vec::new();
    for pickle in programs::known() {
        for kind in ['d', 'a'] {
            requests.push(Request { kind, bytes: pickle.clone() });
        }
    }
    assert_twins_agree(&requests);
}
