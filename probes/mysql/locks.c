/* mysql.locks: who waits for whom, in which table, and how often that was met in the last
 * day.
 *
 * A look is an instant, and a wait for a row is short: a run looks five times in a
 * second, and what the looks of a day have met is kept (lock_tally.h). InnoDB tells who
 * waits to accounts with PROCESS alone. Without it the server still tells how many wait,
 * and an account sees its own statements: when enough of them that take locks run about
 * one table, it is concluded, and told as estimated. When nobody waits while it looks,
 * time tells: the table whose statements that take locks took about as long as was waited
 * for rows since the look before.
 *
 * Statements leave only as shapes, without values. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "probes/mysql/digest_book.h"
#include "probes/mysql/grant_line.h"
#include "probes/mysql/lock_rows.h"
#include "probes/mysql/lock_tally.h"
#include "probes/mysql/probes.h"
#include "probes/mysql/rung.h"

#define DIGESTS "performance_schema.events_statements_summary_by_digest"
#define NOW_MS "FLOOR(UNIX_TIMESTAMP(NOW(6)) * 1000)"
#define ACCOUNT_MAX 200
#define LOOKS 5
#define LOOKS_APART_MS 200
#define STATE_LOOKS 3
#define DIGEST_ROWS 60
#define DIGEST_TEXT_BYTES 1024
#define LATELY_S 600
/* Less waiting is not attributed: any statement takes as long. */
#define WAITED_MIN_MS 500
/* Statements took about as long as was waited: at least half of it, at most twice. */
#define ABOUT 2

/* Of the server, from one run to the next. */
struct lock_memory {
    struct wpb_lock_tally tally;
    struct wpb_digest_book book;
    uint64_t waited_ms, booked_ms; /* for rows since it started: then, and at the book */
    bool has_waited;
};

struct locks {
    struct lock_memory *memory;
    bool is_kept;
    bool has_shapes, is_denied, must_name, has_met;
    unsigned looks, unnamed; /* waits that nobody of this account has */
    uint64_t waiting, waited_ms;
    char account[ACCOUNT_MAX];
    int64_t now_ms; /* the server's */
    /* A lock by name that somebody waits for, and the wait; "": nobody does. */
    char name[WPB_LOCK_NAME_MAX + 1];
    struct wpb_lock_wait named;
};

static struct locks *state_of(const struct wpb_rung *rung)
{
    return wpb_rung_state(rung);
}

/* The schema is the same for all sites of the run, and told to them all. */
static bool is_first(const struct wpb_rung *rung)
{
    size_t count;

    return wpb_rung_site(rung) == wpb_run_sites(wpb_rung_run(rung), &count)[0];
}

static bool remember(struct wpb_rung *rung)
{
    struct locks *state = state_of(rung);

    state->memory = wpb_run_kept(wpb_rung_run(rung));
    state->is_kept = state->memory != NULL;
    if (state->is_kept)
        return true;
    state->memory = calloc(1, sizeof(*state->memory));
    state->is_kept =
        state->memory && wpb_run_keep(wpb_rung_run(rung), state->memory, free);
    return state->memory != NULL;
}

static void look(struct wpb_rung *rung, enum wpb_lock_source source)
{
    wpb_lock_tally_look(&state_of(rung)->memory->tally,
                        wpb_run_now_ms(wpb_rung_run(rung)), source);
    wpb_rung_count(rung, 1);
}

static void meet(struct wpb_rung *rung, const struct wpb_lock_wait *waits, size_t count)
{
    state_of(rung)->has_met |= count > 0 && waits[0].source == WPB_LOCK_BY_ROWS;
    for (size_t i = 0; i < count; i++)
        wpb_lock_tally_wait(&state_of(rung)->memory->tally,
                            wpb_run_now_ms(wpb_rung_run(rung)), &waits[i]);
}

/* Again until there were so many looks. */
static enum wpb_rung_next looked(struct wpb_rung *rung, unsigned most)
{
    struct locks *state = state_of(rung);

    if (++state->looks < most)
        return WPB_RUNG_AGAIN;
    state->looks = 0;
    return WPB_RUNG_NEXT;
}

/* ---- what the server is like ---- */

static bool ask_settings(struct wpb_rung *rung, struct wpb_sql *sql)
{
    if (!is_first(rung) || !remember(rung))
        return false;
    wpb_sql_add(sql, "SELECT @@GLOBAL.sql_mode LIKE '%NO_BACKSLASH_ESCAPES%', " NOW_MS
                     ", CURRENT_USER()");
    return true;
}

