/* mysql.autoload: the options that every request loads, how heavy, and whose. */
#include "agent/base/buf.h"
#include "probes/mysql/probes.h"
#include "probes/mysql/rung.h"

#define LARGEST 50
/* Since WordPress 6.6 wp_autoload_values_to_autoload() knows four values. */
#define IS_AUTOLOADED " autoload IN ('yes', 'on', 'auto', 'auto-on')"
/* To know the largest of all options, the whole table is read: as many pages as a scan
 * may read, and no more. */
#define WHOLE_TABLE_BYTES (2500 * (uint64_t)16384)

struct autoload {
    struct wpb_buf index; /* name of the one on autoload; empty when there is none */
    uint64_t table_bytes;
};

static void add_table_name(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct wpb_buf name;

    wpb_rung_table(rung, "options", &name);
    wpb_sql_string(sql, wpb_buf_view(&name));
    wpb_buf_fini(&name);
}

static void post_count(struct wpb_rung *rung, enum wpb_metric metric, uint64_t count)
{
    struct wpb_buf name;
    struct wpb_subject table = wpb_rung_table(rung, "options", &name);

    wpb_rung_post_count(rung, &table, metric, count);
    wpb_buf_fini(&name);
}

static bool ask_index(struct wpb_rung *rung, struct wpb_sql *sql)
{
    wpb_sql_add(sql, "SELECT INDEX_NAME FROM information_schema.STATISTICS WHERE "
                     "TABLE_SCHEMA = DATABASE() AND COLUMN_NAME = 'autoload' AND "
                     "SEQ_IN_INDEX = 1 AND TABLE_NAME = ");
    add_table_name(rung, sql);
    wpb_sql_add(sql, " LIMIT 1");
    return true;
}

static enum wpb_rung_next take_index(struct wpb_rung *rung,
                                     const struct wpb_mysql_rows *rows)
{
    struct autoload *state = wpb_rung_state(rung);

    wpb_buf_init(&state->index, 0);
    wpb_buf_slice(&state->index, wpb_rows_text(rows, 0, 0));
    post_count(rung, WPB_M_AUTOLOAD_INDEXED, rows->rows > 0);
    return WPB_RUNG_NEXT;
}

static bool ask_size(struct wpb_rung *rung, struct wpb_sql *sql)
{
    wpb_sql_add(sql, "SELECT DATA_LENGTH FROM information_schema.TABLES "
                     "WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ");
    add_table_name(rung, sql);
    return true;
}

static enum wpb_rung_next take_size(struct wpb_rung *rung,
                                    const struct wpb_mysql_rows *rows)
{
    struct autoload *state = wpb_rung_state(rung);

    state->table_bytes = wpb_rows_count(rows, 0, 0);
    return WPB_RUNG_NEXT;
}

static bool is_read_whole(const struct wpb_rung *rung)
{
    const struct autoload *state = wpb_rung_state(rung);

    return state->table_bytes <= WHOLE_TABLE_BYTES ||
           wpb_run_budget(wpb_rung_run(rung)) == WPB_BUDGET_FULL;
}

/* Of a large table the rows that are loaded are a small part, which the optimizer does
 * not know: it takes every value of the column for equally frequent. */
static void add_autoloaded(struct wpb_rung *rung, struct wpb_sql *sql)
{
    const struct autoload *state = wpb_rung_state(rung);

    wpb_sql_add(sql, " FROM {options}");
    if (state->index.len && !is_read_whole(rung)) {
        wpb_sql_add(sql, " FORCE INDEX (");
        wpb_sql_identifier(sql, wpb_buf_view(&state->index));
        wpb_sql_add(sql, ")");
    }
    wpb_sql_add(sql, " WHERE" IS_AUTOLOADED);
}

static bool ask_total(struct wpb_rung *rung, struct wpb_sql *sql)
{
    wpb_sql_add(sql, "SELECT COUNT(*), SUM(LENGTH(option_value)), "
                     "MAX(LENGTH(option_value))");
    add_autoloaded(rung, sql);
    return true;
}

static enum wpb_rung_next take_total(struct wpb_rung *rung,
                                     const struct wpb_mysql_rows *rows)
{
    post_count(rung, WPB_M_OPTIONS, wpb_rows_count(rows, 0, 0));
    post_count(rung, WPB_M_AUTOLOAD_BYTES, wpb_rows_count(rows, 0, 1));
    wpb_rung_count(rung, wpb_rows_count(rows, 0, 0));
    return WPB_RUNG_NEXT;
}

static bool ask_largest(struct wpb_rung *rung, struct wpb_sql *sql)
{
    const struct autoload *state = wpb_rung_state(rung);

    wpb_sql_add(sql, "SELECT option_name, LENGTH(option_value) AS bytes," IS_AUTOLOADED);
    if (is_read_whole(rung)) {
        wpb_sql_add(sql, " FROM {options}");
    } else {
        add_autoloaded(rung, sql);
        wpb_rung_note(rung,
                      "options that are not autoloaded were not measured: the table has "
                      "%llu MiB; --budget full reads it",
                      (unsigned long long)(state->table_bytes >> 20));
    }
    wpb_sql_add(sql, " ORDER BY bytes DESC LIMIT ");
    wpb_sql_number(sql, LARGEST);
    return true;
}

static enum wpb_rung_next take_largest(struct wpb_rung *rung,
                                       const struct wpb_mysql_rows *rows)
{
    for (size_t i = 0; i < rows->rows; i++) {
        struct wpb_subject option = wpb_mysql_scope_subject(
            wpb_rung_scope(rung), WPB_SUBJECT_OPTION, wpb_rows_text(rows, i, 0));
        wpb_rung_post_count(rung, &option, WPB_M_ROW_BYTES, wpb_rows_count(rows, i, 1));
        wpb_rung_post_count(rung, &option, WPB_M_AUTOLOADED, wpb_rows_count(rows, i, 2));
    }
    return WPB_RUNG_NEXT;
}

static void fini(struct wpb_rung *rung)
{
    struct autoload *state = wpb_rung_state(rung);

    wpb_buf_fini(&state->index);
}

static const struct wpb_rung_step steps[] = {
    {.what = "the index on autoload",
     .bounds = {1, 1024, 2000},
     .ask = ask_index,
     .answer = take_index},
    {.what = "the size of the options table",
     .bounds = {1, 1024, 2000},
     .ask = ask_size,
     .answer = take_size},
    {.what = "autoloaded options",
     .bounds = {1, 1024, 5000},
     .pages_max = 2500,
     .ask = ask_total,
     .answer = take_total},
    {.what = "the largest options",
     .bounds = {LARGEST, 65536, 5000},
     .pages_max = 2500,
     .ask = ask_largest,
     .answer = take_largest},
};

static const struct wpb_rung_kind kind = {.steps = steps,
                                          .step_count = sizeof(steps) / sizeof(steps[0]),
                                          .state_size = sizeof(struct autoload),
                                          .fini = fini};

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    return wpb_rung_start(run, &kind, err);
}

const struct wpb_probe wpb_probe_mysql_autoload = {
    .name = "mysql.autoload",
    .help = "options that every request loads: how many, how heavy, the largest",
    .unit = "options",
    .needs = "mysql",
    .after = "mysql.server",
    .look = WPB_LOOK_SURVEY,
    .cost = WPB_COST_MEDIUM,
    .deadline_ms = 20000,
    .max_items = LARGEST,
    .max_bytes = 131072,
    .grants = "SELECT on the options table",
    .start = start,
    .step = wpb_rung_step,
    .cancel = wpb_rung_cancel,
    .free = wpb_rung_free,
};
