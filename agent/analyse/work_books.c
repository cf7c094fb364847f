#include "agent/analyse/work_books.h"

#include <math.h>
#include <stdlib.h>

#include "agent/analyse/work_post.h"

#define ANEW_SHARE 24

struct volume {
    struct wpb_work_book *book;
    struct wpb_work_said said;
    struct wpb_verdict_pool facts; /* it was said with */
    size_t new_rows;               /* since it was said */
    bool has_said;
};

struct wpb_work_books {
    struct volume volumes[WPB_WORK_BOOKS_MAX];
    size_t count;
};

struct wpb_work_books *wpb_work_books_new(void)
{
    return calloc(1, sizeof(struct wpb_work_books));
}

void wpb_work_books_free(struct wpb_work_books *books)
{
    if (!books)
        return;
    for (size_t i = 0; i < books->count; i++)
        wpb_work_book_free(books->volumes[i].book);
    free(books);
}

void wpb_work_books_set_back(struct wpb_work_books *books, int64_t now_ms)
{
    for (size_t i = 0; i < books->count; i++)
        wpb_work_book_set_back(books->volumes[i].book, now_ms);
}

/* NULL when there is no room. */
static struct volume *volume_of(struct wpb_work_books *books,
                                const struct wpb_subject *pool)
{
    struct volume *volume;

    for (size_t i = 0; i < books->count; i++) {
        if (wpb_subject_equal(wpb_work_book_pool(books->volumes[i].book), pool))
            return &books->volumes[i];
    }
    if (books->count == WPB_WORK_BOOKS_MAX)
        return NULL;
    volume = &books->volumes[books->count];
    *volume = (struct volume){.book = wpb_work_book_new(pool)};
    if (!volume->book)
        return NULL;
    books->count++;
    return volume;
}

static unsigned workers_of(const struct wpb_window *window,
                           const struct wpb_subject *pool)
{
    int64_t value = wpb_window_integer(window, pool, WPB_M_MAX_CHILDREN, 0);

    return value > 0 && value < INT32_MAX ? (unsigned)value : 0;
}

static double cores_of(const struct wpb_window *window)
{
    static const struct wpb_subject host = {
        .kind = WPB_SUBJECT_HOST, .scope = WPB_SLICE(""), .name = WPB_SLICE("")};
    const struct wpb_sample *cores = wpb_window_get(window, &host, WPB_M_CORES);

    if (cores && cores->value.type == WPB_VALUE_DOUBLE)
        return cores->value.number;
    return cores && cores->value.type == WPB_VALUE_INTEGER ? (double)cores->value.integer
                                                           : 0;
}

/* Is there something new to be said? Where the rows have ended, that: it costs nothing.
 */
static bool is_due(const struct volume *volume, const struct wpb_verdict_pool *facts,
                   const struct wpb_verdict_rates *rates)
{
    return !volume->has_said || isnan(rates->lately) ||
           (volume->new_rows && volume->new_rows * ANEW_SHARE >= rates->windows) ||
           volume->facts.workers != facts->workers ||
           fabs(volume->facts.cores - facts->cores) > 0;
}

static void say(struct volume *volume, struct wpb_window *known,
                const struct wpb_subject *pool, int64_t now_ms)
{
    struct wpb_verdict_pool facts = {.workers = workers_of(known, pool),
                                     .cores = cores_of(known)};
    struct wpb_verdict_rates rates;

    wpb_verdict_rates_of(volume->book, now_ms, &rates);
    if (is_due(volume, &facts, &rates)) {
        volume->has_said = wpb_work_say(volume->book, &facts, now_ms, &volume->said);
        volume->facts = facts;
        volume->new_rows = 0;
    }
    if (!volume->has_said)
        return;
    volume->said.verdict.rates = rates;
    wpb_work_post(volume->book, &volume->said, known, now_ms);
}

void wpb_work_books_note(struct wpb_work_books *books, const struct wpb_window *read,
                         struct wpb_window *known, int64_t now_ms)
{
    const struct wpb_subject *pool;
    size_t cursor = 0;

    while ((pool = wpb_window_next(known, WPB_SUBJECT_POOL, NULL, &cursor))) {
        struct volume *volume = volume_of(books, pool);
        if (!volume)
            return;
        volume->new_rows += wpb_work_book_take(volume->book, read, known);
        say(volume, known, pool, now_ms);
    }
}
