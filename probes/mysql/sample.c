/* mysql.postmeta: what the heavy meta keys of page builders weigh, by a sample of their
 * rows, and how many of them are copies in revisions. */
#include <stdio.h>

#include "probes/mysql/meta_index.h"
#include "probes/mysql/probes.h"
#include "probes/mysql/rung.h"
#include "probes/mysql/sampling.h"

/* The keys with the most rows; the others are counted by mysql.builders. */
#define KEYS_MAX 12
#define COUNTED_MAX 100
/* Of a key, unless --budget full: an interval of a heavy tail needs some hundreds. */
#define SAMPLE_MAX 1000
#define IDS_MAX 2000
#define IDS_WANTED 1200
#define BATCH 15
/* One pass over a key's entries in the index: 360 fill a page. Above, too many pages go
 * for the choice alone. */
#define ENTRIES_A_PAGE 360
#define ROWS_MAX 90000
/* Values whose posts are looked up: is it a revision? */
#define REVISION_LOOKS 60
#define CSS_OPTIONS_LOOKED_AT 40
/* Of the 2,500 pages of a scan: the rest is for options, indexes and orphans. */
#define PAGES_LOW 600
#define PAGES_NORMAL 1800
#define PAGES_FULL 20000

struct value {
    uint64_t post_id, bytes;
};

struct key {
    char name[256 * 4 + 1];
    const struct wpb_builder_name *row;
    uint64_t ids[IDS_MAX];
    size_t id_count, asked; /* ids asked for, from the first on */
    struct value values[SAMPLE_MAX];
    uint64_t largest_post;
    uint64_t looked, looked_bytes; /* whose posts were looked up */
    uint64_t revisions, revision_bytes;
    bool has_revisions;
};

/* Compiled CSS of a builder, in meta and options. */
struct css {
    uint64_t bytes, sampled;
    bool is_there, is_partial;
};

struct postmeta {
    struct wpb_meta_index index;
    struct key keys[KEYS_MAX];
    struct wpb_sampling sampling[KEYS_MAX]; /* of keys[i] */
    size_t key_count, left_out;
    size_t current; /* the key that is asked about */
    uint64_t pages; /* left of the budget, by what lengths say */
    uint64_t seed, table_rows, data_bytes;
    struct css css[WPB_BUILDERS];
    size_t css_option;
};

static struct postmeta *postmeta_of(const struct wpb_rung *rung)
{
    return wpb_rung_state(rung);
}

static uint64_t tail_of(const struct postmeta *postmeta)
{
    uint64_t tail = WPB_SAMPLING_TAIL_BYTES;

    for (size_t i = 0; i < postmeta->key_count; i++) {
        if (postmeta->sampling[i].largest > tail)
            tail = postmeta->sampling[i].largest;
    }
    return tail;
}

static void spend(struct postmeta *postmeta, uint64_t pages)
{
    postmeta->pages -= pages < postmeta->pages ? pages : postmeta->pages;
}

/* --- what is said of them --- */

static uint32_t pages_of(const struct wpb_rung *rung)
{
    switch (wpb_run_budget(wpb_rung_run(rung))) {
    case WPB_BUDGET_LOW:
        return PAGES_LOW;
    case WPB_BUDGET_FULL:
        return PAGES_FULL;
    case WPB_BUDGET_NORMAL:
        break;
    }
    return PAGES_NORMAL;
}

static void post(struct wpb_rung *rung, const struct wpb_subject *subject,
                 enum wpb_metric metric, uint64_t count, uint64_t sampled, bool is_exact)
{
    if (is_exact)
        wpb_rung_post_count(rung, subject, metric, count);
    else
        wpb_run_post_sampled(wpb_rung_run(rung), wpb_rung_site(rung), subject, metric,
                             wpb_value_count(count), sampled);
}

static void post_revisions(struct wpb_rung *rung, const struct wpb_subject *subject,
                           const struct key *key, uint64_t rows, uint64_t bytes)
{
    bool is_exact = key->looked == rows;
    double looked_bytes = key->looked_bytes ? (double)key->looked_bytes : 1;
    double revisions = (double)rows * (double)key->revisions / (double)key->looked;
    double revision_bytes = (double)bytes * (double)key->revision_bytes / looked_bytes;

    post(rung, subject, WPB_M_REVISIONS,
         is_exact ? key->revisions : (uint64_t)(revisions + 0.5), key->looked, is_exact);
    post(rung, subject, WPB_M_REVISION_BYTES,
         is_exact ? key->revision_bytes : (uint64_t)revision_bytes, key->looked,
         is_exact);
}

