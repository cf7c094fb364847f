/* The ten-day incident: a notoptions that gains 0.39 MB a day until requests fail and
 * somebody flushes it. Looks, outlooks, rules and alerts together, by made-up days. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>

#include "tests/unit/ten_days.h"

#define SEEDS 200
#define HOUR WPB_MS_PER_HOUR
#define DAY WPB_MS_PER_DAY
#define PER_HOUR (390000.0 / 24)
#define LEVEL_OF_FLUSH 100000.0
/* The tooth that is watched begins after so many hours of another one. */
#define HOURS_BEFORE 60
/* An agent makes one each hour; so do the tests that need not run 200 seeds. */
#define OUTLOOK_HOURS 6

static struct ten_days days;

/* How the days of an incident differ. */
enum noise {
    BY_READING, /* each look is off by 0.1 MB */
    BY_DAY,     /* each day grows as it likes, 30 % more or less */
    BY_TRAFFIC, /* that, and more by day than by night */
};

struct incident {
    enum noise noise;
    double level, today;
    int hour;
};

static void begin(struct incident *incident, enum noise noise, uint64_t seed,
                  int outlook_hours)
{
    *incident = (struct incident){.noise = noise, .level = 2600000};
    ten_days_begin(&days, seed * 3 + (uint64_t)noise, outlook_hours);
}

/* One more hour; the length that was seen. */
static double grow(struct incident *incident)
{
    double growth = PER_HOUR, off = 0;

    if (incident->hour % 24 == 0)
        incident->today = fmax(0, 1 + 0.3 * series_normal(&days.series));
    if (incident->noise == BY_READING)
        off = 100000 * series_normal(&days.series);
    else
        growth *= incident->today;
    if (incident->noise == BY_TRAFFIC)
        growth *= 1 + 0.8 * sin(incident->hour * acos(-1) / 12);
    incident->hour++;
    incident->level += growth;
    off = fmax(1000, incident->level + off);
    ten_days_hour(&days, off);
    return off;
}

/* Until the length reaches the failure size: when it did. */
static int64_t grow_until_it_fails(struct incident *incident)
{
    while (grow(incident) < TEN_DAYS_TARGET)
        continue;
    return ten_days_now_ms(&days);
}

static int64_t flush(struct incident *incident)
{
    int64_t now_ms = ten_days_now_ms(&days);

    incident->level = LEVEL_OF_FLUSH;
    return now_ms;
}

static void grow_for(struct incident *incident, int hours)
{
    for (int i = 0; i < hours; i++)
        grow(incident);
}

/* The first alert that fired after TIME_MS; *COUNT of them. */
static const struct ten_days_alert *alerts_after(int64_t time_ms, size_t *count)
{
    const struct ten_days_alert *first = NULL;

    *count = 0;
    for (size_t i = 0; i < days.alert_count; i++) {
        if (days.alerts[i].fired_ms <= time_ms)
            continue;
        if (!first)
            first = &days.alerts[i];
        ++*count;
    }
    return first;
}

struct tally {
    int once, early, covered, critical, critical_early, resolved;
};

static struct tally run_incidents(enum noise noise, int seeds)
{
    struct tally tally = {0};

    for (int seed = 0; seed < seeds; seed++) {
        const struct ten_days_alert *alert;
        struct incident incident;
        int64_t begun_ms, failed_ms, flushed_ms;
        size_t count;

        begin(&incident, noise, 100 + (uint64_t)seed, OUTLOOK_HOURS);
        grow_for(&incident, HOURS_BEFORE);
        begun_ms = flush(&incident);
        failed_ms = grow_until_it_fails(&incident);
        grow_for(&incident, 3);
        flushed_ms = flush(&incident);
        grow_for(&incident, 24);

        alert = alerts_after(begun_ms, &count);
        tally.once += count == 1;
        if (!alert)
            continue;
        tally.early += failed_ms - alert->fired_ms >= 3 * DAY;
        tally.covered += alert->earliest_ms <= failed_ms && alert->latest_ms >= failed_ms;
        tally.critical += alert->critical_ms && failed_ms - alert->critical_ms >= 2 * DAY;
        tally.critical_early +=
            alert->critical_ms && failed_ms - alert->critical_ms >= 3 * DAY;
        tally.resolved += !days.is_firing && alert->resolved_ms > flushed_ms;
    }
    print_message("    of %d: once %d, three days before %d, covered %d, critical two "
                  "days before %d (three: %d), resolved by the flush %d\n",
                  seeds, tally.once, tally.early, tally.covered, tally.critical,
                  tally.critical_early, tally.resolved);
    return tally;
}

