//! `http_get` against servers that keep the rules, and some that do not.

#![allow(clippy::unwrap_used)]
// The servers are written with std's sockets: not with the code under test.
#![allow(clippy::disallowed_types)]

mod common;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;

use berkeley::protocols::http::{Response, Step, Wrong};
use common::{
    Finished, Language, Program, dead_port, in_both, interpreter,
    peer_program, program, python, run,
};

fn http_get(language: Language, args: &[&str]) -> Finished {
    run(Command::new(program(language, "http_get")).args(args), b"")
}

/// What `http_get` makes of a response that comes in these pieces, and the
/// request that it sent for it.
fn answered(
    language: Language,
    host: &str,
    path: &str,
    pieces: &[&[u8]],
) -> (Finished, String) {
    let listener = TcpListener::bind((host, 0)).unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    std::thread::scope(|scope| {
        let request = scope.spawn(|| {
            let (mut peer, _) = listener.accept().unwrap();
            peer.set_nodelay(true).unwrap();
            let mut request = vec![];
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                assert_ne!(peer.read(&mut byte).unwrap(), 0, "no request");
                request.push(byte[0]);
            }
            for piece in pieces {
                // A client that has seen enough may have left.
                let _ = peer.write_all(piece);
            }
            String::from_utf8(request).unwrap()
        });
        let finished = http_get(language, &[host, &port, path]);
        let request = request.join().unwrap();
        (finished, request.replace(&port, "PORT"))
    })
}

/// Exit code, stdout and the lines on stderr.
fn told(pieces: &[&[u8]], code: i32, body: &str, lines: &[&str]) {
    in_both(|language| {
        let (got, _) = answered(language, "127.0.0.1", "/", pieces);
        let err = got.err();
        let got = (got.code, got.out(), err.lines().collect::<Vec<_>>());
        assert_eq!(got, (code, body.to_string(), lines.to_vec()));
    });
}

/// A folder with files for Python's own server, removed at the end.
struct Site {
    folder: PathBuf,
    server: Program,
    port: String,
}

impl Site {
    fn new(name: &str, host: &str) -> Option<Site> {
        let folder = format!("berkeley-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        fs::create_dir_all(&folder).unwrap();
        let mut command = Command::new(interpreter()?);
        command.args(["-u", "-m", "http.server", "0", "--bind", host]);
        command.arg("--directory").arg(&folder);
        let server = Program::spawn(&mut command);
        let line = server.wait_for("Serving HTTP on ");
        let mut words = line.split(' ').skip_while(|word| *word != "port");
        let port = words.nth(1).unwrap().to_string();
        Some(Site { folder, server, port })
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
        assert!(self.server.is_running() || std::thread::panicking());
    }
}

#[test]
fn a_file_comes_as_curl_gets_it() {
    let Some(site) = Site::new("file", "127.0.0.1") else { return };
    let Some(curl) = peer_program("curl") else { return };
    let bytes: Vec<u8> = (0..3_000_000_u32)
        .map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()[0])
        .collect();
    fs::write(site.folder.join("big"), &bytes).unwrap();
    let address = format!("http://127.0.0.1:{}/big", site.port);
    let fetched = run(Command::new(curl).args(["-s", &address]), b"");
    assert!(fetched.stdout == bytes, "curl");
    in_both(|language| {
        for path in ["/big", "big"] {
            let got = http_get(language, &["localhost", &site.port, path]);
            assert_eq!(got.code, 0, "{}", got.err());
            assert!(got.stdout == bytes, "{} bytes", got.stdout.len());
            let err = got.err();
            let lines: Vec<&str> = err.lines().collect();
            assert_eq!(lines[0], "HTTP/1.0 200 OK");
            assert!(lines[1].starts_with("head: "), "{err}");
            assert!(lines[1].ends_with(" bytes, body: 3000000 bytes"));
        }
    });
}

#[test]
fn a_page_that_is_not_there_is_shown_and_1() {
    let Some(site) = Site::new("missing", "127.0.0.1") else { return };
    in_both(|language| {
        let got = http_get(language, &["127.0.0.1", &site.port, "/none"]);
        assert_eq!(got.code, 1);
        assert!(got.err().starts_with("HTTP/1.0 404 File not found\nhead: "));
        assert!(got.out().contains("Error code: 404"), "{}", got.out());
    });
}

#[test]
fn a_server_on_ipv6_is_reached() {
    let Some(site) = Site::new("v6", "::1") else { return };
    fs::write(site.folder.join("index.html"), "six").unwrap();
    in_both(|language| {
        let got = http_get(language, &["::1", &site.port]);
        assert_eq!((got.code, got.out().as_str()), (0, "six"));
    });
}

