/*
 * First byte: how many columns. Then rows of so many numbers (doubles.h), a target and a
 * weight. Nothing traps; coefficients are finite and not negative; no subset that was
 * kept does worse than nothing at all.
 */
#include "agent/analyse/nnls.h"
#include "tests/fuzz/doubles.h"
#include "tests/fuzz/fuzz.h"

static void check_solution(const struct wpb_least_squares *problem)
{
    double coefficients[WPB_LEAST_SQUARES_MAX], nothing, rest;
    unsigned kept;

    nothing = wpb_least_squares_centered_target(problem) +
              problem->d[0] * problem->t[0] * problem->t[0];
    check(isfinite(nothing));
    rest = wpb_nnls_minimize(problem, coefficients, &kept);
    check(rest >= 0 && rest <= nothing * (1 + 1e-9));
    for (size_t j = 0; j < problem->columns; j++) {
        check(isfinite(coefficients[j]) && coefficients[j] >= 0);
        check(coefficients[j] > 0 ? kept >> j & 1 : true);
    }
}

static void check_verdict(const struct wpb_least_squares *problem)
{
    struct wpb_nnls nnls;

    wpb_nnls_solve(problem, &nnls);
    check(nnls.r2 >= 0 && nnls.r2 <= 1);
    check(nnls.refusal < WPB_WORK_REFUSALS);
    for (size_t j = 0; j < problem->columns; j++) {
        check(isnan(nnls.error[j]) || nnls.error[j] >= 0);
        check(nnls.variation[j] >= 0 && (j == 0 || nnls.inflation[j] >= 1));
        if (nnls.refusal != WPB_WORK_NOT_REFUSED)
            check(nnls.column_refusal[j] != WPB_WORK_NOT_REFUSED);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct doubles doubles = {data, size, 1};
    struct wpb_least_squares problem;
    size_t columns;

    if (size < 1)
        return 0;
    columns = 1 + data[0] % WPB_LEAST_SQUARES_MAX;
    wpb_least_squares_begin(&problem, columns);
    while (doubles_left(&doubles, columns + 2)) {
        double row[WPB_LEAST_SQUARES_MAX + 2];
        doubles_take(&doubles, row, columns + 2);
        wpb_least_squares_add(&problem, row, row[columns], row[columns + 1]);
    }
    check_solution(&problem);
    check_verdict(&problem);
    return 0;
}
