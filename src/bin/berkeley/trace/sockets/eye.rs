//! Looks at sockets of others, and keeps what is worth keeping in between.

use std::collections::HashMap;
use std::fs;
use std::os::fd::OwnedFd;

use libc::PIDFD_THREAD;
use nix::errno::Errno;

use super::duplicate::{Duplicate, NEVER, pidfd};
use super::namespace::{self, Namespace};
use super::{Glimpse, Seen, inode, names, owners, tables};
use crate::numbered::Numbered;
use crate::trace::record::Look;

/// As many descriptors of processes as are kept: fewer than a process may
/// have, whatever it traces.
pub(super) const MOST: usize = 256;

/// Whoever is looked at must be stopped meanwhile.
pub(crate) struct Eye {
    /// By number. They stay the process that they were opened for.
    pub(super) processes: Numbered<i32, OwnedFd>,
    /// By inode.
    natures: HashMap<u64, Nature>,
    /// How many bytes each had received when none was left to be read.
    drained: Numbered<u64, u64>,
    pub(super) namespaces: HashMap<u64, Namespace>,
    /// The namespace of this tool.
    own: u64,
    /// Since Linux 6.6 close(2) returns after the last descriptor's end;
    /// before, that came when the process was about to go on.
    pub(super) closes_at_once: bool,
}

/// What one look at a descriptor has told.
pub(crate) struct Glance {
    pub(crate) inode: u64,
    pub(crate) look: Glimpse,
    pub(crate) held: Option<Held>,
}

/// A duplicate, for as long as its owner is in a call on the socket: the
/// kernel does not let the socket go meanwhile either, whoever closes it.
pub(crate) struct Held {
    socket: Duplicate,
    inode: u64,
}

impl Held {
    /// Whoever closes it last may have to wait for what was not sent yet.
    pub(crate) fn lingers(&self) -> bool {
        self.socket.lingers()
    }
}

/// What never changes of a socket.
#[derive(Clone, Copy)]
struct Nature {
    family: i32,
    kind: i32,
    protocol: i32,
    namespace: u64,
}

impl Eye {
    pub(crate) fn new() -> Eye {
        let own = namespace::number_of("self").unwrap_or(0);
        let namespaces = HashMap::from([(own, Namespace::own())]);
        let (processes, drained) = (Numbered::default(), Numbered::default());
        let natures = HashMap::new();
        let closes_at_once = owners::is_since(6, 6);
        Eye { processes, natures, drained, namespaces, own, closes_at_once }
    }

    /// All that can be known of this descriptor; `None` when it is no
    /// socket, or none that can be asked (O_PATH).
    pub(crate) fn see(&mut self, pid: i32, fd: i32) -> Option<Seen> {
        let socket = match self.duplicate(pid, fd) {
            Ok(socket) => socket,
            Err(Errno::EBADF | Errno::ESRCH) => return None,
            Err(_) => return self.see_in_tables(pid, fd),
        };
        let inode = socket.inode()?;
        let nature = self.nature(pid, inode, &socket)?;
        let listens = socket.option(libc::SO_ACCEPTCONN) == Ok(1);
        Some(Seen {
            inode,
            namespace: nature.namespace,
            family: names::family(nature.family),
            kind: names::kind(nature.kind),
            protocol: names::protocol(nature.family, nature.protocol),
            local: socket.local(),
            peer: socket.peer(),
            listens,
            look: self.ask(&socket, inode)?.into(),
        })
    }

    /// A duplicate, for questions that only some ask; to be closed soon.
    pub(crate) fn borrow(&mut self, pid: i32, fd: i32) -> Option<OwnedFd> {
        self.duplicate(pid, fd).ok().map(Duplicate::into_fd)
    }

    /// Its state and queues alone.
    pub(crate) fn look(&mut self, pid: i32, fd: i32) -> Option<Look> {
        match self.duplicate(pid, fd) {
            Ok(socket) => {
                let inode = socket.inode()?;
                self.ask(&socket, inode).map(Look::from)
            }
            Err(Errno::EBADF | Errno::ESRCH) => None,
            Err(_) => tables::seen(holder(pid, fd)?, fd).map(|seen| seen.look),
        }
    }

    /// The same, and which socket it is: cheaper than `inode` and `look`.
    /// With the duplicate that was asked, where there is one.
    pub(crate) fn glance(&mut self, pid: i32, fd: i32) -> Option<Glance> {
        match self.duplicate(pid, fd) {
            Ok(socket) => {
                let inode = socket.inode()?;
                self.glance_at(Held { socket, inode })
            }
            Err(Errno::EBADF | Errno::ESRCH) => None,
            Err(_) => {
                let Seen { inode, look, .. } =
                    tables::seen(holder(pid, fd)?, fd)?;
                Some(Glance { inode, look: look.into(), held: None })
            }
        }
    }

    /// The same, of a socket that is held already.
    pub(crate) fn glance_at(&mut self, held: Held) -> Option<Glance> {
        let look = self.ask(&held.socket, held.inode)?;
        Some(Glance { inode: held.inode, look, held: Some(held) })
    }

    /// What a socket is by now that a glance has held. `taken`: so many bytes
    /// were received from it since.
    pub(crate) fn look_again(
        &mut self,
        held: &Held,
        taken: Option<u64>,
    ) -> Option<Glimpse> {
        let Held { socket, inode } = held;
        // If no more than these have come since nothing was unread, nothing
        // is unread now.
        if let (Some(taken), Some(drained)) =
            (taken, self.drained.get_mut(inode))
        {
            *drained = drained.saturating_add(taken);
        }
        self.ask(socket, *inode)
    }

