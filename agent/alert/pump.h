/*
 * pump.h - from the outbox to the sinks: who is sent what, and when.
 *
 * Owns the sinks and their queues (agent/alert/outbox.h). One alert at a time goes
 * through each sink; what the store has to keep is asked of it through the outbox's
 * callbacks. Alerts that fire are told again to those sinks that forget them, and to
 * those that are new after a reload. Everything happens on the loop's thread.
 *
 *   start:    new, configure, restore and firing from the store, welcome
 *   alert:    put  ->  persist.put  ->  persisted  ->  sink  ->  persist.remove
 *   SIGHUP:   configure, reopen
 *   end:      close; what was not delivered is in the store
 */
#ifndef WPB_ALERT_PUMP_H
#define WPB_ALERT_PUMP_H

#include "agent/alert/outbox.h"
#include "wpbloat/sink.h"

struct wpb_pump;

struct wpb_pump_options {
    struct uv_loop_s *loop;
    const struct wpb_outbox_persist *persist; /* NULL: nothing is stored */
    void *persist_cookie;
    uint64_t seed;           /* of the jitter */
    int64_t (*now_ms)(void); /* Unix time; NULL: that of the clock */
};

/* NULL when memory is out. */
struct wpb_pump *wpb_pump_new(const struct wpb_pump_options *options);
/* Send what can be sent now, for at most DRAIN_MS, then end all and free PUMP. CLOSED is
 * called from a later turn; the store's later answers are nobody's. A write to a disk
 * that hangs cannot be ended, and delays CLOSED; a name that is being resolved, on
 * libuv's pool, may keep the loop alive after it. */
void wpb_pump_close(struct wpb_pump *pump, uint64_t drain_ms,
                    void (*closed)(void *cookie), void *cookie);

struct wpb_pump_sink {
    const struct wpb_sink_type *type;
    struct wpb_sink_settings settings; /* copied; `name` tells sinks apart */
};

/* These are the sinks from now on. One whose name was there keeps what waits for it, also
 * when it has changed; the others' is dropped. A sink that is new, or that has changed
 * after it rejected alerts, is told what fires. -1 with ERR: nothing has changed. */
int wpb_pump_configure(struct wpb_pump *pump, const struct wpb_pump_sink *sinks,
                       size_t count, struct wpb_err *err);
/* Open files again. */
void wpb_pump_reopen(struct wpb_pump *pump);

/* A new state of an alert, for every sink. ALERT is copied. */
void wpb_pump_put(struct wpb_pump *pump, const struct wpb_alert *alert);
/* The store's answer. */
void wpb_pump_persisted(struct wpb_pump *pump, uint64_t token, bool ok);
/* A row of the store that is not dead; false when nobody is called SINK any more, and
 * then it is removed there. */
bool wpb_pump_restore(struct wpb_pump *pump, const char *sink,
                      const struct wpb_alert *alert, unsigned attempts,
                      int64_t next_attempt_ms);
/* ALERT fires since before the start: told only to sinks that have to be told again. */
void wpb_pump_firing(struct wpb_pump *pump, const struct wpb_alert *alert);
/* SINK was not there before the start: it is told what fires. */
void wpb_pump_welcome(struct wpb_pump *pump, const char *sink);

/* How SINK answered; the last call, after all have, is with SINK and DELIVERY NULL. */
typedef void wpb_pump_answer(void *cookie, const char *sink,
                             const struct wpb_delivery *delivery);
/* Send ALERT once through every sink, whatever waits there, and store nothing. Returns
 * how many sinks will answer; 0: ANSWER is not called. One test at a time. */
size_t wpb_pump_test(struct wpb_pump *pump, const struct wpb_alert *alert,
                     wpb_pump_answer *answer, void *cookie);

struct wpb_pump_status {
    const char *sink, *type; /* live until the next wpb_pump_configure() */
    struct wpb_outbox_status outbox;
    int64_t last_delivered_ms; /* 0: never */
    int64_t last_problem_ms;   /* 0: never */
    char last_problem[256];    /* escaped; "" when none was, or it is over */
};

/* That of the sink INDEX, from 0; false when there are no more. */
bool wpb_pump_status(const struct wpb_pump *pump, size_t index,
                     struct wpb_pump_status *status);

#endif
