/* Epochs that are remembered, forecasts that wait to be scored. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/history_look.h"

#define HOUR WPB_MS_PER_HOUR
#define DAY WPB_MS_PER_DAY
#define SITE "/var/www/shop"

/* ---- epochs ---- */

static bool begin_epoch(struct look *look, int64_t id, int64_t start_ms,
                        enum wpb_epoch_reason reason)
{
    struct wpb_store_epoch epoch = {start_ms, reason, 4e6, 1e5};
    bool is_new;

    if (wpb_store_epoch(look->store, id, &epoch, &is_new, &look->err) != 0)
        fail_msg("epoch: %s", look->err.message);
    return is_new;
}

static void an_epoch_is_remembered_once(void **state)
{
    struct look look = {0};
    struct wpb_store_epoch epochs[8];
    int64_t id, flushes[8];
    size_t count;

    (void)state;
    look_begin(&look);
    id = look_series(&look, SITE, "a");
    assert_true(begin_epoch(&look, id, LOOK_BEGIN_MS, WPB_EPOCH_FIRST));
    assert_false(begin_epoch(&look, id, LOOK_BEGIN_MS, WPB_EPOCH_FIRST));
    assert_true(begin_epoch(&look, id, LOOK_BEGIN_MS + 5 * DAY, WPB_EPOCH_COLLAPSE));
    /* Seen again at the median of the hour, and from the earlier history. */
    assert_false(
        begin_epoch(&look, id, LOOK_BEGIN_MS + 5 * DAY + HOUR, WPB_EPOCH_COLLAPSE));
    assert_false(
        begin_epoch(&look, id, LOOK_BEGIN_MS + 5 * DAY - HOUR, WPB_EPOCH_COLLAPSE));
    assert_false(begin_epoch(&look, id, LOOK_BEGIN_MS + DAY, WPB_EPOCH_STEP_UP));
    assert_true(
        begin_epoch(&look, id, LOOK_BEGIN_MS + 5 * DAY + 3 * HOUR, WPB_EPOCH_STEP_UP));
    assert_true(begin_epoch(&look, id, LOOK_BEGIN_MS + 9 * DAY, WPB_EPOCH_COLLAPSE));
    look_reopen(&look);
    assert_int_equal(wpb_store_epochs(look.store, id, epochs, 8, &count, NULL), 0);
    assert_int_equal(count, 4);
    assert_int_equal(epochs[0].start_ms, LOOK_BEGIN_MS);
    assert_int_equal(epochs[0].reason, WPB_EPOCH_FIRST);
    assert_int_equal(epochs[2].reason, WPB_EPOCH_STEP_UP);
    assert_int_equal(epochs[3].start_ms, LOOK_BEGIN_MS + 9 * DAY);
    assert_float_equal(epochs[3].before, 4e6, 0);
    assert_float_equal(epochs[3].after, 1e5, 0);
    assert_int_equal(wpb_store_flushes(look.store, id, flushes, 8, &count, NULL), 0);
    assert_int_equal(count, 2);
    assert_int_equal(flushes[0], LOOK_BEGIN_MS + 5 * DAY);
    assert_int_equal(flushes[1], LOOK_BEGIN_MS + 9 * DAY);
    assert_int_equal(wpb_store_epochs(look.store, id, epochs, 1, &count, NULL), 0);
    assert_int_equal(count, 1);
    assert_int_equal(epochs[0].start_ms, LOOK_BEGIN_MS + 9 * DAY);
    look_end(&look);
}

