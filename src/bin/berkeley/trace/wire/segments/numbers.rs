//! Sequence numbers as people read them: relative to where each direction
//! began. Of a connection whose handshake was seen, the SYN is 0 and the
//! first byte 1; of another one, whatever was seen first is 0.

use std::collections::HashMap;
use std::net::SocketAddr;

use super::headers::{ACK, Packet, SYN, Tcp};

/// Where each direction began.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    directions: HashMap<(SocketAddr, SocketAddr), Direction>,
}

#[derive(Clone, Copy, Debug)]
struct Direction {
    first: u32,
    /// Its SYN's, where that was seen: what its sender's windows are shifted
    /// by, if the other SYN has one, too.
    scale: Option<u8>,
}

/// What a segment says, relative and scaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Relative {
    pub(super) sequence: u32,
    pub(super) acknowledged: Option<u32>,
    pub(super) window: u32,
}

impl Numbers {
    pub(super) fn relate(&mut self, packet: &Packet, tcp: Tcp) -> Relative {
        let way = (packet.from, packet.to);
        let back = (packet.to, packet.from);
        if tcp.has(SYN) {
            self.begin(way, back, tcp);
        }
        let unseen = |first| Direction { first, scale: None };
        let here = self.directions.entry(way);
        let here = *here.or_insert(unseen(tcp.sequence));
        let there = self.directions.get(&back).copied();
        let there = match there {
            None if tcp.has(ACK) => {
                let there = unseen(tcp.acknowledged);
                self.directions.insert(back, there);
                Some(there)
            }
            known => known,
        };
        let relative =
            |there: Direction| tcp.acknowledged.wrapping_sub(there.first);
        // A SYN's own window is never shifted.
        let both = here.scale.zip(there.and_then(|there| there.scale));
        let shift = both.filter(|_| !tcp.has(SYN)).map_or(0, |(own, _)| own);
        Relative {
            sequence: tcp.sequence.wrapping_sub(here.first),
            acknowledged: there.filter(|_| tcp.has(ACK)).map(relative),
            window: u32::from(tcp.window) << shift,
        }
    }

    /// A SYN that is sent again says the same; another one is a new
    /// connection with the same addresses.
    fn begin(
        &mut self,
        way: (SocketAddr, SocketAddr),
        back: (SocketAddr, SocketAddr),
        tcp: Tcp,
    ) {
        let begun = Direction { first: tcp.sequence, scale: tcp.scale };
        let before = self.directions.insert(way, begun);
        let is_another = before.is_some_and(|it| it.first != tcp.sequence);
        if is_another && !tcp.has(ACK) {
            self.directions.remove(&back);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::headers::FIN;
    use super::*;

    fn packet(from: u16, to: u16) -> Packet {
        let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
        Packet { from: at(from), to: at(to), tcp: None, length: 0 }
    }

    fn tcp(flags: u8, sequence: u32, acknowledged: u32) -> Tcp {
        let scale = (flags & SYN != 0).then_some(7);
        Tcp { flags, sequence, acknowledged, window: 512, scale }
    }

    /// Sequence, acknowledgement, window.
    fn told(
        numbers: &mut Numbers,
        ports: (u16, u16),
        tcp: Tcp,
    ) -> (u32, Option<u32>, u32) {
        let told = numbers.relate(&packet(ports.0, ports.1), tcp);
        (told.sequence, told.acknowledged, told.window)
    }

    #[test]
    fn a_handshake_begins_with_zero_on_both_sides() {
        let mut all = Numbers::default();
        let (up, down) = ((1, 2), (2, 1));
        let near = u32::MAX; // It wraps around at once.
        let syn = tcp(SYN, near, 0);
        assert_eq!(told(&mut all, up, syn), (0, None, 512));
        let syn_ack = tcp(SYN | ACK, 700, 0);
        assert_eq!(told(&mut all, down, syn_ack), (0, Some(1), 512));
        let ack = tcp(ACK, 0, 701);
        assert_eq!(told(&mut all, up, ack), (1, Some(1), 512 << 7));
        let fin = tcp(FIN | ACK, 701, 13);
        assert_eq!(told(&mut all, down, fin), (1, Some(14), 512 << 7));
    }

    #[test]
    fn windows_are_scaled_only_when_both_sides_agreed() {
        let mut all = Numbers::default();
        told(&mut all, (1, 2), tcp(SYN, 10, 0));
        let without = Tcp { scale: None, ..tcp(SYN | ACK, 70, 11) };
        told(&mut all, (2, 1), without);
        let ack = tcp(ACK, 11, 71);
        assert_eq!(told(&mut all, (1, 2), ack), (1, Some(1), 512));
    }

    #[test]
    fn of_a_connection_found_halfway_the_first_seen_is_zero() {
        let mut all = Numbers::default();
        let first = tcp(ACK, 5000, 9000);
        assert_eq!(told(&mut all, (1, 2), first), (0, Some(0), 512));
        let answer = tcp(ACK, 9000, 5010);
        assert_eq!(told(&mut all, (2, 1), answer), (0, Some(10), 512));
    }

    #[test]
    fn the_same_addresses_can_be_another_connection() {
        let mut all = Numbers::default();
        told(&mut all, (1, 2), tcp(SYN, 10, 0));
        told(&mut all, (2, 1), tcp(SYN | ACK, 70, 11));
        let again = tcp(SYN, 10, 0);
        assert_eq!(told(&mut all, (1, 2), again), (0, None, 512));
        let ack = tcp(ACK, 11, 71);
        assert_eq!(told(&mut all, (1, 2), ack).1, Some(1));
        told(&mut all, (1, 2), tcp(SYN, 4000, 0));
        let refused = tcp(ACK, 0, 4001);
        assert_eq!(told(&mut all, (2, 1), refused), (0, Some(1), 512));
    }
}
