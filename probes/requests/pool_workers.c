/* requests.pool: how many workers of a pool are busy and how many connections wait for
 * one, as the kernel tells, and what the pool counts, as its status page tells.
 *
 * A run reads the kernel's figures three times, 300 ms apart, each of which is a look,
 * and then asks for the status page, whose own request is taken off what it counts. The
 * kernel answers while all workers are busy; the page is then not asked for, unless it
 * has a listener of its own. Files and the kernel are read on libuv's pool. */
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "agent/base/clock.h"
#include "probes/requests/fpm_ask.h"
#include "probes/requests/fpm_status_since.h"
#include "probes/requests/pool_of.h"
#include "probes/requests/pool_watch.h"
#include "probes/requests/probes.h"

#define STAGE "requests"
#define READINGS 3
#define SOURCES 2
#define APART_MS 300

/* From run to run. */
struct kept {
    char *status; /* as the site says: with another it begins anew */
    struct wpb_pool_of *pool_of;
    struct wpb_pool_watch watch;
    struct wpb_fpm_counters before;
    bool has_before;
    uint64_t own_asks;  /* in the pool's counters since PHP-FPM was started */
    uint64_t left_asks; /* of them, those since `before` that nobody answered */
};

/* The pool's thread has `kept`, `pool`, `queue` and `err` to itself between
 * uv_queue_work() and after_reading(). */
struct state {
    struct wpb_run *run;
    struct kept *kept;
    uv_work_t work;
    const struct wpb_fpm_pool *pool;
    struct wpb_accept_queue queue; /* of the last reading */
    struct wpb_err err;            /* why the kernel does not tell, or there is no pool */
    unsigned readings;
    struct wpb_fpm_ask *ask;
    struct wpb_fpm_question question;
    struct wpb_arena *arena;
    struct wpb_buf reason;
    uint64_t told; /* sources: the kernel, the page */
    bool is_working, is_cancelled;
};

/* ---- what is kept ---- */

static void free_kept(void *cookie)
{
    struct kept *kept = cookie;

    if (!kept)
        return;
    wpb_pool_of_free(kept->pool_of);
    free(kept->status);
    free(kept);
}

static struct kept *kept_of(struct wpb_run *run)
{
    size_t count;
    const struct wpb_site *site = wpb_run_sites(run, &count)[0];
    const char *status = site->pool_status ? site->pool_status : "";
    struct kept *kept = wpb_run_kept(run);

    if (kept && strcmp(kept->status, status) == 0)
        return kept;
    kept = calloc(1, sizeof(*kept));
    if (kept) {
        kept->status = strdup(status);
        kept->pool_of = wpb_pool_of_new(site);
    }
    if (kept && kept->status && kept->pool_of && wpb_run_keep(run, kept, free_kept))
        return kept;
    free_kept(kept);
    return NULL;
}

/* ---- telling ---- */

static void post(struct state *state, enum wpb_metric metric, struct wpb_value value,
                 enum wpb_provenance provenance)
{
    struct wpb_subject subject = wpb_pool_of_subject(state->pool);

    wpb_run_post(state->run, NULL, &subject, metric, value, provenance);
}

static void post_count(struct state *state, enum wpb_metric metric, uint64_t count)
{
    post(state, metric, wpb_value_count(count), WPB_EXACT);
}

static void say(struct state *state, const char *words)
{
    wpb_buf_printf(&state->reason, "%s%s", state->reason.len ? "; " : "", words);
}

static void end(struct state *state)
{
    enum wpb_coverage_status status = WPB_COVERAGE_OK;

    if (state->is_cancelled)
        say(state, "stopped before its end");
    /* What its file says stands. */
    if (state->told == 0 && !(state->pool && state->pool->max_children))
        status = WPB_COVERAGE_UNAVAILABLE;
    else if (state->reason.len)
        status = WPB_COVERAGE_PARTIAL;
    wpb_run_progress(state->run, state->told, SOURCES, NULL);
    wpb_run_end(state->run, status, "%s", state->reason.data);
}

/* Those that run now where its file does not say how many may. */
static uint32_t max_children(const struct wpb_fpm_pool *pool)
{
    return pool->is_lower_bound ? 0 : pool->max_children;
}

