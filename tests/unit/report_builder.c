#include "report_builder.h"

#include <math.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define INTEGER(n)                                                                       \
    {                                                                                    \
        .type = WPB_VALUE_INTEGER, .integer = (n)                                        \
    }
#define NUMBER(n)                                                                        \
    {                                                                                    \
        .type = WPB_VALUE_DOUBLE, .number = (n)                                          \
    }
#define NONE                                                                             \
    {                                                                                    \
        .type = WPB_VALUE_NONE                                                           \
    }
#define TEXT(literal)                                                                    \
    {                                                                                    \
        .type = WPB_VALUE_TEXT, .text = WPB_SLICE(literal)                               \
    }
#define SCOPE WPB_SLICE("unix:///run/redis.sock?db=1")
#define NOTOPTIONS "q7:prod_kx:options:notoptions"

/* 2026-11-23T20:00:00Z */
#define NOW_MS 1795464000000

static const struct wpb_unresolved shop_unresolved[] = {
    {"DB_PASSWORD", "/var/www/shop/wp-config.php", 31,
     "getenv('SHOP_DB_PASSWORD') is set neither in .env nor in the PHP-FPM pool"},
};

#define SHOP_FIELDS                                                                      \
    .name = "shop", .owner = "team-checkout", .path = "/var/www/shop",                   \
    .config_file = "/var/www/shop/wp-config.php",                                        \
    .content_dir = "/var/www/shop/wp-content",                                           \
    .plugin_dir = "/var/www/shop/wp-content/plugins",                                    \
    .mu_plugin_dir = "/var/www/shop/wp-content/mu-plugins",                              \
    .theme_dir = "/var/www/shop/wp-content/themes", .wp_version = "6.1.9",               \
    .table_prefix = "wp_", .db_name = "shop", .db_host = "localhost",                    \
    .flavour = WPB_FLAVOUR_REDIS_CACHE, .flavour_version = "2.6.3", .flavour_note = "",  \
    .has_redis = true,                                                                   \
    .redis = {.scheme = WPB_REDIS_UNIX,                                                  \
              .host = "",                                                                \
              .path = "/run/redis.sock",                                                 \
              .database = 1,                                                             \
              .user = "",                                                                \
              .password = "a secret that no output shows"},                              \
    .has_key_prefix = true, .key_prefix = "q7:prod_kx:", .key_prefix_len = 11,           \
    .memory_limit_bytes = 134217728,                                                     \
    .memory_limit_source = "php_admin_value in /etc/php/8.2/fpm/pool.d/www.conf:12",     \
    .php_version = 80200

static const struct wpb_site shop = {
    SHOP_FIELDS,
    .unresolved = shop_unresolved,
    .unresolved_count = COUNT(shop_unresolved),
};
static const struct wpb_site *const shop_list[] = {&shop};
static const struct wpb_site well = {SHOP_FIELDS};
static const struct wpb_site *const well_list[] = {&well};

static const struct wpb_coverage incident_coverage[] = {
    {"redis.server",
     "shop",
     WPB_COVERAGE_OK,
     "",
     "commands",
     2,
     2,
     {.commands = 2, .bytes_sent = 56, .bytes_received = 5210, .elapsed_ms = 3},
     NULL},
    {"redis.watchlist",
     "shop",
     WPB_COVERAGE_OK,
     "",
     "keys",
     4,
     4,
     {.commands = 12,
      .bytes_sent = 1010,
      .bytes_received = 190,
      .keyspace_hits = 12,
      .elapsed_ms = 2},
     NULL},
    {"redis.keyspace",
     "shop",
     WPB_COVERAGE_OK,
     "",
     "keys",
     77726,
     77726,
     {.commands = 156230,
      .bytes_sent = 22511034,
      .bytes_received = 10034871,
      .keyspace_hits = 77726,
      .elapsed_ms = 1180},
     NULL},
    {"redis.values",
     "shop",
     WPB_COVERAGE_OK,
     "",
     "values",
     6,
     6,
     {.commands = 98,
      .bytes_sent = 8123,
      .bytes_received = 6012331,
      .keyspace_hits = 98,
      .elapsed_ms = 141},
     NULL},
    {"files.sources",
     "shop",
     WPB_COVERAGE_PARTIAL,
     "2 of 1,934 files could not be read (Permission denied, first: "
     "/var/www/shop/wp-content/plugins/harbour/licence.php); run as a user who may read "
     "them",
     "files",
     1932,
     1934,
     {.elapsed_ms = 88},
     NULL},
};

