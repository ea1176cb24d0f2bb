/* The command line, as clap reads it for the Rust twins.
 *
 * getopt_long(3) does most of it. It also takes `--po` for `--port`, the
 * last of two `--port`, and `--host -x`: these are refused here. Twin:
 * src/sockets/usage.rs, and clap.
 */
#ifndef SOCKETS_USAGE_H
#define SOCKETS_USAGE_H

#include <getopt.h>

struct command {
    const char *name;
    const char *help; /* byte for byte what the twin prints */
};

/* What every program's options end with. */
#define HELP_ONLY {"help", no_argument, NULL, 'h'}, {0}
#define HELP_AND_VERSION {"version", no_argument, NULL, 'V'}, HELP_ONLY

/* The next option's letter, its value in `optarg`; -1 when there is none,
 * and `optind` is the first of the other arguments. --help, --version and
 * bad usage end the program. */
int next_option(const struct command *command, int argc, char **argv,
                const char *letters, const struct option *options);

/* There are at least `least` other arguments and at most `most`. */
void expect_arguments(const struct command *command, int argc, char **argv,
                      int least, int most);

/* A message and the usage on stderr, exit 2. */
_Noreturn void bad_usage(const struct command *command, const char *format,
                         ...) __attribute__((format(printf, 2, 3)));

/* "Usage: …", for stderr: all of it up to the blank line. */
void print_usage(const struct command *command);

/* A whole number and nothing else, from `low` to `high`. */
long number(const struct command *command, const char *what,
            const char *text, long low, long high);

/* Seconds, fractions allowed. */
double seconds(const struct command *command, const char *what,
               const char *text);

/* A path, which is not empty. */
const char *path_of(const struct command *command, const char *what,
                    const char *text);

/* A port to connect to: a number or a service that the system knows. */
const char *service(const struct command *command, const char *what,
                    const char *text);

#endif
