//! `berkeley bench`: the servers of the kit, and others, under load.

mod meter;
mod record;
