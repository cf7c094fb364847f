/* When each probe of each target runs: rules one by one, then months at random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/address.h"
#include "agent/base/mysql_address.h"
#include "agent/schedule/cadence.h"
#include "agent/schedule/plan.h"
#include "agent/schedule/target.h"

#define SECOND 1000ull
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define START_UNIX_MS 1795464061000
#define MAX 64

static const struct wpb_plan_conditions calm = {.is_host_busy = false};
static const struct wpb_plan_conditions busy = {.is_host_busy = true};

static struct wpb_moment at(uint64_t ms)
{
    return (struct wpb_moment){.monotonic_ms = 777 + ms,
                               .unix_ms = START_UNIX_MS + (int64_t)ms};
}

static struct wpb_plan_item cheap(const char *target, const char *probe)
{
    return (struct wpb_plan_item){.target = target,
                                  .probe = probe,
                                  .server = "server",
                                  .cadence_ms = MINUTE,
                                  .cost = WPB_COST_LIGHT};
}

static struct wpb_plan_item dear(const char *target, const char *probe)
{
    return (struct wpb_plan_item){.target = target,
                                  .probe = probe,
                                  .server = "server",
                                  .cadence_ms = HOUR,
                                  .cost = WPB_COST_MEDIUM};
}

static struct wpb_plan *plan_of(const char *host, const struct wpb_plan_item *items,
                                size_t count, uint64_t now_ms)
{
    struct wpb_plan *plan = wpb_plan_new(host);

    assert_non_null(plan);
    assert_int_equal(wpb_plan_set(plan, items, count, at(now_ms)), 0);
    return plan;
}

/* How many are due at NOW_MS; the first in FIRST. */
static size_t due_at(struct wpb_plan *plan, uint64_t now_ms, struct wpb_plan_due *first)
{
    struct wpb_plan_due out[MAX];
    size_t count = wpb_plan_due(plan, at(now_ms), &calm, out, MAX);

    if (count && first)
        *first = out[0];
    return count;
}

static uint64_t next_of(const struct wpb_plan *plan, uint64_t now_ms)
{
    uint64_t next_ms = wpb_plan_next_ms(plan, at(now_ms), &calm);

    return next_ms == UINT64_MAX ? UINT64_MAX : next_ms - at(0).monotonic_ms;
}

static void run(struct wpb_plan *plan, const char *target, const char *probe,
                enum wpb_coverage_status status, uint64_t commands, uint64_t from_ms,
                uint64_t to_ms)
{
    struct wpb_coverage coverage = {
        .status = status, .reason = "no answer", .cost = {.commands = commands}};

    wpb_plan_started(plan, target, probe, at(from_ms));
    wpb_plan_ended(plan, target, probe, &coverage, at(to_ms));
}

/* Wait for the next run of a plan of one item, which ends at once. Returns its moment. */
static uint64_t one_run(struct wpb_plan *plan, uint64_t now_ms)
{
    struct wpb_plan_due due;

    now_ms = next_of(plan, now_ms);
    assert_int_equal(due_at(plan, now_ms - 1, NULL), 0);
    assert_int_equal(due_at(plan, now_ms, &due), 1);
    run(plan, due.item->target, due.item->probe, WPB_COVERAGE_OK, 1, now_ms, now_ms);
    assert_int_equal(due_at(plan, now_ms, NULL), 0);
    return now_ms;
}

/* ---- ticks ---- */

static void an_empty_plan_waits_for_nothing(void **state)
{
    struct wpb_plan *plan = plan_of("host", NULL, 0, 0);

    (void)state;
    assert_true(next_of(plan, 0) == UINT64_MAX);
    assert_int_equal(due_at(plan, 1000, NULL), 0);
    wpb_plan_free(plan);
    wpb_plan_free(NULL);
}

static void cheap_ones_run_within_seconds_and_dear_ones_spread(void **state)
{
    char name[16];

    (void)state;
    size_t in_first_minute = 0;
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof(name), "target-%d", i);
        struct wpb_plan_item light = cheap(name, "redis.watchlist");
        struct wpb_plan_item medium = dear(name, "mysql.autoload");
        struct wpb_plan *plan = plan_of("host", &light, 1, 0);
        assert_true(next_of(plan, 0) < 5 * SECOND);
        wpb_plan_free(plan);

        plan = plan_of("host", &medium, 1, 0);
        uint64_t first_ms = next_of(plan, 0);
        assert_true(first_ms < 5 * MINUTE);
        in_first_minute += first_ms < MINUTE;
        wpb_plan_free(plan);
    }
    assert_in_range(in_first_minute, 20, 60); /* 40 are expected */
}

static void a_daily_one_first_runs_within_an_hour_and_then_daily(void **state)
{
    struct wpb_plan_item item = dear("target", "mysql.postmeta");
    struct wpb_plan *plan;

    (void)state;
    item.cadence_ms = DAY;
    plan = plan_of("host", &item, 1, 0);
    uint64_t first_ms = one_run(plan, 0), second_ms = one_run(plan, first_ms);
    assert_true(first_ms < HOUR);
    assert_in_range(second_ms - first_ms, DAY / 2, DAY + DAY / 2);
    assert_int_equal(one_run(plan, second_ms), second_ms + DAY);
    wpb_plan_free(plan);
}

static void hosts_spread_over_the_interval(void **state)
{
    size_t tenths[10] = {0};
    char host[33];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        struct wpb_plan_item item = cheap("redis 127.0.0.1:6379", "redis.server");
        snprintf(host, sizeof(host), "web-%d", i);
        struct wpb_plan *plan = plan_of(host, &item, 1, 0);
        uint64_t tick_ms = one_run(plan, one_run(plan, 0));
        tenths[(START_UNIX_MS + tick_ms) % MINUTE / (MINUTE / 10)]++;
        wpb_plan_free(plan);
    }
    for (int i = 0; i < 10; i++)
        assert_in_range(tenths[i], 60, 140);
}

