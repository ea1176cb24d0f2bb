//! A port for the program, which nobody else has or will be given. Man pages:
//! `ip(7)`, `unix(7)` (of abstract addresses).
//!
//! In the machine's own network the kernel hands out ports for connections
//! from the ephemeral range, at any moment, so that none in there is safe.
//! Outside, others may look for one at the same time: examiners tell each
//! other by an abstract address that bears the port's number, and is gone
//! with whoever has it.

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::os::fd::{AsRawFd, OwnedFd};

use anyhow::{Result, bail};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, UnixAddr, bind,
    setsockopt, socket, sockopt,
};
use nix::unistd::Pid;

/// Free, and claimed for as long as this is kept.
#[derive(Debug)]
pub(crate) struct Port {
    pub(crate) number: u16,
    _claim: OwnedFd,
}

/// Below are the ports of well-known services.
const FIRST: u16 = 10_000;

/// The next port. In a network of its own the first is always the same, and
/// so are those that are taken while it is kept.
pub(crate) fn free(has_own_network: bool) -> Result<Port> {
    let candidates = candidates(&ephemeral());
    let start = if has_own_network {
        0
    } else {
        // Neighbours in time start far from each other.
        let pid = usize::try_from(Pid::this().as_raw()).unwrap_or_default();
        pid.wrapping_mul(40_503) % candidates.len().max(1)
    };
    let (before, after) = candidates.split_at(start);
    for &number in after.iter().chain(before) {
        if let Some(port) = claim(number)? {
            return Ok(port);
        }
    }
    bail!("there is no free port outside the ephemeral range")
}

fn claim(number: u16) -> Result<Option<Port>> {
    let (family, kind) = (AddressFamily::Unix, SockType::Datagram);
    let claim = socket(family, kind, SockFlag::SOCK_CLOEXEC, None)?;
    let name = UnixAddr::new_abstract(format!("berkeley/{number}").as_bytes());
    match bind(claim.as_raw_fd(), &name?) {
        Err(Errno::EADDRINUSE) => return Ok(None),
        bound => bound?,
    }
    Ok(is_free(number).then_some(Port { number, _claim: claim }))
}

/// Whether nobody has it, in any protocol or family, nor a connection in
/// TIME_WAIT: a program that does not say SO_REUSEADDR must get it.
fn is_free(number: u16) -> bool {
    let anywhere = [
        SocketAddr::from((Ipv4Addr::UNSPECIFIED, number)),
        SocketAddr::from((Ipv6Addr::UNSPECIFIED, number)),
    ];
    let kinds = [SockType::Stream, SockType::Datagram];
    anywhere
        .iter()
        .all(|address| kinds.iter().all(|kind| can_bind(*kind, *address)))
}

fn can_bind(kind: SockType, address: SocketAddr) -> bool {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::Inet,
        SocketAddr::V6(_) => AddressFamily::Inet6,
    };
    let Ok(any) = socket(family, kind, SockFlag::SOCK_CLOEXEC, None) else {
        // The machine does not have this family.
        return true;
    };
    if address.is_ipv6() {
        let _ = setsockopt(&any, sockopt::Ipv6V6Only, &true);
    }
    let bound = bind(any.as_raw_fd(), &SockaddrStorage::from(address));
    matches!(bound, Ok(()) | Err(Errno::EADDRNOTAVAIL))
}

fn ephemeral() -> RangeInclusive<u16> {
    let text = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range");
    let text = text.unwrap_or_default();
    let ends = text.split_whitespace().flat_map(str::parse);
    match ends.collect::<Vec<u16>>()[..] {
        [first, last] => first..=last,
        _ => 32_768..=60_999,
    }
}

/// Those outside it that need no privileges, as they are to be tried. Where
/// all are ephemeral, any has to do.
fn candidates(ephemeral: &RangeInclusive<u16>) -> Vec<u16> {
    let outside = |ports: RangeInclusive<u16>| -> Vec<u16> {
        ports.filter(|port| !ephemeral.contains(port)).collect()
    };
    let mut ports = outside(FIRST..=u16::MAX);
    if ports.is_empty() {
        ports = outside(1024..=FIRST);
    }
    if ports.is_empty() {
        ports = (FIRST..=u16::MAX).collect();
    }
    ports
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn no_candidate_is_ephemeral_while_there_are_others() {
        let usual = candidates(&(32_768..=60_999));
        assert_eq!((usual[0], usual.len()), (10_000, 22_768 + 4536));
        assert_eq!(
            candidates(&(2000..=65_535)),
            (1024..=1999).collect::<Vec<_>>()
        );
        assert_eq!(candidates(&(1024..=65_535))[0], 10_000);
    }

    #[test]
    fn a_port_is_given_once() {
        let ports: Vec<Port> = (0..20).map(|_| free(false).unwrap()).collect();
        let mut numbers: Vec<u16> =
            ports.iter().map(|port| port.number).collect();
        let range = ephemeral();
        assert!(numbers.iter().all(|number| !range.contains(number)));
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 20);
    }

    #[test]
    fn a_port_that_somebody_has_is_not_free() {
        let port = free(false).unwrap();
        let number = port.number;
        let (family, kind) = (AddressFamily::Inet6, SockType::Datagram);
        let other =
            socket(family, kind, SockFlag::SOCK_CLOEXEC, None).unwrap();
        let at = SocketAddr::from((Ipv6Addr::LOCALHOST, number));
        bind(other.as_raw_fd(), &SockaddrStorage::from(at)).unwrap();
        assert!(!is_free(number));
        drop(other);
        assert!(is_free(number));
    }
}
