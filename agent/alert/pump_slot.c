/* Sinks come and go: opened, changed and closed as the configuration says. */
#include <stdlib.h>
#include <string.h>

#include "agent/alert/kept_settings.h"
#include "agent/alert/pump_slot.h"
#include "agent/base/log.h"

#define STAGE "sinks"
/* What fires is told again so soon after the start, which may have followed a long stop.
 */
#define FIRST_RESEND_MS 1000

/* ---- the end */

static void on_sink_closed(void *cookie)
{
    struct wpb_pump_opened *opened = cookie;
    struct wpb_pump *pump = opened->pump;

    wpb_kept_settings_free(opened->settings);
    free(opened);
    wpb_pump_count_down(pump);
}

static void close_opened(struct wpb_pump_opened *opened)
{
    opened->type->close(opened->sink, on_sink_closed, opened);
}

void wpb_pump_slot_free_at_end(struct wpb_pump_slot *slot)
{
    struct wpb_pump *pump = slot->pump;

    if (slot->timers || slot->sending)
        return;
    free(slot);
    wpb_pump_count_down(pump);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct wpb_pump_slot *slot = handle->data;

    slot->timers--;
    wpb_pump_slot_free_at_end(slot);
}

static void answer_never(struct wpb_pump_slot *slot)
{
    static const struct wpb_delivery never = {.status = WPB_DELIVERY_FAILED,
                                              .retry_after_ms = -1,
                                              .detail = "the sink was closed before"};

    wpb_held_alert_release(slot->test);
    slot->test = NULL;
    wpb_pump_answer_one(slot->pump, wpb_pump_slot_name(slot), &never);
}

/* It is in no list any more. */
void wpb_pump_slot_end(struct wpb_pump_slot *slot)
{
    if (slot->test)
        answer_never(slot);
    close_opened(slot->opened);
    slot->opened = NULL;
    uv_close((uv_handle_t *)&slot->look, on_timer_closed);
    uv_close((uv_handle_t *)&slot->resend, on_timer_closed);
}

/* ---- what fires */

static void on_resend(uv_timer_t *timer)
{
    struct wpb_pump_slot *slot = timer->data;
    const struct wpb_alert *alerts[WPB_FIRING_MAX];
    struct wpb_held_alert *const *list;
    size_t count;

    list = wpb_firing_list(slot->pump->firing, wpb_pump_now_ms(slot->pump), &count);
    for (size_t i = 0; i < count; i++)
        alerts[i] = &list[i]->alert;
    if (count)
        slot->opened->type->resend(slot->opened->sink, alerts, count);
}

static void set_resend(struct wpb_pump_slot *slot)
{
    uint64_t every_ms = slot->opened->settings->resend_ms;

    if (slot->opened->type->resend && every_ms)
        uv_timer_start(&slot->resend, on_resend,
                       every_ms < FIRST_RESEND_MS ? every_ms : FIRST_RESEND_MS, every_ms);
    else
        uv_timer_stop(&slot->resend);
}

void wpb_pump_slot_tell(struct wpb_pump_slot *slot)
{
    int64_t now_ms = wpb_pump_now_ms(slot->pump);
    struct wpb_held_alert *const *list;
    size_t count;

    list = wpb_firing_list(slot->pump->firing, now_ms, &count);
    for (size_t i = 0; i < count; i++) {
        if (list[i]->alert.status == WPB_ALERT_FIRING)
            wpb_outbox_queue_put(slot->queue, list[i], now_ms);
    }
}

/* ---- configuration */

static struct wpb_pump_opened *
open_sink(struct wpb_pump *pump, const struct wpb_pump_sink *given, struct wpb_err *err)
{
    struct wpb_pump_opened *opened = calloc(1, sizeof(*opened));

    if (!opened || !(opened->settings = wpb_kept_settings_new(&given->settings))) {
        free(opened);
        wpb_err_set(err, WPB_E_MEMORY, STAGE, "no memory for a sink");
        return NULL;
    }
    opened->pump = pump;
    opened->type = given->type;
    opened->sink = given->type->open(pump->options.loop, opened->settings, err);
    if (!opened->sink) {
        wpb_kept_settings_free(opened->settings);
        free(opened);
        return NULL;
    }
    pump->open++;
    return opened;
}

struct wpb_pump_slot *wpb_pump_slot_find(struct wpb_pump *pump, const char *name)
{
    struct wpb_pump_slot *slot = pump->slots;

    while (slot && strcmp(wpb_pump_slot_name(slot), name) != 0)
        slot = slot->next;
    return slot;
}

/* A slot without anything in it; NULL when memory is out. */
static struct wpb_pump_slot *slot_new(struct wpb_pump *pump, const char *name)
{
    struct wpb_pump_slot *slot = calloc(1, sizeof(*slot));

