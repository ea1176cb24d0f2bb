//! The command line that measures some cells again.

use super::super::record::{Cell, Mode};
use super::pick;
use crate::catalogue::MODELS;

/// `berkeley bench …`, with the options that differ from the defaults.
pub(super) fn line(cells: &[&Cell]) -> String {
    let mut words = vec!["berkeley bench".to_owned()];
    let mut option = |name: &str, values: Vec<String>| {
        if !values.is_empty() {
            words.push(format!("--{name} {}", values.join(",")));
        }
    };
    let own = || cells.iter().filter(|cell| cell.language.is_some());
    option("mode", each(cells.iter().map(|cell| mode(cell.mode).into())));
    let mut models = each(own().map(|cell| cell.model.clone()));
    if models.len() == MODELS.len() {
        models = vec!["all".to_owned()];
    }
    option("models", models);
    option("languages", each(own().filter_map(|c| c.language.clone())));
    option("protocol", each(cells.iter().map(|c| c.protocol.clone())));
    option("concurrency", numbers(cells.iter().map(|c| c.concurrency)));
    option("size", numbers(cells.iter().map(|c| c.size)));
    option("workers", numbers(cells.iter().filter_map(|c| c.workers)));
    let rates = cells.iter().filter_map(|c| c.asked_rate);
    option("rate", each(rates.map(|rate| rate.to_string())));
    let strangers = cells.iter().filter(|c| c.language.is_none());
    let strangers = strangers.map(|cell| {
        if cell.model == "target" {
            return format!("--target {}", quoted(&cell.server));
        }
        let server = format!("{}={}", cell.model, cell.server);
        format!("--server {}", quoted(&server))
    });
    words.extend(each(strangers));
    words.join(" ")
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Pingpong => "pingpong",
        Mode::Connect => "connect",
        Mode::Open => "open",
        Mode::Idle => "idle",
        Mode::Stream => "stream",
        Mode::Unp => "unp",
    }
}

/// Every value once, as they came; models as the catalogue has them.
fn each(values: impl Iterator<Item = String>) -> Vec<String> {
    let mut each: Vec<String> = Vec::new();
    for value in values {
        if !each.contains(&value) {
            each.push(value);
        }
    }
    each.sort_by_key(|value| pick::order(value));
    each
}

fn numbers(values: impl Iterator<Item = u32>) -> Vec<String> {
    let mut values: Vec<u32> = values.collect();
    values.sort_unstable();
    values.dedup();
    values.iter().map(u32::to_string).collect()
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_server_is_one_word_of_the_shell() {
        assert_eq!(quoted("127.0.0.1:80"), "127.0.0.1:80");
        assert_eq!(quoted("py=a b {port}"), "'py=a b {port}'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
