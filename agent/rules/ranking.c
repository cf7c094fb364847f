#include "agent/rules/ranking.h"

#include <assert.h>

#include "agent/rules/context.h"

void wpb_ranking_init(struct wpb_ranking *ranking, size_t capacity)
{
    assert(capacity > 0 && capacity <= WPB_RANKING_MAX);
    *ranking = (struct wpb_ranking){.capacity = capacity};
}

static bool is_before(const struct wpb_ranked *a, const struct wpb_ranked *b)
{
    if (a->weight != b->weight)
        return a->weight > b->weight;
    return wpb_subject_compare(a->subject, b->subject) < 0;
}

void wpb_ranking_add(struct wpb_ranking *ranking, const struct wpb_subject *subject,
                     uint64_t weight)
{
    wpb_ranking_add_of(ranking, NULL, subject, weight);
}

void wpb_ranking_add_of(struct wpb_ranking *ranking, const struct wpb_site *site,
                        const struct wpb_subject *subject, uint64_t weight)
{
    const struct wpb_ranked newcomer = {subject, site, weight};
    size_t at = ranking->count;

    if (weight == 0)
        return;
    ranking->has_sites |= ranking->count > 0 && ranking->items[0].site != site;
    ranking->added++;
    while (at > 0 && is_before(&newcomer, &ranking->items[at - 1]))
        at--;
    if (at == ranking->capacity)
        return;
    if (ranking->count < ranking->capacity)
        ranking->count++;
    for (size_t i = ranking->count - 1; i > at; i--)
        ranking->items[i] = ranking->items[i - 1];
    ranking->items[at] = newcomer;
}

/* SAY gives the words for a weight, NULL: none. */
static const char *list(const struct wpb_ranking *ranking, struct wpb_arena *arena,
                        const char *(*say)(struct wpb_arena *, uint64_t))
{
    const char *text = "";

    for (size_t i = 0; i < ranking->count; i++) {
        const struct wpb_ranked *item = &ranking->items[i];
        bool has_site = ranking->has_sites && item->site;
        text = wpb_arena_printf(
            arena, "%s%s%s%s%s%s%s%s", text, i ? ", " : "",
            wpb_say_name(arena, item->subject->name), has_site ? " of " : "",
            has_site ? wpb_say_name(arena, wpb_slice_cstr(item->site->name)) : "",
            say ? " (" : "", say ? say(arena, item->weight) : "", say ? ")" : "");
    }
    return text;
}

const char *wpb_ranking_say_bytes(const struct wpb_ranking *ranking,
                                  struct wpb_arena *arena)
{
    return list(ranking, arena, wpb_say_bytes);
}

const char *wpb_ranking_say_counts(const struct wpb_ranking *ranking,
                                   struct wpb_arena *arena)
{
    return list(ranking, arena, wpb_say_count);
}

const char *wpb_ranking_say_names(const struct wpb_ranking *ranking,
                                  struct wpb_arena *arena)
{
    return list(ranking, arena, NULL);
}
