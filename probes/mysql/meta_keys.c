/* mysql.meta_keys: all meta keys of a site and how many rows each has, by one walk
 * through the index on meta_key; no row of the table is read. Where the index does not
 * hold whole keys (meta_index.h), the most frequent keys, by ranges of rows. */
#include <string.h>

#include "agent/base/topk.h"
#include "probes/mysql/id_ranges.h"
#include "probes/mysql/meta_index.h"
#include "probes/mysql/probes.h"
#include "probes/mysql/rung.h"
#include "probes/mysql/weights.h"

/* Entries of the index that one statement reads; the last key of them is then counted
 * whole by another. */
#define ENTRIES 5000
/* WordPress's index holds so many characters; a longer key is in none of its pages. */
#define INDEXED_CHARACTERS "191"
#define KEY_BYTES (191 * 4)
#define KEYS_POSTED_MAX 1000
/* The index of 20 million rows. */
#define PAGE_READS 65536
/* Without it: as many ranges as mysql.postmeta reads, and three pages each. */
#define RANGES 200
#define RANGE_IDS 64
#define RANGES_A_STATEMENT 20
#define RANGE_PAGES 3
/* Fewer rows than that say nothing of how many there are. */
#define SEEN_MIN 10
#define NAMES_MAX 4096

struct walk {
    struct wpb_meta_index index;
    struct wpb_topk *top;     /* the keys with the most rows */
    char last[KEY_BYTES + 1]; /* the greatest key seen so far */
    size_t last_len;
    bool has_last, is_open, is_complete; /* open: LAST may have further rows */
    uint64_t keys;

    struct wpb_weights *seen; /* without the index */
    struct wpb_id_ranges ranges;
    uint64_t looked_at;
    bool has_rows;
};

static struct walk *walk_of(const struct wpb_rung *rung)
{
    return wpb_rung_state(rung);
}

static bool ask_index(struct wpb_rung *rung, struct wpb_sql *sql)
{
    size_t top = wpb_run_top(wpb_rung_run(rung));
    struct walk *walk = walk_of(rung);

    walk->top = wpb_topk_new(top && top < KEYS_POSTED_MAX ? top : KEYS_POSTED_MAX);
    walk->seen = wpb_weights_new(NAMES_MAX);
    if (!walk->top || !walk->seen) {
        wpb_rung_note(rung, "out of memory");
        return false;
    }
    wpb_meta_index_ask(sql);
    return true;
}

static enum wpb_rung_next take_index(struct wpb_rung *rung,
                                     const struct wpb_mysql_rows *rows)
{
    struct walk *walk = walk_of(rung);

    wpb_meta_index_take(&walk->index, rung, rows);
    walk->has_rows = !walk->index.is_covering;
    return WPB_RUNG_NEXT;
}

static void post_key(struct wpb_rung *rung, struct wpb_slice key, uint64_t rows,
                     uint64_t sampled)
{
    const struct wpb_builder_name *builder = wpb_builder_of_meta(key);
    struct wpb_subject subject =
        wpb_mysql_scope_subject(wpb_rung_scope(rung), WPB_SUBJECT_META_KEY, key);

    if (sampled)
        wpb_run_post_sampled(wpb_rung_run(rung), wpb_rung_site(rung), &subject,
                             WPB_M_ROWS, wpb_value_count(rows), sampled);
    else
        wpb_rung_post_count(rung, &subject, WPB_M_ROWS, rows);
    if (!builder)
        return;
    wpb_rung_post(rung, &subject, WPB_M_BUILDER,
                  wpb_value_text(wpb_slice_cstr(wpb_builder(builder->builder)->slug)),
                  WPB_EXACT);
    wpb_rung_post(rung, &subject, WPB_M_META_ROLE,
                  wpb_value_text(wpb_slice_cstr(wpb_builder_role_name(builder->role))),
                  WPB_EXACT);
}

/* --- the walk --- */

static struct wpb_slice last_of(const struct walk *walk)
{
    return wpb_slice_of(walk->last, walk->last_len);
}

