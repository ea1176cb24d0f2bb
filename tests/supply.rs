//! What `supply_server` promises, in both languages and under every model.

#![allow(clippy::unwrap_used)]

mod common;

use std::io::{Read, Write};
use std::time::Duration;

use common::{
    Case, Conversation, SOON, Server, Stream, everywhere, kernel, python, run,
    socket_file, under, until,
};

const ALPHABET: &[u8] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const MOST: usize = 16_384;

/// One model of each way to call `recv`: blocking in a process, blocking in
/// a thread, and not blocking.
const THREE: [&str; 3] = ["fork", "pool", "epoll"];

fn supply(case: Case) -> Server {
    case.server("supply_server").args(["--quiet"]).start()
}

/// The answers to these numbers, one after the other.
fn answers(counts: &[usize]) -> Vec<u8> {
    let stock = ALPHABET.repeat(MOST / ALPHABET.len());
    let each: Vec<_> = counts.iter().map(|&count| &stock[..count]).collect();
    each.concat()
}

/// A peer that comes now is served now.
fn is_served(server: &Server) {
    let mut peer = server.say(b"5\n");
    peer.expect(b"ABCDE");
    peer.finish();
    peer.expect_last(b"");
}

#[test]
fn as_many_bytes_come_as_were_asked_for_until_the_end() {
    everywhere(|case| {
        let mut server = supply(case);
        let mut peer = server.connect();
        for count in [1, 63, 64, 65, 4000, MOST, 1] {
            peer.say(format!("{count}\n").as_bytes());
            peer.expect(&answers(&[count]));
        }
        peer.say(b"00070\r\n");
        peer.expect(&answers(&[70]));
        assert!(peer.is_silent_for(Duration::from_millis(20)));
        peer.finish();
        peer.expect_last(b"");
        assert_eq!(server.interrupt(), 0);
        assert!(server.stderr().is_empty(), "{:?}", server.stderr());
    });
}

#[test]
fn requests_are_the_same_cut_at_every_byte() {
    everywhere(|case| {
        let server = supply(case);
        let requests = b"16384\r\n3\n007\n64\n";
        for cut in 1..requests.len() {
            let (head, tail) = requests.split_at(cut);
            let mut peer = server.say(head);
            let told: &[usize] = match cut {
                ..7 => &[],
                7..9 => &[MOST],
                9..13 => &[MOST, 3],
                _ => &[MOST, 3, 7],
            };
            // What is said to the head shows that it was read by itself.
            peer.expect(&answers(told));
            peer.say(tail);
            peer.expect(&answers(&[MOST, 3, 7, 64][told.len()..]));
        }
        let mut peer = server.connect();
        for byte in requests {
            peer.say(&[*byte]);
        }
        peer.finish();
        peer.expect_last(&answers(&[MOST, 3, 7, 64]));
    });
}

#[test]
fn a_line_that_is_no_request_ends_it_without_an_answer() {
    let wrong: [&[u8]; 16] = [
        b"\n",
        b"\r\n",
        b"0\n",
        b"-1\n",
        b"+1\n",
        b" 1\n",
        b"1 \n",
        b"1.5\n",
        b"16385\n",
        b"99999\n",
        b"000001\n",
        b"0x10\n",
        b"ten\n",
        b"1\0\n",
        b"\xff\n",
        b"4294967297\n",
    ];
    everywhere(|case| {
        let mut server = supply(case);
        for line in wrong {
            server.say(line).expect_last(b"");
            // The answers before it arrive, nothing comes after it.
            let said = [b"16384\n7\n", line, b"5\n"].concat();
            server.say(&said).expect_last(&answers(&[MOST, 7]));
        }
        is_served(&server);
        assert_eq!(server.interrupt(), 0);
        let said = server.stderr();
        assert_eq!(said.len(), 2 * wrong.len(), "{said:#?}");
        for (line, of) in said.chunks(2).zip(wrong) {
            let why = ": no number from 1 to 16384: ";
            assert!(line[0].contains(why), "{of:?}: {line:?}");
        }
    });
}

#[test]
fn the_console_is_told_what_was_wrong() {
    under(&THREE, |case| {
        let mut server = supply(case);
        for (line, why) in [
            (&b"ab\xff\n"[..], "\"ab\\xff\""),
            (b"\r\n", "\"\""),
            (b"123456", "a line of more than 5 bytes"),
        ] {
            let mut peer = server.say(line);
            peer.expect_last(b"");
            let told = format!(
                "supply_server: 127.0.0.1:{}: no number from 1 to 16384: \
                 {why}",
                peer.port()
            );
            assert_eq!(server.wait_for(&peer.port().to_string()), told);
        }
        assert_eq!(server.interrupt(), 0);
    });
}

#[test]
fn a_line_cut_by_the_end_is_no_line() {
    everywhere(|case| {
        let mut server = supply(case);
        for (said, heard) in [(&b"5"[..], &b""[..]), (b"2\n5\r", b"AB")] {
            let mut peer = server.say(said);
            peer.finish();
            peer.expect_last(heard);
        }
        assert_eq!(server.interrupt(), 0);
        assert!(server.stderr().is_empty(), "{:?}", server.stderr());
    });
}

