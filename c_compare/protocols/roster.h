/* The roster lab's conversation: pickles both ways, one after the other in
 * a stream that says nothing about where one ends.
 *
 * Twin: src/protocols/roster.rs. Read pickle/scan.c before it. */
#ifndef PROTOCOLS_ROSTER_H
#define PROTOCOLS_ROSTER_H

#include "pickle/pickle.h"
#include "protocols/session.h"

/* The server's side. Nothing is allocated until the peer speaks. */
struct roster {
    long clientid;
    unsigned char greeting[MOST_GREETING];
    struct scanner scanner;
    struct buffer pending; /* what came of a pickle not whole yet */
    struct buffer acknowledgements;
    struct notice *notices;
    size_t first_notice;
    size_t notice_count;
    size_t notice_room;
    bool over;
};

/* `clientid` is the peer's port; over AF_UNIX, its process. */
void roster_begin(struct roster *roster, long clientid);
/* What this side says before the peer has said anything. */
struct bytes roster_greeting(struct roster *roster);
/* `input` arrived, cut anywhere; the answer, good until the next call, goes
 * back before more is read. */
struct bytes roster_answer(struct roster *roster, struct bytes input);
/* Nothing more will be said: send what is left, end the connection. */
bool roster_is_over(const struct roster *roster);
/* What the server's console should hear about it, oldest first. */
bool roster_notice(struct roster *roster, struct notice *notice);
void roster_end(struct roster *roster);

/* The client's side: the dict the server greets with, as Python shows it,
 * in an empty `out` that is the caller's to free. */
enum refused roster_greeted(struct bytes bytes, struct buffer *out);
/* The client's side: does the server say the integer 1? `True` and `1.0`
 * equal it in Python, but are something else. */
enum refused roster_is_acknowledgement(struct bytes bytes, bool *is);

/* The server's side, for the worker models. */
extern const struct protocol roster_protocol;

#endif
