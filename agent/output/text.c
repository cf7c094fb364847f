#include "agent/output/text.h"

#include "agent/base/clock.h"
#include "agent/base/text.h"
#include "agent/output/database_text.h"
#include "agent/output/finding_text.h"
#include "agent/output/growth_text.h"
#include "agent/output/report_tables.h"
#include "agent/output/requests_text.h"
#include "agent/output/verdict.h"

#define INDENT 2
/* innodb_page_size, unless somebody chose another when the server was set up. */
#define INNODB_PAGE_BYTES 16384

static void print_head(struct wpb_page *page, const struct wpb_report *report)
{
    struct wpb_buf line;
    wpb_buf_init(&line, 0);
    wpb_buf_text(&line, "wpbloat ");
    wpb_text_terminal(&line, wpb_slice_cstr(report->version));
    wpb_buf_text(&line, " on ");
    wpb_text_terminal(&line, wpb_slice_cstr(report->host));
    wpb_buf_text(&line, ", ");
    wpb_clock_rfc3339(&line, report->generated_at_ms);
    wpb_page_paragraph(page, 0, wpb_buf_view(&line));
    wpb_buf_fini(&line);
}

static bool says_the_same(const struct wpb_coverage *a, const struct wpb_coverage *b)
{
    return a->status == b->status && a->status != WPB_COVERAGE_PARTIAL &&
           strcmp(a->reason, b->reason) == 0 &&
           strcmp(a->lines ? a->lines : "", b->lines ? b->lines : "") == 0;
}

static bool is_alike(const struct wpb_coverage *a, const struct wpb_coverage *b)
{
    return strcmp(a->site, b->site) == 0 && says_the_same(a, b);
}

/* The names of the rows that say the same of the site as row AT; none when an earlier row
 * has said it. */
static void add_probes(const struct wpb_report *report, size_t at, struct wpb_buf *line)
{
    const struct wpb_coverage *rows = report->coverage;
    for (size_t i = 0; i < at; i++) {
        if (is_alike(&rows[i], &rows[at]))
            return;
    }
    wpb_text_terminal(line, wpb_slice_cstr(rows[at].probe));
    for (size_t i = at + 1; i < report->coverage_count; i++) {
        if (!is_alike(&rows[i], &rows[at]))
            continue;
        wpb_buf_text(line, ", ");
        wpb_text_terminal(line, wpb_slice_cstr(rows[i].probe));
    }
}

/* Do PROBES say of the site of row AT what they say of that of row OTHER? */
static bool is_of_both(const struct wpb_report *report, size_t at, size_t other,
                       struct wpb_slice probes, struct wpb_buf *room)
{
    if (!says_the_same(&report->coverage[at], &report->coverage[other]))
        return false;
    wpb_buf_clear(room);
    add_probes(report, other, room);
    return wpb_slice_equal(wpb_buf_view(room), probes);
}

/* The sites of which PROBES say the same as of that of row AT; none when an earlier row
 * has said it. */
static void add_sites(const struct wpb_report *report, size_t at, struct wpb_slice probes,
                      struct wpb_buf *line)
{
    struct wpb_buf room;
    bool is_first = true;

    wpb_buf_init(&room, 0);
    for (size_t i = 0; i < at && is_first; i++)
        is_first = !is_of_both(report, at, i, probes, &room);
    if (is_first)
        wpb_text_terminal(line, wpb_slice_cstr(report->coverage[at].site));
    for (size_t i = at + 1; i < report->coverage_count && is_first; i++) {
        if (!is_of_both(report, at, i, probes, &room))
            continue;
        wpb_buf_text(line, ", ");
        wpb_text_terminal(line, wpb_slice_cstr(report->coverage[i].site));
    }
    wpb_buf_fini(&room);
}

/* A sentence, and behind it lines to add or to run, as they have to be written. */
static void print_reason(struct wpb_page *page, const struct wpb_coverage *row,
                         struct wpb_buf *line)
{
    const char *end = row->lines ? row->lines : "";

    wpb_buf_clear(line);
    wpb_text_terminal(line, wpb_slice_cstr(row->reason));
    if (*end)
        wpb_buf_char(line, ':');
    wpb_page_paragraph(page, INDENT + 2, wpb_buf_view(line));
    while (*end) {
        const char *begin = end + 1;
        end = strchrnul(begin, '\n');
        wpb_buf_clear(line);
        wpb_text_terminal(line, wpb_slice_of(begin, (size_t)(end - begin)));
        wpb_page_verbatim(page, INDENT + 4, wpb_buf_view(line));
    }
}

