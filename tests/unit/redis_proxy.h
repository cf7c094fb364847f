/*
 * redis_proxy.h - a recording proxy, unix socket to unix socket: what a probe really
 * sends, seen from outside the probe. Of several clients what is sent together is kept
 * together.
 */
#ifndef TESTS_REDIS_PROXY_H
#define TESTS_REDIS_PROXY_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/buf.h"

/* At the same time. */
#define REDIS_PROXY_CLIENTS 4

struct redis_proxy {
    char socket[108];
    const char *server; /* the real server's socket */
    int listener;
    int stop[2]; /* a pipe: written to end the thread */
    pthread_t thread;
    struct wpb_buf sent; /* all bytes of the clients */
    uint64_t received;   /* bytes of the server */
};

void redis_proxy_start(struct redis_proxy *proxy, const char *folder, const char *server);
/* After this the record may be read. */
void redis_proxy_stop(struct redis_proxy *proxy);
void redis_proxy_free(struct redis_proxy *proxy);

/* The next command of the record: its words, at most CAPACITY of them. *AT begins
 * with 0. Returns how many words it has, 0 at the end. */
size_t redis_proxy_next(const struct redis_proxy *proxy, size_t *at,
                        struct wpb_slice *words, size_t capacity);
/* How many commands begin with these words ("MEMORY", "USAGE"); NULL: any. */
uint64_t redis_proxy_count(const struct redis_proxy *proxy, const char *verb,
                           const char *sub);

#endif
