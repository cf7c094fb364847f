/*
 * firing.h - what fires now, and what has been resolved lately.
 *
 * For receivers that forget by themselves and must be told again, and for those that are
 * new. The newest state of each fingerprint; one that was resolved stays for
 * WPB_FIRING_RESOLVED_MS. At most WPB_FIRING_MAX: what is beyond is not told again. One
 * thread.
 */
#ifndef WPB_ALERT_FIRING_H
#define WPB_ALERT_FIRING_H

#include <stddef.h>

#include "agent/alert/held_alert.h"

#define WPB_FIRING_MAX 1000
#define WPB_FIRING_RESOLVED_MS (5 * 60 * 1000)

struct wpb_firing;

/* NULL when memory is out. */
struct wpb_firing *wpb_firing_new(void);
void wpb_firing_free(struct wpb_firing *firing);

/* HELD is a state of its fingerprint; an older one than what is known is ignored. */
void wpb_firing_note(struct wpb_firing *firing, struct wpb_held_alert *held,
                     int64_t now_ms);
/* All of them, COUNT, in the order in which their fingerprints came. Valid until the next
 * call. */
struct wpb_held_alert *const *wpb_firing_list(struct wpb_firing *firing, int64_t now_ms,
                                              size_t *count);

#endif
