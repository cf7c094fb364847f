/*
 * ask.h - a run's statements: asked on the loop, done on the thread for calls that
 * block, answered on the loop.
 *
 * All runs share that thread and on it one connection an address, so that a server is
 * asked one thing at a time. Before a heavy statement the thread looks whether the
 * server is at ease; when it is not, the statement is refused with WPB_E_BUDGET and the
 * reason, and is not sent.
 */
#ifndef WPB_MYSQL_ASK_H
#define WPB_MYSQL_ASK_H

#include "probes/mysql/link.h"
#include "probes/mysql/sql.h"
#include "wpbloat/probe.h"

struct wpb_mysql_question {
    const struct wpb_sql *sql; /* copied */
    struct wpb_mysql_bounds bounds;
    /* Pages it may read from disk at most, as far as known; 0: a few. Above 0 it is
     * heavy: refused when the server is busy or the page budget is spent, and followed
     * by a pause. */
    uint32_t pages_max;
    bool is_unbudgeted; /* asked for by name: only a busy server refuses it */
};

struct wpb_mysql_answer {
    bool is_good; /* rows are there, maybe none; else err says why not */
    struct wpb_err err;
    unsigned error;             /* the server's number of it, or 0 */
    struct wpb_mysql_rows rows; /* valid during the call */
    uint64_t connection;
    enum wpb_mysql_dialect dialect;
    const char *version; /* valid during the call */
    uint32_t pause_ms;   /* leave the server alone for so long */
};

struct wpb_mysql_ask;

/* For RUN, of ADDRESS, which must outlive it. NULL when memory is out. */
struct wpb_mysql_ask *wpb_mysql_ask_new(struct wpb_run *run,
                                        const struct wpb_mysql_address *address);
/* Nothing may be asked and not answered. */
void wpb_mysql_ask_free(struct wpb_mysql_ask *ask);

/* Ask QUESTION; ON_ANSWER is called once, from a later turn of the loop, and may ask
 * the next. One at a time. */
void wpb_mysql_ask(struct wpb_mysql_ask *ask, const struct wpb_mysql_question *question,
                   void (*on_answer)(void *cookie, const struct wpb_mysql_answer *answer),
                   void *cookie);

/* Stop what is being asked, on the server too: the answer comes soon, WPB_E_CANCELLED.
 * Without a question this does nothing. */
void wpb_mysql_ask_cancel(struct wpb_mysql_ask *ask);

#endif
