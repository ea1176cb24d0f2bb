/* Bytes that grow; see buffer.h. */
#include "buffer.h"

#include <stdint.h>
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
