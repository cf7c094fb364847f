#include "agent/rules/baseline.h"

#include "agent/rules/cache.h"

const struct wpb_subject *wpb_baseline_route(const struct wpb_rule_context *context,
                                             uint64_t *peak_bytes)
{
    const struct wpb_subject *route, *largest = NULL;
    size_t cursor = 0;

    *peak_bytes = 0;
    while ((route = wpb_window_next(context->window, WPB_SUBJECT_ROUTE, NULL, &cursor))) {
        int64_t peak =
            wpb_window_integer(context->window, route, WPB_M_REQUEST_PEAK_BYTES, 0);
        if (wpb_window_integer(context->window, route, WPB_M_REQUESTS, 0) <
                WPB_BASELINE_REQUESTS_MIN ||
            peak <= 0 || (uint64_t)peak <= *peak_bytes)
            continue;
        *peak_bytes = (uint64_t)peak;
        largest = route;
    }
    return largest;
}

/* What the entry, once decoded, keeps of every request's memory. */
static uint64_t held_by_all(const struct wpb_rule_context *context,
                            const struct wpb_subject *key)
{
    struct wpb_slice role = wpb_window_text(context->window, key, WPB_M_KEY_ROLE);
    int64_t held = wpb_window_integer(context->window, key, WPB_M_PHP_VALUE_BYTES, 0);
    bool is_of_all = wpb_slice_is(role, "notoptions") || wpb_slice_is(role, "alloptions");

    return is_of_all && held > 0 ? (uint64_t)held : 0;
}

bool wpb_baseline_besides(const struct wpb_rule_context *context,
                          const struct wpb_subject *key, uint64_t *bytes)
{
    double told = wpb_rule_option(context, "cache.entry_growth", "baseline_bytes");
    uint64_t peak, held;

    if (told > 0) {
        *bytes = (uint64_t)told;
        return true;
    }
    if (!wpb_baseline_route(context, &peak))
        return false;
    held = held_by_all(context, key);
    *bytes = peak > held ? peak - held : 0;
    return true;
}

uint64_t wpb_baseline_fails_at(const struct wpb_rule_context *context,
                               const struct wpb_subject *key, uint64_t fails_at)
{
    uint64_t limit = wpb_cache_memory_limit(context), besides;
    double left;

    if (!limit || !wpb_baseline_besides(context, key, &besides))
        return fails_at;
    left = besides < limit ? (double)(limit - besides) : 0;
    return (uint64_t)((double)fails_at * left / (double)limit) + (left > 0 ? 0 : 1);
}
