//! The command line that measures some cells again.

use super::super::record::Cell;
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
    option("mode", each(cells.iter().map(|cell| cell.mode.name().into())));
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

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let quoted = shlex::try_quote(word);
    quoted.map_or_else(|_| word.to_owned(), String::from)
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
