/*
 * held_alert.h - one alert that several queues hold.
 *
 * A copy of an alert and its body, in one piece of memory, that lives as long as somebody
 * holds it. It never changes. One thread.
 */
#ifndef WPB_ALERT_HELD_ALERT_H
#define WPB_ALERT_HELD_ALERT_H

#include "wpbloat/alert.h"

struct wpb_held_alert {
    struct wpb_alert alert;
    unsigned holders;
    char body[]; /* what alert.body is, and a NUL */
};

/* A copy of ALERT, held once; NULL when memory is out or the body is larger than
 * WPB_ALERT_BYTES_MAX. */
struct wpb_held_alert *wpb_held_alert_new(const struct wpb_alert *alert);
/* Hold it once more; returns HELD. */
struct wpb_held_alert *wpb_held_alert_hold(struct wpb_held_alert *held);
/* Let go of it; the last one frees it. NULL is a no-op. */
void wpb_held_alert_release(struct wpb_held_alert *held);

#endif
