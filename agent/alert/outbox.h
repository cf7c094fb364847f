/*
 * outbox.h - what each sink has still to be told, and when to try.
 *
 * Alerts are state: a queue holds the newest state of each fingerprint, and no other.
 * Of a fingerprint an older state never leaves after a newer one; a queue has one alert
 * under way at a time. Queues are bounded (WPB_OUTBOX_ALERTS, WPB_OUTBOX_BYTES): what
 * overflows is dropped and counted, resolved alerts first, then the oldest.
 *
 * Memory only. The owner stores it, on another thread: `put` is called before an alert
 * may be sent, `remove` before it is forgotten, and wpb_outbox_persisted() tells later
 * how that went. An alert whose removal failed is asked for again, and not sent again. So
 * a crash brings back what was not delivered, and at worst what was.
 *
 * What could not be stored is held back and stored again each second: an older state may
 * still lie there, and a crash after the newer one is delivered would send it last. After
 * WPB_OUTBOX_STORE_MS it is sent anyway, and stored when the store works again: an alert
 * that comes matters more than its order after a crash, which is lost then until the
 * store works.
 *
 * When an attempt fails, the alert is tried again within a second, then after waits that
 * double on average, up to WPB_OUTBOX_WAIT_MAX_MS (full jitter). A receiver that asks to
 * be left alone is, for at most WPB_OUTBOX_RETRY_AFTER_MAX_MS. After WPB_OUTBOX_BREAKER
 * failures in a row the receiver is tried with one alert every WPB_OUTBOX_PROBE_MS; it
 * counts as healthy again as soon as it takes one.
 *
 * Pure: no clock, no I/O; NOW_MS is Unix time, and a clock that is set back makes
 * everything due. One thread.
 */
#ifndef WPB_ALERT_OUTBOX_H
#define WPB_ALERT_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/alert/held_alert.h"

#define WPB_OUTBOX_ALERTS 1000
#define WPB_OUTBOX_BYTES ((size_t)4 << 20) /* of bodies */
#define WPB_OUTBOX_WAIT_MAX_MS (15 * 60 * 1000)
#define WPB_OUTBOX_RETRY_AFTER_MAX_MS (60 * 60 * 1000)
#define WPB_OUTBOX_BREAKER 5
#define WPB_OUTBOX_PROBE_MS (5 * 60 * 1000)
/* A fingerprint is not held back longer than this by a store that fails or does not
 * answer, however many states of it come meanwhile. */
#define WPB_OUTBOX_STORE_MS (10 * 1000)

struct wpb_outbox;       /* all queues */
struct wpb_outbox_queue; /* of one sink; lives as long as the outbox, or until removed */

struct wpb_outbox_persist {
    /* Store the newest state of its fingerprint for SINK, in the place of any other.
     * TOKEN is for wpb_outbox_persisted(); 0: no answer is needed. ALERT lives until the
     * call returns. */
    void (*put)(void *cookie, const char *sink, const struct wpb_alert *alert,
                unsigned attempts, int64_t next_attempt_ms, uint64_t token);
    /* An attempt at SEQ has failed, the ATTEMPTS-th; nothing where the stored state is
     * another. With IS_DEAD the receiver will never take it: not to be restored. */
    void (*attempt)(void *cookie, const char *sink, const char *fingerprint, uint64_t seq,
                    unsigned attempts, int64_t next_attempt_ms, bool is_dead);
    /* Forget it, where the stored state is SEQ or an older one (SEQ itself may have
     * failed to be stored). */
    void (*remove)(void *cookie, const char *sink, const char *fingerprint, uint64_t seq,
                   uint64_t token);
};

/* PERSIST may be NULL: nothing is stored. The order of its calls is one that the store
 * must keep. SEED is of the jitter. NULL when memory is out. */
struct wpb_outbox *wpb_outbox_new(const struct wpb_outbox_persist *persist, void *cookie,
                                  uint64_t seed);
void wpb_outbox_free(struct wpb_outbox *outbox);

/* The queue of the sink NAME, new when there is none; NULL when memory is out. */
struct wpb_outbox_queue *wpb_outbox_queue(struct wpb_outbox *outbox, const char *name);
/* Forget the queue and what is in it, in the store too: its sink is configured no more.
 * Returns how many alerts that were. */
size_t wpb_outbox_forget(struct wpb_outbox_queue *queue);

/* A new state of its fingerprint, for every queue: to be put in the order of `seq`. One
 * that is not newer than what a queue holds is ignored there. */
void wpb_outbox_put(struct wpb_outbox *outbox, struct wpb_held_alert *held,
                    int64_t now_ms);
/* The same for one queue. */
void wpb_outbox_queue_put(struct wpb_outbox_queue *queue, struct wpb_held_alert *held,
                          int64_t now_ms);
/* One row of the store, after a restart: it is there already, and not stored again.
 * False when there is no queue for SINK, or no memory: the row is removed from the store
 * in the first case. */
bool wpb_outbox_restore(struct wpb_outbox *outbox, const char *sink,
                        struct wpb_held_alert *held, unsigned attempts,
                        int64_t next_attempt_ms, int64_t now_ms);
/* The store's answer to TOKEN, which may be one that nobody waits for any more. */
void wpb_outbox_persisted(struct wpb_outbox *outbox, uint64_t token, bool ok,
                          int64_t now_ms);

/* What to send now; NULL: nothing. It is under way until one of the four below is called;
 * whoever needs it longer holds it. */
struct wpb_held_alert *wpb_outbox_next(struct wpb_outbox_queue *queue, int64_t now_ms);
void wpb_outbox_delivered(struct wpb_outbox_queue *queue, int64_t now_ms);
/* RETRY_AFTER_MS: how long the receiver asks to be left alone; -1: it does not. */
void wpb_outbox_failed(struct wpb_outbox_queue *queue, int64_t retry_after_ms,
                       int64_t now_ms);
/* The receiver will never take it: forgotten, and counted. */
void wpb_outbox_rejected(struct wpb_outbox_queue *queue, int64_t now_ms);
/* It was not tried after all. */
void wpb_outbox_put_back(struct wpb_outbox_queue *queue);

/* The sink is another one now: nothing waits for what the former has done. */
void wpb_outbox_retry_now(struct wpb_outbox_queue *queue, int64_t now_ms);

/* How long until there may be something to do with QUEUE, if nothing happens before: 0:
 * now; -1: nothing waits, or what is under way must end first. */
int64_t wpb_outbox_wait_ms(const struct wpb_outbox_queue *queue, int64_t now_ms);

struct wpb_outbox_status {
    uint64_t delivered, failed, rejected; /* attempts, since the start */
    uint64_t dropped;                     /* by overflow or lack of memory */
    uint64_t unstored;                    /* times the store failed */
    size_t pending, bytes;                /* not delivered yet */
    size_t storing;                       /* of these, so many are held for the store */
    int64_t oldest_ms;                    /* how long the longest waits; 0: none does */
    unsigned failures_in_row;
    bool is_open; /* the receiver is only probed */
};

struct wpb_outbox_status wpb_outbox_status(const struct wpb_outbox_queue *queue,
                                           int64_t now_ms);

#endif
