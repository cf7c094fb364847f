/* mysql.woocommerce: sessions, actions of Action Scheduler and the product lookup table,
 * where they are. */
#include <inttypes.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "probes/mysql/probes.h"
#include "probes/mysql/rung.h"

/* No index is counted further: 200,000 entries of 30 to 50 bytes are some 600 pages. */
#define COUNT_MAX 200000
#define COUNT_PAGES 600
/* Sessions are looked at in ranges of rows spread evenly over the table; a small table is
 * read whole. */
#define WHOLE_SESSIONS 200
#define RANGES 20
#define RANGE_ROWS 10
#define OLDEST_ACTIONS 50
/* Action Scheduler's own notice calls an action past due that is a day late
 * (ActionScheduler_AdminView). */
#define PAST_DUE_S 86400
/* What has no time has this one, or none. */
#define HAS_TIME "scheduled_date_gmt > '1970-01-01 00:00:00'"

enum table { SESSIONS, ACTIONS, LOGS, LOOKUP, OPTIONS, TABLES };

static const char *const table_names[TABLES] = {
    [SESSIONS] = "woocommerce_sessions",
    [ACTIONS] = "actionscheduler_actions",
    [LOGS] = "actionscheduler_logs",
    [LOOKUP] = "wc_product_meta_lookup",
    [OPTIONS] = "options",
};

enum until { UNTIL_END, UNTIL_NOW, UNTIL_A_DAY_AGO };

/* What is counted in an index, and which table the count is said of; in the order of the
 * steps. */
static const struct count {
    enum table table;
    enum wpb_metric metric;
    const char *from;
    enum until until; /* what `from` ends with */
} counts[] = {
    {SESSIONS, WPB_M_ROWS, "{woocommerce_sessions}", UNTIL_END},
    {SESSIONS, WPB_M_EXPIRED, "{woocommerce_sessions} WHERE session_expiry < ",
     UNTIL_NOW},
    {ACTIONS, WPB_M_PENDING, "{actionscheduler_actions} WHERE status = 'pending'",
     UNTIL_END},
    {ACTIONS, WPB_M_PAST_DUE,
     "{actionscheduler_actions} WHERE status = 'pending' AND " HAS_TIME
     " AND scheduled_date_gmt < ",
     UNTIL_A_DAY_AGO},
    {ACTIONS, WPB_M_FAILED, "{actionscheduler_actions} WHERE status = 'failed'",
     UNTIL_END},
    {ACTIONS, WPB_M_COMPLETE, "{actionscheduler_actions} WHERE status = 'complete'",
     UNTIL_END},
    {LOOKUP, WPB_M_LOOKUP_ROWS, "{wc_product_meta_lookup}", UNTIL_END},
    {LOOKUP, WPB_M_PRODUCTS,
     "{posts} WHERE post_type IN ('product', 'product_variation') AND "
     "post_status = 'publish'",
     UNTIL_END},
    /* A session has a row of its own for its time. */
    {OPTIONS, WPB_M_LEGACY_SESSIONS,
     "{options} WHERE (option_name LIKE '|_wc|_session|_%' ESCAPE '|' OR "
     "option_name LIKE '|_wp|_session|_%' ESCAPE '|') AND "
     "option_name NOT LIKE '|_w_|_session|_expires|_%' ESCAPE '|'",
     UNTIL_END},
};
#define COUNTS (sizeof(counts) / sizeof(counts[0]))

struct shop {
    bool is_there[TABLES];
    uint64_t rows[TABLES]; /* InnoDB's guess; of sessions, counted when it could be */
    bool is_expiry_indexed;
    size_t counted; /* of counts, the first */

    uint64_t first_session, last_session;
    size_t range;
    uint64_t seen, bytes, largest_bytes, expired, expired_bytes; /* of the sessions */
};

static struct wpb_subject subject_of(const struct wpb_rung *rung, enum table table,
                                     struct wpb_buf *name)
{
    return wpb_rung_table(rung, table_names[table], name);
}

