#include "agent/base/text.h"
#include "agent/output/cause_text.h"
#include "agent/output/explain.h"
#include "agent/output/table.h"

#define INDENT 2
#define LABEL_COLUMNS 21
#define MANY_ENTRIES 100

static void print_head(struct wpb_page *page, const struct wpb_explanation *explanation,
                       struct wpb_buf *line)
{
    wpb_text_terminal_name(line, explanation->name);
    if (explanation->row && explanation->row->post.len) {
        wpb_buf_text(line, " of post ");
        wpb_text_terminal(line, explanation->row->post);
    }
    wpb_page_ink(page, WPB_INK_BOLD, wpb_buf_view(line));
    wpb_page_end_line(page);
    if (explanation->scope.len) {
        wpb_buf_clear(line);
        wpb_buf_text(line, "in ");
        wpb_text_terminal(line, explanation->scope);
        wpb_page_verbatim(page, 0, wpb_buf_view(line));
    }
    wpb_page_blank(page);
}

static void print_wrapper(struct wpb_page *page, struct wpb_slice wrapper)
{
    static const struct {
        const char *name, *words;
    } rows[] = {
        {"litespeed", "by LiteSpeed Cache"},
        {"w3tc", "by W3 Total Cache, with the versions of its group"},
        {"salted", "by WordPress, with the time it is valid for"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (wpb_slice_is(wrapper, rows[i].name))
            wpb_page_entry(page, INDENT, WPB_INK_PLAIN, "wrapped", LABEL_COLUMNS,
                           wpb_slice_cstr(rows[i].words));
    }
}

static void print_row(struct wpb_page *page, const struct wpb_explanation *explanation,
                      struct wpb_buf *line)
{
    const struct wpb_explained_row *row = explanation->row;

    if (!row)
        return;
    if (row->has_autoloaded)
        wpb_page_entry(page, INDENT, WPB_INK_PLAIN, "loaded", LABEL_COLUMNS,
                       wpb_slice_cstr(row->is_autoloaded ? "by every request (autoload)"
                                                         : "when asked for"));
    if (row->builder.len) {
        wpb_buf_clear(line);
        wpb_text_terminal(line, row->builder);
        wpb_buf_text(line, ", ");
        wpb_text_terminal(line, row->role);
        wpb_page_entry(page, INDENT, WPB_INK_PLAIN, "page builder", LABEL_COLUMNS,
                       wpb_buf_view(line));
    }
    if (row->has_widgets) {
        wpb_buf_clear(line);
        wpb_text_count(line, row->widgets);
        wpb_page_entry(page, INDENT, WPB_INK_PLAIN, "elements of the page", LABEL_COLUMNS,
                       wpb_buf_view(line));
    }
    if (row->bytes != explanation->value_bytes) {
        wpb_buf_clear(line);
        wpb_text_bytes(line, row->bytes);
        wpb_buf_text(line, ", in another character set");
        wpb_page_entry(page, INDENT, WPB_INK_PLAIN, "in the table", LABEL_COLUMNS,
                       wpb_buf_view(line));
    }
}

static void print_sizes(struct wpb_page *page, const struct wpb_explanation *explanation,
                        struct wpb_buf *line)
{
    wpb_buf_clear(line);
    wpb_text_terminal(line, explanation->encoding.len ? explanation->encoding
                                                      : wpb_slice_cstr("unknown"));
    wpb_page_entry(page, INDENT, WPB_INK_PLAIN, "encoding", LABEL_COLUMNS,
                   wpb_buf_view(line));
    print_wrapper(page, explanation->wrapper);

    wpb_buf_clear(line);
    wpb_text_bytes(line, explanation->value_bytes);
    if (explanation->value_bytes >= 1000) {
        wpb_buf_text(line, " (");
        wpb_text_count(line, explanation->value_bytes);
        wpb_buf_text(line, " bytes)");
    }
    if (explanation->examined_bytes < explanation->value_bytes) {
        wpb_buf_text(line, ", of which ");
        wpb_text_bytes(line, explanation->examined_bytes);
        wpb_buf_text(line, " were read");
    }
    wpb_page_entry(page, INDENT, WPB_INK_PLAIN, "size", LABEL_COLUMNS,
                   wpb_buf_view(line));
    if (explanation->decoded_bytes) {
        wpb_buf_clear(line);
        wpb_text_bytes(line, explanation->decoded_bytes);
        wpb_page_entry(page, INDENT, WPB_INK_PLAIN, "expanded", LABEL_COLUMNS,
                       wpb_buf_view(line));
    }

    wpb_buf_clear(line);
    if (explanation->has_entries) {
        wpb_text_count(line, explanation->entries);
        wpb_page_entry(page, INDENT, WPB_INK_PLAIN, "entries", LABEL_COLUMNS,
                       wpb_buf_view(line));
    }
    wpb_buf_clear(line);
    if (explanation->has_memory_bytes) {
        wpb_text_bytes(line, explanation->memory_bytes);
        wpb_page_entry(page, INDENT, WPB_INK_PLAIN, "memory in Redis", LABEL_COLUMNS,
                       wpb_buf_view(line));
    }
    wpb_buf_clear(line);
    if (explanation->has_ttl) {
        wpb_text_ttl(line, explanation->ttl_seconds);
        wpb_page_entry(page, INDENT, WPB_INK_PLAIN, "lifetime", LABEL_COLUMNS,
                       wpb_buf_view(line));
    }
}

static void print_php_row(struct wpb_page *page,
                          const struct wpb_explanation *explanation, const char *label,
                          uint64_t bytes, struct wpb_buf *line)
{
    uint64_t limit = explanation->memory_limit_bytes;
    wpb_buf_clear(line);
    wpb_text_bytes(line, bytes);
    if (limit && limit != UINT64_MAX) {
        double percent = (double)bytes / (double)limit * 100;
        if (percent < 1)
            wpb_buf_text(line, ", less than 1 % of memory_limit");
        else
            wpb_buf_printf(line, ", %.0f %% of memory_limit", percent);
    }
    wpb_page_entry(page, INDENT, WPB_INK_PLAIN, label, LABEL_COLUMNS, wpb_buf_view(line));
}

static void print_php(struct wpb_page *page, const struct wpb_explanation *explanation,
                      struct wpb_buf *line)
{
    if (!explanation->has_cost)
        return;
    wpb_buf_clear(line);
    wpb_buf_printf(line, "Memory in PHP %u.%u%s", explanation->php_version / 10000,
                   explanation->php_version / 100 % 100,
                   explanation->provenance == WPB_EXACT ? "" : " (estimated)");
    wpb_page_heading(page, line->data);
    print_php_row(page, explanation, "the value holds", explanation->php_value_bytes,
                  line);
    print_php_row(page, explanation, "to load it", explanation->php_read_peak_bytes,
                  line);
    print_php_row(page, explanation, explanation->row ? "to change it" : "to add a name",
                  explanation->php_rewrite_peak_bytes, line);
    wpb_buf_clear(line);
    if (explanation->memory_limit_bytes == UINT64_MAX)
        wpb_buf_text(line, "unlimited");
    else if (explanation->memory_limit_bytes)
        wpb_text_bytes(line, explanation->memory_limit_bytes);
    else
        wpb_buf_text(line, "unknown");
    wpb_page_entry(page, INDENT, WPB_INK_PLAIN, "memory_limit", LABEL_COLUMNS,
                   wpb_buf_view(line));
}

static void print_paths(struct wpb_page *page, const struct wpb_explanation *explanation)
{
    static const struct wpb_table_column columns[] = {
        {"path", false, true},
        {"type", false, false},
        {"entries", true, false},
        {"size", true, false},
    };
    if (explanation->path_count == 0) {
        if (explanation->row && explanation->entries >= MANY_ENTRIES &&
            !explanation->family_count && !explanation->flaw.len) {
            wpb_page_blank(page);
            wpb_page_paragraph(page, INDENT,
                               wpb_slice_cstr("No part of it stands out: it is the "
                                              "number of its entries."));
        }
        return;
    }
    struct wpb_table table;
    wpb_table_init(&table, columns, 4);
    for (size_t i = 0; i < explanation->path_count; i++) {
        const struct wpb_explained_path *path = &explanation->paths[i];
        if (path->path.len)
            wpb_text_terminal_name(wpb_table_cell(&table), path->path);
        else
            wpb_buf_text(wpb_table_cell(&table), "(all of it)");
        wpb_table_next(&table);
        wpb_text_terminal(wpb_table_cell(&table), path->type);
        wpb_table_next(&table);
        wpb_text_count(wpb_table_cell(&table), path->entries);
        wpb_table_next(&table);
        wpb_text_bytes(wpb_table_cell(&table), path->bytes);
        wpb_table_next(&table);
    }
    wpb_page_heading(page, "Heaviest parts");
    wpb_table_print(&table, page, INDENT);
    wpb_table_fini(&table);
}

/* The few fixed names of an array's members are no families. */
static bool has_families(const struct wpb_explanation *explanation)
{
    for (size_t i = 0; i < explanation->family_count; i++) {
        if (explanation->families[i].names > 1)
            return true;
    }
    return false;
}

void wpb_output_explain_text(const struct wpb_explanation *explanation,
                             const struct wpb_text_style *style, struct wpb_buf *out)
{
    struct wpb_page page = wpb_page_of(style, out);
    struct wpb_buf line;
    wpb_buf_init(&line, 0);
    print_head(&page, explanation, &line);
    print_sizes(&page, explanation, &line);
    print_row(&page, explanation, &line);
    if (explanation->flaw.len) {
        wpb_buf_clear(&line);
        wpb_text_terminal(&line, explanation->flaw);
        wpb_page_entry(&page, INDENT, WPB_INK_PLAIN, "not taken apart", LABEL_COLUMNS,
                       wpb_buf_view(&line));
    }
    print_php(&page, explanation, &line);
    print_paths(&page, explanation);
    if (has_families(explanation)) {
        wpb_page_heading(&page, "Names in it, by family");
        wpb_cause_text_families(&page, INDENT, explanation->families,
                                explanation->family_count);
    }
    wpb_buf_fini(&line);
}
