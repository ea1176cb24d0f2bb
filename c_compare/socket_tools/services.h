/* Names of services and numbers of ports, as /etc/services has them.
 *
 * Twin: src/bin/socket_tools/services.rs. Man pages: getservbyname(3),
 * services(5). Each returns what main shall return; a `proto` may be NULL.
 */
#ifndef SOCKET_TOOLS_SERVICES_H
#define SOCKET_TOOLS_SERVICES_H

#include <netinet/in.h>

/* The port of a service, as socket.getservbyname. */
int print_service(const char *name, const char *proto);

/* The service at a port, as socket.getservbyport. */
int print_port(in_port_t port, const char *proto);

/* All services from `low` to `high`, by asking for each port. */
int print_services(in_port_t low, in_port_t high);

#endif
