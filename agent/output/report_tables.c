#include "agent/output/report_tables.h"

#include <stdio.h>

#include "agent/base/address.h"
#include "agent/base/text.h"
#include "agent/output/database_text.h"
#include "agent/output/place_table.h"

#define INDENT 2
/* Of a site; all of them are in the JSON. */
#define GROUPS_SHOWN 12

static bool same_place(const char *site, struct wpb_slice scope, const char *other_site,
                       struct wpb_slice other_scope)
{
    return strcmp(site, other_site) == 0 && wpb_slice_equal(scope, other_scope);
}

static bool is_first_key(const struct wpb_report *report, size_t at)
{
    const struct wpb_key_row *row = &report->keys[at];
    for (size_t i = 0; i < at; i++) {
        if (same_place(row->site, row->scope, report->keys[i].site,
                       report->keys[i].scope))
            return false;
    }
    return true;
}

static void print_keys_of(struct wpb_page *page, const struct wpb_report *report,
                          size_t first)
{
    static const struct wpb_table_column columns[] = {
        {"key", false, true},
        {"memory", true, false},
        {"lifetime", true, false},
    };
    const struct wpb_key_row *place = &report->keys[first];
    struct wpb_table table;
    wpb_table_init(&table, columns, 3);
    for (size_t i = first; i < report->key_count; i++) {
        const struct wpb_key_row *row = &report->keys[i];
        if (!same_place(row->site, row->scope, place->site, place->scope))
            continue;
        wpb_place_table_name(&table, row->key);
        wpb_place_table_bytes(&table, row->memory_bytes);
        if (row->has_ttl)
            wpb_text_ttl(wpb_table_cell(&table), row->ttl_seconds);
        else
            wpb_buf_text(wpb_table_cell(&table), "unknown");
        wpb_table_next(&table);
    }
    wpb_place_table_heading(page, "Largest keys", place->site, place->scope);
    wpb_table_print(&table, page, INDENT);
    wpb_table_fini(&table);
}

void wpb_report_tables_keys(struct wpb_page *page, const struct wpb_report *report)
{
    for (size_t i = 0; i < report->key_count; i++) {
        if (is_first_key(report, i))
            print_keys_of(page, report, i);
    }
}

static bool is_first_group(const struct wpb_report *report, size_t at)
{
    const struct wpb_group_row *row = &report->groups[at];
    for (size_t i = 0; i < at; i++) {
        if (same_place(row->site, row->scope, report->groups[i].site,
                       report->groups[i].scope))
            return false;
    }
    return true;
}

static size_t count_groups_of(const struct wpb_report *report,
                              const struct wpb_group_row *place)
{
    size_t count = 0;
    for (size_t i = 0; i < report->group_count; i++) {
        const struct wpb_group_row *row = &report->groups[i];
        count += same_place(row->site, row->scope, place->site, place->scope) &&
                 !wpb_slice_is(row->group, WPB_GROUP_FOREIGN);
    }
    return count;
}

/* HAS_IDLE: there is a column for it. */
static void add_group(struct wpb_table *table, const struct wpb_group_row *row,
                      bool has_idle)
{
    wpb_place_table_name(table, row->group);
    wpb_place_table_count(table, row->keys);
    wpb_place_table_bytes(table, row->memory_bytes);
    wpb_place_table_count(table, row->ttlless_keys);
    wpb_place_table_bytes(table, row->ttlless_bytes);
    if (!has_idle)
        return;
    if (row->has_idle)
        wpb_text_ttl(wpb_table_cell(table), (int64_t)(row->idle_seconds & INT64_MAX));
    wpb_table_next(table);
}

static bool is_idle_known(const struct wpb_report *report,
                          const struct wpb_group_row *place)
{
    for (size_t i = 0; i < report->group_count; i++) {
        const struct wpb_group_row *row = &report->groups[i];
        if (row->has_idle && same_place(row->site, row->scope, place->site, place->scope))
            return true;
    }
    return false;
}