static void post_count(struct wpb_rung *rung, enum table table, enum wpb_metric metric,
                       uint64_t count, enum wpb_provenance provenance)
{
    struct wpb_buf name;
    struct wpb_subject subject = subject_of(rung, table, &name);

    wpb_rung_post(rung, &subject, metric, wpb_value_count(count), provenance);
    wpb_buf_fini(&name);
}

static uint64_t now_s(const struct wpb_rung *rung)
{
    return (uint64_t)wpb_run_now_ms(wpb_rung_run(rung)) / 1000;
}

/* 'YYYY-MM-DD HH:MM:SS' of the time SECONDS ago, as the scheduler's columns have it. */
static void add_time(const struct wpb_rung *rung, struct wpb_sql *sql, uint64_t seconds)
{
    time_t when = (time_t)(now_s(rung) - seconds);
    struct tm parts;
    char text[32] = "";

    if (gmtime_r(&when, &parts))
        strftime(text, sizeof(text), "'%Y-%m-%d %H:%M:%S'", &parts);
    wpb_sql_add(sql, text);
}

/* --- which tables there are --- */

static bool ask_tables(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct wpb_buf name;

    wpb_sql_add(sql, "SELECT TABLE_NAME, TABLE_ROWS FROM information_schema.TABLES "
                     "WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (");
    for (size_t i = 0; i < TABLES; i++) {
        subject_of(rung, (enum table)i, &name);
        wpb_sql_string(sql, wpb_buf_view(&name));
        wpb_sql_add(sql, i + 1 < TABLES ? ", " : ") LIMIT ");
        wpb_buf_fini(&name);
    }
    wpb_sql_number(sql, TABLES);
    return true;
}

/* Some servers keep names of tables in small letters. */
static bool is_table(const struct wpb_rung *rung, enum table table, struct wpb_slice text)
{
    struct wpb_buf name;
    bool is_it;

    subject_of(rung, table, &name);
    is_it = name.len == text.len && strncasecmp(name.data, text.data, text.len) == 0;
    wpb_buf_fini(&name);
    return is_it;
}

static enum wpb_rung_next take_tables(struct wpb_rung *rung,
                                      const struct wpb_mysql_rows *rows)
{
    struct shop *shop = wpb_rung_state(rung);

    for (size_t row = 0; row < rows->rows; row++) {
        for (size_t i = 0; i < TABLES; i++) {
            if (!is_table(rung, (enum table)i, wpb_rows_text(rows, row, 0)))
                continue;
            shop->is_there[i] = true;
            shop->rows[i] = wpb_rows_count(rows, row, 1);
        }
    }
    wpb_rung_count(rung, rows->rows);
    if (shop->is_there[LOGS] && shop->is_there[ACTIONS])
        post_count(rung, ACTIONS, WPB_M_LOG_ROWS, shop->rows[LOGS], WPB_ESTIMATED);
    return shop->is_there[OPTIONS] ? WPB_RUNG_NEXT : WPB_RUNG_SITE_DONE;
}

/* A table without a grant cannot be told from one that is not there, but for this. */
static bool ask_version(struct wpb_rung *rung, struct wpb_sql *sql)
{
    const struct shop *shop = wpb_rung_state(rung);

    if (shop->is_there[SESSIONS] && shop->is_there[ACTIONS] && shop->is_there[LOOKUP])
        return false;
    wpb_sql_add(sql, "SELECT option_name FROM {options} "
                     "WHERE option_name = 'woocommerce_version' LIMIT 1");
    return true;
}

static enum wpb_rung_next take_version(struct wpb_rung *rung,
                                       const struct wpb_mysql_rows *rows)
{
    const struct shop *shop = wpb_rung_state(rung);
    size_t missing = 0;

    while (missing < LOOKUP && (missing == LOGS || shop->is_there[missing]))
        missing++;
    if (rows->rows > 0)
        wpb_rung_note(
            rung,
            "WooCommerce is installed, but %s%s is not to be seen; grant SELECT "
            "on it (packaging/grants.sql)",
            wpb_rung_site(rung)->table_prefix, table_names[missing]);
    return WPB_RUNG_NEXT;
}