#[test]
fn a_thousand_requests_in_one_segment_are_answered_to_the_byte() {
    let counts: Vec<_> = (1..=1000).map(|n| n * 16).collect();
    let lines: Vec<_> = counts.iter().map(usize::to_string).collect();
    let lines = lines.join("\n") + "\n";
    let (all, most) = (answers(&counts), answers(&[MOST]));
    everywhere(|case| {
        let server = supply(case);
        let mut peer = server.say(lines.as_bytes());
        peer.finish();
        let heard = peer.rest();
        assert!(heard == all, "{} bytes", heard.len());
        // The lines end differently, and so do the pieces that recv makes.
        let mut peer = server.say(&b"16384\r\n".repeat(1000));
        peer.finish();
        let mut heard = vec![0; MOST];
        for round in 0..1000 {
            peer.read_exact(&mut heard).unwrap();
            assert!(heard == most, "answer {round}");
        }
        peer.expect_last(b"");
    });
}

#[test]
fn who_asks_and_does_not_read_stalls_only_himself_and_costs_little() {
    let most = answers(&[MOST]);
    everywhere(|case| {
        let mut server = supply(case);
        let mut deaf = server.connect();
        let asked = deaf_requests(&mut deaf);
        let mut another = None;
        if !case.is_alone() {
            deaf_requests(another.insert(server.connect()));
            for _ in 0..20 {
                is_served(&server);
            }
        }
        if case.model == "fork" {
            until(SOON, "the children of the others have ended", || {
                server.descendants().len() == 2
            });
        }
        let mut family = server.descendants();
        family.push(server.pid());
        for pid in family {
            let memory = kernel::resident(pid);
            assert!(memory < 32 << 20, "{memory} bytes for deaf peers");
        }
        drop(another);
        // And once he reads, every byte is there.
        deaf.finish();
        let heard = deaf.rest();
        assert_eq!(heard.len() / MOST, asked);
        assert!(heard.chunks(MOST).all(|answer| answer == most));
        assert_eq!(server.interrupt(), 0);
    });
}

/// Asks for more than all buffers on the way hold; how often.
fn deaf_requests(peer: &mut Conversation) -> usize {
    let lines = b"16384\n".repeat(1000);
    let mut sent = 0;
    while sent <= 9000 {
        // Where the last line was cut, the next piece goes on.
        match peer.say_some(&lines[sent % 6..]) {
            0 if peer.is_deaf() => break,
            taken => sent += taken,
        }
    }
    sent / 6
}

#[test]
fn garbage_ends_the_conversation_and_nothing_else() {
    everywhere(|case| {
        let mut server = supply(case);
        let mut state = 1_u32;
        for length in (0..40).map(|round| round * 37) {
            let garbage = std::iter::repeat_with(|| {
                state = state.wrapping_mul(1_664_525).wrapping_add(12345);
                state.to_be_bytes()[0]
            });
            let garbage: Vec<u8> = garbage.take(length).collect();
            let mut peer = server.say(&garbage);
            peer.finish();
            assert_eq!(peer.rest(), b"", "{length}");
        }
        is_served(&server);
        assert_eq!(server.interrupt(), 0);
    });
}

#[test]
fn mebibytes_without_an_end_are_refused_without_a_reset() {
    everywhere(|case| {
        let server = supply(case);
        let mut peer = server.say(b"5\n");
        peer.expect(b"ABCDE");
        peer.write_all(&vec![b'x'; 8 << 20]).unwrap();
        peer.finish();
        peer.expect_last(b"");
    });
}

#[test]
fn a_peer_that_leaves_in_mid_answer_is_simply_gone() {
    everywhere(|case| {
        let mut server = supply(case);
        for _ in 0..10 {
            server.say(&b"16384\n".repeat(200)).reset();
            drop(server.say(&b"16384\n".repeat(200)));
        }
        is_served(&server);
        assert_eq!(server.interrupt(), 0);
        assert!(server.stderr().is_empty(), "{:?}", server.stderr());
    });
}

#[test]
fn it_says_where_it_is_and_who_came() {
    everywhere(|case| {
        let mut server = case.server("supply_server").start();
        let line = format!("Supplying bytes on 127.0.0.1:{}", server.port());
        let mut peer = server.say(b"5\n");
        peer.expect(b"ABCDE");
        let came = format!("connection - 127.0.0.1:{}", peer.port());
        drop(peer);
        assert_eq!(server.interrupt(), 0);
        let lines = [(Stream::Out, line), (Stream::Out, came)];
        assert_eq!(server.lines(), lines);
        let path = socket_file();
        let mut server = case.server("supply_server").unix(&path).start();
        let line = format!("Supplying bytes on {}", path.display());
        assert_eq!(server.announcement, line);
        is_served(&server);
        assert_eq!(server.interrupt(), 0);
    });
}

#[test]
fn quiet_leaves_the_announcement_alone() {
    everywhere(|case| {
        let mut server = supply(case);
        is_served(&server);
        assert_eq!(server.interrupt(), 0);
        assert_eq!(server.lines().len(), 1, "{:?}", server.lines());
    });
}

#[test]
fn a_client_in_python_gets_what_it_asks_for() {
    let script = "
import socket, string, sys
letters = string.ascii_uppercase + string.ascii_lowercase + string.digits
letters = (letters + '+/').encode()
for count in (1, 4000, 16384):
    s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
    for _ in range(20):
        s.sendall(b'%d\\n' % count)
        back = b''
        while len(back) < count:
            piece = s.recv(count - len(back))
            if not piece: sys.exit('it ended')
            back += piece
        if back != (letters * 256)[:count]: sys.exit('other bytes')
    s.shutdown(socket.SHUT_WR)
    print(s.recv(1))
    s.close()";
    everywhere(|case| {
        let server = supply(case);
        let port = server.port().to_string();
        let Some(mut python) = python(script, &[&port]) else { return };
        let done = run(&mut python, b"");
        assert_eq!(done.out(), "b''\n".repeat(3), "{}", done.err());
    });
}
