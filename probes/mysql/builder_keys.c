/* mysql.builders: which page builders there are, by what they keep in post meta and
 * options, and where each puts its compiled CSS. */
#include "probes/mysql/meta_index.h"
#include "probes/mysql/probes.h"
#include "probes/mysql/rung.h"
#include "probes/wordpress/builder_setting.h"

/* Names of one builder are few but where they end in an id: those beyond are cut. */
#define KEYS_MAX 400
#define OPTIONS_MAX 64
/* A settings array has some tens of KB; et_divi is the largest known. */
#define SETTING_BYTES 65536
#define SETTINGS_MAX 16
/* Names looked up at once: those of one answer's guesses, and the prefixes. */
#define PREFIXES_MAX 16
#define RARE_MAX (WPB_META_GUESSES + PREFIXES_MAX)

struct builders {
    struct wpb_meta_index index;
    bool is_present[WPB_BUILDERS];
    size_t first;                                  /* of the names to estimate next */
    const struct wpb_builder_name *rare[RARE_MAX]; /* to be looked up next */
    size_t rare_count;
};

static struct builders *builders_of(const struct wpb_rung *rung)
{
    return wpb_rung_state(rung);
}

/* --- how this server counts --- */

static bool ask_index(struct wpb_rung *rung, struct wpb_sql *sql)
{
    (void)rung;
    wpb_meta_index_ask(sql);
    return true;
}

static enum wpb_rung_next take_index(struct wpb_rung *rung,
                                     const struct wpb_mysql_rows *rows)
{
    wpb_meta_index_take(&builders_of(rung)->index, rung, rows);
    return WPB_RUNG_NEXT;
}

/* --- meta keys --- */

static void post_key(struct wpb_rung *rung, struct wpb_slice name, uint64_t count,
                     enum wpb_provenance provenance)
{
    const struct wpb_builder_name *row = wpb_builder_of_meta(name);
    struct wpb_subject key =
        wpb_mysql_scope_subject(wpb_rung_scope(rung), WPB_SUBJECT_META_KEY, name);

    /* Equal by the column's collation alone: no builder's. */
    if (!row || count == 0)
        return;
    builders_of(rung)->is_present[row->builder] = true;
    wpb_rung_post(rung, &key, WPB_M_ROWS, wpb_value_count(count), provenance);
    wpb_rung_post(rung, &key, WPB_M_BUILDER,
                  wpb_value_text(wpb_slice_cstr(wpb_builder(row->builder)->slug)),
                  WPB_EXACT);
    wpb_rung_post(rung, &key, WPB_M_META_ROLE,
                  wpb_value_text(wpb_slice_cstr(wpb_builder_role_name(row->role))),
                  WPB_EXACT);
    wpb_rung_count(rung, 1);
}

static bool ask_counts(struct wpb_rung *rung, struct wpb_sql *sql)
{
    if (!builders_of(rung)->index.is_covering)
        return false;
    wpb_sql_add(sql, "SELECT meta_key, COUNT(*) FROM {postmeta} WHERE ");
    wpb_meta_names(sql, "meta_key", wpb_builder_metas, NULL);
    wpb_sql_add(sql, " GROUP BY meta_key LIMIT ");
    wpb_sql_number(sql, KEYS_MAX);
    return true;
}

static enum wpb_rung_next take_counts(struct wpb_rung *rung,
                                      const struct wpb_mysql_rows *rows)
{
    for (size_t i = 0; i < rows->rows; i++)
        post_key(rung, wpb_rows_text(rows, i, 0), wpb_rows_count(rows, i, 1), WPB_EXACT);
    if (rows->rows == KEYS_MAX)
        wpb_rung_note(rung, "only the first %d meta keys of page builders are counted",
                      KEYS_MAX);
    return WPB_RUNG_NEXT;
}

/* Where the index does not suffice, the optimizer's guess, by a few of its pages; of
 * those that have few, the rows themselves. */
static void add_prefixes(struct builders *builders)
{
    size_t count, added = 0;
    const struct wpb_builder_name *names = wpb_builder_metas(&count);

    for (size_t i = 0; i < count && added < PREFIXES_MAX; i++) {
        if (!names[i].is_prefix)
            continue;
        builders->rare[builders->rare_count++] = &names[i];
        added++;
    }
}

static void take_guesses(struct wpb_rung *rung, const struct wpb_mysql_rows *rows)
{
    struct builders *builders = builders_of(rung);
    struct wpb_meta_guess guesses[WPB_META_GUESSES];
    bool is_first = builders->first == 0;
    size_t count = wpb_meta_guess_take(rows, &builders->first, guesses);

    for (size_t i = 0; i < count; i++) {
        if (guesses[i].rows > WPB_META_RARE)
            post_key(rung, guesses[i].name->name, guesses[i].rows, WPB_ESTIMATED);
        else if (guesses[i].rows > 0)
            builders->rare[builders->rare_count++] = guesses[i].name;
    }
    if (is_first)
        add_prefixes(builders);
}

