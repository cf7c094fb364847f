#include "agent/analyse/choose.h"

/* More than one cycle ever needs: bounds the ranking, whatever the limits say. */
#define RANKED_MAX 64
/* WordPress reads these two on nearly every request, so they are worth as much of
 * the budget as another entry of four times their size. */
#define ROLE_WEIGHT 4
#define FAMILY_SHARE_MIN 0.002
#define LITERAL_MIN 4

const struct wpb_choice_limits wpb_choice_defaults = {
    .values = 6,
    .value_bytes = (uint64_t)16 << 20,
    .total_bytes = (uint64_t)48 << 20,
    .worthwhile_bytes = (uint64_t)64 << 10,
    .families = 8,
};

struct ranked {
    const struct wpb_subject *subject;
    double weight;
    uint64_t bytes; /* length of the value, as far as known */
    const char *why;
};

struct ranking {
    struct ranked best[RANKED_MAX]; /* heaviest first */
    size_t count, room;
};

static void ranking_init(struct ranking *ranking, size_t room)
{
    ranking->count = 0;
    ranking->room = room < RANKED_MAX ? room : RANKED_MAX;
}

static bool is_before(const struct ranked *a, const struct ranked *b)
{
    if (a->weight > b->weight)
        return true;
    if (a->weight < b->weight)
        return false;
    return wpb_subject_compare(a->subject, b->subject) < 0;
}

static void ranking_offer(struct ranking *ranking, const struct ranked *newcomer)
{
    size_t at = ranking->count;

    while (at > 0 && is_before(newcomer, &ranking->best[at - 1]))
        at--;
    if (at >= ranking->room)
        return;
    if (ranking->count < ranking->room)
        ranking->count++;
    for (size_t i = ranking->count - 1; i > at; i--)
        ranking->best[i] = ranking->best[i - 1];
    ranking->best[at] = *newcomer;
}

static uint64_t known_bytes(const struct wpb_window *window,
                            const struct wpb_subject *key)
{
    int64_t memory = wpb_window_integer(window, key, WPB_M_MEMORY_BYTES, 0);
    int64_t bytes = wpb_window_integer(window, key, WPB_M_VALUE_BYTES, memory);

    return bytes > 0 ? (uint64_t)bytes : 0;
}

static bool is_role(const struct wpb_window *window, const struct wpb_subject *key,
                    const char *role)
{
    return wpb_slice_is(wpb_window_text(window, key, WPB_M_KEY_ROLE), role);
}

/* What of the limits earlier examinations have used up. */
struct spent {
    size_t values;
    uint64_t bytes;
};

static void rank_keys(const struct wpb_window *window,
                      const struct wpb_choice_limits *limits, struct ranking *ranking,
                      struct spent *spent)
{
    const struct wpb_subject *key;
    size_t cursor = 0;

    while ((key = wpb_window_next(window, WPB_SUBJECT_REDIS_KEY, NULL, &cursor))) {
        int64_t examined = wpb_window_integer(window, key, WPB_M_EXAMINED_BYTES, -1);
        struct ranked newcomer = {.subject = key, .why = "one of the largest entries"};

        if (examined >= 0) {
            spent->values++;
            spent->bytes += (uint64_t)examined;
            continue;
        }
        newcomer.bytes = known_bytes(window, key);
        if (newcomer.bytes < limits->worthwhile_bytes ||
            wpb_window_integer(window, key, WPB_M_PRESENT, 1) == 0 ||
            is_role(window, key, "metrics")) /* a zset: no value to read */
            continue;
        newcomer.weight = (double)newcomer.bytes;
        if (is_role(window, key, "notoptions")) {
            newcomer.weight *= ROLE_WEIGHT;
            newcomer.why = "the list of options that do not exist";
        } else if (is_role(window, key, "alloptions")) {
            newcomer.weight *= ROLE_WEIGHT;
            newcomer.why = "all autoloaded options";
        }
        ranking_offer(ranking, &newcomer);
    }
}

static size_t choose_keys(const struct wpb_window *window,
                          const struct wpb_choice_limits *limits,
                          struct wpb_choice *choices, size_t capacity)
{
    struct ranking ranking;
    struct spent spent = {0, 0};
    size_t count = 0;

