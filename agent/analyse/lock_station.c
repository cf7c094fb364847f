#include "agent/analyse/lock_station.h"

#include <math.h>
#include <string.h>

#include "agent/analyse/least_squares.h"
#include "agent/analyse/student.h"

#define UNKNOWNS 3
#define VARIABILITY_PRIOR 0.70710678118654752
#define VARIABILITY_SPREAD 0.5
#define VARIABILITY_MIN 1e-3
#define VARIABILITY_MAX 1e3
#define BATCH_SPREAD 0.2
#define BATCH_MAX 100.0
/* Of ln C: what simulated stations were wrong by, however long they were watched. */
#define MODEL_ERROR 0.05
/* A queue that is nearly full takes long to build: in less, a burst does not show what
 * its rate would do in the long run. */
#define STRETCH_REQUESTS 100
#define RATES 16
/* Fewer at one rate say nothing of it. */
#define WAITS_MIN 3
#define ITERATIONS 16
#define BISECTIONS 45
#define DERIVATIVE_STEP 1e-3
#define NUMBER_MAX 1e12
#define SECONDS_MIN 1e-3

static double waiting_at(double rho, const struct wpb_lock_model *model)
{
    double idle = 1 - rho, slack;
    double all = (model->variability * rho + model->batch) * rho / idle;

    if (!(model->workers > 0))
        return all;
    slack = (model->workers - 1) * idle / (model->variability + model->batch);
    return all * -expm1(-slack);
}

double wpb_lock_utilization(double waiting, const struct wpb_lock_model *model)
{
    double low = 0, high = 1;

    for (int i = 0; i < BISECTIONS; i++) {
        double rho = (low + high) / 2;
        if (waiting_at(rho, model) < waiting)
            low = rho;
        else
            high = rho;
    }
    return high;
}

static bool is_number(double value)
{
    return value >= 0 && value <= NUMBER_MAX;
}

static bool is_usable(const struct wpb_lock_window *window)
{
    return window->seconds >= SECONDS_MIN && is_number(window->seconds) &&
           window->requests > 0 && is_number(window->requests) &&
           is_number(window->waits) && is_number(window->wait_s);
}

static void add_up(struct wpb_lock_window *sum, const struct wpb_lock_window *window)
{
    sum->seconds += window->seconds;
    sum->requests += window->requests;
    sum->waits += window->waits;
    sum->wait_s += window->wait_s;
}

/* The next windows from *AT on that have enough requests together, moving *AT behind
 * them. False where they end before. */
static bool next_stretch(const struct wpb_lock_window *windows, size_t count, size_t *at,
                         struct wpb_lock_window *stretch)
{
    *stretch = (struct wpb_lock_window){0};
    while (*at < count && stretch->requests < STRETCH_REQUESTS) {
        const struct wpb_lock_window *window = &windows[(*at)++];
        if (is_usable(window))
            add_up(stretch, window);
    }
    return stretch->requests >= STRETCH_REQUESTS;
}

/* To RATES the stretches of about the same rate together, ascending. */
static void sort_by_rate(const struct wpb_lock_window *windows, size_t count,
                         struct wpb_lock_window *rates)
{
    double least = INFINITY, most = 0;
    struct wpb_lock_window stretch;

    for (size_t at = 0; next_stretch(windows, count, &at, &stretch);) {
        least = fmin(least, stretch.requests / stretch.seconds);
        most = fmax(most, stretch.requests / stretch.seconds);
    }
    for (size_t at = 0; next_stretch(windows, count, &at, &stretch);) {
        double above = stretch.requests / stretch.seconds - least;
        double part = above > 0 ? above / (most - least) : 0;
        add_up(&rates[part < 1 ? (size_t)(part * RATES) : RATES - 1], &stretch);
    }
}

static void count_windows(const struct wpb_lock_window *windows, size_t count,
                          struct wpb_lock_station *station)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_usable(&windows[i]))
            continue;
        station->windows += 1;
        station->requests += windows[i].requests;
        station->waits += windows[i].waits;
        station->wait_s += windows[i].wait_s;
    }
}

/* ln C, if so many wait at RATE. */
static double log_capacity(double rate, double waiting, struct wpb_lock_model model)
{
    return log(rate / wpb_lock_utilization(waiting, &model));
}

/* One rate as a row: its ln C, and how that moves with ln v and b. */
static void add_rate(const struct wpb_lock_window *at, const struct wpb_lock_model *model,
                     struct wpb_least_squares *problem)
{
    const double step = DERIVATIVE_STEP;
    double rate = at->requests / at->seconds, waiting = at->wait_s / at->seconds;
    double here = log_capacity(rate, waiting, *model);
    double by_waiting = (log_capacity(rate, waiting * (1 + step), *model) - here) / step;
    /* Waits come in busy periods, in each of which some 1/(1 - rho) are alike. */
    double idle = fmax(0, 1 - rate / exp(here));
    double of_waiting = by_waiting * by_waiting * 2 / (at->waits * idle + 1);
    struct wpb_lock_model moved = *model;
    double row[UNKNOWNS] = {1};

    moved.variability *= 1 + step;
    row[1] = (here - log_capacity(rate, waiting, moved)) / step;
    moved.variability = model->variability;
    moved.batch += step;
    row[2] = (here - log_capacity(rate, waiting, moved)) / step;
    wpb_least_squares_add(problem, row, here, 1 / (of_waiting + 1 / at->requests));
}

