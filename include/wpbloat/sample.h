/*
 * sample.h - one fact: (subject, metric, value, time, provenance).
 *
 * Absent is not unknown: a key that was looked for and is not there is the
 * fact PRESENT = 0; a probe that could not look posts nothing and says why in
 * its coverage. Samples are plain values; texts in them borrow.
 */
#ifndef WPBLOAT_SAMPLE_H
#define WPBLOAT_SAMPLE_H

#include <stdint.h>

#include "wpbloat/metric.h"
#include "wpbloat/slice.h"
#include "wpbloat/subject.h"

enum wpb_value_type {
    WPB_VALUE_NONE, /* no value: JSON null */
    WPB_VALUE_INTEGER,
    WPB_VALUE_DOUBLE,
    WPB_VALUE_TEXT, /* short: at most WPB_VALUE_TEXT_MAX bytes */
};

#define WPB_VALUE_TEXT_MAX 512

struct wpb_value {
    enum wpb_value_type type;
    int64_t integer;
    double number;
    struct wpb_slice text;
};

static inline struct wpb_value wpb_value_none(void)
{
    return (struct wpb_value){.type = WPB_VALUE_NONE};
}
/* Byte counts and cardinalities; values above INT64_MAX saturate. */
static inline struct wpb_value wpb_value_count(uint64_t count)
{
    return (struct wpb_value){.type = WPB_VALUE_INTEGER,
                              .integer = count > INT64_MAX ? INT64_MAX : (int64_t)count};
}
static inline struct wpb_value wpb_value_integer(int64_t integer)
{
    return (struct wpb_value){.type = WPB_VALUE_INTEGER, .integer = integer};
}
static inline struct wpb_value wpb_value_double(double number)
{
    return (struct wpb_value){.type = WPB_VALUE_DOUBLE, .number = number};
}
static inline struct wpb_value wpb_value_text(struct wpb_slice text)
{
    return (struct wpb_value){.type = WPB_VALUE_TEXT,
                              .text = wpb_slice_head(text, WPB_VALUE_TEXT_MAX)};
}

/* How far a number is to be trusted; it reaches the reader. */
enum wpb_provenance {
    WPB_EXACT,
    WPB_ESTIMATED, /* from a model, or from a part */
    WPB_SAMPLED,   /* from `sampled` observations */
};

struct wpb_sample {
    const struct wpb_subject *subject;
    enum wpb_metric metric;
    struct wpb_value value;
    int64_t time_ms; /* Unix time, milliseconds */
    enum wpb_provenance provenance;
    uint64_t sampled;  /* observations, for WPB_SAMPLED */
    const char *probe; /* who posted it: the probe's name, static; NULL: nobody says */
};

/* "exact", "estimated", "sampled"; static. */
const char *wpb_provenance_name(enum wpb_provenance provenance);

#endif
