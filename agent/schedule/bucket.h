/*
 * bucket.h - a budget that refills: so many commands a second on average.
 *
 * What was done is taken out when it is known, so the bucket may go into debt; who looks
 * whether it `has` something waits until the debt is paid. Debt is bounded: one run that
 * cost far too much cannot keep the others away for ever. Pure: time is an argument, of a
 * clock that never steps. Plain value.
 */
#ifndef WPB_SCHEDULE_BUCKET_H
#define WPB_SCHEDULE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct wpb_bucket {
    /* In thousandths of a token a second, which is millionths a millisecond: whole
     * numbers, so that who waits wakes up neither early nor late. */
    int64_t thousandths_per_s; /* 0: no limit */
    int64_t millionths;        /* in it; below 0: debt */
    uint64_t filled_ms;        /* when that was true */
};

/* A full bucket. */
void wpb_bucket_init(struct wpb_bucket *bucket, double per_s, uint64_t now_ms);
/* Change the rate and keep what is in it. */
void wpb_bucket_rate(struct wpb_bucket *bucket, double per_s, uint64_t now_ms);
/* TOKENS were spent. */
void wpb_bucket_spend(struct wpb_bucket *bucket, double tokens, uint64_t now_ms);
/* When there is something in it: NOW_MS, or later. */
uint64_t wpb_bucket_ready_ms(const struct wpb_bucket *bucket, uint64_t now_ms);

#endif
