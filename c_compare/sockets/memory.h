/* Memory or nothing. As in the Rust twins, a program that gets none aborts:
 * what a peer can make it ask for is bounded, so it is never a peer's doing.
 */
#ifndef SOCKETS_MEMORY_H
#define SOCKETS_MEMORY_H

#include <stdlib.h>

static inline void *grown(void *old, size_t size)
{
    void *memory = realloc(old, size > 0 ? size : 1);
    if (memory == NULL)
        abort();
    return memory;
}

#endif
