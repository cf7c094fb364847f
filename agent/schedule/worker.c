#include "agent/schedule/worker.h"

#include <assert.h>
#include <stdlib.h>

struct queue {
    struct wpb_job *first, **end;
};

struct wpb_worker {
    uv_async_t wake; /* of the loop */
    uv_thread_t thread;
    bool has_thread;
    size_t pending; /* submitted, not yet done; the loop's thread only */

    uv_mutex_t mutex; /* guards what follows */
    uv_cond_t has_work;
    struct queue submitted, finished;
    bool is_closing;
};

static void queue_init(struct queue *queue)
{
    queue->first = NULL;
    queue->end = &queue->first;
}

static void queue_add(struct queue *queue, struct wpb_job *job)
{
    job->next = NULL;
    *queue->end = job;
    queue->end = &job->next;
}

static struct wpb_job *queue_take(struct queue *queue)
{
    struct wpb_job *job = queue->first;

    if (job) {
        queue->first = job->next;
        if (!queue->first)
            queue->end = &queue->first;
    }
    return job;
}

/* The next job, after waiting for one; NULL when the thread is to end. */
static struct wpb_job *next_job(struct wpb_worker *worker)
{
    struct wpb_job *job;

    uv_mutex_lock(&worker->mutex);
    while (!(job = queue_take(&worker->submitted)) && !worker->is_closing)
        uv_cond_wait(&worker->has_work, &worker->mutex);
    uv_mutex_unlock(&worker->mutex);
    return job;
}

static void finish_job(struct wpb_worker *worker, struct wpb_job *job)
{
    uv_mutex_lock(&worker->mutex);
    queue_add(&worker->finished, job);
    uv_mutex_unlock(&worker->mutex);
    uv_async_send(&worker->wake);
}

static void run(void *data)
{
    struct wpb_worker *worker = data;
    struct wpb_kept kept = {NULL, NULL};
    struct wpb_job *job;

    while ((job = next_job(worker))) {
        job->work(job, &kept);
        finish_job(worker, job);
    }
    if (kept.free)
        kept.free(kept.state);
}

static void on_wake(uv_async_t *wake)
{
    struct wpb_worker *worker = wake->data;
    struct queue finished;
    struct wpb_job *job;

    uv_mutex_lock(&worker->mutex);
    finished = worker->finished;
    if (!finished.first)
        finished.end = &finished.first;
    queue_init(&worker->finished);
    uv_mutex_unlock(&worker->mutex);
    while ((job = queue_take(&finished))) {
        if (--worker->pending == 0)
            uv_unref((uv_handle_t *)wake);
        job->done(job); /* may submit it again */
    }
}

struct wpb_worker *wpb_worker_new(uv_loop_t *loop)
{
    struct wpb_worker *worker = calloc(1, sizeof(*worker));

    if (!worker)
        return NULL;
    if (uv_mutex_init(&worker->mutex))
        goto free_worker;
    if (uv_cond_init(&worker->has_work))
        goto destroy_mutex;
    if (uv_async_init(loop, &worker->wake, on_wake))
        goto destroy_cond;
    worker->wake.data = worker;
    uv_unref((uv_handle_t *)&worker->wake);
    queue_init(&worker->submitted);
    queue_init(&worker->finished);
    return worker;

destroy_cond:
    uv_cond_destroy(&worker->has_work);
destroy_mutex:
    uv_mutex_destroy(&worker->mutex);
free_worker:
    free(worker);
    return NULL;
}

void wpb_worker_submit(struct wpb_worker *worker, struct wpb_job *job)
{
    if (!worker->has_thread && uv_thread_create(&worker->thread, run, worker) == 0)
        worker->has_thread = true;
    if (worker->pending++ == 0)
        uv_ref((uv_handle_t *)&worker->wake);
    if (!worker->has_thread) {
        finish_job(worker, job);
        return;
    }
    uv_mutex_lock(&worker->mutex);
    queue_add(&worker->submitted, job);
    uv_cond_signal(&worker->has_work);
    uv_mutex_unlock(&worker->mutex);
}

static void on_closed(uv_handle_t *handle)
{
    struct wpb_worker *worker = handle->data;

    uv_cond_destroy(&worker->has_work);
    uv_mutex_destroy(&worker->mutex);
    free(worker);
}

void wpb_worker_close(struct wpb_worker *worker)
{
    assert(worker->pending == 0);
    uv_mutex_lock(&worker->mutex);
    worker->is_closing = true;
    uv_cond_signal(&worker->has_work);
    uv_mutex_unlock(&worker->mutex);
    if (worker->has_thread)
        uv_thread_join(&worker->thread);
    uv_close((uv_handle_t *)&worker->wake, on_closed);
}
