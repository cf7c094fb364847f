/*
 * mysql_address.h - where a database is: mysql://[user@]host[:port]/schema,
 * mysqls:// for TLS or nothing, mysql+unix:///path?db=schema&user=U, and DB_HOST as
 * WordPress's wpdb takes it. A password in a URI is refused: it belongs in a file.
 * Pure.
 */
#ifndef WPB_BASE_MYSQL_ADDRESS_H
#define WPB_BASE_MYSQL_ADDRESS_H

#include "agent/base/buf.h"
#include "wpbloat/arena.h"
#include "wpbloat/err.h"
#include "wpbloat/site.h"
#include "wpbloat/subject.h"

/* Parse TEXT into ADDRESS, whose texts live in ARENA; user and password are "" when
 * absent. WPB_E_ARGUMENT says what is wrong and shows the form. */
int wpb_mysql_address_parse(const char *text, struct wpb_arena *arena,
                            struct wpb_mysql_address *address, struct wpb_err *err);

/* DB_HOST as wpdb::parse_db_host() reads it: host, host:port, host:/socket, :/socket,
 * [ipv6]:port; "p:" in front (persistent) is dropped. Sets host, port and path only;
 * the other texts become "". */
void wpb_mysql_address_of_wpdb(const char *db_host, struct wpb_arena *arena,
                               struct wpb_mysql_address *address);

/* Append ADDRESS as a URI without user and password; with the schema when WITH_SCHEMA.
 * This is the scope of subjects. Names in it are percent-encoded where they hold what
 * a URI may not. */
void wpb_mysql_address_scope(const struct wpb_mysql_address *address, bool with_schema,
                             struct wpb_buf *out);

/* Append ADDRESS as --mysql takes it: with the schema and the user, never a password. */
void wpb_mysql_address_uri(const struct wpb_mysql_address *address, struct wpb_buf *out);

/* The subject of the post with that ID in ADDRESS's schema. The texts are the struct's,
 * which must not move. */
struct wpb_mysql_post {
    struct wpb_buf scope;
    char name[24];
    struct wpb_subject subject;
};
void wpb_mysql_post_init(struct wpb_mysql_post *post,
                         const struct wpb_mysql_address *address, uint64_t id);
void wpb_mysql_post_fini(struct wpb_mysql_post *post);

/* Append the mysql client's invocation that reaches it: "mysql -S /run/mysqld/m.sock -u
 * shop -p shop", shell-quoted, never with a password. */
void wpb_mysql_address_cli(const struct wpb_mysql_address *address, struct wpb_buf *out);

/* Does ADDRESS name this machine: a socket, or a loopback address? */
bool wpb_mysql_address_is_local(const struct wpb_mysql_address *address);

#endif
