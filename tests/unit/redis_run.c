#include "redis_run.h"

#include <stdarg.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include <cmocka.h>

struct wpb_run {
    uv_loop_t loop;
    uv_timer_t step_timer, cancel_timer;
    const struct test_plan *plan;
    struct test_run *result;
    void *state;
    bool is_over, has_called;
};

static void on_step(uv_timer_t *timer)
{
    struct wpb_run *run = timer->data;
    if (!run->is_over)
        run->plan->probe->step(run->state);
}

static void on_cancel(uv_timer_t *timer)
{
    struct wpb_run *run = timer->data;
    if (!run->is_over)
        run->plan->probe->cancel(run->state);
}

static void check_closed(uv_handle_t *handle, void *cookie)
{
    struct wpb_run *run = cookie;
    bool is_ours = handle == (uv_handle_t *)&run->step_timer ||
                   handle == (uv_handle_t *)&run->cancel_timer;
    /* The contract: a probe's handles are closed before it says that it is over. */
    if (!is_ours)
        fail_msg("a handle of type %d is left", handle->type);
}

void test_run_go(struct test_run *result, const struct test_plan *plan)
{
    struct wpb_run run = {.plan = plan, .result = result};
    struct wpb_err err = {0};

    memset(result, 0, sizeof *result);
    signal(SIGPIPE, SIG_IGN); /* as the program does: conn.h asks for it */
    uv_loop_init(&run.loop);
    uv_timer_init(&run.loop, &run.step_timer);
    uv_timer_init(&run.loop, &run.cancel_timer);
    run.step_timer.data = run.cancel_timer.data = &run;
    run.state = plan->probe->start(&run, &err);
    if (!run.state) {
        result->status = WPB_COVERAGE_UNAVAILABLE;
        snprintf(result->reason, sizeof result->reason, "%s", err.message);
        run.is_over = true;
    }
    if (plan->cancel_after_ms)
        uv_timer_start(&run.cancel_timer, on_cancel, plan->cancel_after_ms, 0);
    while (!run.is_over)
        uv_run(&run.loop, UV_RUN_ONCE);
    uv_walk(&run.loop, check_closed, &run);
    plan->probe->free(run.state);
    uv_close((uv_handle_t *)&run.step_timer, NULL);
    uv_close((uv_handle_t *)&run.cancel_timer, NULL);
    uv_run(&run.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&run.loop), 0);
}

void test_run_free(struct test_run *result)
{
    for (size_t i = 0; i < result->count; i++) {
        free(result->samples[i].scope);
        free(result->samples[i].name);
        free(result->samples[i].parent);
        if (result->samples[i].value.type == WPB_VALUE_TEXT)
            free((char *)(uintptr_t)result->samples[i].value.text.data);
    }
    free(result->samples);
    memset(result, 0, sizeof *result);
}

/* ---- what probes call ---- */

struct uv_loop_s *wpb_run_loop(const struct wpb_run *run)
{
    return (struct uv_loop_s *)(uintptr_t)&run->loop;
}

enum wpb_budget wpb_run_budget(const struct wpb_run *run)
{
    return run->plan->budget;
}

const struct wpb_site *const *wpb_run_sites(const struct wpb_run *run, size_t *count)
{
    *count = run->plan->site_count;
    return run->plan->sites;
}

const struct wpb_request *wpb_run_requests(const struct wpb_run *run, size_t *count)
{
    *count = run->plan->request_count;
    return run->plan->requests;
}

size_t wpb_run_top(const struct wpb_run *run)
{
    return run->plan->top ? run->plan->top : 10;
}

int64_t wpb_run_now_ms(const struct wpb_run *run)
{
    (void)run;
    return 1790000000000;
}

static char *copied(struct wpb_slice slice)
{
    char *bytes = malloc(slice.len + 1);
    assert_non_null(bytes);
    if (slice.len)
        memcpy(bytes, slice.data, slice.len);
    bytes[slice.len] = '\0';
    return bytes;
}

