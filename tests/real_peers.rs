//! The servers and clients among programs that this kit did not write.

#![allow(clippy::unwrap_used)]

mod common;

use std::process::Command;

use common::{
    Case, Program, Server, command, everywhere, in_both, peer_program, python,
    run, socket_file, under,
};

const JOKE: &[u8] = b"Knock, knock\nSpell\nOkay\n";
const LAUGH: &str = "Who's there?\nSpell who?\nHa, ha, ha!\n";

fn knock(case: Case) -> Server {
    case.server("knock").start()
}

#[test]
fn netcat_hears_the_joke_with_either_line_end() {
    let Some(nc) = peer_program("nc") else { return };
    everywhere(|case| {
        let server = knock(case);
        for option in ["-N", "-NC"] {
            let mut nc = Command::new(&nc);
            nc.args([option, "127.0.0.1", &server.port().to_string()]);
            let heard = run(&mut nc, JOKE);
            assert_eq!((heard.code, heard.out().as_str()), (0, LAUGH));
        }
    });
}

#[test]
fn netcat_line_by_line_as_the_handout_shows_it() {
    let Some(nc) = peer_program("nc") else { return };
    everywhere(|case| {
        let server = knock(case);
        let mut nc = Command::new(&nc);
        nc.args(["-v", "127.0.0.1", &server.port().to_string()]);
        let mut nc = Program::spawn(&mut nc);
        nc.wait_for("succeeded!");
        for (typed, heard) in [
            ("Knock, Knock", "Who's there?"),
            ("Spell", "Spell who?"),
            ("Okay, S-P-E-L-L", "Ha, ha, ha!"),
        ] {
            nc.type_in(format!("{typed}\n").as_bytes());
            assert_eq!(nc.wait_for(heard), heard);
        }
    });
}

#[test]
fn telnet_hears_the_joke() {
    let Some(telnet) = peer_program("telnet") else { return };
    everywhere(|case| {
        let server = knock(case);
        let mut telnet = Command::new(&telnet);
        telnet.args(["127.0.0.1", &server.port().to_string()]);
        let mut telnet = Program::spawn(&mut telnet);
        telnet.wait_for("Escape character");
        for (typed, heard) in [
            ("Knock, knock", "Who's there?"),
            ("Spell", "Spell who?"),
            ("Okay", "Ha, ha, ha!"),
        ] {
            telnet.type_in(format!("{typed}\n").as_bytes());
            telnet.wait_for(heard);
        }
        telnet.wait_for("Connection closed by foreign host");
    });
}

#[test]
fn socat_hears_the_joke_over_tcp_and_over_a_socket_file() {
    let Some(socat) = peer_program("socat") else { return };
    everywhere(|case| {
        let path = socket_file();
        let over_tcp = knock(case);
        let over_unix = case.server("knock").unix(&path).start();
        let places = [
            format!("TCP:127.0.0.1:{}", over_tcp.port()),
            format!("UNIX-CONNECT:{}", path.display()),
        ];
        for place in places {
            let mut socat = Command::new(&socat);
            let heard = run(socat.args(["-t60", "-", &place]), JOKE);
            assert_eq!((heard.code, heard.out().as_str()), (0, LAUGH));
        }
        drop(over_unix);
        let _ = std::fs::remove_file(&path);
    });
}

#[test]
fn curl_hears_the_joke_as_telnet() {
    let Some(curl) = peer_program("curl") else { return };
    everywhere(|case| {
        let server = knock(case);
        let url = format!("telnet://127.0.0.1:{}", server.port());
        let mut curl = Command::new(&curl);
        let mut curl = Program::spawn(curl.args(["-sN", &url]));
        curl.type_in(JOKE);
        for line in LAUGH.lines() {
            assert_eq!(curl.wait_for(line), line);
        }
        // It stays for what its user still types.
        curl.close_stdin();
    });
}

#[test]
fn curl_is_no_joke() {
    let Some(curl) = peer_program("curl") else { return };
    everywhere(|case| {
        let server = knock(case);
        let url = format!("http://127.0.0.1:{}/", server.port());
        let mut curl = Command::new(&curl);
        let heard = run(curl.args(["-s", "--http0.9", &url]), b"");
        assert_eq!(heard.out(), "I don't understand\n");
    });
}

