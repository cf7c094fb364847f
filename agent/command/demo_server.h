/*
 * demo_server.h - a redis-server of our own: a unix socket in our folder, no
 * port, nothing written to disk.
 *
 * A child process in a session of its own, so that Ctrl-C at the terminal does
 * not reach it before we are done with it. Blocking.
 */
#ifndef WPB_COMMAND_DEMO_SERVER_H
#define WPB_COMMAND_DEMO_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "wpbloat/err.h"

struct wpb_demo_server {
    pid_t pid;             /* 0: not running */
    char socket_path[108]; /* what sun_path can hold */
};

/* Start it in FOLDER, which must exist, and wait until it answers. When MUST_DIE it
 * ends with this process, however that ends. WPB_E_NOT_FOUND: redis-server is not
 * installed. On failure nothing is left running. */
int wpb_demo_server_start(const char *folder, bool must_die,
                          struct wpb_demo_server *server, struct wpb_err *err);

/* End it and wait until it is gone; nothing when it is not running. */
void wpb_demo_server_stop(struct wpb_demo_server *server);

#endif
