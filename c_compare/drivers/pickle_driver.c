/* Puts the pickles of the C twin before the tests in tests/pickles.rs: each
 * request on standard input is a letter, a length in four bytes (little end
 * first) and that many bytes; each answer is one line.
 *
 *   p  a pickle: its repr, `refused: …` or `incomplete`
 *   s  the same with str instead of repr
 *   r  the input of a roster session: its acknowledgements, notices, state
 *   g  a clientid in decimal: the greeting in hexadecimal
 *   e  NAME NUL USERNAME NUL SID: the student's pickle in hexadecimal
 *   d  a greeting as the client shows it
 *   a  `yes` if it is the integer 1 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../protocols/roster.h"

static void show(struct bytes bytes)
{
    if (bytes.length > 0)
        fwrite(bytes.at, 1, bytes.length, stdout);
}

static void show_hex(struct bytes bytes)
{
    for (size_t i = 0; i < bytes.length; i++)
        printf("%02x", bytes.at[i]);
}

/* One byte more each time must lead where all of them at once lead. */
static enum refused scan_both_ways(struct bytes input, size_t *length)
{
    struct scanner at_once = {0}, by_bytes = {0};
    enum refused why = pickle_scan(&at_once, input, length);
    enum refused slow = REFUSED_NOT;
    size_t found = 0;

    for (size_t i = 0; i <= input.length; i++) {
        struct bytes part = {input.at, i};
        slow = pickle_scan(&by_bytes, part, &found);
        if (slow != REFUSED_NOT || found > 0)
            break;
    }
    if (slow != why || found != *length) {
        printf("scanned in pieces it differs: ");
        return slow;
    }
    return why;
}

static void answer_pickle(struct bytes input, bool as_str)
{
    struct pickle pickle;
    struct buffer text = {0};
    size_t length;
    enum refused why = scan_both_ways(input, &length);

    if (why == REFUSED_NOT && length == 0) {
        printf("incomplete");
        return;
    }
    if (why == REFUSED_NOT)
        why = pickle_decode((struct bytes){input.at, length}, &pickle);
    if (why == REFUSED_NOT) {
        why = as_str ? pickle_str(&pickle, pickle.root, &text)
                     : pickle_repr(&pickle, pickle.root, &text);
        pickle_free(&pickle);
    }
    if (why == REFUSED_NOT)
        show((struct bytes){text.at, text.length});
    else
        printf("refused: %s", refused_text(why));
    buffer_free(&text);
}

static void answer_roster(struct bytes input)
{
    struct roster roster;
    struct notice notice;
    size_t all = 0;

    roster_begin(&roster, 1);
    size_t piece = input.length > 0 ? input.at[0] : 0;
    for (size_t at = 1; at < input.length; at += piece) {
        if (piece == 0 || piece > input.length - at)
            piece = input.length - at;
        struct bytes part = {input.at + at, piece};
        all += roster_answer(&roster, part).length;
    }
    printf("%zu %s", all, roster_is_over(&roster) ? "over" : "open");
    while (roster_notice(&roster, &notice)) {
        printf(notice.kind == SAID ? " said[%s]" : " wrong[%s]",
               notice.text);
        free(notice.text);
    }
    roster_end(&roster);
}

static void answer_greeting(struct bytes input)
{
    struct roster roster;

    roster_begin(&roster, atol((const char *)input.at));
    show_hex(roster_greeting(&roster));
}

static void answer_student(struct bytes input)
{
    struct buffer out = {0};
    const char *name = (const char *)input.at;
    const char *username = name + strlen(name) + 1;
    const char *sid = username + strlen(username) + 1;

    if (encode_student(&out, name, username, sid))
        show_hex((struct bytes){out.at, out.length});
    else
        printf("too long");
    buffer_free(&out);
}

static void answer_client(struct bytes input, bool greeted)
{
    struct buffer out = {0};
    bool is = false;
    enum refused why = greeted ? roster_greeted(input, &out)
                               : roster_is_acknowledgement(input, &is);

    if (why != REFUSED_NOT)
        printf("refused: %s", refused_text(why));
    else if (greeted)
        show((struct bytes){out.at, out.length});
    else
        printf("%s", is ? "yes" : "no");
    buffer_free(&out);
}

static void answer(int kind, struct bytes input)
{
    switch (kind) {
    case 'p': case 's':
        answer_pickle(input, kind == 's');
        break;
    case 'r':
        answer_roster(input);
        break;
    case 'g':
        answer_greeting(input);
        break;
    case 'e':
        answer_student(input);
        break;
    case 'd': case 'a':
        answer_client(input, kind == 'd');
        break;
    default:
        fprintf(stderr, "pickle_driver: unknown request\n");
        exit(2);
    }
}

int main(void)
{
    unsigned char header[5];

    while (fread(header, 1, sizeof header, stdin) == sizeof header) {
        size_t length = 0;
        for (size_t i = sizeof header - 1; i > 0; i--)
            length = length << 8 | header[i];
        /* Exactly as long, so that a read beyond it is seen; g and e are
         * sent with a NUL of their own. */
        unsigned char *input = malloc(length > 0 ? length : 1);
        if (input == NULL || fread(input, 1, length, stdin) != length) {
            free(input);
            fprintf(stderr, "pickle_driver: request cut short\n");
            return 2;
        }
        answer(header[0], (struct bytes){input, length});
        putchar('\n');
        free(input);
    }
    return 0;
}
