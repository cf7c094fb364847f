#include "probes/mysql/rung.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STAGE "mysql"
#define REASON_MAX 1000

struct wpb_rung {
    struct wpb_run *run;
    const struct wpb_rung_kind *kind;
    const struct wpb_site *const *sites;
    const struct wpb_request *requests; /* the items of an examiner, else the sites are */
    size_t item_count, item, step;      /* the current ones */
    struct wpb_mysql_scope scope;
    struct wpb_mysql_ask *ask;
    struct wpb_sql sql;
    void *state;
    bool has_state; /* of the current site */

    enum wpb_mysql_dialect dialect;
    char version[80];
    uint64_t connection;
    uint64_t done;
    size_t answered, failed; /* statements */
    bool is_asking, is_cancelled, is_stopped, is_refused, is_skipped;
    char reason[REASON_MAX]; /* the first thing that could not be looked at */
};

/* A replica that the operator named is read instead. */
static const struct wpb_mysql_address *address_of(const struct wpb_site *site,
                                                  const struct wpb_rung_kind *kind)
{
    return site->has_mysql_replica && !kind->is_of_primary ? &site->mysql_replica
                                                           : &site->mysql;
}

static const struct wpb_site *site_of(const struct wpb_rung *rung)
{
    return rung->requests ? rung->requests[rung->item].site : rung->sites[rung->item];
}

static const struct wpb_rung_step *step_of(const struct wpb_rung *rung)
{
    return &rung->kind->steps[rung->step];
}

static void drop_state(struct wpb_rung *rung)
{
    if (rung->has_state && rung->kind->fini)
        rung->kind->fini(rung);
    rung->has_state = false;
}

static void end(struct wpb_rung *rung)
{
    enum wpb_coverage_status status = WPB_COVERAGE_OK;

    drop_state(rung);
    if (rung->answered == 0 && rung->failed > 0)
        status = rung->is_refused ? WPB_COVERAGE_SKIPPED : WPB_COVERAGE_UNAVAILABLE;
    else if (rung->is_skipped && rung->done == 0)
        status = WPB_COVERAGE_SKIPPED;
    else if (rung->reason[0])
        status = WPB_COVERAGE_PARTIAL;
    wpb_run_end(rung->run, status, "%s", rung->reason);
}

static void on_answer(void *cookie, const struct wpb_mysql_answer *answer);

static void next_step(struct wpb_rung *rung)
{
    if (++rung->step == rung->kind->step_count) {
        drop_state(rung);
        rung->item++;
        rung->step = 0;
    }
}

/* Ask the next step that has something to ask, or end. */
static void go_on(struct wpb_rung *rung)
{
    struct wpb_mysql_question question = {.sql = &rung->sql};

    for (; !rung->is_stopped && rung->item < rung->item_count; next_step(rung)) {
        const struct wpb_rung_step *step = step_of(rung);
        if (rung->kind->wants && !rung->kind->wants(wpb_rung_request(rung)))
            continue;
        if (!rung->has_state && rung->kind->state_size)
            memset(rung->state, 0, rung->kind->state_size);
        rung->has_state = true;
        wpb_sql_begin(&rung->sql, site_of(rung));
        if (!step->ask(rung, &rung->sql))
            continue;
        question.bounds = step->bounds;
        question.pages_max = step->pages_max;
        question.is_unbudgeted = step->is_unbudgeted;
        rung->is_asking = true;
        wpb_mysql_ask(rung->ask, &question, on_answer, rung);
        return;
    }
    end(rung);
}

static void note(struct wpb_rung *rung, const char *format, va_list args)
{
    if (rung->reason[0] == '\0')
        vsnprintf(rung->reason, sizeof(rung->reason), format, args);
}

void wpb_rung_note(struct wpb_rung *rung, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    note(rung, format, args);
    va_end(args);
}

void wpb_rung_skip(struct wpb_rung *rung, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    note(rung, format, args);
    va_end(args);
    rung->is_skipped = true;
}

