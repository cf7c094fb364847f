#include "agent/alert/firing.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct wpb_firing {
    struct wpb_held_alert **alerts;
    int64_t *noted_ms; /* when, of each */
    size_t count, capacity;
};

struct wpb_firing *wpb_firing_new(void)
{
    return calloc(1, sizeof(struct wpb_firing));
}

void wpb_firing_free(struct wpb_firing *firing)
{
    if (!firing)
        return;
    for (size_t i = 0; i < firing->count; i++)
        wpb_held_alert_release(firing->alerts[i]);
    free(firing->alerts);
    free(firing->noted_ms);
    free(firing);
}

/* Room for one more; false when there is none. */
static bool grow(struct wpb_firing *firing)
{
    size_t capacity = firing->capacity ? firing->capacity * 2 : 16;
    struct wpb_held_alert **alerts;
    int64_t *noted_ms;

    if (firing->count < firing->capacity)
        return true;
    if (firing->count >= WPB_FIRING_MAX)
        return false;
    alerts = realloc(firing->alerts, capacity * sizeof(*alerts));
    if (!alerts)
        return false;
    firing->alerts = alerts;
    noted_ms = realloc(firing->noted_ms, capacity * sizeof(*noted_ms));
    if (!noted_ms)
        return false;
    firing->noted_ms = noted_ms;
    firing->capacity = capacity;
    return true;
}

/* Forget what was resolved long ago; also when the clock was set back meanwhile. */
static void sweep(struct wpb_firing *firing, int64_t now_ms)
{
    size_t kept = 0;

    for (size_t i = 0; i < firing->count; i++) {
        struct wpb_held_alert *held = firing->alerts[i];
        int64_t age_ms = now_ms - firing->noted_ms[i];
        if (held->alert.status == WPB_ALERT_RESOLVED &&
            (age_ms < 0 || age_ms >= WPB_FIRING_RESOLVED_MS)) {
            wpb_held_alert_release(held);
            continue;
        }
        firing->alerts[kept] = held;
        firing->noted_ms[kept++] = firing->noted_ms[i];
    }
    firing->count = kept;
}

void wpb_firing_note(struct wpb_firing *firing, struct wpb_held_alert *held,
                     int64_t now_ms)
{
    size_t i = 0;

    sweep(firing, now_ms);
    while (i < firing->count &&
           strcmp(firing->alerts[i]->alert.fingerprint, held->alert.fingerprint) != 0)
        i++;
    if (i < firing->count) {
        if (firing->alerts[i]->alert.seq > held->alert.seq)
            return;
        wpb_held_alert_release(firing->alerts[i]);
    } else if (grow(firing)) {
        firing->count++;
    } else {
        return;
    }
    firing->alerts[i] = wpb_held_alert_hold(held);
    firing->noted_ms[i] = now_ms;
}

struct wpb_held_alert *const *wpb_firing_list(struct wpb_firing *firing, int64_t now_ms,
                                              size_t *count)
{
    sweep(firing, now_ms);
    *count = firing->count;
    return firing->alerts;
}
