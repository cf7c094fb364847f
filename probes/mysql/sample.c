/* mysql.postmeta: what the heavy meta keys of page builders weigh, by a sample of their
 * rows, and how many of them are copies in revisions. */
#include "probes/mysql/sample.h"

#include <stdio.h>

#include "probes/mysql/probes.h"
#include "probes/mysql/rung.h"

#define COUNTED_MAX 100
#define IDS_WANTED 1200
#define BATCH 15
/* One pass over a key's entries in the index: 360 fill a page. Above, too many pages go
 * for the choice alone. */
#define ENTRIES_A_PAGE 360
#define ROWS_MAX 90000
/* Of those, and where the index on meta_key does not suffice, rows are found by ranges of
 * meta_id: some three pages each, without a value. */
#define RANGES 200
#define RANGE_IDS 64
#define RANGES_A_STATEMENT 20
#define RANGE_PAGES 3
/* Values whose posts are looked up: is it a revision? */
#define REVISION_LOOKS 60
#define CSS_OPTIONS_LOOKED_AT 40

static struct wpb_sampled_site *postmeta_of(const struct wpb_rung *rung)
{
    return wpb_rung_state(rung);
}

static void spend(struct wpb_sampled_site *postmeta, uint64_t pages)
{
    postmeta->pages -= pages < postmeta->pages ? pages : postmeta->pages;
}

/* --- what there is --- */

static bool ask_index(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct wpb_sampled_site *postmeta = postmeta_of(rung);

    postmeta->seed = (uint64_t)wpb_run_now_ms(wpb_rung_run(rung)) * 2 + 1;
    wpb_meta_index_ask(sql);
    return true;
}

static enum wpb_rung_next take_index(struct wpb_rung *rung,
                                     const struct wpb_mysql_rows *rows)
{
    struct wpb_sampled_site *postmeta = postmeta_of(rung);

    wpb_meta_index_take(&postmeta->index, rung, rows);
    postmeta->pages_max = wpb_sample_pages(rung, postmeta->index.pool_pages);
    postmeta->pages = postmeta->pages_max;
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
    struct wpb_sampled_site *postmeta = postmeta_of(rung);

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
        postmeta_of(rung)->needs_ranges = true;
        return false;
    }
    wpb_sql_add(sql, "SELECT meta_key, COUNT(*) AS entries FROM {postmeta} WHERE ");
    wpb_meta_names(sql, "meta_key", wpb_builder_metas, may_be_heavy);
    wpb_sql_add(sql, " GROUP BY meta_key ORDER BY entries DESC LIMIT ");
    wpb_sql_number(sql, COUNTED_MAX);
    return true;
}

/* Room for NAME, which is a builder's; NULL when it is none or all room is taken. */
static struct wpb_sampled_key *add_key(struct wpb_sampled_site *postmeta,
                                       struct wpb_slice name)
{
    const struct wpb_builder_name *row = wpb_builder_of_meta(name);
    struct wpb_sampled_key *key = &postmeta->keys[postmeta->key_count];

    if (!row || name.len >= sizeof(key->name))
        return NULL;
    if (postmeta->key_count == WPB_SAMPLED_KEYS_MAX) {
        postmeta->left_out++;
        return NULL;
    }
    snprintf(key->name, sizeof(key->name), "%.*s", (int)name.len, name.data);
    key->row = row;
    postmeta->key_count++;
    return key;
}

static enum wpb_rung_next take_counts(struct wpb_rung *rung,
                                      const struct wpb_mysql_rows *rows)
{
    struct wpb_sampled_site *postmeta = postmeta_of(rung);

    for (size_t i = 0; i < rows->rows; i++) {
        struct wpb_sampled_key *key = add_key(postmeta, wpb_rows_text(rows, i, 0));
        uint64_t count = wpb_rows_count(rows, i, 1);
        if (!key)
            continue;
        postmeta->sampling[key - postmeta->keys].rows = count;
        key->is_by_ranges = count > ROWS_MAX;
        postmeta->needs_ranges |= key->is_by_ranges;
    }
    return WPB_RUNG_NEXT;
}

/* --- which rows to look at: by ranges of ids --- */

static bool ask_ends(struct wpb_rung *rung, struct wpb_sql *sql)
{
    if (!postmeta_of(rung)->needs_ranges)
        return false;
    wpb_sql_add(sql, "SELECT MIN(meta_id), MAX(meta_id) FROM {postmeta}");
    return true;
}

/* Half of a small budget is for the values. */
static uint64_t ranges_for(const struct wpb_sampled_site *postmeta)
{
    uint64_t bearable = postmeta->pages_max / 2 / RANGE_PAGES;

    return bearable < RANGES ? bearable : RANGES;
}