void wpb_rung_advise(struct wpb_rung *rung, const char *lines)
{
    wpb_run_advise(rung->run, lines);
}

void wpb_rung_add_note(struct wpb_rung *rung, const char *format, ...)
{
    size_t said = strlen(rung->reason);
    va_list args;

    if (said && said + 2 < sizeof(rung->reason)) {
        memcpy(rung->reason + said, "; ", 3);
        said += 2;
    }
    va_start(args, format);
    vsnprintf(rung->reason + said, sizeof(rung->reason) - said, format, args);
    va_end(args);
}

static bool is_missing(const struct wpb_mysql_answer *answer)
{
    return answer->error == WPB_MYSQL_NO_SUCH_TABLE ||
           answer->error == WPB_MYSQL_NO_SUCH_COLUMN;
}

static void take_failure(struct wpb_rung *rung, const struct wpb_mysql_answer *answer)
{
    const struct wpb_rung_step *step = step_of(rung);
    enum wpb_err_code code = answer->err.code;

    if ((step->may_be_missing && is_missing(answer)) ||
        (step->may_be_denied && code == WPB_E_DENIED)) {
        rung->answered++;
        if (step->missing)
            step->missing(rung);
        return;
    }
    rung->failed++;
    if (rung->is_cancelled)
        wpb_rung_note(rung, "%s: stopped before its end", step->what);
    else
        wpb_rung_note(rung, "%s: %s", step->what, answer->err.message);
    rung->is_refused |= code == WPB_E_BUDGET;
    rung->is_stopped |= code == WPB_E_CONNECT || code == WPB_E_CLOSED ||
                        code == WPB_E_AUTH || code == WPB_E_BUDGET ||
                        code == WPB_E_CANCELLED || code == WPB_E_MEMORY;
}

static void on_answer(void *cookie, const struct wpb_mysql_answer *answer)
{
    struct wpb_rung *rung = cookie;
    enum wpb_rung_next next = WPB_RUNG_NEXT;
    uint32_t pause_ms = answer->pause_ms;

    rung->is_asking = false;
    rung->dialect = answer->dialect;
    rung->connection = answer->connection;
    snprintf(rung->version, sizeof(rung->version), "%s", answer->version);
    if (answer->is_good) {
        rung->answered++;
        next = step_of(rung)->answer(rung, &answer->rows);
    } else {
        take_failure(rung, answer);
    }
    if (next == WPB_RUNG_AGAIN && pause_ms < step_of(rung)->again_ms)
        pause_ms = step_of(rung)->again_ms;
    if (next == WPB_RUNG_SITE_DONE)
        rung->step = rung->kind->step_count - 1;
    if (next != WPB_RUNG_AGAIN)
        next_step(rung);
    if (rung->is_cancelled) {
        wpb_rung_note(rung, "stopped before its end");
        rung->is_stopped = true;
    }
    wpb_run_step_in(rung->run, rung->is_stopped ? 0 : pause_ms);
}

void *wpb_rung_start(struct wpb_run *run, const struct wpb_rung_kind *kind,
                     struct wpb_err *err)
{
    struct wpb_rung *rung = calloc(1, sizeof(*rung));

    if (!rung)
        goto no_memory;
    rung->run = run;
    rung->kind = kind;
    rung->sites = wpb_run_sites(run, &rung->item_count);
    if (kind->is_examiner)
        rung->requests = wpb_run_requests(run, &rung->item_count);
    rung->state = calloc(1, kind->state_size ? kind->state_size : 1);
    rung->ask = wpb_mysql_ask_new(run, address_of(rung->sites[0], kind));
    wpb_mysql_scope_init(&rung->scope, &rung->sites[0]->mysql);
    wpb_sql_init(&rung->sql, rung->sites[0]);
    if (!rung->state || !rung->ask) {
        wpb_rung_free(rung);
        goto no_memory;
    }
    wpb_run_step_in(run, 0);
    return rung;

no_memory:
    wpb_err_set(err, WPB_E_MEMORY, STAGE, "out of memory");
    return NULL;
}

