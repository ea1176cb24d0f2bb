//! Four workers count: as threads they share the counter, as processes not.
//!
//! Twin: `c_compare/worker_demo.c`. Man pages: `pthread_create(3)`,
//! `fork(2)`, `waitpid(2)`. Try it: `worker_demo --interval 0.1`, then again
//! with `--model fork`.

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::process::ExitCode;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use berkeley::sockets::console::say;
use berkeley::sockets::{Failed, exit, usage};
use clap::{Parser, ValueEnum};
use nix::errno::Errno;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

const WORDS: [&str; 4] = ["abc", "def", "foo", "baz"];
const LINES: u32 = 10;

/// One variable for all threads; every process has its own copy.
static COUNTER: AtomicU32 = AtomicU32::new(0);

/// Runs four workers that print and count
#[derive(Parser)]
#[command(name = "worker_demo")]
#[command(
    version,
    after_help = "Example: worker_demo --model fork --interval 0.1"
)]
struct Cli {
    /// What the workers are: thread or fork
    #[arg(
        long,
        value_enum,
        default_value = "thread",
        hide_possible_values = true
    )]
    model: Model,
    /// Time between two lines of a worker
    #[arg(long, value_name = "SECONDS", default_value = "1",
          value_parser = usage::seconds)]
    interval: Duration,
}

#[derive(Clone, Copy, ValueEnum)]
enum Model {
    Thread,
    Fork,
}

fn main() -> ExitCode {
    let cli: Cli = usage::parse();
    let worked = match cli.model {
        Model::Thread => by_threads(cli.interval),
        Model::Fork => by_processes(cli.interval),
    };
    let told = worked.and_then(|()| {
        say(format_args!("counter: {}", COUNTER.load(Ordering::Relaxed)))
    });
    exit("worker_demo", told)
}

/// What each worker does, whatever it is: 0, or the errno of a line that could
/// not be written. A thread and a process both have a number to leave behind.
fn work(word: &str, interval: Duration) -> i32 {
    for index in 0..LINES {
        std::thread::sleep(interval);
        if let Err(failed) = say(format_args!("{word} {index}")) {
            return failed.errno() as i32;
        }
        COUNTER.fetch_add(1, Ordering::Relaxed);
    }
    0
}

/// An error, when that is what a worker has left behind.
fn written(errno: i32) -> Result<(), Failed> {
    match errno {
        0 => Ok(()),
        errno => {
            Err(Failed::at("write", "standard output")(Errno::from_raw(errno)))
        }
    }
}

// As threads: one process, one memory.

struct Task {
    word: &'static str,
    interval: Duration,
}

fn by_threads(interval: Duration) -> Result<(), Failed> {
    let tasks = WORDS.map(|word| Task { word, interval });
    let mut threads = Vec::new();
    let (mut failed, mut left) = (0, 0);
    for task in &tasks {
        let mut thread = MaybeUninit::<libc::pthread_t>::uninit();
        let task = ptr::from_ref(task).cast_mut().cast();
        // SAFETY: `thread` is written before it is read, `run` takes a Task,
        // and the task outlives the thread, which is joined below.
        failed = unsafe {
            libc::pthread_create(thread.as_mut_ptr(), ptr::null(), run, task)
        };
        if failed != 0 {
            break;
        }
        // SAFETY: pthread_create has succeeded, so it wrote the handle.
        threads.push(unsafe { thread.assume_init() });
    }
    for thread in threads {
        let mut errno = ptr::null_mut::<c_void>();
        // SAFETY: the thread is ours, and joined this once.
        unsafe { libc::pthread_join(thread, &raw mut errno) };
        left = left.max(i32::try_from(errno.addr()).unwrap_or(0));
    }
    match failed {
        0 => written(left),
        errno => Err(Failed::at("pthread_create", "")(Errno::from_raw(errno))),
    }
}

extern "C" fn run(task: *mut c_void) -> *mut c_void {
    // SAFETY: by_threads gave us a Task, which lives until we are joined.
    let task = unsafe { &*task.cast::<Task>() };
    let errno = work(task.word, task.interval);
    ptr::without_provenance_mut(usize::try_from(errno).unwrap_or(0))
}

// As processes: each child counts in its own copy of the memory.

fn by_processes(interval: Duration) -> Result<(), Failed> {
    let mut children = Vec::new();
    let (mut result, mut left) = (Ok(()), 0);
    for word in WORDS {
        // SAFETY: there is one thread, so the child may do what it likes.
        match unsafe { fork() } {
            Ok(ForkResult::Child) => {
                // Not to print on when the parent was killed.
                let _ = set_pdeathsig(Signal::SIGTERM);
                let errno = work(word, interval);
                // SAFETY: ends this process at once: what the parent wanted
                // done at its exit is not done twice.
                unsafe { libc::_exit(errno) }
            }
            Ok(ForkResult::Parent { child }) => children.push(child),
            Err(errno) => {
                result = Err(Failed::at("fork", "")(errno));
                break;
            }
        }
    }
    for child in children {
        let mut ended = Err(Errno::EINTR);
        while ended == Err(Errno::EINTR) {
            ended = waitpid(child, None);
        }
        if let Ok(WaitStatus::Exited(_, errno)) = ended {
            left = left.max(errno);
        }
    }
    result.and_then(|()| written(left))
}
