#include "agent/output/database_text.h"

#include "agent/base/mysql_address.h"
#include "agent/base/text.h"
#include "agent/output/place_table.h"

#define INDENT 2
/* Of each table and site; the JSON has more. */
#define ROWS_SHOWN 8
#define WORD_COLUMNS 24
#define OPTION_BYTES_SHOWN 1024
/* Fewer orphans are nobody's trouble. A lookup table may hold drafts, too, and so more
 * rows than there are products; one that lacks a part in so many leaves them out of
 * filters. */
#define ORPHANS_SHOWN 1000
#define LOOKUP_TOLERANCE 50

/* A table as it is filled: whose, and how much of it is there already. */
struct listing {
    struct wpb_table table;
    const char *site;
    struct wpb_slice scope;
    size_t rows;
};

static struct listing open_listing(const struct wpb_table_column *columns, size_t count,
                                   const char *site)
{
    struct listing listing = {.site = site};
    wpb_table_init(&listing.table, columns, count);
    return listing;
}

static bool takes(struct listing *listing, const char *site, struct wpb_slice scope)
{
    if (listing->rows == ROWS_SHOWN || strcmp(listing->site, site) != 0)
        return false;
    listing->scope = scope;
    listing->rows++;
    return true;
}

static void close_listing(struct listing *listing, struct wpb_page *page,
                          const char *title)
{
    if (listing->rows) {
        wpb_place_table_heading(page, title, listing->site, listing->scope);
        wpb_table_print(&listing->table, page, INDENT);
    }
    wpb_table_fini(&listing->table);
}

/* What is not known is left out. */
static void add_bytes_if(struct wpb_table *table, bool is_known, uint64_t bytes)
{
    if (is_known)
        wpb_text_bytes(wpb_table_cell(table), bytes);
    wpb_table_next(table);
}

/* One of a few words, as long as nobody means harm. */
static void add_word(struct wpb_table *table, struct wpb_slice text)
{
    struct wpb_buf safe;
    wpb_buf_init(&safe, 0);
    wpb_text_terminal_name(&safe, text);
    wpb_page_elide(wpb_table_cell(table), wpb_buf_view(&safe), WORD_COLUMNS);
    wpb_table_next(table);
    wpb_buf_fini(&safe);
}

static void print_posts(struct wpb_page *page, const struct wpb_report *report,
                        const char *site)
{
    static const struct wpb_table_column columns[] = {
        {"post", true, false},    {"type", false, false},    {"status", false, false},
        {"address", false, true}, {"in MySQL", true, false}, {"in Redis", true, false},
    };
    struct listing listing = open_listing(columns, 6, site);
    for (size_t i = 0; i < report->database.post_count; i++) {
        const struct wpb_post_row *row = &report->database.posts[i];
        if (!takes(&listing, row->site, row->scope))
            continue;
        add_word(&listing.table, row->post_id);
        add_word(&listing.table, row->type);
        add_word(&listing.table, row->status);
        wpb_text_terminal_name(wpb_table_cell(&listing.table), row->path);
        wpb_table_next(&listing.table);
        add_bytes_if(&listing.table, row->has_row_bytes, row->row_bytes);
        add_bytes_if(&listing.table, row->has_entry_bytes, row->entry_bytes);
    }
    close_listing(&listing, page, "Heaviest posts, all meta");
}

/* "10.4 MiB to 13.9 MiB"; nothing when it is no more than a point. */
static void add_interval(struct wpb_table *table, const struct wpb_meta_key_row *row)
{
    struct wpb_buf *cell = wpb_table_cell(table);
    if (row->has_interval && row->row_bytes_low < row->row_bytes_high) {
        wpb_text_bytes(cell, row->row_bytes_low);
        wpb_buf_text(cell, " to ");
        wpb_text_bytes(cell, row->row_bytes_high);
    }
    wpb_table_next(table);
}

static void add_builder(struct wpb_table *table, const struct wpb_meta_key_row *row)
{
    struct wpb_buf words;
    wpb_buf_init(&words, 0);
    wpb_buf_slice(&words, row->builder);
    if (row->builder.len && row->role.len)
        wpb_buf_char(&words, ' ');
    wpb_buf_slice(&words, row->role);
    add_word(table, wpb_buf_view(&words));
    wpb_buf_fini(&words);
}