static enum wpb_rung_next take_settings(struct wpb_rung *rung,
                                        const struct wpb_mysql_rows *rows)
{
    struct locks *state = state_of(rung);
    struct wpb_slice account = wpb_rows_text(rows, 0, 2);

    state->has_shapes = wpb_rows_count(rows, 0, 0) == 0;
    state->now_ms = (int64_t)wpb_rows_count(rows, 0, 1);
    if (account.len && account.len < ACCOUNT_MAX) /* zeroed */
        memcpy(state->account, account.data, account.len);
    return WPB_RUNG_NEXT;
}

/* ---- who waits for which row ---- */

static bool ask_rows(struct wpb_rung *rung, struct wpb_sql *sql)
{
    if (!state_of(rung)->memory)
        return false;
    wpb_lock_rows_sql(sql, wpb_rung_dialect(rung));
    return true;
}

static enum wpb_rung_next take_rows(struct wpb_rung *rung,
                                    const struct wpb_mysql_rows *rows)
{
    struct wpb_lock_wait waits[WPB_LOCK_WAITS_MAX];
    size_t count = wpb_lock_rows_read(rows, state_of(rung)->has_shapes, waits);

    look(rung, WPB_LOCK_BY_ROWS);
    meet(rung, waits, count);
    return looked(rung, LOOKS);
}

static void note_denied(struct wpb_rung *rung)
{
    state_of(rung)->is_denied = true;
    state_of(rung)->looks = 0;
}

/* ---- the same without the grant: how many wait, then which statements run ---- */

static bool ask_waiting(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct locks *state = state_of(rung);

    if (!state->memory || !state->is_denied)
        return false;
    if (state->must_name)
        wpb_lock_running_sql(sql);
    else
        wpb_sql_add(sql, "SHOW GLOBAL STATUS WHERE Variable_name = "
                         "'Innodb_row_lock_current_waits'");
    return true;
}

static enum wpb_rung_next name_waiting(struct wpb_rung *rung,
                                       const struct wpb_mysql_rows *rows)
{
    struct wpb_lock_wait waits[WPB_LOCK_WAITS_MAX];
    struct locks *state = state_of(rung);
    size_t count = 0;

    state->must_name = false;
    if (state->has_shapes)
        count = wpb_lock_running_read(rows, state->waiting, waits);
    state->unnamed += count == 0;
    meet(rung, waits, count);
    return looked(rung, LOOKS);
}

static enum wpb_rung_next take_waiting(struct wpb_rung *rung,
                                       const struct wpb_mysql_rows *rows)
{
    struct locks *state = state_of(rung);

    if (state->must_name)
        return name_waiting(rung, rows);
    look(rung, WPB_LOCK_BY_ROWS);
    state->waiting = wpb_rows_count(rows, 0, 1);
    state->must_name = state->waiting > 0;
    return state->must_name ? WPB_RUNG_AGAIN : looked(rung, LOOKS);
}

/* ---- who waits for a table or a lock by name ---- */

static bool ask_states(struct wpb_rung *rung, struct wpb_sql *sql)
{
    if (!state_of(rung)->memory)
        return false;
    wpb_lock_states_sql(sql);
    return true;
}

/* The holder of a lock by name is asked for once the looks are over. */
static void note_named(struct locks *state, const struct wpb_mysql_rows *rows,
                       const struct wpb_lock_wait *waits, size_t count)
{
    struct wpb_slice name = wpb_lock_states_name(rows);

    for (size_t i = 0; i < count; i++) {
        if (name.len == 0 || strcmp(waits[i].table, WPB_LOCK_BY_NAME) != 0)
            continue;
        memcpy(state->name, name.data, name.len);
        state->name[name.len] = '\0';
        state->named = waits[i];
        state->named.looks = 0; /* counted already */
    }
}

static enum wpb_rung_next take_states(struct wpb_rung *rung,
                                      const struct wpb_mysql_rows *rows)
{
    struct wpb_lock_wait waits[WPB_LOCK_WAITS_MAX];
    size_t count = wpb_lock_states_read(rows, state_of(rung)->has_shapes, waits);

    look(rung, WPB_LOCK_BY_STATES);
    meet(rung, waits, count);
    note_named(state_of(rung), rows, waits, count);
    return looked(rung, STATE_LOOKS);
}