static void merge_group(struct wpb_group_row *sum, const struct wpb_group_row *row)
{
    sum->keys += row->keys;
    sum->memory_bytes += row->memory_bytes;
    sum->ttlless_keys += row->ttlless_keys;
    sum->ttlless_bytes += row->ttlless_bytes;
}

/* Largest first; those that nobody will look at one by one are told as a sum, and what
 * is not the site's comes last. */
static void print_groups_of(struct wpb_page *page, const struct wpb_report *report,
                            size_t first)
{
    static const struct wpb_table_column columns[] = {
        {"group", false, true},        {"keys", true, false},
        {"memory", true, false},       {"never expire", true, false},
        {"their memory", true, false}, {"unread for", true, false},
    };
    const struct wpb_group_row *place = &report->groups[first], *foreign = NULL;
    struct wpb_group_row rest = {0};
    size_t shown = 0, left = 0, of_the_site = count_groups_of(report, place);
    bool is_estimated = false, has_idle = is_idle_known(report, place);
    char name[48];
    struct wpb_table table;
    wpb_table_init(&table, columns, has_idle ? 6 : 5);
    for (size_t i = first; i < report->group_count; i++) {
        const struct wpb_group_row *row = &report->groups[i];
        if (!same_place(row->site, row->scope, place->site, place->scope))
            continue;
        is_estimated |= row->provenance != WPB_EXACT;
        if (wpb_slice_is(row->group, WPB_GROUP_FOREIGN)) {
            foreign = row;
        } else if (shown < GROUPS_SHOWN || of_the_site == GROUPS_SHOWN + 1) {
            add_group(&table, row, has_idle);
            shown++;
        } else {
            merge_group(&rest, row);
            left++;
        }
    }
    snprintf(name, sizeof(name), "<%zu smaller groups>", left);
    rest.group = wpb_slice_cstr(name);
    if (left)
        add_group(&table, &rest, has_idle);
    if (foreign)
        add_group(&table, foreign, has_idle);
    wpb_place_table_heading(page, "Cache groups", place->site, place->scope);
    wpb_table_print(&table, page, INDENT);
    if (is_estimated)
        wpb_page_paragraph(
            page, INDENT, wpb_slice_cstr("Estimated: only a part of the keys was seen."));
    wpb_table_fini(&table);
}

void wpb_report_tables_groups(struct wpb_page *page, const struct wpb_report *report)
{
    for (size_t i = 0; i < report->group_count; i++) {
        if (is_first_group(report, i))
            print_groups_of(page, report, i);
    }
}

static void print_versions(struct wpb_page *page, const struct wpb_site *site,
                           struct wpb_buf *line)
{
    wpb_buf_clear(line);
    wpb_buf_text(line, "WordPress ");
    wpb_text_terminal(line, wpb_slice_cstr(site->wp_version[0] ? site->wp_version
                                                               : "of unknown version"));
    if (site->is_multisite)
        wpb_buf_text(line, ", multisite");
    if (site->php_version)
        wpb_buf_printf(line, ", PHP %u.%u", site->php_version / 10000,
                       site->php_version / 100 % 100);
    wpb_buf_text(line, ", memory_limit ");
    if (site->memory_limit_bytes == 0)
        wpb_buf_text(line, "unknown");
    else if (site->memory_limit_bytes == UINT64_MAX)
        wpb_buf_text(line, "unlimited");
    else
        wpb_text_bytes(line, site->memory_limit_bytes);
    wpb_page_paragraph(page, INDENT + 2, wpb_buf_view(line));
}

