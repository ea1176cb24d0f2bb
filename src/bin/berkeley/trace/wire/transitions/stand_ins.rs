//! What takes a socket's place when it is gone: often a stand-in that keeps
//! its addresses, in TIME_WAIT, or in FIN_WAIT2 until the peer's FIN comes.
//!
//! No report tells which, or tells a RST from it. The other end's reports
//! do, where both ends are on this machine: whether it had sent its FIN by
//! then, or was reset itself.

use std::collections::HashMap;
use std::net::SocketAddr;

use super::Report;

/// The last transition of each end.
#[derive(Debug, Default)]
pub(super) struct Ends {
    last: HashMap<(SocketAddr, SocketAddr), (&'static str, &'static str)>,
}

impl Ends {
    /// The states in which a stand-in can be after this: one when it is
    /// known; two when it is not, and there may be none, too. Reports are
    /// expected in order.
    pub(super) fn stand_in(
        &mut self,
        report: &Report,
    ) -> &'static [&'static str] {
        let (local, peer) = (plain(report.local), plain(report.peer));
        // Whose addresses may not be known yet.
        if ["SYN_SENT", "SYN_RECV"].contains(&report.to) {
            return &[];
        }
        let other_end = self.last.get(&(peer, local)).copied();
        self.last.insert((local, peer), (report.from, report.to));
        if report.to != "CLOSE" {
            return &[];
        }
        // Nobody asks again when the other end is gone, or never was here.
        if other_end.is_none_or(|(_, to)| to == "CLOSE") {
            self.last.remove(&(local, peer));
            self.last.remove(&(peer, local));
        }
        after(report.from, other_end)
    }
}

/// When a socket went from there to CLOSE, and the other end last did this.
fn after(
    from: &str,
    other_end: Option<(&str, &str)>,
) -> &'static [&'static str] {
    if !["FIN_WAIT2", "CLOSING"].contains(&from) {
        return &[];
    }
    match other_end {
        // Its FIN was acknowledged: that end is through.
        Some(("FIN_WAIT2" | "CLOSING" | "LAST_ACK", "CLOSE")) => {
            &["TIME_WAIT"]
        }
        // It was reset, or closed with bytes unread: a RST came from there.
        Some((_, "CLOSE")) => &[],
        Some((_, "ESTABLISHED" | "CLOSE_WAIT")) => &["FIN_WAIT2"],
        Some(_) => &["TIME_WAIT"],
        None if from == "CLOSING" => &["TIME_WAIT"],
        None => &["TIME_WAIT", "FIN_WAIT2"],
    }
}

/// One end may know itself as `::ffff:127.0.0.1`, the other as 127.0.0.1.
fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const CLIENT: &str = "127.0.0.1:41234";
    const SERVER: &str = "127.0.0.1:5000";

    fn report(
        (local, peer): (&str, &str),
        from: &'static str,
        to: &'static str,
    ) -> Report {
        let (local, peer) = (local.parse().unwrap(), peer.parse().unwrap());
        Report { at: 0, local, peer, from, to, socket_address: 0 }
    }

    /// After the last of these; `true` for the client's.
    fn after_all(
        reports: &[(bool, &'static str, &'static str)],
    ) -> &'static [&'static str] {
        let mut ends = Ends::default();
        let mut last: &[&str] = &[];
        let up = (CLIENT, SERVER);
        ends.stand_in(&report(up, "SYN_SENT", "ESTABLISHED"));
        for &(is_client, from, to) in reports {
            let own = if is_client { up } else { (SERVER, CLIENT) };
            last = ends.stand_in(&report(own, from, to));
        }
        last
    }

    #[test]
    fn the_other_end_tells_what_stays() {
        let fin_came =
            [(false, "CLOSE_WAIT", "LAST_ACK"), (true, "FIN_WAIT2", "CLOSE")];
        assert_eq!(after_all(&fin_came), ["TIME_WAIT"]);
        let fin_is_to_come = [
            (false, "ESTABLISHED", "CLOSE_WAIT"),
            (true, "FIN_WAIT2", "CLOSE"),
        ];
        assert_eq!(after_all(&fin_is_to_come), ["FIN_WAIT2"]);
        let reset =
            [(false, "CLOSE_WAIT", "CLOSE"), (true, "FIN_WAIT2", "CLOSE")];
        assert!(after_all(&reset).is_empty());
        let alone = [(true, "FIN_WAIT2", "CLOSE")];
        assert_eq!(after_all(&alone), ["TIME_WAIT", "FIN_WAIT2"]);
        let crossed =
            [(false, "CLOSING", "CLOSE"), (true, "CLOSING", "CLOSE")];
        assert_eq!(after_all(&crossed), ["TIME_WAIT"]);
        let passive =
            [(true, "FIN_WAIT2", "CLOSE"), (false, "LAST_ACK", "CLOSE")];
        assert!(after_all(&passive).is_empty());
    }

    #[test]
    fn ends_find_each_other_in_both_families() {
        let mapped = "[::ffff:127.0.0.1]:5000";
        let mut ends = Ends::default();
        let peer = "[::ffff:127.0.0.1]:41234";
        ends.stand_in(&report((mapped, peer), "CLOSE_WAIT", "LAST_ACK"));
        let last = report((CLIENT, SERVER), "FIN_WAIT2", "CLOSE");
        assert_eq!(ends.stand_in(&last), ["TIME_WAIT"]);
    }

    #[test]
    fn who_is_gone_is_forgotten() {
        let mut ends = Ends::default();
        let (up, down) = ((CLIENT, SERVER), (SERVER, CLIENT));
        ends.stand_in(&report(up, "SYN_SENT", "ESTABLISHED"));
        ends.stand_in(&report(down, "SYN_RECV", "ESTABLISHED"));
        ends.stand_in(&report(up, "FIN_WAIT2", "CLOSE"));
        assert_eq!(ends.last.len(), 2);
        ends.stand_in(&report(down, "LAST_ACK", "CLOSE"));
        assert!(ends.last.is_empty());
        ends.stand_in(&report(up, "SYN_SENT", "CLOSE"));
        assert!(ends.last.is_empty());
    }
}