static bool ask_index(struct wpb_rung *rung, struct wpb_sql *sql)
{
    const struct shop *shop = wpb_rung_state(rung);
    struct wpb_buf name;

    if (!shop->is_there[SESSIONS])
        return false;
    subject_of(rung, SESSIONS, &name);
    wpb_sql_add(sql, "SELECT COUNT(*) FROM information_schema.STATISTICS WHERE "
                     "TABLE_SCHEMA = DATABASE() AND COLUMN_NAME = 'session_expiry' AND "
                     "SEQ_IN_INDEX = 1 AND TABLE_NAME = ");
    wpb_sql_string(sql, wpb_buf_view(&name));
    wpb_buf_fini(&name);
    return true;
}

static enum wpb_rung_next take_index(struct wpb_rung *rung,
                                     const struct wpb_mysql_rows *rows)
{
    struct shop *shop = wpb_rung_state(rung);

    shop->is_expiry_indexed = wpb_rows_count(rows, 0, 0) > 0;
    post_count(rung, SESSIONS, WPB_M_EXPIRY_INDEXED, shop->is_expiry_indexed, WPB_EXACT);
    return WPB_RUNG_NEXT;
}

/* --- counts --- */

/* Without an index on their time, to count the expired sessions is to read them all. */
static bool is_counted(const struct shop *shop, const struct count *count)
{
    return shop->is_there[count->table] &&
           (count->metric != WPB_M_EXPIRED || shop->is_expiry_indexed);
}

/* Each step of the counts asks the next of them, so that one may fail alone. */
static bool ask_count(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct shop *shop = wpb_rung_state(rung);
    const struct count *count = &counts[shop->counted++];

    if (!is_counted(shop, count))
        return false;
    wpb_sql_add(sql, "SELECT COUNT(*) FROM (SELECT 1 FROM ");
    wpb_sql_add(sql, count->from);
    if (count->until == UNTIL_NOW)
        wpb_sql_number(sql, now_s(rung));
    else if (count->until == UNTIL_A_DAY_AGO)
        add_time(rung, sql, PAST_DUE_S);
    wpb_sql_add(sql, " LIMIT ");
    wpb_sql_number(sql, COUNT_MAX + 1);
    wpb_sql_add(sql, ") t");
    return true;
}

static enum wpb_rung_next take_count(struct wpb_rung *rung,
                                     const struct wpb_mysql_rows *rows)
{
    struct shop *shop = wpb_rung_state(rung);
    const struct count *count = &counts[shop->counted - 1];
    uint64_t number = wpb_rows_count(rows, 0, 0);
    bool is_whole = number <= COUNT_MAX;

    if (!is_whole) /* at least; of a whole table InnoDB's guess may say more */
        number = count->metric == WPB_M_ROWS && shop->rows[SESSIONS] > COUNT_MAX
                     ? shop->rows[SESSIONS]
                     : COUNT_MAX;
    if (count->metric == WPB_M_ROWS)
        shop->rows[SESSIONS] = number;
    post_count(rung, count->table, count->metric, number,
               is_whole ? WPB_EXACT : WPB_ESTIMATED);
    return WPB_RUNG_NEXT;
}

/* --- sessions: some of them --- */

static bool ask_session_ids(struct wpb_rung *rung, struct wpb_sql *sql)
{
    const struct shop *shop = wpb_rung_state(rung);

    if (!shop->is_there[SESSIONS] || shop->rows[SESSIONS] == 0)
        return false;
    wpb_sql_add(sql, "SELECT MIN(session_id), MAX(session_id) "
                     "FROM {woocommerce_sessions}");
    return true;
}

static enum wpb_rung_next take_session_ids(struct wpb_rung *rung,
                                           const struct wpb_mysql_rows *rows)
{
    struct shop *shop = wpb_rung_state(rung);

    shop->first_session = wpb_rows_count(rows, 0, 0);
    shop->last_session = wpb_rows_count(rows, 0, 1);
    return WPB_RUNG_NEXT;
}

static bool reads_all_sessions(const struct shop *shop)
{
    return shop->rows[SESSIONS] <= WHOLE_SESSIONS;
}