static void an_epoch_seen_again_among_days_is_the_same(void **state)
{
    struct look look = {0};
    int64_t id, flush_ms = LOOK_BEGIN_MS + 2 * DAY + 13 * HOUR;

    (void)state;
    look_begin(&look);
    id = look_series(&look, SITE, "a");
    for (int hour = 0; hour < 30 * 24; hour++) {
        look_note(&look, id, look.now_ms, hour);
        if (look.now_ms == flush_ms)
            assert_true(begin_epoch(&look, id, flush_ms, WPB_EPOCH_COLLAPSE));
        look.now_ms += HOUR;
        look_keep_up(&look);
    }
    /* Only the medians of days are left of that time: the first low one is the next. */
    assert_false(
        begin_epoch(&look, id, LOOK_BEGIN_MS + 3 * DAY + 12 * HOUR, WPB_EPOCH_COLLAPSE));
    assert_true(begin_epoch(&look, id, look.now_ms - DAY, WPB_EPOCH_COLLAPSE));
    assert_true(begin_epoch(&look, id, look.now_ms - 20 * HOUR, WPB_EPOCH_COLLAPSE));
    look_end(&look);
}

static void epochs_are_kept_longer_than_values_and_are_bounded(void **state)
{
    struct look look = {0};
    struct wpb_store_epoch epochs[2 * WPB_STORE_EPOCHS_MAX];
    struct wpb_store_epoch epoch = {0};
    int64_t id;
    size_t count;

    (void)state;
    look_begin(&look);
    id = look_series(&look, SITE, "a");
    for (int i = 0; i < 100; i++)
        begin_epoch(&look, id, LOOK_BEGIN_MS + i * 30 * DAY, WPB_EPOCH_COLLAPSE);
    assert_int_equal(
        wpb_store_epochs(look.store, id, epochs, 2 * WPB_STORE_EPOCHS_MAX, &count, NULL),
        0);
    assert_int_equal(count, WPB_STORE_EPOCHS_MAX);
    assert_int_equal(epochs[0].start_ms, LOOK_BEGIN_MS + 36 * 30 * DAY);
    assert_int_equal(wpb_store_epoch(look.store, 99, &epoch, NULL, &look.err), -1);
    assert_int_equal(look.err.code, WPB_E_NOT_FOUND);
    look_end(&look);
}

/* ---- claims ---- */

static struct wpb_forecast_claim claim_at(int64_t made_ms)
{
    return (struct wpb_forecast_claim){.made_ms = made_ms,
                                       .check_ms = made_ms + DAY,
                                       .check_low = 1.5,
                                       .check_value = 2.5,
                                       .check_high = 3.5,
                                       .has_eta = true,
                                       .earliest_ms = made_ms + 5 * DAY,
                                       .median_ms = made_ms + 6 * DAY,
                                       .latest_ms = made_ms + 7 * DAY,
                                       .target = 1e6,
                                       .widen = 1.25};
}

static bool make_claim(struct look *look, int64_t id, int64_t made_ms)
{
    struct wpb_forecast_claim claim = claim_at(made_ms);
    bool is_kept;

    if (wpb_store_claim(look->store, id, &claim, DAY, &is_kept, &look->err) != 0)
        fail_msg("claim: %s", look->err.message);
    return is_kept;
}

static size_t pending_at(struct look *look, int64_t id, int64_t now_ms,
                         struct wpb_store_pending pending[8])
{
    size_t count;

    assert_int_equal(wpb_store_pending(look->store, id, now_ms, pending, 8, &count, NULL),
                     0);
    return count;
}

static void assert_same_claim(const struct wpb_forecast_claim *claim,
                              const struct wpb_forecast_claim *expected)
{
    assert_int_equal(claim->made_ms, expected->made_ms);
    assert_int_equal(claim->check_ms, expected->check_ms);
    assert_float_equal(claim->check_low, expected->check_low, 0);
    assert_float_equal(claim->check_value, expected->check_value, 0);
    assert_float_equal(claim->check_high, expected->check_high, 0);
    assert_int_equal(claim->has_eta, expected->has_eta);
    assert_int_equal(claim->earliest_ms, expected->earliest_ms);
    assert_int_equal(claim->median_ms, expected->median_ms);
    assert_int_equal(claim->latest_ms, expected->latest_ms);
    assert_float_equal(claim->target, expected->target, 0);
    assert_float_equal(claim->widen, expected->widen, 0);
}

