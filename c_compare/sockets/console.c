/* One line, one write(2). Twin: src/sockets/console.rs. */
#include "sockets/console.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sockets/memory.h"

static int print(int stream, const char *format, va_list arguments);
static int write_all(int stream, const void *bytes, size_t length);

int say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int printed = print(STDOUT_FILENO, format, arguments);
    va_end(arguments);
    return printed;
}

void note(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print(STDOUT_FILENO, format, arguments);
    va_end(arguments);
}

void warn(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print(STDERR_FILENO, format, arguments);
    va_end(arguments);
}

static int print(int stream, const char *format, va_list arguments)
{
    char text[512], *line = text, *longer = NULL;
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(text, sizeof text, format, arguments);
    if (length >= (int)sizeof text) {
        line = longer = grown(NULL, (size_t)length + 1);
        vsnprintf(longer, (size_t)length + 1, format, again);
    }
    va_end(again);
    if (length < 0)
        return -1;
    line[length] = '\n';
    int written = write_all(stream, line, (size_t)length + 1);
    free(longer);
    return written;
}

int write_out(const void *bytes, size_t length)
{
    return write_all(STDOUT_FILENO, bytes, length);
}

static int write_all(int stream, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t written = write(stream, at, length);
        if (written >= 0) {
            at += written;
            length -= (size_t)written;
        } else if (errno != EINTR) {
            return -1;
        }
    }
    return 0;
}

/* Rust's runtime does this before main. Else, with 0, 1 or 2 closed, a socket
 * would get that number, and the log would go to the peer. */
__attribute__((constructor)) static void open_standard_streams(void)
{
    for (int stream = 0; stream <= STDERR_FILENO; stream++)
        if (fcntl(stream, F_GETFD) < 0)
            open("/dev/null", O_RDWR);
}
