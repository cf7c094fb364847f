/* mysql.autoload: the options that every request loads, how heavy, and whose. */
#include "agent/base/buf.h"
#include "probes/mysql/probes.h"
#include "probes/mysql/rung.h"

#define LARGEST 50
/* Since WordPress 6.6 wp_autoload_values_to_autoload() knows four values. */
#define IS_AUTOLOADED " autoload IN ('yes', 'on', 'auto', 'auto-on')"

static bool ask_total(struct wpb_rung *rung, struct wpb_sql *sql)
{
    (void)rung;
    wpb_sql_add(sql, "SELECT COUNT(*), SUM(LENGTH(option_value)), "
                     "MAX(LENGTH(option_value)) FROM {options} WHERE" IS_AUTOLOADED);
    return true;
}

static enum wpb_rung_next take_total(struct wpb_rung *rung,
                                     const struct wpb_mysql_rows *rows)
{
    struct wpb_buf name;
    struct wpb_subject table = wpb_rung_table(rung, "options", &name);

    wpb_rung_post_count(rung, &table, WPB_M_OPTIONS, wpb_rows_count(rows, 0, 0));
    wpb_rung_post_count(rung, &table, WPB_M_AUTOLOAD_BYTES, wpb_rows_count(rows, 0, 1));
    wpb_rung_count(rung, wpb_rows_count(rows, 0, 0));
    wpb_buf_fini(&name);
    return WPB_RUNG_NEXT;
}

static bool ask_largest(struct wpb_rung *rung, struct wpb_sql *sql)
{
    (void)rung;
    wpb_sql_add(sql, "SELECT option_name, LENGTH(option_value) AS bytes, "
                     "autoload IN ('yes', 'on', 'auto', 'auto-on') FROM {options} "
                     "ORDER BY bytes DESC LIMIT ");
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

static bool ask_index(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct wpb_buf name;

    wpb_rung_table(rung, "options", &name);
    wpb_sql_add(sql, "SELECT COUNT(*) FROM information_schema.STATISTICS WHERE "
                     "TABLE_SCHEMA = DATABASE() AND COLUMN_NAME = 'autoload' AND "
                     "SEQ_IN_INDEX = 1 AND TABLE_NAME = ");
    wpb_sql_string(sql, wpb_buf_view(&name));
    wpb_buf_fini(&name);
    return true;
}

static enum wpb_rung_next take_index(struct wpb_rung *rung,
                                     const struct wpb_mysql_rows *rows)
{
    struct wpb_buf name;
    struct wpb_subject table = wpb_rung_table(rung, "options", &name);

    wpb_rung_post_count(rung, &table, WPB_M_AUTOLOAD_INDEXED,
                        wpb_rows_count(rows, 0, 0) > 0);
    wpb_buf_fini(&name);
    return WPB_RUNG_NEXT;
}

static const struct wpb_rung_step steps[] = {
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
    {.what = "the index on autoload",
     .bounds = {1, 1024, 2000},
     .ask = ask_index,
     .answer = take_index},
};

static const struct wpb_rung_kind kind = {.steps = steps,
                                          .step_count = sizeof(steps) / sizeof(steps[0])};

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
