#include "agent/analyse/series.h"

#include <assert.h>

/* Of one row; no row keeps more. */
#define MOST 16

static bool is_watched(const struct wpb_window *window, const struct wpb_subject *subject)
{
    return wpb_window_get(window, subject, WPB_M_KEY_ROLE) != NULL &&
           (wpb_window_get(window, subject, WPB_M_VALUE_BYTES) != NULL ||
            wpb_window_integer(window, subject, WPB_M_PRESENT, 1) == 0);
}

static bool is_unwatched(const struct wpb_window *window,
                         const struct wpb_subject *subject)
{
    return !is_watched(window, subject);
}

static bool is_notoptions(const struct wpb_window *window,
                          const struct wpb_subject *subject)
{
    return wpb_slice_is(wpb_window_text(window, subject, WPB_M_KEY_ROLE), "notoptions");
}

static bool is_in_key(const struct wpb_window *window, const struct wpb_subject *subject)
{
    (void)window;
    return subject->parent && subject->parent->kind == WPB_SUBJECT_REDIS_KEY;
}

static bool is_whole(const struct wpb_window *window, const struct wpb_subject *subject)
{
    (void)window;
    return !subject->parent;
}

/* Of other tables InnoDB only guesses how many rows they have. */
static bool is_cleared_table(const struct wpb_window *window,
                             const struct wpb_subject *subject)
{
    (void)window;
    return wpb_slice_ends(subject->name, wpb_slice_cstr("woocommerce_sessions"));
}

/* What every request loads, or what takes an entry for each page. */
static bool is_carried(const struct wpb_window *window, const struct wpb_subject *subject)
{
    return !subject->parent &&
           (wpb_window_integer(window, subject, WPB_M_AUTOLOADED, 0) == 1 ||
            wpb_slice_is(wpb_window_text(window, subject, WPB_M_META_ROLE), "per page"));
}

