/* Ints of any size, between two's complement and decimal, and floats. Work
 * is bounded the way Python bounds it: beyond 4300 digits there is none.
 *
 * Twin: src/protocols/pickle/number.rs. */
#include <errno.h>
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inner.h"
#include "opcodes.h"

enum {
    CHUNK = 1000000000,
    CHUNK_DIGITS = 9,
    MOST_LIMBS = (MOST_INT_BYTES + 3) / 4,
    MOST_CHUNKS = MOST_DIGITS / CHUNK_DIGITS + 2,
};

static struct bytes shortest(struct bytes bytes);
static size_t limbs_of(struct bytes bytes, bool negative, uint32_t *limbs);
static size_t decimal(uint32_t *limbs, size_t count, char *digits);

/* The int that `bytes` are in two's complement, little end first. */
enum refused number_of_bytes(struct bytes bytes, struct node *node)
{
    uint32_t limbs[MOST_LIMBS] = {0};
    char digits[1 + MOST_CHUNKS * CHUNK_DIGITS + 1];

    bytes = shortest(bytes);
    bool negative = bytes.length > 0 && bytes.at[bytes.length - 1] >= 0x80;
    if (bytes.length <= 8) {
        uint64_t wide = unsigned_of(bytes);
        if (negative && bytes.length < 8)
            wide |= UINT64_MAX << 8 * bytes.length;
        *node = (struct node){.kind = KIND_INT, .whole = (int64_t)wide};
        return REFUSED_NOT;
    }
    *node = (struct node){.kind = KIND_HUGE};
    if (bytes.length > MOST_INT_BYTES)
        return REFUSED_NOT;
    size_t count = limbs_of(bytes, negative, limbs);
    digits[0] = '-';
    size_t length = decimal(limbs, count, digits + 1);
    if (length > MOST_DIGITS)
        return REFUSED_NOT;
    *node = (struct node){.kind = KIND_LONG, .text = {0}};
    const char *from = negative ? digits : digits + 1;
    return buffer_add(&node->text, from, length + negative) ? REFUSED_NOT
                                                         : REFUSED_MEMORY;
}

/* `bytes` without those that only repeat the sign. */
static struct bytes shortest(struct bytes bytes)
{
    while (bytes.length >= 2) {
        unsigned char top = bytes.at[bytes.length - 1];
        unsigned char next = bytes.at[bytes.length - 2];
        if (!(top == 0 && next < 0x80) && !(top == 0xff && next >= 0x80))
            break;
        bytes.length--;
    }
    return bytes;
}

/* How far from zero `bytes` are, in 32-bit limbs, little end first. */
static size_t limbs_of(struct bytes bytes, bool negative, uint32_t *limbs)
{
    unsigned flip = negative ? 0xff : 0;
    uint32_t carry = negative ? 1 : 0;

    for (size_t i = 0; i < bytes.length; i++) {
        carry += bytes.at[i] ^ flip;
        limbs[i / 4] |= (carry & 0xff) << (8 * (i % 4));
        carry >>= 8;
    }
    return (bytes.length + 3) / 4;
}

static size_t decimal(uint32_t *limbs, size_t count, char *digits)
{
    uint32_t chunks[MOST_CHUNKS];
    size_t chunk = 0, length;

    while (count > 0) {
        uint64_t rest = 0;
        for (size_t i = count; i > 0; i--) {
            uint64_t wide = rest << 32 | limbs[i - 1];
            limbs[i - 1] = (uint32_t)(wide / CHUNK);
            rest = wide % CHUNK;
        }
        chunks[chunk++] = (uint32_t)rest;
        while (count > 0 && limbs[count - 1] == 0)
            count--;
    }
    length = (size_t)sprintf(digits, "%u", chunks[--chunk]);
    while (chunk > 0)
        length += (size_t)sprintf(digits + length, "%09u", chunks[--chunk]);
    return length;
}

/* Is `text` an int just as Python's `str` shows one? */
bool number_is_int(struct bytes text)
{
    bool negative = text.length > 0 && text.at[0] == '-';
    if (negative) {
        text.at++;
        text.length--;
    }
    if (text.length == 0 || text.length > MOST_DIGITS)
        return false;
    for (size_t i = 0; i < text.length; i++)
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
    return text.at[0] != '0' || (text.length == 1 && !negative);
}

/* The int that `text` shows. Python would read more (`0x10`, `1_000`), but
 * no pickler writes it. */
enum refused number_of_text(struct bytes text, struct node *node)
{
    if (!number_is_int(text))
        return REFUSED_NUMBER;
    errno = 0;
    long long value = strtoll((const char *)text.at, NULL, 10);
    if (errno != ERANGE) {
        *node = (struct node){.kind = KIND_INT, .whole = value};
        return REFUSED_NOT;
    }
    *node = (struct node){.kind = KIND_LONG, .text = {0}};
    return buffer_add(&node->text, text.at, text.length) ? REFUSED_NOT
                                                      : REFUSED_MEMORY;
}

/* The shortest two's complement, little end first, of an int in decimal. */
size_t number_bytes_of(struct bytes text,
                       unsigned char bytes[MOST_INT_BYTES + 2])
{
    bool negative = text.at[0] == '-';
    size_t length = 0;

    for (size_t i = negative; i < text.length; i++) {
        unsigned carry = text.at[i] - (unsigned)'0';
        for (size_t j = 0; j < length; j++) {
            carry += bytes[j] * 10U;
            bytes[j] = (unsigned char)(carry & 0xff);
            carry >>= 8;
        }
        if (carry > 0)
            bytes[length++] = (unsigned char)carry;
    }
    bytes[length++] = 0;
    unsigned carry = 1;
    for (size_t i = 0; negative && i < length; i++) {
        carry += (unsigned char)~bytes[i];
        bytes[i] = (unsigned char)(carry & 0xff);
        carry >>= 8;
    }
    return shortest((struct bytes){bytes, length}).length;
}

static bool is(struct bytes text, const char *word)
{
    return text.length == strlen(word)
        && memcmp(text.at, word, text.length) == 0;
}

/* Steps over digits; were there any? */
static bool skip_digits(struct bytes *text)
{
    size_t before = text->length;

    while (text->length > 0 && text->at[0] >= '0' && text->at[0] <= '9') {
        text->at++;
        text->length--;
    }
    return text->length < before;
}

static bool skip(struct bytes *text, const char *any)
{
    if (text->length == 0 || text->at[0] == 0 ||
        strchr(any, text->at[0]) == NULL)
        return false;
    text->at++;
    text->length--;
    return true;
}

/* The float that `text` shows, `repr` of one being all that is read. */
enum refused number_float_of_text(struct bytes text, struct node *node)
{
    struct bytes rest = text;
    bool named = is(text, "nan") || is(text, "inf") || is(text, "-inf");

    if (!named) {
        skip(&rest, "-");
        if (!skip_digits(&rest))
            return REFUSED_NUMBER;
        if (skip(&rest, ".") && !skip_digits(&rest))
            return REFUSED_NUMBER;
        if (skip(&rest, "e")) {
            skip(&rest, "+-");
            if (!skip_digits(&rest))
                return REFUSED_NUMBER;
        }
        if (rest.length > 0)
            return REFUSED_NUMBER;
    }
    double value = strtod((const char *)text.at, NULL);
    if (!named && (value > DBL_MAX || value < -DBL_MAX))
        return REFUSED_NUMBER;
    *node = (struct node){.kind = KIND_FLOAT, .real = value};
    return REFUSED_NOT;
}
