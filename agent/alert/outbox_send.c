/* What goes out of the outbox: what to send next, and what to make of the answer. */
#include <assert.h>

#include "agent/alert/outbox_entry.h"

/* First wait at most so long; the next ones double. */
#define FIRST_WAIT_MS 1000
/* Probes of many agents drift apart by up to this share of their interval. */
#define PROBE_JITTER 10

/* 0 to LIMIT, both included (splitmix64). */
static int64_t jitter(struct wpb_outbox *outbox, int64_t limit)
{
    uint64_t z = outbox->random += 0x9e3779b97f4a7c15ULL;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return (int64_t)((z ^ (z >> 31)) % ((uint64_t)limit + 1));
}

/* How long until ENTRY may be sent, were the receiver healthy; -1: not by waiting. */
static int64_t sendable_in_ms(const struct wpb_outbox_entry *entry, int64_t now_ms)
{
    int64_t store_ms = 0, attempt_ms = wpb_outbox_remaining_ms(entry->attempt, now_ms);

    if (entry->state == WPB_OUTBOX_REMOVING)
        return -1;
    if (entry->state == WPB_OUTBOX_STORING)
        store_ms = wpb_outbox_remaining_ms(entry->store, now_ms);
    return store_ms > attempt_ms ? store_ms : attempt_ms;
}

static bool is_open(const struct wpb_outbox_queue *queue)
{
    return queue->counts.failures_in_row >= WPB_OUTBOX_BREAKER;
}

/* A healthy receiver is sent what is due, first come, first served. */
static struct wpb_outbox_entry *first_due(struct wpb_outbox_queue *queue, int64_t now_ms)
{
    struct wpb_outbox_entry *entry = queue->first;

    while (entry && sendable_in_ms(entry, now_ms) != 0)
        entry = entry->next;
    return entry;
}

/* A receiver that may be down is sent what has failed least: if an alert is what it
 * cannot bear, another one shows that it lives. */
static struct wpb_outbox_entry *least_tried(struct wpb_outbox_queue *queue,
                                            int64_t now_ms)
{
    struct wpb_outbox_entry *least = NULL;

    for (struct wpb_outbox_entry *entry = queue->first; entry; entry = entry->next) {
        bool is_ready = entry->state == WPB_OUTBOX_WAITING ||
                        (entry->state == WPB_OUTBOX_STORING &&
                         !wpb_outbox_remaining_ms(entry->store, now_ms));
        if (is_ready && (!least || entry->attempts < least->attempts))
            least = entry;
    }
    return least;
}

static void remove_again(struct wpb_outbox_queue *queue, int64_t now_ms)
{
    for (struct wpb_outbox_entry *entry = queue->first; entry; entry = entry->next) {
        if (entry->state == WPB_OUTBOX_REMOVING &&
            wpb_outbox_remaining_ms(entry->store, now_ms) == 0) {
            entry->store = (struct wpb_outbox_wait){now_ms, WPB_OUTBOX_REMOVE_AGAIN_MS};
            wpb_outbox_entry_forget(queue, entry, true);
        }
    }
}

static void store_again(struct wpb_outbox_queue *queue, int64_t now_ms)
{
    for (struct wpb_outbox_entry *entry = queue->first; entry; entry = entry->next) {
        if (!wpb_outbox_entry_is_held(entry))
            continue;
        if (wpb_outbox_remaining_ms(entry->store, now_ms) == 0)
            entry->state = WPB_OUTBOX_WAITING;
        else if (wpb_outbox_remaining_ms(entry->again, now_ms) == 0)
            wpb_outbox_entry_store(queue, entry);
    }
}

struct wpb_held_alert *wpb_outbox_next(struct wpb_outbox_queue *queue, int64_t now_ms)
{
    struct wpb_outbox_entry *entry;

    remove_again(queue, now_ms);
    store_again(queue, now_ms);
    if (queue->sending || wpb_outbox_remaining_ms(queue->hold, now_ms))
        return NULL;
    entry = is_open(queue) ? least_tried(queue, now_ms) : first_due(queue, now_ms);
    if (!entry)
        return NULL;
    queue->sending = entry;
    queue->sending_now = wpb_held_alert_hold(entry->held);
    return queue->sending_now;
}

/* What was under way is not any more. Returns its entry, or NULL when that holds a newer
 * state by now. */
static struct wpb_outbox_entry *end_sending(struct wpb_outbox_queue *queue)
{
    struct wpb_outbox_entry *entry = queue->sending;

    assert(entry);
    if (entry->held != queue->sending_now)
        entry = NULL;
    wpb_held_alert_release(queue->sending_now);
    queue->sending = NULL;
    queue->sending_now = NULL;
    return entry;
}

void wpb_outbox_retry_now(struct wpb_outbox_queue *queue, int64_t now_ms)
{
    for (struct wpb_outbox_entry *entry = queue->first; entry; entry = entry->next)
        entry->attempt = (struct wpb_outbox_wait){now_ms, 0};
    queue->counts.failures_in_row = 0;
    queue->hold = (struct wpb_outbox_wait){now_ms, 0};
}

