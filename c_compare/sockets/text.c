/* Bytes as text that a terminal can show. Twin: src/sockets/text.rs. */
#include "sockets/text.h"

#include <stdio.h>
#include <string.h>

#include "sockets/memory.h"
#include "sockets/utf8.h"

static char *escape(unsigned char byte, char *out);

/* No byte becomes more than four: \xff. */
static char *room_for(struct bytes bytes)
{
    return grown(NULL, bytes.length * 4 + sizeof "b''");
}

char *shown(struct bytes bytes)
{
    char *text = room_for(bytes), *out = text;
    const unsigned char *at = bytes.at, *end = at + bytes.length;
    while (at < end) {
        struct bytes rest = {at, (size_t)(end - at)};
        uint32_t code;
        size_t size = utf8_first(rest, &code);
        if (size == 2 && code < 0xa0) {
            out += sprintf(out, "\\u%04x", code);
            at += 2;
        } else if (size == 0 || *at < ' ' || *at == 0x7f) {
            out = escape(*at++, out);
        } else {
            memcpy(out, at, size);
            out += size;
            at += size;
        }
    }
    *out = '\0';
    return text;
}

char *repr(struct bytes bytes)
{
    char *text = room_for(bytes), *out = text, quote = '\'';
    if (bytes.length > 0 && memchr(bytes.at, '\'', bytes.length)
        && !memchr(bytes.at, '"', bytes.length))
        quote = '"';
    *out++ = 'b';
    *out++ = quote;
    for (size_t i = 0; i < bytes.length; i++) {
        unsigned char byte = bytes.at[i];
        if (byte == '\\' || byte == quote)
            *out++ = '\\';
        if (byte >= ' ' && byte <= '~')
            *out++ = (char)byte;
        else
            out = escape(byte, out);
    }
    *out++ = quote;
    *out = '\0';
    return text;
}

static char *escape(unsigned char byte, char *out)
{
    switch (byte) {
    case '\t': return out + sprintf(out, "\\t");
    case '\n': return out + sprintf(out, "\\n");
    case '\r': return out + sprintf(out, "\\r");
    default: return out + sprintf(out, "\\x%02x", byte);
    }
}
