/* A load on an echo server: closed loops on open connections, or a
 * connection for each request. Twin: src/bin/berkeley/generator/load.rs,
 * which also has the other loads and protocols.
 */
#ifndef GENERATOR_LOAD_H
#define GENERATOR_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "generator/times.h"
#include "sockets/address.h"

struct plan {
    struct address server;
    bool visits;        /* a connection for each request */
    size_t connections;
    size_t size;        /* bytes of a message */
    uint64_t patience;  /* nanoseconds, for what is under way at the end */
};

/* More than any errno, for the counts of what went wrong. */
enum trouble { WRONG_ANSWER = 200, SURPLUS_BYTES, EARLY_END, TROUBLES };

struct ran {
    double seconds;
    uint64_t requests;
    double cpu_seconds;
    uint64_t syscalls;
    size_t starved;
};

struct load;

/* Makes the connections, where it keeps them open. NULL and errno. */
struct load *open_load(const struct plan *plan);

/* So many nanoseconds of requests. */
struct ran run_load(struct load *load, uint64_t length);

const struct times *times_of(const struct load *load);

/* By errno and enum trouble, TROUBLES of them. */
const uint64_t *errors_of(const struct load *load);

void close_load(struct load *load);

#endif
