/* Runs a pickle: a stack of values, marks on it, and a memo. Nothing here
 * calls anything the pickle names.
 *
 * Twin: src/protocols/pickle/decode.rs. Read scan.c before it. */
#include <stdlib.h>
#include <string.h>

#include "inner.h"
#include "opcodes.h"

static const uint32_t no_id = UINT32_MAX;

struct machine {
    struct pickle pickle;
    struct ids stack;
    struct ids marks; /* how high the stack was at each open MARK */
    struct ids memo;
    uint32_t memoized;
};

static enum refused run(struct machine *machine, struct bytes rest);
static enum refused split(unsigned char opcode, struct bytes *rest,
                          struct bytes *argument);
static enum refused step(struct machine *machine, unsigned char opcode,
                         struct bytes argument);

enum refused pickle_decode(struct bytes bytes, struct pickle *pickle)
{
    struct machine machine = {0};
    struct scanner scanner = {0};
    size_t length;
    enum refused why = pickle_scan(&scanner, bytes, &length);

    if (why != REFUSED_NOT)
        return why;
    if (length != bytes.length || length == 0)
        return REFUSED_UNFINISHED;
    why = run(&machine, (struct bytes){bytes.at, bytes.length - 1});
    free(machine.stack.at);
    free(machine.marks.at);
    free(machine.memo.at);
    if (why == REFUSED_NOT)
        why = check_depth(&machine.pickle);
    if (why == REFUSED_NOT)
        *pickle = machine.pickle;
    else
        pickle_free(&machine.pickle);
    return why;
}

/* The argument of `opcode` at the front of `rest`, cut off from there. */
static enum refused split(unsigned char opcode, struct bytes *rest,
                          struct bytes *argument)
{
    struct argument it;
    size_t before = 0, length = 0, after = 0;
    enum refused why = argument_of(opcode, &it);

    if (why != REFUSED_NOT)
        return why;
    if (it.kind == ARGUMENT_FIXED) {
        length = it.width;
    } else if (it.kind == ARGUMENT_COUNTED) {
        before = it.width;
        if (rest->length < before)
            return REFUSED_UNFINISHED;
        uint64_t count = unsigned_of((struct bytes){rest->at, before});
        if (count > MOST_BYTES)
            return REFUSED_UNFINISHED;
        length = (size_t)count;
    } else {
        const unsigned char *newline = memchr(rest->at, '\n', rest->length);
        if (newline == NULL)
            return REFUSED_UNFINISHED;
        length = (size_t)(newline - rest->at);
        after = 1;
    }
    if (rest->length < before + length + after)
        return REFUSED_UNFINISHED;
    *argument = (struct bytes){rest->at + before, length};
    rest->at += before + length + after;
    rest->length -= before + length + after;
    return REFUSED_NOT;
}

static bool ids_add(struct ids *ids, uint32_t id)
{
    uint32_t *at = with_room(ids->at, &ids->room, ids->length + 1, sizeof *at);
    if (at == NULL)
        return false;
    ids->at = at;
    at[ids->length++] = id;
    return true;
}

/* `node` is the pickle's, also when this fails. */
static enum refused push(struct machine *machine, struct node node)
{
    struct pickle *pickle = &machine->pickle;
    struct node *nodes = with_room(pickle->nodes, &pickle->room,
                                   pickle->length + 1, sizeof *nodes);
    if (nodes == NULL) {
        node_free(&node);
        return REFUSED_MEMORY;
    }
    pickle->nodes = nodes;
    nodes[pickle->length++] = node;
    if (!ids_add(&machine->stack, (uint32_t)(pickle->length - 1)))
        return REFUSED_MEMORY;
    return REFUSED_NOT;
}

/* What lies below the last mark is out of reach. */
static size_t reachable(const struct machine *machine)
{
    const struct ids *marks = &machine->marks;
    size_t mark = marks->length > 0 ? marks->at[marks->length - 1] : 0;
    return machine->stack.length - mark;
}

static enum refused top(const struct machine *machine, uint32_t *id)
{
    if (reachable(machine) == 0)
        return REFUSED_STACK;
    *id = machine->stack.at[machine->stack.length - 1];
    return REFUSED_NOT;
}

