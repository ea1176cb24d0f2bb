/* A decoded pickle and the reasons for not having one; see pickle.h. */
#include <stdlib.h>
#include <string.h>

#include "inner.h"

bool pickle_get(const struct pickle *pickle, uint32_t dict, const char *key,
                uint32_t *value)
{
    const struct node *node = &pickle->nodes[dict];
    size_t length = strlen(key);

    if (node->kind != KIND_DICT)
        return false;
    for (size_t i = node->elements.length; i > 0; i -= 2) {
        const struct node *it = &pickle->nodes[node->elements.at[i - 2]];
        if (it->kind == KIND_STR && it->text.length == length &&
            (length == 0 || memcmp(it->text.at, key, length) == 0)) {
            *value = node->elements.at[i - 1];
            return true;
        }
    }
    return false;
}

bool is_container(const struct node *node)
{
    return node->kind == KIND_LIST || node->kind == KIND_TUPLE ||
           node->kind == KIND_DICT;
}

void node_free(struct node *node)
{
    if (is_container(node))
        free(node->elements.at);
    if (node->kind == KIND_LONG || node->kind == KIND_STR ||
        node->kind == KIND_BYTES)
        buffer_free(&node->text);
}

void pickle_free(struct pickle *pickle)
{
    for (size_t i = 0; i < pickle->length; i++)
        node_free(&pickle->nodes[i]);
    free(pickle->nodes);
    *pickle = (struct pickle){0};
}

const char *refused_text(enum refused why)
{
    static const char *const texts[] = {
        [REFUSED_NOT] = "not refused",
        [REFUSED_CODE] = "it could name or call code",
        [REFUSED_OPCODE] = "unknown opcode",
        [REFUSED_KIND] = "a set or bytearray",
        [REFUSED_TOO_LONG] = "longer than 64 KiB",
        [REFUSED_VERSION] = "protocol after 5",
        [REFUSED_FRAME] = "a frame lies about its length",
        [REFUSED_UNFINISHED] = "not one whole pickle",
        [REFUSED_STACK] = "stack underflow",
        [REFUSED_MEMO] = "no such memo entry",
        [REFUSED_NUMBER] = "malformed number",
        [REFUSED_TEXT] = "malformed text",
        [REFUSED_KEY] = "a container as dict key",
        [REFUSED_PAIRS] = "a dict key without value",
        [REFUSED_ELEMENT] = "an element for no container",
        [REFUSED_DEPTH] = "more than 32 nested containers",
        [REFUSED_CYCLE] = "a container within itself",
        [REFUSED_CONTAINER] = "no str, int, float, bool or None",
        [REFUSED_DIGITS] = "an int of more than 4300 digits",
        [REFUSED_LONGWINDED] = "more than 64 KiB to show",
        [REFUSED_NO_DICT] = "not a dict",
        [REFUSED_MEMORY] = "out of memory",
    };
    return texts[why];
}
