#include "agent/analyse/request_tables.h"

#include <math.h>
#include <stdlib.h>

/* What is drawn from: a pool, and the first window that knows it. */
struct place {
    const struct wpb_window *window;
    const struct wpb_subject *pool;
};

static double number_at(const struct wpb_window *window,
                        const struct wpb_subject *subject, enum wpb_metric metric)
{
    const struct wpb_sample *sample = wpb_window_get(window, subject, metric);

    if (sample && sample->value.type == WPB_VALUE_DOUBLE)
        return sample->value.number;
    if (sample && sample->value.type == WPB_VALUE_INTEGER)
        return (double)sample->value.integer;
    return NAN;
}

static bool count_at(const struct wpb_window *window, const struct wpb_subject *subject,
                     enum wpb_metric metric, uint64_t *count)
{
    int64_t value = wpb_window_integer(window, subject, metric, -1);

    *count = value < 0 ? 0 : (uint64_t)value;
    return value >= 0;
}

static bool is_in(const struct place *places, size_t count,
                  const struct wpb_subject *pool)
{
    for (size_t i = 0; i < count; i++) {
        if (wpb_subject_equal(places[i].pool, pool))
            return true;
    }
    return false;
}

static struct place *find_places(const struct wpb_window *const *windows, size_t count,
                                 struct wpb_arena *arena, size_t *found)
{
    const struct wpb_subject *pool;
    struct place *places;
    size_t room = 0;

    for (size_t w = 0; w < count; w++) {
        size_t cursor = 0;
        while (wpb_window_next(windows[w], WPB_SUBJECT_POOL, NULL, &cursor))
            room++;
    }
    places = wpb_arena_alloc(arena, (room + 1) * sizeof(*places));
    *found = 0;
    for (size_t w = 0; w < count; w++) {
        size_t cursor = 0;
        while ((pool = wpb_window_next(windows[w], WPB_SUBJECT_POOL, NULL, &cursor))) {
            if (!is_in(places, *found, pool))
                places[(*found)++] = (struct place){windows[w], pool};
        }
    }
    return places;
}

static struct wpb_pool_row pool_row(const struct place *place)
{
    const struct wpb_window *window = place->window;
    const struct wpb_subject *pool = place->pool;
    struct wpb_pool_row row = {
        .site = wpb_window_site(window)->name,
        .scope = pool->scope,
        .pool = pool->name,
        .source = wpb_window_text(window, pool, WPB_M_REQUEST_SOURCE),
        .requests_per_second = number_at(window, pool, WPB_M_REQUESTS_PER_SECOND),
        .busiest_per_second = number_at(window, pool, WPB_M_BUSIEST_PER_SECOND),
        .service_seconds = number_at(window, pool, WPB_M_SERVICE_SECONDS),
        .queue_wait_seconds = number_at(window, pool, WPB_M_QUEUE_WAIT_SECONDS),
        .capacity_per_second = number_at(window, pool, WPB_M_CAPACITY_PER_SECOND),
        .capacity_low_per_second = number_at(window, pool, WPB_M_CAPACITY_LOW_PER_SECOND),
        .capacity_high_per_second =
            number_at(window, pool, WPB_M_CAPACITY_HIGH_PER_SECOND),
        .knee_per_second = number_at(window, pool, WPB_M_KNEE_PER_SECOND),
        .bottleneck = wpb_window_text(window, pool, WPB_M_BOTTLENECK),
        .refusal = wpb_window_text(window, pool, WPB_M_WORK_REFUSAL)};

    row.has_windows = count_at(window, pool, WPB_M_WORK_WINDOWS, &row.windows);
    row.has_workers = count_at(window, pool, WPB_M_MAX_CHILDREN, &row.workers);
    row.has_busy = count_at(window, pool, WPB_M_WORKERS_BUSY, &row.workers_busy);
    row.has_queue = count_at(window, pool, WPB_M_ACCEPT_QUEUE, &row.accept_queue);
    return row;
}

static size_t children_of(const struct place *places, size_t count,
                          enum wpb_subject_kind kind)
{
    size_t children = 0;

    for (size_t i = 0; i < count; i++) {
        size_t cursor = 0;
        while (wpb_window_next(places[i].window, kind, places[i].pool, &cursor))
            children++;
    }
    return children;
}

