/* Waiting for a worker: closed forms, the printed sentence, simulated queues. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/analyse/erlang.h"
#include "tests/unit/near.h"
#include "tests/unit/series.h"

static struct wpb_erlang_pool pool_of(unsigned workers, double service_s)
{
    return (struct wpb_erlang_pool){
        .workers = workers, .service_s = service_s, .arrival_cv2 = 1, .service_cv2 = 1};
}

static void erlang_b_and_c_are_the_closed_forms(void **state)
{
    (void)state;
    assert_near(wpb_erlang_c(1, 0.5), 0.5, 1e-12);
    assert_near(wpb_erlang_c(2, 1), 1.0 / 3, 1e-12);
    assert_near(wpb_erlang_c(10, 5), 0.0361053591583, 1e-12);
    assert_near(wpb_erlang_b(10, 5), 0.0183845703366, 1e-12);
    for (double offered = 0; offered < 3; offered += 0.1)
        assert_near(wpb_erlang_b(1, offered), offered / (1 + offered), 1e-12);
}

static void five_workers_wait_as_the_tables_say(void **state)
{
    const double utilization[] = {0.5, 0.7, 0.8, 0.9, 0.95};
    const double waits[] = {0.130371, 0.377838, 0.554113, 0.762493, 0.877799};

    (void)state;
    for (size_t i = 0; i < 5; i++)
        assert_near(wpb_erlang_c(5, 5 * utilization[i]), waits[i], 1e-6);
}

/* What the report says of five, eight and ten workers at 250 ms. */
static void the_sentence_about_twenty_a_second_is_true(void **state)
{
    const double rates[] = {5, 10, 15, 18, 19};
    const double waits_ms[] = {0.6, 13, 92, 381, 878};
    struct wpb_erlang_pool pool = pool_of(5, 0.25);

    (void)state;
    for (size_t i = 0; i < 5; i++)
        assert_near(1000 * wpb_erlang_wait_mean(&pool, rates[i]), waits_ms[i],
                    i == 0 ? 0.05 : 0.5);
    assert_true(isinf(wpb_erlang_wait_mean(&pool, 20)));
    pool.workers = 8;
    assert_near(1000 * wpb_erlang_wait_mean(&pool, 20), 14, 0.5);
    pool.workers = 10;
    assert_near(1000 * wpb_erlang_wait_mean(&pool, 20), 1.8, 0.05);
}

/* M/M/1: the wait exceeds t with probability rho exp(-(mu - lambda) t). */
static void the_tail_of_one_worker_is_exponential(void **state)
{
    struct wpb_erlang_pool pool = pool_of(1, 0.1);

    (void)state;
    for (double t = 0; t < 3; t += 0.1)
        assert_near(wpb_erlang_wait_tail(&pool, 7, t), 0.7 * exp(-3 * t), 1e-12);
    assert_near(wpb_erlang_wait_quantile(&pool, 7, 0.95), log(0.7 / 0.05) / 3, 1e-12);
    assert_near(wpb_erlang_wait_quantile(&pool, 0.4, 0.95), 0, 0);
    assert_near(wpb_erlang_wait_tail(&pool, 7, wpb_erlang_wait_quantile(&pool, 7, 0.9)),
                0.1, 1e-12);
}

/* Pollaczek and Khinchine: lambda E[S^2] / (2 (1 - rho)). */
static void one_worker_with_any_service_waits_as_pollaczek_and_khinchine_say(void **state)
{
    (void)state;
    for (double cv2 = 0; cv2 <= 4; cv2 += 0.5) {
        struct wpb_erlang_pool pool = pool_of(1, 0.1);
        pool.service_cv2 = cv2;
        for (double rate = 1; rate < 10; rate++)
            assert_within(wpb_erlang_wait_mean(&pool, rate),
                          rate * 0.01 * (1 + cv2) / (2 * (1 - rate / 10)), 1e-12);
    }
}

/* Mean wait and share of waits over OVER_S of 400,000 requests to WORKERS. */
static double simulate(unsigned workers, double rate, double (*service)(struct series *),
                       double over_s, double *share_over)
{
    static struct series random;
    double free_at[16] = {0}, now = 0, waited = 0, over = 0;
    const int requests = 400000;

    series_begin(&random, 20 + workers);
    for (int i = 0; i < requests; i++) {
        unsigned first = 0;
        double wait;
        now -= log(series_uniform(&random)) / rate;
        for (unsigned j = 1; j < workers; j++) {
            if (free_at[j] < free_at[first])
                first = j;
        }
        wait = fmax(0, free_at[first] - now);
        free_at[first] = now + wait + service(&random);
        waited += wait;
        over += wait > over_s;
    }
    *share_over = over / requests;
    return waited / requests;
}

static double exponential(struct series *random)
{
    return -0.25 * log(series_uniform(random));
}

static double constant(struct series *random)
{
    (void)random;
    return 0.25;
}