#[test]
fn the_request_names_the_host_and_the_port() {
    let ok = &b"HTTP/1.1 204 No Content\r\n\r\n"[..];
    in_both(|language| {
        for (host, path, first, name) in [
            ("127.0.0.1", "/", "/", "127.0.0.1:PORT"),
            ("localhost", "/a?b=c#d", "/a?b=c#d", "localhost:PORT"),
            ("::1", "%20/ä", "/%20/ä", "[::1]:PORT"),
        ] {
            let (got, request) = answered(language, host, path, &[ok]);
            assert_eq!((got.code, got.out().as_str()), (0, ""));
            let rest = "Connection: close\r\n\r\n";
            let expected =
                format!("GET {first} HTTP/1.1\r\nHost: {name}\r\n{rest}");
            assert_eq!(request, expected);
        }
    });
}

const CHUNKED: &str = r"
import http.server

class Chunks(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        self.send_response(200)
        self.send_header('Transfer-Encoding', 'chunked')
        self.send_header('Trailer', 'X-Sum')
        self.end_headers()
        for size in range(1, 300):
            piece = bytes(byte % 256 for byte in range(size))
            self.wfile.write(b'%X;n=1\r\n%s\r\n' % (size, piece))
        self.wfile.write(b'0\r\nX-Sum: 1\r\n\r\n')

server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Chunks)
print('port', server.server_port, flush=True)
server.serve_forever()
";

#[test]
fn chunks_are_joined() {
    let Some(mut script) = python(CHUNKED, &[]) else { return };
    let server = Program::spawn(&mut script);
    let line = server.wait_for("port ");
    let port = line.strip_prefix("port ").unwrap();
    let bytes: Vec<u8> = (1..300_u32)
        .flat_map(|size| (0..size).map(|byte| byte.to_le_bytes()[0]))
        .collect();
    in_both(|language| {
        let got = http_get(language, &["127.0.0.1", port]);
        assert_eq!(got.code, 0, "{}", got.err());
        assert!(got.stdout == bytes, "{} bytes", got.stdout.len());
        assert!(got.err().ends_with("body: 44850 bytes\n"), "{}", got.err());
    });
}

#[test]
fn pieces_of_one_byte_are_a_response() {
    let response = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\
        transfer-ENCODING: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    let pieces: Vec<&[u8]> = response.chunks(1).collect();
    let lines = ["HTTP/1.1 200 OK", "head: 47 bytes, body: 5 bytes"];
    told(&pieces, 0, "hello", &lines);
}

#[test]
fn a_response_ends_before_the_connection_when_it_says_so() {
    let response = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi, more";
    let lines = ["HTTP/1.1 200 OK", "head: 38 bytes, body: 2 bytes"];
    told(&[response], 0, "hi", &lines);
}

#[test]
fn a_short_body_is_shown_and_1() {
    let counted = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello";
    let wrong = "http_get: response: the connection ended after 5 of 10 bytes";
    let sizes = "head: 39 bytes, body: 5 bytes";
    told(&[counted], 1, "hello", &["HTTP/1.1 200 OK", sizes, wrong]);
    let chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
        5\r\nhello\r\n";
    let wrong =
        "http_get: response: the connection ended before the last chunk";
    let sizes = "head: 47 bytes, body: 5 bytes";
    told(&[chunks], 1, "hello", &["HTTP/1.1 200 OK", sizes, wrong]);
}

#[test]
fn a_bad_chunk_is_an_error() {
    let chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
        5\r\nhello, world\r\n";
    let sizes = "head: 47 bytes, body: 5 bytes";
    let wrong = "http_get: response: a bad chunk";
    told(&[chunks], 1, "hello", &["HTTP/1.1 200 OK", sizes, wrong]);
}

#[test]
fn garbage_is_an_error_in_one_line() {
    let is = |response: &[u8], why: &str| {
        told(&[response], 1, "", &[&format!("http_get: response: {why}")]);
    };
    is(b"", "the connection ended without an answer");
    is(b"\x00\xff\xfe\n\n", "no status line of HTTP/1");
    is(b"Who's there?\n", "no status line of HTTP/1");
    is(b"HTTP/1.1 200 OK\r\nServer", "the connection ended in the head");
    is(b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "a header line without a name");
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx";
    is(head, "a bad Content-Length");
    is(&b"x".repeat(70_000), "a head of more than 65536 bytes");
}

