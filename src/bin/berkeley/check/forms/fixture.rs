//! Reports for the tests of all forms.

use super::super::report::{
    Comparison, Failure, Mistake, Outcome, Printed, Report, Result,
};
use super::Look;

pub(super) fn look() -> Look {
    let words = ["berkeley", "check", "knock"].map(str::to_owned).to_vec();
    Look { width: 80, hints: 1, words }
}

pub(super) fn passed() -> Outcome {
    Outcome {
        id: "dialogue".to_owned(),
        title: "The whole joke".to_owned(),
        points: 2,
        tags: vec!["normal".to_owned()],
        result: Result::Passed,
        seconds: 0.125,
        runs: 1,
        ..Outcome::default()
    }
}

pub(super) fn failed() -> Outcome {
    let strings = |list: &[&str]| list.iter().map(|&it| it.into()).collect();
    Outcome {
        id: "joke-split".to_owned(),
        title: "The joke, cut at every byte".to_owned(),
        points: 3,
        tags: strings(&["edge", "hidden"]),
        result: Result::Failed,
        why: "TCP keeps no borders between messages.".to_owned(),
        hints: strings(&["What does recv return?", "Read up to the \\n."]),
        command: strings(&["python3", "knock.py", "-p", "4711"]),
        did: strings(&["A connects", "A sends \"Knock, knock\\n\""]),
        failure: Some(Failure {
            step: "A expects \"Who's there?\\n\"".to_owned(),
            line: 14,
            says: "The answer is another one.".to_owned(),
            expected: None,
            got: None,
            bytes: Some(Comparison::of(b"Who's there?\n", b"Who's\0")),
            doing: strings(&["pid 7 (python3) is blocked in recvfrom(4)"]),
        }),
        stderr: Printed { text: "oops\nworse\n".to_owned(), left_out: 0 },
        seconds: 1.5,
        runs: 1,
        failures: 1,
        ..Outcome::default()
    }
}

fn other(id: &str, points: u32, result: Result) -> Outcome {
    let why = "A file is needed that is not there.".to_owned();
    let because = (result != Result::Failed).then_some(why);
    let failures = u32::from(result == Result::Failed);
    let id = id.to_owned();
    let runs = 1;
    Outcome { id, points, result, because, runs, failures, ..failed() }
}

fn of(outcomes: Vec<Outcome>) -> Report {
    Report {
        lab: "knock".to_owned(),
        title: "A server that tells a joke".to_owned(),
        command: ["python3", "my knock.py", "-p", "{port}"]
            .map(str::to_owned)
            .to_vec(),
        system: "Linux 6.1.0 x86_64".to_owned(),
        date: "2026-11-30T12:00:00Z".to_owned(),
        seed: 7,
        time_scale: 1.0,
        seconds: 2.25,
        cases: outcomes.len(),
        complete: true,
        outcomes,
        ..Report::default()
    }
}

/// One that passed and one that failed.
pub(super) fn small() -> Report {
    of(vec![passed(), failed()])
}

/// One of each kind.
pub(super) fn mixed() -> Report {
    let flaky = other("flaky", 3, Result::Failed);
    let mut report = of(vec![
        passed(),
        failed(),
        Outcome { runs: 10, failures: 2, ..flaky },
        other("informs", 0, Result::Failed),
        other("skipped", 0, Result::Skipped),
        other("unstartable", 1, Result::Unstartable),
        other("trouble", 3, Result::Trouble),
    ]);
    report.notes.push("There was no network of its own.".to_owned());
    report
}

/// Everything that could break a form, in every text.
pub(super) fn hostile() -> Report {
    let nasty: String =
        "]]>\0\u{1b}[31m\"'\\ <b>&amp;\r\n::error::%0A # TODO \
         \u{202e}\u{ffff}\u{80}é\u{1f980}, ~`${x}\n  ...\n---\nnot ok 1\n"
            .to_owned();
    let long = format!("{nasty}{}", "x".repeat(5_000));
    let list = vec![nasty.clone(), long.clone()];
    let mut report = mixed();
    report.lab.clone_from(&nasty);
    report.title.clone_from(&nasty);
    report.command.extend(list.clone());
    report.notes.extend(list.clone());
    for outcome in &mut report.outcomes {
        outcome.id = format!("{}{nasty}", outcome.id);
        outcome.title.clone_from(&nasty);
        outcome.tags.clone_from(&list);
        outcome.why.clone_from(&long);
        outcome.hints.clone_from(&list);
        outcome.did.clone_from(&list);
        outcome.because =
            outcome.because.as_ref().map(|why| format!("{why}{nasty}"));
        outcome.stdout = Printed { text: long.clone(), left_out: 9 };
        outcome.stderr = Printed { text: nasty.repeat(40), left_out: 0 };
        outcome.ladder.clone_from(&list);
        outcome.findings = vec![Mistake {
            id: nasty.clone(),
            title: nasty.clone(),
            says: nasty.clone(),
            calls: list.clone(),
            why: nasty.clone(),
            mend: nasty.clone(),
            times: 2,
        }];
        if let Some(failure) = &mut outcome.failure {
            failure.step.clone_from(&nasty);
            failure.says.clone_from(&nasty);
            failure.expected = Some(nasty.clone());
            failure.got = Some(long.clone());
            failure.doing.clone_from(&list);
            let (all, none) = ((0..=255).collect::<Vec<u8>>(), []);
            failure.bytes = Some(Comparison::of(&all, &none));
        }
    }
    report
}
