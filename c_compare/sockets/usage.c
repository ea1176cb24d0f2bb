/* The command line, as clap reads it. Twin: src/sockets/usage.rs. */
#include "sockets/usage.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sockets/console.h"
#include "sockets/errors.h"
#include "sockets/resolve.h"

static const char VERSION[] = "0.1.0";

static void check_spelling(const struct command *command, char **argv,
                           const struct option *options);
static const struct option *find(const struct option *options, int letter);
static size_t usage_length(const char *usage);

int next_option(const struct command *command, int argc, char **argv,
                const char *letters, const struct option *options)
{
    static bool seen[UCHAR_MAX + 1];
    char quiet[64]; /* ':' tells a missing value from an unknown option */
    snprintf(quiet, sizeof quiet, ":%s", letters);
    opterr = 0;
    int letter = getopt_long(argc, argv, quiet, options, NULL);
    if (letter == -1)
        return -1;
    const char *last = argv[optind - 1];
    if (letter == ':')
        bad_usage(command, "a value is required for '%s' but none was"
                  " supplied", last);
    if (letter == '?' && optopt != 0 && strncmp(last, "--", 2) != 0)
        bad_usage(command, "unexpected argument '-%c' found", optopt);
    if (letter == '?')
        bad_usage(command, "unexpected argument '%s' found", last);
    check_spelling(command, argv, options);
    if (letter == 'h') {
        int printed = write_out(command->help, strlen(command->help));
        exit(done(command->name, printed));
    }
    if (letter == 'V') {
        int printed = say("%s %s", command->name, VERSION);
        exit(done(command->name, printed));
    }
    if (seen[letter])
        bad_usage(command, "the argument '--%s' cannot be used multiple"
                  " times", find(options, letter)->name);
    seen[letter] = true;
    /* `-p=5000` is `-p5000`. */
    if (optarg == last + 2 && last[0] == '-' && last[1] == letter
        && *optarg == '=')
        optarg++;
    return letter;
}

/* Behind getopt_long's back: no abbreviation, no value like an option. */
static void check_spelling(const struct command *command, char **argv,
                           const struct option *options)
{
    const char *last = argv[optind - 1];
    bool apart = optarg != NULL && optarg == last;
    if (apart && last[0] == '-' && last[1] != '\0')
        bad_usage(command, "unexpected argument '%s' found", last);
    const char *option = apart ? argv[optind - 2] : last;
    if (strncmp(option, "--", 2) != 0)
        return;
    size_t length = strcspn(option + 2, "=");
    for (; options->name != NULL; options++)
        if (strlen(options->name) == length
            && memcmp(options->name, option + 2, length) == 0)
            return;
    bad_usage(command, "unexpected argument '%s' found", option);
}

static const struct option *find(const struct option *options, int letter)
{
    while (options->name != NULL && options->val != letter)
        options++;
    return options;
}

void expect_arguments(const struct command *command, int argc, char **argv,
                      int least, int most)
{
    if (argc - optind < least)
        bad_usage(command, "a required argument was not provided");
    if (argc - optind > most)
        bad_usage(command, "unexpected argument '%s' found",
                  argv[optind + most]);
}

void bad_usage(const struct command *command, const char *format, ...)
{
    const char *usage = strstr(command->help, "Usage:");
    char message[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    warn("error: %s\n\n%.*s\n\nFor more information, try '--help'.",
         message, (int)usage_length(usage), usage);
    exit(2);
}

void print_usage(const struct command *command)
{
    const char *usage = strstr(command->help, "Usage:");
    warn("%.*s", (int)usage_length(usage), usage);
}

static size_t usage_length(const char *usage)
{
    const char *end = strstr(usage, "\n\n");
    return end != NULL ? (size_t)(end - usage) : strlen(usage);
}

long number(const struct command *command, const char *what,
            const char *text, long low, long high)
{
    const char *digits = text + (*text == '+');
    errno = 0;
    long value = strtol(digits, NULL, 10);
    if (*digits == '\0' || digits[strspn(digits, "0123456789")] != '\0')
        bad_usage(command, "invalid value '%s' for '%s': no number", text,
                  what);
    if (errno != 0 || value < low || value > high)
        bad_usage(command, "invalid value '%s' for '%s': not in %ld..=%ld",
                  text, what, low, high);
    return value;
}

double seconds(const struct command *command, const char *what,
               const char *text)
{
    /* strtod also reads spaces, "nan", "0x1p3": none has these letters. */
    bool plain = text[strspn(text, "0123456789.eE+-")] == '\0';
    char *end;
    double value = strtod(text, &end);
    if (!plain || end == text || *end != '\0' || value < 0 || value > 1e6)
        bad_usage(command, "invalid value '%s' for '%s': no number of"
                  " seconds from 0 to 1000000", text, what);
    return value;
}

const char *service(const struct command *command, const char *what,
                    const char *text)
{
    struct question question = {0};
    struct addrinfo *answers;
    bool digits = text[strspn(text, "0123456789")] == '\0';
    bool named = *text != '\0' && strpbrk(text, " +-") != text;
    bool good = named && !digits
        && ask(NULL, text, question, &answers) == 0;
    if (good)
        freeaddrinfo(answers);
    else if (digits && *text != '\0' && strtoul(text, NULL, 10) <= 65535)
        good = true;
    if (!good)
        bad_usage(command, "invalid value '%s' for '%s': no port number and"
                  " no service", text, what);
    return text;
}

const char *path_of(const struct command *command, const char *what,
                    const char *text)
{
    if (*text == '\0')
        bad_usage(command, "a value is required for '%s' but none was"
                  " supplied", what);
    return text;
}
