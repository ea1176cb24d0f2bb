/* Shows values as Python's `str` and `repr` do. What is shared in a pickle
 * is shown in full each time, so the text has an end of its own.
 *
 * Twin: src/protocols/pickle/text.rs. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inner.h"

/* How many comparisons of keys, or of their bytes, one text is worth. */
enum { MOST_COMPARED = 1 << 24, MOST_NUMBER = 400 };

struct show {
    const struct pickle *pickle;
    struct buffer *out;
    size_t compared;
};

static enum refused value(struct show *show, uint32_t id);

static struct bytes text_of(const struct node *node)
{
    return (struct bytes){node->text.at, node->text.length};
}

enum refused pickle_str(const struct pickle *pickle, uint32_t id,
                        struct buffer *out)
{
    const struct node *node = &pickle->nodes[id];
    char number[MOST_NUMBER];
    bool added = false;

    switch (node->kind) {
    case KIND_NONE:
        added = buffer_add_text(out, "None");
        break;
    case KIND_BOOL:
        added = buffer_add_text(out, node->truth ? "True" : "False");
        break;
    case KIND_INT:
        snprintf(number, sizeof number, "%" PRId64, node->whole);
        added = buffer_add_text(out, number);
        break;
    case KIND_HUGE:
        return REFUSED_DIGITS;
    case KIND_FLOAT:
        text_of_float(node->real, number);
        added = buffer_add_text(out, number);
        break;
    case KIND_LONG:
    case KIND_STR:
        added = buffer_add(out, node->text.at, node->text.length);
        break;
    case KIND_BYTES:
    case KIND_LIST:
    case KIND_TUPLE:
    case KIND_DICT:
        return REFUSED_CONTAINER;
    }
    return added ? REFUSED_NOT : REFUSED_MEMORY;
}

enum refused pickle_repr(const struct pickle *pickle, uint32_t id,
                         struct buffer *out)
{
    struct show show = {pickle, out, 0};

    return value(&show, id);
}

static enum refused sequence(struct show *show, const char *before,
                             const struct ids *elements, const char *after)
{
    if (!buffer_add_text(show->out, before))
        return REFUSED_MEMORY;
    for (size_t i = 0; i < elements->length; i++) {
        if (i > 0 && !buffer_add_text(show->out, ", "))
            return REFUSED_MEMORY;
        enum refused why = value(show, elements->at[i]);
        if (why != REFUSED_NOT)
            return why;
    }
    return buffer_add_text(show->out, after) ? REFUSED_NOT : REFUSED_MEMORY;
}

/* `one == other` as Python has it: `1`, `1.0` and `True` are equal. */
static bool equal(const struct node *one, const struct node *other)
{
    char digits[MOST_NUMBER], whole[24];

    if (one->kind == KIND_BOOL) {
        struct node same = {.kind = KIND_INT, .whole = one->truth};
        return equal(&same, other);
    }
    if (other->kind == KIND_BOOL ||
        (other->kind == KIND_FLOAT && one->kind != KIND_FLOAT))
        return equal(other, one);
    if (one->kind == KIND_FLOAT && other->kind == KIND_INT) {
        snprintf(whole, sizeof whole, "%" PRId64, other->whole);
        return digits_of_float(one->real, digits) &&
               strcmp(digits, whole) == 0;
    }
    if (one->kind == KIND_FLOAT && other->kind == KIND_LONG) {
        return digits_of_float(one->real, digits) &&
               other->text.length == strlen(digits) &&
               memcmp(other->text.at, digits, other->text.length) == 0;
    }
    if (one->kind != other->kind)
        return false;
    switch (one->kind) {
    case KIND_NONE:
        return true;
    case KIND_INT:
        return one->whole == other->whole;
    case KIND_FLOAT:
        return one->real == other->real;
    case KIND_LONG:
    case KIND_STR:
    case KIND_BYTES:
        return one->text.length == other->text.length &&
               (one->text.length == 0 ||
                memcmp(one->text.at, other->text.at, one->text.length) == 0);
    default:
        return false;
    }
}

/* Are these one key to Python? */
static enum refused same_key(struct show *show, uint32_t a, uint32_t b,
                             bool *same)
{
    const struct node *one = &show->pickle->nodes[a];
    const struct node *other = &show->pickle->nodes[b];

    if (one->kind == KIND_STR || one->kind == KIND_BYTES)
        show->compared += one->text.length;
    else if (one->kind == KIND_FLOAT || other->kind == KIND_FLOAT)
        show->compared += 512;
    else
        show->compared++;
    if (show->compared > MOST_COMPARED)
        return REFUSED_LONGWINDED;
    *same = a == b || equal(one, other);
    return REFUSED_NOT;
}

/* `pairs` with each key once: of equal keys the first gives its looks and
 * place, the last its value. */
static enum refused unique(struct show *show, const struct ids *pairs,
                           struct ids *unique)
{
    unique->at =
        calloc(pairs->length > 0 ? pairs->length : 1, sizeof *pairs->at);
    if (unique->at == NULL)
        return REFUSED_MEMORY;
    for (size_t i = 0; i < pairs->length; i += 2) {
        size_t at = 0;
        for (; at < unique->length; at += 2) {
            bool same = false;
            enum refused why =
                same_key(show, unique->at[at], pairs->at[i], &same);
            if (why != REFUSED_NOT)
                return why;
            if (same)
                break;
        }
        if (at == unique->length) {
            unique->at[at] = pairs->at[i];
            unique->length += 2;
        }
        unique->at[at + 1] = pairs->at[i + 1];
    }
    return REFUSED_NOT;
}

static enum refused dict(struct show *show, const struct ids *pairs)
{
    struct ids once = {0};
    enum refused why = unique(show, pairs, &once);

    if (why == REFUSED_NOT && !buffer_add_byte(show->out, '{'))
        why = REFUSED_MEMORY;
    for (size_t i = 0; why == REFUSED_NOT && i < once.length; i++) {
        const char *before = i == 0 ? "" : i % 2 == 0 ? ", " : ": ";
        why = buffer_add_text(show->out, before) ? value(show, once.at[i])
                                                 : REFUSED_MEMORY;
    }
    free(once.at);
    if (why == REFUSED_NOT && !buffer_add_byte(show->out, '}'))
        why = REFUSED_MEMORY;
    return why;
}

/* It calls itself as deep as containers are nested, no deeper. */
static enum refused value(struct show *show, uint32_t id)
{
    const struct node *node = &show->pickle->nodes[id];
    enum refused why = REFUSED_NOT;
    bool added = true;

    switch (node->kind) {
    case KIND_STR:
        added = add_quoted(show->out, text_of(node));
        break;
    case KIND_BYTES:
        added = add_quoted_bytes(show->out, text_of(node));
        break;
    case KIND_LIST:
        why = sequence(show, "[", &node->elements, "]");
        break;
    case KIND_TUPLE:
        why = sequence(show, "(", &node->elements,
                       node->elements.length == 1 ? ",)" : ")");
        break;
    case KIND_DICT:
        why = dict(show, &node->elements);
        break;
    default:
        why = pickle_str(show->pickle, id, show->out);
        break;
    }
    if (why != REFUSED_NOT)
        return why;
    if (!added)
        return REFUSED_MEMORY;
    return show->out->length > MOST_TEXT ? REFUSED_LONGWINDED : REFUSED_NOT;
}
