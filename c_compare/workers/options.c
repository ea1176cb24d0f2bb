/* The options that every server program has. Twin: src/workers/options.rs. */
#include "workers/options.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>

static const char *const names[] = {
    [ITERATIVE] = "iterative",
    [FORK] = "fork",
    [PREFORK] = "prefork",
    [PREFORK_FLOCK] = "prefork-flock",
    [PREFORK_MUTEX] = "prefork-mutex",
    [PREFORK_FDPASS] = "prefork-fdpass",
    [THREAD] = "thread",
    [PRETHREAD] = "prethread",
    [PRETHREAD_MUTEX] = "prethread-mutex",
    [POOL] = "pool",
    [SELECT] = "select",
    [POLL] = "poll",
    [EPOLL] = "epoll",
    [REUSEPORT] = "reuseport",
};

static enum model model_called(const struct command *command,
                               const char *name);

bool is_pool(enum model model)
{
    switch (model) {
    case ITERATIVE: case FORK: case THREAD:
    case SELECT: case POLL: case EPOLL:
        return false;
    default:
        return true;
    }
}

bool has_children(enum model model)
{
    bool threads =
        model == PRETHREAD || model == PRETHREAD_MUTEX || model == POOL;
    return (is_pool(model) && !threads) || model == FORK;
}

const char *model_name(enum model model)
{
    return names[model];
}

struct options default_options(enum model model)
{
    return (struct options){
        .host = "127.0.0.1",
        .model = model,
        .workers = 8,
        .backlog = 4096,
        .idle_timeout = -1,
        .grace = 5,
        .stack = 64,
    };
}

bool take_option(const struct command *command, int letter,
                 struct options *options)
{
    switch (letter) {
    case OPTION_HOST:
        options->host = optarg;
        return true;
    case OPTION_UNIX:
        options->unix_path = path_of(command, "--unix <PATH>", optarg);
        return true;
    case OPTION_MODEL:
        options->model = model_called(command, optarg);
        return true;
    case OPTION_WORKERS:
        options->workers = (unsigned)number(command, "--workers <N>", optarg,
                                            1, 1024);
        return true;
    case OPTION_BACKLOG:
        options->backlog = (int)number(command, "--backlog <N>", optarg,
                                       0, INT_MAX);
        return true;
    case OPTION_IDLE_TIMEOUT:
        options->idle_timeout = seconds(command, "--idle-timeout <SECONDS>",
                                        optarg);
        return true;
    case OPTION_MAX_PEERS:
        options->max_peers = (uint32_t)number(command, "--max-peers <N>",
                                              optarg, 1, UINT32_MAX);
        return true;
    case OPTION_GRACE:
        options->grace = seconds(command, "--grace <SECONDS>", optarg);
        return true;
    case OPTION_QUIET:
        options->quiet = true;
        return true;
    case OPTION_STATS:
        options->stats = true;
        return true;
    case OPTION_STACK:
        options->stack = (unsigned)number(command, "--stack <KIB>", optarg,
                                          16, 1 << 20);
        return true;
    default:
        return false;
    }
}

static enum model model_called(const struct command *command,
                               const char *name)
{
    for (size_t model = 0; model < sizeof names / sizeof *names; model++)
        if (strcmp(names[model], name) == 0)
            return (enum model)model;
    bad_usage(command, "invalid value '%s' for '--model <NAME>'\n"
              "  [possible values: iterative, fork, prefork, prefork-flock,"
              " prefork-mutex, prefork-fdpass, thread, prethread,"
              " prethread-mutex, pool, select, poll, epoll, reuseport]", name);
}