static const struct wpb_subject notoptions_key = {WPB_SUBJECT_REDIS_KEY, SCOPE,
                                                  WPB_SLICE(NOTOPTIONS), NULL};
static const struct wpb_subject shop_database = {WPB_SUBJECT_REDIS_SERVER,
                                                 WPB_SLICE("unix:///run/redis.sock"),
                                                 WPB_SLICE("db1"), NULL};
static const struct wpb_subject feed_key = {
    WPB_SUBJECT_REDIS_KEY, SCOPE,
    WPB_SLICE("q7:prod_kx:site-transient:feed_a5420c83891a9c88ad2a4f04584a5efc"), NULL};

static const struct wpb_evidence notoptions_evidence[] = {
    {"value_bytes", INTEGER(3971911), WPB_EXACT},
    {"entries", INTEGER(65768), WPB_EXACT},
    {"ttl_seconds", NONE, WPB_EXACT},
    {"php_read_peak_bytes", INTEGER(16300000), WPB_EXACT},
    {"php_rewrite_peak_bytes", INTEGER(25000000), WPB_EXACT},
    {"memory_limit_bytes", INTEGER(134217728), WPB_EXACT},
    {"baseline_peak_bytes", NONE, WPB_EXACT},
    {"fails_at_bytes", INTEGER(26700000), WPB_ESTIMATED},
};

static const struct wpb_family_cause notoptions_families[] = {
    {.template_name = WPB_SLICE("kestrel_tariff_v2_<hex>"),
     .names = 61164,
     .share_ratio = 0.93,
     .has_source = true,
     .was_searched = true,
     .component = WPB_SLICE("plugin:kestrel-pricing"),
     .file = WPB_SLICE("wp-content/plugins/kestrel-pricing/includes/class-tariff.php"),
     .line = 5,
     .excerpt = WPB_SLICE("return get_option( 'kestrel_tariff_v2_' . md5( $key ) );"),
     .matches = 1},
    {.template_name = WPB_SLICE("harbour_facet_terms_<n>"),
     .names = 1790,
     .share_ratio = 0.027,
     .has_source = true,
     .was_searched = true,
     .component = WPB_SLICE("theme:harbour"),
     .file = WPB_SLICE("wp-content/themes/harbour/inc/facets.php"),
     .line = 118,
     .excerpt = WPB_SLICE("$terms = get_option( \"harbour_facet_terms_{$id}\" );"),
     .matches = 3},
    {.template_name = WPB_SLICE("lumen_seo_crawl_<date>"),
     .names = 728,
     .share_ratio = 0.011,
     .was_searched = true},
    {.template_name = WPB_SLICE("petrel_stamps_<email>"),
     .names = 318,
     .share_ratio = 0.0048},
};

static const char *const notoptions_now[] = {
    "redis-cli -s /run/redis.sock -n 1 UNLINK " NOTOPTIONS, NULL};
static const char *const notoptions_for_good[] = {
    "Mend wp-content/plugins/kestrel-pricing/includes/class-tariff.php:5 "
    "(plugin:kestrel-pricing): do not call get_option() with names made up at run time. "
    "If "
    "the code is not yours, send its author this finding.",
    "Few, fixed names: store a default once, so that the name exists: add_option( $name, "
    "$default, '', false );",
    "Names made from an id, a hash or a date: keep the data in a transient with an "
    "expiry "
    "(get_transient() never enters this list when an object cache is on) or in a table "
    "of "
    "the plugin's own.",
    "A ceiling, not a cure: define( 'WP_REDIS_MAXTTL', 86400 ); in wp-config.php lets "
    "every "
    "entry expire a day after it was last written. A list that still gains names is "
    "written anew each time and does not expire.",
    "wp plugin deactivate kestrel-pricing --path=/var/www/shop",
    NULL};
static const char *const notoptions_verify[] = {
    "wpbloat explain redis " NOTOPTIONS " --site shop",
    "redis-cli -s /run/redis.sock -n 1 STRLEN " NOTOPTIONS, NULL};

