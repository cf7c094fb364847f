/* The report as a monitoring check. */
#include "golden.h"

#include "agent/output/nagios.h"
#include "report_builder.h"

static void expect_line(const struct wpb_report *report, int code, const char *line)
{
    struct wpb_buf out;
    wpb_buf_init(&out, 0);
    assert_int_equal(wpb_output_nagios(report, &out), code);
    golden_expect_clean(wpb_buf_view(&out));
    assert_string_equal(out.data, line);
    wpb_buf_fini(&out);
}

static void critical_finding_is_two_with_its_title(void **state)
{
    (void)state;
    expect_line(
        report_incident(), 2,
        "WPBLOAT CRITICAL - shop: notoptions holds 65,768 names of options that do not "
        "exist (3.8 MiB, no TTL) (3 findings) | 'critical'=1;;0;0 'warning'=1;0;;0 "
        "'info'=1;;;0 'sites'=1;;;0 'blind'=1;;;0;5 'largest_key'=4194400B;;;0 "
        "'worst_entry'=3971911B;;26700000;0\n");
}

static void what_sites_share_names_them(void **state)
{
    struct wpb_buf out;
    (void)state;
    wpb_buf_init(&out, 0);
    assert_int_equal(wpb_output_nagios(report_shared(), &out), 1);
    assert_int_equal(golden_count(wpb_buf_view(&out),
                                  "WPBLOAT WARNING - shop and redis: Redis may evict"),
                     1);
    wpb_buf_fini(&out);
}

static void warning_alone_is_one(void **state)
{
    struct wpb_report report = *report_incident();
    (void)state;
    report.findings++;
    report.finding_count = 1;
    report.key_count = 0;
    expect_line(
        &report, 1,
        "WPBLOAT WARNING - shop: Redis may evict only keys with a TTL, and 98 % of "
        "its keys have none (1 finding) | 'critical'=0;;0;0 'warning'=1;0;;0 "
        "'info'=0;;;0 'sites'=1;;;0 'blind'=1;;;0;5\n");
}

static void note_alone_is_ok(void **state)
{
    struct wpb_report report = *report_incident();
    (void)state;
    report.findings += 2;
    report.finding_count = 1;
    report.key_count = 0;
    expect_line(&report, 0,
                "WPBLOAT OK - nothing found that is about to break a site (1 finding) | "
                "'critical'=0;;0;0 'warning'=0;0;;0 'info'=1;;;0 'sites'=1;;;0 "
                "'blind'=1;;;0;5\n");
}

static void healthy_site_is_ok(void **state)
{
    (void)state;
    expect_line(report_healthy(), 0,
                "WPBLOAT OK - nothing found that is about to break a site (0 findings) | "
                "'critical'=0;;0;0 'warning'=0;0;;0 'info'=0;;;0 'sites'=1;;;0 "
                "'blind'=0;;;0;3 'largest_key'=229456B;;;0\n");
}

static void unavailable_probe_without_finding_is_unknown(void **state)
{
    (void)state;
    expect_line(report_half_blind(), 3,
                "WPBLOAT UNKNOWN - redis.keyspace of shop could not look: "
                "unix:///run/redis.sock?db=1: NOPERM this user has no permissions to run "
                "the 'scan' command; allow it: ACL SETUSER wpbloat +scan (0 findings) | "
                "'critical'=0;;0;0 'warning'=0;0;;0 'info'=0;;;0 'sites'=1;;;0 "
                "'blind'=1;;;0;2\n");
}

static void warning_outranks_an_unavailable_probe(void **state)
{
    struct wpb_report report = *report_half_blind();
    struct wpb_buf out;
    (void)state;
    report.findings = report_incident()->findings + 1;
    report.finding_count = 1;
    wpb_buf_init(&out, 0);
    assert_int_equal(wpb_output_nagios(&report, &out), 1);
    wpb_buf_fini(&out);
}

static void host_without_a_site_is_unknown(void **state)
{
    (void)state;
    expect_line(report_no_site(), 3,
                "WPBLOAT UNKNOWN - no WordPress site found (0 findings) | "
                "'critical'=0;;0;0 'warning'=0;0;;0 'info'=0;;;0 'sites'=0;;;0 "
                "'blind'=0;;;0;0\n");
}

static void strange_title_can_forge_no_performance_data(void **state)
{
    struct wpb_buf out;
    (void)state;
    wpb_buf_init(&out, 0);
    assert_int_equal(wpb_output_nagios(report_hostile(), &out), 2);
    golden_expect_clean(wpb_buf_view(&out));
    assert_int_equal(golden_count(wpb_buf_view(&out), "|"), 1);
    assert_int_equal(golden_count(wpb_buf_view(&out), "\n"), 1);
    assert_true(out.len < 1024);
    golden_expect("check_hostile.txt", wpb_buf_view(&out));
    wpb_buf_fini(&out);
}

static void long_text_is_cut_between_characters(void **state)
{
    static char title[4096];
    struct wpb_finding finding = report_incident()->findings[0];
    struct wpb_report report = *report_incident();
    struct wpb_buf out;
    (void)state;
    /* Words of two-byte letters, so that the cut would fall inside of one. */
    for (size_t i = 0; i + 4 < sizeof(title); i += 3)
        memcpy(title + i, "\xc3\xa9 ", 4);
    finding.title = title;
    report.findings = &finding;
    report.finding_count = 1;
    wpb_buf_init(&out, 0);
    assert_int_equal(wpb_output_nagios(&report, &out), 2);
    golden_expect_clean(wpb_buf_view(&out));
    assert_true(out.len < 1024);
    assert_int_equal(golden_count(wpb_buf_view(&out), "..."), 1);
    wpb_buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(critical_finding_is_two_with_its_title),
        cmocka_unit_test(what_sites_share_names_them),
        cmocka_unit_test(warning_alone_is_one),
        cmocka_unit_test(note_alone_is_ok),
        cmocka_unit_test(healthy_site_is_ok),
        cmocka_unit_test(unavailable_probe_without_finding_is_unknown),
        cmocka_unit_test(warning_outranks_an_unavailable_probe),
        cmocka_unit_test(host_without_a_site_is_unknown),
        cmocka_unit_test(strange_title_can_forge_no_performance_data),
        cmocka_unit_test(long_text_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
