//! A saved trace, read back: this tool's own JSON, or a log of strace(1).

mod check;
mod json;
mod strace;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::record::Trace;

#[cfg(test)]
pub(crate) use json::to_json;
pub(crate) use json::write_json;

/// The trace in this file; `-` is standard input. Of a log of strace only
/// what has to do with sockets, unless `everything` is asked for.
pub(crate) fn read(path: &Path, everything: bool) -> Result<Trace> {
    let bytes = bytes(path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    parse(&bytes, everything).with_context(|| format!("{}", path.display()))
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        io::stdin().lock().read_to_end(&mut bytes)?;
    } else {
        File::open(path)?.read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// Which of both it is, is seen in its first character.
fn parse(bytes: &[u8], everything: bool) -> Result<Trace> {
    let text = String::from_utf8_lossy(bytes);
    match text.trim_start().chars().next() {
        None => bail!("it is empty"),
        Some('{') => json::from_json(&text),
        Some(_) => strace::from_log(&text, everything),
    }
}
