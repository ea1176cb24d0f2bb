/* Puts the line reader of the C twin before the tests in tests/lines.rs: each
 * piece on standard input is a length in one byte and that many bytes; an
 * empty piece begins a new stream. Each line is printed in hexadecimal, and
 * `too long` where a stream ends by that. */
#include <stdbool.h>
#include <stdio.h>

#include "sockets/lines.h"

/* False when a line was too long. */
static bool read_lines(struct lines *lines, struct bytes input)
{
    struct bytes line;
    enum found found;
    while ((found = next_line(lines, &input, &line)) == A_LINE) {
        putchar('=');
        for (size_t i = 0; i < line.length; i++)
            printf("%02x", line.at[i]);
        putchar('\n');
    }
    if (found == TOO_LONG)
        puts("too long");
    return found != TOO_LONG;
}

int main(void)
{
    unsigned char piece[255];
    struct lines lines = lines_up_to(5);
    bool open = true;
    int length;
    while ((length = getchar()) != EOF) {
        if (length == 0) {
            lines_end(&lines);
            lines = lines_up_to(5);
            open = true;
            puts("-");
            continue;
        }
        size_t got = fread(piece, 1, (size_t)length, stdin);
        if (open)
            open = read_lines(&lines, (struct bytes){piece, got});
    }
    lines_end(&lines);
    return 0;
}
