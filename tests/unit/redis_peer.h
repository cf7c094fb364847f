/*
 * redis_peer.h - a scripted peer on loopback, for what no real server does: hanging
 * in the middle of a reply, lying about lengths, answering what nobody asked.
 *
 * Answers the greeting like a plain Redis, then plays its lines, one for each command.
 */
#ifndef TESTS_REDIS_PEER_H
#define TESTS_REDIS_PEER_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "wpbloat/site.h"

enum peer_then {
    PEER_GO_ON, /* wait for the next command */
    PEER_MORE,  /* play the next line at once */
    PEER_HANG,  /* answer nothing more */
    PEER_CLOSE,
};

struct peer_line {
    const char *bytes; /* NULL: say nothing */
    enum peer_then then;
    size_t repeat; /* send the bytes so many times; 0 means once */
};

struct redis_peer {
    pthread_t thread;
    int listener;
    uint16_t port;
    int has_no_greeting; /* play the lines from the first command on */
    const struct peer_line *lines;
    size_t count;
};

void redis_peer_start(struct redis_peer *peer, const struct peer_line *lines,
                      size_t count, int has_no_greeting);
/* Wait until the client has gone. */
void redis_peer_stop(struct redis_peer *peer);
struct wpb_site redis_peer_site(const struct redis_peer *peer);

#endif
