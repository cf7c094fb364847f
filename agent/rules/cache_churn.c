/* Entries and groups that are written again and again. */
#include "agent/rules/cache.h"

#define CODE "cache.write_churn"
/* No more findings than a reader can take in; the rest is counted. */
#define FINDINGS_MAX 5
/* A key that makes this part of what its group writes explains the group. */
#define EXPLAINS_RATIO 0.5

struct churn {
    const struct wpb_subject *subject;
    bool is_key;
    struct wpb_slice role, group;
    bool has_bytes, has_writes;
    double bytes, writes; /* a second, at least */
    double size;          /* of the entry; 0 when unknown */
    enum wpb_severity severity;
};

/* What is written there, and how it can be less. */
struct churn_advice {
    const char *role, *group;
    const char *what;
    const char *remedy;
};

#define TRANSIENT_WHAT                                                                   \
    "A transient is a result kept for later; here they are computed and stored again "   \
    "much more often than they are kept."
#define TRANSIENT_REMEDY                                                                 \
    "Have the plugin store a transient only when it has changed, with a longer expiry, " \
    "or in parts."

static const struct churn_advice advices[] = {
    {"alloptions", NULL,
     "It holds all autoloaded options: whenever one of them changes, all of them are "
     "written again. Somebody changes one all the time.",
     "Find the option that changes: save what wp option list --autoload=on prints, "
     "twice, "
     "a minute apart, and compare. A counter, a log or a time stamp must not be "
     "autoloaded."},
    {"notoptions", NULL,
     "It holds the names of all options that do not exist: whenever one more is asked "
     "for, all of them are written again.",
     "Find the code that asks for ever new option names: wpbloat explain shows the names "
     "by family, and where in the site's code they come from."},
    {"last_changed", NULL,
     "It is the time of the last change of a group. Each new one makes all results of "
     "queries kept so far useless.",
     "Find what changes posts, terms or comments in ordinary requests: view counters "
     "and session data do not belong there."},
    {NULL, "options",
     "An option is written whole, here and in the database, by whoever changes it.",
     "Keep what changes all the time apart from the rest, in a table of the plugin's "
     "own."},
    {NULL, "post_meta",
     "All metadata of a post is one entry: one changed field throws it away, and the "
     "next request stores all of it again.",
     "Move counters (views, likes) out of the metadata of posts, into a table of the "
     "plugin's own, or count them in a batch."},
    {NULL, "transient", TRANSIENT_WHAT, TRANSIENT_REMEDY},
    {NULL, "site-transient", TRANSIENT_WHAT, TRANSIENT_REMEDY},
};

static const struct churn_advice no_advice = {
    NULL, NULL, "",
    "Find the code that stores it (the group and the name of the key tell) and have it "
    "store only what has changed, or less often."};

static const struct churn_advice *advice_for(const struct churn *churn)
{
    for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++) {
        const struct churn_advice *advice = &advices[i];
        if (advice->role ? wpb_slice_is(churn->role, advice->role)
                         : wpb_slice_is(churn->group, advice->group))
            return advice;
    }
    return &no_advice;
}

static struct churn read_churn(const struct wpb_rule_context *context,
                               const struct wpb_subject *subject)
{
    const struct wpb_window *window = context->window;
    struct churn churn = {.subject = subject,
                          .is_key = subject->kind == WPB_SUBJECT_REDIS_KEY};

    churn.role = wpb_window_text(window, subject, WPB_M_KEY_ROLE);
    churn.group =
        churn.is_key ? wpb_window_text(window, subject, WPB_M_GROUP) : subject->name;
    churn.has_bytes =
        wpb_rule_number(context, subject, WPB_M_WRITTEN_BYTES_PER_SECOND, &churn.bytes);
    churn.has_writes =
        wpb_rule_number(context, subject, WPB_M_WRITES_PER_SECOND, &churn.writes);
    if (churn.is_key &&
        !wpb_rule_number(context, subject, WPB_M_VALUE_BYTES, &churn.size) &&
        wpb_rule_number(context, subject, WPB_M_MEMORY_BYTES, &churn.size))
        churn.size -= churn.size / 5; /* at most a quarter above the length */
    return churn;
}

