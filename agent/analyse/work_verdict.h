/*
 * work_verdict.h - what a day of windows says of a pool: the rate at which it breaks,
 * what breaks first, and which work per request grows.
 *
 * Joins the estimators of this room. The capacity is the smallest of what each resource
 * allows (demand.h: PHP workers, processors, Redis; lock_station.h: a lock), and of what
 * the Universal Scalability Law foretells of all workers at work (usl_outlook.h), where
 * it is not refused and not merely "at least". The knee is below it: the rate from which
 * one request in twenty waits longer than half a second, or a resource is used to 85 %
 * (erlang.h), of whichever resource comes first.
 *
 * Of processors the whole host's time is taken, and where that says nothing, or less than
 * PHP's log does of PHP alone, what the log says.
 * MySQL's own capacity is not told: how much it does at once is not to be seen from
 * outside. Where it runs on this host its processor time is in that of the host.
 *
 * Pure; some ten milliseconds for a day of minutes; work memory is allocated for the
 * call.
 */
#ifndef WPB_ANALYSE_WORK_VERDICT_H
#define WPB_ANALYSE_WORK_VERDICT_H

#include "agent/analyse/demand.h"
#include "agent/analyse/usl_outlook.h"
#include "agent/analyse/work_book.h"
#include "agent/analyse/workgrowth.h"

/* "Lately". */
#define WPB_VERDICT_LATELY_MS INT64_C(900000)
/* What is compared with all that was before it. */
#define WPB_VERDICT_NOW_MS INT64_C(3600000)
/* An older newest row says nothing of now. */
#define WPB_VERDICT_STALE_MS INT64_C(7200000)

enum wpb_quantity {
    WPB_QUANTITY_SERVICE_SECONDS,
    WPB_QUANTITY_CPU_SECONDS, /* of PHP, as its log tells */
    WPB_QUANTITY_QUERIES,
    WPB_QUANTITY_ROWS_EXAMINED,
    WPB_QUANTITY_ROW_LOCK_SECONDS,
    WPB_QUANTITY_CACHE_COMMANDS,
    WPB_QUANTITY_CACHE_BYTES_OUT,
    WPB_QUANTITY_CACHE_BYTES_IN,
    WPB_QUANTITIES
};

/* "service_seconds", ...; static, they do not change. */
const char *wpb_quantity_name(enum wpb_quantity quantity);

/* What is not in the book. 0: not known. */
struct wpb_verdict_pool {
    unsigned workers;
    double cores; /* a container's quota may be a part of one */
};

struct wpb_verdict_rates {
    size_t windows;           /* of the book; of the rest NAN is unknown */
    double lately, busiest;   /* requests a second; busiest: the 99th percentile */
    double service_s;         /* mean of the last hour */
    double service_earlier_s; /* median window before that */
    double queue_wait_s, cpu_s;
};

struct wpb_verdict {
    enum wpb_work_refusal refusal; /* why no capacity is told */
    struct wpb_verdict_rates rates;
    struct wpb_demand demands[WPB_RESOURCES]; /* refused or not */
    struct wpb_lock_station lock;
    struct wpb_usl_outlook usl;
    double capacity, capacity_low, capacity_high;
    enum wpb_resource first;
    bool is_by_usl; /* the law foretells less than the resources allow */
    double knee;    /* requests a second; NAN: unknown */
    double knee_wait_s;
    struct wpb_workgrowth growth[WPB_QUANTITIES];
};

/* What BOOK says at NOW_MS. False when memory is out. */
bool wpb_verdict_of(const struct wpb_work_book *book, const struct wpb_verdict_pool *pool,
                    int64_t now_ms, struct wpb_verdict *verdict);

/* Only the rates: cheap. */
void wpb_verdict_rates_of(const struct wpb_work_book *book, int64_t now_ms,
                          struct wpb_verdict_rates *rates);

#endif
