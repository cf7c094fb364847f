/*
 * lifecycle.h - from what is found at each evaluation to alerts: pending, firing,
 * resolved.
 *
 * The book keeps one entry for each problem, by its fingerprint. Each evaluation is
 * judged by one call, which answers with the alerts that changed: they are to be stored
 * together with the entries that changed (wpb_alert_book_save(), one transaction), and
 * delivered.
 *
 * A problem fires when it was there in n of the last m evaluations, and resolves when in
 * n of m it was not even at 90 % of its thresholds; its severity rises and falls the same
 * way. What nobody could look at counts neither way. Of each site a few alerts fire at
 * most, the worst, then the oldest; what a worse one explains (inhibit.h) does not fire.
 *
 * Pure: no clock, no files; one thread. The same calls give the same answers, also when
 * the book was saved and loaded in between: evaluations are counted, not time.
 */
#ifndef WPB_ALERT_LIFECYCLE_H
#define WPB_ALERT_LIFECYCLE_H

#include "agent/alert/alert_json.h"
#include "agent/alert/hysteresis.h"
#include "agent/base/ulid.h"
#include "wpbloat/err.h"

/* Problems kept at most; the least of them make room. */
#define WPB_ALERT_ENTRIES_MAX 4096
/* For so long the number of a fingerprint's last state is remembered. */
#define WPB_ALERT_REMEMBER_MS ((int64_t)7 * 24 * 3600 * 1000)
#define WPB_ALERT_FIRING_MAX 5

struct wpb_alert_book;

/* NULL when memory is out. */
struct wpb_alert_book *wpb_alert_book_new(void);
void wpb_alert_book_free(struct wpb_alert_book *book);

struct wpb_alert_settings {
    struct wpb_hysteresis_rule hysteresis; /* 3 of 5, 5 of 5; brought within its bounds */
    size_t firing_max;                     /* of a site; 0: WPB_ALERT_FIRING_MAX */
    enum wpb_severity least;               /* lesser findings are no alerts */
};

/* What this evaluation could see of a rule and a site. */
enum wpb_alert_sight {
    WPB_SIGHT_CLEAR, /* what is not among the findings is not there */
    WPB_SIGHT_BLIND, /* a probe of the rule could not look, or the site could not be read
                      */
    WPB_SIGHT_GONE,  /* nobody watches it any more: the site or the rule was taken away */
};

struct wpb_alert_judgement {
    int64_t now_ms;
    const struct wpb_alert_settings *settings;
    struct wpb_slice host_id;
    const struct wpb_alert_origin *origin;
    struct wpb_ulid_source *ids;
    /* Of all sites, in any order, as wpb_rules_evaluate() gives them; and the same
     * windows with the thresholds at 90 % (wpb_rule_values_relax()). */
    const struct wpb_finding *findings, *relaxed;
    size_t count, relaxed_count;
    /* The sites that are watched. */
    const struct wpb_site *const *sites;
    size_t site_count;
    /* Of a site that is watched: CLEAR, BLIND, or GONE when the rule is. Of one that is
     * not among them any more SITE is NULL, and PATH ("" of one without a folder) and
     * NAME say which: GONE, or BLIND when it may be there and could not be read. */
    enum wpb_alert_sight (*sight)(void *cookie, const char *code,
                                  const struct wpb_site *site, const char *path,
                                  const char *name);
    void *cookie;
};

/* The states that are new, each fingerprint at most once; in the arena. */
struct wpb_alert_changes {
    const struct wpb_alert *items;
    size_t count;
};

struct wpb_alert_changes wpb_alert_book_judge(struct wpb_alert_book *book,
                                              const struct wpb_alert_judgement *judgement,
                                              struct wpb_arena *arena);

/* What fires now, as it was last told; in the arena. */
struct wpb_alert_changes wpb_alert_book_firing(const struct wpb_alert_book *book,
                                               const struct wpb_alert_origin *origin,
                                               struct wpb_arena *arena);

enum wpb_alert_phase { WPB_ALERT_IS_PENDING, WPB_ALERT_IS_FIRING, WPB_ALERT_IS_OVER };
enum wpb_alert_hold {
    WPB_ALERT_NOT_HELD,   /* it fires, or was not there often enough */
    WPB_ALERT_SUPPRESSED, /* as many of its site fire as may */
    WPB_ALERT_HAS_ROOT,   /* inhibited by `root` */
};

/* One entry, until the book is judged again. Names are raw. */
struct wpb_alert_view {
    const char *fingerprint, *code;
    const char *site, *path; /* of the first site that it concerns */
    enum wpb_alert_phase phase;
    enum wpb_severity severity; /* worst of those it fires or may fire with */
    int64_t since_ms;           /* of this phase */
    enum wpb_alert_hold hold;   /* of what is pending, since the last judgement */
    const char *root;           /* code; NULL */
};
void wpb_alert_book_each(const struct wpb_alert_book *book,
                         void (*see)(void *cookie, const struct wpb_alert_view *view),
                         void *cookie);

struct wpb_alert_counts {
    size_t pending, firing, over;
    size_t suppressed, inhibited; /* of the pending */
    uint64_t dropped;             /* findings that found no room, ever */
};
struct wpb_alert_counts wpb_alert_book_counts(const struct wpb_alert_book *book);

/* Hand each entry that is not as it was last saved to STORE; an empty STATE means that
 * the fingerprint is forgotten. -1 as soon as STORE says so: what was not handed over
 * will be the next time. */
int wpb_alert_book_save(struct wpb_alert_book *book,
                        int (*store)(void *cookie, const char *fingerprint,
                                     struct wpb_slice state),
                        void *cookie);
/* What was handed over did not reach the disk: the next save gives all entries. */
void wpb_alert_book_unsaved(struct wpb_alert_book *book);
/* Take back an entry that was saved. WPB_E_SYNTAX: it is not one, or of a newer version;
 * the book is as before. */
int wpb_alert_book_load(struct wpb_alert_book *book, const char *fingerprint,
                        struct wpb_slice state, struct wpb_err *err);

#endif
