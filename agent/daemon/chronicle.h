/*
 * chronicle.h - what is seen of the sites, noted in the history as points of series.
 *
 * Which facts are worth a series says agent/analyse/series.h. One that has begun goes on
 * as long as its subject is seen, also when it is no longer among the largest, so that a
 * flush is seen as what it is. Loop's thread.
 */
#ifndef WPB_DAEMON_CHRONICLE_H
#define WPB_DAEMON_CHRONICLE_H

#include "agent/daemon/past.h"
#include "wpbloat/window.h"

/* Series of one site that are remembered to have begun. */
#define WPB_CHRONICLE_BEGUN_MAX 120

struct wpb_chronicle;

/* NULL when memory is out. PAST outlives it. */
struct wpb_chronicle *wpb_chronicle_new(struct wpb_past *past);
void wpb_chronicle_free(struct wpb_chronicle *chronicle);

/* Note what of WINDOW is newer than what was noted of its site. */
void wpb_chronicle_note(struct wpb_chronicle *chronicle, const struct wpb_window *window);

/* What one probe has read, for the audit. */
void wpb_chronicle_audit(struct wpb_chronicle *chronicle,
                         const struct wpb_coverage *coverage, int64_t now_ms);
/* Hand over what was audited since; to be called after a turn. */
void wpb_chronicle_flush(struct wpb_chronicle *chronicle);

/* The clock was set back: what comes now is newer than what was noted. */
void wpb_chronicle_forget_times(struct wpb_chronicle *chronicle);

#endif
