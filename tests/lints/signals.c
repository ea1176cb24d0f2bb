/*
 * Servers that make one mistake with signals and failures each, and their
 * mended twins:
 *
 *     signals MISTAKE made|mended
 */

#include "server.h"

#include <sys/resource.h>
#include <sys/wait.h>

static void reap_all(int signal)
{
    (void)signal;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
}

/* mended: accepts again. */
static void eintr_is_no_end(int listener, bool mended)
{
    struct sigaction action = {.sa_handler = reap_all};
    sigaction(SIGCHLD, &action, NULL);
    for (;;) {
        int peer = accept(listener, NULL, NULL);
        if (peer == -1 && errno == EINTR && mended)
            continue;
        if (peer == -1) {
            perror("accept");
            exit(1);
        }
        if (fork() == 0) {
            close(listener);
            echo(peer);
            close(peer);
            _exit(0);
        }
        close(peer);
    }
}

/* Sends to a peer that has left. mended: without the signal. */
static void sigpipe(int listener, bool mended)
{
    for (;;) {
        int peer = next(listener);
        echo(peer);
        for (int i = 0; i < 3; i++) {
            if (send(peer, "more", 4, mended ? MSG_NOSIGNAL : 0) == -1)
                break;
        }
        close(peer);
    }
}

/* So that there is none left, or as many as there may be. */
static void allow_descriptors(bool many, int listener)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = many ? limit.rlim_max : (rlim_t)listener + 1;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* mended: goes on when it may. */
static void end_by_accept(int listener, bool mended, int code)
{
    allow_descriptors(false, listener);
    for (;;) {
        int peer = accept(listener, NULL, NULL);
        if (peer == -1) {
            perror("accept");
            if (!mended)
                exit(code);
            allow_descriptors(true, listener);
            continue;
        }
        echo(peer);
        close(peer);
    }
}

static void accept_error_ends_server(int listener, bool mended)
{
    end_by_accept(listener, mended, 1);
}

/* Any error is taken for the end of its work. */
static void accept_error_is_the_end(int listener, bool mended)
{
    end_by_accept(listener, mended, 0);
}

/* mended: with pauses. */
static void emfile_spin(int listener, bool mended)
{
    allow_descriptors(false, listener);
    for (int i = 0; i < 25; i++) {
        int peer = accept(listener, NULL, NULL);
        if (peer != -1)
            exit(1);
        if (mended)
            usleep(10 * 1000);
    }
    allow_descriptors(true, listener);
    serve_in_turn(listener);
}

static const struct mistake mistakes[] = {
    {"eintr-is-no-end", eintr_is_no_end},
    {"sigpipe", sigpipe},
    {"accept-error-ends-server", accept_error_ends_server},
    {"accept-error-is-the-end", accept_error_is_the_end},
    {"emfile-spin", emfile_spin},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    return serve(argc, argv, mistakes);
}
