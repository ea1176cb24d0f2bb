/* A load: its connections, and how each of them is made, used and given up.
 *
 * One thread on epoll(7), level-triggered. A request costs one send, one recv
 * and a share of epoll_pwait2: recv has room for one byte more than is due,
 * so that no second one has to look whether there is more. Twin:
 * src/bin/berkeley/generator/load.rs. Read run.c after it.
 */
#include "generator/inner.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "sockets/transfer.h"

static int dial(struct load *load, struct slot *slot);
static int bind_source(struct load *load, int socket);
static void arrive(struct load *load, struct slot *slot);
static bool watch(struct load *load, struct slot *slot, uint32_t wanted);
static void fail_slot(struct load *load, struct slot *slot, int trouble);
static void begin_request(struct load *load, struct slot *slot);
static void end_request(struct load *load, struct slot *slot);
static void say_more(struct load *load, struct slot *slot);
static void hear(struct load *load, struct slot *slot);
static void complete(struct load *load, struct slot *slot);

static const uint64_t MILLISECOND = 1000000;

enum { ONE_SEGMENT = 1200 }; /* surely goes into one */

/* Connections. */

/* A new connection, or at least its SYN. Returns 0 or an errno. */
static int dial(struct load *load, struct slot *slot)
{
    const struct address *server = &load->plan.server;
    int kind = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, yes = 1;
    load->calls++;
    int socket_fd = socket(server->at.ss_family, kind, 0);
    if (socket_fd < 0)
        return errno;
    /* One segment on a new connection has nothing to wait for. */
    if (!load->plan.visits || load->plan.size > ONE_SEGMENT) {
        load->calls++;
        setsockopt(socket_fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    }
    int failed = bind_source(load, socket_fd);
    if (failed == 0) {
        load->calls++;
        if (connect(socket_fd, sockaddr_of(server), server->length) < 0)
            failed = errno;
    }
    if (failed != 0 && failed != EINPROGRESS) {
        load->calls++;
        close(socket_fd);
        return failed;
    }
    slot->socket = socket_fd;
    slot->state = CONNECTING;
    slot->interest = 0;
    slot->said = slot->heard = 0;
    return 0;
}

/* On the loopback, one of many source addresses: one alone has 28,232 ports
 * to give, and this side keeps each for a minute of TIME_WAIT. The port is
 * left to connect; bind would look for one that is free whatever the other
 * end. */
static int bind_source(struct load *load, int socket)
{
    const struct sockaddr_storage *server = &load->plan.server.at;
    const struct sockaddr_in *v4 = (const void *)server;
    if (server->ss_family != AF_INET
        || ntohl(v4->sin_addr.s_addr) >> 24 != IN_LOOPBACKNET)
        return 0;
    load->next_source = (load->next_source + 1) % ADDRESSES;
    struct sockaddr_in source = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + load->next_source),
    };
    int yes = 1;
    load->calls += 2;
    setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    int bound = bind(socket, (struct sockaddr *)&source, sizeof source);
    return bound < 0 ? errno : 0;
}

void enter(struct load *load, struct slot *slot)
{
    int failed = dial(load, slot);
    if (failed != 0)
        fail_slot(load, slot, failed);
    else
        arrive(load, slot);
}

/* Asked a second time, connect says what became of the first. On the loopback
 * the handshake was over before that returned. */
static void arrive(struct load *load, struct slot *slot)
{
    const struct address *server = &load->plan.server;
    load->calls++;
    if (connect(slot->socket, sockaddr_of(server), server->length) == 0
        || errno == EISCONN) {
        slot->state = IDLE;
        slot->heard = load->plan.size; /* what comes now is too much */
        if (watch(load, slot, EPOLLIN))
            go_on(load, slot);
    } else if (errno == EALREADY || errno == EINPROGRESS) {
        watch(load, slot, EPOLLIN | EPOLLOUT);
    } else {
        fail_slot(load, slot, errno);
    }
}

/* Without a question whether the connection is there: the send will say
 * so. */
void visit(struct load *load, struct slot *slot)
{
    begin_request(load, slot);
    int failed = dial(load, slot);
    if (failed != 0)
        fail_slot(load, slot, failed);
    else
        say_more(load, slot);
}

/* Whether epoll watches it now. */
static bool watch(struct load *load, struct slot *slot, uint32_t wanted)
{
    if (slot->interest == wanted)
        return true;
    struct epoll_event event = {.events = wanted, .data.ptr = slot};
    int operation = slot->interest == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    slot->interest = wanted;
    load->calls++;
    if (epoll_ctl(load->epoll, operation, slot->socket, &event) == 0)
        return true;
    fail_slot(load, slot, errno);
    return false;
}

