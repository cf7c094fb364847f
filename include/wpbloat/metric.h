/*
 * metric.h - the one catalogue of metrics.
 *
 * A new metric is one row here: identifier, name, unit, help. Names carry their
 * unit. docs/metrics.md is generated from these rows and a test fails when it
 * is stale. Const data, any thread.
 */
#ifndef WPBLOAT_METRIC_H
#define WPBLOAT_METRIC_H

/* Of MySQL and what lies in it; X as below. */
#define WPB_DATABASE_METRICS(X)                                                          \
    X(RAM_BYTES, "ram_bytes", "bytes", "memory of this machine")                         \
    X(CORES, "cores", "count", "processors of this machine")                             \
    X(POOL_BYTES, "pool_bytes", "bytes", "InnoDB's buffer pool")                         \
    X(THREADS_RUNNING, "threads_running", "count", "statements running just now")        \
    X(REPLICA_LAG_SECONDS, "replica_lag_seconds", "seconds",                             \
      "how far a replica is behind")                                                     \
    X(ROWS, "rows", "count", "rows of a table, or of a meta key in it")                  \
    X(ROW_BYTES, "row_bytes", "bytes",                                                   \
      "LENGTH() of a value, or the sum of those of a post")                              \
    X(ROW_BYTES_LOW, "row_bytes_low", "bytes", "lower end of a sampled sum's interval")  \
    X(ROW_BYTES_HIGH, "row_bytes_high", "bytes", "upper end of that interval")           \
    X(LARGEST_BYTES, "largest_bytes", "bytes", "largest value seen among them")          \
    X(LARGEST_NAME, "largest_name", "text", "whose value that is")                       \
    X(DATA_BYTES, "data_bytes", "bytes", "what a table's rows take on disk")             \
    X(INDEX_BYTES, "index_bytes", "bytes", "what its indexes take")                      \
    X(LEAF_PAGES, "leaf_pages", "count",                                                 \
      "pages of a table's rows, with those of values that did not fit beside them")      \
    X(TABLE_PREFIX, "table_prefix", "text",                                              \
      "how the names of the site's tables begin, learnt from them")                      \
    X(ENGINE, "engine", "text", "storage engine of a table, or VIEW")                    \
    X(OPTIONS, "options", "count", "options counted")                                    \
    X(AUTOLOAD_BYTES, "autoload_bytes", "bytes", "values of all autoloaded options")     \
    X(AUTOLOADED, "autoloaded", "boolean", "1 when every request loads the option")      \
    X(AUTOLOAD_INDEXED, "autoload_indexed", "boolean",                                   \
      "1 when an index begins with the column autoload")                                 \
    X(TRANSIENTS, "transients", "count", "transients in the options table")              \
    X(TRANSIENT_BYTES, "transient_bytes", "bytes", "their values")                       \
    X(EXPIRED, "expired", "count", "of them, or of sessions, past their time")           \
    X(EXPIRED_BYTES, "expired_bytes", "bytes", "their values")                           \
    X(WITHOUT_TIMEOUT, "without_timeout", "count", "transients that never expire")       \
    X(EVENTS, "events", "count", "scheduled events of WP-Cron")                          \
    X(EVENTS_OVERDUE, "events_overdue", "count", "events past their time")               \
    X(OVERDUE_SECONDS, "overdue_seconds", "seconds",                                     \
      "how long the oldest of them, or the oldest pending action, is past its time")     \
    X(EVENTS_DUPLICATE, "events_duplicate", "count",                                     \
      "events of one hook beyond its first, at most of any hook")                        \
    X(DUPLICATE_HOOK, "duplicate_hook", "text", "the hook with the most events")         \
    X(PENDING, "pending", "count", "actions of Action Scheduler that wait")              \
    X(PAST_DUE, "past_due", "count", "of them, those a day or more past their time")     \
    X(FAILED, "failed", "count", "actions that failed and were never removed")           \
    X(COMPLETE, "complete", "count", "actions done and not yet removed")                 \
    X(LOG_ROWS, "log_rows", "count", "rows of Action Scheduler's log, estimated")        \
    X(OLDEST_ROW_SECONDS, "oldest_row_seconds", "seconds", "age of the oldest row")      \
    X(EXPIRY_INDEXED, "expiry_indexed", "boolean",                                       \
      "1 when an index begins with session_expiry")                                      \
    X(LOOKUP_ROWS, "lookup_rows", "count", "rows of WooCommerce's product lookup table") \
    X(PRODUCTS, "products", "count", "published products and their variations")          \
    X(LEGACY_SESSIONS, "legacy_sessions", "count", "sessions kept as options")           \
    X(ORPHAN_ROWS, "orphan_rows", "count", "meta rows whose post is gone")               \
    X(META_KEYS, "meta_keys", "count", "different meta keys in postmeta")                \
    X(BUILDER, "builder", "text", "page builder that owns it")                           \
    X(META_ROLE, "meta_role", "text", "layout, css, cache or settings")                  \
    X(SETTING, "setting", "text", "option that decides where compiled CSS goes")         \
    X(SETTING_VALUE, "setting_value", "text", "what it is set to; \"\" when absent")     \
    X(SETTING_CHANGE, "setting_change", "text", "where to change it, in a sentence")     \
    X(CSS_PLACE, "css_place", "text", "inline, file or unknown: where that sends it")    \
    X(CSS_BYTES, "css_bytes", "bytes", "compiled CSS kept in meta and options")          \
    X(POST_ID, "post_id", "count", "the post whose meta a cache entry carries")          \
    X(POST_TYPE, "post_type", "text", "page, product, revision, ...")                    \
    X(POST_STATUS, "post_status", "text", "publish, draft, ...")                         \
    X(POST_PATH, "post_path", "text",                                                    \
      "path of its address: names of its parents and it")                                \
    X(LARGEST_META_KEY, "largest_meta_key", "text", "which meta of the post is largest") \
    X(REVISIONS, "revisions", "count", "revisions that carry copies of builder meta")    \
    X(REVISION_BYTES, "revision_bytes", "bytes", "what those copies take")               \
    X(WIDGETS, "widgets", "count", "elements of a layout")                               \
    X(IN_NOTOPTIONS, "in_notoptions", "boolean",                                         \
      "1 when notoptions calls the option absent")                                       \
    X(IN_DATABASE, "in_database", "boolean",                                             \
      "1 when an option that notoptions calls absent exists")

