//! What can be seen of a lab without a program: its cases, a case, its file.

use std::io;

use super::lab::{Act, Case, LABS, Lab, Role, Step, parse};
use crate::screen::{HEADING, NAME, QUIET, Screen, pad, paint};

/// The labs of the kit.
pub(crate) fn labs(screen: &mut Screen) -> io::Result<()> {
    for lab in LABS.iter().filter_map(|lab| parse(lab.source).ok()) {
        let name = pad(&paint(NAME, &lab.name), 15);
        screen.line(&format!("{name} {}", lab.title))?;
    }
    screen.blank()?;
    screen.line("berkeley check LAB --list shows the cases of a lab.")
}

/// The cases of a lab, and how a program is started for it.
pub(crate) fn cases(
    screen: &mut Screen,
    lab: &Lab,
    words: &str,
) -> io::Result<()> {
    screen.heading(&format!("{}: {}", lab.name, lab.title))?;
    screen.prose(0, crate::screen::PLAIN, &lab.about)?;
    screen.blank()?;
    screen.line(&format!("{words} -- COMMAND {{args}}"))?;
    screen.line(&format!("{{args}} is {}", lab.arguments))?;
    screen.blank()?;
    let longest = lab.cases.iter().map(|case| case.id.len()).max();
    let width = longest.unwrap_or_default();
    for case in &lab.cases {
        let points = match case.points {
            0 => "  -".to_owned(),
            points => format!("{points:3}"),
        };
        let id = pad(&paint(NAME, &case.id), width);
        screen.line(&format!("  {id} {points}  {}", case.title))?;
    }
    Ok(())
}

/// All that a case says of itself.
pub(crate) fn case(screen: &mut Screen, case: &Case) -> io::Result<()> {
    let Case { id, title, points, why, .. } = case;
    screen.heading(&format!("{id}: {title}"))?;
    let worth = match points {
        0 => "no points: it informs".to_owned(),
        1 => "1 point".to_owned(),
        points => format!("{points} points"),
    };
    let mut about = vec![worth];
    about.extend(case.tags.iter().cloned());
    about.extend(case.needs.iter().map(|id| format!("needs {id}")));
    screen.line(&paint(QUIET, &about.join(", ")))?;
    screen.blank()?;
    screen.prose(0, crate::screen::PLAIN, why)?;
    screen.blank()?;
    if case.role == Role::Server {
        screen.line("  program listens")?;
    }
    steps(screen, &case.steps, 2)?;
    if !case.hints.is_empty() {
        screen.blank()?;
    }
    for hint in &case.hints {
        screen.prose(0, crate::screen::PLAIN, &format!("Hint: {hint}"))?;
    }
    Ok(())
}

fn steps(
    screen: &mut Screen,
    steps_of: &[Step],
    depth: usize,
) -> io::Result<()> {
    for step in steps_of {
        let line = format!("{:depth$}{}", "", step.words);
        screen.line(&paint(HEADING, &line))?;
        if let Act::Times(_, inner) = &step.act {
            steps(screen, inner, depth + 2)?;
        }
    }
    Ok(())
}
