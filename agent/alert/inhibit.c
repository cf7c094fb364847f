#include "agent/alert/inhibit.h"

#include <string.h>

/* Where a rule leaves a subject to another one by itself, a row is there for the time in
 * which the one has not cleared and the other fires already. */
const struct wpb_inhibit wpb_inhibits[] = {
    {"builder.post_meta_entry", "builder.layout_heavy", WPB_TIE_PART, false,
     "the layout is a part of the post's metadata, whose remedy begins with it"},
    {"cache.alloptions_large", "cache.entry_decode_peak", WPB_TIE_SUBJECT, false,
     "the memory comes of the size"},
    {"cache.alloptions_large", "cache.entry_large", WPB_TIE_SUBJECT, false,
     "the same size, told by the rule that knows what the entry is"},
    {"cache.alloptions_large", "cache.write_churn", WPB_TIE_SUBJECT, false,
     "each changed option writes the whole entry: a small one would not count"},
    {"cache.eviction_pressure", "cache.low_hit_ratio", WPB_TIE_SUBJECT, false,
     "what Redis had to remove is not found"},
    {"cache.notoptions_bloat", "cache.entry_decode_peak", WPB_TIE_SUBJECT, false,
     "the memory comes of the names in the list"},
    {"cache.notoptions_bloat", "cache.entry_large", WPB_TIE_SUBJECT, false,
     "the same size, told by the rule that knows what the entry is"},
    {"cache.notoptions_bloat", "cache.write_churn", WPB_TIE_SUBJECT, false,
     "each new name writes the whole list"},
    {"cache.ttlless_share", "cache.eviction_pressure", WPB_TIE_SUBJECT, false,
     "Redis removes the few keys with an expiry because the others fill its memory"},
    {"cache.ttlless_share", "cache.memory_forecast", WPB_TIE_SUBJECT, true,
     "the memory is nearly full: when it will be is no news any more"},
    {"database.autoload_large", "cache.alloptions_large", WPB_TIE_SITE, false,
     "the entry holds what the database autoloads, where its owners are known"},
    {"database.autoload_large", "database.autoload_option_large", WPB_TIE_SCOPE, false,
     "the option is a part of the sum, which names the heaviest"},
    {"database.cron_bloat", "database.autoload_option_large", WPB_TIE_SUBJECT, false,
     "the same option, told by the rule that knows what it holds"},
    {"database.transients_exploding", "database.transients_expired", WPB_TIE_SUBJECT,
     false, "those past their time are a part of those that are too many"},
    {"requests.fatals", "requests.memory_headroom", WPB_TIE_PART, false,
     "requests have run out of memory already"},
    {"requests.knee", "requests.pool_saturated", WPB_TIE_SUBJECT, false,
     "the workers are busy because more comes than can be done: the root says what ends "
     "first"},
    {"requests.knee", "requests.queue", WPB_TIE_SUBJECT, false,
     "beyond the rate at which the pool breaks requests wait"},
    {"requests.lock_contention", "requests.work_grows_with_concurrency", WPB_TIE_SITE,
     false, "the more run at once, the more wait for the lock"},
    {"requests.pool_saturated", "requests.queue", WPB_TIE_SUBJECT, false,
     "while no worker is free, requests wait for one"},
    {"requests.work_grows_with_data", "requests.ttfb_regression", WPB_TIE_SUBJECT, false,
     "they take longer because there is more data"},
    {.root = NULL},
};

static uint64_t rows_with(const char *code, bool as_root)
{
    uint64_t rows = 0;

    for (size_t i = 0; wpb_inhibits[i].root; i++) {
        if (strcmp(as_root ? wpb_inhibits[i].root : wpb_inhibits[i].derived, code) == 0)
            rows |= (uint64_t)1 << i;
    }
    return rows;
}

uint64_t wpb_inhibit_as_root(const char *code)
{
    return rows_with(code, true);
}

uint64_t wpb_inhibit_as_derived(const char *code)
{
    return rows_with(code, false);
}
