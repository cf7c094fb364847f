/*
 * rung.h - a probe of the ladder: a short list of statements, asked of each site of a
 * schema in turn; or of an examiner, asked for each of its requests in turn.
 *
 * A rung is data: for each step what it writes, what it makes of the rows, and what it
 * may cost. What all have in common is here: asking, pausing, the deadline, what went
 * wrong said in the coverage while the rest stands. Everything but the statements runs
 * on the loop.
 *
 * A step that fails does not end the rung: its error is kept for the coverage and the
 * next step is asked, unless the connection is lost, the budget is spent or the run was
 * cancelled.
 */
#ifndef WPB_MYSQL_RUNG_H
#define WPB_MYSQL_RUNG_H

#include "probes/mysql/ask.h"
#include "probes/mysql/scope.h"

struct wpb_rung;

enum wpb_rung_next {
    WPB_RUNG_NEXT,      /* on to the next step */
    WPB_RUNG_AGAIN,     /* ask this step once more: the next page */
    WPB_RUNG_SITE_DONE, /* the other steps of this site, or request, have nothing to ask
                         */
};

struct wpb_rung_step {
    const char *what; /* "autoloaded options", for the coverage */
    struct wpb_mysql_bounds bounds;
    uint32_t pages_max;  /* as in struct wpb_mysql_question */
    uint32_t again_ms;   /* how long to wait before it is asked once more */
    bool is_unbudgeted;  /* as there */
    bool may_be_missing; /* no such table is no failure: a plugin's own */
    bool may_be_denied;  /* nor is a missing grant: few accounts have it */
    /* Write the statement; false: nothing to ask, on to the next step. */
    bool (*ask)(struct wpb_rung *rung, struct wpb_sql *sql);
    /* Its rows have come; count what `done` counts with wpb_rung_count(). */
    enum wpb_rung_next (*answer)(struct wpb_rung *rung,
                                 const struct wpb_mysql_rows *rows);
    /* No such table or column, or no grant, when that may be; may be NULL. */
    void (*missing)(struct wpb_rung *rung);
};

struct wpb_rung_kind {
    const struct wpb_rung_step *steps;
    size_t step_count;
    size_t state_size; /* of the rung's own state, zeroed for each site or request */
    bool is_examiner;  /* the steps are for each request */
    /* It reads what the server that the site writes to has counted: a replica does not
     * know. */
    bool is_of_primary;
    /* Of an examiner: is the request one for it? NULL: all are. */
    bool (*wants)(const struct wpb_request *request);
    /* Post what only the end of the steps makes known, and free what the state holds;
     * may be NULL. Called for each site whose state was used, also when the rung ends
     * early. */
    void (*fini)(struct wpb_rung *rung);
};

/* For the probe's start, step, cancel and free. */
void *wpb_rung_start(struct wpb_run *run, const struct wpb_rung_kind *kind,
                     struct wpb_err *err);
void wpb_rung_step(void *rung);
void wpb_rung_cancel(void *rung);
void wpb_rung_free(void *rung);

/* What the steps may ask of it. */
struct wpb_run *wpb_rung_run(const struct wpb_rung *rung);
const struct wpb_site *wpb_rung_site(const struct wpb_rung *rung);
/* The current one, of an examiner. */
const struct wpb_request *wpb_rung_request(const struct wpb_rung *rung);
const struct wpb_mysql_scope *wpb_rung_scope(const struct wpb_rung *rung);
void *wpb_rung_state(const struct wpb_rung *rung);
/* The server's; known once the first answer has come. */
enum wpb_mysql_dialect wpb_rung_dialect(const struct wpb_rung *rung);
const char *wpb_rung_version(const struct wpb_rung *rung);
/* The server's number of the connection of the last answer. */
uint64_t wpb_rung_connection(const struct wpb_rung *rung);

/* The current site's table of that NAME, its prefix put in front: "options". TEXT is
 * initialised, holds the name, and must live as long as the subject. */
struct wpb_subject wpb_rung_table(const struct wpb_rung *rung, const char *name,
                                  struct wpb_buf *text);

/* Done with COUNT more of the probe's unit. */
void wpb_rung_count(struct wpb_rung *rung, uint64_t count);
/* Something could not be looked at, though nothing failed: the coverage becomes partial
 * and says why, once. */
void wpb_rung_note(struct wpb_rung *rung, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* There is nothing to look at, which is no failure: the coverage is skipped and says why,
 * unless something was counted. */
void wpb_rung_skip(struct wpb_rung *rung, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* What to run or to add for what was just noted (wpb_run_advise()). */
void wpb_rung_advise(struct wpb_rung *rung, const char *lines);
/* Add to what could not be looked at: after what was said before. */
void wpb_rung_add_note(struct wpb_rung *rung, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Post of the current site. */
void wpb_rung_post(struct wpb_rung *rung, const struct wpb_subject *subject,
                   enum wpb_metric metric, struct wpb_value value,
                   enum wpb_provenance provenance);
/* Shorthand for an exact count. */
void wpb_rung_post_count(struct wpb_rung *rung, const struct wpb_subject *subject,
                         enum wpb_metric metric, uint64_t count);

/* How many rows the optimizer expects: of ROW of the plan that WPB_ROWS_EXPLAIN in front
 * of a SELECT answers with. Without the format, MySQL 9 draws a tree. */
#define WPB_ROWS_EXPLAIN "EXPLAIN FORMAT=TRADITIONAL "
uint64_t wpb_rows_guess(const struct wpb_mysql_rows *rows, size_t row);

/* CELL of ROW as a number, 0 for NULL and what is none; its bytes. */
uint64_t wpb_rows_count(const struct wpb_mysql_rows *rows, size_t row, size_t cell);
struct wpb_slice wpb_rows_text(const struct wpb_mysql_rows *rows, size_t row,
                               size_t cell);

#endif
