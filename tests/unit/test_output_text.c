/* The report as a person reads it. */
#include "golden.h"

#include "agent/base/text.h"
#include "agent/output/page.h"
#include "agent/output/text.h"
#include "report_builder.h"

typedef const struct wpb_report *report_fn(void);

static void render(report_fn *build, size_t columns, bool color, struct wpb_buf *out)
{
    struct wpb_text_style style = {.color = color, .columns = columns};
    wpb_buf_init(out, 0);
    wpb_output_text(build(), &style, out);
    assert_false(wpb_buf_failed(out));
}

static void expect_text(report_fn *build, size_t columns, const char *golden)
{
    struct wpb_buf out;
    render(build, columns, false, &out);
    golden_expect_clean(wpb_buf_view(&out));
    golden_expect(golden, wpb_buf_view(&out));
    wpb_buf_fini(&out);
}

static void incident_reads_well_at_80_columns(void **state)
{
    (void)state;
    expect_text(report_incident, 80, "report_incident.txt");
}

static void incident_reads_well_at_120_columns(void **state)
{
    (void)state;
    expect_text(report_incident, 120, "report_incident_120.txt");
}

static void what_sites_share_is_said_once(void **state)
{
    (void)state;
    expect_text(report_shared, 80, "report_shared.txt");
}

static void database_reads_well_at_80_columns(void **state)
{
    (void)state;
    expect_text(report_database, 80, "report_database.txt");
}

static void database_alone_is_not_said_to_have_a_cache(void **state)
{
    struct wpb_buf out;
    (void)state;
    render(report_database_alone, 80, false, &out);
    assert_int_equal(golden_count(wpb_buf_view(&out), "cache"), 0);
    assert_int_equal(golden_count(wpb_buf_view(&out), "Redis"), 0);
    assert_int_equal(golden_count(wpb_buf_view(&out), "12 tables were looked at."), 1);
    assert_int_equal(golden_count(wpb_buf_view(&out),
                                  "This look cost 31 database statements, 1,022 rows and "
                                  "nothing read"),
                     1);
    wpb_buf_fini(&out);
}

static void columns_default_to_80(void **state)
{
    (void)state;
    expect_text(report_incident, 0, "report_incident.txt");
}

static void healthy_site_is_told_that_nothing_was_found(void **state)
{
    (void)state;
    expect_text(report_healthy, 80, "report_healthy.txt");
}

static void host_without_a_site_is_told_how_to_name_one(void **state)
{
    (void)state;
    expect_text(report_no_site, 80, "report_no_site.txt");
}

static void blind_scan_is_no_all_clear(void **state)
{
    (void)state;
    expect_text(report_blind, 80, "report_blind.txt");
}

static void half_blind_scan_says_what_it_missed(void **state)
{
    (void)state;
    expect_text(report_half_blind, 80, "report_half_blind.txt");
}

static void hostile_names_stay_harmless(void **state)
{
    struct wpb_buf out;
    (void)state;
    render(report_hostile, 80, false, &out);
    golden_expect_clean(wpb_buf_view(&out));
    golden_expect("report_hostile.txt", wpb_buf_view(&out));
    wpb_buf_fini(&out);
}

/* Only commands are shown as they are: a masked command would not work. */
static void people_are_masked_in_names_and_sentences(void **state)
{
    static const struct wpb_key_row keys[] = {
        {"shop", WPB_SLICE("redis://127.0.0.1:6379/0"),
         WPB_SLICE("wp:useremail:jane.doe@example.test"), WPB_SLICE("useremail"), 120,
         false, 0, true, -1}};
    struct wpb_finding finding = report_incident()->findings[0];
    struct wpb_report report = *report_incident();
    struct wpb_text_style style = {.columns = 80};
    struct wpb_buf out;
    (void)state;
    finding.title = "wp:useremail:jane.doe@example.test is large";
    finding.remedy.now = NULL;
    report.findings = &finding;
    report.finding_count = 1;
    report.keys = keys;
    report.key_count = 1;
    wpb_buf_init(&out, 0);
    wpb_output_text(&report, &style, &out);
    assert_int_equal(golden_count(wpb_buf_view(&out), "jane"), 0);
    assert_int_equal(golden_count(wpb_buf_view(&out), "example.test"), 0);
    assert_true(golden_count(wpb_buf_view(&out), "j***@***") >= 2);
    wpb_buf_fini(&out);
}

static void no_secret_is_shown(void **state)
{
    struct wpb_buf out;
    (void)state;
    render(report_incident, 80, false, &out);
    assert_int_equal(golden_count(wpb_buf_view(&out), "secret"), 0);
    wpb_buf_fini(&out);
}