static void assert_incidents(enum noise noise, int seeds)
{
    struct tally tally = run_incidents(noise, seeds);

    assert_true(tally.once >= seeds * 98 / 100);
    assert_true(tally.early >= seeds * 98 / 100);
    assert_true(tally.covered >= seeds * 85 / 100);
    assert_true(tally.critical >= seeds * 98 / 100);
    assert_true(tally.resolved >= seeds * 98 / 100);
}

static void daily_noise_is_alerted_once_three_days_before_and_resolved(void **state)
{
    (void)state;
    assert_incidents(BY_DAY, SEEDS);
}

static void growth_by_traffic_is_alerted_once_three_days_before_and_resolved(void **state)
{
    (void)state;
    assert_incidents(BY_TRAFFIC, SEEDS / 4);
}

/* As an agent does it, an outlook each hour. */
static void the_period_is_named_after_the_second_flush(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 5; seed++) {
        int64_t flushed_ms[3], period_ms;
        struct incident incident;

        begin(&incident, BY_DAY, 900 + seed, 1);
        incident.level = LEVEL_OF_FLUSH;
        for (int tooth = 0; tooth < 3; tooth++) {
            grow_until_it_fails(&incident);
            grow_for(&incident, 2);
            flushed_ms[tooth] = flush(&incident);
        }
        grow_for(&incident, 24);
        assert_int_equal(days.alert_count, 3);
        assert_string_equal(days.alerts[0].flush_period, "");
        assert_string_equal(days.alerts[1].flush_period, "");
        look_assert_says(days.alerts[2].flush_period, "Flushed every ~");
        look_assert_says(days.alerts[2].flush_period, "would reach the limit on day ");
        assert_int_equal(days.flush_count, 3);
        for (int tooth = 0; tooth < 3; tooth++) {
            assert_in_range(days.alerts[tooth].resolved_ms - flushed_ms[tooth], 1,
                            12 * HOUR);
            assert_in_range(days.flushes_ms[tooth] - flushed_ms[tooth], 1, HOUR);
        }
        period_ms = (flushed_ms[2] - flushed_ms[0]) / 2;
        assert_in_range(days.outlook.period_ms, period_ms - HOUR, period_ms + HOUR);
    }
}

/* Forecasts were compared with what came a day later, and most held. */
static void forecasts_are_scored_as_their_time_comes(void **state)
{
    size_t covered = 0, scored = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 5; seed++) {
        struct incident incident;

        begin(&incident, BY_DAY, 700 + seed, 1);
        incident.level = LEVEL_OF_FLUSH;
        grow_until_it_fails(&incident);
        assert_in_range(days.scores.count, 8, 40);
        assert_in_range(days.outlook.scored, days.scores.count - 4, days.scores.count);
        scored += days.scores.count;
        covered += wpb_forecast_scores_covered(&days.scores);
    }
    print_message("    coverage %zu/%zu\n", covered, scored);
    assert_true(covered * 100 >= scored * 80);
}

/* Ten days at 2 MB of 4, with noise that lasts, a daily cycle, and a step of 1 MB after
 * some days where HAS_STEP: how many seeds were alerted. */
static int seeds_alerted(double autocorrelation, double cycle, bool has_step)
{
    int alerted = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        double off;
        int step_at;

        ten_days_begin(&days, 5000 + seed, OUTLOOK_HOURS);
        off = 100000 * series_normal(&days.series);
        step_at = 24 + (int)(series_uniform(&days.series) * 150);
        for (int i = 0; i < 240; i++) {
            off = autocorrelation * off + sqrt(1 - autocorrelation * autocorrelation) *
                                              100000 * series_normal(&days.series);
            ten_days_hour(&days, 2000000 + off +
                                     cycle * sin((double)seed + i * acos(-1) / 12) +
                                     (has_step && i >= step_at ? 1000000 : 0));
        }
        alerted += days.alert_count > 0;
    }
    print_message("    %d of %d\n", alerted, SEEDS);
    return alerted;
}

