/* Puts a load on an echo server, and says how it fared.
 *
 * Twin: src/bin/berkeley/generator/mod.rs. The tool's own generator is held
 * to this one's rate. Man pages: epoll(7), prctl(2). Try it: `echo_server
 * --model epoll --quiet`, then `generator 127.0.0.1 10000`.
 */
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "generator/load.h"
#include "sockets/console.h"
#include "sockets/errors.h"
#include "sockets/resolve.h"
#include "sockets/usage.h"

#define NAME "generator"

static const struct command COMMAND = {
    NAME,
    "Puts a load on an echo server\n"
    "\n"
    "Usage: generator [OPTIONS] <HOST> <PORT>\n"
    "\n"
    "Arguments:\n"
    "  <HOST>  Address of the server\n"
    "  <PORT>  Its port\n"
    "\n"
    "Options:\n"
    "      --mode <MODE>                pingpong, or connect: a connection"
    " for each\n"
    "                                   request [default: pingpong]\n"
    "      --connections <CONNECTIONS>  How many at once [default: 50]\n"
    "      --size <SIZE>                Bytes of a message [default: 64]\n"
    "      --seconds <SECONDS>          [default: 1]\n"
    "  -h, --help                       Print help\n"
    "  -V, --version                    Print version\n"
    "\n"
    "Example: generator 127.0.0.1 10000 --connections 50 --seconds 2\n",
};

static const struct option OPTIONS[] = {
    {"mode", required_argument, NULL, 'm'},
    {"connections", required_argument, NULL, 'c'},
    {"size", required_argument, NULL, 's'},
    {"seconds", required_argument, NULL, 't'},
    HELP_AND_VERSION
};

enum { PATIENCE_MS = 1000 };

static int run(const struct plan *plan, double length);
static void allow_descriptors(void);
static int print(const struct load *load, const struct ran *ran);

int main(int argc, char **argv)
{
    struct plan plan = {
        .connections = 50,
        .size = 64,
        .patience = (uint64_t)PATIENCE_MS * 1000000,
    };
    double length = 1;
    int letter;
    signal(SIGPIPE, SIG_IGN); /* in Rust it is so before main */
    while ((letter = next_option(&COMMAND, argc, argv, "hV", OPTIONS)) != -1)
        switch (letter) {
        case 'm':
            plan.visits = strcmp(optarg, "connect") == 0;
            if (!plan.visits && strcmp(optarg, "pingpong") != 0)
                bad_usage(&COMMAND, "invalid value '%s' for '--mode <MODE>'",
                          optarg);
            break;
        case 'c':
            plan.connections = (size_t)number(&COMMAND, "--connections",
                                              optarg, 1, 1000000);
            break;
        case 's':
            plan.size = (size_t)number(&COMMAND, "--size", optarg, 1,
                                       1 << 30);
            break;
        case 't': length = seconds(&COMMAND, "--seconds", optarg); break;
        }
    expect_arguments(&COMMAND, argc, argv, 2, 2);
    const char *host = argv[optind], *port = argv[optind + 1];
    struct question question = {AI_NUMERICHOST, 0, SOCK_STREAM};
    struct addrinfo *answers;
    int code = ask(host, service(&COMMAND, "<PORT>", port), question,
                   &answers);
    if (code != 0)
        return fail_lookup(NAME, code, "%s:%s", host, port);
    plan.server = address_of(answers);
    freeaddrinfo(answers);
    return run(&plan, length);
}

static int run(const struct plan *plan, double length)
{
    allow_descriptors();
    prctl(PR_SET_TIMERSLACK, 1UL);
    struct load *load = open_load(plan);
    if (load == NULL)
        return fail(NAME, "epoll_create1", "");
    struct ran ran = run_load(load, (uint64_t)(length * 1e9));
    int result = done(NAME, print(load, &ran));
    if (ran.requests == 0)
        result = EXIT_FAILURE;
    for (int trouble = 0; trouble < TROUBLES; trouble++)
        if (errors_of(load)[trouble] > 0)
            result = EXIT_FAILURE;
    close_load(load);
    return result;
}

/* A shell often gives 1024 where many more are allowed. */
static void allow_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* One line of JSON, as the twin's. */
static int print(const struct load *load, const struct ran *ran)
{
    static const char *const NAMES[] = {"wrong answer", "surplus bytes",
                                        "early end"};
    const struct times *times = times_of(load);
    char errors[1024] = "";
    size_t length = 0;
    for (int trouble = 0; trouble < TROUBLES; trouble++) {
        unsigned long long count = errors_of(load)[trouble];
        const char *name = trouble < WRONG_ANSWER
            ? symbol(trouble) : NAMES[trouble - WRONG_ANSWER];
        if (count > 0 && length < sizeof errors)
            length += (size_t)snprintf(errors + length,
                                       sizeof errors - length,
                                       "%s\"%s\":%llu",
                                       length > 0 ? "," : "", name, count);
    }
    return say(
        "{\"rate\":%.3f,\"requests\":%llu,\"seconds\":%.9f,"
        "\"cpu_seconds\":%.9f,\"syscalls\":%llu,\"starved\":%zu,"
        "\"errors\":{%s},\"latency_us\":{\"p50\":%.3f,\"p90\":%.3f,"
        "\"p99\":%.3f,\"p999\":%.3f,\"max\":%.3f}}",
        (double)ran->requests / ran->seconds,
        (unsigned long long)ran->requests, ran->seconds, ran->cpu_seconds,
        (unsigned long long)ran->syscalls, ran->starved, errors,
        (double)percentile(times, 500) / 1e3,
        (double)percentile(times, 900) / 1e3,
        (double)percentile(times, 990) / 1e3,
        (double)percentile(times, 999) / 1e3,
        (double)percentile(times, 1000) / 1e3);
}
