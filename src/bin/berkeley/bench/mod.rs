//! `berkeley bench`: the figures of a run, and what they say.

mod compare;
mod conclusions;
mod findings;
#[cfg(test)]
mod fixture;
mod markdown;
mod numbers;
mod ranking;
mod ratios;
mod record;
mod sheets;
mod statistics;
mod table;
mod verdict;