/* What is thought of v and b before anything was seen, as steps from MODEL. */
static void add_prior(const struct wpb_lock_model *model,
                      struct wpb_least_squares *problem)
{
    const double variability[UNKNOWNS] = {0, 1, 0}, batch[UNKNOWNS] = {0, 0, 1};

    wpb_least_squares_add(problem, variability,
                          log(VARIABILITY_PRIOR / model->variability),
                          1 / (VARIABILITY_SPREAD * VARIABILITY_SPREAD));
    wpb_least_squares_add(problem, batch, -model->batch,
                          1 / (BATCH_SPREAD * BATCH_SPREAD));
}

/* What is known of ln C. */
struct belief {
    double log_capacity, error, freedom;
};

/* One step of MODEL on the tangent. */
static bool improve(const struct wpb_lock_window *rates, struct wpb_lock_model *model,
                    struct belief *belief)
{
    double values[UNKNOWNS], inverse[WPB_LEAST_SQUARES_MAX][WPB_LEAST_SQUARES_MAX];
    struct wpb_least_squares problem;
    double used = 0, misfit;

    wpb_least_squares_begin(&problem, UNKNOWNS);
    add_prior(model, &problem);
    for (size_t i = 0; i < RATES; i++) {
        if (rates[i].waits < WAITS_MIN || !(rates[i].wait_s > 0))
            continue;
        add_rate(&rates[i], model, &problem);
        used++;
    }
    if (!(used > 0) || !wpb_least_squares_solve(&problem, values) ||
        !wpb_least_squares_inverse(&problem, inverse))
        return false;
    /* Half of the way, so that it does not swing. */
    model->variability *= exp(fmin(fmax(values[1] / 2, -1), 1));
    model->variability = fmin(fmax(model->variability, VARIABILITY_MIN), VARIABILITY_MAX);
    model->batch = fmin(fmax(model->batch + values[2] / 2, 0), BATCH_MAX);
    /* Rates scatter more than their counts say where the model is wrong. */
    misfit = fmax(1, problem.rest / used);
    belief->log_capacity = values[0];
    belief->error = sqrt(misfit * inverse[0][0] + MODEL_ERROR * MODEL_ERROR);
    /* Of the rates, and of what was thought before. */
    belief->freedom = used + 2;
    return true;
}

static enum wpb_work_refusal refusal_of(const struct wpb_lock_station *station)
{
    if (station->windows < WPB_LOCK_WINDOWS_MIN)
        return WPB_WORK_TOO_FEW_WINDOWS;
    if (station->requests < WPB_LOCK_REQUESTS_MIN)
        return WPB_WORK_TOO_FEW_REQUESTS;
    if (station->waits < WPB_LOCK_WAITS_MIN || !(station->wait_s > 0))
        return WPB_WORK_NO_WAITING;
    return WPB_WORK_NOT_REFUSED;
}

static bool refuse(struct wpb_lock_station *station, enum wpb_work_refusal refusal)
{
    station->refusal = refusal;
    return false;
}

/* Least squares through the origin: the share that waits is rho = lambda/C. */
static double capacity_at_most(const struct wpb_lock_window *rates)
{
    double products = 0, squares = 0;

    for (size_t i = 0; i < RATES; i++) {
        double rate;
        if (!(rates[i].seconds > 0))
            continue;
        rate = rates[i].requests / rates[i].seconds;
        products += rates[i].waits * rate;
        squares += rates[i].requests * rate * rate;
    }
    return products > 0 ? squares / products : INFINITY;
}

static void tell(const struct belief *belief, const struct wpb_lock_window *rates,
                 struct wpb_lock_station *station)
{
    double reach = belief->error *
                   wpb_student_quantile(0.5 + WPB_LOCK_CONFIDENCE / 2, belief->freedom);
    double seconds = 0;

    for (size_t i = 0; i < RATES; i++) {
        seconds += rates[i].seconds;
        if (rates[i].seconds > 0)
            station->most_rate = rates[i].requests / rates[i].seconds;
    }
    station->capacity = exp(belief->log_capacity);
    station->capacity_low = exp(belief->log_capacity - reach);
    station->capacity_high = exp(belief->log_capacity + reach);
    station->held_s = 1 / station->capacity;
    station->utilization = fmin(1, station->requests / seconds / station->capacity);
    station->capacity_at_most = capacity_at_most(rates);
}

bool wpb_lock_station_of(const struct wpb_lock_window *windows, size_t count,
                         unsigned workers, struct wpb_lock_station *station)
{
    struct wpb_lock_window rates[RATES] = {0};
    struct wpb_lock_model model = {.variability = VARIABILITY_PRIOR, .workers = workers};
    struct belief belief;

    memset(station, 0, sizeof(*station));
    count_windows(windows, count, station);
    if (refusal_of(station) != WPB_WORK_NOT_REFUSED)
        return refuse(station, refusal_of(station));
    sort_by_rate(windows, count, rates);
    for (int i = 0; i < ITERATIONS; i++) {
        if (!improve(rates, &model, &belief))
            return refuse(station, WPB_WORK_NO_WAITING);
    }
    station->model = model;
    tell(&belief, rates, station);
    if (!(station->most_rate >= WPB_LOCK_UTILIZATION_MIN * station->capacity))
        return refuse(station, WPB_WORK_NO_WAITING);
    if (!(station->capacity_low > 0) ||
        !(station->capacity_high <= WPB_LOCK_INTERVAL_MAX * station->capacity_low))
        return refuse(station, WPB_WORK_INTERVAL_TOO_WIDE);
    return true;
}