static void print_meta_keys(struct wpb_page *page, const struct wpb_report *report,
                            const char *site)
{
    static const struct wpb_table_column columns[] = {
        {"meta key", false, true}, {"whose", false, false},  {"rows", true, false},
        {"size", true, false},     {"between", true, false},
    };
    struct listing listing = open_listing(columns, 5, site);
    bool is_sampled = false, has_others = false;
    for (size_t i = 0; i < report->database.meta_key_count; i++) {
        const struct wpb_meta_key_row *row = &report->database.meta_keys[i];
        bool is_exact = row->provenance == WPB_EXACT;
        bool is_trifle = !row->has_bytes && wpb_slice_is(row->role, "settings");
        if (is_trifle || !takes(&listing, row->site, row->scope))
            continue;
        has_others |= row->builder.len == 0;
        wpb_place_table_name(&listing.table, row->meta_key);
        add_builder(&listing.table, row);
        if (row->has_rows)
            wpb_text_count(wpb_table_cell(&listing.table), row->rows);
        wpb_table_next(&listing.table);
        if (row->has_bytes && !is_exact)
            wpb_buf_char(wpb_table_cell(&listing.table), '~');
        is_sampled |= row->has_bytes && !is_exact;
        add_bytes_if(&listing.table, row->has_bytes, row->row_bytes);
        add_interval(&listing.table, row);
    }
    close_listing(&listing, page, has_others ? "Meta keys" : "Page builders' meta");
    if (is_sampled)
        wpb_page_paragraph(page, INDENT,
                           wpb_slice_cstr("~ Estimated from a sample of the rows; the "
                                          "truth most likely lies between the two."));
}

static void print_options(struct wpb_page *page, const struct wpb_report *report,
                          const char *site)
{
    static const struct wpb_table_column columns[] = {
        {"option", false, true},
        {"size", true, false},
        {"loaded", false, false},
    };
    struct listing listing = open_listing(columns, 3, site);
    for (size_t i = 0; i < report->database.option_count; i++) {
        const struct wpb_option_row *row = &report->database.options[i];
        if (row->row_bytes < OPTION_BYTES_SHOWN ||
            !takes(&listing, row->site, row->scope))
            continue;
        wpb_place_table_name(&listing.table, row->option);
        wpb_place_table_bytes(&listing.table, row->row_bytes);
        wpb_buf_text(wpb_table_cell(&listing.table), !row->has_autoloaded ? "unknown"
                                                     : row->is_autoloaded
                                                         ? "by every request"
                                                         : "when asked for");
        wpb_table_next(&listing.table);
    }
    close_listing(&listing, page, "Largest options");
}

static void print_orphans(struct wpb_page *page, const struct wpb_table_row *row)
{
    struct wpb_buf line;

    if (!row->has_orphans || row->orphan_rows < ORPHANS_SHOWN)
        return;
    wpb_buf_init(&line, 0);
    if (row->are_orphans_sampled)
        wpb_buf_text(&line, "About ");
    wpb_text_count(&line, row->orphan_rows);
    wpb_buf_text(&line, " rows of ");
    wpb_text_terminal_name(&line, row->table);
    wpb_buf_text(&line, " belong to posts that are gone: no page reads them, backups and "
                        "searches through the whole table do.");
    wpb_page_paragraph(page, INDENT, wpb_buf_view(&line));
    wpb_buf_fini(&line);
}

static void print_lookup(struct wpb_page *page, const struct wpb_table_row *row)
{
    struct wpb_buf line;

    if (!row->has_products ||
        row->lookup_rows + row->products / LOOKUP_TOLERANCE >= row->products)
        return;
    wpb_buf_init(&line, 0);
    wpb_text_terminal_name(&line, row->table);
    wpb_buf_text(&line, " has ");
    wpb_text_count(&line, row->lookup_rows);
    wpb_buf_text(&line, " rows for ");
    wpb_text_count(&line, row->products);
    wpb_buf_text(&line, " published products and variations: filters and sorting of the "
                        "shop go by it. WooCommerce > Status > Tools > Product lookup "
                        "tables: Regenerate.");
    wpb_page_paragraph(page, INDENT, wpb_buf_view(&line));
    wpb_buf_fini(&line);
}