/* X(identifier, name, unit, help) */
#define WPB_METRICS(X)                                                                   \
    X(PRESENT, "present", "boolean",                                                     \
      "1 when the key was there, 0 when it was looked for and absent")                   \
    X(MEMORY_BYTES, "memory_bytes", "bytes",                                             \
      "what Redis spends on it (MEMORY USAGE), up to 25 % above the value")              \
    X(VALUE_BYTES, "value_bytes", "bytes", "exact length of the stored value")           \
    X(DECODED_BYTES, "decoded_bytes", "bytes",                                           \
      "length of a compressed value when it is expanded")                                \
    X(EXAMINED_BYTES, "examined_bytes", "bytes",                                         \
      "bytes of the value that an examination has read")                                 \
    X(ENTRIES, "entries", "count",                                                       \
      "elements of the value's outermost array, or members of a zset")                   \
    X(TTL_SECONDS, "ttl_seconds", "seconds",                                             \
      "time to live; -1 when the key never expires")                                     \
    X(ENCODING, "encoding", "text",                                                      \
      "how the value is encoded: serialize, igbinary, json, raw, zstd+serialize, ...")   \
    X(WRAPPER, "wrapper", "text",                                                        \
      "what the object cache has put around the value: litespeed, w3tc, salted")         \
    X(TYPE, "type", "text", "PHP type of an element: array, string, ...")                \
    X(FLAW, "flaw", "text", "why the value could not be taken apart, with the byte")     \
    X(PHP_VALUE_BYTES, "php_value_bytes", "bytes", "PHP memory the decoded value holds") \
    X(PHP_READ_PEAK_BYTES, "php_read_peak_bytes", "bytes",                               \
      "PHP memory at the worst moment of fetching and decoding")                         \
    X(PHP_REWRITE_PEAK_BYTES, "php_rewrite_peak_bytes", "bytes",                         \
      "PHP memory at the worst moment of adding one name and storing again")             \
    X(FAILS_AT_BYTES, "fails_at_bytes", "bytes",                                         \
      "value length at which the rewrite alone reaches memory_limit")                    \
    X(KEYS, "keys", "count", "keys counted")                                             \
    X(TTLLESS_KEYS, "ttlless_keys", "count", "keys that never expire")                   \
    X(TTLLESS_BYTES, "ttlless_bytes", "bytes", "memory of keys that never expire")       \
    X(NAME_BYTES, "name_bytes", "bytes", "total length of key names")                    \
    X(NAMES, "names", "count", "names folded into a family")                             \
    X(SHARE_RATIO, "share_ratio", "ratio", "part of the whole, 0 to 1")                  \
    X(SOURCE_COMPONENT, "source_component", "text",                                      \
      "plugin:slug, theme:slug or mu-plugin:file that asks for a family of names")       \
    X(SOURCE_FILE, "source_file", "text", "source file, relative to the site's folder")  \
    X(SOURCE_LINE, "source_line", "count", "line in that file")                          \
    X(SOURCE_MATCHES, "source_matches", "count",                                         \
      "places in the site's sources that hold the family's literal part")                \
    X(SOURCE_EXCERPT, "source_excerpt", "text",                                          \
      "the code of that line, cut to 120 bytes")                                         \
    X(VERSION, "version", "text", "version the server reports")                          \
    X(RUN_ID, "run_id", "text", "identity of the running server process")                \
    X(MASTER_ADDRESS, "master_address", "text",                                          \
      "host and port of the master, as its sentinels tell")                              \
    X(ROLE, "role", "text", "master or slave")                                           \
    X(UPTIME_SECONDS, "uptime_seconds", "seconds", "since the server started")           \
    X(USED_MEMORY_BYTES, "used_memory_bytes", "bytes",                                   \
      "memory the server has allocated")                                                 \
    X(MAXMEMORY_BYTES, "maxmemory_bytes", "bytes",                                       \
      "the server's limit, 0 when there is none")                                        \
    X(MAXMEMORY_POLICY, "maxmemory_policy", "text", "what the server does at its limit") \
    X(EVICTED_KEYS, "evicted_keys", "count", "keys evicted since the server started")    \
    X(KEYSPACE_HITS, "keyspace_hits", "count",                                           \
      "lookups that found a key since the server started")                               \
    X(KEYSPACE_MISSES, "keyspace_misses", "count",                                       \
      "lookups that found none since the server started")                                \
    X(OWN_HITS, "own_hits", "count",                                                     \
      "hits that the last pass of this program has caused")                              \
    X(KEYS_TO_1K, "keys_to_1k", "count", "keys of at most 1 KiB in Redis")               \
    X(KEYS_TO_16K, "keys_to_16k", "count", "keys above 1 KiB, at most 16 KiB")           \
    X(KEYS_TO_256K, "keys_to_256k", "count", "keys above 16 KiB, at most 256 KiB")       \
    X(KEYS_ABOVE_256K, "keys_above_256k", "count", "keys above 256 KiB")                 \
    X(IDLE_SECONDS, "idle_seconds", "seconds",                                           \
      "median time since last access of the keys asked")                                 \
    X(STAMPED_KEYS, "stamped_keys", "count",                                             \
      "keys whose name carries the time or prefix they are valid for")                   \
    X(ORPHAN_KEYS, "orphan_keys", "count",                                               \
      "of those, keys whose stamp is no longer current: nobody will read them again")    \
    X(ORPHAN_BYTES, "orphan_bytes", "bytes", "memory of the orphaned keys")              \
    X(WRITES_PER_SECOND, "writes_per_second", "per second",                              \
      "times it was written, at least")                                                  \
    X(WRITTEN_BYTES_PER_SECOND, "written_bytes_per_second", "bytes per second",          \
      "bytes written into it, at least")                                                 \
    X(OLDEST_SECONDS, "oldest_seconds", "seconds",                                       \
      "age of the oldest member of a time-ordered set")                                  \
    X(NEWEST_SECONDS, "newest_seconds", "seconds",                                       \
      "age of the newest member of a time-ordered set")                                  \
    X(PREFIX_SITES, "prefix_sites", "count",                                             \
      "sites of this host whose keys begin alike in the same database")                  \
    X(PREFIX_SITE_NAMES, "prefix_site_names", "text", "their names")                     \
    X(SHAPE_VOTES, "shape_votes", "text",                                                \
      "key shapes that voted for an object-cache drop-in, and how many")                 \
    X(KEY_ROLE, "key_role", "text",                                                      \
      "what WordPress uses the key for: notoptions, alloptions, metrics, last_changed")  \
    X(GROUP, "group", "text",                                                            \
      "the cache group the key belongs to, as WordPress named it")                       \
    X(FLAVOUR, "flavour", "text",                                                        \
      "object-cache drop-in that wrote the site's keys, learnt from their shape")        \
    X(MULTISITE, "multisite", "boolean",                                                 \
      "1 when the site's keys have the shape of a network's")                            \
    X(KEY_PREFIX, "key_prefix", "text",                                                  \
      "leading bytes of the site's keys, learnt from their shape")                       \
    WPB_DATABASE_METRICS(X)

enum wpb_metric {
#define X(id, name, unit, help) WPB_M_##id,
    WPB_METRICS(X)
#undef X
        WPB_METRIC_COUNT
};

struct wpb_metric_row {
    const char *name;
    const char *unit;
    const char *help;
};

/* The row of METRIC; static. METRIC must be in range. */
const struct wpb_metric_row *wpb_metric_row(enum wpb_metric metric);

#endif
