#include "agent/analyse/work_book.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/analyse/work_track.h"
#include "wpbloat/arena.h"

/* Rows that go at once when the book is full, so that it is not moved for each. */
#define ROWS_TURNED (WPB_BOOK_ROWS / 4)

/* Whose counter each column is. */
static const struct {
    enum wpb_subject_kind kind;
    enum wpb_metric metric;
} counters[WPB_BOOK_COUNTERS] = {
    [WPB_BOOK_QUERIES] = {WPB_SUBJECT_MYSQL_SERVER, WPB_M_QUESTIONS},
    [WPB_BOOK_ROWS_EXAMINED] = {WPB_SUBJECT_MYSQL_SERVER, WPB_M_ROWS_EXAMINED},
    [WPB_BOOK_LOCK_WAITS] = {WPB_SUBJECT_MYSQL_SERVER, WPB_M_ROW_LOCK_WAITS},
    [WPB_BOOK_LOCK_WAIT_S] = {WPB_SUBJECT_MYSQL_SERVER, WPB_M_ROW_LOCK_SECONDS},
    [WPB_BOOK_CACHE_COMMANDS] = {WPB_SUBJECT_REDIS_SERVER, WPB_M_CACHE_COMMANDS},
    [WPB_BOOK_CACHE_BYTES_OUT] = {WPB_SUBJECT_REDIS_SERVER, WPB_M_NET_OUTPUT_BYTES},
    [WPB_BOOK_CACHE_BYTES_IN] = {WPB_SUBJECT_REDIS_SERVER, WPB_M_NET_INPUT_BYTES},
    [WPB_BOOK_CACHE_CPU_S] = {WPB_SUBJECT_REDIS_SERVER, WPB_M_SERVER_CPU_SECONDS},
    [WPB_BOOK_CPU_BUSY_S] = {WPB_SUBJECT_HOST, WPB_M_CPU_BUSY_SECONDS},
    [WPB_BOOK_CPU_STOLEN_S] = {WPB_SUBJECT_HOST, WPB_M_CPU_STOLEN_SECONDS},
};

struct wpb_work_book {
    struct wpb_arena *arena; /* the pool's texts */
    struct wpb_subject pool;
    struct wpb_track tracks[WPB_BOOK_COUNTERS];
    /* Whose readings those are: two servers' are not to be mixed. */
    unsigned long long tracked[WPB_BOOK_COUNTERS];
    double data_bytes; /* the level now; NAN: not known */
    struct wpb_book_row *rows;
    size_t count, capacity;
};

struct wpb_work_book *wpb_work_book_new(const struct wpb_subject *pool)
{
    struct wpb_work_book *book = calloc(1, sizeof(*book));

    if (!book || !(book->arena = wpb_arena_new())) {
        free(book);
        return NULL;
    }
    book->pool = (struct wpb_subject){.kind = pool->kind,
                                      .scope = wpb_arena_copy(book->arena, pool->scope),
                                      .name = wpb_arena_copy(book->arena, pool->name)};
    book->data_bytes = NAN;
    return book;
}

void wpb_work_book_free(struct wpb_work_book *book)
{
    if (!book)
        return;
    wpb_arena_free(book->arena);
    free(book->rows);
    free(book);
}

const struct wpb_subject *wpb_work_book_pool(const struct wpb_work_book *book)
{
    return &book->pool;
}

const struct wpb_book_row *wpb_work_book_rows(const struct wpb_work_book *book,
                                              size_t *count)
{
    *count = book->count;
    return book->rows;
}

/* ---- readings */

static bool number_of(const struct wpb_sample *sample, double *number)
{
    if (sample && sample->value.type == WPB_VALUE_INTEGER)
        *number = (double)sample->value.integer;
    else if (sample && sample->value.type == WPB_VALUE_DOUBLE)
        *number = sample->value.number;
    else
        return false;
    return isfinite(*number) && *number >= 0;
}

/* The first subject of the kind that has the counter: a site has one server of each. */
static void read_counter(struct wpb_work_book *book, size_t column,
                         const struct wpb_window *window)
{
    const struct wpb_subject *subject;
    size_t cursor = 0;

    while ((subject = wpb_window_next(window, counters[column].kind, NULL, &cursor))) {
        const struct wpb_sample *sample =
            wpb_window_get(window, subject, counters[column].metric);
        unsigned long long whose = wpb_subject_hash(subject);
        double value;
        if (!number_of(sample, &value))
            continue;
        if (book->tracked[column] != whose)
            wpb_track_clear(&book->tracks[column]);
        book->tracked[column] = whose;
        wpb_track_note(&book->tracks[column], sample->time_ms, value);
        return;
    }
}