static void ticks_stay_where_they_are_after_a_restart(void **state)
{
    struct wpb_plan_item item = dear("target", "mysql.autoload");

    (void)state;
    struct wpb_plan *before = plan_of("host", &item, 1, 0);
    uint64_t first_ms = one_run(before, one_run(before, one_run(before, 0)));
    struct wpb_plan *after = plan_of("host", &item, 1, 1234567);
    uint64_t second_ms = one_run(after, one_run(after, one_run(after, 1234567)));
    assert_int_equal(first_ms % HOUR, second_ms % HOUR);
    wpb_plan_free(before);
    wpb_plan_free(after);
}

/* A daily probe of an agent that is restarted each hour runs daily: neither each time nor
 * never. */
static void restarts_do_not_repeat_what_a_former_life_did(void **state)
{
    struct wpb_plan_item item = dear("target", "mysql.postmeta");
    size_t runs = 0;

    (void)state;
    item.cadence_ms = DAY;
    for (uint64_t hour = 0; hour < 10 * 24; hour++) {
        struct wpb_plan *plan = plan_of("host", &item, 1, hour * HOUR);
        uint64_t next_ms = next_of(plan, hour * HOUR);
        if (next_ms < (hour + 1) * HOUR) {
            runs++;
            item.last_ran_ms = at(next_ms).unix_ms;
        }
        wpb_plan_free(plan);
    }
    assert_in_range(runs, 10, 11);
}

static void cheap_ones_of_a_target_share_a_tick(void **state)
{
    struct wpb_plan_item items[] = {cheap("a", "redis.server"),
                                    cheap("a", "redis.churn")};
    struct wpb_plan *plan;

    (void)state;
    items[1].cadence_ms = 15 * MINUTE;
    plan = plan_of("host", items, 2, 0);
    uint64_t now_ms = next_of(plan, 0);
    assert_int_equal(due_at(plan, now_ms, NULL), 2);
    wpb_plan_free(plan);
}

/* ---- never two, never a queue, never a burst ---- */

static void a_run_that_takes_long_skips_ticks(void **state)
{
    struct wpb_plan_item item = cheap("target", "redis.server");
    struct wpb_plan *plan = plan_of("host", &item, 1, 0);
    struct wpb_coverage ok = {.status = WPB_COVERAGE_OK};

    (void)state;
    uint64_t now_ms = one_run(plan, one_run(plan, 0));
    uint64_t start_ms = next_of(plan, now_ms);
    wpb_plan_started(plan, "target", "redis.server", at(start_ms));
    assert_int_equal(due_at(plan, start_ms + 5 * MINUTE, NULL), 0);
    assert_true(next_of(plan, start_ms + 5 * MINUTE) == UINT64_MAX);
    wpb_plan_ended(plan, "target", "redis.server", &ok, at(start_ms + 5 * MINUTE + 1));
    assert_int_equal(due_at(plan, start_ms + 5 * MINUTE + 1, NULL), 0);
    assert_int_equal(next_of(plan, start_ms + 5 * MINUTE + 1), start_ms + 6 * MINUTE);
    assert_int_equal(
        wpb_plan_row(plan, 0, at(start_ms + 5 * MINUTE + 1), &calm).skipped_ticks, 5);
    wpb_plan_free(plan);
}

static void after_a_stall_there_is_no_burst(void **state)
{
    struct wpb_plan_item items[30];
    char names[30][16];
    struct wpb_plan *plan;
    uint64_t now_ms = 0, due_ms;

    (void)state;
    for (int i = 0; i < 30; i++) {
        snprintf(names[i], sizeof(names[i]), "target-%d", i);
        items[i] = cheap(names[i], "redis.server");
    }
    plan = plan_of("host", items, 30, 0);
    while ((due_ms = next_of(plan, now_ms)) < 10 * MINUTE) {
        struct wpb_plan_due due[MAX];
        now_ms = due_ms;
        size_t count = wpb_plan_due(plan, at(now_ms), &calm, due, MAX);
        for (size_t i = 0; i < count; i++)
            run(plan, due[i].item->target, due[i].item->probe, WPB_COVERAGE_OK, 1, now_ms,
                now_ms);
    }
    /* nobody asks for an hour: of thirty items, each with a tick a minute, only those
     * run at once whose newest tick is less than half a minute old */
    now_ms += HOUR + 1;
    assert_int_equal(due_at(plan, now_ms, NULL), 0);
    assert_true(next_of(plan, now_ms) > now_ms);
    assert_true(next_of(plan, now_ms) <= now_ms + MINUTE);
    wpb_plan_free(plan);
}

static void a_tick_noticed_a_little_late_is_not_lost(void **state)
{
    struct wpb_plan_item item = cheap("target", "redis.server");
    struct wpb_plan *plan = plan_of("host", &item, 1, 0);

    (void)state;
    uint64_t tick_ms = one_run(plan, one_run(plan, 0)) + MINUTE;
    assert_int_equal(due_at(plan, tick_ms + 20 * SECOND, NULL), 1);
    run(plan, "target", "redis.server", WPB_COVERAGE_OK, 1, tick_ms + 20 * SECOND,
        tick_ms + 21 * SECOND);
    assert_int_equal(next_of(plan, tick_ms + 21 * SECOND), tick_ms + MINUTE);
    wpb_plan_free(plan);
}

