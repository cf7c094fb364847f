/* mysql.rights: which of the tables that the probes read this account may read, as the
 * dictionary shows it: it lists no table that one has no right to. */
#include "probes/mysql/grant_line.h"
#include "probes/mysql/probes.h"
#include "probes/mysql/rung.h"
#include "probes/wordpress/file.h"

/* The right, as packaging/grants.sql has it, of each table; a plugin's when its folder is
 * there. */
static const struct table {
    const char *name; /* without the prefix */
    const char *plugin;
} tables[] = {
    {"options", NULL},
    {"postmeta", NULL},
    {"posts", NULL},
    {"woocommerce_sessions", "woocommerce"},
    {"actionscheduler_actions", "woocommerce"},
    {"wc_product_meta_lookup", "woocommerce"},
};
#define TABLES (sizeof(tables) / sizeof(tables[0]))

struct rights {
    char account[200]; /* "wpbloat@localhost" */
    bool is_readable[TABLES], is_listed[TABLES];
    bool has_index_stats;
    bool was_asked; /* the dictionary has answered */
};

static struct rights *rights_of(const struct wpb_rung *rung)
{
    return wpb_rung_state(rung);
}

static bool ask_account(struct wpb_rung *rung, struct wpb_sql *sql)
{
    (void)rung;
    wpb_sql_add(sql, "SELECT CURRENT_USER()");
    return true;
}

static enum wpb_rung_next take_account(struct wpb_rung *rung,
                                       const struct wpb_mysql_rows *rows)
{
    struct wpb_slice account = wpb_rows_text(rows, 0, 0);
    struct rights *rights = rights_of(rung);

    if (account.len < sizeof(rights->account)) /* zeroed */
        memcpy(rights->account, account.data, account.len);
    return WPB_RUNG_NEXT;
}

static bool ask_tables(struct wpb_rung *rung, struct wpb_sql *sql)
{
    wpb_sql_add(sql, "SELECT TABLE_NAME, MAX(PRIVILEGES LIKE '%select%') FROM "
                     "information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND "
                     "TABLE_NAME IN (");
    for (size_t i = 0; i < TABLES; i++) {
        struct wpb_buf name;
        wpb_rung_table(rung, tables[i].name, &name);
        wpb_sql_add(sql, i ? ", " : "");
        wpb_sql_string(sql, wpb_buf_view(&name));
        wpb_buf_fini(&name);
    }
    wpb_sql_add(sql, ") GROUP BY TABLE_NAME LIMIT ");
    wpb_sql_number(sql, TABLES);
    return true;
}

static enum wpb_rung_next take_tables(struct wpb_rung *rung,
                                      const struct wpb_mysql_rows *rows)
{
    struct rights *rights = rights_of(rung);
    size_t prefix = strlen(wpb_rung_site(rung)->table_prefix);

    rights->was_asked = true;
    for (size_t row = 0; row < rows->rows; row++) {
        struct wpb_slice name = wpb_slice_skip(wpb_rows_text(rows, row, 0), prefix);
        for (size_t i = 0; i < TABLES; i++) {
            if (!wpb_slice_is(name, tables[i].name))
                continue;
            rights->is_listed[i] = true;
            rights->is_readable[i] = wpb_rows_count(rows, row, 1) > 0;
        }
    }
    wpb_rung_count(rung, rows->rows);
    return WPB_RUNG_NEXT;
}

static bool ask_statistics(struct wpb_rung *rung, struct wpb_sql *sql)
{
    (void)rung;
    wpb_sql_add(sql, "SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA "
                     "= 'mysql' AND TABLE_NAME = 'innodb_index_stats' AND PRIVILEGES "
                     "LIKE '%select%' LIMIT 1");
    return true;
}

static enum wpb_rung_next take_statistics(struct wpb_rung *rung,
                                          const struct wpb_mysql_rows *rows)
{
    rights_of(rung)->has_index_stats = wpb_rows_count(rows, 0, 0) > 0;
    return WPB_RUNG_NEXT;
}

