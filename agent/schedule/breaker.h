/*
 * breaker.h - who does not answer is left in peace, and asked again ever more seldom.
 *
 *   closed     all may try
 *   open       after WPB_BREAKER_FAILURES failures in a row: nobody, until `retry_ms`
 *   half-open  one trial is under way; its end closes the breaker or opens it again
 *
 * The first trial comes after 30 s, then the time doubles up to 5 min; up to a fifth of
 * it is taken off, by a hash, so that a crowd does not come back at one moment. One
 * success closes it. Pure; plain value, nothing to free.
 */
#ifndef WPB_SCHEDULE_BREAKER_H
#define WPB_SCHEDULE_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "agent/base/clock.h"

#define WPB_BREAKER_FAILURES 3
#define WPB_BREAKER_FIRST_MS 30000u
#define WPB_BREAKER_LONGEST_MS 300000u

enum wpb_breaker_state { WPB_BREAKER_CLOSED, WPB_BREAKER_OPEN, WPB_BREAKER_HALF_OPEN };

struct wpb_breaker {
    enum wpb_breaker_state state;
    unsigned failures;     /* in a row */
    unsigned trials;       /* that failed since it opened */
    int64_t since_unix_ms; /* of the first failure of the row; 0: there is none */
    uint64_t retry_ms;     /* monotonic: when the next trial may start, while open */
    int64_t retry_unix_ms; /* the same for a reader; an estimate if the clock is set */
    uint64_t seed;         /* of the jitter */
    char reason[256];      /* what came back last, cut */
};

/* Closed. SEED: a hash of what makes this breaker another than its neighbours. */
void wpb_breaker_init(struct wpb_breaker *breaker, uint64_t seed);

/* May the next one try? When it is open and this is true, by a trial only: say so with
 * wpb_breaker_trial() before it starts. */
bool wpb_breaker_allows(const struct wpb_breaker *breaker, uint64_t now_ms);
void wpb_breaker_trial(struct wpb_breaker *breaker);
/* Somebody got an answer: closed. */
void wpb_breaker_succeeded(struct wpb_breaker *breaker);
/* Somebody got none. REASON is copied. Of those that started before it opened only the
 * count and the reason are kept. */
void wpb_breaker_failed(struct wpb_breaker *breaker, struct wpb_moment now,
                        const char *reason);
/* The trial ended without an answer to the question (it was cancelled): open again, and
 * the next may follow after the shortest time. */
void wpb_breaker_abandoned(struct wpb_breaker *breaker, struct wpb_moment now);

/* "closed", "open", "half-open"; static. */
const char *wpb_breaker_state_name(enum wpb_breaker_state state);
/* Append "redis unix:///run/redis.sock does not answer since 2026-11-23T20:00:00Z
 * (REASON); next try at ...": a sentence without its stop, for NAME, of a breaker that is
 * not closed. Not escaped. */
void wpb_breaker_say(const struct wpb_breaker *breaker, const char *name,
                     struct wpb_buf *out);

#endif