    if (!slot || !(slot->queue = wpb_outbox_queue(pump->outbox, name))) {
        free(slot);
        return NULL;
    }
    slot->pump = pump;
    uv_timer_init(pump->options.loop, &slot->look);
    uv_timer_init(pump->options.loop, &slot->resend);
    slot->look.data = slot->resend.data = slot;
    slot->timers = 2;
    pump->open++;
    return slot;
}

static void change_slot(struct wpb_pump_slot *slot, struct wpb_pump_opened *opened)
{
    struct wpb_pump_opened *former = slot->opened;
    int64_t now_ms = wpb_pump_now_ms(slot->pump);

    slot->opened = opened;
    close_opened(former);
    set_resend(slot);
    wpb_outbox_retry_now(slot->queue, now_ms);
    if (wpb_outbox_status(slot->queue, now_ms).rejected)
        wpb_pump_slot_tell(slot);
}

static void add_slot(struct wpb_pump *pump, struct wpb_pump_slot *slot,
                     struct wpb_pump_opened *opened)
{
    struct wpb_pump_slot **end = &pump->slots;

    slot->opened = opened;
    while (*end)
        end = &(*end)->next;
    *end = slot;
    set_resend(slot);
    wpb_pump_slot_tell(slot);
}

static bool is_named(const struct wpb_pump_sink *sinks, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(sinks[i].settings.name, name) == 0)
            return true;
    }
    return false;
}

static void remove_others(struct wpb_pump *pump, const struct wpb_pump_sink *sinks,
                          size_t count)
{
    struct wpb_pump_slot **link = &pump->slots, *slot;

    while ((slot = *link)) {
        size_t dropped;
        if (is_named(sinks, count, wpb_pump_slot_name(slot))) {
            link = &slot->next;
            continue;
        }
        *link = slot->next;
        dropped = wpb_outbox_forget(slot->queue);
        if (dropped)
            wpb_log(WPB_LOG_WARNING,
                    "sink %s is gone, and %zu alerts that it was not sent",
                    wpb_pump_slot_name(slot), dropped);
        slot->queue = NULL;
        wpb_pump_slot_end(slot);
    }
}

/* What has to be made for SINKS[i], in OPENED[i] and SLOTS[i]: NULL where nothing has. */
static int prepare(struct wpb_pump *pump, const struct wpb_pump_sink *sinks, size_t count,
                   struct wpb_pump_opened **opened, struct wpb_pump_slot **slots,
                   struct wpb_err *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct wpb_sink_settings *settings = &sinks[i].settings;
        struct wpb_pump_slot *slot = wpb_pump_slot_find(pump, settings->name);
        if (is_named(sinks, i, settings->name))
            return wpb_err_set(err, WPB_E_ARGUMENT, STAGE,
                               "there are two sinks called %.100s", settings->name);
        if (slot && slot->opened->type == sinks[i].type &&
            wpb_kept_settings_equal(slot->opened->settings, settings))
            continue;
        opened[i] = open_sink(pump, &sinks[i], err);
        if (!opened[i])
            return -1;
        if (!slot && !(slots[i] = slot_new(pump, settings->name)))
            return wpb_err_set(err, WPB_E_MEMORY, STAGE, "no memory for a sink");
    }
    return 0;
}

/* Nothing of what was prepared is needed after all. */
static void discard(struct wpb_pump_opened **opened, struct wpb_pump_slot **slots,
                    size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (slots[i]) {
            wpb_outbox_forget(slots[i]->queue);
            slots[i]->queue = NULL;
            slots[i]->opened = opened[i];
            wpb_pump_slot_end(slots[i]);
        } else if (opened[i]) {
            close_opened(opened[i]);
        }
    }
}

int wpb_pump_configure(struct wpb_pump *pump, const struct wpb_pump_sink *sinks,
                       size_t count, struct wpb_err *err)
{
    struct wpb_pump_opened **opened = calloc(count + 1, sizeof(struct wpb_pump_opened *));
    struct wpb_pump_slot **slots = calloc(count + 1, sizeof(struct wpb_pump_slot *));
    int result;

    if (!opened || !slots) {
        result = wpb_err_set(err, WPB_E_MEMORY, STAGE, "no memory for sinks");
        goto free_lists;
    }
    result = prepare(pump, sinks, count, opened, slots, err);
    if (result) {
        discard(opened, slots, count);
        goto free_lists;
    }
    remove_others(pump, sinks, count);
    for (size_t i = 0; i < count; i++) {
        if (slots[i])
            add_slot(pump, slots[i], opened[i]);
        else if (opened[i])
            change_slot(wpb_pump_slot_find(pump, sinks[i].settings.name), opened[i]);
    }
    wpb_pump_look_at_all(pump);

free_lists:
    free(opened);
    free(slots);
    return result;
}

void wpb_pump_reopen(struct wpb_pump *pump)
{
    for (struct wpb_pump_slot *slot = pump->slots; slot; slot = slot->next) {
        if (slot->opened->type->reopen)
            slot->opened->type->reopen(slot->opened->sink);
    }
}
