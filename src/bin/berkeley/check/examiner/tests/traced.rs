//! Programs under the tracer, which is this tool: it has to be built.

use std::fs;
use std::path::PathBuf;

use nix::sys::signal::Signal;

use super::*;
use crate::check::examiner::limits::Limits;
use crate::check::examiner::start::NotStarted;
use crate::check::examiner::traced::tool;

/// A program and the file of its trace, gone when it is over.
fn traced(name: &str, work: impl FnOnce(PathBuf) + UnwindSafe) {
    if !has(tool().to_str().unwrap()) {
        return;
    }
    let file = env::temp_dir().join(format!("{name}-{}.json", Pid::this()));
    let its_own = file.clone();
    as_examiner(move || work(its_own));
    let _ = fs::remove_file(file);
}

fn under(file: &std::path::Path, start: Start) -> Start {
    Start { traced: Some(file.into()), ..start }
}

fn is_trace(file: &std::path::Path) -> bool {
    let text = fs::read_to_string(file).unwrap_or_default();
    serde_json::from_str::<serde_json::Value>(&text)
        .is_ok_and(|trace| trace["events"].is_array())
}

#[test]
fn the_streams_and_the_end_are_the_programs() {
    traced("streams", |file| {
        let script = "read a; echo \"$a $$\"; echo err >&2; ulimit -n; exit 9";
        let mut start = under(&file, sh(script));
        start.input = Input::Pipe;
        start.limits = Limits { descriptors: 99, ..Limits::default() };
        let mut program = Program::start(&start).unwrap();
        let root = program.root();
        assert!(program.family().contains(&root));
        program.types(b"hello\n").unwrap();
        let ended = to_the_end(&mut program);
        assert_eq!(ended.ending, Ending::Exited(9));
        assert_eq!(out(&program), format!("hello {root}\n99\n"));
        assert_eq!(err(&program), "err\n");
        assert!(is_trace(&file));
    });
}

#[test]
fn a_tracer_that_cannot_start_it_is_heard() {
    traced("cannot", |file| {
        let start = under(&file, command(&["no-such-program"]));
        let error = Program::start(&start).unwrap_err();
        assert!(matches!(error, NotStarted::CannotStart { .. }));
        // Found, and yet none.
        let script = file.with_extension("sh");
        fs::write(&script, "#!/no/such\n").unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(&script, mode).unwrap();
        let start = under(&file, command(&[script.to_str().unwrap()]));
        let error = Program::start(&start);
        fs::remove_file(&script).unwrap();
        let error = error.unwrap_err();
        assert!(matches!(error, NotStarted::CannotStart { .. }), "{error}");
        let expected = format!("cannot start {}: ENOENT", script.display());
        assert!(error.to_string().starts_with(&expected), "{error}");
    });
}

#[test]
fn signals_go_to_the_program_alone() {
    traced("signals", |file| {
        let script = "trap 'echo caught' INT; trap 'echo told; exit 6' TERM; \
            echo up; while :; do sleep 0.01; done";
        let mut program = Program::start(&under(&file, sh(script))).unwrap();
        until_printed(&mut program, "up");
        program.interrupts().unwrap();
        until_printed(&mut program, "caught\n");
        program.signal_group(Signal::SIGTERM);
        assert_eq!(to_the_end(&mut program).ending, Ending::Exited(6));
        assert_eq!(out(&program), "up\ncaught\ntold\n");
        assert!(is_trace(&file));
        let forever = under(&file, sh("echo up; exec tail -f /dev/null"));
        let mut program = Program::start(&forever).unwrap();
        until_printed(&mut program, "up");
        program.signal(Signal::SIGKILL);
        let ended = to_the_end(&mut program);
        assert_eq!(ended.ending, Ending::Killed(libc::SIGKILL));
    });
}

#[test]
fn ctrl_c_is_for_the_program() {
    traced("ctrl-c", |file| {
        let script = "trap 'echo caught' INT; trap 'echo told' TERM; \
            echo up; while read line; do echo \"<$line>\"; done";
        let start = on_terminal(under(&file, sh(script)));
        let mut program = Program::start(&start).unwrap();
        until_printed(&mut program, "up");
        program.interrupts().unwrap();
        until_printed(&mut program, "caught");
        program.types(b"line\n").unwrap();
        until(&mut program, |it| it.has_ended() || out(it).contains("<line>"));
        program.ends_input().unwrap();
        to_the_end(&mut program);
        assert!(!out(&program).contains("told"), "{}", out(&program));
    });
}

#[test]
fn daemons_are_ended_and_the_trace_is_written() {
    traced("daemons", |file| {
        let script = "(setsid sh -c 'trap \"\" TERM; echo daemon; \
            while :; do sleep 1; done' &); exit 4";
        let mut program = Program::start(&under(&file, sh(script))).unwrap();
        until_printed(&mut program, "daemon");
        until(&mut program, Program::has_ended);
        assert!(program.ended().is_none());
        program.end().unwrap();
        assert_eq!(program.ended().unwrap().ending, Ending::Exited(4));
        assert!(is_trace(&file));
    });
}

#[test]
fn what_is_dropped_is_ended_with_its_tracer() {
    traced("dropped", |file| {
        let forever = under(&file, sh("echo up; exec tail -f /dev/null"));
        let mut program = Program::start(&forever).unwrap();
        until_printed(&mut program, "up");
    });
}
