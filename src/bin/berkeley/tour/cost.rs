//! What one more peer costs a server: a process, a thread, or nothing. This
//! is the difference between the models that a user can see.

use anyhow::Result;
use nix::sys::signal::Signal;

use super::play::Play;
use super::record::Cost;
use crate::stage::{Who, kernel};

impl Play<'_> {
    /// What a connected peer that says nothing costs the server: the same
    /// server once more, quiet, and `dumb_net`, which waits for a line of
    /// its user first.
    pub(crate) fn one_more_peer(
        &mut self,
        name: &str,
        args: &[&str],
    ) -> Result<()> {
        let mut args = self.with_model(args);
        args.push("--quiet");
        let server = self.unseen(name, &args)?;
        let port = self.stage.listens(server)?;
        // Those that a server starts for itself may come after `listen`.
        let before = self.rest(server)?;
        let peer =
            self.unseen("dumb_net", &["127.0.0.1", &port.to_string()])?;
        let pid = self.stage.pid(server);
        self.stage.until("accepts a silent peer", server, |_| {
            kernel::has_accepted(&kernel::family(pid), port)
        })?;
        let expected = expected_cost(self.model);
        let mut cost = Cost { processes: 0, threads: 0 };
        let what = "takes a peer as its model says";
        let as_expected = self.stage.until(what, server, |_| {
            let after = size(pid);
            cost = Cost {
                processes: after.processes.saturating_sub(before.processes),
                threads: after.threads.saturating_sub(before.threads),
            };
            expected.is_none_or(|expected| cost == expected)
        });
        self.one_more_peer = Some(cost);
        as_expected?;
        self.stage.signal(peer, Signal::SIGTERM);
        self.stage.ends(peer, -(Signal::SIGTERM as i32))?;
        self.interrupt(server, 0)
    }

    /// The size of a server that has nothing to do: it is in `accept`, or in
    /// whatever it waits with, and all its threads sleep.
    fn rest(&mut self, server: Who) -> Result<Cost> {
        let pid = self.stage.pid(server);
        let mut last = size(pid);
        let mut same = 0;
        self.stage.until("comes to rest", server, |_| {
            let now = size(pid);
            let asleep = kernel::is_asleep(&kernel::family(pid));
            same = if now == last && asleep { same + 1 } else { 0 };
            last = now;
            same >= 3
        })?;
        Ok(last)
    }
}

/// How many processes and threads a server is.
fn size(pid: i32) -> Cost {
    let family = kernel::family(pid);
    Cost { processes: family.len(), threads: kernel::threads(&family) }
}

/// A child is a process with one thread.
fn expected_cost(model: Option<&str>) -> Option<Cost> {
    match model? {
        "fork" => Some(Cost { processes: 1, threads: 1 }),
        "thread" => Some(Cost { processes: 0, threads: 1 }),
        "epoll" => Some(Cost { processes: 0, threads: 0 }),
        _ => None,
    }
}