void wpb_rung_step(void *state)
{
    go_on(state);
}

/* The answer ends it, or in a pause the next step. */
void wpb_rung_cancel(void *state)
{
    struct wpb_rung *rung = state;

    rung->is_cancelled = true;
    wpb_mysql_ask_cancel(rung->ask);
    if (rung->is_asking)
        return;
    wpb_rung_note(rung, "stopped before its end");
    rung->is_stopped = true;
    wpb_run_step_in(rung->run, 0);
}

void wpb_rung_free(void *state)
{
    struct wpb_rung *rung = state;

    wpb_mysql_ask_free(rung->ask);
    wpb_mysql_scope_fini(&rung->scope);
    wpb_sql_fini(&rung->sql);
    free(rung->state);
    free(rung);
}

struct wpb_run *wpb_rung_run(const struct wpb_rung *rung)
{
    return rung->run;
}

const struct wpb_site *wpb_rung_site(const struct wpb_rung *rung)
{
    return site_of(rung);
}

const struct wpb_request *wpb_rung_request(const struct wpb_rung *rung)
{
    return &rung->requests[rung->item];
}

const struct wpb_mysql_scope *wpb_rung_scope(const struct wpb_rung *rung)
{
    return &rung->scope;
}

void *wpb_rung_state(const struct wpb_rung *rung)
{
    return rung->state;
}

enum wpb_mysql_dialect wpb_rung_dialect(const struct wpb_rung *rung)
{
    return rung->dialect;
}

const char *wpb_rung_version(const struct wpb_rung *rung)
{
    return rung->version;
}

uint64_t wpb_rung_connection(const struct wpb_rung *rung)
{
    return rung->connection;
}

struct wpb_subject wpb_rung_table(const struct wpb_rung *rung, const char *name,
                                  struct wpb_buf *text)
{
    wpb_buf_init(text, 0);
    wpb_buf_printf(text, "%s%s", wpb_rung_site(rung)->table_prefix, name);
    return wpb_mysql_scope_subject(&rung->scope, WPB_SUBJECT_TABLE, wpb_buf_view(text));
}

void wpb_rung_count(struct wpb_rung *rung, uint64_t count)
{
    rung->done += count;
    wpb_run_progress(rung->run, rung->done, 0, NULL);
}

void wpb_rung_post(struct wpb_rung *rung, const struct wpb_subject *subject,
                   enum wpb_metric metric, struct wpb_value value,
                   enum wpb_provenance provenance)
{
    wpb_run_post(rung->run, site_of(rung), subject, metric, value, provenance);
}

void wpb_rung_post_count(struct wpb_rung *rung, const struct wpb_subject *subject,
                         enum wpb_metric metric, uint64_t count)
{
    wpb_rung_post(rung, subject, metric, wpb_value_count(count), WPB_EXACT);
}

uint64_t wpb_rows_count(const struct wpb_mysql_rows *rows, size_t row, size_t cell)
{
    struct wpb_slice text = wpb_rows_text(rows, row, cell);
    uint64_t count = 0;

    for (size_t i = 0; i < text.len && text.data[i] >= '0' && text.data[i] <= '9'; i++) {
        uint64_t digit = (uint64_t)(text.data[i] - '0');
        if (count > (UINT64_MAX - digit) / 10)
            return UINT64_MAX;
        count = count * 10 + digit;
    }
    return count;
}

struct wpb_slice wpb_rows_text(const struct wpb_mysql_rows *rows, size_t row, size_t cell)
{
    struct wpb_slice text = {"", 0};

    if (row < rows->rows && cell < rows->columns &&
        rows->cells[row * rows->columns + cell].data)
        text = rows->cells[row * rows->columns + cell];
    return text;
}

/* MariaDB's plan has ten columns; MySQL's twelve, of which one stands before. */
uint64_t wpb_rows_guess(const struct wpb_mysql_rows *rows, size_t row)
{
    return wpb_rows_count(rows, row, rows->columns >= 12 ? 9 : 8);
}
