//! The story as a list: one line for a moment, with the arrows that end
//! there.
#![allow(clippy::unwrap_used)]

use super::super::fixture::{self, Script};
use super::super::record::{Event, Trace, Transition};
use super::{Kind, Story, What};

fn told(trace: &Trace) -> Vec<String> {
    let story = Story::tell(trace);
    let mut lines = Vec::new();
    for (place, moment) in story.moments.iter().enumerate() {
        let title = &story.lanes[moment.lane].title;
        let mark = match moment.what {
            What::Waits { .. } => " ...",
            What::Returns { .. } => " <-",
            _ => "",
        };
        let state = moment.state.as_deref().map(|it| format!(" [{it}]"));
        let arrows: Vec<String> = story
            .arrows
            .iter()
            .filter(|arrow| {
                arrow.to == Some(place)
                    || arrow.to.is_none() && arrow.from == Some(place)
            })
            .map(|arrow| {
                let from = arrow.from.map_or("outside".to_owned(), |from| {
                    story.lanes[story.moments[from].lane].title.clone()
                });
                let lost = if arrow.to.is_none() { " (lost)" } else { "" };
                format!("  ({:?} {}, {from}{lost})", arrow.kind, arrow.label)
            })
            .collect();
        lines.push(format!(
            "{title}:{mark} {}{}{}{}",
            moment.text,
            state.unwrap_or_default(),
            if moment.is_bad { " !" } else { "" },
            arrows.concat(),
        ));
    }
    lines
}

#[test]
fn a_passed_descriptor_is_the_same_socket() {
    let told = told(&fixture::inheritance());
    assert_eq!(
        told[12..16],
        [
            "nc 601: ... recv(3, 280)",
            "supply_server 602: <- = 1  gets 7  (Data \"x\", supply_server \
             600)  (Descriptor descriptor 6, supply_server 600)",
            "supply_server 600: close(6)",
            "supply_server 602: send(7) = 15 [ESTABLISHED]",
        ]
    );
    assert!(
        told[16].ends_with("(Data \"gallon of milk\\n\", supply_server 602)")
    );
}

#[test]
fn a_reset_comes_from_the_close_that_left_bytes_unread() {
    let told = told(&fixture::reset());
    assert_eq!(
        told[9..],
        [
            "simple_client 701: close(3)",
            "simple_client 701: exit 0",
            "echo_server 700: <- = ECONNRESET [CLOSE] !  (Reset RST, \
             simple_client 701)",
            "echo_server 700: close(4)",
            "echo_server 700: exit 1 !",
        ]
    );
}

#[test]
fn interruptions_are_part_of_one_wait() {
    let told = told(&fixture::signalled());
    assert_eq!(
        told,
        [
            "echo_server 900: ... recv(4, 280)",
            "echo_server 900: SIGALRM",
            "echo_server 900: SIGALRM",
            "echo_server 900: SIGALRM",
            "echo_server 900: <- = 8 [ESTABLISHED]  (Data \"at last\\n\", \
             outside)",
        ]
    );
}

#[test]
fn what_was_seen_late_is_put_where_it_belongs() {
    let told = told(&fixture::disorder());
    assert_eq!(
        told[5..12],
        [
            "echo_client 951: connect(3, 127.0.0.1:5000) [ESTABLISHED]",
            "echo_server 950: <- = 4  127.0.0.1:41234  (Handshake connection \
             1, echo_client 951)",
            "echo_server 950: ... recv(4, 280)",
            "echo_client 951: send(3) = 5",
            "echo_server 950: <- = 5 [ESTABLISHED]  (Data \"late\\n\", \
             echo_client 951)",
            "echo_server 950: send(4) = 6",
            "echo_client 951: recv(3, 280) = 6  (Data \"later\\n\", \
             echo_server 950)",
        ]
    );
}

#[test]
fn datagrams_are_told_by_pair_of_addresses() {
    let story = Story::tell(&fixture::datagrams());
    let [talk] = story.connections.as_slice() else {
        panic!("{:?}", story.connections)
    };
    assert_eq!((talk.up, talk.down), (11, 11));
    assert_eq!(talk.client.address, "127.0.0.1:41234");
    let data = story.arrows.iter().filter(|it| it.kind == Kind::Data);
    assert!(data.clone().all(|it| it.from.is_some() && it.to.is_some()));
    assert_eq!(data.count(), 4);
}

/// What waits returns later, and is in the lane that it began in.
#[test]
fn no_arrow_points_backwards() {
    for trace in fixture::all() {
        let story = Story::tell(&trace);
        for arrow in &story.arrows {
            if let (Some(from), Some(to)) = (arrow.from, arrow.to) {
                assert!(from < to, "{arrow:?}");
                let at = |place: usize| story.moments[place].at_ns;
                assert!(at(from) <= at(to), "{arrow:?}");
            }
        }
        for (place, moment) in story.moments.iter().enumerate() {
            if let What::Returns { since } = moment.what {
                assert!(since < place);
                assert_eq!(story.moments[since].lane, moment.lane);
                let until = Some(place);
                assert_eq!(story.moments[since].what, What::Waits { until });
            }
        }
    }
}

