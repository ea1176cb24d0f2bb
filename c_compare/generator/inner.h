/* What load.c and run.c share. Twin: src/bin/berkeley/generator/slot.rs, and
 * the struct of load.rs.
 */
#ifndef GENERATOR_INNER_H
#define GENERATOR_INNER_H

#include <sys/epoll.h>

#include "generator/load.h"

enum { MOST = 256, ADDRESSES = 200, SECOND = 1000000000 };

enum state { ABSENT, CONNECTING, SAYING, HEARING, IDLE };

struct slot {
    int socket;
    enum state state;
    uint32_t interest; /* what epoll watches it for; 0 before the first time */
    uint32_t connection, sequence;
    size_t said, heard;
    bool asking;
    uint64_t asked_at;
    unsigned failures;
    uint64_t rests_until;
    bool answered;
};

struct load {
    struct plan plan;
    unsigned next_source;
    unsigned char *payload, *room;
    struct slot *slots;
    int epoll;
    struct epoll_event events[MOST];
    uint64_t calls, requests, under_way;
    uint64_t start, deadline, last_answer, now, next_rest;
    uint64_t errors[TROUBLES];
    struct times times;
};

/* Nanoseconds of CLOCK_MONOTONIC, read without entering the kernel:
 * vdso(7). */
uint64_t now(void);

/* A connection that is to stay open. */
void enter(struct load *load, struct slot *slot);

/* A connection of its own for one request, timed from here. */
void visit(struct load *load, struct slot *slot);

void hang_up(struct load *load, struct slot *slot);

/* The next request of a connection. */
void ask_next(struct load *load, struct slot *slot);

/* Something happened on a connection. */
void attend(struct load *load, struct slot *slot, uint32_t event);

/* The slot has no connection: a new one, unless it has to rest. */
void renew(struct load *load, struct slot *slot);

/* The connection is idle: it asks, unless the run is at its end. */
void go_on(struct load *load, struct slot *slot);

#endif
