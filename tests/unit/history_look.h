/*
 * history_look.h - a store in a folder of its own, and what tests ask of it.
 */
#ifndef TESTS_UNIT_HISTORY_LOOK_H
#define TESTS_UNIT_HISTORY_LOOK_H

#include "agent/history/store.h"

/* 2026-11-02 00:00 UTC. */
#define LOOK_BEGIN_MS (INT64_C(1793577600) * 1000)
#define LOOK_MINUTE_MS INT64_C(60000)

struct look {
    char folder[64]; /* of the test, and in it "state", the store's */
    char state[104];
    struct wpb_store *store;
    struct wpb_err err;
    int64_t now_ms; /* what the store is told */
    uint64_t max_bytes;
};

/* A folder, and an open store in it. */
void look_begin(struct look *look);
void look_end(struct look *look);
void look_open(struct look *look);
void look_close(struct look *look);
void look_reopen(struct look *look);
/* FOLDER/state/history.db with SUFFIX. */
void look_path(const struct look *look, const char *suffix, char path[128]);

/* The id of the series NAME of SITE. */
int64_t look_series(struct look *look, const char *site, const char *name);
void look_note(struct look *look, int64_t id, int64_t time_ms, double value);
/* Upkeep at the look's time until nothing is left to do. */
void look_keep_up(struct look *look);
/* The points up to now; how many. */
size_t look_points(struct look *look, int64_t id,
                   struct wpb_point points[WPB_STORE_POINTS_MAX]);

/* The state of FINGERPRINT, and a letter for SINK, both with SEQ. */
int look_put_alert(struct wpb_store *store, const char *fingerprint, uint64_t seq,
                   int64_t updated_ms, struct wpb_err *err);
int look_put_letter(struct wpb_store *store, const char *sink, const char *fingerprint,
                    uint64_t seq, int64_t updated_ms, struct wpb_err *err);
/* Their seq, 0 when there is none. */
uint64_t look_alert_seq(struct look *look, const char *fingerprint);
uint64_t look_letter_seq(struct look *look, const char *sink, const char *fingerprint);

/* What SQL (one integer) says of the file, through a connection of its own. */
int64_t look_ask(const struct look *look, const char *sql);
/* PRAGMA integrity_check says ok. */
bool look_is_sound(const struct look *look);
/* Files in the folder whose name begins with PREFIX. */
size_t look_files(const struct look *look, const char *prefix);

#endif
