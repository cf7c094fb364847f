/* mysql.status: what a server has done since it started.
 *
 * The numbers are the server's and count all its clients, other sites among them. Of
 * statements and rows those of this program are taken off, as far as its connection
 * tells of itself: the dictionary is asked by reading hundreds of rows. What an earlier
 * connection did after the last look at it is not known and stays in.
 *
 * Rows examined are the storage engines' reads (Handler_read_*): MariaDB does not keep
 * InnoDB's own count of rows any more. */
#include <stdlib.h>

#include "probes/mysql/probes.h"
#include "probes/mysql/rung.h"

#define VARIABLES_MAX 32
#define READS "'Handler\\_read\\_%'"
#define USEC_PER_SECOND 1e6
#define MS_PER_SECOND 1e3

/* What one SHOW STATUS has told. */
struct counters {
    bool has_questions, has_reads;
    uint64_t questions, reads;
};

/* Of this program's statements, from one look to the next. */
struct own_work {
    uint64_t connection; /* the one that was looked at last */
    uint64_t uptime_seconds;
    struct counters of_connection; /* what it had told of itself */
    uint64_t questions, reads;     /* of connections before it */
};

struct status {
    struct counters own;
};

/* The server is the same for all sites of the run, and told to them all. */
static bool is_first(const struct wpb_rung *rung)
{
    size_t count;

    return wpb_rung_site(rung) == wpb_run_sites(wpb_rung_run(rung), &count)[0];
}

static void post(struct wpb_rung *rung, enum wpb_metric metric, struct wpb_value value)
{
    wpb_run_post(wpb_rung_run(rung), NULL, &wpb_rung_scope(rung)->server, metric, value,
                 WPB_EXACT);
}

static bool ask_own(struct wpb_rung *rung, struct wpb_sql *sql)
{
    if (!is_first(rung))
        return false;
    wpb_sql_add(sql, "SHOW SESSION STATUS WHERE Variable_name = 'Questions' OR "
                     "Variable_name LIKE " READS);
    return true;
}

/* True when it was one of these. */
static bool count(struct counters *counters, const struct wpb_mysql_rows *rows,
                  size_t row)
{
    static const struct wpb_slice reads = WPB_SLICE("Handler_read_");
    struct wpb_slice name = wpb_rows_text(rows, row, 0);
    uint64_t value = wpb_rows_count(rows, row, 1);

    if (wpb_slice_is(name, "Questions")) {
        counters->questions = value;
        return counters->has_questions = true;
    }
    if (!wpb_slice_starts(name, reads))
        return false;
    counters->reads += value;
    return counters->has_reads = true;
}

static enum wpb_rung_next take_own(struct wpb_rung *rung,
                                   const struct wpb_mysql_rows *rows)
{
    struct status *status = wpb_rung_state(rung);

    for (size_t i = 0; i < rows->rows; i++)
        count(&status->own, rows, i);
    return WPB_RUNG_NEXT;
}

static bool ask_global(struct wpb_rung *rung, struct wpb_sql *sql)
{
    if (!is_first(rung))
        return false;
    wpb_sql_add(sql, "SHOW GLOBAL STATUS WHERE Variable_name IN ('Questions', "
                     "'Innodb_row_lock_waits', 'Innodb_row_lock_time', "
                     "'Threads_running', 'Uptime') OR Variable_name LIKE " READS);
    return true;
}

static struct own_work *own_work(struct wpb_run *run)
{
    struct own_work *own = wpb_run_kept(run);

    if (own)
        return own;
    own = calloc(1, sizeof(*own));
    if (own && wpb_run_keep(run, own, free))
        return own;
    free(own);
    return NULL;
}

/* All that this program has done at the server, of which its present connection has just
 * told OF_CONNECTION. */
static struct counters total_own(struct wpb_rung *rung, uint64_t uptime_seconds,
                                 struct counters of_connection)
{
    struct own_work *own = own_work(wpb_rung_run(rung));
    struct counters total = of_connection;

    if (!own)
        return total;
    if (uptime_seconds < own->uptime_seconds) /* its numbers begin anew */
        *own = (struct own_work){0};
    if (own->connection && own->connection != wpb_rung_connection(rung)) {
        own->questions += own->of_connection.questions;
        own->reads += own->of_connection.reads;
    }
    own->connection = wpb_rung_connection(rung);
    own->uptime_seconds = uptime_seconds;
    own->of_connection = of_connection;
    total.questions += own->questions;
    total.reads += own->reads;
    return total;
}

static uint64_t without(uint64_t all, uint64_t own)
{
    return all > own ? all - own : 0;
}

