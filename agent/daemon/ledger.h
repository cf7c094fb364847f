/*
 * ledger.h - what must not be lost, written to the history in the order it happened.
 *
 * Alert states, and what becomes of the outbox: all that happens in one turn of the loop
 * is one transaction, so that an alert's state and its letters are stored together or not
 * at all. What was said of it comes back by wpb_ledger_answers. Loop's thread.
 */
#ifndef WPB_DAEMON_LEDGER_H
#define WPB_DAEMON_LEDGER_H

#include "agent/alert/outbox.h"
#include "agent/daemon/past.h"

struct wpb_ledger;

struct wpb_ledger_answers {
    /* The outbox's TOKEN is on the disk, or (OK false) could not be put there. */
    void (*persisted)(void *cookie, uint64_t token, bool ok);
    /* Alert states could not be stored. */
    void (*states_lost)(void *cookie);
    void *cookie;
};

/* NULL when memory is out. PAST outlives it. */
struct wpb_ledger *wpb_ledger_new(uv_loop_t *loop, struct wpb_past *past,
                                  const struct wpb_ledger_answers *answers);
/* Write what is there, wait for what is under way, and free: CLOSED is called from a
 * later turn of the loop. */
void wpb_ledger_close(struct wpb_ledger *ledger, void (*closed)(void *cookie),
                      void *cookie);

/* For wpb_outbox_new(), with the ledger as cookie. */
extern const struct wpb_outbox_persist wpb_ledger_persist;

/* Store an entry of the book; an empty STATE forgets it. Texts are copied. */
void wpb_ledger_state(struct wpb_ledger *ledger, const struct wpb_store_alert *state);
/* Store a fact (wpb_store_fact_put()) with what else happens in this turn. Copied. */
void wpb_ledger_fact(struct wpb_ledger *ledger, const char *name, struct wpb_slice value);

#endif