static void one_claim_a_day_is_kept(void **state)
{
    struct look look = {0};
    int64_t id, made_ms;

    (void)state;
    look_begin(&look);
    id = look_series(&look, SITE, "a");
    assert_int_equal(wpb_store_claimed(look.store, id, &made_ms, NULL), 0);
    assert_int_equal(made_ms, 0);
    assert_true(make_claim(&look, id, LOOK_BEGIN_MS));
    assert_false(make_claim(&look, id, LOOK_BEGIN_MS + DAY - 1));
    assert_true(make_claim(&look, id, LOOK_BEGIN_MS + DAY));
    assert_int_equal(wpb_store_claimed(look.store, id, &made_ms, NULL), 0);
    assert_int_equal(made_ms, LOOK_BEGIN_MS + DAY);
    /* One from a clock that ran ahead is in nobody's way. */
    assert_true(make_claim(&look, id, LOOK_BEGIN_MS + 400 * DAY));
    assert_true(make_claim(&look, id, LOOK_BEGIN_MS + 2 * DAY));
    look_end(&look);
}

static void a_claim_waits_until_all_of_it_is_scored(void **state)
{
    struct look look = {0};
    struct wpb_store_pending pending[8];
    struct wpb_forecast_claim expected = claim_at(LOOK_BEGIN_MS);
    struct wpb_forecast_score covered = {WPB_OUTCOME_COVERED, 0.5};
    struct wpb_forecast_score nothing = {WPB_OUTCOME_PENDING, 0};
    struct wpb_forecast_score gone = {WPB_OUTCOME_VOID, 0};
    int64_t id, other;

    (void)state;
    look_begin(&look);
    id = look_series(&look, SITE, "a");
    other = look_series(&look, SITE, "b");
    make_claim(&look, id, LOOK_BEGIN_MS);
    make_claim(&look, other, LOOK_BEGIN_MS);
    assert_int_equal(pending_at(&look, 0, LOOK_BEGIN_MS, pending), 2);
    assert_int_equal(pending_at(&look, id, LOOK_BEGIN_MS, pending), 1);
    assert_int_equal(pending[0].id, id);
    assert_same_claim(&pending[0].claim, &expected);
    assert_true(pending[0].is_pending[WPB_CLAIM_VALUE]);
    assert_true(pending[0].is_pending[WPB_CLAIM_ETA]);
    assert_int_equal(
        wpb_store_score(look.store, id, LOOK_BEGIN_MS, WPB_CLAIM_ETA, nothing, NULL), 0);
    assert_int_equal(
        wpb_store_score(look.store, id, LOOK_BEGIN_MS, WPB_CLAIM_ETA, gone, NULL), 0);
    assert_int_equal(pending_at(&look, id, LOOK_BEGIN_MS + DAY - 1, pending), 0);
    assert_int_equal(pending_at(&look, id, LOOK_BEGIN_MS + DAY, pending), 1);
    assert_false(pending[0].is_pending[WPB_CLAIM_ETA]);
    assert_int_equal(
        wpb_store_score(look.store, id, LOOK_BEGIN_MS, WPB_CLAIM_VALUE, covered, NULL),
        0);
    assert_int_equal(pending_at(&look, id, LOOK_BEGIN_MS + DAY, pending), 0);
    assert_int_equal(pending_at(&look, 0, LOOK_BEGIN_MS + DAY, pending), 1);
    look_end(&look);
}

