#include "agent/alert/outbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* First wait at most so long; the next ones double. */
#define FIRST_WAIT_MS 1000
/* Removals that the store has failed are asked for again after this. */
#define REMOVE_AGAIN_MS (30 * 1000)
/* Probes of many agents drift apart by up to this share of their interval. */
#define PROBE_JITTER 10

/* A wait that ends by itself when the clock is set back. */
struct wait {
    int64_t since_ms, for_ms;
};

enum entry_state {
    STORING, /* the store has not answered yet */
    WAITING, /* to be sent */
    REMOVING /* delivered; the store still has it */
};

struct entry {
    struct entry *next; /* in the order in which their fingerprints came */
    struct wpb_held_alert *held;
    enum entry_state state;
    uint64_t token;       /* the answer that is waited for; 0: none */
    bool is_stored;       /* this state, as far as is known */
    struct wait store;    /* STORING: for the store; REMOVING: before it is asked again */
    struct wait attempt;  /* before the next attempt */
    unsigned attempts;    /* that failed */
    int64_t queued_at_ms; /* since when the sink has not heard of the fingerprint */
};

struct wpb_outbox_queue {
    struct wpb_outbox_queue *next;
    struct wpb_outbox *outbox;
    char *name;
    struct entry *first;
    struct entry *sending;              /* NULL: nothing is under way */
    struct wpb_held_alert *sending_now; /* what is; the entry may hold a newer one */
    struct wait hold;                   /* the receiver's wish, or the breaker's */
    struct wpb_outbox_status counts;
};

struct wpb_outbox {
    const struct wpb_outbox_persist *persist;
    void *cookie;
    uint64_t random, token;
    struct wpb_outbox_queue *queues;
};

static int64_t remaining_ms(struct wait wait, int64_t now_ms)
{
    int64_t passed = now_ms - wait.since_ms;

    return passed < 0 || passed >= wait.for_ms ? 0 : wait.for_ms - passed;
}

/* 0 to LIMIT, both included (splitmix64). */
static int64_t jitter(struct wpb_outbox *outbox, int64_t limit)
{
    uint64_t z = outbox->random += 0x9e3779b97f4a7c15ULL;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return (int64_t)((z ^ (z >> 31)) % ((uint64_t)limit + 1));
}

/* ---- the store */

static void store_put(struct wpb_outbox_queue *queue, struct entry *entry)
{
    struct wpb_outbox *outbox = queue->outbox;

    entry->token = ++outbox->token;
    outbox->persist->put(outbox->cookie, queue->name, &entry->held->alert,
                         entry->attempts, entry->attempt.since_ms + entry->attempt.for_ms,
                         entry->token);
}

/* So that a restart does not begin at the first wait, or with what is dead. */
static void store_attempt(struct wpb_outbox_queue *queue, const struct entry *entry,
                          bool is_dead)
{
    struct wpb_outbox *outbox = queue->outbox;
    const struct wpb_alert *alert = &entry->held->alert;

    if (outbox->persist)
        outbox->persist->attempt(
            outbox->cookie, queue->name, alert->fingerprint, alert->seq, entry->attempts,
            entry->attempt.since_ms + entry->attempt.for_ms, is_dead);
}

static void store_remove(struct wpb_outbox_queue *queue, struct entry *entry,
                         bool is_asked)
{
    struct wpb_outbox *outbox = queue->outbox;
    const struct wpb_alert *alert = &entry->held->alert;

    entry->token = is_asked ? ++outbox->token : 0;
    outbox->persist->remove(outbox->cookie, queue->name, alert->fingerprint, alert->seq,
                            entry->token);
}

/* ---- entries */

static bool is_pending(const struct entry *entry)
{
    return entry->state != REMOVING;
}

static void count_in(struct wpb_outbox_queue *queue, const struct entry *entry)
{
    queue->counts.pending++;
    queue->counts.bytes += entry->held->alert.body.len;
}

