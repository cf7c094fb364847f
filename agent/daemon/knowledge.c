#include "agent/daemon/knowledge.h"

#include <stdlib.h>

#define PROBES_MAX 64

/* The last look of a probe at the site. */
struct look {
    const struct wpb_probe *probe;
    enum wpb_coverage_status status;
    int64_t started_ms, ended_ms;
};

/* How heavy a thing was when it was examined. */
struct examined {
    unsigned long long subject; /* its hash */
    int64_t memory_bytes;
};

struct wpb_knowledge {
    const struct wpb_site *site;
    const struct wpb_probe *const *probes;
    struct wpb_window *window;
    struct look looks[PROBES_MAX];
    size_t look_count;
    struct examined examined[WPB_EXAMINED_MAX];
    size_t examined_count, examined_next;
};

/* What is carried from one window to the next. */
struct carrying {
    const struct wpb_knowledge *knowledge;
    const struct wpb_window *turn; /* the turn's window of the site; NULL: no turn */
    int64_t now_ms;
    struct look looks[PROBES_MAX]; /* of the turn, at this site */
    size_t look_count;
};

struct wpb_knowledge *wpb_knowledge_new(const struct wpb_site *site,
                                        const struct wpb_probe *const *probes,
                                        int64_t now_ms)
{
    struct wpb_knowledge *knowledge = calloc(1, sizeof(*knowledge));

    if (!knowledge)
        return NULL;
    knowledge->site = site;
    knowledge->probes = probes;
    knowledge->window = wpb_window_new(site, now_ms);
    if (!knowledge->window) {
        free(knowledge);
        return NULL;
    }
    return knowledge;
}

void wpb_knowledge_free(struct wpb_knowledge *knowledge)
{
    if (!knowledge)
        return;
    wpb_window_free(knowledge->window);
    free(knowledge);
}

struct wpb_window *wpb_knowledge_window(struct wpb_knowledge *knowledge)
{
    return knowledge->window;
}

static void replace_window(struct wpb_knowledge *knowledge, struct wpb_window *window)
{
    wpb_window_free(knowledge->window);
    knowledge->window = window;
}

void wpb_knowledge_bind(struct wpb_knowledge *knowledge, const struct wpb_site *site,
                        int64_t now_ms)
{
    struct wpb_window *window = wpb_window_new(site, now_ms);

    if (!window)
        return;
    knowledge->site = site;
    wpb_window_carry(window, knowledge->window, NULL, NULL);
    replace_window(knowledge, window);
}

void wpb_knowledge_forget(struct wpb_knowledge *knowledge, int64_t now_ms)
{
    struct wpb_window *window = wpb_window_new(knowledge->site, now_ms);

    if (!window)
        return;
    replace_window(knowledge, window);
    knowledge->look_count = 0;
    knowledge->examined_count = knowledge->examined_next = 0;
}

static const struct look *find_look(const struct look *looks, size_t count,
                                    const char *probe)
{
    for (size_t i = 0; i < count; i++) {
        if (probe && strcmp(looks[i].probe->name, probe) == 0)
            return &looks[i];
    }
    return NULL;
}

static bool has_seen(const struct look *look)
{
    return look && look->status <= WPB_COVERAGE_PARTIAL;
}

static bool is_examiner(const struct wpb_knowledge *knowledge, const char *probe)
{
    for (size_t p = 0; probe && knowledge->probes[p]; p++) {
        if (strcmp(knowledge->probes[p]->name, probe) == 0)
            return knowledge->probes[p]->look == WPB_LOOK_EXAMINE;
    }
    return false;
}

/* The thing that was examined: what the sample is about, or what that is a part of. */
static const struct wpb_subject *whole_of(const struct wpb_subject *subject)
{
    while (subject->parent)
        subject = subject->parent;
    return subject;
}

static struct examined *find_examined(const struct wpb_knowledge *knowledge,
                                      const struct wpb_subject *subject)
{
    unsigned long long hash = wpb_subject_hash(subject);

    for (size_t i = 0; i < knowledge->examined_count; i++) {
        if (knowledge->examined[i].subject == hash)
            return (struct examined *)&knowledge->examined[i];
    }
    return NULL;
}

