/* The head of a response. Twin: src/protocols/http/head.rs. */
#include "protocols/http/head.h"

#include <string.h>
#include <strings.h>

#include "sockets/memory.h"

static enum wrong understand(struct head *head, struct bytes field);
static enum wrong has_length(struct head *head, struct bytes value);
static enum wrong has_coding(struct head *head, struct bytes name);
static bool status(struct bytes line, unsigned *code);
static bool is(struct bytes text, const char *word);
static struct bytes trim(struct bytes text);
static void extend(struct kept *kept, struct bytes bytes);

enum wrong head_hear(struct head *head, struct bytes line, bool *is_last)
{
    *is_last = false;
    if (head->status_line.length == 0) {
        if (!status(line, &head->status))
            return WRONG_STATUS;
        extend(&head->status_line, line);
        return NOTHING_WRONG;
    }
    if (line.length > 0 && (*line.at == ' ' || *line.at == '\t')) {
        if (head->field.length == 0)
            return WRONG_FIELD;
        extend(&head->field, line);
        return NOTHING_WRONG;
    }
    enum wrong wrong = NOTHING_WRONG;
    if (head->field.length > 0)
        wrong = understand(head, (struct bytes){head->field.at,
                                                head->field.length});
    head->field.length = 0;
    extend(&head->field, line);
    *is_last = line.length == 0;
    return wrong;
}

/* Two fields say where the body ends; the others are not our business. */
static enum wrong understand(struct head *head, struct bytes field)
{
    const unsigned char *colon = memchr(field.at, ':', field.length);
    if (colon == NULL)
        return WRONG_FIELD;
    struct bytes name = {field.at, (size_t)(colon - field.at)};
    struct bytes rest = {colon + 1, field.length - name.length - 1};
    name = trim_end(name);
    if (name.length == 0)
        return WRONG_FIELD;
    for (;;) {
        struct bytes part = rest;
        const unsigned char *comma = memchr(rest.at, ',', rest.length);
        if (comma != NULL)
            part.length = (size_t)(comma - rest.at);
        enum wrong wrong = NOTHING_WRONG;
        if (is(name, "Content-Length"))
            wrong = has_length(head, trim(part));
        else if (is(name, "Transfer-Encoding"))
            wrong = has_coding(head, trim(part));
        if (wrong != NOTHING_WRONG || comma == NULL)
            return wrong;
        rest.at = comma + 1;
        rest.length -= part.length + 1;
    }
}

/* Said twice it is one length, or a lie. */
static enum wrong has_length(struct head *head, struct bytes value)
{
    uint64_t length;
    if (!http_number(value, 10, &length))
        return WRONG_LENGTH;
    if (head->has_length && head->length != length)
        return WRONG_LENGTH;
    head->has_length = true;
    head->length = length;
    return NOTHING_WRONG;
}

static enum wrong has_coding(struct head *head, struct bytes name)
{
    if (head->is_chunked || !is(name, "chunked"))
        return WRONG_CODING;
    head->is_chunked = true;
    return NOTHING_WRONG;
}

/* 200 out of `HTTP/1.1 200 OK`; the words at the end may be missing. */
static bool status(struct bytes line, unsigned *code)
{
    static const char start[] = "HTTP/1.x 200";
    const unsigned char *at = line.at;
    uint64_t number;
    if (line.length < strlen(start) || memcmp(at, start, 7) != 0)
        return false;
    if (at[7] < '0' || at[7] > '9' || at[8] != ' ')
        return false;
    if (!http_number((struct bytes){at + 9, 3}, 10, &number) || number < 100)
        return false;
    if (line.length > strlen(start) && at[strlen(start)] != ' ')
        return false;
    *code = (unsigned)number;
    return true;
}

bool http_number(struct bytes digits, unsigned base, uint64_t *number)
{
    static const char letters[] = "0123456789abcdef";
    *number = 0;
    for (size_t index = 0; index < digits.length; index++) {
        int letter = digits.at[index];
        if (letter >= 'A' && letter <= 'F')
            letter += 'a' - 'A';
        const char *found = memchr(letters, letter, base);
        if (found == NULL)
            return false;
        uint64_t digit = (uint64_t)(found - letters);
        if (*number > (UINT64_MAX - digit) / base)
            return false;
        *number = *number * base + digit;
    }
    return digits.length > 0;
}

static bool is(struct bytes text, const char *word)
{
    return text.length == strlen(word)
        && strncasecmp((const char *)text.at, word, text.length) == 0;
}

static bool is_blank(unsigned char letter)
{
    return letter == ' ' || (letter >= '\t' && letter <= '\r'
                             && letter != '\v');
}

static struct bytes trim(struct bytes text)
{
    for (; text.length > 0 && is_blank(*text.at); text.length--)
        text.at++;
    return trim_end(text);
}

struct bytes trim_end(struct bytes text)
{
    while (text.length > 0 && is_blank(text.at[text.length - 1]))
        text.length--;
    return text;
}

static void extend(struct kept *kept, struct bytes bytes)
{
    if (bytes.length == 0)
        return;
    kept->at = grown(kept->at, kept->length + bytes.length);
    memcpy(kept->at + kept->length, bytes.at, bytes.length);
    kept->length += bytes.length;
}

void head_end(struct head *head)
{
    free(head->status_line.at);
    free(head->field.at);
    *head = (struct head){0};
}
