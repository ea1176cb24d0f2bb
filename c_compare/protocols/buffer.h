/* Bytes that grow: what `Vec<u8>` is in Rust. A failed call has changed
 * nothing, so that a caller may give up one session and go on. */
#ifndef PROTOCOLS_BUFFER_H
#define PROTOCOLS_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
    unsigned char *at;
    size_t length;
    size_t room;
};

bool buffer_add(struct buffer *buffer, const void *bytes, size_t length);
bool buffer_add_byte(struct buffer *buffer, unsigned char byte);
bool buffer_add_text(struct buffer *buffer, const char *text);
/* In UTF-8. */
bool buffer_add_char(struct buffer *buffer, uint32_t code);
void buffer_free(struct buffer *buffer);

/* `at` with room for `wanted` elements of `size` bytes, `*room` updated; NULL
 * when there is no memory, `at` being as good as before. */
void *with_room(void *at, size_t *room, size_t wanted, size_t size);

#endif
