//! A laboratory for the Berkeley sockets API: which file teaches what.
//!
//! A file's header names its C twin in `c_compare/`, which has the same
//! functions in the same order. Read the two side by side.
//!
//! 1. **First steps.** `bin/simple_server.rs` and `bin/simple_client.rs`:
//!    `socket`, `bind`, `listen`, `accept`, `recv`; `connect`, `send`.
//! 2. **Names and numbers.** `bin/socket_tools/`: `getaddrinfo` and its
//!    relatives. `bin/http_get.rs`: what a client does with the answers.
//! 3. **A stream has no boundaries.** `bin/dumb_net.rs`,
//!    `bin/echo_client.rs`: send all of it, read until the end.
//! 4. **Calls block.** `bin/one_to_one.rs`: two sides that take turns.
//! 5. **Datagrams.** `bin/udp_echo_server.rs`, `bin/udp_echo_client.rs`:
//!    boundaries kept, delivery not promised.
//! 6. **Many peers.** `bin/echo_server.rs`, `bin/knock.rs`,
//!    `bin/roster_server.rs` and `bin/supply_server.rs` make a listener and
//!    hand it to one of [`workers`]. Start with [`workers::iterative`], then
//!    [`workers::fork`] beside [`workers::thread`].
//! 7. **Fork against thread.** `bin/worker_demo.rs`: what is shared and what
//!    is copied, in one screen.
//!
//! A lab program shows `socket`, `bind`, `listen` and `connect`. A worker
//! model shows `accept`, `recv`, `send`, `shutdown`, `fork` and
//! `pthread_create`. [`protocols`] knows no socket, and [`sockets`] holds
//! what nix leaves unsaid. Arrows run one way: `bin → workers → protocols`.

pub mod protocols;
pub mod sockets;
pub mod workers;

// The unwinder from the compiler's static library instead of libgcc_s.so: a
// shared library is five mappings, and each of them costs every `fork`.
#[link(name = "gcc_eh", kind = "static", modifiers = "+whole-archive,-bundle")]
unsafe extern "C" {}
