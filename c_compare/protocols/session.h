/* What every conversation is made of: bytes in, bytes out, and lines for the
 * server's console. Twin: `Session` and `Notice` in src/protocols/mod.rs. */
#ifndef PROTOCOLS_SESSION_H
#define PROTOCOLS_SESSION_H

#include <stddef.h>

struct bytes {
    const unsigned char *at;
    size_t len;
};

enum notice_kind {
    NOTICE_SAID,  /* what the program is there to print: stdout */
    NOTICE_WRONG, /* what the peer did wrong: stderr */
};

/* One line without its end; `text` is the reader's to free. */
struct notice {
    enum notice_kind kind;
    char *text;
};

#endif
