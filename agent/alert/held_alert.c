#include "agent/alert/held_alert.h"

#include <assert.h>
#include <stdlib.h>

struct wpb_held_alert *wpb_held_alert_new(const struct wpb_alert *alert)
{
    size_t len = alert->body.len;
    struct wpb_held_alert *held;

    if (len > WPB_ALERT_BYTES_MAX)
        return NULL;
    held = malloc(sizeof(*held) + len + 1);
    if (!held)
        return NULL;
    held->alert = *alert;
    held->holders = 1;
    if (len)
        memcpy(held->body, alert->body.data, len);
    held->body[len] = '\0';
    held->alert.body = wpb_slice_of(held->body, len);
    return held;
}

struct wpb_held_alert *wpb_held_alert_hold(struct wpb_held_alert *held)
{
    held->holders++;
    return held;
}

void wpb_held_alert_release(struct wpb_held_alert *held)
{
    if (!held)
        return;
    assert(held->holders > 0);
    if (--held->holders == 0)
        free(held);
}
