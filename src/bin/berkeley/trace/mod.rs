//! `berkeley trace`: which socket calls a program makes, who waits for whom,
//! and which TCP state both ends are in.

mod decode;
mod record;
mod sockets;
mod story;
mod wire;
