#include "tests/unit/ten_days.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define NOTOPTIONS "shop:options:notoptions"
#define NAME_BYTES 60
/* Fire after 3 of 5, resolve after 5 of 5. */
#define REMEMBERED 5
#define TO_FIRE 3

static struct wpb_trend_work work;
static struct wpb_rule_values *values;  /* of all boxes: the defaults */
static struct wpb_rule_values *relaxed; /* and for what has not cleared */

void ten_days_begin(struct ten_days *days, uint64_t seed, int outlook_hours)
{
    if (!values) {
        values = wpb_rule_values_new();
        relaxed = wpb_rule_values_new();
        wpb_rule_values_relax(relaxed, 0.9);
    }
    *days = (struct ten_days){.outlook_hours = outlook_hours};
    series_begin(&days->series, seed);
}

int64_t ten_days_now_ms(const struct ten_days *days)
{
    return days->series.points[days->series.count - 1].time_ms;
}

/* Claims whose time has come are scored, in the order in which they were made. */
static void score(struct ten_days *days, const struct wpb_outlook_past *past,
                  const struct wpb_outlook_result *result)
{
    size_t kept = 0;

    for (size_t i = 0; i < days->claim_count; i++) {
        struct wpb_forecast_facts facts =
            wpb_outlook_facts(&days->claims[i], past, result, ten_days_now_ms(days));
        struct wpb_forecast_score scored =
            wpb_forecast_score_value(&days->claims[i], &facts);
        wpb_forecast_scores_note(&days->scores, scored);
        if (scored.outcome == WPB_OUTCOME_PENDING)
            days->claims[kept++] = days->claims[i];
    }
    days->claim_count = kept;
}

static void store(struct ten_days *days, const struct wpb_outlook_result *result)
{
    for (size_t i = 0; i < result->flush_count; i++) {
        assert(days->flush_count < WPB_SAWTOOTH_FLUSHES_MAX);
        days->flushes_ms[days->flush_count++] = result->flushes_ms[i];
    }
    if (result->has_claim) {
        days->claims[days->claim_count++] = result->claim;
        days->claimed_ms = result->claim.made_ms;
    }
    days->outlook = result->outlook;
    days->has_outlook = true;
}

/* What the keeper of the history does for one ask. */
static void refresh(struct ten_days *days, const struct wpb_outlook_ask *ask)
{
    struct wpb_outlook_past past = {.points = days->series.points,
                                    .count = days->series.count,
                                    .flushes_ms = days->flushes_ms,
                                    .flush_count = days->flush_count,
                                    .scores = &days->scores,
                                    .previous = days->has_outlook ? &days->outlook : NULL,
                                    .claimed_ms = days->claimed_ms};
    struct wpb_outlook_result result;

    wpb_outlook_make(ask, &past, ten_days_now_ms(days), &work, &result);
    score(days, &past, &result);
    store(days, &result);
}

static void post(struct wpb_window *window, const struct wpb_subject *key,
                 enum wpb_metric metric, struct wpb_value value)
{
    struct wpb_sample sample = {.subject = key,
                                .metric = metric,
                                .value = value,
                                .time_ms = wpb_window_now_ms(window),
                                .probe = "redis.watchlist"};
    wpb_window_post(window, &sample);
}

static struct wpb_window *look_at(const struct wpb_site *site,
                                  const struct wpb_subject *key, int64_t now_ms,
                                  double level)
{
    struct wpb_window *window = wpb_window_new(site, now_ms);

    post(window, key, WPB_M_PRESENT, wpb_value_integer(1));
    post(window, key, WPB_M_KEY_ROLE, wpb_value_text(wpb_slice_cstr("notoptions")));
    post(window, key, WPB_M_VALUE_BYTES, wpb_value_integer((int64_t)level));
    post(window, key, WPB_M_ENTRIES, wpb_value_integer((int64_t)level / NAME_BYTES));
    post(window, key, WPB_M_TTL_SECONDS, wpb_value_integer(-1));
    post(window, key, WPB_M_FAILS_AT_BYTES, wpb_value_integer((int64_t)TEN_DAYS_TARGET));
    return window;
}

static void keep_text(char to[TEN_DAYS_TEXT_MAX], const char *text)
{
    snprintf(to, TEN_DAYS_TEXT_MAX, "%s", text);
}

static void fire(struct ten_days *days, const struct wpb_finding *finding)
{
    const struct wpb_finding_forecast *forecast = finding->forecast;
    struct ten_days_alert *alert = &days->alerts[days->alert_count++];

    assert(days->alert_count <= TEN_DAYS_ALERTS_MAX);
    *alert = (struct ten_days_alert){.fired_ms = ten_days_now_ms(days),
                                     .severity = finding->severity,
                                     .earliest_ms = forecast->earliest_ms,
                                     .median_ms = forecast->median_ms,
                                     .latest_ms = forecast->latest_ms,
                                     .level = forecast->level};
    keep_text(alert->title, finding->title);
    days->is_firing = true;
}

