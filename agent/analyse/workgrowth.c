#include "agent/analyse/workgrowth.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "agent/analyse/block_fit.h"

#define NUMBER_MAX 1e12
#define SECONDS_MIN 1e-3
/* 5 and 95 % of the normal distribution. */
#define USUAL 1.6448536269514722
/* Huber's constant in standard deviations, each of which is 1.2533 mean absolute
 * deviations of a normal distribution. Means of few skewed values are no outliers. */
#define HUBER (3 * 1.2533141373155003)
/* So many times that far off, a window does not show what is usual. */
#define OUTLIER 2
#define PASSES 4

static const char *const verdict_names[WPB_WORK_VERDICTS] = {
    "refused", "constant", "grows_with_concurrency", "grows_with_data",
    "grows_with_both"};

const char *wpb_work_verdict_name(enum wpb_work_verdict verdict)
{
    assert(verdict < WPB_WORK_VERDICTS);
    return verdict_names[verdict];
}

/* What a window has: q, the rate, N, data. */
enum column { QUANTITY, RATE, BUSY, DATA, COLUMNS };

struct look {
    const struct wpb_work_window *windows;
    size_t count;
    unsigned workers;
};

static bool is_number(double value)
{
    return value >= 0 && value <= NUMBER_MAX;
}

/* The columns of window I, or false when it is not to be used. */
static bool take(const struct look *look, size_t i, double values[COLUMNS])
{
    const struct wpb_work_window *window = &look->windows[i];

    if (!(window->seconds >= SECONDS_MIN && window->requests >= 1) ||
        !is_number(window->seconds) || !is_number(window->requests) ||
        !is_number(window->busy_s) || !is_number(window->quantity) ||
        !(fabs(window->data) <= NUMBER_MAX))
        return false;
    values[QUANTITY] = window->quantity / window->requests;
    values[RATE] = window->requests / window->seconds;
    values[BUSY] = window->busy_s / window->seconds;
    values[DATA] = window->data;
    return look->workers == 0 || values[BUSY] < WPB_WORKGROWTH_FULL * look->workers;
}

/* Weighted by requests. */
struct moments {
    double windows, requests;
    double mean[COLUMNS], spread[COLUMNS]; /* standard deviations */
    double rate_busy, rate_data;           /* correlations with the rate */
};

/* Which cause is which term of a row (0: left out), and what stands for concurrency. */
struct layout {
    size_t terms, concurrency, data;
    enum column concurrency_column; /* BUSY, with the rate as its instrument; or RATE */
};

/* One row in standard deviations: regressors and instruments; returns q. */
static double fill_row(const struct moments *moments, const struct layout *layout,
                       const double values[COLUMNS], double *x, double *z)
{
    double part[COLUMNS];

    for (size_t j = 0; j < COLUMNS; j++)
        part[j] = moments->spread[j] > 0
                      ? (values[j] - moments->mean[j]) / moments->spread[j]
                      : 0;
    x[0] = z[0] = 1;
    if (layout->concurrency) {
        x[layout->concurrency] = part[layout->concurrency_column];
        z[layout->concurrency] = part[RATE];
    }
    if (layout->data)
        x[layout->data] = z[layout->data] = part[DATA];
    return part[QUANTITY];
}

/* A line, and how far off it a window has less weight (scaled by its requests). */
struct line {
    struct layout layout;
    const struct moments *moments; /* that its rows are scaled by */
    double coefficients[WPB_BLOCK_FIT_TERMS_MAX], bound;
};

static double share_of(const struct look *look, const struct line *line, size_t i)
{
    return look->windows[i].requests / line->moments->requests;
}

static double distance(const struct look *look, const struct line *line, size_t i,
                       const double values[COLUMNS])
{
    double x[WPB_BLOCK_FIT_TERMS_MAX], z[WPB_BLOCK_FIT_TERMS_MAX];
    double off = fill_row(line->moments, &line->layout, values, x, z);

    for (size_t j = 0; j < line->layout.terms; j++)
        off -= line->coefficients[j] * x[j];
    return fabs(off) * sqrt(share_of(look, line, i));
}

/* The columns of window I, or false when it is not to be used or an outlier of LINE. */
static bool take_usual(const struct look *look, const struct line *line, size_t i,
                       double values[COLUMNS])
{
    return take(look, i, values) &&
           (!line || distance(look, line, i, values) <= OUTLIER * line->bound);
}

static void measure_spreads(const struct look *look, const struct line *line,
                            struct moments *moments)
{
    double values[COLUMNS], squares[COLUMNS] = {0}, rate_busy = 0, rate_data = 0;

