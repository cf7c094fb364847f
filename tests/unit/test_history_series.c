/* Series: the catalogue, values in, medians and points out, whatever the clock does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "tests/unit/history_look.h"

#define HOUR WPB_MS_PER_HOUR
#define DAY WPB_MS_PER_DAY
#define MINUTE LOOK_MINUTE_MS
#define SITE "/var/www/shop"

static struct wpb_point points[WPB_STORE_POINTS_MAX];
static struct wpb_store_rollup rollups[2048];

/* ---- the catalogue ---- */

static void a_key_has_one_id_for_ever(void **state)
{
    struct look look = {0};
    int64_t first, second;

    (void)state;
    look_begin(&look);
    first = look_series(&look, SITE, "a");
    second = look_series(&look, SITE, "b");
    assert_int_not_equal(first, second);
    assert_int_equal(look_series(&look, SITE, "a"), first);
    assert_int_not_equal(look_series(&look, "/var/www/other", "a"), first);
    look_reopen(&look);
    assert_int_equal(look_series(&look, SITE, "b"), second);
    look_end(&look);
}

static void every_part_of_a_key_but_its_unit_counts(void **state)
{
    struct look look = {0};
    struct wpb_store_key key = {.site = WPB_SLICE("s"),
                                .kind = WPB_SUBJECT_TABLE,
                                .scope = WPB_SLICE("a\0b"),
                                .name = WPB_SLICE("\xff\xfe"),
                                .parent = WPB_SLICE("p"),
                                .metric = WPB_SLICE("m"),
                                .unit = WPB_SLICE("bytes")};
    struct wpb_slice *parts[] = {&key.site, &key.scope, &key.name, &key.parent,
                                 &key.metric};
    int64_t first, id;

    (void)state;
    look_begin(&look);
    assert_int_equal(wpb_store_series(look.store, &key, 1, &first, NULL), 0);
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        struct wpb_slice whole = *parts[i];

        *parts[i] = (struct wpb_slice)WPB_SLICE("other");
        assert_int_equal(wpb_store_series(look.store, &key, 1, &id, NULL), 0);
        assert_int_not_equal(id, first);
        *parts[i] = whole;
    }
    key.kind = WPB_SUBJECT_POST;
    assert_int_equal(wpb_store_series(look.store, &key, 1, &id, NULL), 0);
    assert_int_not_equal(id, first);
    key.kind = WPB_SUBJECT_TABLE;
    key.unit = (struct wpb_slice)WPB_SLICE("count");
    assert_int_equal(wpb_store_series(look.store, &key, 1, &id, NULL), 0);
    assert_int_equal(id, first);
    look_end(&look);
}

struct listing {
    int count;
    struct wpb_store_listed last;
    char name[64];
};

static void see_series(void *cookie, const struct wpb_store_listed *listed)
{
    struct listing *listing = cookie;

    listing->count++;
    listing->last = *listed;
    snprintf(listing->name, sizeof(listing->name), "%.*s", (int)listed->key.name.len,
             listed->key.name.data);
}

static void the_catalogue_lists_what_came_last(void **state)
{
    struct look look = {0};
    struct listing listing = {0};
    struct wpb_slice site = WPB_SLICE(SITE), all = {"", 0};
    int64_t id;

    (void)state;
    look_begin(&look);
    look_series(&look, "/var/www/other", "x");
    id = look_series(&look, SITE, "a");
    assert_int_equal(wpb_store_list(look.store, site, see_series, &listing, NULL), 0);
    assert_int_equal(listing.count, 1);
    assert_false(listing.last.has_last);
    assert_int_equal(listing.last.since_ms, LOOK_BEGIN_MS);
    assert_int_equal(listing.last.key.kind, WPB_SUBJECT_REDIS_KEY);
    look_note(&look, id, LOOK_BEGIN_MS + 5, 6.5);
    assert_int_equal(wpb_store_list(look.store, all, see_series, &listing, NULL), 0);
    assert_int_equal(listing.count, 3);
    assert_string_equal(listing.name, "a");
    assert_true(listing.last.has_last);
    assert_int_equal(listing.last.last.time_ms, LOOK_BEGIN_MS + 5);
    assert_float_equal(listing.last.last.value, 6.5, 0);
    look_end(&look);
}

