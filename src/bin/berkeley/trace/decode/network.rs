//! socket(2) to shutdown(2): a socket is made, named, connected, and both
//! ends are asked for their addresses; sendto(2) and recvfrom(2).

use super::Call;
use super::address::{address, ethernet, is_named};
use super::words::{Names, flags, hex, named, names, one_of, pointer};

pub(super) fn socket(call: &mut Call) {
    if call.result.is_some() {
        return;
    }
    for word in kind(call) {
        call.push(word);
    }
}

pub(super) fn socketpair(call: &mut Call) {
    match call.result {
        None => {
            let [family, kind, _] = kind(call);
            call.push(family);
            call.push(kind);
            call.push(call.unsigned(2));
            call.push_pointer(3);
        }
        Some(0..) => descriptors_made(call, 3),
        Some(_) => {}
    }
}

/// The two descriptors that socketpair(2) and pipe(2) write.
pub(super) fn descriptors_made(call: &mut Call, place: usize) {
    let at = call.arg(place);
    let ends = (call.int_at(at), call.int_at(at.wrapping_add(4)));
    if let (Some(one), Some(other)) = ends {
        call.set(place, format!("[{one}, {other}]"));
        call.decoded.made.extend([one, other]);
    }
}

/// Domain, type and protocol.
fn kind(call: &Call) -> [String; 3] {
    let value = u64::from(call.unsigned(1));
    let protocol = protocol(call.int(0), call.unsigned(2));
    [domain(u64::from(call.unsigned(0))), socket_type(value), protocol]
}

/// `IPPROTO_TCP`; each family counts its own.
pub(crate) fn protocol(family: i32, protocol: u32) -> String {
    let value = u64::from(protocol);
    match family {
        libc::AF_INET | libc::AF_INET6 => {
            one_of(value, PROTOCOLS, "IPPROTO_???")
        }
        libc::AF_NETLINK => one_of(value, NETLINK, "NETLINK_???"),
        libc::AF_BLUETOOTH => one_of(value, BLUETOOTH, "BTPROTO_???"),
        libc::AF_CAN => one_of(value, CAN, "CAN_???"),
        libc::AF_PACKET => match u16::try_from(protocol) {
            Ok(short) => format!("htons({})", ethernet(u16::from_be(short))),
            Err(_) => hex(value),
        },
        _ => value.to_string(),
    }
}

/// `AF_INET6`
pub(crate) fn domain(family: u64) -> String {
    one_of(family, DOMAINS, "AF_???")
}

/// `SOCK_STREAM|SOCK_CLOEXEC`
pub(crate) fn socket_type(value: u64) -> String {
    let (base, rest) = (value & 0xf, value & !0xf);
    match named(base, TYPES) {
        None => flags(value, TYPE_FLAGS, "SOCK_???"),
        Some(name) if rest == 0 => name.to_string(),
        Some(name) => {
            format!("{name}|{}", flags(rest, TYPE_FLAGS, "SOCK_???"))
        }
    }
}

/// bind and connect.
pub(super) fn name(call: &mut Call) {
    if call.result.is_some() {
        return;
    }
    call.push_int(0);
    push_address(call, 1, call.int(2));
    call.push_int(2);
}

/// An address that the program names.
fn push_address(call: &mut Call, place: usize, length: i32) {
    let at = call.arg(place);
    match address_bytes(call, at, length) {
        Some(bytes) => {
            call.push(address(&bytes));
            call.decoded.address = is_named(&bytes).then(|| address(&bytes));
        }
        None => call.push(pointer(at)),
    }
}

/// The family has to be there, at least. No address is longer than a
/// `sockaddr_storage`, whatever the length says.
pub(super) fn address_bytes(
    call: &Call,
    at: u64,
    length: i32,
) -> Option<Vec<u8>> {
    let length = usize::try_from(length).ok().filter(|length| *length >= 2)?;
    call.bytes(at, length.min(128))
}

pub(super) fn listen(call: &mut Call) {
    if call.result.is_none() {
        call.push_int(0);
        call.push_int(1);
    }
}

pub(super) fn shutdown(call: &mut Call) {
    if call.result.is_none() {
        call.push_int(0);
        let how = u64::from(call.unsigned(1));
        call.push(one_of(how, HOW, "SHUT_???"));
    }
}

/// accept, getsockname and getpeername.
pub(super) fn peer(call: &mut Call) {
    match call.result {
        None => {
            call.push_int(0);
            push_room(call, 1, 2);
        }
        Some(result) => set_address(call, result, 1, 2),
    }
}

