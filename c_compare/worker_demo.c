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
#include <stdint.h>
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

static int work(const char *word, double interval);
static int written(int errnum);
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
        case 'i':
            interval = seconds(&COMMAND, "--interval <SECONDS>", optarg);
            break;
        }
    expect_arguments(&COMMAND, argc, argv, 0, 0);
    int worked;
    if (strcmp(model, "thread") == 0)
        worked = by_threads(interval);
    else if (strcmp(model, "fork") == 0)
        worked = by_processes(interval);
    else
        bad_usage(&COMMAND, "invalid value '%s' for '--model <MODEL>'\n"
                  "  [possible values: thread, fork]", model);
    if (worked != EXIT_SUCCESS)
        return worked;
    return done(NAME, say("counter: %u", counter));
}

/* What each worker does, whatever it is: 0, or the errno of a line that could
 * not be written. A thread and a process both have a number to leave behind.
 */
static int work(const char *word, double interval)
{
    for (int index = 0; index < LINES; index++) {
        struct timespec left = {.tv_sec = (time_t)interval};
        left.tv_nsec = (long)((interval - (double)left.tv_sec) * 1e9);
        while (nanosleep(&left, &left) < 0 && errno == EINTR)
            ;
        if (say("%s %d", word, index) < 0)
            return errno;
        atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed);
    }
    return 0;
}

/* A failure, when that is what a worker has left behind. */
static int written(int errnum)
{
    errno = errnum;
    return done(NAME, errnum == 0 ? 0 : -1);
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
    int started = 0, failed = 0, left = 0;
    while (started < WORKERS && failed == 0) {
        struct task *task = &tasks[started];
        *task = (struct task){WORDS[started], interval};
        failed = pthread_create(&threads[started], NULL, run, task);
        started += failed == 0;
    }
    for (int i = 0; i < started; i++) {
        void *errnum;
        pthread_join(threads[i], &errnum);
        if (left < (int)(intptr_t)errnum)
            left = (int)(intptr_t)errnum;
    }
    if (failed == 0)
        return written(left);
    errno = failed; /* it comes back as the result, not here */
    return fail(NAME, "pthread_create", "");
}

static void *run(void *task)
{
    const struct task *mine = task;
    return (void *)(intptr_t)work(mine->word, mine->interval);
}

/* As processes: each child counts in its own copy of the memory. */

static int by_processes(double interval)
{
    pid_t children[WORKERS];
    int started = 0, errnum = 0, left = 0;
    while (started < WORKERS) {
        pid_t child = fork();
        if (child < 0) {
            errnum = errno;
            break;
        }
        if (child == 0) {
            /* Not to print on when the parent was killed. */
            prctl(PR_SET_PDEATHSIG, SIGTERM);
            int mine = work(WORDS[started], interval);
            /* What the parent wanted done at its exit is not done twice. */
            _exit(mine);
        }
        children[started++] = child;
    }
    for (int i = 0; i < started; i++) {
        int ended = 0;
        while (waitpid(children[i], &ended, 0) < 0 && errno == EINTR)
            ;
        if (WIFEXITED(ended) && left < WEXITSTATUS(ended))
            left = WEXITSTATUS(ended);
    }
    if (errnum == 0)
        return written(left);
    errno = errnum;
    return fail(NAME, "fork", "");
}
