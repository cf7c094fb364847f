#include "agent/rules/builder.h"

#define POST_ID_DIGITS 18

static const struct wpb_slice component_kind = WPB_SLICE("builder:");

struct wpb_slice wpb_builder_slug(const struct wpb_rule_context *context,
                                  const struct wpb_subject *subject)
{
    struct wpb_slice slug = wpb_window_text(context->window, subject, WPB_M_BUILDER);
    struct wpb_subject general = *subject;
    struct wpb_ranking metas;

    if (slug.len || subject->kind != WPB_SUBJECT_POST) {
        general.parent = NULL;
        return slug.len ? slug
                        : wpb_window_text(context->window, &general, WPB_M_BUILDER);
    }
    wpb_builder_rank_metas(context, subject, &metas);
    for (size_t i = 0; i < metas.count && slug.len == 0; i++)
        slug = wpb_builder_slug(context, metas.items[i].subject);
    return slug;
}

struct wpb_slice wpb_builder_role(const struct wpb_rule_context *context,
                                  const struct wpb_subject *meta)
{
    struct wpb_slice role = wpb_window_text(context->window, meta, WPB_M_META_ROLE);
    struct wpb_subject general = *meta;

    general.parent = NULL;
    return role.len ? role : wpb_window_text(context->window, &general, WPB_M_META_ROLE);
}

const struct wpb_subject *wpb_builder_component(const struct wpb_rule_context *context,
                                                struct wpb_slice slug)
{
    const struct wpb_subject *component;
    size_t cursor = 0;

    while ((component =
                wpb_window_next(context->window, WPB_SUBJECT_COMPONENT, NULL, &cursor))) {
        if (wpb_slice_starts(component->name, component_kind) &&
            wpb_slice_equal(wpb_slice_skip(component->name, component_kind.len), slug))
            return component;
    }
    return NULL;
}

const char *wpb_builder_say_name(const struct wpb_rule_context *context,
                                 struct wpb_slice slug)
{
    const struct wpb_subject *component =
        slug.len ? wpb_builder_component(context, slug) : NULL;
    struct wpb_slice name =
        component ? wpb_window_text(context->window, component, WPB_M_BUILDER) : slug;

    if (slug.len == 0)
        return "The page builder";
    return wpb_say_name(context->arena, name.len ? name : slug);
}

void wpb_builder_rank_metas(const struct wpb_rule_context *context,
                            const struct wpb_subject *post, struct wpb_ranking *ranking)
{
    const struct wpb_subject *meta;
    size_t cursor = 0;

    wpb_ranking_init(ranking, WPB_RANKING_MAX);
    while (
        (meta = wpb_window_next(context->window, WPB_SUBJECT_META_KEY, post, &cursor))) {
        int64_t bytes = wpb_window_integer(context->window, meta, WPB_M_ROW_BYTES, 0);
        if (bytes > 0)
            wpb_ranking_add(ranking, meta, (uint64_t)bytes);
    }
}

static const char *say_post(const struct wpb_rule_context *context,
                            const struct wpb_subject *post, bool begins)
{
    struct wpb_arena *arena = context->arena;
    struct wpb_slice type = wpb_window_text(context->window, post, WPB_M_POST_TYPE);
    struct wpb_slice path = wpb_window_text(context->window, post, WPB_M_POST_PATH);
    const char *id = wpb_say_name(arena, post->name);

    if (path.len == 0)
        return wpb_arena_printf(arena, "%s %s", begins ? "Post" : "post", id);
    return wpb_arena_printf(arena, "%s %s %s (post %s)", begins ? "The" : "the",
                            type.len ? wpb_say_name(arena, type) : "post",
                            wpb_say_name(arena, path), id);
}

const char *wpb_builder_say_post(const struct wpb_rule_context *context,
                                 const struct wpb_subject *post)
{
    return say_post(context, post, true);
}

const char *wpb_builder_say_post_within(const struct wpb_rule_context *context,
                                        const struct wpb_subject *post)
{
    return say_post(context, post, false);
}

static struct wpb_value id_of(struct wpb_slice digits)
{
    int64_t id = 0;

    if (digits.len == 0 || digits.len > POST_ID_DIGITS)
        return wpb_value_text(digits);
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return wpb_value_text(digits);
        id = id * 10 + (digits.data[i] - '0');
    }
    return wpb_value_integer(id);
}

void wpb_builder_draft_post(struct wpb_draft *draft, const struct wpb_subject *post)
{
    static const struct {
        const char *name;
        enum wpb_metric metric;
    } facts[] = {
        {"post_type", WPB_M_POST_TYPE},
        {"post_status", WPB_M_POST_STATUS},
        {"post_path", WPB_M_POST_PATH},
    };

    wpb_draft_fact(draft, "post_id", id_of(post->name), WPB_EXACT);
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        struct wpb_slice text =
            wpb_window_text(draft->context->window, post, facts[i].metric);
        if (text.len)
            wpb_draft_fact(draft, facts[i].name, wpb_value_text(text), WPB_EXACT);
    }
}

const char *wpb_builder_say_meta_sql(const struct wpb_rule_context *context,
                                     const struct wpb_subject *post)
{
    return wpb_say_mysql_command(
        context, wpb_arena_printf(context->arena,
                                  "SELECT meta_key, LENGTH(meta_value) AS bytes FROM %s "
                                  "WHERE post_id = %s ORDER BY bytes DESC LIMIT 10",
                                  wpb_say_sql_table(context, "postmeta"),
                                  wpb_say_sql_id(context->arena, post->name)));
}
