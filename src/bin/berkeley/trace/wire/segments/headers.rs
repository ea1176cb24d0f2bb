//! What the headers of a packet say, from the IP header on. Man pages:
//! `ip(7)`, `ipv6(7)`, `tcp(7)`, `udp(7)`; RFC 791, 8200, 9293, 768.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The extension headers of IPv6 that can stand before TCP or UDP, and the
/// one that says that this is a piece of a datagram.
pub(super) const EXTENSIONS: [u8; 4] = [0, 43, 60, 135];
pub(super) const FRAGMENT: u8 = 44;
pub(super) const TCP: u8 = 6;
pub(super) const UDP: u8 = 17;

pub(super) const FIN: u8 = 0x01;
pub(super) const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const PSH: u8 = 0x08;
pub(super) const ACK: u8 = 0x10;
const URG: u8 = 0x20;
const ECE: u8 = 0x40;
const CWR: u8 = 0x80;

/// In this order they are told.
const FLAGS: [(u8, &str); 8] = [
    (SYN, "SYN"),
    (FIN, "FIN"),
    (RST, "RST"),
    (PSH, "PSH"),
    (URG, "URG"),
    (ACK, "ACK"),
    (ECE, "ECE"),
    (CWR, "CWR"),
];

/// A packet, as far as it is of interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packet {
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    /// `None`: UDP.
    pub(super) tcp: Option<Tcp>,
    /// Of the payload.
    pub(super) length: u32,
}

/// As on the wire: nothing is relative, nothing scaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tcp {
    pub(super) flags: u8,
    pub(super) sequence: u32,
    pub(super) acknowledged: u32,
    pub(super) window: u16,
    /// The option of a SYN.
    pub(super) scale: Option<u8>,
}

impl Tcp {
    pub(super) fn has(self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// `SYN|ACK`
    pub(super) fn words(self) -> String {
        let set = FLAGS.iter().filter(|(flag, _)| self.has(*flag));
        set.map(|(_, word)| *word).collect::<Vec<_>>().join("|")
    }
}

/// What is inside an IP header.
struct Inside<'a> {
    from: IpAddr,
    to: IpAddr,
    protocol: u8,
    bytes: &'a [u8],
    /// The length on the wire, of which `bytes` may be the beginning only.
    length: usize,
}

impl Packet {
    /// `bytes` may be cut; `length` is the whole packet's. `None` for what
    /// is neither TCP nor UDP, and for later pieces of a datagram.
    pub(super) fn parse(bytes: &[u8], length: usize) -> Option<Packet> {
        let inside = match bytes.first()? >> 4 {
            4 => inside_v4(bytes, length)?,
            6 => inside_v6(bytes, length)?,
            _ => return None,
        };
        let bytes = inside.bytes;
        let port = |offset| number(bytes, offset).map(u16::from_be_bytes);
        let (tcp, length) = match inside.protocol {
            TCP => {
                let header = usize::from(bytes.get(12)? >> 4) * 4;
                let tcp = parse_tcp(bytes, header)?;
                (Some(tcp), inside.length.checked_sub(header)?)
            }
            UDP => {
                let length = u16::from_be_bytes(number(bytes, 4)?);
                (None, usize::from(length).checked_sub(8)?)
            }
            _ => return None,
        };
        Some(Packet {
            from: SocketAddr::new(inside.from, port(0)?),
            to: SocketAddr::new(inside.to, port(2)?),
            tcp,
            length: length.try_into().ok()?,
        })
    }
}

fn inside_v4(bytes: &[u8], length: usize) -> Option<Inside<'_>> {
    let header = usize::from(bytes[0] & 0x0F) * 4;
    // A segment that the kernel has not cut up yet may be longer than the
    // field can say; then it says 0.
    let total = match u16::from_be_bytes(number(bytes, 2)?) {
        0 => length,
        total => usize::from(total),
    };
    let piece = u16::from_be_bytes(number(bytes, 6)?) & 0x1FFF;
    if piece != 0 {
        return None;
    }
    Some(Inside {
        from: Ipv4Addr::from(number::<4>(bytes, 12)?).into(),
        to: Ipv4Addr::from(number::<4>(bytes, 16)?).into(),
        protocol: *bytes.get(9)?,
        bytes: bytes.get(header..)?,
        length: total.checked_sub(header)?,
    })
}