/* That there is such a post: for who chooses which to take apart. */
static void post_largest(struct wpb_rung *rung, uint64_t id, struct wpb_slice name)
{
    struct wpb_subject post =
        wpb_mysql_scope_subject(wpb_rung_scope(rung), WPB_SUBJECT_POST, name);

    if (id)
        wpb_rung_post_count(rung, &post, WPB_M_POST_ID, id);
}

static void post_key(struct wpb_rung *rung, size_t i, struct css *css)
{
    const struct postmeta *postmeta = postmeta_of(rung);
    const struct wpb_sampling *sampling = &postmeta->sampling[i];
    const struct key *key = &postmeta->keys[i];
    struct wpb_sampling_total total = wpb_sampling_total(sampling, tail_of(postmeta));
    struct wpb_subject subject = wpb_mysql_scope_subject(
        wpb_rung_scope(rung), WPB_SUBJECT_META_KEY, wpb_slice_cstr(key->name));
    char largest[24];

    /* No key is larger than the table, by a dictionary that may be a little old; one that
     * knows of less than this key is very old. */
    if (total.bytes <= postmeta->data_bytes && total.high / 5 > postmeta->data_bytes / 4)
        total.high = postmeta->data_bytes / 4 * 5;
    post(rung, &subject, WPB_M_ROW_BYTES, total.bytes, sampling->count, total.is_exact);
    if (!total.is_exact) {
        post(rung, &subject, WPB_M_ROW_BYTES_LOW, total.low, sampling->count, false);
        post(rung, &subject, WPB_M_ROW_BYTES_HIGH, total.high, sampling->count, false);
    }
    post(rung, &subject, WPB_M_LARGEST_BYTES, sampling->largest, sampling->count,
         total.is_exact);
    snprintf(largest, sizeof(largest), "%llu", (unsigned long long)key->largest_post);
    wpb_rung_post(rung, &subject, WPB_M_LARGEST_NAME,
                  wpb_value_text(wpb_slice_cstr(largest)), WPB_EXACT);
    post_largest(rung, key->largest_post, wpb_slice_cstr(largest));
    if (key->has_revisions)
        post_revisions(rung, &subject, key, sampling->rows, total.bytes);
    if (key->row->role == WPB_BUILDER_CSS) {
        css->is_there = true;
        css->bytes += total.bytes;
        css->sampled += sampling->count;
        css->is_partial |= !total.is_exact;
    }
}

static void post_css(struct wpb_rung *rung, size_t builder, const struct css *css)
{
    struct wpb_buf name;

    wpb_buf_init(&name, 0);
    wpb_buf_printf(&name, "builder:%s", wpb_builder((enum wpb_builder_id)builder)->slug);
    struct wpb_subject subject = wpb_mysql_scope_subject(
        wpb_rung_scope(rung), WPB_SUBJECT_COMPONENT, wpb_buf_view(&name));
    post(rung, &subject, WPB_M_CSS_BYTES, css->bytes, css->sampled, !css->is_partial);
    wpb_buf_fini(&name);
}

/* Whatever ended it: what has been looked at is said. */
static void post_all(struct wpb_rung *rung)
{
    struct postmeta *postmeta = postmeta_of(rung);

    for (size_t i = 0; i < postmeta->key_count; i++) {
        const struct wpb_sampling *sampling = &postmeta->sampling[i];
        if (sampling->count < WPB_SAMPLING_MIN && sampling->count < sampling->rows)
            postmeta->left_out++;
        else if (sampling->count > 0)
            post_key(rung, i, &postmeta->css[postmeta->keys[i].row->builder]);
    }
    for (size_t i = 0; i < WPB_BUILDERS; i++) {
        if (postmeta->css[i].is_there)
            post_css(rung, i, &postmeta->css[i]);
    }
    if (postmeta->left_out)
        wpb_rung_note(rung,
                      "%zu meta keys of page builders are counted and not sampled: "
                      "%u pages are read at most; --budget full reads more, --deep all",
                      postmeta->left_out, pages_of(rung));
}

/* --- what there is --- */

static bool ask_index(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct postmeta *postmeta = postmeta_of(rung);

    postmeta->pages = pages_of(rung);
    postmeta->seed = (uint64_t)wpb_run_now_ms(wpb_rung_run(rung)) * 2 + 1;
    wpb_meta_index_ask(sql);
    return true;
}

static enum wpb_rung_next take_index(struct wpb_rung *rung,
                                     const struct wpb_mysql_rows *rows)
{
    wpb_meta_index_take(&postmeta_of(rung)->index, rung, rows);
    return WPB_RUNG_NEXT;
}

