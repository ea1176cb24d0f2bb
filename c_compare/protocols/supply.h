/* Supply: a line with a number asks for that many bytes.
 *
 * The conversation of the clients in chapter 30 of UNIX Network Programming.
 * Byte i of every answer is byte i % 64 of the alphabet of base64,
 * `A-Za-z0-9+/`, so that a client can check it without a memory. A line that
 * asks for nothing, or for too much, ends the conversation. Twin:
 * src/protocols/supply.rs. Try it: `supply_server`, then `nc 127.0.0.1 10030`
 * and type 70. Read knock first.
 */
#ifndef PROTOCOLS_SUPPLY_H
#define PROTOCOLS_SUPPLY_H

#include "protocols/session.h"

enum {
    /* The most that one line may ask for. */
    SUPPLY_MOST = 16384,

    /* The digits of that. */
    SUPPLY_LONGEST = 5,

    /* What one recv asks for: one whole line, its end counted. Whoever sends
     * a thousand requests at once has them wait in the kernel's buffer, where
     * they count against his window, and not here as 16 MB of answers. (To
     * answer part of an input and be asked again would need a second call for
     * every piece of every protocol.) */
    SUPPLY_PIECE = SUPPLY_LONGEST + 2
};

/* The server's side. */
extern const struct protocol supply_protocol;

#endif
