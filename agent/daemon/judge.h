/*
 * judge.h - one evaluation: what is known of the sites, judged by the rules, becomes
 * alerts.
 *
 * Each interval the rules are asked twice, with their thresholds and with nine tenths of
 * them, and the book of alerts says what has changed. The states that are new go to the
 * pump, and with the book's entries to the ledger. Loop's thread.
 */
#ifndef WPB_DAEMON_JUDGE_H
#define WPB_DAEMON_JUDGE_H

#include "agent/alert/lifecycle.h"
#include "agent/alert/pump.h"
#include "agent/daemon/fleet.h"
#include "agent/daemon/ledger.h"
#include "agent/daemon/looks.h"
#include "agent/daemon/self.h"

struct wpb_judge;

struct wpb_judge_options {
    struct wpb_ledger *ledger;
    struct wpb_pump *pump;
    const char *host, *version, *instance; /* who speaks; they outlive the judge */
    /* Are the outlooks of SITE those of now? NULL: there are none. */
    bool (*has_outlooks)(void *cookie, const struct wpb_site *site, int64_t now_ms);
    void *cookie;
};

/* NULL when memory is out, or the kernel gives no random bytes. */
struct wpb_judge *wpb_judge_new(const struct wpb_judge_options *options,
                                struct wpb_err *err);
void wpb_judge_free(struct wpb_judge *judge);

/* Rules and how alerts are to fire are those of CONFIG. */
int wpb_judge_configure(struct wpb_judge *judge, const struct wpb_conf *config,
                        struct wpb_err *err);
const struct wpb_rule_values *wpb_judge_values(const struct wpb_judge *judge);

/* Take back an entry of the book, as the history has kept it. One that makes no sense is
 * said in the log and left. */
void wpb_judge_load(struct wpb_judge *judge, const char *fingerprint,
                    struct wpb_slice state);
/* Entries could not be stored: all are, the next time. */
void wpb_judge_unsaved(struct wpb_judge *judge);

/* Evaluate FLEET, of which LOOKS are made, and the agent itself (SELF). Returns how many
 * alerts have changed. */
size_t wpb_judge_evaluate(struct wpb_judge *judge, struct wpb_fleet *fleet,
                          const struct wpb_looks *looks, const struct wpb_self *self,
                          int64_t now_ms);

/* What the rules say of FLEET now, without judging it; texts in ARENA, subjects in what
 * is known of the sites. WINDOWS (room for one a site) gets the windows that were asked,
 * and *COUNT how many. */
void wpb_judge_findings(const struct wpb_judge *judge, struct wpb_fleet *fleet,
                        int64_t now_ms, struct wpb_arena *arena,
                        struct wpb_findings *findings, const struct wpb_window **windows,
                        size_t *count);

struct wpb_alert_counts wpb_judge_counts(const struct wpb_judge *judge);
/* What fires, as it was last told; in ARENA. */
struct wpb_alert_changes wpb_judge_firing(const struct wpb_judge *judge,
                                          struct wpb_arena *arena);
uint64_t wpb_judge_evaluations(const struct wpb_judge *judge);
/* An identifier for an alert that is made for a test. */
void wpb_judge_next_id(struct wpb_judge *judge, int64_t now_ms, char id[WPB_ULID_TEXT]);

#endif
