#include "agent/output/prometheus_sites.h"

#include <stdlib.h>

#define SEVERITIES (WPB_CRITICAL + 1)
#define OTHER "other"

/* In the order of the table. */
enum figure {
#define X(id, name, combine, help) FIGURE_##id,
    WPB_EXPORTED_FIGURES(X)
#undef X
        FIGURES
};

/* What the figure of several sites together is. Lengths and peaks are judged against
 * limits, so that their sum would say nothing. */
enum combine { LARGEST, NOTHING };

static const enum combine combines[FIGURES] = {
#define X(id, name, combine, help) [FIGURE_##id] = combine,
    WPB_EXPORTED_FIGURES(X)
#undef X
};

/* Each wpb_exported of a figure follows that of the one before. */
_Static_assert(WPB_X_PHP_LIMIT - WPB_X_NOTOPTIONS_BYTES == FIGURES - 1,
               "the figures stand together");

/* One value of the label `site`. */
struct row {
    const char *label;           /* site="...", as it is written */
    const struct wpb_site *site; /* NULL: it stands for several */
    bool is_known[FIGURES];
    uint64_t values[FIGURES];
    uint64_t findings[SEVERITIES];
};

struct rows {
    struct row *items;
    size_t count;
    struct row *other; /* where what has no row of its own goes, or NULL */
};

/* ---- one site's figures ---- */

static void note(struct row *row, enum figure figure, int64_t value)
{
    if (value < 0)
        return;
    if (!row->is_known[figure] || (uint64_t)value > row->values[figure])
        row->values[figure] = (uint64_t)value;
    row->is_known[figure] = true;
}

/* A network has a notoptions for each of its sites: names and limit are those of the
 * largest. */
static void note_notoptions(struct row *row, const struct wpb_window *window,
                            const struct wpb_subject *key)
{
    int64_t bytes = wpb_window_integer(window, key, WPB_M_VALUE_BYTES, -1);

    if (wpb_window_integer(window, key, WPB_M_PRESENT, 1) == 0)
        bytes = 0;
    if (bytes < 0 || (row->is_known[FIGURE_NOTOPTIONS_BYTES] &&
                      (uint64_t)bytes <= row->values[FIGURE_NOTOPTIONS_BYTES]))
        return;
    row->is_known[FIGURE_NOTOPTIONS_NAMES] = row->is_known[FIGURE_NOTOPTIONS_FAILS_AT] =
        false;
    note(row, FIGURE_NOTOPTIONS_BYTES, bytes);
    note(row, FIGURE_NOTOPTIONS_NAMES,
         bytes ? wpb_window_integer(window, key, WPB_M_ENTRIES, -1) : 0);
    if (bytes)
        note(row, FIGURE_NOTOPTIONS_FAILS_AT,
             wpb_window_integer(window, key, WPB_M_FAILS_AT_BYTES, -1));
}

static void note_key(struct row *row, const struct wpb_window *window,
                     const struct wpb_subject *key)
{
    struct wpb_slice role = wpb_window_text(window, key, WPB_M_KEY_ROLE);
    bool is_absent = wpb_window_integer(window, key, WPB_M_PRESENT, 1) == 0;

    if (wpb_slice_is(role, "notoptions"))
        note_notoptions(row, window, key);
    if (wpb_slice_is(role, "alloptions"))
        note(row, FIGURE_ALLOPTIONS_BYTES,
             is_absent ? 0 : wpb_window_integer(window, key, WPB_M_VALUE_BYTES, -1));
    if (is_absent)
        return;
    note(row, FIGURE_LARGEST_KEY,
         wpb_window_integer(window, key, WPB_M_MEMORY_BYTES, -1));
    note(row, FIGURE_PHP_PEAK,
         wpb_window_integer(window, key, WPB_M_PHP_READ_PEAK_BYTES, -1));
    note(row, FIGURE_PHP_PEAK,
         wpb_window_integer(window, key, WPB_M_PHP_REWRITE_PEAK_BYTES, -1));
}

static struct row figures_of(const struct wpb_window *window)
{
    uint64_t limit = wpb_window_site(window)->memory_limit_bytes;
    const struct wpb_subject *subject;
    struct row row = {0};
    size_t cursor = 0;

    while ((subject = wpb_window_next(window, WPB_SUBJECT_REDIS_KEY, NULL, &cursor)))
        note_key(&row, window, subject);
    cursor = 0;
    while ((subject = wpb_window_next(window, WPB_SUBJECT_TABLE, NULL, &cursor)))
        note(&row, FIGURE_AUTOLOAD_BYTES,
             wpb_window_integer(window, subject, WPB_M_AUTOLOAD_BYTES, -1));
    if (limit && limit <= INT64_MAX)
        note(&row, FIGURE_PHP_LIMIT, (int64_t)limit);
    return row;
}

/* ---- rows: which sites, and who goes with whom ---- */

static int by_label(const void *left, const void *right)
{
    const struct row *a = left, *b = right;

    return strcmp(a->label, b->label);
}

