//! What the figures of one load say, in sentences.

use super::numbers::{number, ratio};
use super::ranking::{Ranking, rank};
use super::ratios::{between, by_chance, is_same_load, together};
use super::record::{Cell, Mode, Quantity, Ratio};
use super::verdict::{ENOUGH, is_good, is_honest};

/// So many names in a row can still be read.
const FEW: usize = 6;

pub(crate) fn of(cells: &[&Cell], ratios: &[Ratio]) -> Vec<String> {
    let Some(first) = cells.first() else { return Vec::new() };
    let mut says = match first.mode {
        Mode::Idle => lightest(cells),
        Mode::Open => kept(cells),
        Mode::Stream => sizes(cells),
        Mode::Unp => {
            let mut says = fastest(cells);
            says.extend(cheapest_control(cells));
            says
        }
        Mode::Pingpong | Mode::Connect => fastest(cells),
    };
    says.extend(left_out(cells));
    says.extend(twins(cells, ratios));
    says
}

fn unit(mode: Mode) -> &'static str {
    if mode == Mode::Unp { "connections/s" } else { "requests/s" }
}

fn fastest(cells: &[&Cell]) -> Vec<String> {
    let ranking = rank(cells);
    let [first, others @ ..] = ranking.ranked.as_slice() else {
        return vec!["Nothing here can be ranked.".into()];
    };
    if others.is_empty() {
        return Vec::new();
    }
    let good = first.rounds.iter().filter(|round| is_good(round)).count();
    if good < ENOUGH {
        return vec![format!(
            "The first would be {}, but with fewer than {ENOUGH} undisturbed \
             rounds nobody is called the fastest.",
            first.name()
        )];
    }
    vec![best(first, &ranking)]
}

/// Who is first, who cannot be told from it, and which model comes then.
fn best(first: &Cell, ranking: &Ranking) -> String {
    let (quantity, mut text) = match first.server_cpu_us_per_request {
        Some(cpu) if ranking.by_cpu > 0 => (
            Quantity::ServerCpuPerRequest,
            format!(
                "The generator was the limit of the fastest, so {} ranked by \
                 CPU per request: {} needs the least, {} µs.",
                if ranking.by_cpu == 1 { "it is" } else { "those are" },
                first.name(),
                number(cpu)
            ),
        ),
        _ => (
            Quantity::Rate,
            format!(
                "Fastest: {}, {} {}.",
                first.name(),
                number(first.rate),
                unit(first.mode)
            ),
        ),
    };
    let rivals = if ranking.by_cpu > 0 {
        &ranking.ranked[..ranking.by_cpu]
    } else {
        &ranking.ranked[..]
    };
    let others = rivals[1..].iter();
    let others = others
        .filter_map(|other| Some((*other, between(other, first, quantity)?)));
    let (equals, worse): (Vec<_>, Vec<_>) = others.partition(|(_, ratio)| {
        matches!(ratio.says.as_str(), "no difference" | "too few rounds")
    });
    if !equals.is_empty() {
        let names: Vec<String> =
            equals.iter().map(|(cell, _)| cell.name()).collect();
        text += format!(" Not to be told from it: {}.", list(&names)).as_str();
    }
    let is_new = |cell: &Cell| {
        let mut known = equals.iter().map(|(equal, _)| &equal.model);
        cell.model != first.model && known.all(|model| *model != cell.model)
    };
    if let Some((next, found)) = worse.iter().find(|it| is_new(it.0)) {
        let times = ratio(found.median, found.interval);
        text += format!(" Next: {}, × {times}.", next.name()).as_str();
    }
    text
}

/// Sizes of messages are loads of their own.
fn sizes(cells: &[&Cell]) -> Vec<String> {
    let mut firsts: Vec<&Cell> = Vec::new();
    for cell in cells {
        if !firsts.iter().any(|first| is_same_load(first, cell)) {
            firsts.push(cell);
        }
    }
    let best = firsts.into_iter().filter_map(|first| {
        let alike = cells.iter().filter(|cell| is_same_load(first, cell));
        let alike: Vec<&Cell> = alike.copied().collect();
        let best = *rank(&alike).ranked.first()?;
        let good = best.rounds.iter().filter(|round| is_good(round)).count();
        if good < ENOUGH {
            return None;
        }
        let speed = number(best.bytes_per_second / 1e6);
        Some(format!("{} bytes {} ({speed} MB/s)", best.size, best.name()))
    });
    let best: Vec<String> = best.collect();
    if best.is_empty() {
        let why = "No size has a first place: too few undisturbed rounds.";
        return vec![why.into()];
    }
    vec![format!("First by size: {}.", best.join(", "))]
}

