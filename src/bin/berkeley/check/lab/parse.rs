//! From a lab's file to the lab.

use std::collections::BTreeMap;

use super::source::{Entry, Mistaken, entries, mistaken};
use super::{Case, Lab, Role, Setting, Text, sense, sentences};

/// The lab in this text, or what is wrong first.
pub(crate) fn parse(source: &str) -> Result<Lab, Mistaken> {
    let entries = entries(source)?;
    let is_case = |entry: &&Entry| entry.word == "case";
    let cases = entries.iter().filter(is_case).count();
    let mut parts = entries.split(|entry| entry.word == "case");
    let above = parts.next().unwrap_or_default();
    let mut lab = heading(above)?;
    let arguments = |entries: &[Entry]| -> Option<usize> {
        let of = entries.iter().find(|entry| entry.word == "arguments");
        of.map(|entry| entry.line)
    };
    let begun = entries.iter().filter(is_case);
    for (begun, entries) in begun.zip(parts) {
        let case = case(&lab, begun, entries)?;
        let line = arguments(entries).or(arguments(above));
        sense::check_arguments(&case, line.unwrap_or(begun.line))?;
        sense::check(&case)?;
        lab.cases.push(case);
    }
    if cases == 0 {
        return mistaken(0, "there is no case in it");
    }
    Ok(lab)
}

fn heading(entries: &[Entry]) -> Result<Lab, Mistaken> {
    let mut lab = Lab::default();
    are_said_once(entries)?;
    for entry in entries {
        match entry.word.as_str() {
            "lab" => lab.name = name(entry)?,
            "title" => lab.title = entry.all(),
            "about" => lab.about = entry.all(),
            "role" => lab.role = role(entry)?,
            "arguments" => lab.arguments = entry.all(),
            "port" => lab.port = Some(number(entry)?),
            "set" => set(entry, &mut lab.values)?,
            "optional" => lab.optional = words(entry),
            word => {
                let why = format!("what is `{word}`, before the first case?");
                return mistaken(entry.line, why);
            }
        }
    }
    if lab.name.is_empty() {
        return mistaken(0, "it begins with `lab NAME`");
    }
    Ok(lab)
}

fn case(
    lab: &Lab,
    begun: &Entry,
    entries: &[Entry],
) -> Result<Case, Mistaken> {
    let mut case = Case {
        id: name(begun)?,
        role: lab.role,
        arguments: lab.arguments.clone(),
        values: lab.values.clone(),
        ..Case::default()
    };
    if lab.case(&case.id).is_some() {
        let why = format!("there is a case {} already", case.id);
        return mistaken(begun.line, why);
    }
    are_said_once(entries)?;
    for entry in entries {
        match entry.word.as_str() {
            "title" => case.title = entry.all(),
            "points" => case.points = number(entry)?,
            "tags" => case.tags = words(entry),
            "needs" => case.needs = needs(lab, entry)?,
            "role" => case.role = role(entry)?,
            "arguments" => case.arguments = entry.all(),
            "set" => set(entry, &mut case.values)?,
            "with" => case.settings.push(setting(entry)?),
            "why" => case.why = entry.all(),
            "hint" => case.hints.push(entry.all()),
            "steps" => case.steps = sentences::steps(&entry.below)?,
            word => {
                return mistaken(entry.line, format!("what is `{word}`?"));
            }
        }
    }
    costs_nothing_alone(lab, &case, entries)?;
    for (is_missing, what) in
        [(case.title.is_empty(), "title"), (case.why.is_empty(), "why")]
    {
        if is_missing {
            let why = format!("case {} has no {what}", case.id);
            return mistaken(begun.line, why);
        }
    }
    let is_ready = case.id == "ready" || case.id.ends_with("-ready");
    if case.steps.is_empty() && !(is_ready && case.role == Role::Server) {
        let why = format!(
            "case {} has no steps; only a server's `ready`, or `…-ready`, \
             can do without",
            case.id
        );
        return mistaken(begun.line, why);
    }
    Ok(case)
}

