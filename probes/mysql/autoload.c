/* mysql.autoload: the options that every request loads, how heavy, and whose. */
#include <string.h>

#include "agent/base/buf.h"
#include "agent/base/topk.h"
#include "probes/mysql/installed.h"
#include "probes/mysql/owner_tally.h"
#include "probes/mysql/probes.h"
#include "probes/mysql/rung.h"

#define LARGEST 50
#define OWNERS 20
#define PAGE_NAMES 1000
#define NAMES_MAX 50000
/* To know the largest of all options, the whole table is read: as many pages as a scan
 * may read, and no more. */
#define WHOLE_TABLE_BYTES (2500 * (uint64_t)16384)

/* Since WordPress 6.6 wp_autoload_values_to_autoload() knows four values. Asked for one
 * by one, an index on autoload gives them in the order of option_id. */
static const char *const values[] = {"yes", "on", "auto", "auto-on"};
#define VALUES (sizeof(values) / sizeof(values[0]))
#define IS_AUTOLOADED "autoload IN ('yes', 'on', 'auto', 'auto-on')"

struct autoload {
    struct wpb_arena *arena;
    struct wpb_buf table_name;
    struct wpb_subject table; /* the options table */
    struct wpb_buf index;     /* name of the one on autoload; empty when there is none */
    uint64_t table_bytes;     /* as the dictionary has it */
    bool loads_all;           /* no option is marked: WordPress then loads every one */

    struct wpb_owner_folders folders;
    struct wpb_owner_tally *tally;
    struct wpb_topk *largest;
    size_t value; /* of `values`, whose names come now */
    uint64_t last_id, options, bytes;
    bool is_posted;
};

static bool ask_size(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct autoload *autoload = wpb_rung_state(rung);

    autoload->arena = wpb_arena_new();
    autoload->largest = wpb_topk_new(LARGEST);
    autoload->table = wpb_rung_table(rung, "options", &autoload->table_name);
    wpb_buf_init(&autoload->index, 0);
    wpb_sql_add(sql, "SELECT DATA_LENGTH FROM information_schema.TABLES WHERE "
                     "TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ");
    wpb_sql_string(sql, autoload->table.name);
    return true;
}

static enum wpb_rung_next take_size(struct wpb_rung *rung,
                                    const struct wpb_mysql_rows *rows)
{
    struct autoload *autoload = wpb_rung_state(rung);

    autoload->table_bytes = wpb_rows_count(rows, 0, 0);
    if (wpb_rung_site(rung)->is_multisite)
        wpb_rung_note(rung, "a network of sites: the options of its main site only");
    return WPB_RUNG_NEXT;
}

static bool ask_index(struct wpb_rung *rung, struct wpb_sql *sql)
{
    const struct autoload *autoload = wpb_rung_state(rung);

    wpb_sql_add(sql, "SELECT INDEX_NAME FROM information_schema.STATISTICS WHERE "
                     "TABLE_SCHEMA = DATABASE() AND COLUMN_NAME = 'autoload' AND "
                     "SEQ_IN_INDEX = 1 AND TABLE_NAME = ");
    wpb_sql_string(sql, autoload->table.name);
    wpb_sql_add(sql, " LIMIT 1");
    return true;
}

static enum wpb_rung_next take_index(struct wpb_rung *rung,
                                     const struct wpb_mysql_rows *rows)
{
    struct autoload *autoload = wpb_rung_state(rung);

    wpb_buf_slice(&autoload->index, wpb_rows_text(rows, 0, 0));
    wpb_rung_post_count(rung, &autoload->table, WPB_M_AUTOLOAD_INDEXED, rows->rows > 0);
    return WPB_RUNG_NEXT;
}

/* May BYTES of the table be read? */
static bool may_read(const struct wpb_rung *rung, uint64_t bytes)
{
    return bytes <= WHOLE_TABLE_BYTES ||
           wpb_run_budget(wpb_rung_run(rung)) == WPB_BUDGET_FULL;
}

static void note_size(struct wpb_rung *rung, const char *what)
{
    const struct autoload *autoload = wpb_rung_state(rung);

    wpb_rung_note(rung,
                  "%s were not measured: the table has %llu MiB; --budget full reads it",
                  what, (unsigned long long)(autoload->table_bytes >> 20));
}

/* Without an index one walk through the table finds all values. */
static bool is_by_value(const struct autoload *autoload)
{
    return autoload->index.len && !autoload->loads_all;
}

/* The optimizer takes every value of the column for equally frequent, and would rather
 * walk through the table for the order of ids; then the values of all other rows are
 * read, too, once for each value of the column. */
static void add_options(struct wpb_rung *rung, struct wpb_sql *sql)
{
    const struct autoload *autoload = wpb_rung_state(rung);

    wpb_sql_add(sql, " FROM {options}");
    if (is_by_value(autoload)) {
        wpb_sql_add(sql, " FORCE INDEX (");
        wpb_sql_identifier(sql, wpb_buf_view(&autoload->index));
        wpb_sql_add(sql, ")");
    }
    wpb_sql_add(sql, " WHERE ");
    if (autoload->loads_all)
        wpb_sql_add(sql, "1");
    else
        wpb_sql_add(sql, IS_AUTOLOADED);
}

