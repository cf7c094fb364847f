#include "agent/analyse/work_routes.h"

#include <math.h>

/* Which classes have a column of their own. */
struct columns {
    size_t count;
    unsigned class_index[WPB_ROUTE_COSTS_MAX];
    size_t of_class[WPB_WORK_CLASSES]; /* the column, 1 on */
};

static void count_classes(const struct wpb_book_row *rows, size_t count,
                          double requests[WPB_WORK_CLASSES])
{
    for (size_t c = 0; c < WPB_WORK_CLASSES; c++)
        requests[c] = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t c = 0; c < WPB_WORK_CLASSES; c++)
            requests[c] += (double)rows[i].class_requests[c];
    }
}

/* The class with most requests among those that have no column yet. */
static unsigned largest(const double requests[WPB_WORK_CLASSES],
                        const struct columns *columns)
{
    unsigned best = WPB_WORK_CLASSES;

    for (unsigned c = 0; c < WPB_WORK_CLASSES; c++) {
        if (!columns->of_class[c] && requests[c] > 0 &&
            (best == WPB_WORK_CLASSES || requests[c] > requests[best]))
            best = c;
    }
    return best;
}

static void choose_columns(const struct wpb_book_row *rows, size_t count,
                           struct columns *columns)
{
    double requests[WPB_WORK_CLASSES], all = 0;
    bool has_others = false;

    *columns = (struct columns){0};
    count_classes(rows, count, requests);
    for (size_t c = 0; c < WPB_WORK_CLASSES; c++)
        all += requests[c];
    while (columns->count < WPB_ROUTE_COSTS_MAX - 1) {
        unsigned c = largest(requests, columns);
        if (c == WPB_WORK_CLASSES || requests[c] < WPB_ROUTE_COSTS_SHARE_MIN * all)
            break;
        columns->class_index[columns->count++] = c;
        columns->of_class[c] = columns->count;
    }
    for (unsigned c = 0; c < WPB_WORK_CLASSES; c++) {
        if (columns->of_class[c] || requests[c] <= 0)
            continue;
        has_others = true;
        columns->of_class[c] = columns->count + 1;
    }
    if (has_others)
        columns->class_index[columns->count++] = WPB_WORK_CLASSES;
}

static double total_of(const struct wpb_book_row *row, enum wpb_quantity quantity)
{
    switch (quantity) {
    case WPB_QUANTITY_QUERIES:
        return (double)row->column[WPB_BOOK_QUERIES];
    case WPB_QUANTITY_ROWS_EXAMINED:
        return (double)row->column[WPB_BOOK_ROWS_EXAMINED];
    case WPB_QUANTITY_ROW_LOCK_SECONDS:
        return (double)row->column[WPB_BOOK_LOCK_WAIT_S];
    case WPB_QUANTITY_CACHE_COMMANDS:
        return (double)row->column[WPB_BOOK_CACHE_COMMANDS];
    case WPB_QUANTITY_CACHE_BYTES_OUT:
        return (double)row->column[WPB_BOOK_CACHE_BYTES_OUT];
    case WPB_QUANTITY_CACHE_BYTES_IN:
        return (double)row->column[WPB_BOOK_CACHE_BYTES_IN];
    default:
        return NAN; /* the log tells it */
    }
}

static void add_row(struct wpb_least_squares *problem, const struct columns *columns,
                    const struct wpb_book_row *row, double total)
{
    double values[WPB_LEAST_SQUARES_MAX] = {row->length_s};

    for (size_t c = 0; c < WPB_WORK_CLASSES; c++)
        values[columns->of_class[c]] +=
            columns->of_class[c] ? (double)row->class_requests[c] : 0;
    wpb_least_squares_add(problem, values, total, 1 / (double)row->requests);
}

void wpb_route_costs_of(const struct wpb_work_book *book, enum wpb_quantity quantity,
                        struct wpb_route_costs *costs)
{
    size_t count;
    const struct wpb_book_row *rows = wpb_work_book_rows(book, &count);
    struct wpb_least_squares problem;
    struct columns columns;
    struct wpb_nnls nnls;

    *costs = (struct wpb_route_costs){.refusal = WPB_WORK_NOT_MEASURED};
    choose_columns(rows, count, &columns);
    if (!columns.count)
        return;
    wpb_least_squares_begin(&problem, columns.count + 1);
    for (size_t i = 0; i < count; i++) {
        double total = total_of(&rows[i], quantity);
        if (isfinite(total) && rows[i].requests > 0)
            add_row(&problem, &columns, &rows[i], total);
    }
    if (!problem.rows)
        return;
    wpb_nnls_solve(&problem, &nnls);
    costs->refusal = nnls.refusal;
    costs->count = columns.count;
    for (size_t j = 0; j < columns.count; j++)
        costs->costs[j] = (struct wpb_route_cost){
            .class_index = columns.class_index[j],
            .refusal = nnls.refusal ? nnls.refusal : nnls.column_refusal[j + 1],
            .per_request = nnls.coefficient[j + 1],
            .error = nnls.error[j + 1]};
}