static int ask_series(struct look *look, const char *site, const char *name, int64_t *id)
{
    struct wpb_store_key key = {.site = wpb_slice_cstr(site),
                                .kind = WPB_SUBJECT_REDIS_GROUP,
                                .name = wpb_slice_cstr(name),
                                .metric = WPB_SLICE("memory_bytes")};

    return wpb_store_series(look->store, &key, look->now_ms, id, &look->err);
}

static void hostile_names_fill_one_site_and_no_other(void **state)
{
    struct look look = {0};
    struct wpb_slice site = WPB_SLICE(SITE);
    uint64_t refused;
    char name[32];
    int64_t id, first = 0;

    (void)state;
    look_begin(&look);
    assert_int_equal(wpb_store_begin(look.store, NULL), 0);
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "name-%d", i);
        if (i < WPB_STORE_SERIES_PER_SITE) {
            assert_int_equal(ask_series(&look, SITE, name, &id), 0);
            if (i == 0)
                first = id;
        } else {
            assert_int_equal(ask_series(&look, SITE, name, &id), -1);
            assert_int_equal(look.err.code, WPB_E_BUDGET);
        }
    }
    assert_int_equal(wpb_store_commit(look.store, NULL), 0);
    assert_int_equal(wpb_store_refused(look.store, site, &refused, NULL), 0);
    assert_int_equal(refused, 1000 - WPB_STORE_SERIES_PER_SITE);
    assert_int_equal(ask_series(&look, SITE, "name-0", &id), 0);
    assert_int_equal(id, first);
    assert_int_equal(ask_series(&look, "/var/www/other", "name-0", &id), 0);
    assert_int_equal(look_ask(&look, "SELECT count(*) FROM series"),
                     WPB_STORE_SERIES_PER_SITE + 1);
    look_end(&look);
}

static void the_longest_silent_gives_way_after_two_days(void **state)
{
    struct look look = {0};
    struct wpb_err err;
    char name[32];
    int64_t ids[WPB_STORE_SERIES_PER_SITE], id;

    (void)state;
    look_begin(&look);
    assert_int_equal(wpb_store_begin(look.store, NULL), 0);
    for (int i = 0; i < WPB_STORE_SERIES_PER_SITE; i++) {
        snprintf(name, sizeof(name), "name-%d", i);
        assert_int_equal(ask_series(&look, SITE, name, &ids[i]), 0);
        look_note(&look, ids[i], look.now_ms + (i == 7 ? 0 : MINUTE), 1);
    }
    assert_int_equal(wpb_store_commit(look.store, NULL), 0);
    look.now_ms += 2 * DAY;
    assert_int_equal(ask_series(&look, SITE, "new", &id), -1);
    look.now_ms += 1;
    assert_int_equal(ask_series(&look, SITE, "new", &id), 0);
    for (int i = 0; i < WPB_STORE_SERIES_PER_SITE; i++)
        assert_int_not_equal(id, ids[i]);
    assert_int_equal(wpb_store_note(look.store, ids[7], look.now_ms, 1, &err), -1);
    assert_int_equal(err.code, WPB_E_NOT_FOUND);
    assert_int_equal(wpb_store_note(look.store, ids[8], look.now_ms, 1, &err), 0);
    look_end(&look);
}

static void a_small_bound_means_few_series(void **state)
{
    struct look look = {.max_bytes = WPB_STORE_BYTES_MIN};
    int made = 0;
    char name[32];
    int64_t id;

    (void)state;
    look_begin(&look);
    for (int i = 0; i < 60; i++) {
        snprintf(name, sizeof(name), "name-%d", i);
        made += ask_series(&look, name, name, &id) == 0;
    }
    assert_int_equal(made, WPB_STORE_BYTES_MIN / (28 * 1024));
    look_end(&look);
}

