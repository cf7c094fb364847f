#include "agent/daemon/ledger.h"

#include <stdlib.h>

#include "wpbloat/arena.h"

enum kind { STATE, FORGET, PUT, ATTEMPT, REMOVE, FACT };

struct entry {
    struct entry *next;
    enum kind kind;
    struct wpb_store_alert state;
    struct wpb_store_letter letter; /* of an attempt or a removal: its key */
    struct {
        const char *name;
        struct wpb_slice value;
    } fact;
    uint64_t token;  /* 0: nobody waits */
    bool is_refused; /* there is no room for it in the store */
};

/* All that happened in one turn of the loop. */
struct page {
    struct wpb_past_job job;
    struct wpb_ledger *ledger;
    struct wpb_arena *arena;
    struct entry *first, **end;
    bool has_states, is_stored;
};

struct wpb_ledger {
    struct wpb_past *past;
    struct wpb_ledger_answers answers;
    uv_timer_t turn;   /* rings when the turn of the loop is over */
    struct page *page; /* being written; NULL: nothing happened yet */
    size_t pending;
    bool is_closing;
    void (*closed)(void *cookie);
    void *closed_cookie;
};

struct wpb_ledger *wpb_ledger_new(uv_loop_t *loop, struct wpb_past *past,
                                  const struct wpb_ledger_answers *answers)
{
    struct wpb_ledger *ledger = calloc(1, sizeof(*ledger));

    if (!ledger)
        return NULL;
    ledger->past = past;
    ledger->answers = *answers;
    uv_timer_init(loop, &ledger->turn);
    ledger->turn.data = ledger;
    return ledger;
}

/* ---- on the history's thread */

static int write_entry(struct wpb_store *store, const struct entry *entry,
                       struct wpb_err *err)
{
    const struct wpb_store_letter *letter = &entry->letter;
    const struct wpb_alert *alert = &letter->alert;

    switch (entry->kind) {
    case STATE:
        return wpb_store_alert_put(store, &entry->state, err);
    case FORGET:
        return wpb_store_alert_delete(store, entry->state.fingerprint, err);
    case PUT:
        return wpb_store_outbox_put(store, letter, err);
    case ATTEMPT:
        return wpb_store_outbox_attempt(store, letter->sink, alert->fingerprint,
                                        alert->seq, letter->attempts,
                                        letter->next_attempt_ms, letter->is_dead, err);
    case FACT:
        return wpb_store_fact_put(store, entry->fact.name, entry->fact.value, err);
    case REMOVE:
        break;
    }
    return wpb_store_outbox_remove(store, letter->sink, alert->fingerprint, alert->seq,
                                   err);
}

static int write_page(struct wpb_store *store, void *cookie, struct wpb_err *err)
{
    const struct page *page = cookie;

    for (struct entry *entry = page->first; entry; entry = entry->next) {
        entry->is_refused = write_entry(store, entry, err) != 0;
        if (entry->is_refused && err->code != WPB_E_BUDGET)
            return -1;
    }
    return 0;
}

static void work(struct wpb_past_job *job, struct wpb_store *store)
{
    struct page *page = (struct page *)job;
    struct wpb_err err = {0};

    page->is_stored = wpb_store_transact(store, write_page, page, &err) == 0;
    wpb_past_mend(job->past, store);
    /* What is in memory alone is not stored: it is said so, and stored again later. */
    page->is_stored = page->is_stored && !wpb_store_degraded(store);
}

/* ---- on the loop's */

static void on_turn_closed(uv_handle_t *handle)
{
    struct wpb_ledger *ledger = handle->data;

    ledger->closed(ledger->closed_cookie);
    free(ledger);
}

static void close_if_idle(struct wpb_ledger *ledger)
{
    if (ledger->is_closing && !ledger->page && ledger->pending == 0)
        uv_close((uv_handle_t *)&ledger->turn, on_turn_closed);
}

static void done(struct wpb_past_job *job)
{
    struct page *page = (struct page *)job;
    struct wpb_ledger *ledger = page->ledger;

    ledger->pending--;
    if (!page->is_stored && page->has_states)
        ledger->answers.states_lost(ledger->answers.cookie);
    for (const struct entry *entry = page->first; entry; entry = entry->next) {
        if (entry->token)
            ledger->answers.persisted(ledger->answers.cookie, entry->token,
                                      page->is_stored && !entry->is_refused);
    }
    wpb_arena_free(page->arena);
    free(page);
    close_if_idle(ledger);
}

