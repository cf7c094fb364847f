#include "agent/output/growth_text.h"

#include "agent/base/clock.h"
#include "agent/base/text.h"
#include "agent/output/table.h"

#define INDENT 2
/* Of a table, over all sites; and of each at least. */
#define LINES_MAX 12
#define LINES_MIN 4
#define DAY_MS ((uint64_t)86400000)

typedef void amount_fn(struct wpb_buf *out, uint64_t amount);

/* "20:05:00 UTC"; with the date when the watch is older than a day. */
static void add_time(struct wpb_buf *out, int64_t unix_ms, bool has_date)
{
    struct wpb_buf time;
    struct wpb_slice text;

    wpb_buf_init(&time, 0);
    wpb_clock_rfc3339(&time, unix_ms);
    text = wpb_buf_view(&time);
    if (text.len >= 9) {
        const char *clock = memchr(text.data, 'T', text.len);
        size_t date = clock ? (size_t)(clock - text.data) : 0;
        if (has_date) {
            wpb_buf_slice(out, wpb_slice_head(text, date));
            wpb_buf_char(out, ' ');
        }
        wpb_buf_slice(out, wpb_slice_head(wpb_slice_skip(text, date + 1), 8));
        wpb_buf_text(out, " UTC");
    }
    wpb_buf_fini(&time);
}

static void add_span(struct wpb_buf *out, uint64_t span_ms)
{
    uint64_t seconds = (span_ms + 500) / 1000;

    if (seconds < 120)
        wpb_buf_printf(out, "%llu s", (unsigned long long)seconds);
    else
        wpb_text_ttl(out, (int64_t)seconds);
}

static void add_heading(struct wpb_page *page, const struct wpb_report *report,
                        const struct wpb_growth_place *place)
{
    struct wpb_buf title;

    wpb_buf_init(&title, 0);
    wpb_buf_text(&title, "Growth since ");
    add_time(&title, place->since_ms, place->span_ms >= DAY_MS);
    wpb_buf_text(&title, " (");
    wpb_text_count(&title, place->passes);
    wpb_buf_text(&title, place->passes == 1 ? " pass" : " passes");
    if (place->passes > 1) {
        wpb_buf_text(&title, ", ");
        add_span(&title, place->span_ms);
    }
    wpb_buf_char(&title, ')');
    wpb_page_blank(page);
    wpb_page_ink(page, WPB_INK_BOLD, wpb_buf_view(&title));
    if (report->growth_count > 1) {
        wpb_buf_text(page->out, "  ");
        wpb_text_terminal(page->out, wpb_slice_cstr(place->site));
    }
    wpb_page_end_line(page);
    wpb_buf_fini(&title);
}

static void add_break(struct wpb_page *page, const struct wpb_growth_place *place)
{
    struct wpb_buf text;

    if (place->broken == WPB_GROWTH_UNBROKEN)
        return;
    wpb_buf_init(&text, 0);
    if (place->broken == WPB_GROWTH_RESTARTED) {
        wpb_buf_text(&text, "Redis was restarted");
    } else {
        wpb_buf_text(&text, "The keys fell from ");
        wpb_text_count(&text, place->keys_before);
        wpb_buf_text(&text, " to ");
        wpb_text_count(&text, place->keys_after);
        wpb_buf_text(&text, ", as after a flush");
    }
    wpb_buf_text(&text, ": what was seen before it (");
    wpb_text_count(&text, place->discarded_passes);
    wpb_buf_text(&text, place->discarded_passes == 1 ? " pass) does not count."
                                                     : " passes) does not count.");
    wpb_page_paragraph(page, INDENT, wpb_buf_view(&text));
    wpb_buf_fini(&text);
}

static void add_change_cell(struct wpb_table *table, uint64_t from, uint64_t to,
                            amount_fn *amount)
{
    struct wpb_buf *cell = wpb_table_cell(table);

    if (to != from)
        wpb_buf_char(cell, to > from ? '+' : '-');
    amount(cell, to > from ? to - from : from - to);
    wpb_table_next(table);
}

/* A rate in the largest unit of time that was watched: "per hour" of some seconds would
 * be a forecast. */
static void add_rate_cell(struct wpb_table *table, const struct wpb_growth_figure *figure,
                          amount_fn *amount)
{
    static const struct {
        uint64_t span_ms;
        double seconds;
        const char *unit;
    } units[] = {{3600000, 3600, "/h"}, {60000, 60, "/min"}, {0, 1, "/s"}};
    struct wpb_buf *cell = wpb_table_cell(table);
    double rate = figure->per_second;
    size_t i = 0;

    if (figure->has_rate && figure->first != figure->now) {
        while (figure->span_ms < units[i].span_ms)
            i++;
        rate *= units[i].seconds;
        if (rate < 0) {
            rate = -rate;
            wpb_buf_char(cell, '-');
        }
        if (rate < 1)
            wpb_buf_text(cell, amount == wpb_text_bytes ? "<1 B" : "<1");
        else
            amount(cell, rate < 1e18 ? (uint64_t)(rate + 0.5) : (uint64_t)1e18);
        wpb_buf_text(cell, units[i].unit);
    }
    wpb_table_next(table);
}

