/* Python's pickles, read without trusting them: a pickle is a program for
 * a small stack machine, and this machine lacks every instruction that
 * could name or call code.
 *
 * `opcodes` is the instruction set, `scan` finds the end of a pickle in a
 * stream, `decode` runs it with the `values` it pushes, `depth` looks at
 * what came out, `text` shows it as Python would, `encode` writes the few
 * pickles the lab sends.
 *
 * Twin: src/protocols/pickle/.
 * Try: python3 -c 'import pickle, pickletools as t;
 * t.dis(pickle.dumps({"sid": 1}, 4))' */
#ifndef PROTOCOLS_PICKLE_H
#define PROTOCOLS_PICKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../buffer.h"
#include "protocols/session.h"

enum {
    /* The longest pickle that is read or written, in bytes. */
    MOST_BYTES = 64 * 1024,
    /* How many containers may be nested, the outermost counted. */
    MOST_NESTED = 32,
    /* How many digits of an int are shown: Python's own limit. */
    MOST_DIGITS = 4300,
    /* The longest text `pickle_repr` gives, in bytes. */
    MOST_TEXT = 64 * 1024,
    /* No greeting is longer. */
    MOST_GREETING = 48,
};

/* Where in its pickle's `nodes` values are. */
struct ids {
    uint32_t *at;
    size_t length;
    size_t room;
};

enum kind {
    KIND_NONE,
    KIND_BOOL,
    KIND_INT,   /* in `whole` */
    KIND_LONG,  /* one that does not fit there: `text`, in decimal */
    KIND_HUGE,  /* one of more than MOST_DIGITS digits */
    KIND_FLOAT, /* in `real` */
    KIND_STR,   /* UTF-8; one with lone surrogates is refused */
    KIND_BYTES, /* in `text` too */
    KIND_LIST,
    KIND_TUPLE,
    KIND_DICT, /* key, value, key, value, …: the last of equal keys counts */
};

/* One value. Containers hold the places of their elements, so that what a
 * pickle shares is shared here too, and never copied. */
struct node {
    enum kind kind;
    union {
        bool truth;
        int64_t whole;
        double real;
        struct buffer text;
        struct ids elements;
    };
};

struct pickle {
    struct node *nodes;
    size_t length;
    size_t room;
    uint32_t root;
};

/* What the str `key` stands for, if `dict` is a dict that has it. */
bool pickle_get(const struct pickle *pickle, uint32_t dict, const char *key,
                uint32_t *value);
void pickle_free(struct pickle *pickle);

/* Why a pickle was not read, or a value not shown. */
enum refused {
    REFUSED_NOT,
    REFUSED_CODE,       /* an instruction that names or calls code */
    REFUSED_OPCODE,     /* a byte that is no instruction */
    REFUSED_KIND,       /* a set or a bytearray */
    REFUSED_TOO_LONG,   /* more than MOST_BYTES */
    REFUSED_VERSION,    /* a protocol after 5 */
    REFUSED_FRAME,      /* a frame whose length is not true */
    REFUSED_UNFINISHED, /* fewer or more bytes than one pickle */
    REFUSED_STACK,      /* too few values on the stack, or above the mark */
    REFUSED_MEMO,       /* an entry not there, or beyond any honest number */
    REFUSED_NUMBER,     /* text that is no number */
    REFUSED_TEXT,       /* text that is no text */
    REFUSED_KEY,        /* a container as the key of a dict */
    REFUSED_PAIRS,      /* a key without a value */
    REFUSED_ELEMENT,    /* an element for what is no list or dict */
    REFUSED_DEPTH,      /* more than MOST_NESTED, one in the other */
    REFUSED_CYCLE,      /* a container within itself */
    REFUSED_CONTAINER,  /* bytes or a container where a scalar is shown */
    REFUSED_DIGITS,     /* an int of more than MOST_DIGITS digits */
    REFUSED_LONGWINDED, /* more than MOST_TEXT to show */
    REFUSED_NO_DICT,    /* something else than a dict */
    REFUSED_MEMORY,     /* no memory is left; Rust would abort */
};

const char *refused_text(enum refused why);

/* A walk over one pickle that goes on where it stopped for want of bytes;
 * it begins as all zeros. */
struct scanner {
    size_t at;        /* the opcode that was not whole yet */
    size_t searched;  /* no newline before this byte ends its argument */
    size_t frame_end; /* where the frame around `at` ends; 0: none */
};

/* `*length` of the pickle that `bytes` begin with, its STOP included, or 0
 * as long as STOP is not there. `bytes` are what the last call saw and what
 * came since. Refused is what cannot become a pickle that
 * `pickle_decode` runs, whatever follows. */
enum refused pickle_scan(struct scanner *scanner, struct bytes bytes,
                         size_t *length);

/* The value that `bytes`, one whole pickle, stand for; only after
 * REFUSED_NOT is there something to free. */
enum refused pickle_decode(struct bytes bytes, struct pickle *pickle);

/* `str(value)` of a str, int, float, bool or None, added to `out`. */
enum refused pickle_str(const struct pickle *pickle, uint32_t id,
                        struct buffer *out);
/* `repr(value)` of any value, added to an empty `out`. */
enum refused pickle_repr(const struct pickle *pickle, uint32_t id,
                         struct buffer *out);
/* `text` on one line: control characters escaped, all else as it is. */
bool add_on_one_line(struct buffer *out, struct bytes text);

/* The pickle of the integer 1. */
extern const struct bytes encode_acknowledgement;
/* The pickle of `{'clientid': clientid}`. */
bool encode_greeting(struct buffer *out, int64_t clientid);
/* The pickle of the dict a student sends. `sid` becomes an int if it reads
 * as one, written just as Python would show it: `007` stays a str. False if
 * the pickle would be too long for anyone to read, or is not UTF-8. */
bool encode_student(struct buffer *out, const char *name,
                    const char *username, const char *sid);

#endif
