//! The fourteen worker models.

use serde::Serialize;

/// One way for a server to serve many peers.
#[derive(Debug, Serialize)]
pub(crate) struct Model {
    /// As `--model` takes it.
    pub(crate) name: &'static str,
    /// The row of the table in chapter 30 of UNIX Network Programming.
    pub(crate) unp_row: Option<u8>,
    pub(crate) who_accepts: &'static str,
    pub(crate) who_serves: &'static str,
    pub(crate) rust: &'static str,
    pub(crate) c: &'static str,
    pub(crate) man: &'static [&'static str],
}

macro_rules! model {
    ($name:literal $file:literal, $row:expr, $accepts:literal,
     $serves:literal, $man:expr) => {
        Model {
            name: $name,
            unp_row: $row,
            who_accepts: $accepts,
            who_serves: $serves,
            rust: concat!("src/workers/", $file, ".rs"),
            c: concat!("c_compare/workers/", $file, ".c"),
            man: &$man,
        }
    };
}

/// In the order in which they are read best.
#[rustfmt::skip]
pub(crate) static MODELS: [Model; 14] = [
    model!("iterative" "iterative", Some(0),
        "one process", "itself, one peer at a time",
        ["accept(2)"]),
    model!("fork" "fork", Some(1),
        "the parent", "a child per peer",
        ["fork(2)", "waitpid(2)"]),
    model!("prefork" "prefork", Some(2),
        "N children, all blocked in accept", "the child that accepted",
        ["fork(2)", "accept(2)"]),
    model!("prefork-flock" "prefork_flock", Some(3),
        "N children in turn, by a record lock", "the child that accepted",
        ["fcntl_locking(2)"]),
    model!("prefork-mutex" "prefork_mutex", Some(4),
        "N children in turn, by a mutex in shared memory",
        "the child that accepted",
        ["mmap(2)", "pthread_mutexattr_setpshared(3)"]),
    model!("prefork-fdpass" "prefork_fdpass", Some(5),
        "the parent", "one of N children, which gets the descriptor",
        ["unix(7)", "cmsg(3)", "sendmsg(2)"]),
    model!("thread" "thread", Some(6),
        "the main thread", "a pthread per peer",
        ["pthread_create(3)", "pthread_detach(3)"]),
    model!("prethread" "prethread", None,
        "N pthreads, all blocked in accept", "the thread that accepted",
        ["pthread_create(3)", "accept(2)"]),
    model!("prethread-mutex" "prethread_mutex", Some(7),
        "N pthreads in turn, by a mutex", "the thread that accepted",
        ["pthread_mutex_lock(3)"]),
    model!("pool" "pool", Some(8),
        "the main thread", "one of N pthreads, out of a bounded queue",
        ["pthread_cond_wait(3)"]),
    model!("select" "select", None,
        "one thread", "itself, all peers at once, up to FD_SETSIZE",
        ["select(2)"]),
    model!("poll" "poll", None,
        "one thread", "itself, all peers at once",
        ["poll(2)"]),
    model!("epoll" "epoll", None,
        "one thread", "itself, all peers at once",
        ["epoll(7)"]),
    model!("reuseport" "reuseport", None,
        "N processes, each with a listener of its own",
        "the process that accepted, by epoll",
        ["socket(7)", "epoll(7)"]),
];
