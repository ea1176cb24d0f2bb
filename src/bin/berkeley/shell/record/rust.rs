//! The program in Rust, with nix; where nix has no such call, with libc.

use std::fmt::Write;

use super::acts::{Fork, Target, act, acts};
use super::plan::{Plan, Step};
use super::{rust_calls, rust_transfer};

pub(super) fn program(plan: &Plan) -> String {
    let mut body = String::new();
    for root in &plan.roots {
        let _ = writeln!(body, "fn {}() {{", act(root));
        for variable in plan.variables(root) {
            let _ = writeln!(body, "    let mut {variable}: RawFd = -1;");
        }
        acts(&Rust, plan, root, 1, &mut body);
        body.push_str("}\n\n");
    }
    body.push_str(&main(plan));
    let receives = body.contains("receive(");
    if receives {
        body.push_str(rust_transfer::RECEIVE);
    }
    if body.contains("keep(") {
        body.push_str(KEEP);
    }
    if body.contains("told(") {
        body.push_str(TOLD);
    }
    if body.contains("(fd(") || body.contains("&fd(") {
        body.push_str(BORROW);
    }
    if plan.is_staged {
        body.push_str(&STAGE.replace("PORTS", &plan.ports.max(1).to_string()));
        if plan.ports > 0 {
            body.push_str(TELL);
        }
    }
    let mut text = HEAD.to_owned();
    for (needle, line) in IMPORTS {
        if body.contains(needle) {
            text.push_str(line);
            text.push('\n');
        }
    }
    text + "\n" + body.trim_end() + "\n"
}

struct Rust;

impl Target for Rust {
    fn remark(&self, text: &str) -> String {
        format!("// {text}")
    }

    fn statements(&self, step: &Step) -> Vec<String> {
        rust_calls::statements(step)
    }

    fn fork(&self, pid: &str) -> Fork {
        Fork {
            before: vec![
                "// SAFETY: there is one thread.".into(),
                format!(
                    "let {pid} = match unsafe {{ nix::unistd::fork() }} {{"
                ),
                "    Ok(ForkResult::Child) => {".into(),
            ],
            depth: 2,
            exit: "std::process::exit(0);",
            after: vec![
                "    }".into(),
                "    Ok(ForkResult::Parent { child }) => child.as_raw(),"
                    .into(),
                "    Err(_) => -1,".into(),
                "};".into(),
                format!("told(\"fork\", Ok({pid}.into()));"),
            ],
        }
    }
}

fn main(plan: &Plan) -> String {
    let mut text = "fn main() {\n".to_owned();
    if !plan.is_staged {
        for root in &plan.roots {
            let _ = writeln!(text, "    {}();", act(root));
        }
        return text + "}\n\n";
    }
    text.push_str("    let _ = SHARED.set(map());\n");
    for root in &plan.roots {
        let _ = write!(
            text,
            "    // SAFETY: there is one thread.\n    if let \
             Ok(ForkResult::Child) = unsafe {{ nix::unistd::fork() }} {{\n        \
             {}();\n        std::process::exit(0);\n    }}\n",
            act(root)
        );
    }
    text.push_str("    while nix::sys::wait::wait().is_ok() {}\n}\n\n");
    text
}

const HEAD: &str = r"//! What was done in a session of `berkeley shell`.
//!
//! Needs nix 0.31 with its features net, poll, process, socket, uio, mman.

// Every descriptor has a name, needed or not.
#![allow(unused_assignments, unused_variables)]

";

/// What is imported, when something like this is there.
const IMPORTS: [(&str, &str); 16] = [
    ("IoSlice::", "use std::io::IoSlice;"),
    ("IoSliceMut::", "use std::io::IoSliceMut;"),
    ("BorrowedFd", "use std::os::fd::BorrowedFd;"),
    ("into_raw_fd", "use std::os::fd::IntoRawFd;"),
    ("RawFd", "use std::os::fd::RawFd;"),
    ("OnceLock", "use std::sync::OnceLock;"),
    ("Ordering", "use std::sync::atomic::{AtomicI32, AtomicU16, Ordering};"),
    ("Errno", "use nix::errno::Errno;"),
    ("libc::", "use nix::libc;"),
    ("PollFd", "use nix::poll::{PollFd, PollFlags, PollTimeout};"),
    ("FdSet", "use nix::sys::select::{FdSet, select};"),
    ("socket::", "use nix::sys::socket;"),
    ("MsgFlags", "use nix::sys::socket::MsgFlags;"),
    ("SockFlag", "use nix::sys::socket::SockFlag;"),
    ("TimeVal", "use nix::sys::time::{TimeVal, TimeValLike};"),
    ("ForkResult", "use nix::unistd::ForkResult;"),
];

const STAGE: &str = r#"/// Whose turn it is, and ports that somebody has to know.
struct Shared {
    turn: AtomicI32,
    port: [AtomicU16; PORTS],
}

static SHARED: OnceLock<&'static Shared> = OnceLock::new();

fn shared() -> &'static Shared {
    SHARED.get().expect("it is mapped before all else")
}

/// Zeros at first, and the same for all children.
fn map() -> &'static Shared {
    use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
    let size = std::num::NonZeroUsize::new(4096).expect("not zero");
    let protection = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: it is new memory, which nobody else knows of.
    let page =
        unsafe { mmap_anonymous(None, size, protection, MapFlags::MAP_SHARED) }
            .expect("no memory");
    // SAFETY: zeroed atomics in a page that is never unmapped.
    let shared = unsafe { page.cast::<Shared>().as_ref() };
    shared.turn.store(1, Ordering::SeqCst);
    shared
}

fn turn(step: i32) {
    while shared().turn.load(Ordering::SeqCst) < step {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}

fn pass(step: i32) {
    shared().turn.store(step, Ordering::SeqCst);
}

"#;

const TELL: &str = r#"fn tell(port: usize, number: RawFd) {
    let own = socket::getsockname::<socket::SockaddrStorage>(number);
    let own = own.expect("it is a socket");
    let v4 = own.as_sockaddr_in().map(|it| it.port());
    let own = v4.or(own.as_sockaddr_in6().map(|it| it.port()));
    shared().port[port].store(own.unwrap_or(0), Ordering::SeqCst);
}

fn port(place: usize) -> u16 {
    shared().port[place].load(Ordering::SeqCst)
}
"#;

const TOLD: &str = r#"fn told(call: &str, result: nix::Result<i64>) {
    match result {
        Ok(value) => println!("{call} = {value}"),
        Err(errno) => println!("{call} = -1 ({errno})"),
    }
}

"#;

const KEEP: &str = r"fn keep(call: &str, made: nix::Result<RawFd>) -> RawFd {
    told(call, made.map(i64::from));
    made.unwrap_or(-1)
}

";

const BORROW: &str = r"fn fd(number: RawFd) -> BorrowedFd<'static> {
    // SAFETY: numbers are all that there is here: whether they are open is
    // for the kernel to say.
    unsafe { BorrowedFd::borrow_raw(number) }
}

";
