/* Whose a table or a statement is: the code that names the table, the component it is
 * called after, or what slow requests were in when they asked the database. */
#include <ctype.h>
#include <string.h>

#include "agent/rules/requests.h"

/* A shorter word stands in too many names. */
#define WORD_MIN 5

/* Words that begin the names of plugins of many authors, and of the tables of others. */
static const char *const common_words[] = {"woocommerce", "wordpress", "advanced",
                                           "simple",      "custom",    "ultimate",
                                           "easy-",       "better-",   "super-"};

static bool is_same_letter(char a, char b)
{
    return tolower((unsigned char)(a == '-' ? '_' : a)) ==
           tolower((unsigned char)(b == '-' ? '_' : b));
}

static bool holds(struct wpb_slice table, struct wpb_slice word)
{
    for (size_t at = 0; word.len >= WORD_MIN && at + word.len <= table.len; at++) {
        size_t i = 0;
        while (i < word.len && is_same_letter(table.data[at + i], word.data[i]))
            i++;
        if (i == word.len)
            return true;
    }
    return false;
}

/* The slug of "plugin:kestrel-currency"; of a prefix of option names none. */
static struct wpb_slice slug_of(struct wpb_slice component)
{
    const char *colon = component.len ? memchr(component.data, ':', component.len) : NULL;

    return colon ? wpb_slice_skip(component, (size_t)(colon - component.data) + 1)
                 : wpb_slice_of("", 0);
}

static struct wpb_slice first_word(struct wpb_slice slug)
{
    size_t len = 0;

    for (size_t i = 0; i < sizeof(common_words) / sizeof(common_words[0]); i++) {
        if (wpb_slice_starts(slug, wpb_slice_cstr(common_words[i])))
            return wpb_slice_of("", 0);
    }
    while (len < slug.len && slug.data[len] != '-' && slug.data[len] != '_')
        len++;
    return wpb_slice_head(slug, len);
}

/* How well COMPONENT's name fits TABLE's: 2 by all of it, 1 by its first word, 0. */
static int fit(struct wpb_slice table, struct wpb_slice component)
{
    struct wpb_slice slug = slug_of(component);

    if (holds(table, slug))
        return 2;
    return holds(table, first_word(slug)) ? 1 : 0;
}

static void take(const struct wpb_rule_context *context,
                 const struct wpb_subject *component, struct wpb_requests_owner *owner)
{
    int64_t line = wpb_window_integer(context->window, component, WPB_M_SOURCE_LINE, 0);

    owner->component = component->name;
    owner->file = wpb_window_text(context->window, component, WPB_M_SOURCE_FILE);
    owner->line = line > 0 ? (uint64_t)line : 0;
}

/* Any component that the window knows, whatever it is a part of; in order of name. */
static bool find_named(const struct wpb_rule_context *context, struct wpb_slice table,
                       struct wpb_requests_owner *owner)
{
    const struct wpb_subject *component, *best = NULL;
    int best_fit = 0;
    size_t cursor = 0;

    while ((component =
                wpb_window_next(context->window, WPB_SUBJECT_COMPONENT, NULL, &cursor))) {
        int how_well = fit(table, component->name);
        if (how_well > best_fit || (how_well && how_well == best_fit &&
                                    wpb_slice_compare(component->name, best->name) < 0)) {
            best = component;
            best_fit = how_well;
        }
    }
    if (!best)
        return false;
    take(context, best, owner);
    owner->how = best_fit == 2 ? WPB_OWNER_NAMED : WPB_OWNER_NAMED_IN_PART;
    return true;
}

/* What was asking the database most often in the slow log. */
static bool find_asking(const struct wpb_rule_context *context,
                        struct wpb_requests_owner *owner)
{
    static const struct wpb_slice asking = WPB_SLICE("mysqli_");
    const struct wpb_subject *pool;
    struct wpb_ranking ranking;
    size_t cursor = 0;

    while ((pool = wpb_window_next(context->window, WPB_SUBJECT_POOL, NULL, &cursor))) {
        wpb_requests_rank_culprits(context, pool, &ranking);
        for (size_t i = 0; i < ranking.count; i++) {
            const struct wpb_subject *component = ranking.items[i].subject;
            if (!wpb_slice_starts(
                    wpb_window_text(context->window, component, WPB_M_CODE_DOING),
                    asking))
                continue;
            take(context, component, owner);
            owner->how = WPB_OWNER_SEEN;
            return true;
        }
    }
    return false;
}

bool wpb_requests_owner_of(const struct wpb_rule_context *context,
                           const struct wpb_subject *subject, struct wpb_slice table,
                           struct wpb_requests_owner *owner)
{
    *owner = (struct wpb_requests_owner){.how = WPB_OWNER_SEARCHED};
    if (wpb_window_text(context->window, subject, WPB_M_SOURCE_COMPONENT).len) {
        take(context, subject, owner);
        owner->component =
            wpb_window_text(context->window, subject, WPB_M_SOURCE_COMPONENT);
        return true;
    }
    if (find_named(context, table, owner))
        return true;
    return subject->kind == WPB_SUBJECT_STATEMENT && find_asking(context, owner);
}

const char *wpb_requests_say_owner(struct wpb_arena *arena,
                                   const struct wpb_requests_owner *owner)
{
    const char *name = wpb_requests_say_component(arena, owner->component);
    const char *place =
        owner->file.len
            ? wpb_arena_printf(arena, ", %s:%llu", wpb_say_name(arena, owner->file),
                               (unsigned long long)owner->line)
            : "";

    switch (owner->how) {
    case WPB_OWNER_SEARCHED:
        return wpb_arena_printf(arena, "The table is named in the code of %s%s.", name,
                                place);
    case WPB_OWNER_NAMED:
        return wpb_arena_printf(arena, "The table is called after %s%s.", name, place);
    case WPB_OWNER_NAMED_IN_PART:
        return wpb_arena_printf(arena, "By its name the table may belong to %s%s.", name,
                                place);
    case WPB_OWNER_SEEN:
        break;
    }
    return wpb_arena_printf(arena,
                            "Slow requests were asking the database mostly in "
                            "%s%s.",
                            name, place);
}

void wpb_requests_draft_owner(struct wpb_draft *draft,
                              const struct wpb_requests_owner *owner)
{
    wpb_draft_fact(draft, "culprit_component", wpb_value_text(owner->component),
                   WPB_EXACT);
    if (!owner->file.len)
        return;
    wpb_draft_fact(draft, "culprit_file", wpb_value_text(owner->file), WPB_EXACT);
    wpb_draft_fact(draft, "culprit_line", wpb_value_count(owner->line), WPB_EXACT);
}
