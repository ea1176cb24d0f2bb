/* An HTTP/1.x response, taken apart as it comes.
 *
 * A response says by itself where it ends, in one of four ways: it has no
 * body, it counts its bytes, it comes in chunks, or it ends with the
 * connection. TCP may cut all of that anywhere. Twin: src/protocols/http.rs.
 * Read first: RFC 9112, sections 6 to 8. Try it: `http_get 127.0.0.1 8000`.
 */
#ifndef PROTOCOLS_HTTP_H
#define PROTOCOLS_HTTP_H

#include "protocols/http/head.h"
#include "sockets/lines.h"

/* How much may come that is no body: heads, a chunk's line, a trailer. */
enum { LONGEST_HEAD = 64 * 1024 };

/* What `response_next` has found. */
enum step {
    /* Nothing: the input is used up. */
    STEP_MORE,
    /* The head is complete; an interim one (100 Continue) does not count. */
    STEP_HEAD,
    /* A piece of the body, still in the input. */
    STEP_BODY,
    /* The response is complete. What follows does not belong to it. */
    STEP_OVER
};

enum expect {
    EXPECT_HEAD,
    EXPECT_INTERIM,
    EXPECT_COUNTED,
    EXPECT_UNTIL_END,
    EXPECT_CHUNK_SIZE,
    EXPECT_CHUNK_DATA,
    EXPECT_CHUNK_END,
    EXPECT_TRAILER,
    EXPECT_NOTHING
};

/* One response, from its first byte to its last. */
struct response {
    enum expect expect;
    struct lines lines;
    struct head head;
    uint64_t body_size;
    /* Bytes to come, of the body or of this chunk. */
    uint64_t left;
    /* Bytes that were no body, since the last one that was. */
    size_t framing;
};

/* A response of which nothing has come yet. */
struct response response_begin(void);

/* Takes the next thing from the front of `input`: a `step`, and for
 * STEP_BODY the `piece`. Or what the peer did wrong; nothing can be read
 * after that. */
enum wrong response_next(struct response *response, struct bytes *input,
                         enum step *step, struct bytes *piece);

/* The connection ended: whether the response was complete, or where it was
 * cut. */
enum wrong response_cut(const struct response *response);

/* Whether the head is complete. */
bool response_has_head(const struct response *response);

/* Frees what it holds; Rust's Drop. */
void response_end(struct response *response);

/* What went wrong, in words; the caller's to free. */
char *wrong_text(const struct response *response, enum wrong wrong);

#endif
