/*
 * report.h - what a scan has to say, before any format: the one source of the
 * text, JSON, NDJSON and Nagios outputs (schema wpbloat.report/1).
 *
 * Plain values borrowed from the arena and windows of the cycle.
 */
#ifndef WPBLOAT_REPORT_H
#define WPBLOAT_REPORT_H

#include "wpbloat/finding.h"
#include "wpbloat/probe.h"
#include "wpbloat/report_database.h"
#include "wpbloat/report_requests.h"
#include "wpbloat/site.h"

/* A row of the "redis_keys" table: largest keys by memory. */
struct wpb_key_row {
    const char *site;
    struct wpb_slice scope, key, group;
    uint64_t memory_bytes;
    bool has_value_bytes;
    uint64_t value_bytes;
    bool has_ttl;        /* ttl_seconds is known */
    int64_t ttl_seconds; /* -1: never expires */
};

/* A row of the "redis_groups" table: cache groups by memory. */
struct wpb_group_row {
    const char *site;
    struct wpb_slice scope, group;
    uint64_t keys, memory_bytes, ttlless_keys, ttlless_bytes;
    enum wpb_provenance provenance;
    bool has_sizes;
    uint64_t sizes[4]; /* keys of at most 1, 16, 256 KiB, and above */
    bool has_idle;
    uint64_t idle_seconds; /* median time since the last access */
    bool has_orphans;
    uint64_t orphan_keys, orphan_bytes;
};

/* A row of the "redis_servers" table. */
struct wpb_server_row {
    const char *site;
    struct wpb_slice scope; /* URI with database */
    struct wpb_slice version, policy, role;
    bool has_memory;
    uint64_t used_memory_bytes, maxmemory_bytes;
    bool has_keys;
    uint64_t keys, ttlless_keys; /* of that database */
};

/* One figure of a subject over the passes of a watch. */
struct wpb_growth_figure {
    bool is_known; /* in the last pass; the rest is meaningful */
    enum wpb_metric metric;
    uint64_t first, now;
    bool has_previous; /* it was known in the pass before the last */
    uint64_t previous;
    uint64_t span_ms; /* from `first` to `now` */
    bool has_rate;    /* the span is long enough to divide by */
    double per_second;
    enum wpb_provenance provenance;
};

enum wpb_growth_status {
    WPB_GROWTH_THERE, /* at the beginning and now */
    WPB_GROWTH_NEW,   /* known to have been absent at the beginning; first is 0 */
    WPB_GROWTH_GONE,  /* known to be absent now; now is 0 */
};

/* A row of the "redis_growth" table: a server, key, group or family of names. */
struct wpb_growth_row {
    enum wpb_subject_kind kind;
    struct wpb_slice name;   /* "" for the server */
    struct wpb_slice parent; /* of a family: the key that holds it; else "" */
    enum wpb_growth_status status;
    struct wpb_growth_figure bytes, count;
};

/* Why a watch began anew. */
enum wpb_growth_break {
    WPB_GROWTH_UNBROKEN,
    WPB_GROWTH_RESTARTED, /* another server process answers: its run_id changed */
    WPB_GROWTH_KEYS_LOST, /* most of the keys went at once, as after a flush */
};

/* What has grown on one site since its watch began. */
struct wpb_growth_place {
    const char *site;
    struct wpb_slice scope;     /* URI with database, as far as known; else "" */
    uint64_t passes;            /* that count */
    int64_t since_ms, until_ms; /* Unix time of the first and the last of them */
    uint64_t span_ms;           /* between them, on a clock that never steps */
    bool is_current;            /* the last pass is among them */
    enum wpb_growth_break broken;
    uint64_t discarded_passes;         /* those before the break */
    uint64_t keys_before, keys_after;  /* of WPB_GROWTH_KEYS_LOST */
    const struct wpb_growth_row *rows; /* the server, then what changed most */
    size_t row_count;
};

struct wpb_report {
    int64_t generated_at_ms;
    uint64_t elapsed_ms; /* from the first look to the last */
    const char *host;
    const char *version; /* of wpbloat */
    const struct wpb_site *const *sites;
    size_t site_count;
    const struct wpb_coverage *coverage;
    size_t coverage_count;
    const struct wpb_finding *findings; /* ordered */
    size_t finding_count;
    const struct wpb_key_row *keys;
    size_t key_count;
    const struct wpb_group_row *groups;
    size_t group_count;
    const struct wpb_server_row *servers;
    size_t server_count;
    struct wpb_database_report database;
    struct wpb_requests_report requests;
    bool is_watch; /* the next two are meaningful */
    const struct wpb_growth_place *growth;
    size_t growth_count;
};

#endif