static enum wpb_rung_next take_ends(struct wpb_rung *rung,
                                    const struct wpb_mysql_rows *rows)
{
    struct wpb_sampled_site *postmeta = postmeta_of(rung);
    uint64_t first = wpb_rows_count(rows, 0, 0), last = wpb_rows_count(rows, 0, 1);

    postmeta->needs_ranges = last > 0 && last >= first;
    if (postmeta->needs_ranges)
        wpb_id_ranges_init(&postmeta->ranges, first, last, ranges_for(postmeta),
                           RANGE_IDS, postmeta->seed);
    return WPB_RUNG_NEXT;
}

static bool ask_ranges(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct wpb_sampled_site *postmeta = postmeta_of(rung);

    if (!postmeta->needs_ranges)
        return false;
    wpb_sql_add(sql, "SELECT meta_id, meta_key FROM {postmeta} FORCE INDEX (PRIMARY) "
                     "WHERE ");
    if (!wpb_id_ranges_add(&postmeta->ranges, sql, "meta_id", RANGES_A_STATEMENT))
        return false;
    wpb_sql_add(sql, " AND ");
    wpb_meta_names(sql, "meta_key", wpb_builder_metas, may_be_heavy);
    wpb_sql_add(sql, " LIMIT ");
    wpb_sql_number(sql, RANGES_A_STATEMENT * RANGE_IDS);
    return true;
}

static struct wpb_sampled_key *key_of(struct wpb_sampled_site *postmeta,
                                      struct wpb_slice name)
{
    for (size_t i = 0; i < postmeta->key_count; i++) {
        if (wpb_slice_is(name, postmeta->keys[i].name))
            return &postmeta->keys[i];
    }
    return NULL;
}

/* Of more ids than there is room for, each is as likely to be kept as any other. */
static void keep_id(struct wpb_sampled_site *postmeta, struct wpb_sampled_key *key,
                    uint64_t id)
{
    uint64_t at = key->met++;

    if (at >= WPB_SAMPLED_IDS_MAX)
        at = wpb_sampling_random(&postmeta->seed) % key->met;
    if (at < WPB_SAMPLED_IDS_MAX)
        key->ids[at] = id;
    key->id_count = key->met < WPB_SAMPLED_IDS_MAX ? key->met : WPB_SAMPLED_IDS_MAX;
}

static enum wpb_rung_next take_ranges(struct wpb_rung *rung,
                                      const struct wpb_mysql_rows *rows)
{
    struct wpb_sampled_site *postmeta = postmeta_of(rung);

    for (size_t i = 0; i < rows->rows; i++) {
        struct wpb_slice name = wpb_rows_text(rows, i, 1);
        struct wpb_sampled_key *key = key_of(postmeta, name);
        if (!key && !postmeta->index.is_covering && (key = add_key(postmeta, name)))
            key->is_by_ranges = true;
        if (!key || !key->is_by_ranges)
            continue;
        if (!postmeta->index.is_covering)
            postmeta->sampling[key - postmeta->keys].found++;
        keep_id(postmeta, key, wpb_rows_count(rows, i, 0));
    }
    spend(postmeta, RANGES_A_STATEMENT * RANGE_PAGES);
    return WPB_RUNG_AGAIN;
}

/* What was found in ranges stands for all. */
static bool end_ranges(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct wpb_sampled_site *postmeta = postmeta_of(rung);

    (void)sql;
    for (size_t i = 0; i < postmeta->key_count; i++) {
        struct wpb_sampling *sampling = &postmeta->sampling[i];
        struct wpb_sampled_key *key = &postmeta->keys[i];
        if (!key->is_by_ranges)
            continue;
        wpb_sampling_shuffle(key->ids, key->id_count, &postmeta->seed);
        if (sampling->found == 0)
            continue;
        sampling->rows =
            (uint64_t)((double)sampling->found * wpb_id_ranges_scale(&postmeta->ranges));
        if (wpb_id_ranges_are_all(&postmeta->ranges))
            sampling->found = 0;
    }
    return false;
}

/* --- and the others: as a hash of the id and of this scan's seed says --- */

static bool ask_ids(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct wpb_sampled_site *postmeta = postmeta_of(rung);
    uint64_t rows;

    while (postmeta->current < postmeta->key_count &&
           postmeta->keys[postmeta->current].is_by_ranges)
        postmeta->current++;
    if (postmeta->current == postmeta->key_count)
        return false;
    rows = postmeta->sampling[postmeta->current].rows;
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
    wpb_sql_number(sql, WPB_SAMPLED_IDS_MAX);
    return true;
}

static enum wpb_rung_next take_ids(struct wpb_rung *rung,
                                   const struct wpb_mysql_rows *rows)
{
    struct wpb_sampled_site *postmeta = postmeta_of(rung);
    struct wpb_sampled_key *key = &postmeta->keys[postmeta->current];

    for (size_t i = 0; i < rows->rows && i < WPB_SAMPLED_IDS_MAX; i++)
        key->ids[key->id_count++] = wpb_rows_count(rows, i, 0);
    wpb_sampling_shuffle(key->ids, key->id_count, &postmeta->seed);
    spend(postmeta, 1 + postmeta->sampling[postmeta->current].rows / ENTRIES_A_PAGE);
    return ++postmeta->current < postmeta->key_count ? WPB_RUNG_AGAIN : WPB_RUNG_NEXT;
}

