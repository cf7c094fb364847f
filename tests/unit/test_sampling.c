/* The sum of a heavy-tailed population from a part of it. */
#include "probes/mysql/id_ranges.h"
#include "probes/mysql/sampling.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SEEDS 100

/* Values as builders keep them: a Pareto law of exponent 1.2 from 5 to 200 KB, and of
 * 10,000 rows HUGE of 1 to 2 MB. */
struct population {
    uint64_t *values, sum;
    size_t count;
};

static double fraction(uint64_t *state)
{
    return (double)(wpb_sampling_random(state) >> 11) / 9007199254740992.0;
}

static struct population populate(size_t count, size_t huge)
{
    struct population population = {calloc(count, sizeof(uint64_t)), 0, count};
    uint64_t state = 42;

    assert_non_null(population.values);
    for (size_t i = 0; i < count; i++) {
        double tail = 1 - pow(5000.0 / 200000.0, 1.2);
        double bytes = i < huge ? 1e6 + 1e6 * fraction(&state)
                                : 5000 * pow(1 - fraction(&state) * tail, -1 / 1.2);
        population.values[i] = (uint64_t)bytes;
        population.sum += population.values[i];
    }
    return population;
}

/* COUNT of them without repetition. */
static struct wpb_sampling sample(const struct population *population, size_t count,
                                  uint64_t seed)
{
    struct wpb_sampling sampling = {.rows = population->count};
    uint64_t state = seed * 0x9e3779b97f4a7c15ULL + 1;

    wpb_sampling_shuffle(population->values, population->count, &state);
    for (size_t i = 0; i < count; i++)
        wpb_sampling_add(&sampling, population->values[i]);
    return sampling;
}

static int covered(const struct population *population, size_t count)
{
    int hits = 0;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct wpb_sampling sampling = sample(population, count, seed);
        struct wpb_sampling_total total =
            wpb_sampling_total(&sampling, WPB_SAMPLING_TAIL_BYTES);
        assert_true(total.low <= total.bytes && total.bytes <= total.high);
        hits += total.low <= population->sum && population->sum <= total.high;
    }
    return hits;
}

static void the_interval_covers_a_heavy_tail_in_85_of_100_seeds(void **state)
{
    static const size_t counts[] = {30, 60, 100, 200, 300, 500, 1000};
    struct population population = populate(10000, 100);

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        assert_in_range(covered(&population, counts[i]), 85, 100);
    free(population.values);
}

static void the_interval_covers_a_tail_without_giants_too(void **state)
{
    static const size_t counts[] = {30, 100, 300, 1000};
    struct population population = populate(4000, 0);

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        assert_in_range(covered(&population, counts[i]), 85, 100);
    free(population.values);
}

static void the_interval_narrows_as_the_sample_grows(void **state)
{
    struct population population = populate(4000, 0);
    uint64_t width = UINT64_MAX;

    (void)state;
    for (size_t count = 30; count <= 3000; count *= 10) {
        struct wpb_sampling sampling = sample(&population, count, 7);
        struct wpb_sampling_total total =
            wpb_sampling_total(&sampling, WPB_SAMPLING_TAIL_BYTES);
        assert_true(total.high - total.low < width);
        width = total.high - total.low;
    }
    free(population.values);
}

static void a_thousand_of_a_tail_without_giants_are_within_a_fifth(void **state)
{
    struct population population = populate(4000, 0);

    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct wpb_sampling sampling = sample(&population, 1000, seed);
        double bytes = (double)wpb_sampling_total(&sampling, 0).bytes;
        assert_true(fabs(bytes / (double)population.sum - 1) < 0.2);
    }
    free(population.values);
}

static void all_rows_looked_at_are_exact(void **state)
{
    struct population population = populate(50, 1);
    struct wpb_sampling sampling = sample(&population, 50, 3);
    struct wpb_sampling_total total =
        wpb_sampling_total(&sampling, WPB_SAMPLING_TAIL_BYTES);

    (void)state;
    assert_true(total.is_exact);
    assert_int_equal(total.bytes, population.sum);
    assert_int_equal(total.low, population.sum);
    assert_int_equal(total.high, population.sum);
    free(population.values);
}

static void nothing_looked_at_is_anything_up_to_the_tail(void **state)
{
    struct wpb_sampling sampling = {.rows = 10};
    struct wpb_sampling_total total = wpb_sampling_total(&sampling, 1000);

    (void)state;
    assert_int_equal(total.low, 0);
    assert_int_equal(total.high, 10000);
}

