#include "agent/schedule/run.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "agent/base/clock.h"

static void on_timer_closed(uv_handle_t *handle)
{
    struct wpb_run *run = handle->data;

    if (--run->open_timers > 0)
        return;
    if (run->state && run->probe->free)
        run->probe->free(run->state);
    run->state = NULL;
    run->ended(run);
}

static void on_step(uv_timer_t *timer)
{
    struct wpb_run *run = timer->data;

    if (!run->is_over)
        run->probe->step(run->state);
}

void wpb_run_cancel(struct wpb_run *run)
{
    if (run->is_over || run->is_cancelled)
        return;
    run->is_cancelled = true;
    run->probe->cancel(run->state);
}

static void on_deadline(uv_timer_t *timer)
{
    wpb_run_cancel(timer->data);
}

static void set_coverage(struct wpb_run *run, enum wpb_coverage_status status,
                         const char *reason)
{
    run->coverage.status = status;
    run->coverage.reason = wpb_arena_cstr(run->arena, wpb_slice_cstr(reason));
    run->coverage.cost.elapsed_ms = wpb_clock_monotonic_ms() - run->started_ms;
}

static void finish(struct wpb_run *run)
{
    run->is_over = true;
    uv_timer_stop(&run->step_timer);
    uv_timer_stop(&run->deadline_timer);
    uv_close((uv_handle_t *)&run->step_timer, on_timer_closed);
    uv_close((uv_handle_t *)&run->deadline_timer, on_timer_closed);
}

void wpb_run_start(struct wpb_run *run)
{
    struct wpb_err err = {0};

    run->coverage.probe = run->probe->name;
    run->coverage.unit = run->probe->unit;
    run->coverage.site = run->target->site_names;
    run->started_ms = wpb_clock_monotonic_ms();
    uv_timer_init(run->loop, &run->step_timer);
    uv_timer_init(run->loop, &run->deadline_timer);
    run->step_timer.data = run;
    run->deadline_timer.data = run;
    run->open_timers = 2;
    run->state = run->probe->start(run, &err);
    if (!run->state) {
        set_coverage(run, WPB_COVERAGE_UNAVAILABLE, err.message);
        finish(run);
        return;
    }
    uv_timer_start(&run->deadline_timer, on_deadline, run->probe->deadline_ms, 0);
}

uv_loop_t *wpb_run_loop(const struct wpb_run *run)
{
    return run->loop;
}

enum wpb_budget wpb_run_budget(const struct wpb_run *run)
{
    return run->budget;
}

const struct wpb_site *const *wpb_run_sites(const struct wpb_run *run, size_t *count)
{
    *count = run->target->count;
    return run->target->sites;
}

const struct wpb_request *wpb_run_requests(const struct wpb_run *run, size_t *count)
{
    *count = run->request_count;
    return run->requests;
}

size_t wpb_run_top(const struct wpb_run *run)
{
    return run->top;
}

uint64_t wpb_run_deep_from(const struct wpb_run *run)
{
    return run->deep_from;
}

int64_t wpb_run_now_ms(const struct wpb_run *run)
{
    (void)run;
    return wpb_clock_now_ms();
}

static void post(struct wpb_run *run, const struct wpb_site *site,
                 const struct wpb_sample *sample)
{
    for (size_t i = 0; i < run->target->count; i++) {
        if (!site || run->target->sites[i] == site)
            wpb_window_post(run->windows[run->target->members[i]], sample);
    }
}

void wpb_run_post(struct wpb_run *run, const struct wpb_site *site,
                  const struct wpb_subject *subject, enum wpb_metric metric,
                  struct wpb_value value, enum wpb_provenance provenance)
{
    struct wpb_sample sample = {.subject = subject,
                                .metric = metric,
                                .value = value,
                                .time_ms = wpb_clock_now_ms(),
                                .provenance = provenance,
                                .probe = run->probe->name};

    post(run, site, &sample);
}

void wpb_run_post_sampled(struct wpb_run *run, const struct wpb_site *site,
                          const struct wpb_subject *subject, enum wpb_metric metric,
                          struct wpb_value value, uint64_t sampled)
{
    struct wpb_sample sample = {.subject = subject,
                                .metric = metric,
                                .value = value,
                                .time_ms = wpb_clock_now_ms(),
                                .provenance = WPB_SAMPLED,
                                .sampled = sampled,
                                .probe = run->probe->name};

    post(run, site, &sample);
}

void wpb_run_post_work(struct wpb_run *run, const struct wpb_site *site,
                       const struct wpb_subject *pool, const struct wpb_work_row *row)
{
    for (size_t i = 0; i < run->target->count; i++) {
        if (!site || run->target->sites[i] == site)
            wpb_window_post_work(run->windows[run->target->members[i]], pool, row);
    }
}

void *wpb_run_kept(const struct wpb_run *run)
{
    return wpb_keepsakes_find(run->keepsakes, run->probe, run->target);
}

bool wpb_run_keep(struct wpb_run *run, void *state, void (*destroy)(void *state))
{
    return wpb_keepsakes_put(run->keepsakes, run->probe, run->target, state, destroy);
}

void wpb_run_progress(struct wpb_run *run, uint64_t done, uint64_t total,
                      const char *pace)
{
    run->coverage.done = done;
    run->coverage.total = total;
    run->pace = pace;
}

struct wpb_cost *wpb_run_cost(struct wpb_run *run)
{
    return &run->coverage.cost;
}

void wpb_run_step_in(struct wpb_run *run, uint32_t delay_ms)
{
    if (!run->is_over)
        uv_timer_start(&run->step_timer, on_step, delay_ms, 0);
}

void wpb_run_submit(struct wpb_run *run, struct wpb_job *job)
{
    assert(!run->is_over);
    wpb_worker_submit(run->worker, job);
}

void wpb_run_advise(struct wpb_run *run, const char *lines)
{
    run->coverage.lines = wpb_arena_cstr(run->arena, wpb_slice_cstr(lines));
}

void wpb_run_end(struct wpb_run *run, enum wpb_coverage_status status,
                 const char *reason_format, ...)
{
    char reason[1024];
    va_list args;

    assert(!run->is_over);
    va_start(args, reason_format);
    vsnprintf(reason, sizeof(reason), reason_format, args);
    va_end(args);
    set_coverage(run, status, reason);
    finish(run);
}
