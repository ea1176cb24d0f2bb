//! The constants of `<sys/socket.h>` and `<netinet/in.h>`, by name.
//!
//! Twin: `c_compare/socket_tools/constants.c`. Man page: `socket(2)`.

// All names of the table below, from one place.
#![allow(clippy::wildcard_imports)]

use berkeley::sockets::Failed;
use berkeley::sockets::console::say;
use libc::*;

type Table = &'static [(c_int, &'static str)];

macro_rules! table {
    ($($name:ident)*) => { &[$(($name, stringify!($name))),*] };
}

// In the headers, but not in the libc crate.
const AF_FILE: c_int = 1;
const AF_KCM: c_int = 41;
const AF_QIPCRTR: c_int = 42;
const AF_SMC: c_int = 43;
const AF_MCTP: c_int = 45;
const SOCK_DCCP: c_int = 6;
const SOCK_PACKET: c_int = 10;

// Of two names with one value, the first is the one to show.
const FAMILIES: Table = table! {
    AF_UNSPEC AF_UNIX AF_LOCAL AF_FILE AF_INET AF_AX25 AF_IPX AF_APPLETALK
    AF_NETROM AF_BRIDGE AF_ATMPVC AF_X25 AF_INET6 AF_ROSE AF_DECnet
    AF_NETBEUI AF_SECURITY AF_KEY AF_NETLINK AF_ROUTE AF_PACKET AF_ASH
    AF_ECONET AF_ATMSVC AF_RDS AF_SNA AF_IRDA AF_PPPOX AF_WANPIPE AF_LLC
    AF_IB AF_MPLS AF_CAN AF_TIPC AF_BLUETOOTH AF_IUCV AF_RXRPC AF_ISDN
    AF_PHONET AF_IEEE802154 AF_CAIF AF_ALG AF_NFC AF_VSOCK AF_KCM AF_QIPCRTR
    AF_SMC AF_XDP AF_MCTP
};

const KINDS: Table = table! {
    SOCK_STREAM SOCK_DGRAM SOCK_RAW SOCK_RDM SOCK_SEQPACKET SOCK_DCCP
    SOCK_PACKET SOCK_NONBLOCK SOCK_CLOEXEC
};

const PROTOCOLS: Table = table! {
    IPPROTO_IP IPPROTO_HOPOPTS IPPROTO_ICMP IPPROTO_IGMP IPPROTO_IPIP
    IPPROTO_TCP IPPROTO_EGP IPPROTO_PUP IPPROTO_UDP IPPROTO_IDP IPPROTO_TP
    IPPROTO_DCCP IPPROTO_IPV6 IPPROTO_ROUTING IPPROTO_FRAGMENT IPPROTO_RSVP
    IPPROTO_GRE IPPROTO_ESP IPPROTO_AH IPPROTO_ICMPV6 IPPROTO_NONE
    IPPROTO_DSTOPTS IPPROTO_MTP IPPROTO_BEETPH IPPROTO_ENCAP IPPROTO_PIM
    IPPROTO_COMP IPPROTO_SCTP IPPROTO_MH IPPROTO_UDPLITE IPPROTO_MPLS
    IPPROTO_ETHERNET IPPROTO_RAW IPPROTO_MPTCP
};

/// All constants whose names begin with `prefix`, by value and name.
pub(crate) fn constants(prefix: &str) -> Result<(), Failed> {
    let mut found: Vec<_> = [FAMILIES, KINDS, PROTOCOLS]
        .concat()
        .into_iter()
        .filter(|(_, name)| name.starts_with(prefix))
        .collect();
    found.sort_unstable();
    for (value, name) in &found {
        say(format_args!("{value} {name}"))?;
    }
    if found.is_empty() {
        let why = format!("no constant begins with '{prefix}'");
        return Err(Failed::because("constants", why));
    }
    Ok(())
}

/// `AF_INET`, or the number.
pub(crate) fn family(text: &str) -> Option<c_int> {
    value(FAMILIES, text)
}

/// `SOCK_STREAM`, `SOCK_STREAM|SOCK_NONBLOCK`, or the number.
pub(crate) fn kind(text: &str) -> Option<c_int> {
    let mut parts = text.split('|');
    parts.try_fold(0, |all, part| {
        Some(all | value(KINDS, part.trim_matches(' '))?)
    })
}

/// `IPPROTO_TCP`, or the number.
pub(crate) fn protocol(text: &str) -> Option<c_int> {
    value(PROTOCOLS, text)
}

/// The name of a family, or its number when it has none.
pub(crate) fn family_name(family: c_int) -> String {
    name(FAMILIES, family)
}

/// The name of a type without flags; its number when it has none.
pub(crate) fn kind_name(kind: c_int) -> String {
    name(KINDS, kind)
}

/// The name of a protocol; its number when it has none.
pub(crate) fn protocol_name(protocol: c_int) -> String {
    name(PROTOCOLS, protocol)
}

fn value(table: Table, text: &str) -> Option<c_int> {
    let known = table.iter().find(|(_, name)| *name == text);
    known.map(|(value, _)| *value).or_else(|| number(text))
}

/// Digits and nothing else, not even a sign.
fn number(text: &str) -> Option<c_int> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

fn name(table: Table, value: c_int) -> String {
    let known = table.iter().find(|(number, _)| *number == value);
    known.map_or_else(|| value.to_string(), |(_, name)| (*name).into())
}
