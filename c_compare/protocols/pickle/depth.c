/* How deep is what came out? The memo lets a pickle of a few bytes name one
 * list a thousand times, or put a list into itself: so each container is
 * measured once, and the walk ends at the first one too deep.
 *
 * Twin: src/protocols/pickle/depth.rs. */
#include <stdlib.h>

#include "inner.h"

enum { HEIGHT_UNKNOWN = 0, HEIGHT_OPEN = 255 };

static enum refused height_of(const struct node *nodes, uint32_t id,
                              unsigned above, unsigned char *heights);

enum refused check_depth(const struct pickle *pickle)
{
    unsigned char *heights = calloc(pickle->length, 1);

    if (heights == NULL)
        return REFUSED_MEMORY;
    enum refused why = height_of(pickle->nodes, pickle->root, 0, heights);
    free(heights);
    return why;
}

/* Sets how many containers are nested from `id` on, where it lies in `above`
 * others. It calls itself at most MOST_NESTED deep. */
static enum refused height_of(const struct node *nodes, uint32_t id,
                              unsigned above, unsigned char *heights)
{
    const struct node *node = &nodes[id];

    if (!is_container(node))
        return REFUSED_NOT;
    if (heights[id] == HEIGHT_OPEN)
        return REFUSED_CYCLE;
    if (heights[id] == HEIGHT_UNKNOWN) {
        if (above == MOST_NESTED)
            return REFUSED_DEPTH;
        heights[id] = HEIGHT_OPEN;
        unsigned char tallest = 0;
        for (size_t i = 0; i < node->elements.length; i++) {
            uint32_t element = node->elements.at[i];
            enum refused why = height_of(nodes, element, above + 1, heights);
            if (why != REFUSED_NOT)
                return why;
            if (heights[element] > tallest)
                tallest = heights[element];
        }
        heights[id] = (unsigned char)(tallest + 1);
    }
    return above + heights[id] > MOST_NESTED ? REFUSED_DEPTH : REFUSED_NOT;
}
