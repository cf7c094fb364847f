/*
 * series.h - which facts of a window are kept over time, and as which points.
 *
 * One table (series.c) says of each kind of subject which metric is worth a series, and
 * of how many of a site: keys that are watched at each look, the largest keys and groups
 * of each pass, families of names when a list was examined, memory of servers, sizes of
 * tables. Together at most WPB_SERIES_MAX a site. What is no longer among the largest
 * simply ends; whoever stores series goes on with one that has begun while the window
 * knows its subject, so that a flush is seen as what it is. Pure.
 */
#ifndef WPB_ANALYSE_SERIES_H
#define WPB_ANALYSE_SERIES_H

#include "agent/analyse/stats.h"
#include "wpbloat/window.h"

#define WPB_SERIES_MAX 80

struct wpb_series {
    const struct wpb_subject *subject; /* the window's own */
    enum wpb_metric metric;
    bool is_shared; /* of a server or a machine, not of the one site */
};

/* Fill SERIES (room for CAPACITY) with what of WINDOW is to be stored, in the order of
 * the table and heaviest first, and return how many. */
size_t wpb_series_stored(const struct wpb_window *window, struct wpb_series *series,
                         size_t capacity);

/* The newest point of SERIES. A key that was looked for and is absent has the value 0; of
 * a group only complete passes count. False when nothing usable is known. A point is to
 * be stored when its time is later than that of the last. */
bool wpb_series_point(const struct wpb_window *window, const struct wpb_series *series,
                      struct wpb_point *point);

/* The metric by which SUBJECT, a key, is followed: the length of what is watched at each
 * look, else what Redis spends on it. */
enum wpb_metric wpb_series_key_metric(const struct wpb_window *window,
                                      const struct wpb_subject *subject);

/* A row of the table, for the documents: how many of METRIC are kept of subjects of KIND,
 * and which ("" for any). NULL behind the last. */
struct wpb_series_row {
    enum wpb_subject_kind kind;
    enum wpb_metric metric;
    size_t most;
    const char *which;
    bool (*is_meant)(const struct wpb_window *window, const struct wpb_subject *subject);
};
const struct wpb_series_row *wpb_series_row(size_t index);

#endif
