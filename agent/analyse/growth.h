/*
 * growth.h - what grows on a server between the passes of a watch.
 *
 * Keeps a few figures of each pass, never the passes themselves: the bytes and counts of
 * the watched and the largest keys, of the heaviest groups, of the families inside
 * notoptions, and of the server. However many passes there are, the memory stays the
 * same. Pure: the time of a pass is an argument. One thread.
 */
#ifndef WPB_ANALYSE_GROWTH_H
#define WPB_ANALYSE_GROWTH_H

#include "wpbloat/arena.h"
#include "wpbloat/report.h"
#include "wpbloat/window.h"

/* Kept of each site; names above WPB_GROWTH_NAME_MAX bytes are not. */
#define WPB_GROWTH_KEYS_MAX 96
#define WPB_GROWTH_GROUPS_MAX 192
#define WPB_GROWTH_FAMILIES_MAX 64
#define WPB_GROWTH_NAME_MAX 4096

/* No rate is said of less time than this. */
#define WPB_GROWTH_RATE_MIN_MS 5000

struct wpb_growth;

/* A watch over SITES sites that has seen nothing; NULL when memory is out. Free with
 * wpb_growth_free(). */
struct wpb_growth *wpb_growth_new(size_t sites);
void wpb_growth_free(struct wpb_growth *growth);

/* Take the figures of one complete pass, begun at AT_MS of a clock that never steps,
 * from its windows: one a site, in the same order in every pass. A site of which
 * nothing was seen keeps what it had. Where the server's run_id changed, or more than
 * half of the site's keys went, what was kept does not count any more. */
void wpb_growth_note(struct wpb_growth *growth, const struct wpb_window *const *windows,
                     uint64_t at_ms);

/* Fill REPORT's growth: of each site at most ROWS_MAX rows, the server and then the
 * largest changes, of what was seen in its last pass and has changed; and of notoptions,
 * alloptions and the metrics also when they have not. All is copied into ARENA. */
void wpb_growth_fill(const struct wpb_growth *growth, size_t rows_max,
                     struct wpb_arena *arena, struct wpb_report *report);

#endif
