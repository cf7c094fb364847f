/*
 * explanation.h - one value taken apart, for `wpbloat explain`, before any format.
 *
 * Plain values borrowed from the arena or window of the cycle. Holds names,
 * types and sizes, never values.
 */
#ifndef WPB_OUTPUT_EXPLANATION_H
#define WPB_OUTPUT_EXPLANATION_H

#include "wpbloat/finding.h"

struct wpb_explained_path {
    struct wpb_slice path;
    struct wpb_slice type; /* "array", "string", ... */
    uint64_t bytes;
    uint64_t entries;
};

/* What a database knows of a value beside its bytes. */
struct wpb_explained_row {
    uint64_t bytes;        /* in the table; another charset than PHP's takes others */
    struct wpb_slice post; /* id of the post, digits; "" of an option */
    bool has_autoloaded, is_autoloaded;
    struct wpb_slice builder, role; /* "elementor", "layout"; "" of no builder */
    bool has_widgets;
    uint64_t widgets; /* elements of a layout */
};

struct wpb_explanation {
    const char *kind; /* "redis_key", "option", "meta" or "file" */
    struct wpb_slice scope, name;
    struct wpb_slice encoding; /* "serialize", "igbinary", ... */
    struct wpb_slice wrapper;  /* "litespeed", ...: around the value; "" when none */
    uint64_t value_bytes, examined_bytes;
    uint64_t decoded_bytes; /* of a compressed value, expanded; 0: it is not */
    bool has_memory_bytes, has_ttl, has_entries, has_cost;
    uint64_t memory_bytes; /* in Redis */
    int64_t ttl_seconds;   /* -1: never expires */
    uint64_t entries;
    uint32_t php_version; /* 80200 */
    uint64_t php_value_bytes, php_read_peak_bytes, php_rewrite_peak_bytes;
    enum wpb_provenance provenance; /* of the PHP figures */
    uint64_t memory_limit_bytes;    /* 0: unknown, UINT64_MAX: unlimited */
    const struct wpb_explained_path *paths;
    size_t path_count;
    const struct wpb_family_cause *families;
    size_t family_count;
    const struct wpb_explained_row *row; /* of an option or meta, else NULL */
    struct wpb_slice flaw;               /* "" or why it could not be taken apart */
};

#endif