static void what_nobody_had_room_for_comes_again(void **state)
{
    struct wpb_plan_item items[] = {cheap("a", "redis.server"),
                                    cheap("b", "redis.server")};
    struct wpb_plan *plan = plan_of("host", items, 2, 0);
    struct wpb_plan_due out[1];

    (void)state;
    assert_int_equal(wpb_plan_due(plan, at(5 * SECOND), &calm, out, 1), 1);
    run(plan, out[0].item->target, "redis.server", WPB_COVERAGE_OK, 1, 5 * SECOND,
        5 * SECOND);
    assert_int_equal(next_of(plan, 5 * SECOND), 5 * SECOND);
    assert_int_equal(wpb_plan_due(plan, at(5 * SECOND), &calm, out, 1), 1);
    wpb_plan_free(plan);
}

/* ---- order ---- */

static void who_comes_after_waits_until_the_first_has_looked(void **state)
{
    struct wpb_plan_item items[] = {cheap("a", "redis.watchlist"),
                                    cheap("a", "redis.server")};
    struct wpb_plan *plan;
    struct wpb_plan_due due;

    (void)state;
    items[0].after = "redis.server";
    plan = plan_of("host", items, 2, 0);
    uint64_t now_ms = next_of(plan, 0);
    assert_int_equal(due_at(plan, now_ms, &due), 1);
    assert_string_equal(due.item->probe, "redis.server");
    wpb_plan_started(plan, "a", "redis.server", at(now_ms));
    assert_int_equal(due_at(plan, now_ms + 1, &due), 0);
    assert_int_equal(wpb_plan_row(plan, 0, at(now_ms + 1), &calm).wait, WPB_PLAN_AFTER);
    assert_true(next_of(plan, now_ms + 1) == UINT64_MAX);

    struct wpb_coverage no = {.status = WPB_COVERAGE_UNAVAILABLE, .reason = "refused"};
    wpb_plan_ended(plan, "a", "redis.server", &no, at(now_ms + 2));
    assert_int_equal(due_at(plan, now_ms + 3, &due), 0);

    now_ms = next_of(plan, now_ms + 3);
    run(plan, "a", "redis.server", WPB_COVERAGE_PARTIAL, 1, now_ms, now_ms);
    assert_int_equal(due_at(plan, now_ms, &due), 1);
    assert_string_equal(due.item->probe, "redis.watchlist");
    wpb_plan_free(plan);
}

static void a_first_that_is_not_planned_holds_nobody(void **state)
{
    struct wpb_plan_item item = cheap("a", "redis.watchlist");
    struct wpb_plan *plan;

    (void)state;
    item.after = "redis.server";
    plan = plan_of("host", &item, 1, 0);
    one_run(plan, 0);
    wpb_plan_free(plan);
}

static void one_dear_probe_of_a_server_runs_at_a_time(void **state)
{
    struct wpb_plan_item items[] = {
        dear("a", "mysql.autoload"), dear("b", "mysql.autoload"),
        dear("c", "mysql.autoload"), cheap("a", "mysql.cron")};
    struct wpb_plan *plan;
    struct wpb_plan_due out[MAX];
    struct wpb_coverage ok = {.status = WPB_COVERAGE_OK};

    (void)state;
    items[2].server = "another";
    items[3].cadence_ms = DAY;
    plan = plan_of("host", items, 4, 0);
    assert_int_equal(wpb_plan_due(plan, at(5 * MINUTE), &calm, out, MAX), 3);
    assert_string_equal(out[0].item->probe, "mysql.cron"); /* the cheap one first */
    const char *first = strcmp(out[1].item->server, "server") == 0 ? out[1].item->target
                                                                   : out[2].item->target;
    const char *second = strcmp(first, "a") == 0 ? "b" : "a";
    wpb_plan_started(plan, first, "mysql.autoload", at(5 * MINUTE));
    wpb_plan_started(plan, "c", "mysql.autoload", at(5 * MINUTE));
    run(plan, "a", "mysql.cron", WPB_COVERAGE_OK, 1, 5 * MINUTE, 5 * MINUTE);
    assert_int_equal(wpb_plan_due(plan, at(6 * MINUTE - 1), &calm, out, MAX), 0);
    wpb_plan_ended(plan, first, "mysql.autoload", &ok, at(6 * MINUTE - 1));
    assert_int_equal(wpb_plan_due(plan, at(6 * MINUTE - 1), &calm, out, MAX), 1);
    assert_string_equal(out[0].item->target, second);
    wpb_plan_free(plan);
}

/* ---- load and budgets ---- */

static void a_spent_budget_postpones_dear_probes_only(void **state)
{
    struct wpb_plan_item items[] = {dear("a", "mysql.autoload"),
                                    cheap("a", "mysql.server")};
    struct wpb_plan *plan;
    struct wpb_plan_due due;
    struct wpb_cost cost = {.commands = 120 + 2 * 600}; /* a minute's, and ten minutes' */

    (void)state;
    items[0].commands_per_s = items[1].commands_per_s = 2;
    plan = plan_of("host", items, 2, 0);
    wpb_plan_charge(plan, "server", &cost, at(5 * MINUTE));
    wpb_plan_charge(plan, "no such server", &cost, at(5 * MINUTE));
    assert_int_equal(due_at(plan, 5 * MINUTE, &due), 1);
    assert_string_equal(due.item->probe, "mysql.server");
    run(plan, "a", "mysql.server", WPB_COVERAGE_OK, 0, 5 * MINUTE, 5 * MINUTE);
    assert_int_equal(wpb_plan_row(plan, 0, at(5 * MINUTE), &calm).wait, WPB_PLAN_BUDGET);
    assert_int_equal(due_at(plan, 15 * MINUTE - SECOND, &due), 0);
    assert_int_equal(due_at(plan, 15 * MINUTE + 2, &due), 1);
    assert_string_equal(due.item->probe, "mysql.autoload");
    assert_false(due.is_forced);
    wpb_plan_free(plan);
}

