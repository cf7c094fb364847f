/* mysql.statements: which kinds of statement ran since the look before, how often, how
 * long, and how many rows they read.
 *
 * performance_schema adds up for each digest and schema since it came into being. A look
 * asks for those that ran lately, the 400 that ran most and the 400 that took longest,
 * and takes off what it knows from the look before; then it asks for the texts of the few
 * that are told. Where there was no look before, as in a scan, it looks twice, some
 * seconds apart, which is told as estimated. Statements of the site's schema by whomever:
 * other clients' are among them, ours are left out where they read the dictionary. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "probes/mysql/digest_book.h"
#include "probes/mysql/grant_line.h"
#include "probes/mysql/probes.h"
#include "probes/mysql/rung.h"
#include "probes/mysql/shape.h"

#define DIGESTS "performance_schema.events_statements_summary_by_digest"
#define NOW_MS "FLOOR(UNIX_TIMESTAMP(NOW(6)) * 1000)"
#define ROWS_MAX 800
#define TOP 20 /* by executions, and as many by time */
#define ACCOUNT_MAX 200
#define TOLD_MAX (2 * (size_t)TOP)
#define DIGEST_MAX 64 /* SHA-256 in MySQL 8, MD5 in MariaDB */
#define TEXT_MAX 1024 /* of a digest, before its shape is made */
#define TWICE_MS 3000 /* between the two looks of a scan */
#define LATELY_S 600  /* of the first */
#define USEC_PER_SECOND 1e6
#define MS_PER_SECOND 1000

struct candidate {
    char digest[DIGEST_MAX + 1];
    struct wpb_digest_sums since;
    bool is_told;
};

struct told {
    struct wpb_sql_shape shape;
    struct wpb_digest_sums since;
};

struct statements {
    struct wpb_digest_book *book; /* the run's, or kept */
    bool is_kept, is_second, is_off;
    char account[ACCOUNT_MAX];
    int64_t now_ms;   /* the server's */
    int64_t since_ms; /* between this look and the one before */
    struct candidate *candidates;
    size_t count;
};

static struct statements *state_of(const struct wpb_rung *rung)
{
    return wpb_rung_state(rung);
}

/* The schema is the same for all sites of the run, and told to them all. */
static bool is_first(const struct wpb_rung *rung)
{
    size_t count;

    return wpb_rung_site(rung) == wpb_run_sites(wpb_rung_run(rung), &count)[0];
}

/* ---- is there anything to look at ---- */

static bool ask_switch(struct wpb_rung *rung, struct wpb_sql *sql)
{
    if (!is_first(rung))
        return false;
    wpb_sql_add(sql, "SELECT @@performance_schema, " NOW_MS ", CURRENT_USER()");
    return true;
}

/* What it costs: docs/cost.md. Waits for files, tables and stages are not asked for, and
 * cost as well. */
static void say_off(struct wpb_rung *rung)
{
    state_of(rung)->is_off = true;
    wpb_rung_skip(rung, "performance_schema is off, so nobody counts statements by kind; "
                        "to have them counted, put this into the server's configuration "
                        "and restart it (each statement then takes some 10 us longer: "
                        "nothing to be seen on most pages, a tenth of one that asks 300 "
                        "times)");
    wpb_rung_advise(rung, "\n[mysqld]\nperformance_schema = ON"
                          "\nperformance_schema_instrument = '%=OFF'"
                          "\nperformance_schema_instrument = 'statement/%=ON'");
}

/* Our own question before this one would be there. */
static void say_uncounted(struct wpb_rung *rung)
{
    wpb_rung_skip(rung,
                  "performance_schema is on, but does not count statements by kind; "
                  "to have them counted until the server is restarted");
    wpb_rung_advise(rung, "\nUPDATE performance_schema.setup_instruments SET ENABLED = "
                          "'YES', TIMED = 'YES' WHERE NAME LIKE 'statement/%';"
                          "\nUPDATE performance_schema.setup_consumers SET ENABLED = "
                          "'YES' WHERE NAME IN ('global_instrumentation', "
                          "'statements_digest');");
}