pub(super) fn accept4(call: &mut Call) {
    peer(call);
    if call.result.is_none() {
        let value = u64::from(call.unsigned(3));
        call.push(flags(value, TYPE_FLAGS, "SOCK_???"));
    }
}

/// Room for an address, and how much room.
fn push_room(call: &mut Call, at: usize, length: usize) {
    call.push_pointer(at);
    let room = call.int_at(call.arg(length));
    match room {
        Some(room) if call.arg(at) != 0 => {
            call.push(format!("[{room}]"));
            call.decoded.room.push(room);
        }
        _ => call.push_pointer(length),
    }
}

/// What the kernel wrote there.
fn set_address(call: &mut Call, result: i64, at: usize, length: usize) {
    let Some(room) = call.decoded.room.first().copied() else { return };
    let used = call.int_at(call.arg(length)).unwrap_or(room);
    if result < 0 {
        return;
    }
    call.set(length, resized(room, used));
    if let Some(bytes) = address_bytes(call, call.arg(at), room.min(used)) {
        call.set(at, address(&bytes));
        call.decoded.address = is_named(&bytes).then(|| address(&bytes));
    }
}

/// `[16]`, or `[128 => 16]` when less was used than there was, or more was
/// needed.
pub(super) fn resized(room: i32, used: i32) -> String {
    if room == used {
        format!("[{room}]")
    } else {
        format!("[{room} => {used}]")
    }
}

pub(super) fn sendto(call: &mut Call) {
    match call.result {
        None => {
            call.push_int(0);
            let text = call.sample(call.arg(1), call.arg(2));
            call.push(text);
            call.push(call.arg(2));
            push_flags(call, 3);
            push_address(call, 4, call.int(5));
            call.push_int(5);
        }
        Some(result) => {
            call.went_through(result);
            call.leaves(call.arg(1), call.arg(2), result);
        }
    }
}

pub(super) fn recvfrom(call: &mut Call) {
    match call.result {
        None => {
            call.push_int(0);
            call.push_pointer(1);
            call.push(call.arg(2));
            push_flags(call, 3);
            push_room(call, 4, 5);
        }
        Some(result @ 0..) => {
            // With MSG_TRUNC the result may be more than was written.
            let got = result.unsigned_abs().min(call.arg(2));
            let text = call.sample(call.arg(1), got);
            call.set(1, text);
            if !only_looks(call.unsigned(3)) {
                call.went_through(got.cast_signed());
            }
            set_address(call, result, 4, 5);
        }
        Some(_) => {}
    }
}

/// What is peeked at, or comes from the queue of errors, has not gone
/// through: it is received once more, or was never sent here.
pub(super) fn only_looks(flags: u32) -> bool {
    let looks = (libc::MSG_PEEK | libc::MSG_ERRQUEUE).cast_unsigned();
    flags & looks != 0
}

pub(super) fn push_flags(call: &mut Call, place: usize) {
    call.push(message_flags(u64::from(call.unsigned(place))));
}

/// `MSG_DONTWAIT|MSG_NOSIGNAL`
pub(super) fn message_flags(value: u64) -> String {
    flags(value, MESSAGE_FLAGS, "MSG_???")
}

pub(super) const DOMAINS: Names = names! {
    0 AF_UNSPEC 1 AF_UNIX 2 AF_INET 3 AF_AX25 4 AF_IPX 5 AF_APPLETALK
    6 AF_NETROM 7 AF_BRIDGE 8 AF_ATMPVC 9 AF_X25 10 AF_INET6 11 AF_ROSE
    12 AF_DECnet 13 AF_NETBEUI 14 AF_SECURITY 15 AF_KEY 16 AF_NETLINK
    17 AF_PACKET 18 AF_ASH 19 AF_ECONET 20 AF_ATMSVC 21 AF_RDS 22 AF_SNA
    23 AF_IRDA 24 AF_PPPOX 25 AF_WANPIPE 26 AF_LLC 27 AF_IB 28 AF_MPLS
    29 AF_CAN 30 AF_TIPC 31 AF_BLUETOOTH 32 AF_IUCV 33 AF_RXRPC 34 AF_ISDN
    35 AF_PHONET 36 AF_IEEE802154 37 AF_CAIF 38 AF_ALG 39 AF_NFC 40 AF_VSOCK
    41 AF_KCM 42 AF_QIPCRTR 43 AF_SMC 44 AF_XDP 45 AF_MCTP
};

