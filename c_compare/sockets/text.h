/* Bytes from the network as text that a terminal can show.
 *
 * Twin: src/sockets/text.rs. What these return is the caller's to free.
 */
#ifndef SOCKETS_TEXT_H
#define SOCKETS_TEXT_H

#include <stddef.h>

/* Bytes that somebody else keeps; Rust's &[u8]. */
struct bytes {
    const unsigned char *at;
    size_t length;
};

/* UTF-8 as it is; control characters and everything that is no text as
 * \n, \x00, \xff. */
char *shown(struct bytes bytes);

/* As Python's repr(bytes): b'hello\n', in double quotes where the text has a
 * single quote and no double one. */
char *repr(struct bytes bytes);

#endif