static enum refused pop(struct machine *machine, uint32_t *id)
{
    enum refused why = top(machine, id);
    if (why == REFUSED_NOT)
        machine->stack.length--;
    return why;
}

/* The stack down to the last mark; good until something is pushed. */
static enum refused pop_mark(struct machine *machine, struct ids *elements)
{
    if (machine->marks.length == 0)
        return REFUSED_STACK;
    uint32_t mark = machine->marks.at[--machine->marks.length];
    *elements = (struct ids){0};
    if (machine->stack.length > mark) {
        elements->at = machine->stack.at + mark;
        elements->length = machine->stack.length - mark;
    }
    machine->stack.length = mark;
    return REFUSED_NOT;
}

static enum refused push_container(struct machine *machine, enum kind kind,
                                   struct ids elements)
{
    struct node node = {.kind = kind, .elements = {0}};

    for (size_t i = 0; i < elements.length; i++) {
        if (!ids_add(&node.elements, elements.at[i])) {
            node_free(&node);
            return REFUSED_MEMORY;
        }
    }
    return push(machine, node);
}

static enum refused tuple(struct machine *machine, size_t length)
{
    if (reachable(machine) < length)
        return REFUSED_STACK;
    machine->stack.length -= length;
    struct ids elements = {
        machine->stack.at + machine->stack.length, length, 0
    };
    return push_container(machine, KIND_TUPLE, elements);
}

static enum refused append(struct machine *machine, struct ids elements)
{
    uint32_t list;
    enum refused why = top(machine, &list);

    if (why != REFUSED_NOT)
        return why;
    struct node *node = &machine->pickle.nodes[list];
    if (node->kind != KIND_LIST)
        return REFUSED_ELEMENT;
    for (size_t i = 0; i < elements.length; i++)
        if (!ids_add(&node->elements, elements.at[i]))
            return REFUSED_MEMORY;
    return REFUSED_NOT;
}

/* A tuple would be a key in Python too, but no lab has one. */
static enum refused set_items(struct machine *machine, struct ids elements)
{
    uint32_t dict;
    enum refused why = top(machine, &dict);

    if (why != REFUSED_NOT)
        return why;
    struct node *node = &machine->pickle.nodes[dict];
    if (node->kind != KIND_DICT)
        return REFUSED_ELEMENT;
    if (elements.length % 2 != 0)
        return REFUSED_PAIRS;
    for (size_t i = 0; i < elements.length; i += 2)
        if (is_container(&machine->pickle.nodes[elements.at[i]]))
            return REFUSED_KEY;
    for (size_t i = 0; i < elements.length; i++)
        if (!ids_add(&node->elements, elements.at[i]))
            return REFUSED_MEMORY;
    return REFUSED_NOT;
}

/* Picklers count their entries from 0, and each costs a byte or more: an
 * index beyond MOST_BYTES only asks for memory. */
static enum refused memoize(struct machine *machine, size_t index)
{
    uint32_t id;
    enum refused why = top(machine, &id);

    if (why != REFUSED_NOT)
        return why;
    if (index >= MOST_BYTES)
        return REFUSED_MEMO;
    while (machine->memo.length <= index)
        if (!ids_add(&machine->memo, no_id))
            return REFUSED_MEMORY;
    if (machine->memo.at[index] == no_id)
        machine->memoized++;
    machine->memo.at[index] = id;
    return REFUSED_NOT;
}

static enum refused memo_index(unsigned char opcode, struct bytes argument,
                               size_t *index)
{
    if (opcode == GET || opcode == PUT) {
        struct node node = {.kind = KIND_NONE};
        enum refused why = number_of_text(argument, &node);
        if (why != REFUSED_NOT)
            return why;
        bool fits = node.kind == KIND_INT && node.whole >= 0;
        *index = fits ? (size_t)node.whole : SIZE_MAX;
        node_free(&node);
        return fits ? REFUSED_NOT : REFUSED_MEMO;
    }
    *index = (size_t)unsigned_of(argument);
    return REFUSED_NOT;
}

