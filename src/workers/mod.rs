//! The fourteen worker models: who accepts, who serves, and how it ends.
//!
//! A lab's `main` shows `socket`, `bind`, `listen` and calls [`serve`]; the
//! model's file shows the rest. Read in this order: `iterative`, `fork`,
//! `thread`, then the pools, then `event_loop` with `select`, `poll`, `epoll`.
//! What all of them share stands in `conversation` (one peer, blocking),
//! `server` (accept and its errors), `way_out` (signals) and `board`
//! (counters that processes share). Twin: `c_compare/workers/`.

pub mod board;
pub mod children;
pub mod conversation;
pub mod event_loop;
pub mod options;
pub mod pthread;
pub mod seats;
pub mod server;
pub mod stats;
pub mod waiter;
pub mod way_out;

pub mod epoll;
pub mod fork;
pub mod iterative;
pub mod poll;
pub mod pool;
pub mod prefork;
pub mod prefork_fdpass;
pub mod prefork_flock;
pub mod prefork_mutex;
pub mod prethread;
pub mod prethread_mutex;
pub mod reuseport;
pub mod select;
pub mod thread;

use crate::protocols::Session;
use crate::sockets::{Failed, Peer};

pub use options::{Model, Options};
pub use pthread::{Stack, Task};
pub use server::Server;

/// What a server program brings: its protocol, and what its handout prints.
pub trait Lab: Sized + Sync + 'static {
    /// One side of one conversation.
    type Session: Session + Send;

    /// The program's name, as it stands before its errors.
    const PROGRAM: &'static str;

    /// How many bytes one `recv` asks for.
    fn piece(&self) -> usize;

    /// A conversation that has not begun.
    fn session(&self, peer: &Peer) -> Self::Session;

    /// A connection was accepted.
    fn arrived(&self, _peer: &Peer) {}

    /// A piece came in.
    fn received(&self, _piece: &[u8]) {}

    /// The answer to it went out.
    fn sent(&self, _piece: &[u8]) {}

    /// The connection was closed.
    fn left(&self, _peer: &Peer) {}
}

/// Serves every peer that connects, until a signal ends it.
///
/// # Errors
/// Only what a server cannot do without: its first worker.
pub fn serve<L: Lab>(server: &'static Server<L>) -> Result<(), Failed> {
    match server.options.model {
        Model::Iterative => iterative::serve(server),
        Model::Fork => fork::serve(server),
        Model::Prefork => prefork::serve(server),
        Model::PreforkFlock => prefork_flock::serve(server),
        Model::PreforkMutex => prefork_mutex::serve(server),
        Model::PreforkFdpass => prefork_fdpass::serve(server),
        Model::Thread => thread::serve(server),
        Model::Prethread => prethread::serve(server),
        Model::PrethreadMutex => prethread_mutex::serve(server),
        Model::Pool => pool::serve(server),
        Model::Select => select::serve(server),
        Model::Poll => poll::serve(server),
        Model::Epoll => epoll::serve(server),
        Model::Reuseport => reuseport::serve(server),
    }?;
    server.close();
    Ok(())
}
