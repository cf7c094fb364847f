#include "agent/daemon/past.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/schedule/worker.h"

/* Of a disk that has just failed; one that has failed for longer is tried once. */
#define MEND_TRIES 20

/* What the thread keeps. */
struct kept_store {
    struct wpb_store *store;
};

struct wpb_past {
    struct wpb_worker *worker;
    char *folder;
    struct wpb_store_options options;
    struct wpb_past_numbers numbers;
    size_t pending;

    struct wpb_past_job opening;
    int open_result;
    struct wpb_err open_err;
    struct wpb_past_events events;

    struct wpb_past_job upkeep;
    bool is_upkeep_pending;
    int64_t upkeep_now_ms;
    /* What the opening, then each upkeep has seen: a message from the history's thread,
     * which writes it in their `work` only, to be read in their `done`. */
    struct wpb_past_numbers found;

    /* The history's thread's own, which the loop never reads. */
    struct {
        bool is_degraded; /* as the last mending left it */
        bool has_found;   /* something, of which the job in hand has to tell */
        uint64_t failures;
    } there;

    bool is_closing;
    void (*closed)(void *cookie);
    void *closed_cookie;
};

static void close_store(void *state)
{
    struct kept_store *kept = state;

    wpb_store_close(kept->store);
    free(kept);
}

static void work(struct wpb_job *job, struct wpb_kept *kept)
{
    struct wpb_past_job *own = (struct wpb_past_job *)job;
    struct kept_store *store = kept->state;

    if (!store || !store->store)
        return;
    own->was_done = true;
    own->work(own, store->store);
    own->has_found = own->past->there.has_found;
    own->past->there.has_found = false;
}

static void note_numbers(struct wpb_past *past)
{
    past->numbers.size_bytes = past->found.size_bytes;
    past->numbers.failures = past->found.failures;
    past->numbers.is_degraded = past->found.is_degraded;
    memcpy(past->numbers.reason, past->found.reason, sizeof(past->numbers.reason));
}

static void finish_closing(struct wpb_past *past)
{
    wpb_worker_close(past->worker);
    past->closed(past->closed_cookie);
    free(past->folder);
    free(past);
}

static void done(struct wpb_job *job)
{
    struct wpb_past_job *own = (struct wpb_past_job *)job;
    struct wpb_past *past = own->past;
    bool has_found = own->has_found;

    past->pending--;
    own->done(own); /* may free it */
    if (!past->is_closing && has_found)
        past->events.found_again(past->events.cookie);
    if (past->is_closing && past->pending == 0)
        finish_closing(past);
}

void wpb_past_submit(struct wpb_past *past, struct wpb_past_job *job)
{
    job->job.work = work;
    job->job.done = done;
    job->past = past;
    job->was_done = job->has_found = false;
    past->pending++;
    wpb_worker_submit(past->worker, &job->job);
}

bool wpb_past_submit_sample(struct wpb_past *past, struct wpb_past_job *job)
{
    if (past->pending >= WPB_PAST_QUEUE_MAX) {
        past->numbers.dropped++;
        return false;
    }
    wpb_past_submit(past, job);
    return true;
}

/* ---- opening */

static void log_notices(struct wpb_store *store)
{
    char notice[WPB_STORE_NOTICE_MAX];

    while (wpb_store_notice(store, notice))
        wpb_log(WPB_LOG_WARNING, "history: %s", notice);
}

static void look_at_store(struct wpb_past *past, const struct wpb_store *store)
{
    struct wpb_past_numbers *found = &past->found;
    const char *reason = wpb_store_degraded(store);

    found->failures = past->there.failures;
    found->size_bytes = wpb_store_size_bytes(store);
    found->is_degraded = reason != NULL;
    snprintf(found->reason, sizeof(found->reason), "%s", reason ? reason : "");
}

/* A disk that fails for a moment is well at the next try; one that is full is not, and is
 * tried again each minute. */