static void post_pool(struct state *state)
{
    static const char *const managers[] = {[WPB_FPM_STATIC] = "static",
                                           [WPB_FPM_DYNAMIC] = "dynamic",
                                           [WPB_FPM_ONDEMAND] = "ondemand"};
    const struct wpb_fpm_pool *pool = state->pool;

    if (pool->max_children)
        post(state, WPB_M_MAX_CHILDREN, wpb_value_count(pool->max_children),
             pool->is_lower_bound ? WPB_ESTIMATED : WPB_EXACT);
    if (pool->manager != WPB_FPM_MANAGER_UNKNOWN)
        post(state, WPB_M_POOL_MANAGER,
             wpb_value_text(wpb_slice_cstr(managers[pool->manager])), WPB_EXACT);
}

static void post_queue(struct state *state)
{
    uint64_t looks, full;

    wpb_pool_watch_read(&state->kept->watch, wpb_clock_monotonic_ms(), &looks, &full);
    if (looks) {
        post_count(state, WPB_M_POOL_LOOKS, looks);
        post_count(state, WPB_M_FULL_LOOKS, full);
    }
    if (!state->queue.is_found) {
        say(state, state->err.message);
        return;
    }
    state->told++;
    post_count(state, WPB_M_ACCEPT_QUEUE, state->queue.pending);
    post_count(state, WPB_M_ACCEPT_BACKLOG, state->queue.backlog);
}

/* The kernel's figure is of the moment of the queue; the page's where there is none. Of
 * the workers that the page calls idle the one that made it is missing, unless the page
 * has a listener of its own. */
static void post_workers(struct state *state, const struct wpb_fpm_status *status,
                         bool is_own_counted)
{
    const struct wpb_fpm_pool *pool = state->pool;
    const struct wpb_accept_queue *queue = &state->queue;
    bool is_counted = queue->is_found && queue->has_in_service;

    if (is_counted)
        post_count(state, WPB_M_WORKERS_BUSY, queue->in_service);
    else if (status)
        post_count(state, WPB_M_WORKERS_BUSY, status->active);
    if (status)
        post_count(state, WPB_M_WORKERS_IDLE, status->idle + (uint64_t)is_own_counted);
    else if (is_counted && pool->manager == WPB_FPM_STATIC &&
             max_children(pool) >= queue->in_service)
        post_count(state, WPB_M_WORKERS_IDLE, max_children(pool) - queue->in_service);
}

/* ---- the status page ---- */

static void post_counters(struct state *state, const struct wpb_fpm_counters *now,
                          bool is_own_counted)
{
    struct kept *kept = state->kept;
    struct wpb_fpm_advance advance = {.since = WPB_FPM_ADVANCED};

    if (kept->has_before)
        advance = wpb_fpm_status_since(&kept->before, now,
                                       kept->left_asks + (uint64_t)is_own_counted);
    if (!kept->has_before || advance.since == WPB_FPM_RESTARTED)
        kept->own_asks = 0;
    kept->own_asks += kept->left_asks * (advance.since == WPB_FPM_ADVANCED);
    kept->own_asks += is_own_counted;
    kept->left_asks = 0;
    kept->before = *now;
    kept->has_before = true;
    if (advance.since == WPB_FPM_BROKEN) {
        say(state, wpb_fpm_since_reason(advance.since));
        return;
    }
    post_count(state, WPB_M_ACCEPTED,
               now->accepted > kept->own_asks ? now->accepted - kept->own_asks : 0);
    post_count(state, WPB_M_SLOW_REQUESTS, now->slow_requests);
    post_count(state, WPB_M_CHILDREN_REACHED, now->children_reached);
}

static void on_reply(void *cookie, const struct wpb_fpm_reply *reply)
{
    struct state *state = cookie;
    bool is_answered = reply->outcome == WPB_FPM_ANSWERED;

    state->ask = NULL;
    state->kept->left_asks += reply->is_left_behind;
    post_workers(state, is_answered ? &reply->status : NULL, !reply->is_by_status_listen);
    if (is_answered) {
        state->told++;
        post_counters(state, &reply->status.counters, !reply->is_by_status_listen);
    } else if (reply->outcome != WPB_FPM_CANCELLED) {
        say(state, reply->err.message);
    }
    end(state);
}