/* Each request adds a member to the metrics; nothing is written again. */
static bool is_metrics(const struct churn *churn)
{
    return wpb_slice_is(churn->role, "metrics") ||
           wpb_slice_is(churn->group, "redis-cache");
}

static bool judge(const struct wpb_rule_context *context, struct churn *churn)
{
    double bytes = churn->has_bytes ? churn->bytes : 0;
    bool is_large = churn->is_key && churn->has_writes &&
                    churn->size >= wpb_rule_option(context, CODE, "large_entry_bytes") &&
                    churn->writes >= wpb_rule_option(context, CODE, "large_entry_writes");

    if (is_metrics(churn))
        return false;
    churn->severity = WPB_WARNING;
    if (churn->has_bytes &&
        bytes >= wpb_rule_option(context, CODE, "critical_bytes_per_second"))
        churn->severity = WPB_CRITICAL;
    else if (!is_large &&
             !(churn->has_bytes &&
               bytes >= wpb_rule_option(context, CODE, "warning_bytes_per_second")))
        return false;
    return true;
}

/* One key alone makes most of what the group writes. */
static bool is_explained(const struct wpb_rule_context *context,
                         const struct churn *group)
{
    const struct wpb_subject *key;
    size_t cursor = 0;

    while (
        (key = wpb_window_next(context->window, WPB_SUBJECT_REDIS_KEY, NULL, &cursor))) {
        struct churn churn = read_churn(context, key);
        if (wpb_slice_equal(key->scope, group->subject->scope) &&
            wpb_slice_equal(churn.group, group->group) && churn.has_bytes &&
            churn.bytes >= group->bytes * EXPLAINS_RATIO && judge(context, &churn))
            return true;
    }
    return false;
}

static bool is_worse(const struct churn *a, const struct churn *b)
{
    if (a->severity != b->severity)
        return a->severity > b->severity;
    if (a->bytes > b->bytes || a->bytes < b->bytes)
        return a->bytes > b->bytes;
    return wpb_subject_compare(a->subject, b->subject) < 0;
}

struct worst {
    struct churn items[FINDINGS_MAX];
    size_t count;
    uint64_t total;
};

static void add(struct worst *worst, const struct churn *churn)
{
    size_t at = worst->count;

    worst->total++;
    while (at > 0 && is_worse(churn, &worst->items[at - 1]))
        at--;
    if (at == FINDINGS_MAX)
        return;
    if (worst->count < FINDINGS_MAX)
        worst->count++;
    for (size_t i = worst->count - 1; i > at; i--)
        worst->items[i] = worst->items[i - 1];
    worst->items[at] = *churn;
}

static void collect(const struct wpb_rule_context *context, enum wpb_subject_kind kind,
                    struct worst *worst)
{
    const struct wpb_subject *subject;
    size_t cursor = 0;

    while ((subject = wpb_window_next(context->window, kind, NULL, &cursor))) {
        struct churn churn = read_churn(context, subject);
        if (wpb_window_integer(context->window, subject, WPB_M_PRESENT, 1) != 0 &&
            judge(context, &churn) && (churn.is_key || !is_explained(context, &churn)))
            add(worst, &churn);
    }
}

/* "1.4", "20", "20,000" times. */
static const char *say_writes(struct wpb_arena *arena, double writes)
{
    if (writes < 10)
        return wpb_arena_printf(arena, "%.1f", writes);
    return wpb_say_count(arena, writes < 1e15 ? (uint64_t)writes : (uint64_t)1e15);
}

static const char *say_rate(struct wpb_arena *arena, const struct churn *churn)
{
    double bytes = churn->bytes < 1e15 ? churn->bytes : 1e15;

    if (churn->has_bytes && churn->bytes >= 1)
        return wpb_arena_printf(arena, "at least %s a second",
                                wpb_say_bytes(arena, (uint64_t)bytes));
    return wpb_arena_printf(arena, "at least %s times a second",
                            say_writes(arena, churn->writes));
}