static const struct wpb_evidence ttlless_evidence[] = {
    {"ttlless_share_ratio", NUMBER(0.984), WPB_EXACT},
    {"keys", INTEGER(77726), WPB_EXACT},
    {"ttlless_keys", INTEGER(76480), WPB_EXACT},
    {"used_memory_bytes", INTEGER(118000000), WPB_EXACT},
    {"maxmemory_bytes", INTEGER(268435456), WPB_EXACT},
    {"maxmemory_policy", TEXT("volatile-lru"), WPB_EXACT},
    {"evicted_keys", INTEGER(0), WPB_EXACT},
};
static const char *const ttlless_now[] = {
    "redis-cli -s /run/redis.sock CONFIG SET maxmemory-policy allkeys-lru", NULL};
static const char *const ttlless_for_good[] = {
    "Write maxmemory-policy allkeys-lru into redis.conf, or choose it in the panel of a "
    "managed Redis: CONFIG SET is forgotten at the next restart.",
    "Look at the largest groups: a plugin that puts times or hashes into its keys leaves "
    "the old entries behind for ever.",
    NULL};
static const char *const ttlless_verify[] = {"redis-cli -s /run/redis.sock INFO memory",
                                             NULL};

static const struct wpb_evidence feed_evidence[] = {
    {"value_bytes", INTEGER(519873), WPB_EXACT},
    {"ttl_seconds", INTEGER(32400), WPB_EXACT},
    {"queue_wait_seconds", NUMBER(0.14), WPB_SAMPLED},
};

static const struct wpb_finding incident_findings[] = {
    {
        .code = "cache.notoptions_bloat",
        .severity = WPB_CRITICAL,
        .site = &shop,
        .subject = &notoptions_key,
        .title = "notoptions holds 65,768 names of options that do not exist "
                 "(3.8 MiB, no TTL)",
        .summary =
            "WordPress keeps one list of all option names it was asked for and did not "
            "find, and every request reads the whole list into PHP: 15.5 MiB of memory, "
            "and "
            "23.8 MiB whenever one more name is added. What fails first is a request "
            "that "
            "already uses much of PHP's memory_limit of 128 MiB when it reads or extends "
            "the list: PHP stops it and the visitor gets an HTTP 500; at a list of at "
            "most "
            "25.5 MiB, adding a name reaches that limit by itself. WordPress never "
            "clears "
            "this list and gives it no expiry; deleting the key or flushing the cache "
            "only "
            "restarts the growth.",
        .evidence = notoptions_evidence,
        .evidence_count = COUNT(notoptions_evidence),
        .cause = {.kind = "option_families",
                  .confidence = "likely",
                  .families = notoptions_families,
                  .family_count = COUNT(notoptions_families),
                  .note = "61,164 of the names (93 %) follow the pattern "
                          "kestrel_tariff_v2_<hex>. The only place in the site's code "
                          "that holds that text is wp-content/plugins/kestrel-pricing/"
                          "includes/class-tariff.php:5 (plugin:kestrel-pricing)."},
        .remedy = {.summary = "Stop the code that asks for ever new names. Until then "
                              "delete the key before it grows too large: that is safe, "
                              "WordPress builds the list again on demand, but it only "
                              "buys time. A request that was running may write the old "
                              "list back, so look at its length afterwards.",
                   .now = notoptions_now,
                   .for_good = notoptions_for_good,
                   .verify = notoptions_verify,
                   .doc = "docs/remedies/cache.notoptions_bloat.md"},
    },
    {
        .code = "cache.ttlless_share",
        .severity = WPB_WARNING,
        .site = &shop,
        .subject = &shop_database,
        .title = "Redis may evict only keys with a TTL, and 98 % of its keys have none",
        .summary =
            "WordPress writes most cache entries without an expiry, and the policy "
            "volatile-lru never removes those. When the memory is full (now 113 MiB of "
            "256 "
            "MiB, 43 %) Redis answers every write with an error: new entries are not "
            "cached, old ones go stale, and pages become slow or fail. A flush only "
            "restarts the growth.",
        .evidence = ttlless_evidence,
        .evidence_count = COUNT(ttlless_evidence),
        .cause = {.kind = "redis_groups",
                  .confidence = "unknown",
                  .note = "Most memory without a TTL is in the groups: post_meta (58.4 "
                          "MiB), posts (20.4 MiB), options (4.9 MiB)."},
        .remedy = {.summary = "Let Redis remove what is used least, whatever its expiry: "
                              "the policy allkeys-lru. Only do so when this Redis holds "
                              "nothing but caches: queues or sessions of other programs "
                              "could be removed too.",
                   .now = ttlless_now,
                   .for_good = ttlless_for_good,
                   .verify = ttlless_verify,
                   .doc = "docs/remedies/cache.ttlless_share.md"},
    },
    {
        .code = "cache.entry_large",
        .severity = WPB_INFO,
        .site = &shop,
        .subject = &feed_key,
        .title = "a cache entry of 508 KiB",
        .summary = "It is read as a whole each time it is used.",
        .evidence = feed_evidence,
        .evidence_count = COUNT(feed_evidence),
        .cause = {.confidence = "unknown", .note = ""},
        .remedy = {.summary = "", .doc = NULL},
    },
};