static void turn_page(struct wpb_ledger *ledger)
{
    struct page *page = ledger->page;

    uv_timer_stop(&ledger->turn);
    if (!page)
        return;
    ledger->page = NULL;
    ledger->pending++;
    wpb_past_submit(ledger->past, &page->job);
}

static void on_turn(uv_timer_t *timer)
{
    turn_page(timer->data);
}

/* A new entry on the page of this turn; NULL when memory is out. */
static struct entry *add(struct wpb_ledger *ledger, enum kind kind)
{
    struct page *page = ledger->page;
    struct entry *entry;

    if (!page) {
        page = calloc(1, sizeof(*page));
        if (!page || !(page->arena = wpb_arena_new())) {
            free(page);
            return NULL;
        }
        page->job.work = work;
        page->job.done = done;
        page->ledger = ledger;
        page->end = &page->first;
        ledger->page = page;
        uv_timer_start(&ledger->turn, on_turn, 0, 0);
    }
    entry = wpb_arena_alloc(page->arena, sizeof(*entry));
    entry->kind = kind;
    *page->end = entry;
    page->end = &entry->next;
    return entry;
}

static const char *keep(struct wpb_ledger *ledger, const char *text)
{
    return wpb_arena_cstr(ledger->page->arena, wpb_slice_cstr(text));
}

void wpb_ledger_state(struct wpb_ledger *ledger, const struct wpb_store_alert *state)
{
    struct entry *entry = add(ledger, state->state.len ? STATE : FORGET);

    if (!entry) {
        ledger->answers.states_lost(ledger->answers.cookie);
        return;
    }
    ledger->page->has_states = true;
    entry->state = *state;
    entry->state.fingerprint = keep(ledger, state->fingerprint);
    entry->state.code = keep(ledger, state->code);
    entry->state.status = keep(ledger, state->status);
    entry->state.site = wpb_arena_copy(ledger->page->arena, state->site);
    entry->state.state = wpb_arena_copy(ledger->page->arena, state->state);
}

void wpb_ledger_fact(struct wpb_ledger *ledger, const char *name, struct wpb_slice value)
{
    struct entry *entry = add(ledger, FACT);

    if (!entry)
        return;
    entry->fact.name = keep(ledger, name);
    entry->fact.value = wpb_arena_copy(ledger->page->arena, value);
}

static void persist_put(void *cookie, const char *sink, const struct wpb_alert *alert,
                        unsigned attempts, int64_t next_attempt_ms, uint64_t token)
{
    struct wpb_ledger *ledger = cookie;
    struct entry *entry = add(ledger, PUT);

    if (!entry) /* an outbox waits no longer than WPB_OUTBOX_STORE_MS for an answer */
        return;
    entry->token = token;
    entry->letter = (struct wpb_store_letter){.sink = keep(ledger, sink),
                                              .alert = *alert,
                                              .attempts = attempts,
                                              .next_attempt_ms = next_attempt_ms};
    entry->letter.alert.body = wpb_arena_copy(ledger->page->arena, alert->body);
}

static struct entry *add_keyed(struct wpb_ledger *ledger, enum kind kind,
                               const char *sink, const char *fingerprint, uint64_t seq)
{
    struct entry *entry = add(ledger, kind);
    size_t len = strlen(fingerprint);

    if (!entry)
        return NULL;
    entry->letter.sink = keep(ledger, sink);
    entry->letter.alert.seq = seq;
    if (len < sizeof(entry->letter.alert.fingerprint))
        memcpy(entry->letter.alert.fingerprint, fingerprint, len + 1);
    return entry;
}

static void persist_attempt(void *cookie, const char *sink, const char *fingerprint,
                            uint64_t seq, unsigned attempts, int64_t next_attempt_ms,
                            bool is_dead)
{
    struct entry *entry = add_keyed(cookie, ATTEMPT, sink, fingerprint, seq);

    if (!entry)
        return;
    entry->letter.attempts = attempts;
    entry->letter.next_attempt_ms = next_attempt_ms;
    entry->letter.is_dead = is_dead;
}

static void persist_remove(void *cookie, const char *sink, const char *fingerprint,
                           uint64_t seq, uint64_t token)
{
    struct entry *entry = add_keyed(cookie, REMOVE, sink, fingerprint, seq);

    if (entry)
        entry->token = token;
}

const struct wpb_outbox_persist wpb_ledger_persist = {
    .put = persist_put, .attempt = persist_attempt, .remove = persist_remove};

void wpb_ledger_close(struct wpb_ledger *ledger, void (*closed)(void *cookie),
                      void *cookie)
{
    ledger->is_closing = true;
    ledger->closed = closed;
    ledger->closed_cookie = cookie;
    turn_page(ledger);
    close_if_idle(ledger);
}
