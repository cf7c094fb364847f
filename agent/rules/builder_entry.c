/* The chain: a post's meta in MySQL, the one cache entry that carries all of it, and the
 * memory of each request that shows the post. */
#include <stdio.h>

#include "agent/rules/builder.h"
#include "agent/rules/cache.h"
#include "agent/rules/database.h"

#define CODE "builder.post_meta_entry"
#define POSTS_REPORTED 5
#define METAS_NAMED 4
#define LIGHT 100 /* lighter than the heaviest by that: not worth a word */
/* PHP's own default: above it, somebody has raised the limit. */
#define PHP_DEFAULT_LIMIT ((uint64_t)128 * 1024 * 1024)

/* The entry that holds the meta of POST. */
static const struct wpb_subject *entry_of(const struct wpb_rule_context *context,
                                          const struct wpb_subject *post)
{
    const struct wpb_subject *key;
    size_t cursor = 0;

    while (
        (key = wpb_window_next(context->window, WPB_SUBJECT_REDIS_KEY, NULL, &cursor))) {
        int64_t id = wpb_window_integer(context->window, key, WPB_M_POST_ID, 0);
        char name[24];
        if (id <= 0 || wpb_window_integer(context->window, key, WPB_M_PRESENT, 1) == 0)
            continue;
        snprintf(name, sizeof(name), "%lld", (long long)id);
        if (wpb_slice_is(post->name, name))
            return key;
    }
    return NULL;
}

static void read_entry(const struct wpb_rule_context *context,
                       struct wpb_builder_chain *chain)
{
    const struct wpb_window *window = context->window;
    int64_t value, memory;

    value = wpb_window_integer(window, chain->entry, WPB_M_VALUE_BYTES, -1);
    memory = wpb_window_integer(window, chain->entry, WPB_M_MEMORY_BYTES, -1);
    chain->is_entry_exact = value >= 0;
    chain->has_entry_bytes = value >= 0 || memory >= 0;
    /* What Redis spends is at most a quarter above the length. */
    if (value >= 0)
        chain->entry_bytes = (uint64_t)value;
    else if (memory >= 0)
        chain->entry_bytes = (uint64_t)(memory - memory / 5);
}

static void read_peak(const struct wpb_rule_context *context,
                      const struct wpb_subject *subject, struct wpb_builder_chain *chain)
{
    const struct wpb_sample *peak =
        wpb_window_get(context->window, subject, WPB_M_PHP_READ_PEAK_BYTES);

    if (chain->read_peak || !peak || peak->value.type != WPB_VALUE_INTEGER ||
        peak->value.integer <= 0)
        return;
    chain->read_peak = (uint64_t)peak->value.integer;
    chain->peak_provenance = peak->provenance;
}

/* The builder decodes what the entry holds as a string once more. */
static void read_layout(const struct wpb_rule_context *context,
                        struct wpb_builder_chain *chain)
{
    const struct wpb_subject *meta;
    size_t cursor = 0;

    while ((meta = wpb_window_next(context->window, WPB_SUBJECT_META_KEY, chain->post,
                                   &cursor))) {
        int64_t peak =
            wpb_window_integer(context->window, meta, WPB_M_PHP_READ_PEAK_BYTES, 0);
        if (peak > 0 && (uint64_t)peak > chain->layout_peak &&
            wpb_slice_is(wpb_builder_role(context, meta), "layout"))
            chain->layout_peak = (uint64_t)peak;
    }
}

bool wpb_builder_chain(const struct wpb_rule_context *context,
                       const struct wpb_subject *post, struct wpb_builder_chain *chain)
{
    const struct wpb_window *window = context->window;
    int64_t bytes = wpb_window_integer(window, post, WPB_M_ROW_BYTES, -1);

    *chain = (struct wpb_builder_chain){.post = post};
    if (bytes < 0 || wpb_window_integer(window, post, WPB_M_PRESENT, 1) == 0 ||
        wpb_slice_is(wpb_window_text(window, post, WPB_M_POST_TYPE), "revision"))
        return false;
    chain->row_bytes = (uint64_t)bytes;
    chain->entry = entry_of(context, post);
    if (chain->entry) {
        read_entry(context, chain);
        read_peak(context, chain->entry, chain);
    }
    read_peak(context, post, chain);
    read_layout(context, chain);
    return true;
}

