#include "agent/analyse/work_post.h"

#include <math.h>

#include "agent/analyse/work_books.h"

struct post {
    struct wpb_window *window;
    const struct wpb_subject *subject;
    int64_t now_ms;
};

static void put(const struct post *post, enum wpb_metric metric, struct wpb_value value)
{
    struct wpb_sample sample = {.subject = post->subject,
                                .metric = metric,
                                .value = value,
                                .time_ms = post->now_ms,
                                .provenance = WPB_ESTIMATED,
                                .probe = WPB_WORK_PROBE};

    wpb_window_post(post->window, &sample);
}

/* What is not known is posted as no value, so that an earlier number does not stay. */
static void put_number(const struct post *post, enum wpb_metric metric, double number)
{
    put(post, metric, isfinite(number) ? wpb_value_double(number) : wpb_value_none());
}

static void put_text(const struct post *post, enum wpb_metric metric, const char *text)
{
    put(post, metric, wpb_value_text(wpb_slice_cstr(text)));
}

static void put_refusal(const struct post *post, enum wpb_work_refusal refusal)
{
    put_text(post, WPB_M_WORK_REFUSAL, wpb_work_refusal_name(refusal));
}

static struct post child(const struct post *parent, enum wpb_subject_kind kind,
                         const char *name, struct wpb_subject *subject)
{
    struct post post = *parent;

    *subject = (struct wpb_subject){.kind = kind,
                                    .scope = parent->subject->scope,
                                    .name = wpb_slice_cstr(name),
                                    .parent = parent->subject};
    post.subject = subject;
    return post;
}

static void post_pool(const struct post *post, const struct wpb_verdict *verdict)
{
    const struct wpb_verdict_rates *rates = &verdict->rates;
    bool is_known = !verdict->refusal;

    put(post, WPB_M_WORK_WINDOWS, wpb_value_count(rates->windows));
    put_number(post, WPB_M_REQUESTS_PER_SECOND, rates->lately);
    put_number(post, WPB_M_BUSIEST_PER_SECOND, rates->busiest);
    put_number(post, WPB_M_SERVICE_SECONDS, rates->service_s);
    put_number(post, WPB_M_SERVICE_EARLIER_SECONDS, rates->service_earlier_s);
    put_number(post, WPB_M_QUEUE_WAIT_SECONDS, rates->queue_wait_s);
    put_number(post, WPB_M_REQUEST_CPU_SECONDS, rates->cpu_s);
    put_refusal(post, verdict->refusal);
    put_number(post, WPB_M_CAPACITY_PER_SECOND, is_known ? verdict->capacity : NAN);
    put_number(post, WPB_M_CAPACITY_LOW_PER_SECOND,
               is_known ? verdict->capacity_low : NAN);
    put_number(post, WPB_M_CAPACITY_HIGH_PER_SECOND,
               is_known ? verdict->capacity_high : NAN);
    put_number(post, WPB_M_KNEE_PER_SECOND, is_known ? verdict->knee : NAN);
    put_number(post, WPB_M_CAPACITY_WAIT_SECONDS, is_known ? verdict->knee_wait_s : NAN);
    put_text(post, WPB_M_BOTTLENECK, is_known ? wpb_resource_name(verdict->first) : "");
}

static void post_resource(const struct post *pool, const struct wpb_demand *demand)
{
    struct wpb_subject subject;
    struct post post =
        child(pool, WPB_SUBJECT_RESOURCE, wpb_resource_name(demand->resource), &subject);
    bool is_known = !demand->refusal;

    put_refusal(&post, demand->refusal);
    put_number(&post, WPB_M_CAPACITY_PER_SECOND, is_known ? demand->capacity : NAN);
    put_number(&post, WPB_M_CAPACITY_LOW_PER_SECOND,
               is_known ? demand->capacity_low : NAN);
    put_number(&post, WPB_M_CAPACITY_HIGH_PER_SECOND,
               is_known ? demand->capacity_high : NAN);
    put_number(&post, WPB_M_DEMAND_SECONDS, is_known ? demand->per_request_s : NAN);
    put_number(&post, WPB_M_SERVERS, is_known ? demand->servers : NAN);
    put_number(&post, WPB_M_UTILIZATION_RATIO, is_known ? demand->utilization : NAN);
}

/* What the quantity is at the usual low and high of what it grows with: of what it does
 * not grow with, the range says nothing. */
