/* One alert at a time through each sink, and what the sinks say of it. */
#include <stdio.h>

#include "agent/alert/pump_slot.h"
#include "agent/base/log.h"

/* The clock may step while a timer runs: queues are looked at as often at least. */
#define LOOK_MS (60 * 1000)

bool wpb_pump_is_drained(struct wpb_pump *pump)
{
    int64_t now_ms = wpb_pump_now_ms(pump);

    for (struct wpb_pump_slot *slot = pump->slots; slot; slot = slot->next) {
        if (slot->sending || slot->test || wpb_outbox_wait_ms(slot->queue, now_ms) == 0 ||
            wpb_outbox_status(slot->queue, now_ms).storing)
            return false;
    }
    return true;
}

static void say_problem(struct wpb_pump_slot *slot, const struct wpb_delivery *delivery,
                        const struct wpb_alert *alert)
{
    bool was_healthy = !slot->last_problem[0];
    struct wpb_outbox_status status =
        wpb_outbox_status(slot->queue, wpb_pump_now_ms(slot->pump));

    snprintf(slot->last_problem, sizeof(slot->last_problem), "%s", delivery->detail);
    slot->last_problem_ms = wpb_pump_now_ms(slot->pump);
    if (delivery->status == WPB_DELIVERY_REJECTED)
        wpb_log(WPB_LOG_ERROR, "sink %s rejected alert %s of %s, which is given up: %s",
                wpb_pump_slot_name(slot), alert->id, alert->fingerprint,
                delivery->detail);
    else if (status.failures_in_row == WPB_OUTBOX_BREAKER)
        wpb_log(WPB_LOG_WARNING,
                "sink %s failed %d times in a row, and is only tried "
                "every 5 minutes now: %s",
                wpb_pump_slot_name(slot), WPB_OUTBOX_BREAKER, delivery->detail);
    else
        wpb_log(was_healthy ? WPB_LOG_WARNING : WPB_LOG_DEBUG,
                "sink %s failed, and is tried again: %s", wpb_pump_slot_name(slot),
                delivery->detail);
}

/* What the sink said of an alert of the queue. One that was closed meanwhile may have
 * delivered it all the same. */
static void settle(struct wpb_pump_slot *slot, const struct wpb_delivery *delivery,
                   bool was_closed)
{
    int64_t now_ms = wpb_pump_now_ms(slot->pump);

    if (delivery->status == WPB_DELIVERED) {
        if (slot->last_problem[0])
            wpb_log(WPB_LOG_INFO, "sink %s delivers again",
                    slot->sending_through->settings->name);
        slot->last_problem[0] = '\0';
        slot->last_delivered_ms = now_ms;
        wpb_outbox_delivered(slot->queue, now_ms);
    } else if (was_closed) {
        wpb_outbox_put_back(slot->queue);
    } else if (delivery->status == WPB_DELIVERY_REJECTED) {
        wpb_outbox_rejected(slot->queue, now_ms);
        say_problem(slot, delivery, &slot->sending->alert);
    } else {
        wpb_outbox_failed(slot->queue, delivery->retry_after_ms, now_ms);
        say_problem(slot, delivery, &slot->sending->alert);
    }
}

static void on_done(void *cookie, const struct wpb_delivery *delivery)
{
    struct wpb_pump_slot *slot = cookie;
    const char *name = slot->sending_through->settings->name;

    if (!slot->is_test && slot->queue)
        settle(slot, delivery, slot->opened != slot->sending_through);
    wpb_held_alert_release(slot->sending);
    slot->sending = NULL;
    slot->sending_through = NULL;
    if (slot->is_test)
        wpb_pump_answer_one(slot->pump, name, delivery);
    if (!slot->opened)
        wpb_pump_slot_free_at_end(slot);
    else
        wpb_pump_slot_look(slot);
}

static void send_through(struct wpb_pump_slot *slot, struct wpb_held_alert *held,
                         bool is_test)
{
    slot->sending = held;
    slot->sending_through = slot->opened;
    slot->is_test = is_test;
    slot->opened->type->send(slot->opened->sink, &held->alert, on_done, slot);
}

static void on_look(uv_timer_t *timer)
{
    wpb_pump_slot_look(timer->data);
}

void wpb_pump_slot_look(struct wpb_pump_slot *slot)
{
    struct wpb_pump *pump = slot->pump;
    struct wpb_held_alert *next;
    int64_t wait_ms;

    if (slot->sending)
        return;
    if (slot->test) {
        next = slot->test;
        slot->test = NULL;
        send_through(slot, next, true);
        return;
    }
    next = wpb_outbox_next(slot->queue, wpb_pump_now_ms(pump));
    if (next) {
        send_through(slot, wpb_held_alert_hold(next), false);
        return;
    }
    wait_ms = wpb_outbox_wait_ms(slot->queue, wpb_pump_now_ms(pump));
    if (wait_ms < 0)
        uv_timer_stop(&slot->look);
    else
        uv_timer_start(&slot->look, on_look,
                       wait_ms < LOOK_MS ? (uint64_t)wait_ms : LOOK_MS, 0);
    if (pump->is_draining && wpb_pump_is_drained(pump))
        wpb_pump_end(pump);
}

void wpb_pump_look_at_all(struct wpb_pump *pump)
{
    struct wpb_pump_slot *slot, *next;

    for (slot = pump->slots; slot && !pump->is_closing; slot = next) {
        next = slot->next;
        wpb_pump_slot_look(slot);
    }
}
