//! What happens in each lab, and what must come of it.

mod alone;
mod foreign;
mod served;

use anyhow::Result;

use super::play::Play;

/// One lab.
pub(crate) struct Scene {
    pub(crate) lab: &'static str,
    pub(crate) title: &'static str,
    /// What to look for.
    pub(crate) look: &'static str,
    /// Which of the kit's programs it needs.
    pub(crate) programs: &'static [&'static str],
    /// Under which models it is played; none for a lab without models.
    pub(crate) models: &'static [&'static str],
    pub(crate) play: fn(&mut Play) -> Result<()>,
    /// What to type next: `@` is where the programs are.
    pub(crate) try_next: &'static [(&'static str, &'static str)],
}

/// One way to serve by processes, one by threads, one by events.
const THREE: &[&str] = &["fork", "thread", "epoll"];

/// In the order in which they are understood best.
pub(crate) static SCENES: &[&Scene] = &[
    &served::SIMPLE,
    &served::ECHO,
    &served::KNOCK,
    &served::ROSTER,
    &served::SUPPLY,
    &served::UDP,
    &foreign::DUMB_NET,
    &alone::ONE_TO_ONE,
    &foreign::HTTP_GET,
    &alone::SOCKET_TOOLS,
    &alone::WORKER_DEMO,
];
