/*
 * redis_server.h - a private redis-server for a test: own folder, own socket, ended
 * by its process id. A machine without redis-server fails the test.
 */
#ifndef TESTS_REDIS_SERVER_H
#define TESTS_REDIS_SERVER_H

#include <hiredis/hiredis.h>
#include <stdint.h>
#include <sys/types.h>

#include "wpbloat/site.h"

struct redis_server {
    char folder[64], socket[96];
    uint16_t port; /* loopback; 0 when only the socket is open */
    pid_t pid;
    redisContext *admin; /* the test's own connection */
};

/* Start one. CONFIG: further lines of redis.conf, or NULL. With HAS_PORT it listens
 * on loopback too. */
void redis_server_start(struct redis_server *server, const char *config, int has_port);
/* The same of a sentinel. CONFIG says what it watches. */
void redis_sentinel_start(struct redis_server *server, const char *config);
/* Kill at once, leaving the folder. */
void redis_server_kill(struct redis_server *server);
void redis_server_stop(struct redis_server *server);

/* Run a command; an error reply fails the test. Free the reply, or call _do. */
redisReply *redis_server_ask(struct redis_server *server, const char *format, ...);
void redis_server_do(struct redis_server *server, const char *format, ...);
long long redis_server_integer(struct redis_server *server, const char *format, ...);
/* Send pre-made RESP of COUNT commands at once and read the replies. */
void redis_server_pipe(struct redis_server *server, const char *resp, size_t len,
                       size_t count);

/* A port of loopback that is free now. */
uint16_t redis_free_port(void);
/* An ad-hoc site on the server's socket. */
struct wpb_site redis_server_site(const struct redis_server *server, uint32_t database);

#endif
