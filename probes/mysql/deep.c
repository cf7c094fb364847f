/* mysql.deep: every value of postmeta by its length, page after page of the primary key,
 * only when asked for: the keys and the posts that weigh most, exactly. */
#include <inttypes.h>
#include <stdio.h>

#include "agent/base/clock.h"
#include "probes/mysql/probes.h"
#include "probes/mysql/rung.h"
#include "probes/mysql/weights.h"
#include "probes/wordpress/builders.h"

/* A page of rows that takes longer is made smaller, so that a pause comes soon. */
#define PAGE_ROWS 5000
#define PAGE_ROWS_MIN 100
#define SLOW_MS 1000
#define QUICK_MS 250
/* Pages on disk that one page of rows may read, as far as one can say. */
#define PAGE_READS 65536
#define NAMES_MAX 4096
#define POSTS_TOLD_MAX 100

struct deep {
    struct wpb_weights *keys, *posts;
    uint64_t first, last; /* meta ids: the first asked for, the last one read */
    uint64_t rows, table_rows;
    uint64_t page_rows, asked_ms;
    size_t post; /* of the heaviest, the next to be measured exactly */
    bool has_begun, is_complete;
};

static struct deep *deep_of(const struct wpb_rung *rung)
{
    return wpb_rung_state(rung);
}

static bool ask_table(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct deep *deep = deep_of(rung);
    struct wpb_buf name;

    deep->keys = wpb_weights_new(NAMES_MAX);
    deep->posts = wpb_weights_new(NAMES_MAX);
    deep->first = wpb_run_deep_from(wpb_rung_run(rung));
    deep->last = deep->first ? deep->first - 1 : 0;
    deep->page_rows = PAGE_ROWS;
    if (!deep->keys || !deep->posts) {
        wpb_rung_note(rung, "out of memory");
        return false;
    }
    wpb_buf_init(&name, 0);
    wpb_buf_printf(&name, "%spostmeta", wpb_rung_site(rung)->table_prefix);
    wpb_sql_add(sql, "SELECT TABLE_ROWS FROM information_schema.TABLES WHERE "
                     "TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ");
    wpb_sql_string(sql, wpb_buf_view(&name));
    wpb_buf_fini(&name);
    return true;
}

static enum wpb_rung_next take_table(struct wpb_rung *rung,
                                     const struct wpb_mysql_rows *rows)
{
    deep_of(rung)->table_rows = wpb_rows_count(rows, 0, 0);
    return WPB_RUNG_NEXT;
}

static bool ask_page(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct deep *deep = deep_of(rung);

    if (!deep->keys || !deep->posts)
        return false;
    wpb_sql_add(sql, "SELECT meta_id, post_id, meta_key, LENGTH(meta_value) FROM "
                     "{postmeta} FORCE INDEX (PRIMARY) WHERE meta_id > ");
    wpb_sql_number(sql, deep->last);
    wpb_sql_add(sql, " ORDER BY meta_id LIMIT ");
    wpb_sql_number(sql, deep->page_rows);
    deep->asked_ms = wpb_clock_monotonic_ms();
    deep->has_begun = true;
    return true;
}

static void pace(struct deep *deep)
{
    uint64_t took_ms = wpb_clock_monotonic_ms() - deep->asked_ms;

    if (took_ms > SLOW_MS && deep->page_rows > PAGE_ROWS_MIN)
        deep->page_rows /= 2;
    else if (took_ms < QUICK_MS && deep->page_rows < PAGE_ROWS)
        deep->page_rows *= 2;
    if (deep->page_rows > PAGE_ROWS)
        deep->page_rows = PAGE_ROWS;
    if (deep->page_rows < PAGE_ROWS_MIN)
        deep->page_rows = PAGE_ROWS_MIN;
}

