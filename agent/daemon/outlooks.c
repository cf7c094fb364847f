#include "agent/daemon/outlooks.h"

#include <stdlib.h>

#include "agent/alert/fingerprint.h"
#include "agent/analyse/outlook.h"
#include "agent/analyse/series.h"
#include "agent/daemon/series_key.h"
#include "agent/rules/outlook_asks.h"

#define PENDING_MAX 64

struct site {
    struct site *next;
    uint64_t identity;
    int64_t asked_ms; /* 0: never */
    int64_t made_ms;  /* the newest that are there; 0: none */
    bool is_pending;
};

/* One question: what was asked, and all that is to be had from another thread. */
struct question {
    struct wpb_outlook_ask ask;
    struct wpb_store_key key;
    bool has_previous, has_answer;
    struct wpb_outlook previous, answer;
};

struct task {
    struct wpb_past_job job;
    struct wpb_outlooks *outlooks; /* NULL: nobody waits any more */
    struct task *next;
    uint64_t site;
    int64_t now_ms;
    struct wpb_arena *arena;
    struct question *questions; /* in the arena */
    size_t count;
};

struct wpb_outlooks {
    struct wpb_past *past;
    struct wpb_window *(*find)(void *cookie, uint64_t site);
    void *cookie;
    struct site *sites;
    struct task *tasks; /* under way */
    struct wpb_outlooks_numbers numbers;
};

/* What one question needs to work in, half a megabyte: made when there is something to
 * answer, and freed after it. */
struct workplace {
    struct wpb_trend_work trend;
    struct wpb_point points[WPB_STORE_POINTS_MAX];
    int64_t flushes_ms[WPB_SAWTOOTH_FLUSHES_MAX];
    struct wpb_forecast_scores scores[WPB_CLAIM_KINDS];
    struct wpb_store_pending pending[PENDING_MAX];
    struct wpb_outlook_result result;
    struct wpb_outlook_past past;
    int64_t id; /* of the series */
};

struct wpb_outlooks *
wpb_outlooks_new(struct wpb_past *past,
                 struct wpb_window *(*find)(void *cookie, uint64_t site), void *cookie)
{
    struct wpb_outlooks *outlooks = calloc(1, sizeof(*outlooks));

    if (!outlooks)
        return NULL;
    outlooks->past = past;
    outlooks->find = find;
    outlooks->cookie = cookie;
    return outlooks;
}

void wpb_outlooks_free(struct wpb_outlooks *outlooks)
{
    if (!outlooks)
        return;
    for (struct task *task = outlooks->tasks; task; task = task->next)
        task->outlooks = NULL;
    while (outlooks->sites) {
        struct site *next = outlooks->sites->next;
        free(outlooks->sites);
        outlooks->sites = next;
    }
    free(outlooks);
}

/* ---- on the history's thread */

static int read_past(struct wpb_store *store, struct workplace *place,
                     const struct question *question, int64_t now_ms, struct wpb_err *err)
{
    struct wpb_outlook_past *past = &place->past;

    *past = (struct wpb_outlook_past){
        .points = place->points,
        .flushes_ms = place->flushes_ms,
        .scores = &place->scores[WPB_CLAIM_VALUE],
        .previous = question->has_previous ? &question->previous : NULL,
    };
    if (wpb_store_series(store, &question->key, now_ms, &place->id, err) ||
        wpb_store_points(store, place->id, 0, now_ms, place->points, WPB_STORE_POINTS_MAX,
                         &past->count, err) ||
        wpb_store_flushes(store, place->id, place->flushes_ms, WPB_SAWTOOTH_FLUSHES_MAX,
                          &past->flush_count, err) ||
        wpb_store_claimed(store, place->id, &past->claimed_ms, err))
        return -1;
    for (int kind = 0; kind < WPB_CLAIM_KINDS; kind++) {
        if (wpb_store_scores(store, place->id, (enum wpb_store_claim_kind)kind,
                             &place->scores[kind], err))
            return -1;
    }
    return 0;
}

/* What became of earlier claims. */
static int score(struct wpb_store *store, struct workplace *place, int64_t now_ms,
                 struct wpb_err *err)
{
    size_t count;