static enum wpb_rung_next take_switch(struct wpb_rung *rung,
                                      const struct wpb_mysql_rows *rows)
{
    struct statements *state = state_of(rung);
    struct wpb_slice account = wpb_rows_text(rows, 0, 2);

    state->now_ms = (int64_t)wpb_rows_count(rows, 0, 1);
    if (account.len && account.len < ACCOUNT_MAX) /* zeroed */
        memcpy(state->account, account.data, account.len);
    if (wpb_rows_count(rows, 0, 0) == 0)
        say_off(rung);
    return state_of(rung)->is_off ? WPB_RUNG_SITE_DONE : WPB_RUNG_NEXT;
}

/* ---- the sums ---- */

static bool find_book(struct wpb_rung *rung)
{
    struct statements *state = state_of(rung);

    if (state->book)
        return true;
    state->book = wpb_run_kept(wpb_rung_run(rung));
    state->is_kept = state->book != NULL;
    if (!state->book)
        state->book = calloc(1, sizeof(*state->book));
    return state->book != NULL;
}

static void add_part(struct wpb_sql *sql, const char *order, int64_t lately_s)
{
    wpb_sql_add(sql, "(SELECT DIGEST, COUNT_STAR, SUM_TIMER_WAIT DIV 1000000, "
                     "SUM_ROWS_EXAMINED, FLOOR(UNIX_TIMESTAMP(FIRST_SEEN)), " NOW_MS
                     " FROM " DIGESTS " WHERE SCHEMA_NAME = DATABASE() AND DIGEST IS NOT "
                     "NULL AND LAST_SEEN >= FROM_UNIXTIME(");
    wpb_sql_number(sql, (uint64_t)lately_s);
    wpb_sql_add(sql, ") ORDER BY ");
    wpb_sql_add(sql, order);
    wpb_sql_add(sql, " DESC LIMIT ");
    wpb_sql_number(sql, ROWS_MAX / 2);
    wpb_sql_add(sql, ")");
}

static bool ask_sums(struct wpb_rung *rung, struct wpb_sql *sql)
{
    const struct statements *state = state_of(rung);
    int64_t lately_s = state->now_ms / MS_PER_SECOND - LATELY_S;

    if (!is_first(rung) || !find_book(rung))
        return false;
    if (state->book->looked_ms) /* by a clock of whole seconds */
        lately_s = state->book->looked_ms / MS_PER_SECOND - 1;
    if (lately_s < 0)
        lately_s = 0;
    add_part(sql, "COUNT_STAR", lately_s);
    wpb_sql_add(sql, " UNION ");
    add_part(sql, "SUM_TIMER_WAIT", lately_s);
    return true;
}

static void take_digest(struct statements *state, const struct wpb_mysql_rows *rows,
                        size_t row)
{
    struct wpb_slice digest = wpb_rows_text(rows, row, 0);
    struct wpb_digest_sums sums = {wpb_rows_count(rows, row, 1),
                                   wpb_rows_count(rows, row, 2),
                                   wpb_rows_count(rows, row, 3)};
    int64_t first_ms = (int64_t)wpb_rows_count(rows, row, 4) * MS_PER_SECOND;
    struct candidate *candidate = &state->candidates[state->count];

    if (digest.len > DIGEST_MAX ||
        !wpb_digest_book_take(state->book, wpb_digest_key(digest),
                              (int64_t)wpb_rows_count(rows, row, 5), first_ms, sums,
                              &candidate->since) ||
        candidate->since.executions == 0)
        return;
    memcpy(candidate->digest, digest.data, digest.len);
    state->count++;
}

static void keep_book(struct wpb_rung *rung)
{
    struct statements *state = state_of(rung);

    if (!state->is_kept)
        state->is_kept = wpb_run_keep(wpb_rung_run(rung), state->book, free);
}

