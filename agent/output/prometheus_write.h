/*
 * prometheus_write.h - lines of Prometheus' text format, counted.
 *
 * All series of a metric must be written one after the other; its HELP and TYPE come
 * before the first of them, and not at all when there is none. Integers are exact, the
 * locale is never asked. One thread.
 */
#ifndef WPB_OUTPUT_PROMETHEUS_WRITE_H
#define WPB_OUTPUT_PROMETHEUS_WRITE_H

#include <stdint.h>

#include "agent/base/buf.h"
#include "agent/output/prometheus_table.h"
#include "wpbloat/arena.h"

struct wpb_exposition {
    struct wpb_buf *out;
    struct wpb_arena *arena; /* of the labels */
    size_t series;           /* written so far */
    bool has_current;
    enum wpb_exported current; /* whose HELP was written last */
};

/* NAME="VALUE", escaped, in the arena. Several are joined by commas. */
const char *wpb_exposition_label(struct wpb_exposition *exposition, const char *name,
                                 struct wpb_slice value);

/* One series. LABELS as above, or "". */
void wpb_exposition_count(struct wpb_exposition *exposition, enum wpb_exported which,
                          const char *labels, uint64_t value);
/* The same of a value in thousandths: milliseconds, of what is exported in seconds. */
void wpb_exposition_milli(struct wpb_exposition *exposition, enum wpb_exported which,
                          const char *labels, uint64_t thousandths);

#endif