    if (wpb_store_pending(store, place->id, now_ms, place->pending, PENDING_MAX, &count,
                          err))
        return -1;
    for (size_t i = 0; i < count; i++) {
        const struct wpb_store_pending *pending = &place->pending[i];
        struct wpb_forecast_facts facts =
            wpb_outlook_facts(&pending->claim, &place->past, &place->result, now_ms);
        if (pending->is_pending[WPB_CLAIM_VALUE] &&
            wpb_store_score(store, place->id, pending->claim.made_ms, WPB_CLAIM_VALUE,
                            wpb_forecast_score_value(&pending->claim, &facts), err))
            return -1;
        if (pending->is_pending[WPB_CLAIM_ETA] &&
            wpb_store_score(store, place->id, pending->claim.made_ms, WPB_CLAIM_ETA,
                            wpb_forecast_score_eta(&pending->claim, &facts), err))
            return -1;
    }
    return 0;
}

static int write_past(struct wpb_store *store, const struct workplace *place,
                      struct wpb_err *err)
{
    const struct wpb_outlook_result *result = &place->result;

    for (size_t e = 0; e < result->confirmed_count; e++) {
        const struct wpb_epoch *epoch = &result->epochs[e];
        struct wpb_store_epoch row = {.start_ms = epoch->start_ms,
                                      .reason = epoch->reason,
                                      .before = epoch->before,
                                      .after = epoch->after};
        if (epoch->reason != WPB_EPOCH_FIRST &&
            wpb_store_epoch(store, place->id, &row, NULL, err))
            return -1;
    }
    return result->has_claim ? wpb_store_claim(store, place->id, &result->claim,
                                               WPB_OUTLOOK_CLAIM_MS, NULL, err)
                             : 0;
}

static void answer(struct wpb_store *store, struct workplace *place,
                   struct question *question, int64_t now_ms)
{
    struct wpb_err err = {0};

    if (read_past(store, place, question, now_ms, &err))
        return;
    wpb_outlook_make(&question->ask, &place->past, now_ms, &place->trend, &place->result);
    question->answer = place->result.outlook;
    question->has_answer = true;
    /* What cannot be stored now is found again an hour later. */
    if (score(store, place, now_ms, &err) == 0)
        write_past(store, place, &err);
}

static void work(struct wpb_past_job *job, struct wpb_store *store)
{
    struct task *task = (struct task *)job;
    struct workplace *place = calloc(1, sizeof(*place));

    for (size_t i = 0; place && i < task->count; i++)
        answer(store, place, &task->questions[i], task->now_ms);
    free(place);
}

/* ---- on the loop's */

static struct site *site_of(struct wpb_outlooks *outlooks, uint64_t identity)
{
    struct site *site = outlooks->sites;

    while (site && site->identity != identity)
        site = site->next;
    if (site)
        return site;
    site = calloc(1, sizeof(*site));
    if (!site)
        return NULL;
    site->identity = identity;
    site->next = outlooks->sites;
    outlooks->sites = site;
    return site;
}

static void post_answers(struct wpb_outlooks *outlooks, const struct task *task)
{
    struct wpb_window *window = outlooks->find(outlooks->cookie, task->site);

    for (size_t i = 0; i < task->count; i++) {
        const struct question *question = &task->questions[i];
        if (!question->has_answer)
            continue;
        outlooks->numbers.made++;
        outlooks->numbers.refused += question->answer.answer == WPB_OUTLOOK_REFUSED;
        if (window && wpb_window_find(window, question->ask.subject))
            wpb_window_post_outlook(window, question->ask.subject, &question->answer);
    }
}

static void done(struct wpb_past_job *job)
{
    struct task *task = (struct task *)job;
    struct wpb_outlooks *outlooks = task->outlooks;

    if (outlooks) {
        struct task **link = &outlooks->tasks;
        struct site *site = site_of(outlooks, task->site);
        while (*link != task)
            link = &(*link)->next;
        *link = task->next;
        if (site) {
            site->is_pending = false;
            if (job->was_done)
                site->made_ms = task->now_ms;
        }
        post_answers(outlooks, task);
    }
    wpb_arena_free(task->arena);
    free(task);
}

static const struct wpb_subject *copy_subject(struct wpb_arena *arena,
                                              const struct wpb_subject *subject)
{
    struct wpb_subject *copy;

    if (!subject)
        return NULL;
    copy = wpb_arena_alloc(arena, sizeof(*copy));
    copy->kind = subject->kind;
    copy->scope = wpb_arena_copy(arena, subject->scope);
    copy->name = wpb_arena_copy(arena, subject->name);
    copy->parent = copy_subject(arena, subject->parent);
    return copy;
}

