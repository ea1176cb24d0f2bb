//! What nix leaves unsaid about sockets: an `accept` that gives the address,
//! a `recv` into untouched memory, all of a `send`, lines out of a stream,
//! names into addresses, and errors that name the call.

mod accept;
mod address;
mod bind;
pub mod console;
mod errors;
mod lines;
mod listen;
mod resolve;
mod signals;
pub mod text;
mod transfer;
pub mod usage;

pub use accept::{Peer, accept};
pub use address::{Shown, exact, local_address, unix_address};
pub use bind::bind;
pub use errors::{Cause, Failed, exit, symbol, words};
pub use lines::{Lines, TooLong};
pub use listen::listen;
pub use resolve::{Answer, Question, getaddrinfo};
pub use signals::{leave_on_signals, respecting_nohup};
pub use transfer::{recv, send, send_all};
