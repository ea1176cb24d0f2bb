//! Numbers of the kernel by the names that programs know them by.

use libc::{
    AF_ALG, AF_BLUETOOTH, AF_CAN, AF_INET, AF_INET6, AF_KEY, AF_NETLINK,
    AF_PACKET, AF_TIPC, AF_UNIX, AF_VSOCK, AF_XDP, IPPROTO_ICMP,
    IPPROTO_ICMPV6, IPPROTO_MPTCP, IPPROTO_RAW, IPPROTO_SCTP, IPPROTO_TCP,
    IPPROTO_UDP, IPPROTO_UDPLITE, SOCK_DCCP, SOCK_DGRAM, SOCK_RAW, SOCK_RDM,
    SOCK_SEQPACKET, SOCK_STREAM,
};

const FAMILIES: [(i32, &str); 12] = [
    (AF_UNIX, "AF_UNIX"),
    (AF_INET, "AF_INET"),
    (AF_INET6, "AF_INET6"),
    (AF_KEY, "AF_KEY"),
    (AF_NETLINK, "AF_NETLINK"),
    (AF_PACKET, "AF_PACKET"),
    (AF_CAN, "AF_CAN"),
    (AF_TIPC, "AF_TIPC"),
    (AF_BLUETOOTH, "AF_BLUETOOTH"),
    (AF_ALG, "AF_ALG"),
    (AF_VSOCK, "AF_VSOCK"),
    (AF_XDP, "AF_XDP"),
];

const KINDS: [(i32, &str); 6] = [
    (SOCK_STREAM, "SOCK_STREAM"),
    (SOCK_DGRAM, "SOCK_DGRAM"),
    (SOCK_RAW, "SOCK_RAW"),
    (SOCK_RDM, "SOCK_RDM"),
    (SOCK_SEQPACKET, "SOCK_SEQPACKET"),
    (SOCK_DCCP, "SOCK_DCCP"),
];

const PROTOCOLS: [(i32, &str); 8] = [
    (IPPROTO_ICMP, "IPPROTO_ICMP"),
    (IPPROTO_TCP, "IPPROTO_TCP"),
    (IPPROTO_UDP, "IPPROTO_UDP"),
    (IPPROTO_ICMPV6, "IPPROTO_ICMPV6"),
    (IPPROTO_SCTP, "IPPROTO_SCTP"),
    (IPPROTO_UDPLITE, "IPPROTO_UDPLITE"),
    (IPPROTO_RAW, "IPPROTO_RAW"),
    (IPPROTO_MPTCP, "IPPROTO_MPTCP"),
];

/// `include/net/tcp_states.h`, from 1. The last, NEW_SYN_RECV, is a request
/// that has no socket of its own yet: SYN_RECV to everybody outside.
const STATES: [&str; 12] = [
    "ESTABLISHED",
    "SYN_SENT",
    "SYN_RECV",
    "FIN_WAIT1",
    "FIN_WAIT2",
    "TIME_WAIT",
    "CLOSE",
    "CLOSE_WAIT",
    "LAST_ACK",
    "LISTEN",
    "CLOSING",
    "SYN_RECV",
];

pub(super) fn family(number: i32) -> String {
    named(&FAMILIES, number)
}

pub(super) fn kind(number: i32) -> String {
    named(&KINDS, number)
}

/// Other families count their protocols differently.
pub(super) fn protocol(family: i32, number: i32) -> String {
    match family {
        AF_INET | AF_INET6 => named(&PROTOCOLS, number),
        _ => number.to_string(),
    }
}

pub(super) fn state(number: u8) -> Option<&'static str> {
    STATES.get(usize::from(number).checked_sub(1)?).copied()
}

fn named(table: &[(i32, &str)], number: i32) -> String {
    let found = table.iter().find(|(of, _)| *of == number);
    found.map_or_else(|| number.to_string(), |(_, name)| (*name).to_string())
}
