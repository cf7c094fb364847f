/* mysql.orphans: meta of posts that are gone, by ranges of post ids: one in each of a
 * hundred equal parts, since posts are deleted in runs. */
#include "probes/mysql/id_ranges.h"
#include "probes/mysql/probes.h"
#include "probes/mysql/rung.h"

#define PARTS 100
#define PARTS_A_STATEMENT 10
/* An index page of post_id holds some 380 entries, one of posts some 20 posts. */
#define ROWS_A_PART 100
#define ROWS_A_STATEMENT 20000

struct orphans {
    uint64_t table_rows;
    struct wpb_id_ranges ranges; /* of post ids */
    uint64_t rows, orphans;
    bool has_rows, is_cut;
};

static struct orphans *orphans_of(const struct wpb_rung *rung)
{
    return wpb_rung_state(rung);
}

static void add_table_name(const struct wpb_rung *rung, struct wpb_buf *name)
{
    wpb_buf_init(name, 0);
    wpb_buf_printf(name, "%spostmeta", wpb_rung_site(rung)->table_prefix);
}

static bool ask_table(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct wpb_buf name;

    add_table_name(rung, &name);
    wpb_sql_add(sql, "SELECT TABLE_ROWS FROM information_schema.TABLES WHERE "
                     "TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ");
    wpb_sql_string(sql, wpb_buf_view(&name));
    wpb_buf_fini(&name);
    return true;
}

static enum wpb_rung_next take_table(struct wpb_rung *rung,
                                     const struct wpb_mysql_rows *rows)
{
    orphans_of(rung)->table_rows = wpb_rows_count(rows, 0, 0);
    return WPB_RUNG_NEXT;
}

static bool ask_ends(struct wpb_rung *rung, struct wpb_sql *sql)
{
    (void)rung;
    wpb_sql_add(sql, "SELECT MIN(post_id), MAX(post_id) FROM {postmeta}");
    return true;
}

static enum wpb_rung_next take_ends(struct wpb_rung *rung,
                                    const struct wpb_mysql_rows *rows)
{
    struct orphans *orphans = orphans_of(rung);
    uint64_t table_rows = orphans->table_rows ? orphans->table_rows : 1;
    uint64_t first = wpb_rows_count(rows, 0, 0), last = wpb_rows_count(rows, 0, 1);
    double ids_a_row = ((double)(last - first) + 1) / (double)table_rows;

    orphans->has_rows = last > 0 && last >= first;
    if (orphans->has_rows)
        wpb_id_ranges_init(&orphans->ranges, first, last, PARTS,
                           (uint64_t)(ids_a_row * ROWS_A_PART) + 1,
                           (uint64_t)wpb_run_now_ms(wpb_rung_run(rung)));
    return WPB_RUNG_NEXT;
}

static bool ask_ranges(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct orphans *orphans = orphans_of(rung);

    if (!orphans->has_rows)
        return false;
    wpb_sql_add(sql, "SELECT COUNT(*), COUNT(*) - COUNT(p.ID) FROM (SELECT post_id FROM "
                     "{postmeta} WHERE ");
    if (!wpb_id_ranges_add(&orphans->ranges, sql, "post_id", PARTS_A_STATEMENT))
        return false;
    wpb_sql_add(sql, " LIMIT ");
    wpb_sql_number(sql, ROWS_A_STATEMENT);
    wpb_sql_add(sql, ") AS m LEFT JOIN {posts} AS p ON p.ID = m.post_id");
    return true;
}

static enum wpb_rung_next take_ranges(struct wpb_rung *rung,
                                      const struct wpb_mysql_rows *rows)
{
    struct orphans *orphans = orphans_of(rung);
    uint64_t seen = wpb_rows_count(rows, 0, 0);

    orphans->rows += seen;
    orphans->orphans += wpb_rows_count(rows, 0, 1);
    orphans->is_cut |= seen >= ROWS_A_STATEMENT;
    wpb_rung_count(rung, seen);
    return WPB_RUNG_AGAIN;
}

/* After the last range: nothing is asked any more. */
static bool post_total(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct orphans *orphans = orphans_of(rung);
    struct wpb_buf name;

    (void)sql;
    if (orphans->has_rows && orphans->ranges.part < orphans->ranges.parts)
        return false;
    add_table_name(rung, &name);
    struct wpb_subject table = wpb_mysql_scope_subject(
        wpb_rung_scope(rung), WPB_SUBJECT_TABLE, wpb_buf_view(&name));
    if (!orphans->has_rows ||
        (!orphans->is_cut && wpb_id_ranges_are_all(&orphans->ranges)))
        wpb_rung_post_count(rung, &table, WPB_M_ORPHAN_ROWS, orphans->orphans);
    else
        wpb_run_post_sampled(
            wpb_rung_run(rung), wpb_rung_site(rung), &table, WPB_M_ORPHAN_ROWS,
            wpb_value_count((uint64_t)((double)orphans->orphans *
                                       wpb_id_ranges_scale(&orphans->ranges))),
            orphans->rows);
    wpb_buf_fini(&name);
    return false;
}

static const struct wpb_rung_step steps[] = {
    {.what = "rows of postmeta",
     .bounds = {1, 1024, 2000},
     .ask = ask_table,
     .answer = take_table},
    {.what = "the first and the last post id of postmeta",
     .bounds = {1, 1024, 2000},
     .pages_max = 16,
     .ask = ask_ends,
     .answer = take_ends},
    {.what = "posts of ranges of postmeta",
     .bounds = {1, 1024, 5000},
     .pages_max = 100,
     .ask = ask_ranges,
     .answer = take_ranges},
    {.what = "orphans", .bounds = {1, 1024, 1000}, .ask = post_total},
};

static const struct wpb_rung_kind kind = {.steps = steps,
                                          .step_count = sizeof(steps) / sizeof(steps[0]),
                                          .state_size = sizeof(struct orphans)};

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    return wpb_rung_start(run, &kind, err);
}

const struct wpb_probe wpb_probe_mysql_orphans = {
    .name = "mysql.orphans",
    .help = "rows of postmeta whose post is gone, by a hundred ranges of post ids",
    .unit = "rows",
    .needs = "mysql",
    .after = "mysql.builders",
    .look = WPB_LOOK_SURVEY,
    .cost = WPB_COST_MEDIUM,
    .deadline_ms = 20000,
    .max_items = PARTS / PARTS_A_STATEMENT * ROWS_A_STATEMENT,
    .max_bytes = 65536,
    .grants = "SELECT on postmeta and posts",
    .start = start,
    .step = wpb_rung_step,
    .cancel = wpb_rung_cancel,
    .free = wpb_rung_free,
};
