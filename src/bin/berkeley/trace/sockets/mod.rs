//! Which socket a descriptor is, and what the kernel says of it right now.
//!
//! A duplicate of the descriptor (`pidfd_getfd(2)`) is asked, and closed
//! before its owner goes on: a duplicate that stays would keep the socket
//! open, and its peer would wait for the FIN.

use super::record::Look;

/// A socket as a descriptor of a stopped task shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Seen {
    pub(crate) inode: u64,
    pub(crate) namespace: u64,
    pub(crate) family: String,
    pub(crate) kind: String,
    pub(crate) protocol: String,
    pub(crate) local: Option<String>,
    pub(crate) peer: Option<String>,
    pub(crate) listens: bool,
    pub(crate) look: Look,
}
