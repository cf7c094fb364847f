/*
 * scope.h - the subjects of one Redis database: the server, the database, its
 * keys and groups. Texts are owned by the struct, which must not move.
 */
#ifndef WPB_REDIS_SCOPE_H
#define WPB_REDIS_SCOPE_H

#include "agent/base/buf.h"
#include "wpbloat/site.h"
#include "wpbloat/subject.h"

struct wpb_redis_scope {
    struct wpb_buf server_uri, database_uri; /* without and with the database */
    char database_name[16];                  /* "db1" */
    struct wpb_subject server;
    struct wpb_subject database; /* parent: server */
};

void wpb_redis_scope_init(struct wpb_redis_scope *scope,
                          const struct wpb_redis_address *address);
/* The same for a database of the RDB file at PATH, which is absolute:
 * "rdb:///var/lib/redis/dump.rdb?db=0". */
void wpb_redis_scope_init_file(struct wpb_redis_scope *scope, const char *path,
                               uint32_t database);
void wpb_redis_scope_fini(struct wpb_redis_scope *scope);

/* The subject of a key or group of that database; NAME is borrowed. */
struct wpb_subject wpb_redis_scope_key(const struct wpb_redis_scope *scope,
                                       struct wpb_slice name);
struct wpb_subject wpb_redis_scope_group(const struct wpb_redis_scope *scope,
                                         struct wpb_slice name);
/* The subject of a family of keys; NAME, "{group}:{template}", is borrowed. */
struct wpb_subject wpb_redis_scope_family(const struct wpb_redis_scope *scope,
                                          struct wpb_slice name);

#endif
