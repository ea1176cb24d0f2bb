//! Where a case takes place: a network and names of the examiner's own.
//!
//! In there every port is free, and nobody else's packets arrive. Whatever is
//! made for it belongs to the namespaces, and ends with the last process in
//! them: no mount and no file is left, however the examiner ends. Man pages:
//! `network_namespaces(7)`, `mount_namespaces(7)`, `hosts(5)`.

use std::fmt::Write;
use std::fs::{self, File};
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

use anyhow::{Context, Result, ensure};
use nix::fcntl::OFlag;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::CloneFlags;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{self, ForkResult, fork, pipe2};

use crate::exit::words;
use crate::namespace;

/// What could be had.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) has_own_network: bool,
    /// Whether the names that were asked for resolve to `::1` first, and to
    /// 127.0.0.1 then; why not, otherwise.
    pub(crate) names: std::result::Result<(), String>,
    /// What is to be said about it in the report.
    pub(crate) note: Option<String>,
}

/// A way in: what it tells when it is barred.
type Way = (fn(CloneFlags) -> std::result::Result<(), String>, CloneFlags);

/// The best first: as who the user is, or in a user namespace; with own
/// mounts, or without.
const WAYS: [Way; 4] = [
    (namespace::enter_as_root, CloneFlags::CLONE_NEWNS),
    (namespace::enter, CloneFlags::CLONE_NEWNS),
    (namespace::enter_as_root, CloneFlags::empty()),
    (namespace::enter, CloneFlags::empty()),
];

/// For the examiner, while it has one thread and no child. `names` are those
/// that are to resolve to `::1` first.
pub(crate) fn enter(names: &[&str]) -> Place {
    let mut why = String::new();
    for (enter, more) in WAYS {
        match in_a_copy(|| enter(more)).and_then(|()| enter(more)) {
            Err(barred) => why = barred,
            Ok(()) if more.is_empty() => {
                let barred = "it has no mounts of its own".to_string();
                return Place::own(Err(barred));
            }
            Ok(()) => {
                let laid = lay_names(names).and_then(|()| resolve(names));
                return Place::own(laid.map_err(|error| words(&error)));
            }
        }
    }
    let note = format!(
        "no network of its own ({why}): ports are taken outside the \
         ephemeral range"
    );
    let names = Err("it has no network of its own".into());
    Place { has_own_network: false, names, note: Some(note) }
}

impl Place {
    fn own(names: std::result::Result<(), String>) -> Place {
        Place { has_own_network: true, names, note: None }
    }
}

/// Tried by a copy first. Where the last step is forbidden and the ones
/// before it are not (as an AppArmor profile has it), whoever tried is left
/// in a network without loopback.
fn in_a_copy(
    enter: impl FnOnce() -> std::result::Result<(), String>,
) -> std::result::Result<(), String> {
    let trouble = |errno: nix::Error| errno.to_string();
    let (told, tells) = pipe2(OFlag::O_CLOEXEC).map_err(trouble)?;
    // SAFETY: the examiner has one thread, so that a copy of it may do
    // whatever it may do itself.
    match unsafe { fork() }.map_err(trouble)? {
        ForkResult::Child => {
            let why = enter().err().unwrap_or_default();
            let _ = unistd::write(&tells, why.as_bytes());
            // SAFETY: ends this process, without what exit(3) would do to
            // what it shares with the examiner.
            unsafe { libc::_exit(0) }
        }
        ForkResult::Parent { child } => {
            drop(tells);
            let mut why = String::new();
            let heard = File::from(told).read_to_string(&mut why);
            heard.map_err(|error| error.to_string())?;
            let ended = waitpid(child, None).map_err(trouble)?;
            match ended {
                WaitStatus::Exited(_, 0) if why.is_empty() => Ok(()),
                WaitStatus::Exited(_, 0) => Err(why),
                _ => Err(format!("a process in there: {ended:?}")),
            }
        }
    }
}

