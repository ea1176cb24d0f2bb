//! Lines compared, and command lines written.

/// A command line as a user would type it.
pub(crate) fn words(name: &str, args: &[&str]) -> String {
    let quoted = args.iter().map(|arg| {
        let is_plain =
            |c: char| c.is_ascii_alphanumeric() || "-_./:={},".contains(c);
        if !arg.is_empty() && arg.chars().all(is_plain) {
            (*arg).to_string()
        } else {
            format!("'{arg}'")
        }
    });
    std::iter::once(name.to_string())
        .chain(quoted)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Whether `line` is `expected`, where `<n>` stands for any number.
pub(crate) fn is_like(line: &str, expected: &str) -> bool {
    let Some((before, behind)) = expected.split_once("<n>") else {
        return line == expected;
    };
    let Some(rest) = line.strip_prefix(before) else { return false };
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    end > 0 && is_like(&rest[end..], behind)
}

/// Ports and the like, numbers of four digits and more, are all one.
pub(crate) fn without_numbers(line: &str) -> String {
    let mut out = String::new();
    let mut number = String::new();
    for c in line.chars().chain(['\n']) {
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        out.push_str(if number.len() >= 4 { "<n>" } else { &number });
        number.clear();
        out.push(c);
    }
    out
}
