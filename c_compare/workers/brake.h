/* How fast the dead are replaced. Twin: src/workers/brake.rs. */
#ifndef WORKERS_BRAKE_H
#define WORKERS_BRAKE_H

#include <stdbool.h>
#include <stddef.h>

/* So many deaths within a second are an accident; more are a crash loop. */
enum { ACCIDENTS = 10 };

/* How fast dead workers are replaced: at once, unless they die faster than
 * ten a second; then ever slower, and faster again when that helps. */
struct brake {
    double deaths[ACCIDENTS]; /* a ring of the last ones */
    size_t dead;
    double delay;
    double due;
    bool calm;
};

/* Nobody has died yet. */
struct brake brake_released(void);

/* Seconds until the next replacement. */
double brake_left(const struct brake *brake);

/* A worker died. The delay itself stretches the second in which ten may. */
void brake_death(struct brake *brake);

/* One more did, or could not be made. */
void brake_slow_down(struct brake *brake);

/* A worker was replaced. */
void brake_release(struct brake *brake);

#endif
