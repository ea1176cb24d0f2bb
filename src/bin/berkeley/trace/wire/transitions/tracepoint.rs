//! The tracepoint `sock:inet_sock_set_state`: its number, and where in a
//! record of it each field is.
//!
//! Both are files of tracefs. Many machines have it mounted nowhere; then it
//! is mounted detached, visible only through a descriptor of this process,
//! and gone with it. A machine that shows debugfs only would mount tracefs
//! by itself when somebody looks into `/sys/kernel/debug/tracing`, and that
//! mount would stay: so nobody looks there. Man pages: `proc_pid_mounts(5)`;
//! `Documentation/trace/events.rst` in the kernel.

use std::ffi::CStr;
use std::fs::{self, File};
use std::io::Read;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::Mode;

use super::Report;
use crate::trace::tcp;

/// `include/uapi/linux/mount.h`
const FSOPEN_CLOEXEC: u32 = 1;
const FSCONFIG_CMD_CREATE: u32 = 6;
const FSMOUNT_CLOEXEC: u32 = 1;

/// The number that perf_event_open(2) asks for, and the fields.
#[derive(Debug)]
pub(super) struct Tracepoint {
    pub(super) id: u64,
    fields: Fields,
}

/// Offsets in a record.
#[derive(Debug, PartialEq)]
struct Fields {
    socket: usize,
    old: usize,
    new: usize,
    local_port: usize,
    peer_port: usize,
    family: usize,
    protocol: usize,
    local: usize,
    peer: usize,
    local_v6: usize,
    peer_v6: usize,
}

impl Tracepoint {
    pub(super) fn find() -> Result<Tracepoint, String> {
        let top = tracefs()?;
        let id = read(&top, c"events/sock/inet_sock_set_state/id")?;
        let format = read(&top, c"events/sock/inet_sock_set_state/format")?;
        let id = id.trim().parse().ok();
        id.zip(Fields::parse(&format))
            .map(|(id, fields)| Tracepoint { id, fields })
            .ok_or("this kernel's inet_sock_set_state is unknown here".into())
    }

    /// What a record says; `None` for what is not TCP.
    pub(super) fn tell(&self, at: u64, record: &[u8]) -> Option<Report> {
        let is = &self.fields;
        let protocol = u16::from_ne_bytes(take(record, is.protocol)?);
        if i32::from(protocol) != libc::IPPROTO_TCP {
            return None;
        }
        let family = u16::from_ne_bytes(take(record, is.family)?);
        let address = |port, v4, v6| {
            let port = u16::from_ne_bytes(take(record, port)?);
            let ip = if i32::from(family) == libc::AF_INET6 {
                Ipv6Addr::from(take::<16>(record, v6)?).into()
            } else {
                Ipv4Addr::from(take::<4>(record, v4)?).into()
            };
            Some(SocketAddr::new(ip, port))
        };
        Some(Report {
            at,
            local: address(is.local_port, is.local, is.local_v6)?,
            peer: address(is.peer_port, is.peer, is.peer_v6)?,
            from: state(record, is.old)?,
            to: state(record, is.new)?,
            socket_address: u64::from_ne_bytes(take(record, is.socket)?),
        })
    }
}

fn take<const N: usize>(record: &[u8], offset: usize) -> Option<[u8; N]> {
    record.get(offset..)?.first_chunk().copied()
}

fn state(record: &[u8], offset: usize) -> Option<&'static str> {
    tcp::state(u32::from_ne_bytes(take(record, offset)?))
}

impl Fields {
    /// Each must be there and of the size that it is read with.
    fn parse(format: &str) -> Option<Fields> {
        let offset = |name, size| offset(format, name, size);
        Some(Fields {
            socket: offset("skaddr", size_of::<*const ()>())?,
            old: offset("oldstate", 4)?,
            new: offset("newstate", 4)?,
            local_port: offset("sport", 2)?,
            peer_port: offset("dport", 2)?,
            family: offset("family", 2)?,
            protocol: offset("protocol", 2)?,
            local: offset("saddr", 4)?,
            peer: offset("daddr", 4)?,
            local_v6: offset("saddr_v6", 16)?,
            peer_v6: offset("daddr_v6", 16)?,
        })
    }
}