/* A site's configuration ends up in reasons: it must not say what root is to run. */
static void a_strangers_newline_is_no_line_to_run(void **state)
{
    static const struct wpb_coverage row = {
        .probe = "redis.server",
        .site = "shop",
        .status = WPB_COVERAGE_UNAVAILABLE,
        .reason = "no such Redis socket: /tmp/r\nrm -rf /srv",
        .unit = "replies",
        .lines = "\nACL SETUSER wpbloat +scan\nACL SAVE"};
    static const struct wpb_report report = {
        .host = "h", .version = "1", .coverage = &row, .coverage_count = 1};
    static const struct wpb_text_style style = {.columns = 80};
    struct wpb_buf out;

    (void)state;
    wpb_buf_init(&out, 0);
    wpb_output_text(&report, &style, &out);
    assert_int_equal(golden_count(wpb_buf_view(&out), "/tmp/r\\x0arm -rf /srv:\n"), 1);
    assert_int_equal(golden_count(wpb_buf_view(&out),
                                  "\n      ACL SETUSER wpbloat +scan\n"
                                  "      ACL SAVE\n"),
                     1);
    wpb_buf_fini(&out);
}

/* Of ten sites on one server ten times the same is said once. */
static void what_is_said_of_several_sites_is_said_once(void **state)
{
#define ROW(of_probe, of_site, why)                                                      \
    {                                                                                    \
        .probe = of_probe, .site = of_site, .status = WPB_COVERAGE_SKIPPED,              \
        .reason = why                                                                    \
    }
    static const struct wpb_coverage rows[] = {
        ROW("a", "blog", "it is off"), ROW("b", "blog", "it is off"),
        ROW("a", "shop", "it is off"), ROW("b", "shop", "it is off"),
        ROW("a", "club", "it is off"), ROW("a", "wiki", "it is on"),
        ROW("a", "mall", "it is off"),
    };
    static const struct wpb_report report = {.host = "h",
                                             .version = "1",
                                             .coverage = rows,
                                             .coverage_count =
                                                 sizeof rows / sizeof *rows};
    static const struct wpb_text_style style = {.columns = 80};
    struct wpb_buf out;

    (void)state;
    wpb_buf_init(&out, 0);
    wpb_output_text(&report, &style, &out);
    assert_int_equal(golden_count(wpb_buf_view(&out), "  a, b of blog, shop: skipped\n"
                                                      "    it is off\n"
                                                      "  a of club, mall: skipped\n"
                                                      "    it is off\n"
                                                      "  a of wiki: skipped\n"
                                                      "    it is on\n"),
                     1);
    assert_int_equal(golden_count(wpb_buf_view(&out), "skipped"), 3);
    wpb_buf_fini(&out);
}

static void color_changes_nothing_but_color(void **state)
{
    struct wpb_buf plain, colored, stripped;
    (void)state;
    render(report_incident, 80, false, &plain);
    render(report_incident, 80, true, &colored);
    wpb_buf_init(&stripped, 0);
    size_t inks = 0;
    for (size_t i = 0; i < colored.len; i++) {
        if (colored.data[i] != '\x1b') {
            wpb_buf_char(&stripped, colored.data[i]);
            continue;
        }
        inks++;
        while (colored.data[i] != 'm')
            i++;
    }
    assert_true(inks > 4);
    assert_string_equal(stripped.data, plain.data);
    wpb_buf_fini(&stripped);
    wpb_buf_fini(&colored);
    wpb_buf_fini(&plain);
}

/* What a reader copies or clicks is whole, even where it is too wide. */
static bool is_unbreakable(struct wpb_slice line)
{
    static const char *const marks[] = {"redis-cli ", "wpbloat ", "wp ",
                                        "class-tariff.php:5", "get_option( '"};
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (golden_count(line, marks[i]))
            return true;
    }
    return false;
}

static void only_unbreakable_lines_are_wider_than_the_page(void **state)
{
    static const size_t widths[] = {80, 100, 120};
    (void)state;
    for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
        struct wpb_buf out;
        render(report_incident, widths[i], false, &out);
        struct wpb_slice rest = wpb_buf_view(&out);
        while (rest.len) {
            const char *end = memchr(rest.data, '\n', rest.len);
            struct wpb_slice line = wpb_slice_head(rest, (size_t)(end - rest.data));
            rest = wpb_slice_skip(rest, line.len + 1);
            if (wpb_text_columns(line) > widths[i] && !is_unbreakable(line))
                fail_msg("too wide for %zu: %.*s", widths[i], (int)line.len, line.data);
        }
        wpb_buf_fini(&out);
    }
}

