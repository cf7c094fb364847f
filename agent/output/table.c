#include "agent/output/table.h"

#include <assert.h>

#include "agent/base/text.h"

#define GAP 2
#define FLEXIBLE_MIN 16

void wpb_table_init(struct wpb_table *table, const struct wpb_table_column *columns,
                    size_t column_count)
{
    assert(column_count > 0 && column_count <= WPB_TABLE_COLUMNS_MAX);
    table->columns = columns;
    table->column_count = column_count;
    wpb_buf_init(&table->cells, 0);
}

void wpb_table_fini(struct wpb_table *table)
{
    wpb_buf_fini(&table->cells);
}

struct wpb_buf *wpb_table_cell(struct wpb_table *table)
{
    return &table->cells;
}

void wpb_table_next(struct wpb_table *table)
{
    wpb_buf_char(&table->cells, '\n');
}

/* Take the next cell off *REST; false at the end. */
static bool next_cell(struct wpb_slice *rest, struct wpb_slice *cell)
{
    const char *end = rest->len ? memchr(rest->data, '\n', rest->len) : NULL;
    if (!end)
        return false;
    size_t len = (size_t)(end - rest->data);
    *cell = wpb_slice_head(*rest, len);
    *rest = wpb_slice_skip(*rest, len + 1);
    return true;
}

static void measure(const struct wpb_table *table, size_t *widths)
{
    for (size_t i = 0; i < table->column_count; i++)
        widths[i] = wpb_text_columns(wpb_slice_cstr(table->columns[i].title));
    struct wpb_slice rest = wpb_buf_view(&table->cells), cell;
    for (size_t i = 0; next_cell(&rest, &cell); i = (i + 1) % table->column_count) {
        size_t width = wpb_text_columns(cell);
        if (width > widths[i])
            widths[i] = width;
    }
}

static void narrow(const struct wpb_table *table, size_t room, size_t *widths)
{
    size_t total = GAP * (table->column_count - 1);
    for (size_t i = 0; i < table->column_count; i++)
        total += widths[i];
    for (size_t i = 0; i < table->column_count && total > room; i++) {
        if (!table->columns[i].is_flexible)
            continue;
        size_t excess = total - room;
        size_t most = widths[i] > FLEXIBLE_MIN ? widths[i] - FLEXIBLE_MIN : 0;
        size_t less = excess < most ? excess : most;
        widths[i] -= less;
        total -= less;
    }
}

static void print_cell(const struct wpb_table *table, struct wpb_page *page, size_t i,
                       size_t width, struct wpb_slice cell)
{
    struct wpb_buf shown;
    wpb_buf_init(&shown, 0);
    wpb_page_elide(&shown, cell, width);
    size_t columns = wpb_text_columns(wpb_buf_view(&shown));
    size_t padding = columns < width ? width - columns : 0;
    if (table->columns[i].is_number)
        wpb_buf_repeat(page->out, ' ', padding);
    wpb_buf_slice(page->out, wpb_buf_view(&shown));
    if (!table->columns[i].is_number)
        wpb_buf_repeat(page->out, ' ', padding);
    wpb_buf_fini(&shown);
}

void wpb_table_print(const struct wpb_table *table, struct wpb_page *page, size_t indent)
{
    size_t widths[WPB_TABLE_COLUMNS_MAX];
    measure(table, widths);
    narrow(table, page->columns > indent ? page->columns - indent : 0, widths);

    for (size_t i = 0; i < table->column_count; i++) {
        wpb_buf_repeat(page->out, ' ', i ? GAP : indent);
        print_cell(table, page, i, widths[i], wpb_slice_cstr(table->columns[i].title));
    }
    wpb_page_end_line(page);

    struct wpb_slice rest = wpb_buf_view(&table->cells), cell;
    for (size_t i = 0; next_cell(&rest, &cell); i = (i + 1) % table->column_count) {
        wpb_buf_repeat(page->out, ' ', i ? GAP : indent);
        print_cell(table, page, i, widths[i], cell);
        if (i + 1 == table->column_count)
            wpb_page_end_line(page);
    }
}