static enum wpb_rung_next take_page(struct wpb_rung *rung,
                                    const struct wpb_mysql_rows *rows)
{
    struct deep *deep = deep_of(rung);
    uint64_t total;

    for (size_t i = 0; i < rows->rows; i++) {
        uint64_t post_id = wpb_rows_count(rows, i, 1);
        uint64_t bytes = wpb_rows_count(rows, i, 3);
        if (!wpb_weights_add(deep->keys, wpb_rows_text(rows, i, 2), bytes, post_id) ||
            !wpb_weights_add(deep->posts, wpb_rows_text(rows, i, 1), bytes, post_id)) {
            wpb_rung_note(rung, "out of memory");
            return WPB_RUNG_SITE_DONE;
        }
        deep->last = wpb_rows_count(rows, i, 0);
    }
    deep->rows += rows->rows;
    wpb_rung_count(rung, rows->rows);
    /* Of a cut page the rest comes with the next one. */
    deep->is_complete = rows->rows < deep->page_rows && !rows->is_cut;
    total = deep->is_complete || deep->rows > deep->table_rows ? deep->rows
                                                               : deep->table_rows;
    wpb_run_progress(wpb_rung_run(rung), deep->rows, total, NULL);
    if (rows->is_cut && rows->rows == 0) {
        wpb_rung_note(rung, "a row after meta_id %" PRIu64 " cannot be read", deep->last);
        return WPB_RUNG_SITE_DONE;
    }
    pace(deep);
    return deep->is_complete ? WPB_RUNG_NEXT : WPB_RUNG_AGAIN;
}

/* --- the heaviest posts --- */

static bool is_whole(const struct deep *deep)
{
    return deep->is_complete && deep->first <= 1;
}

static size_t posts_told(const struct wpb_rung *rung, size_t count)
{
    size_t top = wpb_run_top(wpb_rung_run(rung));

    if (top > POSTS_TOLD_MAX)
        top = POSTS_TOLD_MAX;
    return top < count ? top : count;
}

static void post_post(struct wpb_rung *rung, struct wpb_slice id, uint64_t rows,
                      uint64_t bytes)
{
    struct wpb_subject post =
        wpb_mysql_scope_subject(wpb_rung_scope(rung), WPB_SUBJECT_POST, id);

    wpb_rung_post_count(rung, &post, WPB_M_ROWS, rows);
    wpb_rung_post_count(rung, &post, WPB_M_ROW_BYTES, bytes);
}

/* Rows of a post may lie on either side of where the pass began or ended, or the post was
 * forgotten for a while: its sum is asked for by its own index. */
static bool ask_post(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct deep *deep = deep_of(rung);
    const struct wpb_weight *posts;
    size_t count;

    if (!deep->posts)
        return false;
    posts = wpb_weights_sorted(deep->posts, &count);
    count = posts_told(rung, count);
    for (; deep->post < count; deep->post++) {
        const struct wpb_weight *post = &posts[deep->post];
        if (is_whole(deep) && post->is_exact) {
            post_post(rung, post->name, post->rows, post->bytes);
            continue;
        }
        wpb_sql_add(sql, "SELECT COUNT(*), SUM(LENGTH(meta_value)) FROM {postmeta} WHERE "
                         "post_id = ");
        wpb_sql_number(sql, post->largest_tag);
        return true;
    }
    return false;
}

static enum wpb_rung_next take_post(struct wpb_rung *rung,
                                    const struct wpb_mysql_rows *rows)
{
    struct deep *deep = deep_of(rung);
    size_t count;
    const struct wpb_weight *posts = wpb_weights_sorted(deep->posts, &count);

    if (deep->post < count)
        post_post(rung, posts[deep->post].name, wpb_rows_count(rows, 0, 0),
                  wpb_rows_count(rows, 0, 1));
    deep->post++;
    return WPB_RUNG_AGAIN;
}

/* --- the keys --- */

