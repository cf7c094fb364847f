/*
 * counters.h - what the systems beside PHP count anyway, read before and after a step,
 * and what a request of the step added to it.
 *
 * A site that is loaded has other visitors too: what was counted per second while we
 * sent nothing is taken off, and so is what a reading itself costs. Pure; NAN is what was
 * not measured.
 */
#ifndef WPB_LOAD_COUNTERS_H
#define WPB_LOAD_COUNTERS_H

#include <stddef.h>

#include "agent/load/step.h"
#include "wpbloat/slice.h"

enum wpb_load_counter {
    WPB_LOAD_CPU_BUSY_S,  /* of all processors, without us */
    WPB_LOAD_CPU_STEAL_S, /* taken by the hypervisor */
    WPB_LOAD_CPU_ALL_S,
    WPB_LOAD_QUERIES,
    WPB_LOAD_ROWS,
    WPB_LOAD_LOCK_WAIT_S,
    WPB_LOAD_CACHE_COMMANDS,
    WPB_LOAD_CACHE_IN_BYTES,
    WPB_LOAD_CACHE_OUT_BYTES,
    WPB_LOAD_REDIS_BUSY_S, /* processor time of Redis */
    WPB_LOAD_COUNTERS
};

struct wpb_load_counters {
    double at_s;
    double values[WPB_LOAD_COUNTERS];
};

/* All NAN, at AT_S. */
void wpb_load_counters_begin(struct wpb_load_counters *counters, double at_s);

/* Take what TEXT says: the first line of /proc/stat in ticks of which TICKS are a second,
 * with OWN_S of this process taken off; Redis's INFO; one row of SHOW GLOBAL STATUS (sums
 * begin as NAN). What makes no sense is left out. */
void wpb_load_counters_of_stat(struct wpb_load_counters *counters, struct wpb_slice text,
                               double ticks, double own_s);
void wpb_load_counters_of_info(struct wpb_load_counters *counters, struct wpb_slice text);
void wpb_load_counters_of_status(struct wpb_load_counters *counters,
                                 struct wpb_slice name, struct wpb_slice value);

/* What goes on without us. */
struct wpb_load_background {
    double reading[WPB_LOAD_COUNTERS];  /* of one reading itself */
    double a_second[WPB_LOAD_COUNTERS]; /* 0 where not known */
};

/* Of three readings: the first two in a row, the third after a while. */
void wpb_load_background_of(const struct wpb_load_counters readings[3],
                            struct wpb_load_background *background);

/* What was counted from BEFORE to AFTER for REQUESTS: the work of one in WORK, and the
 * ratios of use in USE. A counter that went backwards (a restart) is NAN. */
void wpb_load_work_of(const struct wpb_load_counters *before,
                      const struct wpb_load_counters *after,
                      const struct wpb_load_background *background, double requests,
                      struct wpb_load_work *work, struct wpb_load_use *use);

#endif