fn transition(socket: usize, at_us: u64, to: &str) -> Event {
    Event::State(Transition {
        at_ns: at_us * 1000,
        socket: Some(socket),
        local: "127.0.0.1:5000".to_owned(),
        peer: "127.0.0.1:41234".to_owned(),
        from: String::new(),
        to: to.to_owned(),
        stays: Vec::new(),
    })
}

#[test]
fn a_transition_has_a_moment_where_no_call_explains_it() {
    let mut script = Script::new("server");
    let server = script.server("server", 1);
    let socket = script.socket("127.0.0.1:5000", "127.0.0.1:41234", |_| ());
    script
        .call(server, 10, 900, "poll", &["[{fd=4, events=POLLIN}]"])
        .gives(1)
        .awaits(4, socket)
        .ready(4, socket, "POLLIN|POLLHUP");
    script
        .call(server, 1_000, 1_020, "shutdown", &["4", "SHUT_WR"])
        .on(4, socket);
    script.call(server, 3_000, 3_020, "close", &["4"]).on(4, socket);
    script.event(transition(socket, 1_010, "FIN_WAIT1"));
    script.event(transition(socket, 2_000, "FIN_WAIT2"));
    let told = told(&script.trace());
    assert_eq!(
        told,
        [
            "server 1: ... poll(4)",
            "server 1: <- = 1  4 IN|HUP",
            "server 1: shutdown(4, WR) [FIN_WAIT1]  (Fin FIN, server 1 \
             (lost))",
            "server 1: 4 [FIN_WAIT2]",
            "server 1: close(4)",
        ]
    );
}

/// Two ends of one connection, and who has them.
fn two_ends(script: &mut Script) -> (usize, usize) {
    let (near, far) = ("127.0.0.1:5000", "127.0.0.1:41234");
    (script.socket(near, far, |_| ()), script.socket(far, near, |_| ()))
}

#[test]
fn a_program_that_talks_to_itself_names_the_bytes() {
    let mut script = Script::new("alone");
    let alone = script.server("alone", 1);
    let (near, far) = two_ends(&mut script);
    script
        .call(alone, 100, 110, "sendto", &["4", "\"hello\"", "5", "0"])
        .on(4, near)
        .carries("hello");
    script
        .call(alone, 200, 210, "recvfrom", &["5", "\"hello\"", "10", "0"])
        .on(5, far)
        .carries("hello");
    let told = told(&script.trace());
    assert_eq!(told[0], "alone 1: send(4, \"hello\") = 5");
    assert!(told[1].starts_with("alone 1: recv(5, \"hello\", 10) = 5"));
}

#[test]
fn an_unread_fin_goes_to_the_close_of_its_peer() {
    let mut script = Script::new("server");
    let server = script.server("server", 1);
    let client = script.client("client", 2);
    let (near, far) = two_ends(&mut script);
    script.call(server, 100, 110, "shutdown", &["4", "SHUT_WR"]).on(4, near);
    script.call(client, 500, 510, "close", &["3"]).on(3, far);
    script
        .call(server, 600, 610, "recvfrom", &["4", "\"\"", "10", "0"])
        .on(4, near)
        .gives(0);
    assert_eq!(
        told(&script.trace()),
        [
            "server 1: shutdown(4, WR)",
            "client 2: close(3)  (Fin FIN unread, server 1)",
            "server 1: recv(4, 10) = 0  (Fin FIN, client 2)",
        ]
    );
}

#[test]
fn a_connect_that_came_to_nothing_is_told_by_so_error() {
    let mut script = Script::new("client");
    let client = script.client("client", 2);
    let socket = script.socket("127.0.0.1:41234", "", |_| ());
    script
        .call(client, 100, 110, "connect", &["3", "127.0.0.1:9", "16"])
        .on(3, socket)
        .fails("EINPROGRESS");
    let args = ["3", "SOL_SOCKET", "SO_ERROR", "[ECONNREFUSED]", "[4]"];
    script.call(client, 200, 210, "getsockopt", &args).on(3, socket);
    script.call(client, 300, 310, "close", &["3"]).on(3, socket);
    assert_eq!(
        told(&script.trace()),
        [
            "client 2: connect(3, 127.0.0.1:9) = EINPROGRESS",
            "client 2: getsockopt(3, SO_ERROR) = [ECONNREFUSED] !",
            "client 2: close(3)",
        ]
    );
}

#[test]
fn a_signal_that_a_program_sends_itself_says_so() {
    let mut script = Script::new("server");
    let server = script.server("server", 1);
    script.signal(server, 100, "SIGHUP", 1);
    script.signal(server, 200, "SIGHUP", 7);
    assert_eq!(
        told(&script.trace()),
        ["server 1: SIGHUP from itself", "server 1: SIGHUP"]
    );
}
