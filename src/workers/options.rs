//! The options that every server program has. Twin:
//! `c_compare/workers/options.c`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::sockets::usage;

/// Who accepts, and who serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Model {
    /// One process, one peer at a time.
    Iterative,
    /// A child per peer.
    Fork,
    /// N children, all blocked in `accept`.
    Prefork,
    /// N children, `accept` guarded by a record lock.
    PreforkFlock,
    /// N children, `accept` guarded by a shared pthread mutex.
    PreforkMutex,
    /// The parent accepts and passes the descriptor to one of N children.
    PreforkFdpass,
    /// A pthread per peer.
    Thread,
    /// N pthreads, all blocked in `accept`.
    Prethread,
    /// N pthreads, `accept` guarded by a mutex.
    PrethreadMutex,
    /// The main thread accepts, N pthreads take peers from a queue.
    Pool,
    /// One thread and select(2).
    Select,
    /// One thread and poll(2).
    Poll,
    /// One thread and epoll(7).
    Epoll,
    /// N processes, each with its own listener and epoll loop.
    Reuseport,
}

impl Model {
    /// Whether it has a fixed number of workers, `--workers`.
    #[must_use]
    pub fn is_pool(self) -> bool {
        !matches!(
            self,
            Model::Iterative
                | Model::Fork
                | Model::Thread
                | Model::Select
                | Model::Poll
                | Model::Epoll
        )
    }

    /// Whether its workers are children of the process that was started.
    #[must_use]
    pub fn has_children(self) -> bool {
        self.is_pool()
            && !matches!(
                self,
                Model::Prethread | Model::PrethreadMutex | Model::Pool
            )
            || self == Model::Fork
    }

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// The options that every server program has.
#[derive(Args, Clone, Debug)]
#[group(skip)]
pub struct Options {
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub host: String,
    /// Listen on a socket in the file system instead
    #[arg(long, value_name = "PATH")]
    pub unix: Option<PathBuf>,
    /// Worker model
    #[arg(long, value_name = "NAME", hide_possible_values = true)]
    pub model: Model,
    /// Processes or threads of a pool model
    #[arg(long, value_name = "N", default_value_t = 8,
          value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub workers: u32,
    /// Argument of listen(2)
    #[arg(long, value_name = "N", default_value_t = 4096,
          value_parser = clap::value_parser!(i32).range(0..))]
    pub backlog: i32,
    /// Close a peer that is silent, or takes nothing, for so long
    #[arg(long, value_name = "SECONDS", value_parser = usage::seconds)]
    pub idle_timeout: Option<Duration>,
    /// Conversations at once; further peers wait in the accept queue
    #[arg(long, value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..))]
    pub max_peers: Option<u32>,
    /// Time to finish conversations after SIGINT or SIGTERM
    #[arg(long, value_name = "SECONDS", default_value = "5",
          value_parser = usage::seconds)]
    pub grace: Duration,
    /// Print the announcement and errors, nothing else
    #[arg(long)]
    pub quiet: bool,
    /// At exit, totals as one line of JSON on stderr
    #[arg(long)]
    pub stats: bool,
    /// Stack of each pthread
    #[arg(long, value_name = "KIB", default_value_t = 64,
          value_parser = clap::value_parser!(u32).range(16..=1_048_576))]
    pub stack: u32,
}
