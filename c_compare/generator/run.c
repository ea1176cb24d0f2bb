/* A run of a load: when a connection asks, and when enough was asked.
 *
 * At the end no new request begins, and what is under way is waited for: else
 * the work that the server has done for it would be lost. Twin:
 * src/bin/berkeley/generator/run.rs.
 */
#include "generator/inner.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "sockets/memory.h"

static void connect_all(struct load *load);
static void wake_all(struct load *load);
static bool is_over(const struct load *load);
static int wait_until(struct load *load, uint64_t wake);

static uint64_t clock_of(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

uint64_t now(void)
{
    return clock_of(CLOCK_MONOTONIC);
}

struct load *open_load(const struct plan *plan)
{
    struct load *load = grown(NULL, sizeof *load);
    memset(load, 0, sizeof *load);
    load->plan = *plan;
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (load->epoll < 0) {
        free(load);
        return NULL;
    }
    size_t length = plan->size > 8 ? plan->size : 8;
    load->payload = grown(NULL, length);
    load->room = grown(NULL, plan->size + 1);
    uint32_t bits = 0x2545f491;
    for (size_t at = 0; at < length; at++) {
        bits ^= bits << 13;
        bits ^= bits >> 17;
        bits ^= bits << 5;
        load->payload[at] = (unsigned char)bits;
    }
    load->slots = grown(NULL, plan->connections * sizeof *load->slots);
    memset(load->slots, 0, plan->connections * sizeof *load->slots);
    for (size_t at = 0; at < plan->connections; at++) {
        load->slots[at].connection = (uint32_t)at;
        load->slots[at].socket = -1;
    }
    load->next_rest = UINT64_MAX;
    load->now = now();
    if (!plan->visits)
        connect_all(load);
    return load;
}

static void connect_all(struct load *load)
{
    struct slot *end = load->slots + load->plan.connections;
    for (struct slot *slot = load->slots; slot < end; slot++)
        enter(load, slot);
    load->now = now();
    uint64_t give_up = load->now + load->plan.patience;
    for (;;) {
        struct slot *slot = load->slots;
        while (slot < end && slot->state != CONNECTING)
            slot++;
        if (slot == end || load->now >= give_up)
            return;
        int events = wait_until(load, give_up);
        for (int at = 0; at < events; at++)
            attend(load, load->events[at].data.ptr, load->events[at].events);
        load->now = now();
    }
}

struct ran run_load(struct load *load, uint64_t length)
{
    uint64_t cpu = clock_of(CLOCK_THREAD_CPUTIME_ID), calls = load->calls;
    load->now = load->start = now();
    load->deadline = load->start + length;
    wake_all(load);
    while (!is_over(load)) {
        uint64_t before = load->now, wake = load->deadline;
        if (before >= wake)
            wake += load->plan.patience;
        if (load->next_rest < wake)
            wake = load->next_rest;
        int events = wait_until(load, wake);
        for (int at = 0; at < events; at++)
            attend(load, load->events[at].data.ptr, load->events[at].events);
        if (load->now == before)
            load->now = now();
        if (load->now >= load->next_rest) {
            load->next_rest = UINT64_MAX;
            wake_all(load);
        }
    }
    cpu = clock_of(CLOCK_THREAD_CPUTIME_ID) - cpu;
    uint64_t answered = load->last_answer - load->start;
    if (load->last_answer < load->deadline)
        answered = length;
    struct ran ran = {
        .seconds = (double)answered / 1e9,
        .requests = load->requests,
        .cpu_seconds = (double)cpu / 1e9,
        .syscalls = load->calls - calls,
    };
    for (size_t at = 0; at < load->plan.connections; at++)
        ran.starved += !load->slots[at].answered;
    return ran;
}

const struct times *times_of(const struct load *load)
{
    return &load->times;
}

const uint64_t *errors_of(const struct load *load)
{
    return load->errors;
}

void close_load(struct load *load)
{
    for (size_t at = 0; at < load->plan.connections; at++)
        hang_up(load, &load->slots[at]);
    close(load->epoll);
    free(load->slots);
    free(load->payload);
    free(load->room);
    free(load);
}

/* Who asks, and until when. */

static void wake_all(struct load *load)
{
    struct slot *end = load->slots + load->plan.connections;
    for (struct slot *slot = load->slots; slot < end; slot++)
        if (slot->state == IDLE)
            go_on(load, slot);
        else if (slot->state == ABSENT)
            renew(load, slot);
}

void renew(struct load *load, struct slot *slot)
{
    if (slot->rests_until > load->now) {
        if (slot->rests_until < load->next_rest)
            load->next_rest = slot->rests_until;
    } else if (!load->plan.visits) {
        enter(load, slot);
    } else if (load->now < load->deadline) {
        visit(load, slot);
    }
}

void go_on(struct load *load, struct slot *slot)
{
    if (load->now < load->deadline)
        ask_next(load, slot);
}

/* No new request begins after the deadline, and what is under way is waited
 * for: the server has done work for it. */
static bool is_over(const struct load *load)
{
    if (load->now < load->deadline)
        return false;
    return load->under_way == 0
        || load->now >= load->deadline + load->plan.patience;
}

/* Waits for events; how many there are. */
static int wait_until(struct load *load, uint64_t wake)
{
    uint64_t patience = wake > load->now ? wake - load->now : 0;
    struct timespec time = {
        .tv_sec = (time_t)(patience / SECOND),
        .tv_nsec = (long)(patience % SECOND),
    };
    load->calls++;
    /* By number: the C library has it only since glibc 2.35. */
    long events = syscall(SYS_epoll_pwait2, load->epoll, load->events, MOST,
                          &time, NULL, (size_t)0);
    return events > 0 ? (int)events : 0;
}
