/* Echo: every byte goes back. Twin: src/protocols/echo.rs. */
#ifndef PROTOCOLS_ECHO_H
#define PROTOCOLS_ECHO_H

#include "protocols/session.h"

/* A conversation that knows nothing and keeps nothing. */
extern const struct protocol echo_protocol;

#endif