/* The bytes of the site's tables. */
static void read_data(struct wpb_work_book *book, const struct wpb_window *window)
{
    const struct wpb_subject *table;
    double sum = 0;
    bool is_known = false;
    size_t cursor = 0;

    while ((table = wpb_window_next(window, WPB_SUBJECT_TABLE, NULL, &cursor))) {
        double bytes;
        if (number_of(wpb_window_get(window, table, WPB_M_DATA_BYTES), &bytes)) {
            sum += bytes;
            is_known = true;
        }
    }
    if (is_known)
        book->data_bytes = sum;
}

/* ---- rows */

static bool make_room(struct wpb_work_book *book)
{
    size_t capacity = book->capacity ? book->capacity * 2 : 64;
    struct wpb_book_row *rows;

    if (book->count < book->capacity)
        return true;
    if (book->capacity == WPB_BOOK_ROWS) {
        book->count -= ROWS_TURNED;
        memmove(book->rows, book->rows + ROWS_TURNED, book->count * sizeof(*book->rows));
        return true;
    }
    if (capacity > WPB_BOOK_ROWS)
        capacity = WPB_BOOK_ROWS;
    rows = realloc(book->rows, capacity * sizeof(*rows));
    if (!rows)
        return false;
    book->rows = rows;
    book->capacity = capacity;
    return true;
}

static bool is_sane(const struct wpb_work_row *row)
{
    return row->length_s > 0 && isfinite(row->requests) && row->requests >= 0 &&
           isfinite(row->busy_s) && row->busy_s >= 0 && row->timed >= 0 &&
           row->timed <= row->requests;
}

static bool add_row(struct wpb_work_book *book, const struct wpb_work_row *row)
{
    struct wpb_book_row *added;

    if (!is_sane(row) || !make_room(book))
        return false;
    if (book->count && row->start_ms <= book->rows[book->count - 1].start_ms)
        return false;
    added = &book->rows[book->count++];
    *added = (struct wpb_book_row){.start_ms = row->start_ms,
                                   .length_s = row->length_s,
                                   .requests = (float)row->requests,
                                   .failed = (float)row->failed,
                                   .timed = (float)row->timed,
                                   .busy_s = (float)row->busy_s,
                                   .busy_squared_s2 = (float)row->busy_squared_s2,
                                   .seen = (float)row->seen,
                                   .cpu_s = (float)row->cpu_s,
                                   .queue_wait_s = (float)row->queue_wait_s,
                                   .queued = (float)row->queued};
    memcpy(added->class_requests, row->class_requests, sizeof(row->class_requests));
    memcpy(added->class_busy_s, row->class_busy_s, sizeof(row->class_busy_s));
    for (size_t c = 0; c < WPB_BOOK_COLUMNS; c++)
        added->column[c] = NAN;
    if (!isnan(row->queries))
        added->column[WPB_BOOK_QUERIES] = (float)row->queries;
    return true;
}

static size_t take_rows(struct wpb_work_book *book, const struct wpb_window *window)
{
    const struct wpb_work_row *row;
    const struct wpb_subject *pool;
    size_t cursor = 0, count = 0;

    while ((row = wpb_window_next_work(window, &cursor, &pool))) {
        if (wpb_subject_equal(pool, &book->pool) && add_row(book, row))
            count++;
    }
    return count;
}

static void fill_row(const struct wpb_work_book *book, struct wpb_book_row *row)
{
    int64_t end_ms = row->start_ms + (int64_t)row->length_s * 1000;
    int64_t gap_ms = (int64_t)(row->length_s * 1000 * WPB_BOOK_GAP_WINDOWS);
    double gain;

    for (size_t c = 0; c < WPB_BOOK_COUNTERS; c++) {
        if (isnan(row->column[c]) &&
            wpb_track_gain(&book->tracks[c], row->start_ms, end_ms, gap_ms, &gain))
            row->column[c] = (float)gain;
    }
}

static void fill_rows(struct wpb_work_book *book, size_t new_rows)
{
    size_t from = book->count > WPB_BOOK_PENDING ? book->count - WPB_BOOK_PENDING : 0;

    for (size_t i = from; i < book->count; i++) {
        fill_row(book, &book->rows[i]);
        if (i + new_rows >= book->count)
            book->rows[i].column[WPB_BOOK_DATA_BYTES] = (float)book->data_bytes;
    }
}

size_t wpb_work_book_take(struct wpb_work_book *book, const struct wpb_window *read,
                          const struct wpb_window *known)
{
    size_t new_rows;

    for (size_t c = 0; c < WPB_BOOK_COUNTERS; c++)
        read_counter(book, c, known);
    read_data(book, known);
    new_rows = take_rows(book, read);
    fill_rows(book, new_rows);
    return new_rows;
}

void wpb_work_book_set_back(struct wpb_work_book *book, int64_t now_ms)
{
    for (size_t c = 0; c < WPB_BOOK_COUNTERS; c++)
        wpb_track_clear(&book->tracks[c]);
    while (book->count && book->rows[book->count - 1].start_ms > now_ms)
        book->count--;
}
