/* Single entries: too large to store, or too large to decode. */
#include "agent/rules/builder.h"
#include "agent/rules/cache.h"

/* No more findings than a reader can take in; the rest is counted. */
#define ENTRIES_MAX 10

/* What the groups of WordPress hold, and what to do about a large entry. */
struct group_advice {
    const char *group;
    const char *what;
    const char *remedy;
    bool is_rebuilt; /* deleting it costs no more than building it again */
};

static const struct group_advice advices[] = {
    {"post_meta",
     "It holds all metadata of one post: a request that reads one field loads them all, "
     "and one changed field throws the whole entry away. Page builders keep whole "
     "layouts there.",
     "Look which field is heaviest and move it out of the post's metadata: let the page "
     "builder write its CSS to files (Elementor: CSS Print Method, External File), split "
     "very long pages, delete fields of plugins that are gone.",
     false},
    {"transient",
     "It is a transient, a result that a plugin or theme keeps for later; with an object "
     "cache it lives only here.",
     "Have the plugin keep less in it: only the fields it uses, one transient per item, "
     "and an expiry.",
     true},
    {"site-transient",
     "It is a transient, a result that WordPress or a plugin keeps for later; with an "
     "object cache it lives only here. Those named feed_ are news feeds, for example of "
     "dashboard widgets.",
     "Remove the widget or the call that loads it, or have it keep less: only the fields "
     "it uses, and an expiry.",
     true},
    {"options", "It is one option, stored in the database and kept here whole.",
     "Logs, caches and indexes do not belong in options: have the plugin use a table of "
     "its own or files.",
     false},
    {"user_meta",
     "It holds all metadata of one user: a request that reads one field loads them all.",
     "Look which field is heaviest; old login sessions (session_tokens) and plugin "
     "histories are common.",
     false},
};

static const struct group_advice no_advice = {
    "", "",
    "Find the code that stores it (the group and the name of the key tell) and have it "
    "keep less, or keep it in parts that are read one by one.",
    false};

static const struct group_advice metrics_advice = {
    "",
    "Redis Object Cache adds one member to it for every request and trims it from "
    "WP-Cron: when it is large, WP-Cron has probably not run for a long time.",
    "Make WP-Cron run again (wp cron event list shows what is overdue), or turn the "
    "metrics off: define( 'WP_REDIS_DISABLE_METRICS', true );",
    true};

static const struct group_advice *advice_for(const struct wpb_cache_entry *entry)
{
    if (wpb_slice_is(entry->role, "metrics"))
        return &metrics_advice;
    for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++) {
        if (wpb_slice_is(entry->group, advices[i].group))
            return &advices[i];
    }
    return &no_advice;
}

/* "A post_meta entry", "A cache entry". */
static const char *say_kind(struct wpb_arena *arena, const struct wpb_cache_entry *entry)
{
    if (entry->group.len == 0)
        return "A cache entry";
    return wpb_arena_printf(arena, "An entry of group %s",
                            wpb_say_name(arena, entry->group));
}

static void draft_cause(struct wpb_draft *draft, const struct group_advice *advice)
{
    struct wpb_arena *arena = draft->context->arena;
    const char *paths = wpb_cache_say_paths(draft->context, draft->finding.subject);

    if (!advice->what[0] && !paths[0])
        return;
    draft->finding.cause.kind = "cache_entry";
    draft->finding.cause.note = wpb_arena_printf(
        arena, "%s%s%s", advice->what, advice->what[0] && paths[0] ? " " : "", paths);
}

static void draft_remedy(struct wpb_draft *draft, const struct group_advice *advice)
{
    struct wpb_rule_context *context = draft->context;
    const struct wpb_subject *key = draft->finding.subject;

    draft->finding.remedy.summary = wpb_arena_printf(
        context->arena, "%s%s",
        advice->is_rebuilt
            ? "Deleting the entry is safe, it is built again when it is needed; it comes "
              "back as large unless what fills it changes."
            : "Deleting the entry does not help: it comes back as large with the next "
              "request. What it is made from has to become smaller.",
        wpb_say_password_note(context));
    wpb_draft_line(&draft->now, wpb_say_explain_command(context, key));
    if (advice->is_rebuilt)
        wpb_draft_line(&draft->now, wpb_say_redis_key_command(context, key, "UNLINK"));
    wpb_draft_line(&draft->for_good, advice->remedy);
    wpb_draft_line(&draft->verify,
                   wpb_say_redis_key_command(context, key, "MEMORY USAGE"));
}

static void report_peak(struct wpb_rule_context *context,
                        const struct wpb_cache_entry *entry, enum wpb_severity severity)
{
    struct wpb_arena *arena = context->arena;
    uint64_t limit = wpb_cache_memory_limit(context);
    uint64_t peak = wpb_cache_worst_peak(entry);
    double share = (double)peak / (double)limit;
    const struct group_advice *advice = advice_for(entry);
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, severity, entry->key);
    draft.finding.title = wpb_arena_printf(
        arena, "%s takes %s of PHP memory, %s of memory_limit", say_kind(arena, entry),
        wpb_say_bytes(arena, peak), wpb_say_share(arena, share));
    draft.finding.summary = wpb_arena_printf(
        arena,
        "It takes %s in Redis, but a request that reads it needs %s to fetch and decode "
        "it, "
        "and %s to store it again, of PHP's memory_limit of %s. What fails first is a "
        "request that already uses much memory when it touches this entry: PHP stops it "
        "and the visitor gets an HTTP 500.",
        wpb_cache_say_size(arena, entry), wpb_say_bytes(arena, entry->read_peak),
        entry->rewrite_peak ? wpb_say_bytes(arena, entry->rewrite_peak) : "more",
        wpb_say_bytes(arena, limit));
    wpb_cache_draft_entry(&draft, entry);
    wpb_draft_fact(&draft, "limit_share_ratio", wpb_value_double(share), WPB_ESTIMATED);
    draft_cause(&draft, advice);
    draft_remedy(&draft, advice);
    wpb_draft_emit(&draft);
}

