//! What the client programs promise, in both languages, against servers
//! that are written here and do what no good server does.

#![allow(clippy::unwrap_used, clippy::disallowed_types)]

mod common;

use std::thread::scope;
use std::time::Duration;

use common::{
    Finished, Language, Program, Start, dead_port, done, fails, in_both,
    python, scripted,
};

/// Exit 2, and a usage on stderr.
fn is_bad_usage(finished: &Finished) {
    let told = finished.err();
    assert_eq!((finished.code, finished.out()), (2, String::new()), "{told}");
    assert!(told.contains("Usage:"), "{told}");
}

#[test]
fn a_refused_connection_is_one_line_and_exit_1() {
    in_both(|language| {
        let (port, _held) = dead_port();
        let line = |name: &str| {
            format!(
                "{name}: connect: ECONNREFUSED: Connection refused \
                 (127.0.0.1:{port})\n"
            )
        };
        let knock = done(language, "knock_client", &["127.0.0.1", &port]);
        assert_eq!((knock.code, knock.err()), (1, line("knock_client")));
        let args = ["--port", &port, "--name", "x", "--username", "y"];
        let args = [&args[..], &["--sid", "1"]].concat();
        let roster = done(language, "roster_client", &args);
        assert_eq!((roster.code, roster.err()), (1, line("roster_client")));
        let args = ["x", "--host", "127.0.0.1", "--port", &port];
        let echo = done(language, "echo_client", &args);
        assert_eq!(echo.code, 1);
        assert!(echo.err().ends_with(&line("echo_client")), "{}", echo.err());
        let dumb = done(language, "dumb_net", &["127.0.0.1", &port]);
        assert_eq!((dumb.code, dumb.err()), (1, line("dumb_net")));
        let one = done(language, "one_to_one", &["127.0.0.1", &port]);
        assert_eq!((one.code, one.err()), (1, line("one_to_one")));
    });
}

#[test]
fn an_unknown_host_is_the_resolvers_error() {
    in_both(|language| {
        for name in ["knock_client", "dumb_net", "one_to_one"] {
            let finished = done(language, name, &["no.invalid", "80"]);
            fails(&finished, &format!("{name}: getaddrinfo: EAI_"));
            assert!(finished.err().contains("(no.invalid:80)"));
        }
    });
}

#[test]
fn bad_usage_is_exit_2() {
    in_both(|language| {
        for name in ["knock_client", "dumb_net", "one_to_one"] {
            let wrong: [&[&str]; 5] = [
                &[],
                &["localhost"],
                &["localhost", "65536"],
                &["localhost", "no-such-service"],
                &["localhost", "80", "--no-such-option"],
            ];
            for args in wrong {
                is_bad_usage(&done(language, name, args));
            }
        }
        let word = ["localhost", "80", "Spell"];
        is_bad_usage(&done(language, "knock_client", &word));
        is_bad_usage(&done(language, "roster_client", &["--name", "x"]));
        is_bad_usage(&done(language, "echo_client", &["x", "--port", "x"]));
        is_bad_usage(&done(language, "worker_demo", &["--interval", "-1"]));
    });
}

#[test]
fn a_bad_value_is_named_with_its_option() {
    let student = &["--name", "x", "--username", "y", "--sid", "1"];
    let wrong: [(&str, &[&str], &str); 9] = [
        ("echo_client", &["x", "--port", "?"], "--port <PORT>"),
        ("roster_client", &["--port", "?"], "--port <PORT>"),
        ("udp_echo_client", &["x", "--port", "?"], "--port <PORT>"),
        ("udp_echo_client", &["x", "--timeout", "?"], "--timeout <SECONDS>"),
        ("udp_echo_client", &["x", "--retries", "?"], "--retries <N>"),
        ("udp_echo_client", &["x", "--buffer", "?"], "--buffer <BYTES>"),
        ("worker_demo", &["--interval", "?"], "--interval <SECONDS>"),
        ("worker_demo", &["--model", "?"], "--model <MODEL>"),
        ("knock_client", &["localhost", "?"], "PORT"),
    ];
    in_both(|language| {
        for (name, args, what) in wrong {
            let own = if name == "roster_client" { &student[..] } else { &[] };
            let finished = done(language, name, &[args, own].concat());
            is_bad_usage(&finished);
            let told = finished.err();
            let line = format!("error: invalid value '?' for '{what}'");
            assert!(told.starts_with(&line), "{name}: {told}");
        }
    });
}

