//! The kit's own programs do all that the labs ask for, points or not.

use std::fmt::{self, Display};

use super::common::{Language, MODELS, hold, program};
use super::{check, ids, report};

/// A lab, the program that was written for it, and how it is started.
#[derive(Clone, Copy)]
struct Reference {
    lab: &'static str,
    program: &'static str,
    args: &'static [&'static str],
    has_models: bool,
}

const fn one(
    lab: &'static str,
    program: &'static str,
    args: &'static [&'static str],
    has_models: bool,
) -> Reference {
    Reference { lab, program, args, has_models }
}

const REFERENCES: [Reference; 9] = [
    one("knock", "knock", &["-p", "{port}"], true),
    one("echo-server", "echo_server", &["{port}"], true),
    one("roster-server", "roster_server", &["--port", "{port}"], true),
    one("echo-client", "echo_client", &["{args}"], false),
    one("dumb-net", "dumb_net", &["{args}"], false),
    one("chat", "one_to_one", &["{args}"], false),
    one("roster-client", "roster_client", &["{args}"], false),
    one("simple-server", "simple_server", &["127.0.0.1", "{port}"], false),
    one("simple-client", "simple_client", &["{args}"], false),
];

/// Those of the long test are all of them.
const SOME: [&str; 3] = ["fork", "thread", "epoll"];

#[derive(Clone, Copy)]
struct Examined {
    reference: Reference,
    language: Language,
    model: Option<&'static str>,
}

impl Display for Examined {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Examined { reference, language, model } = self;
        write!(out, "{}/{language}", reference.lab)?;
        model.map_or(Ok(()), |model| write!(out, "/{model}"))
    }
}

fn all_pass(models: &[&'static str], repeat: &str) {
    let with_models = |reference: Reference| -> Vec<Option<&'static str>> {
        if reference.has_models {
            return models.iter().copied().map(Some).collect();
        }
        vec![None]
    };
    let mut examined = Vec::new();
    for reference in REFERENCES {
        for language in Language::BOTH {
            let models = with_models(reference).into_iter();
            examined.extend(models.map(|model| Examined {
                reference,
                language,
                model,
            }));
        }
    }
    hold(examined, |Examined { reference, language, model }| {
        let mut args = vec![reference.lab, "--json", "--repeat", repeat];
        args.extend(["--jobs", "1"]);
        if model == Some("iterative") {
            args.push("--sequential");
        }
        let mut command = check(&args);
        command.arg("--").arg(program(language, reference.program));
        command.args(reference.args);
        command.args(model.iter().flat_map(|model| ["--model", *model]));
        let (report, _) = report(&mut command);
        let passed = ids(&report, "passed");
        let outcomes = report["outcomes"].as_array().unwrap();
        assert!(passed.len() == outcomes.len(), "{report:#}");
        assert!(passed.len() > 3, "{passed:?}");
    });
}

#[test]
fn they_pass_all() {
    all_pass(&SOME, "1");
}

#[test]
#[ignore = "takes minutes"]
fn they_pass_all_under_every_model() {
    all_pass(&MODELS, "1");
}
