//! A network of this process's own, with nothing in it but loopback: there
//! an ordinary user may see packets, and every port is free.
//!
//! In a user namespace of its own a process has all capabilities over what
//! belongs to that namespace, and a network namespace made together with it
//! does. Programs that are started in there are who they were (the user's
//! number stays), and lose the capabilities with exec. They reach each other
//! and nobody else. Man pages: `user_namespaces(7)`,
//! `network_namespaces(7)`, `unshare(2)`, `netdevice(7)`.

use std::ffi::CStr;
use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4};
use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::net::if_::if_nametoindex;
use nix::sched::{CloneFlags, unshare};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, SockaddrLike, socket,
};
use nix::unistd::{getegid, geteuid};

/// What forbids it on some machines, and the value that does.
const SWITCHES: [(&str, &str, &str); 3] = [
    ("kernel/unprivileged_userns_clone", "0", "1"),
    ("kernel/apparmor_restrict_unprivileged_userns", "1", "0"),
    ("user/max_user_namespaces", "0", "1000"),
];

/// As an ordinary user, and with it what else is asked for. To be called
/// before anything is started, while this process has one thread; after an
/// error it may be half inside, and must end. The error is why there is none,
/// without saying so.
pub(crate) fn enter(more: CloneFlags) -> Result<(), String> {
    let (user, group) = (geteuid(), getegid());
    let all = CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET | more;
    let explain = |step: &str, why: &dyn std::fmt::Display| {
        let switch = forbidden_by(|name| {
            fs::read_to_string(format!("/proc/sys/{name}")).ok()
        });
        format!("{step}: {why}{switch}")
    };
    unshare(all).map_err(|errno| explain(&call(all), &errno))?;
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

/// As root: without a user namespace.
pub(crate) fn enter_as_root(more: CloneFlags) -> Result<(), String> {
    let all = CloneFlags::CLONE_NEWNET | more;
    unshare(all).map_err(|errno| format!("{}: {errno}", call(all)))?;
    raise_loopback().map_err(|errno| format!("lo: {errno}"))
}

fn call(flags: CloneFlags) -> String {
    let names: Vec<&str> = flags.iter_names().map(|(name, _)| name).collect();
    format!("unshare({})", names.join("|"))
}

/// With it come its addresses, 127.0.0.1 and ::1.
fn raise_loopback() -> Result<(), Errno> {
    let any = datagrams(AddressFamily::Inet)?;
    let mut request = request_for(c"lo");
    let up = libc::IFF_UP | libc::IFF_RUNNING;
    request.ifr_ifru.ifru_flags = up.try_into().unwrap_or_default();
    // SAFETY: SIOCSIFFLAGS reads a name and flags from this structure.
    let raised = unsafe {
        libc::ioctl(any.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request)
    };
    Errno::result(raised)?;
    // A machine may have no IPv6; the programs then see the same.
    let _ = add_v4();
    let _ = add_v6();
    Ok(())
}

/// From the networks that are for documentation (RFC 5737 and 3849), one
/// address of each family. For glibc a machine with loopback alone has no
/// addresses: getaddrinfo(3) with AF_INET and AI_ADDRCONFIG would not even
/// take `127.0.0.1`.
const V4: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);

fn add_v4() -> Result<(), Errno> {
    let any = datagrams(AddressFamily::Inet)?;
    let mut request = request_for(c"lo:1");
    let address = SockaddrIn::from(SocketAddrV4::new(V4, 0));
    // SAFETY: a sockaddr_in is as large as the sockaddr which it stands for.
    request.ifr_ifru.ifru_addr =
        unsafe { address.as_ptr().cast::<libc::sockaddr>().read() };
    // SAFETY: SIOCSIFADDR reads a name and an address from this structure.
    let added = unsafe {
        libc::ioctl(any.as_raw_fd(), libc::SIOCSIFADDR, &raw const request)
    };
    Errno::result(added).map(drop)
}

fn add_v6() -> Result<(), Errno> {
    let any = datagrams(AddressFamily::Inet6)?;
    let index = if_nametoindex("lo")?;
    let request = libc::in6_ifreq {
        ifr6_addr: libc::in6_addr { s6_addr: V6.octets() },
        ifr6_prefixlen: 128,
        ifr6_ifindex: index.cast_signed(),
    };
    // SAFETY: on a socket of IPv6, SIOCSIFADDR reads this structure.
    let added = unsafe {
        libc::ioctl(any.as_raw_fd(), libc::SIOCSIFADDR, &raw const request)
    };
    Errno::result(added).map(drop)
}

fn datagrams(family: AddressFamily) -> Result<OwnedFd, Errno> {
    socket(family, SockType::Datagram, SockFlag::SOCK_CLOEXEC, None)
}

/// About the interface of this name.
fn request_for(name: &CStr) -> libc::ifreq {
    // SAFETY: it is a plain structure of numbers, for which 0 is a value.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(name.to_bytes()) {
        *to = libc::c_char::from_ne_bytes([*from]);
    }
    request
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
}
