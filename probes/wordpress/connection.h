/*
 * connection.h - the address of a Redis, made of the settings a plugin finds.
 *
 * A host may carry its scheme ("tls://r", "unix:/run/r.sock"), its port, brackets, or
 * be the path of a socket. What is missing is 127.0.0.1:6379, database 0. Pure.
 */
#ifndef WPB_WORDPRESS_CONNECTION_H
#define WPB_WORDPRESS_CONNECTION_H

#include "probes/wordpress/config_value.h"
#include "wpbloat/site.h"

/* Each may be null; the password is a string or [user, password]. */
struct wpb_connection {
    struct wpb_config_value scheme, host, port, path, database, user, password;
};

/* Texts of ADDRESS live in ARENA. */
void wpb_connection_address(const struct wpb_connection *settings,
                            struct wpb_arena *arena, struct wpb_redis_address *address);

#endif
