/* mysql.post: what the meta of one post holds: how heavy, what in it, whose, how many
 * copies of it revisions keep. */
#include "agent/base/mysql_address.h"
#include "probes/mysql/cell.h"
#include "probes/mysql/probes.h"
#include "probes/php/zend.h"

/* Rows of meta whose lengths are asked for: a post of 20,000 has a trouble of its own. */
#define ROWS_MAX 20000
#define LISTED_MAX 200
#define POSTED_MAX 20
/* Values that are read of one post, the largest first. */
#define VALUES_MAX 6
#define BUILDER_VALUE_MIN 1024
#define OTHER_VALUE_MIN 65536
/* Ancestors in an address. */
#define LEVELS_MAX 8
#define PATH_MAX_BYTES 400
#define REVISIONS_MAX 200
/* Their layouts are whole copies: a few give the mean. */
#define REVISIONS_MEASURED 2

struct meta {
    uint64_t id, bytes;
    struct wpb_slice key;
    const struct wpb_builder_name *name; /* the builder's row, or NULL */
};

struct post {
    struct wpb_arena *arena;
    struct meta *metas; /* the largest, largest first */
    size_t meta_count;
    uint64_t rows, bytes; /* of all its meta */
    bool is_revision;
    uint64_t parent;
    unsigned levels;
    struct wpb_slice path;
    size_t at, taken; /* the value that is read, and how many were */
    bool is_reading;
    struct wpb_cell cell;
    bool has_css;
    uint64_t css_bytes;
    enum wpb_provenance css_provenance;
    uint64_t revisions;
};

static struct post *post_of(const struct wpb_rung *rung)
{
    return wpb_rung_state(rung);
}

/* The window's own subject, whose name is the id. */
static const struct wpb_subject *subject_of(const struct wpb_rung *rung)
{
    return wpb_rung_request(rung)->subject;
}

static void add_id(const struct wpb_rung *rung, struct wpb_sql *sql)
{
    wpb_buf_slice(&sql->text, subject_of(rung)->name);
}

static void put_text(struct wpb_rung *rung, enum wpb_metric metric, struct wpb_slice text)
{
    wpb_rung_post(rung, subject_of(rung), metric, wpb_value_text(text), WPB_EXACT);
}

static struct wpb_subject meta_subject(const struct wpb_rung *rung,
                                       const struct meta *meta)
{
    struct wpb_subject subject =
        wpb_mysql_scope_subject(wpb_rung_scope(rung), WPB_SUBJECT_META_KEY, meta->key);

    subject.parent = subject_of(rung);
    return subject;
}

/* ---- all its meta ---- */

static bool ask_metas(struct wpb_rung *rung, struct wpb_sql *sql)
{
    wpb_sql_add(sql, "SELECT meta_id, meta_key, bytes FROM (SELECT meta_id, meta_key, "
                     "LENGTH(meta_value) AS bytes FROM {postmeta} WHERE post_id = ");
    add_id(rung, sql);
    wpb_sql_add(sql, " LIMIT ");
    wpb_sql_number(sql, ROWS_MAX);
    wpb_sql_add(sql, ") AS metas ORDER BY bytes DESC, meta_id LIMIT ");
    wpb_sql_number(sql, LISTED_MAX);
    return true;
}

static void put_sums(struct wpb_rung *rung)
{
    struct post *post = post_of(rung);
    enum wpb_provenance provenance = post->rows < ROWS_MAX ? WPB_EXACT : WPB_ESTIMATED;

    wpb_rung_post(rung, subject_of(rung), WPB_M_ROWS, wpb_value_count(post->rows),
                  provenance);
    wpb_rung_post(rung, subject_of(rung), WPB_M_ROW_BYTES, wpb_value_count(post->bytes),
                  provenance);
    if (post->rows >= ROWS_MAX)
        wpb_rung_note(rung,
                      "post %.*s has %u rows of meta or more; the first %u were read",
                      (int)subject_of(rung)->name.len, subject_of(rung)->name.data,
                      ROWS_MAX, ROWS_MAX);
}