/// By the server's own memory: what the kernel needs is known of the whole
/// system only, and a first place by that would be one of chance.
fn lightest(cells: &[&Cell]) -> Vec<String> {
    let measured = cells.iter().filter_map(|cell| {
        let kib = cell.memory.as_ref()?.pss_per_peer / 1024.0;
        (cell.errors.is_empty() && cell.starved == 0).then_some((*cell, kib))
    });
    let measured: Vec<(&Cell, f64)> = measured.collect();
    if measured.is_empty() {
        return vec![
            "No memory was measured of a server that serves all.".into(),
        ];
    }
    let (light, mut heavy): (Vec<_>, Vec<_>) =
        measured.into_iter().partition(|(_, kib)| *kib < 1.0);
    heavy.sort_by(|one, other| other.1.total_cmp(&one.1));
    let mut says = Vec::new();
    if !heavy.is_empty() {
        let heavy = heavy.iter();
        let heavy: Vec<String> = heavy
            .map(|(cell, kib)| format!("{} {kib:.1}", cell.name()))
            .collect();
        says.push(format!(
            "Of the server's own memory a peer that has asked once costs, in \
             KiB: {}.",
            heavy.join(", ")
        ));
    }
    if !light.is_empty() {
        let light: Vec<(&Cell, String)> =
            light.iter().map(|(cell, _)| (*cell, String::new())).collect();
        says.push(format!(
            "Less than 1 KiB, which is too little to rank: {}.",
            together(&light).join(", ")
        ));
    }
    says
}

fn kept(cells: &[&Cell]) -> Vec<String> {
    let mut kept: Vec<(&Cell, f64)> = cells
        .iter()
        .filter(|cell| is_honest(cell) && cell.dropped.unwrap_or(0) == 0)
        .filter_map(|cell| Some((*cell, cell.latency_us.as_ref()?.p99)))
        .collect();
    kept.sort_by(|one, other| one.1.total_cmp(&other.1));
    let Some((best, p99)) = kept.first() else {
        return vec!["No server kept this rate without a loss.".into()];
    };
    let how_many = match (kept.len(), cells.len()) {
        (some, all) if some == all => "All servers".to_string(),
        (some, all) => format!("{some} of {all} servers"),
    };
    let mut says = vec![format!(
        "{how_many} kept this rate; the lowest p99 from the intended time \
         is that of {}, {} µs.",
        best.name(),
        number(*p99)
    )];
    says.extend(hidden(cells));
    says
}

/// What a closed loop would not have told.
fn hidden(cells: &[&Cell]) -> Option<String> {
    let gap = |cell: &&&Cell| {
        let seen = cell.latency_us.as_ref().map_or(0.0, |it| it.p99);
        let sent =
            cell.latency_from_send_us.as_ref().map_or(seen, |it| it.p99);
        (seen, sent)
    };
    let worst = cells.iter().max_by(|one, other| {
        let wait = |(seen, sent): (f64, f64)| seen - sent;
        wait(gap(one)).total_cmp(&wait(gap(other)))
    })?;
    let (seen, sent) = gap(&worst);
    (seen > 2.0 * sent).then(|| {
        format!(
            "Counted from the send, p99 of {} would be {} µs instead of {}: \
             the rest was spent waiting to be sent.",
            worst.name(),
            number(sent),
            number(seen)
        )
    })
}

/// Where an interval has 0 in it, there is no cost to be told from none.
fn cheapest_control(cells: &[&Cell]) -> Vec<String> {
    let honest = cells.iter().filter(|cell| is_honest(cell));
    let costs = honest
        .filter_map(|cell| Some((*cell, cell.process_control.as_ref()?)));
    let (free, mut dear): (Vec<_>, Vec<_>) =
        costs.partition(|(_, cost)| cost.interval[0] <= 0.0);
    dear.sort_by(|(_, one), (_, other)| {
        one.us_per_connection.total_cmp(&other.us_per_connection)
    });
    let mut says = Vec::new();
    if let [(least, low), .., (most, high)] = &dear[..] {
        says.push(format!(
            "Process control costs from {} µs a connection in {} to {} µs in \
             {}.",
            number(low.us_per_connection),
            named(least),
            number(high.us_per_connection),
            named(most),
        ));
    }
    if !free.is_empty() {
        let names: Vec<String> =
            free.iter().map(|(cell, _)| named(cell)).collect();
        says.push(format!("No cost to be told from none: {}.", list(&names)));
    }
    says
}

/// With its workers, where it has a fixed number.
fn named(cell: &Cell) -> String {
    match cell.workers {
        Some(workers) => format!("{} with {workers} workers", cell.name()),
        None => cell.name(),
    }
}