static void rows_and_pages_cost_too(void **state)
{
    struct wpb_plan_item item = dear("a", "mysql.autoload");
    struct wpb_cost rows = {.rows = 121000}, pages = {.pages = 12100};
    const struct wpb_cost *costs[] = {&rows, &pages};

    (void)state;
    item.commands_per_s = 2;
    for (int i = 0; i < 2; i++) {
        struct wpb_plan *plan = plan_of("host", &item, 1, 0);
        wpb_plan_charge(plan, "server", costs[i], at(5 * MINUTE));
        assert_int_equal(due_at(plan, 5 * MINUTE, NULL), 0);
        assert_int_equal(due_at(plan, 5 * MINUTE + 2 * SECOND, NULL), 1);
        wpb_plan_free(plan);
    }
}

static void when_the_budget_is_back_the_cheapest_goes_first(void **state)
{
    struct wpb_plan_item items[] = {dear("a", "mysql.woocommerce"),
                                    dear("a", "mysql.autoload"),
                                    dear("a", "mysql.transients")};
    static const uint64_t commands[] = {900, 100, 300};
    struct wpb_plan *plan;
    struct wpb_plan_due due;
    struct wpb_cost all = {.commands = 100000};

    (void)state;
    for (int i = 0; i < 3; i++)
        items[i].commands_per_s = 2;
    plan = plan_of("host", items, 3, 0);
    for (int i = 0; i < 3; i++)
        run(plan, "a", items[i].probe, WPB_COVERAGE_OK, commands[i], 5 * MINUTE,
            5 * MINUTE);
    wpb_plan_charge(plan, "server", &all, at(5 * MINUTE));
    for (uint64_t ms = 10 * MINUTE; ms < 65 * MINUTE; ms += MINUTE)
        assert_int_equal(due_at(plan, ms, NULL), 0);
    for (uint64_t ms = 65 * MINUTE; ms < 95 * MINUTE; ms += MINUTE)
        due_at(plan, ms, NULL);
    assert_int_equal(due_at(plan, 95 * MINUTE, &due), 1); /* the debt is bounded */
    assert_string_equal(due.item->probe, "mysql.autoload");
    wpb_plan_free(plan);
}

static void a_self_paced_pass_spends_nothing(void **state)
{
    struct wpb_plan_item items[] = {dear("a", "redis.keyspace"),
                                    dear("a", "redis.other")};
    struct wpb_plan *plan;

    (void)state;
    items[0].commands_per_s = items[1].commands_per_s = 20;
    items[0].is_self_paced = true;
    plan = plan_of("host", items, 2, 0);
    run(plan, "a", "redis.keyspace", WPB_COVERAGE_OK, 1000000, MINUTE, 5 * MINUTE);
    assert_int_equal(due_at(plan, 5 * MINUTE, NULL), 1);
    wpb_plan_free(plan);
}

static void a_busy_host_postpones_for_six_hours_at_most(void **state)
{
    struct wpb_plan_item items[] = {dear("a", "mysql.autoload"),
                                    cheap("a", "mysql.server")};
    struct wpb_plan *plan = plan_of("host", items, 2, 0);
    struct wpb_plan_due out[MAX];
    uint64_t now_ms = 5 * MINUTE;

    (void)state;
    assert_int_equal(wpb_plan_due(plan, at(now_ms), &busy, out, MAX), 1);
    assert_string_equal(out[0].item->probe, "mysql.server");
    run(plan, "a", "mysql.server", WPB_COVERAGE_OK, 1, now_ms, now_ms);
    assert_int_equal(wpb_plan_row(plan, 0, at(now_ms), &busy).wait, WPB_PLAN_HOST_BUSY);
    uint64_t look_ms = wpb_plan_next_ms(plan, at(now_ms), &busy) - at(0).monotonic_ms;
    assert_in_range(look_ms, now_ms + 1, now_ms + 10 * SECOND);

    now_ms += 6 * HOUR - 1;
    size_t count = wpb_plan_due(plan, at(now_ms), &busy, out, MAX);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(out[i].item->probe, "mysql.server");
    now_ms++;
    count = wpb_plan_due(plan, at(now_ms), &busy, out, MAX);
    assert_true(count > 0);
    assert_string_equal(out[0].item->probe, "mysql.autoload");
    assert_true(out[0].is_forced);
    assert_true(out[0].waited_ms >= 6 * HOUR);

    /* it ran: the next six hours begin */
    run(plan, "a", "mysql.autoload", WPB_COVERAGE_OK, 1, now_ms, now_ms);
    count = wpb_plan_due(plan, at(now_ms + 2 * HOUR), &busy, out, MAX);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(out[i].item->probe, "mysql.server");
    wpb_plan_free(plan);
}

static void a_server_that_says_it_is_busy_rests(void **state)
{
    struct wpb_plan_item item = dear("a", "redis.keyspace");
    struct wpb_plan *plan = plan_of("host", &item, 1, 0);

    (void)state;
    wpb_plan_rest(plan, "server", at(9 * MINUTE).monotonic_ms);
    wpb_plan_rest(plan, "no such server", UINT64_MAX);
    assert_int_equal(due_at(plan, 5 * MINUTE, NULL), 0);
    assert_int_equal(next_of(plan, 5 * MINUTE), 9 * MINUTE);
    assert_int_equal(due_at(plan, 9 * MINUTE, NULL), 1);
    wpb_plan_free(plan);
}

/* ---- targets that do not answer ---- */

/* Three failures of redis.server; returns the moment of the last. */
static uint64_t break_target(struct wpb_plan *plan, const char *target)
{
    uint64_t now_ms = 0;

    for (int i = 0; i < WPB_BREAKER_FAILURES; i++) {
        now_ms += MINUTE;
        run(plan, target, "redis.server", WPB_COVERAGE_UNAVAILABLE, 0, now_ms, now_ms);
    }
    assert_int_equal(wpb_plan_breaker(plan, target)->state, WPB_BREAKER_OPEN);
    return now_ms;
}

