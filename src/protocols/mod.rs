//! Conversations as pure state machines: no socket, no I/O, no `unsafe`.

