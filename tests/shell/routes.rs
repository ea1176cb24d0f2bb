//! Where a datagram may go: to everybody, and not beyond a gateway.

use std::process::Command;

use super::common::peers::skip;
use super::common::{Language, peer_program, program, run};
use super::typed;

#[test]
fn a_broadcast_takes_an_option_and_reaches_who_is_bound_to_all() {
    let done = typed(
        "all = socket AF_INET SOCK_DGRAM\nbind all *:0\n\
         one = socket AF_INET SOCK_DGRAM\n\
         getsockopt one SO_BROADCAST\nexpect 0 (0)\n\
         sendto one \"to all\" 127.255.255.255:{all.port}\n\
         expect -1 EACCES (Permission denied)\n\
         setsockopt one SO_BROADCAST on\n\
         sendto one \"to all\" 127.255.255.255:{all.port}\nexpect 6\n\
         recvfrom all\nexpect 6 \"to all\" from 127.0.0.1:<port>\n\
         setsockopt one SO_BROADCAST off\n\
         sendto one \"to all\" 127.255.255.255:{all.port}\n\
         expect -1 EACCES*\n",
    );
    assert_eq!(done.code, 0, "{}{}", done.out(), done.err());
}

#[test]
fn dontroute_reaches_this_machine() {
    let done = typed(
        "one = passive 127.0.0.1:0 1\n\
         two = active 127.0.0.1:{one.port}\nthree = accept one\n\
         send two \"near\" MSG_DONTROUTE\nexpect 4\n\
         recv three\nexpect 4 \"near\"\n\
         to = socket AF_INET SOCK_DGRAM\nbind to 127.0.0.1:0\n\
         from = socket AF_INET SOCK_DGRAM\n\
         sendto from \"near\" 127.0.0.1:{to.port} MSG_DONTROUTE\nexpect 4\n\
         recvfrom to\nexpect 4 \"near\" from 127.0.0.1:<port>\n",
    );
    assert_eq!(done.code, 0, "{}{}", done.out(), done.err());
}

/// A network with loopback alone, in which another one is behind a gateway
/// (all of them from the networks that are for documentation).
const BEHIND: &str = "ip link set lo up && \
    ip address add 192.0.2.1/32 dev lo && \
    ip route add 198.51.100.0/24 via 192.0.2.9 dev lo onlink && \
    exec \"$0\" shell";

#[test]
fn dontroute_does_not_go_through_a_gateway() {
    let programs = ["unshare", "ip"].map(peer_program);
    if programs.iter().any(Option::is_none) {
        return;
    }
    let own = ["--user", "--map-root-user", "--net"];
    if run(Command::new("unshare").args(own).arg("true"), b"").code != 0 {
        return skip("no network of its own can be had");
    }
    let mut command = Command::new("unshare");
    command.args(own).args(["sh", "-c", BEHIND]);
    command.arg(program(Language::Rust, "berkeley"));
    let lines = "one = socket AF_INET SOCK_DGRAM\n\
                 sendto one \"far\" 198.51.100.7:9\nexpect 3\n\
                 sendto one \"far\" 198.51.100.7:9 MSG_DONTROUTE\n\
                 expect -1 ENETUNREACH (Network is unreachable)\n\
                 setsockopt one SO_DONTROUTE on\n\
                 sendto one \"far\" 198.51.100.7:9\nexpect -1 ENETUNREACH*\n\
                 setsockopt one SO_DONTROUTE off\n\
                 sendto one \"far\" 198.51.100.7:9\nexpect 3\n";
    let done = run(&mut command, lines.as_bytes());
    assert_eq!(done.code, 0, "{}{}", done.out(), done.err());
}
