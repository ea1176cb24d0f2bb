//! sendmsg(2) and recvmsg(2): bytes with descriptors beside them.

use std::fmt::Write;
use std::io::{IoSlice, IoSliceMut};
use std::mem::{MaybeUninit, zeroed};

use nix::errno::Errno;

use super::names::Room;
use super::transfer::{count, received, transferred};
use super::{Args, Command, Kind, may, needs};
use crate::shell::call::{Address, Answer, Arg};

/// As many descriptors as one message takes: SCM_MAX_FD.
const MOST: usize = 253;
/// Room for a control message with so many, and to spare.
const CONTROL: usize = 2048;

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "sendmsg",
        takes: &[
            needs("FD", Kind::Fd),
            needs("BYTES", Kind::Bytes),
            may("to ADDRESS", Kind::Address, ""),
            may("fds FD...", Kind::Fds, ""),
            may("FLAGS", Kind::Flags, "0"),
        ],
        what: "Sends bytes, and over AF_UNIX descriptors beside them \
               (SCM_RIGHTS): the receiver gets new ones of the same sockets.",
        errors: &["EINVAL: descriptors go over AF_UNIX only", "as send"],
        man: "sendmsg(2), unix(7)",
        example: "left right = socketpair AF_UNIX SOCK_STREAM\n\
                  gift = socket AF_INET SOCK_STREAM\n\
                  sendmsg left \"take this\" fds gift\n\
                  taken = recvmsg right",
        make: sendmsg,
    },
    Command {
        name: "recvmsg",
        takes: &[
            needs("FD", Kind::Fd),
            may("SIZE", Kind::Room, "4096"),
            may("FLAGS", Kind::Flags, "0"),
        ],
        what: "Receives bytes, the descriptors that were sent beside them, \
               who sent it, and what became of it (msg_flags).",
        errors: &["as recv"],
        man: "recvmsg(2), unix(7)",
        example: "left right = socketpair AF_UNIX SOCK_DGRAM\n\
                  send left \"too long\"\nrecvmsg right 3",
        make: recvmsg,
    },
];

fn sendmsg(args: &Args) -> Answer {
    let bytes = args.bytes(1);
    let mut raw = args.address(2).map(Address::raw).unwrap_or_default();
    let fds: &[i32] = match args.arg(3) {
        Arg::Fds(fds) => fds,
        _ => &[],
    };
    if fds.len() > MOST {
        return Answer::failed(Errno::EINVAL);
    }
    let piece = [IoSlice::new(&bytes)];
    let mut control = Control::new();
    // SAFETY: zeroes are a valid msghdr: no address, no pieces.
    let mut header: libc::msghdr = unsafe { zeroed() };
    if !raw.is_empty() {
        header.msg_namelen = super::length(&raw);
        header.msg_name = raw.as_mut_ptr().cast();
    }
    header.msg_iov = piece.as_ptr().cast_mut().cast();
    header.msg_iovlen = 1;
    if !fds.is_empty() {
        control.put(fds, &mut header);
    }
    // SAFETY: the header points at as many bytes as it says of each: the
    // address, one piece (an IoSlice is a struct iovec) and the control
    // message, all of which live on.
    let sent =
        unsafe { libc::sendmsg(args.fd(0), &raw const header, args.int(4)) };
    let mut answer = count(transferred(sent));
    if sent >= 0 && !fds.is_empty() {
        answer.note = format!("(with {fds:?})");
    }
    answer
}

fn recvmsg(args: &Args) -> Answer {
    let mut room = vec![0_u8; args.size(1)];
    let mut from = Room::new();
    let mut control = Control::new();
    // SAFETY: zeroes are a valid msghdr: no address, no pieces.
    let mut header: libc::msghdr = unsafe { zeroed() };
    header.msg_name = from.at().cast();
    header.msg_namelen = from.length;
    let mut piece = [IoSliceMut::new(&mut room)];
    header.msg_iov = piece.as_mut_ptr().cast();
    header.msg_iovlen = 1;
    header.msg_control = control.0.as_mut_ptr().cast();
    header.msg_controllen = CONTROL;
    // SAFETY: the kernel writes no more than the header says there is room
    // for: one piece (an IoSliceMut is a struct iovec), an address, control
    // messages.
    let got =
        unsafe { libc::recvmsg(args.fd(0), &raw mut header, args.int(2)) };
    from.length = header.msg_namelen;
    let mut answer = received(transferred(got), &room);
    if got >= 0 {
        answer.made = Control::taken(&header);
        if !answer.made.is_empty() {
            let _ = write!(answer.note, " with {:?}", answer.made);
        }
        if !from.told().is_empty() {
            let _ = write!(answer.note, " from {}", from.told());
        }
        if header.msg_flags != 0 {
            let flags = crate::trace::symbols::message(header.msg_flags);
            let _ = write!(answer.note, " msg_flags {flags}");
        }
    }
    answer
}

/// Control messages, aligned as their headers want it.
#[repr(align(8))]
struct Control([MaybeUninit<u8>; CONTROL]);

impl Control {
    fn new() -> Control {
        Control([MaybeUninit::zeroed(); CONTROL])
    }

    fn put(&mut self, fds: &[i32], header: &mut libc::msghdr) {
        let size = u32::try_from(size_of_val(fds)).unwrap_or(0);
        header.msg_control = self.0.as_mut_ptr().cast();
        // SAFETY: it is only arithmetic.
        header.msg_controllen = unsafe { libc::CMSG_SPACE(size) } as usize;
        // SAFETY: the header has room for one control message: 253
        // descriptors take 1032 bytes of the 2048.
        let first = unsafe { libc::CMSG_FIRSTHDR(header) };
        // SAFETY: as above, so that it is not NULL, and it is aligned.
        let Some(message) = (unsafe { first.as_mut() }) else { return };
        message.cmsg_level = libc::SOL_SOCKET;
        message.cmsg_type = libc::SCM_RIGHTS;
        // SAFETY: it is only arithmetic.
        message.cmsg_len = unsafe { libc::CMSG_LEN(size) } as usize;
        // SAFETY: behind the message's header is room for `size` bytes.
        unsafe {
            let data = libc::CMSG_DATA(first);
            data.copy_from(fds.as_ptr().cast(), size as usize);
        }
    }

    /// The descriptors in there.
    fn taken(header: &libc::msghdr) -> Vec<i32> {
        let mut taken = Vec::new();
        // SAFETY: the kernel has written whole messages to where the
        // header points, and their length into the header.
        let mut next = unsafe { libc::CMSG_FIRSTHDR(header) };
        // SAFETY: NULL, or a message that is there as a whole.
        while let Some(message) = unsafe { next.as_ref() } {
            let kind = (message.cmsg_level, message.cmsg_type);
            if kind == (libc::SOL_SOCKET, libc::SCM_RIGHTS) {
                // SAFETY: it is only arithmetic.
                let head = unsafe { libc::CMSG_LEN(0) } as usize;
                let count = (message.cmsg_len - head) / size_of::<i32>();
                // SAFETY: behind the header are that many descriptors.
                let data = unsafe { libc::CMSG_DATA(next) };
                let fd = |place| {
                    let at = place * size_of::<i32>();
                    // SAFETY: `place` is less than `count`.
                    unsafe { data.add(at).cast::<[u8; 4]>().read() }
                };
                taken.extend((0..count).map(fd).map(i32::from_ne_bytes));
            }
            // SAFETY: `next` is a message of this header.
            next = unsafe { libc::CMSG_NXTHDR(header, next) };
        }
        taken
    }
}