static const struct wpb_key_row incident_keys[] = {
    {"shop", SCOPE, WPB_SLICE(NOTOPTIONS), WPB_SLICE("options"), 4194400, true, 3971911,
     true, -1},
    {"shop", SCOPE,
     WPB_SLICE("q7:prod_kx:site-transient:feed_a5420c83891a9c88ad2a4f04584a5efc"),
     WPB_SLICE("site-transient"), 524432, true, 519873, true, 32400},
    {"shop", SCOPE,
     WPB_SLICE("q7:prod_kx:posts:wp_query-9f86d081884c7d659a2feaa0c55ad015-0.64035600 "
               "1795464061"),
     WPB_SLICE("posts"), 262288, false, 0, true, -1},
    {"shop", SCOPE, WPB_SLICE("q7:prod_kx:post_meta:1841"), WPB_SLICE("post_meta"),
     229456, false, 0, false, 0},
    {"shop", SCOPE, WPB_SLICE("q7:prod_kx:redis-cache:metrics"), WPB_SLICE("redis-cache"),
     201880, false, 0, true, -1},
};

static const struct wpb_group_row incident_groups[] = {
    {"shop",
     SCOPE,
     WPB_SLICE("post_meta"),
     21480,
     61200000,
     21480,
     61200000,
     WPB_EXACT,
     true,
     {18020, 3301, 158, 1},
     true,
     950400,
     false,
     0,
     0},
    {"shop",
     SCOPE,
     WPB_SLICE("posts"),
     30112,
     21400000,
     30112,
     21400000,
     WPB_EXACT,
     true,
     {30001, 110, 0, 1},
     true,
     5400,
     true,
     12050,
     8600000},
    {"shop",
     SCOPE,
     WPB_SLICE("options"),
     3200,
     5100000,
     3200,
     5100000,
     WPB_EXACT,
     true,
     {3190, 8, 1, 1},
     true,
     20,
     false,
     0,
     0},
    {"shop",
     SCOPE,
     WPB_SLICE("site-transient"),
     44,
     2400000,
     3,
     400,
     WPB_EXACT,
     false,
     {0},
     false,
     0,
     false,
     0,
     0},
};

static const struct wpb_server_row incident_servers[] = {
    {"shop", SCOPE, WPB_SLICE("7.0.15"), WPB_SLICE("volatile-lru"), WPB_SLICE("master"),
     true, 118000000, 268435456, true, 77726, 76480},
};

static const struct wpb_report incident = {
    .generated_at_ms = NOW_MS,
    .elapsed_ms = 1420,
    .host = "web-17",
    .version = "0.1.0",
    .sites = shop_list,
    .site_count = 1,
    .coverage = incident_coverage,
    .coverage_count = COUNT(incident_coverage),
    .findings = incident_findings,
    .finding_count = COUNT(incident_findings),
    .keys = incident_keys,
    .key_count = COUNT(incident_keys),
    .groups = incident_groups,
    .group_count = COUNT(incident_groups),
    .servers = incident_servers,
    .server_count = COUNT(incident_servers),
};

const struct wpb_report *report_incident(void)
{
    return &incident;
}

static const struct wpb_coverage blind_coverage[] = {
    {"redis.server",
     "shop",
     WPB_COVERAGE_UNAVAILABLE,
     "unix:///run/redis.sock: connect: Permission denied; run as root or join the group "
     "redis",
     "commands",
     0,
     0,
     {.elapsed_ms = 1},
     NULL},
    {"redis.keyspace",
     "shop",
     WPB_COVERAGE_UNAVAILABLE,
     "unix:///run/redis.sock: connect: Permission denied; run as root or join the group "
     "redis",
     "keys",
     0,
     0,
     {.elapsed_ms = 1},
     NULL},
    {"files.sources",
     "shop",
     WPB_COVERAGE_SKIPPED,
     "no family of names to search for",
     "files",
     0,
     0,
     {0},
     NULL},
};

