/* What a watch shows: the growth in text and JSON, and a page redrawn in a window. */
#include "golden.h"

#include "agent/output/growth_text.h"
#include "agent/output/json.h"
#include "agent/output/screen.h"
#include "agent/output/text.h"
#include "report_builder.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NOW_MS 1795464000000
#define SCOPE WPB_SLICE("unix:///run/redis/redis.sock?db=1")
#define NOTOPTIONS WPB_SLICE("q7:prod_kx:options:notoptions")

/* Ten minutes of eleven passes. */
#define FIGURE(of, from, before, to)                                                     \
    {                                                                                    \
        .is_known = true, .metric = WPB_M_##of, .first = from, .has_previous = true,     \
        .previous = before, .now = to, .span_ms = 600000, .has_rate = true,              \
        .per_second = ((double)(to) - (double)(from)) / 600                              \
    }
#define YOUNG(of, to)                                                                    \
    {                                                                                    \
        .is_known = true, .metric = WPB_M_##of, .has_previous = true, .now = to          \
    }

static const struct wpb_growth_row rows[] = {
    {.kind = WPB_SUBJECT_REDIS_SERVER,
     .bytes = FIGURE(USED_MEMORY_BYTES, 91000000, 92300000, 92340000),
     .count = FIGURE(KEYS, 77001, 77720, 77726)},
    {.kind = WPB_SUBJECT_REDIS_GROUP,
     .name = WPB_SLICE("options"),
     .bytes = FIGURE(MEMORY_BYTES, 3100000, 4190000, 4194400),
     .count = FIGURE(KEYS, 412, 412, 412)},
    {.kind = WPB_SUBJECT_REDIS_KEY,
     .name = NOTOPTIONS,
     .bytes = FIGURE(VALUE_BYTES, 3000000, 3960000, 3971911),
     .count = FIGURE(ENTRIES, 50020, 65600, 65768)},
    {.kind = WPB_SUBJECT_OPTION_FAMILY,
     .name = WPB_SLICE("kestrel_tariff_v2_<hex>"),
     .parent = NOTOPTIONS,
     .count = FIGURE(NAMES, 45416, 60996, 61164)},
    {.kind = WPB_SUBJECT_REDIS_GROUP,
     .name = WPB_SLICE("site-transient"),
     .bytes = FIGURE(MEMORY_BYTES, 900000, 540000, 540000),
     .count = FIGURE(KEYS, 20, 12, 12)},
    {.kind = WPB_SUBJECT_REDIS_GROUP,
     .name = WPB_SLICE("kestrel_rates"),
     .status = WPB_GROWTH_NEW,
     .bytes = YOUNG(MEMORY_BYTES, 61440),
     .count = YOUNG(KEYS, 128)},
    {.kind = WPB_SUBJECT_REDIS_KEY,
     .name = WPB_SLICE("q7:prod_kx:post_meta:1041"),
     .bytes = {.is_known = true,
               .metric = WPB_M_MEMORY_BYTES,
               .first = 180000,
               .now = 220000,
               .span_ms = 120000,
               .has_rate = true,
               .per_second = 333.3,
               .provenance = WPB_ESTIMATED}},
    {.kind = WPB_SUBJECT_REDIS_GROUP,
     .name = WPB_SLICE("feeds"),
     .status = WPB_GROWTH_GONE,
     .bytes = {.is_known = true,
               .metric = WPB_M_MEMORY_BYTES,
               .first = 30000,
               .span_ms = 600000,
               .has_previous = true},
     .count = {.is_known = true, .metric = WPB_M_KEYS, .first = 3, .span_ms = 600000}},
};

static const struct wpb_growth_place places[] = {{.site = "shop",
                                                  .scope = SCOPE,
                                                  .passes = 11,
                                                  .since_ms = NOW_MS - 600000,
                                                  .until_ms = NOW_MS,
                                                  .span_ms = 600000,
                                                  .is_current = true,
                                                  .rows = rows,
                                                  .row_count = COUNT(rows)}};

static struct wpb_report watch_of(const struct wpb_growth_place *growth, size_t count)
{
    struct wpb_report report = *report_healthy();

    report.is_watch = true;
    report.growth = growth;
    report.growth_count = count;
    return report;
}

static void render(const struct wpb_growth_place *growth, size_t count,
                   struct wpb_buf *out)
{
    struct wpb_report report = watch_of(growth, count);
    struct wpb_text_style style = {.columns = 80};

    wpb_buf_init(out, 0);
    wpb_output_text(&report, &style, out);
    golden_expect_clean(wpb_buf_view(out));
}

static void growth_reads_well_at_80_columns(void **state)
{
    struct wpb_buf out;

    (void)state;
    render(places, 1, &out);
    golden_expect("report_watch.txt", wpb_buf_view(&out));
    wpb_buf_fini(&out);
}

