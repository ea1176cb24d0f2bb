/* Lines out of a stream, however it was cut into segments.
 *
 * TCP keeps no boundaries: one recv may bring half a line or three. Twin:
 * src/sockets/lines.rs.
 */
#ifndef SOCKETS_LINES_H
#define SOCKETS_LINES_H

#include "sockets/text.h"

/* Gathers bytes into lines of at most a given length. */
struct lines {
    /* The beginning of a line whose end has not come yet. Not even
     * allocated, as long as lines come whole. */
    unsigned char *begun;
    size_t length;
    size_t longest;
};

enum found { NO_LINE, A_LINE, TOO_LONG };

/* Lines of up to `longest` bytes, LF or CR LF not counted. */
struct lines lines_up_to(size_t longest);

/* Takes the next line from the front of `input`, without its end; `line` is
 * good until the next call. NO_LINE when no whole line is there yet, TOO_LONG
 * as soon as one byte too many is there. */
enum found next_line(struct lines *lines, struct bytes *input,
                     struct bytes *line);

void lines_end(struct lines *lines);

#endif