static void ask_page(const struct walk *walk, struct wpb_sql *sql)
{
    /* In the order of the index without being asked for it: an index on a prefix serves
     * no ORDER BY. */
    wpb_sql_add(sql, "SELECT meta_key, COUNT(*) FROM (SELECT meta_key FROM {postmeta} "
                     "FORCE INDEX (meta_key) WHERE meta_key ");
    wpb_sql_add(sql, walk->has_last ? "> " : ">= ");
    wpb_sql_string(sql, last_of(walk));
    wpb_sql_add(sql, " AND CHAR_LENGTH(meta_key) < " INDEXED_CHARACTERS " LIMIT ");
    wpb_sql_number(sql, ENTRIES);
    wpb_sql_add(sql, ") AS page GROUP BY meta_key ORDER BY meta_key");
}

static void ask_count(const struct walk *walk, struct wpb_sql *sql)
{
    wpb_sql_add(sql, "SELECT COUNT(*) FROM {postmeta} FORCE INDEX (meta_key) WHERE "
                     "meta_key = ");
    wpb_sql_string(sql, last_of(walk));
}

static bool ask_walk(struct wpb_rung *rung, struct wpb_sql *sql)
{
    const struct walk *walk = walk_of(rung);

    if (!walk->top || !walk->index.is_covering || walk->is_complete)
        return false;
    (walk->is_open ? ask_count : ask_page)(walk, sql);
    return true;
}

/* A builder's key is told however few rows it has. */
static void end_key(struct wpb_rung *rung, struct wpb_slice key, uint64_t rows)
{
    struct walk *walk = walk_of(rung);

    walk->keys++;
    wpb_rung_count(rung, rows);
    if (wpb_builder_of_meta(key))
        post_key(rung, key, rows, 0);
    else
        wpb_topk_offer(walk->top, key, rows, 0);
}

static enum wpb_rung_next take_page(struct wpb_rung *rung,
                                    const struct wpb_mysql_rows *rows)
{
    struct walk *walk = walk_of(rung);
    uint64_t entries = 0;

    for (size_t i = 0; i < rows->rows; i++)
        entries += wpb_rows_count(rows, i, 1);
    walk->is_complete = entries < ENTRIES && !rows->is_cut;
    for (size_t i = 0; i < rows->rows; i++) {
        struct wpb_slice key = wpb_rows_text(rows, i, 0);
        if (i + 1 < rows->rows || walk->is_complete) {
            end_key(rung, key, wpb_rows_count(rows, i, 1));
            continue;
        }
        if (key.len > KEY_BYTES ||
            (walk->has_last && wpb_slice_equal(key, last_of(walk)))) {
            wpb_rung_note(rung, "the index on meta_key leads back to where it was");
            return WPB_RUNG_SITE_DONE;
        }
        memcpy(walk->last, key.data, key.len);
        walk->last_len = key.len;
        walk->has_last = walk->is_open = true;
    }
    return WPB_RUNG_AGAIN;
}

static enum wpb_rung_next take_walk(struct wpb_rung *rung,
                                    const struct wpb_mysql_rows *rows)
{
    struct walk *walk = walk_of(rung);

    if (!walk->is_open)
        return take_page(rung, rows);
    walk->is_open = false;
    end_key(rung, last_of(walk), wpb_rows_count(rows, 0, 0));
    return WPB_RUNG_AGAIN;
}

/* --- without the index --- */

static bool ask_ends(struct wpb_rung *rung, struct wpb_sql *sql)
{
    if (!walk_of(rung)->seen || !walk_of(rung)->has_rows)
        return false;
    wpb_sql_add(sql, "SELECT MIN(meta_id), MAX(meta_id) FROM {postmeta}");
    return true;
}

static enum wpb_rung_next take_ends(struct wpb_rung *rung,
                                    const struct wpb_mysql_rows *rows)
{
    struct walk *walk = walk_of(rung);
    uint64_t first = wpb_rows_count(rows, 0, 0), last = wpb_rows_count(rows, 0, 1);

    walk->has_rows = last > 0 && last >= first;
    if (walk->has_rows)
        wpb_id_ranges_init(&walk->ranges, first, last, RANGES, RANGE_IDS,
                           (uint64_t)wpb_run_now_ms(wpb_rung_run(rung)) * 2 + 1);
    return WPB_RUNG_NEXT;
}

static bool ask_ranges(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct walk *walk = walk_of(rung);

    if (!walk->seen || !walk->has_rows)
        return false;
    wpb_sql_add(sql, "SELECT meta_key FROM {postmeta} FORCE INDEX (PRIMARY) WHERE ");
    if (!wpb_id_ranges_add(&walk->ranges, sql, "meta_id", RANGES_A_STATEMENT))
        return false;
    wpb_sql_add(sql, " LIMIT ");
    wpb_sql_number(sql, RANGES_A_STATEMENT * RANGE_IDS);
    return true;
}

