/* What the files of this folder ask of each other. */
#ifndef PROTOCOLS_PICKLE_INNER_H
#define PROTOCOLS_PICKLE_INNER_H

#include "pickle.h"

enum {
    /* No int of MOST_DIGITS digits has more bytes: 4300 × log₂10 bits. */
    MOST_INT_BYTES = 1786,
};

/* pickle.c */
bool is_container(const struct node *node);
void node_free(struct node *node);

/* values.c */
enum refused value_of(unsigned char opcode, struct bytes argument,
                      struct node *node, bool *is_value);

/* depth.c */
enum refused check_depth(const struct pickle *pickle);

/* number.c; where a text is read, a byte that is no digit follows it */
enum refused number_of_bytes(struct bytes bytes, struct node *node);
bool number_is_int(struct bytes text);
enum refused number_of_text(struct bytes text, struct node *node);
size_t number_bytes_of(struct bytes text,
                       unsigned char bytes[MOST_INT_BYTES + 2]);
enum refused number_float_of_text(struct bytes text, struct node *node);

/* escapes.c */
enum refused escapes_quoted(struct bytes text, struct buffer *plain);
enum refused escapes_raw_unicode(struct bytes text, struct buffer *plain);

/* float.c; 400 bytes are enough for either text */
void text_of_float(double value, char *text);
/* The digits of a float that is whole; false for any other. */
bool digits_of_float(double value, char *digits);

/* quote.c */
bool add_quoted(struct buffer *out, struct bytes text);
bool add_quoted_bytes(struct buffer *out, struct bytes bytes);

#endif
