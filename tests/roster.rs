//! What `roster_server` promises, in both languages and under every model.
//! The pickles come from CPython's own `pickle`.

#![allow(clippy::unwrap_used)]

mod common;

use std::io::Write;
use std::process::Command;
use std::sync::OnceLock;

use common::{
    Case, Conversation, Server, everywhere, interpreter, python, run, under,
};

const ACKNOWLEDGED: &[u8] = b"\x80\x04K\x01.";
const LINE: &str = "Connected: Student: Alice Brown, Github Username: \
                    abrown, sid: 123456789";
const THREE: [&str; 3] = ["iterative", "thread", "epoll"];

fn roster(case: Case) -> Server {
    case.server("roster_server").start()
}

/// A peer that has been told its client id.
fn greeted(server: &Server) -> Conversation {
    let mut peer = server.connect();
    let [low, high] = peer.port().to_le_bytes();
    peer.expect(b"\x80\x04\x95\x12\0\0\0\0\0\0\0}\x94\x8c\x08clientid\x94M");
    peer.expect(&[low, high, b's', b'.']);
    peer
}

/// What Python pickles, `EXPRESSION` having `P(x, protocol)` for it.
fn pickled(expression: &str) -> Option<Vec<u8>> {
    let script = "
import pickle, sys
def P(x, protocol=4): return pickle.dumps(x, protocol=protocol)
A = {'student_name': 'Alice Brown', 'github_username': 'abrown',
     'sid': 123456789}
sys.stdout.buffer.write(eval(sys.argv[1]))";
    let done = run(&mut python(script, &[expression])?, b"");
    assert_eq!(done.code, 0, "{expression}: {}", done.err());
    Some(done.stdout)
}

/// The student of the handout, made once.
fn alice() -> Option<&'static [u8]> {
    static ALICE: OnceLock<Option<Vec<u8>>> = OnceLock::new();
    ALICE.get_or_init(|| pickled("P(A)")).as_deref()
}

/// The server refuses it, says one line, closes this peer and serves on.
fn is_refused(case: Case, server: &Server, pickle: &[u8], what: &str) {
    let before = server.lines().len();
    let mut peer = greeted(server);
    // It may be refused before all of it is sent.
    let _ = peer.write_all(pickle);
    let answer = peer.has_ended();
    assert_eq!(answer, Ok(()), "{case}: {what} was not refused");
    common::until(common::SOON, &format!("a line about {what}"), || {
        server.lines().len() > before
    });
    let lines = server.lines().split_off(before);
    assert_eq!(lines.len(), 1, "{what}: {lines:?}");
    let text = &lines[0].1;
    assert!(!text.starts_with("Connected"), "{what}: {text}");
    assert!(text.len() < 300, "{what}: a very long line");
}

#[test]
fn a_student_is_greeted_shown_and_acknowledged() {
    let Some(alice) = alice() else { return };
    everywhere(|case| {
        let mut server = roster(case);
        let line = format!("Listening at 127.0.0.1/{}", server.port());
        assert_eq!(server.announcement, line);
        let mut peer = greeted(&server);
        peer.say(alice);
        peer.expect(ACKNOWLEDGED);
        // The server never closes first: back to the next one.
        peer.say(alice);
        peer.expect(ACKNOWLEDGED);
        peer.finish();
        peer.expect_last(b"");
        server.interrupt();
        assert_eq!(server.stdout(), [line.as_str(), LINE, LINE]);
        assert!(server.stderr().is_empty(), "{:?}", server.stderr());
    });
}

#[test]
fn three_pickles_in_one_segment_are_three() {
    let Some(alice) = alice() else { return };
    everywhere(|case| {
        let server = roster(case);
        let mut peer = greeted(&server);
        peer.say(&alice.repeat(3));
        peer.expect(&ACKNOWLEDGED.repeat(3));
        let (head, tail) = alice.split_at(40);
        peer.say(&[alice, head].concat());
        peer.expect(ACKNOWLEDGED);
        peer.say(tail);
        peer.expect(ACKNOWLEDGED);
    });
}

#[test]
fn a_pickle_may_come_byte_by_byte() {
    let Some(alice) = alice() else { return };
    everywhere(|case| {
        let server = roster(case);
        let mut peer = greeted(&server);
        for byte in alice {
            peer.say(&[*byte]);
        }
        peer.expect(ACKNOWLEDGED);
    });
}

#[test]
fn every_protocol_of_pickle_is_understood() {
    let pickles: Option<Vec<_>> =
        (0..6).map(|p| pickled(&format!("P(A, {p})"))).collect();
    let Some(pickles) = pickles else { return };
    everywhere(|case| {
        let server = roster(case);
        let mut peer = greeted(&server);
        for pickle in &pickles {
            peer.say(pickle);
            peer.expect(ACKNOWLEDGED);
        }
        common::until(common::SOON, "as many lines", || {
            server.stdout().len() > pickles.len()
        });
        let shown = server.stdout();
        assert!(shown[1..].iter().all(|line| line == LINE), "{shown:?}");
    });
}