const struct wpb_report *report_healthy(void)
{
    static const struct wpb_report report = {
        .generated_at_ms = NOW_MS,
        .elapsed_ms = 1420,
        .host = "web-17",
        .version = "0.1.0",
        .sites = well_list,
        .site_count = 1,
        .coverage = incident_coverage,
        .coverage_count = 3,
        .keys = incident_keys + 3,
        .key_count = 1,
        .groups = incident_groups,
        .group_count = 1,
        .servers = incident_servers,
        .server_count = 1,
    };
    return &report;
}

const struct wpb_report *report_no_site(void)
{
    static const struct wpb_report report = {.generated_at_ms = NOW_MS,
                                             .elapsed_ms = 1420,
                                             .host = "web-17",
                                             .version = "0.1.0"};
    return &report;
}

const struct wpb_report *report_blind(void)
{
    static const struct wpb_report report = {
        .generated_at_ms = NOW_MS,
        .elapsed_ms = 1420,
        .host = "web-17",
        .version = "0.1.0",
        .sites = well_list,
        .site_count = 1,
        .coverage = blind_coverage,
        .coverage_count = COUNT(blind_coverage),
    };
    return &report;
}

const struct wpb_report *report_half_blind(void)
{
    static const struct wpb_coverage coverage[] = {
        {"redis.server",
         "shop",
         WPB_COVERAGE_OK,
         "",
         "commands",
         2,
         2,
         {.commands = 2, .bytes_sent = 56, .bytes_received = 5210, .elapsed_ms = 3},
         NULL},
        {"redis.keyspace",
         "shop",
         WPB_COVERAGE_UNAVAILABLE,
         "unix:///run/redis.sock?db=1: NOPERM this user has no permissions to run the "
         "'scan' command; allow it: ACL SETUSER wpbloat +scan",
         "keys",
         0,
         77726,
         {.commands = 1, .bytes_sent = 30, .bytes_received = 80},
         NULL},
    };
    static const struct wpb_report report = {
        .generated_at_ms = NOW_MS,
        .elapsed_ms = 1420,
        .host = "web-17",
        .version = "0.1.0",
        .sites = well_list,
        .site_count = 1,
        .coverage = coverage,
        .coverage_count = COUNT(coverage),
    };
    return &report;
}

/* A terminal's escapes, newlines, markup, a forged end of Nagios' text, shell and
 * JSON syntax, bytes that are not UTF-8, a person, a direction override. */
#define EVIL                                                                             \
    "\x1b[2J\x1b]0;pwned\x07 line\nline\r\ttab </script><img src=x> & \"quoted\" "       \
    "'single' `id` $(id) | 'critical'=0;;0 \\u0000 \xff\xfe\xc3( "                       \
    "jane.doe@example.test \xe2\x80\xae\xe2\x80\x8b\xc2\x9b end"
#define EVIL_BYTES WPB_SLICE("\0nul\0" EVIL "\0")

static const struct wpb_unresolved evil_unresolved[] = {
    {"WP_REDIS_PASSWORD" EVIL, "/srv/" EVIL, UINT32_MAX, EVIL}};

static const struct wpb_site evil_site = {
    .name = EVIL,
    .owner = EVIL,
    .path = "/srv/" EVIL,
    .config_file = EVIL,
    .content_dir = EVIL,
    .plugin_dir = EVIL,
    .mu_plugin_dir = EVIL,
    .theme_dir = EVIL,
    .wp_version = EVIL,
    .table_prefix = EVIL,
    .db_name = EVIL,
    .db_host = EVIL,
    .is_multisite = true,
    .flavour = WPB_FLAVOUR_UNKNOWN,
    .flavour_version = EVIL,
    .flavour_note = EVIL,
    .has_redis = true,
    .redis =
        {.host = EVIL, .port = 65535, .path = EVIL, .user = EVIL, .password = "secret"},
    .has_key_prefix = true,
    .key_prefix = "\0" EVIL,
    .key_prefix_len = sizeof("\0" EVIL) - 1,
    .memory_limit_bytes = UINT64_MAX,
    .memory_limit_source = EVIL,
    .php_version = UINT32_MAX,
    .unresolved = evil_unresolved,
    .unresolved_count = 1,
};
static const struct wpb_site *const evil_list[] = {&evil_site};

