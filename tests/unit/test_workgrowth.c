/* Does what a request costs grow: with concurrency, with data, or not at all? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/analyse/bootstrap.h"
#include "agent/analyse/workgrowth.h"
#include "tests/unit/near.h"
#include "tests/unit/series.h"

#define WINDOWS 240
#define SEEDS 200
#define FEW_SEEDS 40

/* Minutes of a shop: requests come at a rate that goes up and down, each does some work
 * and takes the longer the more it does. */
struct shop {
    double rate;                 /* mean */
    double spread;               /* sigma of the lognormal work of a request */
    double with_rate, with_time; /* what full growth adds to 1 over the usual range */
    double likeness;             /* of neighbouring minutes' noise */
    double outliers; /* share of minutes in which everything takes ten times as much */
    bool is_rate_constant;
};

static int poisson(struct series *random, double mean)
{
    int count = 0;

    for (double sum = -log(series_uniform(random)); sum < mean;
         sum -= log(series_uniform(random)))
        count++;
    return count;
}

static void open_shop(const struct shop *shop, uint64_t seed,
                      struct wpb_work_window *windows)
{
    struct series random;
    double noise = 0;

    series_begin(&random, seed);
    for (size_t i = 0; i < WINDOWS; i++) {
        double wave = sin(4 * acos(-1) * (double)i / WINDOWS);
        double relative = shop->is_rate_constant
                              ? 1
                              : (1 + 0.7 * wave) * exp(0.2 * series_normal(&random));
        int requests = poisson(&random, 60 * shop->rate * relative);
        double factor = 1 + shop->with_rate * (relative - 1) +
                        shop->with_time * ((double)i / WINDOWS - 0.5);
        noise = shop->likeness * noise + 0.05 * series_normal(&random);
        factor *= shop->likeness > 0 ? exp(noise) : 1;
        factor *= series_uniform(&random) < shop->outliers ? 10 : 1;
        windows[i] = (struct wpb_work_window){
            .seconds = 60, .requests = requests, .data = 60 * (double)i};
        for (int j = 0; j < requests; j++) {
            double work = factor * exp(shop->spread * series_normal(&random));
            windows[i].quantity += work;
            windows[i].busy_s += 0.05 + 0.12 * work;
        }
    }
}

/* How often each verdict is given. */
static void count_verdicts(struct shop shop, uint64_t seeds,
                           size_t counts[WPB_WORK_VERDICTS])
{
    static struct wpb_work_window windows[WINDOWS];

    memset(counts, 0, WPB_WORK_VERDICTS * sizeof(*counts));
    for (uint64_t seed = 0; seed < seeds; seed++) {
        struct wpb_workgrowth growth;
        open_shop(&shop, 5000 + seed, windows);
        wpb_workgrowth_of(windows, WINDOWS, 0, &growth);
        counts[growth.verdict]++;
    }
}

static size_t growing(const size_t counts[WPB_WORK_VERDICTS])
{
    return counts[WPB_WORK_GROWS_WITH_CONCURRENCY] + counts[WPB_WORK_GROWS_WITH_DATA] +
           counts[WPB_WORK_GROWS_WITH_BOTH];
}

/* Ordinary regression on N: slope above 0 by 1.96 standard errors. */
static size_t plainly_growing(struct shop shop)
{
    static struct wpb_work_window windows[WINDOWS];
    size_t grows = 0;

    for (uint64_t seed = 0; seed < FEW_SEEDS; seed++) {
        double x = 0, y = 0, xx = 0, xy = 0, yy = 0, slope, rest;
        open_shop(&shop, 5000 + seed, windows);
        for (size_t i = 0; i < WINDOWS; i++) {
            double n = windows[i].busy_s / 60,
                   q = windows[i].quantity / windows[i].requests;
            x += n / WINDOWS;
            y += q / WINDOWS;
            xx += n * n;
            xy += n * q;
            yy += q * q;
        }
        xx -= WINDOWS * x * x;
        xy -= WINDOWS * x * y;
        yy -= WINDOWS * y * y;
        slope = xy / xx;
        rest = yy - slope * xy;
        grows += slope > 1.96 * sqrt(rest / (WINDOWS - 2) / xx);
    }
    return grows;
}