static bool has_moved(const struct wpb_knowledge *knowledge,
                      const struct wpb_subject *whole)
{
    const struct examined *then = find_examined(knowledge, whole);
    int64_t now = wpb_window_integer(knowledge->window, whole, WPB_M_MEMORY_BYTES, -1);

    return then && now >= 0 && llabs(now - then->memory_bytes) > then->memory_bytes / 10;
}

/* Whether the examination that made SAMPLE still stands. */
static bool still_stands(const struct carrying *carrying, const struct wpb_sample *sample)
{
    int64_t age_ms = carrying->now_ms - sample->time_ms;

    if (age_ms >= WPB_EXAMINED_AT_MOST_MS)
        return false;
    if (age_ms < WPB_EXAMINED_AT_LEAST_MS ||
        strcmp(sample->probe, "wordpress.source") == 0)
        return true;
    return !has_moved(carrying->knowledge, whole_of(sample->subject));
}

static bool keep_for_turn(void *cookie, const struct wpb_sample *sample)
{
    const struct carrying *carrying = cookie;

    return !is_examiner(carrying->knowledge, sample->probe) ||
           still_stands(carrying, sample);
}

struct wpb_window *wpb_knowledge_for_turn(const struct wpb_knowledge *knowledge,
                                          int64_t now_ms)
{
    struct carrying carrying = {.knowledge = knowledge, .now_ms = now_ms};
    struct wpb_window *window = wpb_window_new(knowledge->site, now_ms);

    if (window)
        wpb_window_carry(window, knowledge->window, keep_for_turn, &carrying);
    return window;
}

/* Has an examiner looked at WHOLE since SINCE_MS? */
static bool is_examined_since(const struct wpb_knowledge *knowledge,
                              const struct wpb_window *window,
                              const struct wpb_subject *whole, int64_t since_ms)
{
    static const enum wpb_metric marks[] = {WPB_M_EXAMINED_BYTES, WPB_M_ROW_BYTES,
                                            WPB_M_PRESENT};

    for (size_t m = 0; m < sizeof(marks) / sizeof(marks[0]); m++) {
        const struct wpb_sample *mark = wpb_window_get(window, whole, marks[m]);
        if (mark && mark->time_ms >= since_ms && is_examiner(knowledge, mark->probe))
            return true;
    }
    return false;
}

/* A complete pass that did not meet a key among the largest says nothing of it any more;
 * the keys that are known by name are looked at by name. */
static bool is_out_of_sight(const struct carrying *carrying,
                            const struct wpb_subject *whole)
{
    const struct look *pass =
        find_look(carrying->looks, carrying->look_count, "redis.keyspace");
    const struct wpb_sample *memory, *role;

    if (whole->kind != WPB_SUBJECT_REDIS_KEY || !pass || pass->status != WPB_COVERAGE_OK)
        return false;
    role = wpb_window_get(carrying->knowledge->window, whole, WPB_M_KEY_ROLE);
    memory = wpb_window_get(carrying->turn, whole, WPB_M_MEMORY_BYTES);
    return !role && (!memory || memory->time_ms < pass->started_ms);
}

static bool keep_examined(const struct carrying *carrying,
                          const struct wpb_sample *sample)
{
    const struct wpb_subject *whole = whole_of(sample->subject);
    const struct look *look =
        find_look(carrying->looks, carrying->look_count, sample->probe);

    if (carrying->now_ms - sample->time_ms >=
        WPB_EXAMINED_AT_MOST_MS + WPB_EXAMINED_AT_LEAST_MS)
        return false;
    if (look && sample->time_ms < look->started_ms &&
        is_examined_since(carrying->knowledge, carrying->turn, whole, look->started_ms))
        return false;
    return !is_out_of_sight(carrying, whole);
}

static bool keep_after_turn(void *cookie, const struct wpb_sample *sample)
{
    const struct carrying *carrying = cookie;
    const struct look *look;

    if (is_examiner(carrying->knowledge, sample->probe))
        return keep_examined(carrying, sample);
    look = find_look(carrying->looks, carrying->look_count, sample->probe);
    if (has_seen(look) && look->probe->is_glimpse)
        return carrying->now_ms - sample->time_ms < WPB_GLIMPSED_MS;
    /* Of a part of a look, what was not said again is not known to be gone. */
    return !look || look->status != WPB_COVERAGE_OK ||
           sample->time_ms >= look->started_ms;
}

