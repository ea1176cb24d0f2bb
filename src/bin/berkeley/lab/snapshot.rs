//! The kernel's table of TCP and UDP sockets at one moment, as `ss -a` has
//! it: states and queues, and which of the actors hold each socket.

use super::outcome::Row;
use crate::trace::sockets::{Glimpse, held, internet_rows};

/// Of this network namespace, those with a port that is asked for.
pub(super) fn rows(
    cast: &[(String, i32)],
    is_ours: impl Fn(u16) -> bool,
) -> Vec<Row> {
    let own = std::process::id().cast_signed();
    let held: Vec<(&str, Vec<(i32, u64)>)> =
        cast.iter().map(|(name, pid)| (&**name, held(*pid))).collect();
    internet_rows(own)
        .filter(|(_, row)| {
            is_ours(row.local.port()) || is_ours(row.peer.port())
        })
        .map(|(protocol, row)| {
            let is_tcp = protocol == libc::IPPROTO_TCP;
            let look = if is_tcp { row.tcp() } else { Glimpse::default() };
            let holders = held.iter().flat_map(|(name, all)| {
                let its = all.iter().filter(|(_, inode)| *inode == row.inode);
                its.map(move |(fd, _)| format!("{name}, fd {fd}"))
            });
            let is_connected = row.peer.port() != 0;
            Row {
                state: look.state.unwrap_or("UDP").to_owned(),
                unread: look.receive_queue.unwrap_or(row.receive),
                unsent: look.send_queue.unwrap_or(0),
                local: row.local.to_string(),
                peer: is_connected.then(|| row.peer.to_string()),
                holders: holders.collect(),
            }
        })
        .collect()
}
