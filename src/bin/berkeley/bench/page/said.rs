//! What a figure shows, in a sentence made from its numbers, and claiming no
//! more than they do.

use super::super::record::{Cell, Ratio};
use super::super::verdict::{ENOUGH, is_good};
use super::pick::{self, Load, Standing};
use super::plot::unit::Unit;

/// Who is fastest, if anybody is.
pub(super) fn fastest(load: &Load, what: &str) -> String {
    let title = capital(&load.title);
    let mut fit: Vec<&Cell> = with(load, Standing::Fit);
    let bound = with(load, Standing::ClientBound);
    let unfit = with(load, Standing::Unfit).len();
    fit.sort_by(|a, b| b.rate.total_cmp(&a.rate));
    let first = match fit.as_slice() {
        [] if bound.is_empty() => {
            return format!("{title}: nobody served every peer correctly.");
        }
        [] => String::new(),
        [only] => format!(
            "{} serves {} {what}",
            only.name(),
            Unit::PerSecond.said(only.rate)
        ),
        [first, rest @ ..] => leader(first, rest, what),
    };
    // Those that the generator held back are not slower than the others.
    let mut parts = Vec::new();
    if !bound.is_empty() {
        parts.push(thrifty(&bound));
    }
    if !first.is_empty() {
        let others = if bound.is_empty() { "" } else { "of the others, " };
        parts.push(format!("{others}{first}"));
    }
    if unfit > 0 {
        parts.push(format!("{unfit} cannot be compared"));
    }
    format!("{title}: {}.", parts.join("; "))
}

fn leader(first: &Cell, rest: &[&Cell], what: &str) -> String {
    let rate = Unit::PerSecond.said(first.rate);
    let good = first.rounds.iter().filter(|round| is_good(round)).count();
    if good < ENOUGH {
        return format!(
            "with too few undisturbed rounds nobody is called the fastest \
             (the highest median, {rate} {what}, is that of {})",
            first.name()
        );
    }
    let low = first.rate_interval[0];
    // An interval that is not a number tells nothing apart.
    let near = |c: &&&Cell| {
        !matches!(
            c.rate_interval[1].partial_cmp(&low),
            Some(std::cmp::Ordering::Less)
        )
    };
    let near = rest.iter().filter(near).count();
    let name = first.name();
    match near {
        0 => format!("{name} is fastest, with {rate} {what}"),
        1 => format!(
            "{name} and {} are at the top with {rate} {what}, too close to \
             tell apart",
            rest[0].name()
        ),
        n => format!(
            "{name} is at the top with {rate} {what}, and {n} more are too close \
             to tell apart"
        ),
    }
}

/// The generator was the limit: who would have had the most to spare?
fn thrifty(bound: &[&Cell]) -> String {
    let cost = |cell: &&&Cell| pick::finite(cell.server_cpu_us_per_request);
    let mut priced: Vec<_> =
        bound.iter().filter_map(|c| cost(&c).map(|cost| (cost, c))).collect();
    priced.sort_by(|a, b| a.0.total_cmp(&b.0));
    let n = bound.len();
    let are = if n == 1 { "is" } else { "are" };
    match priced.first() {
        Some((cost, cell)) => format!(
            "{n} {are} held back by the generator, and among these {} needs \
             the least server CPU, {} per request",
            cell.name(),
            Unit::Microseconds.said(*cost)
        ),
        None => format!("{n} {are} held back by the generator"),
    }
}

fn with<'a>(load: &Load<'a>, standing: Standing) -> Vec<&'a Cell> {
    let cells = load.cells.iter().copied();
    cells.filter(|cell| Standing::of(cell) == standing).collect()
}

/// How many pairs differ, and the one that differs most.
pub(super) fn differences(ratios: &[&Ratio], more: &str) -> String {
    let says = |word: &str| ratios.iter().filter(|r| r.says == word).count();
    let (same, few) = (says("no difference"), says("too few rounds"));
    let n = ratios.len();
    let pairs = if n == 1 { "pair" } else { "pairs" };
    let mut parts = vec![format!("of {n} {pairs}, {same} show no difference")];
    for (word, direction) in [("more", more), ("less", "have less")] {
        let mut of: Vec<&&Ratio> =
            ratios.iter().filter(|r| r.says == word).collect();
        of.sort_by(|a, b| b.median.ln().abs().total_cmp(&a.median.ln().abs()));
        if let Some(most) = of.first() {
            parts.push(format!(
                "{} {direction}, most of all {} (× {:.3})",
                of.len(),
                most.of,
                most.median
            ));
        }
    }
    if few > 0 {
        parts.push(format!("{few} had too few rounds to tell"));
    }
    parts.join("; ")
}

pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().collect::<String>());
    first.unwrap_or_default() + letters.as_str()
}

/// Those whose waiting peers nobody timed.
pub(super) fn left_out(n: usize) -> String {
    if n == 1 {
        return " One server is left out of this sentence: it did not serve \
                every peer, and who never got an answer has no latency."
            .to_owned();
    }
    format!(
        " {n} servers are left out of this sentence: they did not serve \
         every peer, and who never got an answer has no latency."
    )
}