static void names_too_long_are_refused(void **state)
{
    static char name[WPB_STORE_KEY_BYTES_MAX + 1];
    struct look look = {0};
    int64_t id;

    (void)state;
    memset(name, 'n', WPB_STORE_KEY_BYTES_MAX);
    look_begin(&look);
    assert_int_equal(ask_series(&look, SITE, name, &id), -1);
    assert_int_equal(look.err.code, WPB_E_ARGUMENT);
    look_end(&look);
}

/* ---- values ---- */

static void what_no_arithmetic_bears_is_refused(void **state)
{
    const struct wpb_point bad[] = {
        {LOOK_BEGIN_MS, 1e300}, {LOOK_BEGIN_MS, NAN}, {-1, 1}, {INT64_MAX, 1}};
    struct look look = {0};
    int64_t id;

    (void)state;
    look_begin(&look);
    id = look_series(&look, SITE, "a");
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        assert_int_equal(
            wpb_store_note(look.store, id, bad[i].time_ms, bad[i].value, &look.err), -1);
        assert_int_equal(look.err.code, WPB_E_ARGUMENT);
    }
    assert_int_equal(wpb_store_note(look.store, 99, LOOK_BEGIN_MS, 1, &look.err), -1);
    assert_int_equal(look.err.code, WPB_E_NOT_FOUND);
    look_end(&look);
}

static void an_unknown_id_does_not_end_the_transaction(void **state)
{
    struct look look = {0};
    int64_t id;

    (void)state;
    look_begin(&look);
    id = look_series(&look, SITE, "a");
    assert_int_equal(wpb_store_begin(look.store, NULL), 0);
    assert_int_equal(wpb_store_note(look.store, 99, LOOK_BEGIN_MS, 1, NULL), -1);
    look_note(&look, id, LOOK_BEGIN_MS, 1);
    assert_int_equal(wpb_store_commit(look.store, NULL), 0);
    assert_int_equal(look_points(&look, id, points), 1);
    look_end(&look);
}

/* Note a value each STEP_MS in [FROM_MS, TO_MS): the minutes since the look began. */
static void note_minutes(struct look *look, int64_t id, int64_t from_ms, int64_t to_ms,
                         int64_t step_ms)
{
    assert_int_equal(wpb_store_begin(look->store, NULL), 0);
    for (int64_t at = from_ms; at < to_ms; at += step_ms)
        look_note(look, id, at, (double)((at - LOOK_BEGIN_MS) / MINUTE));
    assert_int_equal(wpb_store_commit(look->store, NULL), 0);
}

static size_t hours_of(struct look *look, int64_t id)
{
    size_t count = 0;

    assert_int_equal(wpb_store_rollups(look->store, id, WPB_STORE_HOURS, 0,
                                       LOOK_BEGIN_MS * 2, rollups, 2048, &count, NULL),
                     0);
    return count;
}

static size_t days_of(struct look *look, int64_t id)
{
    size_t count = 0;

    assert_int_equal(wpb_store_rollups(look->store, id, WPB_STORE_DAYS, 0,
                                       LOOK_BEGIN_MS * 2, rollups, 2048, &count, NULL),
                     0);
    return count;
}