static void put_metas(struct wpb_rung *rung)
{
    struct post *post = post_of(rung);

    if (post->meta_count)
        put_text(rung, WPB_M_LARGEST_META_KEY, post->metas[0].key);
    for (size_t i = 0; i < post->meta_count && i < POSTED_MAX; i++) {
        struct wpb_subject subject = meta_subject(rung, &post->metas[i]);
        wpb_rung_post_count(rung, &subject, WPB_M_ROW_BYTES, post->metas[i].bytes);
        wpb_cell_post_builder(rung, &subject, post->metas[i].name);
    }
}

static enum wpb_rung_next take_metas(struct wpb_rung *rung,
                                     const struct wpb_mysql_rows *rows)
{
    struct post *post = post_of(rung);

    post->arena = wpb_arena_new();
    if (!post->arena)
        return WPB_RUNG_SITE_DONE;
    post->metas = wpb_arena_alloc(post->arena, (rows->rows + 1) * sizeof(*post->metas));
    for (size_t i = 0; i < rows->rows; i++) {
        struct meta *meta = &post->metas[post->meta_count++];
        meta->id = wpb_rows_count(rows, i, 0);
        meta->key = wpb_arena_copy(post->arena, wpb_rows_text(rows, i, 1));
        meta->bytes = wpb_rows_count(rows, i, 2);
        meta->name = wpb_builder_of_meta(meta->key);
        post->bytes += meta->bytes;
    }
    post->rows = post->meta_count;
    put_metas(rung);
    if (post->rows < LISTED_MAX)
        put_sums(rung);
    wpb_rung_count(rung, 1);
    return WPB_RUNG_NEXT;
}

static bool ask_sums(struct wpb_rung *rung, struct wpb_sql *sql)
{
    if (post_of(rung)->rows < LISTED_MAX)
        return false;
    wpb_sql_add(sql, "SELECT COUNT(*), SUM(bytes) FROM (SELECT LENGTH(meta_value) AS "
                     "bytes FROM {postmeta} WHERE post_id = ");
    add_id(rung, sql);
    wpb_sql_add(sql, " LIMIT ");
    wpb_sql_number(sql, ROWS_MAX);
    wpb_sql_add(sql, ") AS metas");
    return true;
}

static enum wpb_rung_next take_sums(struct wpb_rung *rung,
                                    const struct wpb_mysql_rows *rows)
{
    struct post *post = post_of(rung);

    post->rows = wpb_rows_count(rows, 0, 0);
    post->bytes = wpb_rows_count(rows, 0, 1);
    put_sums(rung);
    return WPB_RUNG_NEXT;
}

/* ---- what post it is ---- */

static bool ask_post(struct wpb_rung *rung, struct wpb_sql *sql)
{
    wpb_sql_add(sql, "SELECT post_type, post_status, post_name, post_parent FROM {posts} "
                     "WHERE ID = ");
    add_id(rung, sql);
    return true;
}

/* Nobody is shown a revision: the post that it is one of is worth a look instead. */
static void put_original(struct wpb_rung *rung)
{
    struct post *post = post_of(rung);
    struct wpb_mysql_post original;

    if (!post->parent)
        return;
    wpb_mysql_post_init(&original, &wpb_rung_site(rung)->mysql, post->parent);
    wpb_rung_post_count(rung, &original.subject, WPB_M_POST_ID, post->parent);
    wpb_rung_post_count(rung, &original.subject, WPB_M_LARGEST_BYTES, post->bytes);
    wpb_mysql_post_fini(&original);
}

static enum wpb_rung_next take_post(struct wpb_rung *rung,
                                    const struct wpb_mysql_rows *rows)
{
    struct post *post = post_of(rung);

    wpb_rung_post_count(rung, subject_of(rung), WPB_M_PRESENT, rows->rows || post->rows);
    if (rows->rows == 0) {
        if (post->rows)
            wpb_rung_post_count(rung, subject_of(rung), WPB_M_ORPHAN_ROWS, post->rows);
        return WPB_RUNG_NEXT;
    }
    put_text(rung, WPB_M_POST_TYPE, wpb_rows_text(rows, 0, 0));
    put_text(rung, WPB_M_POST_STATUS, wpb_rows_text(rows, 0, 1));
    post->is_revision = wpb_slice_is(wpb_rows_text(rows, 0, 0), "revision");
    post->path = wpb_arena_copy(post->arena, wpb_rows_text(rows, 0, 2));
    post->parent = wpb_rows_count(rows, 0, 3);
    if (post->is_revision)
        put_original(rung);
    return WPB_RUNG_NEXT;
}