static void a_claim_without_a_time_has_only_a_value_to_score(void **state)
{
    struct look look = {0};
    struct wpb_store_pending pending[8];
    struct wpb_forecast_claim claim = claim_at(LOOK_BEGIN_MS);
    int64_t id;

    (void)state;
    look_begin(&look);
    id = look_series(&look, SITE, "a");
    claim.has_eta = false;
    assert_int_equal(wpb_store_claim(look.store, id, &claim, 0, NULL, NULL), 0);
    assert_int_equal(pending_at(&look, id, LOOK_BEGIN_MS, pending), 0);
    assert_int_equal(pending_at(&look, id, LOOK_BEGIN_MS + DAY, pending), 1);
    assert_false(pending[0].claim.has_eta);
    assert_false(pending[0].is_pending[WPB_CLAIM_ETA]);
    look_end(&look);
}

static void the_last_scores_of_a_kind_come_in_order(void **state)
{
    struct look look = {0};
    struct wpb_forecast_scores scores, expected = {0};
    int64_t id;

    (void)state;
    look_begin(&look);
    id = look_series(&look, SITE, "a");
    for (int day = 0; day < 100; day++) {
        struct wpb_forecast_score score = {day % 5 == 0   ? WPB_OUTCOME_MISSED
                                           : day % 7 == 0 ? WPB_OUTCOME_VOID
                                                          : WPB_OUTCOME_COVERED,
                                           day};

        make_claim(&look, id, LOOK_BEGIN_MS + day * DAY);
        assert_int_equal(wpb_store_score(look.store, id, LOOK_BEGIN_MS + day * DAY,
                                         WPB_CLAIM_VALUE, score, NULL),
                         0);
        wpb_forecast_scores_note(&expected, score);
    }
    assert_int_equal(wpb_store_scores(look.store, id, WPB_CLAIM_VALUE, &scores, NULL), 0);
    assert_int_equal(scores.count, WPB_FORECAST_SCORES_MAX);
    assert_int_equal(wpb_forecast_scores_covered(&scores),
                     wpb_forecast_scores_covered(&expected));
    assert_float_equal(wpb_forecast_scores_widen(&scores),
                       wpb_forecast_scores_widen(&expected), 0);
    /* The ring begins at its oldest. */
    for (size_t i = 0; i < scores.count; i++)
        assert_float_equal(scores.error_ratios[i],
                           expected.error_ratios[(expected.next + i) % expected.count],
                           0);
    assert_int_equal(wpb_store_scores(look.store, id, WPB_CLAIM_ETA, &scores, NULL), 0);
    assert_int_equal(scores.count, 0);
    look_end(&look);
}

static void claims_are_bounded_and_shrink_when_scored(void **state)
{
    struct look look = {0};
    struct wpb_forecast_score covered = {WPB_OUTCOME_COVERED, 0.5};
    int64_t id;

    (void)state;
    look_begin(&look);
    id = look_series(&look, SITE, "a");
    for (int day = 0; day < 400; day++) {
        make_claim(&look, id, LOOK_BEGIN_MS + day * DAY);
        for (int kind = 0; kind < WPB_CLAIM_KINDS; kind++)
            wpb_store_score(look.store, id, LOOK_BEGIN_MS + day * DAY,
                            (enum wpb_store_claim_kind)kind, covered, NULL);
    }
    assert_int_equal(look_ask(&look, "SELECT count(*) FROM claim"), WPB_STORE_CLAIMS_MAX);
    assert_int_equal(
        look_ask(&look, "SELECT count(*) FROM claim WHERE check_low IS NOT NULL"), 0);
    look_end(&look);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_epoch_is_remembered_once),
        cmocka_unit_test(an_epoch_seen_again_among_days_is_the_same),
        cmocka_unit_test(epochs_are_kept_longer_than_values_and_are_bounded),
        cmocka_unit_test(one_claim_a_day_is_kept),
        cmocka_unit_test(a_claim_waits_until_all_of_it_is_scored),
        cmocka_unit_test(a_claim_without_a_time_has_only_a_value_to_score),
        cmocka_unit_test(the_last_scores_of_a_kind_come_in_order),
        cmocka_unit_test(claims_are_bounded_and_shrink_when_scored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
