/*
 * sampling.h - how much all values of a meta key weigh, from the lengths of some.
 *
 * Builders' values are heavy-tailed: one in a hundred may hold half of the bytes, and a
 * sample may hold none of those. So the interval is that of a mean that is never
 * negative (on the logarithm, with the correction for a finite population), and its
 * upper end also allows for what a sample of N may miss altogether: with 95 %
 * confidence fewer than 3/N of all values ("rule of three"), of at most TAIL bytes each.
 * Pure; any thread.
 */
#ifndef WPB_MYSQL_SAMPLING_H
#define WPB_MYSQL_SAMPLING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Values above this are not expected where none was seen: at the largest layouts that
 * are reported, a request that decodes two of them ends at a memory_limit of 128M. */
#define WPB_SAMPLING_TAIL_BYTES ((uint64_t)2 << 20)
/* Fewer say nothing of a tail. */
#define WPB_SAMPLING_MIN 30

/* Values of one key: all there are, and those looked at. Start with {.rows = N}. */
struct wpb_sampling {
    uint64_t rows;  /* all */
    uint64_t found; /* ROWS is what so many found in a part stand for; 0: it is known */
    uint64_t count; /* looked at */
    uint64_t sum, largest;
    double mean, squares; /* sum of squared distances from the mean */
    uint64_t pages;       /* what reading them has cost */
};

/* One more value of BYTES has been looked at. */
void wpb_sampling_add(struct wpb_sampling *sampling, uint64_t bytes);

/* Pages that LENGTH() of a value of BYTES reads: its row's, and those beside it. */
uint64_t wpb_sampling_pages_of(uint64_t bytes);

struct wpb_sampling_total {
    uint64_t bytes, low, high;
    bool is_exact; /* all have been looked at */
};

/* The sum over all rows. TAIL: the largest value to expect; the largest seen in any key
 * of the table, when that is more than WPB_SAMPLING_TAIL_BYTES. */
struct wpb_sampling_total wpb_sampling_total(const struct wpb_sampling *sampling,
                                             uint64_t tail);

/* Which of KEYS to look at BATCH more values of, when PAGES are left: the one where
 * that narrows the interval most for the pages it costs. COUNT when none is left or
 * none would fit. */
size_t wpb_sampling_next(const struct wpb_sampling *keys, size_t count, uint64_t batch,
                         uint64_t count_max, uint64_t pages, uint64_t tail);

/* xorshift64*: reproducible. *STATE is never 0. */
uint64_t wpb_sampling_random(uint64_t *state);
/* Put COUNT ids into random order. */
void wpb_sampling_shuffle(uint64_t *ids, size_t count, uint64_t *state);

#endif