static void post_cause(const struct post *post, const struct wpb_workgrowth *growth)
{
    const struct wpb_work_cause *cause = NULL;
    double half;

    if (growth->verdict == WPB_WORK_GROWS_WITH_DATA)
        cause = &growth->data;
    else if (growth->verdict == WPB_WORK_GROWS_WITH_CONCURRENCY ||
             growth->verdict == WPB_WORK_GROWS_WITH_BOTH)
        cause = &growth->concurrency;
    half = cause ? cause->per_unit * (cause->high - cause->low) / 2 : NAN;
    put_number(post, WPB_M_PER_REQUEST_LOW, cause ? fmax(growth->mean - half, 0) : NAN);
    put_number(post, WPB_M_PER_REQUEST_HIGH, cause ? growth->mean + half : NAN);
    put_number(post, WPB_M_CAUSE_LOW, cause ? cause->low : NAN);
    put_number(post, WPB_M_CAUSE_HIGH, cause ? cause->high : NAN);
}

static void post_route_costs(const struct post *quantity,
                             const struct wpb_route_costs *costs)
{
    for (size_t i = 0; i < costs->count; i++) {
        const struct wpb_route_cost *cost = &costs->costs[i];
        struct wpb_subject subject;
        const char *name = cost->class_index < WPB_WORK_CLASSES
                               ? wpb_work_class_name(cost->class_index)
                               : "all_others";
        struct post post = child(quantity, WPB_SUBJECT_ROUTE, name, &subject);

        put_refusal(&post, cost->refusal);
        put_number(&post, WPB_M_PER_REQUEST, cost->refusal ? NAN : cost->per_request);
    }
}

static void post_quantity(const struct post *pool, enum wpb_quantity quantity,
                          const struct wpb_workgrowth *growth,
                          const struct wpb_route_costs *costs)
{
    struct wpb_subject subject;
    struct post post =
        child(pool, WPB_SUBJECT_QUANTITY, wpb_quantity_name(quantity), &subject);
    bool is_told = growth->verdict != WPB_WORK_REFUSED;
    bool is_measured = growth->requests > 0;

    put(&post, WPB_M_WORK_WINDOWS, wpb_value_count((uint64_t)growth->windows));
    put_number(&post, WPB_M_PER_REQUEST, is_measured ? growth->mean : NAN);
    put_text(&post, WPB_M_WORK_VERDICT, wpb_work_verdict_name(growth->verdict));
    put_refusal(&post, is_told ? WPB_WORK_NOT_REFUSED : growth->refusal);
    put_number(&post, WPB_M_CONCURRENCY_EFFECT_RATIO,
               is_told && !growth->concurrency.refusal ? growth->concurrency.effect
                                                       : NAN);
    put_number(&post, WPB_M_DATA_EFFECT_RATIO,
               is_told && !growth->data.refusal ? growth->data.effect : NAN);
    post_cause(&post, growth);
    post_route_costs(&post, costs);
}

/* What the log tells of each class itself. */
static void post_routes(const struct post *pool, const struct wpb_work_book *book)
{
    size_t count;
    const struct wpb_book_row *rows = wpb_work_book_rows(book, &count);
    double all = 0;

    for (size_t i = 0; i < count; i++)
        all += (double)rows[i].requests;
    for (unsigned c = 0; c < WPB_WORK_CLASSES; c++) {
        struct wpb_subject subject;
        double requests = 0, busy_s = 0;
        struct post post;
        for (size_t i = 0; i < count; i++) {
            requests += (double)rows[i].class_requests[c];
            busy_s += (double)rows[i].class_busy_s[c];
        }
        if (requests < 1 || !wpb_work_class_name(c)[0])
            continue;
        post = child(pool, WPB_SUBJECT_ROUTE, wpb_work_class_name(c), &subject);
        put_number(&post, WPB_M_SHARE_RATIO, requests / all);
        put_number(&post, WPB_M_SERVICE_SECONDS, busy_s / requests);
    }
}

bool wpb_work_say(const struct wpb_work_book *book, const struct wpb_verdict_pool *pool,
                  int64_t now_ms, struct wpb_work_said *said)
{
    if (!wpb_verdict_of(book, pool, now_ms, &said->verdict))
        return false;
    for (int q = 0; q < WPB_QUANTITIES; q++)
        wpb_route_costs_of(book, (enum wpb_quantity)q, &said->routes[q]);
    return true;
}

void wpb_work_post(const struct wpb_work_book *book, const struct wpb_work_said *said,
                   struct wpb_window *window, int64_t now_ms)
{
    struct post pool = {
        .window = window, .subject = wpb_work_book_pool(book), .now_ms = now_ms};

    post_pool(&pool, &said->verdict);
    for (int r = 0; r < WPB_RESOURCES; r++)
        post_resource(&pool, &said->verdict.demands[r]);
    for (int q = 0; q < WPB_QUANTITIES; q++)
        post_quantity(&pool, (enum wpb_quantity)q, &said->verdict.growth[q],
                      &said->routes[q]);
    post_routes(&pool, book);
}
