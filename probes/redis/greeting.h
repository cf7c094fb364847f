/*
 * greeting.h - what a new connection says before any probe uses it.
 *
 * In this order: who we are, which database, our name for CLIENT LIST, not to
 * touch LRU clocks, and what kind of server this is. Pure.
 */
#ifndef WPB_REDIS_GREETING_H
#define WPB_REDIS_GREETING_H

#include "agent/base/buf.h"
#include "probes/redis/reply.h"
#include "wpbloat/site.h"

enum wpb_greeting {
    WPB_GREET_AUTH,
    WPB_GREET_SELECT,
    WPB_GREET_NAME,
    WPB_GREET_NO_TOUCH, /* Redis 7.2; older ones refuse, which is ignored */
    WPB_GREET_INFO,
    WPB_GREETINGS
};

/* Append the command of STEP; false when ADDRESS needs none. It may hold the
 * password: wipe it after use. */
bool wpb_greeting_build(const struct wpb_redis_address *address, int step,
                        struct wpb_buf *command);

/* Judge the REPLY to STEP: -1 with err when the connection is of no use (wrong
 * password, no such database, a Cluster node, a Sentinel). WHERE names the server. */
int wpb_greeting_check(const struct wpb_redis_address *address, const char *where,
                       enum wpb_greeting step, const struct redisReply *reply,
                       struct wpb_err *err);

#endif