static void of_a_target_that_is_down_one_cheap_probe_tries(void **state)
{
    struct wpb_plan_item items[] = {
        dear("a", "redis.keyspace"), cheap("a", "redis.watchlist"),
        cheap("a", "redis.server"), cheap("b", "redis.server")};
    struct wpb_plan *plan;
    struct wpb_plan_due out[MAX];
    uint64_t down_ms, trial_ms;

    (void)state;
    items[0].after = items[1].after = "redis.server";
    items[3].cadence_ms = DAY;
    plan = plan_of("host", items, 4, 0);
    run(plan, "b", "redis.server", WPB_COVERAGE_OK, 1, 0, 0);
    down_ms = break_target(plan, "a");
    assert_int_equal(wpb_plan_breaker(plan, "b")->state, WPB_BREAKER_CLOSED);
    assert_null(wpb_plan_breaker(plan, "c"));

    trial_ms = next_of(plan, down_ms);
    assert_in_range(trial_ms, down_ms + 24 * SECOND, down_ms + 30 * SECOND);
    assert_int_equal(due_at(plan, trial_ms - 1, NULL), 0);
    assert_int_equal(wpb_plan_row(plan, 1, at(trial_ms - 1), &calm).wait, WPB_PLAN_DOWN);
    assert_int_equal(wpb_plan_due(plan, at(trial_ms), &calm, out, MAX), 1);
    assert_string_equal(out[0].item->probe, "redis.server");
    assert_true(out[0].is_trial);
    wpb_plan_started(plan, "a", "redis.server", at(trial_ms));
    assert_int_equal(due_at(plan, trial_ms + MINUTE, NULL), 0);

    struct wpb_coverage ok = {.status = WPB_COVERAGE_OK};
    wpb_plan_ended(plan, "a", "redis.server", &ok, at(trial_ms + MINUTE));
    assert_int_equal(wpb_plan_breaker(plan, "a")->state, WPB_BREAKER_CLOSED);
    assert_true(due_at(plan, trial_ms + MINUTE, NULL) > 0);
    wpb_plan_free(plan);
}

static void a_probe_without_a_right_does_not_open_the_breaker(void **state)
{
    struct wpb_plan_item items[] = {cheap("a", "redis.server"),
                                    cheap("a", "redis.churn")};
    struct wpb_plan *plan;

    (void)state;
    items[1].after = "redis.server";
    plan = plan_of("host", items, 2, 0);
    run(plan, "a", "redis.server", WPB_COVERAGE_OK, 1, 0, 0);
    for (uint64_t i = 1; i < 10; i++)
        run(plan, "a", "redis.churn", WPB_COVERAGE_UNAVAILABLE, 1, i * MINUTE,
            i * MINUTE);
    assert_int_equal(wpb_plan_breaker(plan, "a")->state, WPB_BREAKER_CLOSED);
    wpb_plan_free(plan);
}

static void a_trial_that_leaves_the_plan_is_followed_by_another(void **state)
{
    struct wpb_plan_item items[] = {cheap("a", "redis.server"), cheap("a", "redis.rdb")};
    struct wpb_plan *plan = plan_of("host", items, 2, 0);
    struct wpb_coverage no = {.status = WPB_COVERAGE_UNAVAILABLE};
    uint64_t down_ms, trial_ms;

    (void)state;
    down_ms = break_target(plan, "a");
    trial_ms = next_of(plan, down_ms);
    assert_int_equal(due_at(plan, trial_ms, NULL), 1);
    wpb_plan_started(plan, "a", "redis.server", at(trial_ms));
    assert_int_equal(wpb_plan_set(plan, &items[1], 1, at(trial_ms + 1)), 0);
    assert_int_equal(wpb_plan_breaker(plan, "a")->state, WPB_BREAKER_HALF_OPEN);
    wpb_plan_ended(plan, "a", "redis.server", &no, at(trial_ms + 2));
    assert_int_equal(wpb_plan_breaker(plan, "a")->state, WPB_BREAKER_OPEN);
    assert_true(next_of(plan, trial_ms + 2) <= trial_ms + 2 + 30 * SECOND);
    wpb_plan_free(plan);
}

/* ---- another set of items ---- */

static void items_that_stay_keep_their_state(void **state)
{
    struct wpb_plan_item items[] = {cheap("a", "redis.server"),
                                    cheap("b", "redis.server")};
    struct wpb_plan *plan = plan_of("host", items, 1, 0);
    uint64_t tick_ms;

    (void)state;
    tick_ms = one_run(plan, one_run(plan, 0)) + MINUTE;
    wpb_plan_started(plan, "a", "redis.server", at(tick_ms));
    struct wpb_plan_item swapped[] = {items[1], items[0], items[1]};
    assert_int_equal(wpb_plan_set(plan, swapped, 3, at(tick_ms + 1)), 0);
    assert_int_equal(wpb_plan_count(plan), 2); /* given twice, counted once */
    struct wpb_plan_row row = wpb_plan_row(plan, 1, at(tick_ms + 1), &calm);
    assert_string_equal(row.item->target, "a");
    assert_int_equal(row.wait, WPB_PLAN_RUNNING);
    assert_int_equal(row.runs, 2);
    assert_int_equal(row.due_ms - at(0).monotonic_ms, tick_ms + MINUTE);
    /* the other is new: it runs soon */
    assert_true(next_of(plan, tick_ms + 1) <= tick_ms + 1 + 5 * SECOND);
    wpb_plan_free(plan);
}

