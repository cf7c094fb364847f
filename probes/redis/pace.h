/*
 * pace.h - how many keys to ask for next, and how long to rest before.
 *
 * A bucket of commands fills at `rate`; a batch is paid before it is sent, and one
 * is in flight at a time. Batches are small and frequent: at equal rates, 50 keys a
 * millisecond leave other clients a 29 times better p99 than 5,000 every 100.
 *
 *   low     20 keys a batch, at most 2,000 commands a second: each batch wakes us, and
 *           of half the size a pass costs us a third more
 *   normal  50 keys a batch, 50 commands a millisecond; a keyspace of common size
 *           (110,000 keys) is within the bucket and read without rests
 *   full    500 keys a batch, no rest
 *
 * Under low and normal the server's own answers set the rate: it is halved when
 * most batches take twice as long as at best, or more than 5 ms, and creeps back
 * while they do not (AIMD). Pure: time is an argument. Plain value.
 */
#ifndef WPB_REDIS_PACE_H
#define WPB_REDIS_PACE_H

#include <stdint.h>

#include "wpbloat/probe.h"

/* The median of so many round trips is compared: a busy host delays some of them by
 * its scheduler's time slice, a Redis in trouble delays all. */
#define WPB_PACE_RECENT 9

struct wpb_pace {
    enum wpb_budget budget;
    double rate, rate_min, rate_max;   /* commands a second; 0: no limit */
    double bucket, bucket_max;         /* commands that may be sent at once */
    uint64_t filled_us;                /* when the bucket was last filled */
    double recent_us[WPB_PACE_RECENT]; /* the newest round trips, a ring */
    uint64_t round_trips;              /* noted so far */
    double best_us;                    /* the quickest, slowly forgotten */
    uint64_t halved_us;                /* when the rate was last halved */
    double name_bytes; /* mean length of names, to bound a reply; 0: not known yet */
};

void wpb_pace_init(struct wpb_pace *pace, enum wpb_budget budget, uint64_t now_us);
/* The database has KEYS: one too large to be read at once is not begun as if it
 * were. */
void wpb_pace_total(struct wpb_pace *pace, uint64_t keys);
/* COUNT for the next SCAN. */
uint32_t wpb_pace_count(const struct wpb_pace *pace);
/* Milliseconds to wait before COMMANDS may be sent; 0 takes them out of the bucket. */
uint32_t wpb_pace_wait_ms(struct wpb_pace *pace, uint64_t now_us, uint64_t commands);
/* A SCAN found KEYS with names of NAME_BYTES in all. */
void wpb_pace_names(struct wpb_pace *pace, uint64_t keys, uint64_t name_bytes);
/* A batch of KEYS took ROUND_TRIP_US. */
void wpb_pace_note(struct wpb_pace *pace, uint64_t now_us, uint64_t keys,
                   uint64_t round_trip_us);
/* For a progress line; static. */
const char *wpb_pace_text(const struct wpb_pace *pace);

#endif