/// Who starves, fails or errs; never silently.
fn left_out(cells: &[&Cell]) -> Vec<String> {
    let starving = cells.iter().filter(|cell| cell.starved > 0);
    let starving: Vec<(&Cell, String)> =
        starving.map(|cell| (*cell, cell.starved.to_string())).collect();
    let wrong = cells.iter().filter(|cell| {
        cell.verdict.starts_with("failed") || !cell.errors.is_empty()
    });
    let wrong: Vec<(&Cell, String)> =
        wrong.map(|cell| (*cell, String::new())).collect();
    let mut says = Vec::new();
    if !starving.is_empty() {
        says.push(format!(
            "Starving so many peers, and not ranked, however high the rate \
             of the others: {}.",
            together(&starving).join(", ")
        ));
    }
    if !wrong.is_empty() {
        let wrong = together(&wrong).join(", ");
        says.push(format!("Failed or answered wrongly, not ranked: {wrong}."));
    }
    says
}

/// Where the languages differ.
fn twins(cells: &[&Cell], ratios: &[Ratio]) -> Vec<String> {
    let here = |ratio: &&Ratio| {
        ratio.twins
            && cells.iter().any(|cell| {
                cell.name() == ratio.of
                    && cell.mode == ratio.mode
                    && cell.concurrency == ratio.concurrency
                    && cell.size == ratio.size
                    && cell.workers == ratio.workers
            })
    };
    let of = |quantity| {
        let ratios = ratios.iter().filter(here);
        let ratios = ratios.filter(move |it| it.quantity == quantity);
        ratios.collect::<Vec<&Ratio>>()
    };
    let rates = differences(&of(Quantity::Rate), "rate");
    let costs =
        differences(&of(Quantity::ServerCpuPerRequest), "CPU per request");
    rates.into_iter().chain(costs).collect()
}

fn differences(ratios: &[&Ratio], what: &str) -> Option<String> {
    let judged = ratios.iter().filter(|it| it.says != "too few rounds");
    let judged: Vec<&&Ratio> = judged.collect();
    if ratios.is_empty() {
        return None;
    }
    if judged.is_empty() {
        return Some(format!(
            "Rust against C, {what}: too few rounds to say anything."
        ));
    }
    let say = |says: &str| {
        let found = judged.iter().filter(|ratio| ratio.says == says);
        let name = |ratio: &&&&Ratio| {
            let model = ratio.of.trim_end_matches(" (rust)");
            let workers = ratio.workers.map(|at| format!(" of {at}"));
            let workers = workers.filter(|_| ratio.mode == Mode::Unp);
            let size = format!(" at {}", ratio.size);
            let size = Some(size).filter(|_| ratio.mode == Mode::Stream);
            let figure = ratio_of(ratio);
            let more = workers.or(size).unwrap_or_default();
            format!("{model}{more} {figure}")
        };
        found.map(|ratio| name(&ratio)).collect::<Vec<_>>()
    };
    let (more, less) = (say("more"), say("less"));
    let (all, same) = (judged.len(), judged.len() - more.len() - less.len());
    let mut text = format!("Rust against C, {what}: ");
    let same_in = match (all, same) {
        (1, 1) => "no difference".to_string(),
        (all, same) if all == same => format!("no difference in all {all}"),
        (all, same) => format!("no difference in {same} of {all}"),
    };
    text += &same_in;
    for (found, how) in [(more, "Rust has more in"), (less, "less in")] {
        if !found.is_empty() {
            text += format!("; {how} {}", found.join(", ")).as_str();
        }
    }
    text += ".";
    if all >= 10 && same < all {
        let wrong = by_chance(all).ceil();
        text += format!(
            " (Of {all} comparisons at 95 %, {wrong} or so differ by chance.)"
        )
        .as_str();
    }
    Some(text)
}

fn ratio_of(found: &Ratio) -> String {
    let text = ratio(found.median, found.interval);
    let value = text.split(' ').next();
    format!("× {}", value.unwrap_or(&text))
}

fn list(names: &[String]) -> String {
    match names.split_at_checked(FEW) {
        Some((few, more)) if !more.is_empty() => {
            format!("{} and {} more", few.join(", "), more.len())
        }
        _ => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::cell;
    use super::super::verdict::{Heard, conclude};
    use super::*;

    #[test]
    fn the_next_model_is_told_by_its_ratio() {
        let mut cells = [
            cell("thread", "c", 20_000.0, 1),
            cell("thread", "rust", 18_000.0, 2),
            cell("prefork", "c", 20_000.0, 3),
            cell("fork", "rust", 4_900.0, 4),
            cell("fork", "c", 5_000.0, 5),
        ];
        for cell in &mut cells {
            conclude(cell, &Heard::default());
        }
        let cells: Vec<&Cell> = cells.iter().collect();
        let says = of(&cells, &[]);
        let [best] = &says[..] else { panic!("{says:?}") };
        assert!(best.starts_with("Fastest: "), "{best}");
        assert!(best.contains(" Not to be told from it: "), "{best}");
        assert!(best.contains(" Next: fork (c), × 0.25 0.2"), "{best}");
        let alone = of(&cells[..2], &[]).concat();
        assert!(!alone.contains("Next"), "of the same model: {alone}");
    }
}
