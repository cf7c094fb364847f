/*
 * place_table.h - a table of what is at one place: a site's Redis or its database.
 *
 * Its heading, and the cells that such tables are made of. Pure, one thread.
 */
#ifndef WPB_OUTPUT_PLACE_TABLE_H
#define WPB_OUTPUT_PLACE_TABLE_H

#include <stdint.h>

#include "agent/output/table.h"

/* "Largest keys  shop, redis://..."; the scope only where it fits. */
void wpb_place_table_heading(struct wpb_page *page, const char *title, const char *site,
                             struct wpb_slice scope);

/* The next cell: a size, a count, a stranger's name. */
void wpb_place_table_bytes(struct wpb_table *table, uint64_t bytes);
void wpb_place_table_count(struct wpb_table *table, uint64_t count);
void wpb_place_table_name(struct wpb_table *table, struct wpb_slice name);

#endif
