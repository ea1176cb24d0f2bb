//! One cell by another, round by round: each round of the one was measured
//! next to a round of the other, so what changes slowly falls out.

use super::numbers::float;
use super::record::{Cell, Mode, ProcessControl, Quantity, Ratio, Round};
use super::statistics::bootstrap::{self, Estimate, Part};
use super::statistics::spread;
use super::verdict::{ENOUGH, cpu_part, is_good, is_honest, is_sound};

const QUANTITIES: [Quantity; 2] =
    [Quantity::Rate, Quantity::ServerCpuPerRequest];

/// Every cell by its twin, and by the reference of its load.
pub(crate) fn all(cells: &[Cell]) -> Vec<Ratio> {
    let mut ratios = Vec::new();
    for of in cells {
        let language = of.language.as_deref();
        let twin = cells
            .iter()
            .find(|to| language == Some("rust") && are_twins(of, to));
        let reference = reference(cells, of).filter(|to| {
            !std::ptr::eq(*to, of)
                && !are_twins(of, to)
                && is_honest(of)
                && is_honest(to)
        });
        for quantity in QUANTITIES {
            let twins = twin.and_then(|to| between(of, to, quantity));
            let other = reference.and_then(|to| between(of, to, quantity));
            ratios.extend(twins.into_iter().chain(other));
        }
    }
    ratios
}

/// The same server in the other language, under the same load.
pub(crate) fn are_twins(of: &Cell, to: &Cell) -> bool {
    of.model == to.model
        && of.workers == to.workers
        && of.language.is_some()
        && to.language.is_some()
        && of.language != to.language
        && is_same_load(of, to)
}

pub(crate) fn is_same_load(of: &Cell, to: &Cell) -> bool {
    of.mode == to.mode
        && of.concurrency == to.concurrency
        && of.size == to.size
        && of.protocol == to.protocol
        && of.asked_rate == to.asked_rate
}

/// `epoll (c)`; else the first in C; else the first.
pub(crate) fn reference<'a>(cells: &'a [Cell], of: &Cell) -> Option<&'a Cell> {
    let alike = || cells.iter().filter(|to| is_same_load(of, to));
    let in_c = |cell: &&Cell| cell.language.as_deref() == Some("c");
    alike()
        .find(|cell| in_c(cell) && cell.model == "epoll")
        .or_else(|| alike().find(in_c))
        .or_else(|| alike().next())
}

/// None where one of the two was not measured, and for the rate where the
/// rate was given.
pub(crate) fn between(
    of: &Cell,
    to: &Cell,
    quantity: Quantity,
) -> Option<Ratio> {
    let (pairs, are_good) = pairs(of, to);
    let (found, each) = match quantity {
        Quantity::Rate => rates(of.mode, &pairs)?,
        Quantity::ServerCpuPerRequest => costs(&pairs)?,
    };
    let rounds = if are_good { each.len() } else { 0 };
    let twins = are_twins(of, to);
    Some(Ratio {
        quantity,
        mode: of.mode,
        concurrency: of.concurrency,
        size: of.size,
        workers: of.workers,
        of: of.name(),
        to: to.name(),
        twins,
        median: found.value,
        interval: found.interval,
        spread: spread(&each)?,
        rounds: u32::try_from(rounds).unwrap_or(u32::MAX),
        says: says(found.interval, rounds).into(),
    })
}

/// What a ratio with this interval lets one say.
pub(crate) fn says(interval: [f64; 2], rounds: usize) -> &'static str {
    match interval {
        _ if rounds < ENOUGH => "too few rounds",
        [low, _] if low > 1.0 => "more",
        [_, high] if high < 1.0 => "less",
        _ => "no difference",
    }
}

/// Twins by their numbers, since they took turns in a round: a disturbed one
/// takes its partner with it. Others were measured seconds apart, so there the
/// good rounds of both are taken as they come. Where all are disturbed, they
/// are what there is, and no good.
fn pairs<'a>(of: &'a Cell, to: &'a Cell) -> (Vec<[&'a Round; 2]>, bool) {
    let both = |is: fn(&Round) -> bool| -> Vec<[&'a Round; 2]> {
        let pairs = of.rounds.iter().zip(&to.rounds);
        pairs
            .filter(|(of, to)| is(of) && is(to))
            .map(|(of, to)| [of, to])
            .collect()
    };
    let each = |is: fn(&Round) -> bool| -> Vec<[&'a Round; 2]> {
        let of = of.rounds.iter().filter(|round| is(round));
        let to = to.rounds.iter().filter(|round| is(round));
        of.zip(to).map(|(of, to)| [of, to]).collect()
    };
    let good = if are_twins(of, to) { both(is_good) } else { each(is_good) };
    if good.is_empty() { (both(is_sound), false) } else { (good, true) }
}

fn rates(mode: Mode, pairs: &[[&Round; 2]]) -> Option<(Estimate, Vec<f64>)> {
    if matches!(mode, Mode::Open | Mode::Idle) {
        return None;
    }
    let each = pairs.iter().map(|[of, to]| of.rate / to.rate);
    let each: Vec<f64> = each.filter(|ratio| ratio.is_finite()).collect();
    Some((bootstrap::middle(&each)?, each))
}

fn costs(pairs: &[[&Round; 2]]) -> Option<(Estimate, Vec<f64>)> {
    let parts = parts(pairs);
    let found = bootstrap::ratio_of_quotients(&parts)?;
    // Most rounds of a server that reaps have 0 or 10 ms: where none of the
    // single ratios is a number, the whole stands for them.
    let each = parts.iter().map(|[of, to]| {
        let ratio = (of.amount / of.of) / (to.amount / to.of);
        if ratio.is_finite() { ratio } else { found.value }
    });
    Some((found, each.collect()))
}