static bool ask_table(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct wpb_buf name;

    wpb_buf_init(&name, 0);
    wpb_buf_printf(&name, "%spostmeta", wpb_rung_site(rung)->table_prefix);
    wpb_sql_add(sql, "SELECT TABLE_ROWS, IF(ROW_FORMAT = 'Compressed' OR CREATE_OPTIONS "
                     "LIKE '%compress%', 0, DATA_LENGTH) FROM information_schema.TABLES "
                     "WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ");
    wpb_sql_string(sql, wpb_buf_view(&name));
    wpb_buf_fini(&name);
    return true;
}

static enum wpb_rung_next take_table(struct wpb_rung *rung,
                                     const struct wpb_mysql_rows *rows)
{
    struct postmeta *postmeta = postmeta_of(rung);

    postmeta->table_rows = wpb_rows_count(rows, 0, 0);
    postmeta->data_bytes = wpb_rows_count(rows, 0, 1);
    return WPB_RUNG_NEXT;
}

static bool may_be_heavy(const struct wpb_builder_name *name)
{
    return name->role != WPB_BUILDER_SETTINGS;
}

static bool ask_counts(struct wpb_rung *rung, struct wpb_sql *sql)
{
    if (!postmeta_of(rung)->index.is_covering) {
        wpb_rung_note(rung, "this server cannot find the rows of a meta key by its index "
                            "alone: nothing is sampled");
        return false;
    }
    wpb_sql_add(sql, "SELECT meta_key, COUNT(*) AS entries FROM {postmeta} WHERE ");
    wpb_meta_names(sql, "meta_key", wpb_builder_metas, may_be_heavy);
    wpb_sql_add(sql, " GROUP BY meta_key ORDER BY entries DESC LIMIT ");
    wpb_sql_number(sql, COUNTED_MAX);
    return true;
}

static enum wpb_rung_next take_counts(struct wpb_rung *rung,
                                      const struct wpb_mysql_rows *rows)
{
    struct postmeta *postmeta = postmeta_of(rung);

    for (size_t i = 0; i < rows->rows; i++) {
        struct wpb_slice name = wpb_rows_text(rows, i, 0);
        const struct wpb_builder_name *row = wpb_builder_of_meta(name);
        uint64_t count = wpb_rows_count(rows, i, 1);
        struct key *key = &postmeta->keys[postmeta->key_count];
        if (!row || name.len >= sizeof(key->name))
            continue;
        if (postmeta->key_count == KEYS_MAX || count > ROWS_MAX) {
            postmeta->left_out++;
            continue;
        }
        snprintf(key->name, sizeof(key->name), "%.*s", (int)name.len, name.data);
        key->row = row;
        postmeta->sampling[postmeta->key_count++].rows = count;
    }
    return WPB_RUNG_NEXT;
}

/* --- which rows to look at: as a hash of the id and of this scan's seed says --- */

static bool ask_ids(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct postmeta *postmeta = postmeta_of(rung);
    uint64_t rows = postmeta->sampling[postmeta->current].rows;

    if (postmeta->current == postmeta->key_count)
        return false;
    wpb_sql_add(sql, "SELECT meta_id FROM {postmeta} WHERE meta_key = ");
    wpb_sql_string(sql, wpb_slice_cstr(postmeta->keys[postmeta->current].name));
    if (rows > IDS_WANTED) {
        wpb_sql_add(sql, " AND MD5(CONCAT(meta_id, '.', ");
        wpb_sql_number(sql, postmeta->seed);
        wpb_sql_add(sql, ")) < '");
        wpb_buf_printf(
            &sql->text, "%08llx",
            (unsigned long long)((double)IDS_WANTED / (double)rows * 4294967296.0));
        wpb_sql_add(sql, "'");
    }
    wpb_sql_add(sql, " LIMIT ");
    wpb_sql_number(sql, IDS_MAX);
    return true;
}

static enum wpb_rung_next take_ids(struct wpb_rung *rung,
                                   const struct wpb_mysql_rows *rows)
{
    struct postmeta *postmeta = postmeta_of(rung);
    struct key *key = &postmeta->keys[postmeta->current];

    for (size_t i = 0; i < rows->rows && i < IDS_MAX; i++)
        key->ids[key->id_count++] = wpb_rows_count(rows, i, 0);
    wpb_sampling_shuffle(key->ids, key->id_count, &postmeta->seed);
    spend(postmeta, 1 + postmeta->sampling[postmeta->current].rows / ENTRIES_A_PAGE);
    return ++postmeta->current < postmeta->key_count ? WPB_RUNG_AGAIN : WPB_RUNG_NEXT;
}

