//! Nothing is found where nothing is wrong: in the kit's own programs, and
//! in those that everybody has.

use std::fmt::{self, Display};

use super::common::{
    Language, MODELS, hold, interpreter, peer_program, program, run,
};
use super::{findings, found, ids, trace};

const LABS: [&str; 9] = [
    "simple", "echo", "knock", "roster", "supply", "udp", "chat", "dumb_net",
    "http_get",
];
/// Whose server has a worker model.
const WITH_MODELS: [&str; 4] = ["echo", "knock", "roster", "supply"];

#[derive(Clone, Copy)]
struct Play {
    lab: &'static str,
    model: Option<&'static str>,
    language: Language,
    clients: usize,
}

impl Display for Play {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Play { lab, model, language, clients } = self;
        let model = model.unwrap_or("-");
        write!(out, "{lab}/{model}/{language}/{clients}")
    }
}

/// All labs under all models in both languages.
fn plays() -> Vec<Play> {
    let mut all = Vec::new();
    for lab in LABS {
        let models: Vec<Option<&str>> = if WITH_MODELS.contains(&lab) {
            MODELS.iter().copied().map(Some).collect()
        } else {
            vec![None]
        };
        // Who chats has one partner.
        let most = if lab == "chat" { 1 } else { 3 };
        for model in models {
            for language in Language::BOTH {
                all.extend((1..=most).map(|clients| Play {
                    lab,
                    model,
                    language,
                    clients,
                }));
            }
        }
    }
    all
}

#[test]
fn the_kits_own_programs_are_innocent() {
    program(Language::C, "knock");
    hold(plays(), |play| {
        let (language, clients) =
            (play.language.to_string(), play.clients.to_string());
        let mut args = vec![play.lab, "--no-build", "--lint", "--json"];
        args.extend(["--language", &language, "--clients", &clients]);
        if let Some(model) = play.model {
            args.extend(["--model", model]);
        }
        let done = run(&mut trace(&args), b"");
        // The answer to http_get is an echo, and it says so.
        let is_well = done.code == 0 || play.lab == "http_get";
        assert!(is_well, "{}", done.err());
        let found = findings(&done);
        assert!(found.is_empty(), "{found:#?}");
    });
}

#[test]
fn python_and_curl_are_innocent() {
    let Some(curl) = peer_program("curl") else { return };
    let Some(python) = interpreter() else { return };
    let client = format!("{} -s 127.0.0.1:{{port}}/", curl.display());
    let args =
        ["--lint", "--json", "--client", &client, "--client", &client, "--"];
    let mut command = trace(&args);
    let server = ["-m", "http.server", "0", "--bind", "127.0.0.1"];
    let found = found(command.arg(python).args(server));
    assert_eq!(ids(&found), Vec::<&str>::new(), "{found:#?}");
}

#[test]
fn socat_and_nc_are_innocent() {
    let Some(socat) = peer_program("socat") else { return };
    let Some(nc) = peer_program("nc") else { return };
    let tcp = "TCP-LISTEN:0,bind=127.0.0.1,fork";
    let port = "{port}";
    let clients = [
        format!("echo hello | {} -N 127.0.0.1 {port}", nc.display()),
        format!("echo hello | {} - TCP:127.0.0.1:{port}", socat.display()),
    ];
    for server in ["EXEC:cat", "PIPE"] {
        let mut command = trace(&["--lint", "--json"]);
        for client in &clients {
            command.args(["--client", client]);
        }
        let found = found(command.arg("--").arg(&socat).args([tcp, server]));
        assert_eq!(ids(&found), Vec::<&str>::new(), "{found:#?}");
    }
}