static void a_longer_cadence_counts_from_the_last_run(void **state)
{
    struct wpb_plan_item item = cheap("a", "redis.server");
    struct wpb_plan *plan = plan_of("host", &item, 1, 0);

    (void)state;
    uint64_t ran_ms = one_run(plan, one_run(plan, 0));
    item.cadence_ms = HOUR;
    assert_int_equal(wpb_plan_set(plan, &item, 1, at(ran_ms + 1)), 0);
    uint64_t next_ms = next_of(plan, ran_ms + 1);
    assert_in_range(next_ms - ran_ms, HOUR / 2, HOUR + HOUR / 2);
    item.cadence_ms = MINUTE;
    assert_int_equal(wpb_plan_set(plan, &item, 1, at(ran_ms + 10 * MINUTE)), 0);
    assert_true(next_of(plan, ran_ms + 10 * MINUTE) <= ran_ms + 11 * MINUTE);
    wpb_plan_free(plan);
}

static void what_goes_away_while_it_runs_still_counts(void **state)
{
    struct wpb_plan_item items[] = {dear("a", "mysql.autoload"),
                                    dear("b", "mysql.autoload")};
    struct wpb_plan *plan;
    struct wpb_coverage coverage = {.status = WPB_COVERAGE_OK,
                                    .cost = {.commands = 1320}};

    (void)state;
    items[0].commands_per_s = items[1].commands_per_s = 2;
    plan = plan_of("host", items, 2, 0);
    wpb_plan_started(plan, "a", "mysql.autoload", at(4 * MINUTE));
    assert_int_equal(wpb_plan_set(plan, &items[1], 1, at(5 * MINUTE)), 0);
    assert_int_equal(wpb_plan_row(plan, 0, at(5 * MINUTE), &calm).wait, WPB_PLAN_TURN);
    wpb_plan_ended(plan, "a", "mysql.autoload", &coverage, at(5 * MINUTE));
    assert_int_equal(wpb_plan_row(plan, 0, at(5 * MINUTE), &calm).wait, WPB_PLAN_BUDGET);
    /* its end is told once; a second time it is nobody's */
    wpb_plan_ended(plan, "a", "mysql.autoload", &coverage, at(5 * MINUTE));
    assert_int_equal(due_at(plan, 15 * MINUTE + 2, NULL), 1);
    wpb_plan_free(plan);
}

static void what_comes_back_while_it_runs_runs_once(void **state)
{
    struct wpb_plan_item item = cheap("a", "redis.server");
    struct wpb_plan *plan = plan_of("host", &item, 1, 0);
    struct wpb_coverage ok = {.status = WPB_COVERAGE_OK};

    (void)state;
    wpb_plan_started(plan, "a", "redis.server", at(5 * SECOND));
    assert_int_equal(wpb_plan_set(plan, NULL, 0, at(6 * SECOND)), 0);
    assert_int_equal(wpb_plan_set(plan, &item, 1, at(7 * SECOND)), 0);
    assert_int_equal(due_at(plan, 3 * MINUTE, NULL), 0);
    wpb_plan_ended(plan, "a", "redis.server", &ok, at(3 * MINUTE));
    assert_int_equal(wpb_plan_row(plan, 0, at(3 * MINUTE), &calm).runs, 1);
    one_run(plan, 3 * MINUTE);
    wpb_plan_free(plan);
}

/* ---- days of it ---- */

#define SITES 20
#define RUNS_MAX 512

struct world {
    struct wpb_plan *plan;
    struct {
        char target[16];
        const char *probe;
        uint64_t ends_ms, commands;
    } runs[RUNS_MAX];
    size_t running;
    uint64_t now_ms, seed;
    uint64_t commands, dear_runs;
};

static uint64_t chance(struct world *world, uint64_t below)
{
    world->seed = world->seed * 6364136223846793005u + 1442695040888963407u;
    return (world->seed >> 33) % below;
}

static void begin(struct world *world, const struct wpb_plan_due *due, uint64_t commands)
{
    size_t dear_beside = 0;

    for (size_t i = 0; i < world->running; i++) {
        bool is_same = strcmp(world->runs[i].target, due->item->target) == 0 &&
                       strcmp(world->runs[i].probe, due->item->probe) == 0;
        assert_false(is_same); /* never two runs of one probe of one target */
        dear_beside += strncmp(world->runs[i].probe, "dear", 4) == 0;
    }
    if (due->item->cost == WPB_COST_MEDIUM) {
        assert_int_equal(dear_beside, 0);
        world->dear_runs++;
    }
    assert_true(world->running < RUNS_MAX);
    wpb_plan_started(world->plan, due->item->target, due->item->probe, at(world->now_ms));
    snprintf(world->runs[world->running].target, 16, "%s", due->item->target);
    world->runs[world->running].probe =
        due->item->cost == WPB_COST_MEDIUM ? "dear" : "cheap";
    world->runs[world->running].commands = commands;
    world->runs[world->running++].ends_ms = world->now_ms + chance(world, 2 * MINUTE);
}

static void end_those_that_are_over(struct world *world)
{
    for (size_t i = 0; i < world->running;) {
        if (world->runs[i].ends_ms > world->now_ms) {
            i++;
            continue;
        }
        struct wpb_coverage coverage = {.status = WPB_COVERAGE_OK,
                                        .cost = {.commands = world->runs[i].commands}};
        world->commands += world->runs[i].commands;
        wpb_plan_ended(world->plan, world->runs[i].target, world->runs[i].probe,
                       &coverage, at(world->now_ms));
        world->runs[i] = world->runs[--world->running];
    }
}

static uint64_t next_event(const struct world *world)
{
    uint64_t next_ms = next_of(world->plan, world->now_ms);

    for (size_t i = 0; i < world->running; i++)
        next_ms = world->runs[i].ends_ms < next_ms ? world->runs[i].ends_ms : next_ms;
    return next_ms;
}