static void commands_are_whole_lines(void **state)
{
    static const char *const commands[] = {
        "redis-cli -s /run/redis.sock -n 1 UNLINK q7:prod_kx:options:notoptions\n",
        "wpbloat explain redis q7:prod_kx:options:notoptions --site shop\n",
        "wp plugin deactivate kestrel-pricing --path=/var/www/shop\n",
    };
    struct wpb_buf out;
    (void)state;
    render(report_incident, 40, false, &out);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        assert_true(golden_count(wpb_buf_view(&out), commands[i]) >= 1);
    wpb_buf_fini(&out);
}

static void elision_keeps_both_ends_and_whole_characters(void **state)
{
    struct wpb_buf out;
    (void)state;
    wpb_buf_init(&out, 0);
    wpb_page_elide(&out, wpb_slice_cstr("q7:prod_kx:options:notoptions"), 20);
    assert_string_equal(out.data, "q7:pro...:notoptions");
    wpb_buf_clear(&out);
    /* 10 wide characters of 3 bytes: 20 columns into 11. */
    wpb_page_elide(&out, wpb_slice_cstr("日本語日本語日本語日"), 11);
    assert_string_equal(out.data, "日...語日");
    assert_true(wpb_text_columns(wpb_buf_view(&out)) <= 11);
    wpb_buf_fini(&out);
}

static void passed_failure_size_is_said_so(void **state)
{
    static const struct wpb_evidence evidence[] = {
        {"value_bytes", {.type = WPB_VALUE_INTEGER, .integer = 30000000}, WPB_EXACT},
        {"memory_limit_bytes",
         {.type = WPB_VALUE_INTEGER, .integer = 134217728},
         WPB_EXACT},
        {"fails_at_bytes",
         {.type = WPB_VALUE_INTEGER, .integer = 26700000},
         WPB_ESTIMATED},
    };
    struct wpb_finding finding = report_incident()->findings[0];
    struct wpb_report report = *report_incident();
    struct wpb_text_style style = {.columns = 200};
    struct wpb_buf out;
    (void)state;
    finding.evidence = evidence;
    finding.evidence_count = 3;
    report.findings = &finding;
    report.finding_count = 1;
    wpb_buf_init(&out, 0);
    wpb_output_text(&report, &style, &out);
    assert_int_equal(golden_count(wpb_buf_view(&out), "and it does so already"), 1);
    assert_int_equal(golden_count(wpb_buf_view(&out), "a size it has passed"), 1);
    wpb_buf_fini(&out);
}

static void expect_in_finding(const struct wpb_finding *finding, const char *text,
                              size_t count)
{
    struct wpb_report report = *report_incident();
    struct wpb_text_style style = {.columns = 80};
    struct wpb_buf out;
    report.findings = finding;
    report.finding_count = 1;
    wpb_buf_init(&out, 0);
    wpb_output_text(&report, &style, &out);
    assert_int_equal(golden_count(wpb_buf_view(&out), text), count);
    wpb_buf_fini(&out);
}

static void unlimited_memory_is_not_called_unknown(void **state)
{
    static const struct wpb_evidence evidence[] = {
        {"memory_limit_bytes", {.type = WPB_VALUE_NONE}, WPB_EXACT}};
    struct wpb_finding finding = report_incident()->findings[0];
    struct wpb_site site = *finding.site;
    (void)state;
    finding.site = &site;
    finding.evidence = evidence;
    finding.evidence_count = 1;
    site.memory_limit_bytes = UINT64_MAX;
    expect_in_finding(&finding, "PHP memory_limit  unlimited\n", 1);
    site.memory_limit_bytes = 0;
    expect_in_finding(&finding, "PHP memory_limit  unknown\n", 1);
}

static void unsure_cause_is_not_called_likely(void **state)
{
    struct wpb_finding finding = report_incident()->findings[0];
    (void)state;
    expect_in_finding(&finding, "Who causes it  most likely the plugin", 1);
    expect_in_finding(&finding, "  Who causes it, most likely\n", 1);
    finding.cause.confidence = "possible";
    expect_in_finding(&finding, "Who causes it  possibly the plugin", 1);
    expect_in_finding(&finding, "  Who may cause it\n", 1);
    finding.cause = (struct wpb_cause){.kind = "cache_entry", .note = ""};
    expect_in_finding(&finding, "cause", 0);
}