static void hours_have_medians_at_any_pace(void **state)
{
    static const int64_t paces[] = {10000, MINUTE, 15 * MINUTE, HOUR};

    (void)state;
    for (size_t i = 0; i < sizeof(paces) / sizeof(*paces); i++) {
        struct look look = {0};
        int64_t id, per_hour = HOUR / paces[i];

        look_begin(&look);
        id = look_series(&look, SITE, "a");
        note_minutes(&look, id, LOOK_BEGIN_MS, LOOK_BEGIN_MS + 3 * HOUR, paces[i]);
        look.now_ms = LOOK_BEGIN_MS + 3 * HOUR + 10 * MINUTE;
        look_keep_up(&look);
        assert_int_equal(hours_of(&look, id), 3);
        for (int64_t h = 0; h < 3; h++) {
            double first = (double)(60 * h);
            double last =
                (double)((60 * h * MINUTE + (per_hour - 1) * paces[i]) / MINUTE);

            assert_int_equal(rollups[h].start_ms, LOOK_BEGIN_MS + h * HOUR);
            assert_int_equal(rollups[h].length_ms, HOUR);
            assert_int_equal(rollups[h].count, per_hour);
            assert_float_equal(rollups[h].low, first, 0);
            assert_float_equal(rollups[h].high, last, 0);
            assert_float_equal(rollups[h].median, (first + last) / 2, 1e-9);
        }
        look_end(&look);
    }
}

static void an_hour_is_closed_only_when_it_is_over(void **state)
{
    struct look look = {0};
    int64_t id;

    (void)state;
    look_begin(&look);
    id = look_series(&look, SITE, "a");
    note_minutes(&look, id, LOOK_BEGIN_MS, LOOK_BEGIN_MS + HOUR, MINUTE);
    look.now_ms = LOOK_BEGIN_MS + HOUR + MINUTE;
    look_keep_up(&look);
    assert_int_equal(hours_of(&look, id), 0);
    look.now_ms = LOOK_BEGIN_MS + HOUR + 5 * MINUTE;
    look_keep_up(&look);
    assert_int_equal(hours_of(&look, id), 1);
    look_end(&look);
}

static void a_restart_in_an_hour_loses_nothing_of_it(void **state)
{
    struct look look = {0};
    int64_t id;

    (void)state;
    look_begin(&look);
    id = look_series(&look, SITE, "a");
    note_minutes(&look, id, LOOK_BEGIN_MS, LOOK_BEGIN_MS + 20 * MINUTE, MINUTE);
    look_reopen(&look);
    look_keep_up(&look);
    note_minutes(&look, id, LOOK_BEGIN_MS + 20 * MINUTE, LOOK_BEGIN_MS + 40 * MINUTE,
                 MINUTE);
    /* Off for two days. */
    look.now_ms = LOOK_BEGIN_MS + 2 * DAY;
    look_reopen(&look);
    look_keep_up(&look);
    assert_int_equal(hours_of(&look, id), 1);
    assert_int_equal(rollups[0].count, 40);
    assert_float_equal(rollups[0].median, 19.5, 0);
    assert_int_equal(days_of(&look, id), 1);
    assert_int_equal(rollups[0].count, 40);
    look_end(&look);
}

static void a_late_value_is_taken_in(void **state)
{
    struct look look = {0};
    int64_t id;

    (void)state;
    look_begin(&look);
    id = look_series(&look, SITE, "a");
    note_minutes(&look, id, LOOK_BEGIN_MS, LOOK_BEGIN_MS + HOUR, 20 * MINUTE);
    look.now_ms = LOOK_BEGIN_MS + 2 * HOUR;
    look_keep_up(&look);
    look_note(&look, id, LOOK_BEGIN_MS + 59 * MINUTE, 100);
    look_keep_up(&look);
    assert_int_equal(hours_of(&look, id), 1);
    assert_int_equal(rollups[0].count, 4);
    assert_float_equal(rollups[0].high, 100, 0);
    look_end(&look);
}