static bool ask_parent(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct post *post = post_of(rung);

    if (post->parent && post->path.len && post->levels < LEVELS_MAX) {
        wpb_sql_add(sql, "SELECT post_name, post_parent FROM {posts} WHERE ID = ");
        wpb_sql_number(sql, post->parent);
        return true;
    }
    if (post->path.len)
        put_text(rung, WPB_M_POST_PATH,
                 wpb_slice_cstr(wpb_arena_printf(post->arena, "/%.*s/",
                                                 (int)post->path.len, post->path.data)));
    return false;
}

static enum wpb_rung_next take_parent(struct wpb_rung *rung,
                                      const struct wpb_mysql_rows *rows)
{
    struct post *post = post_of(rung);
    struct wpb_slice name = wpb_rows_text(rows, 0, 0);

    post->levels++;
    post->parent = wpb_rows_count(rows, 0, 1);
    if (name.len == 0 || name.len + post->path.len > PATH_MAX_BYTES)
        post->parent = 0;
    else
        post->path = wpb_slice_cstr(
            wpb_arena_printf(post->arena, "%.*s/%.*s", (int)name.len, name.data,
                             (int)post->path.len, post->path.data));
    return WPB_RUNG_AGAIN;
}

/* ---- its largest values ---- */

static bool is_worth_reading(const struct meta *meta)
{
    if (wpb_layout_is_text(meta->name))
        return false;
    return meta->bytes >= (meta->name ? BUILDER_VALUE_MIN : OTHER_VALUE_MIN);
}

/* The length of a string that takes ENCODED bytes in serialize, s:LENGTH:"...";. */
static uint64_t string_length(uint64_t encoded)
{
    uint64_t power = 10;

    for (uint64_t digits = 1; encoded >= digits + 6; digits++, power *= 10)
        if (encoded - digits - 6 < power)
            return encoded - digits - 6;
    return 0;
}

/* The CSS in it: Elementor and Spectra keep theirs in a member, which Elementor leaves
 * out when it has written a file. */
static void add_css(struct post *post, const struct meta *meta,
                    const struct wpb_layout_result *result)
{
    bool is_array = meta->name && meta->name->encoding == WPB_BUILDER_SERIALIZE;

    if (!meta->name || meta->name->role != WPB_BUILDER_CSS)
        return;
    post->has_css = true;
    if (!is_array) {
        post->css_bytes += meta->bytes;
        return;
    }
    if (!result || !result->outer.is_complete)
        post->css_provenance = WPB_ESTIMATED;
    for (size_t i = 0; result && i < result->outer.path_count; i++) {
        if (wpb_slice_is(result->outer.paths[i].path, "css") &&
            result->outer.paths[i].type == WPB_PHP_STRING) {
            post->css_bytes += string_length(result->outer.paths[i].bytes);
            return;
        }
    }
    if (!result || meta->name->builder != WPB_BUILDER_ELEMENTOR)
        post->css_bytes += meta->bytes;
}

static void value_ended(struct wpb_rung *rung)
{
    struct post *post = post_of(rung);
    const struct meta *meta = &post->metas[post->at];
    struct wpb_subject subject = meta_subject(rung, meta);

    wpb_cell_finish(&post->cell);
    wpb_cell_post(&post->cell, rung, &subject, false);
    add_css(post, meta, &post->cell.result);
    wpb_cell_fini(&post->cell);
    post->is_reading = false;
    post->taken++;
    post->at++;
}

/* On to the next value to read; false when there is none. */
static bool begin_value(struct wpb_rung *rung)
{
    struct post *post = post_of(rung);

    for (; post->at < post->meta_count; post->at++) {
        const struct meta *meta = &post->metas[post->at];
        if (post->taken < VALUES_MAX && is_worth_reading(meta)) {
            wpb_cell_init(&post->cell, meta->name, meta->bytes,
                          wpb_rung_request(rung)->byte_cap);
            post->is_reading = true;
            return true;
        }
        add_css(post, meta, NULL);
    }
    return false;
}