static void stationary_noise_is_not_alerted(void **state)
{
    (void)state;
    assert_true(seeds_alerted(0.6, 0, false) <= SEEDS / 100);
}

static void a_daily_cycle_is_not_alerted(void **state)
{
    (void)state;
    assert_true(seeds_alerted(0.6, 300000, false) <= SEEDS / 100);
}

static void a_step_after_a_deploy_is_not_alerted(void **state)
{
    (void)state;
    assert_int_equal(seeds_alerted(0, 0, true), 0);
}

/* How often the book told of CODE with STATUS, and the *FIRST time. */
static size_t told(const char *code, enum wpb_alert_status status,
                   const struct ten_days_state **first)
{
    size_t count = 0;

    *first = NULL;
    for (size_t i = 0; i < days.state_count; i++) {
        const struct ten_days_state *state = &days.states[i];
        if (strcmp(state->code, code) != 0 || state->status != status)
            continue;
        if (!*first)
            *first = state;
        count++;
    }
    return count;
}

/* With all rules and the book of alerts: first the size is told, then when it fails, and
 * in the last days that this is near. A flush ends both. */
static void the_book_of_alerts_tells_the_incident(void **state)
{
    const struct ten_days_state *bloat, *growth, *over;
    struct incident incident;
    int64_t failed_ms;

    (void)state;
    begin(&incident, BY_DAY, 4, 1);
    incident.level = LEVEL_OF_FLUSH;
    ten_days_open_book(&days);
    failed_ms = grow_until_it_fails(&incident);
    grow_for(&incident, 2);
    flush(&incident);
    grow_for(&incident, 7);
    ten_days_close_book(&days);
    for (size_t i = 0; i < days.state_count; i++)
        print_message("    day %4.1f %s %s, severity %d%s\n",
                      (double)(days.states[i].time_ms - failed_ms) / (double)DAY,
                      days.states[i].code, wpb_alert_status_name(days.states[i].status),
                      (int)days.states[i].severity,
                      days.states[i].has_eta ? ", with a time" : "");

    assert_true(told("cache.notoptions_bloat", WPB_ALERT_FIRING, &bloat) >= 2);
    assert_true(failed_ms - bloat->time_ms >= 3 * DAY);
    assert_int_equal(told(TEN_DAYS_CODE, WPB_ALERT_FIRING, &growth), 2);
    assert_int_equal(growth[0].severity, WPB_WARNING);
    assert_true(growth->has_eta);
    assert_true(failed_ms - growth->time_ms >= 3 * DAY);
    assert_int_equal(told(TEN_DAYS_CODE, WPB_ALERT_RESOLVED, &over), 1);
    assert_true(over->time_ms > failed_ms);
    assert_int_equal(told("cache.notoptions_bloat", WPB_ALERT_RESOLVED, &over), 1);
    assert_true(over->time_ms > failed_ms);
}

static void short_histories_are_refused_with_a_code(void **state)
{
    struct incident incident;

    (void)state;
    begin(&incident, BY_DAY, 1, 1);
    grow_for(&incident, 5);
    assert_string_equal(days.outlook.refusal, "too_few_samples");
    grow_for(&incident, 20);
    assert_string_equal(days.outlook.refusal, "too_short_history");
    flush(&incident);
    grow_for(&incident, 5);
    assert_string_equal(days.outlook.refusal, "too_few_samples");
    grow_for(&incident, 20);
    assert_string_equal(days.outlook.refusal, "too_short_history");
    assert_int_equal(days.outlook.flushes, 1);
    assert_int_equal(days.alert_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(daily_noise_is_alerted_once_three_days_before_and_resolved),
        cmocka_unit_test(
            growth_by_traffic_is_alerted_once_three_days_before_and_resolved),
        cmocka_unit_test(the_period_is_named_after_the_second_flush),
        cmocka_unit_test(forecasts_are_scored_as_their_time_comes),
        cmocka_unit_test(stationary_noise_is_not_alerted),
        cmocka_unit_test(a_daily_cycle_is_not_alerted),
        cmocka_unit_test(a_step_after_a_deploy_is_not_alerted),
        cmocka_unit_test(the_book_of_alerts_tells_the_incident),
        cmocka_unit_test(short_histories_are_refused_with_a_code),
    };
    /* To look at one of them. */
    if (getenv("WPB_TEST"))
        cmocka_set_test_filter(getenv("WPB_TEST"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
