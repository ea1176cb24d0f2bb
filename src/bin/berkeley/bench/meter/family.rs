//! A process tree, found without looking at every process of the machine.
//!
//! Man page: `proc_pid_task(5)`. The file `children` needs
//! CONFIG_PROC_CHILDREN; without it all of /proc is searched.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::stage::kernel;

/// A process, its children, their children, and so on. One that comes or
/// goes meanwhile may be missing.
pub(crate) fn family(pid: i32) -> Vec<i32> {
    if !Path::new("/proc/thread-self/children").exists() {
        return kernel::family(pid);
    }
    let mut family = vec![pid];
    let mut next = 0;
    while let Some(&parent) = family.get(next) {
        add_children(parent, &mut family);
        next += 1;
    }
    family
}

/// A child is listed with the thread that forked it.
pub(super) fn add_children(pid: i32, family: &mut Vec<i32>) {
    let tasks = format!("/proc/{pid}/task");
    // The folder has a link for each thread, and two more.
    if fs::metadata(&tasks).is_ok_and(|tasks| tasks.nlink() == 3) {
        add(&format!("{tasks}/{pid}/children"), family);
        return;
    }
    for task in fs::read_dir(&tasks).into_iter().flatten().flatten() {
        let children = task.path().join("children");
        add(&children.to_string_lossy(), family);
    }
}

fn add(children: &str, family: &mut Vec<i32>) {
    let children = fs::read_to_string(children).unwrap_or_default();
    let pids = children.split_ascii_whitespace();
    family.extend(pids.filter_map(|pid| pid.parse::<i32>().ok()));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn grandchildren_belong_to_it_as_the_search_of_proc_finds_them() {
        let mut shell = Command::new("sh")
            .args(["-c", "(cat; :); :"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let pid = shell.id().cast_signed();
        while family(pid).len() < 3 {}
        assert_eq!(family(pid), kernel::family(pid));
        drop(shell.stdin.take());
        shell.wait().unwrap();
    }
}
