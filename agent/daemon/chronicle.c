#include "agent/daemon/chronicle.h"

#include <stdlib.h>
#include <string.h>

#include "agent/alert/fingerprint.h"
#include "agent/analyse/series.h"
#include "agent/daemon/series_key.h"

/* Audit rows of one turn. */
#define AUDITS_MAX 256

/* A series that has begun. */
struct begun {
    uint64_t subject; /* its fingerprint */
    enum wpb_metric metric;
    int64_t noted_ms; /* time of the last point */
};

/* Those of one site. */
struct site {
    struct site *next;
    uint64_t identity;
    struct begun begun[WPB_CHRONICLE_BEGUN_MAX];
    size_t count;
};

struct point {
    struct wpb_store_key key;
    struct wpb_point point;
};

struct audit {
    struct audit *next;
    int64_t time_ms;
    struct wpb_store_audit row;
};

/* What is handed to the history at once. */
struct batch {
    struct wpb_past_job job;
    struct wpb_arena *arena;
    struct point *points; /* room for those of one look */
    size_t point_count, point_room;
    struct audit *audits, **audits_end;
    size_t audit_count;
};

struct wpb_chronicle {
    struct wpb_past *past;
    struct site *sites;
    struct batch *auditing; /* the audit of this turn; NULL: nothing yet */
};

struct wpb_chronicle *wpb_chronicle_new(struct wpb_past *past)
{
    struct wpb_chronicle *chronicle = calloc(1, sizeof(*chronicle));

    if (chronicle)
        chronicle->past = past;
    return chronicle;
}

static void free_batch(struct batch *batch)
{
    if (!batch)
        return;
    wpb_arena_free(batch->arena);
    free(batch);
}

void wpb_chronicle_free(struct wpb_chronicle *chronicle)
{
    if (!chronicle)
        return;
    while (chronicle->sites) {
        struct site *next = chronicle->sites->next;
        free(chronicle->sites);
        chronicle->sites = next;
    }
    free_batch(chronicle->auditing);
    free(chronicle);
}

static struct batch *new_batch(void)
{
    struct batch *batch = calloc(1, sizeof(*batch));

    if (batch && !(batch->arena = wpb_arena_new())) {
        free(batch);
        return NULL;
    }
    if (batch)
        batch->audits_end = &batch->audits;
    return batch;
}

/* ---- on the history's thread */

static int write_points(struct wpb_store *store, const struct batch *batch,
                        struct wpb_err *err)
{
    for (size_t i = 0; i < batch->point_count; i++) {
        const struct point *point = &batch->points[i];
        int64_t id;
        if (wpb_store_series(store, &point->key, point->point.time_ms, &id, err) == 0 &&
            wpb_store_note(store, id, point->point.time_ms, point->point.value, err) == 0)
            continue;
        /* There is no room for this one: the others may have some. */
        if (err->code != WPB_E_BUDGET && err->code != WPB_E_ARGUMENT)
            return -1;
    }
    return 0;
}

static int write_batch(struct wpb_store *store, void *cookie, struct wpb_err *err)
{
    const struct batch *batch = cookie;

    if (write_points(store, batch, err))
        return -1;
    for (const struct audit *audit = batch->audits; audit; audit = audit->next) {
        if (wpb_store_audit_note(store, audit->time_ms, &audit->row, err) &&
            err->code != WPB_E_BUDGET)
            return -1;
    }
    return 0;
}

static void work(struct wpb_past_job *job, struct wpb_store *store)
{
    struct wpb_err err = {0};

    /* A sample that cannot be stored is lost; the store itself says what is wrong. */
    wpb_store_transact(store, write_batch, job, &err);
}

static void done(struct wpb_past_job *job)
{
    free_batch((struct batch *)job);
}

static void submit(struct wpb_chronicle *chronicle, struct batch *batch)
{
    batch->job.work = work;
    batch->job.done = done;
    if (!wpb_past_submit_sample(chronicle->past, &batch->job))
        free_batch(batch);
}

/* ---- points */

static struct site *site_of(struct wpb_chronicle *chronicle, const struct wpb_site *of)
{
    uint64_t identity = wpb_fingerprint_site(of);
    struct site *site = chronicle->sites;

    while (site && site->identity != identity)
        site = site->next;
    if (site)
        return site;
    site = calloc(1, sizeof(*site));
    if (!site)
        return NULL;
    site->identity = identity;
    site->next = chronicle->sites;
    chronicle->sites = site;
    return site;
}

/* Its place; where there is none left, that of the one that is silent for longest. */
static struct begun *begun_of(struct site *site, const struct wpb_series *series)
{
    uint64_t subject = wpb_fingerprint_subject(series->subject);
    struct begun *oldest = &site->begun[0];

