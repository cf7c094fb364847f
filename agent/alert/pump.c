#include "agent/alert/pump.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "agent/alert/pump_slot.h"
#include "agent/base/log.h"

/* ---- alerts */

/* A copy, or a message that there is none. */
static struct wpb_held_alert *hold_copy(const struct wpb_alert *alert)
{
    struct wpb_held_alert *held = wpb_held_alert_new(alert);

    if (!held)
        wpb_log(WPB_LOG_ERROR, "no memory for alert %s of %s, which is lost", alert->id,
                alert->fingerprint);
    return held;
}

void wpb_pump_put(struct wpb_pump *pump, const struct wpb_alert *alert)
{
    struct wpb_held_alert *held = hold_copy(alert);
    int64_t now_ms = wpb_pump_now_ms(pump);

    if (!held)
        return;
    wpb_firing_note(pump->firing, held, now_ms);
    wpb_outbox_put(pump->outbox, held, now_ms);
    wpb_held_alert_release(held);
    wpb_pump_look_at_all(pump);
}

void wpb_pump_persisted(struct wpb_pump *pump, uint64_t token, bool ok)
{
    wpb_outbox_persisted(pump->outbox, token, ok, wpb_pump_now_ms(pump));
    wpb_pump_look_at_all(pump);
}

bool wpb_pump_restore(struct wpb_pump *pump, const char *sink,
                      const struct wpb_alert *alert, unsigned attempts,
                      int64_t next_attempt_ms)
{
    struct wpb_held_alert *held = hold_copy(alert);
    bool is_restored;

    if (!held)
        return false;
    is_restored = wpb_outbox_restore(pump->outbox, sink, held, attempts, next_attempt_ms,
                                     wpb_pump_now_ms(pump));
    wpb_held_alert_release(held);
    wpb_pump_look_at_all(pump);
    return is_restored;
}

void wpb_pump_firing(struct wpb_pump *pump, const struct wpb_alert *alert)
{
    struct wpb_held_alert *held = hold_copy(alert);

    if (!held)
        return;
    wpb_firing_note(pump->firing, held, wpb_pump_now_ms(pump));
    wpb_held_alert_release(held);
}

void wpb_pump_welcome(struct wpb_pump *pump, const char *sink)
{
    struct wpb_pump_slot *slot = wpb_pump_slot_find(pump, sink);

    if (!slot)
        return;
    wpb_pump_slot_tell(slot);
    wpb_pump_slot_look(slot);
}

void wpb_pump_answer_one(struct wpb_pump *pump, const char *sink,
                         const struct wpb_delivery *delivery)
{
    pump->answer(pump->answer_cookie, sink, delivery);
    if (--pump->answers_left == 0)
        pump->answer(pump->answer_cookie, NULL, NULL);
}

size_t wpb_pump_test(struct wpb_pump *pump, const struct wpb_alert *alert,
                     wpb_pump_answer *answer_to, void *cookie)
{
    struct wpb_held_alert *held = hold_copy(alert);
    size_t count = 0;

    assert(pump->answers_left == 0);
    if (!held)
        return 0;
    pump->answer = answer_to;
    pump->answer_cookie = cookie;
    for (struct wpb_pump_slot *slot = pump->slots; slot; slot = slot->next) {
        slot->test = wpb_held_alert_hold(held);
        count++;
    }
    pump->answers_left = count;
    wpb_held_alert_release(held);
    wpb_pump_look_at_all(pump);
    return count;
}

bool wpb_pump_status(const struct wpb_pump *pump, size_t index,
                     struct wpb_pump_status *status)
{
    const struct wpb_pump_slot *slot = pump->slots;

    while (slot && index--)
        slot = slot->next;
    if (!slot)
        return false;
    *status = (struct wpb_pump_status){
        .sink = wpb_pump_slot_name(slot),
        .type = slot->opened->type->name,
        .outbox = wpb_outbox_status(slot->queue, wpb_pump_now_ms(pump)),
        .last_delivered_ms = slot->last_delivered_ms,
        .last_problem_ms = slot->last_problem_ms,
    };
    memcpy(status->last_problem, slot->last_problem, sizeof(status->last_problem));
    return true;
}

/* ---- life */

struct wpb_pump *wpb_pump_new(const struct wpb_pump_options *options)
{
    struct wpb_pump *pump = calloc(1, sizeof(*pump));

    if (!pump)
        return NULL;
    pump->options = *options;
    pump->outbox =
        wpb_outbox_new(options->persist, options->persist_cookie, options->seed);
    pump->firing = wpb_firing_new();
    if (!pump->outbox || !pump->firing) {
        wpb_outbox_free(pump->outbox);
        wpb_firing_free(pump->firing);
        free(pump);
        return NULL;
    }
    uv_timer_init(options->loop, &pump->drain);
    pump->drain.data = pump;
    pump->open = 1;
    return pump;
}

void wpb_pump_count_down(struct wpb_pump *pump)
{
    void (*closed)(void *) = pump->closed;
    void *cookie = pump->closed_cookie;

    if (--pump->open || !pump->is_closing)
        return;
    wpb_outbox_free(pump->outbox);
    wpb_firing_free(pump->firing);
    free(pump);
    closed(cookie);
}

static void on_drain_closed(uv_handle_t *handle)
{
    wpb_pump_count_down(handle->data);
}

void wpb_pump_end(struct wpb_pump *pump)
{
    struct wpb_pump_slot *slot;

    if (pump->is_closing)
        return;
    pump->is_closing = true;
    while ((slot = pump->slots)) {
        pump->slots = slot->next;
        wpb_pump_slot_end(slot);
    }
    uv_close((uv_handle_t *)&pump->drain, on_drain_closed);
}

static void on_drain_end(uv_timer_t *timer)
{
    wpb_pump_end(timer->data);
}

void wpb_pump_close(struct wpb_pump *pump, uint64_t drain_ms,
                    void (*closed)(void *cookie), void *cookie)
{
    pump->closed = closed;
    pump->closed_cookie = cookie;
    pump->is_draining = true;
    uv_timer_start(&pump->drain, on_drain_end, wpb_pump_is_drained(pump) ? 0 : drain_ms,
                   0);
    wpb_pump_look_at_all(pump);
}
