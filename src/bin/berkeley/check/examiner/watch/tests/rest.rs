use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::{PATIENCE, Program, Rest, comes_to, until};

/// Comes to this rest, and stays there.
fn rests(script: &str, rest: Rest) {
    let Some(mut program) = Program::python(script) else { return };
    assert_eq!(program.says(), "ready", "{script}");
    let mut watch = program.watch();
    let is_rest = |now: &Rest| *now != Rest::Active;
    let found = until(|| watch.look(), is_rest);
    assert_eq!(found, rest, "{script}");
    // Longer than any switch between threads takes.
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(100) {
        assert_eq!(watch.look(), rest, "{script}");
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(watch.notes().is_empty());
}

#[test]
fn who_waits_for_ever_is_asleep() {
    for wait in [
        "os.read(0, 1)",
        "input()",
        "signal.pause()",
        "a.recv(1)",
        "select.select([a], [], [])",
        "p = select.poll(); p.register(a, 1); p.poll()",
        "p = select.epoll(); p.register(a, 1); p.poll()",
        "threading.Event().wait()",
        "threading.Thread(target=a.recv, args=(1,)).start()",
        "queue.Queue().get()",
        "subprocess.run(['cat'])",
        "os.fork() or os.read(0, 1); os.wait()",
        "l = socket.create_server(('127.0.0.1', 0)); l.accept()",
        "asyncio.run(asyncio.Event().wait())",
        "x = concurrent.futures.ThreadPoolExecutor(8); \
            list(x.map(lambda _: a.recv(1), range(20)))",
    ] {
        rests(&ready(wait), Rest::Asleep);
    }
}

#[test]
fn who_waits_for_a_time_may_go_on() {
    for wait in [
        "time.sleep(1000)",
        "select.select([a], [], [], 1000)",
        "p = select.poll(); p.register(a, 1); p.poll(1000000)",
        "p = select.epoll(); p.register(a, 1); p.poll(1000)",
        "threading.Event().wait(1000)",
        "threading.Thread(target=time.sleep, args=(1000,)).start()",
        "a.settimeout(1000); a.recv(1)",
        "a.setsockopt(1, socket.SO_RCVTIMEO, struct.pack('ll', 1000, 0)); \
            a.recv(1)",
        "signal.sigtimedwait([signal.SIGUSR1], 1000)",
        "os.fork() or time.sleep(1000); os.wait()",
        "asyncio.run(asyncio.sleep(1000))",
        "subprocess.run(['sleep', '1000'])",
        "c = ctypes.CDLL(None); t = c.timerfd_create(1, 0); \
            c.timerfd_settime(t, 0, struct.pack('llll', 0, 0, 1000, 0), 0); \
            os.read(t, 8)",
    ] {
        rests(&ready(wait), Rest::Timed);
    }
}

/// Two threads of Python wait 5 ms at a time for the interpreter.
#[test]
fn who_runs_is_active() {
    for work in [
        "\nwhile True: pass",
        "\nwhile True: a.setblocking(0) or select.select([a], [], [], 0)",
        "\ndef run():\n while True: pass\n\
            for _ in range(3): threading.Thread(target=run).start()",
        "\nwhile True: time.sleep(.001)",
    ] {
        let script = ready(work);
        let Some(mut program) = Program::python(&script) else { return };
        assert_eq!(program.says(), "ready");
        let mut watch = program.watch();
        let start = watch.growth().cpu;
        let began = Instant::now();
        while watch.growth().cpu < start + 0.1 {
            assert_eq!(watch.look(), Rest::Active, "{work}");
            assert!(began.elapsed() < PATIENCE, "{work}");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

#[test]
fn who_is_woken_is_active_and_rests_again() {
    let script = ready("while True: print(len(os.read(0, 9)))");
    let Some(mut program) = Program::python(&script) else { return };
    assert_eq!(program.says(), "ready");
    let mut watch = program.watch();
    comes_to(&mut watch, Rest::Asleep);
    for _ in 0..5 {
        program.hears("x");
        assert_eq!(program.says(), "2");
        assert_eq!(watch.look(), Rest::Active);
        comes_to(&mut watch, Rest::Asleep);
    }
}

#[test]
fn who_is_stopped_is_not_asleep() {
    let script = ready("os.read(0, 1)");
    let Some(mut program) = Program::python(&script) else { return };
    assert_eq!(program.says(), "ready");
    let mut watch = program.watch();
    comes_to(&mut watch, Rest::Asleep);
    program.signal(Signal::SIGSTOP);
    comes_to(&mut watch, Rest::Stopped);
    program.signal(Signal::SIGCONT);
    comes_to(&mut watch, Rest::Asleep);
}

#[test]
fn who_has_ended_is_gone_before_and_after_it_is_waited_for() {
    let mut program = Program::start(&["sh", "-c", "read line; exit 3"]);
    let mut watch = program.watch();
    comes_to(&mut watch, Rest::Asleep);
    program.hears("go");
    comes_to(&mut watch, Rest::Gone);
    let pid = program.pid();
    assert_eq!(
        watch.doing(&mut super::nobody),
        [format!("pid {pid} (sh) has ended with exit code 3")]
    );
    assert_eq!(watch.processes(), [pid]);
    let mut short = Program::start(&["true"]);
    let mut watch = short.watch();
    short.is_waited_for();
    comes_to(&mut watch, Rest::Gone);
    assert_eq!(
        watch.doing(&mut super::nobody),
        ["no process of the program is left"]
    );
}

/// With what it needs; `a` and `b` are connected.
fn ready(script: &str) -> String {
    let modules = [
        "asyncio",
        "ctypes",
        "concurrent.futures",
        "os",
        "queue",
        "select",
        "signal",
        "struct",
        "subprocess",
        "threading",
        "time",
    ];
    let needed = modules.iter().filter(|module| script.contains(**module));
    let imports = needed.map(|module| format!("import {module}\n"));
    let imports: String = imports.collect();
    format!(
        "import socket\n{imports}a, b = socket.socketpair()\n\
        print('ready')\n{script}"
    )
}
