use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd};

use nix::sys::socket::MsgFlags;
use nix::sys::socket::{Shutdown, send, shutdown};

use super::super::{End, Listener, Place, Watch};
use super::network::{accepted, connected, listening, own, peer};
use super::{Program, until};

/// Does what it is told, a line at a time.
const OBEYS: &str = "import os, socket, sys\n\
    def serve(at):\n\
    \tfamily = socket.AF_INET6 if ':' in at else socket.AF_INET\n\
    \tl = socket.create_server((at, 0), family=family, \
        dualstack_ipv6=at == '::')\n\
    \tprint(l.getsockname()[1])\n\
    \treturn l\n\
    for line in sys.stdin: exec(line); print('done')\n";

fn obeying() -> Option<Program> {
    Program::python(OBEYS)
}

impl Program {
    fn does(&mut self, line: &str) -> String {
        self.hears(line);
        let said = self.says();
        if said != "done" {
            assert_eq!(self.says(), "done");
        }
        said
    }
}

fn end(watch: &mut Watch, client: &OwnedFd) -> End {
    watch.connection(own(client), peer(client))
}

fn comes_to_be(watch: &mut Watch, client: &OwnedFd, wanted: &End) {
    let (own, peer) = (own(client), peer(client));
    until(|| watch.connection(own, peer), |end| end == wanted);
}

fn wanted(place: Place, state: &str, holders: &[(i32, i32)]) -> End {
    let (state, holders) = (Some(state.to_string()), holders.to_vec());
    End { place, state, unread: 0, unsent: 0, holders }
}

#[test]
fn a_connection_is_followed_from_the_queue_to_its_end() {
    for (at, to) in
        [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("::", "127.0.0.1")]
    {
        let Some(mut program) = obeying() else { return };
        let pid = program.pid();
        let mut watch = program.watch();
        let port = program.does(&format!("l = serve('{at}')"));
        let to: IpAddr = to.parse().unwrap();
        let to = SocketAddr::new(to, port.parse().unwrap());
        let client = connected(&to.to_string());
        let (here, there) = (own(&client), peer(&client));
        let queued = wanted(Place::Queued, "ESTABLISHED", &[]);
        comes_to_be(&mut watch, &client, &queued);
        assert_eq!(
            end(&mut watch, &client).says("A"),
            ["A is still in the accept queue: nobody has accepted it"]
        );
        send(client.as_raw_fd(), b"knock knock!\n", MsgFlags::empty())
            .unwrap();
        let unread = End { unread: 13, ..queued };
        comes_to_be(&mut watch, &client, &unread);
        program.does("c, _ = l.accept()");
        let held = wanted(Place::Held, "ESTABLISHED", &[(pid, 4)]);
        let unread = End { unread: 13, ..held.clone() };
        comes_to_be(&mut watch, &client, &unread);
        assert_eq!(
            unread.says("A")[1],
            format!("13 bytes from A are not read yet (fd 4 of pid {pid})")
        );
        program.does("c.recv(100)");
        comes_to_be(&mut watch, &client, &held);
        shutdown(client.as_raw_fd(), Shutdown::Write).unwrap();
        let left = wanted(Place::Held, "CLOSE_WAIT", &[(pid, 4)]);
        comes_to_be(&mut watch, &client, &left);
        program.does("c.close()");
        let gone = |end: &End| end.place == Place::Gone;
        until(|| watch.connection(here, there), gone);
    }
}

#[test]
fn who_closes_first_has_time_wait() {
    let Some(mut program) = obeying() else { return };
    let mut watch = program.watch();
    let port = program.does("l = serve('127.0.0.1')");
    let client = connected(&format!("127.0.0.1:{port}"));
    let (own, peer) = (own(&client), peer(&client));
    program.does("c, _ = l.accept(); c.close()");
    let closed = wanted(Place::Closed, "FIN_WAIT2", &[]);
    until(|| watch.connection(own, peer), |end| *end == closed);
    drop(client);
    let waits = wanted(Place::Closed, "TIME_WAIT", &[]);
    until(|| watch.connection(own, peer), |end| *end == waits);
}

#[test]
fn a_peer_that_left_the_queue_was_not_closed_by_the_program() {
    let Some(mut program) = obeying() else { return };
    let mut watch = program.watch();
    let port = program.does("l = serve('127.0.0.1')");
    let client = connected(&format!("127.0.0.1:{port}"));
    shutdown(client.as_raw_fd(), Shutdown::Write).unwrap();
    let queued = wanted(Place::Queued, "CLOSE_WAIT", &[]);
    comes_to_be(&mut watch, &client, &queued);
}

#[test]
fn a_socket_that_two_processes_hold_is_closed_by_neither() {
    let Some(mut program) = obeying() else { return };
    let mut watch = program.watch();
    let port = program.does("l = serve('127.0.0.1')");
    let client = connected(&format!("127.0.0.1:{port}"));
    let parent = program.pid();
    program.does("c, _ = l.accept()");
    let child: i32 = program
        .does("p = os.fork(); p or (os.read(0, 1), os._exit(0)); print(p)")
        .parse()
        .unwrap();
    let mut both = [(parent, 4), (child, 4)];
    both.sort_unstable();
    let held = wanted(Place::Held, "ESTABLISHED", &both);
    comes_to_be(&mut watch, &client, &held);
    let says = format!(
        "two processes hold the connection to A (ESTABLISHED): {} (fd 4) \
        and {} (fd 4)",
        both[0].0, both[1].0
    );
    assert_eq!(held.says("A"), [says]);
}

#[test]
fn the_connection_of_a_client_is_seen_from_its_server() {
    let Some(mut program) = obeying() else { return };
    let mut watch = program.watch();
    let listener = listening();
    let to = own(&listener);
    program.does(&format!(
        "s = socket.create_connection(('127.0.0.1', {}))",
        to.port()
    ));
    let server = accepted(&listener);
    let pid = program.pid();
    let held = wanted(Place::Held, "ESTABLISHED", &[(pid, 3)]);
    comes_to_be(&mut watch, &server, &held);
    // Nobody reads, and at last nothing more fits in.
    program.does("s.setblocking(False)");
    program.does(
        r"exec('try:\n while 1: s.send(bytes(10000))\nexcept OSError: pass')",
    );
    let full = end(&mut watch, &server);
    assert!(full.unsent > 0, "{full:?}");
    assert_eq!(
        full.says("A")[1],
        format!(
            "{} bytes to A are written, but have not arrived (fd 3 of pid \
            {pid})",
            full.unsent
        )
    );
}

#[test]
fn listeners_are_found_without_a_connection() {
    let Some(mut program) = obeying() else { return };
    let mut watch = program.watch();
    assert_eq!(watch.listeners(), []);
    let four: u16 = program.does("a = serve('127.0.0.1')").parse().unwrap();
    let six: u16 = program.does("b = serve('::')").parse().unwrap();
    // Whoever inherits one is no other listener.
    program.does("os.fork() or (os.read(0, 1), os._exit(0))");
    let both = [format!("127.0.0.1:{four}"), format!("[::]:{six}")];
    let queues = |listeners: Vec<Listener>| -> Vec<(String, u32)> {
        let all = listeners.into_iter();
        all.map(|one| (one.address.to_string(), one.queue)).collect()
    };
    let [first, second] = both.clone();
    assert_eq!(queues(watch.listeners()), [(first, 0), (second, 0)]);
    let [first, second] = both;
    let _two = [connected(&first), connected(&first)];
    let full = [(first, 2), (second, 0)];
    until(|| queues(watch.listeners()), |now| now[..] == full);
}