static void print_coverage_row(struct wpb_page *page, const struct wpb_report *report,
                               size_t at, struct wpb_buf *line)
{
    const struct wpb_coverage *row = &report->coverage[at];
    struct wpb_buf sites;

    wpb_buf_clear(line);
    add_probes(report, at, line);
    wpb_buf_init(&sites, 0);
    if (line->len)
        add_sites(report, at, wpb_buf_view(line), &sites);
    bool is_said = sites.len == 0;
    wpb_buf_text(line, " of ");
    wpb_buf_slice(line, wpb_buf_view(&sites));
    wpb_buf_fini(&sites);
    if (is_said)
        return;
    if (row->status != WPB_COVERAGE_OK)
        wpb_buf_printf(line, ": %s", wpb_coverage_status_name(row->status));
    if (row->status == WPB_COVERAGE_PARTIAL) {
        wpb_buf_text(line, ", ");
        wpb_text_count(line, row->done);
        if (row->total) {
            wpb_buf_text(line, " of ");
            wpb_text_count(line, row->total);
        }
        wpb_buf_char(line, ' ');
        wpb_text_terminal(line, wpb_slice_cstr(row->unit));
    }
    wpb_page_paragraph(page, INDENT, wpb_buf_view(line));
    print_reason(page, row, line);
}

/* The option that stands in for a setting that could not be read. */
static const char *substitute(const char *name)
{
    static const struct {
        const char *start, *part;
        const char *option;
    } rows[] = {
        {"DB_PASSWORD", "", "--mysql-password-file FILE"},
        {"DB_", "", "--mysql URI"},
        {"$table_prefix", "", "--table-prefix NAME"},
        {"", "PASSWORD", "--redis-password-file FILE"},
        {"", "PREFIX", "--prefix BYTES"},
        {"", "SALT", "--prefix BYTES"},
        {"", "REDIS", "--redis URI"},
    };
    bool is_of_cache = strcasestr(name, "REDIS") || strcasestr(name, "CACHE");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strncmp(name, rows[i].start, strlen(rows[i].start)) == 0 &&
            strcasestr(name, rows[i].part) && (is_of_cache || rows[i].start[0]))
            return rows[i].option;
    }
    return NULL;
}

static void print_unresolved(struct wpb_page *page, const struct wpb_site *site,
                             struct wpb_buf *line)
{
    for (size_t i = 0; i < site->unresolved_count; i++) {
        const struct wpb_unresolved *entry = &site->unresolved[i];
        wpb_buf_clear(line);
        wpb_text_terminal(line, wpb_slice_cstr(entry->file));
        wpb_buf_printf(line, ":%u ", entry->line);
        wpb_text_terminal_name(line, wpb_slice_cstr(entry->name));
        wpb_page_paragraph(page, INDENT, wpb_buf_view(line));
        wpb_buf_clear(line);
        wpb_text_terminal(line, wpb_slice_cstr(entry->reason));
        const char *option = substitute(entry->name);
        if (option)
            wpb_buf_printf(line, "; give it by %s", option);
        wpb_page_paragraph(page, INDENT + 2, wpb_buf_view(line));
    }
}

static bool is_limit_unknown(const struct wpb_site *site)
{
    return site->path[0] && site->memory_limit_bytes == 0;
}

static void print_unknown_limit(struct wpb_page *page, const struct wpb_site *site,
                                struct wpb_buf *line)
{
    wpb_buf_clear(line);
    wpb_buf_text(line, "PHP memory_limit of ");
    wpb_text_terminal(line, wpb_slice_cstr(site->name));
    wpb_page_paragraph(page, INDENT, wpb_buf_view(line));
    wpb_page_paragraph(
        page, INDENT + 2,
        wpb_slice_cstr("unknown, so no size can be named at which PHP fails; "
                       "the PHP-FPM pool and php.ini of this site must be "
                       "there and readable"));
}

static bool saw_everything(const struct wpb_report *report)
{
    for (size_t i = 0; i < report->coverage_count; i++) {
        if (report->coverage[i].status != WPB_COVERAGE_OK)
            return false;
    }
    for (size_t i = 0; i < report->site_count; i++) {
        if (report->sites[i]->unresolved_count || is_limit_unknown(report->sites[i]))
            return false;
    }
    return true;
}