void hang_up(struct load *load, struct slot *slot)
{
    slot->state = ABSENT;
    if (slot->socket < 0)
        return;
    load->calls++;
    close(slot->socket);
    slot->socket = -1;
}

/* What went wrong is counted, and never timed. The connection is replaced
 * after a rest: 10 ms, and each time twice as long, up to a second. */
static void fail_slot(struct load *load, struct slot *slot, int trouble)
{
    load->errors[trouble < TROUBLES ? trouble : 0]++;
    hang_up(load, slot);
    slot->rests_until = load->now + (10 * MILLISECOND << slot->failures);
    if (slot->failures < 7)
        slot->failures++;
    if (slot->rests_until < load->next_rest)
        load->next_rest = slot->rests_until;
    end_request(load, slot);
}

/* Requests. */

static void begin_request(struct load *load, struct slot *slot)
{
    slot->asking = true;
    slot->asked_at = load->now;
    slot->said = slot->heard = 0;
    slot->sequence++;
    load->under_way++;
}

static void end_request(struct load *load, struct slot *slot)
{
    load->under_way -= slot->asking;
    slot->asking = false;
}

void ask_next(struct load *load, struct slot *slot)
{
    begin_request(load, slot);
    say_more(load, slot);
}

/* The payload as it is this time: its first bytes say whose request it is,
 * and which. All connections share one copy: with a copy for each, thousands
 * of them would not fit into the CPU's cache. */
static const unsigned char *marked(struct load *load, const struct slot *slot)
{
    uint32_t low = slot->sequence + slot->connection * 0x9e3779b1U;
    uint64_t stamp = (uint64_t)slot->connection << 32 | low;
    memcpy(load->payload, &stamp, sizeof stamp);
    return load->payload;
}

/* Says the payload, as much of it as the kernel takes. */
static void say_more(struct load *load, struct slot *slot)
{
    const unsigned char *payload = marked(load, slot);
    size_t left = load->plan.size - slot->said;
    if (left > 0) {
        load->calls++;
        ssize_t sent = send_some(slot->socket, payload + slot->said, left);
        if (sent < 0 && errno != EAGAIN) {
            fail_slot(load, slot, errno);
            return;
        }
        slot->said += sent > 0 ? (size_t)sent : 0;
        left = load->plan.size - slot->said;
    }
    slot->state = left == 0 ? HEARING : SAYING;
    watch(load, slot, left == 0 ? EPOLLIN : EPOLLIN | EPOLLOUT);
}

void attend(struct load *load, struct slot *slot, uint32_t event)
{
    if (slot->state == CONNECTING) {
        arrive(load, slot);
        return;
    }
    if (slot->state == SAYING)
        say_more(load, slot);
    if (event != EPOLLOUT && slot->socket >= 0)
        hear(load, slot);
}

static void hear(struct load *load, struct slot *slot)
{
    size_t due = load->plan.size - slot->heard;
    load->calls++;
    ssize_t got = recv_some(slot->socket, load->room, due + 1);
    if (got < 0 && errno == EAGAIN)
        return;
    size_t length = got > 0 ? (size_t)got : 0;
    size_t right = length < due ? length : due;
    const unsigned char *answer = marked(load, slot) + slot->heard;
    if (got < 0)
        fail_slot(load, slot, errno);
    else if (got == 0)
        fail_slot(load, slot, EARLY_END);
    else if (memcmp(load->room, answer, right) != 0)
        fail_slot(load, slot, WRONG_ANSWER);
    else if (length > due)
        fail_slot(load, slot, SURPLUS_BYTES);
    else if (length < due)
        slot->heard += length;
    else if (slot->state != HEARING) /* before it was all said */
        fail_slot(load, slot, WRONG_ANSWER);
    else
        complete(load, slot);
}

/* An answer is here to its last byte. This look at the clock ends one request
 * and begins the next. */
static void complete(struct load *load, struct slot *slot)
{
    load->now = now();
    end_request(load, slot);
    slot->failures = 0;
    slot->answered = true;
    load->requests++;
    load->last_answer = load->now;
    answered(&load->times, load->now - slot->asked_at);
    if (load->plan.visits) {
        hang_up(load, slot);
        renew(load, slot);
        return;
    }
    slot->heard = load->plan.size;
    slot->state = IDLE;
    go_on(load, slot);
}