/* At most one of twenty finds growth where there is none: light and heavy work, many and
 * few requests, neighbours that are alike, minutes in which all stood still. */
static void constant_work_is_not_said_to_grow(void **state)
{
    const struct shop shops[] = {
        {.rate = 1.5, .spread = 0.3},
        {.rate = 1.5, .spread = 1},
        {.rate = 0.5, .spread = 1},
        {.rate = 1.5, .spread = 1, .likeness = 0.7},
        {.rate = 0.5, .spread = 1, .likeness = 0.7},
        {.rate = 1.5, .spread = 1, .likeness = 0.7, .outliers = 0.02},
    };
    size_t counts[WPB_WORK_VERDICTS];

    (void)state;
    for (size_t i = 0; i < sizeof(shops) / sizeof(*shops); i++) {
        count_verdicts(shops[i], SEEDS, counts);
        assert_true(growing(counts) <= SEEDS / 20);
        assert_true(counts[WPB_WORK_IS_CONSTANT] >= SEEDS * 7 / 10);
    }
}

/* Why N needs an instrument. */
static void ordinary_regression_finds_growth_in_most_of_them(void **state)
{
    (void)state;
    assert_true(plainly_growing((struct shop){.rate = 0.5, .spread = 1}) >
                FEW_SEEDS * 9 / 10);
    assert_true(plainly_growing((struct shop){.rate = 1.5, .spread = 1}) >
                FEW_SEEDS * 3 / 10);
}

static void growth_is_found_and_its_cause_named(void **state)
{
    const struct {
        struct shop shop;
        enum wpb_work_verdict verdict;
    } rows[] = {
        {{.rate = 1.5, .spread = 1, .with_rate = 0.15}, WPB_WORK_GROWS_WITH_CONCURRENCY},
        {{.rate = 1.5, .spread = 1, .with_rate = 0.2, .likeness = 0.7, .outliers = 0.02},
         WPB_WORK_GROWS_WITH_CONCURRENCY},
        {{.rate = 0.5, .spread = 1, .with_rate = 0.3}, WPB_WORK_GROWS_WITH_CONCURRENCY},
        {{.rate = 1.5, .spread = 1, .with_time = 0.4}, WPB_WORK_GROWS_WITH_DATA},
        {{.rate = 1.5, .spread = 1, .with_time = 0.4, .likeness = 0.7},
         WPB_WORK_GROWS_WITH_DATA},
        {{.rate = 1.5, .spread = 1, .with_time = 0.4, .is_rate_constant = true},
         WPB_WORK_GROWS_WITH_DATA},
        {{.rate = 1.5, .spread = 1, .with_rate = 0.2, .with_time = 0.4},
         WPB_WORK_GROWS_WITH_BOTH},
    };
    size_t counts[WPB_WORK_VERDICTS];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        count_verdicts(rows[i].shop, FEW_SEEDS, counts);
        assert_true(counts[rows[i].verdict] >= FEW_SEEDS * 9 / 10);
    }
}

/* Of 0.4 over the time: 5 to 95 % of it are 0.95 of 0.4. */
static void effects_are_as_large_as_they_are(void **state)
{
    static struct wpb_work_window windows[WINDOWS];
    const struct shop shop = {.rate = 1.5, .spread = 1, .with_time = 0.4};
    size_t covered = 0;

    (void)state;
    for (uint64_t seed = 0; seed < (2 * FEW_SEEDS); seed++) {
        struct wpb_workgrowth growth;
        open_shop(&shop, 6000 + seed, windows);
        wpb_workgrowth_of(windows, WINDOWS, 0, &growth);
        covered += growth.data.effect_low <= 0.38 && 0.38 <= growth.data.effect_high;
        assert_near(growth.data.effect, 0.38, 0.15);
        assert_within(growth.mean, exp(0.5), 0.1);
        assert_near(growth.data.effect / growth.data.per_unit * growth.mean,
                    growth.data.high - growth.data.low, 1e-6 * growth.data.high);
    }
    /* 98 %. */
    assert_true(covered >= (2 * FEW_SEEDS) * 94 / 100);
}

