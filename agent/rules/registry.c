/* The one hand-written list of rules: code, thresholds, where they come from, help.
 * docs/rules.md is generated from these rows. */
#include "agent/rules/builder.h"
#include "agent/rules/cache.h"
#include "agent/rules/database.h"
#include "agent/rules/requests.h"

#define KIB 1024.0
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define TIB (1024 * GIB)

#define OURS "our own; no published threshold was found"
/* kubernetes-mixin's alerts about volumes that fill look four days ahead and only warn
 * when a part is filled already: a trend alone is noise (kubernetes-mixin #98,
 * awesome-prometheus-alerts #154 and #467). */
#define GROWTH_HORIZON                                                                   \
    "our own: code has to be mended, which takes longer than the 4 days that "           \
    "kubernetes-mixin gives a volume that fills"
#define GROWTH_CRITICAL                                                                  \
    "kubernetes-mixin's alerts about volumes that fill look four days ahead"
#define GROWTH_LEVEL                                                                     \
    "our own; that a trend alone is not enough: kubernetes-mixin #98, "                  \
    "awesome-prometheus-alerts #467"

/* clang-format lays out a table of this length anew, in the narrowest of columns. */
/* clang-format off */
const struct wpb_rule wpb_rules[] = {
    {
        .code = "builder.css_inline",
        .title = "compiled CSS is carried through PHP instead of being a file",
        .help =
            "A page builder that is set to print its CSS into the page keeps the compiled "
            "CSS in the page's metadata: each view loads it from the cache or the "
            "database into PHP, and browsers fetch it with every page. Only builders "
            "that can write files are judged, by what they keep; sums over pages are "
            "sampled.",
        .options =
            {
                {"warning_page_bytes", WPB_OPTION_BYTES, 128 * KIB, 1, TIB,
                 "compiled CSS of one page that is worth a warning", OURS},
                {"critical_page_bytes", WPB_OPTION_BYTES, MIB, 1, TIB,
                 "compiled CSS of one page that is critical", OURS},
                {"warning_bytes", WPB_OPTION_BYTES, 16 * MIB, 1, TIB,
                 "compiled CSS of all pages together that is worth a warning", OURS},
            },
        .probes = "mysql.builders mysql.postmeta",
        .evaluate = wpb_builder_css_inline,
    },
    {
        .code = "builder.invalid_serialized",
        .title = "a value of a page builder is damaged",
        .help = "A layout or a setting whose bytes PHP cannot decode is to the builder as "
                "if it were not there. A search-and-replace by plain SQL leaves lengths "
                "that no longer fit, and a column that is too short cuts the end. Only "
                "values that were read are judged.",
        .probes = "mysql.post",
        .evaluate = wpb_builder_invalid_serialized,
    },
    {
        .code = "builder.layout_heavy",
        .title = "the layout of a page is very large",
        .help = "The builder reads and decodes the whole layout to show or edit the page, "
                "which takes several times its length of PHP memory, and every save "
                "copies it into a revision. Only pages that were looked at are judged, at "
                "most 5 are reported.",
        .options =
            {
                {"warning_bytes", WPB_OPTION_BYTES, MIB, 1, TIB,
                 "length of a layout that is worth a warning", OURS},
                {"critical_bytes", WPB_OPTION_BYTES, 4 * MIB, 1, TIB,
                 "length of a layout that is critical", OURS},
                {"warning_peak_ratio", WPB_OPTION_RATIO, 0.15, 0.01, 10,
                 "part of memory_limit to decode it that is worth a warning", OURS},
                {"critical_peak_ratio", WPB_OPTION_RATIO, 0.40, 0.01, 10,
                 "part of memory_limit to decode it that is critical", OURS},
            },
        .probes = "mysql.post",
        .evaluate = wpb_builder_layout_heavy,
    },
    {
        .code = "builder.option_grows_per_page",
        .title = "an option of a page builder takes an entry for each page",
        .help = "Some builders note in one option which pages have their CSS: an entry "
                "for each address that was ever shown, and none is removed. The list is "
                "read whole, and with an autoloaded option by every request.",
        .options =
            {
                {"warning_bytes", WPB_OPTION_BYTES, 64 * KIB, 1, TIB,
                 "length of the option that is worth a warning", OURS},
                {"warning_entries", WPB_OPTION_COUNT, 2000, 1, 1e12,
                 "entries in it that are worth a warning", OURS},
                {"critical_bytes", WPB_OPTION_BYTES, MIB, 1, TIB,
                 "length that is critical when the option is autoloaded", OURS},
            },
        .probes = "mysql.builders",
        .evaluate = wpb_builder_option_grows_per_page,
    },
    {
        .code = "builder.option_growth",
        .title = "an option of a page builder grows until it is too large",
        .help = "The list of pages that some builders keep in one option has grown "
                "steadily, and the history says when it reaches the size that is "
                "critical. Silent in a scan without a history.",
        .options =
            {
                {"warning_within", WPB_OPTION_DURATION, 1209600, 3600, 2592000,
                 "how far ahead the earliest time of failure may lie to be worth a "
                 "warning",
                 GROWTH_HORIZON, .is_floor = true},
                {"critical_within", WPB_OPTION_DURATION, 345600, 3600, 2592000,
                 "how far ahead the most likely time may lie to be critical",
                 GROWTH_CRITICAL, .is_floor = true},
                {"level_ratio", WPB_OPTION_RATIO, 0.10, 0, 1,
                 "part of the failure size below which nothing is said, however fast it "
                 "grows",
                 GROWTH_LEVEL, .is_threshold = true},
                {"unloaded_bytes", WPB_OPTION_BYTES, 4 * MIB, 1, TIB,
                 "length at which an option that is not autoloaded is too large",
                 "WP Engine removes options above 4 MB that are not autoloaded"},
            },
        .probes = "mysql.builders history",
        .evaluate = wpb_builder_option_growth,
    },
    {
        .code = "builder.post_meta_entry",
        .title = "a page carries very much metadata into every request that shows it",
        .help =
            "WordPress loads all metadata of a post in one piece, and the object cache "
            "keeps it as one entry: layout, compiled CSS, drafts and caches of a page "
            "builder ride along in every view. The chain is told from the rows in MySQL "
            "over the entry in Redis to the memory of a request. A higher memory_limit "
            "leaves the cause. Only posts that were looked at are judged, at most 5 are "
            "reported.",
        .options =
            {
                {"warning_bytes", WPB_OPTION_BYTES, 256 * KIB, 1, TIB,
                 "metadata of one post that is worth a warning", OURS},
                {"critical_bytes", WPB_OPTION_BYTES, 2 * MIB, 1, TIB,
                 "metadata of one post that is critical", OURS},
                {"warning_peak_ratio", WPB_OPTION_RATIO, 0.15, 0.01, 10,
                 "part of memory_limit to fetch and decode it that is worth a warning",
                 OURS},
                {"critical_peak_ratio", WPB_OPTION_RATIO, 0.40, 0.01, 10,
                 "part of memory_limit to fetch and decode it that is critical", OURS},
            },
        .probes = "mysql.post",
        .evaluate = wpb_builder_post_meta_entry,
    },
    {
        .code = "builder.revision_copies",
        .title = "revisions carry copies of large layouts",
        .help = "With every save WordPress keeps a revision, and page builders copy the "
                "whole layout into it. The copies are never shown; they make the table of "
                "metadata and its backups large. Judged for the pages that were looked at "
                "and, by a sample, for all together.",
        .options =
            {
                {"warning_bytes", WPB_OPTION_BYTES, 16 * MIB, 1, TIB,
                 "copies of one page that are worth a warning", OURS},
                {"warning_revisions", WPB_OPTION_COUNT, 100, 1, 1e9,
                 "revisions of one page that are worth a warning", OURS},
                {"warning_all_bytes", WPB_OPTION_BYTES, 256 * MIB, 1, 1024 * TIB,
                 "copies of all pages together that are worth a warning", OURS},
            },
        .probes = "mysql.postmeta",
        .evaluate = wpb_builder_revision_copies,
    },
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
        .probes = "redis.watchlist",
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
        .probes = "redis.watchlist",
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
        .probes = "redis.keyspace",
        .evaluate = wpb_cache_entry_decode_peak,
    },
    {
        .code = "cache.entry_growth",
        .title = "a cache entry grows until requests no longer fit into memory_limit",
        .help =
            "An entry that is read or written whole takes several times its length of "
            "PHP memory. Its growth is fitted since it was last emptied, and the time at "
            "which it takes what memory_limit leaves is told with an interval, with the "
            "family of names that grows and with how often it is flushed. Without a "
            "history, a known memory_limit, or a steady growth nothing is said.",
        .options =
            {
                {"warning_within", WPB_OPTION_DURATION, 1209600, 3600, 2592000,
                 "how far ahead the earliest time of failure may lie to be worth a "
                 "warning",
                 GROWTH_HORIZON, .is_floor = true},
                {"critical_within", WPB_OPTION_DURATION, 345600, 3600, 2592000,
                 "how far ahead the most likely time may lie to be critical",
                 GROWTH_CRITICAL, .is_floor = true},
                {"level_ratio", WPB_OPTION_RATIO, 0.10, 0, 1,
                 "part of the failure size below which nothing is said, however fast it "
                 "grows",
                 GROWTH_LEVEL, .is_threshold = true},
                {"baseline_bytes", WPB_OPTION_BYTES, 0, 0, TIB,
                 "memory that a request of the site needs besides; 0: what was measured "
                 "of the largest kind of page, and without that the failure size is an "
                 "upper bound",
                 "as measured by PHP-FPM's access log, where it tells (requests.log)"},
            },
        .probes = "redis.watchlist history",
        .evaluate = wpb_cache_entry_growth,
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
        .probes = "redis.keyspace",
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
        .probes = "redis.server",
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
        .probes = "redis.keyspace",
        .evaluate = wpb_cache_feed_transients,
    },
    {
        .code = "cache.group_growth",
        .title = "a cache group that never expires grows until Redis is full",
        .help = "Entries without an expiry stay until somebody deletes them. Where Redis "
                "cannot evict them, a group that grows steadily fills its memory; the "
                "history says when, if that group alone grows. Not judged where the "
                "policy removes any key (allkeys-*).",
        .options =
            {
                {"warning_within", WPB_OPTION_DURATION, 1209600, 3600, 2592000,
                 "how far ahead the earliest time of failure may lie to be worth a "
                 "warning",
                 GROWTH_HORIZON, .is_floor = true},
                {"critical_within", WPB_OPTION_DURATION, 345600, 3600, 2592000,
                 "how far ahead the most likely time may lie to be critical",
                 GROWTH_CRITICAL, .is_floor = true},
                {"level_ratio", WPB_OPTION_RATIO, 0.10, 0, 1,
                 "part of the failure size below which nothing is said, however fast it "
                 "grows",
                 GROWTH_LEVEL, .is_threshold = true},
            },
        .probes = "redis.keyspace redis.server history",
        .evaluate = wpb_cache_group_growth,
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
                 OURS, .is_floor = true},
                {"warning_lookups", WPB_OPTION_COUNT, 100000, 1, 1e15,
                 "look-ups from which it is worth a warning", OURS},
                {"info_lookups", WPB_OPTION_COUNT, 10000, 1, 1e15,
                 "look-ups from which it is worth a note", OURS},
            },
        .probes = "redis.server",
        .evaluate = wpb_cache_low_hit_ratio,
    },
    {
        .code = "cache.memory_forecast",
        .title = "Redis grows until its memory is full",
        .help = "Under noeviction every write fails once the memory is full; under "
                "volatile-* once entries without an expiry fill it; without a limit the "
                "machine's memory is what ends. The history says when. Policies "
                "allkeys-* only evict, and are not judged here.",
        .options =
            {
                {"warning_within", WPB_OPTION_DURATION, 1209600, 3600, 2592000,
                 "how far ahead the earliest time of failure may lie to be worth a "
                 "warning",
                 GROWTH_HORIZON, .is_floor = true},
                {"critical_within", WPB_OPTION_DURATION, 345600, 3600, 2592000,
                 "how far ahead the most likely time may lie to be critical",
                 GROWTH_CRITICAL, .is_floor = true},
                {"level_ratio", WPB_OPTION_RATIO, 0.10, 0, 1,
                 "part of the failure size below which nothing is said, however fast it "
                 "grows",
                 GROWTH_LEVEL, .is_threshold = true},
                {"machine_ratio", WPB_OPTION_RATIO, 0.5, 0.01, 1,
                 "part of the machine's memory that Redis may take where it has no "
                 "maxmemory",
                 OURS},
            },
        .probes = "redis.server redis.keyspace history",
        .evaluate = wpb_cache_memory_forecast,
    },
    {
        .code = "cache.misencoded",
        .title = "entries that PHP cannot decode",
        .help = "An entry that holds the word \"Array\", that breaks off, or that was "
                "written with another serializer than the rest gives PHP something else "
                "than was stored: options seem to be missing, pages are wrong or slow. "
                "Only entries whose bytes were looked at are judged.",
        .probes = "redis.keyspace",
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
        .probes = "redis.keyspace",
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
        .probes = "redis.watchlist",
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
                 "such entries from which that part counts", OURS, .is_threshold = true},
                {"critical_used_ratio", WPB_OPTION_RATIO, 0.90, 0.01, 1,
                 "used part of maxmemory from which the same is critical, when the "
                 "policy cannot remove entries without an expiry",
                 OURS},
            },
        .probes = "redis.keyspace",
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
        .probes = "redis.keyspace",
        .evaluate = wpb_cache_shared_prefix,
    },
    {
        .code = "cache.stale_notoptions",
        .title = "the cache calls options absent that exist",
        .help = "WordPress believes the cached list of names that were not found. A name "
                "in it that the database has makes its option invisible: code gets the "
                "default, settings seem lost. Some names of the list are looked up in "
                "the database; one hit is proof.",
        .probes = "mysql.stale_notoptions",
        .evaluate = wpb_cache_stale_notoptions,
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
        .probes = "redis.keyspace",
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
                 OURS, .is_threshold = true},
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
        .probes = "redis.server redis.keyspace",
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
                 "length from which an entry counts as large", OURS,
                 .is_threshold = true},
                {"large_entry_writes", WPB_OPTION_COUNT, 1, 1, 1e9,
                 "writes a second of a large entry that are worth a warning", OURS,
                 .is_threshold = true},
            },
        .probes = "redis.churn",
        .evaluate = wpb_cache_write_churn,
    },
    {
        .code = "database.autoload_index_missing",
        .title = "the options table has no index on autoload",
        .help = "Without it the database reads the whole options table to find the "
                "options that every request loads. A note on a small table.",
        .options =
            {
                {"warning_rows", WPB_OPTION_COUNT, 5000, 1, 1e12,
                 "rows of the options table from which it is worth a warning", OURS},
                {"warning_bytes", WPB_OPTION_BYTES, 16 * MIB, 1, TIB,
                 "size of the options table from which it is worth a warning", OURS},
            },
        .probes = "mysql.autoload",
        .evaluate = wpb_database_autoload_index_missing,
    },
    {
        .code = "database.autoload_large",
        .title = "the options that every request loads are too large",
        .help =
            "WordPress loads all autoloaded options at the start of every request, "
            "whether the page needs them or not. What 40 requests at the same moment "
            "hold for it is compared with the machine's memory, and the components that "
            "own the options are named.",
        .options =
            {
                {"warning_bytes", WPB_OPTION_BYTES, 800000, 1, TIB,
                 "sum of their values that is worth a warning",
                 "WordPress Site Health, site_status_autoloaded_options_size_limit "
                 "(6.6)"},
                {"critical_bytes", WPB_OPTION_BYTES, 3 * MIB, 1, TIB,
                 "sum of their values that is critical",
                 "our own: several times what others call too much (wp doctor 900 KiB, "
                 "WordPress VIP 1,000,000 bytes)"},
                {"critical_ram_ratio", WPB_OPTION_RATIO, 0.25, 0.01, 10,
                 "part of the machine's memory that 40 requests hold for it, from which "
                 "a warning is critical",
                 OURS},
            },
        .probes = "mysql.autoload",
        .evaluate = wpb_database_autoload_large,
    },
    {
        .code = "database.autoload_option_large",
        .title = "a single autoloaded option is very large",
        .help = "One option of that size is mostly a log, a cache or an index that a "
                "plugin keeps where every request has to load it. At most the 5 largest "
                "are reported; those that another rule explains better are left to it.",
        .options =
            {
                {"warning_bytes", WPB_OPTION_BYTES, 150000, 1, TIB,
                 "length of one autoloaded option that is worth a warning",
                 "WordPress 6.6, wp_max_autoloaded_option_size: above it an option is "
                 "not autoloaded by itself"},
                {"critical_bytes", WPB_OPTION_BYTES, MIB, 1, TIB,
                 "length of one autoloaded option that is critical",
                 "WP Engine removes autoloaded options above 1 MB"},
            },
        .probes = "mysql.autoload",
        .evaluate = wpb_database_autoload_option_large,
    },
    {
        .code = "database.cron_bloat",
        .title = "WP-Cron's list of events is too long, too late or too large",
        .help = "WordPress keeps all scheduled events in one autoloaded option, which "
                "every request decodes. Many events, the same one again and again, or "
                "events past their time say that a plugin schedules without looking, or "
                "that nobody runs them.",
        .options =
            {
                {"warning_events", WPB_OPTION_COUNT, 50, 1, 1e9,
                 "scheduled events that are worth a warning",
                 "wp doctor, check cron-count: an error from 50"},
                {"warning_duplicates", WPB_OPTION_COUNT, 10, 1, 1e9,
                 "further events of one hook that are worth a warning",
                 "wp doctor, check cron-duplicates: an error from 10"},
                {"warning_overdue", WPB_OPTION_DURATION, 3600, 60, 31536000,
                 "how long past its time an event is worth a warning",
                 "our own; WordPress's Site Health calls one late after 10 minutes"},
                {"warning_bytes", WPB_OPTION_BYTES, 64 * KIB, 1, TIB,
                 "length of the option that is worth a warning", OURS},
                {"critical_bytes", WPB_OPTION_BYTES, MIB, 1, TIB,
                 "length of the option that is critical",
                 "WP Engine removes autoloaded options above 1 MB"},
            },
        .probes = "mysql.cron",
        .evaluate = wpb_database_cron_bloat,
    },
    {
        .code = "database.growth",
        .title = "what requests load or read in the database grows until it is too much",
        .help =
            "The autoloaded options, tables that requests read (against InnoDB's buffer "
            "pool), WooCommerce's sessions and the log of Action Scheduler, where they "
            "have grown steadily: the history says when they reach the size at which "
            "the rules about sizes become critical. Silent in a scan without a history.",
        .options =
            {
                {"warning_within", WPB_OPTION_DURATION, 1209600, 3600, 2592000,
                 "how far ahead the earliest time of failure may lie to be worth a "
                 "warning",
                 GROWTH_HORIZON, .is_floor = true},
                {"critical_within", WPB_OPTION_DURATION, 345600, 3600, 2592000,
                 "how far ahead the most likely time may lie to be critical",
                 GROWTH_CRITICAL, .is_floor = true},
                {"level_ratio", WPB_OPTION_RATIO, 0.10, 0, 1,
                 "part of the failure size below which nothing is said, however fast it "
                 "grows",
                 GROWTH_LEVEL, .is_threshold = true},
                {"session_rows", WPB_OPTION_COUNT, 1e6, 1, 1e12,
                 "sessions of WooCommerce that are too many",
                 "WooCommerce pull request #60711: at 1,000,000 rows a clearing took "
                 "2.58 s"},
            },
        .probes = "mysql.server mysql.autoload mysql.woocommerce history",
        .evaluate = wpb_database_growth,
    },
    {
        .code = "database.transients_expired",
        .title = "expired transients stay in the options table",
        .help = "WordPress removes expired transients once a day by WP-Cron, but not at "
                "all while a persistent object cache is on: what is in the database then "
                "stays for ever. Counted on a sample where there are many.",
        .options =
            {
                {"warning_transients", WPB_OPTION_COUNT, 5000, 1, 1e12,
                 "expired transients that are worth a warning", OURS},
                {"warning_bytes", WPB_OPTION_BYTES, 8 * MIB, 1, TIB,
                 "their values that are worth a warning", OURS},
                {"info_transients_with_cache", WPB_OPTION_COUNT, 500, 1, 1e12,
                 "expired transients that are worth a note where a persistent object "
                 "cache keeps WordPress from removing them",
                 OURS},
            },
        .probes = "mysql.transients",
        .evaluate = wpb_database_transients_expired,
    },
    {
        .code = "database.transients_exploding",
        .title = "ever more transients fill the options table",
        .help = "Code that puts an id, a hash or an address into the name of a transient "
                "stores a new one with every visitor. The families of names are told, "
                "and the source that stores them where it was searched.",
        .options =
            {
                {"warning_transients", WPB_OPTION_COUNT, 10000, 1, 1e12,
                 "transients that are worth a warning", OURS},
                {"critical_transients", WPB_OPTION_COUNT, 100000, 1, 1e12,
                 "transients that are critical",
                 "our own; shops with 390,000 to 466,000 of them were reported "
                 "(WooCommerce issue #8131)"},
                {"warning_family_names", WPB_OPTION_COUNT, 5000, 1, 1e12,
                 "transients of one family of names that are worth a warning", OURS},
            },
        .probes = "mysql.transients",
        .evaluate = wpb_database_transients_exploding,
    },
    {
        .code = "requests.cache_egress",
        .title = "requests fetch more from the cache than the way to it can carry",
        .help = "What a request fetches from Redis, times the requests a second. It "
                "grows with traffic and with the entries that every request reads, until "
                "the link to Redis is full, or Redis itself where it runs on the same "
                "machine.",
        .options =
            {
                {"link_bytes_per_second", WPB_OPTION_BYTES, 125000000, 1, TIB,
                 "what the link to a Redis on another machine carries",
                 "1 Gbit/s, the link of a common server"},
                {"local_bytes_per_second", WPB_OPTION_BYTES, GIB, 1, TIB,
                 "what one Redis hands out on the same machine",
                 "our own: GETs of 16 MB took 8.5 ms each (measured), 1.9 GB a second "
                 "at most"},
                {"warning_ratio", WPB_OPTION_RATIO, 0.50, 0.01, 10,
                 "part of it in the busiest window that is worth a warning",
                 "our own; a site that reached its cache's bandwidth with 5 MB of "
                 "autoloaded options was reported (10up-experience #138)"},
                {"critical_ratio", WPB_OPTION_RATIO, 0.80, 0.01, 10,
                 "part of it in the busiest window that is critical", OURS},
            },
        .probes = "requests.log redis.stats",
        .evaluate = wpb_requests_cache_egress,
    },
    {
        .code = "requests.culprit",
        .title = "most slow requests are in the code of one plugin or theme",
        .help =
            "PHP-FPM's slow log holds what a request was at when it took longer than "
            "request_slowlog_timeout. The first place in a plugin or theme counts, from "
            "the innermost function outwards; the object cache and WordPress itself were "
            "only asked by it. At most 3 are reported.",
        .options =
            {
                {"share_ratio", WPB_OPTION_RATIO, 0.25, 0.01, 1,
                 "part of the slow requests below which a component is not named", OURS,
                 .is_threshold = true},
                {"info_traces", WPB_OPTION_COUNT, 5, 1, 1e9,
                 "slow requests in it in a day that are worth a note", OURS},
                {"warning_traces", WPB_OPTION_COUNT, 20, 1, 1e9,
                 "slow requests in it in a day that are worth a warning", OURS},
            },
        .probes = "requests.slow",
        .evaluate = wpb_requests_culprit,
    },
    {
        .code = "requests.fatals",
        .title = "requests end early in an error of PHP",
        .help =
            "PHP's error log, by kind and place. When memory_limit is reached PHP names "
            "the place of the last straw, often the object cache; what fills the memory "
            "is looked for among the cache entries that were taken apart.",
        .options =
            {
                {"warning_memory_day", WPB_OPTION_COUNT, 1, 1, 1e9,
                 "requests in a day that used up memory_limit that are worth a warning",
                 "our own: each is a visitor with an HTTP 500"},
                {"critical_memory_hour", WPB_OPTION_COUNT, 10, 1, 1e9,
                 "the same in an hour that are critical", OURS},
                {"warning_other_hour", WPB_OPTION_COUNT, 5, 1, 1e9,
                 "other fatal errors in an hour that are worth a warning", OURS},
                {"critical_other_hour", WPB_OPTION_COUNT, 100, 1, 1e9,
                 "other fatal errors in an hour that are critical", OURS},
                {"entry_ratio", WPB_OPTION_RATIO, 0.25, 0.01, 10,
                 "part of memory_limit from which a cache entry is named as what fills "
                 "it",
                 "as in cache.entry_decode_peak"},
            },
        .probes = "requests.errors",
        .evaluate = wpb_requests_fatals,
    },
    {
        .code = "requests.knee",
        .title = "the rate at which the site breaks is near",
        .help =
            "At which rate requests begin to wait for a worker or a lock without end, "
            "and what is used up first, from how long requests take, what they take of "
            "each resource, and how long they wait for locks (docs/analysis.md). A lock "
            "lets one request through at a time: below its rate nothing is to be seen "
            "of it, beyond it everything stands still, and no machine is large enough; "
            "so it is told from further away. Silent where the estimate was refused.",
        .options =
            {
                {"warning_ratio", WPB_OPTION_RATIO, 0.70, 0.01, 10,
                 "part of that rate in the busiest window that is worth a warning; the "
                 "rate from which waiting is felt always is",
                 "our own: the rate is known within 10 to 25 %"},
                {"critical_ratio", WPB_OPTION_RATIO, 0.90, 0.01, 10,
                 "part of that rate lately that is critical", OURS},
                {"lock_factor", WPB_OPTION_RATIO, 3, 1, 1000,
                 "how many times the busiest window the rate has to be where a lock "
                 "ends first, not to be worth a warning",
                 "our own: a campaign brings several times the usual traffic, and "
                 "nothing that can be bought helps then",
                 .is_floor = true},
            },
        .probes = "requests.log",
        .evaluate = wpb_requests_knee,
    },
    {
        .code = "requests.lock_contention",
        .title = "requests wait for each other at a row lock",
        .help =
            "A row that a transaction has changed is locked until it ends. When each "
            "request changes the same row, they run one after the other, each in a PHP "
            "worker that does nothing but wait. Seen by looking, at each interval, at "
            "who waits for whom. At most 3 tables are reported.",
        .options =
            {
                {"least_looks", WPB_OPTION_COUNT, 3, 1, 1e9,
                 "looks in a day that met somebody who waits, below which nothing is "
                 "said",
                 OURS},
                {"warning_looks_ratio", WPB_OPTION_RATIO, 0.05, 0.0001, 1,
                 "part of the looks that met somebody that is worth a warning",
                 "our own: a row held for 0.15 s by each of 2 requests a second makes "
                 "6 % of the looks meet one who waits"},
                {"critical_looks_ratio", WPB_OPTION_RATIO, 0.25, 0.0001, 1,
                 "part of the looks that is critical when many waited", OURS},
                {"critical_workers_ratio", WPB_OPTION_RATIO, 0.50, 0.01, 1,
                 "part of the PHP workers that waited at once that is critical when it "
                 "is met often",
                 OURS},
            },
        .probes = "mysql.locks",
        .evaluate = wpb_requests_lock_contention,
    },
    {
        .code = "requests.memory_headroom",
        .title = "a kind of request uses most of PHP's memory_limit",
        .help =
            "The memory of each kind of page as PHP-FPM's access log tells it, against "
            "memory_limit: alone, and together with the cache entry that takes most "
            "when it is read or stored again. A worker keeps the memory of an earlier "
            "large request, so the low end of what was told counts. Kinds with fewer "
            "than 50 requests are not judged, at most 3 are reported.",
        .options =
            {
                {"warning_ratio", WPB_OPTION_RATIO, 0.70, 0.01, 10,
                 "part of memory_limit that is worth a warning", OURS},
                {"critical_ratio", WPB_OPTION_RATIO, 0.90, 0.01, 10,
                 "part of memory_limit that is critical; with the largest entry all of "
                 "it is",
                 OURS},
                {"warning_with_entry_ratio", WPB_OPTION_RATIO, 0.85, 0.01, 10,
                 "part of it together with the largest entry that is worth a warning",
                 OURS},
            },
        .probes = "requests.log",
        .evaluate = wpb_requests_memory_headroom,
    },
    {
        .code = "requests.memory_overcommit",
        .title = "all PHP workers together need more memory than the machine has",
        .help =
            "pm.max_children times what the largest kind of page usually takes, against "
            "the memory of this machine. It is reached when it is busiest, and then the "
            "kernel kills the database rather than a worker. Only where PHP runs on "
            "this machine.",
        .options =
            {
                {"warning_ratio", WPB_OPTION_RATIO, 0.80, 0.01, 10,
                 "part of the machine's memory that is worth a warning",
                 "our own: MySQL, Redis and the system need the rest"},
                {"critical_ratio", WPB_OPTION_RATIO, 1, 0.01, 10,
                 "part of the machine's memory that is critical", OURS},
            },
        .probes = "requests.log requests.pool host.memory",
        .evaluate = wpb_requests_memory_overcommit,
    },
    {
        .code = "requests.n_plus_one",
        .title = "each request asks the database the same again and again",
        .help =
            "A statement of one shape that runs many times in each request and returns "
            "a few rows each time: a loop that asks for one thing after the other. Each "
            "is fast, so no slow log shows it, but together they cost, and their number "
            "grows with the shop. At most 3 are reported.",
        .options =
            {
                {"warning_per_request", WPB_OPTION_COUNT, 20, 2, 1e9,
                 "times in a request that are worth a warning", OURS},
                {"rows_each", WPB_OPTION_COUNT, 10, 1, 1e9,
                 "rows that one may read, beyond which it is another problem", OURS,
                 .is_floor = true},
                {"least_requests_per_second", WPB_OPTION_RATIO, 0.2, 0, 1e6,
                 "requests a second below which statements are not put down to them",
                 "our own: WP-Cron and others ask, too"},
            },
        .probes = "requests.log mysql.statements",
        .evaluate = wpb_requests_n_plus_one,
    },
    {
        .code = "requests.pool_saturated",
        .title = "all PHP workers are busy",
        .help = "How many looks at the pool in the last quarter of an hour met no free "
                "worker. The pool is looked at from outside, so that it is seen also "
                "while no worker could answer.",
        .options =
            {
                {"warning_ratio", WPB_OPTION_RATIO, 0.10, 0.001, 1,
                 "part of the looks that is worth a warning", OURS},
                {"critical_ratio", WPB_OPTION_RATIO, 0.50, 0.001, 1,
                 "part of the looks that is critical", OURS},
                {"least_looks", WPB_OPTION_COUNT, 5, 1, 1e9,
                 "looks below which it is not critical", OURS},
            },
        .probes = "requests.pool",
        .evaluate = wpb_requests_pool_saturated,
    },
    {
        .code = "requests.queue",
        .title = "requests wait for a PHP worker",
        .help = "Connections in the accept queue of the pool, as the kernel counts them "
                "(FPM's own figure is 0 on a unix socket), and how long requests waited "
                "where the web server's log tells it.",
        .options =
            {
                {"warning_waiting", WPB_OPTION_COUNT, 5, 1, 1e9,
                 "connections that wait that are worth a warning", OURS},
                {"warning_wait_seconds", WPB_OPTION_RATIO, 0.5, 0.001, 3600,
                 "wait of the last in the line, or of all on average, that is worth a "
                 "warning",
                 "the wait by which the knee is defined (docs/analysis.md)"},
                {"critical_wait_seconds", WPB_OPTION_RATIO, 5, 0.001, 3600,
                 "the same that is critical", OURS},
                {"critical_backlog_ratio", WPB_OPTION_RATIO, 0.50, 0.001, 1,
                 "part of the queue's room that is critical", OURS},
            },
        .probes = "requests.pool",
        .evaluate = wpb_requests_queue,
    },
    {
        .code = "requests.ttfb_regression",
        .title = "requests take longer than they did",
        .help = "The mean time of a request in a PHP worker in the last windows against "
                "those before. What was waited for a worker is not in it.",
        .options =
            {
                {"warning_ratio", WPB_OPTION_RATIO, 1.5, 1.01, 1000,
                 "how many times as long is worth a warning", OURS},
                {"critical_ratio", WPB_OPTION_RATIO, 3, 1.01, 1000,
                 "how many times as long is critical", OURS},
                {"least_seconds", WPB_OPTION_RATIO, 0.1, 0, 3600,
                 "how much longer it has to be, in seconds",
                 "our own: less no visitor feels", .is_threshold = true},
            },
        .probes = "requests.log",
        .evaluate = wpb_requests_ttfb_regression,
    },
    {
        .code = "requests.work_grows_with_concurrency",
        .title = "a request costs more when others run beside it",
        .help =
            "Time, statements, rows, bytes and lock waits of a request, against how many "
            "ran at once, with the growth of the data taken out (docs/analysis.md). What "
            "grows so makes twice the visitors more than twice the work.",
        .options =
            {
                {"info_effect_ratio", WPB_OPTION_RATIO, 0.10, 0.01, 1000,
                 "what busy times add, as a part of the mean, that is worth a note",
                 "the least that is told from chance (docs/analysis.md)"},
                {"warning_effect_ratio", WPB_OPTION_RATIO, 0.50, 0.01, 1000,
                 "what busy times add that is worth a warning", OURS},
            },
        .probes = "requests.log",
        .evaluate = wpb_requests_work_grows_with_concurrency,
    },
    {
        .code = "requests.work_grows_with_data",
        .title = "a request costs more the more data there is",
        .help =
            "The same figures against the size of the data, with traffic taken out: what "
            "was harmless when the shop was small breaks it when it has grown, although "
            "no more visitors come.",
        .options =
            {
                {"info_effect_ratio", WPB_OPTION_RATIO, 0.10, 0.01, 1000,
                 "what the growth of the data has added, as a part of the mean, that is "
                 "worth a note",
                 "the least that is told from chance (docs/analysis.md)"},
                {"warning_effect_ratio", WPB_OPTION_RATIO, 0.25, 0.01, 1000,
                 "what it has added that is worth a warning",
                 "our own: it only goes one way"},
            },
        .probes = "requests.log",
        .evaluate = wpb_requests_work_grows_with_data,
    },
    {
        .code = "woocommerce.action_scheduler",
        .title = "background work of WooCommerce waits, fails or piles up",
        .help = "Action Scheduler runs what WooCommerce and its extensions do in the "
                "background. Actions past their time have not happened; failed ones are "
                "never removed; what is done is removed after 31 days, 20 at a time.",
        .options =
            {
                {"warning_past_due", WPB_OPTION_COUNT, 1, 1, 1e12,
                 "actions a day or more past their time that are worth a warning",
                 "Action Scheduler's own admin notice"},
                {"warning_failed", WPB_OPTION_COUNT, 1000, 1, 1e12,
                 "failed actions that are worth a warning", OURS},
                {"warning_complete", WPB_OPTION_COUNT, 10000, 1, 1e12,
                 "done actions that, with an old first row, are worth a warning", OURS},
                {"warning_oldest", WPB_OPTION_DURATION, 5356800, 60, 1e9,
                 "age of the oldest row that is worth a warning, with many done",
                 "our own: twice the 31 days after which Action Scheduler removes them"},
                {"warning_log_rows", WPB_OPTION_COUNT, 1e6, 1, 1e12,
                 "rows of its log that are worth a warning", OURS},
                {"critical_log_rows", WPB_OPTION_COUNT, 1e7, 1, 1e12,
                 "rows of its log that are critical",
                 "our own; tables of 30 million rows and more were reported (Action "
                 "Scheduler issues #541 and #880)"},
            },
        .probes = "mysql.woocommerce",
        .evaluate = wpb_woocommerce_action_scheduler,
    },
    {
        .code = "woocommerce.sessions",
        .title = "sessions of WooCommerce are not cleared, too large or slow to clear",
        .help = "A session lasts two days and is cleared twice a day. Where most rows are "
                "past their time the clearing does not run; without an index it reads "
                "the whole table; a large session slows each request of its visitor.",
        .options =
            {
                {"warning_expired", WPB_OPTION_COUNT, 1000, 1, 1e12,
                 "expired sessions from which their part counts", OURS},
                {"warning_expired_ratio", WPB_OPTION_RATIO, 0.50, 0.01, 1,
                 "part of the rows past their time that is worth a warning",
                 "our own: cleared twice a day, sessions of two days leave a fifth"},
                {"warning_largest_bytes", WPB_OPTION_BYTES, 256 * KIB, 1, TIB,
                 "length of one session that is worth a warning",
                 "our own; sessions of 2 MB were reported (WooCommerce issue #19558)"},
                {"warning_rows_unindexed", WPB_OPTION_COUNT, 1e5, 1, 1e12,
                 "rows from which a missing index on session_expiry is worth a warning",
                 "our own; at 1,000,000 rows a clearing took 2.58 s (WooCommerce pull "
                 "request #60711)"},
                {"warning_legacy", WPB_OPTION_COUNT, 100, 1, 1e12,
                 "sessions kept as options that are worth a warning", OURS},
            },
        .probes = "mysql.woocommerce",
        .evaluate = wpb_woocommerce_sessions,
    },
    {.code = NULL},
};
/* clang-format on */
