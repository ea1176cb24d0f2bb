//! Mistakes with bytes, ends and waiting, each made in a small Python
//! program, and mended in its twin.

use std::path::Path;
use std::process::Command;

use super::common::{hold, interpreter};
use super::{found, ids, trace};

fn talk(python: &Path, file: &str, mistake: &str, how: &str) -> Command {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lints");
    let mut command = trace(&["--lint", "--json", "--"]);
    // What it imports is not to leave anything among the sources.
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command.arg(python).arg(here.join(file)).args([mistake, how]);
    command
}

/// Each of these is found where it was made, and nothing else is found.
fn are_told(file: &str, mistakes: &[(&'static str, &'static str)]) {
    let Some(python) = interpreter() else { return };
    let names: Vec<&str> = mistakes.iter().map(|(name, _)| *name).collect();
    hold(names, |name| {
        let (_, id) = mistakes.iter().find(|(of, _)| *of == name).unwrap();
        let made = found(&mut talk(python, file, name, "made"));
        assert_eq!(ids(&made), [*id]);
        let mended = found(&mut talk(python, file, name, "mended"));
        assert_eq!(ids(&mended), Vec::<&str>::new());
    });
}

#[test]
fn bytes_that_got_lost() {
    are_told(
        "talk.py",
        &[
            ("short_send", "short-send"),
            ("short_send_then_end", "short-send"),
            ("short_send_then_none", "short-send"),
            ("cut_datagram", "cut-datagram"),
            ("cut_datagram_waited_for", "cut-datagram"),
            ("byte_reads", "byte-reads"),
        ],
    );
}

#[test]
fn ends_that_were_not_seen_or_not_meant() {
    are_told(
        "talk.py",
        &[
            ("end_ignored", "end-ignored"),
            ("send_after_reset", "send-after-reset"),
            ("unread_reset", "unread-reset"),
            ("close_for_shutdown", "close-for-shutdown"),
        ],
    );
}

#[test]
fn listeners_that_cannot_come_back() {
    are_told(
        "talk.py",
        &[
            ("reuseaddr_missing", "reuseaddr-missing"),
            ("reuseaddr_late", "reuseaddr-late"),
        ],
    );
}

#[test]
fn waiting_for_the_wrong_thing() {
    are_told(
        "waiting.py",
        &[
            ("select_1024", "select-1024"),
            ("select_1024_accepted", "select-1024"),
            ("accept_sleeps", "accept-sleeps"),
            ("edge_not_drained", "edge-not-drained"),
            ("busy_polling", "busy-polling"),
            ("busy_polling_of_select", "busy-polling"),
            ("busy_polling_for_writing", "busy-polling"),
            ("nagle_delay", "nagle-delay"),
        ],
    );
}

#[test]
fn flags_and_errors_nobody_asked_about() {
    are_told(
        "talk.py",
        &[
            ("flags_lost", "flags-lost"),
            ("closed_in_receive", "closed-by-another-thread"),
            ("connect_refused", "connect-unchecked"),
            ("connect_not_asked", "connect-unchecked"),
        ],
    );
}