static void empty_values_are_no_division_by_nothing(void **state)
{
    struct wpb_sampling sampling = {.rows = 1000};
    struct wpb_sampling_total total;

    (void)state;
    for (int i = 0; i < 40; i++)
        wpb_sampling_add(&sampling, 0);
    total = wpb_sampling_total(&sampling, 100);
    assert_int_equal(total.bytes, 0);
    assert_int_equal(total.low, 0);
    assert_int_equal(total.high, 960 * 3 * 100 / 40);
}

static void values_of_four_gigabytes_do_not_overflow(void **state)
{
    struct wpb_sampling sampling = {.rows = UINT64_C(1) << 40};

    (void)state;
    for (int i = 0; i < 40; i++)
        wpb_sampling_add(&sampling, UINT32_MAX);
    assert_int_equal(wpb_sampling_total(&sampling, UINT32_MAX).high, INT64_MAX);
}

static void the_low_end_is_never_below_what_was_seen(void **state)
{
    struct population population = populate(40, 2);

    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct wpb_sampling sampling = sample(&population, 38, seed);
        assert_true(wpb_sampling_total(&sampling, 0).low >= sampling.sum);
    }
    free(population.values);
}

static void rows_known_by_those_found_widen_the_interval(void **state)
{
    struct population population = populate(4000, 0);
    struct wpb_sampling sampling = sample(&population, 300, 7);
    struct wpb_sampling_total known = wpb_sampling_total(&sampling, 0);

    (void)state;
    sampling.found = 50;
    struct wpb_sampling_total found = wpb_sampling_total(&sampling, 0);
    assert_int_equal(found.bytes, known.bytes);
    assert_true(found.low < known.low);
    assert_true(found.high > known.high);
    /* All found have been looked at: how many there are is still not known. */
    sampling.rows = sampling.count;
    assert_false(wpb_sampling_total(&sampling, 0).is_exact);
    free(population.values);
}

static void ranges_of_ids_lie_apart_and_cover_each_id_alike(void **state)
{
    static int hits[1000];
    struct wpb_id_ranges ranges;
    struct wpb_sql sql;
    const struct wpb_site site = {.table_prefix = "wp_"};

    (void)state;
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        wpb_id_ranges_init(&ranges, 1, 1000, 10, 5, seed * 7919);
        wpb_sql_init(&sql, &site);
        assert_true(wpb_id_ranges_add(&ranges, &sql, "i", 100));
        assert_false(wpb_id_ranges_add(&ranges, &sql, "i", 100));
        wpb_buf_char(&sql.text, '\0');
        for (const char *at = sql.text.data; (at = strstr(at, "BETWEEN ")); at++) {
            unsigned long long first = strtoull(at + 8, NULL, 10);
            unsigned long long last = strtoull(strstr(at, "AND ") + 4, NULL, 10);
            assert_true(first >= 1 && last <= 1000 && last == first + 4);
            for (unsigned long long id = first; id <= last; id++)
                hits[id - 1]++;
        }
        assert_int_equal(ranges.covered, 50);
        assert_true(fabs(wpb_id_ranges_scale(&ranges) - 20) < 1e-9);
        wpb_sql_fini(&sql);
    }
    /* 104 of 2,000 seeds each, less at the ends of the ten parts. */
    for (size_t part = 0; part < 10; part++) {
        for (size_t id = 5; id < 95; id++)
            assert_in_range(hits[part * 100 + id], 50, 170);
    }
}

static void few_ids_are_covered_whole(void **state)
{
    struct wpb_id_ranges ranges;
    struct wpb_sql sql;
    const struct wpb_site site = {.table_prefix = "wp_"};

    (void)state;
    for (uint64_t last = 7; last < 700; last += 13) {
        wpb_id_ranges_init(&ranges, 7, last, 100, 64, 3);
        wpb_sql_init(&sql, &site);
        while (wpb_id_ranges_add(&ranges, &sql, "i", 3))
            ;
        assert_true(wpb_id_ranges_are_all(&ranges));
        wpb_sql_fini(&sql);
    }
}