#[test]
fn knock_client_tells_its_joke_and_prints_both_sides() {
    in_both(|language| {
        for server in Language::BOTH {
            let server = Start::new(server, "knock").start();
            let port = server.port().to_string();
            let args = ["127.0.0.1", &port, "Spell", "Okay"];
            let told = done(language, "knock_client", &args);
            assert_eq!(told.code, 0, "{}", told.err());
            let joke = "Knock, knock\nWho's there?\nSpell\nSpell who?\nOkay\n\
                        Ha, ha, ha!\n";
            assert_eq!((told.out().as_str(), told.err().as_str()), (joke, ""));
            let own = done(language, "knock_client", &["localhost", &port]);
            assert_eq!(own.out().lines().count(), 6, "{}", own.out());
            assert_eq!(own.code, 0);
        }
    });
}

#[test]
fn knock_client_waits_for_each_answer_and_strips_cr() {
    in_both(|language| {
        scope(|scope| {
            let (port, server) = scripted(scope, |mut peer| {
                for (line, answer) in [
                    (&b"Knock, knock\n"[..], &b"Who's there?\r\n"[..]),
                    (b"Spell\n", b"Spell who?\r\n"),
                    (b"Okay\n", b"Ha, ha, ha!\r\n"),
                ] {
                    peer.expect(line);
                    assert!(peer.is_silent_for(Duration::from_millis(30)));
                    for byte in answer {
                        peer.say(&[*byte]);
                    }
                }
                peer.expect_last(b"");
            });
            let args = ["127.0.0.1", &port, "Spell", "Okay"];
            let told = done(language, "knock_client", &args);
            assert_eq!(told.code, 0, "{}", told.err());
            assert!(!told.out().contains('\r'));
            server.join().unwrap();
        });
    });
}

#[test]
fn knock_client_does_not_take_a_wrong_answer_or_an_early_end() {
    let answers: [&[u8]; 5] = [
        b"",
        b"Who's there",
        b"I don't understand\n",
        b"Who's there?\nSpill who?\n",
        b"Who's there?\nSpell who?\nHa\n",
    ];
    in_both(|language| {
        for answer in answers {
            scope(|scope| {
                let (port, _server) = scripted(scope, |mut peer| {
                    peer.expect(b"Knock, knock\n");
                    peer.say(answer);
                    peer.finish();
                    peer.rest_or_reset();
                });
                let args = ["127.0.0.1", &port, "Spell", "Okay"];
                let told = done(language, "knock_client", &args);
                fails(&told, "knock_client: ");
            });
        }
    });
}

#[test]
fn echo_client_logs_its_pieces_and_prints_the_reply() {
    let messages = ["", "hello", "sixteen bytes ok", "ünïcödé, 8 bit", "a\nb"];
    let long = "0123456789".repeat(5000);
    in_both(|language| {
        let server = Start::new(Language::Rust, "echo_server");
        let server = server.args(["--quiet"]).start();
        let port = server.port().to_string();
        for message in messages.into_iter().chain([long.as_str()]) {
            let echo =
                done(language, "echo_client", &[message, "--port", &port]);
            assert_eq!(echo.code, 0, "{}", echo.err());
            assert_eq!(echo.out(), format!("{message}\n"));
            let told = echo.err();
            let mut told: Vec<_> = told.lines().collect();
            let connecting = format!("connecting to localhost port {port}");
            assert_eq!(told.remove(0), connecting);
            assert_eq!(told.pop(), Some("closing socket"));
            let shown = message.replace('\n', "\\n");
            assert_eq!(told.remove(0), format!("sending \"{shown}\""));
            let pieces = told.iter().map(|line| {
                let piece = line.strip_prefix("received \"").unwrap();
                piece.strip_suffix('"').unwrap()
            });
            let least = message.len().div_ceil(16);
            assert!(told.len() >= least, "{} pieces", told.len());
            if message.is_ascii() {
                assert_eq!(pieces.collect::<String>(), shown);
            }
        }
    });
}

#[test]
fn echo_client_fails_cleanly_when_the_server_ends_early() {
    in_both(|language| {
        for answer in [&b""[..], b"hel"] {
            scope(|scope| {
                let (port, _server) = scripted(scope, |mut peer| {
                    peer.expect(b"hello");
                    peer.say(answer);
                });
                let args = ["hello", "--host", "127.0.0.1", "--port", &port];
                let echo = done(language, "echo_client", &args);
                let told = echo.err();
                let told: Vec<_> = told.lines().collect();
                assert_eq!(echo.code, 1, "{told:?}");
                assert_eq!(told[told.len() - 2], "closing socket");
                let last = told[told.len() - 1];
                assert!(last.starts_with("echo_client: "), "{last}");
            });
        }
    });
}

