#include "agent/analyse/usl.h"

#include <math.h>
#include <string.h>

#include "agent/analyse/nnls.h"

#define TERMS 3
#define HALVINGS_MAX 30
/* Of the squares: where the tangent promises no more, the search ends. */
#define IMPROVEMENT_MIN 1e-11
/* Of N - 1, its variance over its squared mean: without it nothing tells terms apart. */
#define SPREAD_MIN 1e-18

bool wpb_usl_usable(const struct wpb_usl_point *point)
{
    return point->n >= 1 && point->n <= WPB_USL_N_MAX && point->rate > 0 &&
           point->rate <= WPB_USL_RATE_MAX && point->weight > 0 &&
           point->weight <= WPB_LEAST_SQUARES_VALUE_MAX;
}

static void terms_at(double n, double terms[TERMS])
{
    terms[0] = 1;
    terms[1] = n - 1;
    terms[2] = n * (n - 1);
}

static double latency(const double k[TERMS], double n)
{
    return k[0] + k[1] * (n - 1) + k[2] * n * (n - 1);
}

double wpb_usl_latency_s(const struct wpb_usl *usl, double n)
{
    return latency(usl->k, n);
}

double wpb_usl_rate(const struct wpb_usl *usl, double n)
{
    return n / latency(usl->k, n);
}

/* dX/dk_j = -N t_j / R^2 */
double wpb_usl_rate_error(const struct wpb_usl *usl, double n)
{
    double terms[TERMS], slope, variance = 0;

    if (isnan(usl->residual_error))
        return NAN;
    terms_at(n, terms);
    slope = n / (latency(usl->k, n) * latency(usl->k, n));
    for (size_t i = 0; i < TERMS; i++) {
        for (size_t j = 0; j < TERMS; j++)
            variance += terms[i] * terms[j] * usl->covariance[i][j];
    }
    return slope * sqrt(fmax(variance, 0));
}

/* What is fitted, and how far it has come. */
struct search {
    const struct wpb_usl_point *points;
    size_t count;
    size_t terms; /* 2 of Amdahl's law */
    double k[TERMS];
    double squares;
};

static double squares_of(const struct search *search, const double k[TERMS])
{
    double sum = 0;

    for (size_t i = 0; i < search->count; i++) {
        const struct wpb_usl_point *point = &search->points[i];
        double off;
        if (!wpb_usl_usable(point))
            continue;
        off = point->rate - point->n / latency(k, point->n);
        sum += point->weight * off * off;
    }
    return sum;
}

/* The linear problem whose minimum is the next k: with its slopes taken at the curve of
 * SEARCH, or, for a beginning, at the points themselves. */
static void make_tangent(const struct search *search, bool is_beginning,
                         struct wpb_least_squares *problem)
{
    wpb_least_squares_begin(problem, search->terms);
    for (size_t i = 0; i < search->count; i++) {
        const struct wpb_usl_point *point = &search->points[i];
        double terms[TERMS], at, slope, target;
        if (!wpb_usl_usable(point))
            continue;
        at = is_beginning ? point->n / point->rate : latency(search->k, point->n);
        slope = point->n / (at * at);
        /* X - X(k) ~ slope (R(k) - R(k')), so that R(k') is to be this. */
        target = at - (point->rate - point->n / at) / slope;
        terms_at(point->n, terms);
        wpb_least_squares_add(problem, terms, target, point->weight * slope * slope);
    }
}

/* From k to K_NEXT, or as far as it is downhill. False where it is not. */
static bool go(struct search *search, const double k_next[TERMS])
{
    double part = 1;

    for (int halving = 0; halving < HALVINGS_MAX; halving++, part /= 2) {
        double k[TERMS], squares;
        for (size_t j = 0; j < TERMS; j++)
            k[j] = search->k[j] + part * (k_next[j] - search->k[j]);
        if (!(k[0] > 0))
            continue;
        squares = squares_of(search, k);
        if (squares < search->squares) {
            memcpy(search->k, k, sizeof(k));
            search->squares = squares;
            return true;
        }
    }
    return false;
}