static enum wpb_rung_next take_sums(struct wpb_rung *rung,
                                    const struct wpb_mysql_rows *rows)
{
    struct statements *state = state_of(rung);
    int64_t before_ms = state->book->looked_ms;

    if (rows->rows == 0) {
        say_uncounted(rung);
        return WPB_RUNG_SITE_DONE;
    }
    state->now_ms = (int64_t)wpb_rows_count(rows, 0, 5);
    free(state->candidates);
    state->count = 0;
    state->candidates = calloc(rows->rows + 1, sizeof(*state->candidates));
    if (!state->candidates)
        return WPB_RUNG_SITE_DONE;
    for (size_t i = 0; i < rows->rows; i++)
        take_digest(state, rows, i);
    state->book->looked_ms = state->now_ms;
    keep_book(rung);
    state->since_ms = state->now_ms - before_ms;
    if (before_ms == 0) {
        state->is_second = true;
        return WPB_RUNG_AGAIN;
    }
    wpb_rung_count(rung, rows->rows);
    return state->since_ms > 0 ? WPB_RUNG_NEXT : WPB_RUNG_SITE_DONE;
}

/* ---- their texts ---- */

static int by_executions(const void *a, const void *b)
{
    uint64_t x = ((const struct candidate *)a)->since.executions;
    uint64_t y = ((const struct candidate *)b)->since.executions;

    return (x < y) - (x > y);
}

static int by_time(const void *a, const void *b)
{
    uint64_t x = ((const struct candidate *)a)->since.usec;
    uint64_t y = ((const struct candidate *)b)->since.usec;

    return (x < y) - (x > y);
}

static void choose(struct statements *state)
{
    int (*const orders[])(const void *, const void *) = {by_executions, by_time};

    for (size_t i = 0; i < 2; i++) {
        qsort(state->candidates, state->count, sizeof(*state->candidates), orders[i]);
        for (size_t j = 0; j < state->count && j < TOP; j++)
            state->candidates[j].is_told = true;
    }
}

static bool ask_texts(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct statements *state = state_of(rung);
    bool has_one = false;

    if (!is_first(rung) || state->count == 0)
        return false;
    choose(state);
    wpb_sql_add(sql, "SELECT DIGEST, LEFT(DIGEST_TEXT, ");
    wpb_sql_number(sql, TEXT_MAX);
    wpb_sql_add(sql, ") FROM " DIGESTS " WHERE SCHEMA_NAME = DATABASE() AND DIGEST IN (");
    for (size_t i = 0; i < state->count; i++) {
        if (!state->candidates[i].is_told)
            continue;
        wpb_sql_add(sql, has_one ? ", " : "");
        wpb_sql_string(sql, wpb_slice_cstr(state->candidates[i].digest));
        has_one = true;
    }
    wpb_sql_add(sql, ") LIMIT ");
    wpb_sql_number(sql, TOLD_MAX);
    return true;
}

static const struct candidate *find(const struct statements *state,
                                    struct wpb_slice digest)
{
    for (size_t i = 0; i < state->count; i++) {
        if (wpb_slice_is(digest, state->candidates[i].digest))
            return &state->candidates[i];
    }
    return NULL;
}

/* Our own: looks at the dictionary, which others' are then left out with, and what makes
 * a session harmless. */
static bool is_ours(const struct wpb_sql_shape *shape)
{
    static const struct wpb_slice settings[] = {
        WPB_SLICE("SET SESSION TRANSACTION READ ONLY"),
        WPB_SLICE("SET SESSION lock_wait_timeout = ?, sql_mode"),
        WPB_SLICE("SET SESSION MAX_STATEMENT_TIME"),
        WPB_SLICE("SET SESSION max_execution_time")};
    struct wpb_slice text = wpb_slice_of(shape->text, shape->len);

    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        if (wpb_slice_starts(text, settings[i]))
            return true;
    }
    return strstr(shape->text, "performance_schema") ||
           strstr(shape->text, "information_schema");
}

/* Digests whose shapes are alike, such as those that differ behind the cut, are one. */
static void add(struct told *told, size_t *count, const struct wpb_sql_shape *shape,
                const struct wpb_digest_sums *since)
{
    size_t i = 0;

    while (i < *count && strcmp(told[i].shape.text, shape->text) != 0)
        i++;
    if (i == *count)
        told[(*count)++] = (struct told){.shape = *shape};
    told[i].since.executions += since->executions;
    told[i].since.usec += since->usec;
    told[i].since.rows += since->rows;
}