static bool ask_names(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct autoload *autoload = wpb_rung_state(rung);

    if (!autoload->tally && autoload->arena) {
        wpb_installed_read(wpb_rung_site(rung), autoload->arena, &autoload->folders);
        autoload->tally = wpb_owner_tally_new(
            autoload->arena, wpb_slice_cstr(wpb_rung_site(rung)->table_prefix),
            &autoload->folders);
    }
    wpb_sql_add(sql, "SELECT option_id, option_name, LENGTH(option_value)");
    add_options(rung, sql);
    if (is_by_value(autoload)) {
        wpb_sql_add(sql, " AND autoload = '");
        wpb_sql_add(sql, values[autoload->value]);
        wpb_sql_add(sql, "'");
    }
    wpb_sql_add(sql, " AND option_id > ");
    wpb_sql_number(sql, autoload->last_id);
    wpb_sql_add(sql, " ORDER BY option_id LIMIT ");
    wpb_sql_number(sql, PAGE_NAMES);
    return autoload->tally && autoload->largest;
}

static void post_total(struct wpb_rung *rung, uint64_t options, uint64_t bytes,
                       enum wpb_provenance provenance)
{
    const struct autoload *autoload = wpb_rung_state(rung);

    wpb_rung_post(rung, &autoload->table, WPB_M_OPTIONS, wpb_value_count(options),
                  provenance);
    wpb_rung_post(rung, &autoload->table, WPB_M_AUTOLOAD_BYTES, wpb_value_count(bytes),
                  provenance);
}

static void post_owners(struct wpb_rung *rung, enum wpb_provenance provenance)
{
    struct autoload *autoload = wpb_rung_state(rung);
    size_t count;
    const struct wpb_owner_row *rows = wpb_owner_tally_sorted(autoload->tally, &count);

    for (size_t i = 0; i < count && i < OWNERS; i++) {
        struct wpb_subject component = wpb_mysql_scope_subject(
            wpb_rung_scope(rung), WPB_SUBJECT_COMPONENT, rows[i].name);
        component.parent = &autoload->table;
        wpb_rung_post(rung, &component, WPB_M_AUTOLOAD_BYTES,
                      wpb_value_count(rows[i].bytes), provenance);
        wpb_rung_post(rung, &component, WPB_M_OPTIONS, wpb_value_count(rows[i].options),
                      provenance);
    }
}

static void post_option(struct wpb_rung *rung, struct wpb_slice name, uint64_t bytes,
                        bool is_autoloaded)
{
    struct wpb_subject option =
        wpb_mysql_scope_subject(wpb_rung_scope(rung), WPB_SUBJECT_OPTION, name);

    wpb_rung_post_count(rung, &option, WPB_M_ROW_BYTES, bytes);
    wpb_rung_post_count(rung, &option, WPB_M_AUTOLOADED, is_autoloaded);
}

/* What the names have shown; of a part of them it is a lower bound. */
static void post_names(struct wpb_rung *rung, bool is_whole)
{
    struct autoload *autoload = wpb_rung_state(rung);
    enum wpb_provenance provenance = is_whole ? WPB_EXACT : WPB_ESTIMATED;
    size_t count;
    const struct wpb_topk_item *items = wpb_topk_sorted(autoload->largest, &count);

    for (size_t i = 0; i < count; i++)
        post_option(rung, items[i].name, items[i].weight, true);
    post_owners(rung, provenance);
    post_total(rung, autoload->options, autoload->bytes, provenance);
    autoload->is_posted = true;
}

static void free_autoload(struct wpb_rung *rung)
{
    struct autoload *autoload = wpb_rung_state(rung);

    if (autoload->options && !autoload->is_posted)
        post_names(rung, false);
    if (autoload->table_name.data) {
        wpb_buf_fini(&autoload->table_name);
        wpb_buf_fini(&autoload->index);
    }
    wpb_topk_free(autoload->largest);
    wpb_arena_free(autoload->arena);
}

static void take_name(struct autoload *autoload, const struct wpb_mysql_rows *rows,
                      size_t row)
{
    struct wpb_slice name = wpb_rows_text(rows, row, 1);
    uint64_t bytes = wpb_rows_count(rows, row, 2);

    wpb_owner_tally_add(autoload->tally, name, bytes);
    wpb_topk_offer(autoload->largest, name, bytes, 0);
    autoload->last_id = wpb_rows_count(rows, row, 0);
    autoload->options++;
    autoload->bytes += bytes;
}