static void print_unseen(struct wpb_page *page, const struct wpb_report *report)
{
    if (saw_everything(report))
        return;
    struct wpb_buf line;
    wpb_buf_init(&line, 0);
    wpb_page_heading(page, "What could not be seen");
    for (size_t i = 0; i < report->coverage_count; i++) {
        if (report->coverage[i].status != WPB_COVERAGE_OK)
            print_coverage_row(page, report, i, &line);
    }
    for (size_t i = 0; i < report->site_count; i++) {
        print_unresolved(page, report->sites[i], &line);
        if (is_limit_unknown(report->sites[i]))
            print_unknown_limit(page, report->sites[i], &line);
    }
    wpb_buf_fini(&line);
}

/* Looks that saw all they wanted, and yet have something to say. */
static void print_notes(struct wpb_page *page, const struct wpb_report *report)
{
    struct wpb_buf line;
    bool has_heading = false;
    wpb_buf_init(&line, 0);
    for (size_t i = 0; i < report->coverage_count; i++) {
        const struct wpb_coverage *row = &report->coverage[i];
        if (row->status != WPB_COVERAGE_OK || !row->reason[0])
            continue;
        if (!has_heading)
            wpb_page_heading(page, "Notes");
        has_heading = true;
        print_coverage_row(page, report, i, &line);
    }
    wpb_buf_fini(&line);
}

static void add_cost(struct wpb_cost *total, const struct wpb_cost *cost)
{
    total->commands += cost->commands;
    total->bytes_sent += cost->bytes_sent;
    total->bytes_received += cost->bytes_received;
    total->rows += cost->rows;
    total->pages += cost->pages;
}

static void say_redis_cost(struct wpb_buf *line, const struct wpb_cost *cost)
{
    wpb_text_count(line, cost->commands);
    wpb_buf_text(line, " Redis commands, ");
    wpb_text_bytes(line, cost->bytes_sent);
    wpb_buf_text(line, " sent and ");
    wpb_text_bytes(line, cost->bytes_received);
    wpb_buf_text(line, " read");
}

/* The server counts the pages, ours and those that others read meanwhile. */
static void say_mysql_cost(struct wpb_buf *line, const struct wpb_cost *cost)
{
    wpb_text_count(line, cost->commands);
    wpb_buf_text(line, cost->commands == 1 ? " database statement, "
                                           : " database statements, ");
    wpb_text_count(line, cost->rows);
    wpb_buf_text(line, cost->rows == 1 ? " row and " : " rows and ");
    if (cost->pages) {
        wpb_buf_text(line, "at most ");
        wpb_text_bytes(line, cost->pages < UINT64_MAX / INNODB_PAGE_BYTES
                                 ? cost->pages * INNODB_PAGE_BYTES
                                 : UINT64_MAX);
        wpb_buf_text(line, " read from the database's disk");
    } else {
        wpb_buf_text(line, "nothing read from the database's disk");
    }
}

static void print_cost(struct wpb_page *page, const struct wpb_report *report)
{
    struct wpb_cost redis = {0}, mysql = {0};
    if (report->coverage_count == 0)
        return;
    for (size_t i = 0; i < report->coverage_count; i++) {
        const struct wpb_coverage *row = &report->coverage[i];
        bool is_mysql = strncmp(row->probe, "mysql.", strlen("mysql.")) == 0;
        add_cost(is_mysql ? &mysql : &redis, &row->cost);
    }
    struct wpb_buf line;
    wpb_buf_init(&line, 0);
    wpb_buf_text(&line, "This look cost ");
    if (redis.commands || !mysql.commands)
        say_redis_cost(&line, &redis);
    if (redis.commands && mysql.commands)
        wpb_buf_text(&line, "; ");
    if (mysql.commands)
        say_mysql_cost(&line, &mysql);
    wpb_buf_printf(&line, ", in %llu.%llu s. Nothing was written.",
                   (unsigned long long)(report->elapsed_ms / 1000),
                   (unsigned long long)(report->elapsed_ms % 1000 / 100));
    wpb_page_blank(page);
    wpb_page_paragraph(page, 0, wpb_buf_view(&line));
    wpb_buf_fini(&line);
}

void wpb_output_text(const struct wpb_report *report, const struct wpb_text_style *style,
                     struct wpb_buf *out)
{
    struct wpb_page page = wpb_page_of(style, out);
    print_head(&page, report);
    wpb_growth_text(&page, report);
    wpb_verdict_text(&page, report);
    for (size_t i = 0; i < report->finding_count; i++)
        wpb_finding_text(&page, &report->findings[i]);
    wpb_report_tables_keys(&page, report);
    wpb_report_tables_groups(&page, report);
    wpb_database_text(&page, report);
    wpb_requests_text(&page, report);
    wpb_report_tables_sites(&page, report);
    print_unseen(&page, report);
    print_notes(&page, report);
    print_cost(&page, report);
}
