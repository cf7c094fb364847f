#include "agent/alert/pump.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "agent/alert/firing.h"
#include "agent/alert/kept_settings.h"
#include "agent/base/clock.h"
#include "agent/base/log.h"

#define STAGE "sinks"
/* The clock may step while a timer runs: queues are looked at as often at least. */
#define LOOK_MS (60 * 1000)
/* What fires is told again so soon after the start, which may have followed a long stop.
 */
#define FIRST_RESEND_MS 1000

/* A sink that is open, and what it was opened with. */
struct opened {
    struct wpb_pump *pump;
    const struct wpb_sink_type *type;
    struct wpb_sink_settings *settings;
    void *sink;
};

/* A [sink NAME], whatever is behind it in the course of time. */
struct slot {
    struct slot *next;
    struct wpb_pump *pump;
    struct opened *opened;          /* NULL: the slot is at its end */
    struct wpb_outbox_queue *queue; /* NULL: the sink is configured no more */
    uv_timer_t look, resend;
    unsigned timers; /* not closed yet */

    struct wpb_held_alert *sending; /* NULL: nothing is under way */
    struct opened *sending_through; /* maybe no longer the one that is open */
    bool is_test;                   /* what is under way */
    struct wpb_held_alert *test;    /* to be sent next; NULL: none */

    int64_t last_delivered_ms, last_problem_ms;
    char last_problem[256];
};

struct wpb_pump {
    struct wpb_pump_options options;
    struct wpb_outbox *outbox;
    struct wpb_firing *firing;
    struct slot *slots;
    size_t open; /* sinks, slots and timers that are not closed yet */

    wpb_pump_answer *answer;
    void *answer_cookie;
    size_t answers_left;

    uv_timer_t drain;
    bool is_draining, is_closing;
    void (*closed)(void *cookie);
    void *closed_cookie;
};

static void look(struct slot *slot);

static int64_t now_of(const struct wpb_pump *pump)
{
    return pump->options.now_ms ? pump->options.now_ms() : wpb_clock_now_ms();
}

static const char *name_of(const struct slot *slot)
{
    return slot->opened->settings->name;
}

/* ---- the end of things */

/* One less; after the last, the pump is gone. */
static void count_down(struct wpb_pump *pump)
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

static void on_sink_closed(void *cookie)
{
    struct opened *opened = cookie;
    struct wpb_pump *pump = opened->pump;

    wpb_kept_settings_free(opened->settings);
    free(opened);
    count_down(pump);
}

static void close_opened(struct opened *opened)
{
    opened->type->close(opened->sink, on_sink_closed, opened);
}

static void free_slot_at_end(struct slot *slot)
{
    struct wpb_pump *pump = slot->pump;

    if (slot->timers || slot->sending)
        return;
    free(slot);
    count_down(pump);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct slot *slot = handle->data;

    slot->timers--;
    free_slot_at_end(slot);
}

static void answer(struct wpb_pump *pump, const char *sink,
                   const struct wpb_delivery *delivery)
{
    pump->answer(pump->answer_cookie, sink, delivery);
    if (--pump->answers_left == 0)
        pump->answer(pump->answer_cookie, NULL, NULL);
}

static void answer_never(struct slot *slot)
{
    static const struct wpb_delivery never = {.status = WPB_DELIVERY_FAILED,
                                              .retry_after_ms = -1,
                                              .detail = "the sink was closed before"};

    wpb_held_alert_release(slot->test);
    slot->test = NULL;
    answer(slot->pump, name_of(slot), &never);
}

/* It is in no list any more. */
static void end_slot(struct slot *slot)
{
    if (slot->test)
        answer_never(slot);
    close_opened(slot->opened);
    slot->opened = NULL;
    uv_close((uv_handle_t *)&slot->look, on_timer_closed);
    uv_close((uv_handle_t *)&slot->resend, on_timer_closed);
}

static void on_drain_closed(uv_handle_t *handle)
{
    count_down(handle->data);
}

static void end_everything(struct wpb_pump *pump)
{
    struct slot *slot;

    if (pump->is_closing)
        return;
    pump->is_closing = true;
    while ((slot = pump->slots)) {
        pump->slots = slot->next;
        end_slot(slot);
    }
    uv_close((uv_handle_t *)&pump->drain, on_drain_closed);
}

/* Is there nothing more to be done at once? */
static bool is_drained(struct wpb_pump *pump)
{
    int64_t now_ms = now_of(pump);

    for (struct slot *slot = pump->slots; slot; slot = slot->next) {
        if (slot->sending || slot->test || wpb_outbox_wait_ms(slot->queue, now_ms) == 0 ||
            wpb_outbox_status(slot->queue, now_ms).storing)
            return false;
    }
    return true;
}

/* ---- sending */

