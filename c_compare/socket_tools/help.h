/* What --help prints, for the program and for each question. */
#ifndef SOCKET_TOOLS_HELP_H
#define SOCKET_TOOLS_HELP_H

#include "sockets/usage.h"

extern const struct command socket_tools;
extern const struct command help_service, help_port, help_services,
    help_hostname, help_host, help_host_ex, help_constants, help_addrinfo,
    help_socket;

#endif
