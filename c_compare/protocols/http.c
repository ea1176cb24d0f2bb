/* An HTTP/1.x response, taken apart. Twin: src/protocols/http.rs. */
#include "protocols/http.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum wrong read_line(struct response *response, struct bytes *input);
static struct bytes take(struct response *response, struct bytes *input);
static enum wrong hear(struct response *response, struct bytes line);
static enum expect body_of(const struct head *head);
static bool chunk_size(struct bytes line, uint64_t *size);

struct response response_begin(void)
{
    return (struct response){
        .expect = EXPECT_HEAD,
        .lines = lines_up_to(LONGEST_HEAD),
    };
}

enum wrong response_next(struct response *response, struct bytes *input,
                         enum step *step, struct bytes *piece)
{
    enum wrong wrong;
    for (;;) {
        switch (response->expect) {
        case EXPECT_NOTHING:
            *step = STEP_OVER;
            return NOTHING_WRONG;
        case EXPECT_COUNTED:
        case EXPECT_UNTIL_END:
        case EXPECT_CHUNK_DATA:
            *step = STEP_BODY;
            if (input->length == 0)
                *step = STEP_MORE;
            else
                *piece = take(response, input);
            return NOTHING_WRONG;
        default:
            break;
        }
        if (input->length == 0) {
            *step = STEP_MORE;
            return NOTHING_WRONG;
        }
        bool had_head = response_has_head(response);
        if (response->expect == EXPECT_INTERIM) {
            head_end(&response->head);
            response->expect = EXPECT_HEAD;
        }
        wrong = read_line(response, input);
        if (wrong != NOTHING_WRONG)
            return wrong;
        if (!had_head && response_has_head(response)) {
            *step = STEP_HEAD;
            return NOTHING_WRONG;
        }
    }
}

enum wrong response_cut(const struct response *response)
{
    switch (response->expect) {
    case EXPECT_NOTHING:
    case EXPECT_UNTIL_END:
        return NOTHING_WRONG;
    case EXPECT_HEAD:
        return response->framing == 0 ? WRONG_SILENT : WRONG_CUT_HEAD;
    case EXPECT_INTERIM:
        return WRONG_CUT_HEAD;
    case EXPECT_COUNTED:
        return WRONG_CUT_BODY;
    default:
        return WRONG_CUT_CHUNKS;
    }
}

bool response_has_head(const struct response *response)
{
    return response->expect != EXPECT_HEAD
        && response->expect != EXPECT_INTERIM;
}

void response_end(struct response *response)
{
    lines_end(&response->lines);
    head_end(&response->head);
}

/* Reads to the end of a line, or what there is of it. */
static enum wrong read_line(struct response *response, struct bytes *input)
{
    size_t length = input->length;
    bool is_head = response->expect == EXPECT_HEAD;
    struct bytes line;
    enum wrong wrong = NOTHING_WRONG;
    enum found found = next_line(&response->lines, input, &line);
    if (found == A_LINE)
        wrong = hear(response, line);
    size_t used = length - input->length;
    response->framing += used;
    if (is_head)
        response->head.size += used;
    if (found == TOO_LONG || response->framing > LONGEST_HEAD)
        return WRONG_LONG;
    return wrong;
}

/* As much of the body as there is. */
static struct bytes take(struct response *response, struct bytes *input)
{
    struct bytes piece = *input;
    if (response->expect != EXPECT_UNTIL_END) {
        if (response->left < piece.length)
            piece.length = (size_t)response->left;
        response->left -= piece.length;
    }
    input->at += piece.length;
    input->length -= piece.length;
    response->framing = 0;
    response->body_size += piece.length;
    if (response->left == 0 && response->expect == EXPECT_COUNTED)
        response->expect = EXPECT_NOTHING;
    if (response->left == 0 && response->expect == EXPECT_CHUNK_DATA)
        response->expect = EXPECT_CHUNK_END;
    return piece;
}

/* A line that is no body, and what it means for what follows. */
static enum wrong hear(struct response *response, struct bytes line)
{
    struct head *head = &response->head;
    bool is_last;
    enum wrong wrong;
    switch (response->expect) {
    case EXPECT_HEAD:
        wrong = head_hear(head, line, &is_last);
        if (wrong == NOTHING_WRONG && is_last) {
            response->left = head->length;
            response->expect = body_of(head);
        }
        return wrong;
    case EXPECT_CHUNK_SIZE:
        if (!chunk_size(line, &response->left))
            return WRONG_CHUNK;
        response->expect =
            response->left == 0 ? EXPECT_TRAILER : EXPECT_CHUNK_DATA;
        return NOTHING_WRONG;
    case EXPECT_CHUNK_END:
        response->expect = EXPECT_CHUNK_SIZE;
        return line.length == 0 ? NOTHING_WRONG : WRONG_CHUNK;
    case EXPECT_TRAILER:
        if (line.length == 0)
            response->expect = EXPECT_NOTHING;
        return NOTHING_WRONG;
    default:
        return WRONG_CHUNK;
    }
}

/* What follows a complete head. Chunks count more than a length: whoever
 * cut the body into chunks has seen the length, and not the other way. */
static enum expect body_of(const struct head *head)
{
    if (head->status < 200)
        return EXPECT_INTERIM;
    if (head->status == 204 || head->status == 304)
        return EXPECT_NOTHING;
    if (head->is_chunked)
        return EXPECT_CHUNK_SIZE;
    if (!head->has_length)
        return EXPECT_UNTIL_END;
    return head->length == 0 ? EXPECT_NOTHING : EXPECT_COUNTED;
}

/* `1a2b`, or `1a2b;name=value`. */
static bool chunk_size(struct bytes line, uint64_t *size)
{
    const unsigned char *end = NULL;
    if (line.length > 0)
        end = memchr(line.at, ';', line.length);
    if (end != NULL)
        line.length = (size_t)(end - line.at);
    return http_number(trim_end(line), 16, size);
}

char *wrong_text(const struct response *response, enum wrong wrong)
{
    static const char *const texts[] = {
        [NOTHING_WRONG] = "nothing",
        [WRONG_STATUS] = "no status line of HTTP/1",
        [WRONG_FIELD] = "a header line without a name",
        [WRONG_LONG] = "a head of more than 65536 bytes",
        [WRONG_LENGTH] = "a bad Content-Length",
        [WRONG_CODING] = "a Transfer-Encoding that is not chunked",
        [WRONG_CHUNK] = "a bad chunk",
        [WRONG_SILENT] = "the connection ended without an answer",
        [WRONG_CUT_HEAD] = "the connection ended in the head",
        [WRONG_CUT_BODY] = "the connection ended after",
        [WRONG_CUT_CHUNKS] = "the connection ended before the last chunk",
    };
    uint64_t got = response->body_size, of = got + response->left;
    char *text;
    int length;
    if (wrong == WRONG_CUT_BODY)
        length = asprintf(&text, "%s %" PRIu64 " of %" PRIu64 " bytes",
                          texts[wrong], got, of);
    else
        length = asprintf(&text, "%s", texts[wrong]);
    if (length < 0)
        abort();
    return text;
}