/* --- their lengths --- */

/* First some of each key, those with the most rows first; then where it helps most. */
static bool choose_key(struct postmeta *postmeta)
{
    for (size_t i = 0; i < postmeta->key_count && postmeta->pages > BATCH; i++) {
        const struct key *key = &postmeta->keys[i];
        if (key->asked < WPB_SAMPLING_MIN && key->asked < key->id_count) {
            postmeta->current = i;
            return true;
        }
    }
    postmeta->current = wpb_sampling_next(postmeta->sampling, postmeta->key_count, BATCH,
                                          SAMPLE_MAX, postmeta->pages, tail_of(postmeta));
    return postmeta->current < postmeta->key_count &&
           postmeta->keys[postmeta->current].asked <
               postmeta->keys[postmeta->current].id_count;
}

static bool ask_lengths(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct postmeta *postmeta = postmeta_of(rung);
    struct key *key;

    if (!choose_key(postmeta))
        return false;
    key = &postmeta->keys[postmeta->current];
    wpb_sql_add(sql, "SELECT post_id, LENGTH(meta_value) FROM {postmeta} WHERE meta_id");
    for (size_t i = 0; i < BATCH && key->asked < key->id_count; i++) {
        if (key->asked >= SAMPLE_MAX)
            break;
        wpb_sql_add(sql, i ? ", " : " IN (");
        wpb_sql_number(sql, key->ids[key->asked++]);
    }
    wpb_sql_add(sql, ") LIMIT ");
    wpb_sql_number(sql, BATCH);
    return true;
}

static enum wpb_rung_next take_lengths(struct wpb_rung *rung,
                                       const struct wpb_mysql_rows *rows)
{
    struct postmeta *postmeta = postmeta_of(rung);
    struct key *key = &postmeta->keys[postmeta->current];
    struct wpb_sampling *sampling = &postmeta->sampling[postmeta->current];

    for (size_t i = 0; i < rows->rows && sampling->count < SAMPLE_MAX; i++) {
        struct value value = {wpb_rows_count(rows, i, 0), wpb_rows_count(rows, i, 1)};
        if (sampling->count == 0 || value.bytes > sampling->largest)
            key->largest_post = value.post_id;
        key->values[sampling->count] = value;
        wpb_sampling_add(sampling, value.bytes);
        spend(postmeta, wpb_sampling_pages_of(value.bytes));
    }
    /* Rows deleted since they were chosen are no rows of the key any more. */
    if (key->asked == key->id_count && key->id_count == sampling->rows)
        sampling->rows = sampling->count;
    wpb_rung_count(rung, rows->rows);
    return WPB_RUNG_AGAIN;
}

/* --- which of them are revisions' --- */

static bool wants_revisions(const struct postmeta *postmeta, size_t i)
{
    const struct wpb_builder_name *row = postmeta->keys[i].row;

    return row->role == WPB_BUILDER_LAYOUT && postmeta->sampling[i].count > 0;
}

static bool ask_revisions(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct postmeta *postmeta = postmeta_of(rung);
    struct key *key;

    for (size_t i = 0; i < postmeta->key_count; i++) {
        key = &postmeta->keys[i];
        if (!wants_revisions(postmeta, i) || key->looked)
            continue;
        postmeta->current = i;
        wpb_sql_add(sql, "SELECT ID FROM {posts} WHERE post_type = 'revision' AND ID");
        for (; key->looked < REVISION_LOOKS && key->looked < postmeta->sampling[i].count;
             key->looked++) {
            wpb_sql_add(sql, key->looked ? ", " : " IN (");
            wpb_sql_number(sql, key->values[key->looked].post_id);
        }
        wpb_sql_add(sql, ") LIMIT ");
        wpb_sql_number(sql, REVISION_LOOKS);
        return true;
    }
    return false;
}

static bool has_id(const struct wpb_mysql_rows *rows, uint64_t id)
{
    for (size_t i = 0; i < rows->rows; i++) {
        if (wpb_rows_count(rows, i, 0) == id)
            return true;
    }
    return false;
}

static enum wpb_rung_next take_revisions(struct wpb_rung *rung,
                                         const struct wpb_mysql_rows *rows)
{
    struct postmeta *postmeta = postmeta_of(rung);
    struct key *key = &postmeta->keys[postmeta->current];

    for (uint64_t i = 0; i < key->looked; i++) {
        key->looked_bytes += key->values[i].bytes;
        if (!has_id(rows, key->values[i].post_id))
            continue;
        key->revisions++;
        key->revision_bytes += key->values[i].bytes;
    }
    key->has_revisions = true;
    spend(postmeta, key->looked);
    return WPB_RUNG_AGAIN;
}