static void owner_of_most_bytes_stands_in_the_verdict(void **state)
{
    static const struct wpb_component_cause components[] = {
        {.name = WPB_SLICE("plugin:tern-catalogue"),
         .bytes = 22000000,
         .options = 2,
         .share_ratio = 0.58},
        {.name = WPB_SLICE("core"), .bytes = 165, .options = 3, .share_ratio = 0.001},
    };
    static const char *const for_good[] = {
        "Stop autoloading it:", "wp option set-autoload NAME off", NULL};
    struct wpb_finding finding = report_incident()->findings[0];
    (void)state;
    finding.cause = (struct wpb_cause){.kind = "components",
                                       .confidence = "likely",
                                       .components = components,
                                       .component_count = 2,
                                       .note = ""};
    finding.remedy.for_good = for_good;
    expect_in_finding(
        &finding, "Who causes it  most likely the plugin tern-catalogue, for 58 %", 1);
    expect_in_finding(&finding,
                      "To end it      Stop autoloading it:\n"
                      "    wp option set-autoload NAME off\n",
                      1);
}

static void share_of_something_else_than_bytes_says_of_what_and_where(void **state)
{
    static const struct wpb_component_cause components[] = {
        {.name = WPB_SLICE("plugin:harrier-search"),
         .share_ratio = 0.86,
         .share_of = "the slow requests",
         .file = WPB_SLICE("wp-content/plugins/harrier-search/index.php"),
         .line = 1038},
    };
    struct wpb_finding finding = report_incident()->findings[0];
    (void)state;
    finding.cause = (struct wpb_cause){.kind = "slow_requests",
                                       .confidence = "likely",
                                       .components = components,
                                       .component_count = 1,
                                       .note = ""};
    expect_in_finding(&finding,
                      "     86 %  of the slow requests: the plugin harrier-search\n"
                      "           wp-content/plugins/harrier-search/index.php:1038\n",
                      1);
    expect_in_finding(&finding, "for 86 % of the slow\n", 1);
    expect_in_finding(&finding, "options: ", 0);
}

static void the_rate_at_which_all_wait_comes_before_a_size(void **state)
{
    const struct wpb_evidence low = {.name = "capacity_low_per_second",
                                     .value = wpb_value_double(6)};
    struct wpb_report report = *report_incident();
    struct wpb_finding findings[2] = {report.findings[0], report.findings[0]};
    struct wpb_buf out;
    (void)state;
    findings[1].title = "It breaks near 6.5 requests a second";
    findings[1].evidence = &low;
    findings[1].evidence_count = 1;
    report.findings = findings;
    report.finding_count = 2;
    wpb_buf_init(&out, 0);
    wpb_output_text(&report, &(struct wpb_text_style){.columns = 80}, &out);
    assert_int_equal(golden_count(wpb_buf_view(&out), "What is wrong  shop: It breaks"),
                     1);
    wpb_buf_clear(&out);
    findings[1].severity = WPB_WARNING;
    wpb_output_text(&report, &(struct wpb_text_style){.columns = 80}, &out);
    assert_int_equal(golden_count(wpb_buf_view(&out), "What is wrong  shop: It breaks"),
                     0);
    wpb_buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(incident_reads_well_at_80_columns),
        cmocka_unit_test(incident_reads_well_at_120_columns),
        cmocka_unit_test(what_sites_share_is_said_once),
        cmocka_unit_test(database_reads_well_at_80_columns),
        cmocka_unit_test(database_alone_is_not_said_to_have_a_cache),
        cmocka_unit_test(columns_default_to_80),
        cmocka_unit_test(healthy_site_is_told_that_nothing_was_found),
        cmocka_unit_test(host_without_a_site_is_told_how_to_name_one),
        cmocka_unit_test(blind_scan_is_no_all_clear),
        cmocka_unit_test(half_blind_scan_says_what_it_missed),
        cmocka_unit_test(hostile_names_stay_harmless),
        cmocka_unit_test(people_are_masked_in_names_and_sentences),
        cmocka_unit_test(no_secret_is_shown),
        cmocka_unit_test(a_strangers_newline_is_no_line_to_run),
        cmocka_unit_test(what_is_said_of_several_sites_is_said_once),
        cmocka_unit_test(color_changes_nothing_but_color),
        cmocka_unit_test(only_unbreakable_lines_are_wider_than_the_page),
        cmocka_unit_test(commands_are_whole_lines),
        cmocka_unit_test(elision_keeps_both_ends_and_whole_characters),
        cmocka_unit_test(passed_failure_size_is_said_so),
        cmocka_unit_test(unlimited_memory_is_not_called_unknown),
        cmocka_unit_test(unsure_cause_is_not_called_likely),
        cmocka_unit_test(owner_of_most_bytes_stands_in_the_verdict),
        cmocka_unit_test(share_of_something_else_than_bytes_says_of_what_and_where),
        cmocka_unit_test(the_rate_at_which_all_wait_comes_before_a_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
