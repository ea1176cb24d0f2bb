//! What the page promises, whatever the record holds.
#![allow(clippy::unwrap_used)]

use super::super::record::{Cell, Mode, Record};
use super::{fixture, html};
use crate::markup::check_nesting;

fn with(cells: Vec<Cell>) -> Record {
    let mut record = fixture::record(1);
    record.ratios.clear();
    record.cells = cells;
    record
}

#[test]
fn a_default_run_has_every_figure_in_a_page_of_fair_size() {
    let page = html(&fixture::record(7));
    check_nesting(&page);
    for id in [
        "throughput-ping-pong",
        "rounds-ping-pong",
        "rounds-connect",
        "ratios-twins-rate",
        "ratios-twins-cpu",
        "ratios-reference-rate",
        "latency-ping-pong",
        "latency-connect",
        "latency-open",
        "cpu-ping-pong",
        "calls-ping-pong",
        "memory",
        "process-control",
        "peers-per-worker",
        "sweep",
        "stream",
    ] {
        assert!(page.contains(&format!("<figure id=\"{id}\">")), "{id}");
    }
    assert!(page.len() <= 1_500_000, "{} bytes", page.len());
}

#[test]
fn every_plot_has_axes_with_units_and_says_what_it_is() {
    let page = html(&fixture::record(7));
    for drawing in page.split("<svg xmlns").skip(1) {
        let drawing = drawing.split("</svg>").next().unwrap();
        assert!(drawing.contains("role=\"img\""));
        assert!(drawing.contains("<title>") && drawing.contains("<desc>"));
        assert!(drawing.contains("class=\"title"), "{drawing}");
    }
}

#[test]
fn ids_are_given_once() {
    let page = html(&fixture::record(7));
    let mut ids: Vec<&str> = page
        .split(" id=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
}

#[test]
fn there_is_a_dot_for_every_round() {
    let mut record = fixture::record(7);
    record.cells.retain(|cell| cell.mode == Mode::Pingpong);
    record.ratios.clear();
    let rounds: usize = record.cells.iter().map(|c| c.rounds.len()).sum();
    let page = html(&record);
    let figure = page.split("<figure id=\"rounds-ping-pong\">").nth(1);
    let figure = figure.unwrap().split("</figure>").next().unwrap();
    assert_eq!(figure.matches("h0").count(), rounds);
}

#[test]
fn arbitrary_text_stays_text() {
    let mut cell =
        fixture::one("x\"><script>alert(1)</script>", Mode::Pingpong);
    cell.server = "'</pre></style><b>&\u{7}".into();
    cell.verdict = "<i>odd</i>".into();
    cell.errors.insert("<u>".into(), 3);
    let page = html(&with(vec![cell]));
    check_nesting(&page);
    for bad in ["<script", "<b>", "<i>", "<u>", "\u{7}"] {
        assert!(!page.contains(bad), "{bad}");
    }
}

#[test]
fn no_number_at_all_is_still_a_page() {
    let mut all = Vec::new();
    for mode in [
        Mode::Pingpong,
        Mode::Connect,
        Mode::Open,
        Mode::Idle,
        Mode::Stream,
        Mode::Unp,
    ] {
        for n in [1, 8] {
            let mut cell = fixture::one("target", mode);
            (cell.concurrency, cell.rate, cell.requests) = (n, f64::NAN, 0);
            cell.rate_interval = [f64::NAN, f64::INFINITY];
            cell.bytes_per_second = f64::NAN;
            cell.server_cpu_us_per_request = None;
            cell.server_cpu_interval = None;
            cell.switches_per_request = Some(f64::NAN);
            cell.syscalls_per_request = None;
            cell.latency_us = None;
            cell.memory = None;
            cell.process_control = None;
            cell.rounds.clear();
            all.push(cell);
        }
    }
    let mut record = with(all);
    record.interrupted = true;
    let page = html(&record);
    check_nesting(&page);
    assert!(page.contains("Interrupted"));
    assert!(!page.contains("is fastest"));
    record.cells.clear();
    check_nesting(&html(&record));
}

#[test]
fn one_cell_is_a_page_and_nobody_is_fastest_alone() {
    let page = html(&with(vec![fixture::one("target", Mode::Pingpong)]));
    check_nesting(&page);
    assert!(page.contains("target serves"));
    assert!(!page.contains("is fastest"));
}

#[test]
fn the_starved_and_the_client_bound_are_never_the_fastest() {
    let mut starved = fixture::one("epoll", Mode::Pingpong);
    (starved.starved, starved.verdict) = (42, "starved 42".into());
    let mut bound = fixture::one("poll", Mode::Pingpong);
    (bound.findings, bound.verdict) = (Vec::new(), "client-bound".into());
    let mut fair = fixture::one("select", Mode::Pingpong);
    fair.rate = 1000.0;
    fair.rate_interval = [990.0, 1010.0];
    let page = html(&with(vec![starved, bound, fair]));
    assert!(page.contains("select serves 1 k/s requests"));
    assert!(page.contains("poll needs the least server CPU"));
    assert!(page.contains("1 cannot be compared"));
}

#[test]
fn who_cannot_be_told_apart_is_not_the_fastest() {
    let cells = ["epoll", "poll"].map(|model| {
        let mut cell = fixture::one(model, Mode::Connect);
        cell.rate = 1000.0;
        cell.rate_interval = [990.0, 1010.0];
        cell
    });
    let page = html(&with(cells.to_vec()));
    assert!(page.contains("too close to tell apart"));
    assert!(!page.contains("is fastest"));
}
