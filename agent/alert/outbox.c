#include "agent/alert/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "agent/alert/outbox_entry.h"

/* ---- life */

struct wpb_outbox *wpb_outbox_new(const struct wpb_outbox_persist *persist, void *cookie,
                                  uint64_t seed)
{
    struct wpb_outbox *outbox = calloc(1, sizeof(*outbox));

    if (!outbox)
        return NULL;
    outbox->persist = persist;
    outbox->cookie = cookie;
    outbox->random = seed;
    return outbox;
}

static void free_queue(struct wpb_outbox_queue *queue)
{
    struct wpb_outbox_entry *entry, *next;

    for (entry = queue->first; entry; entry = next) {
        next = entry->next;
        wpb_outbox_entry_free(entry);
    }
    wpb_held_alert_release(queue->sending_now);
    free(queue->name);
    free(queue);
}

void wpb_outbox_free(struct wpb_outbox *outbox)
{
    struct wpb_outbox_queue *queue, *next;

    if (!outbox)
        return;
    for (queue = outbox->queues; queue; queue = next) {
        next = queue->next;
        free_queue(queue);
    }
    free(outbox);
}

static struct wpb_outbox_queue *find_queue(struct wpb_outbox *outbox, const char *name)
{
    struct wpb_outbox_queue *queue = outbox->queues;

    while (queue && strcmp(queue->name, name) != 0)
        queue = queue->next;
    return queue;
}

struct wpb_outbox_queue *wpb_outbox_queue(struct wpb_outbox *outbox, const char *name)
{
    struct wpb_outbox_queue *queue = find_queue(outbox, name), **end = &outbox->queues;

    if (queue)
        return queue;
    queue = calloc(1, sizeof(*queue));
    if (!queue)
        return NULL;
    queue->name = strdup(name);
    if (!queue->name) {
        free(queue);
        return NULL;
    }
    queue->outbox = outbox;
    while (*end)
        end = &(*end)->next;
    *end = queue;
    return queue;
}

size_t wpb_outbox_forget(struct wpb_outbox_queue *queue)
{
    struct wpb_outbox *outbox = queue->outbox;
    struct wpb_outbox_queue **link = &outbox->queues;
    size_t pending = queue->counts.pending;

    for (struct wpb_outbox_entry *entry = queue->first; outbox->persist && entry;
         entry = entry->next)
        wpb_outbox_entry_forget(queue, entry, false);
    while (*link != queue)
        link = &(*link)->next;
    *link = queue->next;
    free_queue(queue);
    return pending;
}

/* ---- in */

/* ENTRY now holds HELD, which was not tried yet. */
static void renew(struct wpb_outbox_queue *queue, struct wpb_outbox_entry *entry,
                  struct wpb_held_alert *held, int64_t now_ms)
{
    bool is_news = !entry->held || !wpb_outbox_entry_is_pending(entry);

    if (!is_news)
        wpb_outbox_entry_count_out(queue, entry);
    wpb_held_alert_release(entry->held);
    entry->held = wpb_held_alert_hold(held);
    entry->state = WPB_OUTBOX_WAITING;
    entry->token = 0;
    entry->is_stored = false;
    entry->attempts = 0;
    entry->attempt = (struct wpb_outbox_wait){now_ms, 0};
    if (is_news)
        entry->queued_at_ms = now_ms;
    wpb_outbox_entry_count_in(queue, entry);
}

void wpb_outbox_queue_put(struct wpb_outbox_queue *queue, struct wpb_held_alert *held,
                          int64_t now_ms)
{
    struct wpb_outbox_entry *entry =
        wpb_outbox_entry_find(queue, held->alert.fingerprint);
    struct wpb_outbox_wait hold = {now_ms, WPB_OUTBOX_STORE_MS};

    if (entry && entry->held->alert.seq >= held->alert.seq)
        return;
    if (!entry)
        entry = wpb_outbox_entry_append(queue);
    if (!entry) {
        queue->counts.dropped++;
        return;
    }
    /* States that follow each other fast do not hold each other back for ever. */
    if (entry->held && entry->state == WPB_OUTBOX_STORING &&
        wpb_outbox_remaining_ms(entry->store, now_ms))
        hold = entry->store;
    renew(queue, entry, held, now_ms);
    if (queue->outbox->persist) {
        entry->state = WPB_OUTBOX_STORING;
        entry->store = hold;
        wpb_outbox_entry_store(queue, entry);
    }
    wpb_outbox_entry_make_room(queue, entry);
}

