#include "agent/output/evidence.h"

#include <inttypes.h>
#include <math.h>

#include "agent/base/text.h"
#include "agent/output/prose.h"
#include "wpbloat/site.h"

struct wording {
    const char *name;
    const char *label;
    const char *meaning; /* follows the value */
    const char *if_null; /* stands for it; NULL: "unknown" */
    const char *inexact; /* stands before an inexact value; NULL: "about" */
    bool shows_exact;    /* the exact number in parentheses */
};

static const struct wording wordings[] = {
    {"value_bytes", "size of the entry", NULL, NULL, NULL, true},
    {"memory_bytes", "memory in Redis", NULL, NULL, NULL, false},
    {"examined_bytes", "of it, looked into", NULL, NULL, NULL, false},
    {"entries", "entries in it", NULL, NULL, NULL, false},
    {"names", "names in it", NULL, NULL, NULL, false},
    {"ttl_seconds", "lifetime", NULL, "never expires", NULL, false},
    {"encoding", "encoding", NULL, NULL, NULL, false},
    {"php_value_bytes", "PHP memory it holds", NULL, NULL, NULL, false},
    {"php_read_peak_bytes", "PHP memory to load it", ", in each request that reads it",
     NULL, NULL, false},
    {"php_rewrite_peak_bytes", "PHP memory to rewrite it",
     ", in each request that changes it", NULL, NULL, false},
    {"memory_limit_bytes", "PHP memory_limit", NULL, NULL, NULL, false},
    {"baseline_peak_bytes", "rest of a request", NULL, "not measured, counted as 0", NULL,
     false},
    {"fails_at_bytes", "fails at", NULL, NULL, "at most", false},
    {"keys", "keys", NULL, NULL, NULL, false},
    {"ttlless_keys", "keys that never expire", NULL, NULL, NULL, false},
    {"ttlless_bytes", "memory of those keys", NULL, NULL, NULL, false},
    {"ttlless_share_ratio", "share that never expires", NULL, NULL, NULL, false},
    {"limit_share_ratio", "part of memory_limit", NULL, NULL, NULL, false},
    {"share_ratio", "share", NULL, NULL, NULL, false},
    {"used_memory_bytes", "memory Redis uses", NULL, NULL, NULL, false},
    {"maxmemory_bytes", "maxmemory", NULL, "not set", NULL, false},
    {"maxmemory_policy", "maxmemory-policy", NULL, NULL, NULL, false},
    {"used_ratio", "part of maxmemory used", NULL, NULL, NULL, false},
    {"evicted_keys", "keys evicted so far", NULL, NULL, NULL, false},
    {"evictions_per_second", "evictions a second", NULL, NULL, NULL, false},
    {"uptime_seconds", "Redis started", " ago", NULL, NULL, false},
    {"hit_ratio", "look-ups that find it", NULL, NULL, NULL, false},
    {"keyspace_hits", "look-ups that found it", NULL, NULL, NULL, false},
    {"own_hits", "of those, by wpbloat", NULL, NULL, NULL, false},
    {"keyspace_misses", "look-ups that did not", NULL, NULL, NULL, false},
    {"orphan_keys", "entries nobody reads", NULL, NULL, "at least", false},
    {"orphan_bytes", "memory they take", NULL, NULL, "at least", false},
    {"orphan_share_ratio", "part of all keys", NULL, NULL, "at least", false},
    {"stamped_keys", "names with a stamp", NULL, NULL, NULL, false},
    {"largest_group", "largest group", NULL, NULL, NULL, false},
    {"written_bytes_per_second", "written a second", NULL, NULL, "at least", false},
    {"writes_per_second", "writes a second", NULL, NULL, "at least", false},
    {"prefix_sites", "sites that share it", NULL, NULL, NULL, false},
    {"prefix_site_names", "their names", NULL, NULL, NULL, false},
    {"key_prefix", "keys begin with", NULL, NULL, NULL, false},
    {"oldest_seconds", "oldest in it", NULL, NULL, NULL, false},
    {"newest_seconds", "newest in it", NULL, NULL, NULL, false},
    {"misencoded_keys", "entries like this", NULL, NULL, NULL, false},
    {"flaw", "what is wrong", NULL, NULL, NULL, false},
    {"mean_entry_bytes", "mean size of one", NULL, NULL, NULL, false},
    {"autoload_bytes", "autoloaded values", NULL, NULL, NULL, true},
    {"options", "autoloaded options", NULL, NULL, NULL, false},
    {"held_by_40_requests_bytes", "held by 40 requests", NULL, NULL, "at least", false},
    {"ram_bytes", "memory of this machine", NULL, NULL, NULL, false},
    {"row_bytes", "size in the database", NULL, NULL, NULL, true},
    {"data_bytes", "size of the table", NULL, NULL, NULL, false},
    {"autoloaded", "loaded by every request", NULL, NULL, NULL, false},
    {"transient_bytes", "their values", NULL, NULL, NULL, false},
    {"expired", "of them, expired", NULL, NULL, NULL, false},
    {"expired_bytes", "values of those", NULL, NULL, NULL, false},
    {"without_timeout", "that never expire", NULL, NULL, NULL, false},
    {"events", "scheduled events", NULL, NULL, NULL, false},
    {"events_overdue", "of them, overdue", NULL, NULL, NULL, false},
    {"overdue_seconds", "the oldest, for", NULL, NULL, NULL, false},
    {"events_duplicate", "more of one hook", NULL, NULL, NULL, false},
    {"duplicate_hook", "that hook", NULL, NULL, NULL, false},
    {"largest_bytes", "the largest seen", NULL, NULL, NULL, false},
    {"expiry_indexed", "index on its expiry", NULL, NULL, NULL, false},
    {"legacy_sessions", "sessions as options", NULL, NULL, NULL, false},
    {"past_due", "late by a day or more", NULL, NULL, NULL, false},
    {"oldest_row_seconds", "age of the oldest row", NULL, NULL, NULL, false},
    {"log_rows", "rows of its log", NULL, NULL, NULL, false},
    {"names_checked", "names looked up", NULL, NULL, NULL, false},
    {"names_found", "of them, that exist", NULL, NULL, NULL, false},
    {"example_name", "for example", NULL, NULL, NULL, false},
    {"post_id", "post", NULL, NULL, NULL, false},
    {"post_type", "type", NULL, NULL, NULL, false},
    {"post_status", "status", NULL, NULL, NULL, false},
    {"post_path", "address", NULL, NULL, NULL, false},
    {"entry_bytes", "as cache entry", NULL, "not known", NULL, true},
    {"largest_meta_key", "heaviest field", NULL, NULL, NULL, false},
    {"largest_meta_bytes", "size of that field", NULL, NULL, NULL, false},
    {"layout_decode_bytes", "to decode its layout", NULL, NULL, NULL, false},
    {"bytes_per_request", "moved for each view", NULL, NULL, NULL, false},
    {"css_bytes", "compiled CSS", NULL, NULL, NULL, true},
    {"largest_page_css_bytes", "most of one page", NULL, NULL, NULL, false},
    {"setting_value", "is set to", NULL, NULL, NULL, false},
    {"widgets", "elements", NULL, NULL, NULL, false},
    {"revision_bytes", "their copies", NULL, NULL, NULL, false},
    {"growth_bytes_per_day", "grows by", " a day", NULL, NULL, false},
    {"growth_rows_per_day", "grows by", " rows a day", NULL, NULL, false},
    {"full_at_bytes", "full at", NULL, NULL, NULL, false},
    {"limit_bytes", "too much is", NULL, NULL, NULL, false},
    {"limit_rows", "too much is", " rows", NULL, NULL, false},
    {"pool_bytes", "InnoDB's buffer pool", NULL, NULL, NULL, false},
    {"capacity_per_second", "breaks near", " requests a second", NULL, NULL, false},
    {"capacity_low_per_second", "at the least", NULL, NULL, NULL, false},
    {"capacity_high_per_second", "at the most", NULL, NULL, NULL, false},
    {"requests_per_second", "requests a second, now", NULL, NULL, NULL, false},
    {"busiest_per_second", "in the busiest window", NULL, NULL, NULL, false},
    {"knee_per_second", "waiting is felt from", " requests a second", NULL, NULL, false},
    {"knee_wait_seconds", "one in twenty waits then", NULL, NULL, NULL, false},
    {"first_bottleneck", "ends first", NULL, NULL, NULL, false},
    {"bottleneck_demand_seconds", "each request takes of it", NULL, NULL, NULL, false},
    {"service_seconds", "time of a request", NULL, NULL, NULL, false},
    {"service_earlier_seconds", "time of one before", NULL, NULL, NULL, false},
    {"slower_ratio", "of the time before", NULL, NULL, NULL, false},
    {"request_cpu_seconds", "processor time of it", NULL, NULL, NULL, false},
    {"max_children", "PHP workers at most", NULL, NULL, NULL, false},
    {"work_windows", "windows looked at", NULL, NULL, NULL, false},
    {"lock_table", "table of the lock", NULL, NULL, NULL, false},
    {"lock_statement", "what waits for it", NULL, NULL, NULL, false},
    {"repeated_statement", "asked again and again", NULL, NULL, NULL, false},
    {"repeated_per_request", "times in each request", NULL, NULL, NULL, false},
    {"culprit_component", "component", NULL, NULL, NULL, false},
    {"culprit_file", "file", NULL, NULL, NULL, false},
    {"culprit_line", "line", NULL, NULL, NULL, false},
    {"lock_looks", "looks in a day", NULL, NULL, NULL, false},
    {"lock_wait_looks", "of them, met who waits", NULL, NULL, NULL, false},
    {"lock_wait_looks_ratio", "part of the looks", NULL, NULL, NULL, false},
    {"lock_waiters", "most that waited at once", NULL, NULL, NULL, false},
    {"lock_index", "index", NULL, NULL, NULL, false},
    {"lock_holder", "what the holder was at", NULL, NULL, NULL, false},
    {"lock_held_seconds", "longest it was held", NULL, NULL, NULL, false},
    {"statements_per_request", "times in each request", NULL, NULL, NULL, false},
    {"executions_per_second", "times a second", NULL, NULL, NULL, false},
    {"execution_seconds", "time of one", NULL, NULL, NULL, false},
    {"execution_rows", "rows that one reads", NULL, NULL, NULL, false},
    {"table_name", "table", NULL, NULL, NULL, false},
    {"quantity", "what grows", NULL, NULL, NULL, false},
    {"effect_ratio", "by, of its mean", NULL, NULL, NULL, false},
    {"per_request", "of a request, on average", NULL, NULL, NULL, false},
    {"per_request_low", "at the usual low", NULL, NULL, NULL, false},
    {"per_request_high", "at the usual high", NULL, NULL, NULL, false},
    {"per_request_seconds", "of a request, on average", NULL, NULL, NULL, false},
    {"per_request_low_seconds", "at the usual low", NULL, NULL, NULL, false},
    {"per_request_high_seconds", "at the usual high", NULL, NULL, NULL, false},
    {"per_request_bytes", "of a request, on average", NULL, NULL, NULL, false},
    {"per_request_low_bytes", "at the usual low", NULL, NULL, NULL, false},
    {"per_request_high_bytes", "at the usual high", NULL, NULL, NULL, false},
    {"at_once_low", "requests at once then", NULL, NULL, NULL, false},
    {"at_once_high", "and at the usual high", NULL, NULL, NULL, false},
    {"slow_traces", "slow requests in a day", NULL, NULL, NULL, false},
    {"slow_share_ratio", "of all slow requests", NULL, NULL, NULL, false},
    {"source_file", "file", NULL, NULL, NULL, false},
    {"source_line", "line", NULL, NULL, NULL, false},
    {"code_function", "function", NULL, NULL, NULL, false},
    {"code_doing", "what it was at", NULL, NULL, NULL, false},
    {"workers_busy", "busy workers", NULL, NULL, NULL, false},
    {"workers_idle", "free workers", NULL, NULL, NULL, false},
    {"queued", "connections that wait", NULL, NULL, NULL, false},
    {"accept_backlog", "room in the queue", NULL, NULL, NULL, false},
    {"pool_looks", "looks in 15 minutes", NULL, NULL, NULL, false},
    {"full_looks", "of them, without a free one", NULL, NULL, NULL, false},
    {"children_reached", "pm.max_children reached", " times since its start", NULL, NULL,
     false},
    {"wait_ahead_seconds", "the last in line waits", NULL, NULL, NULL, false},
    {"memory_errors_hour", "no memory, last hour", " requests", NULL, NULL, false},
    {"memory_errors_day", "no memory, last day", " requests", NULL, NULL, false},
    {"other_errors_hour", "other errors, last hour", NULL, NULL, NULL, false},
    {"other_errors_day", "other errors, last day", NULL, NULL, NULL, false},
    {"tried_bytes", "the last straw", NULL, NULL, NULL, false},
    {"largest_entry", "largest cache entry", NULL, NULL, NULL, false},
    {"largest_entry_bytes", "size of that entry", NULL, NULL, NULL, false},
    {"largest_entry_peak_bytes", "PHP memory for it", NULL, NULL, NULL, false},
    {"largest_entry_adds_bytes", "PHP memory for it", NULL, NULL, NULL, false},
    {"request_peak_bytes", "usual peak of a request", NULL, NULL, NULL, false},
    {"request_peak_most_bytes", "the most that was told", NULL, NULL, NULL, false},
    {"requests", "requests looked at", NULL, NULL, NULL, false},
    {"all_workers_bytes", "all workers together", NULL, NULL, NULL, false},
    {"ram_share_ratio", "part of that memory", NULL, NULL, NULL, false},
    {"cache_per_request_bytes", "from Redis, each request", NULL, NULL, NULL, false},
    {"cache_bytes_per_second", "a second, at the busiest", NULL, NULL, NULL, false},
    {"link_bytes_per_second", "what the way carries", " a second", NULL, NULL, false},
    {"link_share_ratio", "part of it in use", NULL, NULL, NULL, false},
};

