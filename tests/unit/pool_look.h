/*
 * pool_look.h - a pool file and logs in a folder of their own, and probes of requests
 * that look at them, look after look, by the real scheduler.
 */
#ifndef TESTS_POOL_LOOK_H
#define TESTS_POOL_LOOK_H

#include "agent/schedule/turn.h"

struct pool_look {
    char folder[64], pool_file[96], access_log[96], slow_log[96], error_log[96];
    struct wpb_site site;
    struct wpb_keepsakes *keepsakes;
    struct wpb_turn *turn; /* the last look */
    struct wpb_window *window;
    const struct wpb_coverage *coverage;
    int64_t now_s; /* when it began */
};

/* For cmocka's set-up and tear-down. Pool "shop", without logs. */
int pool_look_set_up(void **state);
int pool_look_tear_down(void **state);

/* Write the pool's file: its section, and in it LINES (a format for the folder's
 * files: %s is the folder). */
void pool_look_pool(struct pool_look *look, const char *lines, ...)
    __attribute__((format(printf, 2, 3)));
/* Append to the file NAME of the folder. */
void pool_look_write(struct pool_look *look, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Look once with PROBE; what it says is in window and coverage until the next look. */
void pool_look_go(struct pool_look *look, const struct wpb_probe *probe);

/* The subject of the window; NULL when nothing was told of it. */
const struct wpb_subject *pool_look_subject(const struct pool_look *look,
                                            enum wpb_subject_kind kind, const char *name);
/* Its integer or text; the test fails when there is none. */
int64_t pool_look_integer(const struct pool_look *look, enum wpb_subject_kind kind,
                          const char *name, enum wpb_metric metric);
const char *pool_look_text(const struct pool_look *look, enum wpb_subject_kind kind,
                           const char *name, enum wpb_metric metric);
/* The I-th row of work; NULL behind the last. */
const struct wpb_work_row *pool_look_row(const struct pool_look *look, size_t i);
size_t pool_look_rows(const struct pool_look *look);
 * pool_look.h - what the probes and the work book post of a PHP-FPM pool, for the tests
 * of the rules about requests.
 *
 * The pool is "www" of /etc/php/8.2/fpm/php-fpm.conf with eight workers; the schema is
 * that of a shop. Subjects are static.
#ifndef WPB_TESTS_POOL_LOOK_H
#define WPB_TESTS_POOL_LOOK_H
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
