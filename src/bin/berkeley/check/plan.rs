//! Which cases are tried, and what each of them waits for.

use super::lab::{Case, Lab};

/// The cases that were asked for, by id or by tag, and those that they need.
pub(crate) fn chosen<'a>(
    lab: &'a Lab,
    only: &[String],
    skip: &[String],
    sequential: bool,
) -> Vec<&'a Case> {
    let left_out = if sequential { "concurrent" } else { "sequential" };
    let fits = |case: &Case, globs: &[String]| {
        let names = || case.tags.iter().chain([&case.id]);
        globs.iter().any(|glob| names().any(|name| is_like(name, glob)))
    };
    let is_wanted = |case: &&Case| {
        let is_out = case.tags.iter().any(|tag| tag == left_out);
        (only.is_empty() || fits(case, only)) && !fits(case, skip) && !is_out
    };
    let mut wanted: Vec<&str> = Vec::new();
    // What a case needs stands above it.
    for case in lab.cases.iter().rev() {
        if is_wanted(&case) || wanted.contains(&case.id.as_str()) {
            wanted.push(&case.id);
            wanted.extend(case.needs.iter().map(String::as_str));
        }
    }
    let cases = lab.cases.iter();
    cases.filter(|case| wanted.contains(&case.id.as_str())).collect()
}

/// What stands in braces in these words as a place would, and is none of
/// those that there are. A shell's `${name}` is its own.
pub(crate) fn unknown<'a>(
    words: &'a [String],
    places: &[&str],
) -> Vec<&'a str> {
    let mut unknown = Vec::new();
    for word in words {
        for (at, _) in word.match_indices('{') {
            let Some((name, _)) = word[at + 1..].split_once('}') else {
                continue;
            };
            let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            let is_shells = word[..at].ends_with('$');
            let is_new = !places.contains(&name) && !unknown.contains(&name);
            if is_name && !is_shells && is_new {
                unknown.push(name);
            }
        }
    }
    unknown
}

/// `*` is any text, `?` any character.
fn is_like(text: &str, glob: &str) -> bool {
    let mut glob = glob.chars();
    match glob.next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = glob.as_str();
            let starts = text.char_indices().map(|(place, _)| place);
            let mut starts = starts.chain([text.len()]);
            starts.any(|place| is_like(&text[place..], rest))
        }
        Some(one) => {
            let mut text = text.chars();
            let first = text.next();
            first.is_some_and(|it| one == '?' || one == it)
                && is_like(text.as_str(), glob.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::check::lab::parse;

    #[test]
    fn a_misspelt_place_is_found_and_other_braces_are_not() {
        let words = ["-p", "{prot}", "{host}:{port}", "${home}", "{ a; }"];
        let words = words.map(str::to_owned);
        assert_eq!(unknown(&words, &["host", "port"]), ["prot"]);
        let words = ["{a,b} {} {0} {it's} {prot}{prot}".to_owned()];
        assert_eq!(unknown(&words, &["port"]), ["prot"]);
    }

    #[test]
    fn globs_are_those_of_a_shell() {
        for (glob, fits) in [
            ("joke", true),
            ("jok", false),
            ("j*", true),
            ("*k*", true),
            ("*x*", false),
            ("????", true),
            ("???", false),
            ("*", true),
        ] {
            assert_eq!(is_like("joke", glob), fits, "{glob}");
        }
    }

    #[test]
    fn what_a_case_needs_is_tried_too() {
        let case = |id: &str, more: &str| {
            format!("case {id}\ntitle t\nwhy w\n{more}\nsteps\n  A connects\n")
        };
        let source = [
            "lab small\n".to_owned(),
            case("one", "tags concurrent"),
            case("two", ""),
            case("three", "needs two"),
            case("four", "needs three"),
        ];
        let lab = parse(&source.concat()).unwrap();
        let ids = |globs: &[&str], sequential| -> Vec<String> {
            let globs: Vec<String> =
                globs.iter().map(ToString::to_string).collect();
            let cases = chosen(&lab, &globs, &[], sequential);
            cases.into_iter().map(|case| case.id.clone()).collect()
        };
        assert_eq!(ids(&["four"], false), ["two", "three", "four"]);
        assert_eq!(ids(&["one", "two"], false), ["one", "two"]);
        assert_eq!(ids(&["concurrent"], false), ["one"]);
        assert_eq!(ids(&[], true), ["two", "three", "four"]);
    }
}
