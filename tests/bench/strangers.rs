//! Servers that are not of this kit, the broken among them.

use std::fs;

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;

use super::common::{peer_program, run};
use super::{bench, cells, folder, number, record, verdict};

/// An echo server with a thread for each peer.
const ECHO: &str = "\
import socket, sys, threading
def serve(peer):
    while piece := peer.recv(4096):
        peer.sendall(bytes(piece))
listener = socket.create_server(('127.0.0.1', int(sys.argv[1])), backlog=99)
while True:
    peer, _ = listener.accept()
    threading.Thread(target=serve, args=(peer,), daemon=True).start()
";

#[test]
fn foreign_servers_run_beside_ours_and_the_broken_are_named() {
    if peer_program("python3").is_none() {
        return;
    }
    let here = folder("foreign");
    let script = |name: &str, text: &str| {
        let path = here.join(name);
        fs::write(&path, text).unwrap();
        format!("{}=python3 {} {{port}}", &name[..4], path.display())
    };
    let good = script("good.py", ECHO);
    let liar = script("liar.py", &ECHO.replace("(piece)", "(piece.upper())"));
    let dead = script("dead.py", "raise SystemExit('no such luck')\n");
    let weak = script("weak.py", &ECHO.replace("while", "n = 3\n    while n"));
    let mut command = bench(&["--models", "epoll", "--languages", "c"]);
    for server in [&good, &liar, &dead, &weak] {
        command.args(["--server", server]);
    }
    let load = ["--mode", "pingpong", "--concurrency", "2", "--rounds", "3"];
    let finished = run(command.args(load).args(["--json", "-"]), b"");
    assert_eq!(finished.code, 1, "{}", finished.err());
    let record = record(&finished);
    let cell = |name: &str| {
        let found = cells(&record).iter().find(|cell| cell["model"] == name);
        found.unwrap_or_else(|| panic!("{name}: {record:#}"))
    };
    for fine in ["epoll", "good"] {
        assert!(number(&cell(fine)["rate"]) > 0.0, "{:#}", cell(fine));
        assert_eq!(cell(fine)["errors"], serde_json::json!({}));
    }
    assert!(verdict(cell("liar")).contains("errors"));
    assert_eq!(cell("liar")["requests"], 0);
    assert_eq!(verdict(cell("dead")), "failed");
    let why = cell("dead")["findings"][0]["why"].as_str().unwrap();
    assert!(why.contains("no such luck"), "{why}");
    assert_ne!(verdict(cell("weak")), "ok");
}

/// `setsid` puts it into a group that nobody knows.
#[test]
fn a_server_that_made_itself_a_daemon_does_not_survive() {
    let here = folder("daemon");
    let pid = here.join("pid");
    let command = format!(
        "gone=setsid sh -c 'echo $$ > {}; exec sleep 600' & \
         until test -s {}; do :; done; : {{port}}",
        pid.display(),
        pid.display(),
    );
    let finished = run(
        bench(&["--models", "epoll", "--mode", "connect", "--rounds", "1"])
            .args(["--server", &command, "--json", "-"]),
        b"",
    );
    assert_eq!(finished.code, 1, "{}", finished.err());
    let text = fs::read_to_string(&pid).unwrap();
    let daemon = Pid::from_raw(text.trim().parse().unwrap());
    assert_eq!(kill(daemon, None), Err(Errno::ESRCH));
}
