/* The one hand-written list of rules: code, thresholds, where they come from, help.
 * docs/rules.md is generated from these rows. */
#include <stdlib.h>

#include "agent/rules/cache.h"

#define KIB 1024.0
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define TIB (1024 * GIB)

#define OURS "our own; no published threshold was found"

const struct wpb_rule wpb_rules[] = {
    {
        .code = "cache.alloptions_large",
        .title = "the autoloaded options are too large",
        .help =
            "WordPress loads all autoloaded options as one cache entry, alloptions, at "
            "the start of every request, and writes the whole entry again when one of "
            "them changes. A large one costs every request time and memory.",
        .options =
            {
                {"warning_bytes", WPB_OPTION_BYTES, 800000, 1, TIB,
                 "length of alloptions that is worth a warning",
                 "WordPress Site Health, site_status_autoloaded_options_size_limit "
                 "(6.6)"},
                {"critical_bytes", WPB_OPTION_BYTES, 1000000, 1, TIB,
                 "length of alloptions that is critical",
                 "WordPress VIP answers HTTP 503 above it "
                 "(VIP_ALLOPTIONS_ERROR_THRESHOLD)"},
            },
        .evaluate = wpb_cache_alloptions_large,
    },
    {
        .code = "cache.dead_cron",
        .title = "WP-Cron seems to stand still",
        .help =
            "Redis Object Cache notes a measurement with every request and has WP-Cron "
            "remove those older than an hour. When the oldest is much older, WP-Cron "
            "does not run, and neither do scheduled posts, mails, updates and backups.",
        .options =
            {
                {"warning_age", WPB_OPTION_DURATION, 10800, 60, 31536000,
                 "age of the oldest measurement when the newest was made that is worth a "
                 "warning",
                 "our own: every hour WP-Cron removes what is older than "
                 "WP_REDIS_METRICS_MAX_TIME, 3600 s, so that 2 h are as it should be"},
            },
        .evaluate = wpb_cache_dead_cron,
    },
    {
        .code = "cache.entry_decode_peak",
        .title = "one cache entry takes much of PHP's memory_limit",
        .help = "A cache entry takes several times its length of PHP memory while it is "
                "fetched, decoded and stored again. When that is a large part of "
                "memory_limit, requests that read the entry and already use much memory "
                "end in an HTTP 500. Only entries that were read are judged, and only "
                "when memory_limit is known.",
        .options =
            {
                {"warning_ratio", WPB_OPTION_RATIO, 0.25, 0.01, 10,
                 "part of memory_limit that is worth a warning", OURS},
                {"critical_ratio", WPB_OPTION_RATIO, 0.60, 0.01, 10,
                 "part of memory_limit that is critical", OURS},
            },
        .evaluate = wpb_cache_entry_decode_peak,
    },
    {
        .code = "cache.entry_large",
        .title = "a single cache entry is very large",
        .help =
            "Every request that needs a large entry fetches it whole, which keeps Redis "
            "from serving others meanwhile, and decodes it. At most the 10 worst "
            "entries are reported; those that another rule explains better are left "
            "to it.",
        .options =
            {
                {"warning_bytes", WPB_OPTION_BYTES, 512 * KIB, 1, TIB,
                 "length of an entry that is worth a warning", OURS},
                {"critical_bytes", WPB_OPTION_BYTES, 4 * MIB, 1, TIB,
                 "length of an entry that is critical",
                 "our own: one GET of 4 MB keeps Redis busy for 0.5 to 0.9 ms "
                 "(measured)"},
                {"post_meta_warning_bytes", WPB_OPTION_BYTES, 256 * KIB, 1, TIB,
                 "length of an entry of group post_meta that is worth a warning; a page "
                 "view may need several",
                 OURS},
            },
        .evaluate = wpb_cache_entry_large,
    },
    {
        .code = "cache.eviction_pressure",
        .title = "Redis removes entries for want of memory",
        .help = "When the memory of Redis is full, each new entry drives out another, "
                "which is computed again when it is asked for. The rate is the average "
                "since the server started. With room left in the memory the finding is a "
                "note: it has been so, but is over.",
        .options =
            {
                {"warning_per_hour", WPB_OPTION_COUNT, 3600, 1, 1e12,
                 "evictions an hour that are worth a warning", OURS},
                {"warning_used_ratio", WPB_OPTION_RATIO, 0.90, 0.01, 1,
                 "used part of maxmemory from which evictions count as going on", OURS},
                {"least_uptime", WPB_OPTION_DURATION, 600, 1, 31536000,
                 "time since the server started below which no average is told", OURS},
            },
        .evaluate = wpb_cache_eviction_pressure,
    },
    {
        .code = "cache.feed_transients",
        .title = "news feeds take room in the cache",
        .help = "WordPress keeps every feed that a dashboard widget shows, as it was "
                "downloaded, in a transient named feed_ and a hash: often half a "
                "megabyte for five headlines.",
        .options =
            {
                {"info_bytes", WPB_OPTION_BYTES, 512 * KIB, 1, TIB,
                 "memory of all feeds that is worth a note", OURS},
                {"warning_bytes", WPB_OPTION_BYTES, 8 * MIB, 1, TIB,
                 "memory of all feeds that is worth a warning", OURS},
            },
        .evaluate = wpb_cache_feed_transients,
    },
    {
        .code = "cache.low_hit_ratio",
        .title = "many look-ups find nothing",
        .help = "A look-up that finds nothing costs the way to Redis and the database "
                "query it should have saved. Counted since the server started, over all "
                "its databases, without the look-ups of wpbloat itself. The finding is a "
                "note while there were few look-ups.",
        .options =
            {
                {"warning_ratio", WPB_OPTION_RATIO, 0.80, 0.01, 1,
                 "part of the look-ups that find something, below which there is a "
                 "finding",
                 OURS},
                {"warning_lookups", WPB_OPTION_COUNT, 100000, 1, 1e15,
                 "look-ups from which it is worth a warning", OURS},
                {"info_lookups", WPB_OPTION_COUNT, 10000, 1, 1e15,
                 "look-ups from which it is worth a note", OURS},
            },
        .evaluate = wpb_cache_low_hit_ratio,
    },
    {
        .code = "cache.misencoded",
        .title = "entries that PHP cannot decode",
        .help = "An entry that holds the word \"Array\", that breaks off, or that was "
                "written with another serializer than the rest gives PHP something else "
                "than was stored: options seem to be missing, pages are wrong or slow. "
                "Only entries whose bytes were looked at are judged.",
        .evaluate = wpb_cache_misencoded,
    },
    {
        .code = "cache.nonpersistent_group",
        .title = "Redis keeps what must not outlive a request",
        .help = "WordPress names groups that an object cache must not store (counts, "
                "plugins, since 6.3 theme_json), because nothing deletes their entries. "
                "Found in Redis, they show that the drop-in is broken, and WordPress "
                "works with outdated counts, plugin lists and styles. Only judged when "
                "the key prefix of the site is known.",
        .evaluate = wpb_cache_nonpersistent_group,
    },
    {
        .code = "cache.notoptions_bloat",
        .title = "the list of options that do not exist grows without end",
        .help =
            "WordPress keeps the names of all options it was asked for and did not find "
            "in one cache entry, notoptions, which has no expiry, is never cleared, and "
            "is read whole by nearly every request. Code that asks for ever new names "
            "makes it grow until requests no longer fit into PHP's memory_limit.",
        .options =
            {
                {"warning_bytes", WPB_OPTION_BYTES, 256 * KIB, 1, TIB,
                 "length of the list that is worth a warning", OURS},
                {"critical_bytes", WPB_OPTION_BYTES, MIB, 1, TIB,
                 "length of the list that is critical",
                 OURS "; public incident with HTTP 500s at 3,971,911 bytes (luu.is)"},
                {"warning_names", WPB_OPTION_COUNT, 5000, 1, 1e12,
                 "names in the list that are worth a warning", OURS},
                {"critical_names", WPB_OPTION_COUNT, 20000, 1, 1e12,
                 "names in the list that are critical", OURS},
                {"warning_peak_ratio", WPB_OPTION_RATIO, 0.20, 0.01, 10,
                 "part of memory_limit, at the worst moment of adding a name, that is "
                 "worth a warning",
                 OURS},
                {"critical_peak_ratio", WPB_OPTION_RATIO, 0.50, 0.01, 10,
                 "part of memory_limit, at the worst moment of adding a name, that is "
                 "critical",
                 OURS},
            },
        .evaluate = wpb_cache_notoptions_bloat,
    },
    {
        .code = "cache.orphans",
        .title = "entries that nobody will read again pile up",
        .help = "Some entries carry in their names the time or the prefix they are valid "
                "for: the query caches of WordPress up to 6.8, those of WooCommerce and "
                "of plugins built on BerlinDB. When it is no longer the current one, "
                "nobody asks for the entry again, and without an expiry it stays. Proven "
                "by comparing names with the current value.",
        .options =
            {
                {"warning_bytes", WPB_OPTION_BYTES, 16 * MIB, 1, TIB,
                 "memory of such entries that is worth a warning", OURS},
                {"warning_ratio", WPB_OPTION_RATIO, 0.20, 0.001, 1,
                 "part of the keys of the database that is worth a warning", OURS},
                {"ratio_min_keys", WPB_OPTION_COUNT, 1000, 1, 1e12,
                 "such entries from which that part counts", OURS},
                {"critical_used_ratio", WPB_OPTION_RATIO, 0.90, 0.01, 1,
                 "used part of maxmemory from which the same is critical, when the "
                 "policy cannot remove entries without an expiry",
                 OURS},
            },
        .evaluate = wpb_cache_orphans,
    },
    {
        .code = "cache.shared_prefix",
        .title = "several sites write the same keys",
        .help = "Sites whose keys begin alike in the same Redis database read and "
                "overwrite each other's options, posts and users. With Redis Object "
                "Cache this happens by itself: without WP_REDIS_PREFIX the keys begin "
                "with the table prefix, wp_ nearly everywhere.",
        .options =
            {
                {"critical_sites", WPB_OPTION_COUNT, 2, 2, 1e6,
                 "sites with one prefix in one database that are critical", OURS},
            },
        .evaluate = wpb_cache_shared_prefix,
    },
    {
        .code = "cache.transient_without_ttl",
        .title = "transients that never expire pile up",
        .help = "A transient stored without an expiry stays in Redis until somebody "
                "deletes it. When its name holds an id, a hash or a date, such "
                "transients pile up without end.",
        .options =
            {
                {"warning_keys", WPB_OPTION_COUNT, 1000, 1, 1e12,
                 "transients of a group without an expiry that are worth a warning",
                 OURS},
                {"warning_bytes", WPB_OPTION_BYTES, 16 * MIB, 1, TIB,
                 "their memory that is worth a warning", OURS},
            },
        .evaluate = wpb_cache_transient_without_ttl,
    },
    {
        .code = "cache.ttlless_share",
        .title = "most keys never expire and Redis cannot make room",
        .help =
            "WordPress writes most cache entries without an expiry. With a policy that "
            "evicts only keys that have one (volatile-*), or none (noeviction), Redis "
            "refuses writes once its memory is full; with no memory limit it grows "
            "until the host's memory ends. Policies allkeys-* are right for a cache.",
        .options =
            {
                {"ttlless_ratio", WPB_OPTION_RATIO, 0.50, 0, 1,
                 "part of the keys without a TTL from which a server counts as mostly "
                 "without",
                 OURS},
                {"memory_warning_ratio", WPB_OPTION_RATIO, 0.75, 0.01, 1,
                 "used part of maxmemory that is worth a warning under noeviction", OURS},
                {"memory_critical_ratio", WPB_OPTION_RATIO, 0.90, 0.01, 1,
                 "used part of maxmemory that is critical when Redis cannot make room",
                 OURS},
                {"unlimited_info_bytes", WPB_OPTION_BYTES, 256 * MIB, 1, 1024 * TIB,
                 "used memory worth a note when there is no maxmemory",
                 "Pantheon's object caches have 256, 512 or 1,024 MB"},
                {"unlimited_warning_bytes", WPB_OPTION_BYTES, GIB, 1, 1024 * TIB,
                 "used memory worth a warning when there is no maxmemory",
                 "Pantheon's object caches have 256, 512 or 1,024 MB"},
            },
        .evaluate = wpb_cache_ttlless_share,
    },
    {
        .code = "cache.write_churn",
        .title = "an entry or a group is written again and again",
        .help =
            "Each write is encoded by PHP, sent, and stored by Redis, which serves "
            "nobody else meanwhile. The rates are lower bounds from a short look: writes "
            "of one key that follow each other at once are seen as one. A group is left "
            "out when one key of it explains it; at most the 5 worst are reported.",
        .options =
            {
                {"warning_bytes_per_second", WPB_OPTION_BYTES, MIB, 1, TIB,
                 "bytes written a second into one key or group that are worth a warning",
                 OURS},
                {"critical_bytes_per_second", WPB_OPTION_BYTES, 10 * MIB, 1, TIB,
                 "bytes written a second into one key or group that are critical", OURS},
                {"large_entry_bytes", WPB_OPTION_BYTES, 64 * KIB, 1, TIB,
                 "length from which an entry counts as large", OURS},
                {"large_entry_writes", WPB_OPTION_COUNT, 1, 1, 1e9,
                 "writes a second of a large entry that are worth a warning", OURS},
            },
        .evaluate = wpb_cache_write_churn,
    },
    {.code = NULL},
};

static int compare(const void *a, const void *b)
{
    return wpb_finding_compare(a, b);
}

void wpb_rules_evaluate(const struct wpb_window *const *windows, size_t count,
                        const struct wpb_rule_values *values,
                        struct wpb_findings *findings)
{
    for (size_t w = 0; w < count; w++) {
        struct wpb_rule_context context = {
            .window = windows[w],
            .site = wpb_window_site(windows[w]),
            .windows = windows,
            .window_count = count,
            .at = w,
            .values = values,
            .findings = findings,
            .arena = findings->arena,
        };

        for (const struct wpb_rule *rule = wpb_rules; rule->code; rule++) {
            context.rule = rule;
            rule->evaluate(&context);
        }
    }
    if (findings->count)
        qsort(findings->items, findings->count, sizeof(findings->items[0]), compare);
}
