/* mysql.option and mysql.meta: one value by its name, taken apart. */
#include "probes/mysql/cell.h"
#include "probes/mysql/probes.h"

struct value {
    bool is_reading;
    uint64_t row; /* its id */
    struct wpb_cell cell;
};

static struct value *value_of(const struct wpb_rung *rung)
{
    return wpb_rung_state(rung);
}

static const struct wpb_subject *subject_of(const struct wpb_rung *rung)
{
    return wpb_rung_request(rung)->subject;
}

/* The row's id and its length have come; none: there is no such option or meta. */
static enum wpb_rung_next take_row(struct wpb_rung *rung,
                                   const struct wpb_mysql_rows *rows)
{
    const struct wpb_subject *subject = subject_of(rung);
    struct value *value = value_of(rung);
    bool is_option = subject->kind == WPB_SUBJECT_OPTION;
    const struct wpb_builder_name *name = is_option ? wpb_builder_of_option(subject->name)
                                                    : wpb_builder_of_meta(subject->name);

    if (rows->rows == 0) {
        wpb_rung_post_count(rung, subject, WPB_M_PRESENT, 0);
        return WPB_RUNG_SITE_DONE;
    }
    value->row = wpb_rows_count(rows, 0, 0);
    value->is_reading = true;
    wpb_cell_init(&value->cell, name, wpb_rows_count(rows, 0, 1),
                  wpb_rung_request(rung)->byte_cap);
    if (is_option)
        wpb_rung_post_count(rung, subject, WPB_M_AUTOLOADED, wpb_rows_count(rows, 0, 2));
    return WPB_RUNG_NEXT;
}

static void value_ended(struct wpb_rung *rung)
{
    struct value *value = value_of(rung);

    value->is_reading = false;
    wpb_cell_finish(&value->cell);
    wpb_cell_post(&value->cell, rung, subject_of(rung), true);
    wpb_rung_count(rung, 1);
}

static enum wpb_rung_next take_piece(struct wpb_rung *rung,
                                     const struct wpb_mysql_rows *rows)
{
    if (wpb_cell_take(&value_of(rung)->cell, rows, wpb_rung_site(rung)->php_version))
        return WPB_RUNG_AGAIN;
    value_ended(rung);
    return WPB_RUNG_NEXT;
}

/* Nothing to ask: what was read before a statement failed is told. */
static bool tell_rest(struct wpb_rung *rung, struct wpb_sql *sql)
{
    (void)sql;
    if (value_of(rung)->is_reading && value_of(rung)->cell.has_begun)
        value_ended(rung);
    return false;
}

static void fini(struct wpb_rung *rung)
{
    wpb_cell_fini(&value_of(rung)->cell);
}

/* ---- an option ---- */

static bool ask_option(struct wpb_rung *rung, struct wpb_sql *sql)
{
    wpb_sql_add(sql, "SELECT option_id, LENGTH(option_value), autoload IN ('yes', 'on', "
                     "'auto', 'auto-on') FROM {options} WHERE option_name = ");
    wpb_sql_string(sql, subject_of(rung)->name);
    wpb_sql_add(sql, " LIMIT 1");
    return true;
}

static bool ask_option_piece(struct wpb_rung *rung, struct wpb_sql *sql)
{
    wpb_cell_select(&value_of(rung)->cell, sql, "option_value");
    wpb_sql_add(sql, " FROM {options} WHERE option_id = ");
    wpb_sql_number(sql, value_of(rung)->row);
    return value_of(rung)->is_reading;
}

static const struct wpb_rung_step option_steps[] = {
    {.what = "the option",
     .bounds = {1, 1024, 2000},
     .pages_max = WPB_CELL_PAGES,
     .ask = ask_option,
     .answer = take_row},
    {.what = "the option's value",
     .bounds = WPB_CELL_BOUNDS,
     .pages_max = WPB_CELL_PAGES,
     .ask = ask_option_piece,
     .answer = take_piece},
    {.what = "the option's value", .ask = tell_rest},
};

/* Options that notoptions calls absent have it as parent, and an examiner of their
 * own. */
static bool wants_option(const struct wpb_request *request)
{
    return !request->subject->parent;
}