#[test]
fn echo_client_without_a_message_is_exit_1() {
    in_both(|language| {
        let echo = done(language, "echo_client", &[]);
        assert_eq!((echo.code, echo.out().as_str()), (1, ""));
        assert!(echo.err().contains("Usage:"), "{}", echo.err());
        is_bad_usage(&done(language, "echo_client", &["--magic"]));
        is_bad_usage(&done(language, "echo_client", &["a", "b"]));
    });
}

const STUDENT: [&str; 6] =
    ["--name", "Alice Brown", "--username", "abrown", "--sid", "123456789"];

fn roster_client(language: Language, port: &str) -> Finished {
    let args = [&["--port", port][..], &STUDENT].concat();
    done(language, "roster_client", &args)
}

#[test]
fn roster_client_passes_the_test_of_both_servers() {
    in_both(|language| {
        for server in Language::BOTH {
            let server = Start::new(server, "roster_server").start();
            let port = server.port().to_string();
            let roster = roster_client(language, &port);
            assert_eq!(roster.code, 0, "{}", roster.err());
            let out = roster.out();
            let (first, second) = out.split_once('\n').unwrap();
            let id = first.strip_prefix("{'clientid': ").unwrap();
            let id = id.strip_suffix(&format!(
                "}} has successfully connected to 127.0.0.1/{port}"
            ));
            id.unwrap().parse::<u16>().unwrap();
            let passed =
                "Data acknowledged by server and you passed the test\n";
            assert_eq!(second, passed);
            server.wait_for(
                "Connected: Student: Alice Brown, Github Username: abrown, \
                 sid: 123456789",
            );
        }
    });
}

#[test]
fn roster_client_passes_the_test_of_python() {
    let server = "
import pickle, socket
l = socket.create_server(('127.0.0.1', 0))
print('listening on', l.getsockname()[1], flush=True)
s, a = l.accept()
s.sendall(pickle.dumps({'clientid': a[1]}))
print(sorted(pickle.loads(s.recv(4096)).items()), flush=True)
s.sendall(pickle.dumps(1))";
    in_both(|language| {
        let Some(mut server) = python(server, &[]) else { return };
        let server = Program::spawn(&mut server);
        let line = server.wait_for("listening on ");
        let port = line.rsplit(' ').next().unwrap();
        let roster = roster_client(language, port);
        assert_eq!(roster.code, 0, "{}", roster.err());
        server.wait_for(
            "[('github_username', 'abrown'), ('sid', 123456789), \
             ('student_name', 'Alice Brown')]",
        );
    });
}

#[test]
fn roster_client_takes_nothing_but_1_for_an_acknowledgement() {
    let hello = b"\x80\x04\x95\x12\0\0\0\0\0\0\0}\x94\x8c\x08clientid\x94M\
                  \x01\x02s.";
    let answers: [&[u8]; 6] = [
        b"",
        b"\x80\x04K\x02.",
        b"\x80\x04\x88.",
        b"\x80\x04G\x3f\xf0\0\0\0\0\0\0.",
        b"cos\nsystem\n(S'true'\ntR.",
        b"\x80\x04K",
    ];
    in_both(|language| {
        for answer in answers {
            scope(|scope| {
                let (port, _server) = scripted(scope, |mut peer| {
                    peer.say(hello);
                    std::io::Read::read(&mut peer, &mut [0; 4096]).unwrap();
                    peer.say(answer);
                    peer.finish();
                    peer.rest_or_reset();
                });
                let roster = roster_client(language, &port);
                fails(&roster, "roster_client: ");
                assert!(!roster.out().contains("passed"));
            });
        }
    });
}

#[test]
fn worker_demo_counts_to_40_in_threads_and_to_0_in_processes() {
    in_both(|language| {
        let both = [("thread", "counter: 40"), ("fork", "counter: 0")];
        for (model, last) in both {
            let args = ["--interval", "0.01", "--model", model];
            let demo = done(language, "worker_demo", &args);
            assert_eq!((demo.code, demo.err().as_str()), (0, ""));
            let out = demo.out();
            let mut lines: Vec<_> = out.lines().collect();
            assert_eq!(lines.pop(), Some(last));
            assert_eq!(lines.len(), 40);
            for word in ["abc", "def", "foo", "baz"] {
                let said = lines.iter().filter(|line| line.starts_with(word));
                let said: Vec<_> = said.copied().collect();
                let all = (0..10).map(|index| format!("{word} {index}"));
                assert_eq!(said, all.collect::<Vec<_>>());
            }
        }
        let default = ["--interval", "0"];
        let demo = done(language, "worker_demo", &default);
        assert!(demo.out().ends_with("counter: 40\n"));
    });
}
