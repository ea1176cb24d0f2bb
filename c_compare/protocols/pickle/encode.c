/* The three pickles the lab sends, byte for byte as Python 3.11 makes them
 * with protocol 4: `pickle.dumps({'clientid': 60644})`, `pickle.dumps(1)`
 * and the student's dict.
 *
 * Twin: src/protocols/pickle/encode.rs. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inner.h"
#include "opcodes.h"
#include "sockets/utf8.h"

const struct bytes encode_acknowledgement = {
    (const unsigned char[]){PROTO, 4, BININT1, 1, STOP}, 5};

static bool begin(struct buffer *out);
static bool end(struct buffer *out);
static bool add_str(struct buffer *out, const char *text);
static bool add_int(struct buffer *out, const char *digits);

bool encode_greeting(struct buffer *out, int64_t clientid)
{
    char digits[24];

    snprintf(digits, sizeof digits, "%" PRId64, clientid);
    return begin(out) && add_str(out, "clientid") && add_int(out, digits) &&
           buffer_add_byte(out, SETITEM) && end(out);
}

bool encode_student(struct buffer *out, const char *name,
                    const char *username, const char *sid)
{
    struct bytes text = {(const unsigned char *)sid, strlen(sid)};
    bool is_int = number_is_int(text);

    return begin(out) && buffer_add_byte(out, MARK) &&
           add_str(out, "student_name") && add_str(out, name) &&
           add_str(out, "github_username") && add_str(out, username) &&
           add_str(out, "sid") &&
           (is_int ? add_int(out, sid) : add_str(out, sid)) &&
           buffer_add_byte(out, SETITEMS) && end(out) &&
           out->length <= MOST_BYTES;
}

static bool add_length(struct buffer *out, size_t length, size_t width)
{
    while (width > 0) {
        if (!buffer_add_byte(out, (unsigned char)(length & 0xff)))
            return false;
        length >>= 8;
        width--;
    }
    return true;
}

/* A frame is as long as all that follows it, which is not known yet. */
static bool begin(struct buffer *out)
{
    static const unsigned char proto[] = {PROTO, 4, FRAME};
    static const unsigned char dict[] = {EMPTY_DICT, MEMOIZE};

    return buffer_add(out, proto, sizeof proto) && add_length(out, 0, 8) &&
           buffer_add(out, dict, sizeof dict);
}

static bool end(struct buffer *out)
{
    if (!buffer_add_byte(out, STOP))
        return false;
    size_t length = out->length - 11;
    for (size_t i = 0; i < 8; i++) {
        out->at[3 + i] = (unsigned char)(length & 0xff);
        length >>= 8;
    }
    return true;
}

/* Each str is an object of its own, so none is fetched from the memo. */
static bool add_str(struct buffer *out, const char *text)
{
    size_t length = strlen(text);

    if (!utf8_is_valid((struct bytes){(const unsigned char *)text, length}))
        return false;
    bool brief = length <= 0xff;
    return buffer_add_byte(out, brief ? SHORT_BINUNICODE : BINUNICODE) &&
           add_length(out, length, brief ? 1 : 4) &&
           buffer_add(out, text, length) && buffer_add_byte(out, MEMOIZE);
}

static bool add_int(struct buffer *out, const char *digits)
{
    struct bytes text = {(const unsigned char *)digits, strlen(digits)};
    unsigned char bytes[MOST_INT_BYTES + 2];

    size_t length = number_bytes_of(text, bytes);
    long long value = length <= 4 ? strtoll(digits, NULL, 10) : -1;
    if (value >= 0 && value <= 0xff)
        return buffer_add_byte(out, BININT1) &&
               add_length(out, (size_t)value, 1);
    if (value >= 0 && value <= 0xffff)
        return buffer_add_byte(out, BININT2) &&
               add_length(out, (size_t)value, 2);
    if (length <= 4)
        return buffer_add_byte(out, BININT) &&
               add_length(out, (size_t)value, 4);
    bool brief = length <= 0xff;
    return buffer_add_byte(out, brief ? LONG1 : LONG4) &&
           add_length(out, length, brief ? 1 : 4) &&
           buffer_add(out, bytes, length);
}
