/* A pthread for each worker. Twin: src/workers/pthread.rs. */
#include "workers/pthread.h"

#include <errno.h>
#include <stdio.h>

#include "sockets/errors.h"
#include "sockets/memory.h"

int stack_new(const struct server *server, pthread_attr_t *stack)
{
    char object[32];
    size_t size = (size_t)server->options.stack * 1024;
    pthread_attr_init(stack);
    errno = pthread_attr_setstacksize(stack, size);
    if (errno == 0)
        return 0;
    snprintf(object, sizeof object, "%zu", size);
    return fail(server->lab.program, "pthread_attr_setstacksize", object);
}

struct worker *create_all(struct server *server, void *(*body)(void *),
                          size_t *created)
{
    size_t count = server->board.workers;
    struct worker *workers = grown(NULL, count * sizeof *workers);
    pthread_attr_t stack;
    *created = 0;
    if (stack_new(server, &stack) != 0) {
        free(workers);
        return NULL;
    }
    for (size_t slot = 0; slot < count; slot++) {
        struct worker *worker = &workers[*created];
        *worker = (struct worker){
            .server = server, .slot = server_slot(server, slot)
        };
        errno = pthread_create(&worker->thread, &stack, body, worker);
        if (errno == 0) {
            ++*created;
        } else if (*created == 0) {
            fail(server->lab.program, "pthread_create", "worker 1");
            free(workers);
            return NULL;
        } else {
            server_warn(server, "pthread_create: %s: a worker is missing",
                        symbol(errno));
        }
    }
    pthread_attr_destroy(&stack);
    return workers;
}

void join_all(struct worker *workers, size_t created)
{
    for (size_t worker = 0; worker < created; worker++)
        pthread_join(workers[worker].thread, NULL);
    free(workers);
}
