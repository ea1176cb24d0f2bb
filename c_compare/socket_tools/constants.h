/* The constants of <sys/socket.h> and <netinet/in.h>, by name.
 *
 * Twin: src/bin/socket_tools/constants.rs. Man page: socket(2).
 */
#ifndef SOCKET_TOOLS_CONSTANTS_H
#define SOCKET_TOOLS_CONSTANTS_H

#include <stdbool.h>

/* Room for a name, or the number of what has none. */
enum { NAME_TEXT = 32 };

/* All constants whose names begin with `prefix`, by value and name. Returns
 * what main shall return. */
int print_constants(const char *prefix);

/* AF_INET, or the number. */
bool family_of(const char *text, int *family);

/* SOCK_STREAM, SOCK_STREAM|SOCK_NONBLOCK, or the number. */
bool kind_of(const char *text, int *kind);

/* IPPROTO_TCP, or the number. */
bool protocol_of(const char *text, int *protocol);

/* The name of a family, or its number when it has none. */
char *family_name(int family, char text[static NAME_TEXT]);

/* The name of a type without flags, or its number when it has none. */
char *kind_name(int kind, char text[static NAME_TEXT]);

/* The name of a protocol, or its number when it has none. */
char *protocol_name(int protocol, char text[static NAME_TEXT]);

#endif