static bool ask_owner(struct wpb_rung *rung, struct wpb_sql *sql)
{
    if (!state_of(rung)->name[0])
        return false;
    wpb_lock_owner_sql(sql, wpb_slice_cstr(state_of(rung)->name));
    return true;
}

static enum wpb_rung_next take_owner(struct wpb_rung *rung,
                                     const struct wpb_mysql_rows *rows)
{
    struct locks *state = state_of(rung);

    wpb_lock_owner_read(rows, state->has_shapes, &state->named);
    meet(rung, &state->named, 1);
    return WPB_RUNG_NEXT;
}

/* ---- who was waited for while nobody looked ---- */

static bool ask_waited(struct wpb_rung *rung, struct wpb_sql *sql)
{
    if (!state_of(rung)->memory)
        return false;
    wpb_sql_add(sql, "SHOW GLOBAL STATUS WHERE Variable_name = 'Innodb_row_lock_time'");
    return true;
}

static enum wpb_rung_next take_waited(struct wpb_rung *rung,
                                      const struct wpb_mysql_rows *rows)
{
    struct locks *state = state_of(rung);
    struct lock_memory *memory = state->memory;
    bool has_moved;

    state->waited_ms = wpb_rows_count(rows, 0, 1);
    has_moved = memory->has_waited && state->waited_ms > memory->waited_ms;
    if (state->waited_ms < memory->waited_ms) /* the server was started anew */
        memory->book.looked_ms = 0;
    memory->waited_ms = state->waited_ms;
    memory->has_waited = true;
    return has_moved ? WPB_RUNG_NEXT : WPB_RUNG_SITE_DONE;
}

static bool ask_digests(struct wpb_rung *rung, struct wpb_sql *sql)
{
    const struct locks *state = state_of(rung);
    int64_t since_s;

    if (!state->memory)
        return false;
    since_s = state->memory->book.looked_ms ? state->memory->book.looked_ms / 1000 - 1
                                            : state->now_ms / 1000 - LATELY_S;
    wpb_sql_add(sql, "SELECT DIGEST, COUNT_STAR, SUM_TIMER_WAIT DIV 1000000, "
                     "FLOOR(UNIX_TIMESTAMP(FIRST_SEEN)), " NOW_MS ", LEFT(DIGEST_TEXT, ");
    wpb_sql_number(sql, DIGEST_TEXT_BYTES);
    wpb_sql_add(sql,
                ") FROM " DIGESTS " WHERE SCHEMA_NAME = DATABASE() AND DIGEST IS NOT "
                "NULL AND LAST_SEEN >= FROM_UNIXTIME(");
    wpb_sql_number(sql, since_s > 0 ? (uint64_t)since_s : 0);
    wpb_sql_add(sql, ") AND DIGEST_TEXT REGEXP '^(UPDATE|INSERT|REPLACE|DELETE) |FOR "
                     "(UPDATE|SHARE)|SHARE MODE' ORDER BY SUM_TIMER_WAIT DESC LIMIT ");
    wpb_sql_number(sql, DIGEST_ROWS);
    return true;
}

/* Statements that take locks, by table, since the book's last look. */
struct by_table {
    struct wpb_lock_wait wait;
    uint64_t usec, most_usec; /* of all of them, of the one that is named */
};

static void add_digest(struct locks *state, const struct wpb_mysql_rows *rows, size_t row,
                       struct by_table *tables, size_t *count)
{
    struct wpb_digest_sums since,
        sums = {wpb_rows_count(rows, row, 1), wpb_rows_count(rows, row, 2), 0};
    struct wpb_sql_shape shape;
    size_t i = 0;

    if (!wpb_digest_book_take(&state->memory->book,
                              wpb_digest_key(wpb_rows_text(rows, row, 0)),
                              (int64_t)wpb_rows_count(rows, row, 4),
                              (int64_t)wpb_rows_count(rows, row, 3) * 1000, sums, &since))
        return;
    wpb_sql_shape(wpb_rows_text(rows, row, 5), &shape);
    if (!shape.takes_locks || !shape.table_len)
        return;
    while (i < *count && strcmp(tables[i].wait.table, shape.table) != 0)
        i++;
    if (i == *count)
        tables[(*count)++] =
            (struct by_table){.wait = {.source = WPB_LOCK_BY_ROWS, .is_estimated = true}};
    tables[i].usec += since.usec;
    if (tables[i].wait.table[0] && since.usec <= tables[i].most_usec)
        return;
    tables[i].most_usec = since.usec;
    memcpy(tables[i].wait.table, shape.table, shape.table_len + 1);
    memcpy(tables[i].wait.statement, shape.text, shape.len + 1);
}

