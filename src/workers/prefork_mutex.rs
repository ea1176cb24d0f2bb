//! `prefork-mutex`: N children, `accept` guarded by a pthread mutex that lies
//! in memory they share.
//!
//! PTHREAD_PROCESS_SHARED lets processes use one mutex; without contention
//! it costs no system call. PTHREAD_MUTEX_ROBUST tells the next one,
//! EOWNERDEAD, when the owner died with it. Twin:
//! `c_compare/workers/prefork_mutex.c`. Read `prefork` first. Man pages:
//! `pthread_mutexattr_setpshared(3)`, `pthread_mutexattr_setrobust(3)`.

use std::mem::MaybeUninit;
use std::num::NonZeroUsize;

use nix::errno::Errno;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};

use crate::sockets::Failed;

use super::board::Slot;
use super::children::supervise;
use super::conversation::converse;
use super::{Lab, Server};

/// Serves in this way until the server is stopping.
pub fn serve<L: Lab>(server: &'static Server<L>) -> Result<(), Failed> {
    let lock = SharedMutex::new()?;
    supervise(server, |_, slot| work(server, slot, &lock));
    Ok(())
}

fn work<L: Lab>(server: &Server<L>, slot: &'static Slot, lock: &SharedMutex) {
    loop {
        lock.lock();
        let next = server.next_peer(slot);
        lock.unlock();
        let Some((socket, peer)) = next else { break };
        converse(server, slot, socket, peer);
        server.seats.give(slot);
    }
}

/// A mutex for several processes that survives the death of its owner.
struct SharedMutex(*mut libc::pthread_mutex_t);

impl SharedMutex {
    fn new() -> Result<SharedMutex, Failed> {
        let size = NonZeroUsize::new(size_of::<libc::pthread_mutex_t>())
            .unwrap_or(NonZeroUsize::MIN);
        // SAFETY: a new mapping at an address of the kernel's choice.
        let at = unsafe {
            mmap_anonymous(
                None,
                size,
                ProtFlags::PROT_READ | ProtFlags::PROT_WRITE,
                MapFlags::MAP_SHARED,
            )
        };
        let mutex = at.map_err(Failed::at("mmap", "accept lock"))?.cast();
        let mut attr = MaybeUninit::uninit();
        // SAFETY: the attributes are initialised before they are used, and
        // the mutex gets its own zeroed, aligned, long enough memory.
        let code = unsafe {
            libc::pthread_mutexattr_init(attr.as_mut_ptr());
            libc::pthread_mutexattr_setpshared(
                attr.as_mut_ptr(),
                libc::PTHREAD_PROCESS_SHARED,
            );
            libc::pthread_mutexattr_setrobust(
                attr.as_mut_ptr(),
                libc::PTHREAD_MUTEX_ROBUST,
            );
            libc::pthread_mutex_init(mutex.as_ptr(), attr.as_ptr())
        };
        match code {
            0 => Ok(SharedMutex(mutex.as_ptr())),
            code => Err(Failed::at("pthread_mutex_init", "accept lock")(
                Errno::from_raw(code),
            )),
        }
    }

    fn lock(&self) {
        // SAFETY: the mutex is initialised and never destroyed.
        if unsafe { libc::pthread_mutex_lock(self.0) } == libc::EOWNERDEAD {
            // The lock guards no data that could be half written.
            // SAFETY: as above, and we hold it.
            unsafe { libc::pthread_mutex_consistent(self.0) };
        }
    }

    fn unlock(&self) {
        // SAFETY: as above, and we hold it.
        unsafe { libc::pthread_mutex_unlock(self.0) };
    }
}