fn inside_v6(bytes: &[u8], length: usize) -> Option<Inside<'_>> {
    let total = match u16::from_be_bytes(number(bytes, 4)?) {
        0 => length,
        payload => usize::from(payload) + 40,
    };
    let (mut protocol, mut offset) = (*bytes.get(6)?, 40);
    loop {
        let [next, more] = number(bytes, offset)?;
        if EXTENSIONS.contains(&protocol) {
            offset += 8 + usize::from(more) * 8;
        } else if protocol == FRAGMENT {
            let piece = u16::from_be_bytes(number(bytes, offset + 2)?) >> 3;
            if piece != 0 {
                return None;
            }
            offset += 8;
        } else {
            break;
        }
        protocol = next;
    }
    Some(Inside {
        from: Ipv6Addr::from(number::<16>(bytes, 8)?).into(),
        to: Ipv6Addr::from(number::<16>(bytes, 24)?).into(),
        protocol,
        bytes: bytes.get(offset..)?,
        length: total.checked_sub(offset)?,
    })
}

fn parse_tcp(bytes: &[u8], header: usize) -> Option<Tcp> {
    let options = bytes.get(20..header.min(bytes.len()))?;
    Some(Tcp {
        flags: *bytes.get(13)?,
        sequence: u32::from_be_bytes(number(bytes, 4)?),
        acknowledged: u32::from_be_bytes(number(bytes, 8)?),
        window: u16::from_be_bytes(number(bytes, 14)?),
        scale: scale(options),
    })
}

/// Kind 3 of the options; a shift above 14 means 14.
fn scale(mut options: &[u8]) -> Option<u8> {
    loop {
        options = match *options {
            [] | [0, ..] => return None,
            [1, ref rest @ ..] => rest,
            [3, 3, shift, ..] => return Some(shift.min(14)),
            [_, length, ..] => options.get(usize::from(length.max(2))..)?,
            [_] => return None,
        };
    }
}