const HOSTS: &str = "/etc/hosts";
/// Stands in for a folder for a moment, seen by nobody else.
const FOLDER: &str = "/tmp";

/// Puts another file of names over the real one. It is in a file system of
/// its own, in memory, that is taken from its folder again at once; what is
/// over the real file keeps it.
fn lay_names(names: &[&str]) -> Result<()> {
    let nothing: Option<&str> = None;
    // Where mounts are shared, as systemd has them, this one would go out.
    let alone = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(nothing, "/", nothing, alone, nothing).context("mount: /")?;
    let real = fs::read_to_string(HOSTS).unwrap_or_default();
    let own = fs::read_to_string("/proc/sys/kernel/hostname");
    let text = hosts(&real, names, own.unwrap_or_default().trim());
    let plain = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(Some("tmpfs"), FOLDER, Some("tmpfs"), plain, Some("mode=755"))
        .with_context(|| format!("mount: {FOLDER}"))?;
    let file = format!("{FOLDER}/hosts");
    let laid = fs::write(&file, text).context("write: hosts");
    let laid = laid.and_then(|()| {
        mount(Some(&*file), HOSTS, nothing, MsFlags::MS_BIND, nothing)
            .with_context(|| format!("mount: {HOSTS}"))
    });
    let taken_away = umount2(FOLDER, MntFlags::MNT_DETACH);
    laid?;
    taken_away.with_context(|| format!("umount: {FOLDER}"))
}

/// The real one with other lines for `names`, and for the machine's own name:
/// that may have an address which is not in this network, and programs bind
/// to it (`gethostbyname(gethostname())`).
fn hosts(real: &str, names: &[&str], own: &str) -> String {
    let is_own = |name: &str| {
        let short = name.split('.').next();
        !own.is_empty() && (name == own || short == Some(own))
    };
    let mut all_own = vec![own];
    let mut text = String::new();
    for line in real.lines() {
        let mut words =
            line.split('#').next().unwrap_or("").split_whitespace();
        let Some(address) = words.next() else { continue };
        let mut kept = Vec::new();
        for name in words.filter(|name| !names.contains(name)) {
            if is_own(name) {
                all_own.push(name);
            } else {
                kept.push(name);
            }
        }
        if !kept.is_empty() {
            let _ = writeln!(text, "{address} {}", kept.join(" "));
        }
    }
    for name in names {
        let _ = writeln!(text, "::1 {name}\n127.0.0.1 {name}");
    }
    all_own.retain(|own| !own.is_empty() && !names.contains(own));
    all_own.sort_unstable();
    all_own.dedup();
    for own in all_own {
        let _ = writeln!(text, "127.0.0.1 {own}");
    }
    text
}

/// Whether programs will find it so: whom they ask, and in which order what
/// is found is given, is for `nsswitch.conf(5)` and `gai.conf(5)` to say.
fn resolve(names: &[&str]) -> Result<()> {
    let both =
        [IpAddr::V6(Ipv6Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::LOCALHOST)];
    for name in names {
        let found = (*name, 0).to_socket_addrs();
        let found: Vec<IpAddr> = found
            .with_context(|| format!("getaddrinfo: {name}"))?
            .map(|address: SocketAddr| address.ip())
            .collect();
        ensure!(found == both, "getaddrinfo: {name} is {found:?}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::hosts;

    #[test]
    fn the_names_of_the_machine_and_of_the_cases_are_here() {
        let real = "127.0.0.1 localhost\n# a.test\n10.1.2.3 box.edu box db\n\
                    ::1 a.test\n\n";
        let text = "127.0.0.1 localhost\n10.1.2.3 db\n::1 a.test\n127.0.0.1 \
                    a.test\n127.0.0.1 box\n127.0.0.1 box.edu\n";
        assert_eq!(hosts(real, &["a.test"], "box"), text);
        assert_eq!(hosts("", &[], ""), "");
    }
}
