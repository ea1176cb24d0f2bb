//! What `knock` promises, in both languages and under every model.

#![allow(clippy::unwrap_used)]

mod common;

use std::io::Write;
use std::time::{Duration, Instant};

use common::{
    Case, Conversation, SOON, Server, everywhere, in_both, kernel, program,
    promptly, run, under, until,
};

const JOKE: &[u8] = b"Knock, knock\nSpell\nOkay, S-P-E-L-L\n";
const LAUGH: &[u8] = b"Who's there?\nSpell who?\nHa, ha, ha!\n";
const LOST: &[u8] = b"I don't understand\n";

/// One model of each way to call `recv`: blocking in a process, blocking in
/// a thread, and not blocking.
const THREE: [&str; 3] = ["fork", "pool", "epoll"];

fn knock(case: Case) -> Server {
    case.server("knock").start()
}

/// A peer whose joke has got to the word.
fn begun(server: &Server) -> Conversation {
    let mut peer = server.say(b"Knock, knock\n");
    peer.expect(b"Who's there?\n");
    peer
}

#[test]
fn a_joke_is_told_line_by_line_and_ends_with_a_fin() {
    everywhere(|case| {
        let mut server = knock(case);
        let mut peer = begun(&server);
        peer.say(b"Spell\n");
        peer.expect(b"Spell who?\n");
        peer.say(b"Okay, S-P-E-L-L\n");
        peer.expect_last(b"Ha, ha, ha!\n");
        // Otherwise the server waits for its FIN, before it ends.
        drop(peer);
        assert_eq!(server.interrupt(), 0);
    });
}

#[test]
fn the_handouts_two_spellings_and_both_line_ends_are_understood() {
    everywhere(|case| {
        let server = knock(case);
        let jokes: [&[u8]; 3] = [
            b"Knock, Knock\nSpell\nX\n",
            b"Knock, knock\r\nSpell\r\nX\r\n",
            b"Knock, Knock\r\nSpell\nX\r\n",
        ];
        for joke in jokes {
            server.say(joke).expect_last(LAUGH);
        }
    });
}

#[test]
fn a_joke_is_the_same_cut_at_every_byte() {
    everywhere(|case| {
        let server = knock(case);
        for cut in 1..JOKE.len() {
            let (head, tail) = JOKE.split_at(cut);
            let mut peer = server.say(head);
            // What is said to the head shows that it was read by itself.
            let said = match cut {
                ..13 => 0,
                13..19 => 13,
                _ => 24,
            };
            peer.expect(&LAUGH[..said]);
            peer.say(tail);
            peer.expect_last(&LAUGH[said..]);
        }
    });
}

#[test]
fn a_joke_byte_by_byte_is_a_joke() {
    everywhere(|case| {
        let server = knock(case);
        let mut peer = server.connect();
        for byte in JOKE {
            peer.say(&[*byte]);
        }
        peer.expect_last(LAUGH);
    });
}

#[test]
fn a_joke_in_one_segment_gets_all_three_answers() {
    everywhere(|case| {
        let server = knock(case);
        server.say(JOKE).expect_last(LAUGH);
        // What comes behind the joke is thrown away, and is no reason for
        // a RST.
        let mut peer = server.say(JOKE);
        let _ = peer.write_all(&vec![b'x'; 100_000]);
        peer.finish();
        peer.expect_last(LAUGH);
    });
}

#[test]
fn any_other_first_line_is_not_understood() {
    let wrong: [&[u8]; 8] = [
        b"\n",
        b"\r\n",
        b"knock, knock\n",
        b"KNOCK, KNOCK\n",
        b"Knock, knock \n",
        b" Knock, knock\n",
        b"Knock,knock\n",
        b"Knock, knock\0\n",
    ];
    everywhere(|case| {
        let server = knock(case);
        for line in wrong {
            server.say(line).expect_last(LOST);
        }
        server.say(b"Spell\nmore\nKnock, knock\n").expect_last(LOST);
    });
}

#[test]
fn word_and_punchline_are_any_bytes() {
    everywhere(|case| {
        let server = knock(case);
        let empty = b"Knock, knock\n\n\n";
        let said = b"Who's there?\n who?\nHa, ha, ha!\n";
        server.say(empty).expect_last(said);
        let again = b"Knock, knock\nKnock, knock\nKnock, knock\n";
        let said = b"Who's there?\nKnock, knock who?\nHa, ha, ha!\n";
        server.say(again).expect_last(said);
        let bytes: Vec<u8> = (0..=255).filter(|&b| b != b'\n').collect();
        let mut peer = begun(&server);
        peer.say(&bytes);
        peer.say(b"\n");
        let said = [&bytes, &b" who?\n"[..]].concat();
        peer.expect(&said);
        peer.say(b"\0\xff\n");
        peer.expect_last(b"Ha, ha, ha!\n");
    });
}