/* A draft is opened by its authors alone. */
static bool is_visited(const struct wpb_rule_context *context,
                       const struct wpb_subject *post)
{
    struct wpb_slice status = wpb_window_text(context->window, post, WPB_M_POST_STATUS);

    return status.len == 0 || wpb_slice_is(status, "publish") ||
           wpb_slice_is(status, "private") || wpb_slice_is(status, "inherit");
}

bool wpb_builder_judge_chain(const struct wpb_rule_context *context,
                             const struct wpb_builder_chain *chain,
                             enum wpb_severity *severity)
{
    uint64_t limit = wpb_cache_memory_limit(context);
    double bytes = (double)chain->row_bytes;
    double share = limit ? (double)chain->read_peak / (double)limit : 0;
    bool is_critical = bytes >= wpb_rule_option(context, CODE, "critical_bytes") ||
                       share >= wpb_rule_option(context, CODE, "critical_peak_ratio");

    *severity =
        is_critical && is_visited(context, chain->post) ? WPB_CRITICAL : WPB_WARNING;
    return is_critical || bytes >= wpb_rule_option(context, CODE, "warning_bytes") ||
           share >= wpb_rule_option(context, CODE, "warning_peak_ratio");
}

bool wpb_builder_explains_entry(const struct wpb_rule_context *context,
                                const struct wpb_subject *key)
{
    int64_t id = wpb_window_integer(context->window, key, WPB_M_POST_ID, 0);
    const struct wpb_subject *post;
    struct wpb_builder_chain chain;
    enum wpb_severity severity;
    size_t cursor = 0;
    char name[24];

    if (id <= 0)
        return false;
    snprintf(name, sizeof(name), "%lld", (long long)id);
    while ((post = wpb_window_next(context->window, WPB_SUBJECT_POST, NULL, &cursor))) {
        if (wpb_slice_is(post->name, name) && wpb_builder_chain(context, post, &chain))
            return wpb_builder_judge_chain(context, &chain, &severity);
    }
    return false;
}

/* What a request fetches to show the post. */
static uint64_t request_bytes(const struct wpb_builder_chain *chain)
{
    return chain->has_entry_bytes ? chain->entry_bytes : chain->row_bytes;
}

static const char *say_share(const struct wpb_rule_context *context,
                             const struct wpb_builder_chain *chain)
{
    uint64_t limit = wpb_cache_memory_limit(context);

    if (!limit || !chain->read_peak)
        return "";
    return wpb_arena_printf(
        context->arena, ", %s of memory_limit",
        wpb_say_share(context->arena, (double)chain->read_peak / (double)limit));
}

static const char *say_limit(const struct wpb_rule_context *context)
{
    uint64_t limit = wpb_cache_memory_limit(context);

    if (limit <= PHP_DEFAULT_LIMIT)
        return "Raising memory_limit would make room for the page and leave the cause.";
    return wpb_arena_printf(
        context->arena,
        "memory_limit already stands at %s, above PHP's default of 128 MiB: raising the "
        "limit made room for the page and left the cause.",
        wpb_say_bytes(context->arena, limit));
}

static const char *summary(const struct wpb_rule_context *context,
                           const struct wpb_builder_chain *chain)
{
    struct wpb_arena *arena = context->arena;
    const char *entry = "", *peak = "", *layout = "";

    if (chain->has_entry_bytes)
        entry = wpb_arena_printf(arena, ", is one cache entry of %s%s",
                                 chain->is_entry_exact ? "" : "about ",
                                 wpb_say_bytes(arena, chain->entry_bytes));
    if (chain->read_peak)
        peak = wpb_arena_printf(
            arena, ", and takes %s of PHP memory to fetch and decode%s",
            wpb_say_bytes(arena, chain->read_peak), say_share(context, chain));
    if (chain->layout_peak)
        layout = wpb_arena_printf(arena,
                                  " To show the page, its layout is decoded once more, "
                                  "which takes another %s.",
                                  wpb_say_bytes(arena, chain->layout_peak));
    return wpb_arena_printf(
        arena,
        "Each request that shows this post, alone or in a list, loads all its metadata "
        "in "
        "one piece, also the parts it does not use. It is %s in the database%s%s.%s %s "
        "Each view still moves %s from the cache or the database into PHP, and fewer "
        "requests fit into the machine at the same time.",
        wpb_say_known_bytes(context, chain->post, WPB_M_ROW_BYTES), entry, peak, layout,
        say_limit(context), wpb_say_bytes(arena, request_bytes(chain)));
}

