/*
 * fpm_server.h - a private php-fpm for a test: own folder, own sockets, ended by its
 * process id. A machine without php-fpm fails the test.
 *
 * Pool "www": 4 workers on a unix socket, status at /fpm-status, also on a socket of its
 * own. Pool "tcp": 2 workers on loopback, status over the same. hold.php answers when
 * fpm_server_release() was called, or after 120 s.
 */
#ifndef TESTS_FPM_SERVER_H
#define TESTS_FPM_SERVER_H

#include <stdint.h>
#include <sys/types.h>

#define FPM_SERVER_WORKERS 4

struct fpm_server {
    char folder[64], config[96], socket[96], status_socket[96];
    uint16_t port;
    pid_t pid;
};

void fpm_server_start(struct fpm_server *server);
void fpm_server_stop(struct fpm_server *server);

/* Connect to the socket PATH and ask for hold.php; the connection's descriptor. */
int fpm_server_hold(const struct fpm_server *server, const char *path);
/* Let hold.php answer. */
void fpm_server_release(const struct fpm_server *server);
/* Read the answer of a connection to its end, and close it. */
void fpm_server_finish(int fd);

#endif
