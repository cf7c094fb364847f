/*
 * outlooks.h - once an hour, what the history of each site says of its future.
 *
 * What the rules want to know of a site is asked of the history on its thread, where the
 * fits are made too; the answers are posted to what is known of the site. What was
 * claimed earlier is scored on the way. Loop's thread.
 */
#ifndef WPB_DAEMON_OUTLOOKS_H
#define WPB_DAEMON_OUTLOOKS_H

#include "agent/daemon/past.h"
#include "wpbloat/rule.h"

#define WPB_OUTLOOKS_EVERY_MS INT64_C(3600000)
/* Sooner, when what is known says that something was flushed, or was never asked. */
#define WPB_OUTLOOKS_SOONEST_MS INT64_C(300000)

struct wpb_outlooks;

/* FIND gives the window of the site with that identity (wpb_fingerprint_site()) as it is
 * now, or NULL: it may have gone while its history was asked. NULL when memory is out. */
struct wpb_outlooks *
wpb_outlooks_new(struct wpb_past *past,
                 struct wpb_window *(*find)(void *cookie, uint64_t site), void *cookie);
/* Answers that are still to come are thrown away. */
void wpb_outlooks_free(struct wpb_outlooks *outlooks);

/* Ask for what the rules with VALUES want to know of WINDOW's site, if it is time. */
void wpb_outlooks_refresh(struct wpb_outlooks *outlooks, const struct wpb_window *window,
                          const struct wpb_rule_values *values, int64_t now_ms);

/* Were the outlooks of the site with that identity made so lately that they still count?
 */
bool wpb_outlooks_are_fresh(const struct wpb_outlooks *outlooks, uint64_t site,
                            int64_t now_ms);

struct wpb_outlooks_numbers {
    uint64_t made;    /* outlooks */
    uint64_t refused; /* of them, those that say why they cannot tell */
};
struct wpb_outlooks_numbers wpb_outlooks_numbers(const struct wpb_outlooks *outlooks);

#endif