/* "_elementor_css (2.3 MiB, css), _elementor_data (1.7 MiB, layout)". */
static const char *say_metas(const struct wpb_rule_context *context,
                             const struct wpb_ranking *metas)
{
    struct wpb_arena *arena = context->arena;
    const char *text = "";

    for (size_t i = 0; i < metas->count && i < METAS_NAMED; i++) {
        const struct wpb_ranked *meta = &metas->items[i];
        if (meta->weight < metas->items[0].weight / LIGHT)
            break;
        struct wpb_slice role = wpb_builder_role(context, meta->subject);
        text = wpb_arena_printf(arena, "%s%s%s (%s%s%s)", text, i ? ", " : "",
                                wpb_say_name(arena, meta->subject->name),
                                wpb_say_bytes(arena, meta->weight), role.len ? ", " : "",
                                role.len ? wpb_say_name(arena, role) : "");
    }
    return text;
}

static void draft_cause(struct wpb_draft *draft, const struct wpb_ranking *metas,
                        struct wpb_slice slug)
{
    struct wpb_rule_context *context = draft->context;
    struct wpb_cause *cause = &draft->finding.cause;

    cause->kind = "post_meta";
    cause->confidence = slug.len ? "likely" : "possible";
    cause->note = wpb_arena_printf(
        context->arena, "%s%s%s%s%s", slug.len ? wpb_builder_say_name(context, slug) : "",
        slug.len ? " builds this page. " : "", metas->count ? "Heaviest: " : "",
        say_metas(context, metas), metas->count ? "." : "");
}

static bool has_role(const struct wpb_rule_context *context,
                     const struct wpb_ranking *metas, const char *role)
{
    for (size_t i = 0; i < metas->count && i < METAS_NAMED; i++) {
        if (wpb_slice_is(wpb_builder_role(context, metas->items[i].subject), role))
            return true;
    }
    return false;
}

static void draft_css(struct wpb_draft *draft, struct wpb_slice slug)
{
    struct wpb_rule_context *context = draft->context;
    const struct wpb_subject *component =
        slug.len ? wpb_builder_component(context, slug) : NULL;
    struct wpb_slice change = {NULL, 0};

    if (component &&
        wpb_slice_is(wpb_window_text(context->window, component, WPB_M_CSS_PLACE),
                     "inline"))
        change = wpb_window_text(context->window, component, WPB_M_SETTING_CHANGE);
    wpb_draft_line(
        &draft->for_good,
        change.len ? wpb_arena_printf(
                         context->arena,
                         "Compiled CSS is a large part of it: have the builder write "
                         "it to files. %.*s",
                         (int)change.len, change.data)
                   : "Compiled CSS is a large part of it: where the builder can write "
                     "it to files, set it to.");
}

static void draft_remedy(struct wpb_draft *draft, const struct wpb_builder_chain *chain,
                         const struct wpb_ranking *metas, struct wpb_slice slug)
{
    struct wpb_rule_context *context = draft->context;

    draft->finding.remedy.summary =
        "Make the row smaller; the entry and the memory follow. Deleting the cache entry "
        "or raising memory_limit does not help: the next view builds it again as large.";
    wpb_draft_line(&draft->now, wpb_builder_say_meta_sql(context, chain->post));
    if (metas->count)
        wpb_draft_line(&draft->now, wpb_say_explain_meta(context, chain->post->name,
                                                         metas->items[0].subject->name));
    if (has_role(context, metas, "css"))
        draft_css(draft, slug);
    if (has_role(context, metas, "layout"))
        wpb_draft_line(&draft->for_good,
                       "The layout: split the page, turn what repeats into a template or "
                       "a global widget, and take images and SVG out of the text of "
                       "widgets.");
    if (has_role(context, metas, "copy"))
        wpb_draft_line(&draft->for_good,
                       "Drafts and undo states of the builder ride along: publish or "
                       "discard the draft in its editor.");
    if (has_role(context, metas, "cache"))
        wpb_draft_line(&draft->for_good,
                       "Caches of the builder lie in the same row: clear them in its "
                       "settings, and switch them off there when a page cache is used.");
    if (!metas->count || slug.len == 0)
        wpb_draft_line(&draft->for_good,
                       "Find out which plugin stores the heaviest field, and have it "
                       "keep it in a table or a file of its own.");
    if (chain->entry)
        wpb_draft_line(&draft->verify, wpb_say_explain_command(context, chain->entry));
    wpb_draft_line(&draft->verify, wpb_builder_say_meta_sql(context, chain->post));
}

