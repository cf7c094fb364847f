/*
 * slow_tally.h - traces of slow requests, counted by the component that was at work.
 *
 * Of each component how many traces in the last day, hour by hour; the place of it that
 * was met most, and what PHP was doing then most often. Counts of places fade by half in
 * a day, so that what was met lately outweighs what was met often long ago.
 *
 * Bounded: WPB_SLOW_COMPONENTS components, WPB_SLOW_PLACES places and kinds of doing of
 * each; who is met least makes room. Time is an argument and may step: hours that lie in
 * the past are forgotten, one that lies ahead counts as the newest. Memory of the caller
 * (60 KiB); pure.
 */
#ifndef WPB_REQUESTS_SLOW_TALLY_H
#define WPB_REQUESTS_SLOW_TALLY_H

#include "probes/requests/slow_log.h"

#define WPB_SLOW_COMPONENTS 32
#define WPB_SLOW_PLACES 4
#define WPB_SLOW_HOURS 24

/* Counts of the last day, a ring by hour. */
struct wpb_slow_day {
    int64_t hour; /* since 1970, of hours[hour % HOURS] */
    uint32_t hours[WPB_SLOW_HOURS];
};

struct wpb_slow_place {
    double weight; /* 0: free */
    uint32_t line;
    char file[WPB_SLOW_FILE_MAX];
    char function[WPB_SLOW_FUNCTION_MAX];
};

struct wpb_slow_doing {
    double weight;
    char function[WPB_SLOW_FUNCTION_MAX];
};

struct wpb_slow_component {
    char name[WPB_COMPONENT_MAX];
    struct wpb_slow_day day;
    int64_t faded_hour; /* weights are those of this hour */
    struct wpb_slow_place places[WPB_SLOW_PLACES];
    struct wpb_slow_doing doings[WPB_SLOW_PLACES];
};

struct wpb_slow_tally {
    struct wpb_slow_day all; /* traces, also of no component */
    size_t count;
    uint64_t dropped; /* traces of components that had to make room */
    struct wpb_slow_component components[WPB_SLOW_COMPONENTS];
};

/* Zeros is empty. */

/* Count ENTRY, which happened at AT_S (Unix time). */
void wpb_slow_tally_add(struct wpb_slow_tally *tally, const struct wpb_slow_entry *entry,
                        int64_t at_s);
/* Traces of DAY in the 24 hours that end with that of NOW_S. */
uint64_t wpb_slow_day_count(const struct wpb_slow_day *day, int64_t now_s);
/* What was met most; never NULL: of a component that is in the tally there is one. */
const struct wpb_slow_place *
wpb_slow_component_place(const struct wpb_slow_component *component);
const struct wpb_slow_doing *
wpb_slow_component_doing(const struct wpb_slow_component *component);

#endif
