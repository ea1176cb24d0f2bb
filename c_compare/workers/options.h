/* The options that every server program has. Twin: src/workers/options.rs. */
#ifndef WORKERS_OPTIONS_H
#define WORKERS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "sockets/usage.h"

/* Who accepts, and who serves. */
enum model {
    ITERATIVE,       /* one process, one peer at a time */
    FORK,            /* a child per peer */
    PREFORK,         /* N children, all blocked in accept */
    PREFORK_FLOCK,   /* …, accept guarded by a record lock */
    PREFORK_MUTEX,   /* …, accept guarded by a shared pthread mutex */
    PREFORK_FDPASS,  /* the parent accepts and passes the descriptor */
    THREAD,          /* a pthread per peer */
    PRETHREAD,       /* N pthreads, all blocked in accept */
    PRETHREAD_MUTEX, /* …, accept guarded by a mutex */
    POOL,            /* main accepts, N pthreads take from a queue */
    SELECT,          /* one thread and select(2) */
    POLL,            /* one thread and poll(2) */
    EPOLL,           /* one thread and epoll(7) */
    REUSEPORT        /* N processes, each its own listener and epoll */
};

/* Whether it has a fixed number of workers, --workers. */
bool is_pool(enum model model);

/* Whether its workers are children of the process that was started. */
bool has_children(enum model model);

/* The name on the command line. */
const char *model_name(enum model model);

struct options {
    const char *host;
    const char *unix_path; /* NULL: none */
    enum model model;
    unsigned workers;
    int backlog;
    double idle_timeout;   /* seconds; below 0: none */
    uint32_t max_peers;    /* 0: no limit */
    double grace;          /* seconds */
    bool quiet;
    bool stats;
    unsigned stack;        /* KiB */
};

/* What they are before the command line is read. */
struct options default_options(enum model model);

/* Takes one of them from the command line; false when it is none of them. */
bool take_option(const struct command *command, int letter,
                 struct options *options);

/* Their letters: none, so numbers that no letter has. */
enum {
    OPTION_HOST = 128, OPTION_UNIX, OPTION_MODEL, OPTION_WORKERS,
    OPTION_BACKLOG, OPTION_IDLE_TIMEOUT, OPTION_MAX_PEERS, OPTION_GRACE,
    OPTION_QUIET, OPTION_STATS, OPTION_STACK,
    OPTION_OWN /* the first that a program may use itself */
};

/* For getopt_long. */
#define SERVER_OPTIONS \
    {"host", required_argument, NULL, OPTION_HOST}, \
    {"unix", required_argument, NULL, OPTION_UNIX}, \
    {"model", required_argument, NULL, OPTION_MODEL}, \
    {"workers", required_argument, NULL, OPTION_WORKERS}, \
    {"backlog", required_argument, NULL, OPTION_BACKLOG}, \
    {"idle-timeout", required_argument, NULL, OPTION_IDLE_TIMEOUT}, \
    {"max-peers", required_argument, NULL, OPTION_MAX_PEERS}, \
    {"grace", required_argument, NULL, OPTION_GRACE}, \
    {"quiet", no_argument, NULL, OPTION_QUIET}, \
    {"stats", no_argument, NULL, OPTION_STATS}, \
    {"stack", required_argument, NULL, OPTION_STACK}

/* For --help; `MODEL` and `BACKLOG` are the program's defaults. */
#define SERVER_OPTIONS_HELP(MODEL, BACKLOG) \
"      --host <ADDRESS>          Address to listen on [default: 127.0.0.1]\n" \
"      --unix <PATH>             Listen on a socket in the file system" \
" instead\n" \
"      --model <NAME>            Worker model [default: " MODEL "]\n" \
"      --workers <N>             Processes or threads of a pool model" \
" [default: 8]\n" \
"      --backlog <N>             Argument of listen(2)" \
" [default: " BACKLOG "]\n" \
"      --idle-timeout <SECONDS>  Close a peer that is silent, or takes" \
" nothing, for so long\n" \
"      --max-peers <N>           Conversations at once; further peers wait" \
" in the accept queue\n" \
"      --grace <SECONDS>         Time to finish conversations after SIGINT" \
" or SIGTERM [default: 5]\n" \
"      --quiet                   Print the announcement and errors, nothing" \
" else\n" \
"      --stats                   At exit, totals as one line of JSON on" \
" stderr\n" \
"      --stack <KIB>             Stack of each pthread [default: 64]\n" \
"  -h, --help                    Print help\n" \
"  -V, --version                 Print version\n"

#endif
