/* Bytes as text that a terminal can show. Twin: src/sockets/text.rs. */
#include "sockets/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "sockets/memory.h"

static size_t letter(const unsigned char *at, size_t length);
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
        size_t size = letter(at, (size_t)(end - at));
        if (size == 2 && at[0] == 0xc2 && at[1] < 0xa0) {
            out += sprintf(out, "\\u%04x", at[1]);
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

/* How many bytes the UTF-8 letter at `at` has; 0 for what is none: stray,
 * cut or overlong sequences, surrogates, more than U+10FFFF. */
static size_t letter(const unsigned char *at, size_t length)
{
    unsigned char first = at[0], low = 0x80, high = 0xbf;
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    size_t size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (length < size)
        return 0;
    switch (first) {
    case 0xe0: low = 0xa0; break;
    case 0xed: high = 0x9f; break;
    case 0xf0: low = 0x90; break;
    case 0xf4: high = 0x8f; break;
    }
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return size;
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
