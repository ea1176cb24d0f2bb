/* --stats: one line of JSON. Twin: src/workers/stats.rs. */
#include "workers/stats.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "sockets/console.h"
#include "sockets/errors.h"

static void put_errors(FILE *line, const counter *counts);
static void put_time(FILE *line, const char *key, struct timeval time);
static long largest(const struct rusage *own, const struct rusage *children);

void print_stats(const struct server *server)
{
    const struct board *board = &server->board;
    struct rusage own, children;
    char *text;
    size_t length;
    getrusage(RUSAGE_SELF, &own);
    getrusage(RUSAGE_CHILDREN, &children);
    FILE *line = open_memstream(&text, &length);
    if (line == NULL)
        return;
    fprintf(line, "{\"program\":\"%s\",\"language\":\"c\",\"model\":\"%s\"",
            server->lab.program, model_name(server->options.model));
    fprintf(line, ",\"workers\":%zu", board->workers);
    fprintf(line, ",\"peers\":%" PRIu64,
            board_total(board, offsetof(struct slot, peers)));
    fprintf(line, ",\"bytes_in\":%" PRIu64,
            board_total(board, offsetof(struct slot, bytes_in)));
    fprintf(line, ",\"bytes_out\":%" PRIu64,
            board_total(board, offsetof(struct slot, bytes_out)));
    fprintf(line, ",\"peers_per_worker\":[");
    for (size_t worker = 0; worker < board->workers; worker++)
        fprintf(line, "%s%" PRIu64, worker > 0 ? "," : "",
                count_of(&board->slots[worker].peers));
    fprintf(line, "],\"accept_errors\":{");
    put_errors(line, board->common->accept_errors);
    fprintf(line, "}");
    put_time(line, "cpu_user_s", own.ru_utime);
    put_time(line, "cpu_system_s", own.ru_stime);
    put_time(line, "children_user_s", children.ru_utime);
    put_time(line, "children_system_s", children.ru_stime);
    fprintf(line, ",\"max_rss_kib\":%ld}", largest(&own, &children));
    if (fclose(line) == 0)
        warn("%s", text);
    free(text);
}

static void put_errors(FILE *line, const counter *counts)
{
    const char *comma = "";
    for (int errnum = 0; errnum < ERRNOS; errnum++) {
        uint64_t count = count_of(&counts[errnum]);
        if (count == 0)
            continue;
        fprintf(line, "%s\"%s\":%" PRIu64, comma, symbol(errnum), count);
        comma = ",";
    }
}

static void put_time(FILE *line, const char *key, struct timeval time)
{
    fprintf(line, ",\"%s\":%jd.%06ld", key, (intmax_t)time.tv_sec,
            (long)time.tv_usec);
}

static long largest(const struct rusage *own, const struct rusage *children)
{
    return own->ru_maxrss > children->ru_maxrss ? own->ru_maxrss
                                                : children->ru_maxrss;
}