static const struct wording *wording_of(const char *name)
{
    for (size_t i = 0; i < sizeof(wordings) / sizeof(wordings[0]); i++) {
        if (strcmp(wordings[i].name, name) == 0)
            return &wordings[i];
    }
    return NULL;
}

static bool has_unit(const char *name, const char *unit)
{
    return wpb_slice_ends(wpb_slice_cstr(name), wpb_slice_cstr(unit));
}

void wpb_evidence_label(const struct wpb_evidence *fact, struct wpb_buf *out)
{
    const struct wording *wording = wording_of(fact->name);
    if (wording) {
        wpb_buf_text(out, wording->label);
        return;
    }
    static const char *const units[] = {"_bytes", "_seconds", "_ratio"};
    struct wpb_slice name = wpb_slice_cstr(fact->name);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (has_unit(fact->name, units[i]))
            name.len -= strlen(units[i]);
    }
    for (size_t i = 0; i < name.len; i++)
        wpb_buf_char(out, name.data[i] == '_' ? ' ' : name.data[i]);
}

static bool is_size(const char *name)
{
    return has_unit(name, "_bytes") || has_unit(name, "_bytes_per_second") ||
           has_unit(name, "_bytes_per_day") || strcmp(name, "bytes_per_request") == 0;
}

static bool is_yes_or_no(const char *name)
{
    return strcmp(name, "autoloaded") == 0 || has_unit(name, "_indexed");
}

