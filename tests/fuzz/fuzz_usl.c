/*
 * First byte: how many workers. Then points or windows (doubles.h). Nothing traps, and an
 * outlook keeps what its header promises, of points and of bins.
 */
#include <string.h>

#include "agent/analyse/usl_outlook.h"
#include "tests/fuzz/doubles.h"
#include "tests/fuzz/fuzz.h"

#define POINTS_MAX 256
#define WINDOW_NUMBERS 9

static void check_fit(const struct wpb_usl *usl)
{
    check(isfinite(usl->gamma) && usl->gamma > 0);
    check(isfinite(usl->alpha) && usl->alpha >= 0);
    check(isfinite(usl->beta) && usl->beta >= 0);
    check(usl->peak_n >= 1 && usl->steps <= WPB_USL_STEPS_MAX);
    check(usl->free >= 1 && usl->free <= 3 && usl->squares >= 0);
    check(isnan(usl->gamma_error) || usl->gamma_error >= 0);
    check(wpb_usl_rate(usl, 1) > 0);
}

static void check_outlook(const struct wpb_usl_outlook *outlook)
{
    check(outlook->refusal < WPB_WORK_REFUSALS);
    if (outlook->refusal != WPB_WORK_NOT_REFUSED)
        return;
    check_fit(&outlook->usl);
    check_fit(&outlook->amdahl);
    check(outlook->at_n > 0);
    check(outlook->rate_low >= 0 && outlook->rate_low <= outlook->rate);
    check(outlook->rate <= outlook->rate_high);
    check(outlook->beta_p >= 0 && outlook->beta_p <= 1);
}

/* Ascending by N, as wpb_usl_judge() wants them; what has none is last. */
static int by_n(const void *left, const void *right)
{
    double a = ((const struct wpb_usl_point *)left)->n;
    double b = ((const struct wpb_usl_point *)right)->n;

    if (isnan(a) || isnan(b))
        return isnan(a) - isnan(b);
    return (a > b) - (a < b);
}

static struct wpb_usl_ask take_ask(struct doubles *doubles)
{
    double values[3];

    doubles_take(doubles, values, 3);
    return (struct wpb_usl_ask){values[0], values[1], values[2]};
}

static void try_points(struct doubles doubles, double limit_n)
{
    static struct wpb_usl_point points[POINTS_MAX];
    struct wpb_usl_ask ask = take_ask(&doubles);
    struct wpb_usl_outlook outlook;
    struct wpb_usl usl;
    size_t count = 0;

    while (doubles_left(&doubles, 3) && count < POINTS_MAX) {
        double values[3];
        doubles_take(&doubles, values, 3);
        points[count++] = (struct wpb_usl_point){values[0], values[1], values[2]};
    }
    if (wpb_usl_fit(points, count, false, &usl))
        check_fit(&usl);
    qsort(points, count, sizeof(*points), by_n);
    wpb_usl_judge(points, count, limit_n, &ask, &outlook);
    check_outlook(&outlook);
}

static void try_windows(struct doubles doubles, unsigned workers)
{
    static struct wpb_usl_bins bins;
    struct wpb_usl_ask ask = take_ask(&doubles);
    struct wpb_usl_outlook outlook;

    wpb_usl_bins_begin(&bins, workers);
    while (doubles_left(&doubles, WINDOW_NUMBERS)) {
        double values[WINDOW_NUMBERS];
        struct wpb_usl_window window;
        doubles_take(&doubles, values, WINDOW_NUMBERS);
        window = (struct wpb_usl_window){.seconds = values[0],
                                         .requests = values[1],
                                         .busy_s = values[2],
                                         .seen = values[3],
                                         .errors = values[4],
                                         .cache_hits = values[5],
                                         .cache_lookups = values[6],
                                         .class_requests = {values[7], values[8]}};
        /* Often, so that there are enough of them. */
        for (int i = 0; i < 20; i++)
            wpb_usl_bins_add(&bins, &window);
    }
    wpb_usl_look(&bins, &ask, &outlook);
    check_outlook(&outlook);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct doubles doubles = {data, size, 1};

    if (size < 1)
        return 0;
    try_points(doubles, data[0] ? data[0] : INFINITY);
    try_windows(doubles, data[0]);
    return 0;
}
