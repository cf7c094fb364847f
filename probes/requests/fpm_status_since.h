/*
 * fpm_status_since.h - what PHP-FPM's counters say of the time between two looks.
 *
 * Pure; any thread.
 */
#ifndef WPB_REQUESTS_FPM_STATUS_SINCE_H
#define WPB_REQUESTS_FPM_STATUS_SINCE_H

#include "probes/requests/fpm_status.h"

enum wpb_fpm_since {
    WPB_FPM_ADVANCED,  /* the differences hold */
    WPB_FPM_RESTARTED, /* FPM was started anew in between: no difference */
    WPB_FPM_BROKEN,    /* its counters cannot be used, see wpb_fpm_since_reason() */
};

struct wpb_fpm_advance {
    enum wpb_fpm_since since;
    uint64_t accepted; /* connections of others */
    uint64_t slow_requests, children_reached;
};

/* From BEFORE to NOW, in which OWN_ASKS of our own were accepted: over the pool's own
 * socket the one that told NOW, and those since BEFORE that gave up waiting. */
struct wpb_fpm_advance wpb_fpm_status_since(const struct wpb_fpm_counters *before,
                                            const struct wpb_fpm_counters *now,
                                            uint64_t own_asks);

/* What to tell the reader, a static sentence; "" of WPB_FPM_ADVANCED. */
const char *wpb_fpm_since_reason(enum wpb_fpm_since since);

#endif