static void add_integer(const char *name, int64_t integer, struct wpb_buf *out)
{
    if (has_unit(name, "ttl_seconds"))
        wpb_text_ttl(out, integer);
    else if (is_yes_or_no(name))
        wpb_buf_text(out, integer ? "yes" : "no");
    else if (has_unit(name, "_id") || has_unit(name, "_line"))
        wpb_buf_printf(out, "%" PRId64, integer);
    else if (integer < 0)
        wpb_buf_printf(out, "%" PRId64, integer);
    else if (is_size(name))
        wpb_text_bytes(out, (uint64_t)integer);
    else if (has_unit(name, "_seconds"))
        wpb_text_ttl(out, integer);
    else
        wpb_text_count(out, (uint64_t)integer);
}

static void add_number(const char *name, double number, struct wpb_buf *out)
{
    if (!isfinite(number))
        wpb_buf_text(out, "unknown");
    else if (has_unit(name, "_ratio"))
        wpb_buf_printf(out, "%.3g %%", number * 100);
    else if (is_size(name) && number >= 0 && number < 1e18)
        wpb_text_bytes(out, (uint64_t)number);
    else if (!has_unit(name, "_seconds") && number >= 1000 && number < 1e15)
        wpb_text_count(out, (uint64_t)number);
    else if (has_unit(name, "_seconds") && number > 0 && number < 0.01)
        wpb_buf_printf(out, "%.3g ms", number * 1000);
    else
        wpb_buf_printf(out, has_unit(name, "_seconds") ? "%.3g s" : "%.3g", number);
}

