/* Where does a pickle end? It has no length in front: one has to walk from
 * opcode to opcode until STOP. The walk also turns away, at the first byte
 * that shows it, what nobody should wait for the end of.
 *
 * Twin: src/protocols/pickle/scan.rs. Read opcodes.h before it. */
#include <string.h>

#include "opcodes.h"

static enum refused end_of(struct scanner *scanner, unsigned char opcode,
                           struct bytes bytes, size_t *end);
static enum refused fits(const struct scanner *scanner, size_t end);
static size_t saturating(size_t sum, uint64_t more);

enum refused pickle_scan(struct scanner *scanner, struct bytes bytes,
                         size_t *length)
{
    *length = 0;
    for (;;) {
        if (scanner->frame_end == scanner->at)
            scanner->frame_end = 0;
        enum refused why = fits(scanner, scanner->at + 1);
        if (why != REFUSED_NOT || scanner->at >= bytes.length)
            return why;
        unsigned char opcode = bytes.at[scanner->at];
        size_t end = 0;
        why = end_of(scanner, opcode, bytes, &end);
        if (why != REFUSED_NOT || end == 0)
            return why;
        if (opcode == STOP) {
            if (scanner->frame_end != 0 && scanner->frame_end != end)
                return REFUSED_FRAME;
            *length = end;
            return REFUSED_NOT;
        }
        scanner->at = end;
    }
}

/* Where the argument of the opcode at `at` ends, once it is there; else 0. */
static enum refused end_of(struct scanner *scanner, unsigned char opcode,
                           struct bytes bytes, size_t *end)
{
    size_t start = scanner->at + 1;
    size_t there = 0;
    struct argument argument;
    enum refused why = argument_of(opcode, &argument);

    if (why != REFUSED_NOT)
        return why;
    switch (argument.kind) {
    case ARGUMENT_FIXED:
        there = start + argument.width;
        break;
    case ARGUMENT_COUNTED:
        there = start + argument.width;
        why = fits(scanner, there);
        if (why != REFUSED_NOT || bytes.length < there)
            return why;
        struct bytes count = {bytes.at + start, argument.width};
        there = saturating(there, unsigned_of(count));
        break;
    case ARGUMENT_LINE:;
        size_t from = start;
        if (scanner->searched > from)
            from = scanner->searched;
        const unsigned char *newline = NULL;
        if (from < bytes.length)
            newline = memchr(bytes.at + from, '\n', bytes.length - from);
        if (newline == NULL) {
            scanner->searched = bytes.length;
            return fits(scanner, bytes.length + 1);
        }
        there = (size_t)(newline - bytes.at) + 1;
        break;
    }
    if (opcode == FRAME && scanner->frame_end != 0)
        return REFUSED_FRAME;
    why = fits(scanner, there);
    if (why != REFUSED_NOT || bytes.length < there)
        return why;
    if (opcode == PROTO && bytes.at[start] > 5)
        return REFUSED_VERSION;
    if (opcode == FRAME) {
        struct bytes length = {bytes.at + start, argument.width};
        size_t frame_end = saturating(there, unsigned_of(length));
        why = fits(scanner, frame_end);
        if (why != REFUSED_NOT)
            return why;
        scanner->frame_end = frame_end;
    }
    *end = there;
    return REFUSED_NOT;
}

/* A frame is cut between opcodes, and a pickle is not endless. */
static enum refused fits(const struct scanner *scanner, size_t end)
{
    if (scanner->frame_end != 0 && end > scanner->frame_end)
        return REFUSED_FRAME;
    return end > MOST_BYTES ? REFUSED_TOO_LONG : REFUSED_NOT;
}

static size_t saturating(size_t sum, uint64_t more)
{
    return more > MOST_BYTES ? SIZE_MAX : sum + (size_t)more;
}
