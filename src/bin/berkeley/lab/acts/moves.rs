//! Calls that name a place or move bytes and descriptors.

use std::ffi::c_void;
use std::io::{IoSlice, IoSliceMut};
use std::mem::size_of_val;
use std::net::{Ipv4Addr, SocketAddrV4};

use libc::{c_int, sockaddr, sockaddr_in, sockaddr_un, socklen_t};
use nix::cmsg_space;
use nix::errno::Errno;
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg,
};

use super::make::came;
use super::{Bytes, Came, Place};

/// How much of what was received is told.
const TOLD: usize = 96;

pub(super) fn named(
    to: &Place,
    call: impl FnOnce(*const sockaddr, socklen_t) -> c_int,
) -> Came {
    match to {
        Place::At(at) => {
            let raw = internet(*at);
            came(call((&raw const raw).cast(), length_of(&raw)))
        }
        Place::Path(path) => {
            let raw = unix(path);
            came(call((&raw const raw).cast(), length_of(&raw)))
        }
    }
}

pub(super) fn length_of<T>(value: &T) -> socklen_t {
    socklen_t::try_from(size_of_val(value)).unwrap_or_default()
}

fn internet(at: SocketAddrV4) -> sockaddr_in {
    sockaddr_in {
        sin_family: u16::try_from(libc::AF_INET).unwrap_or_default(),
        sin_port: at.port().to_be(),
        sin_addr: libc::in_addr {
            s_addr: u32::from_ne_bytes(at.ip().octets()),
        },
        sin_zero: [0; 8],
    }
}

fn unix(path: &str) -> sockaddr_un {
    let mut raw = sockaddr_un {
        sun_family: u16::try_from(libc::AF_UNIX).unwrap_or_default(),
        sun_path: [0; 108],
    };
    let bytes = path.bytes().take(raw.sun_path.len() - 1);
    for (to, from) in raw.sun_path.iter_mut().zip(bytes) {
        *to = libc::c_char::from_ne_bytes([from]);
    }
    raw
}

pub(super) fn accept(fd: i32) -> Came {
    // SAFETY: the addresses may be left out.
    let made = came(unsafe {
        libc::accept(fd, std::ptr::null_mut(), std::ptr::null_mut())
    });
    let made_fd: Vec<i32> =
        if made.errno == 0 { vec![made.fd()] } else { Vec::new() };
    Came { made: made_fd, ..made }
}

pub(super) fn send(
    fd: i32,
    bytes: &Bytes,
    flags: i32,
    to: Option<&Place>,
) -> Came {
    let bytes = match bytes {
        Bytes::Text(text) => text.as_bytes().to_vec(),
        Bytes::Many(count) => vec![0; *count],
    };
    let (start, length) = (bytes.as_ptr().cast::<c_void>(), bytes.len());
    match to {
        // SAFETY: `bytes` are there for the whole call.
        None => came(unsafe { libc::send(fd, start, length, flags) as i64 }),
        Some(to) => {
            named(to, |to, size| {
                // SAFETY: `bytes` and the address are there for all of it.
                let sent = unsafe {
                    libc::sendto(fd, start, length, flags, to, size)
                };
                c_int::try_from(sent).unwrap_or(-1)
            })
        }
    }
}

pub(super) fn receive(
    fd: i32,
    size: usize,
    flags: i32,
    asks_who: bool,
) -> Came {
    let mut room = vec![0_u8; size];
    let mut from = internet(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0));
    let mut length = length_of(&from);
    let (at, its) = if asks_who {
        ((&raw mut from).cast::<sockaddr>(), &raw mut length)
    } else {
        (std::ptr::null_mut(), std::ptr::null_mut())
    };
    // SAFETY: there is room for `size` bytes, and for an address, or none is
    // asked for.
    let got = unsafe {
        libc::recvfrom(fd, room.as_mut_ptr().cast(), size, flags, at, its)
    };
    let done = came(got as i64);
    let told = usize::try_from(got).unwrap_or(0).min(TOLD).min(size);
    room.truncate(told);
    let is_known = asks_who && done.errno == 0 && from.sin_port != 0;
    let ip = Ipv4Addr::from(from.sin_addr.s_addr.to_ne_bytes());
    let from = SocketAddrV4::new(ip, u16::from_be(from.sin_port));
    let address = is_known.then(|| from.to_string());
    Came { data: room, address, ..done }
}

pub(super) fn pass(fd: i32, passed: i32) -> Came {
    let with = [ControlMessage::ScmRights(&[passed])];
    let byte = [IoSlice::new(b"!")];
    let none: Option<&()> = None;
    match sendmsg(fd, &byte, &with, MsgFlags::empty(), none) {
        Ok(sent) => Came { result: length(sent), ..Came::default() },
        Err(errno) => failed(errno),
    }
}

pub(super) fn take(fd: i32) -> Came {
    let mut byte = [0];
    let mut room = [IoSliceMut::new(&mut byte)];
    let mut space = cmsg_space!(c_int);
    let got =
        recvmsg::<()>(fd, &mut room, Some(&mut space), MsgFlags::empty());
    let (got, made) = match got {
        Ok(message) => {
            let rights = message.cmsgs().into_iter().flatten().find_map(
                |one| match one {
                    ControlMessageOwned::ScmRights(made) => Some(made),
                    _ => None,
                },
            );
            (message.bytes, rights.unwrap_or_default())
        }
        Err(errno) => return failed(errno),
    };
    Came { result: length(got), data: byte.into(), made, ..Came::default() }
}

fn length(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn failed(errno: Errno) -> Came {
    Came { result: -1, errno: errno as i32, ..Came::default() }
}

pub(super) fn pair() -> Came {
    let mut pair = [0; 2];
    // SAFETY: the kernel writes two descriptors.
    let done = came(unsafe {
        libc::socketpair(
            libc::AF_UNIX,
            libc::SOCK_STREAM,
            0,
            pair.as_mut_ptr(),
        )
    });
    let made = if done.errno == 0 { pair.into() } else { Vec::new() };
    Came { made, ..done }
}
