/*
 * Two doubles for the target and the widening, then points of 16 bytes: a time, as hours
 * or whole as its first bit says, and any bits for a value. Nothing traps, the answer
 * keeps what its header promises, and what it claims can be scored.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/analyse/forecast.h"
#include "agent/analyse/sawtooth.h"
#include "tests/fuzz/fuzz.h"

#define POINTS_MAX 4096
#define HEADER_BYTES 16
#define POINT_BYTES 16
#define EPOCHS_MAX 8

static void check(bool holds)
{
    if (!holds)
        abort();
}

static struct wpb_point take_point(const uint8_t *data)
{
    struct wpb_point point;
    uint64_t bits;

    memcpy(&bits, data, sizeof(bits));
    memcpy(&point.value, data + sizeof(bits), sizeof(point.value));
    if (bits & 1)
        point.time_ms = (int64_t)(bits >> 1 & 0xffff) * WPB_MS_PER_HOUR / 2;
    else
        memcpy(&point.time_ms, data, sizeof(point.time_ms));
    return point;
}

static void check_epochs(const struct wpb_point *points, size_t count)
{
    struct wpb_epoch epochs[EPOCHS_MAX];
    size_t made = wpb_epoch_cut(points, count, epochs, EPOCHS_MAX);
    int64_t flushes_ms[WPB_SAWTOOTH_FLUSHES_MAX];
    struct wpb_sawtooth sawtooth;
    char text[WPB_SAWTOOTH_TEXT_MAX];

    check(made <= EPOCHS_MAX);
    for (size_t i = 0; i < made; i++) {
        check(epochs[i].count > 0 && epochs[i].start_ms <= epochs[i].end_ms);
        check(epochs[i].first + epochs[i].count <= count);
        check(i == 0 || epochs[i].first == epochs[i - 1].first + epochs[i - 1].count);
    }
    check(made == 0 || epochs[made - 1].first + epochs[made - 1].count == count);
    made = wpb_sawtooth_flushes(epochs, made, flushes_ms);
    if (wpb_sawtooth_of(flushes_ms, made, &sawtooth)) {
        check(sawtooth.shortest_ms <= sawtooth.period_ms);
        check(sawtooth.period_ms <= sawtooth.longest_ms);
        wpb_sawtooth_text(&sawtooth, sawtooth.period_ms, text);
        check(strlen(text) > 0);
    }
}

static void check_answer(const struct wpb_forecast *forecast, int64_t now_ms)
{
    check((forecast->answer == WPB_FORECAST_REFUSED) ==
          (forecast->refusal != WPB_REFUSAL_NOT_REFUSED));
    check((forecast->answer == WPB_FORECAST_ETA) == (forecast->text[0] == '\0'));
    if (forecast->answer == WPB_FORECAST_ETA) {
        check(forecast->earliest_ms >= now_ms);
        check(forecast->earliest_ms <= forecast->median_ms);
        check(forecast->median_ms <= forecast->latest_ms);
        check(forecast->trend.per_day > 0);
    }
    if (forecast->has_trend) {
        check(forecast->trend.per_day_low <= forecast->trend.per_day);
        check(forecast->trend.per_day_high >= forecast->trend.per_day);
        check(forecast->trend.p >= 0 && forecast->trend.p <= 1);
    }
}

static void check_scores(const struct wpb_forecast_claim *claim,
                         const struct wpb_forecast_facts *facts)
{
    struct wpb_forecast_score score = wpb_forecast_score_eta(claim, facts);
    struct wpb_forecast_scores scores = {0};

    for (int i = 0; i < WPB_FORECAST_SCORES_MIN; i++)
        wpb_forecast_scores_note(&scores, score);
    score = wpb_forecast_score_value(claim, facts);
    check(score.error_ratio >= 0 && score.error_ratio <= 1e6);
    wpb_forecast_scores_note(&scores, score);
    check(wpb_forecast_scores_covered(&scores) <= scores.count);
    check(wpb_forecast_scores_widen(&scores) >= 1);
    check(wpb_forecast_scores_widen(&scores) <= WPB_FORECAST_WIDEN_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct wpb_trend_work work;
    static struct wpb_point points[POINTS_MAX];
    struct wpb_forecast forecast;
    struct wpb_forecast_claim claim;
    struct wpb_forecast_ask ask = {.points = points};

    if (size < HEADER_BYTES)
        return 0;
    memcpy(&ask.target, data, sizeof(ask.target));
    memcpy(&ask.widen, data + sizeof(ask.target), sizeof(ask.widen));
    for (size_t at = HEADER_BYTES; at + POINT_BYTES <= size && ask.count < POINTS_MAX;
         at += POINT_BYTES)
        points[ask.count++] = take_point(data + at);
    ask.now_ms = ask.count ? points[ask.count - 1].time_ms : 0;
    check_epochs(points, ask.count);
    wpb_forecast_make(&ask, &work, &forecast);
    check_answer(&forecast, ask.now_ms);
    if (wpb_forecast_claim_of(&forecast, &ask, &claim)) {
        struct wpb_forecast_facts facts = {.points = points,
                                           .count = ask.count,
                                           .now_ms = claim.check_ms + WPB_MS_PER_HOUR,
                                           .has_epoch_ended = ask.count % 2,
                                           .epoch_end_ms = claim.check_ms};
        check_scores(&claim, &facts);
    }
    return 0;
}
