//! What the kernel says of a task in one line. Man page:
//! `proc_pid_stat(5)`.

use std::fs::File;
use std::io::Read;
use std::str::FromStr;

/// The numbers of its fields, as the man page has them.
pub(super) const PARENT: usize = 4;
pub(super) const GROUP: usize = 5;
pub(super) const SESSION: usize = 6;
pub(super) const USER_TIME: usize = 14;
pub(super) const SYSTEM_TIME: usize = 15;
pub(super) const CHILDREN_USER_TIME: usize = 16;
pub(super) const CHILDREN_SYSTEM_TIME: usize = 17;
pub(super) const THREADS: usize = 20;
pub(super) const STARTED: usize = 22;
pub(super) const PAGES: usize = 24;
pub(super) const EXIT_CODE: usize = 52;
/// More than the line is ever long.
const LINE: usize = 2048;

pub(super) struct Stat(String);

impl Stat {
    /// Of a whole process.
    pub(super) fn of(pid: i32) -> Option<Stat> {
        read(&format!("/proc/{pid}/stat"))
    }

    /// Of one thread.
    pub(super) fn of_task(pid: i32, tid: i32) -> Option<Stat> {
        read(&format!("/proc/{pid}/task/{tid}/stat"))
    }

    /// It may have blanks and brackets.
    pub(super) fn name(&self) -> &str {
        let inside = self.0.split_once('(').map(|(_, rest)| rest);
        let inside = inside.and_then(|rest| rest.rsplit_once(')'));
        inside.map_or("?", |(name, _)| name)
    }

    /// `R`, `S`, `D`, `T`, `t`, `Z`, `X`, `I`
    pub(super) fn state(&self) -> char {
        self.field(3).and_then(|state| state.chars().next()).unwrap_or('X')
    }

    pub(super) fn number<T: FromStr>(&self, field: usize) -> Option<T> {
        self.field(field)?.parse().ok()
    }

    fn field(&self, field: usize) -> Option<&str> {
        let (_, rest) = self.0.rsplit_once(')')?;
        rest.split_ascii_whitespace().nth(field - 3)
    }

    /// Seconds on a CPU, of these fields.
    pub(super) fn seconds(&self, fields: &[usize]) -> f64 {
        let ticks = fields.iter().filter_map(|&at| self.number::<f64>(at));
        ticks.sum::<f64>() / ticks_per_second()
    }
}

/// In one read(2), without asking for the file's size: it has none.
fn read(path: &str) -> Option<Stat> {
    let mut line = [0; LINE];
    let got = File::open(path).ok()?.read(&mut line).ok()?;
    Some(Stat(String::from_utf8_lossy(&line[..got]).into_owned()))
}

fn ticks_per_second() -> f64 {
    // SAFETY: a number goes in and a number comes out.
    let ticks = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
    i32::try_from(ticks).ok().filter(|at| *at > 0).map_or(100.0, f64::from)
}