void wpb_past_mend(struct wpb_past *past, struct wpb_store *store)
{
    int most = past->there.is_degraded ? 1 : MEND_TRIES;

    for (int tries = 0; tries < most && wpb_store_degraded(store); tries++) {
        bool has_found = false;
        wpb_store_retry(store, wpb_clock_now_ms(), &has_found, NULL);
        past->there.has_found |= has_found;
    }
    past->there.is_degraded = wpb_store_degraded(store) != NULL;
    past->there.failures += past->there.is_degraded;
}

static void open_store(struct wpb_job *job, struct wpb_kept *kept)
{
    struct wpb_past *past = ((struct wpb_past_job *)job)->past;
    struct kept_store *store = calloc(1, sizeof(*store));

    if (!store) {
        past->open_result =
            wpb_err_set(&past->open_err, WPB_E_MEMORY, "history", "no memory to open it");
        return;
    }
    past->open_result = wpb_store_open(&past->options, &store->store, &past->open_err);
    if (past->open_result) {
        free(store);
        return;
    }
    wpb_past_mend(past, store->store);
    /* What the first tries have found again is read after this anyway. */
    past->there.has_found = false;
    log_notices(store->store);
    look_at_store(past, store->store);
    kept->state = store;
    kept->free = close_store;
}

static void on_opened(struct wpb_past_job *job)
{
    struct wpb_past *past = job->past;

    note_numbers(past);
    past->events.opened(past->events.cookie, past->open_result, &past->open_err);
}

struct wpb_past *wpb_past_open(uv_loop_t *loop, const struct wpb_store_options *options,
                               const struct wpb_past_events *events)
{
    struct wpb_past *past = calloc(1, sizeof(*past));

    if (!past)
        return NULL;
    past->folder = strdup(options->folder);
    past->worker = past->folder ? wpb_worker_new(loop) : NULL;
    if (!past->worker) {
        free(past->folder);
        free(past);
        return NULL;
    }
    past->options = *options;
    past->options.folder = past->folder;
    past->events = *events;
    past->open_result = wpb_err_set(&past->open_err, WPB_E_MEMORY, "history",
                                    "its thread cannot be made");
    past->opening = (struct wpb_past_job){
        .job = {.work = open_store, .done = done}, .past = past, .done = on_opened};
    past->pending++;
    wpb_worker_submit(past->worker, &past->opening.job);
    return past;
}

void wpb_past_close(struct wpb_past *past, void (*closed)(void *cookie), void *cookie)
{
    past->is_closing = true;
    past->closed = closed;
    past->closed_cookie = cookie;
    if (past->pending == 0)
        finish_closing(past);
}

const struct wpb_past_numbers *wpb_past_numbers(const struct wpb_past *past)
{
    return &past->numbers;
}

/* ---- upkeep */

static void keep_up(struct wpb_past_job *job, struct wpb_store *store)
{
    struct wpb_past *past = job->past;
    struct wpb_err err = {0};
    bool has_more = true;

    wpb_past_mend(past, store);
    /* A slice takes some 10 ms; what is left is done a minute later. */
    for (int slice = 0; has_more && slice < 20; slice++) {
        if (wpb_store_upkeep(store, past->upkeep_now_ms, &has_more, &err)) {
            past->there.failures++;
            break;
        }
    }
    log_notices(store);
    look_at_store(past, store);
}

static void on_kept_up(struct wpb_past_job *job)
{
    job->past->is_upkeep_pending = false;
    note_numbers(job->past);
}

void wpb_past_upkeep(struct wpb_past *past, int64_t now_ms)
{
    if (past->is_upkeep_pending)
        return;
    past->is_upkeep_pending = true;
    past->upkeep_now_ms = now_ms;
    past->upkeep = (struct wpb_past_job){.work = keep_up, .done = on_kept_up};
    wpb_past_submit(past, &past->upkeep);
}
