//! The TCP sockets of one port, asked for by `sock_diag(7)`.
//!
//! `/proc/net/tcp` can only be had whole. With the TIME_WAIT of some ten
//! thousand connections in it, one look takes a third of a second, and a test
//! that waits looks again and again.

use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send,
    socket,
};

use super::kernel::Row;

const HEADER: usize = 16;
/// `SOCK_DIAG_BY_FAMILY`
const BY_FAMILY: u16 = 20;
/// `NLM_F_REQUEST | NLM_F_DUMP`
const DUMP: u16 = 0x301;
const NLMSG_DONE: u16 = 3;
const ALL_STATES: u32 = u32::MAX;

/// All that have this port on their side; an error where the kernel has no
/// such answers.
pub fn sockets_of(port: u16) -> Result<Vec<Row>, Errno> {
    let kernel = socket(
        AddressFamily::Netlink,
        SockType::Datagram,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::NetlinkSockDiag,
    )?;
    let mut rows = Vec::new();
    for family in [libc::AF_INET, libc::AF_INET6] {
        let asked = request(u8::try_from(family).unwrap(), port);
        send(kernel.as_raw_fd(), &asked, MsgFlags::empty())?;
        let mut answer = vec![0; 65536];
        loop {
            let flags = MsgFlags::empty();
            let length = recv(kernel.as_raw_fd(), &mut answer, flags)?;
            if read(&answer[..length], &mut rows)? {
                break;
            }
        }
    }
    Ok(rows)
}

/// A `nlmsghdr` and an `inet_diag_req_v2`.
fn request(family: u8, port: u16) -> Vec<u8> {
    let tcp = u8::try_from(libc::IPPROTO_TCP).unwrap();
    let mut body = vec![family, tcp, 0, 0];
    body.extend(ALL_STATES.to_ne_bytes());
    body.extend(port.to_be_bytes());
    body.resize(56, 0); // any peer, any address
    let length = u32::try_from(HEADER + body.len()).unwrap();
    let mut all = length.to_ne_bytes().to_vec();
    all.extend(BY_FAMILY.to_ne_bytes());
    all.extend(DUMP.to_ne_bytes());
    all.resize(HEADER, 0);
    all.extend(body);
    all
}

/// Takes the rows from one datagram of the answer; true at its end.
fn read(mut answer: &[u8], rows: &mut Vec<Row>) -> Result<bool, Errno> {
    while answer.len() >= HEADER {
        let length = u32_at(answer, 0) as usize;
        let message = &answer[HEADER..length];
        match u16::from_ne_bytes([answer[4], answer[5]]) {
            BY_FAMILY => rows.push(row(message)),
            NLMSG_DONE => return Ok(true),
            // NLMSG_ERROR: the errno, negative.
            _ => {
                let errno = u32_at(message, 0).cast_signed();
                return Err(Errno::from_raw(-errno));
            }
        }
        answer = answer.get(length.next_multiple_of(4)..).unwrap_or(&[]);
    }
    Ok(false)
}

/// An `inet_diag_msg`.
fn row(message: &[u8]) -> Row {
    let port = |at: usize| u16::from_be_bytes([message[at], message[at + 1]]);
    Row {
        local: port(4),
        remote: port(6),
        state: message[1],
        receive_queue: u32_at(message, 56) as usize,
        inode: u32_at(message, 68).into(),
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes(bytes[at..at + 4].try_into().unwrap())
}