/* Of ROUTE by name, a child of the quantity "queries". */
static double queries_of(const struct place *place, struct wpb_slice route)
{
    struct wpb_subject queries = {.kind = WPB_SUBJECT_QUANTITY,
                                  .scope = place->pool->scope,
                                  .name = WPB_SLICE("queries"),
                                  .parent = place->pool};
    struct wpb_subject subject = {.kind = WPB_SUBJECT_ROUTE,
                                  .scope = place->pool->scope,
                                  .name = route,
                                  .parent = &queries};

    return number_at(place->window, &subject, WPB_M_PER_REQUEST);
}

static int by_share(const void *left, const void *right)
{
    const struct wpb_route_row *a = left, *b = right;

    if (a->share_ratio != b->share_ratio)
        return a->share_ratio > b->share_ratio ? -1 : 1;
    return wpb_slice_compare(a->route, b->route);
}

static void fill_routes(const struct place *places, size_t count, struct wpb_arena *arena,
                        struct wpb_requests_report *requests)
{
    size_t room = children_of(places, count, WPB_SUBJECT_ROUTE);
    struct wpb_route_row *rows = wpb_arena_alloc(arena, (room + 1) * sizeof(*rows));

    requests->routes = rows;
    for (size_t i = 0; i < count; i++) {
        const struct wpb_subject *route;
        size_t cursor = 0, first = requests->route_count;
        while ((route = wpb_window_next(places[i].window, WPB_SUBJECT_ROUTE,
                                        places[i].pool, &cursor))) {
            struct wpb_route_row row = {
                .site = wpb_window_site(places[i].window)->name,
                .scope = route->scope,
                .pool = places[i].pool->name,
                .route = route->name,
                .share_ratio = number_at(places[i].window, route, WPB_M_SHARE_RATIO),
                .service_seconds =
                    number_at(places[i].window, route, WPB_M_SERVICE_SECONDS),
                .queries = queries_of(&places[i], route->name)};
            row.has_peak = count_at(places[i].window, route, WPB_M_REQUEST_PEAK_BYTES,
                                    &row.peak_bytes);
            if (!isnan(row.share_ratio))
                rows[requests->route_count++] = row;
        }
        qsort(rows + first, requests->route_count - first, sizeof(*rows), by_share);
    }
}

static void fill_resources(const struct place *places, size_t count,
                           struct wpb_arena *arena, struct wpb_requests_report *requests)
{
    size_t room = children_of(places, count, WPB_SUBJECT_RESOURCE);
    struct wpb_resource_row *rows = wpb_arena_alloc(arena, (room + 1) * sizeof(*rows));

    requests->resources = rows;
    for (size_t i = 0; i < count; i++) {
        const struct wpb_window *window = places[i].window;
        const struct wpb_subject *resource;
        size_t cursor = 0;
        while ((resource = wpb_window_next(window, WPB_SUBJECT_RESOURCE, places[i].pool,
                                           &cursor)))
            rows[requests->resource_count++] = (struct wpb_resource_row){
                .site = wpb_window_site(window)->name,
                .scope = resource->scope,
                .pool = places[i].pool->name,
                .resource = resource->name,
                .demand_seconds = number_at(window, resource, WPB_M_DEMAND_SECONDS),
                .capacity_per_second =
                    number_at(window, resource, WPB_M_CAPACITY_PER_SECOND),
                .utilization_ratio = number_at(window, resource, WPB_M_UTILIZATION_RATIO),
                .refusal = wpb_window_text(window, resource, WPB_M_WORK_REFUSAL)};
    }
}

void wpb_request_tables_fill(const struct wpb_window *const *windows, size_t count,
                             struct wpb_arena *arena,
                             struct wpb_requests_report *requests)
{
    size_t found;
    struct place *places = find_places(windows, count, arena, &found);
    struct wpb_pool_row *pools = wpb_arena_alloc(arena, (found + 1) * sizeof(*pools));

    *requests = (struct wpb_requests_report){.pools = pools, .pool_count = found};
    for (size_t i = 0; i < found; i++)
        pools[i] = pool_row(&places[i]);
    fill_routes(places, found, arena, requests);
    fill_resources(places, found, arena, requests);
}
