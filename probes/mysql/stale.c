/* mysql.stale_notoptions: whether options that a notoptions calls absent are there. */
#include "probes/mysql/probes.h"
#include "probes/mysql/rung.h"
#include "probes/wordpress/site_of_key.h"

#define NAMES_MAX 200
/* A name has at most 191 characters. */
#define NAME_BYTES 764

struct stale {
    size_t next; /* request from which the next notoptions is looked for */
    const struct wpb_subject *notoptions;
};

/* Requests of this probe are names whose parent is a notoptions; the others of their
 * kind are somebody else's. */
static const struct wpb_subject *notoptions_of(const struct wpb_request *request)
{
    const struct wpb_subject *parent = request->subject->parent;

    return parent && parent->kind == WPB_SUBJECT_REDIS_KEY ? parent : NULL;
}

/* The notoptions KEY is that of the current site, or of the BLOG in it. */
static bool is_of_site(const struct wpb_rung *rung, struct wpb_slice key,
                       struct wpb_slice *blog)
{
    size_t count;
    const struct wpb_site *const *sites = wpb_run_sites(wpb_rung_run(rung), &count);
    struct wpb_key_parts parts;

    if (wpb_site_of_key(sites, count, key, &parts) != wpb_rung_site(rung))
        return false;
    *blog = parts.blog;
    return true;
}

/* The first blog's tables have no number. */
static void add_options_table(const struct wpb_rung *rung, struct wpb_sql *sql,
                              struct wpb_slice blog)
{
    struct wpb_buf name;

    wpb_buf_init(&name, 0);
    wpb_buf_text(&name, wpb_rung_site(rung)->table_prefix);
    if (blog.len && !wpb_slice_is(blog, "1")) {
        wpb_buf_slice(&name, blog);
        wpb_buf_char(&name, '_');
    }
    wpb_buf_text(&name, "options");
    wpb_sql_identifier(sql, wpb_buf_view(&name));
    wpb_buf_fini(&name);
}

static void add_names(struct wpb_rung *rung, struct wpb_sql *sql)
{
    const struct stale *stale = wpb_rung_state(rung);
    size_t count, named = 0;
    const struct wpb_request *requests = wpb_run_requests(wpb_rung_run(rung), &count);

    for (size_t i = 0; i < count && named < NAMES_MAX; i++) {
        if (notoptions_of(&requests[i]) != stale->notoptions)
            continue;
        wpb_sql_add(sql, named++ ? ", " : "");
        wpb_sql_string(sql, requests[i].subject->name);
    }
}

static bool ask_names(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct stale *stale = wpb_rung_state(rung);
    size_t count;
    const struct wpb_request *requests = wpb_run_requests(wpb_rung_run(rung), &count);
    const struct wpb_subject *last = stale->notoptions;
    struct wpb_slice blog = {NULL, 0};

    for (; stale->next < count; stale->next++) {
        stale->notoptions = notoptions_of(&requests[stale->next]);
        if (stale->notoptions && stale->notoptions != last &&
            is_of_site(rung, stale->notoptions->name, &blog))
            break;
    }
    if (stale->next == count)
        return false;
    wpb_sql_add(sql, "SELECT ");
    wpb_sql_bytes_of(sql, "option_name", 1, NAME_BYTES);
    wpb_sql_add(sql, " FROM ");
    add_options_table(rung, sql, blog);
    wpb_sql_add(sql, " WHERE option_name IN (");
    add_names(rung, sql);
    wpb_sql_add(sql, ") LIMIT ");
    wpb_sql_number(sql, NAMES_MAX);
    return true;
}

/* The server compares as the column does, without case; names are equal by bytes. */
static bool is_among(struct wpb_slice name, const struct wpb_mysql_rows *rows)
{
    for (size_t i = 0; i < rows->rows; i++) {
        if (wpb_slice_equal(wpb_rows_text(rows, i, 0), name))
            return true;
    }
    return false;
}

static enum wpb_rung_next take_names(struct wpb_rung *rung,
                                     const struct wpb_mysql_rows *rows)
{
    const struct stale *stale = wpb_rung_state(rung);
    size_t count, named = 0;
    const struct wpb_request *requests = wpb_run_requests(wpb_rung_run(rung), &count);

    for (size_t i = 0; i < count && named < NAMES_MAX; i++) {
        if (notoptions_of(&requests[i]) != stale->notoptions)
            continue;
        wpb_rung_post_count(rung, requests[i].subject, WPB_M_IN_DATABASE,
                            is_among(requests[i].subject->name, rows));
        named++;
    }
    wpb_rung_count(rung, named);
    return WPB_RUNG_AGAIN;
}

static const struct wpb_rung_step steps[] = {
    {.what = "names that notoptions calls absent",
     .bounds = {NAMES_MAX, NAMES_MAX *NAME_BYTES, 3000},
     .pages_max = NAMES_MAX,
     .ask = ask_names,
     .answer = take_names},
};

static const struct wpb_rung_kind kind = {.steps = steps,
                                          .step_count = sizeof(steps) / sizeof(steps[0]),
                                          .state_size = sizeof(struct stale)};

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    return wpb_rung_start(run, &kind, err);
}

const struct wpb_probe wpb_probe_mysql_stale_notoptions = {
    .name = "mysql.stale_notoptions",
    .help = "some of the names that notoptions calls absent, looked up by name",
    .unit = "options",
    .needs = "mysql",
    .look = WPB_LOOK_EXAMINE,
    .examines = WPB_SUBJECT_OPTION,
    .cost = WPB_COST_LIGHT,
    .deadline_ms = 10000,
    .max_items = NAMES_MAX,
    .max_bytes = NAMES_MAX * NAME_BYTES,
    .grants = "SELECT on the options table",
    .start = start,
    .step = wpb_rung_step,
    .cancel = wpb_rung_cancel,
    .free = wpb_rung_free,
};