static void add_grant(struct wpb_rung *rung, struct wpb_buf *lines, const char *schema,
                      const char *prefix, const char *name)
{
    struct wpb_sql right;
    struct wpb_buf table;

    wpb_buf_init(&table, 0);
    wpb_buf_printf(&table, "%s%s", prefix, name);
    wpb_sql_init(&right, wpb_rung_site(rung));
    wpb_sql_add(&right, "SELECT ON ");
    wpb_sql_identifier(&right, wpb_slice_cstr(schema));
    wpb_sql_add(&right, ".");
    wpb_sql_identifier(&right, wpb_buf_view(&table));
    wpb_mysql_grant_line(lines, right.text.data, rights_of(rung)->account);
    wpb_sql_fini(&right);
    wpb_buf_fini(&table);
}

static bool has_plugin(const struct wpb_site *site, const char *plugin)
{
    struct wpb_buf path;
    bool is_there;

    if (!*site->plugin_dir)
        return false;
    wpb_buf_init(&path, 0);
    wpb_buf_printf(&path, "%s/%s", site->plugin_dir, plugin);
    is_there = wpb_file_is_directory(path.data);
    wpb_buf_fini(&path);
    return is_there;
}

/* A sentence, and the lines that open what is closed. */
static void conclude(struct wpb_rung *rung)
{
    const struct wpb_site *site = wpb_rung_site(rung);
    const struct rights *rights = rights_of(rung);
    struct wpb_buf names, lines;

    if (!rights->was_asked)
        return;
    wpb_buf_init(&names, 0);
    wpb_buf_init(&lines, 0);
    for (size_t i = 0; i < TABLES; i++) {
        if (rights->is_readable[i] || (tables[i].plugin && !rights->is_listed[i] &&
                                       !has_plugin(site, tables[i].plugin)))
            continue;
        wpb_buf_printf(&names, "%s%s%s", names.len ? ", " : "", site->table_prefix,
                       tables[i].name);
        add_grant(rung, &lines, site->mysql.schema, site->table_prefix, tables[i].name);
    }
    if (!rights->has_index_stats) {
        wpb_buf_printf(&names, "%smysql.innodb_index_stats", names.len ? ", " : "");
        add_grant(rung, &lines, "mysql", "", "innodb_index_stats");
    }
    if (names.len) {
        wpb_rung_note(rung, "not there, or not to be read by %s: %s", rights->account,
                      names.data);
        wpb_rung_advise(rung, lines.data);
    }
    wpb_buf_fini(&names);
    wpb_buf_fini(&lines);
}

static const struct wpb_rung_step steps[] = {
    {.what = "the account",
     .bounds = {1, 1024, 2000},
     .ask = ask_account,
     .answer = take_account},
    {.what = "the tables it may read",
     .bounds = {TABLES, 4096, 5000},
     .ask = ask_tables,
     .answer = take_tables},
    {.what = "the statistics it may read",
     .bounds = {1, 1024, 2000},
     .ask = ask_statistics,
     .answer = take_statistics},
};

static const struct wpb_rung_kind kind = {.steps = steps,
                                          .step_count = sizeof(steps) / sizeof(steps[0]),
                                          .state_size = sizeof(struct rights),
                                          .fini = conclude};

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    return wpb_rung_start(run, &kind, err);
}

const struct wpb_probe wpb_probe_mysql_rights = {
    .name = "mysql.rights",
    .help = "which of the tables that the other probes read this account may read",
    .unit = "tables",
    .needs = "mysql",
    .after = "mysql.server",
    .look = WPB_LOOK_SURVEY,
    .cost = WPB_COST_FREE,
    .deadline_ms = 10000,
    .max_items = TABLES,
    .max_bytes = 4096,
    .grants = "none: it finds out which there are",
    .start = start,
    .step = wpb_rung_step,
    .cancel = wpb_rung_cancel,
    .free = wpb_rung_free,
};
