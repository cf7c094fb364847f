#include "agent/rules/outlook_asks.h"

#include "agent/analyse/series.h"
#include "agent/rules/stake.h"

/* So many of a kind at most, so that none crowds out the others. */
static const struct share {
    enum wpb_subject_kind kind;
    size_t most;
    bool is_part;
} shares[] = {
    {WPB_SUBJECT_REDIS_KEY, 6, false},   {WPB_SUBJECT_REDIS_SERVER, 1, false},
    {WPB_SUBJECT_REDIS_GROUP, 3, false}, {WPB_SUBJECT_TABLE, 4, false},
    {WPB_SUBJECT_OPTION, 2, false},      {WPB_SUBJECT_OPTION_FAMILY, 6, true},
    {WPB_SUBJECT_COMPONENT, 2, true},
};
#define SHARES (sizeof(shares) / sizeof(shares[0]))

struct asked {
    struct wpb_stake stake;
    bool is_part;
    double filled;
};

struct list {
    struct asked items[WPB_OUTLOOK_ASKS_MAX];
    size_t count;
};

static bool is_before(const struct asked *a, const struct asked *b)
{
    if (a->is_part != b->is_part)
        return b->is_part;
    return a->filled > b->filled;
}

/* Those of equal rank stay in the order of the series; the last gives way. */
static void insert(struct list *list, const struct asked *asked)
{
    size_t at = list->count;

    while (at > 0 && is_before(asked, &list->items[at - 1]))
        at--;
    if (at == WPB_OUTLOOK_ASKS_MAX)
        return;
    if (list->count < WPB_OUTLOOK_ASKS_MAX)
        list->count++;
    for (size_t i = list->count - 1; i > at; i--)
        list->items[i] = list->items[i - 1];
    list->items[at] = *asked;
}

/* The nearest to their targets of one kind of subject. */
static void add_kind(const struct wpb_rule_context *context,
                     const struct wpb_series *series, size_t count,
                     const struct share *share, struct list *list)
{
    struct list own = {.count = 0};

    for (size_t i = 0; i < count; i++) {
        struct asked asked = {.is_part = share->is_part};

        if (series[i].subject->kind != share->kind ||
            !wpb_stake_of(context, series[i].subject, series[i].metric, &asked.stake) ||
            !(asked.stake.level > 0))
            continue;
        asked.filled = asked.stake.level / asked.stake.target;
        insert(&own, &asked);
    }
    for (size_t i = 0; i < own.count && i < share->most; i++)
        insert(list, &own.items[i]);
}

size_t wpb_outlook_asks(const struct wpb_window *window,
                        const struct wpb_rule_values *values,
                        struct wpb_outlook_ask *asks, size_t capacity)
{
    struct wpb_rule_context context = {
        .window = window, .site = wpb_window_site(window), .values = values};
    struct wpb_series series[WPB_SERIES_MAX];
    size_t count = wpb_series_stored(window, series, WPB_SERIES_MAX);
    struct list list = {.count = 0};

    for (size_t s = 0; s < SHARES; s++)
        add_kind(&context, series, count, &shares[s], &list);
    for (size_t i = 0; i < list.count && i < capacity; i++)
        asks[i] = (struct wpb_outlook_ask){.subject = list.items[i].stake.subject,
                                           .metric = list.items[i].stake.metric,
                                           .target = list.items[i].stake.target};
    return list.count < capacity ? list.count : capacity;
}
