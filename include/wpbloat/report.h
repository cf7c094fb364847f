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
};

#endif
