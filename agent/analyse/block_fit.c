#include "agent/analyse/block_fit.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "agent/analyse/student.h"

#define TERMS_MAX WPB_BLOCK_FIT_TERMS_MAX
/* Of what an equation had before others were taken out: less is rounding. */
#define SINGULAR_RATIO 1e-12

void wpb_block_fit_begin(struct wpb_block_fit *fit, size_t terms)
{
    assert(terms >= 1 && terms <= TERMS_MAX);
    memset(fit, 0, sizeof(*fit));
    fit->terms = terms;
}

size_t wpb_block_fit_block(size_t index, size_t count)
{
    assert(index < count);
    return (size_t)((double)index / (double)count * WPB_BLOCK_FIT_BLOCKS);
}

void wpb_block_fit_add(struct wpb_block_fit *fit, size_t block, const double *x,
                       const double *z, double y, double weight)
{
    assert(block < WPB_BLOCK_FIT_BLOCKS);
    for (size_t i = 0; i < fit->terms; i++) {
        double *sums = fit->sums[block][i];
        for (size_t j = 0; j < fit->terms; j++)
            sums[j] += weight * z[i] * x[j];
        sums[fit->terms] += weight * z[i] * y;
    }
    fit->rows[block]++;
}

static void swap_rows(double *a, double *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double kept = a[i];
        a[i] = b[i];
        b[i] = kept;
    }
}

/* Gauss and Jordan, with the largest pivot. */
static bool eliminate(double system[TERMS_MAX][TERMS_MAX + 1], size_t terms)
{
    double scale[TERMS_MAX] = {0};

    for (size_t i = 0; i < terms; i++) {
        for (size_t j = 0; j < terms; j++)
            scale[j] = fmax(scale[j], fabs(system[i][j]));
    }
    for (size_t k = 0; k < terms; k++) {
        size_t best = k;
        for (size_t i = k + 1; i < terms; i++) {
            if (fabs(system[i][k]) > fabs(system[best][k]))
                best = i;
        }
        swap_rows(system[k], system[best], terms + 1);
        if (!(fabs(system[k][k]) > SINGULAR_RATIO * scale[k]))
            return false;
        for (size_t i = 0; i < terms; i++) {
            double part = system[i][k] / system[k][k];
            if (i == k)
                continue;
            for (size_t j = k; j <= terms; j++)
                system[i][j] -= part * system[k][j];
        }
    }
    return true;
}

bool wpb_block_fit_solve(const struct wpb_block_fit *fit, size_t without,
                         double *coefficients)
{
    double system[TERMS_MAX][TERMS_MAX + 1] = {{0}};
    size_t terms = fit->terms;

    for (size_t block = 0; block < WPB_BLOCK_FIT_BLOCKS; block++) {
        if (block == without)
            continue;
        for (size_t i = 0; i < terms; i++) {
            for (size_t j = 0; j <= terms; j++)
                system[i][j] += fit->sums[block][i][j];
        }
    }
    if (!eliminate(system, terms))
        return false;
    for (size_t i = 0; i < terms; i++)
        coefficients[i] = system[i][terms] / system[i][i];
    return true;
}

bool wpb_block_fit_estimate(const struct wpb_block_fit *fit,
                            double (*value)(const void *cookie,
                                            const double *coefficients),
                            const void *cookie, struct wpb_block_estimate *estimate)
{
    double coefficients[TERMS_MAX], values[WPB_BLOCK_FIT_BLOCKS], mean = 0, sum = 0;
    size_t blocks = 0;

    for (size_t block = 0; block < WPB_BLOCK_FIT_BLOCKS; block++) {
        if (fit->rows[block] == 0)
            continue;
        if (!wpb_block_fit_solve(fit, block, coefficients))
            return false;
        values[blocks++] = value(cookie, coefficients);
    }
    if (blocks <= fit->terms ||
        !wpb_block_fit_solve(fit, WPB_BLOCK_FIT_BLOCKS, coefficients))
        return false;
    for (size_t i = 0; i < blocks; i++)
        mean += values[i] / (double)blocks;
    for (size_t i = 0; i < blocks; i++)
        sum += (values[i] - mean) * (values[i] - mean);
    estimate->value = value(cookie, coefficients);
    estimate->error = sqrt(sum * (double)(blocks - 1) / (double)blocks);
    estimate->freedom = (double)(blocks - fit->terms);
    return isfinite(estimate->value) && isfinite(estimate->error);
}

double wpb_block_fit_reach(const struct wpb_block_estimate *estimate, double confidence)
{
    return estimate->error *
           wpb_student_quantile(0.5 + confidence / 2, estimate->freedom);
}
