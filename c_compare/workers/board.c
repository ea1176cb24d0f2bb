/* What all processes of a server share. Twin: src/workers/board.rs. */
#include "workers/board.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "sockets/errors.h"

/* Descriptors beyond are served, but not cut at the end of the grace. */
enum { MOST_DESCRIPTORS = 1 << 20 };

static counter *place_of(const struct board *board, int socket,
                         uint64_t *bit);

/* Zeroed memory that children share instead of copying it. Untouched pages
 * cost nothing, but each mapping costs every `fork`: so there is only one. */
static char *shared(const char *program, size_t length)
{
    void *at = mmap(NULL, length, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (at != MAP_FAILED)
        return at;
    fail(program, "mmap", "shared counters");
    return NULL;
}

int board_new(const char *program, size_t workers, enum model model,
              struct board *board)
{
    struct rlimit most;
    if (getrlimit(RLIMIT_NOFILE, &most) < 0)
        return fail(program, "getrlimit", "RLIMIT_NOFILE");
    if (has_children(model))
        most.rlim_cur = 0;
    if (most.rlim_cur > MOST_DESCRIPTORS)
        most.rlim_cur = MOST_DESCRIPTORS;
    board->workers = workers;
    board->words = ((size_t)most.rlim_cur + 63) / 64;
    size_t line = alignof(struct slot);
    size_t slots_at = (sizeof *board->common + line - 1) / line * line;
    size_t words_at = slots_at + workers * sizeof *board->slots;
    char *at = shared(program, words_at + board->words * sizeof(counter));
    if (at == NULL)
        return 1;
    board->common = (void *)at;
    board->slots = (void *)(at + slots_at);
    board->talking = (void *)(at + words_at);
    return 0;
}

uint64_t board_total(const struct board *board, size_t which)
{
    uint64_t total = 0;
    for (size_t worker = 0; worker < board->workers; worker++) {
        const char *slot = (const char *)&board->slots[worker];
        total += count_of((const counter *)(const void *)(slot + which));
    }
    return total;
}

struct talking board_enter(const struct board *board, struct slot *slot,
                           int socket)
{
    struct talking talking = {.slot = slot};
    count_up(&slot->open, 1);
    talking.word = place_of(board, socket, &talking.bit);
    if (talking.word != NULL)
        atomic_fetch_or(talking.word, talking.bit);
    if (is_cutting(board))
        shutdown(socket, SHUT_RDWR);
    return talking;
}

static counter *place_of(const struct board *board, int socket, uint64_t *bit)
{
    size_t number = (size_t)socket;
    *bit = UINT64_C(1) << number % 64;
    return number / 64 < board->words ? &board->talking[number / 64] : NULL;
}

void board_cut_all(const struct board *board)
{
    for (size_t index = 0; index < board->words; index++) {
        uint64_t bits = atomic_load(&board->talking[index]);
        for (; bits != 0; bits &= bits - 1)
            shutdown((int)index * 64 + __builtin_ctzll(bits), SHUT_RDWR);
    }
}

void board_leave(const struct talking *talking)
{
    if (talking->word != NULL)
        atomic_fetch_and(talking->word, ~talking->bit);
    count_down(&talking->slot->open, 1);
}
