#include "agent/output/requests_text.h"

#include <math.h>

#include "agent/base/text.h"
#include "agent/output/place_table.h"

#define INDENT 2

/* "0.6/s", "15/s"; nothing of what is not known. */
static void add_rate(struct wpb_table *table, double rate)
{
    if (isfinite(rate))
        wpb_buf_printf(wpb_table_cell(table), rate < 9.95 ? "%.1f/s" : "%.0f/s", rate);
    wpb_table_next(table);
}

static void add_seconds(struct wpb_table *table, double seconds)
{
    if (isfinite(seconds) && seconds < 0.9995)
        wpb_buf_printf(wpb_table_cell(table), "%.0f ms", seconds * 1000);
    else if (isfinite(seconds))
        wpb_buf_printf(wpb_table_cell(table), "%.1f s", seconds);
    wpb_table_next(table);
}

static void add_count_if(struct wpb_table *table, bool is_known, uint64_t count)
{
    if (is_known)
        wpb_text_count(wpb_table_cell(table), count);
    wpb_table_next(table);
}

/* "lock", "php workers"; why nothing is told of others. */
static void add_word(struct wpb_table *table, struct wpb_slice word)
{
    struct wpb_buf *cell = wpb_table_cell(table);

    for (size_t i = 0; i < word.len; i++)
        wpb_buf_char(cell, word.data[i] == '_' ? ' ' : word.data[i]);
    wpb_table_next(table);
}

static void add_pool(struct wpb_table *table, const struct wpb_pool_row *row)
{
    wpb_place_table_name(table, row->pool);
    add_count_if(table, row->has_workers, row->workers);
    add_count_if(table, row->has_queue, row->accept_queue);
    add_rate(table, row->requests_per_second);
    add_rate(table, row->busiest_per_second);
    add_seconds(table, row->service_seconds);
    add_rate(table, row->capacity_per_second);
    add_word(table, row->bottleneck.len ? row->bottleneck : row->refusal);
}

static void print_pools(struct wpb_page *page, const struct wpb_requests_report *requests)
{
    static const struct wpb_table_column columns[] = {
        {"pool", false, true},        {"workers", true, false},
        {"waiting", true, false},     {"lately", true, false},
        {"busiest", true, false},     {"each takes", true, false},
        {"breaks near", true, false}, {"by", false, false},
    };
    struct wpb_table table;

    if (!requests->pool_count)
        return;
    wpb_page_heading(page, "Requests to PHP");
    wpb_table_init(&table, columns, 8);
    for (size_t i = 0; i < requests->pool_count; i++)
        add_pool(&table, &requests->pools[i]);
    wpb_table_print(&table, page, INDENT);
    wpb_table_fini(&table);
}

static void add_share(struct wpb_table *table, double ratio)
{
    if (ratio < 0.01)
        wpb_buf_text(wpb_table_cell(table), "< 1 %");
    else
        wpb_buf_printf(wpb_table_cell(table), "%.0f %%", ratio * 100);
    wpb_table_next(table);
}

static void add_number(struct wpb_table *table, double number)
{
    if (isfinite(number))
        wpb_buf_printf(wpb_table_cell(table), "%.0f", number);
    wpb_table_next(table);
}

static void add_route(struct wpb_table *table, const struct wpb_route_row *row)
{
    add_word(table, row->route);
    add_share(table, row->share_ratio);
    add_seconds(table, row->service_seconds);
    if (row->has_peak && row->peak_bytes)
        wpb_text_bytes(wpb_table_cell(table), row->peak_bytes);
    wpb_table_next(table);
    add_number(table, row->queries);
}

static void print_routes(struct wpb_page *page, const struct wpb_pool_row *pool,
                         const struct wpb_requests_report *requests)
{
    static const struct wpb_table_column columns[] = {
        {"kind of page", false, true}, {"share", true, false},
        {"each takes", true, false},   {"PHP memory", true, false},
        {"queries", true, false},
    };
    struct wpb_table table;
    size_t rows = 0;

    wpb_table_init(&table, columns, 5);
    for (size_t i = 0; i < requests->route_count; i++) {
        const struct wpb_route_row *row = &requests->routes[i];
        if (!wpb_slice_equal(row->pool, pool->pool) ||
            !wpb_slice_equal(row->scope, pool->scope))
            continue;
        add_route(&table, row);
        rows++;
    }
    if (rows) {
        wpb_place_table_heading(page, "Kinds of pages", pool->site, pool->pool);
        wpb_table_print(&table, page, INDENT);
    }
    wpb_table_fini(&table);
}

void wpb_requests_text(struct wpb_page *page, const struct wpb_report *report)
{
    print_pools(page, &report->requests);
    for (size_t i = 0; i < report->requests.pool_count; i++)
        print_routes(page, &report->requests.pools[i], &report->requests);
}
