#include "probes/requests/work_rows.h"

#include <math.h>
#include <stdlib.h>

/* Counts of the two logs may differ so much: requests that ended around a window's edge,
 * and those that one of them does not see, such as the status page. */
#define DIFFER_RATIO 0.05
#define DIFFER_REQUESTS 2.0

void wpb_work_rows_init(struct wpb_work_rows *rows)
{
    *rows = (struct wpb_work_rows){.count = 0};
}

void wpb_work_rows_fini(struct wpb_work_rows *rows)
{
    free(rows->rows);
    free(rows->web);
    wpb_work_rows_init(rows);
}

/* Room for one more of SIZE bytes in *ITEMS; false when there is none. */
static bool grow(void **items, size_t count, size_t *capacity, size_t size)
{
    size_t wanted = *capacity ? *capacity * 2 : 64;
    void *grown;

    if (count < *capacity)
        return true;
    if (count >= WPB_WORK_ROWS_MAX)
        return false;
    grown = realloc(*items, wanted * size);
    if (!grown)
        return false;
    *items = grown;
    *capacity = wanted;
    return true;
}

/* ---- the web server's ---- */

static void forget_web(struct wpb_work_rows *rows, size_t count)
{
    rows->web_count -= count;
    memmove(rows->web, rows->web + count, rows->web_count * sizeof *rows->web);
}

void wpb_work_rows_note_web(struct wpb_work_rows *rows,
                            const struct wpb_request_window *window)
{
    void *items = rows->web;

    if (rows->web_count == WPB_WORK_ROWS_MAX)
        forget_web(rows, WPB_WORK_ROWS_MAX / 4);
    if (!grow(&items, rows->web_count, &rows->web_capacity, sizeof *rows->web)) {
        rows->dropped++;
        return;
    }
    rows->web = items;
    rows->web[rows->web_count++] =
        (struct wpb_work_web){window->start_us, window->timed, window->busy_s};
}

/* What the web server told of the window at START_US; what is older is forgotten. */
static bool take_web(struct wpb_work_rows *rows, int64_t start_us,
                     struct wpb_work_web *web)
{
    size_t older = 0;

    while (older < rows->web_count && rows->web[older].start_us < start_us)
        older++;
    if (older)
        forget_web(rows, older);
    if (rows->web_count == 0 || rows->web[0].start_us != start_us)
        return false;
    *web = rows->web[0];
    return true;
}

static void tell_wait(struct wpb_work_rows *rows, const struct wpb_request_window *window,
                      struct wpb_work_row *row)
{
    struct wpb_work_web web;

    if (!take_web(rows, window->start_us, &web) || web.timed == 0 || window->timed == 0 ||
        fabs((double)web.timed - row->timed) >
            DIFFER_REQUESTS + DIFFER_RATIO * row->timed)
        return;
    double wait_s = web.busy_s / (double)web.timed - row->busy_s / row->timed;
    /* The logs resolve milliseconds: a difference below nothing is nothing. */
    row->queue_wait_s = wait_s > 0 ? wait_s * row->timed : 0;
    row->queued = row->timed;
}

/* ---- rows ---- */

static struct wpb_work_row row_of(const struct wpb_request_window *window)
{
    struct wpb_work_row row = {.start_ms = window->start_us / 1000,
                               .length_s = window->length_s,
                               .requests = (double)window->requests,
                               .timed = (double)window->timed,
                               .busy_s = window->busy_s,
                               .seen = window->seen,
                               .cpu_s = NAN,
                               .queue_wait_s = NAN,
                               .queries = NAN};
    uint64_t with_cpu = 0, with_queries = 0, queries = 0;
    double cpu_s = 0;

    _Static_assert(WPB_ROUTES <= WPB_WORK_CLASSES, "each route has a place in a row");
    for (size_t i = 0; i < WPB_ROUTES; i++) {
        const struct wpb_request_class *class = &window->classes[i];
        row.failed += (double)class->failed;
        row.busy_squared_s2 += class->busy_squared_s2;
        row.class_requests[i] = (float)class->requests;
        row.class_busy_s[i] = (float)class->busy_s;
        with_cpu += class->with_cpu;
        cpu_s += class->cpu_s;
        with_queries += class->with_queries;
        queries += class->queries;
    }
    if (with_cpu)
        row.cpu_s = cpu_s;
    if (with_queries)
        row.queries = (double)queries;
    return row;
}

void wpb_work_rows_add(struct wpb_work_rows *rows,
                       const struct wpb_request_window *window)
{
    void *items = rows->rows;

    if (!grow(&items, rows->count, &rows->capacity, sizeof *rows->rows)) {
        rows->dropped++;
        return;
    }
    rows->rows = items;
    struct wpb_work_row *row = &rows->rows[rows->count++];
    *row = row_of(window);
    tell_wait(rows, window, row);
}

void wpb_work_rows_clear(struct wpb_work_rows *rows)
{
    free(rows->rows);
    rows->rows = NULL;
    rows->count = rows->capacity = 0;
}
