//! Each mistake in a small server that makes it, and in a twin of that
//! server that does not.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::common::{Language, hold, peer_program, program};
use super::{found, ids, trace};

/// The servers of one file. C, because that is where these mistakes can be
/// made at all.
fn planted(name: &str) -> Option<PathBuf> {
    let cc = peer_program("cc")?;
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lints");
    let made = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let made = made.join(format!("lints-{name}"));
    let flags = "-std=c17 -D_GNU_SOURCE -pthread -Wall -Wextra -Wpedantic \
                 -Wconversion -Wshadow -Werror -o";
    let built = Command::new(cc)
        .args(flags.split_whitespace())
        .arg(&made)
        .arg(here.join(format!("{name}.c")))
        .output()
        .unwrap();
    assert!(built.status.success(), "{built:?}");
    Some(made)
}

/// Peers that come one after the other, and what is found then.
fn seen(server: &Path, mistake: &str, how: &str) -> Vec<String> {
    let client = program(Language::Rust, "echo_client");
    let one =
        format!("{} --host 127.0.0.1 --port {{port}} hello", client.display());
    let clients = [one.as_str(); 4].join("; ");
    let mut command = trace(&["--lint", "--json", "--client", &clients]);
    command.arg("--").arg(server).args([mistake, how]);
    let findings = found(&mut command);
    ids(&findings).into_iter().map(str::to_owned).collect()
}

fn are_told(file: &str, mistakes: &[&'static str]) {
    static BUILT: [OnceLock<Option<PathBuf>>; 3] =
        [const { OnceLock::new() }; 3];
    let files = ["children", "descriptors", "signals"];
    let place = files.iter().position(|one| *one == file).unwrap();
    let built = BUILT[place].get_or_init(|| planted(file));
    let Some(server) = built else { return };
    hold(mistakes.to_vec(), |mistake| {
        let id = match mistake {
            "ignored-children" => "zombies",
            "parent-closes-late" => "parent-keeps-peer",
            "read-without-control" => "cut-control-data",
            "closed-at-the-end" => "descriptor-leak",
            "accept-error-is-the-end" => "accept-error-ends-server",
            id => id,
        };
        assert_eq!(seen(server, mistake, "made"), [id]);
        assert_eq!(seen(server, mistake, "mended"), Vec::<String>::new());
    });
}

#[test]
fn mistakes_with_children() {
    are_told(
        "children",
        &[
            "zombies",
            "ignored-children",
            "lost-sigchld",
            "blocking-wait",
            "fork-in-threads",
            "orphans",
        ],
    );
}

#[test]
fn mistakes_with_descriptors() {
    are_told(
        "descriptors",
        &[
            "parent-keeps-peer",
            "parent-closes-late",
            "child-keeps-listener",
            "descriptor-leak",
            "closed-at-the-end",
            "inherited-over-exec",
            "double-close",
            "closed-by-another-thread",
            "stale-unix-path",
            "cut-control-data",
            "read-without-control",
        ],
    );
}

#[test]
fn mistakes_with_signals_and_failures() {
    are_told(
        "signals",
        &[
            "eintr-is-no-end",
            "sigpipe",
            "accept-error-ends-server",
            "accept-error-is-the-end",
            "emfile-spin",
        ],
    );
}
