/* The report and the findings for programs. */
#include "golden.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include <cjson/cJSON.h>

#include "agent/output/json.h"
#include "agent/output/json_write.h"
#include "agent/output/ndjson.h"
#include "report_builder.h"

static void render(const struct wpb_report *report, struct wpb_buf *out)
{
    struct wpb_err err = {0};
    wpb_buf_init(out, 0);
    assert_int_equal(wpb_output_json(report, out, &err), 0);
    golden_expect_clean(wpb_buf_view(out));
}

static void expect_json(const struct wpb_report *report, const char *golden)
{
    struct wpb_buf out;
    render(report, &out);
    cJSON *document = cJSON_ParseWithLength(out.data, out.len);
    assert_non_null(document);
    cJSON_Delete(document);
    golden_expect(golden, wpb_buf_view(&out));
    wpb_buf_fini(&out);
}

static void incident_has_the_published_members(void **state)
{
    (void)state;
    expect_json(report_incident(), "report_incident.json");
}

static void what_sites_share_names_the_others(void **state)
{
    (void)state;
    expect_json(report_shared(), "report_shared.json");
}

static void database_has_the_published_members(void **state)
{
    (void)state;
    expect_json(report_database(), "report_database.json");
}

static void healthy_report_has_empty_lists(void **state)
{
    (void)state;
    expect_json(report_healthy(), "report_healthy.json");
}

static void report_without_a_site_is_still_a_report(void **state)
{
    (void)state;
    expect_json(report_no_site(), "report_no_site.json");
}

static void blind_report_carries_its_reasons(void **state)
{
    (void)state;
    expect_json(report_blind(), "report_blind.json");
}

static void hostile_names_stay_inside_their_strings(void **state)
{
    (void)state;
    expect_json(report_hostile(), "report_hostile.json");
}

static void no_secret_and_no_markup_is_written(void **state)
{
    struct wpb_buf out;
    (void)state;
    render(report_incident(), &out);
    assert_int_equal(golden_count(wpb_buf_view(&out), "secret"), 0);
    wpb_buf_fini(&out);
    render(report_hostile(), &out);
    assert_int_equal(golden_count(wpb_buf_view(&out), "</script"), 0);
    assert_int_equal(golden_count(wpb_buf_view(&out), "secret"), 0);
    wpb_buf_fini(&out);
}

static cJSON *member(cJSON *object, const char *name)
{
    cJSON *found = cJSON_GetObjectItemCaseSensitive(object, name);
    assert_non_null(found);
    return found;
}

static void integers_beyond_doubles_are_exact(void **state)
{
    struct wpb_buf out;
    (void)state;
    render(report_hostile(), &out);
    assert_true(golden_count(wpb_buf_view(&out), ": 9007199254740993,") >= 2);
    assert_true(golden_count(wpb_buf_view(&out), ": 18446744073709551615") >= 8);
    assert_true(golden_count(wpb_buf_view(&out), ": -9223372036854775808") >= 2);
    wpb_buf_fini(&out);
}

static void bytes_that_are_not_utf8_come_in_hex_as_well(void **state)
{
    struct wpb_subject subject = *report_incident()->findings[0].subject;
    struct wpb_finding finding = report_incident()->findings[0];
    struct wpb_report report = *report_incident();
    struct wpb_buf out;
    (void)state;
    subject.name = wpb_slice_of("wp:\xff:a", 6);
    finding.subject = &subject;
    report.findings = &finding;
    report.finding_count = 1;
    render(&report, &out);
    cJSON *document = cJSON_ParseWithLength(out.data, out.len);
    cJSON *written =
        member(cJSON_GetArrayItem(member(document, "findings"), 0), "subject");
    assert_string_equal(member(written, "name")->valuestring, "wp:\\xff:a");
    assert_string_equal(member(written, "name_hex")->valuestring, "77703aff3a61");
    cJSON_Delete(document);
    wpb_buf_fini(&out);
}

static void long_names_are_cut_in_both_spellings(void **state)
{
    static char name[65536];
    struct wpb_buf out;
    (void)state;
    memset(name, 0xff, sizeof(name));
    wpb_buf_init(&out, 0);
    struct wpb_json json = wpb_json_of(&out, false);
    wpb_json_open_object(&json, NULL);
    wpb_json_name(&json, "name", wpb_slice_of(name, sizeof(name)));
    wpb_json_close(&json);
    assert_true(out.len < 2000);
    cJSON *document = cJSON_ParseWithLength(out.data, out.len);
    assert_true(strlen(member(document, "name_hex")->valuestring) <= 400);
    cJSON_Delete(document);
    wpb_buf_fini(&out);
}

static void people_are_masked_outside_of_commands(void **state)
{
    struct wpb_finding finding = report_incident()->findings[0];
    struct wpb_report report = *report_incident();
    struct wpb_family_cause family = finding.cause.families[0];
    struct wpb_buf out;
    (void)state;
    family.template_name = wpb_slice_cstr("tariff_jane.doe@example.test");
    finding.cause.families = &family;
    finding.cause.family_count = 1;
    finding.title = "the key wp:useremail:jane.doe@example.test is large";
    report.findings = &finding;
    report.finding_count = 1;
    render(&report, &out);
    assert_int_equal(golden_count(wpb_buf_view(&out), "jane"), 0);
    assert_int_equal(golden_count(wpb_buf_view(&out), "wp:useremail:j***@*** is"), 1);
    wpb_buf_fini(&out);
}

