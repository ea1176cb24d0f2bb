//! What the load generator promises: every answer checked, every peer
//! counted, and times that hide nothing.

#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_types, clippy::disallowed_methods)]

#[path = "../common/mod.rs"]
mod common;
mod loads;
mod mistakes;
mod starved;
mod times;
mod twin;

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use common::{Language, Server, Start, program};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

const PATIENCE_MS: u64 = 300;

/// A generator that takes orders.
struct Generator {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Generator {
    fn start() -> Generator {
        let mut command = Command::new(program(Language::Rust, "berkeley"));
        command.args(["generator", "--orders"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let orders = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Generator { child, orders, answers }
    }

    fn order(&mut self, order: &Value) {
        writeln!(self.orders, "{order}").unwrap();
    }

    fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line:?}"))
    }

    /// The answer's content, under the name that it must have.
    fn obey(&mut self, order: &Value, name: &str) -> Value {
        self.order(order);
        let answer = self.answer();
        assert!(!answer[name].is_null(), "{order}: {answer}");
        answer[name].clone()
    }

    fn open(&mut self, load: usize, plan: &Value) -> Value {
        let order = json!({"Open": {"load": load, "plan": plan}});
        self.obey(&order, "Opened")
    }

    fn run(&mut self, load: usize, until: &Value) -> Value {
        let order = json!({"Run": {"load": load, "until": until}});
        self.obey(&order, "Ran")
    }

    fn seconds(&mut self, load: usize, seconds: f64) -> Value {
        self.run(load, &json!({ "Seconds": seconds }))
    }

    fn collect(&mut self, load: usize) -> Value {
        self.obey(&json!({"Collect": {"load": load}}), "Collected")
    }
}

impl Drop for Generator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn plan(port: u16, protocol: &str, kind: &Value, connections: u32) -> Value {
    json!({
        "server": format!("127.0.0.1:{port}"),
        "protocol": protocol,
        "kind": kind,
        "connections": connections,
        "size": 64,
        "connecting_ms": PATIENCE_MS,
        "patience_ms": PATIENCE_MS,
    })
}

fn server(name: &str, model: &str) -> Server {
    let args = ["--model", model, "--quiet"];
    Start::new(Language::Rust, name).args(args).start()
}

fn count(ran: &Value, name: &str) -> u64 {
    ran[name].as_u64().unwrap_or_else(|| panic!("no {name} in {ran}"))
}

fn has_no_errors(ran: &Value) {
    assert_eq!(ran["errors"], json!({}), "{ran}");
}

/// How many times a histogram has.
fn entries(histogram: &Value) -> u64 {
    let all = histogram.as_array().unwrap().iter();
    all.map(|one| one[1].as_u64().unwrap()).sum()
}

#[test]
fn an_interrupt_is_the_tool_s_affair_and_the_end_of_orders_the_end() {
    let server = server("echo_server", "epoll");
    let mut generator = Generator::start();
    generator.open(0, &plan(server.port(), "echo", &json!("Closed"), 2));
    let pid = Pid::from_raw(generator.child.id().cast_signed());
    kill(pid, Signal::SIGINT).unwrap();
    has_no_errors(&generator.seconds(0, 0.02));
    let Generator { child, orders, answers } = &mut generator;
    let (_, nowhere) = std::io::pipe().unwrap();
    let nowhere = std::os::fd::OwnedFd::from(nowhere);
    drop(std::mem::replace(orders, ChildStdin::from(nowhere)));
    let mut rest = String::new();
    answers.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
    assert!(child.wait().unwrap().success());
}