/* Nine fast ones and a slow one: Cs2 = 0.9 0.1 (1.075 - 0.15)^2 / 0.2425^2. */
static double mixed(struct series *random)
{
    return series_uniform(random) < 0.9 ? 0.15 : 1.075;
}

static void simulated_pools_wait_as_long(void **state)
{
    struct wpb_erlang_pool pool = pool_of(5, 0.25);
    double share, wait;

    (void)state;
    wait = simulate(5, 16, exponential, 0.3, &share);
    assert_within(wait, wpb_erlang_wait_mean(&pool, 16), 0.04);
    assert_near(share, wpb_erlang_wait_tail(&pool, 16, 0.3), 0.01);
    /* Allen and Cunneen's approximation is good to about a tenth. */
    pool.service_cv2 = 0;
    wait = simulate(5, 16, constant, 0.3, &share);
    assert_within(wait, wpb_erlang_wait_mean(&pool, 16), 0.1);
    pool.service_s = 0.9 * 0.15 + 0.1 * 1.075;
    pool.service_cv2 = 0.9 * 0.1 * 0.925 * 0.925 / (pool.service_s * pool.service_s);
    wait = simulate(5, 16, mixed, 0.3, &share);
    assert_within(wait, wpb_erlang_wait_mean(&pool, 16), 0.1);
}

static void the_knee_is_where_the_wait_or_the_utilization_is_reached(void **state)
{
    struct wpb_erlang_pool pool = pool_of(5, 0.25);
    struct wpb_erlang_knee knee;

    (void)state;
    assert_true(wpb_erlang_knee_of(&pool, 0.5, 0.95, 0.85, &knee));
    assert_true(knee.is_wait_reached);
    assert_near(wpb_erlang_wait_quantile(&pool, knee.rate, 0.95), 0.5, 1e-6);
    assert_true(knee.utilization < 0.85);
    assert_near(knee.utilization, knee.rate * 0.25 / 5, 1e-12);
    pool.workers = 50;
    assert_true(wpb_erlang_knee_of(&pool, 0.5, 0.95, 0.85, &knee));
    assert_false(knee.is_wait_reached);
    assert_near(knee.rate, 0.85 * 50 / 0.25, 1e-9);
    assert_true(knee.wait_s < 0.5);
}

static void a_queue_of_511_is_full_in_so_many_seconds(void **state)
{
    struct wpb_erlang_pool pool = pool_of(5, 0.25);

    (void)state;
    assert_near(wpb_erlang_full_s(&pool, 30, 0, WPB_ERLANG_BACKLOG), 51.1, 1e-9);
    assert_near(wpb_erlang_full_s(&pool, 30, 11, WPB_ERLANG_BACKLOG), 50, 1e-9);
    assert_near(wpb_erlang_full_s(&pool, 30, 600, WPB_ERLANG_BACKLOG), 0, 0);
    assert_true(isinf(wpb_erlang_full_s(&pool, 20, 0, WPB_ERLANG_BACKLOG)));
}

static void what_cannot_be_is_not_a_number(void **state)
{
    const double bad[] = {NAN, INFINITY, -1};
    struct wpb_erlang_pool pool = pool_of(5, 0.25);
    struct wpb_erlang_knee knee;

    (void)state;
    assert_true(isnan(wpb_erlang_b(0, 1)));
    for (size_t i = 0; i < 3; i++) {
        assert_true(isnan(wpb_erlang_c(3, bad[i])));
        assert_true(isnan(wpb_erlang_wait_mean(&pool, bad[i])));
        pool.service_s = bad[i];
        assert_true(isnan(wpb_erlang_wait_quantile(&pool, 1, 0.9)));
        assert_true(isnan(wpb_erlang_wait_tail(&pool, 1, 0.9)));
        assert_true(isnan(wpb_erlang_full_s(&pool, 1, 0, 511)));
        assert_false(wpb_erlang_knee_of(&pool, 0.5, 0.95, 0.85, &knee));
        pool.service_s = 0.25;
    }
    pool.workers = 0;
    assert_false(wpb_erlang_knee_of(&pool, 0.5, 0.95, 0.85, &knee));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(erlang_b_and_c_are_the_closed_forms),
        cmocka_unit_test(five_workers_wait_as_the_tables_say),
        cmocka_unit_test(the_sentence_about_twenty_a_second_is_true),
        cmocka_unit_test(the_tail_of_one_worker_is_exponential),
        cmocka_unit_test(
            one_worker_with_any_service_waits_as_pollaczek_and_khinchine_say),
        cmocka_unit_test(simulated_pools_wait_as_long),
        cmocka_unit_test(the_knee_is_where_the_wait_or_the_utilization_is_reached),
        cmocka_unit_test(a_queue_of_511_is_full_in_so_many_seconds),
        cmocka_unit_test(what_cannot_be_is_not_a_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
