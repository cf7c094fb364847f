/* mysql.transients: what WordPress keeps for a while in the options table, how much of it
 * is past its time, and which families of names there are. */
#include <inttypes.h>
#include <stdlib.h>

#include "probes/mysql/probes.h"
#include "probes/mysql/rung.h"
#include "probes/php/family.h"
#include "probes/php/name_sample.h"

/* Names come from the index on option_name alone, each with a look into it for its time:
 * 50,000 are some 900 pages. */
#define NAMES_A_PAGE 5000
#define NAMES_MAX 200000
static const uint64_t names_max[] = {
    [WPB_BUDGET_LOW] = 20000, [WPB_BUDGET_NORMAL] = 50000, [WPB_BUDGET_FULL] = NAMES_MAX};
#define NAMES_BYTES ((uint64_t)1 << 20) /* of one page of them */
#define FAMILIES_HELD 4096
#define FAMILIES_POSTED 20

/* Values and times lie in the rows themselves, where a page may hold a single one. A
 * table of 8 MB is read whole; of a larger one, some rows of each kind. */
#define WHOLE_TABLE_BYTES ((uint64_t)8 << 20)
#define WHOLE_NAMES 200
#define SAMPLE 200
#define SAMPLE_A_PAGE 50

/* Core looks for a transient's time under the name that follows from the transient's. The
 * few of the site come first. */