static void ask_page(struct state *state)
{
    const struct wpb_fpm_pool *pool = state->pool;
    struct wpb_err err;

    state->question =
        (struct wpb_fpm_question){.pool = pool->name,
                                  .listen = &pool->listen,
                                  .status_listen = &pool->status_listen,
                                  .status_path = pool->status_path,
                                  .queue = state->queue.is_found ? &state->queue : NULL,
                                  .workers = max_children(pool)};
    state->arena = wpb_arena_new();
    if (state->arena)
        state->ask = wpb_fpm_ask(wpb_run_loop(state->run), &state->question, state->arena,
                                 wpb_run_cost(state->run), on_reply, state, &err);
    else
        wpb_err_set(&err, WPB_E_MEMORY, STAGE, "out of memory");
    if (state->ask)
        return;
    post_workers(state, NULL, false);
    say(state, err.message);
    end(state);
}

/* ---- the kernel ---- */

static void read_queue(struct state *state)
{
    struct wpb_accept_look look = {.address = &state->pool->listen};

    state->queue = (struct wpb_accept_queue){.reason = ""};
    if (state->pool->listen.kind == WPB_LISTEN_NONE) {
        wpb_err_set(&state->err, WPB_E_NOT_FOUND, STAGE, "%s",
                    state->pool->listen_problem);
        return;
    }
    if (wpb_accept_queues_read(&look, 1, &state->err))
        return;
    state->queue = look.queue;
    if (!look.queue.is_found)
        wpb_err_set(&state->err, WPB_E_NOT_FOUND, STAGE, "%s: %s",
                    state->pool->listen.text, look.queue.reason);
}

static void work(uv_work_t *request)
{
    struct state *state = request->data;

    state->pool = wpb_pool_of_look(state->kept->pool_of, wpb_clock_moment().monotonic_ms,
                                   &state->err);
    if (state->pool)
        read_queue(state);
}

static void tell(struct state *state)
{
    post_pool(state);
    post_queue(state);
    ask_page(state);
}

static void after_reading(uv_work_t *request, int status)
{
    struct state *state = request->data;

    state->is_working = false;
    if (status != 0 || !state->pool || state->is_cancelled) {
        if (status == 0 && !state->pool)
            say(state, state->err.message);
        end(state);
        return;
    }
    if (state->queue.is_found)
        wpb_pool_watch_add(
            &state->kept->watch, wpb_clock_monotonic_ms(),
            wpb_pool_watch_is_full(&state->queue, max_children(state->pool)));
    if (state->queue.is_found && ++state->readings < READINGS)
        wpb_run_step_in(state->run, APART_MS);
    else
        tell(state);
}

static int begin_reading(struct state *state)
{
    int status =
        uv_queue_work(wpb_run_loop(state->run), &state->work, work, after_reading);

    state->is_working = status == 0;
    return status;
}

/* ---- the probe ---- */

static void release(void *cookie)
{
    struct state *state = cookie;

    if (!state)
        return;
    wpb_arena_free(state->arena);
    wpb_buf_fini(&state->reason);
    free(state);
}

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    struct state *state = calloc(1, sizeof(*state));

    if (state) {
        state->run = run;
        state->work.data = state;
        state->kept = kept_of(run);
        wpb_buf_init(&state->reason, 0);
    }
    if (!state || !state->kept)
        wpb_err_set(err, WPB_E_MEMORY, STAGE, "out of memory");
    else if (begin_reading(state))
        wpb_err_set(err, WPB_E_IO, STAGE, "no thread to read on");
    else
        return state;
    release(state);
    return NULL;
}

static void step(void *cookie)
{
    struct state *state = cookie;

    if (begin_reading(state) == 0)
        return;
    say(state, "no thread to read on");
    end(state);
}

static void cancel(void *cookie)
{
    struct state *state = cookie;

    state->is_cancelled = true;
    if (state->ask)
        wpb_fpm_ask_cancel(state->ask);
    else if (state->is_working)
        uv_cancel((uv_req_t *)&state->work);
    else
        end(state);
}

const struct wpb_probe wpb_probe_requests_pool = {
    .name = "requests.pool",
    .help = "how many workers of a PHP-FPM pool are busy, and how many connections wait "
            "for one",
    .unit = "sources",
    .needs = "pool",
    .look = WPB_LOOK_SURVEY,
    .cost = WPB_COST_LIGHT,
    .deadline_ms = 10000,
    .max_items = READINGS,
    .grants = "none for the queue; for the status page pm.status_path, better with "
              "pm.status_listen, and the group of its socket",
    .start = start,
    .step = step,
    .cancel = cancel,
    .free = release,
};
