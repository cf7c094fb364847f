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
    bool is_shared;           /* the pool runs a site that says nothing of it, too */
    struct wpb_site sites[2]; /* of the last look */
    struct wpb_keepsakes *keepsakes;
    struct wpb_turn *turn; /* the last look */
    struct wpb_window *window;
    const struct wpb_coverage *coverage;
    int64_t now_s; /* when the test began */
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

#endif