/* Other minutes of the same days, twenty times of ten histories each: at most one of
 * fifty finds growth, in which chance has two goes. */
static void replays_of_constant_work_stay_constant(void **state)
{
    static struct wpb_work_window windows[WINDOWS], replay[WINDOWS];
    const struct shop shop = {.rate = 1.5, .spread = 1, .likeness = 0.5};
    size_t indices[WINDOWS], grows = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 10; seed++) {
        struct wpb_bootstrap bootstrap;
        open_shop(&shop, 7000 + seed, windows);
        wpb_bootstrap_begin(&bootstrap, WINDOWS, 0, seed);
        for (int round = 0; round < 20; round++) {
            struct wpb_workgrowth growth;
            wpb_bootstrap_draw(&bootstrap, indices);
            for (size_t i = 0; i < WINDOWS; i++) {
                replay[i] = windows[indices[i]];
                replay[i].data = windows[i].data;
            }
            wpb_workgrowth_of(replay, WINDOWS, 0, &growth);
            grows += growth.concurrency.grows || growth.data.grows;
        }
    }
    assert_true(grows <= 4);
}

/* Windows in which the pool is full are not asked: their rate is the pool's. */
static void full_windows_are_left_out(void **state)
{
    static struct wpb_work_window windows[WINDOWS];
    const struct shop shop = {.rate = 1.5, .spread = 0.3};
    struct wpb_workgrowth growth, fewer;

    (void)state;
    open_shop(&shop, 8000, windows);
    wpb_workgrowth_of(windows, WINDOWS, 8, &growth);
    assert_int_equal(growth.verdict, WPB_WORK_IS_CONSTANT);
    for (size_t i = 0; i < WINDOWS; i += 10) {
        windows[i].busy_s = 60 * 7.9;
        windows[i].quantity *= 50;
    }
    wpb_workgrowth_of(windows, WINDOWS, 8, &fewer);
    assert_near(fewer.windows, WINDOWS * 9 / 10, 0);
    assert_int_equal(fewer.verdict, WPB_WORK_IS_CONSTANT);
    assert_within(fewer.mean, growth.mean, 0.02);
}

static struct wpb_work_window plain_window(double rate, double data)
{
    return (struct wpb_work_window){.seconds = 60,
                                    .requests = 60 * rate,
                                    .busy_s = 60 * rate * 0.2,
                                    .quantity = 60 * rate * 7,
                                    .data = data};
}

