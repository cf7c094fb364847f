/* mysql.server: what kind of server it is, how busy, and how large the tables are. */
#include "probes/mysql/probes.h"
#include "probes/mysql/rung.h"

#define TABLES_MAX 300

static bool ask_variables(struct wpb_rung *rung, struct wpb_sql *sql)
{
    (void)rung;
    wpb_sql_add(sql, "SELECT @@innodb_buffer_pool_size, @@max_connections");
    return true;
}

static enum wpb_rung_next take_variables(struct wpb_rung *rung,
                                         const struct wpb_mysql_rows *rows)
{
    const struct wpb_subject *server = &wpb_rung_scope(rung)->server;

    wpb_rung_post(rung, server, WPB_M_VERSION,
                  wpb_value_text(wpb_slice_cstr(wpb_rung_version(rung))), WPB_EXACT);
    wpb_rung_post_count(rung, server, WPB_M_POOL_BYTES, wpb_rows_count(rows, 0, 0));
    return WPB_RUNG_NEXT;
}

static bool ask_status(struct wpb_rung *rung, struct wpb_sql *sql)
{
    (void)rung;
    wpb_sql_add(sql, "SHOW GLOBAL STATUS WHERE Variable_name IN "
                     "('Threads_running', 'Uptime')");
    return true;
}

static enum wpb_rung_next take_status(struct wpb_rung *rung,
                                      const struct wpb_mysql_rows *rows)
{
    const struct wpb_subject *server = &wpb_rung_scope(rung)->server;

    for (size_t i = 0; i < rows->rows; i++) {
        bool is_uptime = wpb_slice_is(wpb_rows_text(rows, i, 0), "Uptime");
        wpb_rung_post_count(rung, server,
                            is_uptime ? WPB_M_UPTIME_SECONDS : WPB_M_THREADS_RUNNING,
                            wpb_rows_count(rows, i, 1));
    }
    return WPB_RUNG_NEXT;
}

static bool ask_tables(struct wpb_rung *rung, struct wpb_sql *sql)
{
    const char *prefix = wpb_rung_site(rung)->table_prefix;

    wpb_sql_add(sql, "SELECT TABLE_NAME, COALESCE(ENGINE, TABLE_TYPE), TABLE_ROWS, "
                     "DATA_LENGTH, INDEX_LENGTH FROM information_schema.TABLES "
                     "WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME");
    wpb_sql_like_prefix(sql, wpb_slice_cstr(prefix));
    wpb_sql_add(sql, " ORDER BY DATA_LENGTH DESC LIMIT ");
    wpb_sql_number(sql, TABLES_MAX);
    return true;
}

static enum wpb_rung_next take_tables(struct wpb_rung *rung,
                                      const struct wpb_mysql_rows *rows)
{
    if (rows->rows == 0)
        wpb_rung_note(rung,
                      "no table of %s begins with '%s'; is $table_prefix right, and may "
                      "the user see its tables?",
                      wpb_rung_site(rung)->name, wpb_rung_site(rung)->table_prefix);
    for (size_t i = 0; i < rows->rows; i++) {
        struct wpb_subject table = wpb_mysql_scope_subject(
            wpb_rung_scope(rung), WPB_SUBJECT_TABLE, wpb_rows_text(rows, i, 0));
        wpb_rung_post(rung, &table, WPB_M_ENGINE,
                      wpb_value_text(wpb_rows_text(rows, i, 1)), WPB_EXACT);
        /* InnoDB's own guess, seen to be wrong by 60 %. */
        wpb_rung_post(rung, &table, WPB_M_ROWS,
                      wpb_value_count(wpb_rows_count(rows, i, 2)), WPB_ESTIMATED);
        wpb_rung_post_count(rung, &table, WPB_M_DATA_BYTES, wpb_rows_count(rows, i, 3));
        wpb_rung_post_count(rung, &table, WPB_M_INDEX_BYTES, wpb_rows_count(rows, i, 4));
    }
    wpb_rung_count(rung, rows->rows);
    return WPB_RUNG_NEXT;
}

static const struct wpb_rung_step steps[] = {
    {.what = "the server's settings",
     .bounds = {1, 1024, 2000},
     .ask = ask_variables,
     .answer = take_variables},
    {.what = "the server's load",
     .bounds = {2, 1024, 2000},
     .ask = ask_status,
     .answer = take_status},
    {.what = "the sizes of tables",
     .bounds = {TABLES_MAX, 65536, 5000},
     .ask = ask_tables,
     .answer = take_tables},
};

static const struct wpb_rung_kind kind = {.steps = steps,
                                          .step_count = sizeof(steps) / sizeof(steps[0])};

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    return wpb_rung_start(run, &kind, err);
}

const struct wpb_probe wpb_probe_mysql_server = {
    .name = "mysql.server",
    .help = "version, load, and the sizes of the site's tables as the dictionary knows "
            "them",
    .unit = "tables",
    .needs = "mysql",
    .look = WPB_LOOK_SURVEY,
    .cost = WPB_COST_FREE,
    .deadline_ms = 10000,
    .max_items = TABLES_MAX,
    .max_bytes = 65536,
    .grants = "SELECT on any of the site's tables",
    .start = start,
    .step = wpb_rung_step,
    .cancel = wpb_rung_cancel,
    .free = wpb_rung_free,
};
