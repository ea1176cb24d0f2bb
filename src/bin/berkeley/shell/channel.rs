//! What the shell and an actor talk through: a connected pair of AF_UNIX
//! sockets that keeps messages apart, one message a call or an answer, with
//! a descriptor beside it where a new actor is born.

use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use nix::cmsg_space;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::resource::{Resource, getrlimit};
use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag,
    SockType, recvmsg, sendmsg, socketpair,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::parse::OWN;

/// No message is longer than the kernel's default buffers.
const LONGEST: usize = 200 << 10;

pub(super) struct Channel(OwnedFd);

impl Channel {
    /// Both ends, out of the way of the descriptors that calls make.
    pub(super) fn pair() -> Result<(Channel, Channel), Errno> {
        let flags = SockFlag::SOCK_CLOEXEC;
        let (family, kind) = (AddressFamily::Unix, SockType::SeqPacket);
        let (one, other) = socketpair(family, kind, None, flags)?;
        Ok((Channel(out_of_the_way(&one)?), Channel(out_of_the_way(&other)?)))
    }

    pub(super) fn fd(&self) -> i32 {
        self.0.as_raw_fd()
    }

    pub(super) fn send(
        &self,
        message: &impl Serialize,
        beside: Option<&Channel>,
    ) -> Result<(), Errno> {
        let bytes = serde_json::to_vec(message).map_err(|_| Errno::EINVAL)?;
        if bytes.len() > LONGEST {
            return Err(Errno::EMSGSIZE);
        }
        let fds: Vec<i32> = beside.iter().map(|it| it.fd()).collect();
        let rights = [ControlMessage::ScmRights(&fds)];
        let beside = if fds.is_empty() { &[][..] } else { &rights };
        let piece = [IoSlice::new(&bytes)];
        let flags = MsgFlags::MSG_NOSIGNAL;
        again(|| sendmsg::<()>(self.fd(), &piece, beside, flags, None))?;
        Ok(())
    }

    /// `None`: the other side is gone.
    pub(super) fn receive<T: DeserializeOwned>(
        &self,
    ) -> Result<Option<(T, Option<Channel>)>, Errno> {
        let mut room = vec![0; LONGEST];
        let mut control = cmsg_space!([i32; 1]);
        let (length, fd) = again(|| {
            let mut pieces = [IoSliceMut::new(&mut room)];
            let control = Some(control.as_mut_slice());
            let flags = MsgFlags::MSG_CMSG_CLOEXEC;
            let got = recvmsg::<()>(self.fd(), &mut pieces, control, flags)?;
            let fds = got.cmsgs()?.find_map(|message| match message {
                ControlMessageOwned::ScmRights(fds) => fds.first().copied(),
                _ => None,
            });
            Ok((got.bytes, fds))
        })?;
        // SAFETY: the kernel has just made this descriptor for us alone.
        let fd = fd.map(|fd| unsafe { OwnedFd::from_raw_fd(fd) });
        let beside = fd.as_ref().map(out_of_the_way).transpose()?.map(Channel);
        if length == 0 {
            return Ok(None);
        }
        let message = serde_json::from_slice(&room[..length]);
        Ok(Some((message.map_err(|_| Errno::EBADMSG)?, beside)))
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// The same with a high number. Where fewer descriptors are allowed, as high
/// as it goes.
fn out_of_the_way(fd: &OwnedFd) -> Result<OwnedFd, Errno> {
    let (limit, _) = getrlimit(Resource::RLIMIT_NOFILE)?;
    let limit = i32::try_from(limit).unwrap_or(i32::MAX);
    let from = OWN.min(limit.saturating_sub(16));
    let moved = fcntl(fd, FcntlArg::F_DUPFD_CLOEXEC(from))?;
    // SAFETY: the kernel has just made this descriptor for us alone.
    Ok(unsafe { OwnedFd::from_raw_fd(moved) })
}

fn again<T>(mut call: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            done => return done,
        }
    }
}
