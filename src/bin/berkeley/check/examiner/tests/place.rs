//! Where the examiner is, and that nobody else notices.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};

use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, bind, socket,
};
use nix::unistd::geteuid;

use super::*;
use crate::apart::become_nobody;
use crate::check::examiner::place::{self, Place};
use crate::check::examiner::ports;

const NAME: &str = "twofold.test";

fn network() -> String {
    fs::read_link("/proc/self/ns/net").unwrap().display().to_string()
}

fn said(words: &[&str]) -> String {
    let mut program = Program::start(&command(words)).unwrap();
    let ended = to_the_end(&mut program);
    assert_eq!(ended.ending, Ending::Exited(0), "{}", err(&program));
    out(&program)
}

/// As it is to be, where the kernel allows it.
fn is_own(place: &Place, before: &str) -> bool {
    if let Some(note) = &place.note {
        assert!(note.starts_with("no network of its own (unshare("), "{note}");
        assert_eq!(network(), before);
        assert!(env::var_os("CI").is_none(), "{note}");
        return false;
    }
    assert!(place.has_own_network);
    assert_ne!(network(), before);
    true
}

fn programs_find_both(has_python: bool) {
    let found = said(&["getent", "ahosts", NAME]);
    let found: Vec<&str> =
        found.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!((found[0], found[3], found.len()), ("::1", "127.0.0.1", 6));
    if has_python {
        let ask = format!(
            "import socket as s\n\
             print([i[4][0] for i in s.getaddrinfo('{NAME}', 80, 0, 1)])\n\
             for to in '127.0.0.1', '{NAME}':\n  \
             print(s.getaddrinfo(to, 80, s.AF_INET, 1, 0, \
             s.AI_ADDRCONFIG)[0][4][0])\n\
             print(s.gethostbyname(s.gethostname()))"
        );
        let told = said(&["python3", "-c", &ask]);
        let expected =
            "['::1', '127.0.0.1']\n127.0.0.1\n127.0.0.1\n127.0.0.1\n";
        assert_eq!(told, expected);
    }
}

fn enters_and_finds(has_python: bool) {
    let (before, user) = (network(), geteuid());
    let place = place::enter(&[NAME]);
    assert_eq!(geteuid(), user);
    // Whatever became of it, an examiner is told of its parent's end.
    guard(getppid().as_raw()).unwrap();
    if is_own(&place, &before) {
        assert_eq!(place.names, Ok(()));
        programs_find_both(has_python);
        assert!(fs::read_dir("/tmp").unwrap().count() > 0);
    }
    let port = ports::free(place.has_own_network).unwrap();
    if place.has_own_network {
        assert_eq!(port.number, 10_000);
    }
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let any = socket(family, kind, SockFlag::SOCK_CLOEXEC, None).unwrap();
    let at = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port.number));
    let fd = std::os::fd::AsRawFd::as_raw_fd(&any);
    bind(fd, &SockaddrStorage::from(at)).unwrap();
}

fn leaves_no_trace(work: impl FnOnce() + UnwindSafe) {
    let hosts = fs::read_to_string("/etc/hosts").unwrap();
    in_a_child(work);
    assert_eq!(fs::read_to_string("/etc/hosts").unwrap(), hosts);
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    assert!(
        !mounts.contains("/etc/hosts ") || !mounts.contains("/hosts /etc")
    );
    assert!(!fs::exists("/tmp/hosts").unwrap());
}

#[test]
fn the_user_has_a_place_apart() {
    let has_python = has("python3");
    leaves_no_trace(move || enters_and_finds(has_python));
}

#[test]
fn nobody_has_a_place_apart() {
    // Whether this user may run it is another question.
    leaves_no_trace(|| {
        become_nobody();
        enters_and_finds(false);
    });
}

#[test]
fn the_end_of_the_tool_is_told_in_there() {
    use nix::sys::signal::Signal;
    in_a_child(|| {
        become_nobody();
        let _ = place::enter(&[NAME]);
        guard(getppid().as_raw()).unwrap();
        let told = nix::sys::prctl::get_pdeathsig().unwrap();
        assert_eq!(told, Some(Signal::SIGTERM));
    });
}