    for (size_t i = 0; i < look->count; i++) {
        double weight = look->windows[i].requests;
        if (!take_usual(look, line, i, values))
            continue;
        for (size_t j = 0; j < COLUMNS; j++) {
            values[j] -= moments->mean[j];
            squares[j] += weight * values[j] * values[j];
        }
        rate_busy += weight * values[RATE] * values[BUSY];
        rate_data += weight * values[RATE] * values[DATA];
    }
    for (size_t j = 0; j < COLUMNS; j++)
        moments->spread[j] = sqrt(squares[j] / moments->requests);
    if (squares[RATE] > 0 && squares[BUSY] > 0)
        moments->rate_busy = rate_busy / sqrt(squares[RATE] * squares[BUSY]);
    if (squares[RATE] > 0 && squares[DATA] > 0)
        moments->rate_data = rate_data / sqrt(squares[RATE] * squares[DATA]);
}

/* Of all windows, or of those that are no outliers of LINE. */
static void measure(const struct look *look, const struct line *line,
                    struct moments *moments)
{
    double values[COLUMNS];

    memset(moments, 0, sizeof(*moments));
    for (size_t i = 0; i < look->count; i++) {
        if (!take_usual(look, line, i, values))
            continue;
        moments->windows += 1;
        moments->requests += look->windows[i].requests;
        for (size_t j = 0; j < COLUMNS; j++)
            moments->mean[j] += look->windows[i].requests * values[j];
    }
    if (!(moments->requests > 0))
        return;
    for (size_t j = 0; j < COLUMNS; j++)
        moments->mean[j] /= moments->requests;
    measure_spreads(look, line, moments);
}

/* Fit LINE, whose layout and moments are given, again and again with less weight to what
 * the last one left far away. */
static bool fit_line(const struct look *look, struct line *line,
                     struct wpb_block_fit *fit)
{
    line->bound = INFINITY;
    memset(line->coefficients, 0, sizeof(line->coefficients));
    for (int pass = 0; pass < PASSES; pass++) {
        double deviation = 0;
        size_t used = 0;
        wpb_block_fit_begin(fit, line->layout.terms);
        for (size_t i = 0; i < look->count; i++) {
            double values[COLUMNS], x[WPB_BLOCK_FIT_TERMS_MAX],
                z[WPB_BLOCK_FIT_TERMS_MAX];
            double y, off, weight = share_of(look, line, i);
            if (!take(look, i, values))
                continue;
            off = distance(look, line, i, values);
            y = fill_row(line->moments, &line->layout, values, x, z);
            weight *= off > line->bound ? line->bound / off : 1;
            deviation += fmin(off, line->bound) / line->moments->windows;
            wpb_block_fit_add(fit,
                              wpb_block_fit_block(used++, (size_t)line->moments->windows),
                              x, z, y, weight);
        }
        if (!wpb_block_fit_solve(fit, WPB_BLOCK_FIT_BLOCKS, line->coefficients))
            return false;
        /* In the first pass there was no line to be away from. */
        if (pass > 0)
            line->bound = fmin(line->bound, HUBER * deviation);
    }
    return true;
}

/* Of the windows that are no outliers of a line against rate and data; of all where there
 * is none. */
static void measure_usual(const struct look *look, const struct moments *all,
                          struct moments *usual)
{
    struct line line = {
        .moments = all,
        .layout = {.terms = 3, .concurrency = 1, .data = 2, .concurrency_column = RATE}};
    struct wpb_block_fit fit;

    if (fit_line(look, &line, &fit))
        measure(look, &line, usual);
    else
        *usual = *all;
}

static struct layout judge_causes(const struct moments *usual,
                                  struct wpb_workgrowth *growth)
{
    struct layout layout = {.terms = 1, .concurrency_column = BUSY};
    double with_busy = usual->rate_busy * usual->rate_busy;
    double with_data = usual->rate_data * usual->rate_data;

    if (!(usual->spread[RATE] >= WPB_WORKGROWTH_VARIATION_MIN * usual->mean[RATE]) ||
        !(with_busy >= WPB_WORKGROWTH_INSTRUMENT_MIN))
        growth->concurrency.refusal = WPB_WORK_NARROW_RANGE;
    /* Time has no zero: any change of it will do. */
    if (!(usual->spread[DATA] > 0))
        growth->data.refusal = WPB_WORK_NARROW_RANGE;
    /* A rate that hardly varied is no cause that could be taken for data. */
    if (growth->concurrency.refusal == WPB_WORK_NOT_REFUSED &&
        with_data > WPB_WORKGROWTH_COLLINEAR)
        growth->concurrency.refusal = growth->data.refusal = WPB_WORK_COLLINEAR;
    if (growth->concurrency.refusal == WPB_WORK_NOT_REFUSED)
        layout.concurrency = layout.terms++;
    if (growth->data.refusal == WPB_WORK_NOT_REFUSED)
        layout.data = layout.terms++;
    return layout;
}

/* Which coefficient of a line is wanted. */
static double coefficient_of(const void *cookie, const double *coefficients)
{
    return coefficients[*(const size_t *)cookie];
}