/* --- compiled CSS that lies in options, such as a transient a page --- */

static bool ask_css_option(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct postmeta *postmeta = postmeta_of(rung);
    size_t count;
    const struct wpb_builder_name *names = wpb_builder_options(&count);

    while (postmeta->css_option < count &&
           names[postmeta->css_option].role != WPB_BUILDER_CSS)
        postmeta->css_option++;
    if (postmeta->css_option == count)
        return false;
    for (int part = 0; part < 2; part++) {
        wpb_sql_add(sql, part ? ", COUNT(*), SUM(bytes) FROM (SELECT "
                                "LENGTH(option_value) AS bytes FROM {options} WHERE "
                              : "SELECT (SELECT COUNT(*) FROM {options} WHERE ");
        wpb_sql_add(sql, "option_name");
        if (names[postmeta->css_option].is_prefix) {
            wpb_sql_like_prefix(sql, names[postmeta->css_option].name);
        } else {
            wpb_sql_add(sql, " = ");
            wpb_sql_string(sql, names[postmeta->css_option].name);
        }
        if (part == 0)
            wpb_sql_add(sql, ")");
    }
    wpb_sql_add(sql, " LIMIT ");
    wpb_sql_number(sql, CSS_OPTIONS_LOOKED_AT);
    wpb_sql_add(sql, ") AS looked");
    return true;
}

static enum wpb_rung_next take_css_option(struct wpb_rung *rung,
                                          const struct wpb_mysql_rows *rows)
{
    struct postmeta *postmeta = postmeta_of(rung);
    size_t count;
    const struct wpb_builder_name *names = wpb_builder_options(&count);
    struct css *css = &postmeta->css[names[postmeta->css_option++].builder];
    uint64_t all = wpb_rows_count(rows, 0, 0), looked = wpb_rows_count(rows, 0, 1);
    double bytes = (double)wpb_rows_count(rows, 0, 2);

    if (looked == 0)
        return WPB_RUNG_AGAIN;
    css->is_there = true;
    css->bytes += (uint64_t)(bytes * (double)all / (double)looked);
    css->sampled += looked;
    css->is_partial |= looked < all;
    return WPB_RUNG_AGAIN;
}

static const struct wpb_rung_step steps[] = {
    {.what = "how meta keys are indexed",
     .bounds = {2, 1024, 2000},
     .ask = ask_index,
     .answer = take_index},
    {.what = "the size of postmeta",
     .bounds = {1, 1024, 2000},
     .ask = ask_table,
     .answer = take_table},
    {.what = "rows of heavy meta keys",
     .bounds = {COUNTED_MAX, 131072, 5000},
     .pages_max = 400,
     .ask = ask_counts,
     .answer = take_counts},
    {.what = "which rows to sample",
     .bounds = {IDS_MAX, 65536, 5000},
     .pages_max = ROWS_MAX / ENTRIES_A_PAGE,
     .ask = ask_ids,
     .answer = take_ids},
    {.what = "lengths of sampled values",
     .bounds = {BATCH, 4096, 5000},
     .pages_max = 600,
     .ask = ask_lengths,
     .answer = take_lengths},
    {.what = "revisions among them",
     .bounds = {REVISION_LOOKS, 4096, 5000},
     .pages_max = REVISION_LOOKS,
     .ask = ask_revisions,
     .answer = take_revisions},
    {.what = "compiled CSS in options",
     .bounds = {1, 1024, 5000},
     .pages_max = 200,
     .ask = ask_css_option,
     .answer = take_css_option},
};

static const struct wpb_rung_kind kind = {.steps = steps,
                                          .step_count = sizeof(steps) / sizeof(steps[0]),
                                          .state_size = sizeof(struct postmeta),
                                          .fini = post_all};

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    return wpb_rung_start(run, &kind, err);
}

const struct wpb_probe wpb_probe_mysql_postmeta = {
    .name = "mysql.postmeta",
    .help = "what the heavy meta keys of page builders weigh, by a sample of each with "
            "its interval; copies of layouts in revisions; compiled CSS",
    .unit = "values",
    .needs = "mysql",
    .after = "mysql.builders",
    .look = WPB_LOOK_SURVEY,
    .cost = WPB_COST_MEDIUM,
    .deadline_ms = 30000,
    .max_items = KEYS_MAX * SAMPLE_MAX,
    .max_bytes = 1u << 20,
    .grants = "SELECT on postmeta, posts and options",
    .start = start,
    .step = wpb_rung_step,
    .cancel = wpb_rung_cancel,
    .free = wpb_rung_free,
};