static const struct wpb_coverage evil_coverage[] = {
    {"redis.keyspace",
     EVIL,
     WPB_COVERAGE_UNAVAILABLE,
     EVIL,
     EVIL,
     UINT64_MAX,
     UINT64_MAX,
     {.commands = UINT64_MAX, .bytes_sent = UINT64_MAX, .elapsed_ms = UINT64_MAX},
     NULL},
    {"redis.values",
     EVIL,
     WPB_COVERAGE_PARTIAL,
     EVIL,
     "values",
     9007199254740993,
     0,
     {.commands = 0},
     NULL},
};

static const struct wpb_subject evil_subject = {WPB_SUBJECT_REDIS_KEY, EVIL_BYTES,
                                                EVIL_BYTES, NULL};

static const struct wpb_family_cause evil_families[] = {
    {.template_name = EVIL_BYTES,
     .names = UINT64_MAX,
     .share_ratio = 0.0 / 0.0,
     .has_source = true,
     .was_searched = true,
     .component = EVIL_BYTES,
     .file = EVIL_BYTES,
     .line = UINT64_MAX,
     .excerpt = EVIL_BYTES,
     .matches = UINT64_MAX},
    {.template_name = EVIL_BYTES, .share_ratio = 1.0 / 0.0, .was_searched = true},
    {.template_name = {NULL, 0}, .share_ratio = -1},
};

static const struct wpb_component_cause evil_components[] = {
    {EVIL_BYTES, UINT64_MAX, UINT64_MAX, 1.0 / 0.0, NULL, EVIL_BYTES, UINT64_MAX},
    {{NULL, 0}, 0, 1, 0.0 / 0.0, NULL, {NULL, 0}, 0},
};

static const struct wpb_evidence evil_evidence[] = {
    {"value_bytes", INTEGER(INT64_MAX), WPB_EXACT},
    {"entries", INTEGER(9007199254740993), WPB_EXACT},
    {"ttl_seconds", INTEGER(INT64_MIN), WPB_EXACT},
    {"share_ratio", NUMBER(0.0 / 0.0), WPB_ESTIMATED},
    {"memory_bytes", NUMBER(1.0 / 0.0), WPB_ESTIMATED},
    {"odd_bytes", NUMBER(-1.5e300), WPB_SAMPLED},
    {"encoding", {.type = WPB_VALUE_TEXT, .text = EVIL_BYTES}, WPB_EXACT},
    {"fails_at_bytes", INTEGER(1), WPB_ESTIMATED},
    {"memory_limit_bytes", INTEGER(INT64_MAX), WPB_EXACT},
};

/* The rules quote what they put into commands; this one did not. */
static const char *const evil_lines[] = {"redis-cli UNLINK " EVIL, EVIL, NULL};

static const struct wpb_finding evil_findings[] = {{
    .code = "cache.notoptions_bloat",
    .severity = WPB_CRITICAL,
    .site = &evil_site,
    .subject = &evil_subject,
    .title = EVIL,
    .summary = EVIL,
    .evidence = evil_evidence,
    .evidence_count = COUNT(evil_evidence),
    .cause = {.kind = "option_families",
              .confidence = "possible",
              .families = evil_families,
              .family_count = COUNT(evil_families),
              .components = evil_components,
              .component_count = COUNT(evil_components),
              .note = EVIL},
    .remedy = {.summary = EVIL,
               .now = evil_lines,
               .for_good = evil_lines,
               .verify = evil_lines,
               .doc = "docs/remedies/cache.notoptions_bloat.md"},
}};

static const struct wpb_key_row evil_keys[] = {
    {EVIL, EVIL_BYTES, EVIL_BYTES, EVIL_BYTES, UINT64_MAX, true, UINT64_MAX, true,
     INT64_MAX},
    {EVIL, EVIL_BYTES, {NULL, 0}, {NULL, 0}, 0, false, 0, true, INT64_MIN},
};
static const struct wpb_group_row evil_groups[] = {
    {EVIL,
     EVIL_BYTES,
     EVIL_BYTES,
     UINT64_MAX,
     UINT64_MAX,
     UINT64_MAX,
     UINT64_MAX,
     WPB_ESTIMATED,
     true,
     {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX},
     true,
     UINT64_MAX,
     true,
     UINT64_MAX,
     UINT64_MAX},
};
static const struct wpb_server_row evil_servers[] = {
    {EVIL, EVIL_BYTES, EVIL_BYTES, EVIL_BYTES, EVIL_BYTES, true, UINT64_MAX, UINT64_MAX,
     true, UINT64_MAX, UINT64_MAX},
};

