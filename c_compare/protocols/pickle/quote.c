/* Text and bytes as Python quotes them.
 *
 * Twin: src/protocols/pickle/quote.rs. */
#include <stdio.h>
#include <string.h>

#include "inner.h"
#include "sockets/utf8.h"

/* Characters, beyond Latin-1, that Python's `repr` escapes because they are
 * invisible: spaces, marks of direction, private use. (Python also escapes
 * what its own Unicode version has no name for yet.) */
static const uint32_t invisible[][2] = {
    {0x0600, 0x0605},     {0x061c, 0x061c},     {0x06dd, 0x06dd},
    {0x070f, 0x070f},     {0x1680, 0x1680},     {0x180e, 0x180e},
    {0x2000, 0x200f},     {0x2028, 0x202f},     {0x205f, 0x206f},
    {0x3000, 0x3000},     {0xe000, 0xf8ff},     {0xfeff, 0xfeff},
    {0xfff0, 0xfffb},     {0xfffe, 0xffff},     {0x1bca0, 0x1bca3},
    {0x1d173, 0x1d17a},   {0x1fffe, 0x1ffff},   {0xe0000, 0xe00ff},
    {0xe01f0, 0x10ffff},
};

static bool is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code <= 0x9f);
}

static bool is_printable(uint32_t code)
{
    size_t count = sizeof invisible / sizeof invisible[0];

    if (is_control(code) || code == 0xa0 || code == 0xad)
        return false;
    for (size_t i = 0; i < count; i++)
        if (invisible[i][0] <= code && code <= invisible[i][1])
            return false;
    return true;
}

static bool add_escaped(struct buffer *out, uint32_t code)
{
    char text[16];

    if (code == '\t')
        return buffer_add_text(out, "\\t");
    if (code == '\n')
        return buffer_add_text(out, "\\n");
    if (code == '\r')
        return buffer_add_text(out, "\\r");
    if (code <= 0xff)
        snprintf(text, sizeof text, "\\x%02x", code);
    else if (code <= 0xffff)
        snprintf(text, sizeof text, "\\u%04x", code);
    else
        snprintf(text, sizeof text, "\\U%08x", code);
    return buffer_add_text(out, text);
}

/* Python prefers ' unless that alone would need a backslash. */
static unsigned char quote_for(struct bytes text)
{
    return text.length > 0 && memchr(text.at, '\'', text.length) != NULL &&
                   memchr(text.at, '"', text.length) == NULL
               ? '"'
               : '\'';
}

bool add_quoted(struct buffer *out, struct bytes text)
{
    unsigned char quote = quote_for(text);
    bool added = buffer_add_byte(out, quote);

    while (added && text.length > 0) {
        uint32_t code = 0;
        size_t length = utf8_first(text, &code);
        if (code == quote || code == '\\')
            added = buffer_add_byte(out, '\\') && buffer_add_char(out, code);
        else if (is_printable(code))
            added = buffer_add_char(out, code);
        else
            added = add_escaped(out, code);
        text.at += length;
        text.length -= length;
    }
    return added && buffer_add_byte(out, quote);
}

bool add_quoted_bytes(struct buffer *out, struct bytes bytes)
{
    unsigned char quote = quote_for(bytes);
    bool added = buffer_add_byte(out, 'b') && buffer_add_byte(out, quote);

    for (size_t i = 0; added && i < bytes.length; i++) {
        unsigned char byte = bytes.at[i];
        if (byte == quote || byte == '\\')
            added = buffer_add_byte(out, '\\') && buffer_add_byte(out, byte);
        else if (byte >= ' ' && byte <= '~')
            added = buffer_add_byte(out, byte);
        else
            added = add_escaped(out, byte);
    }
    return added && buffer_add_byte(out, quote);
}

bool add_on_one_line(struct buffer *out, struct bytes text)
{
    bool added = true;

    while (added && text.length > 0) {
        uint32_t code = 0;
        size_t length = utf8_first(text, &code);
        added = is_control(code) ? add_escaped(out, code)
                                 : buffer_add(out, text.at, length);
        text.at += length;
        text.length -= length;
    }
    return added;
}