static void a_day_has_the_median_of_its_hours(void **state)
{
    struct look look = {0};
    int64_t id;

    (void)state;
    look_begin(&look);
    id = look_series(&look, SITE, "a");
    /* Up to 07:00 every minute, later once an hour: hours count alike. */
    note_minutes(&look, id, LOOK_BEGIN_MS, LOOK_BEGIN_MS + 7 * HOUR, MINUTE);
    note_minutes(&look, id, LOOK_BEGIN_MS + 7 * HOUR, LOOK_BEGIN_MS + 25 * HOUR, HOUR);
    look.now_ms = LOOK_BEGIN_MS + 26 * HOUR;
    look_keep_up(&look);
    assert_int_equal(days_of(&look, id), 1);
    assert_int_equal(rollups[0].start_ms, LOOK_BEGIN_MS);
    assert_int_equal(rollups[0].length_ms, DAY);
    assert_int_equal(rollups[0].count, 7 * 60 + 17);
    assert_float_equal(rollups[0].low, 0, 0);
    assert_float_equal(rollups[0].high, 23 * 60, 0);
    assert_float_equal(rollups[0].median, (11 + 12) * 60 / 2.0, 0);
    look_end(&look);
}

static void more_series_than_a_slice_are_all_rolled(void **state)
{
    enum { SITES = 5, OF_SITE = 180 };
    struct look look = {0};
    static int64_t ids[SITES * OF_SITE];
    char site[32], name[32];
    int count = 0;

    (void)state;
    look_begin(&look);
    assert_int_equal(wpb_store_begin(look.store, NULL), 0);
    for (int s = 0; s < SITES; s++)
        for (int i = 0; i < OF_SITE; i++) {
            snprintf(site, sizeof(site), "site-%d", s);
            snprintf(name, sizeof(name), "name-%d", i);
            ids[count] = look_series(&look, site, name);
            look_note(&look, ids[count], LOOK_BEGIN_MS, count);
            look_note(&look, ids[count], LOOK_BEGIN_MS + 1, count + 2);
            count++;
        }
    assert_int_equal(wpb_store_commit(look.store, NULL), 0);
    look.now_ms = LOOK_BEGIN_MS + 2 * HOUR;
    look_keep_up(&look);
    for (int i = 0; i < count; i++) {
        assert_int_equal(hours_of(&look, ids[i]), 1);
        assert_float_equal(rollups[0].median, i + 1, 0);
    }
    look_end(&look);
}

/* ---- points ---- */

static void points_are_days_then_hours_then_the_newest_value(void **state)
{
    struct look look = {0};
    int64_t id, boundary;
    size_t count, days = 0, few;
    struct wpb_point newest[10];

    (void)state;
    look_begin(&look);
    id = look_series(&look, SITE, "a");
    for (int day = 0; day < 60; day++) {
        note_minutes(&look, id, look.now_ms, look.now_ms + DAY, 20 * MINUTE);
        look.now_ms += DAY;
        look_keep_up(&look);
    }
    look_note(&look, id, look.now_ms + 3 * MINUTE, 7);
    look.now_ms += 10 * MINUTE;
    look_keep_up(&look);
    count = look_points(&look, id, points);
    boundary = points[count - 2].time_ms;
    while (points[days].time_ms % DAY == DAY / 2)
        days++;
    /* Today's are not over, and so there are 22 days of hours with it. */
    assert_int_equal(days, 60 - 22);
    assert_int_equal(count, days + 22 * 24 + 1);
    assert_int_equal(points[days].time_ms, points[days - 1].time_ms + DAY / 2 + HOUR / 2);
    assert_float_equal(points[0].value, 11.5 * 60 + 20, 0);
    assert_int_equal(boundary, LOOK_BEGIN_MS + 60 * DAY - HOUR / 2);
    assert_int_equal(points[count - 1].time_ms, LOOK_BEGIN_MS + 60 * DAY + 3 * MINUTE);
    assert_float_equal(points[count - 1].value, 7, 0);
    /* The newest, where there is less room; only what was asked for. */
    assert_int_equal(
        wpb_store_points(look.store, id, 0, look.now_ms, newest, 10, &few, NULL), 0);
    assert_int_equal(few, 10);
    assert_memory_equal(newest, &points[count - 10], sizeof(newest));
    assert_int_equal(
        wpb_store_points(look.store, id, boundary, boundary, newest, 10, &few, NULL), 0);
    assert_int_equal(few, 1);
    assert_int_equal(wpb_store_points(look.store, id, 5, 4, newest, 10, &few, NULL), 0);
    assert_int_equal(few, 0);
    look_end(&look);
}

