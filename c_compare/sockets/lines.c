/* Lines out of a stream. Twin: src/sockets/lines.rs. */
#include "sockets/lines.h"

#include <stdbool.h>
#include <string.h>

#include "sockets/memory.h"

static bool keep(struct lines *lines, struct bytes head);
static enum found check(const struct lines *lines, struct bytes *line);

struct lines lines_up_to(size_t longest)
{
    return (struct lines){.longest = longest};
}

enum found next_line(struct lines *lines, struct bytes *input,
                     struct bytes *line)
{
    /* Where the last line was gathered: it has been read by now. */
    if (lines->begun != NULL && lines->length == 0)
        lines_end(lines);
    const unsigned char *end = NULL;
    if (input->length > 0)
        end = memchr(input->at, '\n', input->length);
    if (end == NULL) {
        if (!keep(lines, *input))
            return TOO_LONG;
        *input = (struct bytes){0};
        return NO_LINE;
    }
    struct bytes head = {input->at, (size_t)(end - input->at)};
    *input = (struct bytes){end + 1, input->length - head.length - 1};
    *line = head;
    if (lines->length == 0)
        return check(lines, line);
    if (!keep(lines, head))
        return TOO_LONG;
    *line = (struct bytes){lines->begun, lines->length};
    lines->length = 0;
    return check(lines, line);
}

/* Keeps the beginning of a line. A last CR may belong to the end of the
 * line, so it does not count before the next byte is there. */
static bool keep(struct lines *lines, struct bytes head)
{
    if (head.length == 0)
        return true;
    size_t cr = head.at[head.length - 1] == '\r';
    if (lines->length + head.length > lines->longest + cr)
        return false;
    if (lines->begun == NULL)
        lines->begun = grown(NULL, lines->longest + 1);
    memcpy(lines->begun + lines->length, head.at, head.length);
    lines->length += head.length;
    return true;
}

static enum found check(const struct lines *lines, struct bytes *line)
{
    if (line->length > 0 && line->at[line->length - 1] == '\r')
        line->length--;
    return line->length > lines->longest ? TOO_LONG : A_LINE;
}

void lines_end(struct lines *lines)
{
    free(lines->begun);
    lines->begun = NULL;
    lines->length = 0;
}