    ranking_init(&ranking, limits->values);
    rank_keys(window, limits, &ranking, &spent);
    for (size_t i = 0; i < ranking.count; i++) {
        const struct ranked *next = &ranking.best[i];
        uint64_t cap = limits->value_bytes;

        if (count == capacity || spent.values >= limits->values ||
            spent.bytes >= limits->total_bytes)
            break;
        if (cap > limits->total_bytes - spent.bytes)
            cap = limits->total_bytes - spent.bytes;
        choices[count++] = (struct wpb_choice){
            .examines = WPB_SUBJECT_REDIS_KEY,
            .request = {.subject = next->subject, .why = next->why, .byte_cap = cap},
        };
        spent.values++;
        spent.bytes += next->bytes < cap ? next->bytes : cap;
    }
    return count;
}

/* The length of the placeholder that TEMPLATE begins with, or 0. */
static size_t placeholder_length(struct wpb_slice template_name)
{
    static const char *const placeholders[] = {"<n>",     "<hex>",   "<uuid>",
                                               "<date>",  "<email>", "<id>",
                                               "<bytes>", "<*>",     "<other>"};

    for (size_t i = 0; i < sizeof(placeholders) / sizeof(placeholders[0]); i++) {
        struct wpb_slice placeholder = wpb_slice_cstr(placeholders[i]);
        if (wpb_slice_starts(template_name, placeholder))
            return placeholder.len;
    }
    return 0;
}

/* Whether sources could be searched for a part of TEMPLATE. */
static bool has_literal(struct wpb_slice template_name)
{
    size_t run = 0;

    while (template_name.len && run < LITERAL_MIN) {
        size_t skip = placeholder_length(template_name);
        run = skip ? 0 : run + 1;
        template_name = wpb_slice_skip(template_name, skip ? skip : 1);
    }
    return run >= LITERAL_MIN;
}

static double share_of(const struct wpb_window *window, const struct wpb_subject *family)
{
    const struct wpb_sample *share = wpb_window_get(window, family, WPB_M_SHARE_RATIO);

    return share && share->value.type == WPB_VALUE_DOUBLE ? share->value.number : 0;
}

/* Only names of options are asked for by name in somebody's source. */
static bool holds_options(const struct wpb_window *window, const struct wpb_subject *key)
{
    return key && wpb_window_integer(window, key, WPB_M_EXAMINED_BYTES, -1) >= 0 &&
           (is_role(window, key, "notoptions") || is_role(window, key, "alloptions"));
}

static size_t choose_families(const struct wpb_window *window,
                              const struct wpb_choice_limits *limits,
                              struct wpb_choice *choices, size_t capacity)
{
    const struct wpb_subject *family;
    struct ranking ranking;
    size_t cursor = 0, searched = 0, count = 0;

    ranking_init(&ranking, limits->families);
    while ((family = wpb_window_next(window, WPB_SUBJECT_OPTION_FAMILY, NULL, &cursor))) {
        struct ranked newcomer = {.subject = family,
                                  .weight = share_of(window, family),
                                  .why = "a large family of option names"};

        if (wpb_window_get(window, family, WPB_M_SOURCE_MATCHES)) {
            searched++;
            continue;
        }
        if (newcomer.weight < FAMILY_SHARE_MIN || !has_literal(family->name) ||
            !holds_options(window, family->parent))
            continue;
        if (is_role(window, family->parent, "notoptions"))
            newcomer.weight += 1; /* before any share of an alloptions */
        ranking_offer(&ranking, &newcomer);
    }
    for (size_t i = 0; i < ranking.count; i++) {
        if (count == capacity || searched + count >= limits->families)
            break;
        choices[count++] = (struct wpb_choice){
            .examines = WPB_SUBJECT_OPTION_FAMILY,
            .request = {.subject = ranking.best[i].subject,
                        .why = ranking.best[i].why,
                        .byte_cap = UINT64_MAX}, /* the examiner's own bound is enough */
        };
    }
    return count;
}

size_t wpb_choose(const struct wpb_window *window, const struct wpb_choice_limits *limits,
                  struct wpb_choice *choices, size_t capacity)
{
    size_t count = choose_keys(window, limits, choices, capacity);

    return count + choose_families(window, limits, choices + count, capacity - count);
}