#[test]
fn a_terminal_is_safe_from_the_status_line() {
    let response = b"HTTP/1.0 200 \x1b[2J\xff\r\n\r\n";
    let lines =
        ["HTTP/1.0 200 \\x1b[2J\\xff", "head: 22 bytes, body: 0 bytes"];
    told(&[response], 0, "", &lines);
}

#[test]
fn who_does_not_answer_is_named() {
    let (port, _held) = dead_port();
    in_both(|language| {
        let got = http_get(language, &["127.0.0.1", &port]);
        let line = format!(
            "http_get: connect: ECONNREFUSED: Connection refused \
             (127.0.0.1:{port})\n"
        );
        assert_eq!((got.code, got.err()), (1, line));
        let got = http_get(language, &["no-such-host.invalid", &port]);
        assert_eq!(got.code, 1);
        assert!(got.err().starts_with("http_get: getaddrinfo: EAI_"));
        assert_eq!(got.err().lines().count(), 1);
    });
}

#[test]
fn bad_usage_is_2_with_the_usage() {
    let bad: [&[&str]; 9] = [
        &[],
        &["localhost", "65536"],
        &["localhost", "-1"],
        &["localhost", ""],
        &["localhost", "no-such-service"],
        &["localhost", "80", "/a b"],
        &["localhost", "80", "/\r\nX: y"],
        &["localhost", "80", "/", "more"],
        &["--hel"],
    ];
    in_both(|language| {
        for args in bad {
            let got = http_get(language, args);
            assert_eq!((got.code, got.out().as_str()), (2, ""), "{args:?}");
            assert!(got.err().contains("Usage: http_get <HOST>"), "{args:?}");
        }
    });
}

#[test]
fn the_twins_have_the_same_help() {
    for question in ["--help", "-h", "--version", "-V"] {
        let [rust, c] =
            Language::BOTH.map(|language| http_get(language, &[question]));
        assert_eq!((c.code, c.out()), (rust.code, rust.out()));
        assert_eq!(rust.code, 0);
    }
}

const RESPONSES: [&str; 12] = [
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, more",
    "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\nX: y\r\n\r\nhell",
    "HTTP/1.0 404 Not here\nDate: never\n\n\0\r\n",
    "HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n123456789",
    "HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
     5;a=b\r\nhello\r\n0A \r\n0123456789\r\n0\r\nX: y\r\n\r\nrest",
    "HTTP/1.1 200 OK\nTransfer-Encoding:\n chunked\n\n1\nx\n0\n\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx",
    "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\nx",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
     ffffffffffffffff\r\nx",
    "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n: x\r\n\r\nhi",
    "HTTP/1.1 200 OK\r\n folded\r\n\r\n",
];

/// What the parser says of a response that comes whole.
fn parsed(response: &[u8]) -> Vec<u8> {
    let (mut parser, mut body) = (Response::begin(), vec![]);
    let mut read = |mut input: &[u8]| -> Result<(), Wrong> {
        loop {
            match parser.next(&mut input)? {
                Step::More => return parser.end(),
                Step::Head => {}
                Step::Body(piece) => body.extend_from_slice(piece),
                Step::Over => return Ok(()),
            }
        }
    };
    let wrong = match read(response) {
        Ok(()) => "nothing".to_string(),
        Err(wrong) => wrong.to_string(),
    };
    let (status, head) = (parser.status(), parser.head_size());
    [format!("{status} {head} {wrong}\n").as_bytes(), &body].concat()
}

/// The twins read alike, however it is cut, also what a few wrong bytes made
/// of a response.
#[test]
fn both_parsers_read_alike() {
    let driver = program(Language::C, "http_driver");
    let mut random = 2_463_534_242_u32;
    let mut up_to = |end: usize| {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        random as usize % end
    };
    for round in 0..20 {
        for response in RESPONSES {
            let mut response = response.as_bytes().to_vec();
            for _ in 0..round % 4 {
                let letters = b"\r\n\t :;,-+0f\x00\xff";
                let letter = letters[up_to(letters.len())];
                let place = up_to(response.len());
                match up_to(3) {
                    0 => response[place] = letter,
                    1 => response.insert(place, letter),
                    _ => drop(response.remove(place)),
                }
            }
            let told = run(&mut Command::new(&driver), &response);
            let (c, rust) = (told.out(), parsed(&response));
            let rust = String::from_utf8_lossy(&rust);
            assert_eq!(c, rust, "{}", response.escape_ascii());
            assert_eq!(told.code, 0);
        }
    }
}
