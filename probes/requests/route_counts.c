#include "probes/requests/route_counts.h"

#include <string.h>

#define HOUR_S 3600
#define HOUR_US (INT64_C(3600) * 1000000)

static struct wpb_route_hour *hour_at(struct wpb_route_counts *counts, int64_t hour)
{
    struct wpb_route_hour *slot = &counts->hours[hour & 1];

    if (slot->hour != hour) {
        memset(slot, 0, sizeof *slot);
        slot->hour = hour;
    }
    return slot;
}

void wpb_route_counts_add(struct wpb_route_counts *counts,
                          const struct wpb_request_window *window)
{
    struct wpb_route_hour *hour = hour_at(counts, window->start_us / HOUR_US);

    for (size_t i = 0; i < WPB_ROUTES; i++) {
        const struct wpb_request_class *class = &window->classes[i];
        hour->routes[i].requests += class->requests;
        hour->routes[i].failed += class->failed;
        wpb_memory_histogram_merge(&hour->routes[i].memory, &class->memory);
    }
}

void wpb_route_counts_of(const struct wpb_route_counts *counts, enum wpb_route route,
                         int64_t now_s, struct wpb_route_count *count)
{
    int64_t now = now_s / HOUR_S;

    memset(count, 0, sizeof *count);
    for (size_t i = 0; i < 2; i++) {
        const struct wpb_route_hour *hour = &counts->hours[i];
        if (hour->hour != now && hour->hour != now - 1)
            continue;
        count->requests += hour->routes[route].requests;
        count->failed += hour->routes[route].failed;
        wpb_memory_histogram_merge(&count->memory, &hour->routes[route].memory);
    }
}
