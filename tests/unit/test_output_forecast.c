/* What a finding tells of its future, as a person and a program read it. */
#include "golden.h"

#include <math.h>

#include "agent/output/ndjson.h"
#include "agent/output/text.h"
#include "report_builder.h"

#define DAY_MS ((int64_t)86400000)
/* 2026-11-23T20:00:00Z */
#define NOW_MS 1795464000000

static const struct wpb_finding_forecast eta = {
    .metric = WPB_M_VALUE_BYTES,
    .answer = WPB_OUTLOOK_ETA,
    .target = 5242880,
    .level = 3971911,
    .has_slope = true,
    .per_day = 408944.3,
    .per_day_low = 396361,
    .per_day_high = 421527,
    .earliest_ms = NOW_MS + 3 * DAY_MS - 3600000,
    .median_ms = NOW_MS + 3 * DAY_MS + 9000000,
    .latest_ms = NOW_MS + 7 * DAY_MS,
    .confidence = 0.9,
    .refused = "",
    .reason = "",
    .scored = 64,
    .covered = 58,
    .flush_period = "Flushed every ~10 days, last on 2026-11-13; without it, 5.0 MiB "
                    "would be reached on day 12.",
};

static const struct wpb_finding_forecast soon = {
    .metric = WPB_M_KEYS,
    .answer = WPB_OUTLOOK_ETA,
    .target = 20000,
    .level = 18123,
    .has_slope = true,
    .per_day = 1900,
    .per_day_low = 1850.5,
    .per_day_high = 1910,
    .earliest_ms = NOW_MS + DAY_MS - 3600000,
    .median_ms = NOW_MS + DAY_MS,
    .latest_ms = NOW_MS + DAY_MS + 3600000,
    .confidence = 0.9,
    .refused = "",
    .reason = "",
    .flush_period = "",
};

static const struct wpb_finding_forecast refused = {
    .metric = WPB_M_VALUE_BYTES,
    .answer = WPB_OUTLOOK_REFUSED,
    .target = 5242880,
    .level = NAN,
    .refused = "too_few_samples",
    .reason = "there are 3 samples; a forecast needs 8.",
    .flush_period = "",
};

static const struct wpb_finding_forecast reached = {
    .metric = WPB_M_USED_MEMORY_BYTES,
    .answer = WPB_OUTLOOK_REACHED,
    .target = 268435456,
    .level = 268435456,
    .refused = "",
    .reason = "the memory is full",
    .flush_period = "",
};

static const struct wpb_finding_forecast falling = {
    .metric = WPB_M_VALUE_BYTES,
    .answer = WPB_OUTLOOK_NONE,
    .target = 5242880,
    .level = 3971911,
    .has_slope = true,
    .per_day = -1200.5,
    .per_day_low = -3000,
    .per_day_high = -200,
    .refused = "",
    .reason = "it falls",
    .flush_period = "",
};

/* Times of a clock gone wrong, and bytes that would act on a terminal. */
static const struct wpb_finding_forecast hostile = {
    .metric = WPB_M_VALUE_BYTES,
    .answer = WPB_OUTLOOK_ETA,
    .target = 1e300,
    .level = -1e300,
    .has_slope = true,
    .per_day = INFINITY,
    .per_day_low = -INFINITY,
    .per_day_high = NAN,
    .earliest_ms = INT64_MAX - 5,
    .median_ms = INT64_MAX,
    .latest_ms = INT64_MAX,
    .confidence = NAN,
    .refused = "",
    .reason = "\x1b[31m jane@example.test",
    .scored = UINT32_MAX,
    .covered = UINT32_MAX,
    .flush_period = "\x1b]0;pwned\x07 \xff jane.doe@example.test",
};

static void render(const struct wpb_finding_forecast *forecast, struct wpb_buf *text,
                   struct wpb_buf *lines)
{
    struct wpb_report report = *report_incident();
    struct wpb_finding finding = report.findings[0];
    struct wpb_text_style style = {.columns = 80};
    struct wpb_err err = {0};

    finding.forecast = forecast;
    report.findings = &finding;
    report.finding_count = 1;
    wpb_output_text(&report, &style, text);
    assert_int_equal(wpb_output_ndjson(&report, lines, &err), 0);
}

/* The part of the page between the title and the next one. */
static struct wpb_slice section(struct wpb_slice page)
{
    const char *from = strstr(page.data, "  When it fails\n");
    const char *to;

    assert_non_null(from);
    to = strstr(from, "\n\n");
    assert_non_null(to);
    return wpb_slice_of(from, (size_t)(to - from) + 1);
}

static void every_answer_reads_well(void **state)
{
    static const struct wpb_finding_forecast *const all[] = {&eta, &soon, &refused,
                                                             &reached, &falling};
    struct wpb_buf text, lines, sections;
    (void)state;

    wpb_buf_init(&lines, 0);
    wpb_buf_init(&sections, 0);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        wpb_buf_init(&text, 0);
        render(all[i], &text, &lines);
        golden_expect_clean(wpb_buf_view(&text));
        wpb_buf_slice(&sections, section(wpb_buf_view(&text)));
        wpb_buf_fini(&text);
    }
    golden_expect("forecasts.txt", wpb_buf_view(&sections));
    golden_expect("forecasts.ndjson", wpb_buf_view(&lines));
    wpb_buf_fini(&sections);
    wpb_buf_fini(&lines);
}

static void hostile_forecasts_stay_harmless(void **state)
{
    struct wpb_buf text, lines;
    (void)state;

    wpb_buf_init(&text, 0);
    wpb_buf_init(&lines, 0);
    render(&hostile, &text, &lines);
    golden_expect_clean(wpb_buf_view(&text));
    golden_expect("forecast_hostile.ndjson", wpb_buf_view(&lines));
    assert_int_equal(golden_count(wpb_buf_view(&text), "jane"), 0);
    assert_int_equal(golden_count(wpb_buf_view(&lines), "jane"), 0);
    wpb_buf_fini(&lines);
    wpb_buf_fini(&text);
}

static void without_a_forecast_nothing_is_said(void **state)
{
    struct wpb_buf text, lines;
    (void)state;

    wpb_buf_init(&text, 0);
    wpb_buf_init(&lines, 0);
    render(NULL, &text, &lines);
    assert_int_equal(golden_count(wpb_buf_view(&text), "When it fails"), 0);
    assert_int_equal(golden_count(wpb_buf_view(&lines), "\"forecast\":null"), 1);
    wpb_buf_fini(&lines);
    wpb_buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_reads_well),
        cmocka_unit_test(hostile_forecasts_stay_harmless),
        cmocka_unit_test(without_a_forecast_nothing_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