/// The later one would win, and nobody would know. Of some there may be many.
fn are_said_once(entries: &[Entry]) -> Result<(), Mistaken> {
    for (place, entry) in entries.iter().enumerate() {
        let (word, first) = (entry.word.as_str(), &entries[..place]);
        let name = |entry: &Entry| match word {
            "set" => entry.all().split(' ').next().map(str::to_owned),
            _ => None,
        };
        let same = first.iter().find(|first| {
            first.word == word
                && !["with", "hint"].contains(&word)
                && name(first) == name(entry)
        });
        if let Some(first) = same {
            let what = match name(entry) {
                Some(name) => format!("`set {name}`"),
                None => format!("`{word}`"),
            };
            let why = format!("{what} stands in line {} already", first.line);
            return mistaken(entry.line, why);
        }
    }
    Ok(())
}

fn name(entry: &Entry) -> Result<String, Mistaken> {
    let is_part = |one: char| one.is_ascii_alphanumeric() || one == '-';
    let name = entry.all();
    if name.is_empty() || !name.chars().all(is_part) {
        return mistaken(entry.line, "a name has letters, digits and dashes");
    }
    Ok(name)
}

fn role(entry: &Entry) -> Result<Role, Mistaken> {
    match entry.all().as_str() {
        "server" => Ok(Role::Server),
        "client" => Ok(Role::Client),
        _ => mistaken(entry.line, "a role is server or client"),
    }
}

fn number<T: std::str::FromStr>(entry: &Entry) -> Result<T, Mistaken> {
    let number = entry.all().parse();
    number
        .or_else(|_| mistaken(entry.line, "a number is wanted, of fair size"))
}