static void print_tables(struct wpb_page *page, const struct wpb_report *report,
                         const char *site)
{
    static const struct wpb_table_column columns[] = {
        {"table", false, true},   {"rows", true, false},    {"data", true, false},
        {"indexes", true, false}, {"engine", false, false},
    };
    struct listing listing = open_listing(columns, 5, site);
    for (size_t i = 0; i < report->database.table_count; i++) {
        const struct wpb_table_row *row = &report->database.tables[i];
        if (!takes(&listing, row->site, row->scope))
            continue;
        wpb_place_table_name(&listing.table, row->table);
        if (row->has_rows) {
            wpb_buf_char(wpb_table_cell(&listing.table), '~');
            wpb_text_count(wpb_table_cell(&listing.table), row->rows);
        }
        wpb_table_next(&listing.table);
        wpb_place_table_bytes(&listing.table, row->data_bytes);
        wpb_place_table_bytes(&listing.table, row->index_bytes);
        add_word(&listing.table, row->engine);
    }
    close_listing(&listing, page, "Largest tables");
    for (size_t i = 0; i < report->database.table_count; i++) {
        if (strcmp(report->database.tables[i].site, site) != 0)
            continue;
        print_orphans(page, &report->database.tables[i]);
        print_lookup(page, &report->database.tables[i]);
    }
}

void wpb_database_text(struct wpb_page *page, const struct wpb_report *report)
{
    for (size_t i = 0; i < report->site_count; i++) {
        const char *site = report->sites[i]->name;
        print_posts(page, report, site);
        print_meta_keys(page, report, site);
        print_options(page, report, site);
        print_tables(page, report, site);
    }
}

/* "MariaDB 10.11.6" of "10.11.6-MariaDB-0+deb12u1". */
static void add_version(struct wpb_buf *line, struct wpb_slice version)
{
    const char *dash = memchr(version.data, '-', version.len);
    bool is_mariadb =
        version.len && memmem(version.data, version.len, "MariaDB", strlen("MariaDB"));
    if (dash)
        version.len = (size_t)(dash - version.data);
    wpb_buf_text(line, is_mariadb ? "MariaDB " : "MySQL ");
    wpb_text_terminal(line, version.len ? version : wpb_slice_cstr("of unknown version"));
}

static void add_figures(struct wpb_buf *line, const struct wpb_database_row *row)
{
    if (row->has_tables) {
        wpb_buf_text(line, ", ");
        wpb_text_bytes(line, row->data_bytes);
        wpb_buf_text(line, " in ");
        wpb_text_count(line, row->tables);
        wpb_buf_text(line, row->tables == 1 ? " table and " : " tables and ");
        wpb_text_bytes(line, row->index_bytes);
        wpb_buf_text(line, " of indexes");
    }
    if (row->has_autoload) {
        wpb_buf_text(line, ", ");
        wpb_text_count(line, row->autoload_options);
        wpb_buf_text(line, " options of ");
        wpb_text_bytes(line, row->autoload_bytes);
        wpb_buf_text(line, " loaded by every request");
    }
}

void wpb_database_text_site(struct wpb_page *page, size_t indent,
                            const struct wpb_report *report, const struct wpb_site *site)
{
    const struct wpb_database_report *database = &report->database;
    const struct wpb_database_row *row = NULL;
    struct wpb_buf line, scope;
    for (size_t i = 0; i < database->database_count; i++) {
        if (strcmp(database->databases[i].site, site->name) == 0)
            row = &database->databases[i];
    }
    if (!row && !site->has_mysql)
        return;
    wpb_buf_init(&line, 0);
    wpb_buf_init(&scope, 0);
    if (row) {
        add_version(&line, row->version);
        wpb_buf_slice(&scope, row->scope);
    } else {
        wpb_buf_text(&line, "database");
        wpb_mysql_address_scope(&site->mysql, true, &scope);
    }
    wpb_buf_text(&line, row ? ", " : " ");
    wpb_text_terminal(&line, wpb_buf_view(&scope));
    if (row)
        add_figures(&line, row);
    else
        wpb_buf_text(&line, ", not looked into");
    wpb_page_paragraph(page, indent, wpb_buf_view(&line));
    wpb_buf_fini(&scope);
    wpb_buf_fini(&line);
}
