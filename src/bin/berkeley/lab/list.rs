//! What experiments there are, and what came of all.

use std::io;

use anyhow::Result;

use super::experiments::EXPERIMENTS;
use super::report::Report;
use crate::screen::{BAD, GOOD, NAME, QUIET, Screen, pad, paint};

/// All experiments, and what there is to be changed in each.
pub(super) fn show(screen: &mut Screen, is_json: bool) -> Result<()> {
    if is_json {
        let all: Vec<_> = EXPERIMENTS
            .iter()
            .map(|one| {
                serde_json::json!({
                    "name": one.name,
                    "title": one.title,
                    "question": one.question,
                    "with": one.knobs.iter().map(|knob| {
                        serde_json::json!({
                            "name": knob.name,
                            "usual": knob.usual,
                            "from": knob.range.0,
                            "to": knob.range.1,
                            "says": knob.says,
                        })
                    }).collect::<Vec<_>>(),
                })
            })
            .collect();
        screen.line(&serde_json::to_string_pretty(&all)?)?;
        return Ok(screen.flush()?);
    }
    for one in EXPERIMENTS {
        let name = pad(&paint(NAME, one.name), 16);
        screen.line(&format!("  {name}{}", one.title))?;
        for knob in one.knobs {
            let text =
                format!("--with {}={}: {}", knob.name, knob.usual, knob.says);
            screen.prose(18, QUIET, &text)?;
        }
    }
    screen.blank()?;
    let all = paint(NAME, "berkeley lab all");
    screen.line(&format!("  {all}: one after the other"))?;
    Ok(screen.flush()?)
}

pub(super) fn summary(
    screen: &mut Screen,
    reports: &[Report],
) -> io::Result<()> {
    for report in reports {
        let name = pad(&paint(NAME, report.name), 16);
        let word = if report.good {
            paint(GOOD, "as it says")
        } else {
            paint(BAD, "the kernel says otherwise")
        };
        screen.line(&format!("  {name}{word}"))?;
    }
    Ok(())
}