/* The receiver answers: what waits because it did not, waits no longer. */
static void close_breaker(struct wpb_outbox_queue *queue, int64_t now_ms)
{
    if (is_open(queue))
        wpb_outbox_retry_now(queue, now_ms);
    queue->counts.failures_in_row = 0;
    queue->hold = (struct wpb_outbox_wait){now_ms, 0};
}

void wpb_outbox_delivered(struct wpb_outbox_queue *queue, int64_t now_ms)
{
    struct wpb_outbox_entry *entry = end_sending(queue);

    queue->counts.delivered++;
    close_breaker(queue, now_ms);
    if (entry)
        wpb_outbox_entry_retire(queue, entry, now_ms);
}

void wpb_outbox_rejected(struct wpb_outbox_queue *queue, int64_t now_ms)
{
    struct wpb_outbox_entry *entry = end_sending(queue);

    queue->counts.rejected++;
    close_breaker(queue, now_ms);
    if (!entry)
        return;
    entry->attempts++;
    /* What the store has in the place of it is older, and no dead letter. */
    if (!entry->is_stored) {
        wpb_outbox_entry_retire(queue, entry, now_ms);
        return;
    }
    wpb_outbox_entry_tried(queue, entry, true);
    wpb_outbox_entry_unlink(queue, entry);
}

static int64_t backoff_ms(struct wpb_outbox *outbox, unsigned attempts)
{
    int64_t limit = FIRST_WAIT_MS;

    for (unsigned i = 1; i < attempts && limit < WPB_OUTBOX_WAIT_MAX_MS; i++)
        limit *= 2;
    return jitter(outbox,
                  limit < WPB_OUTBOX_WAIT_MAX_MS ? limit : WPB_OUTBOX_WAIT_MAX_MS);
}

void wpb_outbox_failed(struct wpb_outbox_queue *queue, int64_t retry_after_ms,
                       int64_t now_ms)
{
    struct wpb_outbox *outbox = queue->outbox;
    struct wpb_outbox_entry *entry = end_sending(queue);
    int64_t hold_ms = 0;

    queue->counts.failed++;
    queue->counts.failures_in_row++;
    if (is_open(queue))
        hold_ms =
            WPB_OUTBOX_PROBE_MS + jitter(outbox, WPB_OUTBOX_PROBE_MS / PROBE_JITTER);
    if (retry_after_ms > WPB_OUTBOX_RETRY_AFTER_MAX_MS)
        retry_after_ms = WPB_OUTBOX_RETRY_AFTER_MAX_MS;
    if (retry_after_ms > hold_ms)
        hold_ms = retry_after_ms;
    queue->hold = (struct wpb_outbox_wait){now_ms, hold_ms};
    if (!entry)
        return;
    entry->attempts++;
    entry->attempt =
        (struct wpb_outbox_wait){now_ms, backoff_ms(outbox, entry->attempts)};
    wpb_outbox_entry_tried(queue, entry, false);
}

void wpb_outbox_put_back(struct wpb_outbox_queue *queue)
{
    end_sending(queue);
}

/* ---- told */

/* The earlier of two waits, -1 being never. */
static int64_t earlier(int64_t a, int64_t b)
{
    if (a < 0 || b < 0)
        return a < 0 ? b : a;
    return a < b ? a : b;
}

int64_t wpb_outbox_wait_ms(const struct wpb_outbox_queue *queue, int64_t now_ms)
{
    int64_t hold = wpb_outbox_remaining_ms(queue->hold, now_ms), wait = -1;

    for (const struct wpb_outbox_entry *entry = queue->first; entry;
         entry = entry->next) {
        int64_t until;
        if (entry->state == WPB_OUTBOX_REMOVING) {
            wait = earlier(wait, wpb_outbox_remaining_ms(entry->store, now_ms));
            continue;
        }
        if (wpb_outbox_entry_is_held(entry))
            wait = earlier(wait, wpb_outbox_remaining_ms(entry->again, now_ms));
        if (queue->sending)
            continue;
        if (!is_open(queue))
            until = sendable_in_ms(entry, now_ms);
        else
            until = entry->state == WPB_OUTBOX_STORING
                        ? wpb_outbox_remaining_ms(entry->store, now_ms)
                        : 0;
        wait = earlier(wait, until > hold ? until : hold);
    }
    return wait;
}

struct wpb_outbox_status wpb_outbox_status(const struct wpb_outbox_queue *queue,
                                           int64_t now_ms)
{
    struct wpb_outbox_status status = queue->counts;

    status.is_open = is_open(queue);
    status.oldest_ms = 0;
    for (const struct wpb_outbox_entry *entry = queue->first; entry;
         entry = entry->next) {
        int64_t age = now_ms - entry->queued_at_ms;
        if (wpb_outbox_entry_is_pending(entry) && age > status.oldest_ms)
            status.oldest_ms = age;
        status.storing += entry->state == WPB_OUTBOX_STORING;
    }
    return status;
}
