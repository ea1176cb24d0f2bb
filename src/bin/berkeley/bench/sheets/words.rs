//! A load in words: its name, and how it is to be read.

use super::super::numbers::{count, number};
use super::super::record::{Cell, Mode};

/// `pingpong: 50 peers, echo, messages of 64 bytes`
pub(super) fn title(cell: &Cell) -> String {
    let mode = cell.mode.name();
    let peers = if cell.concurrency == 1 { "peer" } else { "peers" };
    let peers = format!("{} {peers}", count(cell.concurrency.into()));
    let protocol = &cell.protocol;
    let size = count(cell.size.into());
    match (cell.mode, cell.asked_rate) {
        (Mode::Stream | Mode::Idle, _) => {
            format!("{mode}: {peers}, {protocol}")
        }
        (Mode::Unp, _) => {
            format!("{mode}: {peers}, answers of {size} bytes")
        }
        (_, Some(rate)) => format!(
            "{mode}: {} requests/s asked for, {peers}, {protocol}, \
             messages of {size} bytes",
            number(rate)
        ),
        _ => format!("{mode}: {peers}, {protocol}, messages of {size} bytes"),
    }
}

pub(super) fn how(mode: Mode) -> &'static str {
    match mode {
        Mode::Pingpong => {
            "Each peer asks again as soon as it has its answer. Medians of \
             the undisturbed rounds; a ratio has its 95 % interval beside it."
        }
        Mode::Connect => {
            "Each request connects, asks once and closes. Medians of the \
             undisturbed rounds; a ratio has its 95 % interval beside it."
        }
        Mode::Open => {
            "Requests are due at a fixed rate, whatever the server does: \
             what a peer sees counts from the intended time, and from the \
             send alone a stalled server would look fast."
        }
        Mode::Idle => {
            "Memory of peers that are connected and say nothing, in KiB a \
             peer. PSS is the server's own. The kernel's part is what the \
             whole system used more, for both ends of a connection, and \
             knows only a few KiB apart: ~0 is what is lost in that."
        }
        Mode::Stream => {
            "Peers send without waiting; bytes there and back, in MB/s. A \
             ratio has its 95 % interval beside it."
        }
        Mode::Unp => {
            "Chapter 30's table: CPU time per connection above that of the \
             iterative server, with its 95 % interval. Where ± is more than \
             the figure, no cost can be told from none."
        }
    }
}