static enum wpb_rung_next take_ranges(struct wpb_rung *rung,
                                      const struct wpb_mysql_rows *rows)
{
    struct walk *walk = walk_of(rung);

    for (size_t i = 0; i < rows->rows; i++) {
        if (!wpb_weights_add(walk->seen, wpb_rows_text(rows, i, 0), 1, 0)) {
            wpb_rung_note(rung, "out of memory");
            return WPB_RUNG_SITE_DONE;
        }
    }
    walk->looked_at += rows->rows;
    wpb_rung_count(rung, rows->rows);
    return WPB_RUNG_AGAIN;
}

static void post_seen(struct wpb_rung *rung)
{
    struct walk *walk = walk_of(rung);
    size_t count, top = wpb_run_top(wpb_rung_run(rung));
    const struct wpb_weight *keys = wpb_weights_sorted(walk->seen, &count);
    bool are_all = wpb_id_ranges_are_all(&walk->ranges);
    double scale = wpb_id_ranges_scale(&walk->ranges);

    for (size_t i = 0; i < count; i++) {
        bool is_told = i < top || wpb_builder_of_meta(keys[i].name);
        if (is_told && keys[i].name.len && (are_all || keys[i].rows >= SEEN_MIN))
            post_key(rung, keys[i].name, (uint64_t)((double)keys[i].rows * scale),
                     are_all ? 0 : walk->looked_at);
    }
}

static void post_all(struct wpb_rung *rung)
{
    struct walk *walk = walk_of(rung);
    size_t count;
    const struct wpb_topk_item *keys = wpb_topk_sorted(walk->top, &count);
    struct wpb_buf name;

    for (size_t i = 0; i < count; i++)
        post_key(rung, keys[i].name, keys[i].weight, 0);
    if (!walk->is_complete)
        return;
    struct wpb_subject table = wpb_rung_table(rung, "postmeta", &name);
    wpb_rung_post_count(rung, &table, WPB_M_META_KEYS, walk->keys);
    wpb_buf_fini(&name);
}

static void finish(struct wpb_rung *rung)
{
    struct walk *walk = walk_of(rung);

    if (walk->top)
        post_all(rung);
    if (walk->seen && walk->looked_at)
        post_seen(rung);
    wpb_topk_free(walk->top);
    wpb_weights_free(walk->seen);
}

static const struct wpb_rung_step steps[] = {
    {.what = "how meta keys are indexed",
     .bounds = {3, 1024, 2000},
     .ask = ask_index,
     .answer = take_index},
    {.what = "the index on meta_key",
     .bounds = {ENTRIES, 4u << 20, 10000},
     .pages_max = PAGE_READS,
     .is_unbudgeted = true,
     .ask = ask_walk,
     .answer = take_walk},
    {.what = "the first and the last meta_id",
     .bounds = {1, 1024, 2000},
     .pages_max = 16,
     .is_unbudgeted = true,
     .ask = ask_ends,
     .answer = take_ends},
    {.what = "ranges of postmeta",
     .bounds = {RANGES_A_STATEMENT * RANGE_IDS, 2u << 20, 5000},
     .pages_max = 2 * RANGES_A_STATEMENT * RANGE_PAGES,
     .is_unbudgeted = true,
     .ask = ask_ranges,
     .answer = take_ranges},
};

static const struct wpb_rung_kind kind = {.steps = steps,
                                          .step_count = sizeof(steps) / sizeof(steps[0]),
                                          .state_size = sizeof(struct walk),
                                          .fini = finish};

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    return wpb_rung_start(run, &kind, err);
}

const struct wpb_probe wpb_probe_mysql_meta_keys = {
    .name = "mysql.meta_keys",
    .help = "with --deep, and daily by the agent: every meta key and how many rows it "
            "has, by one walk through "
            "the index on meta_key",
    .unit = "rows",
    .needs = "mysql",
    .after = "mysql.builders",
    .look = WPB_LOOK_SURVEY,
    .cost = WPB_COST_HEAVY,
    .deadline_ms = 10u * 60u * 1000u,
    .grants = "SELECT on postmeta",
    .start = start,
    .step = wpb_rung_step,
    .cancel = wpb_rung_cancel,
    .free = wpb_rung_free,
};