static void count_out(struct wpb_outbox_queue *queue, const struct entry *entry)
{
    queue->counts.pending--;
    queue->counts.bytes -= entry->held->alert.body.len;
}

static struct entry *find(struct wpb_outbox_queue *queue, const char *fingerprint)
{
    struct entry *entry = queue->first;

    while (entry && strcmp(entry->held->alert.fingerprint, fingerprint) != 0)
        entry = entry->next;
    return entry;
}

static struct entry *append(struct wpb_outbox_queue *queue)
{
    struct entry *entry = calloc(1, sizeof(*entry)), **end = &queue->first;

    if (!entry)
        return NULL;
    while (*end)
        end = &(*end)->next;
    *end = entry;
    return entry;
}

static void free_entry(struct entry *entry)
{
    wpb_held_alert_release(entry->held);
    free(entry);
}

/* ENTRY is of no interest any more, in no list either. */
static void unlink_entry(struct wpb_outbox_queue *queue, struct entry *entry)
{
    struct entry **link = &queue->first;

    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
    if (is_pending(entry))
        count_out(queue, entry);
    free_entry(entry);
}

/* It is with the receiver, or never will be: gone once the store has forgotten it. */
static void retire(struct wpb_outbox_queue *queue, struct entry *entry, int64_t now_ms)
{
    if (!queue->outbox->persist) {
        unlink_entry(queue, entry);
        return;
    }
    count_out(queue, entry);
    entry->state = REMOVING;
    entry->store = (struct wait){now_ms, REMOVE_AGAIN_MS};
    store_remove(queue, entry, true);
}

/* ---- bounds */

/* What goes first when QUEUE is too full, KEPT and what is under way excepted: what is
 * delivered already, then the oldest resolved, then the oldest. */
