/* prefork-mutex: N children, `accept` guarded by a pthread mutex that lies in
 * memory they share.
 *
 * PTHREAD_PROCESS_SHARED lets processes use one mutex; without contention it
 * costs no system call. PTHREAD_MUTEX_ROBUST tells the next one, EOWNERDEAD,
 * when the owner died with it. Twin: src/workers/prefork_mutex.rs. Read
 * prefork first. Man pages: pthread_mutexattr_setpshared(3),
 * pthread_mutexattr_setrobust(3).
 */
#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>

#include "sockets/errors.h"
#include "workers/children.h"
#include "workers/conversation.h"
#include "workers/models.h"

static pthread_mutex_t *mutex;

static void work_of_one(struct server *server, size_t worker);
static int mutex_new(const char *program);
static void lock(void);

int prefork_mutex_serve(struct server *server)
{
    if (mutex_new(server->lab.program) != 0)
        return 1;
    supervise(server, work_of_one);
    return 0;
}

static void work_of_one(struct server *server, size_t worker)
{
    struct slot *slot = server_slot(server, worker);
    struct peer peer;
    for (;;) {
        lock();
        int socket = next_peer(server, slot, &peer);
        pthread_mutex_unlock(mutex);
        if (socket < 0)
            break;
        converse(server, slot, socket, &peer);
        seats_give(&server->seats, slot);
    }
}

/* A mutex for several processes that survives the death of its owner. */
static int mutex_new(const char *program)
{
    pthread_mutexattr_t attr;
    mutex = mmap(NULL, sizeof *mutex, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (mutex == MAP_FAILED)
        return fail(program, "mmap", "accept lock");
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    errno = pthread_mutex_init(mutex, &attr);
    pthread_mutexattr_destroy(&attr);
    return errno == 0 ? 0 : fail(program, "pthread_mutex_init",
                                 "accept lock");
}

static void lock(void)
{
    if (pthread_mutex_lock(mutex) == EOWNERDEAD)
        /* The lock guards no data that could be half written. */
        pthread_mutex_consistent(mutex);
}
