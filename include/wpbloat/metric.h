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

/* Of requests, and of what MySQL, Redis and the host do for them; X as below. */
#define WPB_REQUEST_METRICS(X)                                                           \
    X(MAX_CHILDREN, "max_children", "count", "PHP workers that a pool may have")         \
    X(POOL_MANAGER, "pool_manager", "text", "static, dynamic or ondemand")               \
    X(WORKERS_BUSY, "workers_busy", "count", "workers that hold a request just now")     \
    X(WORKERS_IDLE, "workers_idle", "count", "workers that wait for one")                \
    X(ACCEPT_QUEUE, "accept_queue", "count",                                             \
      "connections that wait for a worker just now")                                     \
    X(ACCEPT_BACKLOG, "accept_backlog", "count",                                         \
      "how many may wait before they are refused")                                       \
    X(FULL_LOOKS, "full_looks", "count",                                                 \
      "of the looks that follow, those that met no free worker")                         \
    X(POOL_LOOKS, "pool_looks", "count",                                                 \
      "looks at a pool in the last quarter of an hour")                                  \
    X(ACCEPTED, "accepted", "count",                                                     \
      "requests a pool has accepted since it was started")                               \
    X(SLOW_REQUESTS, "slow_requests", "count",                                           \
      "requests longer than request_slowlog_timeout since then")                         \
    X(CHILDREN_REACHED, "children_reached", "count",                                     \
      "times that pm.max_children was reached since then")                               \
    X(REQUEST_SOURCE, "request_source", "text",                                          \
      "where requests are counted: which log, in which format")                          \
    X(REQUESTS, "requests", "count", "requests that were looked at")                     \
    X(FAILED_REQUESTS, "failed_requests", "count",                                       \
      "of them, those with a status of 500 or above")                                    \
    X(REQUESTS_PER_SECOND, "requests_per_second", "per second",                          \
      "requests that went to PHP, lately")                                               \
    X(BUSIEST_PER_SECOND, "busiest_per_second", "per second",                            \
      "the same in the busiest of the windows looked at")                                \
    X(SERVICE_SECONDS, "service_seconds", "seconds",                                     \
      "mean time of a request in a worker")                                              \
    X(SERVICE_EARLIER_SECONDS, "service_earlier_seconds", "seconds",                     \
      "the same in the windows before")                                                  \
    X(QUEUE_WAIT_SECONDS, "queue_wait_seconds", "seconds",                               \
      "mean time before a worker took a request")                                        \
    X(REQUEST_CPU_SECONDS, "request_cpu_seconds", "seconds",                             \
      "processor time of a request")                                                     \
    X(REQUEST_PEAK_BYTES, "request_peak_bytes", "bytes",                                 \
      "PHP memory at the worst moment of a request: what nine in ten reach")             \
    X(REQUEST_PEAK_MOST_BYTES, "request_peak_most_bytes", "bytes",                       \
      "the most that any request told")                                                  \
    X(SLOW_TRACES, "slow_traces", "count", "traces of slow requests in the last day")    \
    X(CODE_FUNCTION, "code_function", "text",                                            \
      "the function that a trace or an error names")                                     \
    X(CODE_DOING, "code_doing", "text", "what PHP was doing when a trace was taken")     \
    X(ERRORS_HOUR, "errors_hour", "count",                                               \
      "errors of the kind at the place in the last hour")                                \
    X(ERRORS_DAY, "errors_day", "count", "the same in the last day")                     \
    X(ERROR_KIND, "error_kind", "text", "memory_exhausted, uncaught, ...")               \
    X(LIMIT_BYTES, "limit_bytes", "bytes", "memory_limit that an error names")           \
    X(TRIED_BYTES, "tried_bytes", "bytes", "the most that a request tried to allocate")  \
    X(LAST_SECONDS, "last_seconds", "seconds", "since it happened last")                 \
    X(QUESTIONS, "questions", "count", "statements of clients since MySQL started")      \
    X(ROWS_EXAMINED, "rows_examined", "count", "rows that MySQL read since it started")  \
    X(ROW_LOCK_WAITS, "row_lock_waits", "count",                                         \
      "waits for a row lock since MySQL started")                                        \
    X(ROW_LOCK_SECONDS, "row_lock_seconds", "seconds",                                   \
      "time waited for row locks since MySQL started")                                   \
    X(STATEMENT_SECONDS, "statement_seconds", "seconds",                                 \
      "time in statements since MySQL started, waits included")                          \
    X(CACHE_COMMANDS, "cache_commands", "count",                                         \
      "commands of a kind that sites send, since Redis started")                         \
    X(NET_OUTPUT_BYTES, "net_output_bytes", "bytes",                                     \
      "bytes that Redis has sent since it started")                                      \
    X(NET_INPUT_BYTES, "net_input_bytes", "bytes",                                       \
      "bytes that Redis has received since it started")                                  \
    X(SERVER_CPU_SECONDS, "server_cpu_seconds", "seconds",                               \
      "processor time of the server's main thread since it started")                     \
    X(CPU_BUSY_SECONDS, "cpu_busy_seconds", "seconds",                                   \
      "processor time in use on this machine since it started")                          \
    X(CPU_STOLEN_SECONDS, "cpu_stolen_seconds", "seconds",                               \
      "processor time that its hypervisor gave to others")                               \
    X(CPU_WAIT_RATIO, "cpu_wait_ratio", "ratio",                                         \
      "share of the last minute in which something waited for a processor")              \
    X(EXECUTIONS_PER_SECOND, "executions_per_second", "per second",                      \
      "how often the statement ran, since the look before")                              \
    X(EXECUTION_SECONDS, "execution_seconds", "seconds",                                 \
      "mean time of one execution in that time")                                         \
    X(EXECUTION_ROWS, "execution_rows", "count",                                         \
      "rows that one execution read in that time")                                       \
    X(TABLE_NAME, "table_name", "text", "the table that a statement is about")           \
    X(LOCK_LOOKS, "lock_looks", "count", "looks at who waits for whom in the last day")  \
    X(LOCK_WAIT_LOOKS, "lock_wait_looks", "count",                                       \
      "of them, those that met somebody who waits for a row of the table")               \
    X(LOCK_WAITERS, "lock_waiters", "count", "the most that waited at once")             \
    X(LOCK_INDEX, "lock_index", "text", "index whose entries were waited for")           \
    X(LOCK_STATEMENT, "lock_statement", "text", "shape of the statement that waits")     \
    X(LOCK_HOLDER, "lock_holder", "text", "what the one who holds the lock was doing")   \
    X(LOCK_HELD_SECONDS, "lock_held_seconds", "seconds",                                 \
      "age of the oldest transaction that held it")                                      \
    X(WORK_WINDOWS, "work_windows", "count", "windows of requests that were looked at")  \
    X(WORK_REFUSAL, "work_refusal", "text",                                              \
      "why nothing is said (agent/analyse/work_refusal.h); \"\" when something is")      \
    X(CAPACITY_PER_SECOND, "capacity_per_second", "per second",                          \
      "requests at which it is used up, or the pool breaks")                             \
    X(CAPACITY_LOW_PER_SECOND, "capacity_low_per_second", "per second",                  \
      "lower end of its interval")                                                       \
    X(CAPACITY_HIGH_PER_SECOND, "capacity_high_per_second", "per second",                \
      "upper end of it")                                                                 \
    X(KNEE_PER_SECOND, "knee_per_second", "per second",                                  \
      "requests from which waiting is felt")                                             \
    X(CAPACITY_WAIT_SECONDS, "capacity_wait_seconds", "seconds",                         \
      "what one request in twenty waits for a worker at the knee")                       \
    X(BOTTLENECK, "bottleneck", "text",                                                  \
      "resource that ends first: php_workers, cpu, mysql, redis, lock")                  \
    X(DEMAND_SECONDS, "demand_seconds", "seconds",                                       \
      "how long a request takes the resource")                                           \
    X(SERVERS, "servers", "count", "how many requests it serves at once")                \
    X(UTILIZATION_RATIO, "utilization_ratio", "ratio",                                   \
      "share of it in use, in the mean")                                                 \
    X(PER_REQUEST, "per_request", "count",                                               \
      "of the quantity, per request: number, bytes or seconds")                          \
    X(PER_REQUEST_LOW, "per_request_low", "count",                                       \
      "the same when the cause is at its usual low")                                     \
    X(PER_REQUEST_HIGH, "per_request_high", "count", "and at its usual high")            \
    X(WORK_VERDICT, "work_verdict", "text",                                              \
      "constant, grows_with_concurrency, grows_with_data, ... (workgrowth.h)")           \
    X(CONCURRENCY_EFFECT_RATIO, "concurrency_effect_ratio", "ratio",                     \
      "what busy times add to it, as a share of its mean")                               \
    X(DATA_EFFECT_RATIO, "data_effect_ratio", "ratio",                                   \
      "what the growth of the data has added, likewise")                                 \
    X(CAUSE_LOW, "cause_low", "count",                                                   \
      "usual low of what it grows with: requests at once, or data")                      \
    X(CAUSE_HIGH, "cause_high", "count", "usual high of that")

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
    X(PERSISTING, "persisting", "boolean",                                               \
      "1 while a child of the server writes its data to disk or replicas")               \
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
    WPB_DATABASE_METRICS(X)                                                              \
    WPB_REQUEST_METRICS(X)

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
