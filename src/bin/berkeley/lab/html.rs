//! An experiment as a page, for a class: everything that the screen has, and
//! the ladder as a drawing. A page is one file, and loads nothing.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::ask::letter;
use super::outcome::{Row, Snapshot};
use super::report::Report;
use crate::markup::{self, Element, said};
use crate::trace;

const STYLE: &str = include_str!("style.css");

/// A page for each, and one that leads to them.
pub(super) fn folder(path: &Path, reports: &[Report]) -> Result<()> {
    fs::create_dir_all(path)?;
    let mut list = Element::new("ol");
    for report in reports {
        let file = format!("{}.html", report.name);
        fs::write(path.join(&file), page(report))?;
        let link = said("a", report.name).with("href", &file);
        let item = Element::new("li").add(&link);
        list.push(&item.text(&format!(": {}", report.title)));
    }
    let main = Element::new("main")
        .add(&said("h1", "Experiments with sockets"))
        .add(&said("p", "What the kernel did on this machine, and why."))
        .add(&list);
    let body = Element::new("body").add(&main);
    let text = markup::page("Experiments with sockets", &[STYLE], &body);
    fs::write(path.join("index.html"), text)?;
    Ok(())
}

pub(super) fn page(report: &Report) -> String {
    let title = format!("{}: {}", report.name, report.title);
    let mut main = Element::new("main")
        .add(&said("h1", &title))
        .add(&said("p", report.question).class("question"))
        .add(&choices(report));
    if !report.changed.is_empty() {
        let typed = format!("Changed: {}", report.changed.join(" "));
        main.push(&said("p", &typed).class("changed"));
    }
    main.push(&said("h2", "The calls"));
    main.push(&calls(report));
    main.push(&said("h2", "What happened"));
    if let Some(record) = &report.trace {
        let drawing = trace::drawing(record);
        let figure = Element::new("figure").verbatim(&drawing);
        main.push(&figure);
    }
    main.push(&said("h2", "What the kernel had"));
    for snapshot in &report.snapshots {
        main.push(&said("h3", &snapshot.when));
        main.push(&sockets(snapshot));
    }
    for (what, value) in &report.figures {
        main.push(&said("p", &format!("{what}: {value}")));
    }
    main.push(&said("h2", "Observed, and checked"));
    main.push(&observed(report));
    main.push(&said("h2", "Why"));
    for paragraph in report.why {
        main.push(&said("p", paragraph));
    }
    let pages = format!("Read: {}", report.man.join(", "));
    main.push(&said("p", &pages).class("quiet"));
    main.push(&said("h2", "Change this and look again"));
    let mut more = Element::new("dl");
    for change in &report.changes {
        let command = said("code", &change.command);
        more.push(&Element::new("dt").add(&command));
        more.push(&said("dd", change.look));
    }
    main.push(&more);
    markup::page(&title, &[STYLE], &Element::new("body").add(&main))
}

/// The answer is folded away: a handout asks first.
fn choices(report: &Report) -> Element {
    let mut list = Element::new("ol").with("type", "a");
    for choice in report.choices {
        list.push(&said("li", choice));
    }
    let place = report.choices.iter().position(|one| *one == report.answer);
    let right = place.map_or(String::new(), letter);
    let answer = format!("{right}: {}", report.answer);
    let answer = Element::new("details")
        .add(&said("summary", "What do you think? Then look."))
        .add(&said("p", &answer));
    Element::new("div").add(&list).add(&answer)
}

fn table(heads: &[&str]) -> Element {
    let heads: Vec<Element> =
        heads.iter().map(|head| said("th", head)).collect();
    let row = Element::new("tr").add_all(&heads);
    Element::new("table").add(&Element::new("thead").add(&row))
}

fn calls(report: &Report) -> Element {
    let mut body = Element::new("tbody");
    for line in &report.calls {
        let code = |text| Element::new("td").add(&said("code", text));
        let row = Element::new("tr")
            .add(&said("td", &line.who))
            .add(&code(&line.c))
            .add(&code(&line.rust))
            .add(&said("td", &line.result));
        body.push(&row);
    }
    table(&["who", "in C", "in Rust, with nix", "result"]).add(&body)
}

fn sockets(snapshot: &Snapshot) -> Element {
    let mut body = Element::new("tbody");
    for row in &snapshot.rows {
        let Row { state, unread, unsent, local, peer, holders } = row;
        let holders = match &holders[..] {
            [] => "nobody".to_owned(),
            some => some.join("; "),
        };
        let row = Element::new("tr")
            .add(&said("td", state))
            .add(&said("td", &unread.to_string()))
            .add(&said("td", &unsent.to_string()))
            .add(&said("td", local))
            .add(&said("td", peer.as_deref().unwrap_or("–")))
            .add(&said("td", &holders));
        body.push(&row);
    }
    let heads = ["state", "unread", "unsent", "local", "peer", "held by"];
    table(&heads).add(&body)
}

fn observed(report: &Report) -> Element {
    let mut list = Element::new("ul").class("observed");
    for one in &report.observed {
        let text = if one.ok {
            format!("✓ {}: {}", one.what, one.got)
        } else {
            format!(
                "✗ {}: the kernel says {}, not {}",
                one.what, one.got, one.expected
            )
        };
        list.push(&said("li", &text));
    }
    if let Some(trouble) = &report.trouble {
        list.push(&said("li", &format!("✗ it came to no end: {trouble}")));
    }
    for what in &report.differs {
        list.push(&said("li", &format!("≠ different here: {what}")));
    }
    for note in &report.notes {
        list.push(&said("li", note).class("quiet"));
    }
    list
}
