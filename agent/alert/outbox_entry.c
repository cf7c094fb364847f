#include "agent/alert/outbox_entry.h"

#include <stdlib.h>
#include <string.h>

/* ---- the store */

void wpb_outbox_entry_store(struct wpb_outbox_queue *queue,
                            struct wpb_outbox_entry *entry)
{
    struct wpb_outbox *outbox = queue->outbox;

    entry->token = ++outbox->token;
    outbox->persist->put(outbox->cookie, queue->name, &entry->held->alert,
                         entry->attempts, entry->attempt.since_ms + entry->attempt.for_ms,
                         entry->token);
}

void wpb_outbox_entry_tried(struct wpb_outbox_queue *queue,
                            const struct wpb_outbox_entry *entry, bool is_dead)
{
    struct wpb_outbox *outbox = queue->outbox;
    const struct wpb_alert *alert = &entry->held->alert;

    if (outbox->persist)
        outbox->persist->attempt(
            outbox->cookie, queue->name, alert->fingerprint, alert->seq, entry->attempts,
            entry->attempt.since_ms + entry->attempt.for_ms, is_dead);
}

void wpb_outbox_entry_forget(struct wpb_outbox_queue *queue,
                             struct wpb_outbox_entry *entry, bool is_asked)
{
    struct wpb_outbox *outbox = queue->outbox;
    const struct wpb_alert *alert = &entry->held->alert;

    entry->token = is_asked ? ++outbox->token : 0;
    outbox->persist->remove(outbox->cookie, queue->name, alert->fingerprint, alert->seq,
                            entry->token);
}

/* ---- entries */

void wpb_outbox_entry_count_in(struct wpb_outbox_queue *queue,
                               const struct wpb_outbox_entry *entry)
{
    queue->counts.pending++;
    queue->counts.bytes += entry->held->alert.body.len;
}

void wpb_outbox_entry_count_out(struct wpb_outbox_queue *queue,
                                const struct wpb_outbox_entry *entry)
{
    queue->counts.pending--;
    queue->counts.bytes -= entry->held->alert.body.len;
}

struct wpb_outbox_entry *wpb_outbox_entry_find(struct wpb_outbox_queue *queue,
                                               const char *fingerprint)
{
    struct wpb_outbox_entry *entry = queue->first;

    while (entry && strcmp(entry->held->alert.fingerprint, fingerprint) != 0)
        entry = entry->next;
    return entry;
}

struct wpb_outbox_entry *wpb_outbox_entry_append(struct wpb_outbox_queue *queue)
{
    struct wpb_outbox_entry *entry = calloc(1, sizeof(*entry)), **end = &queue->first;

    if (!entry)
        return NULL;
    while (*end)
        end = &(*end)->next;
    *end = entry;
    return entry;
}

void wpb_outbox_entry_free(struct wpb_outbox_entry *entry)
{
    wpb_held_alert_release(entry->held);
    free(entry);
}

void wpb_outbox_entry_unlink(struct wpb_outbox_queue *queue,
                             struct wpb_outbox_entry *entry)
{
    struct wpb_outbox_entry **link = &queue->first;

    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
    if (wpb_outbox_entry_is_pending(entry))
        wpb_outbox_entry_count_out(queue, entry);
    wpb_outbox_entry_free(entry);
}

void wpb_outbox_entry_retire(struct wpb_outbox_queue *queue,
                             struct wpb_outbox_entry *entry, int64_t now_ms)
{
    if (!queue->outbox->persist) {
        wpb_outbox_entry_unlink(queue, entry);
        return;
    }
    wpb_outbox_entry_count_out(queue, entry);
    entry->state = WPB_OUTBOX_REMOVING;
    entry->store = (struct wpb_outbox_wait){now_ms, WPB_OUTBOX_REMOVE_AGAIN_MS};
    wpb_outbox_entry_forget(queue, entry, true);
}

/* ---- bounds */

/* What goes first when QUEUE is too full, KEPT and what is under way excepted: what is
 * delivered already, then the oldest resolved, then the oldest. */
static struct wpb_outbox_entry *least_needed(struct wpb_outbox_queue *queue,
                                             const struct wpb_outbox_entry *kept)
{
    struct wpb_outbox_entry *least = NULL;
    int least_rank = 0;

    for (struct wpb_outbox_entry *entry = queue->first; entry; entry = entry->next) {
        const struct wpb_alert *alert = &entry->held->alert;
        int rank = !wpb_outbox_entry_is_pending(entry)   ? 3
                   : alert->status == WPB_ALERT_RESOLVED ? 2
                                                         : 1;
        if (entry == kept || entry == queue->sending)
            continue;
        if (!least || rank > least_rank ||
            (rank == least_rank &&
             alert->updated_at_ms < least->held->alert.updated_at_ms)) {
            least = entry;
            least_rank = rank;
        }
    }
    return least;
}

static size_t count_entries(const struct wpb_outbox_queue *queue)
{
    size_t count = 0;

    for (const struct wpb_outbox_entry *entry = queue->first; entry; entry = entry->next)
        count++;
    return count;
}

void wpb_outbox_entry_make_room(struct wpb_outbox_queue *queue,
                                const struct wpb_outbox_entry *kept)
{
    size_t count = count_entries(queue);
    struct wpb_outbox_entry *entry;

    while ((count > WPB_OUTBOX_ALERTS || queue->counts.bytes > WPB_OUTBOX_BYTES) &&
           (entry = least_needed(queue, kept))) {
        if (wpb_outbox_entry_is_pending(entry)) {
            queue->counts.dropped++;
            if (queue->outbox->persist)
                wpb_outbox_entry_forget(queue, entry, false);
        }
        wpb_outbox_entry_unlink(queue, entry);
        count--;
    }
}