    for (size_t i = 0; i < site->count; i++) {
        struct begun *begun = &site->begun[i];
        if (begun->subject == subject && begun->metric == series->metric)
            return begun;
        if (begun->noted_ms < oldest->noted_ms)
            oldest = begun;
    }
    if (site->count < WPB_CHRONICLE_BEGUN_MAX)
        oldest = &site->begun[site->count++];
    *oldest = (struct begun){.subject = subject, .metric = series->metric};
    return oldest;
}

static void add_point(struct batch *batch, struct site *site,
                      const struct wpb_window *window, const struct wpb_series *series)
{
    struct begun *begun = begun_of(site, series);
    struct wpb_point point;

    if (!wpb_series_point(window, series, &point) || point.time_ms <= begun->noted_ms ||
        batch->point_count == batch->point_room)
        return;
    begun->noted_ms = point.time_ms;
    batch->points[batch->point_count++] = (struct point){
        .key = wpb_series_key(wpb_window_site(window), series->subject, series->metric,
                              series->is_shared, batch->arena),
        .point = point};
}

static bool is_listed(const struct wpb_series *list, size_t count, uint64_t subject,
                      enum wpb_metric metric)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].metric == metric &&
            wpb_fingerprint_subject(list[i].subject) == subject)
            return true;
    }
    return false;
}

/* Those that have begun and are no longer among the largest, but seen. */
static size_t add_begun(const struct site *site, const struct wpb_window *window,
                        struct wpb_series *list, size_t count, size_t capacity)
{
    static const enum wpb_subject_kind kinds[] = {WPB_SUBJECT_REDIS_KEY,
                                                  WPB_SUBJECT_REDIS_GROUP};
    size_t listed = count;

    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        const struct wpb_subject *subject;
        size_t cursor = 0;
        while ((subject = wpb_window_next(window, kinds[k], NULL, &cursor))) {
            uint64_t identity = wpb_fingerprint_subject(subject);
            for (size_t i = 0; i < site->count && count < capacity; i++) {
                if (site->begun[i].subject == identity &&
                    !is_listed(list, listed, identity, site->begun[i].metric))
                    list[count++] = (struct wpb_series){.subject = subject,
                                                        .metric = site->begun[i].metric};
            }
        }
    }
    return count;
}

void wpb_chronicle_note(struct wpb_chronicle *chronicle, const struct wpb_window *window)
{
    struct site *site = site_of(chronicle, wpb_window_site(window));
    struct wpb_series list[WPB_CHRONICLE_BEGUN_MAX];
    struct batch *batch = new_batch();
    size_t count;

    if (!site || !batch) {
        free_batch(batch);
        return;
    }
    count = wpb_series_stored(window, list, WPB_SERIES_MAX);
    count = add_begun(site, window, list, count, WPB_CHRONICLE_BEGUN_MAX);
    batch->points = wpb_arena_alloc(batch->arena, count * sizeof(*batch->points));
    batch->point_room = count;
    for (size_t i = 0; i < count; i++)
        add_point(batch, site, window, &list[i]);
    if (batch->point_count)
        submit(chronicle, batch);
    else
        free_batch(batch);
}

void wpb_chronicle_forget_times(struct wpb_chronicle *chronicle)
{
    for (struct site *site = chronicle->sites; site; site = site->next) {
        for (size_t i = 0; i < site->count; i++)
            site->begun[i].noted_ms = 0;
    }
}

/* ---- audit */

void wpb_chronicle_audit(struct wpb_chronicle *chronicle,
                         const struct wpb_coverage *coverage, int64_t now_ms)
{
    struct batch *batch = chronicle->auditing;
    const struct wpb_cost *cost = &coverage->cost;
    struct audit *audit;

    if (!batch)
        batch = chronicle->auditing = new_batch();
    if (!batch || batch->audit_count == AUDITS_MAX)
        return;
    audit = wpb_arena_alloc(batch->arena, sizeof(*audit));
    *audit = (struct audit){
        .time_ms = now_ms,
        .row = {.site = wpb_arena_copy(batch->arena, wpb_slice_cstr(coverage->site)),
                .probe = coverage->probe,
                .status = wpb_coverage_status_name(coverage->status),
                .runs = 1,
                .commands = cost->commands,
                .bytes = cost->bytes_received,
                .rows = cost->rows},
    };
    *batch->audits_end = audit;
    batch->audits_end = &audit->next;
    batch->audit_count++;
}

void wpb_chronicle_flush(struct wpb_chronicle *chronicle)
{
    struct batch *batch = chronicle->auditing;

    chronicle->auditing = NULL;
    if (batch)
        submit(chronicle, batch);
}