static void recent_values_are_as_they_came(void **state)
{
    struct look look = {0};
    int64_t id;
    size_t count;

    (void)state;
    look_begin(&look);
    id = look_series(&look, SITE, "a");
    note_minutes(&look, id, LOOK_BEGIN_MS, LOOK_BEGIN_MS + 12 * HOUR, MINUTE);
    look_note(&look, id, LOOK_BEGIN_MS + 12 * HOUR, 1);
    look_note(&look, id, LOOK_BEGIN_MS + 12 * HOUR, 2);
    look.now_ms = LOOK_BEGIN_MS + 12 * HOUR + 6 * MINUTE;
    look_keep_up(&look);
    assert_int_equal(wpb_store_recent(look.store, id, 0, look.now_ms, points,
                                      WPB_STORE_POINTS_MAX, &count, NULL),
                     0);
    assert_int_equal(count, 6 * 60 + 1);
    assert_int_equal(points[0].time_ms, LOOK_BEGIN_MS + 6 * HOUR);
    assert_float_equal(points[359].value, 719, 0);
    assert_float_equal(points[360].value, 2, 0);
    look_end(&look);
}

/* ---- clocks ---- */

static void a_clock_that_was_ahead_for_a_while_leaves_no_trace(void **state)
{
    struct look look = {0};
    int64_t id, false_ms;
    size_t count;

    (void)state;
    look_begin(&look);
    id = look_series(&look, SITE, "a");
    for (int hour = 0; hour < 72; hour++) {
        note_minutes(&look, id, look.now_ms, look.now_ms + HOUR, 10 * MINUTE);
        look.now_ms += HOUR;
        look_keep_up(&look);
    }
    /* A year ahead, for three hours. */
    false_ms = look.now_ms + 365 * DAY;
    for (int hour = 0; hour < 3; hour++) {
        note_minutes(&look, id, false_ms, false_ms + HOUR, 10 * MINUTE);
        false_ms += HOUR;
        look.now_ms = false_ms;
        look_keep_up(&look);
    }
    look.now_ms = LOOK_BEGIN_MS + 75 * HOUR;
    look_keep_up(&look);
    /* Nothing that is true was thrown away, and nothing false is told. */
    assert_int_equal(look_points(&look, id, points), 72 + 1);
    for (int hour = 75; hour < 75 + 30; hour++) {
        note_minutes(&look, id, look.now_ms, look.now_ms + HOUR, 10 * MINUTE);
        look.now_ms += HOUR;
        look_keep_up(&look);
    }
    count = look_points(&look, id, points);
    assert_int_equal(count, 72 + 30);
    assert_int_equal(look_ask(&look,
                              "SELECT count(*) FROM block WHERE block * (CASE level"
                              " WHEN 0 THEN 1 WHEN 1 THEN 24 ELSE 192 END) > 510000"),
                     0);
    look_end(&look);
}

static void a_clock_that_was_behind_for_days_costs_nothing(void **state)
{
    struct look look = {0};
    int64_t id;

    (void)state;
    look_begin(&look);
    id = look_series(&look, SITE, "a");
    for (int hour = 0; hour < 24 * 10; hour++) {
        note_minutes(&look, id, look.now_ms, look.now_ms + HOUR, 20 * MINUTE);
        look.now_ms += HOUR;
        look_keep_up(&look);
    }
    /* No battery: 1970, for two days. */
    look.now_ms = 0;
    for (int hour = 0; hour < 48; hour++) {
        note_minutes(&look, id, look.now_ms, look.now_ms + HOUR, 20 * MINUTE);
        look.now_ms += HOUR;
        look_keep_up(&look);
    }
    look.now_ms = LOOK_BEGIN_MS + 12 * DAY;
    look_keep_up(&look);
    assert_int_equal(hours_of(&look, id), 10 * 24 + 48);
    look_end(&look);
}

