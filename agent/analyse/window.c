#include "wpbloat/window.h"

#include <string.h>

#include "wpbloat/arena.h"

#define NAME_BYTES_MAX 65536 /* the header's promise */
#define PARENTS_MAX 4
#define HEADS_MIN 256
/* Names of hostile length must not fill the memory, nor names of equal hash slow
 * us down: what passes these bounds is dropped and counted. */
#define TEXT_BYTES_MAX ((size_t)64 << 20)
#define CHAIN_MAX 64

struct held {
    struct held *next;
    struct wpb_sample sample;
    char *text; /* storage of a text value, reused by the next one that fits */
    size_t text_capacity;
};

struct foreseen {
    struct foreseen *next;
    struct wpb_outlook outlook;
};

struct entry {
    struct wpb_subject subject; /* with our own bytes and parent */
    unsigned long long hash;
    struct entry *next;        /* of the same bucket */
    struct held *held;         /* NULL: known only as somebody's parent */
    struct foreseen *foreseen; /* outlooks; mostly NULL */
};

struct work {
    const struct wpb_subject *pool;
    struct wpb_work_row row;
};

struct wpb_window {
    struct wpb_arena *arena;
    const struct wpb_site *site;
    int64_t now_ms;
    uint64_t dropped;
    size_t text_bytes;

    struct entry **heads; /* buckets; a power of two */
    size_t head_count, entry_count;
    struct entry **posted; /* in order of first posting */
    size_t posted_count, posted_capacity;
    struct wpb_slice scope; /* the last one copied: most subjects share it */
    struct work *work;      /* rows; mostly none */
    size_t work_count, work_capacity;
};

struct wpb_window *wpb_window_new(const struct wpb_site *site, int64_t now_ms)
{
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_window *window;

    if (!arena)
        return NULL;
    window = wpb_arena_alloc(arena, sizeof(*window));
    window->arena = arena;
    window->site = site;
    window->now_ms = now_ms;
    window->head_count = HEADS_MIN;
    window->heads = wpb_arena_alloc(arena, HEADS_MIN * sizeof(struct entry *));
    return window;
}

void wpb_window_free(struct wpb_window *window)
{
    if (window)
        wpb_arena_free(window->arena); /* the window itself lives in it */
}

const struct wpb_site *wpb_window_site(const struct wpb_window *window)
{
    return window->site;
}

int64_t wpb_window_now_ms(const struct wpb_window *window)
{
    return window->now_ms;
}

void wpb_window_set_now(struct wpb_window *window, int64_t now_ms)
{
    window->now_ms = now_ms;
}

uint64_t wpb_window_dropped(const struct wpb_window *window)
{
    return window->dropped;
}

/* SUBJECT's entry; *CHAIN is how many were looked at. */
static struct entry *lookup(const struct wpb_window *window,
                            const struct wpb_subject *subject, unsigned long long hash,
                            size_t *chain)
{
    struct entry *entry = window->heads[hash & (window->head_count - 1)];

    *chain = 0;
    for (; entry; entry = entry->next, ++*chain) {
        if (entry->hash == hash && wpb_subject_equal(&entry->subject, subject))
            return entry;
    }
    return NULL;
}

static struct entry *entry_of(const struct wpb_window *window,
                              const struct wpb_subject *subject)
{
    size_t chain;

    return lookup(window, subject, wpb_subject_hash(subject), &chain);
}

/* Twice the buckets: chains only get shorter, so nobody has to leave. The old
 * array stays in the arena; all of them together are smaller than the new one. */
static void grow_heads(struct wpb_window *window)
{
    size_t count = window->head_count * 2;
    struct entry **heads = wpb_arena_alloc(window->arena, count * sizeof(*heads));

    for (size_t i = 0; i < window->head_count; i++) {
        struct entry *entry = window->heads[i], *next;
        for (; entry; entry = next) {
            struct entry **head = &heads[entry->hash & (count - 1)];
            next = entry->next;
            entry->next = *head;
            *head = entry;
        }
    }
    window->heads = heads;
    window->head_count = count;
}

static struct wpb_slice copy_scope(struct wpb_window *window, struct wpb_slice scope)
{
    if (!wpb_slice_equal(window->scope, scope)) {
        window->scope = wpb_arena_copy(window->arena, scope);
        window->text_bytes += scope.len;
    }
    return window->scope;
}

/* The entry of SUBJECT, whose parent is interned as PARENT; made when it is new.
 * NULL when there is no room. */
