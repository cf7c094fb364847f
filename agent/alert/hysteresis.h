/*
 * hysteresis.h - how often a problem was seen lately, and what that says.
 *
 * An evaluation says up to which severity the problem reached the thresholds (there), and
 * up to which it reached 90 % of them (held). It fires when it was there in n of the last
 * m evaluations, and clears when in n of m it was not even held. Each severity has bits
 * of its own, so that becoming critical and ceasing to be it are as slow as firing and
 * clearing. Evaluations that saw nothing for want of sight are not noted at all.
 *
 * Plain memory, zero to begin. Pure.
 */
#ifndef WPB_ALERT_HYSTERESIS_H
#define WPB_ALERT_HYSTERESIS_H

#include <stdbool.h>
#include <stdint.h>

#include "wpbloat/finding.h"

#define WPB_HYSTERESIS_WINDOW_MAX 64
#define WPB_SEVERITIES 3
/* No severity: not there, not held. */
#define WPB_NOT_SEEN (-1)

struct wpb_hysteresis_rule {
    unsigned fire_n, fire_of;   /* 3 of 5 */
    unsigned clear_n, clear_of; /* 5 of 5 */
};

struct wpb_hysteresis {
    /* Bit 0 is the newest evaluation; a bit of a severity says: that one or worse. */
    uint64_t there[WPB_SEVERITIES], held[WPB_SEVERITIES];
    uint8_t evaluations; /* noted, at most the longer window of the rule */
    uint8_t since;       /* of them, since the last change */
};

/* RULE within its bounds: windows of 1 to 64, n of 1 to its window. */
struct wpb_hysteresis_rule wpb_hysteresis_bounded(struct wpb_hysteresis_rule rule);

/* THERE and HELD are severities or WPB_NOT_SEEN. What is there is held. */
void wpb_hysteresis_note(struct wpb_hysteresis *hysteresis,
                         const struct wpb_hysteresis_rule *rule, int there, int held);
/* The worst severity that fires; WPB_NOT_SEEN: none does. */
int wpb_hysteresis_fires(const struct wpb_hysteresis *hysteresis,
                         const struct wpb_hysteresis_rule *rule);
/* What is left of something that fires with SEVERITY: that or a lower one;
 * WPB_NOT_SEEN: it has cleared. */
int wpb_hysteresis_left(const struct wpb_hysteresis *hysteresis,
                        const struct wpb_hysteresis_rule *rule, int severity);
/* It changed from severity FROM to TO (either may be WPB_NOT_SEEN): clearing begins anew,
 * and what was seen above TO does not count again when it went down. */
void wpb_hysteresis_changed(struct wpb_hysteresis *hysteresis, int from, int to);
/* The worst severity that it was there with; WPB_NOT_SEEN: it was not. */
int wpb_hysteresis_worst(const struct wpb_hysteresis *hysteresis);

#endif
