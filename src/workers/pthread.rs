//! `pthread_create`, made safe, and nothing more.
//!
//! `std::thread` hides the call the course is about, and costs a quarter of
//! the connection rate: it names the thread, counts references, installs an
//! alternate signal stack. Twin: `c_compare/workers/pthread.c`. Man pages:
//! `pthread_create(3)`, `pthread_attr_setstacksize(3)`.

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr;

use nix::errno::Errno;
use nix::sys::pthread::Pthread;

use crate::sockets::{Failed, symbol};

use super::board::Slot;
use super::{Lab, Server};

/// What a thread does.
pub trait Task: Send + 'static {
    /// Runs in the new thread.
    fn run(self: Box<Self>);
}

/// The attributes of threads to be: the size of their stack.
pub struct Stack(libc::pthread_attr_t);

impl Stack {
    /// Stacks of `kib` KiB. Address space, not memory: a page costs nothing
    /// before it is touched.
    ///
    /// # Errors
    /// What `pthread_attr_setstacksize(3)` says.
    pub fn of_kib(kib: u32) -> Result<Stack, Failed> {
        let mut attr = MaybeUninit::uninit();
        // SAFETY: pthread_attr_init initialises what it is given.
        let mut attr = unsafe {
            libc::pthread_attr_init(attr.as_mut_ptr());
            attr.assume_init()
        };
        let size = kib as usize * 1024;
        // SAFETY: `attr` is initialised.
        let code =
            unsafe { libc::pthread_attr_setstacksize(&raw mut attr, size) };
        check(code).map_err(Failed::at("pthread_attr_setstacksize", size))?;
        Ok(Stack(attr))
    }

    /// A thread that somebody will [`join`].
    ///
    /// # Errors
    /// The errno, and the task that nobody runs.
    pub fn create<T: Task>(
        &self,
        task: Box<T>,
    ) -> Result<Pthread, (Errno, Box<T>)> {
        let mut thread = 0;
        let task = Box::into_raw(task);
        // SAFETY: the attributes are initialised, and `body` takes over the
        // box, whose type it knows.
        let code = unsafe {
            libc::pthread_create(
                &raw mut thread,
                &raw const self.0,
                body::<T>,
                task.cast(),
            )
        };
        match check(code) {
            Ok(()) => Ok(thread),
            // SAFETY: no thread was made, so the box is still ours.
            Err(errno) => Err((errno, unsafe { Box::from_raw(task) })),
        }
    }

    /// A thread that nobody needs to join.
    ///
    /// # Errors
    /// The errno, and the task that nobody runs.
    pub fn create_detached<T: Task>(
        &mut self,
        task: Box<T>,
    ) -> Result<(), (Errno, Box<T>)> {
        // SAFETY: `attr` is initialised.
        unsafe {
            libc::pthread_attr_setdetachstate(
                &raw mut self.0,
                libc::PTHREAD_CREATE_DETACHED,
            )
        };
        self.create(task).map(|_| ())
    }
}

/// A thread for each worker of a pool. Only the first one is indispensable.
pub fn create_all<L: Lab, T: Task>(
    server: &'static Server<L>,
    worker: impl Fn(&'static Slot) -> T,
) -> Result<Vec<Pthread>, Failed> {
    let stack = Stack::of_kib(server.options.stack)?;
    let mut threads = Vec::new();
    for slot in server.board.slots {
        match stack.create(Box::new(worker(slot))) {
            Ok(thread) => threads.push(thread),
            Err((errno, _)) if threads.is_empty() => {
                return Err(Failed::at("pthread_create", "worker 1")(errno));
            }
            Err((errno, _)) => server.warn(format_args!(
                "pthread_create: {}: a worker is missing",
                symbol(errno)
            )),
        }
    }
    Ok(threads)
}

/// Waits until the thread has ended.
pub fn join(thread: Pthread) {
    // SAFETY: made by create, and joined once.
    unsafe { libc::pthread_join(thread, ptr::null_mut()) };
}

/// pthread functions return their errno.
fn check(code: i32) -> Result<(), Errno> {
    if code == 0 { Ok(()) } else { Err(Errno::from_raw(code)) }
}

extern "C" fn body<T: Task>(task: *mut c_void) -> *mut c_void {
    // SAFETY: create made this pointer from a Box<T>, for us alone.
    let task = unsafe { Box::from_raw(task.cast::<T>()) };
    task.run();
    ptr::null_mut()
}
