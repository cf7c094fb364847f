#include "probes/redis/scope.h"

#include <stdio.h>

#include "agent/base/address.h"

/* Both addresses are there. */
static void name_subjects(struct wpb_redis_scope *scope, uint32_t database)
{
    snprintf(scope->database_name, sizeof scope->database_name, "db%u", database);
    scope->server = (struct wpb_subject){.kind = WPB_SUBJECT_REDIS_SERVER,
                                         .scope = wpb_buf_view(&scope->server_uri),
                                         .name = {"", 0}};
    scope->database = (struct wpb_subject){.kind = WPB_SUBJECT_REDIS_SERVER,
                                           .scope = wpb_buf_view(&scope->server_uri),
                                           .name = wpb_slice_cstr(scope->database_name),
                                           .parent = &scope->server};
}

void wpb_redis_scope_init(struct wpb_redis_scope *scope,
                          const struct wpb_redis_address *address)
{
    wpb_buf_init(&scope->server_uri, 0);
    wpb_buf_init(&scope->database_uri, 0);
    wpb_redis_address_scope(address, false, &scope->server_uri);
    wpb_redis_address_scope(address, true, &scope->database_uri);
    name_subjects(scope, address->database);
}

void wpb_redis_scope_init_file(struct wpb_redis_scope *scope, const char *path,
                               uint32_t database)
{
    wpb_buf_init(&scope->server_uri, 0);
    wpb_buf_init(&scope->database_uri, 0);
    wpb_buf_printf(&scope->server_uri, "rdb://%s", path);
    wpb_buf_printf(&scope->database_uri, "rdb://%s?db=%u", path, database);
    name_subjects(scope, database);
}

void wpb_redis_scope_fini(struct wpb_redis_scope *scope)
{
    wpb_buf_fini(&scope->server_uri);
    wpb_buf_fini(&scope->database_uri);
}

struct wpb_subject wpb_redis_scope_key(const struct wpb_redis_scope *scope,
                                       struct wpb_slice name)
{
    return (struct wpb_subject){.kind = WPB_SUBJECT_REDIS_KEY,
                                .scope = wpb_buf_view(&scope->database_uri),
                                .name = name};
}

struct wpb_subject wpb_redis_scope_group(const struct wpb_redis_scope *scope,
                                         struct wpb_slice name)
{
    return (struct wpb_subject){.kind = WPB_SUBJECT_REDIS_GROUP,
                                .scope = wpb_buf_view(&scope->database_uri),
                                .name = name};
}

struct wpb_subject wpb_redis_scope_family(const struct wpb_redis_scope *scope,
                                          struct wpb_slice name)
{
    return (struct wpb_subject){.kind = WPB_SUBJECT_KEY_FAMILY,
                                .scope = wpb_buf_view(&scope->database_uri),
                                .name = name};
}
