/* One peer of an event loop: what is known of it between two events.
 *
 * What the stack of a blocking conversation holds stands here in a struct.
 * Twin: src/workers/guest.rs. Read conversation first, then this, then
 * event_loop.
 */
#ifndef WORKERS_GUEST_H
#define WORKERS_GUEST_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>

#include "workers/board.h"
#include "workers/server.h"
#include "workers/waiter.h"

/* A peer, and how far the conversation with it has come. */
struct guest {
    int socket;
    enum interest interest;
    bool given_up; /* it did not take what was sent */
    bool ending; /* this side has said all and sent its FIN */
    struct peer peer;
    struct talking talking;
    /* The rest of an answer that the kernel did not take at once, or NULL;
     * and how much of that it has taken since. */
    unsigned char *unsent;
    size_t length, taken;
    double deadline; /* when it is silent, or ending, for too long */
    alignas(max_align_t) unsigned char session[];
};

/* A peer that has just come. */
struct guest *guest_new(const struct server *server, int socket,
                        struct talking talking, const struct peer *peer);

/* Whether bytes wait until the peer takes them. */
bool guest_has_unsent(const struct guest *guest);

/* Whether this side has nothing more to say. */
bool guest_is_done(const struct server *server, const struct guest *guest);

/* Drops what the peer does not take. */
void guest_give_up(struct guest *guest);

/* Says what comes before the peer has said anything: 0, or -1 and errno. */
int guest_greet(const struct server *server, struct slot *slot,
                struct guest *guest);

/* Answers what the peer has said: 0, or -1 and errno. */
int guest_answer(const struct server *server, struct slot *slot,
                 struct guest *guest, struct bytes input);

/* Sends more of what it did not take at once: 0, or -1 and errno. */
int guest_say_more(struct slot *slot, struct guest *guest);

/* Forgets it. Its descriptor is the caller's to close. */
void guest_free(const struct server *server, struct guest *guest);

#endif
