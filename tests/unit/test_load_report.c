/* What a run looks like, to a person and to a program. */
#include "golden.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/load/report.h"

#define AT_MS INT64_C(1795993200000)

struct stage {
    struct wpb_load_plan plan;
    struct wpb_load_result result;
    struct wpb_load_system system;
    struct wpb_load_report report;
    struct wpb_load_capacity capacity;
};

static int set_up(void **state)
{
    struct stage *stage = calloc(1, sizeof(*stage));

    stage->plan = (struct wpb_load_plan){.step_s = 10, .slo_s = 1, .target_count = 1};
    stage->plan.targets[0].url = "https://shop.example/product/blue-shirt/";
    stage->system = (struct wpb_load_system){.workers = 8, .processors = 4, .slo_s = 1};
    stage->report = (struct wpb_load_report){.plan = &stage->plan,
                                             .result = &stage->result,
                                             .capacity = &stage->capacity,
                                             .system = &stage->system,
                                             .host = "shop.example",
                                             .pool = "www (/run/php/www.sock)",
                                             .generated_at_ms = AT_MS};
    for (size_t i = 0; i < WPB_LOAD_SENSORS; i++)
        stage->report.missing[i] = "";
    *state = stage;
    return 0;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

/* A step of ten seconds at RATE, of which ANSWERED were in time, from FROM_S to TO_S
 * evenly. */
static struct wpb_load_step *add_step(struct stage *stage, double rate, uint64_t answered,
                                      double from_s, double to_s)
{
    struct wpb_load_step *step = &stage->result.steps[stage->result.step_count++];
    uint64_t offered = (uint64_t)(rate * 10);

    *step = (struct wpb_load_step){.rate = rate,
                                   .planned_s = 10,
                                   .lasted_s = 10,
                                   .offered = offered,
                                   .in_time = answered,
                                   .in_flight_half = (offered - answered) / 2,
                                   .in_flight_end = offered - answered,
                                   .body_bytes = offered * 52000};
    step->outcomes[WPB_LOAD_ANSWERED] = offered;
    for (uint64_t i = 0; i < offered; i++) {
        double seconds = from_s + (to_s - from_s) * (double)i / (double)offered;
        wpb_latency_add(&step->response, (uint64_t)(seconds * 1e6));
        wpb_latency_add(&step->service, (uint64_t)(seconds * 1e6));
        wpb_latency_add(&step->lag, 40);
    }
    step->use = (struct wpb_load_use){.workers_busy = 0.25 * (double)answered / 10,
                                      .workers_busy_most = 8,
                                      .queue = (double)(offered - answered) / 2,
                                      .queue_most = (double)(offered - answered),
                                      .cpu_ratio = 0.31,
                                      .steal_ratio = 0.001,
                                      .redis_ratio = 0.02};
    step->work = (struct wpb_load_work){.queries = 314.2,
                                        .rows = 3024,
                                        .lock_wait_s = 0.00004,
                                        .cache_commands = 29,
                                        .cache_in_bytes = 1900,
                                        .cache_out_bytes = 45500,
                                        .cpu_s = 0.052};
    return step;
}

static void expect_both(struct stage *stage, const char *text_golden,
                        const char *json_golden)
{
    struct wpb_text_style style = {.columns = 80};
    struct wpb_buf out;
    cJSON *document;

    wpb_load_capacity_of(stage->result.steps, stage->result.step_count,
                         stage->result.windows, stage->result.window_count,
                         &stage->system, &stage->capacity);
    wpb_buf_init(&out, 0);
    wpb_load_report_text(&stage->report, &style, &out);
    golden_expect_clean(wpb_buf_view(&out));
    golden_expect(text_golden, wpb_buf_view(&out));
    wpb_buf_clear(&out);
    wpb_load_report_json(&stage->report, &out);
    golden_expect_clean(wpb_buf_view(&out));
    document = cJSON_ParseWithLength(out.data, out.len);
    assert_non_null(document);
    cJSON_Delete(document);
    golden_expect(json_golden, wpb_buf_view(&out));
    wpb_buf_fini(&out);
}

static void a_pool_that_breaks_is_told_with_its_cause(void **state)
{
    struct stage *stage = *state;

    add_step(stage, 5, 50, 0.24, 0.27);
    add_step(stage, 20, 200, 0.24, 0.33);
    add_step(stage, 45, 320, 0.25, 4.1);
    for (size_t i = 0; i < 30; i++) {
        struct wpb_demand_window *window = &stage->result.windows[i];
        double requests = 5 + (double)(i % 10) * 3;
        *window = (struct wpb_demand_window){.seconds = 1, .requests = requests};
        for (size_t k = 0; k < WPB_RESOURCES; k++)
            window->busy_s[k] = NAN;
        window->busy_s[WPB_RESOURCE_WORKERS] = requests * 0.25;
        window->busy_s[WPB_RESOURCE_CPU] = requests * 0.052;
        stage->result.window_count++;
    }
    expect_both(stage, "load_knee.txt", "load_knee.json");
}

static void what_was_not_measured_is_a_dash_and_a_reason(void **state)
{
    struct stage *stage = *state;
    struct wpb_load_step *step = add_step(stage, 5, 50, 0.24, 0.27);

    step->use = (struct wpb_load_use){NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    step->work = (struct wpb_load_work){NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    stage->system.workers = 0;
    stage->report.pool = "";
    stage->report.missing[WPB_LOAD_SENSOR_POOL] =
        "2 PHP-FPM pools run on this host; name the one that serves the site: --fpm "
        "SOCKET";
    stage->report.missing[WPB_LOAD_SENSOR_MYSQL] =
        "not asked: name the site's database with --mysql or --site";
    stage->report.missing[WPB_LOAD_SENSOR_REDIS] = "cannot connect: \x1b[31m\xff refused";
    expect_both(stage, "load_blind.txt", "load_blind.json");
}

static void a_step_that_was_stopped_and_one_that_is_invalid_say_so(void **state)
{
    struct stage *stage = *state;
    struct wpb_load_step *step = add_step(stage, 5, 50, 0.24, 0.27);

    for (int i = 0; i < 5; i++)
        wpb_latency_add(&step->lag, 120000);
    step = add_step(stage, 10, 100, 0.24, 0.3);
    step->stop = WPB_LOAD_STOP_SERVER_ERRORS;
    step->lasted_s = 0.7;
    step->outcomes[WPB_LOAD_ANSWERED] = 3;
    step->outcomes[WPB_LOAD_SERVER_ERROR] = 4;
    step->outcomes[WPB_LOAD_CUT_OFF] = 1;
    step->offered = 8;
    step->in_time = 3;
    stage->result.is_interrupted = true;
    stage->plan.targets[0].url = "https://shop.example/?q=%1B%5B31m";
    expect_both(stage, "load_stopped.txt", "load_stopped.json");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_pool_that_breaks_is_told_with_its_cause),
        TEST(what_was_not_measured_is_a_dash_and_a_reason),
        TEST(a_step_that_was_stopped_and_one_that_is_invalid_say_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