static void unlimited_memory_is_minus_one_and_unknown_is_null(void **state)
{
    struct wpb_buf out;
    (void)state;
    wpb_buf_init(&out, 0);
    struct wpb_json json = wpb_json_of(&out, false);
    wpb_json_open_object(&json, NULL);
    wpb_json_memory_limit(&json, "a", 0);
    wpb_json_memory_limit(&json, "b", UINT64_MAX);
    wpb_json_memory_limit(&json, "c", 134217728);
    wpb_json_php_version(&json, "d", 0);
    wpb_json_php_version(&json, "e", 80200);
    wpb_json_php_version(&json, "f", 80210);
    wpb_json_close(&json);
    assert_string_equal(out.data, "{\"a\":null,\"b\":-1,\"c\":134217728,\"d\":null,"
                                  "\"e\":\"8.2\",\"f\":\"8.2.10\"}");
    wpb_buf_fini(&out);
}

static void expect_number(double number, const char *expected)
{
    struct wpb_buf out;
    wpb_buf_init(&out, 0);
    struct wpb_json json = wpb_json_of(&out, false);
    wpb_json_number(&json, NULL, number);
    assert_string_equal(out.data, expected);
    wpb_buf_fini(&out);
}

static void doubles_are_as_short_as_they_read_back(void **state)
{
    (void)state;
    expect_number(0, "0");
    expect_number(0.93, "0.93");
    expect_number(0.1 + 0.2, "0.30000000000000004");
    expect_number(1.0 / 3, "0.3333333333333333");
    expect_number(-2.5, "-2.5");
    expect_number(10, "10");
    expect_number(-600, "-600");
    expect_number(1e15 - 1, "999999999999999");
    expect_number(1e15, "1e+15");
    expect_number(22550.5, "22550.5");
    expect_number(1e300, "1e+300");
    expect_number(DBL_MAX, "1.7976931348623157e+308");
    expect_number(DBL_MIN, "2.2250738585072014e-308");
    expect_number((double)NAN, "null");
    expect_number((double)INFINITY, "null");
    expect_number((double)-INFINITY, "null");
}

static void lines_of_findings_stand_by_themselves(void **state)
{
    struct wpb_buf out;
    struct wpb_err err = {0};
    (void)state;
    wpb_buf_init(&out, 0);
    assert_int_equal(wpb_output_ndjson(report_incident(), &out, &err), 0);
    golden_expect_clean(wpb_buf_view(&out));
    golden_expect("findings_incident.ndjson", wpb_buf_view(&out));
    assert_int_equal(golden_count(wpb_buf_view(&out), "\n"), 3);
    struct wpb_slice rest = wpb_buf_view(&out);
    while (rest.len) {
        const char *end = memchr(rest.data, '\n', rest.len);
        size_t len = (size_t)(end - rest.data);
        cJSON *line = cJSON_ParseWithLength(rest.data, len);
        assert_string_equal(member(line, "schema")->valuestring, "wpbloat.finding/1");
        assert_string_equal(member(line, "host")->valuestring, "web-17");
        assert_string_equal(member(line, "generated_at")->valuestring,
                            "2026-11-23T20:00:00Z");
        assert_string_equal(member(line, "site")->valuestring, "shop");
        cJSON_Delete(line);
        rest = wpb_slice_skip(rest, len + 1);
    }
    wpb_buf_fini(&out);
}

static void hostile_finding_is_one_line(void **state)
{
    struct wpb_buf out;
    struct wpb_err err = {0};
    (void)state;
    wpb_buf_init(&out, 0);
    assert_int_equal(wpb_output_ndjson(report_hostile(), &out, &err), 0);
    golden_expect_clean(wpb_buf_view(&out));
    golden_expect("findings_hostile.ndjson", wpb_buf_view(&out));
    assert_int_equal(golden_count(wpb_buf_view(&out), "\n"), 1);
    wpb_buf_fini(&out);
}

static void no_finding_is_no_line(void **state)
{
    struct wpb_buf out;
    struct wpb_err err = {0};
    (void)state;
    wpb_buf_init(&out, 0);
    assert_int_equal(wpb_output_ndjson(report_healthy(), &out, &err), 0);
    assert_int_equal(out.len, 0);
    wpb_buf_fini(&out);
}

static void full_buffer_is_an_error(void **state)
{
    struct wpb_buf out;
    struct wpb_err err = {0};
    (void)state;
    wpb_buf_init(&out, 100);
    assert_int_equal(wpb_output_json(report_incident(), &out, &err), -1);
    assert_int_equal(err.code, WPB_E_MEMORY);
    wpb_buf_clear(&out);
    assert_int_equal(wpb_output_ndjson(report_incident(), &out, &err), -1);
    wpb_buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(incident_has_the_published_members),
        cmocka_unit_test(what_sites_share_names_the_others),
        cmocka_unit_test(database_has_the_published_members),
        cmocka_unit_test(healthy_report_has_empty_lists),
        cmocka_unit_test(report_without_a_site_is_still_a_report),
        cmocka_unit_test(blind_report_carries_its_reasons),
        cmocka_unit_test(hostile_names_stay_inside_their_strings),
        cmocka_unit_test(no_secret_and_no_markup_is_written),
        cmocka_unit_test(integers_beyond_doubles_are_exact),
        cmocka_unit_test(bytes_that_are_not_utf8_come_in_hex_as_well),
        cmocka_unit_test(long_names_are_cut_in_both_spellings),
        cmocka_unit_test(people_are_masked_outside_of_commands),
        cmocka_unit_test(unlimited_memory_is_minus_one_and_unknown_is_null),
        cmocka_unit_test(doubles_are_as_short_as_they_read_back),
        cmocka_unit_test(lines_of_findings_stand_by_themselves),
        cmocka_unit_test(hostile_finding_is_one_line),
        cmocka_unit_test(no_finding_is_no_line),
        cmocka_unit_test(full_buffer_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
