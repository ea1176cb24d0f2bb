//! Which cell is the fastest, said only of cells of which it can be said.

use std::cmp::Ordering;

use super::record::Cell;
use super::verdict::{is_client_bound, is_honest};

/// Cells of one mode, concurrency and size.
pub(crate) struct Ranking<'a> {
    /// The best first.
    pub(crate) ranked: Vec<&'a Cell>,
    /// How many of the first ones are ranked by the server's CPU time, since
    /// the generator held them back.
    pub(crate) by_cpu: usize,
}

/// By rate. But a rate that the generator held back says only that the server
/// could do at least as much: those cells, and whatever is as fast as one of
/// them, come first, ordered by CPU time per request.
///
/// (To compare two by rate or by CPU as each pair needs it would not be an
/// order: three cells could each be before the next.)
pub(crate) fn rank<'a>(cells: &[&'a Cell]) -> Ranking<'a> {
    let honest = cells.iter().copied().filter(|cell| is_honest(cell));
    let mut ranked: Vec<&Cell> = honest.collect();
    ranked.sort_by(|one, other| other.rate.total_cmp(&one.rate));
    let slowest_bound = ranked.iter().rposition(|cell| is_client_bound(cell));
    let by_cpu = slowest_bound.map_or(0, |at| at + 1);
    ranked[..by_cpu].sort_by(|one, other| cheaper(one, other));
    Ranking { ranked, by_cpu }
}

/// Nobody knows what a server costs that runs on another machine.
fn cheaper(one: &Cell, other: &Cell) -> Ordering {
    let cpu =
        |cell: &Cell| cell.server_cpu_us_per_request.unwrap_or(f64::INFINITY);
    cpu(one).total_cmp(&cpu(other))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{cell, pooled};
    use super::super::verdict::{Heard, conclude};
    use super::*;

    fn names(cells: &[&Cell]) -> Vec<String> {
        cells.iter().map(|cell| cell.model.clone()).collect()
    }

    #[test]
    fn who_starves_or_errs_is_not_ranked() {
        let mut cells = [
            cell("fork", "c", 30_000.0, 1),
            pooled("pool", "c", 90_000.0, 2),
            cell("epoll", "c", 60_000.0, 3),
            cell("poll", "c", 80_000.0, 4),
        ];
        cells[3].errors.insert("wrong answer".into(), 1);
        for cell in &mut cells {
            conclude(cell, &Heard::default());
        }
        let ranking = rank(&cells.iter().collect::<Vec<_>>());
        assert_eq!(names(&ranking.ranked), ["epoll", "fork"]);
        assert_eq!(ranking.by_cpu, 0);
    }

    #[test]
    fn where_the_generator_is_the_limit_cpu_decides() {
        let mut cells = [
            cell("slow", "c", 10_000.0, 1),
            cell("bound", "c", 60_000.0, 2),
            cell("between", "c", 61_000.0, 3),
            cell("cheap", "c", 62_000.0, 4),
        ];
        for round in cells[1].rounds.iter_mut().chain(&mut Vec::new()) {
            round.generator_cpu = 0.99;
        }
        let costs = [1.0, 9.0, 12.0, 5.0];
        for (cell, cost) in cells.iter_mut().zip(costs) {
            for round in &mut cell.rounds {
                round.server_cpu_us_per_request = Some(cost);
            }
            conclude(cell, &Heard::default());
        }
        let ranking = rank(&cells.iter().collect::<Vec<_>>());
        let order = names(&ranking.ranked);
        assert_eq!(order, ["cheap", "bound", "between", "slow"]);
        assert_eq!(ranking.by_cpu, 3);
    }
}