static void post_key(struct wpb_rung *rung, const struct wpb_weight *item)
{
    const struct wpb_builder_name *row = wpb_builder_of_meta(item->name);
    enum wpb_provenance provenance = item->is_exact ? WPB_EXACT : WPB_ESTIMATED;
    struct wpb_subject key =
        wpb_mysql_scope_subject(wpb_rung_scope(rung), WPB_SUBJECT_META_KEY, item->name);
    char post[24];

    wpb_rung_post(rung, &key, WPB_M_ROWS, wpb_value_count(item->rows), provenance);
    wpb_rung_post(rung, &key, WPB_M_ROW_BYTES, wpb_value_count(item->bytes), provenance);
    wpb_rung_post(rung, &key, WPB_M_ROW_BYTES_LOW, wpb_value_count(item->bytes),
                  provenance);
    if (item->is_exact)
        wpb_rung_post(rung, &key, WPB_M_ROW_BYTES_HIGH, wpb_value_count(item->bytes),
                      provenance);
    wpb_rung_post(rung, &key, WPB_M_LARGEST_BYTES, wpb_value_count(item->largest),
                  provenance);
    snprintf(post, sizeof(post), "%" PRIu64, item->largest_tag);
    wpb_rung_post(rung, &key, WPB_M_LARGEST_NAME, wpb_value_text(wpb_slice_cstr(post)),
                  WPB_EXACT);
    if (!row)
        return;
    wpb_rung_post(rung, &key, WPB_M_BUILDER,
                  wpb_value_text(wpb_slice_cstr(wpb_builder(row->builder)->slug)),
                  WPB_EXACT);
    wpb_rung_post(rung, &key, WPB_M_META_ROLE,
                  wpb_value_text(wpb_slice_cstr(wpb_builder_role_name(row->role))),
                  WPB_EXACT);
}

/* The heaviest, and those of page builders, whose sums were sampled before. */
static void post_keys(struct wpb_rung *rung, struct wpb_weights *keys)
{
    size_t count, top = wpb_run_top(wpb_rung_run(rung));
    const struct wpb_weight *items = wpb_weights_sorted(keys, &count);

    for (size_t i = 0; i < count; i++) {
        if (i < top || wpb_builder_of_meta(items[i].name))
            post_key(rung, &items[i]);
    }
}

static void finish(struct wpb_rung *rung)
{
    struct deep *deep = deep_of(rung);

    if (deep->keys && is_whole(deep))
        post_keys(rung, deep->keys);
    else if (deep->has_begun && deep->is_complete)
        wpb_rung_add_note(rung,
                          "read from meta_id %" PRIu64
                          " to the end: keys have no totals of the whole table",
                          deep->first);
    else if (deep->has_begun)
        wpb_rung_add_note(rung, "--deep-from %" PRIu64 " goes on from there",
                          deep->last + 1);
    wpb_weights_free(deep->keys);
    wpb_weights_free(deep->posts);
}

static const struct wpb_rung_step steps[] = {
    {.what = "rows of postmeta",
     .bounds = {1, 1024, 2000},
     .ask = ask_table,
     .answer = take_table},
    {.what = "lengths of all meta values",
     .bounds = {PAGE_ROWS, 2u << 20, 10000},
     .pages_max = PAGE_READS,
     .is_unbudgeted = true,
     .ask = ask_page,
     .answer = take_page},
    {.what = "the heaviest posts",
     .bounds = {1, 1024, 5000},
     .pages_max = PAGE_READS,
     .is_unbudgeted = true,
     .ask = ask_post,
     .answer = take_post},
};

static const struct wpb_rung_kind kind = {.steps = steps,
                                          .step_count = sizeof(steps) / sizeof(steps[0]),
                                          .state_size = sizeof(struct deep),
                                          .fini = finish};

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    return wpb_rung_start(run, &kind, err);
}

const struct wpb_probe wpb_probe_mysql_deep = {
    .name = "mysql.deep",
    .help = "with --deep: every meta value by its length, in pages of 5,000 with pauses; "
            "the keys and posts that weigh most, exactly",
    .unit = "rows",
    .needs = "mysql",
    .after = "mysql.postmeta",
    .look = WPB_LOOK_SURVEY,
    .cost = WPB_COST_HEAVY,
    .deadline_ms = 24u * 3600u * 1000u,
    .grants = "SELECT on postmeta",
    .start = start,
    .step = wpb_rung_step,
    .cancel = wpb_rung_cancel,
    .free = wpb_rung_free,
};
