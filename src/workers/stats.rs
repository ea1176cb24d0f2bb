//! `--stats`: what the server did, as one line of JSON.
//!
//! Twin: `c_compare/workers/stats.c`. Man page: `getrusage(2)`.

use std::sync::atomic::{AtomicU64, Ordering};

use nix::errno::Errno;
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeVal;

use crate::sockets::console::warn;
use crate::sockets::symbol;

use super::board::Slot;
use super::{Lab, Server};

/// Prints the line. Every child has been reaped, so it is counted.
pub fn print<L: Lab>(server: &Server<L>) {
    let (Ok(own), Ok(children)) = (
        getrusage(UsageWho::RUSAGE_SELF),
        getrusage(UsageWho::RUSAGE_CHILDREN),
    ) else {
        return;
    };
    let board = &server.board;
    let peers = |slot: &Slot| slot.peers.load(Ordering::Relaxed).to_string();
    let peers: Vec<_> = board.slots.iter().map(peers).collect();
    warn(format_args!(
        "{{\"program\":\"{}\",\"language\":\"rust\",\"model\":\"{}\",\
         \"workers\":{},\"peers\":{},\"bytes_in\":{},\"bytes_out\":{},\
         \"peers_per_worker\":[{}],\"accept_errors\":{{{}}},\
         \"cpu_user_s\":{},\"cpu_system_s\":{},\"children_user_s\":{},\
         \"children_system_s\":{},\"max_rss_kib\":{}}}",
        L::PROGRAM,
        server.options.model.name(),
        board.slots.len(),
        board.total(|slot| &slot.peers),
        board.total(|slot| &slot.bytes_in),
        board.total(|slot| &slot.bytes_out),
        peers.join(","),
        errors(&board.common.accept_errors),
        seconds(own.user_time()),
        seconds(own.system_time()),
        seconds(children.user_time()),
        seconds(children.system_time()),
        largest(&own, &children),
    ));
}

fn errors(counts: &[AtomicU64]) -> String {
    let each = counts.iter().zip(0..).filter_map(|(count, errno)| {
        let count = count.load(Ordering::Relaxed);
        let symbol = symbol(Errno::from_raw(errno));
        (count > 0).then(|| format!("\"{symbol}\":{count}"))
    });
    each.collect::<Vec<_>>().join(",")
}

fn seconds(time: TimeVal) -> String {
    format!("{}.{:06}", time.tv_sec(), time.tv_usec())
}

fn largest(own: &Usage, children: &Usage) -> i64 {
    own.max_rss().max(children.max_rss())
}
