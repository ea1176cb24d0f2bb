/* How fast the dead are replaced. Twin: src/workers/brake.rs. */
#include "workers/brake.h"

#include "workers/server.h"

static const double SHORTEST = 0.1;
static const double LONGEST = 5;

struct brake brake_released(void)
{
    return (struct brake){.due = now(), .calm = true};
}

double brake_left(const struct brake *brake)
{
    double left = brake->due - now();
    return left > 0 ? left : 0;
}

void brake_death(struct brake *brake)
{
    double time = now(), window = 1 + 10 * brake->delay;
    double *first = &brake->deaths[brake->dead % ACCIDENTS];
    bool crash_loop = brake->dead >= ACCIDENTS && time - *first < window;
    *first = time;
    brake->dead++;
    if (crash_loop)
        brake_slow_down(brake);
    brake->calm = false;
}

void brake_slow_down(struct brake *brake)
{
    brake->delay *= 2;
    if (brake->delay < SHORTEST)
        brake->delay = SHORTEST;
    if (brake->delay > LONGEST)
        brake->delay = LONGEST;
    brake->due = now() + brake->delay;
    brake->calm = false;
}

void brake_release(struct brake *brake)
{
    if (brake->calm) {
        brake->delay /= 2;
        if (brake->delay < SHORTEST)
            brake->delay = 0;
    }
    brake->due = now() + brake->delay;
    brake->calm = true;
}
