//! Programs that run before anyone traces them.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use super::witness::Notes;
use super::*;

/// A program that nobody traces yet; it says a line when it is ready.
pub(super) struct Running {
    pub(super) child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Running {
    pub(super) fn start(script: &str) -> Running {
        let mut child = Command::new(python_path())
            .args(["-u", "-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut running = Running { child, stdin, stdout };
        assert_eq!(running.says(), "ready");
        running
    }

    pub(super) fn pid(&self) -> i32 {
        self.child.id().cast_signed()
    }

    pub(super) fn says(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.trim().to_string()
    }

    pub(super) fn hears(&mut self, line: &str) {
        // In one piece: it is read with one read(2).
        let line = format!("{line}\n");
        self.stdin.as_mut().unwrap().write_all(line.as_bytes()).unwrap();
    }

    pub(super) fn falls_asleep(&self) {
        let start = Instant::now();
        while state(self.pid()) != 'S' {
            assert!(start.elapsed() < SOON);
        }
    }

    pub(super) fn ends(mut self) -> Option<i32> {
        drop(self.stdin.take());
        self.child.wait().unwrap().code()
    }
}

pub(super) fn joined(scope: Scope, pid: i32) -> (Tracer, Notes) {
    let mut tracer = Tracer::new(scope).unwrap();
    let mut notes = Notes::default();
    tracer.attach(pid, &mut notes).unwrap();
    (tracer, notes)
}

/// Says what it hears.
pub(super) const READS: &str = "import os\n\
    print('ready')\n\
    while True:\n\
    \tline = os.read(0, 100).strip()\n\
    \tif not line: break\n\
    \tos.write(1, line + b'\\n')\n\
    os._exit(3)";