static void post(struct wpb_rung *rung, const struct told *told)
{
    const struct statements *state = state_of(rung);
    enum wpb_provenance provenance = state->is_second ? WPB_ESTIMATED : WPB_EXACT;
    struct wpb_subject subject =
        wpb_mysql_scope_subject(wpb_rung_scope(rung), WPB_SUBJECT_STATEMENT,
                                wpb_slice_of(told->shape.text, told->shape.len));
    double executions = (double)told->since.executions;
    const struct {
        enum wpb_metric metric;
        double value;
    } numbers[] = {
        {WPB_M_EXECUTIONS_PER_SECOND,
         executions * MS_PER_SECOND / (double)state->since_ms},
        {WPB_M_EXECUTION_SECONDS,
         (double)told->since.usec / USEC_PER_SECOND / executions},
        {WPB_M_EXECUTION_ROWS, (double)told->since.rows / executions},
    };

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        wpb_run_post(wpb_rung_run(rung), NULL, &subject, numbers[i].metric,
                     wpb_value_double(numbers[i].value), provenance);
    if (told->shape.table_len)
        wpb_run_post(
            wpb_rung_run(rung), NULL, &subject, WPB_M_TABLE_NAME,
            wpb_value_text(wpb_slice_of(told->shape.table, told->shape.table_len)),
            WPB_EXACT);
}

static enum wpb_rung_next take_texts(struct wpb_rung *rung,
                                     const struct wpb_mysql_rows *rows)
{
    struct told *told = calloc(TOLD_MAX, sizeof(*told));
    struct wpb_sql_shape shape;
    size_t count = 0;

    for (size_t i = 0; told && i < rows->rows && i < TOLD_MAX; i++) {
        struct wpb_slice text = wpb_rows_text(rows, i, 1);
        const struct candidate *candidate =
            find(state_of(rung), wpb_rows_text(rows, i, 0));
        wpb_sql_shape(text, &shape);
        if (candidate && shape.len && !is_ours(&shape))
            add(told, &count, &shape, &candidate->since);
    }
    for (size_t i = 0; i < count; i++)
        post(rung, &told[i]);
    free(told);
    return WPB_RUNG_NEXT;
}

static void say_denied(struct wpb_rung *rung)
{
    struct wpb_buf lines;

    wpb_buf_init(&lines, 0);
    wpb_mysql_grant_line(&lines, "SELECT ON " DIGESTS, state_of(rung)->account);
    wpb_rung_skip(rung, "this account may not read how often statements run");
    wpb_rung_advise(rung, lines.data);
    wpb_buf_fini(&lines);
}

static void fini(struct wpb_rung *rung)
{
    struct statements *state = state_of(rung);

    free(state->candidates);
    if (!state->is_kept)
        free(state->book);
}

static const struct wpb_rung_step steps[] = {
    {.what = "whether statements are counted",
     .bounds = {1, 64, 2000},
     .ask = ask_switch,
     .answer = take_switch},
    {.what = "how often statements ran",
     .bounds = {ROWS_MAX, 262144, 2000},
     .again_ms = TWICE_MS,
     .may_be_missing = true,
     .may_be_denied = true,
     .ask = ask_sums,
     .answer = take_sums,
     .missing = say_denied},
    {.what = "their texts",
     .bounds = {TOLD_MAX, TOLD_MAX * 4 * (TEXT_MAX + DIGEST_MAX), 2000},
     .may_be_missing = true,
     .may_be_denied = true,
     .ask = ask_texts,
     .answer = take_texts},
};

static const struct wpb_rung_kind kind = {.steps = steps,
                                          .step_count = sizeof(steps) / sizeof(steps[0]),
                                          .state_size = sizeof(struct statements),
                                          .is_of_primary = true,
                                          .fini = fini};

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    return wpb_rung_start(run, &kind, err);
}

const struct wpb_probe wpb_probe_mysql_statements = {
    .name = "mysql.statements",
    .help =
        "which kinds of statement run most and longest, with the table, time and rows "
        "of one execution",
    .unit = "digests",
    .needs = "mysql",
    .look = WPB_LOOK_SURVEY,
    .cost = WPB_COST_LIGHT,
    .deadline_ms = 15000,
    .max_items = ROWS_MAX,
    .max_bytes = 262144,
    .grants = "SELECT on " DIGESTS ", and performance_schema switched on",
    .start = start,
    .step = wpb_rung_step,
    .cancel = wpb_rung_cancel,
    .free = wpb_rung_free,
};
