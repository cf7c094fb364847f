/*
 * demo_server.h - a redis-server and a mariadbd of our own: a unix socket in our folder,
 * no port, and nothing outside that folder.
 *
 * A child process in a session of its own, so that Ctrl-C at the terminal does
 * not reach it before we are done with it. Blocking.
 */
#ifndef WPB_COMMAND_DEMO_SERVER_H
#define WPB_COMMAND_DEMO_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "wpbloat/err.h"

enum wpb_demo_program {
    WPB_DEMO_REDIS,   /* keeps nothing on disk */
    WPB_DEMO_MARIADB, /* no accounts: whoever reaches the socket may do everything */
};

struct wpb_demo_server {
    pid_t pid;             /* 0: not running */
    char socket_path[108]; /* what sun_path can hold */
};

/* The name of the socket in its folder: "redis.sock", "mariadb.sock". */
const char *wpb_demo_server_socket_name(enum wpb_demo_program program);

/* Start it in FOLDER, which must exist and be closed to others, and wait until it
 * answers. When MUST_DIE it ends with this process, however that ends. WPB_E_NOT_FOUND:
 * it is not installed. On failure nothing is left running. */
int wpb_demo_server_start(enum wpb_demo_program program, const char *folder,
                          bool must_die, struct wpb_demo_server *server,
                          struct wpb_err *err);

/* End it and wait until it is gone; nothing when it is not running. */
void wpb_demo_server_stop(struct wpb_demo_server *server);

#endif