static void ask_rare(const struct builders *builders, struct wpb_sql *sql)
{
    for (size_t i = 0; i < builders->rare_count; i++) {
        wpb_sql_add(sql, i ? " UNION ALL " : "");
        wpb_sql_add(sql, "(SELECT meta_key FROM {postmeta} WHERE meta_key");
        if (builders->rare[i]->is_prefix) {
            wpb_sql_like_prefix(sql, builders->rare[i]->name);
        } else {
            wpb_sql_add(sql, " = ");
            wpb_sql_string(sql, builders->rare[i]->name);
        }
        wpb_sql_add(sql, " LIMIT ");
        wpb_sql_number(sql, WPB_META_RARE);
        wpb_sql_add(sql, ")");
    }
}

static void take_rare(struct wpb_rung *rung, const struct wpb_mysql_rows *rows)
{
    for (size_t i = 0; i < rows->rows; i++) {
        struct wpb_slice name = wpb_rows_text(rows, i, 0);
        uint64_t count = 1;
        if (i && wpb_slice_equal(name, wpb_rows_text(rows, i - 1, 0)))
            continue;
        while (i + count < rows->rows &&
               wpb_slice_equal(name, wpb_rows_text(rows, i + count, 0)))
            count++;
        post_key(rung, name, count, count < WPB_META_RARE ? WPB_EXACT : WPB_ESTIMATED);
    }
    builders_of(rung)->rare_count = 0;
}

static bool ask_without_index(struct wpb_rung *rung, struct wpb_sql *sql)
{
    const struct builders *builders = builders_of(rung);

    if (builders->index.is_covering)
        return false;
    if (builders->rare_count == 0)
        return wpb_meta_guess_ask(sql, builders->first);
    ask_rare(builders, sql);
    return true;
}

static enum wpb_rung_next take_without_index(struct wpb_rung *rung,
                                             const struct wpb_mysql_rows *rows)
{
    if (builders_of(rung)->rare_count)
        take_rare(rung, rows);
    else
        take_guesses(rung, rows);
    return WPB_RUNG_AGAIN;
}

/* --- options --- */

static bool is_plain_option(const struct wpb_builder_name *name)
{
    return !name->is_prefix;
}

static bool ask_options(struct wpb_rung *rung, struct wpb_sql *sql)
{
    (void)rung;
    wpb_sql_add(sql, "SELECT option_name, LENGTH(option_value) FROM {options} WHERE ");
    wpb_meta_names(sql, "option_name", wpb_builder_options, is_plain_option);
    wpb_sql_add(sql, " LIMIT ");
    wpb_sql_number(sql, OPTIONS_MAX);
    return true;
}

static enum wpb_rung_next take_options(struct wpb_rung *rung,
                                       const struct wpb_mysql_rows *rows)
{
    for (size_t i = 0; i < rows->rows; i++) {
        struct wpb_slice name = wpb_rows_text(rows, i, 0);
        const struct wpb_builder_name *row = wpb_builder_of_option(name);
        struct wpb_subject option =
            wpb_mysql_scope_subject(wpb_rung_scope(rung), WPB_SUBJECT_OPTION, name);
        if (!row)
            continue;
        builders_of(rung)->is_present[row->builder] = true;
        wpb_rung_post_count(rung, &option, WPB_M_ROW_BYTES, wpb_rows_count(rows, i, 1));
        wpb_rung_post(rung, &option, WPB_M_BUILDER,
                      wpb_value_text(wpb_slice_cstr(wpb_builder(row->builder)->slug)),
                      WPB_EXACT);
        wpb_rung_post(rung, &option, WPB_M_META_ROLE,
                      wpb_value_text(wpb_slice_cstr(wpb_builder_role_name(row->role))),
                      WPB_EXACT);
        wpb_rung_count(rung, 1);
    }
    return WPB_RUNG_NEXT;
}

/* --- settings --- */

static struct wpb_builder_choice choose(const struct wpb_builder *builder,
                                        const struct wpb_mysql_rows *rows)
{
    const char *option = builder->setting.option;

    for (size_t i = 0; option && i < rows->rows; i++) {
        struct wpb_slice value = wpb_rows_text(rows, i, 2);
        if (!wpb_slice_is(wpb_rows_text(rows, i, 0), option))
            continue;
        return wpb_builder_choose(
            builder, value.len >= SETTING_BYTES ? WPB_OPTION_CUT : WPB_OPTION_WHOLE,
            value);
    }
    return wpb_builder_choose(builder, WPB_OPTION_ABSENT, wpb_slice_cstr(""));
}

static void post_setting(struct wpb_rung *rung, const struct wpb_subject *component,
                         const struct wpb_builder *builder,
                         const struct wpb_builder_choice *choice)
{
    const struct wpb_builder_setting *setting = &builder->setting;
    struct wpb_buf name;

    if (!setting->option)
        return;
    wpb_buf_init(&name, 0);
    wpb_buf_text(&name, setting->option);
    if (setting->key)
        wpb_buf_printf(&name, "[%s]", setting->key);
    wpb_rung_post(rung, component, WPB_M_SETTING, wpb_value_text(wpb_buf_view(&name)),
                  WPB_EXACT);
    wpb_buf_fini(&name);
    if (setting->change)
        wpb_rung_post(rung, component, WPB_M_SETTING_CHANGE,
                      wpb_value_text(wpb_slice_cstr(setting->change)), WPB_EXACT);
    if (choice->is_readable)
        wpb_rung_post(rung, component, WPB_M_SETTING_VALUE,
                      wpb_value_text(wpb_slice_of(choice->value, choice->value_len)),
                      WPB_EXACT);
    else
        wpb_rung_note(rung,
                      "the option %s cannot be read: where %s puts its CSS is "
                      "not known",
                      setting->option, builder->name);
}

