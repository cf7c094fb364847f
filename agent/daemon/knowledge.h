/*
 * knowledge.h - what is known of one site: what every probe said of it last.
 *
 * Each system is looked at at its own pace, so that a site's window is put together anew
 * when a turn ends: what a probe said this time takes the place of what it said before,
 * and what it did not say again is gone, unless it could not look, or sees in glimpses
 * only. What was examined stays until the thing has changed. One thread.
 */
#ifndef WPB_DAEMON_KNOWLEDGE_H
#define WPB_DAEMON_KNOWLEDGE_H

#include "agent/schedule/turn.h"

/* An examination counts so long, and is not made again sooner than that when the thing's
 * memory has moved by a tenth. Sources are searched once a day. */
#define WPB_EXAMINED_AT_MOST_MS (24 * INT64_C(3600000))
#define WPB_EXAMINED_AT_LEAST_MS INT64_C(3600000)
/* What was seen in a glimpse counts so long: with four looks an hour, until none of four
 * has met it. */
#define WPB_GLIMPSED_MS INT64_C(3600000)
/* Things whose memory at their examination is remembered. */
#define WPB_EXAMINED_MAX 64

struct wpb_knowledge;

/* Knowledge of SITE, which has to outlive it or its wpb_knowledge_bind(), by PROBES (all
 * there are, ended by NULL). NULL when memory is out. Free with wpb_knowledge_free(). */
struct wpb_knowledge *wpb_knowledge_new(const struct wpb_site *site,
                                        const struct wpb_probe *const *probes,
                                        int64_t now_ms);
void wpb_knowledge_free(struct wpb_knowledge *knowledge);

/* The same site as it was found again, at another address. */
void wpb_knowledge_bind(struct wpb_knowledge *knowledge, const struct wpb_site *site,
                        int64_t now_ms);
/* Forget all: the clock was set back, and what is newer now looks older. */
void wpb_knowledge_forget(struct wpb_knowledge *knowledge, int64_t now_ms);

/* Valid until the next call of a function of this file that changes KNOWLEDGE. */
struct wpb_window *wpb_knowledge_window(struct wpb_knowledge *knowledge);

/* What a turn that examines begins with: all but examinations that have to be made
 * again. NULL when memory is out; free with wpb_window_free(). */
struct wpb_window *wpb_knowledge_for_turn(const struct wpb_knowledge *knowledge,
                                          int64_t now_ms);

/* Site I of TURN, which has ended, is this one: take what it saw. */
void wpb_knowledge_take(struct wpb_knowledge *knowledge, const struct wpb_turn *turn,
                        size_t i, int64_t now_ms);

/* Did PROBE's last look at the site see it, at most MAX_AGE_MS ago? */
bool wpb_knowledge_is_fresh(const struct wpb_knowledge *knowledge, const char *probe,
                            int64_t max_age_ms, int64_t now_ms);
/* Has PROBE looked at the site, and could not look the last time? */
bool wpb_knowledge_has_failed(const struct wpb_knowledge *knowledge, const char *probe);

#endif
