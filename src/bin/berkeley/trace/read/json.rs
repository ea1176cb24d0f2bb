//! The record as JSON, and back. One event a line, so that `grep` and `diff`
//! work on the file as on a log.

use std::borrow::Borrow;
use std::io::Write;

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::trace::record::{
    Event, FORMAT, Program, Socket, Task, Trace, VERSION,
};

/// What is looked at before anything else is believed.
#[derive(Deserialize)]
struct Title {
    #[serde(default)]
    format: Option<String>,
    #[serde(default)]
    version: Option<u32>,
}

/// All of it, with these events. `began` is kept to the microsecond, which is
/// what a number with a fraction holds of it.
pub(crate) fn write_json(
    trace: &Trace,
    events: impl Iterator<Item = impl Borrow<Event>>,
    to: &mut dyn Write,
) -> Result<()> {
    let began = (trace.began * 1e6).round() / 1e6;
    write!(
        to,
        "{{\"format\":{},\"version\":{},\n\"command\":{},\n\"source\":{},\
         \"system\":{},\"began\":{}",
        serde_json::to_string(&trace.format)?,
        trace.version,
        serde_json::to_string(&trace.command)?,
        serde_json::to_string(&trace.source)?,
        serde_json::to_string(&trace.system)?,
        serde_json::to_string(&began)?,
    )?;
    list::<Program>("programs", trace.programs.iter(), to)?;
    list::<Task>("tasks", trace.tasks.iter(), to)?;
    list::<Socket>("sockets", trace.sockets.iter(), to)?;
    list::<Event>("events", events, to)?;
    list::<String>("notes", trace.notes.iter(), to)?;
    Ok(writeln!(to, "}}")?)
}

fn list<T: Serialize>(
    name: &str,
    all: impl Iterator<Item = impl Borrow<T>>,
    to: &mut dyn Write,
) -> Result<()> {
    write!(to, ",\n\"{name}\":[")?;
    let mut between = "\n";
    for one in all {
        write!(to, "{between}{}", serde_json::to_string(one.borrow())?)?;
        between = ",\n";
    }
    let end = if between == "\n" { "" } else { "\n" };
    Ok(write!(to, "{end}]")?)
}

/// A trace that every drawing can be made from, or what is wrong with it.
pub(crate) fn from_json(text: &str) -> Result<Trace> {
    let title: Title = match serde_json::from_str(text) {
        Ok(title) => title,
        Err(error) if error.is_eof() => bail!(
            "it ends in the middle, in line {}: was it copied in full?",
            error.line()
        ),
        Err(error) => return Err(error).context("no JSON"),
    };
    ensure!(
        title.format.as_deref() == Some(FORMAT),
        "JSON, but no trace: \"format\" should be \"{FORMAT}\""
    );
    match title.version {
        Some(VERSION) => {}
        Some(other) => bail!(
            "a trace of version {other}; this tool reads version {VERSION}"
        ),
        None => bail!("a trace without a version"),
    }
    let mut trace: Trace = if has_controls(text) {
        let mut value = serde_json::from_str(text).context("damaged")?;
        tame(&mut value);
        serde_json::from_value(value).context("damaged")?
    } else {
        serde_json::from_str(text).context("damaged")?
    };
    trace.events.sort_by_key(Event::at);
    trace.check()?;
    Ok(trace)
}

/// Whether something in it would speak to the terminal that it is drawn on.
fn has_controls(text: &str) -> bool {
    text.contains("\\u00")
        || text.contains(|c| ('\u{7f}'..='\u{9f}').contains(&c))
}

fn tame(value: &mut Value) {
    match value {
        Value::String(text) if text.contains(char::is_control) => {
            *text = text.escape_default().to_string();
        }
        Value::Array(all) => all.iter_mut().for_each(tame),
        Value::Object(all) => all.values_mut().for_each(tame),
        _ => {}
    }
}

#[cfg(test)]
pub(crate) fn to_json(trace: &Trace) -> Result<String> {
    let mut text = Vec::new();
    write_json(trace, trace.events.iter(), &mut text)?;
    Ok(String::from_utf8(text)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::fixture;

    fn wrong(text: &str) -> String {
        format!("{:#}", from_json(text).unwrap_err())
    }

    #[test]
    fn what_was_written_is_read_again() {
        for trace in fixture::all() {
            let text = to_json(&trace).unwrap();
            assert_eq!(from_json(&text).unwrap(), trace);
        }
    }

    #[test]
    fn every_event_has_a_line_of_its_own() {
        let trace = fixture::knock_fork();
        let text = to_json(&trace).unwrap();
        let lines = text.lines().filter(|line| line.starts_with("{\"event\""));
        assert_eq!(lines.count(), trace.events.len());
    }

    #[test]
    fn unknown_fields_are_passed_over() {
        let trace = fixture::refusal();
        let text = to_json(&trace).unwrap();
        let text = text.replace("{\"event\"", "{\"new\":[1,{}],\"event\"");
        let text = text.replacen('{', "{\"more\":null,", 1);
        assert_eq!(from_json(&text).unwrap(), trace);
    }

    #[test]
    fn nothing_in_it_speaks_to_the_terminal() {
        let mut trace = fixture::refusal();
        trace.tasks[0].name = "\u{1b}[2Jx\u{9b}".to_owned();
        let read = from_json(&to_json(&trace).unwrap()).unwrap();
        assert_eq!(read.tasks[0].name, "\\u{1b}[2Jx\\u{9b}");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let text = to_json(&fixture::refusal()).unwrap();
        let half = &text[..text.len() / 2];
        assert!(wrong(half).contains("ends in the middle"), "{}", wrong(half));
        let other = text.replace("\"version\":1", "\"version\":7");
        assert!(wrong(&other).contains("version 7"), "{}", wrong(&other));
        let odd = text.replacen("\"enter_ns\":", "\"enter_ns\":-", 1);
        let said = wrong(&odd);
        assert!(said.contains("damaged"), "{said}");
        assert!(said.contains("line"), "{said}");
        assert!(wrong("{}").contains("no trace"), "{}", wrong("{}"));
        assert!(wrong("{\"a\":]").contains("line 1"), "{}", wrong("{]"));
    }

    #[test]
    fn a_place_that_does_not_exist_is_refused() {
        let text = to_json(&fixture::refusal()).unwrap();
        for name in ["task", "program", "socket"] {
            let from = format!("\"{name}\":0");
            let odd = text.replacen(&from, &format!("\"{name}\":99"), 1);
            assert_ne!(odd, text, "{name}");
            assert!(wrong(&odd).contains("99"), "{}", wrong(&odd));
        }
    }
}