/* Is there something to ask behind the last page? */
static bool goes_on(struct wpb_rung *rung)
{
    struct autoload *autoload = wpb_rung_state(rung);

    autoload->last_id = 0;
    if (is_by_value(autoload) && ++autoload->value < VALUES)
        return true;
    /* wp_load_alloptions() then asks again, for all. */
    if (autoload->options || autoload->loads_all)
        return false;
    autoload->loads_all = true;
    if (may_read(rung, autoload->table_bytes))
        return true;
    note_size(rung, "no option is marked for autoload, so WordPress loads all; they");
    return false;
}

static enum wpb_rung_next take_names(struct wpb_rung *rung,
                                     const struct wpb_mysql_rows *rows)
{
    struct autoload *autoload = wpb_rung_state(rung);
    bool is_last = rows->rows == 0 || (rows->rows < PAGE_NAMES && !rows->is_cut);

    for (size_t i = 0; i < rows->rows; i++)
        take_name(autoload, rows, i);
    wpb_rung_count(rung, rows->rows);
    if (is_last && !goes_on(rung)) {
        if (autoload->options)
            post_names(rung, true);
        return WPB_RUNG_NEXT;
    }
    if (autoload->options < NAMES_MAX)
        return WPB_RUNG_AGAIN;
    wpb_rung_note(rung, "only the first %d autoloaded options were told apart by owner",
                  NAMES_MAX);
    post_names(rung, false);
    return WPB_RUNG_NEXT;
}

/* Of names without end the sum is the server's work. */
static bool ask_total(struct wpb_rung *rung, struct wpb_sql *sql)
{
    const struct autoload *autoload = wpb_rung_state(rung);

    wpb_sql_add(sql, "SELECT COUNT(*), SUM(LENGTH(option_value))");
    add_options(rung, sql);
    return autoload->options >= NAMES_MAX;
}

static enum wpb_rung_next take_total(struct wpb_rung *rung,
                                     const struct wpb_mysql_rows *rows)
{
    post_total(rung, wpb_rows_count(rows, 0, 0), wpb_rows_count(rows, 0, 1), WPB_EXACT);
    return WPB_RUNG_NEXT;
}

static bool ask_largest(struct wpb_rung *rung, struct wpb_sql *sql)
{
    const struct autoload *autoload = wpb_rung_state(rung);
    uint64_t read =
        autoload->bytes < autoload->table_bytes ? autoload->bytes : autoload->table_bytes;

    if (autoload->loads_all)
        return false;
    if (!may_read(rung, autoload->table_bytes - read)) {
        note_size(rung, "options that are not autoloaded");
        return false;
    }
    wpb_sql_add(sql, "SELECT option_name, LENGTH(option_value) AS bytes FROM {options} "
                     "WHERE NOT " IS_AUTOLOADED " ORDER BY bytes DESC LIMIT ");
    wpb_sql_number(sql, LARGEST);
    return true;
}

static enum wpb_rung_next take_largest(struct wpb_rung *rung,
                                       const struct wpb_mysql_rows *rows)
{
    for (size_t i = 0; i < rows->rows; i++)
        post_option(rung, wpb_rows_text(rows, i, 0), wpb_rows_count(rows, i, 1), false);
    return WPB_RUNG_NEXT;
}

static const struct wpb_rung_step steps[] = {
    {.what = "the size of the options table",
     .bounds = {1, 1024, 2000},
     .ask = ask_size,
     .answer = take_size},
    {.what = "the index on autoload",
     .bounds = {1, 1024, 2000},
     .ask = ask_index,
     .answer = take_index},
    /* These pages every request reads, too; the charge leaves some for what follows. */
    {.what = "autoloaded options",
     .bounds = {PAGE_NAMES, 1 << 19, 5000},
     .pages_max = 400,
     .ask = ask_names,
     .answer = take_names},
    {.what = "the sum of autoloaded options",
     .bounds = {1, 1024, 5000},
     .pages_max = 2500,
     .ask = ask_total,
     .answer = take_total},
    {.what = "options that are not autoloaded",
     .bounds = {LARGEST, 65536, 5000},
     .pages_max = 2500,
     .ask = ask_largest,
     .answer = take_largest},
};

static const struct wpb_rung_kind kind = {.steps = steps,
                                          .step_count = sizeof(steps) / sizeof(steps[0]),
                                          .state_size = sizeof(struct autoload),
                                          .fini = free_autoload};

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    return wpb_rung_start(run, &kind, err);
}

const struct wpb_probe wpb_probe_mysql_autoload = {
    .name = "mysql.autoload",
    .help = "options that every request loads: how many, how heavy, whose, the largest",
    .unit = "options",
    .needs = "mysql",
    .after = "mysql.server",
    .look = WPB_LOOK_SURVEY,
    .cost = WPB_COST_MEDIUM,
    .deadline_ms = 30000,
    .max_items = NAMES_MAX,
    .max_bytes = (uint64_t)10 << 20,
    .grants = "SELECT on the options table",
    .start = start,
    .step = wpb_rung_step,
    .cancel = wpb_rung_cancel,
    .free = wpb_rung_free,
};