static void growth_is_a_table_of_the_json_report(void **state)
{
    struct wpb_report report = watch_of(places, 1);
    struct wpb_err err = {0};
    struct wpb_buf out;

    (void)state;
    wpb_buf_init(&out, 0);
    assert_int_equal(wpb_output_json(&report, &out, &err), 0);
    golden_expect_clean(wpb_buf_view(&out));
    golden_expect("report_watch.json", wpb_buf_view(&out));
    wpb_buf_fini(&out);
}

static void a_pass_is_a_line_of_json(void **state)
{
    struct wpb_report report = watch_of(places, 1);
    struct wpb_err err = {0};
    struct wpb_buf out;

    (void)state;
    wpb_buf_init(&out, 0);
    assert_int_equal(wpb_output_json_line(&report, &out, &err), 0);
    assert_int_equal(golden_count(wpb_buf_view(&out), "\n"), 1);
    assert_int_equal(golden_count(wpb_buf_view(&out), "\"redis_growth\""), 1);
    wpb_buf_fini(&out);
}

static void a_scan_that_is_no_watch_has_no_growth(void **state)
{
    struct wpb_err err = {0};
    struct wpb_buf out;

    (void)state;
    wpb_buf_init(&out, 0);
    assert_int_equal(wpb_output_json(report_incident(), &out, &err), 0);
    assert_int_equal(golden_count(wpb_buf_view(&out), "redis_growth"), 0);
    wpb_buf_fini(&out);
}

static void hostile_names_stay_harmless(void **state)
{
    static const struct wpb_growth_row evil[] = {
        {.kind = WPB_SUBJECT_REDIS_KEY,
         .name = WPB_SLICE("\0\x1b[2J\n|\xff jane.doe@example.test"),
         .bytes = {.is_known = true,
                   .metric = WPB_M_MEMORY_BYTES,
                   .now = UINT64_MAX,
                   .has_rate = true,
                   .per_second = 1.0 / 0.0}},
        {.kind = WPB_SUBJECT_OPTION_FAMILY,
         .name = WPB_SLICE("\r\x07"),
         .parent = WPB_SLICE("\x1b]0;pwned\x07"),
         .count = {.is_known = true,
                   .metric = WPB_M_NAMES,
                   .first = UINT64_MAX,
                   .has_rate = true,
                   .per_second = 0.0 / 0.0}}};
    static const struct wpb_growth_place place = {.site = "\x1b[2Jshop\n",
                                                  .scope = WPB_SLICE("\x1b[2J"),
                                                  .passes = UINT64_MAX,
                                                  .since_ms = 0,
                                                  .until_ms = NOW_MS,
                                                  .span_ms = UINT64_MAX,
                                                  .is_current = true,
                                                  .rows = evil,
                                                  .row_count = COUNT(evil)};
    const struct wpb_growth_place both[] = {place, place};
    struct wpb_report report = watch_of(both, 2);
    struct wpb_err err = {0};
    struct wpb_buf out;

    (void)state;
    render(both, 2, &out);
    assert_int_equal(golden_count(wpb_buf_view(&out), "jane"), 0);
    wpb_buf_clear(&out);
    assert_int_equal(wpb_output_json(&report, &out, &err), 0);
    golden_expect_clean(wpb_buf_view(&out));
    golden_expect("report_watch_hostile.json", wpb_buf_view(&out));
    wpb_buf_fini(&out);
}

static void expect_text(struct wpb_growth_place place, const char *words)
{
    struct wpb_buf out;

    render(&place, 1, &out);
    if (golden_count(wpb_buf_view(&out), words) != 1)
        fail_msg("not once '%s' in:\n%s", words, out.data);
    wpb_buf_fini(&out);
}

static void the_first_pass_says_to_wait(void **state)
{
    struct wpb_growth_place place = places[0];

    (void)state;
    place.passes = 1;
    place.span_ms = 0;
    expect_text(place, "(1 pass)\n");
    expect_text(place, "told from the next pass on");
}

static void a_break_is_said(void **state)
{
    struct wpb_growth_place place = places[0];

    (void)state;
    place.discarded_passes = 7;
    place.broken = WPB_GROWTH_RESTARTED;
    expect_text(place,
                "  Redis was restarted: what was seen before it (7 passes) does not");
    place.broken = WPB_GROWTH_KEYS_LOST;
    place.keys_before = 77726;
    place.keys_after = 12;
    expect_text(place, "  The keys fell from 77,726 to 12, as after a flush: what");
}

static void a_pass_that_saw_nothing_is_said(void **state)
{
    struct wpb_growth_place place = places[0];

    (void)state;
    place.is_current = false;
    expect_text(place, "Redis could not be seen in the last pass");
}

static void after_a_day_the_heading_has_a_date(void **state)
{
    struct wpb_growth_place place = places[0];

    (void)state;
    expect_text(place, "Growth since 19:50:00 UTC (11 passes, 10 min)\n");
    place.span_ms = 86400000;
    expect_text(place, "Growth since 2026-11-23 19:50:00 UTC (11 passes, 24 h)\n");
}

