/*
 * Servers that make one mistake with descriptors each, and their mended
 * twins:
 *
 *     descriptors MISTAKE made|mended
 */

#include "server.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/un.h>

/* mended: closes its copy. */
static void parent_keeps_peer(int listener, bool mended)
{
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        int peer = next(listener);
        if (fork() == 0) {
            close(listener);
            echo(peer);
            close(peer);
            _exit(0);
        }
        if (mended)
            close(peer);
    }
}

/* Closes its copy when the next peer is there, as a variable does that gets
   a new value. mended: at once. */
static void parent_closes_late(int listener, bool mended)
{
    signal(SIGCHLD, SIG_IGN);
    int last = -1;
    for (;;) {
        int peer = next(listener);
        if (last != -1)
            close(last);
        if (fork() == 0) {
            close(listener);
            echo(peer);
            close(peer);
            _exit(0);
        }
        last = peer;
        if (mended) {
            close(peer);
            last = -1;
        }
    }
}

/* mended: the child closes its copy. */
static void child_keeps_listener(int listener, bool mended)
{
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        int peer = next(listener);
        if (fork() == 0) {
            if (mended)
                close(listener);
            echo(peer);
            close(peer);
            _exit(0);
        }
        close(peer);
    }
}

/* mended: closes each peer. */
static void descriptor_leak(int listener, bool mended)
{
    for (;;) {
        int peer = next(listener);
        echo(peer);
        if (mended)
            close(peer);
    }
}

static volatile sig_atomic_t is_over;

static void end(int signal)
{
    (void)signal;
    is_over = 1;
}

/* Closes all peers when it ends, as an interpreter does. mended: each when
   it has left. */
static void closed_at_the_end(int listener, bool mended)
{
    enum { MOST = 16 };
    int peers[MOST];
    int count = 0;
    struct sigaction action = {.sa_handler = end};
    sigaction(SIGINT, &action, NULL);
    while (!is_over) {
        int peer = accept(listener, NULL, NULL);
        if (peer == -1)
            continue;
        echo(peer);
        if (mended)
            close(peer);
        else if (count < MOST)
            peers[count++] = peer;
    }
    for (int i = 0; i < count; i++)
        close(peers[i]);
}

/* mended: the listener is closed on exec. */
static void inherited_over_exec(int listener, bool mended)
{
    signal(SIGCHLD, SIG_IGN);
    if (mended)
        fcntl(listener, F_SETFD, FD_CLOEXEC);
    for (;;) {
        int peer = next(listener);
        fcntl(peer, F_SETFD, FD_CLOEXEC);
        if (fork() == 0) {
            execl("/bin/true", "true", (char *)NULL);
            _exit(127);
        }
        echo(peer);
        close(peer);
    }
}

/* mended: once. */
static void double_close(int listener, bool mended)
{
    for (;;) {
        int peer = next(listener);
        echo(peer);
        close(peer);
        if (!mended)
            close(peer);
    }
}

static bool only_shuts_down;

static void *end_it(void *descriptor)
{
    int peer = *(int *)descriptor;
    if (only_shuts_down)
        shutdown(peer, SHUT_RDWR);
    else
        close(peer);
    return NULL;
}

/* A thread ends the connection that another one serves. mended: by
   shutdown. */
static void closed_by_another_thread(int listener, bool mended)
{
    only_shuts_down = mended;
    for (;;) {
        int peer = next(listener);
        echo(peer);
        pthread_t thread;
        pthread_create(&thread, NULL, end_it, &peer);
        pthread_join(thread, NULL);
        send(peer, "bye", 3, MSG_NOSIGNAL);
        close(peer);
    }
}

/* The file of a socket that is closed. mended: removes it. */
static void stale_unix_path(int listener, bool mended)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int pid = (int)getpid();
    snprintf(name.sun_path, sizeof name.sun_path, "/tmp/stale-%d.sock", pid);
    int former = socket(AF_UNIX, SOCK_STREAM, 0);
    bind(former, (struct sockaddr *)&name, sizeof name);
    close(former);
    if (mended)
        unlink(name.sun_path);
    int again = socket(AF_UNIX, SOCK_STREAM, 0);
    bind(again, (struct sockaddr *)&name, sizeof name);
    close(again);
    unlink(name.sun_path);
    serve_in_turn(listener);
}

enum { THREE = 3 };

static void pass(int through, int what)
{
    int all[THREE] = {what, what, what};
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof all)] = {0};
    struct iovec byte = {.iov_base = "!", .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &byte,
        .msg_iovlen = 1,
        .msg_control = control,
        .msg_controllen = sizeof control,
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof all);
    memcpy(CMSG_DATA(header), all, sizeof all);
    sendmsg(through, &message, 0);
}

/* Closes what has come, too. */
static void receive(int from, size_t room)
{
    int all[THREE];
    char text[1];
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof all)] = {0};
    struct iovec byte = {.iov_base = text, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &byte,
        .msg_iovlen = 1,
        .msg_control = control,
        .msg_controllen = room,
    };
    recvmsg(from, &message, 0);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header == NULL)
        return;
    size_t size = header->cmsg_len - CMSG_LEN(0);
    memcpy(all, CMSG_DATA(header), size);
    for (size_t i = 0; i < size / sizeof *all; i++)
        close(all[i]);
}

/* Three descriptors where one fits. mended: where three fit. */
static void cut_control_data(int listener, bool mended)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
        exit(1);
    pass(pair[0], listener);
    size_t count = mended ? THREE : 1;
    receive(pair[1], CMSG_LEN(count * sizeof(int)));
    serve_in_turn(listener);
}

/* Takes the byte alone. mended: with the descriptors. */
static void read_without_control(int listener, bool mended)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
        exit(1);
    pass(pair[0], listener);
    char text[1];
    if (mended)
        receive(pair[1], CMSG_LEN(THREE * sizeof(int)));
    else
        recv(pair[1], text, sizeof text, 0);
    serve_in_turn(listener);
}

static const struct mistake mistakes[] = {
    {"parent-keeps-peer", parent_keeps_peer},
    {"parent-closes-late", parent_closes_late},
    {"child-keeps-listener", child_keeps_listener},
    {"descriptor-leak", descriptor_leak},
    {"closed-at-the-end", closed_at_the_end},
    {"inherited-over-exec", inherited_over_exec},
    {"double-close", double_close},
    {"closed-by-another-thread", closed_by_another_thread},
    {"stale-unix-path", stale_unix_path},
    {"cut-control-data", cut_control_data},
    {"read-without-control", read_without_control},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    return serve(argc, argv, mistakes);
}
