/*
 * outlook_asks.h - what the rules want to know of the future of a site.
 *
 * Of the facts that are stored (agent/analyse/series.h), those that may grow until
 * something fails (stake.h). Who keeps the history makes an outlook of each
 * (agent/analyse/outlook.h), posts it to the site's window, and carries it to the next
 * ones: the rules about growth read it there. Pure.
 */
#ifndef WPB_RULES_OUTLOOK_ASKS_H
#define WPB_RULES_OUTLOOK_ASKS_H

#include "wpbloat/rule.h"

#define WPB_OUTLOOK_ASKS_MAX 24

/* Fill ASKS (room for CAPACITY) and return how many, at most WPB_OUTLOOK_ASKS_MAX: the
 * ones nearest to their target first, and behind all of them the parts of which a cause
 * is told. Subjects are WINDOW's. To be asked anew with each new window: targets move.
 */
size_t wpb_outlook_asks(const struct wpb_window *window,
                        const struct wpb_rule_values *values,
                        struct wpb_outlook_ask *asks, size_t capacity);

#endif
