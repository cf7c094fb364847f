/* Student's distribution against closed forms and the printed tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/analyse/student.h"
#include "tests/unit/near.h"

/* One degree is Cauchy's distribution, two and three have closed forms. */
static void tails_are_the_closed_forms_of_one_two_and_three_degrees(void **state)
{
    double pi = acos(-1);

    (void)state;
    for (double t = -50; t <= 50; t += 0.37) {
        double angle = atan(t / sqrt(3));
        assert_near(wpb_student_tail(t, 1), 0.5 - atan(t) / pi, 1e-12);
        assert_near(wpb_student_tail(t, 2), 0.5 - t / (2 * sqrt(2 + t * t)), 1e-12);
        assert_near(wpb_student_tail(t, 3), 0.5 - (angle + sin(2 * angle) / 2) / pi,
                    1e-12);
    }
}

/* Any statistician's table. */
static void quantiles_are_those_of_the_tables(void **state)
{
    (void)state;
    assert_near(wpb_student_quantile(0.975, 1), 12.706, 5e-4);
    assert_near(wpb_student_quantile(0.975, 2), 4.303, 5e-4);
    assert_near(wpb_student_quantile(0.975, 3), 3.182, 5e-4);
    assert_near(wpb_student_quantile(0.95, 5), 2.015, 5e-4);
    assert_near(wpb_student_quantile(0.995, 10), 3.169, 5e-4);
    assert_near(wpb_student_quantile(0.025, 13), -2.160, 5e-4);
    assert_near(wpb_student_quantile(0.975, 1e7), 1.95996, 1e-5);
    assert_near(wpb_student_quantile(0.5, 4), 0, 1e-9);
}

/* F(0.05; 1, 4) = 7.709 and F(0.01; 1, 13) = 9.074 of the tables. */
static void an_f_test_of_one_parameter_is_two_tails(void **state)
{
    (void)state;
    assert_near(2 * wpb_student_tail(sqrt(7.709), 4), 0.05, 5e-6);
    assert_near(2 * wpb_student_tail(sqrt(9.074), 13), 0.01, 5e-6);
}

static void what_cannot_be_is_not_a_number(void **state)
{
    (void)state;
    assert_true(isnan(wpb_student_tail(NAN, 3)));
    assert_true(isnan(wpb_student_tail(1, 0)));
    assert_true(isnan(wpb_student_quantile(0.9, NAN)));
    assert_true(isinf(wpb_student_quantile(1, 3)));
    assert_true(isinf(wpb_student_quantile(0, 3)));
    assert_near(wpb_student_tail(INFINITY, 3), 0, 0);
    assert_near(wpb_student_tail(-INFINITY, 3), 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tails_are_the_closed_forms_of_one_two_and_three_degrees),
        cmocka_unit_test(quantiles_are_those_of_the_tables),
        cmocka_unit_test(an_f_test_of_one_parameter_is_two_tails),
        cmocka_unit_test(what_cannot_be_is_not_a_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