pub(super) const TYPES: Names = names! {
    1 SOCK_STREAM 2 SOCK_DGRAM 3 SOCK_RAW 4 SOCK_RDM 5 SOCK_SEQPACKET
    6 SOCK_DCCP 10 SOCK_PACKET
};

pub(super) const TYPE_FLAGS: Names = names! {
    0x80000 SOCK_CLOEXEC 0x800 SOCK_NONBLOCK
};

pub(super) const PROTOCOLS: Names = names! {
    0 IPPROTO_IP 1 IPPROTO_ICMP 2 IPPROTO_IGMP 4 IPPROTO_IPIP 6 IPPROTO_TCP
    8 IPPROTO_EGP 12 IPPROTO_PUP 17 IPPROTO_UDP 22 IPPROTO_IDP 29 IPPROTO_TP
    33 IPPROTO_DCCP 41 IPPROTO_IPV6 43 IPPROTO_ROUTING 44 IPPROTO_FRAGMENT
    46 IPPROTO_RSVP 47 IPPROTO_GRE 50 IPPROTO_ESP 51 IPPROTO_AH
    58 IPPROTO_ICMPV6 59 IPPROTO_NONE 60 IPPROTO_DSTOPTS 92 IPPROTO_MTP
    94 IPPROTO_BEETPH 98 IPPROTO_ENCAP 103 IPPROTO_PIM 108 IPPROTO_COMP
    115 IPPROTO_L2TP 132 IPPROTO_SCTP 135 IPPROTO_MH 136 IPPROTO_UDPLITE
    137 IPPROTO_MPLS 143 IPPROTO_ETHERNET 255 IPPROTO_RAW 262 IPPROTO_MPTCP
};

const NETLINK: Names = names! {
    0 NETLINK_ROUTE 1 NETLINK_UNUSED 2 NETLINK_USERSOCK 3 NETLINK_FIREWALL
    4 NETLINK_SOCK_DIAG 5 NETLINK_NFLOG 6 NETLINK_XFRM 7 NETLINK_SELINUX
    8 NETLINK_ISCSI 9 NETLINK_AUDIT 10 NETLINK_FIB_LOOKUP 11 NETLINK_CONNECTOR
    12 NETLINK_NETFILTER 13 NETLINK_IP6_FW 14 NETLINK_DNRTMSG
    15 NETLINK_KOBJECT_UEVENT 16 NETLINK_GENERIC 18 NETLINK_SCSITRANSPORT
    19 NETLINK_ECRYPTFS 20 NETLINK_RDMA 21 NETLINK_CRYPTO 22 NETLINK_SMC
};

const BLUETOOTH: Names = names! {
    0 BTPROTO_L2CAP 1 BTPROTO_HCI 2 BTPROTO_SCO 3 BTPROTO_RFCOMM
    4 BTPROTO_BNEP 5 BTPROTO_CMTP 6 BTPROTO_HIDP 7 BTPROTO_AVDTP
};

const CAN: Names = names! {
    1 CAN_RAW 2 CAN_BCM 3 CAN_TP16 4 CAN_TP20 5 CAN_MCNET 6 CAN_ISOTP
    7 CAN_J1939
};

pub(super) const HOW: Names = names! {
    0 SHUT_RD 1 SHUT_WR 2 SHUT_RDWR
};

pub(super) const MESSAGE_FLAGS: Names = names! {
    0x1 MSG_OOB 0x2 MSG_PEEK 0x4 MSG_DONTROUTE 0x8 MSG_CTRUNC 0x10 MSG_PROBE
    0x20 MSG_TRUNC 0x40 MSG_DONTWAIT 0x80 MSG_EOR 0x100 MSG_WAITALL
    0x200 MSG_FIN 0x400 MSG_SYN 0x800 MSG_CONFIRM 0x1000 MSG_RST
    0x2000 MSG_ERRQUEUE 0x4000 MSG_NOSIGNAL 0x8000 MSG_MORE
    0x10000 MSG_WAITFORONE 0x20000 MSG_SENDPAGE_NOTLAST 0x40000 MSG_BATCH
    0x80000 MSG_NO_SHARED_FRAGS 0x0400_0000 MSG_ZEROCOPY
    0x2000_0000 MSG_FASTOPEN 0x4000_0000 MSG_CMSG_CLOEXEC
    0x8000_0000 MSG_CMSG_COMPAT
};