static bool ask_value(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct post *post = post_of(rung);

    if (post->is_revision || (!post->is_reading && !begin_value(rung)))
        return false;
    wpb_cell_select(&post->cell, sql, "meta_value");
    wpb_sql_add(sql, " FROM {postmeta} WHERE meta_id = ");
    wpb_sql_number(sql, post->metas[post->at].id);
    return true;
}

static enum wpb_rung_next take_value(struct wpb_rung *rung,
                                     const struct wpb_mysql_rows *rows)
{
    if (!wpb_cell_take(&post_of(rung)->cell, rows, wpb_rung_site(rung)->php_version))
        value_ended(rung);
    return WPB_RUNG_AGAIN;
}

/* ---- the whole ---- */

/* When the entry is not in the cache update_meta_cache() reads all rows: the result as
 * the client library holds it, an object and an array for each row, and of both the
 * strings and a list of one value for each key stay. */
static void put_cost(struct wpb_rung *rung)
{
    uint32_t version = wpb_rung_site(rung)->php_version;
    struct post *post = post_of(rung);
    uint64_t list = WPB_ZEND_ARRAY + wpb_zend_packed_bytes(8, version);
    uint64_t row = WPB_ZEND_ARRAY + wpb_zend_hash_bytes(8);
    uint64_t slots = wpb_zend_hash_slots(post->rows);
    uint64_t held = post->bytes + WPB_ZEND_ARRAY + wpb_zend_hash_bytes(slots) +
                    post->rows * (list + wpb_zend_string_bytes(32));

    if (post->rows == 0 || post->is_revision)
        return;
    wpb_rung_post(rung, subject_of(rung), WPB_M_PHP_VALUE_BYTES, wpb_value_count(held),
                  WPB_ESTIMATED);
    wpb_rung_post(rung, subject_of(rung), WPB_M_PHP_READ_PEAK_BYTES,
                  wpb_value_count(held + post->bytes + 2 * row * post->rows),
                  WPB_ESTIMATED);
}

static const struct meta *layout_of(const struct post *post)
{
    for (size_t i = 0; i < post->meta_count; i++)
        if (post->metas[i].name && post->metas[i].name->role == WPB_BUILDER_LAYOUT)
            return &post->metas[i];
    return NULL;
}

static void put_builder(struct wpb_rung *rung)
{
    const struct meta *layout = layout_of(post_of(rung));

    if (layout)
        wpb_cell_post_builder(rung, subject_of(rung), layout->name);
}

/* ---- its revisions ---- */

static void add_revisions(struct wpb_rung *rung, struct wpb_sql *sql, const char *what,
                          uint64_t most)
{
    const struct meta *layout = layout_of(post_of(rung));

    wpb_sql_add(sql, what);
    wpb_sql_add(sql, " FROM (SELECT ID FROM {posts} WHERE post_parent = ");
    add_id(rung, sql);
    wpb_sql_add(sql, " AND post_type = 'revision' ORDER BY ID DESC LIMIT ");
    wpb_sql_number(sql, most);
    wpb_sql_add(sql, ") AS revisions JOIN {postmeta} AS meta ON meta.post_id = "
                     "revisions.ID AND meta.meta_key = ");
    wpb_sql_string(sql, layout->key);
}

static bool ask_revisions(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct post *post = post_of(rung);

    if (post->is_reading) /* its statement failed */
        value_ended(rung);
    if (post->has_css)
        wpb_rung_post(rung, subject_of(rung), WPB_M_CSS_BYTES,
                      wpb_value_count(post->css_bytes), post->css_provenance);
    put_cost(rung);
    put_builder(rung);
    if (post->is_revision || !layout_of(post))
        return false;
    add_revisions(rung, sql, "SELECT COUNT(*)", REVISIONS_MAX);
    return true;
}

