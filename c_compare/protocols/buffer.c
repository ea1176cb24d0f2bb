/* Bytes that grow; see buffer.h. */
#include "buffer.h"

#include <stdlib.h>
#include <string.h>

bool buffer_add(struct buffer *buffer, const void *bytes, size_t length)
{
    if (length == 0)
        return true;
    if (length > SIZE_MAX - buffer->length)
        return false;
    unsigned char *at =
        with_room(buffer->at, &buffer->room, buffer->length + length, 1);
    if (at == NULL)
        return false;
    buffer->at = at;
    memcpy(at + buffer->length, bytes, length);
    buffer->length += length;
    return true;
}

bool buffer_add_byte(struct buffer *buffer, unsigned char byte)
{
    return buffer_add(buffer, &byte, 1);
}

bool buffer_add_text(struct buffer *buffer, const char *text)
{
    return buffer_add(buffer, text, strlen(text));
}

bool buffer_add_char(struct buffer *buffer, uint32_t code)
{
    unsigned char bytes[4];
    size_t length =
        code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

    for (size_t i = length - 1; i > 0; i--) {
        bytes[i] = (unsigned char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    unsigned lead = length == 1 ? 0 : 0xf00U >> length & 0xff;
    bytes[0] = (unsigned char)(lead | code);
    return buffer_add(buffer, bytes, length);
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->at);
    *buffer = (struct buffer){0};
}

void *with_room(void *at, size_t *room, size_t wanted, size_t size)
{
    if (wanted <= *room)
        return at;
    size_t roomy = *room > SIZE_MAX / 2 ? wanted : *room * 2;
    if (roomy < wanted)
        roomy = wanted;
    if (roomy < 8)
        roomy = 8;
    if (roomy > SIZE_MAX / size)
        return NULL;
    void *moved = realloc(at, roomy * size);
    if (moved != NULL)
        *room = roomy;
    return moved;
}