static bool ask_sessions(struct wpb_rung *rung, struct wpb_sql *sql)
{
    const struct shop *shop = wpb_rung_state(rung);
    uint64_t span = shop->last_session - shop->first_session;

    if (shop->last_session == 0 || shop->range == RANGES)
        return false;
    wpb_sql_add(sql, "SELECT session_expiry < ");
    wpb_sql_number(sql, now_s(rung));
    wpb_sql_add(sql, ", LENGTH(session_value) FROM {woocommerce_sessions} "
                     "WHERE session_id >= ");
    wpb_sql_number(sql, shop->first_session + span / RANGES * shop->range);
    wpb_sql_add(sql, " ORDER BY session_id LIMIT ");
    wpb_sql_number(sql, reads_all_sessions(shop) ? WHOLE_SESSIONS : RANGE_ROWS);
    return true;
}

static enum wpb_rung_next take_sessions(struct wpb_rung *rung,
                                        const struct wpb_mysql_rows *rows)
{
    struct shop *shop = wpb_rung_state(rung);

    for (size_t i = 0; i < rows->rows; i++) {
        uint64_t bytes = wpb_rows_count(rows, i, 1);
        bool is_expired = wpb_rows_count(rows, i, 0) > 0;
        shop->seen++;
        shop->bytes += bytes;
        shop->expired += is_expired;
        shop->expired_bytes += is_expired ? bytes : 0;
        if (bytes > shop->largest_bytes)
            shop->largest_bytes = bytes;
    }
    shop->range = reads_all_sessions(shop) ? RANGES : shop->range + 1;
    return shop->range < RANGES ? WPB_RUNG_AGAIN : WPB_RUNG_NEXT;
}

static uint64_t of_all_sessions(const struct shop *shop, uint64_t of_seen)
{
    if (reads_all_sessions(shop))
        return of_seen;
    return (uint64_t)((double)of_seen * (double)shop->rows[SESSIONS] /
                      (double)shop->seen);
}

static void fini(struct wpb_rung *rung)
{
    const struct shop *shop = wpb_rung_state(rung);
    enum wpb_provenance provenance =
        shop->seen == shop->rows[SESSIONS] ? WPB_EXACT : WPB_ESTIMATED;

    if (shop->seen == 0)
        return;
    post_count(rung, SESSIONS, WPB_M_LARGEST_BYTES, shop->largest_bytes, provenance);
    post_count(rung, SESSIONS, WPB_M_EXPIRED_BYTES,
               of_all_sessions(shop, shop->expired_bytes), provenance);
    if (!shop->is_expiry_indexed)
        post_count(rung, SESSIONS, WPB_M_EXPIRED, of_all_sessions(shop, shop->expired),
                   provenance);
}

/* --- actions: the oldest --- */

static bool ask_oldest_pending(struct wpb_rung *rung, struct wpb_sql *sql)
{
    const struct shop *shop = wpb_rung_state(rung);

    if (!shop->is_there[ACTIONS])
        return false;
    wpb_sql_add(sql, "SELECT TIMESTAMPDIFF(SECOND, scheduled_date_gmt, ");
    add_time(rung, sql, 0);
    wpb_sql_add(sql,
                ") FROM {actionscheduler_actions} WHERE status = 'pending' AND " HAS_TIME
                " ORDER BY scheduled_date_gmt LIMIT 1");
    return true;
}

static enum wpb_rung_next take_oldest_pending(struct wpb_rung *rung,
                                              const struct wpb_mysql_rows *rows)
{
    /* In the future it is negative, which counts as 0. */
    post_count(rung, ACTIONS, WPB_M_OVERDUE_SECONDS, wpb_rows_count(rows, 0, 0),
               WPB_EXACT);
    return WPB_RUNG_NEXT;
}

/* Retention counts from the last attempt, which is in no index beside the status: of
 * those that were due first, the one that was done first. */
