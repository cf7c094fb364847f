#include "agent/analyse/database_tables.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A row, whatever of, and what it is ordered by. */
struct weighed {
    uint64_t weight;
    const char *site;
    struct wpb_slice name;
    const void *row;
};

static bool take_count(const struct wpb_window *window, const struct wpb_subject *subject,
                       enum wpb_metric metric, uint64_t *count)
{
    int64_t value = wpb_window_integer(window, subject, metric, -1);

    if (value < 0)
        return false;
    *count = (uint64_t)value;
    return true;
}

static uint64_t count_of(const struct wpb_window *window,
                         const struct wpb_subject *subject, enum wpb_metric metric)
{
    uint64_t count = 0;

    take_count(window, subject, metric, &count);
    return count;
}

static int heaviest_first(const void *left, const void *right)
{
    const struct weighed *a = left, *b = right;
    int order;

    if (a->weight != b->weight)
        return a->weight > b->weight ? -1 : 1;
    if ((order = strcmp(a->site, b->site)) != 0)
        return order;
    return wpb_slice_compare(a->name, b->name);
}

/* One table in the making: the rows of a window are its subjects of KIND that `fill`
 * takes. */
struct maker {
    enum wpb_subject_kind kind;
    size_t row_size;
    /* Make ROW of SUBJECT and say its weight; false: it is not for this table. */
    bool (*fill)(const struct wpb_window *window, const struct wpb_subject *subject,
                 void *row, uint64_t *weight);
};

static size_t weigh(const struct maker *maker, const struct wpb_window *window,
                    struct wpb_arena *arena, struct weighed *rows)
{
    const struct wpb_subject *subject;
    void *row = wpb_arena_alloc(arena, maker->row_size);
    size_t cursor = 0, count = 0;

    while ((subject = wpb_window_next(window, maker->kind, NULL, &cursor))) {
        struct weighed *weighed = &rows[count];

        *weighed = (struct weighed){
            .site = wpb_window_site(window)->name, .name = subject->name, .row = row};
        if (!maker->fill(window, subject, row, &weighed->weight))
            continue;
        row = wpb_arena_alloc(arena, maker->row_size);
        count++;
    }
    return count;
}

static size_t subjects_of(const struct wpb_window *const *windows, size_t count,
                          enum wpb_subject_kind kind)
{
    size_t subjects = 0;

    for (size_t w = 0; w < count; w++) {
        size_t cursor = 0;
        while (wpb_window_next(windows[w], kind, NULL, &cursor))
            subjects++;
    }
    return subjects;
}

/* The rows of all windows in order, at most MAX of each. */
static const void *make(const struct maker *maker,
                        const struct wpb_window *const *windows, size_t count, size_t max,
                        struct wpb_arena *arena, size_t *row_count)
{
    size_t room = subjects_of(windows, count, maker->kind) + 1, kept = 0;
    struct weighed *weighed = wpb_arena_alloc(arena, room * sizeof(*weighed));
    char *rows;

    for (size_t w = 0; w < count; w++) {
        size_t of_window = weigh(maker, windows[w], arena, weighed + kept);

        qsort(weighed + kept, of_window, sizeof(*weighed), heaviest_first);
        kept += of_window < max ? of_window : max;
    }
    qsort(weighed, kept, sizeof(*weighed), heaviest_first);
    rows = wpb_arena_alloc(arena, (kept + 1) * maker->row_size);
    for (size_t i = 0; i < kept; i++)
        memcpy(rows + i * maker->row_size, weighed[i].row, maker->row_size);
    *row_count = kept;
    return rows;
}

