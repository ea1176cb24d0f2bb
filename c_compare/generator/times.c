/* Percentiles out of a histogram. Twin:
 * src/bin/berkeley/generator/tally.rs.
 */
#include "generator/times.h"

#include <stddef.h>

static uint64_t time_at(size_t place);

uint64_t percentile(const struct times *times, unsigned of_a_thousand)
{
    const size_t places = sizeof times->counts / sizeof *times->counts;
    uint64_t rank = (times->all * of_a_thousand + 999) / 1000;
    uint64_t seen = 0;
    for (size_t place = 0; place < places; place++) {
        seen += times->counts[place];
        if (times->counts[place] > 0 && seen >= rank)
            return time_at(place);
    }
    return 0;
}

/* The middle of the times that are counted there. */
static uint64_t time_at(size_t place)
{
    if (place < (size_t)2 * ROW)
        return place;
    unsigned shift = (unsigned)(place / ROW - 1);
    uint64_t low = (uint64_t)(place - (size_t)shift * ROW) << shift;
    return low + ((uint64_t)1 << shift) / 2;
}
