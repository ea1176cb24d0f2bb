//! What became of a connection at the program's end of it.

use std::net::SocketAddr;

use super::descriptors::{canonical, holders};
use super::family::Family;
use crate::trace::sockets::Namespace;

/// The program's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) place: Place,
    /// `ESTABLISHED`; `None` when the kernel knows of no such connection.
    pub(crate) state: Option<String>,
    /// How many bytes have arrived and were not read.
    pub(crate) unread: u32,
    /// How many bytes were written that the peer has not acknowledged.
    pub(crate) unsent: u32,
    /// Each descriptor of the program that it is: pid and number.
    pub(crate) holders: Vec<(i32, i32)>,
}

/// Where the program's end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nobody has accepted it.
    Queued,
    /// Somebody has a descriptor of it; of the program, if there are
    /// `holders`.
    Held,
    /// The last descriptor was closed. The kernel keeps the connection until
    /// all is said, and in TIME_WAIT.
    Closed,
    /// Closed and forgotten, or reset, or never there.
    Gone,
}

pub(super) fn end(
    namespace: &mut Namespace,
    family: &Family,
    local: SocketAddr,
    remote: SocketAddr,
) -> End {
    let (local, remote) = (canonical(local), canonical(remote));
    let Some(found) = namespace.connection(remote, local) else {
        let (place, state) = (Place::Gone, None);
        return End { place, state, unread: 0, unsent: 0, holders: vec![] };
    };
    // A socket has an inode as long as it can have a descriptor. To be closed
    // moves it on; only one that was not accepted yet is in these states
    // without.
    let place = match found.look.state.as_deref() {
        _ if found.inode != 0 => Place::Held,
        Some("ESTABLISHED" | "CLOSE_WAIT" | "SYN_RECV") => Place::Queued,
        _ => Place::Closed,
    };
    let holders = match place {
        Place::Held => holders(family, found.inode),
        _ => Vec::new(),
    };
    End {
        place,
        unread: found.look.receive_queue.unwrap_or(0),
        unsent: found.look.send_queue.unwrap_or(0),
        state: found.look.state,
        holders,
    }
}

/// Whether something that the program has sent is not there yet: bytes, or
/// its FIN, which counts as one.
pub(super) fn is_sending(
    namespace: &mut Namespace,
    local: SocketAddr,
    remote: SocketAddr,
) -> bool {
    let found = namespace.connection(canonical(remote), canonical(local));
    let queue = found.and_then(|found| found.look.send_queue);
    queue.is_some_and(|queue| queue > 0)
}

impl End {
    /// What is to be said of it, when its peer is called so.
    pub(crate) fn says(&self, peer: &str) -> Vec<String> {
        let state = self.state.as_deref().unwrap_or("no state");
        match self.place {
            Place::Queued => {
                let bytes = match self.unread {
                    0 => String::new(),
                    unread => format!("; {} wait there", bytes(unread)),
                };
                vec![format!(
                    "{peer} is still in the accept queue: nobody has \
                    accepted it{bytes}"
                )]
            }
            Place::Closed => vec![format!(
                "the program has closed its connection to {peer} ({state})"
            )],
            Place::Gone => vec![format!(
                "the kernel has no connection to {peer} any more: it was \
                closed by both, or reset"
            )],
            Place::Held => self.held(peer, state),
        }
    }

    fn held(&self, peer: &str, state: &str) -> Vec<String> {
        let mut says = vec![match &self.holders[..] {
            [] => format!(
                "a process that is none of the program's holds the \
                connection to {peer} ({state})"
            ),
            [(pid, fd)] => {
                let never = match state {
                    "CLOSE_WAIT" => ": never closed",
                    _ => "",
                };
                format!(
                    "pid {pid} still holds fd {fd}, its connection to \
                    {peer} ({state}){never}"
                )
            }
            many => {
                let each = many
                    .iter()
                    .map(|(pid, fd)| format!("{pid} (fd {fd})"))
                    .collect::<Vec<String>>();
                format!(
                    "{} hold the connection to {peer} ({state}): {}",
                    counted(many),
                    and(&each)
                )
            }
        }];
        let by = match &self.holders[..] {
            [(pid, fd), ..] => format!(" (fd {fd} of pid {pid})"),
            [] => String::new(),
        };
        if self.unread > 0 {
            let (bytes, are) = (bytes(self.unread), are(self.unread));
            says.push(format!("{bytes} from {peer} {are} not read yet{by}"));
        }
        if self.unsent > 0 {
            let (bytes, are) = (bytes(self.unsent), are(self.unsent));
            says.push(format!(
                "{bytes} to {peer} {are} written, but have not arrived{by}"
            ));
        }
        says
    }
}

/// `two processes`, `three descriptors of one process`
fn counted(holders: &[(i32, i32)]) -> String {
    let mut pids: Vec<i32> = holders.iter().map(|(pid, _)| *pid).collect();
    pids.dedup();
    match pids.len() {
        1 => format!("{} descriptors of one process", number(holders.len())),
        many => format!("{} processes", number(many)),
    }
}

fn number(count: usize) -> String {
    match count {
        2 => "two".to_string(),
        3 => "three".to_string(),
        more => more.to_string(),
    }
}

/// `4711 (fd 4), 4712 (fd 4) and 4713 (fd 4)`
fn and(words: &[String]) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => {
            format!("{} and {last}", first.join(", "))
        }
        _ => words.concat(),
    }
}

fn bytes(count: u32) -> String {
    let noun = if count == 1 { "byte" } else { "bytes" };
    format!("{count} {noun}")
}

fn are(count: u32) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

#[cfg(test)]
mod tests {
    use super::{End, Place};

    #[test]
    fn a_connection_is_told_with_who_holds_it() {
        let mut end = End {
            place: Place::Held,
            state: Some("CLOSE_WAIT".to_string()),
            unread: 13,
            unsent: 0,
            holders: vec![(4711, 4)],
        };
        assert_eq!(
            end.says("A"),
            [
                "pid 4711 still holds fd 4, its connection to A \
                (CLOSE_WAIT): never closed",
                "13 bytes from A are not read yet (fd 4 of pid 4711)"
            ]
        );
        end.unread = 0;
        end.holders.push((4712, 4));
        assert_eq!(
            end.says("A"),
            ["two processes hold the connection to A (CLOSE_WAIT): \
                4711 (fd 4) and 4712 (fd 4)"]
        );
        end.holders.remove(0);
        end.holders.push((4712, 5));
        assert_eq!(
            end.says("A"),
            ["two descriptors of one process hold the connection to A \
                (CLOSE_WAIT): 4712 (fd 4) and 4712 (fd 5)"]
        );
    }
}
