/*
 * pump_slot.h - a [sink NAME] in the pump, whatever is behind it in the course of time.
 * Inside pump.c (alerts, life), pump_slot.c (configuration) and pump_send.c (delivery)
 * only.
 */
#ifndef WPB_ALERT_PUMP_SLOT_H
#define WPB_ALERT_PUMP_SLOT_H

#include <uv.h>

#include "agent/alert/firing.h"
#include "agent/alert/pump.h"
#include "agent/base/clock.h"

/* A sink that is open, and what it was opened with. */
struct wpb_pump_opened {
    struct wpb_pump *pump;
    const struct wpb_sink_type *type;
    struct wpb_sink_settings *settings;
    void *sink;
};

struct wpb_pump_slot {
    struct wpb_pump_slot *next;
    struct wpb_pump *pump;
    struct wpb_pump_opened *opened; /* NULL: the slot is at its end */
    struct wpb_outbox_queue *queue; /* NULL: the sink is configured no more */
    uv_timer_t look, resend;
    unsigned timers; /* not closed yet */

    struct wpb_held_alert *sending;          /* NULL: nothing is under way */
    struct wpb_pump_opened *sending_through; /* maybe no longer the one that is open */
    bool is_test;                            /* what is under way */
    struct wpb_held_alert *test;             /* to be sent next; NULL: none */

    int64_t last_delivered_ms, last_problem_ms;
    char last_problem[256];
};

struct wpb_pump {
    struct wpb_pump_options options;
    struct wpb_outbox *outbox;
    struct wpb_firing *firing;
    struct wpb_pump_slot *slots;
    size_t open; /* sinks, slots and timers that are not closed yet */

    wpb_pump_answer *answer;
    void *answer_cookie;
    size_t answers_left;

    uv_timer_t drain;
    bool is_draining, is_closing;
    void (*closed)(void *cookie);
    void *closed_cookie;
};

static inline int64_t wpb_pump_now_ms(const struct wpb_pump *pump)
{
    return pump->options.now_ms ? pump->options.now_ms() : wpb_clock_now_ms();
}

static inline const char *wpb_pump_slot_name(const struct wpb_pump_slot *slot)
{
    return slot->opened->settings->name;
}

/* ---- pump_slot.c */

/* NULL: there is none of that name. */
struct wpb_pump_slot *wpb_pump_slot_find(struct wpb_pump *pump, const char *name);
/* Put what fires into its queue. */
void wpb_pump_slot_tell(struct wpb_pump_slot *slot);
/* End SLOT, which is in no list any more: freed when nothing of it is open or under way.
 */
void wpb_pump_slot_end(struct wpb_pump_slot *slot);
void wpb_pump_slot_free_at_end(struct wpb_pump_slot *slot);

/* ---- pump_send.c */

/* Do what there is to do for SLOT, or see to it that this is done in time. May end the
 * pump, when that is to end after the last one. */
void wpb_pump_slot_look(struct wpb_pump_slot *slot);
void wpb_pump_look_at_all(struct wpb_pump *pump);
/* Is there nothing more to be done at once? */
bool wpb_pump_is_drained(struct wpb_pump *pump);

/* ---- pump.c */

/* One thing less that is open; after the last, the pump is gone. */
void wpb_pump_count_down(struct wpb_pump *pump);
void wpb_pump_end(struct wpb_pump *pump);
/* What a test of SINK came to. */
void wpb_pump_answer_one(struct wpb_pump *pump, const char *sink,
                         const struct wpb_delivery *delivery);

#endif