static bool is_shared(const struct wpb_series *list, size_t count,
                      const struct wpb_outlook_ask *ask)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].metric == ask->metric &&
            wpb_subject_equal(list[i].subject, ask->subject))
            return list[i].is_shared;
    }
    return false;
}

static struct task *new_task(const struct wpb_window *window,
                             const struct wpb_rule_values *values)
{
    struct wpb_outlook_ask asks[WPB_OUTLOOK_ASKS_MAX];
    size_t count = wpb_outlook_asks(window, values, asks, WPB_OUTLOOK_ASKS_MAX);
    struct wpb_series list[WPB_SERIES_MAX];
    size_t listed = wpb_series_stored(window, list, WPB_SERIES_MAX);
    struct task *task = count ? calloc(1, sizeof(*task)) : NULL;

    if (!task || !(task->arena = wpb_arena_new())) {
        free(task);
        return NULL;
    }
    task->questions = wpb_arena_alloc(task->arena, count * sizeof(*task->questions));
    for (size_t i = 0; i < count; i++) {
        struct question *question = &task->questions[task->count++];
        const struct wpb_outlook *previous =
            wpb_window_outlook(window, asks[i].subject, asks[i].metric);
        question->ask = asks[i];
        question->ask.subject = copy_subject(task->arena, asks[i].subject);
        question->key =
            wpb_series_key(wpb_window_site(window), asks[i].subject, asks[i].metric,
                           is_shared(list, listed, &asks[i]), task->arena);
        if (previous) {
            question->previous = *previous;
            question->has_previous = true;
        }
    }
    return task;
}

/* Has something that was foreseen been flushed since? */
static bool is_outdated(const struct wpb_window *window,
                        const struct wpb_rule_values *values)
{
    struct wpb_outlook_ask asks[WPB_OUTLOOK_ASKS_MAX];
    size_t count = wpb_outlook_asks(window, values, asks, WPB_OUTLOOK_ASKS_MAX);

    for (size_t i = 0; i < count; i++) {
        const struct wpb_outlook *outlook =
            wpb_window_outlook(window, asks[i].subject, asks[i].metric);
        int64_t now = wpb_window_integer(window, asks[i].subject, asks[i].metric, -1);
        if (outlook && now >= 0 && (double)now < outlook->level / 2)
            return true;
    }
    return false;
}

static bool is_due(const struct site *site, const struct wpb_window *window,
                   const struct wpb_rule_values *values, int64_t now_ms)
{
    int64_t waited_ms = now_ms - site->asked_ms;

    if (site->is_pending)
        return false;
    /* A clock that was set back makes everything due. */
    if (!site->asked_ms || waited_ms < 0 || waited_ms >= WPB_OUTLOOKS_EVERY_MS)
        return true;
    return waited_ms >= WPB_OUTLOOKS_SOONEST_MS && is_outdated(window, values);
}

void wpb_outlooks_refresh(struct wpb_outlooks *outlooks, const struct wpb_window *window,
                          const struct wpb_rule_values *values, int64_t now_ms)
{
    uint64_t identity = wpb_fingerprint_site(wpb_window_site(window));
    struct site *site = site_of(outlooks, identity);
    struct task *task;

    if (!site || !is_due(site, window, values, now_ms))
        return;
    task = new_task(window, values);
    if (!task) {
        /* Nothing is asked of this site: nothing of it is foreseen. */
        site->asked_ms = site->made_ms = now_ms;
        return;
    }
    task->job.work = work;
    task->job.done = done;
    task->outlooks = outlooks;
    task->site = identity;
    task->now_ms = now_ms;
    if (!wpb_past_submit_sample(outlooks->past, &task->job)) {
        wpb_arena_free(task->arena);
        free(task);
        return;
    }
    task->next = outlooks->tasks;
    outlooks->tasks = task;
    site->asked_ms = now_ms;
    site->is_pending = true;
}

bool wpb_outlooks_are_fresh(const struct wpb_outlooks *outlooks, uint64_t site,
                            int64_t now_ms)
{
    for (const struct site *s = outlooks->sites; s; s = s->next) {
        if (s->identity == site)
            return s->made_ms && now_ms - s->made_ms < WPB_OUTLOOK_VALID_MS;
    }
    return false;
}

struct wpb_outlooks_numbers wpb_outlooks_numbers(const struct wpb_outlooks *outlooks)
{
    return outlooks->numbers;
}
