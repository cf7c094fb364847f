/*
 * demo_database.h - the databases of the invented sites, each in a schema of its name:
 * what WordPress and three plugins would have left there, and the page whose builder's
 * blobs ride in its cache entry.
 *
 * Blocking.
 */
#ifndef WPB_COMMAND_DEMO_DATABASE_H
#define WPB_COMMAND_DEMO_DATABASE_H

#include "wpbloat/err.h"

/* The atelier's page, in MySQL and in the atelier's Redis database. */
#define WPB_DEMO_PAGE_DATABASE 2
#define WPB_DEMO_PAGE_KEY "atelier_at:post_meta:812"

/* Seed the empty servers behind the unix sockets. */
int wpb_demo_database_seed(const char *mariadb_socket, const char *redis_socket,
                           struct wpb_err *err);

#endif