static void note(struct ten_days *days, const struct wpb_finding *finding)
{
    unsigned all = (1U << REMEMBERED) - 1;
    struct ten_days_alert *alert;

    days->recent = (days->recent << 1 | (finding != NULL)) & all;
    days->recent_critical =
        (days->recent_critical << 1 | (finding && finding->severity == WPB_CRITICAL)) &
        all;
    if (!days->is_firing && finding && __builtin_popcount(days->recent) >= TO_FIRE)
        fire(days, finding);
    if (!days->is_firing)
        return;
    alert = &days->alerts[days->alert_count - 1];
    if (days->recent == 0) {
        alert->resolved_ms = ten_days_now_ms(days);
        days->is_firing = false;
    } else if (finding) {
        if (!alert->critical_ms && __builtin_popcount(days->recent_critical) >= TO_FIRE)
            alert->critical_ms = ten_days_now_ms(days);
        keep_text(alert->flush_period, finding->forecast->flush_period);
    }
}

void ten_days_open_book(struct ten_days *days)
{
    days->book = wpb_alert_book_new();
}

void ten_days_close_book(struct ten_days *days)
{
    wpb_alert_book_free(days->book);
    days->book = NULL;
}

static enum wpb_alert_sight see(void *cookie, const char *code,
                                const struct wpb_site *site, const char *path,
                                const char *name)
{
    (void)cookie, (void)code, (void)site, (void)path, (void)name;
    return WPB_SIGHT_CLEAR;
}

static void keep_state(struct ten_days *days, const struct wpb_alert *alert)
{
    static const char code[] = "\"code\":\"";
    struct ten_days_state *state = &days->states[days->state_count++];
    char body[WPB_ALERT_BYTES_MAX + 1];
    const char *at;

    assert(days->state_count <= TEN_DAYS_STATES_MAX);
    snprintf(body, sizeof(body), "%.*s", (int)alert->body.len, alert->body.data);
    at = strstr(body, code);
    assert(at);
    at += sizeof(code) - 1;
    *state = (struct ten_days_state){.time_ms = ten_days_now_ms(days),
                                     .status = alert->status,
                                     .severity = alert->severity,
                                     .has_eta = strstr(body, "\"answer\":\"eta\"")};
    snprintf(state->code, sizeof(state->code), "%.*s", (int)strcspn(at, "\""), at);
}

static void judge(struct ten_days *days, const struct wpb_window *window,
                  const struct wpb_findings *findings)
{
    static const struct wpb_alert_settings settings = {.hysteresis = {3, 5, 5, 5},
                                                       .least = WPB_WARNING};
    static const struct wpb_alert_origin origin = {"web1", "0.1.0", "a"};
    const struct wpb_site *site = wpb_window_site(window);
    struct wpb_findings held = {.arena = findings->arena};
    struct wpb_alert_judgement judgement = {.now_ms = ten_days_now_ms(days),
                                            .settings = &settings,
                                            .host_id = wpb_slice_cstr("web1"),
                                            .origin = &origin,
                                            .ids = &days->ids,
                                            .findings = findings->items,
                                            .count = findings->count,
                                            .sites = &site,
                                            .site_count = 1,
                                            .sight = see};
    struct wpb_alert_changes changes;

    wpb_rules_evaluate(&window, 1, relaxed, &held);
    judgement.relaxed = held.items;
    judgement.relaxed_count = held.count;
    changes = wpb_alert_book_judge(days->book, &judgement, findings->arena);
    for (size_t i = 0; i < changes.count; i++)
        keep_state(days, &changes.items[i]);
}

static const struct wpb_finding *find(const struct wpb_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        if (strcmp(findings->items[i].code, TEN_DAYS_CODE) == 0)
            return &findings->items[i];
    }
    return NULL;
}

void ten_days_hour(struct ten_days *days, double level)
{
    struct wpb_site site = {.name = "shop",
                            .owner = "",
                            .path = "/var/www/shop",
                            .wp_version = "6.1.9",
                            .flavour = WPB_FLAVOUR_REDIS_CACHE,
                            .memory_limit_bytes = 128 << 20,
                            .memory_limit_source = "test"};
    struct wpb_subject key = look_key(NOTOPTIONS);
    struct wpb_findings findings = {.arena = wpb_arena_new()};
    struct wpb_outlook_ask asks[WPB_OUTLOOK_ASKS_MAX];
    struct wpb_window *window;
    bool is_due = days->evaluations++ % (size_t)days->outlook_hours == 0;

    series_add(&days->series, level);
    window = look_at(&site, &key, ten_days_now_ms(days), level);
    if (is_due && wpb_outlook_asks(window, values, asks, WPB_OUTLOOK_ASKS_MAX) == 1)
        refresh(days, &asks[0]);
    if (days->has_outlook)
        wpb_window_post_outlook(window, &key, &days->outlook);
    wpb_rules_evaluate((const struct wpb_window *const *)&window, 1, values, &findings);
    note(days, find(&findings));
    if (days->book)
        judge(days, window, &findings);
    wpb_arena_free(findings.arena);
    wpb_window_free(window);
}
