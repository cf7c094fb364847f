/* mysql.server: what kind of server it is, how busy, how far behind, how its tables are
 * called and how large they are. */
#include <inttypes.h>
#include <string.h>

#include "probes/mysql/prefix.h"
#include "probes/mysql/probes.h"
#include "probes/mysql/replica.h"
#include "probes/mysql/rung.h"

#define TABLES_MAX 300
#define NAMES_MAX 2000

/* Of one site. */
struct tables {
    struct wpb_buf prefix; /* when it was learnt */
    bool is_learnt;
};

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

static bool ask_lag(struct wpb_rung *rung, struct wpb_sql *sql)
{
    if (!wpb_rung_site(rung)->has_mysql_replica)
        return false;
    wpb_sql_add(sql, wpb_mysql_lag_sql(wpb_rung_dialect(rung), wpb_rung_version(rung)));
    return true;
}

static enum wpb_rung_next take_lag(struct wpb_rung *rung,
                                   const struct wpb_mysql_rows *rows)
{
    uint64_t seconds;

    switch (wpb_mysql_lag_read(rows, &seconds)) {
    case WPB_MYSQL_LAG_NONE:
        wpb_rung_note(rung, "the server named as replica replicates from nobody: how far "
                            "it is behind cannot be told");
        break;
    case WPB_MYSQL_LAG_STOPPED:
        wpb_rung_note(rung, "replication is stopped on the replica: only cheap "
                            "statements are sent to it; START REPLICA, or scan without "
                            "--mysql-replica");
        break;
    case WPB_MYSQL_LAG_KNOWN:
        wpb_rung_post_count(rung, &wpb_rung_scope(rung)->server,
                            WPB_M_REPLICA_LAG_SECONDS, seconds);
        if (seconds > WPB_MYSQL_LAG_MAX_SECONDS)
            wpb_rung_note(rung,
                          "the replica is %" PRIu64
                          " s behind: only cheap statements are sent to it",
                          seconds);
        break;
    }
    return WPB_RUNG_NEXT;
}

static bool ask_names(struct wpb_rung *rung, struct wpb_sql *sql)
{
    const struct wpb_site *site = wpb_rung_site(rung);
    struct tables *tables = wpb_rung_state(rung);

    wpb_buf_init(&tables->prefix, 0);
    if (!site->is_table_prefix_guessed && *site->table_prefix)
        return false;
    wpb_sql_add(sql, "SELECT TABLE_NAME FROM information_schema.TABLES WHERE "
                     "TABLE_SCHEMA = DATABASE() AND (TABLE_NAME LIKE '%options' OR "
                     "TABLE_NAME LIKE '%postmeta') ORDER BY TABLE_NAME LIMIT ");
    wpb_sql_number(sql, NAMES_MAX);
    return true;
}

static void say_which(struct wpb_rung *rung, const struct wpb_slice *prefixes,
                      size_t count)
{
    struct wpb_buf list;

    wpb_buf_init(&list, 200);
    for (size_t i = 0; i < count; i++)
        wpb_buf_printf(&list, "%s%.*s", i ? ", " : "", (int)prefixes[i].len,
                       prefixes[i].data);
    wpb_rung_note(rung,
                  "no table begins with '%s', and there are tables of %zu sites in this "
                  "schema; say which with --table-prefix: %s",
                  wpb_rung_site(rung)->table_prefix, count, list.data);
    wpb_buf_fini(&list);
}

static enum wpb_rung_next take_names(struct wpb_rung *rung,
                                     const struct wpb_mysql_rows *rows)
{
    const struct wpb_site *site = wpb_rung_site(rung);
    struct tables *tables = wpb_rung_state(rung);
    struct wpb_slice prefixes[WPB_MYSQL_PREFIXES_MAX];
    size_t count = wpb_mysql_prefixes(rows->cells, rows->rows, prefixes);

    for (size_t i = 0; i < count; i++) {
        if (*site->table_prefix && wpb_slice_is(prefixes[i], site->table_prefix))
            return WPB_RUNG_NEXT;
    }
    if (count > 1)
        say_which(rung, prefixes, count);
    if (count != 1)
        return WPB_RUNG_NEXT;
    wpb_buf_slice(&tables->prefix, prefixes[0]);
    tables->is_learnt = true;
    wpb_rung_post(rung, &wpb_rung_scope(rung)->server, WPB_M_TABLE_PREFIX,
                  wpb_value_text(prefixes[0]), WPB_EXACT);
    return WPB_RUNG_NEXT;
}

static void free_tables(struct wpb_rung *rung)
{
    struct tables *tables = wpb_rung_state(rung);

    if (tables->prefix.data)
        wpb_buf_fini(&tables->prefix);
}

static struct wpb_slice prefix_of(const struct wpb_rung *rung)
{
    const struct tables *tables = wpb_rung_state(rung);

    return tables->is_learnt ? wpb_buf_view(&tables->prefix)
                             : wpb_slice_cstr(wpb_rung_site(rung)->table_prefix);
}

/* The further blogs of a network have tables wp_2_options and so on: thousands. */
static bool ask_tables(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct wpb_slice prefix = prefix_of(rung);

    wpb_sql_add(sql, "SELECT TABLE_NAME, COALESCE(ENGINE, TABLE_TYPE), TABLE_ROWS, "
                     "DATA_LENGTH, INDEX_LENGTH FROM information_schema.TABLES "
                     "WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME");
    wpb_sql_like_prefix(sql, prefix);
    wpb_sql_add(sql, " AND SUBSTRING(TABLE_NAME, 1 + CHAR_LENGTH(");
    wpb_sql_string(sql, prefix);
    wpb_sql_add(sql, ")) NOT REGEXP '^[0-9]+_' ORDER BY DATA_LENGTH DESC LIMIT ");
    wpb_sql_number(sql, TABLES_MAX);
    return true;
}

