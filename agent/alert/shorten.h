/*
 * shorten.h - a finding made fit to travel: without addresses in its commands, and, where
 * it is too long, with less and less of what can be missed.
 *
 * Commands must work, so that their names are not masked; a report is read where it was
 * made, but an alert goes anywhere. A line that would carry an email address is replaced
 * by a sentence that names the command which tells it.
 *
 * What is dropped, in this order: excerpts of source code; families beyond 3 and
 * components beyond 5; all but the first line of for_good and verify, sites beyond 10;
 * long summaries and notes; all lines but the first of now, long texts in the evidence;
 * families, components and the rest of the evidence; and at last whatever is longer than
 * a line. The last level fits into WPB_SHORTEN_LAST_BYTES of JSON whatever it was given.
 *
 * Pure; what is returned lives in the arena and borrows from the finding.
 */
#ifndef WPB_ALERT_SHORTEN_H
#define WPB_ALERT_SHORTEN_H

#include "wpbloat/arena.h"
#include "wpbloat/finding.h"

/* 0: nothing is dropped. */
#define WPB_SHORTEN_LEVELS 8
#define WPB_SHORTEN_LAST_BYTES 6144

const struct wpb_finding *wpb_shorten(const struct wpb_finding *finding, int level,
                                      struct wpb_arena *arena);

/* Does LINE name an email address, plain or in the hexadecimal of SQL? */
bool wpb_shorten_has_address(struct wpb_slice line);

#endif