/* Rows of equal labels become one, and at most SITES_MAX stay. */
static void make_rows(struct wpb_exposition *exposition, const struct wpb_report *report,
                      struct rows *rows)
{
    size_t count = 0;

    rows->items = wpb_arena_alloc(exposition->arena,
                                  (report->site_count + 1) * sizeof(*rows->items));
    for (size_t i = 0; i < report->site_count; i++) {
        rows->items[i].site = report->sites[i];
        rows->items[i].label = wpb_exposition_label(
            exposition, "site", wpb_slice_cstr(report->sites[i]->name));
    }
    qsort(rows->items, report->site_count, sizeof(*rows->items), by_label);
    for (size_t i = 0; i < report->site_count; i++) {
        if (count && by_label(&rows->items[count - 1], &rows->items[i]) == 0)
            rows->items[count - 1].site = NULL;
        else
            rows->items[count++] = rows->items[i];
    }
    rows->count = count;
    if (count <= WPB_PROMETHEUS_SITES_MAX)
        return;
    rows->count = WPB_PROMETHEUS_SITES_MAX;
    for (size_t i = 0; i < rows->count; i++) {
        if (strcmp(rows->items[i].label, "site=\"" OTHER "\"") == 0)
            rows->other = &rows->items[i];
    }
    if (!rows->other) {
        rows->other = &rows->items[rows->count++];
        rows->other->label =
            wpb_exposition_label(exposition, "site", wpb_slice_cstr(OTHER));
    }
    rows->other->site = NULL;
}

/* The row of the site NAME; NULL when the report knows no such site. */
static struct row *row_of(struct wpb_exposition *exposition, const struct rows *rows,
                          const char *name)
{
    const char *label = wpb_exposition_label(exposition, "site", wpb_slice_cstr(name));

    for (size_t i = 0; i < rows->count; i++) {
        if (strcmp(rows->items[i].label, label) == 0)
            return &rows->items[i];
    }
    return rows->other;
}

static void add_figures(struct row *row, const struct row *figures)
{
    for (size_t i = 0; i < FIGURES; i++) {
        if (figures->is_known[i] && (row->site || combines[i] == LARGEST))
            note(row, (enum figure)i, (int64_t)figures->values[i]);
    }
}

static void add_finding(struct wpb_exposition *exposition, const struct rows *rows,
                        const struct wpb_finding *finding)
{
    for (size_t i = 0; i <= finding->other_site_count; i++) {
        const struct wpb_site *site = i ? finding->other_sites[i - 1] : finding->site;
        struct row *row = site ? row_of(exposition, rows, site->name) : NULL;

        if (row)
            row->findings[finding->severity]++;
    }
}

/* ---- writing ---- */

static void write_infos(struct wpb_exposition *exposition, const struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->items[i];

        if (!row->site)
            continue;
        wpb_exposition_count(
            exposition, WPB_X_SITE_INFO,
            wpb_arena_printf(exposition->arena, "%s,%s,%s", row->label,
                             wpb_exposition_label(exposition, "owner",
                                                  wpb_slice_cstr(row->site->owner)),
                             wpb_exposition_label(
                                 exposition, "object_cache",
                                 wpb_slice_cstr(wpb_flavour_name(row->site->flavour)))),
            1);
    }
}

static void write_findings(struct wpb_exposition *exposition, const struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        for (size_t severity = 0; severity < SEVERITIES; severity++)
            wpb_exposition_count(
                exposition, WPB_X_SITE_FINDINGS,
                wpb_arena_printf(exposition->arena, "%s,severity=\"%s\"",
                                 rows->items[i].label,
                                 wpb_severity_name((enum wpb_severity)severity)),
                rows->items[i].findings[severity]);
    }
}

static void write_figures(struct wpb_exposition *exposition, const struct rows *rows)
{
    for (size_t figure = 0; figure < FIGURES; figure++) {
        for (size_t i = 0; i < rows->count; i++) {
            const struct row *row = &rows->items[i];
            if (row->is_known[figure])
                wpb_exposition_count(exposition,
                                     (enum wpb_exported)(WPB_X_NOTOPTIONS_BYTES + figure),
                                     row->label, row->values[figure]);
        }
    }
}

void wpb_exposition_sites(struct wpb_exposition *exposition,
                          const struct wpb_report *report,
                          const struct wpb_window *const *windows, size_t window_count)
{
    struct rows rows = {0};

    make_rows(exposition, report, &rows);
    for (size_t i = 0; i < window_count; i++) {
        struct row figures = figures_of(windows[i]);
        struct row *row = row_of(exposition, &rows, wpb_window_site(windows[i])->name);
        if (row)
            add_figures(row, &figures);
    }
    for (size_t i = 0; i < report->finding_count; i++)
        add_finding(exposition, &rows, &report->findings[i]);
    write_infos(exposition, &rows);
    write_findings(exposition, &rows);
    write_figures(exposition, &rows);
}
