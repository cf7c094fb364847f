/*
 * frequency.h - names and how often they came, exactly, in bounded memory.
 *
 * At most WPB_FREQUENCY_NAMES_MAX names are told apart; what more comes, or is crowded
 * out of the table by names made to collide, is not counted: a count is never too high.
 * Pure; one thread.
 */
#ifndef WPB_REDIS_FREQUENCY_H
#define WPB_REDIS_FREQUENCY_H

#include <stddef.h>
#include <stdint.h>

#include "wpbloat/slice.h"

#define WPB_FREQUENCY_NAMES_MAX 16384
/* Longer names are no WordPress keys: they are not kept. */
#define WPB_FREQUENCY_NAME_LEN_MAX 1024

struct wpb_frequency;

struct wpb_frequency_item {
    struct wpb_slice name;
    unsigned long long hash;
    uint64_t count;
};

/* NULL when memory is out. */
struct wpb_frequency *wpb_frequency_new(void);
void wpb_frequency_free(struct wpb_frequency *frequency);

/* NAME came TIMES more. */
void wpb_frequency_add(struct wpb_frequency *frequency, struct wpb_slice name,
                       uint64_t times);

/* Most often first, then by name. Nothing may be added any more; valid until free. */
const struct wpb_frequency_item *wpb_frequency_sorted(struct wpb_frequency *frequency,
                                                      size_t *count);

#endif