/// From a line like `field:__u8 saddr[4]; offset:32; size:4; signed:0;`.
fn offset(format: &str, name: &str, size: usize) -> Option<usize> {
    let fields = format.lines().filter_map(|line| {
        let mut parts = line.trim().split(';').map(str::trim);
        let declared = parts.next()?.strip_prefix("field:")?;
        let (_, declared) = declared.rsplit_once([' ', '*'])?;
        let found = declared.split('[').next()?;
        let offset = parts.next()?.strip_prefix("offset:")?.parse().ok()?;
        let length = parts.next()?.strip_prefix("size:")?.parse().ok()?;
        Some((found, offset, length))
    });
    let mut same = fields.filter(|field| (field.0, field.2) == (name, size));
    same.next().map(|(_, offset, _)| offset)
}

/// The folder with everything in it.
fn tracefs() -> Result<OwnedFd, String> {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    match mount_point(&mounts) {
        Some(path) => {
            let folder = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
            open(path, folder, Mode::empty())
                .map_err(|errno| format!("{path}: {errno}"))
        }
        None => mount_detached()
            .map_err(|errno| format!("cannot mount tracefs: {errno}")),
    }
}

/// Of the lines `tracefs /sys/kernel/tracing tracefs rw 0 0`.
fn mount_point(mounts: &str) -> Option<&str> {
    let mut words =
        mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let mount = words.find(|words| words.get(2) == Some(&"tracefs"))?;
    Some(mount[1])
}

fn mount_detached() -> Result<OwnedFd, Errno> {
    // SAFETY: the name is a C string, and fsopen(2) only reads it.
    let context = unsafe {
        libc::syscall(libc::SYS_fsopen, c"tracefs".as_ptr(), FSOPEN_CLOEXEC)
    };
    let context = own(context)?;
    let nothing = std::ptr::null::<u8>();
    // SAFETY: with this command, key and value must be null, and are.
    let created = unsafe {
        libc::syscall(
            libc::SYS_fsconfig,
            context.as_raw_fd(),
            FSCONFIG_CMD_CREATE,
            nothing,
            nothing,
            0,
        )
    };
    Errno::result(created)?;
    // SAFETY: fsmount(2) takes numbers only.
    let mount = unsafe {
        let context = context.as_raw_fd();
        libc::syscall(libc::SYS_fsmount, context, FSMOUNT_CLOEXEC, 0)
    };
    own(mount)
}