static void print_cache(struct wpb_page *page, const struct wpb_site *site,
                        struct wpb_buf *line)
{
    wpb_buf_clear(line);
    if (site->flavour == WPB_FLAVOUR_NONE) {
        wpb_buf_text(line, "no persistent object cache");
    } else {
        wpb_buf_printf(line, "object cache %s", wpb_flavour_name(site->flavour));
        if (site->flavour_version[0]) {
            wpb_buf_char(line, ' ');
            wpb_text_terminal(line, wpb_slice_cstr(site->flavour_version));
        }
    }
    if (site->has_redis) {
        struct wpb_buf scope;
        wpb_buf_init(&scope, 0);
        wpb_redis_address_scope(&site->redis, true, &scope);
        wpb_buf_text(line, ", ");
        wpb_text_terminal(line, wpb_buf_view(&scope));
        wpb_buf_fini(&scope);
    }
    if (site->flavour_note[0]) {
        wpb_buf_text(line, "; ");
        wpb_text_terminal(line, wpb_slice_cstr(site->flavour_note));
    }
    if (site->shape_votes && site->shape_votes[0]) {
        wpb_buf_text(line, site->flavour_note[0] ? ": " : "; read by shape: ");
        wpb_text_terminal(line, wpb_slice_cstr(site->shape_votes));
    }
    wpb_page_paragraph(page, INDENT + 2, wpb_buf_view(line));
}

/* The first of the sites that say the same of their Redis, or AT itself. */
static const char *told_at(const struct wpb_report *report, size_t at)
{
    const struct wpb_server_row *row = &report->servers[at];
    for (size_t i = 0; i < at; i++) {
        if (wpb_slice_equal(report->servers[i].scope, row->scope))
            return report->servers[i].site;
    }
    return row->site;
}

static void print_server(struct wpb_page *page, const struct wpb_report *report,
                         size_t at, struct wpb_buf *line)
{
    const struct wpb_server_row *row = &report->servers[at];
    const char *told = told_at(report, at);
    wpb_buf_clear(line);
    if (strcmp(told, row->site) != 0) {
        wpb_buf_text(line, "the same Redis database as ");
        wpb_text_terminal(line, wpb_slice_cstr(told));
        wpb_page_paragraph(page, INDENT + 2, wpb_buf_view(line));
        return;
    }
    wpb_buf_text(line, "Redis ");
    wpb_text_terminal(line, row->version.len ? row->version
                                             : wpb_slice_cstr("of unknown version"));
    if (row->has_memory) {
        wpb_buf_text(line, ", ");
        wpb_text_bytes(line, row->used_memory_bytes);
        if (row->maxmemory_bytes) {
            wpb_buf_text(line, " used of ");
            wpb_text_bytes(line, row->maxmemory_bytes);
        } else {
            wpb_buf_text(line, " used, no maxmemory");
        }
    }
    if (row->policy.len) {
        wpb_buf_text(line, ", ");
        wpb_text_terminal(line, row->policy);
    }
    if (row->has_keys) {
        wpb_buf_text(line, ", ");
        wpb_text_count(line, row->keys);
        wpb_buf_text(line, " keys, of them ");
        wpb_text_count(line, row->ttlless_keys);
        wpb_buf_text(line, " never expire");
    }
    wpb_page_paragraph(page, INDENT + 2, wpb_buf_view(line));
}

void wpb_report_tables_sites(struct wpb_page *page, const struct wpb_report *report)
{
    if (report->site_count == 0)
        return;
    struct wpb_buf line;
    wpb_buf_init(&line, 0);
    wpb_page_heading(page, report->site_count == 1 ? "The site" : "The sites");
    for (size_t i = 0; i < report->site_count; i++) {
        const struct wpb_site *site = report->sites[i];
        wpb_buf_clear(&line);
        wpb_text_terminal(&line, wpb_slice_cstr(site->name));
        if (site->path[0]) {
            wpb_buf_text(&line, ", ");
            wpb_text_terminal(&line, wpb_slice_cstr(site->path));
        }
        wpb_page_paragraph(page, INDENT, wpb_buf_view(&line));
        if (site->path[0])
            print_versions(page, site, &line);
        if (site->path[0] || site->has_redis || site->rdb_file)
            print_cache(page, site, &line);
        for (size_t j = 0; j < report->server_count; j++) {
            if (strcmp(report->servers[j].site, site->name) == 0)
                print_server(page, report, j, &line);
        }
        wpb_database_text_site(page, INDENT + 2, report, site);
    }
    wpb_buf_fini(&line);
}
