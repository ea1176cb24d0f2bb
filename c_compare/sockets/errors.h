/* How a program of this kit fails: the call, the errno, the object.
 *
 * echo_client: connect: ECONNREFUSED: Connection refused (127.0.0.1:10000)
 *
 * Twin: src/sockets/errors.rs. Man pages: errno(3), gai_strerror(3). Each
 * function prints the line and returns 1, for `return fail(…)` in main.
 *
 * One failure is none: `http_get … | head -1`. When write says EPIPE, who
 * read has seen enough. There is no line then, and 0.
 */
#ifndef SOCKETS_ERRORS_H
#define SOCKETS_ERRORS_H

/* The kernel said so: errno. The object, an address or a path, may be "". */
int fail(const char *program, const char *call, const char *object);

/* Ends a program that only had to print: `return done(NAME, say(…))`. */
int done(const char *program, int written);

/* The resolver said so: an EAI_… code. The object is HOST:SERVICE. */
int fail_lookup(const char *program, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* This program says so, in its own words. */
int fail_because(const char *program, const char *call, const char *why);

/* The symbol of an errno, ECONNREFUSED. */
const char *symbol(int errnum);

#endif