/* TERM of FIT, whose q and cause are in UNIT and DEVIATION; the cause goes from low to
 * high by RANGE, and q is MEAN on average. */
static void tell_effect(const struct wpb_block_fit *fit, size_t term, double unit,
                        double deviation, double mean, struct wpb_work_cause *cause)
{
    double range = cause->high - cause->low, reach, share;
    struct wpb_block_estimate estimate;

    if (!wpb_block_fit_estimate(fit, coefficient_of, &term, &estimate)) {
        cause->refusal = WPB_WORK_INTERVAL_TOO_WIDE;
        return;
    }
    reach = wpb_block_fit_reach(&estimate, WPB_WORKGROWTH_CONFIDENCE);
    cause->per_unit = estimate.value * unit / deviation;
    cause->per_unit_low = (estimate.value - reach) * unit / deviation;
    cause->per_unit_high = (estimate.value + reach) * unit / deviation;
    share = mean > 0 ? range / mean : 0;
    cause->effect = cause->per_unit * share;
    cause->effect_low = cause->per_unit_low * share;
    cause->effect_high = cause->per_unit_high * share;
    cause->grows = cause->effect_low >= WPB_WORKGROWTH_SURE_MIN &&
                   cause->effect >= WPB_WORKGROWTH_EFFECT_MIN;
    if (!cause->grows && !(cause->effect < WPB_WORKGROWTH_EFFECT_MIN &&
                           cause->effect_high <= WPB_WORKGROWTH_EFFECT_MAX))
        cause->refusal = WPB_WORK_INTERVAL_TOO_WIDE;
}

static void note_range(const struct moments *usual, enum column column, double spread,
                       struct wpb_work_cause *cause)
{
    cause->low = usual->mean[column] - USUAL * spread;
    cause->high = usual->mean[column] + USUAL * spread;
}

static void decide(struct wpb_workgrowth *growth)
{
    const struct wpb_work_cause *concurrency = &growth->concurrency,
                                *data = &growth->data;

    if (concurrency->grows && data->grows)
        growth->verdict = WPB_WORK_GROWS_WITH_BOTH;
    else if (concurrency->grows)
        growth->verdict = WPB_WORK_GROWS_WITH_CONCURRENCY;
    else if (data->grows)
        growth->verdict = WPB_WORK_GROWS_WITH_DATA;
    else if (concurrency->refusal != WPB_WORK_NOT_REFUSED)
        growth->refusal = concurrency->refusal;
    else if (data->refusal != WPB_WORK_NOT_REFUSED)
        growth->refusal = data->refusal;
    else
        growth->verdict = WPB_WORK_IS_CONSTANT;
}

void wpb_workgrowth_doubt_data(struct wpb_workgrowth *growth,
                               enum wpb_work_refusal reason)
{
    if (!growth->data.grows)
        return;
    growth->data.grows = false;
    growth->data.refusal = reason;
    growth->verdict = WPB_WORK_REFUSED;
    decide(growth);
}

void wpb_workgrowth_of(const struct wpb_work_window *windows, size_t count,
                       unsigned workers, struct wpb_workgrowth *growth)
{
    struct look look = {.windows = windows, .count = count, .workers = workers};
    struct moments all, usual;
    struct line line = {.moments = &all};
    struct wpb_block_fit fit;

    memset(growth, 0, sizeof(*growth));
    measure(&look, NULL, &all);
    growth->windows = all.windows;
    growth->requests = all.requests;
    growth->mean = all.mean[QUANTITY];
    if (all.windows < WPB_WORKGROWTH_WINDOWS_MIN)
        growth->refusal = WPB_WORK_TOO_FEW_WINDOWS;
    else if (all.requests < WPB_WORKGROWTH_REQUESTS_MIN)
        growth->refusal = WPB_WORK_TOO_FEW_REQUESTS;
    if (growth->refusal != WPB_WORK_NOT_REFUSED)
        return;
    measure_usual(&look, &all, &usual);
    line.layout = judge_causes(&usual, growth);
    /* Of N only what the rate moves. */
    note_range(&usual, BUSY, fmax(0, usual.rate_busy) * usual.spread[BUSY],
               &growth->concurrency);
    note_range(&usual, DATA, usual.spread[DATA], &growth->data);
    if (line.layout.terms > 1 && !fit_line(&look, &line, &fit)) {
        growth->refusal = WPB_WORK_COLLINEAR;
        return;
    }
    if (line.layout.concurrency)
        tell_effect(&fit, line.layout.concurrency, all.spread[QUANTITY], all.spread[BUSY],
                    all.mean[QUANTITY], &growth->concurrency);
    if (line.layout.data)
        tell_effect(&fit, line.layout.data, all.spread[QUANTITY], all.spread[DATA],
                    all.mean[QUANTITY], &growth->data);
    decide(growth);
}