    /// A TCP connection, by namespace (0: the tool's own) and addresses, as
    /// `see` has told them: also one that has no descriptor any more, until
    /// the kernel forgets it.
    pub(crate) fn find(
        &mut self,
        namespace: u64,
        local: &str,
        peer: &str,
    ) -> Option<Look> {
        let (local, peer) = (local.parse().ok()?, peer.parse().ok()?);
        let namespace = if namespace == 0 { self.own } else { namespace };
        let namespace = self.namespaces.get_mut(&namespace)?;
        namespace.connection(local, peer).map(|found| found.look)
    }

    /// The other end of an AF_UNIX connection.
    pub(crate) fn unix_peer(&mut self, inode: u64) -> Option<u64> {
        let nature = self.natures.get(&inode);
        let namespace = nature.map_or(self.own, |nature| nature.namespace);
        let namespace = self.namespaces.get_mut(&namespace)?;
        namespace.diag.as_mut()?.unix_peer(inode)
    }

    /// This process has ended.
    pub(crate) fn forget(&mut self, pid: i32) {
        self.processes.remove(&pid);
        self.namespaces.retain(|&number, namespace| {
            namespace.residents.remove(&pid);
            number == self.own || !namespace.residents.is_empty()
        });
    }

    fn duplicate(&mut self, pid: i32, fd: i32) -> Result<Duplicate, Errno> {
        if let Some(process) = self.processes.get(&pid) {
            match Duplicate::of(process, fd) {
                // The number is somebody else's by now.
                Err(Errno::ESRCH) => drop(self.processes.remove(&pid)),
                Err(Errno::EBADF) => return by_thread(pid, fd),
                done => return done,
            }
        }
        if self.processes.len() >= MOST {
            self.processes.clear();
        }
        let process = pidfd(pid, 0)?;
        let done = Duplicate::of(&process, fd);
        self.processes.insert(pid, process);
        match done {
            Err(Errno::ESRCH | Errno::EBADF) => by_thread(pid, fd),
            done => done,
        }
    }

    fn nature(
        &mut self,
        pid: i32,
        inode: u64,
        socket: &Duplicate,
    ) -> Option<Nature> {
        if let Some(&nature) = self.natures.get(&inode)
            && let Some(at) = self.namespaces.get_mut(&nature.namespace)
        {
            at.residents.insert(pid);
            return Some(nature);
        }
        let nature = Nature {
            family: socket.option(libc::SO_DOMAIN).ok()?,
            kind: socket.option(libc::SO_TYPE).ok()?,
            protocol: socket.option(libc::SO_PROTOCOL).ok()?,
            namespace: self.visit(pid, socket.namespace().ok()),
        };
        self.natures.insert(inode, nature);
        Some(nature)
    }

    /// The namespace of a socket; without its `file`, that of the process,
    /// which may have entered it after the socket was made.
    fn visit(&mut self, pid: i32, file: Option<OwnedFd>) -> u64 {
        let file = file.or_else(|| namespace::file_of(pid));
        let Some(file) = file else { return 0 };
        let number = namespace::number(&file).unwrap_or(0);
        let at = self.namespaces.entry(number);
        let at = at.or_insert_with(|| Namespace::entered(&file));
        at.residents.insert(pid);
        number
    }

    fn ask(&mut self, socket: &Duplicate, inode: u64) -> Option<Glimpse> {
        let drained = self.drained.entry(inode).or_insert(NEVER);
        match socket.tcp(drained) {
            Ok(look) => return Some(look),
            Err(Errno::ENOTSOCK | Errno::EBADF) => return None,
            Err(_) => {}
        }
        let unread = socket.unread();
        if unread == Err(Errno::EINVAL) {
            let queue = self.unix_queue(inode);
            let (waiting, backlog) = queue.unzip();
            return Some(Glimpse {
                state: None,
                receive_queue: waiting,
                send_queue: backlog,
            });
        }
        Some(Glimpse { receive_queue: unread.ok(), ..Glimpse::default() })
    }

    fn unix_queue(&mut self, inode: u64) -> Option<(u32, u32)> {
        let nature = self.natures.get(&inode);
        let namespace = nature.map_or(self.own, |nature| nature.namespace);
        let namespace = self.namespaces.get_mut(&namespace)?;
        namespace.diag.as_mut()?.unix_queue(inode)
    }

    fn see_in_tables(&mut self, pid: i32, fd: i32) -> Option<Seen> {
        let tid = holder(pid, fd)?;
        let mut seen = tables::seen(tid, fd)?;
        seen.namespace = self.visit(tid, None);
        Some(seen)
    }
}

/// When the first thread of a process has ended, the process's number leads
/// to no descriptors.
fn by_thread(pid: i32, fd: i32) -> Result<Duplicate, Errno> {
    match holder(pid, fd) {
        Some(tid) if tid != pid => {
            Duplicate::of(&pidfd(tid, PIDFD_THREAD)?, fd)
        }
        _ => Err(Errno::EBADF),
    }
}

/// A thread of this process for which this descriptor is a socket.
fn holder(pid: i32, fd: i32) -> Option<i32> {
    let holds = |&tid: &i32| inode(tid, fd).is_some();
    if holds(&pid) {
        return Some(pid);
    }
    let tasks = fs::read_dir(format!("/proc/{pid}/task"));
    let tasks = tasks.into_iter().flatten().flatten();
    let tids = tasks.filter_map(|at| at.file_name().to_str()?.parse().ok());
    tids.into_iter().find(holds)
}