fn parts(pairs: &[[&Round; 2]]) -> Vec<[Part; 2]> {
    let part = |[of, to]: &[&Round; 2]| Some([cpu_part(of)?, cpu_part(to)?]);
    pairs.iter().filter_map(part).collect()
}

/// Chapter 30's column: the CPU time per connection above that of the
/// iterative server, which does the same work and controls nobody.
pub(crate) fn process_control(cells: &mut [Cell]) {
    let found: Vec<Option<ProcessControl>> = cells
        .iter()
        .map(|cell| {
            let plain = cells.iter().find(|plain| {
                plain.model == "iterative"
                    && plain.language == cell.language
                    && is_same_load(plain, cell)
            })?;
            let is_asked = cell.mode == Mode::Unp && cell.model != "iterative";
            let parts = parts(&pairs(cell, plain).0);
            let found = bootstrap::difference_of_quotients(&parts)?;
            is_asked.then_some(ProcessControl {
                us_per_connection: found.value,
                interval: found.interval,
            })
        })
        .collect();
    for (cell, found) in cells.iter_mut().zip(found) {
        cell.process_control = found;
    }
}

/// `pool 42` for both twins, `fork (c)` for one of them: who has something in
/// common, and how often.
pub(crate) fn together(found: &[(&Cell, String)]) -> Vec<String> {
    let has_twin = |cell: &Cell, often: &String| {
        let mut others = found.iter();
        others.any(|(other, its)| its == often && are_twins(cell, other))
    };
    let mut names: Vec<String> = Vec::new();
    for (cell, often) in found {
        let name = if has_twin(cell, often) {
            cell.model.clone()
        } else {
            cell.name()
        };
        let name = format!("{name} {often}").trim_end().to_string();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// How many of so many verdicts chance alone would make wrong.
pub(crate) fn by_chance(ratios: usize) -> f64 {
    float(ratios) * 0.05
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{cell, foreign, pooled};
    use super::super::verdict::{Heard, conclude};
    use super::*;

    fn concluded(mut cells: Vec<Cell>) -> Vec<Cell> {
        for cell in &mut cells {
            conclude(cell, &Heard::default());
        }
        cells
    }

    #[test]
    fn twins_and_the_reference_are_compared() {
        let cells = concluded(vec![
            cell("thread", "rust", 50_000.0, 1),
            cell("thread", "c", 50_000.0, 2),
            cell("epoll", "c", 65_000.0, 3),
            pooled("pool", "c", 90_000.0, 4),
            foreign("asyncio", 15_000.0, 5),
        ]);
        let ratios = all(&cells);
        let find = |of: &str, to: &str| {
            let mut found = ratios.iter().filter(|ratio| {
                ratio.of == of
                    && ratio.to == to
                    && ratio.quantity == Quantity::Rate
            });
            let first = found.next().cloned();
            assert!(found.next().is_none());
            first
        };
        let twins = find("thread (rust)", "thread (c)").unwrap();
        assert!(twins.twins);
        assert_eq!(twins.says, "no difference");
        assert_eq!(find("thread (c)", "epoll (c)").unwrap().says, "less");
        assert_eq!(find("asyncio", "epoll (c)").unwrap().says, "less");
        assert!(find("pool (c)", "epoll (c)").is_none(), "it starves");
        assert!(find("epoll (c)", "epoll (c)").is_none());
    }

    #[test]
    fn a_disturbed_round_takes_its_partner_with_it() {
        let mut cells = vec![
            cell("thread", "rust", 50_000.0, 1),
            cell("thread", "c", 40_000.0, 2),
        ];
        let rounds = cells[0].rounds.len();
        for at in 0..rounds {
            cells[at % 2].rounds[at].disturbed = at >= 10 - 1;
        }
        let cells = concluded(cells);
        let few = between(&cells[0], &cells[1], Quantity::Rate).unwrap();
        assert_eq!((few.rounds, few.says.as_str()), (9, "too few rounds"));
        let [low, high] = few.interval;
        assert!(low > 1.15 && high < 1.35, "{few:?}");
    }

    #[test]
    fn what_was_not_measured_has_no_ratio() {
        let mut cells =
            vec![foreign("target", 100.0, 1), cell("epoll", "c", 100.0, 2)];
        for round in &mut cells[0].rounds {
            round.server_cpu_us_per_request = None;
        }
        cells[1].rounds.clear();
        let cells = concluded(cells);
        assert!(all(&cells).is_empty());
        assert!(all(&[]).is_empty());
    }

    #[test]
    fn process_control_is_what_the_iterative_server_does_not_need() {
        let mut cells = vec![
            cell("iterative", "c", 9000.0, 1),
            cell("fork", "c", 4000.0, 2),
            cell("fork", "rust", 4000.0, 3),
        ];
        for (cell, cost) in cells.iter_mut().zip([20.0, 95.0, 95.0]) {
            cell.mode = Mode::Unp;
            for (at, round) in cell.rounds.iter_mut().enumerate() {
                let step = float(at % 3) - 1.0;
                round.requests = 100;
                round.server_cpu_us_per_request = Some(cost + step);
            }
        }
        process_control(&mut cells);
        assert!(cells[0].process_control.is_none());
        let found = cells[1].process_control.as_ref().unwrap();
        assert!((found.us_per_connection - 75.0).abs() < 1e-6, "{found:?}");
        assert!(cells[2].process_control.is_none(), "no iterative twin");
    }
}