static void what_cannot_be_told_is_refused_with_its_reason(void **state)
{
    struct wpb_work_window windows[WINDOWS];
    struct wpb_workgrowth growth;

    (void)state;
    for (size_t i = 0; i < WINDOWS; i++)
        windows[i] = plain_window(1 + (double)(i % 12) / 4, (double)i);
    wpb_workgrowth_of(windows, WINDOWS, 0, &growth);
    assert_int_equal(growth.verdict, WPB_WORK_IS_CONSTANT);
    assert_near(growth.mean, 7, 1e-9);
    assert_near(growth.concurrency.effect, 0, 1e-9);
    wpb_workgrowth_of(windows, 47, 0, &growth);
    assert_int_equal(growth.refusal, WPB_WORK_TOO_FEW_WINDOWS);
    assert_int_equal(growth.verdict, WPB_WORK_REFUSED);
    /* Traffic that grows with the table. */
    for (size_t i = 0; i < WINDOWS; i++)
        windows[i] = plain_window(1 + (double)i / 100, (double)i);
    wpb_workgrowth_of(windows, WINDOWS, 0, &growth);
    assert_int_equal(growth.refusal, WPB_WORK_COLLINEAR);
    /* Traffic that does not vary. */
    for (size_t i = 0; i < WINDOWS; i++)
        windows[i] = plain_window(1 + (double)(i % 3) / 20, (double)i);
    wpb_workgrowth_of(windows, WINDOWS, 0, &growth);
    assert_int_equal(growth.verdict, WPB_WORK_REFUSED);
    assert_int_equal(growth.concurrency.refusal, WPB_WORK_NARROW_RANGE);
    assert_int_equal(growth.data.refusal, WPB_WORK_NOT_REFUSED);
    /* A handful of requests. */
    for (size_t i = 0; i < WINDOWS; i++)
        windows[i] = plain_window(1.0 / 60 * (1 + (double)(i % 3)), (double)i);
    wpb_workgrowth_of(windows, WINDOWS, 0, &growth);
    assert_int_equal(growth.refusal, WPB_WORK_TOO_FEW_REQUESTS);
}

/* Nobody ever waits for a lock: that is constant. */
static void a_quantity_that_is_never_there_is_constant(void **state)
{
    struct wpb_work_window windows[WINDOWS];
    struct wpb_workgrowth growth;

    (void)state;
    for (size_t i = 0; i < WINDOWS; i++) {
        windows[i] = plain_window(1 + (double)(i % 12) / 4, (double)i);
        windows[i].quantity = 0;
    }
    wpb_workgrowth_of(windows, WINDOWS, 0, &growth);
    assert_int_equal(growth.verdict, WPB_WORK_IS_CONSTANT);
    assert_near(growth.mean, 0, 0);
}

static void hostile_windows_are_left_out(void **state)
{
    const double bad[] = {NAN, INFINITY, -INFINITY, 1e300};
    struct wpb_work_window windows[WINDOWS + 20];
    struct wpb_workgrowth growth;

    (void)state;
    for (size_t i = 0; i < WINDOWS; i++)
        windows[i] = plain_window(1 + (double)(i % 12) / 4, (double)i);
    for (size_t i = 0; i < 20; i++) {
        struct wpb_work_window *window = &windows[WINDOWS + i];
        double *fields[] = {&window->seconds, &window->requests, &window->busy_s,
                            &window->quantity, &window->data};
        *window = plain_window(1, 1);
        *fields[i % 5] = bad[i / 5];
    }
    wpb_workgrowth_of(windows, WINDOWS + 20, 0, &growth);
    assert_near(growth.windows, WINDOWS, 0);
    assert_int_equal(growth.verdict, WPB_WORK_IS_CONSTANT);
}

static void verdicts_have_names(void **state)
{
    (void)state;
    assert_string_equal(wpb_work_verdict_name(WPB_WORK_REFUSED), "refused");
    assert_string_equal(wpb_work_verdict_name(WPB_WORK_IS_CONSTANT), "constant");
    assert_string_equal(wpb_work_verdict_name(WPB_WORK_GROWS_WITH_CONCURRENCY),
                        "grows_with_concurrency");
    assert_string_equal(wpb_work_verdict_name(WPB_WORK_GROWS_WITH_DATA),
                        "grows_with_data");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constant_work_is_not_said_to_grow),
        cmocka_unit_test(ordinary_regression_finds_growth_in_most_of_them),
        cmocka_unit_test(growth_is_found_and_its_cause_named),
        cmocka_unit_test(effects_are_as_large_as_they_are),
        cmocka_unit_test(replays_of_constant_work_stay_constant),
        cmocka_unit_test(full_windows_are_left_out),
        cmocka_unit_test(what_cannot_be_told_is_refused_with_its_reason),
        cmocka_unit_test(a_quantity_that_is_never_there_is_constant),
        cmocka_unit_test(hostile_windows_are_left_out),
        cmocka_unit_test(verdicts_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
