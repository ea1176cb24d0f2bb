/* Unicode in UTF-8: what Rust's `char` and `str` know by themselves. */
#ifndef SOCKETS_UTF8_H
#define SOCKETS_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sockets/text.h"

/* The character `text` begins with, and its length; 0 for what is none: stray,
 * cut or overlong sequences, surrogates, more than U+10FFFF. */
size_t utf8_first(struct bytes text, uint32_t *code);
bool utf8_is_valid(struct bytes text);
/* No surrogate, nothing beyond the last plane. */
bool utf8_is_char(uint32_t code);

#endif