void wpb_run_post(struct wpb_run *run, const struct wpb_site *site,
                  const struct wpb_subject *subject, enum wpb_metric metric,
                  struct wpb_value value, enum wpb_provenance provenance)
{
    struct test_run *result = run->result;
    if (result->count == result->capacity) {
        result->capacity = result->capacity ? result->capacity * 2 : 64;
        result->samples =
            realloc(result->samples, result->capacity * sizeof *result->samples);
        assert_non_null(result->samples);
    }
    if (value.type == WPB_VALUE_TEXT)
        value.text = wpb_slice_of(copied(value.text), value.text.len);
    result->samples[result->count++] = (struct test_sample){
        .site = site,
        .kind = subject->kind,
        .scope = copied(subject->scope),
        .name = copied(subject->name),
        .parent = subject->parent ? copied(subject->parent->name) : NULL,
        .name_len = subject->name.len,
        .metric = metric,
        .value = value,
        .provenance = provenance,
    };
}

void wpb_run_progress(struct wpb_run *run, uint64_t done, uint64_t total,
                      const char *pace)
{
    (void)pace;
    run->result->done = done;
    run->result->total = total;
    if (run->plan->when_done && done >= run->plan->when_done && !run->has_called) {
        run->has_called = true;
        run->plan->then(run->plan->cookie);
    }
}

struct wpb_cost *wpb_run_cost(struct wpb_run *run)
{
    return &run->result->cost;
}

void wpb_run_step_in(struct wpb_run *run, uint32_t delay_ms)
{
    uv_timer_start(&run->step_timer, on_step, delay_ms, 0);
}

void wpb_run_advise(struct wpb_run *run, const char *lines)
{
    snprintf(run->result->lines, sizeof run->result->lines, "%s", lines);
}

void wpb_run_end(struct wpb_run *run, enum wpb_coverage_status status,
                 const char *reason_format, ...)
{
    va_list args;

    assert_false(run->is_over);
    run->is_over = true;
    run->result->status = status;
    va_start(args, reason_format);
    vsnprintf(run->result->reason, sizeof run->result->reason, reason_format, args);
    va_end(args);
}

/* ---- looking it up ---- */

const struct test_sample *test_run_find_site(const struct test_run *run,
                                             const struct wpb_site *site,
                                             enum wpb_subject_kind kind, const char *name,
                                             enum wpb_metric metric)
{
    for (size_t i = run->count; i-- > 0;) {
        const struct test_sample *sample = &run->samples[i];
        if (sample->kind == kind && sample->metric == metric &&
            (!site || !sample->site || sample->site == site) &&
            strcmp(sample->name, name) == 0)
            return sample;
    }
    return NULL;
}

const struct test_sample *test_run_find(const struct test_run *run,
                                        enum wpb_subject_kind kind, const char *name,
                                        enum wpb_metric metric)
{
    return test_run_find_site(run, NULL, kind, name, metric);
}

int64_t test_run_integer(const struct test_run *run, enum wpb_subject_kind kind,
                         const char *name, enum wpb_metric metric)
{
    const struct test_sample *sample = test_run_find(run, kind, name, metric);
    if (!sample)
        fail_msg("nothing was posted about \"%s\", metric %d; run: %s", name, metric,
                 run->reason);
    assert_int_equal(sample->value.type, WPB_VALUE_INTEGER);
    return sample->value.integer;
}

const char *test_run_text(const struct test_run *run, enum wpb_subject_kind kind,
                          const char *name, enum wpb_metric metric)
{
    const struct test_sample *sample = test_run_find(run, kind, name, metric);
    if (!sample)
        fail_msg("nothing was posted about \"%s\", metric %d; run: %s", name, metric,
                 run->reason);
    assert_int_equal(sample->value.type, WPB_VALUE_TEXT);
    return sample->value.text.data;
}