static void post_builders(struct wpb_rung *rung, const struct wpb_mysql_rows *rows)
{
    static const char *const places[] = {[WPB_CSS_UNKNOWN] = "unknown",
                                         [WPB_CSS_INLINE] = "inline",
                                         [WPB_CSS_FILE] = "file"};

    for (size_t i = 0; i < WPB_BUILDERS; i++) {
        const struct wpb_builder *builder = wpb_builder((enum wpb_builder_id)i);
        struct wpb_buf name;
        if (!builders_of(rung)->is_present[i])
            continue;
        wpb_buf_init(&name, 0);
        wpb_buf_printf(&name, "builder:%s", builder->slug);
        struct wpb_subject component = wpb_mysql_scope_subject(
            wpb_rung_scope(rung), WPB_SUBJECT_COMPONENT, wpb_buf_view(&name));
        struct wpb_builder_choice choice = choose(builder, rows);
        wpb_rung_post(rung, &component, WPB_M_BUILDER,
                      wpb_value_text(wpb_slice_cstr(builder->name)), WPB_EXACT);
        wpb_rung_post(rung, &component, WPB_M_CSS_PLACE,
                      wpb_value_text(wpb_slice_cstr(places[choice.place])), WPB_EXACT);
        post_setting(rung, &component, builder, &choice);
        wpb_buf_fini(&name);
    }
}

static bool ask_settings(struct wpb_rung *rung, struct wpb_sql *sql)
{
    const struct builders *builders = builders_of(rung);
    static const struct wpb_mysql_rows no_rows;
    size_t count = 0;

    wpb_sql_add(sql, "SELECT option_name, LENGTH(option_value), ");
    wpb_sql_bytes_of(sql, "option_value", 1, SETTING_BYTES);
    wpb_sql_add(sql, " FROM {options} WHERE option_name");
    for (size_t i = 0; i < WPB_BUILDERS; i++) {
        const struct wpb_builder *builder = wpb_builder((enum wpb_builder_id)i);
        if (!builders->is_present[i] || !builder->setting.option)
            continue;
        wpb_sql_add(sql, count++ ? ", " : " IN (");
        wpb_sql_string(sql, wpb_slice_cstr(builder->setting.option));
    }
    wpb_sql_add(sql, ") LIMIT ");
    wpb_sql_number(sql, SETTINGS_MAX);
    if (count == 0)
        post_builders(rung, &no_rows);
    return count > 0;
}

static enum wpb_rung_next take_settings(struct wpb_rung *rung,
                                        const struct wpb_mysql_rows *rows)
{
    post_builders(rung, rows);
    return WPB_RUNG_NEXT;
}

static const struct wpb_rung_step steps[] = {
    {.what = "how meta keys are indexed",
     .bounds = {3, 1024, 2000},
     .ask = ask_index,
     .answer = take_index},
    {.what = "meta keys of page builders",
     .bounds = {KEYS_MAX, 131072, 5000},
     .pages_max = 400,
     .ask = ask_counts,
     .answer = take_counts},
    {.what = "meta keys of page builders",
     .bounds = {RARE_MAX * WPB_META_RARE, 131072, 5000},
     .pages_max = 200,
     .ask = ask_without_index,
     .answer = take_without_index},
    {.what = "options of page builders",
     .bounds = {OPTIONS_MAX, 65536, 5000},
     .pages_max = 200,
     .ask = ask_options,
     .answer = take_options},
    {.what = "settings of page builders",
     .bounds = {SETTINGS_MAX, SETTINGS_MAX *(SETTING_BYTES + 256), 5000},
     .pages_max = 64,
     .ask = ask_settings,
     .answer = take_settings},
};

static const struct wpb_rung_kind kind = {.steps = steps,
                                          .step_count = sizeof(steps) / sizeof(steps[0]),
                                          .state_size = sizeof(struct builders)};

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    return wpb_rung_start(run, &kind, err);
}

const struct wpb_probe wpb_probe_mysql_builders = {
    .name = "mysql.builders",
    .help = "page builders: rows of their meta keys from the index alone, lengths of "
            "their options, and the setting that decides inline or file",
    .unit = "names",
    .needs = "mysql",
    .after = "mysql.server",
    .look = WPB_LOOK_SURVEY,
    .cost = WPB_COST_LIGHT,
    .deadline_ms = 20000,
    .max_items = KEYS_MAX + OPTIONS_MAX,
    .max_bytes = 1u << 20,
    .grants = "SELECT on postmeta and options",
    .start = start,
    .step = wpb_rung_step,
    .cancel = wpb_rung_cancel,
    .free = wpb_rung_free,
};
