//! The C servers under AddressSanitizer, UBSan and ThreadSanitizer.

#![allow(clippy::unwrap_used)]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Case, Language, Server, Start, hold, peer_program, twins};

/// Whether the compiler has this sanitizer's runtime.
fn has_sanitizer(name: &str) -> bool {
    let Some(cc) = peer_program("cc") else { return false };
    let out = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let mut cc = Command::new(cc);
    cc.arg(format!("-fsanitize={name}")).args(["-x", "c", "-", "-o"]);
    let out = out.join(format!("has-{name}"));
    let done = common::run(cc.arg(out), b"int main(void) { return 0; }");
    if done.code != 0 {
        common::peers::skip(&format!("no runtime for {name}"));
    }
    done.code == 0
}

/// A bit of everything: jokes, echoes, a reset, a half-close, silence.
fn a_mixed_load(server: &Server, name: &str) {
    let said: &[u8] = match name {
        "knock" => b"Knock, knock\nSpell\nOkay\n",
        "echo_server" => b"hello\n",
        "supply_server" => b"16384\n1\n000016384\n",
        _ => b"\x80\x04cos\nsystem\n.",
    };
    let big = vec![b'x'; 300_000];
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let mut peer = server.say(said);
                    peer.finish();
                    peer.rest_or_reset();
                    let peer = server.connect();
                    peer.say_some(&big);
                    peer.reset();
                    let mut peer = server.connect();
                    for byte in said {
                        peer.say_some(&[*byte]);
                    }
                    peer.finish();
                    peer.rest_or_reset();
                }
            });
        }
    });
}

fn is_clean(case: Case, build: impl Fn(&str) -> PathBuf, under: &[&str]) {
    for name in ["knock", "echo_server", "roster_server", "supply_server"] {
        // A sanitizer's frames want more than 64 KiB.
        let args = ["--model", case.model, "--stack", "1024"];
        let start = Start::at(build(name), name).args(args);
        let mut server = start.under(under).start();
        a_mixed_load(&server, name);
        let quiet = server.connect();
        server.kill(nix::sys::signal::SIGTERM);
        drop(quiet);
        let code = server.exit_code();
        let told = server.stderr().join("\n");
        let clean =
            !told.contains("Sanitizer") && !told.contains("runtime error");
        assert!(clean, "{name}: {told}");
        assert_eq!(code, 0, "{name}: {told}");
    }
}

fn in_c(models: &[&'static str]) -> Vec<Case> {
    let case = |&model| Case { language: Language::C, model };
    models.iter().map(case).collect()
}

#[test]
fn no_model_is_caught_by_asan_or_ubsan() {
    if has_sanitizer("address") && has_sanitizer("undefined") {
        hold(in_c(&common::MODELS), |case| is_clean(case, twins::asan, &[]));
    }
}

#[test]
fn no_threaded_model_is_caught_by_tsan() {
    let Some(setarch) = peer_program("setarch") else { return };
    let threads = ["thread", "prethread", "prethread-mutex", "pool", "epoll"];
    if has_sanitizer("thread") {
        // Its shadow memory does not get along with every random layout.
        let under = [setarch.to_str().unwrap(), "-R"];
        hold(in_c(&threads), |case| is_clean(case, twins::tsan, &under));
    }
}
