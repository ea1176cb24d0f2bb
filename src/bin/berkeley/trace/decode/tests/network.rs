//! Calls on sockets, word by word.

use super::*;

#[test]
fn a_socket_is_told_by_domain_type_and_protocol() {
    let none = Bytes::default();
    let socket = |args: [u64; 3]| words(&none, Sysno::socket, &args, 3);
    assert_eq!(
        socket([2, 1 | 0x80800, 6]),
        "AF_INET, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, IPPROTO_TCP"
    );
    assert_eq!(socket([16, 3, 0]), "AF_NETLINK, SOCK_RAW, NETLINK_ROUTE");
    assert_eq!(socket([1, 1, 5]), "AF_UNIX, SOCK_STREAM, 5");
    assert_eq!(
        socket([17, 3, 0x300]),
        "AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)"
    );
    assert_eq!(
        socket([99, 0x807, 0]),
        "0x63 /* AF_??? */, SOCK_NONBLOCK|0x7, 0"
    );
    assert_eq!(whole(&none, Sysno::socket, &[2, 1, 0], 3).made, [3]);
    assert!(whole(&none, Sysno::socket, &[2, 1, 0], -97).made.is_empty());
}

#[test]
fn both_ends_of_a_pair_are_made() {
    let mut memory = Bytes::default();
    let pair = memory.ints(&[16, 17]);
    let pair = whole(&memory, Sysno::socketpair, &[1, 1, 0, pair], 0);
    assert_eq!(pair.args[3], "[16, 17]");
    assert_eq!(pair.made, [16, 17]);
    assert_eq!(
        words(&memory, Sysno::socketpair, &[1, 1, 0, 0xdead_0000], -14),
        "AF_UNIX, SOCK_STREAM, 0, 0xdead0000"
    );
}

#[test]
fn an_address_is_short_and_a_bad_one_is_a_pointer() {
    let mut memory = Bytes::default();
    let local = memory.local();
    let bound = whole(&memory, Sysno::bind, &[3, local, 16], 0);
    assert_eq!(bound.args, ["3", "127.0.0.1:5000", "16"]);
    assert_eq!(bound.address.as_deref(), Some("127.0.0.1:5000"));
    assert_eq!(bound.fd, Some(3));
    let bind = |at, length| words(&memory, Sysno::bind, &[3, at, length], -22);
    assert_eq!(bind(local, 1), "3, 0x1000, 1");
    assert_eq!(bind(local, MINUS_1), "3, 0x1000, -1");
    assert_eq!(bind(0, 16), "3, NULL, 16");
    assert_eq!(bind(0xdead_0000, 16), "3, 0xdead0000, 16");
}

#[test]
fn an_accepted_peer_is_shown_with_the_room_it_had() {
    let mut memory = Bytes::default();
    let (peer, length) = (memory.local(), memory.ints(&[128]));
    let call = entry(Sysno::accept4, &[3, peer, length, 0x80000]);
    let mut decoded = DECODER.enter(&call, &memory);
    assert_eq!(decoded.args, ["3", "0x1000", "[128]", "SOCK_CLOEXEC"]);
    memory.0.insert(length, 16_i32.to_ne_bytes().to_vec());
    DECODER.leave(&call, 4, &memory, &mut decoded);
    assert_eq!(
        decoded.args,
        ["3", "127.0.0.1:5000", "[128 => 16]", "SOCK_CLOEXEC"]
    );
    assert_eq!(decoded.made, [4]);
    assert_eq!(decoded.address.as_deref(), Some("127.0.0.1:5000"));

    let failed = words(&memory, Sysno::accept, &[3, peer, length], -11);
    assert_eq!(failed, "3, 0x1000, [16]");
    assert_eq!(words(&memory, Sysno::accept, &[3, 0, 0], 4), "3, NULL, NULL");
}

