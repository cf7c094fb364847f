#include "probes/requests/pool_watch.h"

#define MINUTE_MS 60000

static void turn_to(struct wpb_pool_watch *watch, uint64_t now_ms)
{
    uint64_t minute = now_ms / MINUTE_MS;

    if (minute > watch->minute + WPB_POOL_WATCH_MINUTES)
        watch->minute = minute - WPB_POOL_WATCH_MINUTES;
    while (watch->minute < minute) {
        watch->minute++;
        watch->looks[watch->minute % WPB_POOL_WATCH_MINUTES] = 0;
        watch->full[watch->minute % WPB_POOL_WATCH_MINUTES] = 0;
    }
}

void wpb_pool_watch_add(struct wpb_pool_watch *watch, uint64_t now_ms, bool is_full)
{
    turn_to(watch, now_ms);
    watch->looks[watch->minute % WPB_POOL_WATCH_MINUTES]++;
    watch->full[watch->minute % WPB_POOL_WATCH_MINUTES] += is_full;
}

void wpb_pool_watch_read(struct wpb_pool_watch *watch, uint64_t now_ms, uint64_t *looks,
                         uint64_t *full)
{
    turn_to(watch, now_ms);
    *looks = *full = 0;
    for (int i = 0; i < WPB_POOL_WATCH_MINUTES; i++) {
        *looks += watch->looks[i];
        *full += watch->full[i];
    }
}

bool wpb_pool_watch_is_full(const struct wpb_accept_queue *queue, uint32_t max_children)
{
    if (queue->has_in_service && max_children)
        return queue->in_service >= max_children;
    return queue->pending > 0;
}
