//! The machine that a run was made on, as its record names it. Man pages:
//! `uname(2)`, `proc_cpuinfo(5)`, `tcp(7)`, `getrlimit(2)`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};

use super::super::record;
use crate::stage::{Stage, Stream};
use crate::{cpus, system};

/// Settings that a result hangs on. One that this machine does not have is
/// left out.
const SETTINGS: [&str; 7] = [
    "net.core.somaxconn",
    "net.ipv4.tcp_max_syn_backlog",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_tw_reuse",
    "net.ipv4.tcp_max_tw_buckets",
    "net.ipv4.ip_local_port_range",
    "fs.nr_open",
];

pub(crate) fn machine() -> record::Machine {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let online = fs::read_to_string("/sys/devices/system/cpu/online");
    let online = cpus::parse_list(&online.unwrap_or_default());
    record::Machine {
        kernel: system::kernel(),
        cpu: model(&cpuinfo),
        cpus: u32::try_from(online.len()).unwrap_or_default(),
        memory_bytes: memory(),
        rustc: version("rustc"),
        cc: version("cc"),
        limits: limits(&cpuinfo),
    }
}

/// On x86 the name that the CPU has itself; on Arm, which has numbers there,
/// the kind alone.
fn model(cpuinfo: &str) -> String {
    let name = value(cpuinfo, "model name");
    let part =
        || value(cpuinfo, "CPU part").map(|part| format!("part {part}"));
    name.or_else(part).unwrap_or_else(|| std::env::consts::ARCH.to_string())
}

fn value(cpuinfo: &str, name: &str) -> Option<String> {
    let pairs = cpuinfo.lines().filter_map(|line| line.split_once(':'));
    let mut found = pairs.filter(|(key, _)| key.trim() == name);
    found.next().map(|(_, value)| value.trim().to_string())
}

fn memory() -> u64 {
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = meminfo.lines().find_map(|line| {
        let kib = line.strip_prefix("MemTotal:")?.strip_suffix(" kB")?;
        kib.trim().parse::<u64>().ok()
    });
    total.unwrap_or_default() * 1024
}

/// The first line that `PROGRAM --version` prints, where there is one.
fn version(program: &str) -> Option<String> {
    let mut stage = Stage::open().ok()?;
    let args = ["--version".into()];
    let who = stage.start(program, Path::new(program), &args, None).ok()?;
    stage.ends(who, 0).ok()?;
    let line = stage.lines(who, Stream::Out).first()?.to_string();
    Some(line)
}

fn limits(cpuinfo: &str) -> BTreeMap<String, String> {
    let mut limits = BTreeMap::new();
    for name in SETTINGS {
        let path = format!("/proc/sys/{}", name.replace('.', "/"));
        add(&mut limits, name, fs::read_to_string(path).ok());
    }
    let open_files = limit(Resource::RLIMIT_NOFILE);
    add(&mut limits, "ulimit -n", open_files);
    add(&mut limits, "ulimit -u", limit(Resource::RLIMIT_NPROC));
    let governor = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";
    let governor = fs::read_to_string(governor).ok();
    add(&mut limits, "cpu governor", governor);
    add(&mut limits, "virtual machine", hypervisor(cpuinfo));
    limits
}

fn add(
    limits: &mut BTreeMap<String, String>,
    name: &str,
    value: Option<String>,
) {
    if let Some(value) = value {
        let words: Vec<&str> = value.split_whitespace().collect();
        limits.insert(name.to_string(), words.join(" "));
    }
}

/// `1024 (hard 4096)`
fn limit(resource: Resource) -> Option<String> {
    let say = |limit| match limit {
        RLIM_INFINITY => "unlimited".to_string(),
        limit => limit.to_string(),
    };
    let (soft, hard) = getrlimit(resource).ok()?;
    Some(format!("{} (hard {})", say(soft), say(hard)))
}

/// Other machines on the same host are then a reason for what no counter of
/// this machine shows. The firmware names the kind, where it may be read.
fn hypervisor(cpuinfo: &str) -> Option<String> {
    let flags = value(cpuinfo, "flags")?;
    let is_guest = flags.split(' ').any(|flag| flag == "hypervisor");
    let vendor = fs::read_to_string("/sys/class/dmi/id/sys_vendor").ok();
    is_guest.then(|| vendor.unwrap_or_else(|| "yes".to_string()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn it_is_the_machine_that_other_programs_see() {
        let machine = machine();
        let mut stage = Stage::open().unwrap();
        let mut says = |command: &str| {
            let args = ["-c".into(), command.into()];
            let sh = Path::new("/bin/sh");
            let who = stage.start("sh", sh, &args, None).unwrap();
            stage.ends(who, 0).unwrap();
            stage.lines(who, Stream::Out)[0].to_string()
        };
        assert_eq!(machine.kernel, says("uname -srm"));
        let cpus = says("getconf _NPROCESSORS_ONLN");
        assert_eq!(machine.cpus.to_string(), cpus);
        let limit = says("echo \"$(ulimit -Sn) (hard $(ulimit -Hn))\"");
        assert_eq!(machine.limits["ulimit -n"], limit);
        assert!(machine.memory_bytes > 1 << 26);
        assert!(machine.rustc.unwrap().starts_with("rustc 1."));
        assert!(machine.limits.contains_key("net.core.somaxconn"));
    }
}
