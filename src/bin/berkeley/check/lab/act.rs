//! The steps of a case, and how they are written.
//!
//! `A`, `B`, `P1..P100` are the examiner's own ends of conversations with
//! the program, in the order in which they are named.
//!
//! ```text
//! A connects                     the program listens
//! A connects by another address  of this machine: 127.0.0.2
//! A accepts                      the program connects
//! A sends "hello\n"              also: , byte by byte   , in pieces of 3
//! A expects "hello\n"            these bytes next, and no others
//! A expects line "hello"         the same; LF, CR LF or nothing ends it
//! A expects answer "hello"       the same, also without an end and with more
//!                                bytes behind it
//! A expects pickle "{'a': 1}"    one pickle; `pickled` has other forms
//! A expects end                  a FIN; also: reset, end or reset
//! A expects nothing              and still none when the program rests
//! A expects anything             one byte at least; all that is there goes
//! A is drained                   the program has read all that was sent
//! A is accepted                  it has a descriptor for it
//! A is let go                    it has closed all descriptors of it
//! A stops reading                until: A reads again
//! A shuts down                   its FIN; it still reads
//! A closes
//! A resets                       a RST
//!
//! program starts                 a client; a server is started at first
//! program starts again           ended before by a signal, or by itself
//! program is typed "hello\n"
//! program's input ends           Ctrl-D, where it is a terminal
//! program prints "hello"         on standard output; with a terminal, what a
//!                                user sees: on either stream
//! program prints on stderr "no"  there; also: on stdout, and nowhere else
//! program does not print "hello" ever, until it ends or rests; the same
//!                                streams, also: does not print on stderr
//! program's stdout is "hello\n"  all of it, when it has ended
//! program gets SIGINT            as by Ctrl-C: its process group, all of it;
//!                                so SIGQUIT, SIGTSTP, SIGSTOP and SIGCONT.
//!                                Others: its first process
//! program ends                   also: ends with 0, with failure, by SIGINT
//! program runs                   it has not ended, and has come to rest
//! program makes no mistake       in its calls, when it is traced
//! growth is noted                then: no more descriptors, no more zombies.
//!                                A case that fails before it could measure
//!                                says that, and nothing of its why and hints
//!
//! listener closes                the examiner's, in a client's lab
//! all is quiet                   the program rests
//! pause 0.3 s                    of a peer that is slow on purpose
//! 200 times                      what is indented below
//! ```
//!
//! What is indented below any other step goes on with it.

use super::pickled::Pickled;
use super::text::Text;

/// A step, and where it is in its file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) line: usize,
    /// As it is written.
    pub(crate) words: String,
    pub(crate) act: Act,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Act {
    Connect(Vec<String>),
    ConnectElsewhere(Vec<String>),
    Accept(Vec<String>),
    Send(Vec<String>, Text, Cut),
    Expect(Vec<String>, Text),
    ExpectLine(Vec<String>, Text),
    ExpectAnswer(Vec<String>, Text),
    ExpectPickle(Vec<String>, Pickled),
    ExpectEnd(Vec<String>, Ending),
    ExpectNothing(Vec<String>),
    ExpectAnything(Vec<String>),
    IsDrained(Vec<String>),
    IsAccepted(Vec<String>),
    IsLetGo(Vec<String>),
    StopReading(Vec<String>),
    ReadAgain(Vec<String>),
    ShutDown(Vec<String>),
    Close(Vec<String>),
    Reset(Vec<String>),
    Start,
    StartAgain,
    Type(Text),
    EndInput,
    Print(Stream, Text),
    NeverPrint(Stream, Text),
    Output(Stream, Text),
    Signal(String),
    End(Exit),
    Run,
    NoMistake,
    NoteGrowth,
    NoMore(Growth),
    StopListening,
    Quiet,
    Pause(f64),
    Times(u32, Vec<Step>),
}

/// How bytes are cut into segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// As the kernel likes.
    Whole,
    /// So many at a time; the next ones when the program has read them.
    Pieces(usize),
}

/// How a peer's conversation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Fin,
    Reset,
    Either,
}

/// Where something is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Out,
    Err,
    /// What a user is shown: all of it on a terminal, else standard output.
    /// A traceback quotes the program's source on standard error, with every
    /// string in it.
    Shown,
}

/// How the program ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Anyhow,
    Code(i32),
    /// Any code but 0, and no signal.
    Failure,
    Signal(String),
}

/// What there must not be more of than was noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Growth {
    Descriptors,
    Zombies,
    Processes,
    Threads,
}
