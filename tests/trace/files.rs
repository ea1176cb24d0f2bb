//! What was saved is read again, and drawn as it would have been.

use super::common::{peer_program, python, run};
use super::{Saved, calls, trace};

const TALKS: &str = "
import socket
s = socket.socket()
s.bind(('127.0.0.1', 0))
s.listen()
c = socket.create_connection(s.getsockname())
d, _ = s.accept()
c.sendall(b'hello')
d.recv(100)
c.close()
d.recv(100)
d.close()
";

fn saved(extension: &str) -> Option<Saved> {
    let saved = Saved::new(extension);
    let python = python(TALKS, &[])?;
    let mut command = trace(&["-o", saved.name(), "--"]);
    command.arg(python.get_program()).args(python.get_args());
    let done = run(&mut command, b"");
    assert_eq!(done.code, 0, "{}", done.err());
    Some(saved)
}

#[test]
fn the_name_says_the_format() {
    let starts = [
        ("json", "{"),
        ("svg", "<"),
        ("html", "<!doctype html>"),
        ("calls", "       ms"),
        ("txt", "trace of "),
    ];
    for (extension, start) in starts {
        let Some(saved) = saved(extension) else { return };
        let text = saved.text();
        let begins = text.to_lowercase().starts_with(start);
        assert!(begins, "{extension}: {}", &text[..100]);
    }
}

#[test]
fn every_format_is_drawn_from_the_saved_record() {
    let Some(saved) = saved("json") else { return };
    for format in ["ladder", "calls", "json", "svg", "html"] {
        let args = ["--read", saved.name(), "--format", format];
        let done = run(&mut trace(&args), b"");
        assert_eq!((done.code, done.err()), (0, String::new()), "{format}");
        assert!(done.out().contains("hello"), "{format}");
        assert!(done.out().contains("127.0.0.1:"), "{format}");
    }
    let again = run(&mut trace(&["--read", saved.name(), "--json"]), b"");
    assert_eq!(again.out(), saved.text());
    let from_pipe =
        run(&mut trace(&["--read", "-", "--json"]), saved.text().as_bytes());
    assert_eq!(from_pipe.out(), saved.text());
}

const SENDS_A_HUNDRED: &str = "
import socket
a, b = socket.socketpair()
a.sendall(b'x' * 100)
";

#[test]
fn as_much_of_a_payload_is_kept_as_was_asked_for() {
    let asked: [(&[&str], usize); 4] = [
        (&[], 64),
        (&["--payload", "8"], 8),
        (&["-s", "0"], 0),
        (&["--payload", "4096"], 100),
    ];
    for (words, kept) in asked {
        let Some(python) = python(SENDS_A_HUNDRED, &[]) else { return };
        let saved = Saved::new("json");
        let mut command = trace(words);
        command.args(["-o", saved.name(), "--"]);
        command.arg(python.get_program()).args(python.get_args());
        let done = run(&mut command, b"");
        assert_eq!(done.code, 0, "{}", done.err());
        let all = saved.json();
        let sent = &calls(&all, "sendto")[0]["data"];
        let text = sent["text"].as_str().unwrap();
        assert_eq!(text, "x".repeat(kept), "{words:?}");
        assert_eq!(sent["length"], 100, "{words:?}");
    }
}

#[test]
fn a_log_of_strace_is_a_trace_too() {
    let Some(strace) = peer_program("strace") else { return };
    let Some(python) = python(TALKS, &[]) else { return };
    let log = Saved::new("strace");
    let mut command = std::process::Command::new(strace);
    command.args(["-f", "-ttt", "-yy", "-o", log.name()]);
    command.arg(python.get_program()).args(python.get_args());
    assert_eq!(run(&mut command, b"").code, 0);
    let done = run(&mut trace(&["--read", log.name(), "--json"]), b"");
    assert_eq!((done.code, done.err()), (0, String::new()));
    let trace_of_it: serde_json::Value =
        serde_json::from_slice(&done.stdout).unwrap();
    for (name, count) in
        [("listen", 1), ("connect", 1), ("accept4", 1), ("recvfrom", 2)]
    {
        assert_eq!(calls(&trace_of_it, name).len(), count, "{name}");
    }
    let ladder = run(&mut trace(&["--read", log.name()]), b"");
    assert!(ladder.out().contains("accept4(3)"), "{}", ladder.out());
}

#[test]
fn what_is_no_trace_is_refused() {
    let rubbish =
        ["", "rubbish\n", "{}", "{\"format\":1}", "[1,2]", "\0\u{1}"];
    for rubbish in rubbish {
        let done = run(&mut trace(&["--read", "-"]), rubbish.as_bytes());
        assert_eq!(done.code, 3, "{rubbish:?}");
        assert_eq!(done.err().lines().count(), 1, "{rubbish:?}");
    }
    let done = run(&mut trace(&["--read", "/no/such/file"]), b"");
    assert_eq!(done.code, 3);
}
