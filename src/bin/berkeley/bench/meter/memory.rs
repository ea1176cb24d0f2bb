//! What peers cost in memory: the server's own, and the kernel's.
//!
//! A page that several processes share is divided among them (PSS), so the
//! sum over a family counts nothing twice. Pages of files are left out: a
//! peer adds none, and each other process that maps the same program or
//! library takes its part of them. Stacks, page tables and sockets in the
//! kernel are not in it either, and are told for the whole system alone:
//! they are right when nothing else starts or ends meanwhile, and contain
//! the generator's end of each connection. Man pages: `proc_pid_smaps(5)`,
//! `proc_meminfo(5)`.

use std::fs;

use super::super::record;

/// All in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Reading {
    pub(crate) pss: u64,
    pub(crate) kernel_stacks: u64,
    pub(crate) page_tables: u64,
    pub(crate) slab: u64,
}

pub(crate) fn read(family: &[i32]) -> Reading {
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    Reading {
        pss: family.iter().map(|&pid| pss(pid)).sum(),
        kernel_stacks: field(&meminfo, "KernelStack:"),
        page_tables: field(&meminfo, "PageTables:")
            + field(&meminfo, "SecPageTables:"),
        slab: field(&meminfo, "Slab:"),
    }
}

fn pss(pid: i32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"));
    pss_in(&rollup.unwrap_or_default())
}

/// `smaps_rollup` tells files, shared and anonymous pages apart since Linux
/// 5.4; before, there is the sum of all alone.
fn pss_in(rollup: &str) -> u64 {
    if rollup.contains("\nPss_Anon:") {
        field(rollup, "Pss_Anon:") + field(rollup, "Pss_Shmem:")
    } else {
        field(rollup, "Pss:")
    }
}

/// The sum of all lines `NAME:   123 kB`.
fn field(text: &str, name: &str) -> u64 {
    let values = text.lines().filter_map(|line| line.strip_prefix(name));
    let numbers = values.filter_map(|value| {
        value.trim_start().strip_suffix(" kB")?.parse::<u64>().ok()
    });
    numbers.sum::<u64>() * 1024
}

/// What each of so many peers has added: while it was silent, and after it
/// has had an answer.
pub(crate) fn per_peer(
    before: &Reading,
    silent: &Reading,
    answered: &Reading,
    peers: u32,
) -> record::Memory {
    let each = |after: u64, before: u64| {
        (bytes(after) - bytes(before)) / f64::from(peers.max(1))
    };
    record::Memory {
        pss_per_silent_peer: each(silent.pss, before.pss),
        pss_per_peer: each(answered.pss, before.pss),
        pss_before: bytes(before.pss),
        kernel_stacks_per_peer: each(
            answered.kernel_stacks,
            before.kernel_stacks,
        ),
        page_tables_per_peer: each(answered.page_tables, before.page_tables),
        slab_per_peer: each(answered.slab, before.slab),
        peers,
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "no machine has 2^52 bytes of memory"
)]
fn bytes(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, munmap};

    use super::*;
    use crate::stage::Stage;

    /// What this process has more after it has touched so many bytes.
    fn grown_by(bytes: usize) -> u64 {
        let this = [std::process::id().cast_signed()];
        let length = std::num::NonZeroUsize::new(bytes).unwrap();
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        let private = MapFlags::MAP_PRIVATE;
        // SAFETY: a new mapping, where the kernel wants it.
        let map = unsafe { mmap_anonymous(None, length, access, private) };
        let map = map.unwrap();
        let before = read(&this);
        // SAFETY: the mapping has this length and nobody else knows it.
        unsafe { map.cast::<u8>().write_bytes(1, bytes) };
        let after = read(&this);
        // SAFETY: the same mapping; it is not touched again.
        unsafe { munmap(map, bytes) }.unwrap();
        assert!(after.page_tables > 0 && after.slab > 0);
        assert!(after.kernel_stacks > 0);
        after.pss.abs_diff(before.pss)
    }

    /// The tests beside this one need memory, too, and give it back.
    #[test]
    fn pages_that_were_touched_are_counted() {
        const LENGTH: usize = 32 << 20;
        let touched = LENGTH as u64;
        let mut found = Vec::new();
        for _ in 0..100 {
            let grown = grown_by(LENGTH);
            if grown.abs_diff(touched) < touched / 20 {
                return;
            }
            found.push(grown);
            std::thread::yield_now();
        }
        panic!("never {touched} bytes: {found:?}");
    }

    #[test]
    fn two_processes_share_what_they_share() {
        let mut stage = Stage::open().unwrap();
        let script = "exec 3<&0; (echo two; read x <&3) & echo one; wait";
        let args = ["-c".into(), script.into()];
        let sh = Path::new("/bin/sh");
        let who = stage.start("sh", sh, &args, None).unwrap();
        stage.says(who, "one").unwrap();
        stage.says(who, "two").unwrap();
        let family = super::super::family::family(stage.pid(who));
        let (both, first) = (read(&family).pss, read(&family[..1]).pss);
        assert!(both > first && first > 0, "{both} of two, {first} of one");
    }

    #[test]
    fn a_difference_is_shared_out_among_the_peers() {
        let before = Reading { pss: 1000, slab: 50_000, ..Reading::default() };
        let silent = Reading { pss: 3000, ..before };
        let answered = Reading { pss: 5000, slab: 49_000, ..before };
        let memory = per_peer(&before, &silent, &answered, 10);
        assert!((memory.pss_per_silent_peer - 200.0).abs() < 1e-9);
        assert!((memory.pss_per_peer - 400.0).abs() < 1e-9);
        assert!((memory.slab_per_peer + 100.0).abs() < 1e-9);
        assert_eq!(memory.peers, 10);
    }

    #[test]
    fn pages_of_files_are_not_counted() {
        let old = "Rss: 8 kB\nPss:  12 kB\nPss_Dirty: 9 kB\n";
        assert_eq!(pss_in(old), 12 * 1024);
        let parts = "Pss_Anon:  4 kB\nPss_File: 7 kB\nPss_Shmem: 1 kB\n";
        assert_eq!(pss_in(&format!("{old}{parts}")), 5 * 1024);
    }
}
