//! Whether a socket has outlived a close(2): somebody else may have inherited
//! it, or was given it.

use std::fs;

use super::{Eye, Seen, held};

/// How many descriptors of these processes are that socket.
pub(super) fn holders(inode: u64, among: &[i32]) -> usize {
    let all = among.iter().flat_map(|&pid| held(pid));
    all.filter(|&(_, held)| held == inode).count()
}

/// Whether a file is a socket's no more: nobody in this task's network
/// namespace is bound to it. Another socket may have been given the same file
/// by another path, so that its name alone must not be found.
pub(crate) fn is_abandoned(tid: i32, path: &str) -> bool {
    let Some((_, name)) = path.rsplit_once('/') else { return false };
    let table = fs::read_to_string(format!("/proc/{tid}/net/unix"));
    let is_it = |line: &str| {
        let bound = line.split_whitespace().nth(7).unwrap_or_default();
        bound.rsplit('/').next() == Some(name)
    };
    let at = fs::symlink_metadata(format!("/proc/{tid}/root{path}"));
    at.is_ok() && table.is_ok_and(|table| !table.lines().any(is_it))
}

impl Eye {
    /// Whether anybody still has a descriptor of a socket that a process has
    /// just closed; `seen` is what it was before that.
    ///
    /// To read what each of these processes holds takes long when they are
    /// many, as under a server that forks. The kernel knows.
    pub(crate) fn is_held(&mut self, seen: &Seen, among: &[i32]) -> bool {
        self.has_owner(seen).unwrap_or_else(|| holders(seen.inode, among) > 0)
    }

    fn has_owner(&mut self, seen: &Seen) -> Option<bool> {
        if !self.closes_at_once {
            return None;
        }
        let namespace = self.namespaces.get_mut(&seen.namespace)?;
        if seen.family == "AF_UNIX" {
            return namespace.diag.as_mut()?.has_unix(seen.inode);
        }
        if seen.protocol != "IPPROTO_TCP" {
            return None;
        }
        let local = seen.local.as_ref()?.parse().ok()?;
        let peer = seen.peer.as_ref()?.parse().ok()?;
        let found = namespace.connection(local, peer);
        match seen.look.state.as_deref() {
            _ if found.is_some_and(|found| found.inode == seen.inode) => {
                Some(true)
            }
            Some("ESTABLISHED" | "CLOSE_WAIT") => Some(false),
            // In all other states the socket may leave its connection, or
            // has left it: TIME_WAIT, or nothing, is found whoever holds it.
            _ => None,
        }
    }
}

/// Whether the kernel is that version, or a later one.
pub(super) fn is_since(major: u32, minor: u32) -> bool {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease");
    let release = release.unwrap_or_default();
    let mut numbers = release.split(|at: char| !at.is_ascii_digit());
    let mut number = || numbers.next()?.parse::<u32>().ok();
    (number(), number()) >= (Some(major), Some(minor))
}
