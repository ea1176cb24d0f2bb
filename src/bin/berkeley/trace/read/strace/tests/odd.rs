//! Damaged logs, and what is none at all.

use super::super::from_log;
use super::read;
use crate::trace::draw::Calls;
use crate::trace::fixture;
use crate::trace::read::{parse, to_json};
use crate::trace::story::Story;

const LOG: &str = r#"10  100000000.000000 execve("/bin/x", ["x", "-y"], 0x7ffd /* 3 vars */) = 0 <0.000010>
10  100000000.000100 socketpair(AF_UNIX, SOCK_STREAM, 0, [5<UNIX-STREAM:[4->5]>, 6<UNIX-STREAM:[5->4]>]) = 0
10  100000000.000200 socket(AF_INET6, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP) = 3<TCPv6:[71]> <0.000010>
10  100000000.001000 connect(3<TCPv6:[71]>, {sa_family=AF_INET6, sin6_port=htons(5000), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "::1", &sin6_addr), sin6_scope_id=0}, 28) = -1 EINPROGRESS (Operation now in progress)
10  100000000.001500 clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD <unfinished ...>
11  100000000.001600 poll([{fd=3<TCPv6:[[::1]:2->[::1]:1]>, events=POLLIN}], 1, -1 <unfinished ...>
10  100000000.001700 <... clone resumed>, child_tidptr=0x7f) = 11
10  100000000.002000 sendmsg(5<UNIX-STREAM:[4->5]>, {msg_iov=[{iov_base="\"\\\377\0", iov_len=4}], msg_iovlen=1, msg_control=[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[3<TCPv6:[71]>]}], msg_flags=0}, 0) = 4 <0.000030>
11  100000000.003000 <... poll resumed>) = 1 ([{fd=3, revents=POLLIN|POLLHUP}])
11  100000000.003100 --- SIGCHLD {si_signo=SIGCHLD, si_pid=12} ---
11  100000000.003200 --- stopped by SIGTSTP ---
11  100000000.003300 +++ killed by SIGKILL (core dumped) +++
10  100000000.004000 +++ exited with 0 +++
"#;

/// Reads and draws; what is refused is refused with a message.
fn bear(bytes: &[u8]) -> bool {
    let Ok(trace) = parse(bytes, true) else { return false };
    let lines = Calls { ascii: true }.all(&trace);
    let story = Story::tell(&trace);
    assert!(lines.len() == trace.events.len() && story.lanes.len() < 1000);
    true
}

/// Numbers that look random and are the same every time.
fn dice(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed;
    move |sides| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % sides as u64).unwrap()
    }
}

#[test]
fn all_of_it_is_understood() {
    let trace = read(LOG);
    let is_odd = |note: &&String| note.contains("not understood");
    assert_eq!(trace.notes.iter().find(is_odd), None);
    assert_eq!(trace.tasks.len(), 2);
}

#[test]
fn every_beginning_of_a_log_is_a_log() {
    let first = LOG.find('\n').unwrap();
    for end in first..LOG.len() {
        assert!(bear(&LOG.as_bytes()[..end]), "{end}");
    }
    for start in 0..LOG.len() {
        bear(&LOG.as_bytes()[start..]);
    }
}

#[test]
fn damage_is_borne() {
    let json = to_json(&fixture::knock_fork()).unwrap();
    let mut dice = dice(7);
    for text in [LOG, &json] {
        for _ in 0..1000 {
            let mut bytes = text.as_bytes().to_vec();
            for _ in 0..=dice(4) {
                let at = dice(bytes.len());
                match dice(3) {
                    0 => bytes[at] = u8::try_from(dice(256)).unwrap(),
                    1 => drop(bytes.remove(at)),
                    _ => bytes[at] ^= 1 << dice(8),
                }
            }
            bear(&bytes);
        }
    }
}

#[test]
fn every_beginning_of_the_json_is_refused() {
    let json = to_json(&fixture::refusal()).unwrap();
    let json = json.trim_end();
    for end in 0..json.len() {
        assert!(!bear(&json.as_bytes()[..end]), "{end}");
    }
    assert!(bear(json.as_bytes()));
}

#[test]
fn strange_lines_are_counted_and_passed_over() {
    let trace = read(
        "hello, world\n\
         close(3) = 0\n\
         <... read resumed>\"\", 10) = 0\n\
         close(3\n\
         close(3) == 0\n",
    );
    let says = |text: &str| trace.notes.iter().any(|it| it.contains(text));
    assert!(says("not understood: 3."), "{:?}", trace.notes);
    assert!(says("before the log did are left out: 1."), "{:?}", trace.notes);
}

#[test]
fn what_is_no_log_is_refused() {
    for text in ["hello, world\n", "<html>(", "\u{0}\u{1}", "[1, 2, 3]"] {
        let error = from_log(text, false).unwrap_err().to_string();
        assert!(error.contains("neither a trace nor a log"), "{error}");
    }
    let error = parse(b" \n", false).unwrap_err().to_string();
    assert!(error.contains("empty"), "{error}");
}

#[test]
fn a_million_brackets_are_no_trap() {
    for open in ["{", "[", "(", "3<", "\"", "/*", "{sa_family="] {
        let text = format!("close(3) = 0\nf({}\n", open.repeat(100_000));
        assert!(bear(text.as_bytes()));
    }
}
