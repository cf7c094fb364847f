/* One value taken apart, for a person and for a program. */
#include "golden.h"

#include <cjson/cJSON.h>

#include "agent/output/explain.h"
#include "report_builder.h"

static void expect_both(const struct wpb_explanation *explanation,
                        const char *text_golden, const char *json_golden)
{
    struct wpb_text_style style = {.columns = 80};
    struct wpb_err err = {0};
    struct wpb_buf out;
    wpb_buf_init(&out, 0);
    wpb_output_explain_text(explanation, &style, &out);
    assert_false(wpb_buf_failed(&out));
    golden_expect_clean(wpb_buf_view(&out));
    golden_expect(text_golden, wpb_buf_view(&out));

    wpb_buf_clear(&out);
    assert_int_equal(wpb_output_explain_json(explanation, &out, &err), 0);
    golden_expect_clean(wpb_buf_view(&out));
    cJSON *document = cJSON_ParseWithLength(out.data, out.len);
    assert_non_null(document);
    cJSON_Delete(document);
    golden_expect(json_golden, wpb_buf_view(&out));
    wpb_buf_fini(&out);
}

static void notoptions_is_explained_by_its_families(void **state)
{
    (void)state;
    expect_both(explanation_incident(), "explain_incident.txt", "explain_incident.json");
}

static void broken_file_is_explained_by_its_flaw(void **state)
{
    (void)state;
    expect_both(explanation_flawed(), "explain_flawed.txt", "explain_flawed.json");
}

static void wrapped_and_compressed_value_says_so(void **state)
{
    (void)state;
    expect_both(explanation_wrapped(), "explain_wrapped.txt", "explain_wrapped.json");
}

static void meta_value_says_whose_it_is(void **state)
{
    (void)state;
    expect_both(explanation_meta(), "explain_meta.txt", "explain_meta.json");
}

static void option_says_whether_every_request_loads_it(void **state)
{
    (void)state;
    expect_both(explanation_option(), "explain_option.txt", "explain_option.json");
}

static void hostile_value_stays_harmless(void **state)
{
    (void)state;
    expect_both(explanation_hostile(), "explain_hostile.txt", "explain_hostile.json");
}

static void full_buffer_is_an_error(void **state)
{
    struct wpb_buf out;
    struct wpb_err err = {0};
    (void)state;
    wpb_buf_init(&out, 50);
    assert_int_equal(wpb_output_explain_json(explanation_incident(), &out, &err), -1);
    assert_int_equal(err.code, WPB_E_MEMORY);
    wpb_buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notoptions_is_explained_by_its_families),
        cmocka_unit_test(broken_file_is_explained_by_its_flaw),
        cmocka_unit_test(wrapped_and_compressed_value_says_so),
        cmocka_unit_test(meta_value_says_whose_it_is),
        cmocka_unit_test(option_says_whether_every_request_loads_it),
        cmocka_unit_test(hostile_value_stays_harmless),
        cmocka_unit_test(full_buffer_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