static const struct wpb_database_row evil_databases[] = {
    {EVIL, EVIL_BYTES, EVIL_BYTES, true, UINT64_MAX, UINT64_MAX, UINT64_MAX, true,
     UINT64_MAX, UINT64_MAX},
};
static const struct wpb_table_row evil_tables[] = {
    {EVIL, EVIL_BYTES, EVIL_BYTES, EVIL_BYTES, true, UINT64_MAX, UINT64_MAX, UINT64_MAX,
     true, true, UINT64_MAX, true, 1, UINT64_MAX},
};
static const struct wpb_option_row evil_options[] = {
    {EVIL, EVIL_BYTES, EVIL_BYTES, UINT64_MAX, true, true},
};
static const struct wpb_meta_key_row evil_meta_keys[] = {
    {EVIL, EVIL_BYTES, EVIL_BYTES, EVIL_BYTES, EVIL_BYTES, true, UINT64_MAX, true,
     UINT64_MAX, WPB_SAMPLED, true, 0, UINT64_MAX},
};
static const struct wpb_post_row evil_posts[] = {
    {EVIL, EVIL_BYTES, EVIL_BYTES, EVIL_BYTES, EVIL_BYTES, EVIL_BYTES, EVIL_BYTES, true,
     UINT64_MAX, true, UINT64_MAX},
};

const struct wpb_report *report_hostile(void)
{
    static const struct wpb_report report = {
        .generated_at_ms = INT64_MAX,
        .elapsed_ms = 1420,
        .host = EVIL,
        .version = "0.1.0",
        .sites = evil_list,
        .site_count = 1,
        .coverage = evil_coverage,
        .coverage_count = COUNT(evil_coverage),
        .findings = evil_findings,
        .finding_count = COUNT(evil_findings),
        .keys = evil_keys,
        .key_count = COUNT(evil_keys),
        .groups = evil_groups,
        .group_count = COUNT(evil_groups),
        .servers = evil_servers,
        .server_count = COUNT(evil_servers),
        .database = {evil_databases, COUNT(evil_databases), evil_tables,
                     COUNT(evil_tables), evil_options, COUNT(evil_options),
                     evil_meta_keys, COUNT(evil_meta_keys), evil_posts,
                     COUNT(evil_posts)},
    };
    return &report;
}

const struct wpb_explanation *explanation_incident(void)
{
    static const struct wpb_explained_path paths[] = {
        {WPB_SLICE(""), WPB_SLICE("array"), 3971911, 65768},
        {WPB_SLICE("rewrite_cache_https://shop.example.test/collection/linen-and-oak"),
         WPB_SLICE("boolean"), 4, 0},
    };
    static const struct wpb_explanation explanation = {
        .kind = "redis_key",
        .scope = SCOPE,
        .name = WPB_SLICE(NOTOPTIONS),
        .encoding = WPB_SLICE("serialize"),
        .value_bytes = 3971911,
        .examined_bytes = 3971911,
        .has_memory_bytes = true,
        .has_ttl = true,
        .has_entries = true,
        .has_cost = true,
        .memory_bytes = 4194400,
        .ttl_seconds = -1,
        .entries = 65768,
        .php_version = 80200,
        .php_value_bytes = 8400000,
        .php_read_peak_bytes = 16300000,
        .php_rewrite_peak_bytes = 25000000,
        .provenance = WPB_EXACT,
        .memory_limit_bytes = 134217728,
        .paths = paths,
        .path_count = COUNT(paths),
        .families = notoptions_families,
        .family_count = COUNT(notoptions_families),
    };
    return &explanation;
}

const struct wpb_explanation *explanation_flawed(void)
{
    static const struct wpb_explanation explanation = {
        .kind = "file",
        .name = WPB_SLICE("/tmp/value.bin"),
        .encoding = WPB_SLICE("serialize"),
        .value_bytes = 3971911,
        .examined_bytes = 1048576,
        .flaw = WPB_SLICE("invalid at byte 1048576: expected '\"', the input ends"),
    };
    return &explanation;
}