static void add_figure(struct wpb_table *table, const struct wpb_growth_row *row,
                       const struct wpb_growth_figure *figure, amount_fn *amount)
{
    if (row->status == WPB_GROWTH_NEW)
        wpb_buf_text(wpb_table_cell(table), "new");
    else
        amount(wpb_table_cell(table), figure->first);
    wpb_table_next(table);
    if (row->status == WPB_GROWTH_GONE)
        wpb_buf_text(wpb_table_cell(table), "gone");
    else
        amount(wpb_table_cell(table), figure->now);
    wpb_table_next(table);
    add_change_cell(table, figure->first, figure->now, amount);
    if (figure->has_previous)
        add_change_cell(table, figure->previous, figure->now, amount);
    else
        wpb_table_next(table);
    add_rate_cell(table, figure, amount);
}

/* A figure that is younger than the table is marked. */
static bool add_name_cell(struct wpb_table *table, const struct wpb_growth_place *place,
                          const struct wpb_growth_row *row,
                          const struct wpb_growth_figure *figure, const char *label)
{
    struct wpb_buf *cell = wpb_table_cell(table);
    bool is_younger =
        row->status == WPB_GROWTH_THERE && figure->span_ms + 1000 < place->span_ms;

    if (row->kind == WPB_SUBJECT_REDIS_GROUP && !label)
        wpb_buf_text(cell, "group ");
    if (label)
        wpb_buf_text(cell, label);
    else if (row->name.len)
        wpb_text_terminal_name(cell, row->name);
    else
        wpb_buf_text(cell, "(no name)");
    if (is_younger)
        wpb_buf_char(cell, '*');
    wpb_table_next(table);
    return is_younger;
}

static const char *bytes_label(const struct wpb_growth_row *row)
{
    return row->kind == WPB_SUBJECT_REDIS_SERVER ? "memory of the server" : NULL;
}

/* The bytes come first and name the row; what has no bytes is named by its count. */
static const char *count_label(const struct wpb_growth_row *row)
{
    if (row->kind == WPB_SUBJECT_REDIS_SERVER)
        return "keys of the database";
    if (row->kind == WPB_SUBJECT_OPTION_FAMILY || !row->bytes.is_known)
        return NULL;
    return row->count.metric == WPB_M_KEYS ? "  its keys" : "  its entries";
}

/* How many lines ROW took; *HAS_YOUNGER when one of them is marked. */
static size_t add_row(struct wpb_table *table, const struct wpb_growth_place *place,
                      const struct wpb_growth_row *row, bool *has_younger)
{
    size_t lines = 0;

    if (row->bytes.is_known) {
        *has_younger |= add_name_cell(table, place, row, &row->bytes, bytes_label(row));
        add_figure(table, row, &row->bytes, wpb_text_bytes);
        lines++;
    }
    if (row->count.is_known && (row->count.first != row->count.now || lines == 0)) {
        *has_younger |= add_name_cell(table, place, row, &row->count, count_label(row));
        add_figure(table, row, &row->count, wpb_text_count);
        lines++;
    }
    return lines;
}

static void print_rows(struct wpb_page *page, const struct wpb_growth_place *place,
                       size_t lines_max)
{
    static const struct wpb_table_column columns[] = {
        {"what", false, true},   {"then", true, false},      {"now", true, false},
        {"change", true, false}, {"last pass", true, false}, {"rate", true, false},
    };
    struct wpb_table table;
    bool has_younger = false;
    size_t lines = 0, rows = 0;
    struct wpb_buf note;

    wpb_table_init(&table, columns, 6);
    while (rows < place->row_count && lines < lines_max)
        lines += add_row(&table, place, &place->rows[rows++], &has_younger);
    wpb_table_print(&table, page, INDENT);
    wpb_table_fini(&table);
    wpb_buf_init(&note, 0);
    if (has_younger)
        wpb_buf_text(&note, "* seen later than that for the first time. ");
    if (rows < place->row_count)
        wpb_buf_printf(&note, "%zu more with smaller changes.", place->row_count - rows);
    wpb_page_paragraph(page, INDENT, wpb_buf_view(&note));
    wpb_buf_fini(&note);
}

static void print_place(struct wpb_page *page, const struct wpb_report *report,
                        const struct wpb_growth_place *place, size_t lines_max)
{
    if (place->passes == 0)
        return;
    add_heading(page, report, place);
    add_break(page, place);
    if (!place->is_current)
        wpb_page_paragraph(page, INDENT,
                           wpb_slice_cstr("Redis could not be seen in the last pass; "
                                          "this is how it was before."));
    if (place->passes == 1)
        wpb_page_paragraph(page, INDENT,
                           wpb_slice_cstr("What has grown is told from the next pass "
                                          "on."));
    else if (place->row_count == 0)
        wpb_page_paragraph(page, INDENT,
                           wpb_slice_cstr("Nothing that is watched has changed."));
    else
        print_rows(page, place, lines_max);
}

void wpb_growth_text(struct wpb_page *page, const struct wpb_report *report)
{
    size_t lines_max;

    if (!report->is_watch)
        return;
    lines_max = report->growth_count ? LINES_MAX / report->growth_count : 0;
    if (lines_max < LINES_MIN)
        lines_max = LINES_MIN;
    for (size_t i = 0; i < report->growth_count; i++)
        print_place(page, report, &report->growth[i], lines_max);
}