void wpb_outbox_put(struct wpb_outbox *outbox, struct wpb_held_alert *held,
                    int64_t now_ms)
{
    for (struct wpb_outbox_queue *queue = outbox->queues; queue; queue = queue->next)
        wpb_outbox_queue_put(queue, held, now_ms);
}

bool wpb_outbox_restore(struct wpb_outbox *outbox, const char *sink,
                        struct wpb_held_alert *held, unsigned attempts,
                        int64_t next_attempt_ms, int64_t now_ms)
{
    struct wpb_outbox_queue *queue = find_queue(outbox, sink);
    const struct wpb_alert *alert = &held->alert;
    struct wpb_outbox_entry *entry;
    int64_t wait_ms = next_attempt_ms - now_ms;

    if (!queue) {
        if (outbox->persist)
            outbox->persist->remove(outbox->cookie, sink, alert->fingerprint, alert->seq,
                                    0);
        return false;
    }
    entry = wpb_outbox_entry_find(queue, alert->fingerprint);
    if (entry && entry->held->alert.seq >= alert->seq)
        return true;
    if (!entry)
        entry = wpb_outbox_entry_append(queue);
    if (!entry) {
        queue->counts.dropped++;
        return false;
    }
    renew(queue, entry, held, now_ms);
    entry->is_stored = true;
    entry->attempts = attempts;
    /* What was written by another clock, or is no time at all, does not hold it back. */
    if (next_attempt_ms > now_ms && wait_ms > 0 && wait_ms <= WPB_OUTBOX_WAIT_MAX_MS)
        entry->attempt = (struct wpb_outbox_wait){now_ms, wait_ms};
    if (alert->updated_at_ms > 0 && alert->updated_at_ms < now_ms)
        entry->queued_at_ms = alert->updated_at_ms;
    wpb_outbox_entry_make_room(queue, entry);
    return true;
}

/* The store works again: one of those that it has not, in each queue, is written now. The
 * answer brings the next. */
static void store_one_more(struct wpb_outbox *outbox)
{
    for (struct wpb_outbox_queue *queue = outbox->queues; queue; queue = queue->next) {
        struct wpb_outbox_entry *entry = queue->first;
        while (entry &&
               (!wpb_outbox_entry_is_pending(entry) || entry->is_stored || entry->token))
            entry = entry->next;
        if (entry)
            wpb_outbox_entry_store(queue, entry);
    }
}

/* The entry that waits for the answer to TOKEN, and its queue. */
static struct wpb_outbox_entry *find_token(struct wpb_outbox *outbox, uint64_t token,
                                           struct wpb_outbox_queue **queue)
{
    for (*queue = outbox->queues; *queue; *queue = (*queue)->next) {
        for (struct wpb_outbox_entry *entry = (*queue)->first; entry;
             entry = entry->next) {
            if (entry->token == token)
                return entry;
        }
    }
    return NULL;
}

void wpb_outbox_persisted(struct wpb_outbox *outbox, uint64_t token, bool ok,
                          int64_t now_ms)
{
    struct wpb_outbox_queue *queue;
    struct wpb_outbox_entry *entry;

    if (token == 0 || !outbox->persist)
        return;
    entry = find_token(outbox, token, &queue);
    if (entry) {
        entry->token = 0;
        if (!ok)
            queue->counts.unstored++;
        if (wpb_outbox_entry_is_pending(entry)) {
            entry->is_stored = ok;
            if (ok)
                entry->state = WPB_OUTBOX_WAITING;
            else
                entry->again =
                    (struct wpb_outbox_wait){now_ms, WPB_OUTBOX_STORE_AGAIN_MS};
        } else if (ok) {
            wpb_outbox_entry_unlink(queue, entry);
        } else {
            entry->store = (struct wpb_outbox_wait){now_ms, WPB_OUTBOX_REMOVE_AGAIN_MS};
        }
    }
    if (ok)
        store_one_more(outbox);
}