const struct wpb_explanation *explanation_wrapped(void)
{
    static struct wpb_explanation explanation;

    explanation = *explanation_incident();
    explanation.name = wpb_slice_cstr("2cee3options.notoptions");
    explanation.encoding = wpb_slice_cstr("zstd+serialize");
    explanation.wrapper = wpb_slice_cstr("litespeed");
    explanation.value_bytes = explanation.examined_bytes = 1203344;
    explanation.decoded_bytes = 3971929;
    explanation.path_count = explanation.family_count = 0;
    return &explanation;
}

const struct wpb_explanation *explanation_meta(void)
{
    static const struct wpb_explained_path paths[] = {
        {WPB_SLICE("[0].elements[3].settings.html"), WPB_SLICE("string"), 611204, 0},
        {WPB_SLICE("[2].elements"), WPB_SLICE("array"), 402113, 18}};
    static const struct wpb_explained_row row = {.bytes = 1811204,
                                                 .post = WPB_SLICE("42"),
                                                 .builder = WPB_SLICE("elementor"),
                                                 .role = WPB_SLICE("layout"),
                                                 .has_widgets = true,
                                                 .widgets = 512};
    static const struct wpb_explanation explanation = {
        .kind = "meta",
        .scope = WPB_SLICE("mysql+unix:///run/mysqld/mysqld.sock?db=shop"),
        .name = WPB_SLICE("_elementor_data"),
        .encoding = WPB_SLICE("json"),
        .value_bytes = 1822000,
        .examined_bytes = 1822000,
        .has_entries = true,
        .entries = 14,
        .has_cost = true,
        .php_version = 80200,
        .php_value_bytes = 9812000,
        .php_read_peak_bytes = 12634000,
        .php_rewrite_peak_bytes = 13456000,
        .memory_limit_bytes = 128 << 20,
        .paths = paths,
        .path_count = COUNT(paths),
        .row = &row};
    return &explanation;
}

const struct wpb_explanation *explanation_option(void)
{
    static const struct wpb_explained_row row = {.bytes = 65535,
                                                 .has_autoloaded = true,
                                                 .is_autoloaded = true,
                                                 .builder = WPB_SLICE("avada"),
                                                 .role = WPB_SLICE("per page")};
    static const struct wpb_explanation explanation = {
        .kind = "option",
        .scope = WPB_SLICE("mysql://db.example/shop"),
        .name = WPB_SLICE("fusion_dynamic_css_posts"),
        .encoding = WPB_SLICE("serialize"),
        .value_bytes = 65535,
        .examined_bytes = 65535,
        .flaw = WPB_SLICE("cut at 65,535 bytes, the limit of a TEXT column; invalid at "
                          "byte 65535: expected a digit or ';', and the value ends"),
        .row = &row};
    return &explanation;
}

const struct wpb_explanation *explanation_hostile(void)
{
    static const struct wpb_explained_path paths[] = {
        {EVIL_BYTES, EVIL_BYTES, UINT64_MAX, UINT64_MAX}};
    static const struct wpb_explained_row row = {.bytes = 1,
                                                 .post = WPB_SLICE("1"),
                                                 .builder = EVIL_BYTES,
                                                 .role = WPB_SLICE("layout")};
    static const struct wpb_explanation explanation = {
        .kind = "redis_key",
        .row = &row,
        .scope = EVIL_BYTES,
        .name = EVIL_BYTES,
        .encoding = EVIL_BYTES,
        .value_bytes = UINT64_MAX,
        .examined_bytes = 0,
        .has_memory_bytes = true,
        .has_ttl = true,
        .has_entries = true,
        .has_cost = true,
        .memory_bytes = UINT64_MAX,
        .ttl_seconds = INT64_MIN,
        .entries = UINT64_MAX,
        .php_version = UINT32_MAX,
        .php_value_bytes = UINT64_MAX,
        .php_read_peak_bytes = UINT64_MAX,
        .php_rewrite_peak_bytes = UINT64_MAX,
        .provenance = WPB_ESTIMATED,
        .memory_limit_bytes = UINT64_MAX,
        .paths = paths,
        .path_count = COUNT(paths),
        .families = evil_families,
        .family_count = COUNT(evil_families),
        .flaw = EVIL_BYTES,
    };
    return &explanation;
}