static struct entry *least_needed(struct wpb_outbox_queue *queue,
                                  const struct entry *kept)
{
    struct entry *least = NULL;
    int least_rank = 0;

    for (struct entry *entry = queue->first; entry; entry = entry->next) {
        const struct wpb_alert *alert = &entry->held->alert;
        int rank = !is_pending(entry) ? 3 : alert->status == WPB_ALERT_RESOLVED ? 2 : 1;
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

    for (const struct entry *entry = queue->first; entry; entry = entry->next)
        count++;
    return count;
}

static void keep_within_bounds(struct wpb_outbox_queue *queue, const struct entry *kept)
{
    size_t count = count_entries(queue);
    struct entry *entry;

    while ((count > WPB_OUTBOX_ALERTS || queue->counts.bytes > WPB_OUTBOX_BYTES) &&
           (entry = least_needed(queue, kept))) {
        if (is_pending(entry)) {
            queue->counts.dropped++;
            if (queue->outbox->persist)
                store_remove(queue, entry, false);
        }
        unlink_entry(queue, entry);
        count--;
    }
}

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
    struct entry *entry, *next;

    for (entry = queue->first; entry; entry = next) {
        next = entry->next;
        free_entry(entry);
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

    for (struct entry *entry = queue->first; outbox->persist && entry;
         entry = entry->next)
        store_remove(queue, entry, false);
    while (*link != queue)
        link = &(*link)->next;
    *link = queue->next;
    free_queue(queue);
    return pending;
}

/* ---- in */

/* ENTRY now holds HELD, which was not tried yet. */
static void renew(struct wpb_outbox_queue *queue, struct entry *entry,
                  struct wpb_held_alert *held, int64_t now_ms)
{
    bool is_news = !entry->held || !is_pending(entry);

    if (!is_news)
        count_out(queue, entry);
    wpb_held_alert_release(entry->held);
    entry->held = wpb_held_alert_hold(held);
    entry->state = WAITING;
    entry->token = 0;
    entry->is_stored = false;
    entry->attempts = 0;
    entry->attempt = (struct wait){now_ms, 0};
    if (is_news)
        entry->queued_at_ms = now_ms;
    count_in(queue, entry);
}

void wpb_outbox_queue_put(struct wpb_outbox_queue *queue, struct wpb_held_alert *held,
                          int64_t now_ms)
{
    struct entry *entry = find(queue, held->alert.fingerprint);

    if (entry && entry->held->alert.seq >= held->alert.seq)
        return;
    if (!entry)
        entry = append(queue);
    if (!entry) {
        queue->counts.dropped++;
        return;
    }
    renew(queue, entry, held, now_ms);
    if (queue->outbox->persist) {
        entry->state = STORING;
        entry->store = (struct wait){now_ms, WPB_OUTBOX_STORE_MS};
        store_put(queue, entry);
    }
    keep_within_bounds(queue, entry);
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
    struct entry *entry;
    int64_t wait_ms = next_attempt_ms - now_ms;

    if (!queue) {
        if (outbox->persist)
            outbox->persist->remove(outbox->cookie, sink, alert->fingerprint, alert->seq,
                                    0);
        return false;
    }
    entry = find(queue, alert->fingerprint);
    if (entry && entry->held->alert.seq >= alert->seq)
        return true;
    if (!entry)
        entry = append(queue);
    if (!entry) {
        queue->counts.dropped++;
        return false;
    }
    renew(queue, entry, held, now_ms);
    entry->is_stored = true;
    entry->attempts = attempts;
    /* What was written by another clock, or is no time at all, does not hold it back. */
    if (next_attempt_ms > now_ms && wait_ms > 0 && wait_ms <= WPB_OUTBOX_WAIT_MAX_MS)
        entry->attempt = (struct wait){now_ms, wait_ms};
    if (alert->updated_at_ms > 0 && alert->updated_at_ms < now_ms)
        entry->queued_at_ms = alert->updated_at_ms;
    keep_within_bounds(queue, entry);
    return true;
}

/* The store works again: one of those that it has not, in each queue, is written now. The
 * answer brings the next. */
static void store_one_more(struct wpb_outbox *outbox)
{
    for (struct wpb_outbox_queue *queue = outbox->queues; queue; queue = queue->next) {
        struct entry *entry = queue->first;
        while (entry && (entry->state != WAITING || entry->is_stored || entry->token))
            entry = entry->next;
        if (entry)
            store_put(queue, entry);
    }
}

/* The entry that waits for the answer to TOKEN, and its queue. */
static struct entry *find_token(struct wpb_outbox *outbox, uint64_t token,
                                struct wpb_outbox_queue **queue)
{
    for (*queue = outbox->queues; *queue; *queue = (*queue)->next) {
        for (struct entry *entry = (*queue)->first; entry; entry = entry->next) {
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
    struct entry *entry;

    if (token == 0 || !outbox->persist)
        return;
    entry = find_token(outbox, token, &queue);
    if (entry) {
        entry->token = 0;
        if (!ok)
            queue->counts.unstored++;
        if (is_pending(entry)) {
            entry->state = WAITING;
            entry->is_stored = ok;
        } else if (ok) {
            unlink_entry(queue, entry);
        } else {
            entry->store = (struct wait){now_ms, REMOVE_AGAIN_MS};
        }
    }
    if (ok)
        store_one_more(outbox);
}

/* ---- out */

/* How long until ENTRY may be sent, were the receiver healthy; -1: not by waiting. */
static int64_t sendable_in_ms(const struct entry *entry, int64_t now_ms)
{
    int64_t store_ms = 0, attempt_ms = remaining_ms(entry->attempt, now_ms);

    if (entry->state == REMOVING)
        return -1;
    if (entry->state == STORING)
        store_ms = remaining_ms(entry->store, now_ms);
    return store_ms > attempt_ms ? store_ms : attempt_ms;
}

static bool is_open(const struct wpb_outbox_queue *queue)
{
    return queue->counts.failures_in_row >= WPB_OUTBOX_BREAKER;
}

/* A healthy receiver is sent what is due, first come, first served. */
static struct entry *first_due(struct wpb_outbox_queue *queue, int64_t now_ms)
{
    struct entry *entry = queue->first;

    while (entry && sendable_in_ms(entry, now_ms) != 0)
        entry = entry->next;
    return entry;
}

/* A receiver that may be down is sent what has failed least: if an alert is what it
 * cannot bear, another one shows that it lives. */
static struct entry *least_tried(struct wpb_outbox_queue *queue, int64_t now_ms)
{
    struct entry *least = NULL;

    for (struct entry *entry = queue->first; entry; entry = entry->next) {
        bool is_ready = entry->state == WAITING ||
                        (entry->state == STORING && !remaining_ms(entry->store, now_ms));
        if (is_ready && (!least || entry->attempts < least->attempts))
            least = entry;
    }
    return least;
}

static void remove_again(struct wpb_outbox_queue *queue, int64_t now_ms)
{
    for (struct entry *entry = queue->first; entry; entry = entry->next) {
        if (entry->state == REMOVING && remaining_ms(entry->store, now_ms) == 0) {
            entry->store = (struct wait){now_ms, REMOVE_AGAIN_MS};
            store_remove(queue, entry, true);
        }
    }
}

struct wpb_held_alert *wpb_outbox_next(struct wpb_outbox_queue *queue, int64_t now_ms)
{
    struct entry *entry;

    remove_again(queue, now_ms);
    if (queue->sending || remaining_ms(queue->hold, now_ms))
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
static struct entry *end_sending(struct wpb_outbox_queue *queue)
{
    struct entry *entry = queue->sending;

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
    for (struct entry *entry = queue->first; entry; entry = entry->next)
        entry->attempt = (struct wait){now_ms, 0};
    queue->counts.failures_in_row = 0;
    queue->hold = (struct wait){now_ms, 0};
}

/* The receiver answers: what waits because it did not, waits no longer. */
static void close_breaker(struct wpb_outbox_queue *queue, int64_t now_ms)
{
    if (is_open(queue))
        wpb_outbox_retry_now(queue, now_ms);
    queue->counts.failures_in_row = 0;
    queue->hold = (struct wait){now_ms, 0};
}

void wpb_outbox_delivered(struct wpb_outbox_queue *queue, int64_t now_ms)
{
    struct entry *entry = end_sending(queue);

    queue->counts.delivered++;
    close_breaker(queue, now_ms);
    if (entry)
        retire(queue, entry, now_ms);
}

void wpb_outbox_rejected(struct wpb_outbox_queue *queue, int64_t now_ms)
{
    struct entry *entry = end_sending(queue);

    queue->counts.rejected++;
    close_breaker(queue, now_ms);
    if (!entry)
        return;
    entry->attempts++;
    /* What the store has in the place of it is older, and no dead letter. */
    if (entry->is_stored)
        store_attempt(queue, entry, true);
    else if (queue->outbox->persist)
        store_remove(queue, entry, false);
    unlink_entry(queue, entry);
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
    struct entry *entry = end_sending(queue);
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
    queue->hold = (struct wait){now_ms, hold_ms};
    if (!entry)
        return;
    entry->attempts++;
    entry->attempt = (struct wait){now_ms, backoff_ms(outbox, entry->attempts)};
    store_attempt(queue, entry, false);
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
    int64_t hold = remaining_ms(queue->hold, now_ms), wait = -1;

    for (const struct entry *entry = queue->first; entry; entry = entry->next) {
        int64_t until;
        if (entry->state == REMOVING) {
            wait = earlier(wait, remaining_ms(entry->store, now_ms));
            continue;
        }
        if (queue->sending)
            continue;
        if (!is_open(queue))
            until = sendable_in_ms(entry, now_ms);
        else
            until = entry->state == STORING ? remaining_ms(entry->store, now_ms) : 0;
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
    for (const struct entry *entry = queue->first; entry; entry = entry->next) {
        int64_t age = now_ms - entry->queued_at_ms;
        if (is_pending(entry) && age > status.oldest_ms)
            status.oldest_ms = age;
        status.storing += entry->state == STORING;
    }
    return status;
}
