/* Supply: a line with a number asks for that many bytes. Twin:
 * src/protocols/supply.rs.
 */
#include "protocols/supply.h"

#include <stdio.h>
#include <string.h>

#include "sockets/lines.h"
#include "sockets/memory.h"

#define ALPHABET \
    'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', \
    'N', 'O', 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', \
    'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', \
    'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', \
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '+', '/'

#define FOUR_OF(letters) letters, letters, letters, letters

/* Every answer is the beginning of this: 64 letters, 256 times. (No string:
 * ISO C promises no more than 4095 letters of one.) */
static const unsigned char stock[SUPPLY_MOST] = {
    FOUR_OF(FOUR_OF(FOUR_OF(FOUR_OF(ALPHABET))))
};

struct supply {
    struct lines lines;
    /* The answers to a piece that held the ends of several lines: two at
     * most, as SUPPLY_PIECE has no room for more, unless they are short. */
    struct {
        unsigned char *at;
        size_t length, room;
    } joined;
    char *wrong;
    bool over;
};

static void join(struct supply *supply, struct bytes answer);
static void finish(struct supply *supply, char *why);
static size_t asked(struct bytes line, char **wrong);
static char *too_long(void);

static void begin(void *session, const void *setup, long id)
{
    (void)setup;
    (void)id;
    *(struct supply *)session = (struct supply){
        .lines = lines_up_to(SUPPLY_LONGEST),
    };
}

/* Out of the stock, where it is: one answer is not copied. */
static struct bytes answer(void *session, struct bytes input)
{
    struct supply *supply = session;
    struct bytes answer = {stock, 0}, line;
    char *wrong;
    supply->joined.length = 0;
    while (!supply->over) {
        enum found found = next_line(&supply->lines, &input, &line);
        if (found == NO_LINE)
            break;
        size_t count = found == A_LINE ? asked(line, &wrong) : 0;
        if (count > 0) {
            join(supply, answer);
            answer.length = count;
        } else {
            finish(supply, found == A_LINE ? wrong : too_long());
        }
    }
    if (supply->joined.length == 0)
        return answer;
    join(supply, answer);
    return (struct bytes){supply->joined.at, supply->joined.length};
}

static bool is_over(const void *session)
{
    const struct supply *supply = session;
    return supply->over;
}

static bool notice(void *session, struct notice *notice)
{
    struct supply *supply = session;
    if (supply->wrong == NULL)
        return false;
    *notice = (struct notice){WRONG, supply->wrong};
    supply->wrong = NULL;
    return true;
}

static void end(void *session)
{
    struct supply *supply = session;
    lines_end(&supply->lines);
    free(supply->joined.at);
    free(supply->wrong);
}

const struct protocol supply_protocol = {
    .size = sizeof(struct supply),
    .begin = begin,
    .answer = answer,
    .is_over = is_over,
    .notice = notice,
    .end = end,
};

static void join(struct supply *supply, struct bytes answer)
{
    size_t length = supply->joined.length, needed = length + answer.length;
    if (answer.length == 0)
        return;
    if (needed > supply->joined.room) {
        size_t twice = supply->joined.room * 2;
        supply->joined.room = needed > twice ? needed : twice;
        supply->joined.at = grown(supply->joined.at, supply->joined.room);
    }
    memcpy(supply->joined.at + length, answer.at, answer.length);
    supply->joined.length = needed;
}

/* The peer's next line may be anything: nothing more is read. Takes `why`. */
static void finish(struct supply *supply, char *why)
{
    supply->wrong = why;
    supply->over = true;
}

/* How many bytes a line asks for; 0: what is wrong with it is in `wrong`. */
static size_t asked(struct bytes line, char **wrong)
{
    bool digits = true;
    size_t count = 0;
    for (size_t i = 0; i < line.length; i++) {
        unsigned char digit = line.at[i];
        digits = digits && digit >= '0' && digit <= '9';
        count = count * 10 + (unsigned char)(digit - '0');
    }
    if (digits && count >= 1 && count <= SUPPLY_MOST)
        return count;
    char *text = shown(line);
    static const char form[] = "no number from 1 to %d: \"%s\"";
    size_t room = sizeof form + SUPPLY_LONGEST + strlen(text);
    *wrong = grown(NULL, room);
    snprintf(*wrong, room, form, SUPPLY_MOST, text);
    free(text);
    return 0;
}

static char *too_long(void)
{
    char text[80];
    snprintf(text, sizeof text,
             "no number from 1 to %d: a line of more than %d bytes",
             SUPPLY_MOST, SUPPLY_LONGEST);
    return strcpy(grown(NULL, strlen(text) + 1), text);
}