#[test]
fn a_cr_inside_a_line_belongs_to_it() {
    under(&THREE, |case| {
        let server = knock(case);
        let mut peer = begun(&server);
        peer.say(b"a\rb\r\r\n");
        peer.expect(b"a\rb\r who?\n");
    });
}

#[test]
fn a_line_of_280_bytes_is_taken_and_byte_281_ends_it() {
    everywhere(|case| {
        let server = knock(case);
        let long = [b'x'; 281];
        for end in [&b"\n"[..], b"\r\n"] {
            let mut peer = begun(&server);
            peer.say(&[&long[1..], end].concat());
            peer.expect(&[&long[1..], &b" who?\n"[..]].concat());
        }
        // Without a line end: it is not waited for.
        let mut peer = begun(&server);
        peer.say(&long[..280]);
        assert!(peer.is_silent_for(Duration::from_millis(50)));
        peer.say(b"x");
        peer.expect_last(LOST);
        server.say(&long).expect_last(LOST);
        let mut peer = begun(&server);
        peer.say(b"Spell\n");
        peer.expect(b"Spell who?\n");
        peer.say(&long);
        peer.expect_last(LOST);
    });
}

#[test]
fn a_mebibyte_without_an_end_is_refused_without_a_reset() {
    everywhere(|case| {
        let server = knock(case);
        let mut peer = server.connect();
        peer.say(&vec![b'x'; 1 << 20]);
        peer.finish();
        peer.expect_last(LOST);
    });
}

#[test]
fn a_line_cut_by_the_end_is_no_line() {
    everywhere(|case| {
        let server = knock(case);
        let peers: [(&[u8], &[u8]); 4] = [
            (b"", b""),
            (b"Knock, knock", b""),
            (b"wrong", b""),
            (b"Knock, knock\nSpell", b"Who's there?\n"),
        ];
        for (said, answer) in peers {
            let mut peer = server.say(said);
            peer.finish();
            peer.expect_last(answer);
        }
    });
}

#[test]
fn a_peer_that_leaves_in_mid_joke_is_simply_gone() {
    everywhere(|case| {
        let mut server = knock(case);
        drop(begun(&server));
        begun(&server).reset();
        drop(server.connect());
        server.say(JOKE).expect_last(LAUGH);
        let said = server.stderr();
        assert!(said.is_empty(), "a word about a peer: {said:?}");
        assert_eq!(server.interrupt(), 0);
    });
}

#[test]
fn the_end_is_graceful_for_at_most_two_seconds() {
    under(&THREE, |case| {
        let server = knock(case);
        // The FIN is there at once; the socket goes when the peer's FIN
        // comes or when two seconds are over, however much is sent.
        promptly(Duration::from_secs(1), || {
            let start = Instant::now();
            let mut peer = server.say(JOKE);
            peer.expect_last(LAUGH);
            let lasted = start.elapsed();
            is_closed_after_two_seconds(&server, &mut peer, start);
            lasted
        });
    });
}

/// By a RST: only that tells, as FIN_WAIT1 and FIN_WAIT2 belong to a
/// descriptor as well as to none.
fn is_closed_after_two_seconds(
    server: &Server,
    peer: &mut Conversation,
    start: Instant,
) {
    let port = peer.port();
    let is_open = || {
        let rows = kernel::sockets_of(server.port());
        rows.iter().any(|row| row.remote == port)
    };
    until(SOON, "a RST to a peer that does not end", || {
        std::thread::sleep(Duration::from_millis(100));
        peer.write_all(b"still here\n").is_err() || !is_open()
    });
    let lasted = start.elapsed();
    assert!(lasted >= Duration::from_secs(2), "closed after {lasted:?}");
}

#[test]
fn framing_by_recv_takes_a_segment_for_a_message() {
    everywhere(|case| {
        let server = case.server("knock").args(["--framing", "recv"]).start();
        let mut peer = server.say(b"Knock, knock");
        peer.expect(b"Who's there?\n");
        peer.say(b"Spell\r\n");
        peer.expect(b"Spell who?\n");
        peer.say(b"X");
        peer.expect_last(b"Ha, ha, ha!\n");
        // Where it breaks: half a line is a message, two lines are one.
        server.say(b"Knock, kn").expect_last(LOST);
        server.say(JOKE).expect_last(LOST);
    });
}

#[test]
fn the_announcement_is_the_handouts() {
    everywhere(|case| {
        let server = knock(case);
        let line =
            format!("Running knock, knock server on port {}", server.port());
        assert_eq!(server.stdout(), [line]);
        assert_ne!(server.port(), 0);
    });
}

#[test]
fn the_port_is_required_unless_there_is_a_socket_file() {
    in_both(|language| {
        let mut command =
            std::process::Command::new(program(language, "knock"));
        let finished = run(&mut command, b"");
        assert_eq!((finished.code, finished.out()), (2, String::new()));
        assert!(finished.err().contains("--port"), "{}", finished.err());
        assert!(finished.err().contains("Usage:"), "{}", finished.err());
    });
}