static enum wpb_rung_next take_revisions(struct wpb_rung *rung,
                                         const struct wpb_mysql_rows *rows)
{
    struct post *post = post_of(rung);

    post->revisions = wpb_rows_count(rows, 0, 0);
    wpb_rung_post(rung, subject_of(rung), WPB_M_REVISIONS,
                  wpb_value_count(post->revisions),
                  post->revisions < REVISIONS_MAX ? WPB_EXACT : WPB_ESTIMATED);
    return WPB_RUNG_NEXT;
}

static bool ask_revision_bytes(struct wpb_rung *rung, struct wpb_sql *sql)
{
    if (post_of(rung)->revisions == 0)
        return false;
    add_revisions(rung, sql, "SELECT COUNT(*), SUM(LENGTH(meta.meta_value))",
                  REVISIONS_MEASURED);
    return true;
}

static enum wpb_rung_next take_revision_bytes(struct wpb_rung *rung,
                                              const struct wpb_mysql_rows *rows)
{
    uint64_t revisions = post_of(rung)->revisions;
    uint64_t measured = wpb_rows_count(rows, 0, 0), bytes = wpb_rows_count(rows, 0, 1);

    if (measured == 0)
        return WPB_RUNG_NEXT;
    if (measured < revisions)
        bytes = (uint64_t)((double)bytes / (double)measured * (double)revisions);
    wpb_rung_post(rung, subject_of(rung), WPB_M_REVISION_BYTES, wpb_value_count(bytes),
                  measured < revisions ? WPB_ESTIMATED : WPB_EXACT);
    return WPB_RUNG_NEXT;
}

static void fini(struct wpb_rung *rung)
{
    struct post *post = post_of(rung);

    wpb_cell_fini(&post->cell);
    wpb_arena_free(post->arena);
    post->arena = NULL;
}

static const struct wpb_rung_step steps[] = {
    {.what = "the post's meta",
     .bounds = {LISTED_MAX, 262144, 5000},
     .pages_max = WPB_CELL_PAGES,
     .ask = ask_metas,
     .answer = take_metas},
    {.what = "the sum of the post's meta",
     .bounds = {1, 1024, 5000},
     .pages_max = WPB_CELL_PAGES,
     .ask = ask_sums,
     .answer = take_sums},
    {.what = "the post", .bounds = {1, 4096, 2000}, .ask = ask_post, .answer = take_post},
    {.what = "the post's address",
     .bounds = {1, 4096, 2000},
     .ask = ask_parent,
     .answer = take_parent},
    {.what = "a value of the post",
     .bounds = WPB_CELL_BOUNDS,
     .pages_max = WPB_CELL_PAGES,
     .ask = ask_value,
     .answer = take_value},
    {.what = "the post's revisions",
     .bounds = {1, 1024, 5000},
     .pages_max = WPB_CELL_PAGES,
     .ask = ask_revisions,
     .answer = take_revisions},
    {.what = "the bytes of the post's revisions",
     .bounds = {1, 1024, 5000},
     .pages_max = WPB_CELL_PAGES,
     .ask = ask_revision_bytes,
     .answer = take_revision_bytes},
};

static bool is_id(const struct wpb_request *request)
{
    struct wpb_slice name = request->subject->name;

    for (size_t i = 0; i < name.len; i++)
        if (name.data[i] < '0' || name.data[i] > '9')
            return false;
    return name.len > 0 && name.len <= 18;
}

static const struct wpb_rung_kind kind = {.steps = steps,
                                          .step_count = sizeof(steps) / sizeof(steps[0]),
                                          .state_size = sizeof(struct post),
                                          .is_examiner = true,
                                          .wants = is_id,
                                          .fini = fini};

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    return wpb_rung_start(run, &kind, err);
}

const struct wpb_probe wpb_probe_mysql_post = {
    .name = "mysql.post",
    .help = "all meta of one post: how heavy, the builder's layout and CSS taken apart, "
            "copies of it in revisions",
    .unit = "posts",
    .needs = "mysql",
    .look = WPB_LOOK_EXAMINE,
    .examines = WPB_SUBJECT_POST,
    .cost = WPB_COST_MEDIUM,
    .deadline_ms = 60000,
    .grants = "SELECT on the posts and postmeta tables",
    .start = start,
    .step = wpb_rung_step,
    .cancel = wpb_rung_cancel,
    .free = wpb_rung_free,
};