static void post_table(struct wpb_rung *rung, const struct wpb_mysql_rows *rows, size_t i)
{
    struct wpb_subject table = wpb_mysql_scope_subject(
        wpb_rung_scope(rung), WPB_SUBJECT_TABLE, wpb_rows_text(rows, i, 0));

    wpb_rung_post(rung, &table, WPB_M_ENGINE, wpb_value_text(wpb_rows_text(rows, i, 1)),
                  WPB_EXACT);
    /* InnoDB's own guess, seen to be wrong by 60 %. */
    wpb_rung_post(rung, &table, WPB_M_ROWS, wpb_value_count(wpb_rows_count(rows, i, 2)),
                  WPB_ESTIMATED);
    wpb_rung_post_count(rung, &table, WPB_M_DATA_BYTES, wpb_rows_count(rows, i, 3));
    wpb_rung_post_count(rung, &table, WPB_M_INDEX_BYTES, wpb_rows_count(rows, i, 4));
}

static enum wpb_rung_next take_tables(struct wpb_rung *rung,
                                      const struct wpb_mysql_rows *rows)
{
    struct wpb_slice prefix = prefix_of(rung);

    if (rows->rows == 0)
        wpb_rung_note(rung,
                      "no table in %s begins with '%.*s'; is the table prefix right "
                      "(--table-prefix), and may the user see the tables?",
                      wpb_rung_site(rung)->mysql.schema, (int)prefix.len, prefix.data);
    for (size_t i = 0; i < rows->rows; i++)
        post_table(rung, rows, i);
    if (wpb_rung_site(rung)->is_multisite)
        wpb_rung_note(rung, "a network of sites: the tables of its main site only");
    wpb_rung_count(rung, rows->rows);
    return WPB_RUNG_NEXT;
}

/* What reading every value of a table would cost; pages of long values are counted with
 * those of the rows. */
static bool ask_pages(struct wpb_rung *rung, struct wpb_sql *sql)
{
    static const char *const tables[] = {"options", "postmeta", "posts"};
    struct wpb_slice prefix = prefix_of(rung);
    struct wpb_buf name;

    wpb_buf_init(&name, 0);
    wpb_sql_add(sql, "SELECT table_name, stat_value FROM mysql.innodb_index_stats WHERE "
                     "database_name = DATABASE() AND index_name = 'PRIMARY' AND "
                     "stat_name = 'n_leaf_pages' AND table_name IN (");
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        wpb_buf_clear(&name);
        wpb_buf_slice(&name, prefix);
        wpb_buf_text(&name, tables[i]);
        wpb_sql_add(sql, i ? ", " : "");
        wpb_sql_string(sql, wpb_buf_view(&name));
    }
    wpb_sql_add(sql, ") LIMIT 3");
    wpb_buf_fini(&name);
    return true;
}

static enum wpb_rung_next take_pages(struct wpb_rung *rung,
                                     const struct wpb_mysql_rows *rows)
{
    for (size_t i = 0; i < rows->rows; i++) {
        struct wpb_subject table = wpb_mysql_scope_subject(
            wpb_rung_scope(rung), WPB_SUBJECT_TABLE, wpb_rows_text(rows, i, 0));
        wpb_rung_post(rung, &table, WPB_M_LEAF_PAGES,
                      wpb_value_count(wpb_rows_count(rows, i, 1)), WPB_ESTIMATED);
    }
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
    {.what = "how far the replica is behind",
     .bounds = {16, 65536, 2000},
     .ask = ask_lag,
     .answer = take_lag},
    {.what = "the names of tables",
     .bounds = {NAMES_MAX, 262144, 5000},
     .ask = ask_names,
     .answer = take_names},
    {.what = "the sizes of tables",
     .bounds = {TABLES_MAX, 65536, 5000},
     .ask = ask_tables,
     .answer = take_tables},
    {.what = "the pages of tables",
     .bounds = {3, 4096, 2000},
     .may_be_missing = true,
     .may_be_denied = true,
     .ask = ask_pages,
     .answer = take_pages},
};

static const struct wpb_rung_kind kind = {.steps = steps,
                                          .step_count = sizeof(steps) / sizeof(steps[0]),
                                          .state_size = sizeof(struct tables),
                                          .fini = free_tables};

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    return wpb_rung_start(run, &kind, err);
}

const struct wpb_probe wpb_probe_mysql_server = {
    .name = "mysql.server",
    .help = "version, load, lag of a replica, and the sizes of the site's tables as the "
            "dictionary knows them",
    .unit = "tables",
    .needs = "mysql",
    .look = WPB_LOOK_SURVEY,
    .cost = WPB_COST_FREE,
    .deadline_ms = 10000,
    .max_items = TABLES_MAX,
    .max_bytes = 65536,
    .grants = "SELECT on any of the site's tables; on mysql.innodb_index_stats for "
              "pages; REPLICA MONITOR on a replica",
    .start = start,
    .step = wpb_rung_step,
    .cancel = wpb_rung_cancel,
    .free = wpb_rung_free,
};