/* What is first is kept first where there is no room for all. */
static const struct wpb_series_row rows[] = {
    {WPB_SUBJECT_REDIS_KEY, WPB_M_VALUE_BYTES, 12, "watched at each look", is_watched},
    {WPB_SUBJECT_REDIS_KEY, WPB_M_ENTRIES, 2, "notoptions", is_notoptions},
    {WPB_SUBJECT_REDIS_SERVER, WPB_M_USED_MEMORY_BYTES, 1, "the server", NULL},
    {WPB_SUBJECT_REDIS_SERVER, WPB_M_TTLLESS_BYTES, 1, "the site's database", NULL},
    {WPB_SUBJECT_REDIS_SERVER, WPB_M_MEMORY_BYTES, 1, "the site's database", NULL},
    {WPB_SUBJECT_REDIS_SERVER, WPB_M_KEYS, 1, "the largest database", NULL},
    {WPB_SUBJECT_TABLE, WPB_M_AUTOLOAD_BYTES, 2, "options", NULL},
    {WPB_SUBJECT_OPTION_FAMILY, WPB_M_NAMES, 8, "inside a cache entry", is_in_key},
    {WPB_SUBJECT_REDIS_GROUP, WPB_M_TTLLESS_BYTES, 12, "", NULL},
    {WPB_SUBJECT_REDIS_KEY, WPB_M_MEMORY_BYTES, 14, "not watched", is_unwatched},
    {WPB_SUBJECT_TABLE, WPB_M_DATA_BYTES, 6, "", NULL},
    {WPB_SUBJECT_TABLE, WPB_M_ROWS, 2, "sessions of WooCommerce", is_cleared_table},
    {WPB_SUBJECT_TABLE, WPB_M_LOG_ROWS, 1, "Action Scheduler", NULL},
    {WPB_SUBJECT_TABLE, WPB_M_PENDING, 1, "Action Scheduler", NULL},
    {WPB_SUBJECT_OPTION, WPB_M_ROW_BYTES, 8, "autoloaded, or an entry for each page",
     is_carried},
    {WPB_SUBJECT_META_KEY, WPB_M_ROWS, 4, "of all posts", is_whole},
    {WPB_SUBJECT_COMPONENT, WPB_M_AUTOLOAD_BYTES, 4, "", NULL},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

const struct wpb_series_row *wpb_series_row(size_t index)
{
    return index < ROWS ? &rows[index] : NULL;
}

static bool is_absent(const struct wpb_window *window, const struct wpb_subject *subject,
                      const struct wpb_sample *sample, int64_t *time_ms)
{
    const struct wpb_sample *present = wpb_window_get(window, subject, WPB_M_PRESENT);

    if (!present || present->value.type != WPB_VALUE_INTEGER ||
        present->value.integer != 0 || (sample && sample->time_ms > present->time_ms))
        return false;
    *time_ms = present->time_ms;
    return true;
}

/* A pass that was not completed has counted a part of the keys. */
static bool is_part(const struct wpb_window *window, const struct wpb_subject *subject)
{
    const struct wpb_sample *keys = wpb_window_get(window, subject, WPB_M_KEYS);

    return subject->kind == WPB_SUBJECT_REDIS_GROUP &&
           (!keys || keys->provenance != WPB_EXACT);
}

bool wpb_series_point(const struct wpb_window *window, const struct wpb_series *series,
                      struct wpb_point *point)
{
    const struct wpb_subject *subject = series->subject;
    const struct wpb_sample *sample = wpb_window_get(window, subject, series->metric);

    if (is_absent(window, subject, sample, &point->time_ms)) {
        point->value = 0;
        return true;
    }
    if (!sample || is_part(window, subject))
        return false;
    point->time_ms = sample->time_ms;
    if (sample->value.type == WPB_VALUE_INTEGER)
        point->value = (double)sample->value.integer;
    else if (sample->value.type == WPB_VALUE_DOUBLE)
        point->value = sample->value.number;
    else
        return false;
    return wpb_stats_usable(point) && point->value >= 0;
}

/* The heaviest subjects of a row. */
struct heaviest {
    const struct wpb_subject *subjects[MOST];
    double weights[MOST];
    size_t count, capacity;
};

static bool is_before(const struct wpb_subject *subject, double weight,
                      const struct heaviest *heaviest, size_t at)
{
    if (weight > heaviest->weights[at] || weight < heaviest->weights[at])
        return weight > heaviest->weights[at];
    return wpb_subject_compare(subject, heaviest->subjects[at]) < 0;
}

static void offer(struct heaviest *heaviest, const struct wpb_subject *subject,
                  double weight)
{
    size_t at = heaviest->count;

    while (at > 0 && is_before(subject, weight, heaviest, at - 1))
        at--;
    if (at == heaviest->capacity)
        return;
    if (heaviest->count < heaviest->capacity)
        heaviest->count++;
    for (size_t i = heaviest->count - 1; i > at; i--) {
        heaviest->subjects[i] = heaviest->subjects[i - 1];
        heaviest->weights[i] = heaviest->weights[i - 1];
    }
    heaviest->subjects[at] = subject;
    heaviest->weights[at] = weight;
}

static void find_heaviest(const struct wpb_window *window,
                          const struct wpb_series_row *row, struct heaviest *heaviest)
{
    struct wpb_series series = {.metric = row->metric};
    size_t cursor = 0;

    while ((series.subject = wpb_window_next(window, row->kind, NULL, &cursor))) {
        struct wpb_point point;

        if (wpb_series_point(window, &series, &point) &&
            (!row->is_meant || row->is_meant(window, series.subject)))
            offer(heaviest, series.subject, point.value);
    }
}

size_t wpb_series_stored(const struct wpb_window *window, struct wpb_series *series,
                         size_t capacity)
{
    size_t count = 0;

    for (size_t r = 0; r < ROWS; r++) {
        const struct wpb_series_row *row = &rows[r];
        struct heaviest heaviest = {.capacity = row->most};

        assert(row->most <= MOST);
        find_heaviest(window, row, &heaviest);
        for (size_t i = 0; i < heaviest.count && count < capacity; i++)
            series[count++] =
                (struct wpb_series){.subject = heaviest.subjects[i],
                                    .metric = row->metric,
                                    .is_shared = row->kind == WPB_SUBJECT_REDIS_SERVER};
    }
    return count;
}

enum wpb_metric wpb_series_key_metric(const struct wpb_window *window,
                                      const struct wpb_subject *subject)
{
    return is_watched(window, subject) ? WPB_M_VALUE_BYTES : WPB_M_MEMORY_BYTES;
}