static bool fill_table(const struct wpb_window *window, const struct wpb_subject *subject,
                       void *row, uint64_t *weight)
{
    struct wpb_table_row *table = row;

    *table = (struct wpb_table_row){
        .site = wpb_window_site(window)->name,
        .scope = subject->scope,
        .table = subject->name,
        .engine = wpb_window_text(window, subject, WPB_M_ENGINE),
        .index_bytes = count_of(window, subject, WPB_M_INDEX_BYTES)};
    table->has_rows = take_count(window, subject, WPB_M_ROWS, &table->rows);
    if (!take_count(window, subject, WPB_M_DATA_BYTES, &table->data_bytes))
        return false;
    const struct wpb_sample *orphans = wpb_window_get(window, subject, WPB_M_ORPHAN_ROWS);
    table->has_orphans =
        take_count(window, subject, WPB_M_ORPHAN_ROWS, &table->orphan_rows);
    table->are_orphans_sampled = orphans && orphans->provenance != WPB_EXACT;
    table->has_products =
        take_count(window, subject, WPB_M_LOOKUP_ROWS, &table->lookup_rows) &&
        take_count(window, subject, WPB_M_PRODUCTS, &table->products);
    *weight = table->data_bytes + table->index_bytes;
    return true;
}

static bool fill_option(const struct wpb_window *window,
                        const struct wpb_subject *subject, void *row, uint64_t *weight)
{
    struct wpb_option_row *option = row;
    uint64_t autoloaded = 0;

    *option = (struct wpb_option_row){.site = wpb_window_site(window)->name,
                                      .scope = subject->scope,
                                      .option = subject->name};
    option->has_autoloaded = take_count(window, subject, WPB_M_AUTOLOADED, &autoloaded);
    option->is_autoloaded = autoloaded != 0;
    /* With a parent it is a name inside a notoptions. */
    if (subject->parent ||
        !take_count(window, subject, WPB_M_ROW_BYTES, &option->row_bytes))
        return false;
    *weight = option->row_bytes;
    return true;
}

static bool fill_meta_key(const struct wpb_window *window,
                          const struct wpb_subject *subject, void *row, uint64_t *weight)
{
    struct wpb_meta_key_row *key = row;
    const struct wpb_sample *bytes = wpb_window_get(window, subject, WPB_M_ROW_BYTES);

    *key = (struct wpb_meta_key_row){
        .site = wpb_window_site(window)->name,
        .scope = subject->scope,
        .meta_key = subject->name,
        .builder = wpb_window_text(window, subject, WPB_M_BUILDER),
        .role = wpb_window_text(window, subject, WPB_M_META_ROLE)};
    key->has_rows = take_count(window, subject, WPB_M_ROWS, &key->rows);
    key->has_bytes = take_count(window, subject, WPB_M_ROW_BYTES, &key->row_bytes);
    if (key->has_bytes)
        key->provenance = bytes->provenance;
    key->has_interval =
        take_count(window, subject, WPB_M_ROW_BYTES_LOW, &key->row_bytes_low) &&
        take_count(window, subject, WPB_M_ROW_BYTES_HIGH, &key->row_bytes_high);
    /* With a parent it is the value of one post. */
    if (subject->parent || (!key->rows && !key->row_bytes))
        return false;
    /* Bytes outweigh rows: those whose bytes nobody has read come last. */
    *weight = key->has_bytes ? key->row_bytes | UINT64_C(1) << 62 : key->rows;
    return true;
}

/* The length of the cache entry that carries the meta of post ID. */
static bool take_entry(const struct wpb_window *window, struct wpb_slice id,
                       uint64_t *bytes)
{
    const struct wpb_subject *key;
    size_t cursor = 0;

    while ((key = wpb_window_next(window, WPB_SUBJECT_REDIS_KEY, NULL, &cursor))) {
        int64_t of = wpb_window_integer(window, key, WPB_M_POST_ID, -1);
        char decimal[24];

        snprintf(decimal, sizeof(decimal), "%" PRId64, of);
        if (of >= 0 && wpb_slice_is(id, decimal) &&
            take_count(window, key, WPB_M_VALUE_BYTES, bytes))
            return true;
    }
    return false;
}