#[test]
fn pythons_sockets_get_every_byte_back() {
    let script = "
import os, socket, sys, threading
for size in (0, 1, 1000, 3000000):
    out = os.urandom(size)
    s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
    def write():
        s.sendall(out)
        s.shutdown(socket.SHUT_WR)
    t = threading.Thread(target=write)
    t.start()
    back = b''.join(iter(lambda: s.recv(65536), b''))
    t.join()
    s.close()
    print(back == out)";
    everywhere(|case| {
        let server = case.server("echo_server").args(["--quiet"]).start();
        let port = server.port().to_string();
        let Some(mut python) = python(script, &[&port]) else { return };
        let done = run(&mut python, b"");
        assert_eq!(done.out(), "True\n".repeat(4), "{}", done.err());
    });
}

#[test]
fn socat_gets_its_datagram_back() {
    let Some(socat) = peer_program("socat") else { return };
    in_both(|language| {
        let server = common::Start::new(language, "udp_echo_server").start();
        let place = format!("UDP:127.0.0.1:{}", server.port());
        let mut socat = Command::new(&socat);
        // It would not wait long for an answer after its input has ended.
        let mut socat = Program::spawn(socat.args(["-", &place]));
        socat.type_in(b"hello\n");
        assert_eq!(socat.wait_for("hello"), "hello");
    });
}

#[test]
fn echo_client_gets_its_reply_from_socat() {
    let Some(socat) = peer_program("socat") else { return };
    in_both(|language| {
        let mut socat = Command::new(&socat);
        let place = "TCP-LISTEN:0,bind=127.0.0.1";
        let socat = Program::spawn(socat.args(["-d", "-d", place, "PIPE"]));
        let line = socat.wait_for("listening on");
        let port = line.rsplit(':').next().unwrap();
        let args = ["to socat and back", "--port", port];
        let echo = run(&mut command(language, "echo_client", &args), b"");
        assert_eq!(echo.out(), "to socat and back\n", "{}", echo.err());
        assert_eq!(echo.code, 0);
    });
}

#[test]
fn dumb_net_fetches_a_page_from_a_server_in_python() {
    let server = "
import socketserver as s
class Page(s.StreamRequestHandler):
    def handle(self):
        self.wfile.write(self.rfile.readline() + b'x' * 100000)
server = s.TCPServer(('127.0.0.1', 0), Page)
print('listening on', server.server_address[1], flush=True)
server.serve_forever()";
    in_both(|language| {
        let Some(mut server) = python(server, &[]) else { return };
        let server = Program::spawn(&mut server);
        let line = server.wait_for("listening on ");
        let port = line.rsplit(' ').next().unwrap();
        let args = ["127.0.0.1", port];
        let mut dumb = command(language, "dumb_net", &args);
        let page = run(&mut dumb, b"GET /\n");
        assert_eq!(page.code, 0, "{}", page.err());
        assert!(page.out().starts_with("GET /\r\nxxx"));
        assert_eq!(page.stdout.len(), 100_007);
    });
}

#[test]
fn netcat_talks_to_one_to_one_and_to_echo_over_ipv6() {
    let Some(nc) = peer_program("nc") else { return };
    under(&["thread", "epoll"], |case| {
        let args = ["--host", "::1", "--quiet"];
        let server = case.server("echo_server").args(args).start();
        let mut nc = Command::new(&nc);
        nc.args(["-6N", "::1", &server.port().to_string()]);
        assert_eq!(run(&mut nc, b"six\n").out(), "six\n");
    });
    in_both(|language| {
        let mut server = common::Start::new(language, "one_to_one").start();
        let mut nc = Command::new(&nc);
        nc.args(["127.0.0.1", &server.port().to_string()]);
        let mut nc = Program::spawn(&mut nc);
        nc.type_in(b"from netcat\n");
        assert_eq!(server.wait_for("from netcat"), "from netcat");
        server.type_in(b"to netcat\n");
        assert_eq!(nc.wait_for("to netcat"), "to netcat");
        nc.type_in(b"bye\n");
        server.wait_for("bye");
        server.type_in(b"\n");
        server.wait_for("client gone");
    });
}
