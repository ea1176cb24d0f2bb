//! What is started, what is heard, and how it ends.

use std::fs;
use std::os::fd::AsRawFd;

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::signal::{SigHandler, Signal, signal};

use super::*;
use crate::check::examiner::limits::Limits;
use crate::check::examiner::start::NotStarted;

#[test]
fn what_is_printed_is_heard_apart_and_the_end_is_told() {
    as_examiner(|| {
        let script = "echo out; echo err >&2; exit 7";
        let mut program = Program::start(&sh(script)).unwrap();
        let ended = to_the_end(&mut program);
        assert_eq!(ended.ending, Ending::Exited(7));
        assert_eq!(out(&program), "out\n");
        assert_eq!(err(&program), "err\n");
        assert!(program.has_ended() && program.family().is_empty());
        assert_eq!(program.watched().len(), 0);
    });
}

#[test]
fn a_program_that_there_is_not_cannot_be_started() {
    as_examiner(|| {
        let why = |start: &Start| match Program::start(start) {
            Err(NotStarted::CannotStart { why, .. }) => why,
            other => panic!("{other:?}"),
        };
        // EACCES where PATH has a folder that is not this user's.
        let found = why(&command(&["no-such-program"]));
        assert!(found.starts_with("ENOENT") || found.starts_with("EACCES"));
        assert!(why(&command(&[])).starts_with("ENOENT"));
        assert!(why(&command(&["/etc/passwd"])).starts_with("EACCES"));
        assert!(why(&command(&["./no-such"])).starts_with("ENOENT"));
        let elsewhere = Start { folder: Some("/bin".into()), ..command(&[]) };
        let there = Start { argv: argv(&["./sh"]), ..elsewhere.clone() };
        assert!(Program::start(&there).is_ok());
        let nowhere = Start { folder: Some("/no/such".into()), ..there };
        let trouble = Program::start(&nowhere).unwrap_err();
        assert!(matches!(trouble, NotStarted::Trouble(_)), "{trouble}");
        assert_eq!(trouble.to_string(), "there is no folder /no/such");
    });
}

#[test]
fn a_script_of_an_interpreter_that_there_is_not_cannot_be_started() {
    let file = env::temp_dir().join(format!("script-{}", Pid::this()));
    fs::write(&file, "#!/no/such/interpreter\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&file, mode).unwrap();
    let script = file.clone();
    as_examiner(move || {
        let start = command(&[script.to_str().unwrap()]);
        let error = Program::start(&start).unwrap_err();
        let expected = format!("cannot start {}: ENOENT", script.display());
        assert!(error.to_string().starts_with(&expected), "{error}");
    });
    fs::remove_file(file).unwrap();
}

#[test]
fn its_world_is_that_of_a_shell_and_not_of_this_tool() {
    as_examiner(|| {
        // Somebody further up has left one open, and ignores a signal.
        let file = fs::File::open("/dev/null").unwrap();
        let kept = FcntlArg::F_SETFD(FdFlag::empty());
        fcntl(&file, kept).unwrap();
        assert!(file.as_raw_fd() > 2);
        // SAFETY: no handler.
        unsafe { signal(Signal::SIGQUIT, SigHandler::SigIgn) }.unwrap();
        let mut start = sh("pwd; echo $SEEN.$MAKEFLAGS; ulimit -n; \
            ls /proc/$$/fd; ps -o pgid= -p $$ | tr -d ' '; kill -QUIT $$");
        start.folder = Some("/usr".into());
        start.environment = vec![("SEEN".into(), "seen".into())];
        let mut program = Program::start(&start).unwrap();
        let ended = to_the_end(&mut program);
        assert_eq!(ended.ending, Ending::Killed(libc::SIGQUIT));
        let group = program.root();
        let expected = format!("/usr\nseen.\n1024\n0\n1\n2\n{group}\n");
        assert_eq!(out(&program), expected);
    });
}

#[test]
fn a_flood_neither_blocks_it_nor_fills_the_memory() {
    as_examiner(|| {
        let flood = "head -c 100000000 /dev/zero; echo over >&2";
        let mut program = Program::start(&sh(flood)).unwrap();
        let before = peak_of_memory();
        let ended = to_the_end(&mut program);
        assert_eq!(ended.ending, Ending::Exited(0));
        let heard = program.stdout();
        assert_eq!(heard.bytes().len(), 1 << 20);
        assert_eq!(heard.printed().left_out, 100_000_000 - (1 << 20));
        assert_eq!(err(&program), "over\n");
        let grown = peak_of_memory() - before;
        assert!(grown < 8 * 1024, "{grown} KiB");
    });
}

/// In KiB.
fn peak_of_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.unwrap().split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn signals_reach_the_process_or_its_group() {
    as_examiner(|| {
        let script = "trap 'echo caught' INT; sh -c 'trap \"exit 5\" INT; \
            echo up; while :; do sleep 0.01; done'; echo $?; \
            while :; do sleep 0.01; done";
        let mut program = Program::start(&sh(script)).unwrap();
        until_printed(&mut program, "up");
        program.signal_group(Signal::SIGINT);
        until_printed(&mut program, "5\n");
        until_printed(&mut program, "caught");
        program.signal(Signal::SIGUSR1);
        let ended = to_the_end(&mut program);
        assert_eq!(ended.ending, Ending::Killed(libc::SIGUSR1));
        program.signal(Signal::SIGKILL);
    });
}

fn limited(script: &str, limits: &Limits) -> (Ended, Option<String>) {
    let start = Start { limits: limits.clone(), ..sh(script) };
    let mut program = Program::start(&start).unwrap();
    let ended = to_the_end(&mut program);
    (ended, limits.reached(&ended))
}

#[test]
fn a_limit_ends_it_and_is_named() {
    let file = env::temp_dir().join(format!("limited-{}", Pid::this()));
    let name = file.to_str().unwrap().to_string();
    as_examiner(move || {
        let one = Limits { cpu_seconds: 1, ..Limits::default() };
        let (_, why) = limited("while :; do :; done", &one);
        let expected = "it used up its 1 s of CPU time (SIGXCPU)";
        assert_eq!(why.as_deref(), Some(expected));
        let (ended, why) = limited("trap '' XCPU; while :; do :; done", &one);
        assert_eq!(ended.ending, Ending::Killed(libc::SIGKILL));
        assert!(why.unwrap().contains("outlived"));
        let small = Limits { file_size: 4096, ..Limits::default() };
        let script = format!("exec head -c 9999 /dev/zero > {name}");
        let (_, why) = limited(&script, &small);
        let expected = "it wrote more than 4096 bytes to one file (SIGXFSZ)";
        assert_eq!(why.as_deref(), Some(expected));
    });
    fs::remove_file(file).unwrap();
}
