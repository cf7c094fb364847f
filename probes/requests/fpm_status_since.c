#include "probes/requests/fpm_status_since.h"

/* A start time is told in whole seconds. Where it is not, the age is compared: it may
 * only fall when FPM starts anew (or somebody sets the clock back). */
static bool is_restarted(const struct wpb_fpm_counters *before,
                         const struct wpb_fpm_counters *now)
{
    if (before->start_time_s >= 0 && now->start_time_s >= 0)
        return before->start_time_s != now->start_time_s;
    return now->start_since_s < before->start_since_s;
}

static uint64_t rise(uint64_t before, uint64_t now)
{
    return now > before ? now - before : 0;
}

struct wpb_fpm_advance wpb_fpm_status_since(const struct wpb_fpm_counters *before,
                                            const struct wpb_fpm_counters *now,
                                            uint64_t own_asks)
{
    struct wpb_fpm_advance advance = {.since = WPB_FPM_ADVANCED};

    if (is_restarted(before, now)) {
        advance.since = WPB_FPM_RESTARTED;
        return advance;
    }
    if (now->accepted < before->accepted || now->slow_requests < before->slow_requests ||
        now->children_reached < before->children_reached) {
        advance.since = WPB_FPM_BROKEN;
        return advance;
    }
    advance.accepted = rise(own_asks, now->accepted - before->accepted);
    advance.slow_requests = now->slow_requests - before->slow_requests;
    advance.children_reached = now->children_reached - before->children_reached;
    return advance;
}

const char *wpb_fpm_since_reason(enum wpb_fpm_since since)
{
    switch (since) {
    case WPB_FPM_ADVANCED:
        return "";
    case WPB_FPM_RESTARTED:
        return "PHP-FPM was started or reloaded since the last look: its counters began "
               "again";
    case WPB_FPM_BROKEN:
        return "the counters of PHP-FPM's status page go back although it was not "
               "started "
               "anew, as in PHP 8.4.0 and 8.4.1 (php-src#16932): update PHP; until then "
               "requests are counted from logs only";
    }
    return "";
}