static void draft_chain(struct wpb_draft *draft, const struct wpb_builder_chain *chain,
                        const struct wpb_ranking *metas)
{
    struct wpb_rule_context *context = draft->context;
    uint64_t limit = wpb_cache_memory_limit(context);

    wpb_builder_draft_post(draft, chain->post);
    wpb_draft_sample(draft, "row_bytes", WPB_M_ROW_BYTES);
    wpb_draft_fact(draft, "entry_bytes",
                   chain->has_entry_bytes ? wpb_value_count(chain->entry_bytes)
                                          : wpb_value_none(),
                   chain->is_entry_exact ? WPB_EXACT : WPB_ESTIMATED);
    if (wpb_window_get(context->window, chain->post, WPB_M_LARGEST_META_KEY) ||
        !metas->count)
        wpb_draft_sample(draft, "largest_meta_key", WPB_M_LARGEST_META_KEY);
    else
        wpb_draft_fact(draft, "largest_meta_key",
                       wpb_value_text(metas->items[0].subject->name), WPB_EXACT);
    if (metas->count)
        wpb_draft_fact(draft, "largest_meta_bytes",
                       wpb_value_count(metas->items[0].weight), WPB_EXACT);
    wpb_draft_fact(draft, "php_read_peak_bytes",
                   chain->read_peak ? wpb_value_count(chain->read_peak)
                                    : wpb_value_none(),
                   chain->peak_provenance);
    wpb_cache_draft_limit(draft);
    if (limit && chain->read_peak)
        wpb_draft_fact(draft, "limit_share_ratio",
                       wpb_value_double((double)chain->read_peak / (double)limit),
                       WPB_ESTIMATED);
    if (chain->layout_peak)
        wpb_draft_fact(draft, "layout_decode_bytes", wpb_value_count(chain->layout_peak),
                       WPB_ESTIMATED);
    wpb_draft_fact(draft, "bytes_per_request", wpb_value_count(request_bytes(chain)),
                   chain->is_entry_exact || !chain->has_entry_bytes ? WPB_EXACT
                                                                    : WPB_ESTIMATED);
}

static void report(struct wpb_rule_context *context,
                   const struct wpb_builder_chain *chain, enum wpb_severity severity,
                   uint64_t further)
{
    struct wpb_arena *arena = context->arena;
    struct wpb_slice slug = wpb_builder_slug(context, chain->post);
    struct wpb_ranking metas;
    struct wpb_draft draft;

    wpb_builder_rank_metas(context, chain->post, &metas);
    wpb_draft_init(&draft, context, severity, chain->post);
    draft.finding.title = wpb_arena_printf(
        arena, "%s brings %s of metadata into every request that shows it%s%s",
        wpb_builder_say_post(context, chain->post),
        wpb_say_known_bytes(context, chain->post, WPB_M_ROW_BYTES),
        chain->read_peak ? ", and takes " : "",
        chain->read_peak ? wpb_arena_printf(arena, "%s of PHP memory",
                                            wpb_say_bytes(arena, chain->read_peak))
                         : "");
    draft.finding.summary = summary(context, chain);
    if (further)
        draft.finding.summary = wpb_arena_printf(
            arena,
            "%s Of those that were looked at, %s more are above the threshold; only the "
            "%d heaviest are reported one by one.",
            draft.finding.summary, wpb_say_count(arena, further), POSTS_REPORTED);
    draft_chain(&draft, chain, &metas);
    if (slug.len)
        wpb_draft_fact(&draft, "builder", wpb_value_text(slug), WPB_EXACT);
    draft_cause(&draft, &metas, slug);
    draft_remedy(&draft, chain, &metas, slug);
    wpb_draft_emit(&draft);
}

void wpb_builder_post_meta_entry(struct wpb_rule_context *context)
{
    const struct wpb_subject *post;
    struct wpb_builder_chain chain;
    enum wpb_severity severity;
    struct wpb_ranking heaviest;
    size_t cursor = 0;

    wpb_ranking_init(&heaviest, POSTS_REPORTED);
    while ((post = wpb_window_next(context->window, WPB_SUBJECT_POST, NULL, &cursor))) {
        if (wpb_builder_chain(context, post, &chain) &&
            wpb_builder_judge_chain(context, &chain, &severity))
            wpb_ranking_add(&heaviest, post, chain.row_bytes);
    }
    for (size_t i = 0; i < heaviest.count; i++) {
        wpb_builder_chain(context, heaviest.items[i].subject, &chain);
        wpb_builder_judge_chain(context, &chain, &severity);
        report(context, &chain, severity, i == 0 ? heaviest.added - heaviest.count : 0);
    }
}
