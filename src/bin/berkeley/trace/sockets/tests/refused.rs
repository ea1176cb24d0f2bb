//! Where the kernel gives no duplicates and answers no netlink, the tables
//! say the same.

use std::fs::File;
use std::os::fd::OwnedFd;

use libc::{BPF_ABS, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockType, UnixAddr, bind, listen, send,
};

use super::super::{Eye, inode, tables};
use super::{
    alone, bound, connected, fd, listening, look, me, name, new, pair,
    wait_for,
};

#[test]
fn the_tables_agree_with_the_duplicates() {
    alone(|| {
        let mut eye = Eye::new();
        let bytes = MsgFlags::empty();
        for at in ["127.0.0.1:0", "[::1]:0"] {
            let (client, server) = pair(at);
            send(fd(&client), b"12345", bytes).unwrap();
            wait_for(&mut eye, &server, &look("ESTABLISHED", 5, 0));
            wait_for(&mut eye, &client, &look("ESTABLISHED", 0, 0));
            let datagrams = bound(SockType::Datagram, at);
            for socket in [&client, &server, &datagrams] {
                let mut asked = eye.see(me(), fd(socket)).unwrap();
                let told = tables::seen(me(), fd(socket)).unwrap();
                asked.namespace = told.namespace;
                if asked.kind == "SOCK_DGRAM" {
                    asked.look.receive_queue = None;
                }
                assert_eq!(told, asked);
            }
            let listener = listening(at, 3);
            let _client = connected(&name(&listener));
            wait_for(&mut eye, &listener, &look("LISTEN", 1, 3));
            let told = tables::seen(me(), fd(&listener)).unwrap();
            assert!(told.listens);
            assert_eq!(told.look.receive_queue, Some(1));
            assert_eq!(told.look.send_queue, None);
        }
    });
}

#[test]
fn the_table_of_af_unix_tells_names() {
    alone(|| {
        let mut eye = Eye::new();
        let name = format!("berkeley tables {}", me());
        let file = std::env::temp_dir().join(&name);
        let kinds =
            [SockType::Stream, SockType::Datagram, SockType::SeqPacket];
        for kind in kinds {
            check_unix(&mut eye, kind, &UnixAddr::new(&file).unwrap());
            std::fs::remove_file(&file).unwrap();
            let hidden = UnixAddr::new_abstract(name.as_bytes()).unwrap();
            check_unix(&mut eye, kind, &hidden);
        }
        let fresh = new(AddressFamily::Unix, SockType::Stream);
        assert_eq!(tables::seen(me(), fd(&fresh)).unwrap().local, None);
    });
}

fn check_unix(eye: &mut Eye, kind: SockType, at: &UnixAddr) {
    let socket = new(AddressFamily::Unix, kind);
    bind(fd(&socket), at).unwrap();
    if kind != SockType::Datagram {
        listen(&socket, Backlog::new(1).unwrap()).unwrap();
    }
    let mut asked = eye.see(me(), fd(&socket)).unwrap();
    let told = tables::seen(me(), fd(&socket)).unwrap();
    assert!(asked.local.is_some());
    asked.namespace = told.namespace;
    asked.look = told.look.clone();
    assert_eq!(told, asked);
}

#[test]
fn a_refusal_is_no_obstacle() {
    for call in [libc::SYS_pidfd_open, libc::SYS_pidfd_getfd] {
        alone(|| {
            let (client, _server) = pair("127.0.0.1:0");
            let fresh = new(AddressFamily::Inet, SockType::Stream);
            let file = OwnedFd::from(File::open("/proc/self/stat").unwrap());
            let asked = Eye::new().see(me(), fd(&client)).unwrap();
            refuse(call, Errno::EPERM);
            refuse(libc::SYS_socket, Errno::EACCES);
            let mut eye = Eye::new();
            let seen = eye.see(me(), fd(&client)).unwrap();
            assert_eq!(seen, asked);
            assert_eq!(eye.look(me(), fd(&client)), Some(asked.look));
            assert_eq!(eye.see(me(), fd(&file)), None);
            assert_eq!(eye.look(me(), fd(&file)), None);
            // It is in no table; and yet it is a socket.
            let seen = eye.see(me(), fd(&fresh)).unwrap();
            assert_eq!(Some(seen.inode), inode(me(), fd(&fresh)));
            let (local, peer) = (asked.local.unwrap(), asked.peer.unwrap());
            let found = eye.find(asked.namespace, &local, &peer);
            assert_eq!(found, Some(look("ESTABLISHED", 0, 0)));
            assert_eq!(eye.find(0, &peer, "127.0.0.1:1"), None);
        });
    }
}

/// From now on the kernel refuses this call to this process.
fn refuse(call: libc::c_long, with: Errno) {
    let step = |code: u32, jump: u8, k: u32| libc::sock_filter {
        code: u16::try_from(code).unwrap(),
        jt: 0,
        jf: jump,
        k,
    };
    let error = libc::SECCOMP_RET_ERRNO | (with as i32).cast_unsigned();
    let mut filter = [
        step(BPF_LD | BPF_W | BPF_ABS, 0, 0),
        step(BPF_JMP | BPF_JEQ | BPF_K, 1, u32::try_from(call).unwrap()),
        step(BPF_RET | BPF_K, 0, error),
        step(BPF_RET | BPF_K, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog { len: 4, filter: filter.as_mut_ptr() };
    nix::sys::prctl::set_no_new_privs().unwrap();
    let mode = libc::SECCOMP_SET_MODE_FILTER;
    // SAFETY: the kernel copies the program, whose four steps are there.
    let done = unsafe {
        libc::syscall(libc::SYS_seccomp, mode, 0, &raw const program)
    };
    assert_eq!(Errno::result(done), Ok(0));
}
