#include "probes/requests/pool_probe.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#define STAGE "requests"
/* Between two portions of a run: others have the thread meanwhile. A portion takes some
 * 100 ms of a processor, of which the agent leaves two thirds to the site. */
#define PAUSE_MS 5
#define PAUSE_LOW_MS 200

/* From run to run. */
struct kept {
    const struct wpb_pool_probe *frame;
    char *settings; /* of the site: with others it begins anew */
    struct wpb_pool_of *pool_of;
    void *own;
};

/* The pool's thread has `kept` and `look` to itself between uv_queue_work() and
 * after_portion(). */
struct state {
    struct wpb_run *run;
    struct kept *kept;
    uv_work_t work;
    struct wpb_pool_look look;
    uint64_t lines;
    bool is_working, is_cancelled;
};

void wpb_pool_look_say(struct wpb_pool_look *look, enum wpb_coverage_status status,
                       const char *reason, const char *advice)
{
    look->status = status;
    snprintf(look->reason, sizeof look->reason, "%s", reason);
    if (strlen(advice) < sizeof look->advice)
        memcpy(look->advice, advice, strlen(advice) + 1);
}

/* ---- what is kept ---- */

static void free_kept(void *state)
{
    struct kept *kept = state;

    if (!kept)
        return;
    if (kept->own)
        kept->frame->end(kept->own);
    wpb_pool_of_free(kept->pool_of);
    free(kept->settings);
    free(kept);
}

static char *settings_of(const struct wpb_site *site)
{
    const char *const texts[] = {site->pool_status, site->web_log, site->web_log_format,
                                 site->url_path};
    struct wpb_buf text;

    wpb_buf_init(&text, 0);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        wpb_buf_printf(&text, "%s\n", texts[i] ? texts[i] : "");
    for (size_t i = 0; site->routes && site->routes[i]; i++)
        wpb_buf_printf(&text, "%s\n", site->routes[i]);
    wpb_buf_printf(&text, "%u", site->request_window_s);
    char *copy = wpb_buf_failed(&text) ? NULL : strdup(text.data);
    wpb_buf_fini(&text);
    return copy;
}

static struct kept *new_kept(const struct wpb_pool_probe *frame,
                             const struct wpb_site *site)
{
    struct kept *kept = calloc(1, sizeof *kept);

    if (!kept)
        return NULL;
    kept->frame = frame;
    kept->settings = settings_of(site);
    kept->pool_of = wpb_pool_of_new(site);
    kept->own = frame->begin(site);
    if (kept->settings && kept->pool_of && kept->own)
        return kept;
    free_kept(kept);
    return NULL;
}

static bool names_pages(const struct wpb_site *site)
{
    return (site->url_path && *site->url_path) || (site->routes && site->routes[0]);
}

/* Of sites that share a pool the one that names a log of the web server, else one that
 * says how its pages are named. */
static const struct wpb_site *site_of(const struct wpb_run *run)
{
    size_t count;
    const struct wpb_site *const *sites = wpb_run_sites(run, &count);

    for (size_t i = 0; i < count; i++) {
        if (sites[i]->web_log && *sites[i]->web_log)
            return sites[i];
    }
    for (size_t i = 0; i < count; i++) {
        if (names_pages(sites[i]))
            return sites[i];
    }
    return sites[0];
}

static struct kept *kept_of(struct wpb_run *run, const struct wpb_pool_probe *frame)
{
    const struct wpb_site *site = site_of(run);
    struct kept *kept = wpb_run_kept(run);
    char *settings = settings_of(site);
    bool is_same = kept && settings && strcmp(kept->settings, settings) == 0;

    free(settings);
    if (is_same)
        return kept;
    kept = new_kept(frame, site);
    if (kept && !wpb_run_keep(run, kept, free_kept)) {
        free_kept(kept);
        return NULL;
    }
    return kept;
}

/* ---- on the pool's thread ---- */

static void work(uv_work_t *request)
{
    struct state *state = request->data;
    struct wpb_pool_look *look = &state->look;
    struct wpb_err err;

    look->pool = wpb_pool_of_look(state->kept->pool_of, look->now.monotonic_ms, &err);
    if (!look->pool) {
        wpb_pool_look_say(look, WPB_COVERAGE_UNAVAILABLE, err.message, "");
        return;
    }
    look->subject = wpb_pool_of_subject(look->pool);
    state->kept->frame->look(state->kept->own, look);
}

/* ---- on the loop's ---- */

static void after_portion(uv_work_t *request, int status);

static int begin_portion(struct state *state)
{
    int status;

    state->look = (struct wpb_pool_look){.now = wpb_clock_moment()};
    state->is_working = true;
    status = uv_queue_work(wpb_run_loop(state->run), &state->work, work, after_portion);
    state->is_working = status == 0;
    return status;
}

static void end(struct state *state)
{
    const struct wpb_pool_look *look = &state->look;

    wpb_run_advise(state->run, look->advice);
    if (state->is_cancelled && look->has_more)
        wpb_run_end(state->run, WPB_COVERAGE_PARTIAL,
                    "stopped before the end of the log; the next look goes on there");
    else
        wpb_run_end(state->run, look->status, "%s", look->reason);
}

static void after_portion(uv_work_t *request, int status)
{
    struct state *state = request->data;
    const struct wpb_pool_look *look = &state->look;

    state->is_working = false;
    if (status == UV_ECANCELED) {
        wpb_run_end(state->run, WPB_COVERAGE_PARTIAL, "stopped before it looked");
        return;
    }
    if (look->pool)
        state->kept->frame->post(state->kept->own, state->run, look);
    state->lines += look->lines;
    wpb_run_cost(state->run)->bytes_received += look->bytes;
    wpb_run_progress(state->run, state->lines, look->has_more ? 0 : state->lines, NULL);
    if (look->has_more && !state->is_cancelled)
        wpb_run_step_in(state->run, wpb_run_budget(state->run) == WPB_BUDGET_LOW
                                        ? PAUSE_LOW_MS
                                        : PAUSE_MS);
    else
        end(state);
}

void *wpb_pool_probe_start(struct wpb_run *run, const struct wpb_pool_probe *frame,
                           struct wpb_err *err)
{
    struct state *state = calloc(1, sizeof *state);
    int status;

    if (state) {
        state->run = run;
        state->work.data = state;
        state->kept = kept_of(run, frame);
    }
    if (!state || !state->kept) {
        free(state);
        wpb_err_set(err, WPB_E_MEMORY, STAGE, "out of memory");
        return NULL;
    }
    status = begin_portion(state);
    if (status == 0)
        return state;
    wpb_err_set(err, WPB_E_IO, STAGE, "no thread to read on: %s", uv_strerror(status));
    free(state);
    return NULL;
}

void wpb_pool_probe_step(void *cookie)
{
    struct state *state = cookie;
    int status = begin_portion(state);

    if (status != 0)
        wpb_run_end(state->run, WPB_COVERAGE_PARTIAL, "no thread to read on: %s",
                    uv_strerror(status));
}

void wpb_pool_probe_cancel(void *cookie)
{
    struct state *state = cookie;

    state->is_cancelled = true;
    if (state->is_working)
        uv_cancel((uv_req_t *)&state->work);
    else
        end(state);
}

void wpb_pool_probe_free(void *state)
{
    free(state);
}
