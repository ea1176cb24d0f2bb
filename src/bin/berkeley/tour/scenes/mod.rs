//! What happens in each step, and what must come of it.

mod alone;
mod foreign;
mod served;
mod tools;

use anyhow::Result;

use super::play::Play;
use super::sheet::Sheet;

/// One step: a lab at work, or a tool of the kit.
pub(crate) struct Scene {
    pub(crate) step: &'static str,
    pub(crate) title: &'static str,
    /// What to look for.
    pub(crate) look: &'static str,
    /// Which of the kit's programs it needs in each language.
    pub(crate) programs: &'static [&'static str],
    /// Under which models it is played; none for a lab without models.
    pub(crate) models: &'static [&'static str],
    /// Of a tool, which runs once, whatever the languages; the conversation
    /// of a lab is set in panes.
    pub(crate) sheet: Option<Sheet>,
    pub(crate) play: fn(&mut Play) -> Result<()>,
    /// What to type next: `@` is where the programs are.
    pub(crate) try_next: &'static [(&'static str, &'static str)],
}

/// One way to serve by processes, one by threads, one by events.
const THREE: &[&str] = &["fork", "thread", "epoll"];

/// The labs in the order in which they are understood best, then the tools.
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
    &tools::LADDER,
    &tools::BENCH,
    &tools::CHECK,
    &tools::LAB,
];

/// What is shown to somebody who has not asked for anything: one lab, and
/// what the kit can do with it. The rest is played all the same.
pub(crate) const FIRST: [&str; 5] =
    ["knock", "ladder", "bench", "check", "lab"];

/// Where to go from there.
pub(crate) static NEXT: &[(&str, &str)] = &[
    ("@berkeley tour echo", "another lab; --full shows them all"),
    ("@berkeley trace knock -o knock.html", "the ladder as a page"),
    ("@berkeley bench", "all fourteen models; two minutes, a report"),
    ("@berkeley check knock --list", "what a server of yours has to do"),
    ("@berkeley lab --list", "more questions to the kernel"),
    ("@berkeley shell", "socket, bind, connect: the calls by hand"),
    ("@berkeley list", "what there is, and in which file"),
];