/* What this fact means beside the others of its finding. */
static void add_context(const struct wpb_finding *finding,
                        const struct wpb_evidence *fact, struct wpb_buf *out)
{
    uint64_t fails_at, now;
    if (strcmp(fact->name, "fails_at_bytes") == 0 &&
        wpb_evidence_count(finding, "fails_at_bytes", &fails_at) &&
        wpb_evidence_count(finding, "value_bytes", &now) && now > 0) {
        if (fails_at <= now)
            wpb_buf_text(out, ", a size it has passed");
        else
            wpb_buf_printf(out, ", %.1f times its size now",
                           (double)fails_at / (double)now);
    }
    if (strcmp(fact->name, "memory_limit_bytes") == 0 &&
        finding->site->memory_limit_source[0]) {
        wpb_buf_text(out, ", from ");
        wpb_text_terminal(out, wpb_slice_cstr(finding->site->memory_limit_source));
    }
}

static const char *say_null(const struct wpb_finding *finding,
                            const struct wpb_evidence *fact,
                            const struct wording *wording)
{
    bool is_limit = strcmp(fact->name, "memory_limit_bytes") == 0;
    if (is_limit && finding->site->memory_limit_bytes == UINT64_MAX)
        return "unlimited";
    return wording->if_null ? wording->if_null : "unknown";
}