#[test]
fn bytes_that_were_sent_and_received_are_kept() {
    let mut memory = Bytes::default();
    let text = memory.put(b"Knock, knock\n");
    let sent = whole(&memory, Sysno::sendto, &[3, text, 13, 0x4000], 5);
    assert_eq!(
        sent.args.join(", "),
        r#"3, "Knock, knock\n", 13, MSG_NOSIGNAL, NULL, 0"#
    );
    let data = sent.data.unwrap();
    assert_eq!(
        (data.text.as_str(), data.length, data.cut),
        ("Knock", 5, false)
    );

    let received = whole(&memory, Sysno::recvfrom, &[4, text, 2, 0x20], 13);
    assert_eq!(
        received.args.join(", "),
        r#"4, "Kn", 2, MSG_TRUNC, NULL, NULL"#
    );
    assert_eq!(received.data.unwrap().length, 2);

    let long = memory.put([b'x'; 40]);
    let write = whole(&memory, Sysno::write, &[3, long, 40], 40);
    assert_eq!(write.args[1], format!("\"{}\"...", "x".repeat(32)));
    assert!(write.data.unwrap().cut);

    let peeked = whole(&memory, Sysno::recvfrom, &[4, text, 13, 2], 13);
    assert_eq!(peeked.args[1], r#""Knock, knock\n""#);
    assert_eq!(peeked.data, None);
    assert_eq!(
        words(&memory, Sysno::read, &[4, 0x1000, 10], -11),
        "4, 0x1000, 10"
    );
    assert_eq!(whole(&memory, Sysno::read, &[4, text, 10], 0).data, None);
}

#[test]
fn options_have_names_and_values() {
    let mut memory = Bytes::default();
    let (one, pair) = (memory.ints(&[1]), memory.ints(&[1, 0]));
    let time = memory.longs(&[2, 500_000]);
    let name = memory.put(b"reno\0");
    let set = |args: [u64; 5]| words(&memory, Sysno::setsockopt, &args, 0);
    assert_eq!(set([3, 6, 1, one, 4]), "3, SOL_TCP, TCP_NODELAY, [1], 4");
    assert_eq!(
        set([3, 1, 13, pair, 8]),
        "3, SOL_SOCKET, SO_LINGER, {l_onoff=1, l_linger=0}, 8"
    );
    assert_eq!(
        set([3, 1, 20, time, 16]),
        "3, SOL_SOCKET, SO_RCVTIMEO, {tv_sec=2, tv_usec=500000}, 16"
    );
    assert_eq!(
        set([3, 6, 13, name, 5]),
        r#"3, SOL_TCP, TCP_CONGESTION, "reno\0", 5"#
    );
    assert_eq!(
        set([3, 1, 2, one, 3]),
        "3, SOL_SOCKET, SO_REUSEADDR, 0x1000, 3"
    );
    assert_eq!(
        set([3, MINUS_1, MINUS_1, 0, MINUS_1]),
        "3, 0xffffffff /* SOL_?? */, 4294967295, NULL, -1"
    );
    assert_eq!(set([3, 999, 0, one, 4]), "3, 0x3e7 /* SOL_?? */, 0, [1], 4");
    assert_eq!(
        set([3, 1, 77, 0, 4]),
        "3, SOL_SOCKET, 0x4d /* SO_??? */, NULL, 4"
    );
}

#[test]
fn an_option_that_was_asked_for_says_how_long_it_is() {
    let mut memory = Bytes::default();
    let value = memory.ints(&[111]);
    let length = memory.ints(&[64]);
    let call = entry(Sysno::getsockopt, &[3, 1, 4, value, length]);
    let mut decoded = DECODER.enter(&call, &memory);
    memory.0.insert(length, 4_i32.to_ne_bytes().to_vec());
    DECODER.leave(&call, 0, &memory, &mut decoded);
    assert_eq!(
        decoded.args.join(", "),
        "3, SOL_SOCKET, SO_ERROR, [ECONNREFUSED], [64 => 4]"
    );
    let who = memory.ints(&[4101, 0, 0]);
    let twelve = memory.ints(&[12]);
    assert_eq!(
        words(&memory, Sysno::getsockopt, &[3, 1, 17, who, twelve], 0),
        "3, SOL_SOCKET, SO_PEERCRED, {pid=4101, uid=0, gid=0}, [12]"
    );
}

/// An int of which less was asked for, or a struct of which not all was: in
/// bytes, and which of strace's two ways to write them depends on the option.
#[test]
fn a_part_of_an_option_is_shown_as_strace_shows_it() {
    let mut memory = Bytes::default();
    let value = memory.ints(&[1, -1]);
    let lengths = [2, 7, 8].map(|length| memory.ints(&[length]));
    let asked = |option, length: usize| {
        let args = [3, 1, option, value, lengths[length]];
        whole(&memory, Sysno::getsockopt, &args, 0).args.swap_remove(3)
    };
    assert_eq!(asked(3, 0), r#""\1\0""#, "SO_TYPE");
    assert_eq!(asked(2, 0), r#""\x01\x00""#, "SO_REUSEADDR");
    assert_eq!(asked(13, 0), r#"{l_onoff="\x01\x00"}"#, "SO_LINGER");
    assert_eq!(asked(17, 1), r#"{pid=1, uid="\xff\xff\xff"}"#);
    assert_eq!(asked(37, 2), "[1]", "SO_TIMESTAMPING");
}

/// A header with one piece of five bytes, and this control message.
fn message(memory: &mut Bytes, control: &[u8]) -> u64 {
    let text = memory.put(b"hello");
    let pieces = memory.longs(&[text, 5]);
    let at = if control.is_empty() { 0 } else { memory.put(control) };
    memory.longs(&[0, 0, pieces, 1, at, control.len() as u64, 0])
}

fn rights(descriptors: &[i32]) -> Vec<u8> {
    let length = 16 + 4 * descriptors.len() as u64;
    let mut control = length.to_ne_bytes().to_vec();
    control.extend(libc::SOL_SOCKET.to_ne_bytes());
    control.extend(libc::SCM_RIGHTS.to_ne_bytes());
    control.extend(descriptors.iter().flat_map(|fd| fd.to_ne_bytes()));
    control.resize(control.len().next_multiple_of(8), 0);
    control
}

#[test]
fn descriptors_pass_through_control_messages() {
    let mut memory = Bytes::default();
    let header = message(&mut memory, &rights(&[5]));
    let sent = whole(&memory, Sysno::sendmsg, &[3, header, 0], 5);
    assert_eq!(
        sent.args[1],
        "{msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base=\"hello\", \
         iov_len=5}], msg_iovlen=1, msg_control=[{cmsg_len=20, \
         cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[5]}], \
         msg_controllen=24, msg_flags=0}"
    );
    assert_eq!(sent.passed, [5]);
    assert_eq!(sent.data.unwrap().text, "hello");

    let received = whole(&memory, Sysno::recvmsg, &[4, header, 0x40], 2);
    assert_eq!(received.made, [5]);
    assert_eq!(received.data.unwrap().text, "he");
    assert_eq!(received.args[2], "MSG_DONTWAIT");

    let failed = words(&memory, Sysno::recvmsg, &[4, header, 0], -11);
    assert_eq!(failed, "4, {msg_namelen=0}, 0");
}

#[test]
fn absurd_counts_are_cut_and_bad_pieces_are_pointers() {
    let mut memory = Bytes::default();
    let pieces = memory.longs(&[0xdead_0000, 3, 0, 5]);
    assert_eq!(
        words(&memory, Sysno::writev, &[3, pieces, 2], -14),
        "3, [{iov_base=0xdead0000, iov_len=3}, {iov_base=NULL, iov_len=5}], 2"
    );
    assert_eq!(
        words(&memory, Sysno::writev, &[3, pieces, 1 << 40], -22),
        "3, [{iov_base=0xdead0000, iov_len=3}, {iov_base=NULL, iov_len=5}, \
         ... /* 0x1020 */], 1099511627776"
    );
    assert_eq!(
        words(&memory, Sysno::writev, &[3, pieces, MINUS_1], -22),
        "3, 0x1000, 18446744073709551615"
    );
    assert_eq!(words(&memory, Sysno::writev, &[3, pieces, 0], 0), "3, [], 0");
    assert_eq!(words(&memory, Sysno::writev, &[3, 0, 2], -14), "3, NULL, 2");

    let control = message(&mut memory, &[]);
    let header = memory.longs(&[0, 0, 0, 0, control, 1 << 40, 0]);
    let text = words(&memory, Sysno::sendmsg, &[3, header, 0], -105);
    assert!(text.contains("msg_controllen=1099511627776"), "{text}");
}

#[test]
fn many_messages_are_counted_together() {
    let mut memory = Bytes::default();
    let text = memory.put(b"hello");
    let pieces = memory.longs(&[text, 5]);
    let header = [0, 0, pieces, 1, 0, 0, 0, 5];
    let both = memory.longs(&[header, header].concat());
    let sent = whole(&memory, Sysno::sendmmsg, &[3, both, 2, 0x4000], 2);
    let one = "{msg_hdr={msg_name=NULL, msg_namelen=0, \
               msg_iov=[{iov_base=\"hello\", iov_len=5}], msg_iovlen=1, \
               msg_controllen=0, msg_flags=0}, msg_len=5}";
    assert_eq!(sent.args[1], format!("[{one}, {one}]"));
    let data = sent.data.unwrap();
    assert_eq!((data.text.as_str(), data.length), ("hellohello", 10));
    let received = whole(&memory, Sysno::recvmmsg, &[3, both, 2, 0, 0], 1);
    assert_eq!(received.args[1], format!("[{one}]"));
    assert_eq!(received.data.unwrap().length, 5);
}

#[test]
fn what_a_short_send_left_is_kept() {
    let mut memory = Bytes::default();
    let text = memory.put(b"hello, world");
    let rest = |decoded: Decoded| {
        decoded.unsent.map(|rest| (rest.text, rest.length, rest.cut))
    };
    let all = [3, text, 12, 0, 0, 0];
    let sent = |call, count| rest(whole(&memory, call, &all, count));
    let world = || Some(("world".to_string(), 5, false));
    assert_eq!(sent(Sysno::sendto, 7), world());
    assert_eq!(sent(Sysno::write, 7), world());
    assert_eq!(sent(Sysno::sendto, 12), None);
    assert_eq!(sent(Sysno::sendto, -11), None);

    let pieces = memory.longs(&[text, 5, text + 5, 7]);
    let header = memory.longs(&[0, 0, pieces, 2, 0, 0, 0]);
    let gathered =
        |call, args: &[u64], count| rest(whole(&memory, call, args, count));
    let writev = [3, pieces, 2];
    assert_eq!(gathered(Sysno::writev, &writev, 7), world());
    assert_eq!(gathered(Sysno::sendmsg, &[3, header, 0], 7), world());
    let at_a_border = gathered(Sysno::writev, &writev, 5);
    assert_eq!(at_a_border, Some((", world".to_string(), 7, false)));
    assert_eq!(gathered(Sysno::writev, &writev, 12), None);
}
