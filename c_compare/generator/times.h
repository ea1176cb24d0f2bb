/* How long the answers took: a histogram with three digits, whatever the
 * size of a number.
 *
 * Twin: src/bin/berkeley/generator/tally.rs, and the crate hdrhistogram.
 */
#ifndef GENERATOR_TIMES_H
#define GENERATOR_TIMES_H

#include <stdint.h>

/* Numbers from 2^(i+10) to 2^(i+11) share a row of 1024; the first row has
 * all below 2048, one by one. */
enum { ROW = 1024, ROWS = 28 };

struct times {
    uint64_t counts[ROWS * ROW + ROW];
    uint64_t all;
};

static inline void answered(struct times *times, uint64_t latency)
{
    const uint64_t longest = 100000000000;
    uint64_t time = latency < longest ? latency : longest;
    unsigned shift = 0;
    if (time >= 2 * ROW)
        shift = 53 - (unsigned)__builtin_clzll(time);
    times->counts[(uint64_t)shift * ROW + (time >> shift)]++;
    times->all++;
}

/* The least time that so many of a thousand did not exceed. */
uint64_t percentile(const struct times *times, unsigned of_a_thousand);

#endif
