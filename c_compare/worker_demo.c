/* Four workers count: as threads they share the counter, as processes not.
 *
 * Twin: src/bin/worker_demo.rs. Man pages: pthread_create(3), fork(2),
 * waitpid(2). Try it: `worker_demo --interval 0.1`, then again with
 * `--model fork`.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sockets/console.h"
#include "sockets/errors.h"
#include "sockets/usage.h"

#define NAME "worker_demo"

static const char *const WORDS[] = {"abc", "def", "foo", "baz"};
enum { WORKERS = sizeof WORDS / sizeof *WORDS, LINES = 10 };

/* One variable for all threads; every process has its own copy. */
static atomic_uint counter;

static const struct command COMMAND = {
    NAME,
    "Runs four workers that print and count\n"
    "\n"
    "Usage: worker_demo [OPTIONS]\n"
    "\n"
    "Options:\n"
    "      --model <MODEL>       What the workers are: thread or fork "
    "[default: thread]\n"
    "      --interval <SECONDS>  Time between two lines of a worker "
    "[default: 1]\n"
    "  -h, --help                Print help\n"
    "  -V, --version             Print version\n"
    "\n"
    "Example: worker_demo --model fork --interval 0.1\n",
};

static const struct option OPTIONS[] = {
    {"model", required_argument, NULL, 'm'},
    {"interval", required_argument, NULL, 'i'},
    HELP_AND_VERSION
};

static void work(const char *word, double interval);
static int by_threads(double interval);
static void *run(void *task);
static int by_processes(double interval);

int main(int argc, char **argv)
{
    const char *model = "thread";
    double interval = 1;
    int letter;
    signal(SIGPIPE, SIG_IGN); /* in Rust it is so before main */
    while ((letter = next_option(&COMMAND, argc, argv, "hV", OPTIONS)) != -1)
        switch (letter) {
        case 'm': model = optarg; break;
        case 'i': interval = seconds(&COMMAND, "--interval", optarg); break;
        }
    expect_arguments(&COMMAND, argc, argv, 0, 0);
    int worked;
    if (strcmp(model, "thread") == 0)
        worked = by_threads(interval);
    else if (strcmp(model, "fork") == 0)
        worked = by_processes(interval);
    else
        bad_usage(&COMMAND, "invalid value '%s' for '--model'", model);
    if (worked == EXIT_SUCCESS)
        say("counter: %u", counter);
    return worked;
}

/* What each worker does, whatever it is. */
static void work(const char *word, double interval)
{
    for (int index = 0; index < LINES; index++) {
        struct timespec left = {.tv_sec = (time_t)interval};
        left.tv_nsec = (long)((interval - (double)left.tv_sec) * 1e9);
        while (nanosleep(&left, &left) < 0 && errno == EINTR)
            ;
        say("%s %d", word, index);
        atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed);
    }
}

/* As threads: one process, one memory. */

struct task {
    const char *word;
    double interval;
};

static int by_threads(double interval)
{
    struct task tasks[WORKERS];
    pthread_t threads[WORKERS];
    int started = 0, failed = 0;
    while (started < WORKERS && failed == 0) {
        struct task *task = &tasks[started];
        *task = (struct task){WORDS[started], interval};
        failed = pthread_create(&threads[started], NULL, run, task);
        started += failed == 0;
    }
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    if (failed == 0)
        return EXIT_SUCCESS;
    errno = failed; /* it comes back as the result, not here */
    return fail(NAME, "pthread_create", "");
}

static void *run(void *task)
{
    const struct task *mine = task;
    work(mine->word, mine->interval);
    return NULL;
}

/* As processes: each child counts in its own copy of the memory. */

static int by_processes(double interval)
{
    pid_t children[WORKERS];
    int started = 0, errnum = 0;
    while (started < WORKERS) {
        pid_t child = fork();
        if (child < 0) {
            errnum = errno;
            break;
        }
        if (child == 0) {
            /* Not to print on when the parent was killed. */
            prctl(PR_SET_PDEATHSIG, SIGTERM);
            work(WORDS[started], interval);
            /* What the parent wanted done at its exit is not done twice. */
            _exit(EXIT_SUCCESS);
        }
        children[started++] = child;
    }
    for (int i = 0; i < started; i++)
        while (waitpid(children[i], NULL, 0) < 0 && errno == EINTR)
            ;
    if (errnum == 0)
        return EXIT_SUCCESS;
    errno = errnum;
    return fail(NAME, "fork", "");
}