#[test]
fn values_are_shown_as_pythons_str_shows_them() {
    let values = "['Zoë', '', 'a\\nb', 0, -1, 255, 65536, 2**31, -2**63, \
                  2**70, -2**300, 1.0, 0.1, 1e100, 1e16, 123456789012345.0, \
                  1.5e-7, -0.0, float('inf'), float('nan'), True, False, \
                  None]";
    let send = format!(
        "b''.join(P(dict(A, sid=v), p) for v in {values} for p in (0, 2, 4))"
    );
    let show = format!(
        "'\\n'.join(f'Connected: Student: Alice Brown, Github Username: \
         abrown, sid: {{v}}' for v in {values} for p in (0, 2, 4)).encode()"
    );
    let (Some(send), Some(show)) = (pickled(&send), pickled(&show)) else {
        return;
    };
    let show = String::from_utf8(show).unwrap();
    let count = show.matches("Connected:").count();
    under(&THREE, |case| {
        let server = roster(case);
        let mut peer = greeted(&server);
        peer.say(&send);
        peer.expect(&ACKNOWLEDGED.repeat(count));
        // Each is acknowledged first, and shown then.
        common::until(common::SOON, "as many lines", || {
            server.stdout().len() > count
        });
        let printed = server.stdout()[1..].join("\n");
        // A line end inside a name must not forge a line: how it is shown
        // is the program's choice, so only the other lines are compared.
        let plain = |text: &str| -> Vec<String> {
            let lines = text.lines().filter(|line| line.starts_with("Conn"));
            let sure = lines.filter(|line| !line.contains("sid: a"));
            sure.map(str::to_string).collect()
        };
        assert_eq!(plain(&printed), plain(&show));
    });
}

#[test]
fn other_keys_are_ignored_and_so_is_their_order() {
    let more = "P({'sid': 1, 'x': [1, (2, {'y': b'z'})], 'github_username': \
                'g', 7: None, 'student_name': 'n'})";
    let Some(more) = pickled(more) else { return };
    everywhere(|case| {
        let server = roster(case);
        let mut peer = greeted(&server);
        peer.say(&more);
        peer.expect(ACKNOWLEDGED);
        server.wait_for("Connected: Student: n, Github Username: g, sid: 1");
    });
}

#[test]
fn wrong_types_and_missing_keys_close_only_that_peer() {
    let Some(alice) = alice() else { return };
    let wrong = [
        "P(1)",
        "P([A])",
        "P(None)",
        "P({})",
        "P({'student_name': 'x', 'sid': 1})",
        "P(dict(A, sid=[1]))",
        "P(dict(A, sid=(1,)))",
        "P(dict(A, student_name={}))",
        "P({k.encode(): v for k, v in A.items()})",
    ];
    let pickles = wrong.map(|what| (what, pickled(what).unwrap()));
    everywhere(|case| {
        let server = roster(case);
        // A model that serves one at a time has no place for a bystander.
        let bystander = (!case.is_alone()).then(|| greeted(&server));
        for (what, pickle) in &pickles {
            is_refused(case, &server, pickle, what);
        }
        if let Some(mut bystander) = bystander {
            bystander.say(alice);
            bystander.expect(ACKNOWLEDGED);
        }
        let mut peer = greeted(&server);
        peer.say(alice);
        peer.expect(ACKNOWLEDGED);
    });
}

/// Pickles that name code, lie, or grow, as bytes: no Python makes them.
fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let deep = |open: &[u8], depth: usize| {
        [b"\x80\x04", &*open.repeat(depth)].concat()
    };
    let dots = |body: &[u8]| [body, b"."].concat();
    vec![
        ("GLOBAL", b"cos\nsystem\n(S'true'\ntR.".to_vec()),
        ("STACK_GLOBAL", b"\x80\x04\x8c\x02os\x8c\x06system\x93.".to_vec()),
        ("INST", b"(S'true'\nios\nsystem\n.".to_vec()),
        ("OBJ", b"(cos\nsystem\no.".to_vec()),
        ("REDUCE", b"\x80\x04K\x01)R.".to_vec()),
        ("BUILD", b"\x80\x04}}b.".to_vec()),
        ("NEWOBJ", b"\x80\x04K\x01)\x81.".to_vec()),
        ("NEWOBJ_EX", b"\x80\x04K\x01)}\x92.".to_vec()),
        ("EXT1", b"\x80\x04\x82\x01.".to_vec()),
        ("PERSID", b"Pname\n.".to_vec()),
        ("BINPERSID", b"\x80\x04K\x01Q.".to_vec()),
        ("no pickle", b"GET / HTTP/1.1\r\n\r\n".to_vec()),
        ("an unknown opcode", b"\x80\x04\xff.".to_vec()),
        ("protocol 6", b"\x80\x06K\x01.".to_vec()),
        ("an empty stack", b"\x80\x04.".to_vec()),
        ("a memo never put", b"\x80\x04h\x07.".to_vec()),
        ("a mark never set", b"\x80\x04t.".to_vec()),
        (
            "a frame of 16 EiB",
            b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\xff}.".to_vec(),
        ),
        ("a string of 4 GiB", b"\x80\x04X\xff\xff\xff\xff".to_vec()),
        (
            "bytes of 16 EiB",
            b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\xff".to_vec(),
        ),
        ("an int of -1 bytes", b"\x80\x04\x8b\xff\xff\xff\xff".to_vec()),
        ("no text", b"\x80\x04\x8c\x02\xff\xfe.".to_vec()),
        ("33 lists in one another", {
            let closed = b"a".repeat(32);
            dots(&[deep(b"]", 33), closed].concat())
        }),
        ("100,000 lists", deep(b"]", 100_000)),
        (
            "more than 64 KiB",
            [&b"\x80\x04X\0\0\x01\0"[..], &[b'x'; 65536]].concat(),
        ),
        (
            "64 KiB without STOP",
            [&b"\x80\x04"[..], &b"N0".repeat(40_000)].concat(),
        ),
    ]
}