static struct entry *intern_one(struct wpb_window *window,
                                const struct wpb_subject *subject, struct entry *parent)
{
    struct wpb_subject key = *subject;
    unsigned long long hash;
    struct entry *entry;
    size_t chain;

    key.parent = parent ? &parent->subject : NULL;
    hash = wpb_subject_hash(&key);
    entry = lookup(window, &key, hash, &chain);
    if (entry)
        return entry;
    if (window->entry_count >= WPB_WINDOW_SUBJECTS_MAX || chain >= CHAIN_MAX ||
        window->text_bytes + key.name.len + key.scope.len > TEXT_BYTES_MAX)
        return NULL;
    if (window->entry_count >= window->head_count)
        grow_heads(window);

    entry = wpb_arena_alloc(window->arena, sizeof(*entry));
    entry->subject = key;
    entry->subject.scope = copy_scope(window, key.scope);
    entry->subject.name = wpb_arena_copy(window->arena, key.name);
    entry->hash = hash;
    entry->next = window->heads[hash & (window->head_count - 1)];
    window->heads[hash & (window->head_count - 1)] = entry;
    window->text_bytes += key.name.len;
    window->entry_count++;
    return entry;
}

/* SUBJECT with its parents, outermost first, so that every parent pointer is one
 * of the window's own. */
static struct entry *intern(struct wpb_window *window, const struct wpb_subject *subject)
{
    const struct wpb_subject *line[PARENTS_MAX];
    struct entry *entry = NULL;
    size_t depth = 0;

    for (; subject; subject = subject->parent) {
        if (depth == PARENTS_MAX || subject->name.len > NAME_BYTES_MAX ||
            subject->scope.len > NAME_BYTES_MAX)
            return NULL;
        line[depth++] = subject;
    }
    while (depth > 0) {
        entry = intern_one(window, line[--depth], entry);
        if (!entry)
            return NULL;
    }
    return entry;
}

static void remember_posted(struct wpb_window *window, struct entry *entry)
{
    if (window->posted_count == window->posted_capacity) {
        size_t capacity = window->posted_capacity ? window->posted_capacity * 2 : 256;
        struct entry **posted =
            wpb_arena_alloc(window->arena, capacity * sizeof(*posted));
        if (window->posted_count)
            memcpy(posted, window->posted, window->posted_count * sizeof(*posted));
        window->posted = posted;
        window->posted_capacity = capacity;
    }
    window->posted[window->posted_count++] = entry;
}

/* Keep SAMPLE's text in HELD's own storage. */
static void hold_text(struct wpb_window *window, struct held *held, struct wpb_slice text)
{
    text = wpb_slice_head(text, WPB_VALUE_TEXT_MAX);
    if (text.len > held->text_capacity) {
        held->text = wpb_arena_alloc(window->arena, text.len);
        held->text_capacity = text.len;
    }
    if (text.len)
        memmove(held->text, text.data, text.len); /* it may be our own, posted again */
    held->sample.value.text = wpb_slice_of(held->text, text.len);
}

static struct held *held_of(const struct entry *entry, enum wpb_metric metric)
{
    struct held *held = entry->held;

    while (held && held->sample.metric != metric)
        held = held->next;
    return held;
}

void wpb_window_post(struct wpb_window *window, const struct wpb_sample *sample)
{
    struct entry *entry = intern(window, sample->subject);
    struct wpb_slice text = sample->value.text;
    struct held *held;

    if (!entry) {
        window->dropped++;
        return;
    }
    held = held_of(entry, sample->metric);
    if (held && held->sample.time_ms > sample->time_ms)
        return;
    if (!held) {
        if (!entry->held)
            remember_posted(window, entry);
        held = wpb_arena_alloc(window->arena, sizeof(*held));
        held->next = entry->held;
        entry->held = held;
    }
    held->sample = *sample;
    held->sample.subject = &entry->subject;
    held->sample.value.text = wpb_slice_of(NULL, 0);
    if (sample->value.type == WPB_VALUE_TEXT)
        hold_text(window, held, text);
}

const struct wpb_subject *wpb_window_find(const struct wpb_window *window,
                                          const struct wpb_subject *subject)
{
    const struct entry *entry = entry_of(window, subject);

    return entry && entry->held ? &entry->subject : NULL;
}

const struct wpb_sample *wpb_window_get(const struct wpb_window *window,
                                        const struct wpb_subject *subject,
                                        enum wpb_metric metric)
{
    const struct entry *entry = entry_of(window, subject);
    const struct held *held = entry ? held_of(entry, metric) : NULL;

    return held ? &held->sample : NULL;
}

int64_t wpb_window_integer(const struct wpb_window *window,
                           const struct wpb_subject *subject, enum wpb_metric metric,
                           int64_t fallback)
{
    const struct wpb_sample *sample = wpb_window_get(window, subject, metric);

    return sample && sample->value.type == WPB_VALUE_INTEGER ? sample->value.integer
                                                             : fallback;
}