/* Twenty sites on one MySQL, whose hourly probes would ask three times what it allows. */
static void a_server_is_asked_no_more_than_its_budget(void **state)
{
    struct wpb_plan_item items[2 * SITES];
    char names[SITES][16];
    struct world world = {.seed = 42};

    (void)state;
    for (int i = 0; i < SITES; i++) {
        snprintf(names[i], sizeof(names[i]), "site-%d", i);
        items[2 * i] = cheap(names[i], "cheap");
        items[2 * i + 1] = dear(names[i], "dear");
        items[2 * i].commands_per_s = items[2 * i + 1].commands_per_s = 2;
    }
    world.plan = plan_of("host", items, 2 * SITES, 0);
    while ((world.now_ms = next_event(&world)) < 3 * DAY) {
        struct wpb_plan_due due[MAX];
        end_those_that_are_over(&world);
        size_t count = wpb_plan_due(world.plan, at(world.now_ms), &calm, due, MAX);
        for (size_t i = 0; i < count; i++)
            begin(&world, &due[i], due[i].item->cost == WPB_COST_MEDIUM ? 900 : 3);
    }
    double per_s = (double)world.commands / (3.0 * 24 * 3600);
    print_message("%.3f statements a second, %llu dear runs\n", per_s,
                  (unsigned long long)world.dear_runs);
    assert_true(per_s < 2.01);
    assert_true(per_s > 1.9); /* and what it allows is used */
    for (size_t i = 0; i < wpb_plan_count(world.plan); i++)
        assert_true(wpb_plan_row(world.plan, i, at(world.now_ms), &calm).runs >= 10);
    wpb_plan_free(world.plan);
}

/* Whatever happens: no overlap, no early run, no sleep beyond what is due, and who waits
 * runs when all is well again. */
static void at_random_no_rule_is_broken(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 25; seed++) {
        struct wpb_plan_item items[12];
        char names[6][16];
        struct world world = {.seed = seed};
        const struct wpb_plan_conditions *conditions = &calm;

        for (int i = 0; i < 6; i++) {
            snprintf(names[i], sizeof(names[i]), "t%d", i);
            items[2 * i] = cheap(names[i], "cheap");
            items[2 * i + 1] = dear(names[i], "dear");
            items[2 * i + 1].after = chance(&world, 2) ? "cheap" : NULL;
            items[2 * i + 1].commands_per_s = 20;
        }
        world.plan = plan_of("host", items, 12, 0);
        for (int steps = 0; steps < 3000; steps++) {
            struct wpb_plan_due due[MAX];
            uint64_t next_ms = next_event(&world);
            if (next_ms > world.now_ms + 1 && next_ms < UINT64_MAX / 2 &&
                conditions == &calm)
                assert_int_equal(due_at(world.plan, next_ms - 1, NULL), 0);
            world.now_ms = next_ms + (chance(&world, 50) == 0 ? chance(&world, HOUR) : 0);
            end_those_that_are_over(&world);
            if (chance(&world, 100) == 0)
                conditions = conditions == &calm ? &busy : &calm;
            if (chance(&world, 40) == 0) /* some go, and come back */
                wpb_plan_set(world.plan, items, chance(&world, 13), at(world.now_ms));
            if (chance(&world, 40) == 0)
                wpb_plan_set(world.plan, items, 12, at(world.now_ms));
            size_t count =
                wpb_plan_due(world.plan, at(world.now_ms), conditions, due, MAX);
            for (size_t i = 0; i < count; i++)
                begin(&world, &due[i], chance(&world, 2000));
            if (next_event(&world) == UINT64_MAX)
                wpb_plan_set(world.plan, items, 12, at(world.now_ms));
        }
        wpb_plan_set(world.plan, items, 12, at(world.now_ms));
        for (uint64_t end_ms = world.now_ms + 12 * HOUR;
             (world.now_ms = next_event(&world)) < end_ms;) {
            struct wpb_plan_due due[MAX];
            end_those_that_are_over(&world);
            size_t count = wpb_plan_due(world.plan, at(world.now_ms), &calm, due, MAX);
            for (size_t i = 0; i < count; i++)
                begin(&world, &due[i], 1);
        }
        for (size_t i = 0; i < 12; i++) {
            struct wpb_plan_row row =
                wpb_plan_row(world.plan, i, at(world.now_ms), &calm);
            assert_true(at(world.now_ms).monotonic_ms - row.started_ms < 3 * HOUR);
        }
        wpb_plan_free(world.plan);
    }
}

/* ---- whose budget it is ---- */

static void sites_in_databases_of_one_server_share_its_budget(void **state)
{
    static const char *const uris[] = {"redis://cache:6379/0", "redis://cache:6379/1",
                                       "redis://other:6379/0"};
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_site sites[3];
    struct wpb_target *targets;
    struct wpb_err err;

    (void)state;
    memset(sites, 0, sizeof(sites));
    for (int i = 0; i < 3; i++) {
        sites[i].name = sites[i].path = "";
        sites[i].has_redis = sites[i].has_mysql = true;
        assert_int_equal(wpb_redis_address_parse(uris[i], arena, &sites[i].redis, &err),
                         0);
        assert_int_equal(wpb_mysql_address_parse(i == 1 ? "mysql://shop@db/two"
                                                        : "mysql://shop@db/one",
                                                 arena, &sites[i].mysql, &err),
                         0);
        sites[i].mysql.password = "not to be shown";
    }
    assert_int_equal(wpb_targets_find(sites, 3, arena, &targets), 6);
    assert_string_equal(targets[0].server, "redis://cache:6379");
    assert_string_equal(targets[1].server, "mysql://db:3306");
    assert_string_equal(targets[2].server, "host");
    assert_string_equal(targets[3].server, targets[0].server);
    assert_string_equal(targets[4].server, targets[1].server);
    assert_string_equal(targets[5].server, "redis://other:6379");
    wpb_arena_free(arena);
}

static void a_server_has_the_budget_of_its_kind(void **state)
{
    (void)state;
    assert_true(wpb_cadence_commands_per_s("redis") == 20);
    assert_true(wpb_cadence_commands_per_s("mysql") == 2);
    assert_true(wpb_cadence_commands_per_s("files") == 0);
}

