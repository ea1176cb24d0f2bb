//! What the tool and its generators say to each other: a line of JSON on the
//! generator's standard input, a line of JSON back on its standard output.
//! Each order has exactly one answer.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// What a generator is to do. A load is known by a number of the tool's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Order {
    /// Make a load, with its connections where it keeps them open.
    Open { load: usize, plan: Plan },
    /// Put the load on the server. Connections stay open between runs, and
    /// what is under way at the end is waited for.
    Run { load: usize, until: Until },
    /// The histograms since the last time.
    Collect { load: usize },
    /// Close its connections.
    Close { load: usize },
}

/// A load on one server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) server: SocketAddr,
    pub(crate) protocol: Protocol,
    pub(crate) kind: Kind,
    pub(crate) connections: usize,
    /// Bytes of a message; of the answer, in `supply`.
    pub(crate) size: usize,
    /// How long to wait for connections when the load is opened.
    pub(crate) connecting_ms: u64,
    /// How long to wait for answers after the end of a run.
    pub(crate) patience_ms: u64,
}

/// Which conversation.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Protocol {
    Echo,
    Knock,
    Roster,
    Supply,
}

/// How the connections are used.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// Each connection asks again as soon as it has its answer.
    Closed,
    /// Each request has a connection of its own.
    Connect,
    /// Requests are due at this rate, whether or not a connection is free.
    Open { rate: f64 },
    /// Each connection sends without waiting for what comes back.
    Stream,
}

/// How long to go on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Until {
    Seconds(f64),
    /// So many in all.
    Requests(u64),
    /// One on each open connection.
    OneEach,
}

/// What a generator answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    Opened(Opened),
    Ran(Ran),
    Collected(Collected),
    Closed,
    /// The order could not be carried out at all.
    Failed(String),
}

/// What came of the connections.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Opened {
    pub(crate) connected: usize,
    /// Not yet; they may come later.
    pub(crate) pending: usize,
    pub(crate) seconds: f64,
    pub(crate) errors: BTreeMap<String, u64>,
}

/// What came of a run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ran {
    /// From the first send to the last answer that was waited for, at least
    /// as long as asked.
    pub(crate) seconds: f64,
    pub(crate) requests: u64,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
    /// The sum of all latencies.
    pub(crate) latency_seconds: f64,
    /// CPU time of this process meanwhile, and the time it was ready to run
    /// and another one ran instead.
    pub(crate) cpu_seconds: f64,
    pub(crate) waited_seconds: f64,
    pub(crate) syscalls: u64,
    /// Connections that have had no answer since the load was opened.
    pub(crate) starved: usize,
    /// `Kind::Open`: due and not sent by the end.
    pub(crate) dropped: u64,
    pub(crate) errors: BTreeMap<String, u64>,
}

/// A histogram: nanoseconds and how often, ascending.
pub(crate) type Counts = Vec<(u64, u64)>;

/// How long the answers took.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Collected {
    /// In `Kind::Open` from when it was due.
    pub(crate) latency: Counts,
    pub(crate) from_send: Counts,
    pub(crate) lateness: Counts,
}