static enum refused remember(struct machine *machine, size_t index)
{
    if (index >= machine->memo.length || machine->memo.at[index] == no_id)
        return REFUSED_MEMO;
    return ids_add(&machine->stack, machine->memo.at[index])
               ? REFUSED_NOT
               : REFUSED_MEMORY;
}

static enum refused run(struct machine *machine, struct bytes rest)
{
    enum refused why = REFUSED_NOT;

    while (why == REFUSED_NOT && rest.length > 0) {
        unsigned char opcode = *rest.at++;
        struct bytes argument;
        rest.length--;
        why = split(opcode, &rest, &argument);
        if (why == REFUSED_NOT)
            why = step(machine, opcode, argument);
    }
    if (why == REFUSED_NOT)
        why = pop(machine, &machine->pickle.root);
    return why;
}

/* What is done with all that lies above the last mark. */
static enum refused step_marked(struct machine *machine, unsigned char opcode)
{
    struct ids elements;
    enum refused why = pop_mark(machine, &elements);

    if (why != REFUSED_NOT)
        return why;
    switch (opcode) {
    case TUPLE:
        return push_container(machine, KIND_TUPLE, elements);
    case LIST:
        return push_container(machine, KIND_LIST, elements);
    case APPENDS:
        return append(machine, elements);
    case SETITEMS:
        return set_items(machine, elements);
    case DICT:
        break;
    default: /* POP_MARK */
        return REFUSED_NOT;
    }
    if (elements.length % 2 != 0)
        return REFUSED_PAIRS;
    for (size_t i = 0; i < elements.length; i += 2)
        if (is_container(&machine->pickle.nodes[elements.at[i]]))
            return REFUSED_KEY;
    return push_container(machine, KIND_DICT, elements);
}

static enum refused step(struct machine *machine, unsigned char opcode,
                         struct bytes argument)
{
    struct ids *stack = &machine->stack, *marks = &machine->marks;
    struct node node = {.kind = KIND_NONE};
    bool is_value = false;
    uint32_t pair[2];
    size_t index;
    enum refused why = value_of(opcode, argument, &node, &is_value);

    if (why != REFUSED_NOT)
        return why;
    if (is_value)
        return push(machine, node);
    switch (opcode) {
    case MARK:
        return ids_add(marks, (uint32_t)stack->length) ? REFUSED_NOT
                                                    : REFUSED_MEMORY;
    case POP:
        if (marks->length > 0
            && marks->at[marks->length - 1] == stack->length) {
            marks->length--;
            return REFUSED_NOT;
        }
        return pop(machine, &pair[0]);
    case DUP:
        why = top(machine, &pair[0]);
        if (why == REFUSED_NOT && !ids_add(stack, pair[0]))
            why = REFUSED_MEMORY;
        return why;
    case GET: case BINGET: case LONG_BINGET:
        why = memo_index(opcode, argument, &index);
        return why == REFUSED_NOT ? remember(machine, index) : why;
    case PUT: case BINPUT: case LONG_BINPUT:
        why = memo_index(opcode, argument, &index);
        return why == REFUSED_NOT ? memoize(machine, index) : why;
    case MEMOIZE:
        return memoize(machine, machine->memoized);
    case TUPLE1:
        return tuple(machine, 1);
    case TUPLE2:
        return tuple(machine, 2);
    case TUPLE3:
        return tuple(machine, 3);
    case TUPLE: case LIST: case DICT: case APPENDS: case SETITEMS:
    case POP_MARK:
        return step_marked(machine, opcode);
    case APPEND:
        why = pop(machine, &pair[0]);
        return why == REFUSED_NOT
                   ? append(machine, (struct ids){pair, 1, 0})
                   : why;
    case SETITEM:
        why = pop(machine, &pair[1]);
        if (why == REFUSED_NOT)
            why = pop(machine, &pair[0]);
        return why == REFUSED_NOT
                   ? set_items(machine, (struct ids){pair, 2, 0})
                   : why;
    default: /* PROTO and FRAME: the scanner has seen to them. */
        return REFUSED_NOT;
    }
}