/// A descriptor that a system call has just made.
pub(super) fn own(result: libc::c_long) -> Result<OwnedFd, Errno> {
    let fd = i32::try_from(Errno::result(result)?);
    let fd = fd.map_err(|_| Errno::EBADF)?;
    // SAFETY: the kernel has just given it to this process, and nobody else
    // knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn read(top: &impl AsFd, path: &CStr) -> Result<String, String> {
    let why = |why: &dyn std::fmt::Display| {
        format!("tracefs {}: {why}", path.to_string_lossy())
    };
    let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC;
    let file = openat(top, path, flags, Mode::empty());
    let file = file.map_err(|errno| why(&errno))?;
    let mut text = String::new();
    File::from(file).read_to_string(&mut text).map_err(|err| why(&err))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const FORMAT: &str = "\
name: inet_sock_set_state
ID: 2287
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;

\tfield:const void * skaddr;\toffset:8;\tsize:8;\tsigned:0;
\tfield:int oldstate;\toffset:16;\tsize:4;\tsigned:1;
\tfield:int newstate;\toffset:20;\tsize:4;\tsigned:1;
\tfield:__u16 sport;\toffset:24;\tsize:2;\tsigned:0;
\tfield:__u16 dport;\toffset:26;\tsize:2;\tsigned:0;
\tfield:__u16 family;\toffset:28;\tsize:2;\tsigned:0;
\tfield:__u16 protocol;\toffset:30;\tsize:2;\tsigned:0;
\tfield:__u8 saddr[4];\toffset:32;\tsize:4;\tsigned:0;
\tfield:__u8 daddr[4];\toffset:36;\tsize:4;\tsigned:0;
\tfield:__u8 saddr_v6[16];\toffset:40;\tsize:16;\tsigned:0;
\tfield:__u8 daddr_v6[16];\toffset:56;\tsize:16;\tsigned:0;

print fmt: \"family=%s\", REC->family
";

    fn record(family: i32, protocol: i32, old: i32, new: i32) -> Vec<u8> {
        let mut record = vec![0; 72];
        let mut put = |offset: usize, bytes: &[u8]| {
            record[offset..offset + bytes.len()].copy_from_slice(bytes);
        };
        let short = |number: i32| u16::try_from(number).unwrap();
        put(8, &0xffff_8880_1234_5600_u64.to_ne_bytes());
        put(16, &old.to_ne_bytes());
        put(20, &new.to_ne_bytes());
        put(24, &5000_u16.to_ne_bytes());
        put(26, &41234_u16.to_ne_bytes());
        put(28, &short(family).to_ne_bytes());
        put(30, &short(protocol).to_ne_bytes());
        put(32, &[127, 0, 0, 1]);
        put(36, &[127, 0, 0, 2]);
        put(40, &Ipv6Addr::LOCALHOST.octets());
        put(56, &Ipv4Addr::LOCALHOST.to_ipv6_mapped().octets());
        record
    }

    #[test]
    fn fields_are_where_the_format_says() {
        let fields = Fields::parse(FORMAT).unwrap();
        assert_eq!((fields.socket, fields.old, fields.new), (8, 16, 20));
        assert_eq!((fields.local, fields.local_v6), (32, 40));
        let moved = FORMAT.replace("offset:16;", "offset:80;");
        assert_eq!(Fields::parse(&moved).unwrap().old, 80);
    }

    #[test]
    fn a_format_with_other_sizes_is_refused() {
        let wide = FORMAT.replace(
            "sport;\toffset:24;\tsize:2",
            "sport;\toffset:24;\tsize:4",
        );
        assert_eq!(Fields::parse(&wide), None);
        assert_eq!(Fields::parse(""), None);
    }

    #[test]
    fn a_record_is_read() {
        let fields = Fields::parse(FORMAT).unwrap();
        let tracepoint = Tracepoint { id: 1, fields };
        let tell = |record: &[u8]| tracepoint.tell(7, record);
        let v4 = tell(&record(libc::AF_INET, libc::IPPROTO_TCP, 2, 1));
        let v4 = v4.unwrap();
        assert_eq!((v4.from, v4.to), ("SYN_SENT", "ESTABLISHED"));
        assert_eq!(v4.local.to_string(), "127.0.0.1:5000");
        assert_eq!(v4.peer.to_string(), "127.0.0.2:41234");
        assert_eq!(v4.socket_address, 0xffff_8880_1234_5600);
        assert_eq!(v4.at, 7);
        let v6 = tell(&record(libc::AF_INET6, libc::IPPROTO_TCP, 7, 10));
        let v6 = v6.unwrap();
        assert_eq!((v6.from, v6.to), ("CLOSE", "LISTEN"));
        assert_eq!(v6.local.to_string(), "[::1]:5000");
        assert_eq!(v6.peer.to_string(), "[::ffff:127.0.0.1]:41234");
        let other = record(libc::AF_INET, libc::IPPROTO_SCTP, 2, 1);
        assert_eq!(tell(&other), None);
        let unknown = record(libc::AF_INET, libc::IPPROTO_TCP, 0, 99);
        assert_eq!(tell(&unknown), None);
    }

    #[test]
    fn a_mount_of_it_is_found_wherever_it_is() {
        let mounts = "proc /proc proc rw 0 0\n\
                      none /sys/kernel/debug debugfs rw 0 0\n\
                      t /sys/kernel/tracing tracefs rw,nosuid 0 0\n";
        assert_eq!(mount_point(mounts), Some("/sys/kernel/tracing"));
        let without = "none /sys/kernel/debug debugfs rw 0 0\n";
        assert_eq!(mount_point(without), None);
    }
}