static void say_problem(struct slot *slot, const struct wpb_delivery *delivery,
                        const struct wpb_alert *alert)
{
    bool was_healthy = !slot->last_problem[0];
    struct wpb_outbox_status status = wpb_outbox_status(slot->queue, now_of(slot->pump));

    snprintf(slot->last_problem, sizeof(slot->last_problem), "%s", delivery->detail);
    slot->last_problem_ms = now_of(slot->pump);
    if (delivery->status == WPB_DELIVERY_REJECTED)
        wpb_log(WPB_LOG_ERROR, "sink %s rejected alert %s of %s, which is given up: %s",
                name_of(slot), alert->id, alert->fingerprint, delivery->detail);
    else if (status.failures_in_row == WPB_OUTBOX_BREAKER)
        wpb_log(WPB_LOG_WARNING,
                "sink %s failed %d times in a row, and is only tried "
                "every 5 minutes now: %s",
                name_of(slot), WPB_OUTBOX_BREAKER, delivery->detail);
    else
        wpb_log(was_healthy ? WPB_LOG_WARNING : WPB_LOG_DEBUG,
                "sink %s failed, and is tried again: %s", name_of(slot),
                delivery->detail);
}

/* What the sink said of an alert of the queue. One that was closed meanwhile may have
 * delivered it all the same. */
static void settle(struct slot *slot, const struct wpb_delivery *delivery,
                   bool was_closed)
{
    int64_t now_ms = now_of(slot->pump);

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
    struct slot *slot = cookie;
    const char *name = slot->sending_through->settings->name;

    if (!slot->is_test && slot->queue)
        settle(slot, delivery, slot->opened != slot->sending_through);
    wpb_held_alert_release(slot->sending);
    slot->sending = NULL;
    slot->sending_through = NULL;
    if (slot->is_test)
        answer(slot->pump, name, delivery);
    if (!slot->opened)
        free_slot_at_end(slot);
    else
        look(slot);
}

static void send_through(struct slot *slot, struct wpb_held_alert *held, bool is_test)
{
    slot->sending = held;
    slot->sending_through = slot->opened;
    slot->is_test = is_test;
    slot->opened->type->send(slot->opened->sink, &held->alert, on_done, slot);
}

static void on_look(uv_timer_t *timer)
{
    look(timer->data);
}

/* Do what there is to do for the slot, or see to it that this is done in time. */
static void look(struct slot *slot)
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
    next = wpb_outbox_next(slot->queue, now_of(pump));
    if (next) {
        send_through(slot, wpb_held_alert_hold(next), false);
        return;
    }
    wait_ms = wpb_outbox_wait_ms(slot->queue, now_of(pump));
    if (wait_ms < 0)
        uv_timer_stop(&slot->look);
    else
        uv_timer_start(&slot->look, on_look,
                       wait_ms < LOOK_MS ? (uint64_t)wait_ms : LOOK_MS, 0);
    if (pump->is_draining && is_drained(pump))
        end_everything(pump);
}

static void look_at_all(struct wpb_pump *pump)
{
    struct slot *slot, *next;

    for (slot = pump->slots; slot && !pump->is_closing; slot = next) {
        next = slot->next;
        look(slot);
    }
}

static void on_resend(uv_timer_t *timer)
{
    struct slot *slot = timer->data;
    const struct wpb_alert *alerts[WPB_FIRING_MAX];
    struct wpb_held_alert *const *list;
    size_t count;

    list = wpb_firing_list(slot->pump->firing, now_of(slot->pump), &count);
    for (size_t i = 0; i < count; i++)
        alerts[i] = &list[i]->alert;
    if (count)
        slot->opened->type->resend(slot->opened->sink, alerts, count);
}

/* ---- configuration */

static struct opened *open_sink(struct wpb_pump *pump, const struct wpb_pump_sink *given,
                                struct wpb_err *err)
{
    struct opened *opened = calloc(1, sizeof(*opened));

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

static struct slot *find_slot(struct wpb_pump *pump, const char *name)
{
    struct slot *slot = pump->slots;

