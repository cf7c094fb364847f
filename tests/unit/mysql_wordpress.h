/*
 * mysql_wordpress.h - a WordPress schema on a test's server, an account with the
 * rights of packaging/grants.sql and no others, and rows of any bytes.
 */
#ifndef TESTS_MYSQL_WORDPRESS_H
#define TESTS_MYSQL_WORDPRESS_H

#include "mysql_server.h"

/* NULL and false are what is usual today. */
struct mysql_wordpress {
    const char *schema;        /* "wordpress" */
    const char *prefix;        /* "wp_" */
    const char *charset;       /* "utf8mb4"; "latin1" in old sites */
    bool has_old_autoload;     /* enum('yes','no'), as the oldest have it */
    bool lacks_autoload_index; /* tables made before WordPress 5.3 */
    bool has_woocommerce;
    bool has_session_index; /* on session_expiry; WooCommerce 10.0 has none */
};

/* The account of mysql_wordpress_grant(). */
#define MYSQL_WORDPRESS_USER "wpbloat"
#define MYSQL_WORDPRESS_PASSWORD "it's \\ secret"

/* Create the schema and its tables, and make it the default of the test's own
 * connection, which then speaks binary: bytes go in as they are. Several schemas, and
 * several prefixes in one, are allowed. */
void mysql_wordpress_create(struct mysql_server *server,
                            const struct mysql_wordpress *wordpress);
/* The account wpbloat on localhost and 127.0.0.1, with the rights of grants.sql for
 * that schema and prefix (its lines for WooCommerce, where that is there). */
void mysql_wordpress_grant(struct mysql_server *server,
                           const struct mysql_wordpress *wordpress);

/* One row each, in the default schema. AUTOLOAD: "yes", "off" ... POST_ID: 0 for the
 * next. */
void mysql_wordpress_option(struct mysql_server *server, const char *prefix,
                            struct wpb_slice name, struct wpb_slice value,
                            const char *autoload);
void mysql_wordpress_meta(struct mysql_server *server, const char *prefix,
                          uint64_t post_id, struct wpb_slice key, struct wpb_slice value);
uint64_t mysql_wordpress_post(struct mysql_server *server, const char *prefix,
                              uint64_t post_id, const char *type, const char *status,
                              uint64_t parent);

#endif
