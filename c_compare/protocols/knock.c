/* Knock, knock: a joke in three lines each way.
 *
 * Twin: src/protocols/knock.rs.
 */
#include "protocols/knock.h"

#include <string.h>

#include "sockets/lines.h"
#include "sockets/memory.h"

enum expect { KNOCK, WORD, PUNCHLINE, NOTHING };

struct reply {
    unsigned char *at;
    size_t length, room;
};

struct knock {
    enum framing framing;
    enum expect expect;
    struct lines lines;
    struct reply reply;
};

static void hear(enum expect *expect, struct bytes line,
                 struct reply *reply);
static void lost(enum expect *expect, struct reply *reply);
static bool is(struct bytes line, const char *text);
static bool is_knock(struct bytes line);
static struct bytes without_end(struct bytes message);
static void extend(struct reply *reply, const void *bytes, size_t length);
static void put(struct reply *reply, const char *text);

static void begin(void *session, const void *setup, long id)
{
    const enum framing *framing = setup;
    (void)id;
    *(struct knock *)session = (struct knock){
        .framing = framing != NULL ? *framing : FRAMING_LINE,
        .expect = KNOCK,
        .lines = lines_up_to(LONGEST),
    };
}

static struct bytes answer(void *session, struct bytes input)
{
    struct knock *knock = session;
    struct reply *reply = &knock->reply;
    struct bytes line;
    reply->length = 0;
    if (knock->framing == FRAMING_RECV) {
        hear(&knock->expect, without_end(input), reply);
        return (struct bytes){reply->at, reply->length};
    }
    while (knock->expect != NOTHING) {
        enum found found = next_line(&knock->lines, &input, &line);
        if (found == NO_LINE)
            break;
        if (found == A_LINE)
            hear(&knock->expect, line, reply);
        else
            lost(&knock->expect, reply);
    }
    return (struct bytes){reply->at, reply->length};
}

static bool is_over(const void *session)
{
    const struct knock *knock = session;
    return knock->expect == NOTHING;
}

static void end(void *session)
{
    struct knock *knock = session;
    lines_end(&knock->lines);
    free(knock->reply.at);
    knock->reply = (struct reply){0};
}

const struct protocol knock_protocol = {
    .size = sizeof(struct knock),
    .begin = begin,
    .answer = answer,
    .is_over = is_over,
    .end = end,
};

/* One message of the joke, and what is said to it. */
static void hear(enum expect *expect, struct bytes line,
                 struct reply *reply)
{
    if (*expect == KNOCK && is_knock(line)) {
        put(reply, "Who's there?\n");
        *expect = WORD;
    } else if (*expect == WORD) {
        extend(reply, line.at, line.length);
        put(reply, " who?\n");
        *expect = PUNCHLINE;
    } else if (*expect == PUNCHLINE) {
        put(reply, "Ha, ha, ha!\n");
        *expect = NOTHING;
    } else {
        lost(expect, reply);
    }
}

static void lost(enum expect *expect, struct reply *reply)
{
    put(reply, "I don't understand\n");
    *expect = NOTHING;
}

/* The handout spells it both ways. */
static bool is_knock(struct bytes line)
{
    return is(line, "Knock, knock") || is(line, "Knock, Knock");
}

static bool is(struct bytes line, const char *text)
{
    return line.length == strlen(text)
        && (line.length == 0 || memcmp(line.at, text, line.length) == 0);
}

static struct bytes without_end(struct bytes message)
{
    const unsigned char *at = message.at;
    size_t length = message.length;
    length -= length > 0 && at[length - 1] == '\n';
    length -= length > 0 && at[length - 1] == '\r';
    return (struct bytes){at, length};
}

static void extend(struct reply *reply, const void *bytes, size_t length)
{
    size_t needed = reply->length + length;
    if (length == 0)
        return;
    if (needed > reply->room) {
        reply->room = needed > reply->room * 2 ? needed : reply->room * 2;
        reply->at = grown(reply->at, reply->room);
    }
    memcpy(reply->at + reply->length, bytes, length);
    reply->length = needed;
}

static void put(struct reply *reply, const char *text)
{
    extend(reply, text, strlen(text));
}
