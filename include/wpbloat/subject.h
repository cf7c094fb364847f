/*
 * subject.h - what a sample or a finding is about.
 *
 * A subject is {kind, scope, name, parent}. The scope says where (a Redis
 * database as a URI without credentials, a site's identity), the name is the
 * raw bytes as the system has them, the parent ties a part to its whole: the
 * families inside a notoptions have that redis_key as parent. Subjects are
 * plain values; the window keeps its own copies.
 */
#ifndef WPBLOAT_SUBJECT_H
#define WPBLOAT_SUBJECT_H

#include "wpbloat/slice.h"

enum wpb_subject_kind {
    WPB_SUBJECT_SITE,          /* scope "", name = the site's name */
    WPB_SUBJECT_REDIS_SERVER,  /* scope = server URI without db; name "" or "db1" */
    WPB_SUBJECT_REDIS_KEY,     /* scope = server URI with db; name = the key */
    WPB_SUBJECT_REDIS_GROUP,   /* scope = server URI with db; name = cache group */
    WPB_SUBJECT_KEY_FAMILY,    /* scope = the group's; name = "group:template of id" */
    WPB_SUBJECT_OPTION_FAMILY, /* scope and parent = the key's; name = the template */
    WPB_SUBJECT_PATH,          /* a path inside a value; parent = the key */
    WPB_SUBJECT_HOST,          /* scope and name "": the machine this runs on */
    WPB_SUBJECT_MYSQL_SERVER,  /* scope = server URI without schema; name "" */
    WPB_SUBJECT_TABLE,         /* scope = URI with schema; name = the table */
    WPB_SUBJECT_OPTION,        /* scope = URI with schema, or the scope of its parent, a
                                  notoptions key; name = option_name */
    WPB_SUBJECT_META_KEY,      /* scope = URI with schema; name = meta_key; parent = the
                                  post when it is the value of one post */
    WPB_SUBJECT_POST,          /* scope = URI with schema; name = decimal ID */
    WPB_SUBJECT_COMPONENT,     /* scope = URI with schema; name = "plugin:slug",
                                  "theme:slug", "builder:slug" or an option prefix with
                                  a "*"; parent = the table it is a part of, or NULL.
                                  Of a pool: parent = the pool, scope = the pool's */
    WPB_SUBJECT_POOL,          /* a PHP-FPM pool: scope = FPM's main file or the pool's
                                  address, name = the pool's name */
    WPB_SUBJECT_ROUTE,         /* kind of page; scope and parent = the pool's; name =
                                  "checkout" (wpbloat/route.h) */
    WPB_SUBJECT_RESOURCE,      /* what a pool's requests use; scope and parent = the
                                  pool's; name = "php_workers" (agent/analyse/demand.h) */
    WPB_SUBJECT_QUANTITY,      /* what is counted per request; scope and parent = the
                                  pool's; name = "queries" (agent/analyse/work_book.h) */
    WPB_SUBJECT_STATEMENT,     /* scope = URI with schema; name = the shape of an SQL
                                  statement, without values */
    WPB_SUBJECT_PLACE,         /* in PHP code where requests ended; scope and parent = the
                                  pool's; name = "memory_exhausted FILE:LINE" */
    WPB_SUBJECT_KINDS
};

/* In the place of a table: locks that have a name of their own. */
#define WPB_LOCK_BY_NAME "GET_LOCK()"
/* The cache group of the keys in a site's database that are not the site's. */
#define WPB_GROUP_FOREIGN "<not this site>"

struct wpb_subject {
    enum wpb_subject_kind kind;
    struct wpb_slice scope;
    struct wpb_slice name;
    const struct wpb_subject *parent; /* or NULL */
};

/* "redis_key" and so on; static. */
const char *wpb_subject_kind_name(enum wpb_subject_kind kind);
/* The same subject: kind, scope, name and parents all equal. Parent chains are
 * at most 4 long. */
bool wpb_subject_equal(const struct wpb_subject *a, const struct wpb_subject *b);
/* A total order: kind, scope, name, parent. */
int wpb_subject_compare(const struct wpb_subject *a, const struct wpb_subject *b);
unsigned long long wpb_subject_hash(const struct wpb_subject *subject);

#endif
