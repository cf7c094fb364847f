/*
 * greeting.h - what a new connection says before any probe uses it.
 *
 * In this order: who we are, which database, our name for CLIENT LIST, not to
 * touch LRU clocks, and what kind of server this is; of a replica also whether it follows
 * its master and would answer about keys; of what sentinels call the master, whether it
 * thinks so too. Pure.
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
    /* Redis 7.2; older ones refuse, which is ignored. Never of a cluster's node:
     * Redis 8.0 before redis/redis#14415, Debian 13's among them, ends with signal 11
     * when such a connection asks for a key whose slot is being moved. Elsewhere only one
     * that writes could do that. */
    WPB_GREET_NO_TOUCH,
    WPB_GREET_INFO,
    WPB_GREET_READONLY,    /* of a cluster's replica: serve what the primary owns */
    WPB_GREET_REPLICATION, /* where the role counts */
    WPB_GREET_KEYS,        /* of a replica */
    WPB_GREETINGS
};

/* What the server has to be. */
enum wpb_greeting_role { WPB_ROLE_ANY, WPB_ROLE_REPLICA, WPB_ROLE_MASTER };

/* Append the command of STEP; false when ADDRESS needs none. The command may hold the
 * password: wipe it after use. */
bool wpb_greeting_build(const struct wpb_redis_address *address,
                        enum wpb_greeting_role role, int step, struct wpb_buf *command);

/* Judge the REPLY to STEP: -1 with err when the connection is of no use (wrong
 * password, no such database; a cluster's node or a sentinel where ADDRESS says nothing
 * of them, or none where it does; a replica that is none, or that does not hold what its
 * master holds; a master that is none). WHERE names the server. */
int wpb_greeting_check(const struct wpb_redis_address *address,
                       enum wpb_greeting_role role, const char *where,
                       enum wpb_greeting step, const struct redisReply *reply,
                       struct wpb_err *err);

#endif
