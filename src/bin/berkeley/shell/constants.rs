//! `constants`: the symbols that can be typed, with their numbers.

use crate::trace::symbols::{self, Symbols};

const GROUPS: [Symbols; 6] = [
    Symbols::Domain,
    Symbols::Type,
    Symbols::Protocol,
    Symbols::Message,
    Symbols::How,
    Symbols::Poll,
];

/// All whose names begin so.
pub(super) fn beginning_with(prefix: &str) -> Vec<String> {
    let plain = GROUPS.into_iter().flat_map(Symbols::all);
    let mut lines: Vec<String> = plain
        .filter(|(_, name)| name.starts_with(prefix))
        .map(|(value, name)| format!("{name} = {value:#x} ({value})"))
        .collect();
    let options = symbols::options()
        .filter(|(_, _, name)| name.starts_with(prefix))
        .map(|(level, value, name)| {
            format!("{name} = {value}, of {}", symbols::level_name(level))
        });
    lines.extend(options);
    if lines.is_empty() {
        lines.push(format!("no constant begins with `{prefix}`"));
    }
    lines
}

/// All names, for completion.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let plain = GROUPS.into_iter().flat_map(Symbols::all);
    plain
        .map(|(_, name)| name)
        .chain(symbols::options().map(|(_, _, name)| name))
}