static void ids_up_to_the_end_of_their_type_do_not_overflow(void **state)
{
    struct wpb_id_ranges ranges;
    struct wpb_sql sql;
    const struct wpb_site site = {.table_prefix = "wp_"};

    (void)state;
    wpb_id_ranges_init(&ranges, 1, UINT64_MAX - 1, 100, 64, 3);
    wpb_sql_init(&sql, &site);
    assert_true(wpb_id_ranges_add(&ranges, &sql, "i", 100));
    assert_int_equal(ranges.covered, 6400);
    wpb_sql_fini(&sql);
}

static void a_value_costs_its_row_and_the_pages_beside_it(void **state)
{
    (void)state;
    assert_int_equal(wpb_sampling_pages_of(0), 1);
    assert_int_equal(wpb_sampling_pages_of(500), 1);
    assert_int_equal(wpb_sampling_pages_of(16000), 2);
    assert_int_equal(wpb_sampling_pages_of(16339), 3);
    assert_int_equal(wpb_sampling_pages_of(2000000), 1 + 123);
}

static struct wpb_sampling key_of(uint64_t rows, uint64_t a, uint64_t b)
{
    struct wpb_sampling key = {.rows = rows};

    for (int i = 0; i < 15; i++) {
        wpb_sampling_add(&key, a);
        wpb_sampling_add(&key, b);
    }
    return key;
}

static void the_key_with_more_rows_of_the_same_law_comes_first(void **state)
{
    struct wpb_sampling keys[2] = {key_of(500, 5000, 30000), key_of(9000, 5000, 30000)};

    (void)state;
    assert_int_equal(wpb_sampling_next(keys, 2, 20, 1000, 500, 2000000), 1);
}

static void what_does_not_fit_the_pages_left_is_not_chosen(void **state)
{
    struct wpb_sampling keys[2] = {key_of(9000, 900000, 1100000), key_of(500, 300, 500)};

    (void)state;
    assert_int_equal(wpb_sampling_next(keys, 2, 20, 1000, 100, 2000000), 1);
    assert_int_equal(wpb_sampling_next(keys, 2, 20, 1000, 10, 2000000), 2);
}

static void a_key_that_is_known_or_full_is_not_chosen(void **state)
{
    struct wpb_sampling keys[2] = {key_of(30, 300, 500), key_of(900, 300, 500)};

    (void)state;
    assert_int_equal(wpb_sampling_next(keys, 2, 20, 30, 1000, 2000000), 2);
    assert_int_equal(wpb_sampling_next(keys, 2, 20, 31, 1000, 2000000), 1);
}

static void a_shuffle_loses_and_doubles_nothing(void **state)
{
    uint64_t ids[500], seed = 9;
    bool is_seen[500] = {false};
    size_t moved = 0;

    (void)state;
    for (size_t i = 0; i < 500; i++)
        ids[i] = i;
    wpb_sampling_shuffle(ids, 500, &seed);
    for (size_t i = 0; i < 500; i++) {
        assert_true(ids[i] < 500 && !is_seen[ids[i]]);
        is_seen[ids[i]] = true;
        moved += ids[i] != i;
    }
    assert_true(moved > 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_interval_covers_a_heavy_tail_in_85_of_100_seeds),
        cmocka_unit_test(the_interval_covers_a_tail_without_giants_too),
        cmocka_unit_test(the_interval_narrows_as_the_sample_grows),
        cmocka_unit_test(a_thousand_of_a_tail_without_giants_are_within_a_fifth),
        cmocka_unit_test(all_rows_looked_at_are_exact),
        cmocka_unit_test(nothing_looked_at_is_anything_up_to_the_tail),
        cmocka_unit_test(empty_values_are_no_division_by_nothing),
        cmocka_unit_test(values_of_four_gigabytes_do_not_overflow),
        cmocka_unit_test(the_low_end_is_never_below_what_was_seen),
        cmocka_unit_test(rows_known_by_those_found_widen_the_interval),
        cmocka_unit_test(ranges_of_ids_lie_apart_and_cover_each_id_alike),
        cmocka_unit_test(few_ids_are_covered_whole),
        cmocka_unit_test(ids_up_to_the_end_of_their_type_do_not_overflow),
        cmocka_unit_test(a_value_costs_its_row_and_the_pages_beside_it),
        cmocka_unit_test(the_key_with_more_rows_of_the_same_law_comes_first),
        cmocka_unit_test(what_does_not_fit_the_pages_left_is_not_chosen),
        cmocka_unit_test(a_key_that_is_known_or_full_is_not_chosen),
        cmocka_unit_test(a_shuffle_loses_and_doubles_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
