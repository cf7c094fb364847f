/*
 * learn.h - what the probes' samples say of a site that nothing else says.
 *
 * A site without a configuration, or with an unknown drop-in, is told by the shape of its
 * keys and the names of its tables. What the configuration says is not changed. Pure;
 * what is learnt is copied into the arena.
 */
#ifndef WPB_SCHEDULE_LEARN_H
#define WPB_SCHEDULE_LEARN_H

#include "wpbloat/arena.h"
#include "wpbloat/window.h"

/* How the tables of SITE are called, for which that was a guess. */
void wpb_learn_table_prefix(struct wpb_site *site, const struct wpb_window *window,
                            struct wpb_arena *arena);

/* Who writes the keys of SITE, and how they begin. True when that was not known before
 * and is now. */
bool wpb_learn_keys(struct wpb_site *site, const struct wpb_window *window,
                    struct wpb_arena *arena);

/* Where the master of SITE is, which sentinels name: what a reader is told to type goes
 * there. How the site is asked stays their name for it. */
void wpb_learn_master(struct wpb_site *site, const struct wpb_window *window,
                      struct wpb_arena *arena);

#endif
