/*
 * guard.h - a peer's replies, measured and bounded while hiredis builds them.
 *
 * hiredis 0.14 allocates an array of as many elements as the peer announces,
 * aborts the process on a reply nobody asked for, and sets no bound on a reply;
 * later ones set none on its nesting. On a subscribed connection it asserts what a
 * message looks like.
 * The guard stands between its parser and its allocator: it counts the bytes
 * received and refuses what is too much, which ends the connection.
 */
#ifndef WPB_REDIS_GUARD_H
#define WPB_REDIS_GUARD_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stdint.h>

struct wpb_reply_guard {
    uint64_t reply_max;    /* bytes of one reply */
    uint64_t reply_bytes;  /* of the one being read */
    uint64_t *received;    /* counts all of them */
    const size_t *pending; /* replies owed by the peer */
    bool takes_messages;   /* of a subscription, when no reply is owed */
    char violation[160];   /* "" or what was refused */
};

/* Watch READER. GUARD must outlive it. */
void wpb_reply_guard_install(struct wpb_reply_guard *guard, redisReader *reader);

#endif
