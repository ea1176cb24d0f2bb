/* What an opcode pushes, if that is all it does.
 *
 * Twin: `value_of` in src/protocols/pickle/values.rs. */
#include <string.h>

#include "inner.h"
#include "opcodes.h"
#include "sockets/utf8.h"

static enum refused of_utf8(struct bytes text, bool ascii, struct node *node)
{
    for (size_t i = 0; ascii && i < text.length; i++)
        if (text.at[i] > 0x7f)
            return REFUSED_TEXT;
    if (!utf8_is_valid(text))
        return REFUSED_TEXT;
    *node = (struct node){.kind = KIND_STR, .text = {0}};
    return buffer_add(&node->text, text.at, text.length) ? REFUSED_NOT
                                                      : REFUSED_MEMORY;
}

static enum refused of_bytes(struct bytes bytes, struct node *node)
{
    *node = (struct node){.kind = KIND_BYTES, .text = {0}};
    return buffer_add(&node->text, bytes.at, bytes.length) ? REFUSED_NOT
                                                        : REFUSED_MEMORY;
}

static enum refused of_line(unsigned char opcode, struct bytes line,
                            struct node *node)
{
    enum refused why;

    if (opcode == INT && line.length == 2 && line.at[0] == '0' &&
        (line.at[1] == '0' || line.at[1] == '1')) {
        *node = (struct node){.kind = KIND_BOOL, .truth = line.at[1] == '1'};
        return REFUSED_NOT;
    }
    if (opcode == LONG && line.length > 0 && line.at[line.length - 1] == 'L')
        line.length--;
    if (opcode == INT || opcode == LONG)
        return number_of_text(line, node);
    if (opcode == FLOAT)
        return number_float_of_text(line, node);
    *node = (struct node){.kind = KIND_STR, .text = {0}};
    why = opcode == STRING ? escapes_quoted(line, &node->text)
                           : escapes_raw_unicode(line, &node->text);
    if (why != REFUSED_NOT)
        buffer_free(&node->text);
    return why;
}

static struct node of_binfloat(struct bytes argument)
{
    uint64_t bits = 0;
    struct node node = {.kind = KIND_FLOAT, .real = 0};

    for (size_t i = 0; i < 8; i++)
        bits = bits << 8 | argument.at[i];
    memcpy(&node.real, &bits, sizeof bits);
    return node;
}

enum refused value_of(unsigned char opcode, struct bytes argument,
                      struct node *node, bool *is_value)
{
    *is_value = true;
    switch (opcode) {
    case NONE:
        *node = (struct node){.kind = KIND_NONE};
        return REFUSED_NOT;
    case NEWTRUE: case NEWFALSE:
        *node = (struct node){.kind = KIND_BOOL, .truth = opcode == NEWTRUE};
        return REFUSED_NOT;
    case INT: case LONG: case FLOAT: case STRING: case UNICODE:
        return of_line(opcode, argument, node);
    case BININT1: case BININT2:
        *node = (struct node){.kind = KIND_INT,
                              .whole = (int64_t)unsigned_of(argument)};
        return REFUSED_NOT;
    case BININT: case LONG1: case LONG4:
        return number_of_bytes(argument, node);
    case BINFLOAT:
        *node = of_binfloat(argument);
        return REFUSED_NOT;
    /* Python 2's str: ASCII, or Python 3 does not read it either. */
    case BINSTRING: case SHORT_BINSTRING:
        return of_utf8(argument, true, node);
    case BINUNICODE: case BINUNICODE8: case SHORT_BINUNICODE:
        return of_utf8(argument, false, node);
    case BINBYTES: case BINBYTES8: case SHORT_BINBYTES:
        return of_bytes(argument, node);
    case EMPTY_LIST:
        *node = (struct node){.kind = KIND_LIST, .elements = {0}};
        return REFUSED_NOT;
    case EMPTY_TUPLE:
        *node = (struct node){.kind = KIND_TUPLE, .elements = {0}};
        return REFUSED_NOT;
    case EMPTY_DICT:
        *node = (struct node){.kind = KIND_DICT, .elements = {0}};
        return REFUSED_NOT;
    default:
        *is_value = false;
        return REFUSED_NOT;
    }
}
