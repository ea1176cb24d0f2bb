//! What of the packets on loopback is wanted, as a program that the kernel
//! runs for each of them: what others do there costs no copy.
//!
//! Man pages: `socket(7)` (SO_ATTACH_FILTER), `packet(7)`;
//! `Documentation/networking/filter.rst` in the kernel.

use std::os::fd::AsFd;

use libc::{
    BPF_ABS, BPF_ALU, BPF_AND, BPF_B, BPF_H, BPF_IND, BPF_JA, BPF_JEQ,
    BPF_JMP, BPF_JSET, BPF_K, BPF_LD, BPF_LDX, BPF_MSH, BPF_RET, BPF_W,
    sock_filter,
};
use nix::errno::Errno;

use super::headers::{EXTENSIONS, FRAGMENT, TCP, UDP};
use super::set_option;

/// IPv4, IPv6: where the version is, the protocol, the fragment's offset.
const VERSION: u32 = 0;
const PROTOCOL_V4: u32 = 9;
const PIECE_V4: u32 = 6;
const NEXT_HEADER_V6: u32 = 6;

/// Instead of the filter that was there, in one step.
pub(super) fn attach(socket: impl AsFd, length: u32) -> Result<(), Errno> {
    let mut program = program(length);
    let instructions = libc::sock_fprog {
        len: program.len().try_into().map_err(|_| Errno::E2BIG)?,
        filter: program.as_mut_ptr(),
    };
    let name = libc::SO_ATTACH_FILTER;
    set_option(socket, libc::SOL_SOCKET, name, &instructions)
}

/// Takes TCP and UDP: the first bytes of a packet, as many as `length` says. Each packet comes by twice, on its way out and
/// on its way in; the second one is taken.
fn program(length: u32) -> Vec<sock_filter> {
    let drop = [step(BPF_RET | BPF_K, 0)];
    let packet_type = libc::SKF_AD_OFF + libc::SKF_AD_PKTTYPE;
    [
        &[step(BPF_LD | BPF_W | BPF_ABS, packet_type.cast_unsigned())],
        &*when(BPF_JEQ, libc::PACKET_OUTGOING.into(), &drop),
        &[step(BPF_LD | BPF_B | BPF_ABS, VERSION)],
        &[step(BPF_ALU | BPF_AND | BPF_K, 0xF0)],
        &when(BPF_JEQ, 0x40, &in_v4(length)),
        &when(BPF_JEQ, 0x60, &in_v6(length)),
        &drop,
    ]
    .concat()
}

/// Without the later pieces of a datagram: they have no ports.
fn in_v4(length: u32) -> Vec<sock_filter> {
    let drop = [step(BPF_RET | BPF_K, 0)];
    [
        &[step(BPF_LD | BPF_H | BPF_ABS, PIECE_V4)],
        &*when(BPF_JSET, 0x1FFF, &drop),
        &[step(BPF_LD | BPF_B | BPF_ABS, PROTOCOL_V4)],
        &only_tcp_and_udp(),
        &[step(BPF_RET | BPF_K, length)],
    ]
    .concat()
}

/// What is behind extension headers is taken, and told apart later.
fn in_v6(length: u32) -> Vec<sock_filter> {
    let take = [step(BPF_RET | BPF_K, length)];
    let extensions = EXTENSIONS.into_iter().chain([FRAGMENT]);
    let extensions =
        extensions.flat_map(|header| when(BPF_JEQ, header.into(), &take));
    [
        &[step(BPF_LD | BPF_B | BPF_ABS, NEXT_HEADER_V6)],
        &*extensions.collect::<Vec<_>>(),
        &only_tcp_and_udp(),
        &take,
    ]
    .concat()
}

fn only_tcp_and_udp() -> [sock_filter; 3] {
    [
        jump(BPF_JEQ, TCP.into(), 2, 0),
        jump(BPF_JEQ, UDP.into(), 1, 0),
        step(BPF_RET | BPF_K, 0),
    ]
}

fn step(what: u32, value: u32) -> sock_filter {
    sock_filter { code: code(what), jt: 0, jf: 0, k: value }
}

fn jump(test: u32, value: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter { code: code(BPF_JMP | test | BPF_K), jt, jf, k: value }
}

/// All of them fit; the constants are only declared wider.
fn code(what: u32) -> u16 {
    what.try_into().unwrap_or(u16::MAX)
}

/// `then`, which does not go on to what follows it, if the test is true.
fn when(test: u32, value: u32, then: &[sock_filter]) -> Vec<sock_filter> {
    let over = u32::try_from(then.len()).unwrap_or(u32::MAX);
    let entry = match u8::try_from(over) {
        Ok(over) => vec![jump(test, value, 0, over)],
        // A test cannot jump that far.
        Err(_) => vec![jump(test, value, 1, 0), step(BPF_JMP | BPF_JA, over)],
    };
    [&*entry, then].concat()
}
