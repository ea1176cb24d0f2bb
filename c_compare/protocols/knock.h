/* Knock, knock: a joke in three lines each way.
 *
 * Twin: src/protocols/knock.rs. Try it: `knock -p 5000`, then
 * `nc -C 127.0.0.1 5000`.
 */
#ifndef PROTOCOLS_KNOCK_H
#define PROTOCOLS_KNOCK_H

#include "protocols/session.h"

/* The longest line, its end not counted; also what one recv asks for. */
enum { LONGEST = 280 };

/* Where one message ends and the next begins; what `begin` is given. */
enum framing {
    /* At LF or CR LF, however the bytes were cut. */
    FRAMING_LINE,
    /* The handout's simple reading: one recv is one message. It breaks as
     * soon as a segment holds half a line or two of them. */
    FRAMING_RECV
};

/* The server's side of one joke. */
extern const struct protocol knock_protocol;

#endif
