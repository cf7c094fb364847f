#include "agent/load/stop.h"

#define SLOW_SHARE 0.01 /* above it the 99th percentile is above the limit */

const char *wpb_load_stop_name(enum wpb_load_stop stop)
{
    static const char *const names[WPB_LOAD_STOPS] = {
        [WPB_LOAD_NOT_STOPPED] = "",
        [WPB_LOAD_STOP_SERVER_ERRORS] = "server_errors",
        [WPB_LOAD_STOP_TIMEOUTS] = "timeouts",
        [WPB_LOAD_STOP_FAILURES] = "failures",
        [WPB_LOAD_STOP_SLOW] = "slow",
        [WPB_LOAD_STOP_QUEUE] = "queue",
        [WPB_LOAD_STOP_FULL] = "full",
        [WPB_LOAD_STOP_INTERRUPTED] = "interrupted"};

    return names[stop];
}

/* Enough of ALL, and more than SHARE of them? */
static bool is_too_many(uint64_t some, uint64_t all, double share)
{
    return some >= WPB_LOAD_WITNESSES && (double)some > share * (double)all;
}

enum wpb_load_stop wpb_load_stop_of(const struct wpb_load_pulse *pulse,
                                    const struct wpb_load_stop_limits *limits)
{
    const double share = WPB_LOAD_FAILURE_SHARE_MAX;

    if (is_too_many(pulse->server_errors, pulse->ended, share))
        return WPB_LOAD_STOP_SERVER_ERRORS;
    if (is_too_many(pulse->timeouts, pulse->ended, share))
        return WPB_LOAD_STOP_TIMEOUTS;
    if (is_too_many(pulse->failures, pulse->ended, share))
        return WPB_LOAD_STOP_FAILURES;
    if (pulse->dropped >= WPB_LOAD_WITNESSES)
        return WPB_LOAD_STOP_FULL;
    if (is_too_many(pulse->slow, pulse->sent, SLOW_SHARE))
        return WPB_LOAD_STOP_SLOW;
    if (pulse->queue > limits->queue)
        return WPB_LOAD_STOP_QUEUE;
    return WPB_LOAD_NOT_STOPPED;
}