static void an_hour_that_comes_twice_keeps_the_better_median(void **state)
{
    struct look look = {0};
    int64_t id;

    (void)state;
    look_begin(&look);
    id = look_series(&look, SITE, "a");
    for (int hour = 0; hour < 20; hour++) {
        note_minutes(&look, id, look.now_ms, look.now_ms + HOUR, MINUTE);
        look.now_ms += HOUR;
        look_keep_up(&look);
    }
    /* Back by 18 hours, where no values are left: one comes again. */
    look.now_ms = LOOK_BEGIN_MS + 2 * HOUR;
    look_note(&look, id, look.now_ms, 5000);
    look.now_ms += 2 * HOUR;
    look_keep_up(&look);
    look.now_ms = LOOK_BEGIN_MS + 21 * HOUR;
    look_keep_up(&look);
    assert_int_equal(hours_of(&look, id), 20);
    assert_int_equal(rollups[2].count, 60);
    assert_float_equal(rollups[2].median, 149.5, 0);
    look_end(&look);
}

/* ---- retention ---- */

static void what_is_older_than_the_retention_goes(void **state)
{
    struct look look = {0};
    int64_t id, quiet;
    struct wpb_err err;

    (void)state;
    look_begin(&look);
    quiet = look_series(&look, SITE, "quiet");
    id = look_series(&look, SITE, "a");
    look_note(&look, quiet, look.now_ms, 1);
    for (int hour = 0; hour < 130 * 24; hour++) {
        look_note(&look, id, look.now_ms, hour);
        look.now_ms += HOUR;
        if (hour % 2 == 0 || hour > 128 * 24)
            look_keep_up(&look);
    }
    assert_in_range(days_of(&look, id), 90, 98);
    assert_in_range(hours_of(&look, id), 21 * 24, 22 * 24);
    assert_int_equal(wpb_store_note(look.store, quiet, look.now_ms, 1, &err), -1);
    assert_int_equal(err.code, WPB_E_NOT_FOUND);
    look_end(&look);
}

static void many_values_are_kept_for_less_than_six_hours(void **state)
{
    struct look look = {.max_bytes = 2 << 20};
    int64_t ids[30];
    char name[32];

    (void)state;
    look_begin(&look);
    for (int i = 0; i < 30; i++) {
        snprintf(name, sizeof(name), "name-%d", i);
        ids[i] = look_series(&look, SITE, name);
    }
    for (int hour = 0; hour < 12; hour++) {
        for (int i = 0; i < 30; i++)
            note_minutes(&look, ids[i], look.now_ms, look.now_ms + HOUR, 10000);
        look.now_ms += HOUR;
        look_keep_up(&look);
        look.now_ms += 6 * MINUTE;
        look_keep_up(&look);
        look.now_ms -= 6 * MINUTE;
        assert_true(wpb_store_size_bytes(look.store) <= look.max_bytes);
    }
    assert_in_range(look_ask(&look, "SELECT count(*) FROM block WHERE level = 0"), 2, 3);
    for (int i = 0; i < 30; i++) {
        assert_int_equal(hours_of(&look, ids[i]), 12);
        assert_int_equal(rollups[11].count, 360);
    }
    look_end(&look);
}