void wpb_evidence_value(const struct wpb_finding *finding,
                        const struct wpb_evidence *fact, struct wpb_buf *out)
{
    static const struct wording plain;
    const struct wording *wording = wording_of(fact->name);
    if (!wording)
        wording = &plain;
    if (fact->value.type == WPB_VALUE_NONE) {
        wpb_buf_text(out, say_null(finding, fact, wording));
        return;
    }
    if (fact->value.type == WPB_VALUE_TEXT && fact->value.text.len == 0) {
        wpb_buf_text(out, "not set");
        return;
    }
    if (fact->value.type == WPB_VALUE_TEXT) {
        wpb_prose_terminal(out, fact->value.text);
        return;
    }
    bool is_number =
        fact->value.type == WPB_VALUE_INTEGER || isfinite(fact->value.number);
    if (fact->provenance != WPB_EXACT && is_number)
        wpb_buf_printf(out, "%s ", wording->inexact ? wording->inexact : "about");
    if (fact->value.type == WPB_VALUE_DOUBLE)
        add_number(fact->name, fact->value.number, out);
    else
        add_integer(fact->name, fact->value.integer, out);
    if (wording->shows_exact && fact->provenance == WPB_EXACT &&
        fact->value.type == WPB_VALUE_INTEGER && fact->value.integer >= 1000) {
        wpb_buf_text(out, " (");
        wpb_text_count(out, (uint64_t)fact->value.integer);
        wpb_buf_text(out, " bytes)");
    }
    if (wording->meaning)
        wpb_buf_text(out, wording->meaning);
    add_context(finding, fact, out);
}

const struct wpb_evidence *wpb_evidence_find(const struct wpb_finding *finding,
                                             const char *name)
{
    for (size_t i = 0; i < finding->evidence_count; i++) {
        const struct wpb_evidence *fact = &finding->evidence[i];
        if (strcmp(fact->name, name) == 0 && fact->value.type != WPB_VALUE_NONE)
            return fact;
    }
    return NULL;
}

bool wpb_evidence_count(const struct wpb_finding *finding, const char *name,
                        uint64_t *count)
{
    const struct wpb_evidence *fact = wpb_evidence_find(finding, name);
    if (!fact || fact->value.type != WPB_VALUE_INTEGER || fact->value.integer < 0)
        return false;
    *count = (uint64_t)fact->value.integer;
    return true;
}