static void note_look(struct look *looks, size_t *count, const struct look *look)
{
    struct look *known = (struct look *)find_look(looks, *count, look->probe->name);

    if (known)
        *known = *look;
    else if (*count < PROBES_MAX)
        looks[(*count)++] = *look;
}

static bool is_member(const struct wpb_target *target, size_t site)
{
    for (size_t m = 0; m < target->count; m++) {
        if (target->members[m] == site)
            return true;
    }
    return false;
}

static void gather_looks(struct carrying *carrying, const struct wpb_turn *turn, size_t i)
{
    size_t count;
    const struct wpb_turn_look *looks = wpb_turn_looks(turn, &count);

    for (size_t l = 0; l < count; l++) {
        struct look look = {.probe = looks[l].probe,
                            .status = looks[l].coverage->status,
                            .started_ms = looks[l].started_ms,
                            .ended_ms = carrying->now_ms};
        if (is_member(looks[l].target, i))
            note_look(carrying->looks, &carrying->look_count, &look);
    }
}

static void remember_weight(struct wpb_knowledge *knowledge,
                            const struct wpb_subject *subject, int64_t memory_bytes)
{
    struct examined *examined = find_examined(knowledge, subject);

    if (!examined) {
        examined = &knowledge->examined[knowledge->examined_next];
        knowledge->examined_next = (knowledge->examined_next + 1) % WPB_EXAMINED_MAX;
        if (knowledge->examined_count < WPB_EXAMINED_MAX)
            knowledge->examined_count++;
    }
    *examined = (struct examined){.subject = wpb_subject_hash(subject),
                                  .memory_bytes = memory_bytes};
}

/* The weight of the keys that were examined in the turn that LOOK was a part of. */
static void remember_weights(struct wpb_knowledge *knowledge, const struct look *look)
{
    const struct wpb_subject *key;
    size_t cursor = 0;

    if (!look || look->status > WPB_COVERAGE_PARTIAL)
        return;
    while ((
        key = wpb_window_next(knowledge->window, WPB_SUBJECT_REDIS_KEY, NULL, &cursor))) {
        int64_t memory =
            wpb_window_integer(knowledge->window, key, WPB_M_MEMORY_BYTES, -1);
        if (memory >= 0 &&
            is_examined_since(knowledge, knowledge->window, key, look->started_ms))
            remember_weight(knowledge, key, memory);
    }
}

void wpb_knowledge_take(struct wpb_knowledge *knowledge, const struct wpb_turn *turn,
                        size_t i, int64_t now_ms)
{
    struct carrying carrying = {.knowledge = knowledge,
                                .turn = wpb_turn_window((struct wpb_turn *)turn, i),
                                .now_ms = now_ms};
    struct wpb_window *window = wpb_window_new(knowledge->site, now_ms);

    if (!window)
        return;
    gather_looks(&carrying, turn, i);
    wpb_window_carry(window, knowledge->window, keep_after_turn, &carrying);
    wpb_window_carry(window, carrying.turn, keep_after_turn, &carrying);
    replace_window(knowledge, window);
    for (size_t l = 0; l < carrying.look_count; l++)
        note_look(knowledge->looks, &knowledge->look_count, &carrying.looks[l]);
    remember_weights(knowledge,
                     find_look(carrying.looks, carrying.look_count, "redis.value"));
}

bool wpb_knowledge_is_fresh(const struct wpb_knowledge *knowledge, const char *probe,
                            int64_t max_age_ms, int64_t now_ms)
{
    const struct look *look = find_look(knowledge->looks, knowledge->look_count, probe);

    return has_seen(look) && now_ms - look->ended_ms <= max_age_ms;
}

bool wpb_knowledge_has_failed(const struct wpb_knowledge *knowledge, const char *probe)
{
    const struct look *look = find_look(knowledge->looks, knowledge->look_count, probe);

    return look && look->status == WPB_COVERAGE_UNAVAILABLE;
}
