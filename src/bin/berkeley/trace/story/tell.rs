//! From the record to the story, step by step.

use std::collections::{HashMap, HashSet};

use super::super::record::{Event, Trace};
use super::moments::{Drafts, Known, draft, lanes_by_task};
use super::{
    Arrow, Kind, Lane, Link, Moment, Story, What, bytes, connections,
    datagrams, family, farewells, greetings, lanes, noise, order, states,
};

impl Story {
    pub(crate) fn tell(trace: &Trace) -> Story {
        let mut lanes = lanes::choose(trace);
        let mut ends = connections::find(trace);
        let births = family::births(trace);
        let mut links = greetings::handshakes(&ends);
        links.extend(bytes::streams(trace, &mut ends));
        let (posted, talks) = datagrams::links(trace, &mut ends);
        links.extend(posted);
        links.extend(farewells::links(trace, &ends));
        links.extend(greetings::passed(trace, &ends));
        links.extend(family::birth_links(trace, &births));
        links.extend(family::exit_links(trace));
        let hidden = noise::find(trace);
        let mut notes = trace.notes.clone();
        notes.extend(hidden.note());
        let known = Known {
            trace,
            hidden,
            lane_of: lanes_by_task(&lanes),
            ends: &ends,
            talks,
            births,
            links: &links,
            shut: connections::calls_of(trace)
                .filter(|(_, call)| call.call == "shutdown")
                .filter_map(|(_, call)| call.socket)
                .collect(),
        };
        let mut drafts = draft(&known);
        states::transitions(
            trace,
            &known.lane_of,
            &ends.of_socket,
            &mut drafts,
        );
        segments(&known, &mut drafts);
        let (mut moments, arrows) = arrange(drafts, &links);
        say_what_stays(&mut moments, &arrows);
        states::news(trace, &mut moments);
        let span_ns = moments.last().map_or(0, |last| last.at_ns);
        close_lanes(&mut lanes, &mut moments, span_ns);
        Story {
            lanes,
            connections: ends.connections,
            moments,
            arrows,
            span_ns,
            notes,
        }
    }
}

/// Moments in causal order, and the arrows between them.
fn arrange(drafts: Drafts, links: &[Link]) -> (Vec<Moment>, Vec<Arrow>) {
    let Drafts { mut moments, begins, ends } = drafts;
    let mut times: Vec<u64> =
        moments.iter().map(|moment| moment.at_ns).collect();
    let mut edges = program_order(&moments);
    let place = |all: &HashMap<usize, usize>, event: Option<usize>| {
        event.and_then(|event| all.get(&event).copied())
    };
    let mut arrows = Vec::new();
    let mut has_exit = HashSet::new();
    for link in links {
        let (from, to) = (place(&begins, link.from), place(&ends, link.to));
        if let (Some(from), Some(to)) = (from, to)
            && from != to
        {
            edges.push((from, to));
        }
        // Whoever was told by a signal is not told again by wait.
        let is_told_again =
            link.kind == Kind::Exit && !has_exit.insert(link.from);
        // Children without a lane are only known by their numbers.
        let is_family = matches!(link.kind, Kind::Birth | Kind::Exit);
        let is_known = if is_family {
            from.is_some() && to.is_some()
        } else {
            from.is_some() || to.is_some()
        };
        if is_known && !is_told_again {
            arrows.push((from, to, link));
        }
    }
    let order = order::causal(&mut times, &edges);
    let mut place_of = vec![0; moments.len()];
    for (place, &draft) in order.iter().enumerate() {
        place_of[draft] = place;
    }
    for (moment, &at_ns) in moments.iter_mut().zip(&times) {
        moment.at_ns = at_ns;
        match &mut moment.what {
            What::Waits { until: Some(other) }
            | What::Returns { since: other } => *other = place_of[*other],
            _ => {}
        }
    }
    let mut placed: Vec<(usize, Moment)> =
        place_of.iter().copied().zip(moments).collect();
    placed.sort_by_key(|&(place, _)| place);
    let moments = placed.into_iter().map(|(_, moment)| moment).collect();
    let mut arrows: Vec<Arrow> = arrows
        .into_iter()
        .map(|(from, to, link)| Arrow {
            from: from.map(|from| place_of[from]),
            to: to.map(|to| place_of[to]),
            connection: link.connection,
            kind: link.kind,
            label: link.label.clone(),
            bytes: link.bytes,
        })
        .filter(|arrow| match (arrow.from, arrow.to) {
            (Some(from), Some(to)) => from < to,
            _ => true,
        })
        .collect();
    arrows.sort_by_key(|arrow| (arrow.from.or(arrow.to), arrow.to));
    (moments, arrows)
}

/// How much of its bytes a call names itself.
const NAMED: usize = 32;