/* The covariance of k on the tangent where the search ended. */
static void measure_errors(const struct search *search,
                           const struct wpb_least_squares *tangent, struct wpb_usl *usl)
{
    struct wpb_least_squares kept;
    double inverse[WPB_LEAST_SQUARES_MAX][WPB_LEAST_SQUARES_MAX], variance;
    size_t order[TERMS], count = 0;

    usl->gamma_error = usl->alpha_error = usl->beta_error = usl->residual_error = NAN;
    for (size_t j = 0; j < search->terms; j++) {
        if (search->k[j] > 0)
            order[count++] = j;
    }
    usl->free = count;
    if (usl->points <= count)
        return;
    wpb_least_squares_select(tangent, order, count, &kept);
    if (!wpb_least_squares_inverse(&kept, inverse))
        return;
    variance = search->squares / (double)(usl->points - count);
    usl->residual_error = sqrt(variance);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++)
            usl->covariance[order[i]][order[j]] = variance * inverse[i][j];
    }
}

/* gamma = 1/k0 and k_j/k0 have errors by their derivatives. */
static void name_coefficients(struct wpb_usl *usl)
{
    const double *k = usl->k;

    usl->gamma = 1 / k[0];
    usl->alpha = k[1] / k[0];
    usl->beta = k[2] / k[0];
    if (!isnan(usl->residual_error)) {
        double own = usl->covariance[0][0] / (k[0] * k[0]);
        double *ratio_errors[TERMS] = {NULL, &usl->alpha_error, &usl->beta_error};
        usl->gamma_error = usl->gamma * sqrt(own);
        for (size_t j = 1; j < TERMS; j++) {
            double ratio = k[j] / k[0];
            double variance = usl->covariance[j][j] / (k[0] * k[0]) +
                              ratio * ratio * own -
                              2 * ratio * usl->covariance[0][j] / (k[0] * k[0]);
            if (k[j] > 0)
                *ratio_errors[j] = sqrt(fmax(variance, 0));
        }
    }
    usl->peak_n = INFINITY;
    usl->peak_rate = usl->alpha > 0 ? usl->gamma / usl->alpha : INFINITY;
    if (usl->alpha >= 1 || usl->beta > 0) {
        usl->peak_n = usl->alpha < 1 ? sqrt((1 - usl->alpha) / usl->beta) : 1;
        usl->peak_n = fmax(usl->peak_n, 1);
        usl->peak_rate = wpb_usl_rate(usl, usl->peak_n);
    }
}

static size_t count_usable(const struct wpb_usl_point *points, size_t count)
{
    size_t usable = 0;

    for (size_t i = 0; i < count; i++)
        usable += wpb_usl_usable(&points[i]);
    return usable;
}

bool wpb_usl_fit(const struct wpb_usl_point *points, size_t count, bool is_amdahl,
                 struct wpb_usl *usl)
{
    struct search search = {
        .points = points, .count = count, .terms = is_amdahl ? TERMS - 1 : TERMS};
    struct wpb_usl fit = {.points = count_usable(points, count)};
    struct wpb_least_squares problem;
    double k[WPB_LEAST_SQUARES_MAX];
    unsigned kept;

    if (fit.points < search.terms)
        return false;
    make_tangent(&search, true, &problem);
    wpb_nnls_minimize(&problem, k, &kept);
    if (!(wpb_least_squares_centered(&problem, 1) >
          SPREAD_MIN * problem.d[0] * problem.u[0][1] * problem.u[0][1]) ||
        !(k[0] > 0) || !isfinite(1 / k[0]))
        return false;
    for (size_t j = 0; j < search.terms; j++)
        search.k[j] = k[j];
    search.squares = squares_of(&search, search.k);
    for (;; fit.steps++) {
        double next[TERMS] = {0}, promised;
        make_tangent(&search, false, &problem);
        promised = wpb_nnls_minimize(&problem, k, &kept);
        memcpy(next, k, search.terms * sizeof(*next));
        if (promised >= search.squares * (1 - IMPROVEMENT_MIN) ||
            fit.steps == WPB_USL_STEPS_MAX || !go(&search, next))
            break;
    }
    memcpy(fit.k, search.k, sizeof(fit.k));
    fit.squares = search.squares;
    measure_errors(&search, &problem, &fit);
    name_coefficients(&fit);
    if (!isfinite(fit.squares) || !isfinite(fit.alpha) || !isfinite(fit.beta))
        return false;
    *usl = fit;
    return true;
}
