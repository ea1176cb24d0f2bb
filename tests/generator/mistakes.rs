//! Servers that are not there, or answer wrongly.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread::scope;

use serde_json::{Value, json};

use super::common::dead_port;
use super::{Generator, count, plan};

#[test]
fn a_refused_port_is_named_and_costs_no_cpu() {
    let (port, _bound) = dead_port();
    let port = port.parse().unwrap();
    for (load, kind) in
        [json!("Closed"), json!("Connect"), json!("Stream")].iter().enumerate()
    {
        let mut generator = Generator::start();
        let opened = generator.open(load, &plan(port, "echo", kind, 10));
        assert_eq!(count(&opened, "connected"), 0);
        let ran = generator.seconds(load, 0.5);
        assert_eq!(count(&ran, "requests"), 0);
        assert_eq!(count(&ran, "starved"), 10);
        let refused = ran["errors"]["ECONNREFUSED"].as_u64().unwrap();
        // 10, 20, 40, … ms: six or seven times each.
        assert!((10..=100).contains(&refused), "{ran}");
        assert!(ran["cpu_seconds"].as_f64().unwrap() < 0.1, "{ran}");
    }
}

/// A server that makes one mistake with every peer's first request.
fn lying(mistake: fn(&mut TcpStream, &mut [u8]), name: &str, kind: &Value) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut generator = Generator::start();
    scope(|scope| {
        scope.spawn(|| {
            // Until the generator is gone, and one more has come to say so.
            for peer in listener.incoming() {
                let mut peer = peer.unwrap();
                let mut request = [0; 64];
                match peer.read_exact(&mut request) {
                    Ok(()) => mistake(&mut peer, &mut request),
                    Err(_) if peer.peer_addr().unwrap().ip().is_ipv4() => {
                        return;
                    }
                    Err(_) => {}
                }
                // What it does about it is its affair; it must end.
                let _ = peer.read(&mut request);
            }
        });
        generator.open(0, &plan(port, "echo", kind, 1));
        let ran = generator.seconds(0, 0.05);
        drop(generator);
        drop(TcpStream::connect(("127.0.0.1", port)).unwrap());
        assert_eq!(count(&ran, "requests"), 0, "{ran}");
        let errors = ran["errors"].as_object().unwrap();
        let names: Vec<&String> = errors.keys().collect();
        assert_eq!(names, [name], "{kind}: {ran}");
    });
}

#[test]
fn a_wrong_answer_is_an_error_and_never_a_sample() {
    for kind in [json!("Closed"), json!("Connect")] {
        lying(
            |peer, request| {
                request[63] ^= 1;
                peer.write_all(request).unwrap();
            },
            "wrong answer",
            &kind,
        );
        lying(
            |peer, request| {
                let more = [request as &[u8], b"!"].concat();
                peer.write_all(&more).unwrap();
            },
            "surplus bytes",
            &kind,
        );
        lying(
            |peer, request| {
                peer.write_all(&request[..63]).unwrap();
                peer.shutdown(Shutdown::Write).unwrap();
            },
            "early end",
            &kind,
        );
    }
}
