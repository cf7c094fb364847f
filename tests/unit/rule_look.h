/*
 * rule_look.h - one look at a site for the tests of rules: what was posted, and what
 * the rules say about it.
 *
 * The site is a WordPress 6.1.9 in /var/www/shop with Redis Object Cache in database 1
 * of a unix socket and a memory_limit of 128 MiB; a test may change `site` before it
 * evaluates. Setup and teardown of cmocka. Findings live until look_end().
 */
#ifndef WPB_TESTS_RULE_LOOK_H
#define WPB_TESTS_RULE_LOOK_H

#include "wpbloat/rule.h"

#define LOOK_SCOPE "unix:///run/redis.sock?db=1"
#define LOOK_SERVER "unix:///run/redis.sock"

struct look {
    struct wpb_site site;
    int64_t time_ms; /* of what is posted next */
    struct wpb_window *window;
    struct wpb_rule_values *values;
    struct wpb_findings findings;
};

int look_begin(void **state);
int look_end(void **state);

/* A key of the site's database. */
struct wpb_subject look_key_of(struct wpb_slice name);
struct wpb_subject look_key(const char *name);

void look_post_as(struct look *look, struct wpb_subject subject, enum wpb_metric metric,
                  struct wpb_value value, enum wpb_provenance provenance);
/* An exact whole number; an exact text. */
void look_post(struct look *look, struct wpb_subject subject, enum wpb_metric metric,
               int64_t value);
void look_post_text(struct look *look, struct wpb_subject subject, enum wpb_metric metric,
                    const char *text);

/* Run the rules; earlier findings are forgotten. */
void look_evaluate(struct look *look);
/* The first finding of rule CODE, or NULL. */
const struct wpb_finding *look_found(const struct look *look, const char *code);
size_t look_count(const struct look *look, const char *code);
/* Run the rules; the severity of that finding, -1 when the rule is silent. */
int look_severity(struct look *look, const char *code);

/* NULL when FINDING does not have it. */
const struct wpb_evidence *look_fact(const struct wpb_finding *finding, const char *name);
void look_assert_fact(const struct wpb_finding *finding, const char *name, int64_t value);
void look_assert_null_fact(const struct wpb_finding *finding, const char *name);
void look_assert_says(const char *text, const char *part);
bool look_has_line(const char *const *lines, const char *line);

#endif
