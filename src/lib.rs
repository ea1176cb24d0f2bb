//! A laboratory for the Berkeley sockets API.

pub mod protocols;
pub mod sockets;
pub mod workers;
