#include "tests/unit/history_year.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/history/store.h"

/* 2026-01-01 00:00 UTC, and seven seconds: no agent begins on the hour. */
#define BEGIN_MS (INT64_C(1767225600) * 1000 + 7000)
#define SITES_MAX 64
#define SERIES_MAX 200
#define PROBES 5

struct year {
    const struct year_plan *plan;
    struct year_result *result;
    struct wpb_store *store;
    struct wpb_err err;
    uint64_t random;
    int64_t ids[SITES_MAX][SERIES_MAX];
    double levels[SITES_MAX][SERIES_MAX];
    int64_t now_ms;
    uint64_t step;
};

static uint64_t next_random(struct year *year)
{
    year->random = year->random * 6364136223846793005ULL + 1442695040888963407ULL;
    return year->random >> 33;
}

static double seconds_of(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double now_s(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

static double cpu_s(void)
{
    return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t year_memory_bytes(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    unsigned long long kilobytes = 0;
    char line[256];

    while (file && fgets(line, sizeof(line), file))
        if (sscanf(line, "RssAnon: %llu kB", &kilobytes) == 1)
            break;
    if (file)
        fclose(file);
    return kilobytes * 1024;
}

static int fail(const struct year *year, const char *what)
{
    fprintf(stderr, "%s: %s\n", what, year->err.message);
    return -1;
}

static int find_series(struct year *year, int site_index, int index, int64_t *id)
{
    char site[64], name[96];
    struct wpb_store_key key = {.kind =
                                    index % 3 ? WPB_SUBJECT_REDIS_KEY : WPB_SUBJECT_TABLE,
                                .scope = WPB_SLICE("unix:///run/redis/shop.sock?db=1"),
                                .metric = WPB_SLICE("memory_bytes"),
                                .unit = WPB_SLICE("bytes")};

    snprintf(site, sizeof(site), "host-17:/var/www/shop-%d:wp_%d", site_index,
             site_index);
    snprintf(name, sizeof(name), "shop%d:options:a_name_of_a_key_%d", site_index, index);
    key.site = wpb_slice_cstr(site);
    key.name = wpb_slice_cstr(name);
    if (wpb_store_series(year->store, &key, year->now_ms, id, &year->err) != 0)
        return fail(year, "a series");
    return 0;
}

static int make_series(struct year *year)
{
    for (int s = 0; s < year->plan->sites; s++)
        for (int i = 0; i < year->plan->series; i++) {
            if (find_series(year, s, i, &year->ids[s][i]) != 0)
                return -1;
            year->levels[s][i] = 1000.0 + (double)(next_random(year) % 100000000);
        }
    return 0;
}

/* Bytes and counts, most of them; every fourth series is a ratio. They grow, with noise,
 * and are flushed now and then. */
static double next_value(struct year *year, int site, int series)
{
    double *level = &year->levels[site][series];

    if (series % 4 == 3)
        return (double)next_random(year) / 2147483648.0;
    *level += (double)(next_random(year) % 2048);
    if (next_random(year) % 20000 == 0)
        *level = 1000;
    return (double)(int64_t)(*level + (double)(next_random(year) % 65536));
}

static int note_all(struct year *year)
{
    const struct year_plan *plan = year->plan;
    bool is_slow_too = year->step % (uint64_t)plan->slow_every == 0;

    for (int s = 0; s < plan->sites; s++)
        for (int i = 0; i < (is_slow_too ? plan->series : plan->fast); i++) {
            int64_t time_ms = year->now_ms - (int64_t)(next_random(year) % 1000);

            if (wpb_store_note(year->store, year->ids[s][i], time_ms,
                               next_value(year, s, i), &year->err) == 0)
                year->result->noted++;
            else if (year->err.code == WPB_E_BUDGET)
                year->result->refused++;
            else
                return fail(year, "a value");
        }
    return 0;
}

static int audit_all(struct year *year)
{
    static const char *const probes[PROBES] = {"redis.server", "redis.watchlist",
                                               "redis.keyspace", "mysql.options",
                                               "host.memory"};
    char site[64];

    for (int s = 0; s < year->plan->sites; s++)
        for (int p = 0; p < PROBES; p++) {
            struct wpb_store_audit audit = {.probe = probes[p],
                                            .status = "ok",
                                            .runs = 1,
                                            .commands = next_random(year) % 2000,
                                            .bytes = next_random(year) % 200000,
                                            .rows = next_random(year) % 50};

            snprintf(site, sizeof(site), "host-17:/var/www/shop-%d:wp_%d", s, s);
            audit.site = wpb_slice_cstr(site);
            if (wpb_store_audit_note(year->store, year->now_ms, &audit, &year->err) != 0)
                return fail(year, "an audit");
        }
    return 0;
}

/* Three alerts a site live at any time, each judged anew, and one of them delivered. */
static int alert_all(struct year *year)
{
    static const char body[2048] = {0};
    char state[300] = {0};

    for (int s = 0; s < year->plan->sites; s++)
        for (int a = 0; a < 3; a++) {
            char fingerprint[WPB_FINGERPRINT_LEN + 1];
            struct wpb_store_alert alert = {.fingerprint = fingerprint,
                                            .site = WPB_SLICE("/var/www/shop"),
                                            .code = "cache.notoptions_bloat",
                                            .status = "firing",
                                            .seq = year->step,
                                            .updated_ms = year->now_ms,
                                            .state = {state, sizeof(state)}};
            struct wpb_store_letter letter = {.sink = "webhook pager"};

            snprintf(fingerprint, sizeof(fingerprint), "%08x%08x", s, a);
            if (wpb_store_alert_put(year->store, &alert, &year->err) != 0)
                return fail(year, "an alert");
            if (a != 0)
                continue;
            memcpy(letter.alert.fingerprint, fingerprint, sizeof(fingerprint));
            letter.alert.seq = year->step;
            letter.alert.updated_at_ms = year->now_ms;
            letter.alert.body = wpb_slice_of(body, sizeof(body));
            if (wpb_store_outbox_put(year->store, &letter, &year->err) != 0 ||
                (year->step % 3 == 0 &&
                 wpb_store_outbox_remove(year->store, letter.sink, fingerprint,
                                         year->step, &year->err) != 0))
                return fail(year, "the outbox");
        }
    return 0;
}

/* Of the fast series: a forecast a day, scored a day later. */
static int forecast_all(struct year *year)
{
    for (int s = 0; s < year->plan->sites; s++)
        for (int i = 0; i < year->plan->fast; i++) {
            struct wpb_forecast_claim claim = {.made_ms = year->now_ms,
                                               .check_ms = year->now_ms + WPB_MS_PER_DAY,
                                               .check_value = 1e6 / 3,
                                               .check_low = 1e6 / 7,
                                               .check_high = 1e7 / 3,
                                               .has_eta = true,
                                               .earliest_ms = year->now_ms,
                                               .median_ms = year->now_ms,
                                               .latest_ms = year->now_ms,
                                               .target = 1e8 / 3,
                                               .widen = 1.25};
            struct wpb_store_epoch epoch = {year->now_ms, WPB_EPOCH_COLLAPSE, 1e6, 1e3};
            struct wpb_forecast_score score = {WPB_OUTCOME_COVERED, 0.5};

            if (wpb_store_claim(year->store, year->ids[s][i], &claim, WPB_MS_PER_DAY / 2,
                                NULL, &year->err) != 0 ||
                wpb_store_epoch(year->store, year->ids[s][i], &epoch, NULL, &year->err) !=
                    0 ||
                wpb_store_score(year->store, year->ids[s][i],
                                claim.made_ms - WPB_MS_PER_DAY, WPB_CLAIM_VALUE, score,
                                &year->err) != 0)
                return fail(year, "a forecast");
        }
    return 0;
}

static void measure(struct year *year)
{
    uint64_t bytes = wpb_store_size_bytes(year->store);

    year->result->last_bytes = bytes;
    if (bytes > year->result->most_bytes)
        year->result->most_bytes = bytes;
}

static int one_step(struct year *year)
{
    double begun = now_s(), spent;

    if (wpb_store_begin(year->store, &year->err) != 0)
        return fail(year, "begin");
    if (note_all(year) != 0)
        return -1;
    if (year->step % (uint64_t)year->plan->judge_every == 0 &&
        (audit_all(year) != 0 || alert_all(year) != 0))
        return -1;
    if (year->now_ms % WPB_MS_PER_DAY < year->plan->step_s * 1000 &&
        forecast_all(year) != 0)
        return -1;
    if (wpb_store_commit(year->store, &year->err) != 0)
        return fail(year, "commit");
    spent = 1e3 * (now_s() - begun);
    if (spent > year->result->slowest_note_ms)
        year->result->slowest_note_ms = spent;
    measure(year);
    return 0;
}

static int keep_up(struct year *year)
{
    bool has_more = true;

    while (has_more) {
        double begun = now_s(), spent;

        if (wpb_store_upkeep(year->store, year->now_ms, &has_more, &year->err) != 0)
            return fail(year, "upkeep");
        spent = 1e3 * (now_s() - begun);
        if (spent > year->result->slowest_upkeep_ms)
            year->result->slowest_upkeep_ms = spent;
        measure(year);
    }
    return 0;
}

static int run_days(struct year *year)
{
    const struct year_plan *plan = year->plan;
    uint64_t steps_of_day = 86400 / (uint64_t)plan->step_s;

    for (int day = 0; day < plan->days; day++) {
        for (uint64_t i = 0; i < steps_of_day; i++, year->step++) {
            year->now_ms += (int64_t)plan->step_s * 1000;
            if (one_step(year) != 0 || keep_up(year) != 0)
                return -1;
        }
        if (plan->each_day)
            plan->each_day(day, wpb_store_size_bytes(year->store));
    }
    return 0;
}

static int look_at_first(struct year *year)
{
    static struct wpb_point points[WPB_STORE_POINTS_MAX];
    static struct wpb_store_rollup rollups[1024];
    size_t count = 0, hours = 0;

    if (wpb_store_points(year->store, year->ids[0][0], 0, year->now_ms, points,
                         WPB_STORE_POINTS_MAX, &count, &year->err) != 0 ||
        wpb_store_rollups(year->store, year->ids[0][0], WPB_STORE_HOURS, 0, year->now_ms,
                          rollups, 1024, &hours, &year->err) != 0)
        return fail(year, "points");
    year->result->point_count = count;
    year->result->hour_count = hours;
    return 0;
}

/* ---- how long things take, once the history is as large as it gets ---- */

static int note_every_series(struct year *year, int turn)
{
    (void)turn;
    year->now_ms += 1000;
    year->step = 0; /* that of the slow ones as well */
    if (wpb_store_begin(year->store, &year->err) != 0)
        return fail(year, "begin");
    if (note_all(year) != 0)
        return -1;
    if (wpb_store_commit(year->store, &year->err) != 0)
        return fail(year, "commit");
    measure(year);
    return 0;
}

static int find_every_series(struct year *year, int turn)
{
    int64_t id;

    (void)turn;
    for (int s = 0; s < year->plan->sites; s++)
        for (int i = 0; i < year->plan->series; i++)
            if (find_series(year, s, i, &id) != 0)
                return -1;
    return 0;
}

static int read_points(struct year *year, int turn)
{
    static struct wpb_point points[WPB_STORE_POINTS_MAX];
    int site = turn % year->plan->sites, series = turn % year->plan->series;
    size_t count;

    if (wpb_store_points(year->store, year->ids[site][series], 0, year->now_ms, points,
                         WPB_STORE_POINTS_MAX, &count, &year->err) != 0)
        return fail(year, "points");
    return 0;
}

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

static int time_of(struct year *year, int (*act)(struct year *, int),
                   struct year_time *time)
{
    double cpu_ms[YEAR_TURNS], all_ms[YEAR_TURNS];

    for (int turn = 0; turn < YEAR_TURNS; turn++) {
        double begun = now_s(), cpu_begun = cpu_s();

        if (act(year, turn) != 0)
            return -1;
        cpu_ms[turn] = 1e3 * (cpu_s() - cpu_begun);
        all_ms[turn] = 1e3 * (now_s() - begun);
    }
    qsort(cpu_ms, YEAR_TURNS, sizeof(*cpu_ms), compare_doubles);
    qsort(all_ms, YEAR_TURNS, sizeof(*all_ms), compare_doubles);
    *time = (struct year_time){cpu_ms[YEAR_TURNS / 2], all_ms[YEAR_TURNS / 2]};
    return 0;
}

static int time_all(struct year *year)
{
    if (time_of(year, note_every_series, &year->result->note_all) != 0 ||
        time_of(year, find_every_series, &year->result->find_all) != 0 ||
        time_of(year, read_points, &year->result->points) != 0)
        return -1;
    year->result->memory_bytes = year_memory_bytes();
    return 0;
}

int year_run(const struct year_plan *plan, struct year_result *result)
{
    struct wpb_store_options options = {
        .folder = plan->folder, .max_bytes = plan->max_bytes, .now_ms = BEGIN_MS};
    struct year *year = calloc(1, sizeof(*year));
    double begun = now_s(), cpu_begun = cpu_s();
    int status;

    *result = (struct year_result){0};
    if (!year)
        return -1;
    *year = (struct year){
        .plan = plan, .result = result, .random = 20260101, .now_ms = BEGIN_MS};
    if (wpb_store_open(&options, &year->store, &year->err) != 0 ||
        wpb_store_degraded(year->store)) {
        fail(year, "open");
        free(year);
        return -1;
    }
    status = make_series(year);
    if (status == 0)
        status = run_days(year);
    result->seconds = now_s() - begun;
    result->cpu_seconds = cpu_s() - cpu_begun;
    if (status == 0)
        status = look_at_first(year);
    if (status == 0)
        status = time_all(year);
    wpb_store_close(year->store);
    free(year);
    return status;
}