static bool fill_post(const struct wpb_window *window, const struct wpb_subject *subject,
                      void *row, uint64_t *weight)
{
    struct wpb_post_row *post = row;

    *post = (struct wpb_post_row){
        .site = wpb_window_site(window)->name,
        .scope = subject->scope,
        .post_id = subject->name,
        .type = wpb_window_text(window, subject, WPB_M_POST_TYPE),
        .status = wpb_window_text(window, subject, WPB_M_POST_STATUS),
        .path = wpb_window_text(window, subject, WPB_M_POST_PATH),
        .largest_meta_key = wpb_window_text(window, subject, WPB_M_LARGEST_META_KEY)};
    post->has_row_bytes = take_count(window, subject, WPB_M_ROW_BYTES, &post->row_bytes);
    post->has_entry_bytes = take_entry(window, subject->name, &post->entry_bytes);
    *weight = post->row_bytes > post->entry_bytes ? post->row_bytes : post->entry_bytes;
    return *weight > 0;
}

/* The options table of the site itself; of a network's sites any, when that is not
 * known. */
static const struct wpb_subject *options_table(const struct wpb_window *window)
{
    const struct wpb_subject *subject, *found = NULL;
    const char *prefix = wpb_window_site(window)->table_prefix;
    size_t cursor = 0;

    while ((subject = wpb_window_next(window, WPB_SUBJECT_TABLE, NULL, &cursor))) {
        size_t prefix_len = strlen(prefix);

        if (!wpb_window_get(window, subject, WPB_M_AUTOLOAD_BYTES))
            continue;
        if (wpb_slice_starts(subject->name, wpb_slice_cstr(prefix)) &&
            wpb_slice_is(wpb_slice_skip(subject->name, prefix_len), "options"))
            return subject;
        found = found ? found : subject;
    }
    return found;
}

static bool fill_database(const struct wpb_window *window,
                          const struct wpb_subject *server, void *row, uint64_t *weight)
{
    struct wpb_database_row *database = row;
    const struct wpb_subject *table, *options = options_table(window);
    size_t cursor = 0;

    *database = (struct wpb_database_row){
        .site = wpb_window_site(window)->name,
        .scope = server->scope,
        .version = wpb_window_text(window, server, WPB_M_VERSION)};
    while ((table = wpb_window_next(window, WPB_SUBJECT_TABLE, NULL, &cursor))) {
        uint64_t data = 0;

        database->scope = table->scope;
        if (!take_count(window, table, WPB_M_DATA_BYTES, &data))
            continue;
        database->has_tables = true;
        database->tables++;
        database->data_bytes += data;
        database->index_bytes += count_of(window, table, WPB_M_INDEX_BYTES);
    }
    if (options) {
        database->has_autoload = true;
        database->autoload_bytes = count_of(window, options, WPB_M_AUTOLOAD_BYTES);
        database->autoload_options = count_of(window, options, WPB_M_OPTIONS);
    }
    *weight = 0;
    return true;
}

void wpb_database_tables_fill(const struct wpb_window *const *windows, size_t count,
                              size_t max, struct wpb_arena *arena,
                              struct wpb_database_report *database)
{
    static const struct maker databases = {
        WPB_SUBJECT_MYSQL_SERVER, sizeof(struct wpb_database_row), fill_database};
    static const struct maker tables = {WPB_SUBJECT_TABLE, sizeof(struct wpb_table_row),
                                        fill_table};
    static const struct maker options = {WPB_SUBJECT_OPTION,
                                         sizeof(struct wpb_option_row), fill_option};
    static const struct maker meta_keys = {
        WPB_SUBJECT_META_KEY, sizeof(struct wpb_meta_key_row), fill_meta_key};
    static const struct maker posts = {WPB_SUBJECT_POST, sizeof(struct wpb_post_row),
                                       fill_post};

    /* One a site, however many servers a replica makes them. */
    database->databases =
        make(&databases, windows, count, 1, arena, &database->database_count);
    database->tables = make(&tables, windows, count, max, arena, &database->table_count);
    database->options =
        make(&options, windows, count, max, arena, &database->option_count);
    database->meta_keys =
        make(&meta_keys, windows, count, max, arena, &database->meta_key_count);
    database->posts = make(&posts, windows, count, max, arena, &database->post_count);
}
