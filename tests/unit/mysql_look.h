/*
 * mysql_look.h - one turn of the real scheduler over a site in a test's own MariaDB,
 * and what it has posted.
 */
#ifndef TESTS_MYSQL_LOOK_H
#define TESTS_MYSQL_LOOK_H

#include "agent/schedule/turn.h"
#include "mysql_wordpress.h"

struct mysql_look {
    struct wpb_site site;
    struct wpb_turn *turn;
};

/* Turn once with the probes of PROBES, which NULL ends, as the account of
 * mysql_wordpress_grant(). OPTIONS: NULL, or those to take instead of the defaults; its
 * probes are set here. */
void mysql_look(struct mysql_look *look, struct mysql_server *server,
                const struct mysql_wordpress *wordpress,
                const struct wpb_probe *const *probes,
                const struct wpb_turn_options *options);
/* The same in two steps, for a test that says something else of the site between them. */
void mysql_look_prepare(struct mysql_look *look, const struct mysql_server *server,
                        const struct mysql_wordpress *wordpress);
void mysql_look_turn(struct mysql_look *look, const struct wpb_probe *const *probes,
                     const struct wpb_turn_options *options);
void mysql_look_free(struct mysql_look *look);

/* A subject of the site's schema; NAME must outlive it. */
const struct wpb_subject *mysql_look_find(const struct mysql_look *look,
                                          enum wpb_subject_kind kind, const char *name);
/* The newest sample; NULL when there is none. */
const struct wpb_sample *mysql_look_sample(const struct mysql_look *look,
                                           enum wpb_subject_kind kind, const char *name,
                                           enum wpb_metric metric);
/* Its integer, which must be there. */
long long mysql_look_integer(const struct mysql_look *look, enum wpb_subject_kind kind,
                             const char *name, enum wpb_metric metric);
void mysql_look_text_is(const struct mysql_look *look, enum wpb_subject_kind kind,
                        const char *name, enum wpb_metric metric, const char *expected);
const struct wpb_coverage *mysql_look_coverage(const struct mysql_look *look,
                                               const char *probe);
/* Fails the test, with its reason, unless PROBE looked at everything. */
void mysql_look_was_whole(const struct mysql_look *look, const char *probe);

#endif
