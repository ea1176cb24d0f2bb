/* The two ways protocol 0 writes text on one line of ASCII.
 *
 * Twin: src/protocols/pickle/escapes.rs. */
#include "inner.h"
#include "sockets/utf8.h"

static bool named(unsigned char letter, uint32_t *code);
static uint32_t octal(struct bytes *text);
static bool hex(struct bytes *text, size_t length, uint32_t *code);

static unsigned char take(struct bytes *text)
{
    text->length--;
    return *text->at++;
}

/* STRING: Python 2's `repr` of a str, ASCII once the escapes are gone. */
enum refused escapes_quoted(struct bytes text, struct buffer *plain)
{
    if (text.length < 2 || text.at[0] != text.at[text.length - 1] ||
        (text.at[0] != '\'' && text.at[0] != '"'))
        return REFUSED_TEXT;
    struct bytes rest = {text.at + 1, text.length - 2};
    while (rest.length > 0) {
        uint32_t code = take(&rest);
        if (code == '\\') {
            if (rest.length == 0)
                return REFUSED_TEXT;
            unsigned char letter = rest.at[0];
            if (letter == 'x') {
                take(&rest);
                if (!hex(&rest, 2, &code))
                    return REFUSED_TEXT;
            } else if (letter >= '0' && letter <= '7') {
                code = octal(&rest);
            } else if (named(letter, &code)) {
                take(&rest);
            }
        }
        if (code > 0x7f)
            return REFUSED_TEXT;
        if (!buffer_add_char(plain, code))
            return REFUSED_MEMORY;
    }
    return REFUSED_NOT;
}

static bool named(unsigned char letter, uint32_t *code)
{
    switch (letter) {
    case '\\': case '\'': case '"':
        *code = letter;
        return true;
    case 'a':
        *code = '\a';
        return true;
    case 'b':
        *code = '\b';
        return true;
    case 't':
        *code = '\t';
        return true;
    case 'n':
        *code = '\n';
        return true;
    case 'v':
        *code = '\v';
        return true;
    case 'f':
        *code = '\f';
        return true;
    case 'r':
        *code = '\r';
        return true;
    default:
        return false;
    }
}

static uint32_t octal(struct bytes *text)
{
    uint32_t code = 0;

    for (int i = 0; i < 3 && text->length > 0; i++) {
        if (text->at[0] < '0' || text->at[0] > '7')
            break;
        code = code * 8 + (uint32_t)(take(text) - '0');
    }
    return code;
}

static bool hex(struct bytes *text, size_t length, uint32_t *code)
{
    if (text->length < length)
        return false;
    *code = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char digit = take(text);
        uint32_t value;
        if (digit >= '0' && digit <= '9')
            value = (uint32_t)(digit - '0');
        else if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f')
            value = (uint32_t)((digit | 0x20) - 'a' + 10);
        else
            return false;
        *code = *code << 4 | value;
    }
    return true;
}

/* UNICODE: Latin-1, with \u and \U for what is beyond it. A backslash
 * before anything else takes that along unread. */
enum refused escapes_raw_unicode(struct bytes text, struct buffer *plain)
{
    while (text.length > 0) {
        uint32_t code = take(&text);
        if (code == '\\' && text.length > 0) {
            unsigned char second = take(&text);
            if (second == 'u' || second == 'U') {
                if (!hex(&text, second == 'u' ? 4 : 8, &code))
                    return REFUSED_TEXT;
            } else {
                if (!buffer_add_char(plain, '\\'))
                    return REFUSED_MEMORY;
                code = second;
            }
        }
        if (!utf8_is_char(code))
            return REFUSED_TEXT;
        if (!buffer_add_char(plain, code))
            return REFUSED_MEMORY;
    }
    return REFUSED_NOT;
}
