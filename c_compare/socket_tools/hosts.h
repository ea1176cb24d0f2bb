/* Names of hosts and their addresses.
 *
 * Twin: src/bin/socket_tools/hosts.rs. Man pages: gethostname(2),
 * gethostbyname(3), getaddrinfo(3). Each returns what main shall return.
 */
#ifndef SOCKET_TOOLS_HOSTS_H
#define SOCKET_TOOLS_HOSTS_H

/* The name of this machine, as socket.gethostname. */
int print_hostname(void);

/* A host's IPv4 address, as socket.gethostbyname: Python asks getaddrinfo,
 * and has two names of its own. */
int print_host(const char *name);

/* A host's name, aliases and IPv4 addresses, as socket.gethostbyname_ex. */
int print_host_ex(const char *host);

/* All addresses of a host and a service, as the handout's get_address_info
 * prints them; the service may be NULL. */
int print_addrinfo(const char *host, const char *service);

#endif