/* ---- the table of cadences ---- */

static void each_probe_has_a_cadence_by_row_by_cost_or_by_keys(void **state)
{
    struct wpb_probe probe = {.name = "redis.watchlist", .cost = WPB_COST_LIGHT};

    (void)state;
    assert_int_equal(wpb_cadence_ms(&probe, MINUTE, 0), MINUTE);
    assert_int_equal(wpb_cadence_ms(&probe, SECOND, 0), SECOND);
    probe.name = "mysql.postmeta";
    assert_int_equal(wpb_cadence_ms(&probe, SECOND, 0), DAY);
    probe.name = "mysql.server";
    assert_int_equal(wpb_cadence_ms(&probe, MINUTE, 0), 5 * MINUTE);
    assert_int_equal(wpb_cadence_shared_ms(&probe, 5 * MINUTE, 20), 5 * MINUTE);
    assert_int_equal(wpb_cadence_shared_ms(&probe, 5 * MINUTE, 21), 15 * MINUTE);
    assert_int_equal(wpb_cadence_shared_ms(&probe, HOUR, 21), HOUR);
    assert_int_equal(wpb_cadence_ms(&probe, HOUR, 0), HOUR); /* never more often */
    probe.name = "redis.keyspace";
    assert_int_equal(wpb_cadence_ms(&probe, MINUTE, 0), 15 * MINUTE);
    assert_int_equal(wpb_cadence_ms(&probe, MINUTE, 420000), 15 * MINUTE);
    assert_int_equal(wpb_cadence_shared_ms(&probe, MINUTE, 21), MINUTE);
    assert_int_equal(wpb_cadence_ms(&probe, MINUTE, 420001), 30 * MINUTE);
    assert_int_equal(wpb_cadence_ms(&probe, MINUTE, 4000000), HOUR);
    probe.name = "requests.unheard_of";
    assert_int_equal(wpb_cadence_ms(&probe, MINUTE, 0), 5 * MINUTE);
    probe.cost = WPB_COST_FREE;
    assert_int_equal(wpb_cadence_ms(&probe, MINUTE, 0), MINUTE);
    probe.cost = WPB_COST_MEDIUM;
    assert_int_equal(wpb_cadence_ms(&probe, MINUTE, 0), HOUR);
}

static void what_follows_a_pass_or_is_done_when_asked_is_not_planned(void **state)
{
    struct wpb_probe examiner = {.name = "redis.value", .look = WPB_LOOK_EXAMINE};
    struct wpb_probe deep = {.name = "mysql.deep", .cost = WPB_COST_HEAVY};

    (void)state;
    assert_int_equal(wpb_cadence_ms(&examiner, MINUTE, 0), 0);
    assert_int_equal(wpb_cadence_ms(&deep, MINUTE, 0), 0);
}

static void each_row_has_its_reason(void **state)
{
    (void)state;
    for (const struct wpb_cadence *row = wpb_cadences; row->probe; row++) {
        assert_true(strlen(row->reason) > 10);
        for (const struct wpb_cadence *other = row + 1; other->probe; other++)
            assert_string_not_equal(row->probe, other->probe);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_plan_waits_for_nothing),
        cmocka_unit_test(cheap_ones_run_within_seconds_and_dear_ones_spread),
        cmocka_unit_test(a_daily_one_first_runs_within_an_hour_and_then_daily),
        cmocka_unit_test(hosts_spread_over_the_interval),
        cmocka_unit_test(ticks_stay_where_they_are_after_a_restart),
        cmocka_unit_test(restarts_do_not_repeat_what_a_former_life_did),
        cmocka_unit_test(cheap_ones_of_a_target_share_a_tick),
        cmocka_unit_test(a_run_that_takes_long_skips_ticks),
        cmocka_unit_test(after_a_stall_there_is_no_burst),
        cmocka_unit_test(a_tick_noticed_a_little_late_is_not_lost),
        cmocka_unit_test(what_nobody_had_room_for_comes_again),
        cmocka_unit_test(who_comes_after_waits_until_the_first_has_looked),
        cmocka_unit_test(a_first_that_is_not_planned_holds_nobody),
        cmocka_unit_test(one_dear_probe_of_a_server_runs_at_a_time),
        cmocka_unit_test(a_spent_budget_postpones_dear_probes_only),
        cmocka_unit_test(rows_and_pages_cost_too),
        cmocka_unit_test(when_the_budget_is_back_the_cheapest_goes_first),
        cmocka_unit_test(a_self_paced_pass_spends_nothing),
        cmocka_unit_test(a_busy_host_postpones_for_six_hours_at_most),
        cmocka_unit_test(a_server_that_says_it_is_busy_rests),
        cmocka_unit_test(of_a_target_that_is_down_one_cheap_probe_tries),
        cmocka_unit_test(a_probe_without_a_right_does_not_open_the_breaker),
        cmocka_unit_test(a_trial_that_leaves_the_plan_is_followed_by_another),
        cmocka_unit_test(items_that_stay_keep_their_state),
        cmocka_unit_test(a_longer_cadence_counts_from_the_last_run),
        cmocka_unit_test(what_goes_away_while_it_runs_still_counts),
        cmocka_unit_test(what_comes_back_while_it_runs_runs_once),
        cmocka_unit_test(a_server_is_asked_no_more_than_its_budget),
        cmocka_unit_test(at_random_no_rule_is_broken),
        cmocka_unit_test(sites_in_databases_of_one_server_share_its_budget),
        cmocka_unit_test(a_server_has_the_budget_of_its_kind),
        cmocka_unit_test(each_probe_has_a_cadence_by_row_by_cost_or_by_keys),
        cmocka_unit_test(what_follows_a_pass_or_is_done_when_asked_is_not_planned),
        cmocka_unit_test(each_row_has_its_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