/* Ten seconds are not extrapolated to an hour. */
static void a_rate_is_in_no_larger_unit_than_was_watched(void **state)
{
    struct wpb_growth_row row = {.kind = WPB_SUBJECT_REDIS_KEY,
                                 .name = WPB_SLICE("k"),
                                 .bytes = {.is_known = true,
                                           .metric = WPB_M_VALUE_BYTES,
                                           .first = 0,
                                           .now = 1000,
                                           .span_ms = 59999,
                                           .has_rate = true,
                                           .per_second = 10}};
    struct wpb_growth_place place = places[0];

    (void)state;
    place.rows = &row;
    place.row_count = 1;
    place.span_ms = 59999;
    expect_text(place, "  10 B/s\n");
    row.bytes.span_ms = 60000;
    expect_text(place, "  600 B/min\n");
    row.bytes.span_ms = 3600000;
    expect_text(place, "  35.2 KiB/h\n");
    row.bytes.per_second = -0.0001;
    row.bytes.now = 0;
    row.bytes.first = 1;
    expect_text(place, "  -<1 B/h\n");
}

static void many_rows_are_cut_and_counted(void **state)
{
    struct wpb_growth_row many[30];
    struct wpb_growth_place place = places[0];

    (void)state;
    for (size_t i = 0; i < COUNT(many); i++)
        many[i] = rows[5];
    place.rows = many;
    place.row_count = COUNT(many);
    expect_text(place, "  24 more with smaller changes.\n");
}

static void draw(const char *text, size_t columns, size_t lines, const char *expected)
{
    struct wpb_buf out;

    wpb_buf_init(&out, 0);
    wpb_screen_draw(wpb_slice_cstr(text), wpb_slice_cstr("wait"), columns, lines, &out);
    assert_string_equal(out.data, expected);
    wpb_buf_fini(&out);
}

static void a_page_is_drawn_from_the_top_each_line_wiped(void **state)
{
    (void)state;
    draw("one\n\ntwo\n", 20, 10, "\x1b[Hone\x1b[K\n\x1b[K\ntwo\x1b[K\n\x1b[Jwait");
    draw("", 20, 10, "\x1b[H\x1b[Jwait");
}

static void a_page_that_fits_is_whole(void **state)
{
    (void)state;
    draw("1\n2\n", 20, 3, "\x1b[H1\x1b[K\n2\x1b[K\n\x1b[Jwait");
}

static void a_page_too_long_is_cut_and_says_so(void **state)
{
    (void)state;
    draw("1\n2\n3\n4\n", 40, 3, "\x1b[H1\x1b[K\n2\x1b[K\n\x1b[J2 more lines. wait");
    draw("1\n2\n3\n4\n", 40, 1, "\x1b[H\x1b[J4 more lines. wait");
}

static void a_line_too_wide_is_cut_at_whole_characters(void **state)
{
    (void)state;
    draw("abcdefgh\n", 7, 5, "\x1b[Habcdefg\x1b[K\n\x1b[Jwait");
    draw("ab\xe6\xbc\xa2\xc3\xa9z\n", 3, 5, "\x1b[Hab\x1b[K\n\x1b[J");
    draw("ab\xe6\xbc\xa2\xc3\xa9z\n", 5, 5,
         "\x1b[Hab\xe6\xbc\xa2\xc3\xa9\x1b[K\n\x1b[Jwa");
}

static void a_colour_that_was_cut_off_ends(void **state)
{
    (void)state;
    draw("\x1b[1mabcdef\x1b[0mgh\n", 4, 5, "\x1b[H\x1b[1mabcd\x1b[0m\x1b[K\n\x1b[Jw");
    draw("ab\x1b[31mcdef\n", 4, 5, "\x1b[Hab\x1b[31mcd\x1b[0m\x1b[K\n\x1b[Jw");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(growth_reads_well_at_80_columns),
        cmocka_unit_test(growth_is_a_table_of_the_json_report),
        cmocka_unit_test(a_pass_is_a_line_of_json),
        cmocka_unit_test(a_scan_that_is_no_watch_has_no_growth),
        cmocka_unit_test(hostile_names_stay_harmless),
        cmocka_unit_test(the_first_pass_says_to_wait),
        cmocka_unit_test(a_break_is_said),
        cmocka_unit_test(a_pass_that_saw_nothing_is_said),
        cmocka_unit_test(after_a_day_the_heading_has_a_date),
        cmocka_unit_test(a_rate_is_in_no_larger_unit_than_was_watched),
        cmocka_unit_test(many_rows_are_cut_and_counted),
        cmocka_unit_test(a_page_is_drawn_from_the_top_each_line_wiped),
        cmocka_unit_test(a_page_that_fits_is_whole),
        cmocka_unit_test(a_page_too_long_is_cut_and_says_so),
        cmocka_unit_test(a_line_too_wide_is_cut_at_whole_characters),
        cmocka_unit_test(a_colour_that_was_cut_off_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