struct wpb_slice wpb_window_text(const struct wpb_window *window,
                                 const struct wpb_subject *subject,
                                 enum wpb_metric metric)
{
    const struct wpb_sample *sample = wpb_window_get(window, subject, metric);

    if (!sample || sample->value.type != WPB_VALUE_TEXT)
        return wpb_slice_of("", 0);
    return sample->value.text;
}

const struct wpb_subject *wpb_window_next(const struct wpb_window *window,
                                          enum wpb_subject_kind kind,
                                          const struct wpb_subject *parent,
                                          size_t *cursor)
{
    const struct entry *of = parent ? entry_of(window, parent) : NULL;

    if (parent && !of)
        return NULL;
    while (*cursor < window->posted_count) {
        const struct wpb_subject *subject = &window->posted[(*cursor)++]->subject;
        if (subject->kind == kind && (!of || subject->parent == &of->subject))
            return subject;
    }
    return NULL;
}

static void carry_entry(struct wpb_window *window, const struct entry *entry,
                        bool (*keep)(void *cookie, const struct wpb_sample *sample),
                        void *cookie)
{
    bool has_any = false;

    for (const struct held *held = entry->held; held; held = held->next) {
        if (keep && !keep(cookie, &held->sample))
            continue;
        wpb_window_post(window, &held->sample);
        has_any = true;
    }
    for (const struct foreseen *f = entry->foreseen; has_any && f; f = f->next)
        wpb_window_post_outlook(window, &entry->subject, &f->outlook);
}

void wpb_window_carry(struct wpb_window *window, const struct wpb_window *from,
                      bool (*keep)(void *cookie, const struct wpb_sample *sample),
                      void *cookie)
{
    for (size_t i = 0; i < from->posted_count; i++)
        carry_entry(window, from->posted[i], keep, cookie);
}

void wpb_window_post_outlook(struct wpb_window *window, const struct wpb_subject *subject,
                             const struct wpb_outlook *outlook)
{
    struct entry *entry = intern(window, subject);
    struct foreseen *foreseen;

    if (!entry) {
        window->dropped++;
        return;
    }
    foreseen = entry->foreseen;
    while (foreseen && foreseen->outlook.metric != outlook->metric)
        foreseen = foreseen->next;
    if (!foreseen) {
        foreseen = wpb_arena_alloc(window->arena, sizeof(*foreseen));
        foreseen->next = entry->foreseen;
        entry->foreseen = foreseen;
    } else if (foreseen->outlook.made_ms > outlook->made_ms) {
        return;
    }
    foreseen->outlook = *outlook;
}

const struct wpb_outlook *wpb_window_outlook(const struct wpb_window *window,
                                             const struct wpb_subject *subject,
                                             enum wpb_metric metric)
{
    const struct entry *entry = entry_of(window, subject);
    const struct foreseen *foreseen = entry ? entry->foreseen : NULL;

    while (foreseen && foreseen->outlook.metric != metric)
        foreseen = foreseen->next;
    return foreseen ? &foreseen->outlook : NULL;
}

/* Room for one more row; the old array stays in the arena, and all of them together are
 * smaller than the new one. */
static void grow_work(struct wpb_window *window)
{
    size_t capacity = window->work_capacity ? window->work_capacity * 2 : 16;
    struct work *work = wpb_arena_alloc(window->arena, capacity * sizeof(*work));

    if (window->work_count)
        memcpy(work, window->work, window->work_count * sizeof(*work));
    window->work = work;
    window->work_capacity = capacity;
}

/* Of a log that begins far back the newest rows say most. */
static void drop_oldest_work(struct wpb_window *window)
{
    size_t gone = WPB_WINDOW_WORK_MAX / 4;

    window->work_count -= gone;
    window->dropped += gone;
    memmove(window->work, window->work + gone,
            window->work_count * sizeof(*window->work));
}

void wpb_window_post_work(struct wpb_window *window, const struct wpb_subject *pool,
                          const struct wpb_work_row *row)
{
    struct entry *entry = intern(window, pool);

    if (!entry) {
        window->dropped++;
        return;
    }
    if (window->work_count == WPB_WINDOW_WORK_MAX)
        drop_oldest_work(window);
    if (window->work_count == window->work_capacity)
        grow_work(window);
    window->work[window->work_count++] =
        (struct work){.pool = &entry->subject, .row = *row};
}

const struct wpb_work_row *wpb_window_next_work(const struct wpb_window *window,
                                                size_t *cursor,
                                                const struct wpb_subject **pool)
{
    const struct work *work;

    if (*cursor >= window->work_count)
        return NULL;
    work = &window->work[(*cursor)++];
    *pool = work->pool;
    return &work->row;
}
