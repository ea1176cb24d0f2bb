/* The head of a response: its status, and how its body will end.
 *
 * Twin: src/protocols/http/head.rs. Read first: RFC 9112, sections 4 to 6.
 */
#ifndef PROTOCOLS_HTTP_HEAD_H
#define PROTOCOLS_HTTP_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "sockets/text.h"

/* What a peer can do wrong. */
enum wrong {
    NOTHING_WRONG,
    /* The first line is no status line. */
    WRONG_STATUS,
    /* A header line has no name. */
    WRONG_FIELD,
    /* More than LONGEST_HEAD came that is no body. */
    WRONG_LONG,
    /* Content-Length is no number, or two different ones. */
    WRONG_LENGTH,
    /* Something else than chunked as Transfer-Encoding. */
    WRONG_CODING,
    /* A chunk does not begin or end as one. */
    WRONG_CHUNK,
    /* The connection ended before the first byte. */
    WRONG_SILENT,
    /* The connection ended within the head. */
    WRONG_CUT_HEAD,
    /* The connection ended before the announced length was there. */
    WRONG_CUT_BODY,
    /* The connection ended before the last chunk. */
    WRONG_CUT_CHUNKS
};

/* Bytes of one's own; Rust's Vec<u8>. */
struct kept {
    unsigned char *at;
    size_t length;
};

/* What is kept of a head. */
struct head {
    /* In bytes, line ends counted. */
    size_t size;
    /* Empty until it is there. */
    struct kept status_line;
    unsigned status;
    bool has_length;
    uint64_t length;
    bool is_chunked;
    /* The last header line: a line that begins with a blank continues it. */
    struct kept field;
};

/* The next line; `is_last` when it was the empty one at the end. */
enum wrong head_hear(struct head *head, struct bytes line, bool *is_last);

/* Frees what it holds, and has heard nothing. */
void head_end(struct head *head);

/* Digits and nothing else, not even a sign. */
bool http_number(struct bytes digits, unsigned base, uint64_t *number);

/* Without the white space at its end. */
struct bytes trim_end(struct bytes text);

#endif
