/*
 * request_facts.h - what the probes and the work book post of a PHP-FPM pool, for the
 * tests of the rules about requests.
 *
 * The pool is "www" of /etc/php/8.2/fpm/php-fpm.conf with eight workers; the schema is
 * that of a shop. Subjects are static.
 */
#ifndef WPB_TESTS_REQUEST_FACTS_H
#define WPB_TESTS_REQUEST_FACTS_H

#include "rule_look.h"

#define POOL_SCOPE "/etc/php/8.2/fpm/php-fpm.conf"
#define POOL_SCHEMA "mysql+unix:///run/mysqld/mysqld.sock?db=shop"

extern const struct wpb_subject pool_www;

/* As look_begin(), of a site with a database. */
int pool_begin(void **state);

/* A part of pool_www. */
struct wpb_subject pool_part(enum wpb_subject_kind kind, const char *name);
/* A table or a statement of the schema. */
struct wpb_subject pool_in_schema(enum wpb_subject_kind kind, const char *name);

/* A number that need not be whole. */
void pool_post(struct look *look, struct wpb_subject subject, enum wpb_metric metric,
               double number);
/* Lately, in the busiest window, and what the pool can do: in requests a second. */
void pool_post_rates(struct look *look, double rate, double busiest, double capacity,
                     const char *bottleneck);
/* Looks of a day that met somebody who waits for a row of TABLE. */
void pool_post_lock(struct look *look, const char *table, int64_t looks,
                    int64_t wait_looks, int64_t waiters);
/* Of STATEMENT about TABLE: executions a second, and rows that each reads. */
void pool_post_statement(struct look *look, const char *statement, const char *table,
                         double per_second, double rows);
/* Traces of slow requests in COMPONENT, of the SHARE of all; FILE may be NULL. */
void pool_post_traces(struct look *look, const char *component, int64_t traces,
                      double share, const char *file);
/* Requests of a kind of page, and the memory that nine in ten reach. */
void pool_post_route(struct look *look, const char *route, int64_t requests,
                     int64_t peak_bytes);
/* Errors of KIND at FILE in the last hour and day. */
void pool_post_errors(struct look *look, const char *kind, const char *file, int64_t hour,
                      int64_t day);

#endif
