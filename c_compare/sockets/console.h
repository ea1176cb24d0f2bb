/* One line, one write(2): what one process or thread prints is never cut by
 * another's line, whoever shares the terminal.
 *
 * Twin: src/sockets/console.rs. stdio takes a lock, which fork may copy while
 * another thread holds it.
 */
#ifndef SOCKETS_CONSOLE_H
#define SOCKETS_CONSOLE_H

#include <stdarg.h>
#include <stddef.h>

/* A line on standard output, which somebody has asked for; its end is added.
 * 0, or -1 and errno, EPIPE when nobody reads any more. */
int say(const char *format, ...)
    __attribute__((format(printf, 1, 2), warn_unused_result));

/* A line of a server's log, on standard output; its end is added. Where it
 * cannot be written, the server goes on without. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A line on standard error; its end is added. */
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Bytes as they are, on standard output: 0, or -1 and errno, EPIPE when
 * nobody reads any more. */
int write_out(const void *bytes, size_t length);

#endif