static void post_plain(struct wpb_rung *rung, struct wpb_slice name, uint64_t value)
{
    if (wpb_slice_is(name, "Innodb_row_lock_waits"))
        post(rung, WPB_M_ROW_LOCK_WAITS, wpb_value_count(value));
    else if (wpb_slice_is(name, "Innodb_row_lock_time"))
        post(rung, WPB_M_ROW_LOCK_SECONDS,
             wpb_value_double((double)value / MS_PER_SECOND));
    else if (wpb_slice_is(name, "Threads_running"))
        post(rung, WPB_M_THREADS_RUNNING, wpb_value_count(value));
    else if (wpb_slice_is(name, "Uptime"))
        post(rung, WPB_M_UPTIME_SECONDS, wpb_value_count(value));
}

static enum wpb_rung_next take_global(struct wpb_rung *rung,
                                      const struct wpb_mysql_rows *rows)
{
    struct status *status = wpb_rung_state(rung);
    struct counters all = {0};
    uint64_t uptime_seconds = 0;

    for (size_t i = 0; i < rows->rows; i++) {
        if (count(&all, rows, i))
            continue;
        post_plain(rung, wpb_rows_text(rows, i, 0), wpb_rows_count(rows, i, 1));
        if (wpb_slice_is(wpb_rows_text(rows, i, 0), "Uptime"))
            uptime_seconds = wpb_rows_count(rows, i, 1);
    }
    struct counters own = total_own(rung, uptime_seconds, status->own);
    if (all.has_questions)
        post(rung, WPB_M_QUESTIONS,
             wpb_value_count(without(all.questions, own.questions)));
    if (all.has_reads)
        post(rung, WPB_M_ROWS_EXAMINED, wpb_value_count(without(all.reads, own.reads)));
    if (!all.has_questions || !all.has_reads)
        wpb_rung_note(rung, "SHOW GLOBAL STATUS does not tell how many statements and "
                            "rows there were: is this a proxy?");
    wpb_rung_count(rung, rows->rows);
    return WPB_RUNG_NEXT;
}

/* In a stored program the parts are in the whole; a replica's connection is one long
 * statement. Without performance_schema there are no rows, and the sum is NULL. */
static bool ask_time(struct wpb_rung *rung, struct wpb_sql *sql)
{
    if (!is_first(rung))
        return false;
    wpb_sql_add(sql, "SELECT SUM(SUM_TIMER_WAIT) DIV 1000000 FROM performance_schema."
                     "events_statements_summary_global_by_event_name WHERE (EVENT_NAME "
                     "LIKE 'statement/sql/%' OR EVENT_NAME LIKE 'statement/com/%') AND "
                     "EVENT_NAME NOT LIKE 'statement/com/Binlog Dump%' AND "
                     "COUNT_STAR > 0");
    return true;
}

static enum wpb_rung_next take_time(struct wpb_rung *rung,
                                    const struct wpb_mysql_rows *rows)
{
    uint64_t usec = wpb_rows_count(rows, 0, 0);

    if (usec)
        post(rung, WPB_M_STATEMENT_SECONDS,
             wpb_value_double((double)usec / USEC_PER_SECOND));
    return WPB_RUNG_NEXT;
}

static const struct wpb_rung_step steps[] = {
    {.what = "what this program has done",
     .bounds = {VARIABLES_MAX, 4096, 2000},
     .ask = ask_own,
     .answer = take_own},
    {.what = "what the server has done",
     .bounds = {VARIABLES_MAX, 4096, 2000},
     .ask = ask_global,
     .answer = take_global},
    {.what = "how long statements took",
     .bounds = {1, 1024, 2000},
     .may_be_missing = true,
     .may_be_denied = true,
     .ask = ask_time,
     .answer = take_time},
};

static const struct wpb_rung_kind kind = {.steps = steps,
                                          .step_count = sizeof(steps) / sizeof(steps[0]),
                                          .state_size = sizeof(struct status),
                                          .is_of_primary = true};

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    return wpb_rung_start(run, &kind, err);
}

const struct wpb_probe wpb_probe_mysql_status = {
    .name = "mysql.status",
    .help = "statements, rows, waits for row locks and time in statements since the "
            "server started",
    .unit = "counters",
    .needs = "mysql",
    .look = WPB_LOOK_SURVEY,
    .cost = WPB_COST_FREE,
    .deadline_ms = 10000,
    .max_items = VARIABLES_MAX,
    .max_bytes = 4096,
    .grants = "none; SELECT on performance_schema."
              "events_statements_summary_global_by_event_name for the time in statements",
    .start = start,
    .step = wpb_rung_step,
    .cancel = wpb_rung_cancel,
    .free = wpb_rung_free,
};
