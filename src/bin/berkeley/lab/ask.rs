//! The prediction: what somebody thinks before they see.

use std::io::{self, BufRead, IsTerminal};

use anyhow::Result;

use super::experiments::Experiment;
use crate::screen::{QUIET, Screen, paint};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prediction {
    /// Nobody was asked, or nobody knew.
    Skipped,
    Said(usize),
}

/// Asks where there is somebody to be asked.
pub(super) fn prediction(
    experiment: &Experiment,
    screen: &mut Screen,
    is_sure: bool,
) -> Result<Prediction> {
    let is_somebody_there =
        io::stdin().is_terminal() && io::stdout().is_terminal();
    if is_sure || !is_somebody_there {
        return Ok(Prediction::Skipped);
    }
    let last = letter(experiment.choices.len() - 1);
    let how = format!("a to {last}, or Enter to see it: ");
    for _ in 0..3 {
        screen.line(&format!("What do you think? {}", paint(QUIET, &how)))?;
        screen.flush()?;
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        crate::stage::check()?;
        let typed = line.trim().to_lowercase();
        if typed.is_empty() {
            break;
        }
        let choices = 0..experiment.choices.len();
        let said = choices.into_iter().find(|&at| typed == letter(at));
        if let Some(said) = said {
            return Ok(Prediction::Said(said));
        }
    }
    Ok(Prediction::Skipped)
}

/// `a`, `b`, `c`
pub(super) fn letter(place: usize) -> String {
    let letters = "abcdefgh";
    letters.chars().nth(place).map_or(String::new(), String::from)
}
