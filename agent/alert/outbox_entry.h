/*
 * outbox_entry.h - one alert in one queue: where it stands, and what the store has of it.
 * Inside outbox.c (what comes in), outbox_send.c (what goes out) and outbox_entry.c only.
 */
#ifndef WPB_ALERT_OUTBOX_ENTRY_H
#define WPB_ALERT_OUTBOX_ENTRY_H

#include "agent/alert/outbox.h"

/* Removals that the store has failed are asked for again after this. */
#define WPB_OUTBOX_REMOVE_AGAIN_MS (30 * 1000)

/* What the store has failed to take is given to it again after this. */
#define WPB_OUTBOX_STORE_AGAIN_MS 1000

/* A wait that ends by itself when the clock is set back. */
struct wpb_outbox_wait {
    int64_t since_ms, for_ms;
};

enum wpb_outbox_entry_state {
    WPB_OUTBOX_STORING, /* the store has not answered yet, or has failed */
    WPB_OUTBOX_WAITING, /* to be sent */
    WPB_OUTBOX_REMOVING /* delivered; the store still has it */
};

struct wpb_outbox_entry {
    struct wpb_outbox_entry *next; /* in the order in which their fingerprints came */
    struct wpb_held_alert *held;
    enum wpb_outbox_entry_state state;
    uint64_t token;                 /* the answer that is waited for; 0: none */
    bool is_stored;                 /* this state, as far as is known */
    struct wpb_outbox_wait store;   /* STORING: held back; REMOVING: until asked again */
    struct wpb_outbox_wait again;   /* STORING, no token: before it is stored again */
    struct wpb_outbox_wait attempt; /* before the next attempt */
    unsigned attempts;              /* that failed */
    int64_t queued_at_ms; /* since when the sink has not heard of the fingerprint */
};

struct wpb_outbox_queue {
    struct wpb_outbox_queue *next;
    struct wpb_outbox *outbox;
    char *name;
    struct wpb_outbox_entry *first;
    struct wpb_outbox_entry *sending;   /* NULL: nothing is under way */
    struct wpb_held_alert *sending_now; /* what is; the entry may hold a newer one */
    struct wpb_outbox_wait hold;        /* the receiver's wish, or the breaker's */
    struct wpb_outbox_status counts;
};

struct wpb_outbox {
    const struct wpb_outbox_persist *persist;
    void *cookie;
    uint64_t random, token;
    struct wpb_outbox_queue *queues;
};

static inline int64_t wpb_outbox_remaining_ms(struct wpb_outbox_wait wait, int64_t now_ms)
{
    int64_t passed = now_ms - wait.since_ms;

    return passed < 0 || passed >= wait.for_ms ? 0 : wait.for_ms - passed;
}

/* The store has failed to take it, and will be asked again. */
static inline bool wpb_outbox_entry_is_held(const struct wpb_outbox_entry *entry)
{
    return entry->state == WPB_OUTBOX_STORING && entry->token == 0;
}

static inline bool wpb_outbox_entry_is_pending(const struct wpb_outbox_entry *entry)
{
    return entry->state != WPB_OUTBOX_REMOVING;
}

/* ---- asked of the store; only the second where there may be none */

void wpb_outbox_entry_store(struct wpb_outbox_queue *queue,
                            struct wpb_outbox_entry *entry);
/* So that a restart does not begin at the first wait, or with what is dead. */
void wpb_outbox_entry_tried(struct wpb_outbox_queue *queue,
                            const struct wpb_outbox_entry *entry, bool is_dead);
/* IS_ASKED: the answer is waited for. */
void wpb_outbox_entry_forget(struct wpb_outbox_queue *queue,
                             struct wpb_outbox_entry *entry, bool is_asked);

/* ---- in its queue */

void wpb_outbox_entry_count_in(struct wpb_outbox_queue *queue,
                               const struct wpb_outbox_entry *entry);
void wpb_outbox_entry_count_out(struct wpb_outbox_queue *queue,
                                const struct wpb_outbox_entry *entry);
/* NULL: there is none. */
struct wpb_outbox_entry *wpb_outbox_entry_find(struct wpb_outbox_queue *queue,
                                               const char *fingerprint);
/* An empty one at the end; NULL when memory is out. */
struct wpb_outbox_entry *wpb_outbox_entry_append(struct wpb_outbox_queue *queue);
void wpb_outbox_entry_free(struct wpb_outbox_entry *entry);
/* ENTRY is of no interest any more, in no list either. */
void wpb_outbox_entry_unlink(struct wpb_outbox_queue *queue,
                             struct wpb_outbox_entry *entry);
/* It is with the receiver, or never will be: gone once the store has forgotten it. */
void wpb_outbox_entry_retire(struct wpb_outbox_queue *queue,
                             struct wpb_outbox_entry *entry, int64_t now_ms);
/* Drop what is needed least until QUEUE is within its bounds, but not KEPT. */
void wpb_outbox_entry_make_room(struct wpb_outbox_queue *queue,
                                const struct wpb_outbox_entry *kept);

#endif
