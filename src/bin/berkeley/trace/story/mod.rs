//! What a trace tells: who did what, who waited for whom, and which call on
//! one side answers which on the other.
//!
//! All drawings with columns are made from this. Its moments are in causal
//! order: no arrow points backwards, whatever the order in which the kernel's
//! stops were reported.

pub(super) mod bytes;
pub(super) mod calls;
mod connections;
mod datagrams;
mod family;
mod farewells;
mod greetings;
mod holders;
mod lanes;
mod moments;
mod noise;
mod order;
mod states;
mod tell;
#[cfg(test)]
mod tests;
mod words;

pub(crate) use calls::has_failed;

/// All of it. Indices: `lane` into `lanes`, `connection` into `connections`,
/// moments by their place in `moments`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Story {
    pub(crate) lanes: Vec<Lane>,
    pub(crate) connections: Vec<Connection>,
    pub(crate) moments: Vec<Moment>,
    pub(crate) arrows: Vec<Arrow>,
    /// The last moment, in ns.
    pub(crate) span_ns: u64,
    pub(crate) notes: Vec<String>,
}

/// A column: one process or thread.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lane {
    /// An index of the trace's `tasks`.
    pub(crate) task: usize,
    /// `knock 4101`
    pub(crate) title: String,
    /// `server`, `client`, `child of 4101`, `thread of 4101`
    pub(crate) subtitle: String,
    pub(crate) parent: Option<usize>,
    /// Its first and last moment.
    pub(crate) first: usize,
    pub(crate) last: usize,
    /// Whether it has ended, rather than the trace.
    pub(crate) has_ended: bool,
    /// How long it waited in calls, in ns.
    pub(crate) waited_ns: u64,
}

/// Two ends and what went between them. Of a peer outside the trace only one
/// end is known.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Connection {
    /// `TCP`, `UDP`, `UNIX`
    pub(crate) kind: String,
    /// Who connected, and who was connected to: sockets of the trace, and
    /// their addresses.
    pub(crate) client: Side,
    pub(crate) server: Side,
    /// Bytes from the client to the server, and back.
    pub(crate) up: u64,
    pub(crate) down: u64,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Side {
    pub(crate) socket: Option<usize>,
    pub(crate) address: String,
}

/// One row of a drawing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Moment {
    pub(crate) at_ns: u64,
    pub(crate) lane: usize,
    /// An index of the trace's `events`.
    pub(crate) event: usize,
    pub(crate) connection: Option<usize>,
    pub(crate) what: What,
    /// `accept4(3)`, `recv(4) = 13`, `exit 0`: what stands in the column.
    pub(crate) text: String,
    /// The TCP state after it, when it is news: `ESTABLISHED`.
    pub(crate) state: Option<String>,
    /// Whether the state is the kernel's report of a transition, rather than
    /// a sample.
    pub(crate) is_transition: bool,
    /// Whether a call failed, and not only for the time being (EAGAIN,
    /// EINPROGRESS, EINTR are no failures).
    pub(crate) is_bad: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A call that did not wait: there and back.
    Call,
    /// A call that waits; its return is that moment. `None`: it never did.
    Waits {
        until: Option<usize>,
    },
    /// The return of the call that began at that moment.
    Returns {
        since: usize,
    },
    Birth,
    Exec,
    Signal,
    Pause,
    End,
    /// A change of state beside any call, drawn in the lane that holds the
    /// socket.
    State,
    /// A segment on the wire; `lane` is its sender's.
    Segment,
}

/// From one moment to a later one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Arrow {
    /// `None`: from outside the trace.
    pub(crate) from: Option<usize>,
    /// `None`: to outside of it, or never received.
    pub(crate) to: Option<usize>,
    pub(crate) connection: Option<usize>,
    pub(crate) kind: Kind,
    /// `"Knock, knock\n"`, `FIN`, `fork`, `connection 1`, `SIGCHLD`
    pub(crate) label: String,
    /// Bytes, for data.
    pub(crate) bytes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// connect on one side, accept on the other.
    Handshake,
    Data,
    Fin,
    Reset,
    /// A new process or thread.
    Birth,
    /// A child's end, to whoever was told of it or waited for it.
    Exit,
    /// A descriptor that was passed on.
    Descriptor,
}

/// An arrow before there are moments: from one of the trace's events to
/// another.
struct Link {
    from: Option<usize>,
    to: Option<usize>,
    connection: Option<usize>,
    kind: Kind,
    label: String,
    bytes: u64,
}
