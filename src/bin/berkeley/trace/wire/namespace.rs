//! A network of this process's own, with nothing in it but loopback: there
//! an ordinary user may see packets.
//!
//! In a user namespace of its own a process has all capabilities over what
//! belongs to that namespace, and a network namespace made together with it
//! does. Programs that are started in there are who they were (the user's
//! number stays), and lose the capabilities with exec. They reach each other
//! and nobody else. Man pages: `user_namespaces(7)`,
//! `network_namespaces(7)`, `unshare(2)`, `netdevice(7)`.

use std::fs;
use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
use nix::unistd::{getegid, geteuid};

/// What forbids it on some machines, and the value that does.
const SWITCHES: [(&str, &str, &str); 3] = [
    ("kernel/unprivileged_userns_clone", "0", "1"),
    ("kernel/apparmor_restrict_unprivileged_userns", "1", "0"),
    ("user/max_user_namespaces", "0", "1000"),
];

/// As an ordinary user. To be called before anything is started, while this
/// process has one thread; after an error it may be half inside, and must
/// end.
pub(crate) fn enter() -> Result<(), String> {
    let (user, group) = (geteuid(), getegid());
    let both = CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET;
    let explain = |step: &str, why: &dyn std::fmt::Display| {
        let switch = forbidden_by(|name| {
            fs::read_to_string(format!("/proc/sys/{name}")).ok()
        });
        format!("no network of its own for --packets: {step}: {why}{switch}")
    };
    unshare(both).map_err(|errno| {
        explain("unshare(CLONE_NEWUSER|CLONE_NEWNET)", &errno)
    })?;
    // Without `deny` nobody may write a gid_map: a user could drop a group
    // that is there to keep them out.
    for (file, text) in [
        ("setgroups", "deny".into()),
        ("uid_map", format!("{user} {user} 1")),
        ("gid_map", format!("{group} {group} 1")),
    ] {
        fs::write(format!("/proc/self/{file}"), text)
            .map_err(|error| explain(file, &error))?;
    }
    raise_loopback().map_err(|errno| explain("lo", &errno))
}

/// As root: a network namespace alone.
#[cfg(test)]
pub(super) fn enter_network() -> Result<(), String> {
    unshare(CloneFlags::CLONE_NEWNET)
        .and_then(|()| raise_loopback())
        .map_err(|errno| format!("no network of its own: {errno}"))
}

/// With it come its addresses, 127.0.0.1 and ::1.
fn raise_loopback() -> Result<(), Errno> {
    let (family, close_on_exec) =
        (AddressFamily::Inet, SockFlag::SOCK_CLOEXEC);
    let any = socket(family, SockType::Datagram, close_on_exec, None)?;
    // SAFETY: it is a plain structure of numbers, for which 0 is a value.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(c"lo".to_bytes()) {
        *to = libc::c_char::from_ne_bytes([*from]);
    }
    let up = libc::IFF_UP | libc::IFF_RUNNING;
    request.ifr_ifru.ifru_flags = up.try_into().unwrap_or_default();
    // SAFETY: SIOCSIFFLAGS reads a name and flags from this structure.
    let raised = unsafe {
        libc::ioctl(any.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request)
    };
    Errno::result(raised).map(drop)
}

/// ` (sysctl … = …)`, where one of the switches stands in the way.
fn forbidden_by(read: impl Fn(&str) -> Option<String>) -> String {
    let is_set = |(name, forbids, _): &&(&str, &str, &str)| {
        read(name).is_some_and(|value| value.trim() == *forbids)
    };
    let switch = SWITCHES.iter().find(is_set);
    switch.map_or(String::new(), |(name, _, allows)| {
        let name = name.replace('/', ".");
        format!("; root can allow it with `sysctl {name}={allows}`")
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::net::SocketAddr;

    use super::super::Segments;
    use super::super::peers::{Peer, V4, V6, become_nobody, in_a_child};
    use super::*;

    #[test]
    fn who_forbids_it_is_named() {
        assert_eq!(forbidden_by(|_| None), "");
        let permits = |name: &str| {
            Some(if name.contains("apparmor") { "0\n" } else { "1\n" }.into())
        };
        assert_eq!(forbidden_by(permits), "");
        let forbids =
            |name: &str| name.starts_with("user/").then(|| "0\n".to_string());
        let text = forbidden_by(forbids);
        assert!(text.ends_with("`sysctl user.max_user_namespaces=1000`"));
    }

    fn network() -> String {
        fs::read_link("/proc/self/ns/net").unwrap().display().to_string()
    }

    /// A handshake, heard by this process.
    fn hears_itself(anywhere: SocketAddr) {
        let mut segments = Segments::open().unwrap();
        let (client, _server) = Peer::pair(anywhere);
        let all = segments.read();
        let flags: Vec<&str> =
            all.iter().map(|it| it.flags.as_str()).collect();
        assert_eq!(flags, ["SYN", "SYN|ACK", "ACK"]);
        assert_eq!(all[0].from, client.address().to_string());
    }

    #[test]
    fn an_ordinary_user_hears_packets_inside() {
        in_a_child(|| {
            become_nobody();
            let (user, before) = (geteuid(), network());
            let refused = Segments::open().unwrap_err();
            assert!(refused.contains("EPERM"), "{refused}");
            match enter() {
                Err(why) if why.contains(": unshare(") => {
                    eprintln!("skipped: {why}");
                    return;
                }
                entered => entered.unwrap(),
            }
            assert_eq!(geteuid(), user);
            assert_ne!(network(), before);
            hears_itself(V4);
            hears_itself(V6);
        });
    }

    #[test]
    fn root_leaves_the_network_alone() {
        in_a_child(|| {
            let before = network();
            if let Err(why) = enter_network() {
                assert!(!geteuid().is_root() || why.contains("EPERM"));
                eprintln!("skipped: {why}");
                return;
            }
            assert_ne!(network(), before);
            hears_itself(V4);
            hears_itself(V6);
        });
    }
}
