/* What may be asked of a load: rates, and the bounds of the code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "agent/load/plan.h"
#include "near.h"

static struct wpb_load_plan plan_of(const char *rates)
{
    struct wpb_load_plan plan = {.step_s = 10, .timeout_ms = 10000};
    struct wpb_err err;

    assert_int_equal(wpb_load_plan_rates(&plan, rates, &err), 0);
    return plan;
}

static void rates_are_a_rising_list(void **state)
{
    struct wpb_load_plan plan = plan_of("1,2.5,10,200");

    (void)state;
    assert_int_equal(plan.step_count, 4);
    assert_near(plan.rates[1], 2.5, 0);
    assert_near(plan.rates[3], 200, 0);
}

static void what_is_no_list_of_rates_is_refused(void **state)
{
    static const char *const wrong[] = {"",       ",",
                                        "1,",     "1,,2",
                                        "a",      "1,b",
                                        "-1",     "+1",
                                        "nan",    "inf",
                                        "0",      "0.01",
                                        "1e9",    "201",
                                        "2,1",    "1,1",
                                        "1 ,2",   "1;2",
                                        "0x10,z", " 1",
                                        "1,2 ",   "1,2,3,4,5,6,7,8,9,10,11,12,13"};
    struct wpb_load_plan plan = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct wpb_err err = {0};
        if (wpb_load_plan_rates(&plan, wrong[i], &err) == 0)
            fail_msg("'%s' was taken for rates", wrong[i]);
        assert_int_equal(err.code, WPB_E_ARGUMENT);
        assert_non_null(strstr(err.message, "--rate"));
    }
}

static void a_plan_keeps_within_what_the_code_allows(void **state)
{
    struct wpb_load_plan plan = plan_of("1,2,5,10,20");
    struct wpb_err err = {0};

    (void)state;
    assert_int_equal(wpb_load_plan_check(&plan, &err), 0);
    plan.step_s = 61;
    assert_int_equal(wpb_load_plan_check(&plan, &err), -1);
    assert_int_equal(err.code, WPB_E_BUDGET);
    plan = plan_of("150,200");
    plan.step_s = 60; /* 21,000 requests */
    assert_int_equal(wpb_load_plan_check(&plan, &err), -1);
    assert_non_null(strstr(err.message, "21000 requests"));
    plan = plan_of("1,2,3,4,5,6,7,8,9,10,11");
    plan.step_s = 60; /* 660 s */
    assert_int_equal(wpb_load_plan_check(&plan, &err), -1);
    assert_non_null(strstr(err.message, "660 s"));
    plan = plan_of("1");
    plan.timeout_ms = 31000;
    assert_int_equal(wpb_load_plan_check(&plan, &err), -1);
}

static void the_site_knows_by_the_user_agent_who_calls(void **state)
{
    struct wpb_load_plan plan = {0};

    (void)state;
    wpb_load_plan_name(&plan, "shop.example");
    assert_string_equal(plan.user_agent, "wpbloat-load/" WPB_VERSION " (+shop.example)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_are_a_rising_list),
        cmocka_unit_test(what_is_no_list_of_rates_is_refused),
        cmocka_unit_test(a_plan_keeps_within_what_the_code_allows),
        cmocka_unit_test(the_site_knows_by_the_user_agent_who_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