static const char *title(struct wpb_arena *arena, const struct churn *churn)
{
    const char *what =
        churn->role.len ? wpb_say_name(arena, churn->role)
        : churn->is_key && churn->group.len
            ? wpb_arena_printf(arena, "An entry of group %s",
                               wpb_say_name(arena, churn->group))
        : churn->is_key
            ? "A cache entry"
            : wpb_arena_printf(arena, "Group %s", wpb_say_name(arena, churn->group));

    return wpb_arena_printf(arena, "%s is written again and again, %s", what,
                            say_rate(arena, churn));
}

/* The rates are lower bounds, and evidence has to say so. */
static void draft_rate(struct wpb_draft *draft, const char *name, enum wpb_metric metric)
{
    const struct wpb_sample *sample =
        wpb_window_get(draft->context->window, draft->finding.subject, metric);

    if (sample)
        wpb_draft_fact(draft, name, sample->value,
                       sample->provenance == WPB_EXACT ? WPB_ESTIMATED
                                                       : sample->provenance);
}

static void draft_remedy(struct wpb_draft *draft, const struct churn *churn,
                         const struct churn_advice *advice)
{
    struct wpb_rule_context *context = draft->context;

    draft->finding.remedy.summary = wpb_arena_printf(
        context->arena,
        "Have it stored less often, or in smaller parts. Deleting it helps nobody: the "
        "next request writes it again.%s",
        wpb_say_password_note(context));
    if (churn->is_key)
        wpb_draft_line(&draft->now, wpb_say_explain_command(context, churn->subject));
    wpb_draft_line(&draft->for_good, advice->remedy);
    wpb_draft_line(&draft->verify,
                   wpb_say_redis_command(context, churn->subject->scope, "INFO stats"));
    if (churn->is_key)
        wpb_draft_line(&draft->verify, wpb_say_redis_key_command(context, churn->subject,
                                                                 "MEMORY USAGE"));
}

static void report(struct wpb_rule_context *context, const struct churn *churn,
                   uint64_t further)
{
    struct wpb_arena *arena = context->arena;
    const struct churn_advice *advice = advice_for(churn);
    const char *rest = "";
    struct wpb_draft draft;

    if (further)
        rest = wpb_arena_printf(arena,
                                " At least %s more are above the threshold; only the %d "
                                "worst are reported one by one.",
                                wpb_say_count(arena, further), FINDINGS_MAX);
    wpb_draft_init(&draft, context, churn->severity, churn->subject);
    draft.finding.title = title(arena, churn);
    draft.finding.summary = wpb_arena_printf(
        arena,
        "Each write is encoded by PHP, sent, and stored by Redis, which serves nobody "
        "else meanwhile; it is copied to replicas and, if there is one, into the append "
        "file. With more visitors it becomes more. Writes of the same key that follow "
        "each other at once are seen as one, so the true rate may be higher.%s",
        rest);
    draft_rate(&draft, "written_bytes_per_second", WPB_M_WRITTEN_BYTES_PER_SECOND);
    draft_rate(&draft, "writes_per_second", WPB_M_WRITES_PER_SECOND);
    wpb_draft_known(&draft, "value_bytes", WPB_M_VALUE_BYTES);
    wpb_draft_known(&draft, "memory_bytes", WPB_M_MEMORY_BYTES);
    if (!churn->is_key)
        wpb_draft_known(&draft, "keys", WPB_M_KEYS);
    draft.finding.cause.kind = "write_churn";
    draft.finding.cause.note = wpb_arena_printf(
        arena,
        "%s%sThe rate is that of a short look; for a rate over minutes use --watch "
        "or the agent.",
        advice->what, advice->what[0] ? " " : "");
    draft_remedy(&draft, churn, advice);
    wpb_draft_emit(&draft);
}

void wpb_cache_write_churn(struct wpb_rule_context *context)
{
    struct worst worst = {.count = 0};

    collect(context, WPB_SUBJECT_REDIS_KEY, &worst);
    collect(context, WPB_SUBJECT_REDIS_GROUP, &worst);
    for (size_t i = 0; i < worst.count; i++)
        report(context, &worst.items[i], i == 0 ? worst.total - worst.count : 0);
}