/// An arrow within a lane has no room for what went along: the calls say it.
fn say_what_stays(moments: &mut [Moment], arrows: &[Arrow]) {
    for arrow in arrows.iter().filter(|arrow| arrow.kind == Kind::Data) {
        let (Some(from), Some(to)) = (arrow.from, arrow.to) else { continue };
        if moments[from].lane != moments[to].lane {
            continue;
        }
        let bytes = if arrow.label.chars().count() > NAMED {
            let cut: String = arrow.label.chars().take(NAMED).collect();
            format!("{}\"…", cut.trim_end_matches(['\\', '"']))
        } else {
            arrow.label.clone()
        };
        for place in [from, to] {
            let text = &mut moments[place].text;
            match text.find([',', ')']) {
                Some(at) if !text.starts_with('=') => {
                    text.insert_str(at, &format!(", {bytes}"));
                }
                _ => text.extend(["  ", &bytes]),
            }
        }
    }
}

/// What one task did, it did in this order.
fn program_order(moments: &[Moment]) -> Vec<(usize, usize)> {
    let mut by_lane: HashMap<usize, Vec<usize>> = HashMap::new();
    for (place, moment) in moments.iter().enumerate() {
        // The kernel's own moments only borrow the lane.
        if !matches!(moment.what, What::State | What::Segment) {
            by_lane.entry(moment.lane).or_default().push(place);
        }
    }
    let mut edges = Vec::new();
    for places in by_lane.values_mut() {
        places.sort_by_key(|&place| (moments[place].at_ns, place));
        edges.extend(places.windows(2).map(|pair| (pair[0], pair[1])));
    }
    edges
}

/// Segments stand in their sender's lane; those from outside in the lane of
/// whoever got them.
fn segments(known: &Known, drafts: &mut Drafts) {
    let mut holder: HashMap<usize, usize> = HashMap::new();
    for (at, event) in known.trace.events.iter().enumerate() {
        if let Event::Call(call) = event
            && let Some(&lane) = known.lane_of.get(&call.task)
        {
            let made = call.made.iter().filter_map(|one| one.socket);
            for socket in made.chain(call.socket) {
                holder.insert(socket, lane);
            }
        }
        let Event::Segment(segment) = event else { continue };
        // Before its accept, a socket is in its listener's hands.
        let lane = |socket: Option<usize>| {
            let listener = || known.trace.sockets.get(socket?)?.accepted_from;
            let own = holder.get(&socket?);
            own.or_else(|| holder.get(&listener()?)).copied()
        };
        let Some(lane) =
            lane(segment.from_socket).or_else(|| lane(segment.to_socket))
        else {
            continue;
        };
        let from_outside = match segment.from_socket {
            Some(_) => "",
            None => "from outside: ",
        };
        let length = match segment.length {
            0 => String::new(),
            length => format!(" {length}"),
        };
        let socket = segment.from_socket.or(segment.to_socket).unwrap_or(0);
        drafts.begins.insert(at, drafts.moments.len());
        drafts.ends.insert(at, drafts.moments.len());
        drafts.moments.push(Moment {
            at_ns: segment.at_ns,
            lane,
            event: at,
            connection: known.ends.of_socket.get(socket).copied().flatten(),
            what: What::Segment,
            text: format!("{from_outside}{}{length}", segment.flags),
            state: None,
            is_transition: false,
            is_bad: segment.flags.contains("RST"),
        });
    }
}

/// The first and last moment of each lane, and how long it waited. A lane
/// without any is taken out.
fn close_lanes(lanes: &mut Vec<Lane>, moments: &mut [Moment], span_ns: u64) {
    let mut is_seen = vec![false; lanes.len()];
    for (place, moment) in moments.iter().enumerate() {
        let lane = &mut lanes[moment.lane];
        if !std::mem::replace(&mut is_seen[moment.lane], true) {
            lane.first = place;
        }
        lane.last = place;
        lane.has_ended |= moment.what == What::End;
        if let What::Returns { since } = moment.what {
            lane.waited_ns +=
                moment.at_ns.saturating_sub(moments[since].at_ns);
        }
    }
    for moment in moments.iter() {
        if moment.what == (What::Waits { until: None }) {
            let lane = &mut lanes[moment.lane];
            let until = if lane.has_ended {
                moments[lane.last].at_ns
            } else {
                span_ns
            };
            lane.waited_ns += until.saturating_sub(moment.at_ns);
        }
    }
    let mut place_of = vec![0; lanes.len()];
    let mut next = 0;
    for (lane, seen) in is_seen.iter().enumerate() {
        place_of[lane] = next;
        next += usize::from(*seen);
    }
    let mut at = 0;
    lanes.retain(|_| {
        at += 1;
        is_seen[at - 1]
    });
    for lane in lanes {
        lane.parent = lane
            .parent
            .filter(|&parent| is_seen[parent])
            .map(|parent| place_of[parent]);
    }
    for moment in moments {
        moment.lane = place_of[moment.lane];
    }
}
