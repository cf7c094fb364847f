/*
 * listen_address.h - where a PHP-FPM pool listens: `listen` and `pm.status_listen`.
 *
 *   address = path | [ host ":" ] port
 *   path    = "/" bytes                      a unix socket
 *   host    = IPv4 | "[" IPv6 "]" | "localhost" | "*" | ""
 *   port    = digits, 1 to 65535             alone: every address of this host
 *
 * A path that does not begin with "/" is below FPM's prefix. Other host names are not
 * looked up: that would block. Pure but for memory. Any thread.
 */
#ifndef WPB_REQUESTS_LISTEN_ADDRESS_H
#define WPB_REQUESTS_LISTEN_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "wpbloat/arena.h"
#include "wpbloat/err.h"

enum wpb_listen_kind {
    WPB_LISTEN_NONE, /* nothing is set, or nothing that we understand */
    WPB_LISTEN_UNIX,
    WPB_LISTEN_TCP4,
    WPB_LISTEN_TCP6,
    WPB_LISTEN_TCP, /* of either family: a bare port, "localhost" */
};

struct wpb_listen_address {
    enum wpb_listen_kind kind;
    const char *text; /* for messages: the path, or what is written */
    const char *path; /* of a unix socket, absolute; else "" */
    uint16_t port;
    bool is_any;    /* every address of the host; of WPB_LISTEN_TCP, else loopback */
    uint8_t ip[16]; /* in network order; 4 bytes of it for IPv4 */
};

/* Parse TEXT into ADDRESS, whose texts live in ARENA. PREFIX is what a relative path is
 * below. WPB_E_ARGUMENT when it is no address, WPB_E_UNSUPPORTED for the name of a host
 * or a path too long for a socket; ADDRESS is WPB_LISTEN_NONE then. */
int wpb_listen_address_parse(const char *text, const char *prefix,
                             struct wpb_arena *arena, struct wpb_listen_address *address,
                             struct wpb_err *err);

/* Is a socket that is bound to IP (16 bytes, or 4 when not IS_V6) and PORT the listener
 * of ADDRESS? */
bool wpb_listen_address_is(const struct wpb_listen_address *address, bool is_v6,
                           const uint8_t *ip, uint16_t port);

/* Where to connect to reach ADDRESS, which is not WPB_LISTEN_NONE: loopback where it
 * listens everywhere. Returns the length. */
socklen_t wpb_listen_address_target(const struct wpb_listen_address *address,
                                    struct sockaddr_storage *target);

#endif
