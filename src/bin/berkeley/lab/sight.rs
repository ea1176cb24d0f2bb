//! What the kernel says of a socket: by its descriptor, where one has it, and
//! by its addresses, where nobody has it any more.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::trace::sockets::{Namespace, Seen};

/// A socket at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sight {
    pub(crate) inode: u64,
    pub(crate) family: String,
    pub(crate) kind: String,
    pub(crate) protocol: String,
    pub(crate) local: Option<String>,
    pub(crate) peer: Option<String>,
    pub(crate) listens: bool,
    /// `ESTABLISHED`; only TCP has states.
    pub(crate) state: Option<String>,
    /// Unread bytes; of a listener, connections to be accepted.
    pub(crate) unread: Option<u32>,
    /// Bytes not acknowledged; of a listener, the backlog.
    pub(crate) unsent: Option<u32>,
}

impl Sight {
    /// The end of a connection that is at `local`, also one that only the
    /// kernel still keeps (TIME_WAIT).
    pub(crate) fn end(local: &str, peer: &str) -> Option<Sight> {
        let local: SocketAddr = local.parse().ok()?;
        let peer: SocketAddr = peer.parse().ok()?;
        let found = Namespace::own().connection(local, peer)?;
        Some(Sight {
            inode: found.inode,
            state: found.look.state,
            unread: found.look.receive_queue,
            unsent: found.look.send_queue,
            local: Some(local.to_string()),
            peer: Some(peer.to_string()),
            ..Sight::default()
        })
    }

    /// The other end, as far as its addresses go.
    pub(crate) fn turned(&self) -> Sight {
        let (local, peer) = (self.peer.clone(), self.local.clone());
        Sight { local, peer, ..Sight::default() }
    }

    pub(crate) fn state(&self) -> &str {
        self.state.as_deref().unwrap_or("none")
    }
}

impl From<Seen> for Sight {
    fn from(seen: Seen) -> Sight {
        Sight {
            inode: seen.inode,
            family: seen.family,
            kind: seen.kind,
            protocol: seen.protocol,
            local: seen.local,
            peer: seen.peer,
            listens: seen.listens,
            state: seen.look.state,
            unread: seen.look.receive_queue,
            unsent: seen.look.send_queue,
        }
    }
}
