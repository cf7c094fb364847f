/*
 * server.h - what the window knows of a Redis server: its memory, its policy, its keys.
 *
 * Memory and policy are one for all databases of a server, so keys are summed over
 * them. What was not measured is unknown, not 0. Several sites may use one server: what
 * is wrong with it is told for the first of them, and names the others. Pure.
 */
#ifndef WPB_RULES_SERVER_H
#define WPB_RULES_SERVER_H

#include "agent/rules/context.h"

struct wpb_server {
    const struct wpb_subject *subject;
    struct wpb_slice policy; /* "" when unknown */
    bool has_used, has_limit, has_keys;
    uint64_t used, limit;           /* bytes; limit 0: none */
    uint64_t keys, ttlless;         /* meaningful when has_keys */
    enum wpb_provenance provenance; /* of these two */
    double share;                   /* of keys without TTL; 0 when unknown */
    double filled;                  /* used part of limit; 0 without a limit */
};

/* Walk the servers and their databases from *CURSOR = 0; false at the end. Of a
 * database, neither memory nor policy is known. */
bool wpb_server_next(const struct wpb_rule_context *context, size_t *cursor,
                     struct wpb_server *server);
/* The server that the scope of a key or a group names; false when nothing was posted
 * about it. */
bool wpb_server_of(const struct wpb_rule_context *context, struct wpb_slice scope,
                   struct wpb_server *server);
/* The same for the database; NULL when nothing was posted about it. */
const struct wpb_subject *wpb_server_database(const struct wpb_rule_context *context,
                                              struct wpb_slice scope);
/* Is SCOPE, with or without a database, that of SERVER? */
bool wpb_server_has(const struct wpb_server *server, struct wpb_slice scope);

/* Was SUBJECT, a server or a database, met in an earlier window? Then what is wrong with
 * it has been said. */
bool wpb_server_is_told(const struct wpb_rule_context *context,
                        const struct wpb_subject *subject);
/* Name the further sites of the draft's subject. */
void wpb_server_draft_sites(struct wpb_draft *draft);
/* The cache groups on SERVER with most of METRIC, in bytes, whichever site's they are:
 * "posts (58.0 MiB), transient of shop (3.0 MiB)"; "" when none is known. */
const char *wpb_server_say_groups(const struct wpb_rule_context *context,
                                  const struct wpb_server *server,
                                  enum wpb_metric metric);

/* The policy removes any key when the memory is full (allkeys-*). */
bool wpb_server_evicts_any(const struct wpb_server *server);

#endif
