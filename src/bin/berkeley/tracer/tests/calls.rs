//! Which calls are told, and how.

use nix::errno::Errno;

use super::witness::{Note, Notes};
use super::*;
use crate::tracer::program::CannotStart;
use crate::tracer::{Birth, Memory, Remote};

const LOOP: &str =
    "i=0; while [ $i -lt 100 ]; do kill -0 $$; i=$((i+1)); done";

#[test]
fn a_program_is_born_makes_its_exec_becomes_and_ends() {
    let scope = calls(&[libc::SYS_execve, libc::SYS_write]);
    let (notes, end) = told(scope, launch(&["true"]));
    assert_eq!(end, End::Exited(0));
    let shape: Vec<&str> = notes.all.iter().map(kind).collect();
    let expected = ["born", "enters", "becomes", "returns", "ends"];
    assert_eq!(shape, expected, "{notes:?}");
    assert_eq!(notes.births()[0].1, None);
    assert_eq!(notes.births()[0].2, Birth::Started);
    assert!(matches!(notes.all[3], Note::Returns(_, 0)));
    assert!(notes.times.is_sorted());
}

fn kind(note: &Note) -> &'static str {
    match note {
        Note::Enters(..) => "enters",
        Note::Returns(..) => "returns",
        Note::Born(..) => "born",
        Note::Becomes(..) => "becomes",
        Note::Hears(..) => "hears",
        Note::Pauses(..) => "pauses",
        Note::GoesOn(..) => "goes on",
        Note::Ends(..) => "ends",
    }
}

#[test]
fn the_filter_tells_what_stopping_at_all_calls_does() {
    let script = format!("{LOOP}; ({LOOP}; :) & wait");
    let (filtered, _) = told(calls(&[libc::SYS_kill]), sh(&script));
    assert_eq!(filtered.count("kill"), 200);
    assert_eq!(filtered.calls().len(), 200);
    filtered.assert_in_order();
    let (everything, _) = told(Scope::Everything, sh(&script));
    assert_eq!(everything.count("kill"), 200);
    assert_eq!(everything.count("exit_group"), 2);
    everything.assert_in_order();
}

#[test]
fn no_call_of_the_launcher_is_told() {
    let (notes, _) = told(Scope::Everything, launch(&["true"]));
    assert_eq!(notes.calls()[0], "execve");
    assert_eq!(notes.count("execve"), 1);
    for launchers in ["seccomp", "setpgid", "dup2", "dup3"] {
        assert_eq!(notes.count(launchers), 0, "{:?}", notes.calls());
    }
}

#[test]
fn a_return_of_no_interest_is_not_told() {
    let mut tracer = Tracer::new(calls(&[libc::SYS_kill])).unwrap();
    let mut notes = Notes { bores: vec![libc::SYS_kill], ..Notes::default() };
    tracer.start(sh(LOOP), &mut notes).unwrap();
    pump_to_the_end(&mut tracer, &mut notes);
    assert_eq!(notes.count("kill"), 100);
    let is_return = |note: &&Note| matches!(note, Note::Returns(..));
    assert_eq!(notes.all.iter().filter(is_return).count(), 0);
}

#[test]
fn an_interrupted_call_returns_what_no_program_sees_and_comes_again() {
    let script = "import os,signal,select\n\
        signal.signal(signal.SIGALRM, lambda *_: None)\n\
        signal.setitimer(signal.ITIMER_REAL, 0.02)\n\
        r, w = os.pipe()\n\
        select.select([r], [], [], 0.1)";
    let scope = calls(&[libc::SYS_select, libc::SYS_pselect6]);
    let (notes, end) = told(scope, python(script));
    assert_eq!(end, End::Exited(0));
    let is_raw = |note: &Note| matches!(note, Note::Returns(_, -514));
    assert!(notes.all.iter().any(is_raw), "{notes:?}");
    let mut heard = notes.heard().into_iter();
    assert!(heard.any(|heard| heard.signal == libc::SIGALRM));
    notes.assert_in_order();
}

