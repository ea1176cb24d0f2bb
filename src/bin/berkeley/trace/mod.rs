//! `berkeley trace`: which socket calls a program makes, who waits for whom,
//! and which TCP state both ends are in.

mod decode;
mod draw;
#[cfg(test)]
mod fixture;
mod labs;
mod read;
mod record;
mod sockets;
mod story;
