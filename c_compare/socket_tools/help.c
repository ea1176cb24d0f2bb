/* What --help prints, byte for byte as clap does for the twin. Twin: the
 * attributes of src/bin/socket_tools/main.rs.
 */
#include "socket_tools/help.h"

const struct command socket_tools = {
    "socket_tools",
    "Ask the system about services, hosts, constants, addresses and sockets\n"
    "\n"
    "Usage: socket_tools <COMMAND>\n"
    "\n"
    "Commands:\n"
    "  service    The port of a service: getservbyname\n"
    "  port       The service at a port: getservbyport\n"
    "  services   The services at a range of ports, both ends included\n"
    "  hostname   The name of this machine: gethostname\n"
    "  host       The IPv4 address of a host: gethostbyname\n"
    "  host-ex    Name, aliases and IPv4 addresses of a host: gethostbyname\n"
    "  constants  The constants that begin so, with their values\n"
    "  addrinfo   All ways to reach a host and a service: getaddrinfo\n"
    "  socket     Create a socket and show it\n"
    "\n"
    "Options:\n"
    "  -h, --help     Print help\n"
    "  -V, --version  Print version\n"
    "\n"
    "Examples:\n"
    "  socket_tools service ssh\n"
    "  socket_tools addrinfo localhost http\n"
    "  socket_tools socket AF_INET SOCK_DGRAM IPPROTO_UDP\n",
};

const struct command help_service = {
    "socket_tools",
    "The port of a service: getservbyname\n"
    "\n"
    "Usage: socket_tools service <NAME> [PROTO]\n"
    "\n"
    "Arguments:\n"
    "  <NAME>   Its name: ssh\n"
    "  [PROTO]  tcp or udp; any when not given\n"
    "\n"
    "Options:\n"
    "  -h, --help  Print help\n"
    "\n"
    "Example: socket_tools service domain udp\n",
};

const struct command help_port = {
    "socket_tools",
    "The service at a port: getservbyport\n"
    "\n"
    "Usage: socket_tools port <NUMBER> [PROTO]\n"
    "\n"
    "Arguments:\n"
    "  <NUMBER>  0 to 65535\n"
    "  [PROTO]   tcp or udp; any when not given\n"
    "\n"
    "Options:\n"
    "  -h, --help  Print help\n"
    "\n"
    "Example: socket_tools port 80\n",
};

const struct command help_services = {
    "socket_tools",
    "The services at a range of ports, both ends included\n"
    "\n"
    "Usage: socket_tools services [LOW] [HIGH]\n"
    "\n"
    "Arguments:\n"
    "  [LOW]   The first port [default: 0]\n"
    "  [HIGH]  The last port; 1023, or 65535 when LOW is more than that\n"
    "\n"
    "Options:\n"
    "  -h, --help  Print help\n"
    "\n"
    "Example: socket_tools services 0 100\n",
};

const struct command help_hostname = {
    "socket_tools",
    "The name of this machine: gethostname\n"
    "\n"
    "Usage: socket_tools hostname\n"
    "\n"
    "Options:\n"
    "  -h, --help  Print help\n"
    "\n"
    "Example: socket_tools hostname\n",
};

const struct command help_host = {
    "socket_tools",
    "The IPv4 address of a host: gethostbyname\n"
    "\n"
    "Usage: socket_tools host <NAME>\n"
    "\n"
    "Arguments:\n"
    "  <NAME>  The host\n"
    "\n"
    "Options:\n"
    "  -h, --help  Print help\n"
    "\n"
    "Example: socket_tools host localhost\n",
};

const struct command help_host_ex = {
    "socket_tools",
    "Name, aliases and IPv4 addresses of a host: gethostbyname\n"
    "\n"
    "Usage: socket_tools host-ex <NAME>\n"
    "\n"
    "Arguments:\n"
    "  <NAME>  The host\n"
    "\n"
    "Options:\n"
    "  -h, --help  Print help\n"
    "\n"
    "Example: socket_tools host-ex localhost\n",
};

const struct command help_constants = {
    "socket_tools",
    "The constants that begin so, with their values\n"
    "\n"
    "Usage: socket_tools constants <PREFIX>\n"
    "\n"
    "Arguments:\n"
    "  <PREFIX>  AF_, SOCK_ or IPPROTO_, or more of the name\n"
    "\n"
    "Options:\n"
    "  -h, --help  Print help\n"
    "\n"
    "Example: socket_tools constants SOCK_\n",
};

const struct command help_addrinfo = {
    "socket_tools",
    "All ways to reach a host and a service: getaddrinfo\n"
    "\n"
    "Usage: socket_tools addrinfo <HOST> [SERVICE]\n"
    "\n"
    "Arguments:\n"
    "  <HOST>     A name or an address\n"
    "  [SERVICE]  A name or a number; without it the port is 0\n"
    "\n"
    "Options:\n"
    "  -h, --help  Print help\n"
    "\n"
    "Example: socket_tools addrinfo localhost http\n",
};

const struct command help_socket = {
    "socket_tools",
    "Create a socket and show it\n"
    "\n"
    "Usage: socket_tools socket [FAMILY] [TYPE] [PROTO]\n"
    "\n"
    "Arguments:\n"
    "  [FAMILY]  A number, or a name of `constants AF_` [default: AF_INET]\n"
    "  [TYPE]    A number, or names of `constants SOCK_`, joined by | "
    "[default: SOCK_STREAM]\n"
    "  [PROTO]   A number, or a name of `constants IPPROTO_` [default: 0]\n"
    "\n"
    "Options:\n"
    "  -h, --help  Print help\n"
    "\n"
    "Example: socket_tools socket AF_INET6 SOCK_DGRAM\n",
};
