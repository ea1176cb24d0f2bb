/* Puts the C parser before tests/http_get.rs: standard input is a response,
 * and it is read whole, byte by byte, and cut in three at any two places.
 *
 * Prints status, size of the head, what was wrong, and the body, or the cut
 * at which any of that differs. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../protocols/http.h"

enum { ROOM = 200 * 1024 };

struct told {
    unsigned status;
    size_t head;
    char *wrong;
    unsigned char *body;
    size_t length;
};

static enum wrong read_piece(struct response *response, struct bytes input,
                             struct told *told)
{
    struct bytes piece;
    enum step step = STEP_HEAD;
    while (step != STEP_MORE && step != STEP_OVER) {
        enum wrong wrong = response_next(response, &input, &step, &piece);
        if (wrong != NOTHING_WRONG)
            return wrong;
        if (step == STEP_BODY) {
            memcpy(told->body + told->length, piece.at, piece.length);
            told->length += piece.length;
        }
    }
    return NOTHING_WRONG;
}

static struct told tell(const struct bytes *pieces, size_t count)
{
    struct response response = response_begin();
    struct told told = {.body = malloc(ROOM)};
    enum wrong wrong = NOTHING_WRONG;
    for (size_t index = 0; index < count && wrong == NOTHING_WRONG; index++)
        wrong = read_piece(&response, pieces[index], &told);
    if (wrong == NOTHING_WRONG)
        wrong = response_cut(&response);
    told.status = response.head.status;
    told.head = response.head.size;
    told.wrong = wrong_text(&response, wrong);
    response_end(&response);
    return told;
}

static void compare(const struct told *whole, struct told cut, size_t first,
                    size_t second)
{
    if (cut.status != whole->status || cut.length != whole->length
        || strcmp(cut.wrong, whole->wrong) != 0
        || memcmp(cut.body, whole->body, cut.length) != 0
        || (cut.head != whole->head && strcmp(cut.wrong, "nothing") == 0)) {
        printf("differs when cut at %zu and %zu\n", first, second);
        exit(EXIT_FAILURE);
    }
    free(cut.wrong);
    free(cut.body);
}

int main(void)
{
    static unsigned char all[ROOM];
    static struct bytes bytes[ROOM];
    size_t length = fread(all, 1, sizeof all, stdin);
    struct told whole = tell(&(struct bytes){all, length}, 1);
    for (size_t index = 0; index < length; index++)
        bytes[index] = (struct bytes){all + index, 1};
    compare(&whole, tell(bytes, length), 1, 1);
    for (size_t first = 0; first <= length && length < 1000; first++)
        for (size_t second = first; second <= length; second++) {
            const struct bytes pieces[] = {
                {all, first},
                {all + first, second - first},
                {all + second, length - second},
            };
            compare(&whole, tell(pieces, 3), first, second);
        }
    printf("%u %zu %s\n", whole.status, whole.head, whole.wrong);
    fwrite(whole.body, 1, whole.length, stdout);
    free(whole.wrong);
    free(whole.body);
}