fn number<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u8; N]> {
    bytes.get(offset..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const SYN_SEGMENT: [u8; 32] = [
        0x13, 0x88, 0xA1, 0x12, 0, 0, 0, 9, 0, 0, 0, 0, 0x80, SYN, 0xFF, 0xFF,
        0, 0, 0, 0, 2, 4, 5, 0xB4, 1, 3, 3, 7, 1, 1, 4, 2,
    ];

    fn in_v4(protocol: u8, inside: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, protocol];
        packet.extend([0, 0, 127, 0, 0, 1, 127, 0, 0, 2]);
        packet.extend(inside);
        let total = u16::try_from(packet.len()).unwrap();
        packet[2..4].copy_from_slice(&total.to_be_bytes());
        packet
    }

    fn in_v6(next: u8, inside: &[u8]) -> Vec<u8> {
        let length = u16::try_from(inside.len()).unwrap().to_be_bytes();
        let mut packet = vec![0x60, 0, 0, 0, length[0], length[1], next, 64];
        packet.extend(Ipv6Addr::LOCALHOST.octets());
        packet.extend(Ipv6Addr::LOCALHOST.octets());
        packet.extend(inside);
        packet
    }

    #[test]
    fn a_syn_is_read() {
        let bytes = in_v4(TCP, &SYN_SEGMENT);
        let packet = Packet::parse(&bytes, bytes.len()).unwrap();
        assert_eq!(packet.from.to_string(), "127.0.0.1:5000");
        assert_eq!(packet.to.to_string(), "127.0.0.2:41234");
        assert_eq!(packet.length, 0);
        let tcp = packet.tcp.unwrap();
        assert_eq!((tcp.sequence, tcp.window), (9, 0xFFFF));
        assert_eq!(tcp.scale, Some(7));
        assert_eq!(tcp.words(), "SYN");
    }

    #[test]
    fn flags_are_told_in_one_order() {
        let bytes = in_v4(TCP, &SYN_SEGMENT);
        let tcp = Packet::parse(&bytes, bytes.len()).unwrap().tcp.unwrap();
        let words = |flags| Tcp { flags, ..tcp }.words();
        assert_eq!(words(SYN | ACK), "SYN|ACK");
        assert_eq!(words(FIN | PSH | ACK), "FIN|PSH|ACK");
        assert_eq!(words(RST), "RST");
        assert_eq!(words(0xFF), "SYN|FIN|RST|PSH|URG|ACK|ECE|CWR");
        assert_eq!(words(0), "");
    }

    #[test]
    fn extension_headers_of_ipv6_are_skipped() {
        let mut inside = vec![60, 1];
        inside.extend([0; 14]);
        inside.extend([TCP, 0, 0, 0, 0, 0, 0, 0]);
        inside.extend(SYN_SEGMENT);
        inside.extend(b"abc");
        let bytes = in_v6(0, &inside);
        let packet = Packet::parse(&bytes, bytes.len()).unwrap();
        assert_eq!(packet.from.to_string(), "[::1]:5000");
        assert_eq!(packet.length, 3);
    }

    #[test]
    fn the_length_is_the_whole_payload_s_although_it_is_cut() {
        let mut bytes = in_v4(TCP, &SYN_SEGMENT);
        bytes[2..4].copy_from_slice(&40_000_u16.to_be_bytes());
        let length = |bytes: &[u8]| {
            Packet::parse(bytes, 70_052).map(|packet| packet.length)
        };
        assert_eq!(length(&bytes), Some(39_948));
        bytes[2..4].copy_from_slice(&[0, 0]);
        assert_eq!(length(&bytes), Some(70_000));
    }

    #[test]
    fn only_the_first_piece_of_a_datagram_counts() {
        let datagram = [0x13, 0x88, 0, 53, 0x10, 0x08, 0, 0];
        let mut bytes = in_v4(UDP, &datagram);
        let packet = Packet::parse(&bytes, bytes.len()).unwrap();
        assert_eq!((packet.tcp, packet.length), (None, 4096));
        bytes[7] = 185;
        assert_eq!(Packet::parse(&bytes, bytes.len()), None);
        let mut piece = vec![UDP, 0, 0, 1, 0, 0, 0, 0];
        piece.extend(datagram);
        let first = in_v6(FRAGMENT, &piece);
        let first = Packet::parse(&first, first.len()).unwrap();
        assert_eq!(first.length, 4096);
        piece[2] = 1;
        let later = in_v6(FRAGMENT, &piece);
        assert_eq!(Packet::parse(&later, later.len()), None);
    }

    #[test]
    fn anything_cut_short_is_nothing() {
        let whole = in_v4(TCP, &SYN_SEGMENT);
        for end in 0..40 {
            assert_eq!(Packet::parse(&whole[..end], whole.len()), None);
        }
        let whole = in_v6(0, &[60; 64]);
        for end in 0..whole.len() {
            assert_eq!(Packet::parse(&whole[..end], whole.len()), None);
        }
        let icmp = in_v4(1, &SYN_SEGMENT);
        assert_eq!(Packet::parse(&icmp, icmp.len()), None);
    }

    #[test]
    fn options_that_lie_about_their_length_end_the_search() {
        assert_eq!(scale(&[2, 0, 3, 3, 7]), Some(7));
        assert_eq!(scale(&[2, 200, 3, 3, 7]), None);
        assert_eq!(scale(&[2]), None);
        assert_eq!(scale(&[3, 3, 99]), Some(14));
        assert_eq!(scale(&[0, 3, 3, 7]), None);
    }
}
