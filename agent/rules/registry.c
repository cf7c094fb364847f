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
    {.code = NULL},
};

static int compare(const void *a, const void *b)
{
    return wpb_finding_compare(a, b);
}

void wpb_rules_evaluate(const struct wpb_window *window,
                        const struct wpb_rule_values *values,
                        struct wpb_findings *findings)
{
    struct wpb_rule_context context = {
        .window = window,
        .site = wpb_window_site(window),
        .values = values,
        .findings = findings,
        .arena = findings->arena,
    };

    for (const struct wpb_rule *rule = wpb_rules; rule->code; rule++) {
        context.rule = rule;
        rule->evaluate(&context);
    }
    if (findings->count)
        qsort(findings->items, findings->count, sizeof(findings->items[0]), compare);
}
