#include "agent/rules/cache.h"

#include <stdlib.h>

#include "agent/rules/ranking.h"

#define PATHS_SHOWN 5

static uint64_t known_count(const struct wpb_rule_context *context,
                            const struct wpb_subject *key, enum wpb_metric metric,
                            bool *is_known)
{
    int64_t value = wpb_window_integer(context->window, key, metric, -1);

    *is_known = value >= 0;
    return value >= 0 ? (uint64_t)value : 0;
}

static void read_size(const struct wpb_rule_context *context,
                      struct wpb_cache_entry *entry)
{
    entry->shown = known_count(context, entry->key, WPB_M_VALUE_BYTES, &entry->is_exact);
    entry->bytes = entry->shown;
    entry->has_bytes = entry->is_exact;
    if (entry->is_exact)
        return;
    entry->shown =
        known_count(context, entry->key, WPB_M_MEMORY_BYTES, &entry->has_bytes);
    /* At most a quarter above the length; no product, it could overflow. */
    entry->bytes = entry->shown - entry->shown / 5;
}

bool wpb_cache_entry_next(const struct wpb_rule_context *context, size_t *cursor,
                          struct wpb_cache_entry *entry)
{
    const struct wpb_window *window = context->window;
    const struct wpb_subject *key;
    const struct wpb_sample *ttl;
    bool has_peak;

    do {
        key = wpb_window_next(window, WPB_SUBJECT_REDIS_KEY, NULL, cursor);
    } while (key && wpb_window_integer(window, key, WPB_M_PRESENT, 1) == 0);
    if (!key)
        return false;

    *entry = (struct wpb_cache_entry){.key = key};
    entry->role = wpb_window_text(window, key, WPB_M_KEY_ROLE);
    entry->group = wpb_window_text(window, key, WPB_M_GROUP);
    read_size(context, entry);
    entry->entries = known_count(context, key, WPB_M_ENTRIES, &entry->has_entries);
    ttl = wpb_window_get(window, key, WPB_M_TTL_SECONDS);
    entry->has_ttl = ttl && ttl->value.type == WPB_VALUE_INTEGER;
    entry->ttl_seconds = entry->has_ttl ? ttl->value.integer : 0;
    entry->is_examined = wpb_window_get(window, key, WPB_M_EXAMINED_BYTES) != NULL;
    entry->read_peak = known_count(context, key, WPB_M_PHP_READ_PEAK_BYTES, &has_peak);
    entry->rewrite_peak =
        known_count(context, key, WPB_M_PHP_REWRITE_PEAK_BYTES, &has_peak);
    return true;
}

uint64_t wpb_cache_memory_limit(const struct wpb_rule_context *context)
{
    uint64_t limit = context->site->memory_limit_bytes;

    return limit == UINT64_MAX ? 0 : limit;
}

uint64_t wpb_cache_worst_peak(const struct wpb_cache_entry *entry)
{
    return entry->rewrite_peak > entry->read_peak ? entry->rewrite_peak
                                                  : entry->read_peak;
}

/* A figure against two thresholds of rule CODE. */
static void judge(const struct wpb_rule_context *context, const char *code, double value,
                  const char *warning, const char *critical, int *worst)
{
    if (value >= wpb_rule_option(context, code, critical))
        *worst = WPB_CRITICAL;
    else if (value >= wpb_rule_option(context, code, warning) && *worst < WPB_WARNING)
        *worst = WPB_WARNING;
}

static bool is_judged(int worst, enum wpb_severity *severity)
{
    if (worst < 0)
        return false;
    *severity = (enum wpb_severity)worst;
    return true;
}

bool wpb_cache_judge_alloptions(const struct wpb_rule_context *context,
                                const struct wpb_cache_entry *entry,
                                enum wpb_severity *severity)
{
    int worst = -1;

    if (wpb_slice_is(entry->role, "alloptions") && entry->has_bytes)
        judge(context, "cache.alloptions_large", (double)entry->bytes, "warning_bytes",
              "critical_bytes", &worst);
    return is_judged(worst, severity);
}

bool wpb_cache_judge_notoptions(const struct wpb_rule_context *context,
                                const struct wpb_cache_entry *entry,
                                enum wpb_severity *severity)
{
    static const char code[] = "cache.notoptions_bloat";
    uint64_t limit = wpb_cache_memory_limit(context);
    int worst = -1;

    if (!wpb_slice_is(entry->role, "notoptions"))
        return false;
    if (entry->has_bytes)
        judge(context, code, (double)entry->bytes, "warning_bytes", "critical_bytes",
              &worst);
    if (entry->has_entries)
        judge(context, code, (double)entry->entries, "warning_names", "critical_names",
              &worst);
    if (limit)
        judge(context, code, (double)wpb_cache_worst_peak(entry) / (double)limit,
              "warning_peak_ratio", "critical_peak_ratio", &worst);
    return is_judged(worst, severity);
}

bool wpb_cache_judge_decode_peak(const struct wpb_rule_context *context,
                                 const struct wpb_cache_entry *entry,
                                 enum wpb_severity *severity)
{
    uint64_t limit = wpb_cache_memory_limit(context);
    enum wpb_severity other;
    int worst = -1;

