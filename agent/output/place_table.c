#include "agent/output/place_table.h"

#include "agent/base/text.h"

/* Where the site's keys are stands with the sites, too: it may be left out here. */
void wpb_place_table_heading(struct wpb_page *page, const char *title, const char *site,
                             struct wpb_slice scope)
{
    struct wpb_buf line;
    size_t site_len;
    wpb_buf_init(&line, 0);
    wpb_text_terminal(&line, wpb_slice_cstr(site));
    site_len = line.len;
    wpb_buf_text(&line, ", ");
    wpb_text_terminal(&line, scope);
    if (strlen(title) + 2 + wpb_text_columns(wpb_buf_view(&line)) > page->columns)
        line.len = site_len;
    wpb_page_blank(page);
    wpb_page_ink(page, WPB_INK_BOLD, wpb_slice_cstr(title));
    wpb_buf_text(page->out, "  ");
    wpb_buf_slice(page->out, wpb_buf_view(&line));
    wpb_page_end_line(page);
    wpb_buf_fini(&line);
}

void wpb_place_table_bytes(struct wpb_table *table, uint64_t bytes)
{
    wpb_text_bytes(wpb_table_cell(table), bytes);
    wpb_table_next(table);
}

void wpb_place_table_count(struct wpb_table *table, uint64_t count)
{
    wpb_text_count(wpb_table_cell(table), count);
    wpb_table_next(table);
}

void wpb_place_table_name(struct wpb_table *table, struct wpb_slice name)
{
    if (name.len)
        wpb_text_terminal_name(wpb_table_cell(table), name);
    else
        wpb_buf_text(wpb_table_cell(table), "(no name)");
    wpb_table_next(table);
}