static const struct kind {
    const char *prefix, *timeout;
} kinds[] = {
    {"_site_transient_", "_site_transient_timeout_"},
    {"_transient_", "_transient_timeout_"},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Where the times lie among the names they must be stepped over, or the server reads all
 * of them for the first name behind. */
enum part { BEFORE_TIMES, BEHIND_TIMES, PARTS };

struct weight {
    uint64_t names, bytes, expired, expired_bytes;
};

struct transients {
    uint64_t table_bytes;

    size_t bounded; /* kinds of which the last time is known */
    struct wpb_buf last_time[KINDS];

    size_t listed; /* kinds whose names are all known */
    enum part part;
    bool has_begun, is_cut;
    struct wpb_buf last; /* the name that the next page begins after */
    uint64_t names[KINDS], without_timeout;
    uint64_t more[KINDS]; /* names that were not listed, by the optimizer's guess */
    struct wpb_families *families;
    struct wpb_topk *sample[KINDS];

    size_t weighed; /* kinds whose values are */
    size_t drawn;   /* of the current one's sample */
    struct weight weight[KINDS];
};

static bool ask_size(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct wpb_buf name;

    wpb_rung_table(rung, "options", &name);
    wpb_sql_add(sql, "SELECT DATA_LENGTH FROM information_schema.TABLES "
                     "WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ");
    wpb_sql_string(sql, wpb_buf_view(&name));
    wpb_buf_fini(&name);
    return true;
}

static enum wpb_rung_next take_size(struct wpb_rung *rung,
                                    const struct wpb_mysql_rows *rows)
{
    struct transients *state = wpb_rung_state(rung);

    state->table_bytes = wpb_rows_count(rows, 0, 0);
    return WPB_RUNG_NEXT;
}

/* --- names --- */

static uint64_t names_of(const struct transients *state)
{
    uint64_t names = 0;

    for (size_t i = 0; i < KINDS; i++)
        names += state->names[i];
    return names;
}

static bool ask_last_time(struct wpb_rung *rung, struct wpb_sql *sql)
{
    const struct transients *state = wpb_rung_state(rung);

    if (state->bounded == KINDS)
        return false;
    wpb_sql_add(sql, "SELECT option_name FROM {options} WHERE option_name");
    wpb_sql_like_prefix(sql, wpb_slice_cstr(kinds[state->bounded].timeout));
    wpb_sql_add(sql, " ORDER BY option_name DESC LIMIT 1");
    return true;
}

static enum wpb_rung_next take_last_time(struct wpb_rung *rung,
                                         const struct wpb_mysql_rows *rows)
{
    struct transients *state = wpb_rung_state(rung);
    struct wpb_buf *last = &state->last_time[state->bounded++];

    wpb_buf_init(last, 0);
    wpb_buf_slice(last, wpb_rows_text(rows, 0, 0));
    return WPB_RUNG_AGAIN;
}

static bool prepare(struct transients *state)
{
    wpb_buf_init(&state->last, 0);
    state->families = wpb_families_new(FAMILIES_HELD);
    for (size_t i = 0; i < KINDS; i++)
        state->sample[i] = wpb_topk_new(SAMPLE);
    return state->families && state->sample[0] && state->sample[1];
}

/* The row of the time of the transient in ROW, as WordPress joins them. */
static void add_timeout_join(struct wpb_sql *sql, const struct kind *kind)
{
    wpb_sql_add(sql, " FROM {options} v LEFT JOIN {options} t ON t.option_name = "
                     "CONCAT('");
    wpb_sql_add(sql, kind->timeout);
    wpb_sql_add(sql, "', SUBSTRING(v.option_name, ");
    wpb_sql_number(sql, strlen(kind->prefix) + 1);
    wpb_sql_add(sql, ")) WHERE ");
}

static void add_is_of_kind(struct wpb_sql *sql, const struct kind *kind)
{
    wpb_sql_add(sql, "v.option_name");
    wpb_sql_like_prefix(sql, wpb_slice_cstr(kind->prefix));
    wpb_sql_add(sql, " AND NOT v.option_name");
    wpb_sql_like_prefix(sql, wpb_slice_cstr(kind->timeout));
}

/* The names that come next: of the part, behind the last one. */
static void add_range(const struct transients *state, struct wpb_sql *sql)
{
    const struct kind *kind = &kinds[state->listed];

    add_is_of_kind(sql, kind);
    if (state->part == BEFORE_TIMES) {
        wpb_sql_add(sql, " AND v.option_name < ");
        wpb_sql_string(sql, wpb_slice_cstr(kind->timeout));
    }
    if (state->last.len == 0 && state->part == BEFORE_TIMES)
        return;
    wpb_sql_add(sql, " AND v.option_name > ");
    if (state->last.len)
        wpb_sql_string(sql, wpb_buf_view(&state->last));
    else if (state->last_time[state->listed].len)
        wpb_sql_string(sql, wpb_buf_view(&state->last_time[state->listed]));
    else
        wpb_sql_string(sql, wpb_slice_cstr(kind->timeout));
}

static bool ask_names(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct transients *state = wpb_rung_state(rung);

    if (!state->families && !prepare(state)) {
        wpb_rung_note(rung, "the names of transients: out of memory");
        return false;
    }
    wpb_sql_add(sql, "SELECT v.option_name, t.option_id IS NULL");
    add_timeout_join(sql, &kinds[state->listed]);
    add_range(state, sql);
    wpb_sql_add(sql, " ORDER BY v.option_name LIMIT ");
    wpb_sql_number(sql, NAMES_A_PAGE);
    return true;
}

static enum wpb_rung_next take_names(struct wpb_rung *rung,
                                     const struct wpb_mysql_rows *rows)
{
    struct transients *state = wpb_rung_state(rung);
    size_t kind = state->listed;

    state->has_begun = true;
    for (size_t i = 0; i < rows->rows; i++) {
        struct wpb_slice name = wpb_rows_text(rows, i, 0);
        wpb_families_add(state->families, name);
        wpb_name_sample_offer(state->sample[kind], name);
        state->without_timeout += wpb_rows_count(rows, i, 1);
    }
    state->names[kind] += rows->rows;
    wpb_rung_count(rung, rows->rows);
    wpb_buf_clear(&state->last);
    if (rows->rows > 0 && (rows->is_cut || rows->rows == NAMES_A_PAGE)) {
        wpb_buf_slice(&state->last, wpb_rows_text(rows, rows->rows - 1, 0));
        state->is_cut = names_of(state) >= names_max[wpb_run_budget(wpb_rung_run(rung))];
        return state->is_cut ? WPB_RUNG_NEXT : WPB_RUNG_AGAIN;
    }
    if (++state->part < PARTS)
        return WPB_RUNG_AGAIN;
    state->part = BEFORE_TIMES;
    return ++state->listed < KINDS ? WPB_RUNG_AGAIN : WPB_RUNG_NEXT;
}

static bool ask_more(struct wpb_rung *rung, struct wpb_sql *sql)
{
    const struct transients *state = wpb_rung_state(rung);

    if (!state->is_cut)
        return false;
    wpb_sql_add(sql, WPB_ROWS_EXPLAIN "SELECT v.option_name FROM {options} v WHERE ");
    add_range(state, sql);
    return true;
}

static enum wpb_rung_next take_more(struct wpb_rung *rung,
                                    const struct wpb_mysql_rows *rows)
{
    struct transients *state = wpb_rung_state(rung);

    state->more[state->listed] = wpb_rows_guess(rows, 0);
    wpb_rung_note(rung,
                  "the names of %" PRIu64 " transients were read; how many more there "
                  "are is guessed; --budget full reads more",
                  names_of(state));
    return WPB_RUNG_NEXT;
}

/* --- values --- */

static bool is_read_whole(const struct transients *state)
{
    bool is_small = state->table_bytes > 0 && state->table_bytes <= WHOLE_TABLE_BYTES;

    return state->listed == KINDS && (is_small || names_of(state) <= WHOLE_NAMES);
}

/* The next names of the sample; false when there are no more. */
static bool add_drawn_names(struct transients *state, struct wpb_sql *sql)
{
    size_t count, end = state->drawn + SAMPLE_A_PAGE;
    const struct wpb_topk_item *drawn =
        wpb_topk_sorted(state->sample[state->weighed], &count);

    if (state->drawn >= count)
        return false;
    wpb_sql_add(sql, "v.option_name IN (");
    for (; state->drawn < count && state->drawn < end; state->drawn++) {
        wpb_sql_string(sql, drawn[state->drawn].name);
        wpb_sql_add(sql, state->drawn + 1 < count && state->drawn + 1 < end ? ", " : ")");
    }
    return true;
}

static bool ask_values(struct wpb_rung *rung, struct wpb_sql *sql)
{
    struct transients *state = wpb_rung_state(rung);
    uint64_t now_s = (uint64_t)wpb_run_now_ms(wpb_rung_run(rung)) / 1000;
    struct wpb_buf is_expired;

    for (; state->weighed < KINDS; state->weighed++, state->drawn = 0) {
        if (state->names[state->weighed] == 0)
            continue;
        wpb_buf_init(&is_expired, 0);
        wpb_buf_printf(&is_expired, "t.option_value < %" PRIu64, now_s);
        wpb_sql_begin(sql, wpb_rung_site(rung));
        wpb_sql_add(sql, "SELECT COUNT(*), SUM(LENGTH(v.option_value)), SUM(");
        wpb_sql_add(sql, is_expired.data);
        wpb_sql_add(sql, "), SUM(IF(");
        wpb_sql_add(sql, is_expired.data);
        wpb_sql_add(sql, ", LENGTH(v.option_value), 0))");
        wpb_buf_fini(&is_expired);
        add_timeout_join(sql, &kinds[state->weighed]);
        if (!is_read_whole(state)) {
            if (add_drawn_names(state, sql))
                return true;
            continue;
        }
        add_is_of_kind(sql, &kinds[state->weighed]);
        return true;
    }
    return false;
}

static enum wpb_rung_next take_values(struct wpb_rung *rung,
                                      const struct wpb_mysql_rows *rows)
{
    struct transients *state = wpb_rung_state(rung);
    struct weight *weight = &state->weight[state->weighed];

    weight->names += wpb_rows_count(rows, 0, 0);
    weight->bytes += wpb_rows_count(rows, 0, 1);
    weight->expired += wpb_rows_count(rows, 0, 2);
    weight->expired_bytes += wpb_rows_count(rows, 0, 3);
    if (is_read_whole(state))
        state->weighed++;
    return WPB_RUNG_AGAIN;
}

/* --- the result --- */

/* PART of SEEN, taken for the same part of ALL. Names that were not read are like the
 * others in length, but numbers in them go with their age: of what has expired only what
 * was read is told, which is at least so much. */
static uint64_t scaled(uint64_t part, uint64_t seen, uint64_t all)
{
    if (seen == 0 || seen == all)
        return part;
    return (uint64_t)((double)part * (double)all / (double)seen);
}

static uint64_t all_names(const struct transients *state)
{
    return names_of(state) + state->more[0] + state->more[1];
}

static void post_families(struct wpb_rung *rung, const struct wpb_subject *table,
                          enum wpb_provenance provenance)
{
    struct transients *state = wpb_rung_state(rung);
    struct wpb_family top[FAMILIES_POSTED];
    size_t count = wpb_families_top(state->families, top, FAMILIES_POSTED);
    uint64_t seen = wpb_families_names(state->families);

    for (size_t i = 0; i < count; i++) {
        struct wpb_subject family = wpb_mysql_scope_subject(
            wpb_rung_scope(rung), WPB_SUBJECT_OPTION_FAMILY, top[i].template_name);
        family.parent = table;
        wpb_rung_post(rung, &family, WPB_M_NAMES,
                      wpb_value_count(scaled(top[i].names, seen, all_names(state))),
                      provenance);
        wpb_rung_post(rung, &family, WPB_M_SHARE_RATIO,
                      wpb_value_double((double)top[i].names / (double)seen), provenance);
    }
}

static void post_weights(struct wpb_rung *rung, const struct wpb_subject *table)
{
    struct transients *state = wpb_rung_state(rung);
    struct weight all = {0};
    bool is_whole = is_read_whole(state);
    enum wpb_provenance provenance = is_whole ? WPB_EXACT : WPB_ESTIMATED;

    for (size_t i = 0; i < KINDS; i++) {
        const struct weight *weight = &state->weight[i];
        uint64_t names = is_whole ? weight->names : state->names[i];
        if (weight->names == 0 && state->names[i] > 0)
            return; /* a kind could not be looked at */
        all.bytes += scaled(weight->bytes, weight->names, names + state->more[i]);
        all.expired += scaled(weight->expired, weight->names, names);
        all.expired_bytes += scaled(weight->expired_bytes, weight->names, names);
    }
    wpb_rung_post(rung, table, WPB_M_TRANSIENT_BYTES, wpb_value_count(all.bytes),
                  provenance);
    wpb_rung_post(rung, table, WPB_M_EXPIRED, wpb_value_count(all.expired), provenance);
    wpb_rung_post(rung, table, WPB_M_EXPIRED_BYTES, wpb_value_count(all.expired_bytes),
                  provenance);
}

static void post_all(struct wpb_rung *rung)
{
    struct transients *state = wpb_rung_state(rung);
    enum wpb_provenance provenance = state->listed == KINDS ? WPB_EXACT : WPB_ESTIMATED;
    struct wpb_buf name;
    struct wpb_subject table = wpb_rung_table(rung, "options", &name);

    wpb_rung_post(rung, &table, WPB_M_TRANSIENTS, wpb_value_count(all_names(state)),
                  provenance);
    wpb_rung_post(rung, &table, WPB_M_WITHOUT_TIMEOUT,
                  wpb_value_count(state->without_timeout), provenance);
    post_families(rung, &table, provenance);
    post_weights(rung, &table);
    wpb_buf_fini(&name);
}

static void fini(struct wpb_rung *rung)
{
    struct transients *state = wpb_rung_state(rung);

    if (state->has_begun)
        post_all(rung);
    wpb_buf_fini(&state->last);
    wpb_families_free(state->families);
    for (size_t i = 0; i < KINDS; i++) {
        wpb_buf_fini(&state->last_time[i]);
        wpb_topk_free(state->sample[i]);
    }
}

static const struct wpb_rung_step steps[] = {
    {.what = "the size of the options table",
     .bounds = {1, 1024, 2000},
     .ask = ask_size,
     .answer = take_size},
    {.what = "the last time of a transient",
     .bounds = {1, 4096, 5000},
     .pages_max = 10,
     .ask = ask_last_time,
     .answer = take_last_time},
    {.what = "the names of transients",
     .bounds = {NAMES_A_PAGE, NAMES_BYTES, 5000},
     .pages_max = 100,
     .ask = ask_names,
     .answer = take_names},
    {.what = "how many more transients there are",
     .bounds = {1, 4096, 2000},
     .ask = ask_more,
     .answer = take_more},
    {.what = "the times and lengths of transients",
     .bounds = {1, 1024, 5000},
     .pages_max = 600,
     .ask = ask_values,
     .answer = take_values},
};

static const struct wpb_rung_kind kind = {.steps = steps,
                                          .step_count = sizeof(steps) / sizeof(steps[0]),
                                          .state_size = sizeof(struct transients),
                                          .fini = fini};

static void *start(struct wpb_run *run, struct wpb_err *err)
{
    return wpb_rung_start(run, &kind, err);
}

const struct wpb_probe wpb_probe_mysql_transients = {
    .name = "mysql.transients",
    .help = "transients in the options table: how many, past their time, without one, "
            "and the families of their names",
    .unit = "transients",
    .needs = "mysql",
    .after = "mysql.server",
    .look = WPB_LOOK_SURVEY,
    .cost = WPB_COST_MEDIUM,
    .deadline_ms = 20000,
    .max_items = NAMES_MAX,
    .max_bytes = (NAMES_MAX / NAMES_A_PAGE + 1) * NAMES_BYTES,
    .grants = "SELECT on the options table",
    .start = start,
    .step = wpb_rung_step,
    .cancel = wpb_rung_cancel,
    .free = wpb_rung_free,
};