static const struct wpb_rung_kind option_kind = {.steps = option_steps,
                                                 .step_count = sizeof(option_steps) /
                                                               sizeof(option_steps[0]),
                                                 .state_size = sizeof(struct value),
                                                 .is_examiner = true,
                                                 .wants = wants_option,
                                                 .fini = fini};

static void *start_option(struct wpb_run *run, struct wpb_err *err)
{
    return wpb_rung_start(run, &option_kind, err);
}

const struct wpb_probe wpb_probe_mysql_option = {
    .name = "mysql.option",
    .help = "one option's value taken apart: encoding, what is wrong with it, heaviest "
            "paths, families of names, PHP memory",
    .unit = "options",
    .needs = "mysql",
    .look = WPB_LOOK_EXAMINE,
    .examines = WPB_SUBJECT_OPTION,
    .cost = WPB_COST_MEDIUM,
    .deadline_ms = 60000,
    .grants = "SELECT on the options table",
    .start = start_option,
    .step = wpb_rung_step,
    .cancel = wpb_rung_cancel,
    .free = wpb_rung_free,
};

/* ---- one meta of one post ---- */

/* PHP tells "_Key" from "_key", MySQL's collation does not; the largest of several. */
static bool ask_meta(struct wpb_rung *rung, struct wpb_sql *sql)
{
    const struct wpb_subject *subject = subject_of(rung);

    wpb_sql_add(sql, "SELECT meta_id, LENGTH(meta_value) AS bytes FROM {postmeta} WHERE "
                     "post_id = ");
    wpb_buf_slice(&sql->text, subject->parent->name);
    wpb_sql_add(sql, " AND meta_key = ");
    wpb_sql_string(sql, subject->name);
    wpb_sql_add(sql, " AND CAST(meta_key AS BINARY) = CAST(");
    wpb_sql_string(sql, subject->name);
    wpb_sql_add(sql, " AS BINARY) ORDER BY bytes DESC LIMIT 1");
    return true;
}

static bool ask_meta_piece(struct wpb_rung *rung, struct wpb_sql *sql)
{
    wpb_cell_select(&value_of(rung)->cell, sql, "meta_value");
    wpb_sql_add(sql, " FROM {postmeta} WHERE meta_id = ");
    wpb_sql_number(sql, value_of(rung)->row);
    return value_of(rung)->is_reading;
}

static const struct wpb_rung_step meta_steps[] = {
    {.what = "the meta",
     .bounds = {1, 1024, 2000},
     .pages_max = WPB_CELL_PAGES,
     .ask = ask_meta,
     .answer = take_row},
    {.what = "the meta's value",
     .bounds = WPB_CELL_BOUNDS,
     .pages_max = WPB_CELL_PAGES,
     .ask = ask_meta_piece,
     .answer = take_piece},
    {.what = "the meta's value", .ask = tell_rest},
};

static bool wants_meta(const struct wpb_request *request)
{
    const struct wpb_subject *post = request->subject->parent;

    if (!post || post->kind != WPB_SUBJECT_POST || post->name.len == 0 ||
        post->name.len > 18)
        return false;
    for (size_t i = 0; i < post->name.len; i++)
        if (post->name.data[i] < '0' || post->name.data[i] > '9')
            return false;
    return true;
}

static const struct wpb_rung_kind meta_kind = {.steps = meta_steps,
                                               .step_count = sizeof(meta_steps) /
                                                             sizeof(meta_steps[0]),
                                               .state_size = sizeof(struct value),
                                               .is_examiner = true,
                                               .wants = wants_meta,
                                               .fini = fini};

static void *start_meta(struct wpb_run *run, struct wpb_err *err)
{
    return wpb_rung_start(run, &meta_kind, err);
}

const struct wpb_probe wpb_probe_mysql_meta = {
    .name = "mysql.meta",
    .help = "the value of one meta key of one post taken apart",
    .unit = "values",
    .needs = "mysql",
    .look = WPB_LOOK_EXAMINE,
    .examines = WPB_SUBJECT_META_KEY,
    .cost = WPB_COST_MEDIUM,
    .deadline_ms = 60000,
    .grants = "SELECT on the postmeta table",
    .start = start_meta,
    .step = wpb_rung_step,
    .cancel = wpb_rung_cancel,
    .free = wpb_rung_free,
};
