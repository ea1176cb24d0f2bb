//! `berkeley bench`: every model against every other, measured.

mod page;
mod record;
