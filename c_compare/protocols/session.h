/* Conversations as pure state machines: no socket, no I/O.
 *
 * The same session serves a blocking recv loop and an epoll loop, and is
 * tested cut at every byte. Twin: src/protocols/mod.rs.
 */
#ifndef PROTOCOLS_SESSION_H
#define PROTOCOLS_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "sockets/text.h"

enum notice_kind {
    SAID, /* what the handout prints */
    WRONG /* what the peer did wrong */
};

/* A line for the server's console; the text is the receiver's to free. */
struct notice {
    enum notice_kind kind;
    char *text;
};

/* One side of a conversation: bytes in, bytes out. A function may be NULL
 * where Rust's trait has a default. */
struct protocol {
    /* Of one session's state. */
    size_t size;

    /* A conversation that has not begun; NULL: nothing to set up. `id` is
     * the peer's port, over AF_UNIX its process. */
    void (*begin)(void *session, const void *setup, long id);

    /* What this side says before the peer has said anything. */
    struct bytes (*greeting)(void *session);

    /* `input` arrived, cut anywhere; the answer goes back before more is
     * read. */
    struct bytes (*answer)(void *session, struct bytes input);

    /* Nothing more will be said: send what is left, end the connection. */
    bool (*is_over)(const void *session);

    /* What the server's console should hear about it, oldest first. */
    bool (*notice)(void *session, struct notice *notice);

    /* Frees what it holds; Rust's Drop. NULL: it holds nothing. */
    void (*end)(void *session);
};

#endif
