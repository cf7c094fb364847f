/*
 * greeting.h - what a new connection says before any probe uses it.
 *
 * In this order: who we are, which database, our name for CLIENT LIST, not to
 * touch LRU clocks, and what kind of server this is; of a replica also whether it follows
 * its master and would answer about keys. Pure.
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
    WPB_GREET_REPLICATION, /* these two of a replica alone */
    WPB_GREET_KEYS,
    WPB_GREETINGS
};

/* Append the command of STEP; false when ADDRESS needs none. IS_REPLICA: it is to be
 * one. The command may hold the password: wipe it after use. */
bool wpb_greeting_build(const struct wpb_redis_address *address, bool is_replica,
                        int step, struct wpb_buf *command);

/* Judge the REPLY to STEP: -1 with err when the connection is of no use (wrong
 * password, no such database, a Cluster node, a Sentinel; a replica that is none, or
 * that does not hold what its master holds). WHERE names the server. */
int wpb_greeting_check(const struct wpb_redis_address *address, const char *where,
                       enum wpb_greeting step, const struct redisReply *reply,
                       struct wpb_err *err);

#endif