fn words(entry: &Entry) -> Vec<String> {
    let all = entry.all();
    let words = all.split([',', ' ']).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

/// They stand above: so nobody needs himself, even in a circle.
fn needs(lab: &Lab, entry: &Entry) -> Result<Vec<String>, Mistaken> {
    let needs = words(entry);
    match needs.iter().find(|id| lab.case(id).is_none()) {
        Some(id) => mistaken(entry.line, format!("no case {id} above")),
        None => Ok(needs),
    }
}

/// What is worth no points informs. A case with points that is skipped for
/// its sake would make it cost them. Since all needs stand above, who looks at
/// each of them alone has seen what they need in turn.
fn costs_nothing_alone(
    lab: &Lab,
    case: &Case,
    entries: &[Entry],
) -> Result<(), Mistaken> {
    if case.points == 0 {
        return Ok(());
    }
    for entry in entries.iter().filter(|entry| entry.word == "needs") {
        for id in words(entry) {
            if lab.case(&id).is_some_and(|needed| needed.points == 0) {
                let why = format!(
                    "case {} has points, and needs {id}, which has none",
                    case.id
                );
                return mistaken(entry.line, why);
            }
        }
    }
    Ok(())
}

fn set(
    entry: &Entry,
    values: &mut BTreeMap<String, String>,
) -> Result<(), Mistaken> {
    let all = entry.all();
    let (name, value) = all.split_once(' ').unwrap_or((&all, ""));
    let value = if value.starts_with('"') {
        let text =
            Text::parse(value).or_else(|why| mistaken(entry.line, why))?;
        String::from_utf8(text.bytes(0, &|_| None))
            .or_else(|_| mistaken(entry.line, "a value is text"))?
    } else {
        value.to_owned()
    };
    values.insert(name.to_owned(), value);
    Ok(())
}

fn setting(entry: &Entry) -> Result<Setting, Mistaken> {
    let all = entry.all();
    let known = Setting::ALL.iter().find(|(words, _)| *words == all);
    let known = known.map(|(_, setting)| *setting);
    known.ok_or(()).or_else(|()| {
        let names = Setting::ALL.map(|(words, _)| words).join(", ");
        mistaken(entry.line, format!("with {all}? There is: {names}"))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const SMALL: &str = "\
lab small
title a small lab
arguments -p {port}
set word one
optional word

case first
title the first
points 2
why because
steps
  A connects

case second
title the second
needs first
set word \"two \" * 2 + \"words\"
with a terminal
why because
steps
  A connects
  A sends \"{word}\"
";

    #[test]
    fn a_case_has_what_its_lab_has() {
        let lab = parse(SMALL).unwrap();
        let [first, second] = &lab.cases[..] else { panic!("two cases") };
        assert_eq!(first.values["word"], "one");
        assert_eq!(second.values["word"], "two two words");
        assert_eq!(second.needs, ["first"]);
        assert!(second.has(Setting::Terminal) && !first.has(Setting::Trace));
        assert_eq!((first.points, second.points), (2, 0));
        assert_eq!(lab.places(), ["port"]);
        let command = ["run".to_owned(), "-p{port}".to_owned()];
        assert_eq!(lab.lacks(first, &command), None);
        assert_eq!(lab.lacks(second, &command), Some("word"));
        let command = ["run".to_owned(), "-w{word}".to_owned()];
        assert_eq!(lab.lacks(second, &command), None);
    }

    #[test]
    fn the_line_of_a_mistake_is_named() {
        for (from, to, line) in [
            ("points 2", "points two", 9),
            ("needs first", "needs third", 16),
            ("  A connects", "  A conects", 12),
            ("with a terminal", "with a view", 18),
            ("case second", "case first", 14),
            ("lab small", "lab", 1),
        ] {
            let wrong = SMALL.replace(from, to);
            assert_eq!(parse(&wrong).unwrap_err().line, line, "{to}");
        }
        assert_eq!(parse("").unwrap_err().line, 0);
    }

    /// What is said of SMALL, changed like this.
    fn said(from: &str, to: &str) -> String {
        assert!(SMALL.contains(from));
        let wrong = SMALL.replacen(from, to, 1);
        parse(&wrong).unwrap_err().to_string()
    }

    #[test]
    fn what_is_said_twice_is_refused() {
        for (from, to, says) in [
            (
                "title a",
                "lab large\ntitle a",
                "line 2: `lab` stands in line 1",
            ),
            ("set", "title b\nset", "line 4: `title` stands in line 2"),
            ("why", "points 3\nwhy", "line 10: `points` stands in line 9"),
            ("opt", "set word\nopt", "line 5: `set word` stands in line 4"),
        ] {
            assert_eq!(said(from, to), format!("{says} already"));
        }
        let other = SMALL.replace("optional", "set other two\noptional");
        assert!(parse(&other).is_ok());
    }

    #[test]
    fn a_case_has_steps_or_is_that_the_program_listens() {
        let without = SMALL.replacen("steps\n  A connects\n", "", 1);
        let said = parse(&without).unwrap_err().to_string();
        let says = "line 7: case first has no steps; only a server's \
                    `ready`, or `…-ready`, can do without";
        assert_eq!(said, says);
        assert!(parse(&without.replace("first", "ready")).is_ok());
        let client = without.replace("first", "ready");
        let client = client.replacen("points", "role client\npoints", 1);
        assert_eq!(parse(&client).unwrap_err().line, 7);
    }

    #[test]
    fn what_args_stands_for_is_known() {
        let said = said("-p {port}", "-p {prt}");
        let says = "line 3: what is {prt}? There is: {host}, {port}, {word}";
        assert_eq!(said, says);
        assert!(parse(&SMALL.replace("-p {port}", "{word}")).is_ok());
    }

    #[test]
    fn a_case_without_points_costs_no_other_case_its_own() {
        let informs = SMALL.replace("points 2", "points 0");
        assert!(parse(&informs).is_ok());
        let costs = informs.replace("set word \"", "points 1\nset word \"");
        let mistaken = parse(&costs).unwrap_err();
        let says = "line 16: case second has points, and needs first, which \
            has none";
        assert_eq!(mistaken.to_string(), says);
    }
}
