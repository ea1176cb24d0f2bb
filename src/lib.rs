//! A laboratory for the Berkeley sockets API.

pub mod protocols;
