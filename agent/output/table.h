/*
 * table.h - aligned columns that fit the page.
 *
 * Cells are added row by row, already escaped for a terminal; the table is
 * printed once. One column, the first flexible one, gives way when the page is
 * too narrow: its cells lose their middle. One thread.
 */
#ifndef WPB_OUTPUT_TABLE_H
#define WPB_OUTPUT_TABLE_H

#include "agent/output/page.h"

#define WPB_TABLE_COLUMNS_MAX 10

struct wpb_table_column {
    const char *title;
    bool is_number;   /* aligned to the right */
    bool is_flexible; /* elided when the page is too narrow */
};

struct wpb_table {
    const struct wpb_table_column *columns;
    size_t column_count;
    struct wpb_buf cells; /* each cell ends in a newline, which no cell can hold */
};

/* An empty table. COLUMNS (at most WPB_TABLE_COLUMNS_MAX) must outlive it. */
void wpb_table_init(struct wpb_table *table, const struct wpb_table_column *columns,
                    size_t column_count);
void wpb_table_fini(struct wpb_table *table);

/* The buffer to append the next cell's text to; end it with wpb_table_next(). */
struct wpb_buf *wpb_table_cell(struct wpb_table *table);
void wpb_table_next(struct wpb_table *table);

/* Titles and rows, INDENT columns from the left. */
void wpb_table_print(const struct wpb_table *table, struct wpb_page *page, size_t indent);

#endif
