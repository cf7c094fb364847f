/*
 * scope.h - the subjects of one schema: the server, its tables, options, posts and meta
 * keys. Texts are owned by the struct, which must not move.
 */
#ifndef WPB_MYSQL_SCOPE_H
#define WPB_MYSQL_SCOPE_H

#include "agent/base/buf.h"
#include "wpbloat/site.h"
#include "wpbloat/subject.h"

struct wpb_mysql_scope {
    struct wpb_buf server_uri, schema_uri;
    struct wpb_subject server;
};

void wpb_mysql_scope_init(struct wpb_mysql_scope *scope,
                          const struct wpb_mysql_address *address);
void wpb_mysql_scope_fini(struct wpb_mysql_scope *scope);

/* A subject of that schema without a parent; NAME is borrowed. */
struct wpb_subject wpb_mysql_scope_subject(const struct wpb_mysql_scope *scope,
                                           enum wpb_subject_kind kind,
                                           struct wpb_slice name);

#endif