/* The one table whose statements took about as long as was waited; NULL when there is
 * none, or another. */
static const struct by_table *culprit(const struct by_table *tables, size_t count,
                                      uint64_t waited_ms)
{
    const struct by_table *found = NULL;

    for (size_t i = 0; i < count; i++) {
        uint64_t took_ms = tables[i].usec / 1000;
        if (took_ms * ABOUT < waited_ms)
            continue;
        if (found || took_ms > waited_ms * ABOUT)
            return NULL;
        found = &tables[i];
    }
    return found;
}

/* In so much waiting of an interval, as many looks would have met somebody. */
static void meet_unseen(struct wpb_rung *rung, const struct by_table *found,
                        uint64_t waited_ms, int64_t interval_ms)
{
    struct wpb_lock_wait wait = found->wait;

    wait.looks = LOOKS;
    if (interval_ms > 0 && (double)waited_ms < (double)interval_ms)
        wait.looks *= (double)waited_ms / (double)interval_ms;
    meet(rung, &wait, 1);
}

static enum wpb_rung_next take_digests(struct wpb_rung *rung,
                                       const struct wpb_mysql_rows *rows)
{
    struct locks *state = state_of(rung);
    struct lock_memory *memory = state->memory;
    int64_t before_ms = memory->book.looked_ms;
    int64_t now_ms = rows->rows ? (int64_t)wpb_rows_count(rows, 0, 4) : state->now_ms;
    uint64_t waited_ms = before_ms ? state->waited_ms - memory->booked_ms : 0;
    struct by_table *tables = calloc(DIGEST_ROWS, sizeof(*tables));
    const struct by_table *found = NULL;
    size_t count = 0;

    for (size_t i = 0; tables && i < rows->rows && i < DIGEST_ROWS; i++)
        add_digest(state, rows, i, tables, &count);
    if (waited_ms >= WAITED_MIN_MS && !state->has_met)
        found = culprit(tables, count, waited_ms);
    if (found)
        meet_unseen(rung, found, waited_ms, now_ms - before_ms);
    memory->book.looked_ms = now_ms;
    memory->booked_ms = state->waited_ms;
    free(tables);
    return WPB_RUNG_NEXT;
}

/* ---- what it comes to ---- */

static void post_text(struct wpb_rung *rung, const struct wpb_subject *table,
                      enum wpb_metric metric, const char *text,
                      enum wpb_provenance provenance)
{
    if (*text)
        wpb_run_post(wpb_rung_run(rung), NULL, table, metric,
                     wpb_value_text(wpb_slice_cstr(text)), provenance);
}

static void post(struct wpb_rung *rung, const struct wpb_lock_entry *entry)
{
    const struct wpb_lock_tally *tally = &state_of(rung)->memory->tally;
    const struct wpb_lock_wait *worst = &entry->worst;
    enum wpb_provenance provenance = worst->is_estimated ? WPB_ESTIMATED : WPB_EXACT;
    struct wpb_run *run = wpb_rung_run(rung);
    struct wpb_subject table = wpb_mysql_scope_subject(
        wpb_rung_scope(rung), WPB_SUBJECT_TABLE, wpb_slice_cstr(worst->table));

    wpb_run_post(run, NULL, &table, WPB_M_LOCK_LOOKS,
                 wpb_value_count(wpb_lock_tally_looks(tally, entry)), WPB_EXACT);
    wpb_run_post(run, NULL, &table, WPB_M_LOCK_WAIT_LOOKS,
                 wpb_value_count(wpb_lock_tally_wait_looks(entry)), provenance);
    if (worst->waiters)
        wpb_run_post(run, NULL, &table, WPB_M_LOCK_WAITERS,
                     wpb_value_count(worst->waiters), provenance);
    if (worst->held_s > 0)
        wpb_run_post(run, NULL, &table, WPB_M_LOCK_HELD_SECONDS,
                     wpb_value_double(worst->held_s), WPB_ESTIMATED);
    post_text(rung, &table, WPB_M_LOCK_INDEX, worst->index, provenance);
    post_text(rung, &table, WPB_M_LOCK_STATEMENT, worst->statement, provenance);
    post_text(rung, &table, WPB_M_LOCK_HOLDER, worst->holder, provenance);
}

