//! Where connections come from.
//!
//! One address has 28,232 ports to give (`ip_local_port_range`), and a
//! connection that this side closes keeps its port for a minute of
//! TIME_WAIT. On the loopback all of 127.0.0.0/8 is ours: taken in turn, the
//! addresses make room for millions, and the search for a free port is over
//! at once. Man page: `ip(7)`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// 127.0.0.2 and so many more.
const ADDRESSES: u8 = 200;

#[derive(Debug)]
pub(crate) struct Sources {
    next: Option<u8>,
}

impl Sources {
    pub(crate) fn for_server(server: SocketAddr) -> Sources {
        let local = match server.ip() {
            IpAddr::V4(ip) => ip.is_loopback(),
            IpAddr::V6(_) => false,
        };
        Sources { next: local.then_some(0) }
    }

    /// The next one; none where the kernel has to choose.
    pub(crate) fn next(&mut self) -> Option<Ipv4Addr> {
        let last = self.next?;
        self.next = Some((last + 1) % ADDRESSES);
        Some(Ipv4Addr::new(127, 0, 0, last + 2))
    }
}

#[cfg(test)]
mod tests {
    use super::Sources;

    #[test]
    fn the_loopback_alone_has_many_addresses() {
        let mut sources = Sources::for_server(([127, 0, 0, 1], 7).into());
        let first = sources.next().unwrap();
        assert!(first.is_loopback());
        let others = std::iter::from_fn(|| sources.next());
        assert_eq!(others.take_while(|next| *next != first).count(), 199);
        let mut sources = Sources::for_server(([10, 0, 0, 1], 7).into());
        assert_eq!(sources.next(), None);
    }
}
