/*
 * alert_stage.h - a book of alerts that is judged once a minute, for the tests of alerts.
 *
 * Three sites: shop and blog have folders, the third is known by its Redis alone. A test
 * says what is found, then judges; what was found is forgotten afterwards. With
 * WPB_ALERTS_FILE in the environment every alert is appended to that file, which is then
 * validated against docs/alert.schema.json. Setup and teardown of cmocka.
 */
#ifndef WPB_TESTS_ALERT_STAGE_H
#define WPB_TESTS_ALERT_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "agent/alert/lifecycle.h"
#include "wpbloat/site.h"

/* 2026-11-23T20:00:00Z */
#define STAGE_NOW_MS 1795464000000
#define STAGE_FINDINGS_MAX 6000
#define STAGE_REDIS "unix:///run/redis.sock"

enum stage_site { SHOP, BLOG, AD_HOC, STAGE_SITES };

struct stage {
    struct wpb_alert_book *book;
    struct wpb_alert_settings settings;
    struct wpb_alert_origin origin;
    struct wpb_ulid_source ids;
    struct wpb_site sites[STAGE_SITES];
    bool is_watched[STAGE_SITES];
    bool is_unreadable[STAGE_SITES]; /* when it is not watched */
    bool is_blind[STAGE_SITES];
    const char *blind_code, *gone_code; /* of all sites; NULL */
    int64_t now_ms;
    const char *host_id;
    struct wpb_finding *findings, *relaxed;
    size_t count, relaxed_count;
    struct wpb_arena *arena; /* of findings and changes */
    struct wpb_alert_changes changes;
};

int stage_begin(void **state);
int stage_end(void **state);

/* A key of the shop's database. */
struct wpb_subject stage_key(const char *name);
/* The server. */
struct wpb_subject stage_server(void);

/* CODE is found on SUBJECT, which is copied; the finding may be changed further. */
struct wpb_finding *stage_find(struct stage *stage, enum stage_site site,
                               const char *code, enum wpb_severity severity,
                               struct wpb_subject subject);
/* It is found with the thresholds at 90 % alone. */
struct wpb_finding *stage_hold(struct stage *stage, enum stage_site site,
                               const char *code, enum wpb_severity severity,
                               struct wpb_subject subject);

/* A minute later: judge, forget the findings. The number of changes. */
size_t stage_judge(struct stage *stage);
/* The same without what a second call would change: save the book, load it into a new
 * one, go on with that. */
void stage_restart(struct stage *stage);
/* The only change; fails the test when there is another number of them. */
const struct wpb_alert *stage_change(const struct stage *stage);
/* Does the body of ALERT hold PART? */
void stage_assert_says(const struct wpb_alert *alert, const char *part);

#endif