static bool ask_oldest_complete(struct wpb_rung *rung, struct wpb_sql *sql)
{
    const struct shop *shop = wpb_rung_state(rung);

    if (!shop->is_there[ACTIONS])
        return false;
    wpb_sql_add(sql, "SELECT TIMESTAMPDIFF(SECOND, last_attempt_gmt, ");
    add_time(rung, sql, 0);
    wpb_sql_add(sql,
                ") FROM {actionscheduler_actions} WHERE status = 'complete' AND " HAS_TIME
                " ORDER BY scheduled_date_gmt LIMIT ");
    wpb_sql_number(sql, OLDEST_ACTIONS);
    return true;
}

static enum wpb_rung_next take_oldest_complete(struct wpb_rung *rung,
                                               const struct wpb_mysql_rows *rows)
{
    uint64_t oldest = 0;

    for (size_t i = 0; i < rows->rows; i++) {
        uint64_t age = wpb_rows_count(rows, i, 0);
        /* What was never tried has year 0. */
        if (age > oldest && age < now_s(rung))
            oldest = age;
    }
    if (rows->rows > 0)
        post_count(rung, ACTIONS, WPB_M_OLDEST_ROW_SECONDS, oldest, WPB_ESTIMATED);
    return WPB_RUNG_NEXT;
}

#define COUNT(name)                                                                      \
    {                                                                                    \
        .what = name, .bounds = {1, 1024, 3000}, .pages_max = COUNT_PAGES,               \
        .may_be_missing = true, .ask = ask_count, .answer = take_count                   \
    }

static const struct wpb_rung_step steps[] = {
    {.what = "WooCommerce's tables",
     .bounds = {TABLES, 4096, 2000},
     .ask = ask_tables,
     .answer = take_tables},
    {.what = "WooCommerce's version",
     .bounds = {1, 1024, 2000},
     .ask = ask_version,
     .answer = take_version},
    {.what = "the index on session_expiry",
     .bounds = {1, 1024, 2000},
     .ask = ask_index,
     .answer = take_index},
    COUNT("the number of sessions"),
    COUNT("expired sessions"),
    COUNT("pending actions"),
    COUNT("actions past due"),
    COUNT("failed actions"),
    COUNT("actions done"),
    COUNT("the product lookup table"),
    COUNT("published products"),
    COUNT("sessions kept as options"),
    {.what = "the range of sessions",
     .bounds = {1, 1024, 2000},
     .may_be_missing = true,
     .ask = ask_session_ids,
     .answer = take_session_ids},
    {.what = "sessions",
     .bounds = {WHOLE_SESSIONS, 16384, 3000},
     .pages_max = 200,
     .may_be_missing = true,
     .ask = ask_sessions,
     .answer = take_sessions},
    {.what = "the oldest pending action",
     .bounds = {1, 1024, 2000},
     .pages_max = 10,
     .may_be_missing = true,
     .ask = ask_oldest_pending,
     .answer = take_oldest_pending},
    {.what = "the oldest action done",
     .bounds = {OLDEST_ACTIONS, 4096, 2000},
     .pages_max = OLDEST_ACTIONS,
     .may_be_missing = true,
     .ask = ask_oldest_complete,
     .answer = take_oldest_complete},
};

static const struct wpb_rung_kind kind = {.steps = steps,
                                          .step_count = sizeof(steps) / sizeof(steps[0]),
                                          .state_size = sizeof(struct shop),
                                          .fini = fini};

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    return wpb_rung_start(run, &kind, err);
}

const struct wpb_probe wpb_probe_mysql_woocommerce = {
    .name = "mysql.woocommerce",
    .help = "WooCommerce's sessions, the actions of Action Scheduler, the product lookup "
            "table, and sessions kept as options",
    .unit = "rows",
    .needs = "mysql",
    .after = "mysql.server",
    .look = WPB_LOOK_SURVEY,
    .cost = WPB_COST_MEDIUM,
    .deadline_ms = 30000,
    .max_items = COUNTS + RANGES * RANGE_ROWS + OLDEST_ACTIONS,
    .max_bytes = 65536,
    .grants = "SELECT on woocommerce_sessions, actionscheduler_actions, "
              "wc_product_meta_lookup, posts and options; any right on "
              "actionscheduler_logs",
    .start = start,
    .step = wpb_rung_step,
    .cancel = wpb_rung_cancel,
    .free = wpb_rung_free,
};