static void a_full_history_refuses_values_and_takes_alerts(void **state)
{
    struct look look = {.max_bytes = WPB_STORE_BYTES_MIN};
    int64_t id;
    int noted = 0;

    (void)state;
    look_begin(&look);
    id = look_series(&look, SITE, "a");
    /* No upkeep: nothing goes. */
    for (int batch = 0; batch < 200; batch++) {
        assert_int_equal(wpb_store_begin(look.store, NULL), 0);
        for (int i = 0; i < 1000; i++)
            noted += wpb_store_note(look.store, id, look.now_ms++, 1.5, &look.err) == 0;
        assert_int_equal(wpb_store_commit(look.store, &look.err), 0);
        assert_true(wpb_store_size_bytes(look.store) <= look.max_bytes);
    }
    assert_in_range(noted, 15000, 60000);
    assert_int_equal(look.err.code, WPB_E_BUDGET);
    assert_null(wpb_store_degraded(look.store));
    assert_int_equal(look_put_alert(look.store, "fingerprint00001", 3, 1, &look.err), 0);
    assert_int_equal(look_put_letter(look.store, "p", "fingerprint00001", 3, 1, NULL), 0);
    assert_int_equal(look_alert_seq(&look, "fingerprint00001"), 3);
    /* Once the hour is over, its median is enough. */
    look.now_ms += 2 * HOUR;
    look_keep_up(&look);
    look_note(&look, id, look.now_ms, 1);
    assert_int_equal(hours_of(&look, id), 1);
    assert_int_equal(rollups[0].count, noted);
    assert_true(look_is_sound(&look));
    look_end(&look);
}

static void a_lower_bound_shrinks_the_file(void **state)
{
    struct look look = {.max_bytes = 16 << 20};
    char name[32];
    int64_t ids[100];

    (void)state;
    look_begin(&look);
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "name-%d", i);
        ids[i] = look_series(&look, SITE, name);
    }
    for (int hour = 0; hour < 24 * 20; hour++) {
        assert_int_equal(wpb_store_begin(look.store, NULL), 0);
        for (int i = 0; i < 100; i++)
            look_note(&look, ids[i], look.now_ms, hour * 1.1);
        assert_int_equal(wpb_store_commit(look.store, NULL), 0);
        look.now_ms += HOUR;
        look_keep_up(&look);
    }
    assert_true(wpb_store_size_bytes(look.store) > (3 << 19));
    look.max_bytes = WPB_STORE_BYTES_MIN;
    look_reopen(&look);
    assert_null(wpb_store_degraded(look.store));
    look_keep_up(&look);
    look_close(&look);
    look_open(&look);
    look_keep_up(&look);
    assert_true(wpb_store_size_bytes(look.store) <= WPB_STORE_BYTES_MIN);
    assert_true(hours_of(&look, ids[0]) > 24);
    assert_true(look_is_sound(&look));
    look_end(&look);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_has_one_id_for_ever),
        cmocka_unit_test(every_part_of_a_key_but_its_unit_counts),
        cmocka_unit_test(the_catalogue_lists_what_came_last),
        cmocka_unit_test(hostile_names_fill_one_site_and_no_other),
        cmocka_unit_test(the_longest_silent_gives_way_after_two_days),
        cmocka_unit_test(a_small_bound_means_few_series),
        cmocka_unit_test(names_too_long_are_refused),
        cmocka_unit_test(what_no_arithmetic_bears_is_refused),
        cmocka_unit_test(an_unknown_id_does_not_end_the_transaction),
        cmocka_unit_test(hours_have_medians_at_any_pace),
        cmocka_unit_test(an_hour_is_closed_only_when_it_is_over),
        cmocka_unit_test(a_restart_in_an_hour_loses_nothing_of_it),
        cmocka_unit_test(a_late_value_is_taken_in),
        cmocka_unit_test(a_day_has_the_median_of_its_hours),
        cmocka_unit_test(more_series_than_a_slice_are_all_rolled),
        cmocka_unit_test(points_are_days_then_hours_then_the_newest_value),
        cmocka_unit_test(recent_values_are_as_they_came),
        cmocka_unit_test(a_clock_that_was_ahead_for_a_while_leaves_no_trace),
        cmocka_unit_test(a_clock_that_was_behind_for_days_costs_nothing),
        cmocka_unit_test(an_hour_that_comes_twice_keeps_the_better_median),
        cmocka_unit_test(what_is_older_than_the_retention_goes),
        cmocka_unit_test(many_values_are_kept_for_less_than_six_hours),
        cmocka_unit_test(a_full_history_refuses_values_and_takes_alerts),
        cmocka_unit_test(a_lower_bound_shrinks_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