#[test]
fn pickles_that_name_code_or_lie_or_grow_are_refused() {
    let Some(alice) = alice() else { return };
    let bombs = bombs();
    everywhere(|case| {
        let mut server = roster(case);
        for (what, bomb) in &bombs {
            is_refused(case, &server, bomb, what);
        }
        let mut peer = greeted(&server);
        peer.say(alice);
        peer.expect(ACKNOWLEDGED);
        drop(peer);
        assert_eq!(server.interrupt(), 0);
    });
}

#[test]
fn a_frame_that_ends_inside_a_string_is_refused() {
    let Some(alice) = alice() else { return };
    let mut liar = alice.to_vec();
    // The student's pickle but for this: its first string is longer.
    liar[3] = 10;
    under(&THREE, |case| {
        is_refused(case, &roster(case), &liar, "a frame that lies");
    });
}

#[test]
fn what_grows_by_reference_is_not_copied_out() {
    let Some(alice) = alice() else { return };
    // A list of the list of the list … twice each: 2^30 leaves as text.
    let mut laughs = b"\x80\x04]q\0".to_vec();
    for depth in 1..30_u8 {
        let put = depth - 1;
        laughs.extend([b']', b'q', depth, b'(', b'h', put, b'h', put, b'e']);
    }
    laughs.extend(b"0.");
    under(&THREE, |case| {
        let mut server = roster(case);
        is_refused(case, &server, &laughs, "a billion laughs");
        let mut peer = greeted(&server);
        peer.say(alice);
        peer.expect(ACKNOWLEDGED);
        drop(peer);
        assert_eq!(server.interrupt(), 0);
    });
}

#[test]
fn a_list_that_holds_itself_is_no_student_and_no_loop() {
    let itself = b"\x80\x04]q\0h\0a.";
    under(&THREE, |case| {
        let server = roster(case);
        is_refused(case, &server, itself, "a list in itself");
    });
}

#[test]
fn a_pickle_cut_by_the_end_is_not_acknowledged() {
    let Some(alice) = alice() else { return };
    everywhere(|case| {
        let mut server = roster(case);
        for cut in [1, 2, 10, 11, 30, alice.len() - 1] {
            let mut peer = greeted(&server);
            peer.say(&alice[..cut]);
            peer.finish();
            peer.expect_last(b"");
        }
        let mut peer = greeted(&server);
        peer.say(alice);
        peer.expect(ACKNOWLEDGED);
        drop(peer);
        server.interrupt();
        let shown = server.stdout();
        assert_eq!(shown[1..], [LINE]);
    });
}

#[test]
fn pythons_own_client_passes_the_test() {
    let Some(python) = interpreter() else { return };
    let client = "
import pickle, socket, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
print(pickle.loads(s.recv(4096)) == {'clientid': s.getsockname()[1]})
for sid in (1, None, 2.5):
    s.sendall(pickle.dumps({'student_name': 'Ünal', 'github_username': 'u',
                            'sid': sid}))
    print(pickle.loads(s.recv(4096)))";
    everywhere(|case| {
        let server = roster(case);
        let port = server.port().to_string();
        let mut command = Command::new(python);
        command.arg("-c").arg(client).arg(&port);
        let done = run(&mut command, b"");
        assert_eq!(done.out(), "True\n1\n1\n1\n", "{}", done.err());
        for sid in ["1", "None", "2.5"] {
            server.wait_for(&format!(
                "Connected: Student: Ünal, Github Username: u, sid: {sid}"
            ));
        }
    });
}

#[test]
fn over_a_socket_file_the_client_id_is_its_process() {
    let Some(python) = interpreter() else { return };
    let client = "
import os, pickle, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
print(pickle.loads(s.recv(4096)) == {'clientid': os.getpid()})";
    everywhere(|case| {
        let path = common::socket_file();
        let server = case.server("roster_server").unix(&path).start();
        let mut command = Command::new(python);
        command.arg("-c").arg(client).arg(&path);
        let done = run(&mut command, b"");
        assert_eq!(done.out(), "True\n", "{}", done.err());
        drop(server);
    });
}
