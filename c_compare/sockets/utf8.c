/* Unicode in UTF-8; see utf8.h. */
#include "sockets/utf8.h"

size_t utf8_first(struct bytes text, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

    if (text.length == 0)
        return 0;
    unsigned char lead = text.at[0];
    if (lead < 0x80) {
        *code = lead;
        return 1;
    }
    size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc0 || lead >= 0xf8 || text.length < length)
        return 0;
    *code = lead & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((text.at[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (text.at[i] & 0x3f);
    }
    return *code >= least[length] && utf8_is_char(*code) ? length : 0;
}

bool utf8_is_valid(struct bytes text)
{
    while (text.length > 0) {
        uint32_t code;
        size_t length = utf8_first(text, &code);
        if (length == 0)
            return false;
        text.at += length;
        text.length -= length;
    }
    return true;
}

bool utf8_is_char(uint32_t code)
{
    return code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}
