//! A machine that lacks something: a system call is refused.

use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::errno::Errno;
use nix::sys::prctl::set_no_new_privs;

/// Without this system call: EPERM is the answer, as in a container that
/// forbids it.
pub fn without(call: i64, command: &mut Command) -> &mut Command {
    let step = |code: u32, k: u32, jt, jf| libc::sock_filter {
        code: u16::try_from(code).unwrap(),
        jt,
        jf,
        k,
    };
    let load = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
    let equal = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
    let answer = libc::BPF_RET | libc::BPF_K;
    let refused = libc::SECCOMP_RET_ERRNO | libc::EPERM.cast_unsigned();
    let number = u32::try_from(call).unwrap();
    let mut program = [
        step(load, 0, 0, 0),
        step(equal, number, 0, 1),
        step(answer, refused, 0, 0),
        step(answer, libc::SECCOMP_RET_ALLOW, 0, 0),
    ];
    let forbid = move || {
        set_no_new_privs()?;
        let program = libc::sock_fprog {
            len: u16::try_from(program.len()).unwrap_or_default(),
            filter: program.as_mut_ptr(),
        };
        let (mode, flags) = (libc::SECCOMP_SET_MODE_FILTER, 0);
        // SAFETY: the kernel copies the program, which is there until then.
        let done = unsafe {
            libc::syscall(libc::SYS_seccomp, mode, flags, &raw const program)
        };
        Ok(Errno::result(done).map(drop)?)
    };
    // SAFETY: between fork and exec it makes two system calls, and touches
    // no memory but its own.
    unsafe { command.pre_exec(forbid) }
}
