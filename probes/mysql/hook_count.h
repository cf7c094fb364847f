/*
 * hook_count.h - which name comes most often, in bounded memory.
 *
 * Misra and Gries: a name that comes more often than the others by 1/WPB_HOOKS_HELD of
 * all is held whatever the order; counts are too low by at most that part, and exact
 * while no more than WPB_HOOKS_HELD names came. Pure; a plain value, zero to begin.
 */
#ifndef WPB_MYSQL_HOOK_COUNT_H
#define WPB_MYSQL_HOOK_COUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wpbloat/slice.h"

#define WPB_HOOKS_HELD 1024
#define WPB_HOOK_BYTES 120 /* of a name that are kept */

struct wpb_hook {
    unsigned long long hash;
    uint64_t count; /* 0: free */
    unsigned char len;
    char name[WPB_HOOK_BYTES];
};

struct wpb_hook_count {
    struct wpb_hook held[WPB_HOOKS_HELD];
    size_t used; /* of them, the first; some may be free */
    bool is_low; /* counts are no longer exact */
};

void wpb_hook_count_add(struct wpb_hook_count *hooks, struct wpb_slice name);
/* The name that came most often (among equals the lower one), *COUNT times; empty when
 * none came. Valid until the next add. */
struct wpb_slice wpb_hook_count_most(const struct wpb_hook_count *hooks, uint64_t *count);

#endif