/* --- their lengths --- */

/* First some of each key, those with the most rows first; then where it helps most. */
static bool choose_key(struct wpb_sampled_site *postmeta)
{
    for (size_t i = 0; i < postmeta->key_count && postmeta->pages > BATCH; i++) {
        const struct wpb_sampled_key *key = &postmeta->keys[i];
        if (key->asked < WPB_SAMPLING_MIN && key->asked < key->id_count) {
            postmeta->current = i;
            return true;
        }
    }
    postmeta->current = wpb_sampling_next(postmeta->sampling, postmeta->key_count, BATCH,
                                          WPB_SAMPLED_VALUES_MAX, postmeta->pages,
                                          wpb_sample_tail(postmeta));
    return postmeta->current < postmeta->key_count &&
           postmeta->keys[postmeta->current].asked <
               postmeta->keys[postmeta->current].id_count;
}

static bool ask_lengths(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct wpb_sampled_site *postmeta = postmeta_of(rung);
    struct wpb_sampled_key *key;

    if (!choose_key(postmeta))
        return false;
    key = &postmeta->keys[postmeta->current];
    wpb_sql_add(sql, "SELECT post_id, LENGTH(meta_value) FROM {postmeta} WHERE meta_id");
    for (size_t i = 0; i < BATCH && key->asked < key->id_count; i++) {
        if (key->asked >= WPB_SAMPLED_VALUES_MAX)
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
    struct wpb_sampled_site *postmeta = postmeta_of(rung);
    struct wpb_sampled_key *key = &postmeta->keys[postmeta->current];
    struct wpb_sampling *sampling = &postmeta->sampling[postmeta->current];

    for (size_t i = 0; i < rows->rows && sampling->count < WPB_SAMPLED_VALUES_MAX; i++) {
        struct wpb_sampled_value value = {wpb_rows_count(rows, i, 0),
                                          wpb_rows_count(rows, i, 1)};
        if (sampling->count == 0 || value.bytes > sampling->largest)
            key->largest_post = value.post_id;
        key->values[sampling->count] = value;
        wpb_sampling_add(sampling, value.bytes);
        spend(postmeta, wpb_sampling_pages_of(value.bytes));
    }
    /* Rows deleted since they were chosen are no rows of the key any more. */
    if (key->asked == key->id_count && key->id_count == sampling->rows &&
        sampling->found == 0)
        sampling->rows = sampling->count;
    wpb_rung_count(rung, rows->rows);
    return WPB_RUNG_AGAIN;
}

/* --- which of them are revisions' --- */

static bool wants_revisions(const struct wpb_sampled_site *postmeta, size_t i)
{
    const struct wpb_builder_name *row = postmeta->keys[i].row;

    return row->role == WPB_BUILDER_LAYOUT && postmeta->sampling[i].count > 0;
}

static bool ask_revisions(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct wpb_sampled_site *postmeta = postmeta_of(rung);
    struct wpb_sampled_key *key;

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
    struct wpb_sampled_site *postmeta = postmeta_of(rung);
    struct wpb_sampled_key *key = &postmeta->keys[postmeta->current];

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
    struct wpb_sampled_site *postmeta = postmeta_of(rung);
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
    struct wpb_sampled_site *postmeta = postmeta_of(rung);
    size_t count;
    const struct wpb_builder_name *names = wpb_builder_options(&count);
    struct wpb_sampled_css *css = &postmeta->css[names[postmeta->css_option++].builder];
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
     .bounds = {3, 1024, 2000},
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
    {.what = "the first and the last meta_id",
     .bounds = {1, 1024, 2000},
     .pages_max = 16,
     .ask = ask_ends,
     .answer = take_ends},
    {.what = "ranges of postmeta",
     .bounds = {RANGES_A_STATEMENT * RANGE_IDS, 1u << 20, 5000},
     .pages_max = 2 * RANGES_A_STATEMENT * RANGE_PAGES,
     .ask = ask_ranges,
     .answer = take_ranges},
    {.what = "ranges of postmeta", .bounds = {1, 1024, 1000}, .ask = end_ranges},
    {.what = "which rows to sample",
     .bounds = {WPB_SAMPLED_IDS_MAX, 65536, 5000},
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
                                          .state_size = sizeof(struct wpb_sampled_site),
                                          .fini = wpb_sample_post};

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
    .max_items = WPB_SAMPLED_KEYS_MAX * WPB_SAMPLED_VALUES_MAX,
    .max_bytes = 1u << 20,
    .grants = "SELECT on postmeta, posts and options",
    .start = start,
    .step = wpb_rung_step,
    .cancel = wpb_rung_cancel,
    .free = wpb_rung_free,
};