void wpb_cache_entry_decode_peak(struct wpb_rule_context *context)
{
    struct wpb_cache_entry entry;
    enum wpb_severity severity;
    size_t cursor = 0;

    while (wpb_cache_entry_next(context, &cursor, &entry)) {
        if (wpb_cache_judge_decode_peak(context, &entry, &severity) &&
            !wpb_builder_explains_entry(context, entry.key))
            report_peak(context, &entry, severity);
    }
}

static bool judge_large(const struct wpb_rule_context *context,
                        const struct wpb_cache_entry *entry, enum wpb_severity *severity)
{
    static const char code[] = "cache.entry_large";
    const char *warning = wpb_slice_is(entry->group, "post_meta")
                              ? "post_meta_warning_bytes"
                              : "warning_bytes";
    double bytes = (double)entry->bytes;
    enum wpb_severity other;

    if (!entry->has_bytes || wpb_cache_judge_notoptions(context, entry, &other) ||
        wpb_cache_judge_alloptions(context, entry, &other) ||
        wpb_cache_judge_dead_cron(context, entry, &other) ||
        wpb_cache_judge_decode_peak(context, entry, &other))
        return false;
    if (bytes >= wpb_rule_option(context, code, "critical_bytes"))
        *severity = WPB_CRITICAL;
    else if (wpb_cache_judge_feed(context, entry, &other))
        return false;
    else if (bytes >= wpb_rule_option(context, code, warning))
        *severity = WPB_WARNING;
    else
        return false;
    return !wpb_builder_explains_entry(context, entry->key);
}

struct large {
    struct wpb_cache_entry entry;
    enum wpb_severity severity;
};

static bool is_worse(const struct large *a, const struct large *b)
{
    if (a->severity != b->severity)
        return a->severity > b->severity;
    if (a->entry.bytes != b->entry.bytes)
        return a->entry.bytes > b->entry.bytes;
    return wpb_subject_compare(a->entry.key, b->entry.key) < 0;
}

/* The worst entries, worst first; *TOTAL is how many there are in all. */
static size_t find_worst(const struct wpb_rule_context *context,
                         struct large worst[ENTRIES_MAX], size_t *total)
{
    struct large newcomer;
    size_t cursor = 0, count = 0;

    *total = 0;
    while (wpb_cache_entry_next(context, &cursor, &newcomer.entry)) {
        size_t at = count;

        if (!judge_large(context, &newcomer.entry, &newcomer.severity))
            continue;
        ++*total;
        while (at > 0 && is_worse(&newcomer, &worst[at - 1]))
            at--;
        if (at == ENTRIES_MAX)
            continue;
        if (count < ENTRIES_MAX)
            count++;
        for (size_t i = count - 1; i > at; i--)
            worst[i] = worst[i - 1];
        worst[at] = newcomer;
    }
    return count;
}

static void report_large(struct wpb_rule_context *context, const struct large *large,
                         size_t further)
{
    struct wpb_arena *arena = context->arena;
    const struct wpb_cache_entry *entry = &large->entry;
    const struct group_advice *advice = advice_for(entry);
    const char *ttl = wpb_cache_say_ttl(arena, entry), *rest = "";
    struct wpb_draft draft;

    wpb_draft_init(&draft, context, large->severity, entry->key);
    draft.finding.title = wpb_arena_printf(
        arena, "%s takes %s%s%s%s", say_kind(arena, entry),
        wpb_cache_say_size(arena, entry), ttl[0] ? " (" : "", ttl, ttl[0] ? ")" : "");
    if (further)
        rest = wpb_arena_printf(arena,
                                " At least %s more entries are above the threshold; only "
                                "the %d largest are reported one by one.",
                                wpb_say_count(arena, further), ENTRIES_MAX);
    draft.finding.summary = wpb_arena_printf(
        arena, "%s%s",
        wpb_slice_is(entry->role, "metrics")
            ? "It only grows, one member for every request, until the memory of Redis "
              "ends."
            : "Every request that needs this entry fetches it whole from Redis, which "
              "serves nobody else meanwhile, and decodes it into several times that size "
              "of PHP memory.",
        rest);
    wpb_cache_draft_entry(&draft, entry);
    draft_cause(&draft, advice);
    draft_remedy(&draft, advice);
    wpb_draft_emit(&draft);
}

void wpb_cache_entry_large(struct wpb_rule_context *context)
{
    struct large worst[ENTRIES_MAX];
    size_t total, count = find_worst(context, worst, &total);

    for (size_t i = 0; i < count; i++)
        report_large(context, &worst[i], i == 0 ? total - count : 0);
}
