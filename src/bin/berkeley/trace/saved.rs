//! A trace that was saved, for those who ask what its program did: the
//! mistakes in it, and its ladder. Both in plain text, without colours.

use std::path::Path;

use anstream::adapter::strip_str;
use anyhow::Result;

use super::draw::{Look, ladder, page};
use super::lint;
use super::read;
use super::record::{Role, Trace};
use super::story::Story;

/// What the first program of this trace has made of mistakes. Those of its
/// peers are theirs.
pub(crate) fn mistakes_in(file: &Path) -> Result<Vec<lint::Told>> {
    let trace = read::read(file, false)?;
    let program = |finding: &lint::Finding| {
        let program = trace.tasks[finding.task].program;
        program == 0 && trace.programs[program].role != Role::Client
    };
    let all = lint::findings(&trace);
    let own = all.iter().filter(|finding| program(finding));
    Ok(own.map(|finding| lint::told(&trace, finding)).collect())
}

/// The trace as a ladder, this wide.
pub(crate) fn ladder_of(file: &Path, width: usize) -> Result<Vec<String>> {
    let trace = read::read(file, false)?;
    let look = Look { width, ascii: false };
    let lines = ladder::draw(&trace, &Story::tell(&trace), &look);
    let plain = lines.iter().map(|line| strip_str(line).to_string());
    Ok(plain.map(|line| line.trim_end().to_owned()).collect())
}

/// A trace that is at hand, without what `berkeley trace` says under it.
pub(crate) fn ladder(trace: &Trace, width: usize) -> Vec<String> {
    let look = Look { width: width - 2, ascii: false };
    let lines = ladder::rows(trace, &Story::tell(trace), &look);
    let plain = lines.iter().map(|line| strip_str(line).to_string());
    plain.map(|line| line.trim_end().to_owned()).collect()
}

/// The same as SVG, which can stand in a page.
pub(crate) fn drawing(trace: &Trace) -> String {
    page::svg(trace, &Story::tell(trace))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;
    use std::path::PathBuf;

    use super::super::fixture;
    use super::*;

    fn saved(name: &str, trace: &Trace) -> PathBuf {
        let name = format!("berkeley-{name}-{}.json", std::process::id());
        let file = std::env::temp_dir().join(name);
        fs::write(&file, read::to_json(trace).unwrap()).unwrap();
        file
    }

    #[test]
    fn only_the_programs_own_mistakes_are_told() {
        let mut trace = fixture::reset();
        let ids = |trace: &Trace| {
            let file = saved("mistakes", trace);
            let told = mistakes_in(&file).unwrap();
            fs::remove_file(file).unwrap();
            told
        };
        // It is the client that closes unread.
        assert_eq!(ids(&trace), Vec::new());
        let client = trace.programs.len() - 1;
        trace.programs.swap(0, client);
        trace.programs[0].role = Role::Server;
        for task in &mut trace.tasks {
            task.program = client - task.program;
        }
        let told = ids(&trace);
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].id, told[0].times), ("unread-reset", 1));
        let says = "simple_client 701: close with 8 bytes of \
                    127.0.0.1:5000 unread";
        assert!(told[0].says.starts_with(says), "{}", told[0].says);
        assert!(told[0].calls[0].contains("close(3"), "{:?}", told[0].calls);
        assert!(!told[0].calls.concat().contains('\u{1b}'));
    }

    #[test]
    fn a_ladder_is_as_wide_as_asked_and_plain() {
        let file = saved("ladder", &fixture::knock_fork());
        for width in [80, 120] {
            let lines = ladder_of(&file, width).unwrap();
            assert!(lines.len() > 20, "{lines:#?}");
            let is_plain = |line: &String| {
                line.chars().count() <= width && !line.contains('\u{1b}')
            };
            assert!(lines.iter().all(is_plain), "{lines:#?}");
        }
        fs::remove_file(file).unwrap();
    }

    #[test]
    fn what_is_no_trace_is_an_error_that_names_the_file() {
        let file = std::env::temp_dir().join("berkeley-there-is-none.json");
        let why = format!("{:#}", mistakes_in(&file).unwrap_err());
        assert!(why.contains("berkeley-there-is-none.json"), "{why}");
        assert!(ladder_of(&file, 80).is_err());
    }
}