    if (!limit || !entry->is_examined ||
        wpb_cache_judge_notoptions(context, entry, &other))
        return false;
    judge(context, "cache.entry_decode_peak",
          (double)wpb_cache_worst_peak(entry) / (double)limit, "warning_ratio",
          "critical_ratio", &worst);
    return is_judged(worst, severity);
}

void wpb_cache_draft_ttl(struct wpb_draft *draft, const struct wpb_cache_entry *entry)
{
    /* Null says that it never expires; an unknown TTL says nothing. */
    if (entry->has_ttl && entry->ttl_seconds >= 0)
        wpb_draft_sample(draft, "ttl_seconds", WPB_M_TTL_SECONDS);
    else if (entry->has_ttl)
        wpb_draft_fact(draft, "ttl_seconds", wpb_value_none(), WPB_EXACT);
}

void wpb_cache_draft_entry(struct wpb_draft *draft, const struct wpb_cache_entry *entry)
{
    wpb_draft_known(draft, "value_bytes", WPB_M_VALUE_BYTES);
    if (!entry->is_exact)
        wpb_draft_known(draft, "memory_bytes", WPB_M_MEMORY_BYTES);
    wpb_draft_known(draft, "entries", WPB_M_ENTRIES);
    wpb_cache_draft_ttl(draft, entry);
    wpb_draft_known(draft, "examined_bytes", WPB_M_EXAMINED_BYTES);
    wpb_draft_known(draft, "php_value_bytes", WPB_M_PHP_VALUE_BYTES);
    wpb_draft_known(draft, "php_read_peak_bytes", WPB_M_PHP_READ_PEAK_BYTES);
    wpb_draft_known(draft, "php_rewrite_peak_bytes", WPB_M_PHP_REWRITE_PEAK_BYTES);
    if (wpb_cache_memory_limit(draft->context))
        wpb_cache_draft_limit(draft);
}

void wpb_cache_draft_limit(struct wpb_draft *draft)
{
    uint64_t limit = wpb_cache_memory_limit(draft->context);

    wpb_draft_fact(draft, "memory_limit_bytes",
                   limit ? wpb_value_count(limit) : wpb_value_none(), WPB_EXACT);
}

const char *wpb_cache_say_size(struct wpb_arena *arena,
                               const struct wpb_cache_entry *entry)
{
    const char *size = wpb_say_bytes(arena, entry->shown);

    return entry->is_exact ? size : wpb_arena_printf(arena, "%s of Redis memory", size);
}

const char *wpb_cache_say_ttl(struct wpb_arena *arena,
                              const struct wpb_cache_entry *entry)
{
    if (!entry->has_ttl)
        return "";
    if (entry->ttl_seconds < 0)
        return "no TTL";
    return wpb_arena_printf(arena, "expires in %s",
                            wpb_say_duration(arena, entry->ttl_seconds));
}

const char *wpb_cache_say_paths(const struct wpb_rule_context *context,
                                const struct wpb_subject *key)
{
    const struct wpb_subject *path;
    struct wpb_ranking ranking;
    size_t cursor = 0;

    wpb_ranking_init(&ranking, PATHS_SHOWN);
    while ((path = wpb_window_next(context->window, WPB_SUBJECT_PATH, key, &cursor))) {
        int64_t size = wpb_window_integer(context->window, path, WPB_M_VALUE_BYTES, 0);
        if (size > 0)
            wpb_ranking_add(&ranking, path, (uint64_t)size);
    }
    if (ranking.count == 0)
        return "";
    return wpb_arena_printf(context->arena, "Heaviest inside: %s.",
                            wpb_ranking_say_bytes(&ranking, context->arena));
}

void wpb_cache_draft_ceiling(struct wpb_draft *draft)
{
    switch (draft->context->site->flavour) {
    case WPB_FLAVOUR_REDIS_CACHE:
        wpb_draft_line(&draft->for_good,
                       "In wp-config.php, this gives every entry written from then on an "
                       "expiry of at most a day:");
        wpb_draft_line(&draft->for_good, "define( 'WP_REDIS_MAXTTL', 86400 );");
        break;
    case WPB_FLAVOUR_WP_REDIS:
        wpb_draft_line(&draft->for_good,
                       "In wp-config.php, this gives entries that are stored from then "
                       "on without saying for how long an expiry of a day:");
        wpb_draft_line(&draft->for_good,
                       "define( 'WP_REDIS_DEFAULT_EXPIRE_SECONDS', 86400 );");
        break;
    case WPB_FLAVOUR_OBJECT_CACHE_PRO:
        wpb_draft_line(&draft->for_good,
                       "In WP_REDIS_CONFIG of wp-config.php, 'maxttl' => 86400 gives "
                       "every entry written from then on an expiry of at most a day.");
        break;
    default:
        break;
    }
}

unsigned wpb_cache_wordpress_version(const struct wpb_site *site)
{
    unsigned long major, minor;
    char *end;

    if (!site->wp_version)
        return 0;
    major = strtoul(site->wp_version, &end, 10);
    if (*end != '.' || major == 0 || major > 99)
        return 0;
    minor = strtoul(end + 1, NULL, 10);
    return minor > 99 ? 0 : (unsigned)(major * 100 + minor);
}