#[test]
fn nobody_starves_while_others_make_calls_without_end() {
    let script = "for i in 1 2 3 4 5 6; do \
        (while :; do kill -0 $$; done) & done; wait";
    let mut tracer = Tracer::new(calls(&[libc::SYS_kill])).unwrap();
    let mut notes = Notes::default();
    tracer.start(sh(script), &mut notes).unwrap();
    pump_until(&mut tracer, &mut notes, |n| n.births().len() == 7);
    notes.all.clear();
    pump_until(&mut tracer, &mut notes, |n| n.calls().len() > 30_000);
    let count = |tid| {
        let of_it = |note: &&Note| matches!(note, Note::Enters(task, _) if task.tid == tid);
        notes.all.iter().filter(of_it).count()
    };
    let counts: Vec<usize> =
        living(&tracer)[1..].iter().map(|tid| count(*tid)).collect();
    // A fair part is 5000, as far as the scheduler is fair; who is hidden
    // behind others has none.
    assert!(counts.iter().all(|&count| count > 200), "{counts:?}");
}

#[test]
fn what_cannot_be_started_says_so_with_its_errno() {
    let mut tracer = Tracer::new(calls(&[libc::SYS_write])).unwrap();
    let script = std::env::temp_dir()
        .join(format!("no-interpreter-{}", std::process::id()));
    std::fs::write(&script, "#!/nowhere/at/all\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&script, mode).unwrap();
    let cases = [
        ("no-such-program", Errno::ENOENT),
        ("/no/such/program", Errno::ENOENT),
        ("/etc/passwd", Errno::EACCES),
        ("/tmp", Errno::EACCES),
        (script.to_str().unwrap(), Errno::ENOENT),
    ];
    for (program, errno) in cases {
        let mut notes = Notes::default();
        let error = tracer.start(launch(&[program]), &mut notes).unwrap_err();
        let cannot = error.downcast_ref::<CannotStart>().unwrap();
        assert_eq!(cannot.errno, errno, "{program}");
        let words = format!("cannot start {program}: {errno}");
        assert_eq!(error.to_string(), words);
        assert!(!tracer.is_anyone_left());
        assert_eq!(notes.count("write"), 0);
    }
    std::fs::remove_file(script).unwrap();
}

#[test]
fn memory_is_read_up_to_where_it_ends() {
    let size = 4 * 4096;
    let place = map(size);
    let me = Remote(std::process::id().cast_signed());
    let last = place + 4096 - 10;
    assert_eq!(me.read(last, 10).unwrap(), [0; 10]);
    assert_eq!(me.read(last, 10_000).unwrap().len(), 10);
    assert_eq!(me.read(place + 4096, 1), Err(Errno::EFAULT));
    assert_eq!(me.read(0, 8), Err(Errno::EFAULT));
    assert_eq!(me.read(place, 0), Ok(Vec::new()));
}

/// Its first page alone can be read; and that never goes away.
fn map(size: usize) -> u64 {
    use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, mprotect};
    let size = size.try_into().unwrap();
    let (all, none) = (ProtFlags::PROT_READ, ProtFlags::PROT_NONE);
    // SAFETY: a new mapping, at a place of the kernel's choice.
    let place = unsafe {
        mmap_anonymous(None, size, all, MapFlags::MAP_PRIVATE).unwrap()
    };
    // SAFETY: the second page of what was mapped, and of no use to anyone.
    unsafe { mprotect(place.byte_add(4096), 4096, none).unwrap() };
    place.as_ptr() as u64
}

#[test]
fn calls_of_another_abi_are_counted_and_not_misread() {
    // int 0x80 from a 64-bit program: its number 20 is getpid, where the
    // 64-bit one is writev.
    let code = "import ctypes,mmap\n\
        m = mmap.mmap(-1, 4096, prot=7)\n\
        m.write(bytes.fromhex('b814000000cd80c3'))\n\
        at = ctypes.addressof(ctypes.c_char.from_buffer(m))\n\
        ctypes.CFUNCTYPE(ctypes.c_int)(at)()";
    if !cfg!(target_arch = "x86_64") {
        return;
    }
    for scope in [calls(&[libc::SYS_writev]), Scope::Everything] {
        let mut tracer = Tracer::new(scope).unwrap();
        let mut notes = Notes::default();
        let task = tracer.start(python(code), &mut notes).unwrap();
        pump_to_the_end(&mut tracer, &mut notes);
        assert_eq!(tracer.end_of(task.pid), Some(End::Exited(0)));
        assert_eq!(tracer.blind().foreign_calls, 1);
        assert_eq!(notes.count("writev"), 0);
    }
}
