#include "probes/mysql/scope.h"

#include "agent/base/mysql_address.h"

void wpb_mysql_scope_init(struct wpb_mysql_scope *scope,
                          const struct wpb_mysql_address *address)
{
    wpb_buf_init(&scope->server_uri, 0);
    wpb_buf_init(&scope->schema_uri, 0);
    wpb_mysql_address_scope(address, false, &scope->server_uri);
    wpb_mysql_address_scope(address, true, &scope->schema_uri);
    scope->server = (struct wpb_subject){.kind = WPB_SUBJECT_MYSQL_SERVER,
                                         .scope = wpb_buf_view(&scope->server_uri)};
}

void wpb_mysql_scope_fini(struct wpb_mysql_scope *scope)
{
    wpb_buf_fini(&scope->server_uri);
    wpb_buf_fini(&scope->schema_uri);
}

struct wpb_subject wpb_mysql_scope_subject(const struct wpb_mysql_scope *scope,
                                           enum wpb_subject_kind kind,
                                           struct wpb_slice name)
{
    return (struct wpb_subject){
        .kind = kind, .scope = wpb_buf_view(&scope->schema_uri), .name = name};
}
