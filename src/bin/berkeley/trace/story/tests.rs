//! The story as a list: one line for a moment, with the arrows that end
//! there.
#![allow(clippy::unwrap_used)]

use super::super::fixture;
use super::super::record::Trace;
use super::{Kind, Story, What};

fn told(trace: &Trace) -> Vec<String> {
    let story = Story::tell(trace);
    let mut lines = Vec::new();
    for (place, moment) in story.moments.iter().enumerate() {
        let title = &story.lanes[moment.lane].title;
        let mark = match moment.what {
            What::Waits { .. } => " ...",
            What::Returns { .. } => " <-",
            _ => "",
        };
        let state = moment.state.as_deref().map(|it| format!(" [{it}]"));
        let arrows: Vec<String> = story
            .arrows
            .iter()
            .filter(|arrow| {
                arrow.to == Some(place)
                    || arrow.to.is_none() && arrow.from == Some(place)
            })
            .map(|arrow| {
                let from = arrow.from.map_or("outside".to_owned(), |from| {
                    story.lanes[story.moments[from].lane].title.clone()
                });
                let lost = if arrow.to.is_none() { " (lost)" } else { "" };
                format!("  ({:?} {}, {from}{lost})", arrow.kind, arrow.label)
            })
            .collect();
        lines.push(format!(
            "{title}:{mark} {}{}{}{}",
            moment.text,
            state.unwrap_or_default(),
            if moment.is_bad { " !" } else { "" },
            arrows.concat(),
        ));
    }
    lines
}

#[test]
fn show() {
    for trace in [
        fixture::knock_fork(),
        fixture::echo_threads(),
        fixture::datagrams(),
        fixture::inheritance(),
        fixture::reset(),
        fixture::refusal(),
        fixture::signalled(),
        fixture::disorder(),
    ] {
        println!("---- {}", trace.command);
        println!("{}", told(&trace).join("\n"));
        let s = Story::tell(&trace);
        for l in &s.lanes {
            println!("{l:?}")
        }
        for c in &s.connections {
            println!("{c:?}")
        }
    }
}
