/* The thread for calls that block: order, whose thread does what, and its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "agent/schedule/worker.h"

#define JOBS 5

struct watched {
    struct wpb_job job; /* first */
    struct wpb_worker *worker;
    uv_thread_t worked_on, done_on;
    int number, times, again;
    int *order, *count;
};

static void work(struct wpb_job *job, struct wpb_kept *kept)
{
    struct watched *watched = (struct watched *)job;

    (void)kept;
    watched->worked_on = uv_thread_self();
    watched->times++;
    watched->order[(*watched->count)++] = watched->number;
}

static void done(struct wpb_job *job)
{
    struct watched *watched = (struct watched *)job;

    watched->done_on = uv_thread_self();
    if (watched->again-- > 0)
        wpb_worker_submit(watched->worker, job);
}

struct bench {
    uv_loop_t loop;
    struct wpb_worker *worker;
};

static void begin(struct bench *bench)
{
    assert_int_equal(uv_loop_init(&bench->loop), 0);
    bench->worker = wpb_worker_new(&bench->loop);
    assert_non_null(bench->worker);
}

static void end(struct bench *bench)
{
    wpb_worker_close(bench->worker);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&bench->loop), 0);
}

static void jobs_are_done_in_order_on_one_other_thread(void **state)
{
    struct watched jobs[JOBS] = {0};
    int order[JOBS], count = 0;
    struct bench bench;
    uv_thread_t self = uv_thread_self();

    (void)state;
    begin(&bench);
    for (int i = 0; i < JOBS; i++) {
        jobs[i] = (struct watched){.job = {.work = work, .done = done},
                                   .number = i,
                                   .order = order,
                                   .count = &count};
        wpb_worker_submit(bench.worker, &jobs[i].job);
    }
    uv_run(&bench.loop, UV_RUN_DEFAULT);
    assert_int_equal(count, JOBS);
    for (int i = 0; i < JOBS; i++) {
        assert_int_equal(order[i], i);
        assert_true(uv_thread_equal(&jobs[i].done_on, &self));
        assert_false(uv_thread_equal(&jobs[i].worked_on, &self));
        assert_true(uv_thread_equal(&jobs[i].worked_on, &jobs[0].worked_on));
    }
    end(&bench);
}

static void a_job_may_be_submitted_again_when_it_is_done(void **state)
{
    int order[4], count = 0;
    struct bench bench;
    struct watched job = {
        .job = {.work = work, .done = done}, .again = 3, .order = order, .count = &count};

    (void)state;
    begin(&bench);
    job.worker = bench.worker;
    wpb_worker_submit(bench.worker, &job.job);
    uv_run(&bench.loop, UV_RUN_DEFAULT);
    assert_int_equal(job.times, 4);
    end(&bench);
}

static void a_worker_without_a_job_does_not_keep_the_loop(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench);
    assert_int_equal(uv_run(&bench.loop, UV_RUN_DEFAULT), 0);
    end(&bench);
}

struct keeper {
    struct wpb_job job;
    void *seen;
    bool *is_freed;
};

static void free_kept(void *kept)
{
    *(bool *)kept = true;
}

static void keep(struct wpb_job *job, struct wpb_kept *kept)
{
    struct keeper *keeper = (struct keeper *)job;

    keeper->seen = kept->state;
    kept->state = keeper->is_freed;
    kept->free = free_kept;
}

static void done_keeping(struct wpb_job *job)
{
    (void)job;
}

static void what_a_job_keeps_the_next_finds_and_the_end_frees(void **state)
{
    bool is_freed = false;
    struct keeper first = {{keep, done_keeping, NULL}, &first, &is_freed};
    struct keeper second = {{keep, done_keeping, NULL}, NULL, &is_freed};
    struct bench bench;

    (void)state;
    begin(&bench);
    wpb_worker_submit(bench.worker, &first.job);
    wpb_worker_submit(bench.worker, &second.job);
    uv_run(&bench.loop, UV_RUN_DEFAULT);
    assert_null(first.seen);
    assert_ptr_equal(second.seen, &is_freed);
    assert_false(is_freed);
    end(&bench);
    assert_true(is_freed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_are_done_in_order_on_one_other_thread),
        cmocka_unit_test(a_job_may_be_submitted_again_when_it_is_done),
        cmocka_unit_test(a_worker_without_a_job_does_not_keep_the_loop),
        cmocka_unit_test(what_a_job_keeps_the_next_finds_and_the_end_frees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
