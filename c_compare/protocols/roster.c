/* The roster lab's conversation. Twin: src/protocols/roster.rs. */
#include "roster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const keys[] = {"student_name", "github_username", "sid"};
static const char *const labels[] = {"Connected: Student: ",
                                     ", Github Username: ", ", sid: "};

static enum refused read_all(struct roster *roster, struct bytes stream,
                             size_t *length, struct buffer *line);
static enum refused connected(struct bytes bytes, struct buffer *line);
static bool tell(struct roster *roster, enum notice_kind kind,
                 struct buffer *line);

void roster_begin(struct roster *roster, long clientid)
{
    *roster = (struct roster){.clientid = clientid};
}

struct bytes roster_greeting(struct roster *roster)
{
    struct buffer out = {roster->greeting, 0, sizeof roster->greeting};

    encode_greeting(&out, roster->clientid);
    return (struct bytes){roster->greeting, out.length};
}

struct bytes roster_answer(struct roster *roster, struct bytes input)
{
    struct buffer *pending = &roster->pending, line = {0};
    struct buffer *answer = &roster->acknowledgements;
    enum refused why = REFUSED_NOT;
    size_t length = 0;

    answer->length = 0;
    if (roster->over)
        return (struct bytes){NULL, 0};
    if (!buffer_add(pending, input.at, input.length))
        why = REFUSED_MEMORY;
    if (why == REFUSED_NOT)
        why = read_all(roster, (struct bytes){pending->at, pending->length},
                       &length, &line);
    if (why != REFUSED_NOT) {
        roster->over = true;
        if (line.length == 0 && buffer_add_text(&line, "refused a pickle: "))
            buffer_add_text(&line, refused_text(why));
        tell(roster, WRONG, &line);
    }
    if (roster->over || length == pending->length) {
        buffer_free(pending);
    } else if (length > 0) {
        pending->length -= length;
        memmove(pending->at, pending->at + length, pending->length);
    }
    return (struct bytes){answer->at, answer->length};
}

bool roster_is_over(const struct roster *roster)
{
    return roster->over;
}

bool roster_notice(struct roster *roster, struct notice *notice)
{
    if (roster->first_notice == roster->notice_count)
        return false;
    *notice = roster->notices[roster->first_notice++];
    if (roster->first_notice == roster->notice_count)
        roster->first_notice = roster->notice_count = 0;
    return true;
}

void roster_end(struct roster *roster)
{
    struct notice notice;

    while (roster_notice(roster, &notice))
        free(notice.text);
    free(roster->notices);
    buffer_free(&roster->pending);
    buffer_free(&roster->acknowledgements);
    roster->notices = NULL;
    roster->notice_room = 0;
}

/* Reads every whole pickle in `stream`; `*length`: how many bytes they were.
 * What is wrong with one may be said in `line`. */
static enum refused read_all(struct roster *roster, struct bytes stream,
                             size_t *length, struct buffer *line)
{
    for (;;) {
        struct bytes rest = {NULL, stream.length - *length};
        if (rest.length > 0)
            rest.at = stream.at + *length;
        size_t one;
        enum refused why = pickle_scan(&roster->scanner, rest, &one);
        if (why != REFUSED_NOT || one == 0)
            return why;
        roster->scanner = (struct scanner){0};
        why = connected((struct bytes){rest.at, one}, line);
        if (why != REFUSED_NOT)
            return why;
        struct bytes ack = encode_acknowledgement;
        if (!tell(roster, SAID, line) ||
            !buffer_add(&roster->acknowledgements, ack.at, ack.length))
            return REFUSED_MEMORY;
        *length += one;
    }
}

/* `key` is not there, or, with a reason, is something else than a scalar. */
static void blame(struct buffer *line, const char *key, enum refused why)
{
    char text[128];

    if (why == REFUSED_NOT)
        snprintf(text, sizeof text, "refused a pickle: no '%s'", key);
    else
        snprintf(text, sizeof text, "refused a pickle: '%s' is %s", key,
                 refused_text(why));
    line->length = 0;
    buffer_add_text(line, text);
}

static enum refused add_value(const struct pickle *pickle, uint32_t id,
                              struct buffer *line)
{
    struct buffer text = {0};
    enum refused why = pickle_str(pickle, id, &text);

    if (why == REFUSED_NOT &&
        !add_on_one_line(line, (struct bytes){text.at, text.length}))
        why = REFUSED_MEMORY;
    buffer_free(&text);
    return why;
}

/* The line for a pickle that says who a student is. */
static enum refused connected(struct bytes bytes, struct buffer *line)
{
    struct pickle pickle;
    enum refused why = pickle_decode(bytes, &pickle);

    if (why != REFUSED_NOT)
        return why;
    if (pickle.nodes[pickle.root].kind != KIND_DICT)
        why = REFUSED_NO_DICT;
    for (size_t i = 0; why == REFUSED_NOT && i < 3; i++) {
        uint32_t id;
        if (!pickle_get(&pickle, pickle.root, keys[i], &id)) {
            blame(line, keys[i], REFUSED_NOT);
            why = REFUSED_KEY;
        } else if (!buffer_add_text(line, labels[i])) {
            why = REFUSED_MEMORY;
        } else {
            why = add_value(&pickle, id, line);
            if (why == REFUSED_CONTAINER || why == REFUSED_DIGITS)
                blame(line, keys[i], why);
        }
        if (why == REFUSED_MEMORY)
            line->length = 0;
    }
    pickle_free(&pickle);
    return why;
}

/* The notice takes `line`; without memory for it there is none. */
static bool tell(struct roster *roster, enum notice_kind kind,
                 struct buffer *line)
{
    struct notice *notices =
        with_room(roster->notices, &roster->notice_room,
                  roster->notice_count + 1, sizeof *notices);

    if (notices != NULL)
        roster->notices = notices;
    if (notices == NULL || line->length == 0 || !buffer_add_byte(line, '\0')) {
        buffer_free(line);
        return false;
    }
    notices[roster->notice_count++] =
        (struct notice){kind, (char *)line->at};
    *line = (struct buffer){0};
    return true;
}

enum refused roster_greeted(struct bytes bytes, struct buffer *out)
{
    struct pickle pickle;
    enum refused why = pickle_decode(bytes, &pickle);

    if (why != REFUSED_NOT)
        return why;
    why = REFUSED_NO_DICT;
    if (pickle.nodes[pickle.root].kind == KIND_DICT)
        why = pickle_repr(&pickle, pickle.root, out);
    pickle_free(&pickle);
    return why;
}

enum refused roster_is_acknowledgement(struct bytes bytes, bool *is)
{
    struct pickle pickle;
    enum refused why = pickle_decode(bytes, &pickle);

    if (why != REFUSED_NOT)
        return why;
    const struct node *root = &pickle.nodes[pickle.root];
    *is = root->kind == KIND_INT && root->whole == 1;
    pickle_free(&pickle);
    return REFUSED_NOT;
}

static void begin(void *session, const void *setup, long id)
{
    (void)setup;
    roster_begin(session, id);
}

static struct bytes greeting(void *session)
{
    return roster_greeting(session);
}

static struct bytes answer(void *session, struct bytes input)
{
    return roster_answer(session, input);
}

static bool is_over(const void *session)
{
    return roster_is_over(session);
}

static bool notice(void *session, struct notice *notice)
{
    return roster_notice(session, notice);
}

static void end(void *session)
{
    roster_end(session);
}

const struct protocol roster_protocol = {
    .size = sizeof(struct roster),
    .begin = begin,
    .greeting = greeting,
    .answer = answer,
    .is_over = is_over,
    .notice = notice,
    .end = end,
};
