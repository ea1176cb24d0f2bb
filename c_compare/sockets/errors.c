/* How a program of this kit fails. Twin: src/sockets/errors.rs. */
#include "sockets/errors.h"

#include <errno.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sockets/console.h"

static const char *lookup_symbol(int code);

int fail(const char *program, const char *call, const char *object)
{
    int errnum = errno;
    if (errnum == EPIPE && strcmp(call, "write") == 0)
        return EXIT_SUCCESS;
    char text[128];
    const char *why = strerror_r(errnum, text, sizeof text);
    const char *open = *object ? " (" : "", *close = *object ? ")" : "";
    warn("%s: %s: %s: %s%s%s%s", program, call, symbol(errnum), why, open,
         object, close);
    return EXIT_FAILURE;
}

int done(const char *program, int written)
{
    if (written < 0)
        return fail(program, "write", "standard output");
    return EXIT_SUCCESS;
}

int fail_lookup(const char *program, int code, const char *format, ...)
{
    int errnum = errno;
    char object[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(object, sizeof object, format, arguments);
    va_end(arguments);
    errno = errnum;
    if (code == EAI_SYSTEM)
        return fail(program, "getaddrinfo", object);
    warn("%s: getaddrinfo: %s: %s (%s)", program, lookup_symbol(code),
         gai_strerror(code), object);
    return EXIT_FAILURE;
}

int fail_because(const char *program, const char *call, const char *why)
{
    warn("%s: %s: %s", program, call, why);
    return EXIT_FAILURE;
}

const char *symbol(int errnum)
{
    const char *name = strerrorname_np(errnum);
    return name != NULL ? name : "UnknownErrno";
}

/* The symbol of a resolver error, EAI_NONAME. */
static const char *lookup_symbol(int code)
{
    switch (code) {
    case EAI_AGAIN: return "EAI_AGAIN";
    case EAI_BADFLAGS: return "EAI_BADFLAGS";
    case EAI_FAIL: return "EAI_FAIL";
    case EAI_FAMILY: return "EAI_FAMILY";
    case EAI_MEMORY: return "EAI_MEMORY";
    case EAI_NODATA: return "EAI_NODATA";
    case EAI_NONAME: return "EAI_NONAME";
    case EAI_OVERFLOW: return "EAI_OVERFLOW";
    case EAI_SERVICE: return "EAI_SERVICE";
    case EAI_SOCKTYPE: return "EAI_SOCKTYPE";
    case EAI_ADDRFAMILY: return "EAI_ADDRFAMILY";
    default: return "EAI_FAIL";
    }
}