    while (slot && strcmp(name_of(slot), name) != 0)
        slot = slot->next;
    return slot;
}

static void set_resend(struct slot *slot)
{
    uint64_t every_ms = slot->opened->settings->resend_ms;

    if (slot->opened->type->resend && every_ms)
        uv_timer_start(&slot->resend, on_resend,
                       every_ms < FIRST_RESEND_MS ? every_ms : FIRST_RESEND_MS, every_ms);
    else
        uv_timer_stop(&slot->resend);
}

static void tell_what_fires(struct slot *slot)
{
    int64_t now_ms = now_of(slot->pump);
    struct wpb_held_alert *const *list;
    size_t count;

    list = wpb_firing_list(slot->pump->firing, now_ms, &count);
    for (size_t i = 0; i < count; i++) {
        if (list[i]->alert.status == WPB_ALERT_FIRING)
            wpb_outbox_queue_put(slot->queue, list[i], now_ms);
    }
}

/* A slot without anything in it; NULL when memory is out. */
static struct slot *slot_new(struct wpb_pump *pump, const char *name)
{
    struct slot *slot = calloc(1, sizeof(*slot));

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

static void change_slot(struct slot *slot, struct opened *opened)
{
    struct opened *former = slot->opened;
    int64_t now_ms = now_of(slot->pump);

    slot->opened = opened;
    close_opened(former);
    set_resend(slot);
    wpb_outbox_retry_now(slot->queue, now_ms);
    if (wpb_outbox_status(slot->queue, now_ms).rejected)
        tell_what_fires(slot);
}

static void add_slot(struct wpb_pump *pump, struct slot *slot, struct opened *opened)
{
    struct slot **end = &pump->slots;

    slot->opened = opened;
    while (*end)
        end = &(*end)->next;
    *end = slot;
    set_resend(slot);
    tell_what_fires(slot);
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
    struct slot **link = &pump->slots, *slot;

    while ((slot = *link)) {
        size_t dropped;
        if (is_named(sinks, count, name_of(slot))) {
            link = &slot->next;
            continue;
        }
        *link = slot->next;
        dropped = wpb_outbox_forget(slot->queue);
        if (dropped)
            wpb_log(WPB_LOG_WARNING,
                    "sink %s is gone, and %zu alerts that it was not sent", name_of(slot),
                    dropped);
        slot->queue = NULL;
        end_slot(slot);
    }
}

/* What has to be made for SINKS[i], in OPENED[i] and SLOTS[i]: NULL where nothing has. */
static int prepare(struct wpb_pump *pump, const struct wpb_pump_sink *sinks, size_t count,
                   struct opened **opened, struct slot **slots, struct wpb_err *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct wpb_sink_settings *settings = &sinks[i].settings;
        struct slot *slot = find_slot(pump, settings->name);
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
static void discard(struct opened **opened, struct slot **slots, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (slots[i]) {
            wpb_outbox_forget(slots[i]->queue);
            slots[i]->queue = NULL;
            slots[i]->opened = opened[i];
            end_slot(slots[i]);
        } else if (opened[i]) {
            close_opened(opened[i]);
        }
    }
}

int wpb_pump_configure(struct wpb_pump *pump, const struct wpb_pump_sink *sinks,
                       size_t count, struct wpb_err *err)
{
    struct opened **opened = calloc(count + 1, sizeof(struct opened *));
    struct slot **slots = calloc(count + 1, sizeof(struct slot *));
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
            change_slot(find_slot(pump, sinks[i].settings.name), opened[i]);
    }
    look_at_all(pump);

free_lists:
    free(opened);
    free(slots);
    return result;
}

void wpb_pump_reopen(struct wpb_pump *pump)
{
    for (struct slot *slot = pump->slots; slot; slot = slot->next) {
        if (slot->opened->type->reopen)
            slot->opened->type->reopen(slot->opened->sink);
    }
}

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
    int64_t now_ms = now_of(pump);

    if (!held)
        return;
    wpb_firing_note(pump->firing, held, now_ms);
    wpb_outbox_put(pump->outbox, held, now_ms);
    wpb_held_alert_release(held);
    look_at_all(pump);
}

void wpb_pump_persisted(struct wpb_pump *pump, uint64_t token, bool ok)
{
    wpb_outbox_persisted(pump->outbox, token, ok, now_of(pump));
    look_at_all(pump);
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
                                     now_of(pump));
    wpb_held_alert_release(held);
    look_at_all(pump);
    return is_restored;
}

void wpb_pump_firing(struct wpb_pump *pump, const struct wpb_alert *alert)
{
    struct wpb_held_alert *held = hold_copy(alert);

    if (!held)
        return;
    wpb_firing_note(pump->firing, held, now_of(pump));
    wpb_held_alert_release(held);
}

void wpb_pump_welcome(struct wpb_pump *pump, const char *sink)
{
    struct slot *slot = find_slot(pump, sink);

    if (!slot)
        return;
    tell_what_fires(slot);
    look(slot);
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
    for (struct slot *slot = pump->slots; slot; slot = slot->next) {
        slot->test = wpb_held_alert_hold(held);
        count++;
    }
    pump->answers_left = count;
    wpb_held_alert_release(held);
    look_at_all(pump);
    return count;
}

bool wpb_pump_status(const struct wpb_pump *pump, size_t index,
                     struct wpb_pump_status *status)
{
    const struct slot *slot = pump->slots;

    while (slot && index--)
        slot = slot->next;
    if (!slot)
        return false;
    *status = (struct wpb_pump_status){
        .sink = name_of(slot),
        .type = slot->opened->type->name,
        .outbox = wpb_outbox_status(slot->queue, now_of(pump)),
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

static void on_drain_end(uv_timer_t *timer)
{
    end_everything(timer->data);
}

void wpb_pump_close(struct wpb_pump *pump, uint64_t drain_ms,
                    void (*closed)(void *cookie), void *cookie)
{
    pump->closed = closed;
    pump->closed_cookie = cookie;
    pump->is_draining = true;
    uv_timer_start(&pump->drain, on_drain_end, is_drained(pump) ? 0 : drain_ms, 0);
    look_at_all(pump);
}