static void say_unnamed(struct wpb_rung *rung)
{
    static const char *const rights[] = {"PROCESS ON *.*",
                                         "SELECT ON performance_schema.data_locks",
                                         "SELECT ON performance_schema.data_lock_waits"};
    size_t count = wpb_rung_dialect(rung) == WPB_MARIADB ? 1 : 3;
    struct wpb_buf lines;

    wpb_buf_init(&lines, 0);
    for (size_t i = 0; i < count; i++)
        wpb_mysql_grant_line(&lines, rights[i], state_of(rung)->account);
    wpb_rung_note(rung, "statements wait for rows, and this account is not shown whose");
    wpb_rung_advise(rung, lines.data);
    wpb_buf_fini(&lines);
}

static void conclude(struct wpb_rung *rung)
{
    struct locks *state = state_of(rung);

    if (!state->memory)
        return;
    wpb_lock_tally_age(&state->memory->tally, wpb_run_now_ms(wpb_rung_run(rung)));
    for (size_t i = 0; i < state->memory->tally.count; i++)
        post(rung, &state->memory->tally.entries[i]);
    if (state->unnamed > 1) /* one may have ended before it was asked for */
        say_unnamed(rung);
    if (!state->is_kept)
        free(state->memory);
}

#define PAIRS_BYTES (WPB_LOCK_ROWS_MAX * 1024)

static const struct wpb_rung_step steps[] = {
    {.what = "how statements are quoted",
     .bounds = {1, 64, 2000},
     .ask = ask_settings,
     .answer = take_settings},
    {.what = "who waits for rows",
     .bounds = {WPB_LOCK_ROWS_MAX, PAIRS_BYTES, 1000},
     .again_ms = LOOKS_APART_MS,
     .may_be_missing = true,
     .may_be_denied = true,
     .ask = ask_rows,
     .answer = take_rows,
     .missing = note_denied},
    {.what = "how many wait for rows",
     .bounds = {WPB_LOCK_ROWS_MAX, PAIRS_BYTES, 1000},
     .again_ms = LOOKS_APART_MS,
     .ask = ask_waiting,
     .answer = take_waiting},
    {.what = "who waits for tables and names",
     .bounds = {WPB_LOCK_ROWS_MAX, PAIRS_BYTES, 1000},
     .again_ms = LOOKS_APART_MS,
     .ask = ask_states,
     .answer = take_states},
    {.what = "who holds a lock by name",
     .bounds = {1, 4 * WPB_LOCK_STATEMENT_BYTES, 1000},
     .ask = ask_owner,
     .answer = take_owner},
    {.what = "how long rows were waited for",
     .bounds = {1, 256, 1000},
     .ask = ask_waited,
     .answer = take_waited},
    {.what = "which statements took as long",
     .bounds = {DIGEST_ROWS, DIGEST_ROWS * 4 * DIGEST_TEXT_BYTES, 2000},
     .may_be_missing = true,
     .may_be_denied = true,
     .ask = ask_digests,
     .answer = take_digests},
};

static const struct wpb_rung_kind kind = {.steps = steps,
                                          .step_count = sizeof(steps) / sizeof(steps[0]),
                                          .state_size = sizeof(struct locks),
                                          .is_of_primary = true,
                                          .fini = conclude};

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    return wpb_rung_start(run, &kind, err);
}

const struct wpb_probe wpb_probe_mysql_locks = {
    .name = "mysql.locks",
    .help = "which tables are waited for, by which statement, and what held the lock",
    .unit = "looks",
    .needs = "mysql",
    .look = WPB_LOOK_SURVEY,
    .cost = WPB_COST_LIGHT,
    .deadline_ms = 15000,
    .max_items = WPB_LOCK_ROWS_MAX,
    .max_bytes = PAIRS_BYTES,
    .grants = "PROCESS; on MySQL also SELECT on performance_schema.data_locks and "
              "data_lock_waits; without them only what is waited for by its own account",
    .start = start,
    .step = wpb_rung_step,
    .cancel = wpb_rung_cancel,
    .free = wpb_rung_free,
};
