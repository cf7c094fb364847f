#include "mysql_look.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char *or_usual(const char *text, const char *usual)
{
    return text ? text : usual;
}

void mysql_look_prepare(struct mysql_look *look, const struct mysql_server *server,
                        const struct mysql_wordpress *wordpress)
{
    look->turn = NULL;
    look->site = (struct wpb_site){
        .name = "test",
        .owner = "",
        .path = "",
        .config_file = "",
        .content_dir = "",
        .plugin_dir = "",
        .mu_plugin_dir = "",
        .theme_dir = "",
        .wp_version = "",
        .table_prefix = or_usual(wordpress->prefix, "wp_"),
        .db_name = or_usual(wordpress->schema, "wordpress"),
        .db_host = "",
        .has_mysql = true,
        .mysql = {.host = "",
                  .path = server->socket,
                  .schema = or_usual(wordpress->schema, "wordpress"),
                  .user = MYSQL_WORDPRESS_USER,
                  .password = MYSQL_WORDPRESS_PASSWORD},
        .db_charset = or_usual(wordpress->charset, "utf8mb4"),
        .flavour_version = "",
        .flavour_note = "",
        .key_prefix = "",
        .memory_limit_source = "",
    };
}

void mysql_look_turn(struct mysql_look *look, const struct wpb_probe *const *probes,
                     const struct wpb_turn_options *options)
{
    struct wpb_turn_options chosen = {.budget = WPB_BUDGET_NORMAL,
                                      .top = 15,
                                      .survey = true,
                                      .now_ms = 1790000000000,
                                      .limits = wpb_choice_defaults};
    struct wpb_err err = {0};

    if (options)
        chosen = *options;
    chosen.probes = probes;
    look->turn = wpb_turn_new(&look->site, 1, &chosen);
    assert_non_null(look->turn);
    assert_int_equal(wpb_turn_run(look->turn, &err), 0);
}

void mysql_look(struct mysql_look *look, struct mysql_server *server,
                const struct mysql_wordpress *wordpress,
                const struct wpb_probe *const *probes,
                const struct wpb_turn_options *options)
{
    mysql_look_prepare(look, server, wordpress);
    mysql_look_turn(look, probes, options);
}

void mysql_look_free(struct mysql_look *look)
{
    wpb_turn_free(look->turn);
}

const struct wpb_subject *mysql_look_find(const struct mysql_look *look,
                                          enum wpb_subject_kind kind, const char *name)
{
    const struct wpb_window *window = wpb_turn_window(look->turn, 0);
    const struct wpb_subject *subject;
    size_t cursor = 0;

    while ((subject = wpb_window_next(window, kind, NULL, &cursor))) {
        if (wpb_slice_is(subject->name, name))
            return subject;
    }
    return NULL;
}

const struct wpb_sample *mysql_look_sample(const struct mysql_look *look,
                                           enum wpb_subject_kind kind, const char *name,
                                           enum wpb_metric metric)
{
    const struct wpb_subject *subject = mysql_look_find(look, kind, name);

    return subject ? wpb_window_get(wpb_turn_window(look->turn, 0), subject, metric)
                   : NULL;
}

/* Why it is not there is in the coverage. */
static void fail_with_coverage(const struct mysql_look *look, enum wpb_metric metric,
                               const char *name)
{
    size_t count;
    const struct wpb_coverage *rows = wpb_turn_coverage(look->turn, &count);

    for (size_t i = 0; i < count; i++)
        print_error("%s: %s %s\n", rows[i].probe,
                    wpb_coverage_status_name(rows[i].status), rows[i].reason);
    fail_msg("nothing was posted: %s of %s", wpb_metric_row(metric)->name, name);
}

long long mysql_look_integer(const struct mysql_look *look, enum wpb_subject_kind kind,
                             const char *name, enum wpb_metric metric)
{
    const struct wpb_sample *sample = mysql_look_sample(look, kind, name, metric);

    if (!sample)
        fail_with_coverage(look, metric, name);
    assert_int_equal(sample->value.type, WPB_VALUE_INTEGER);
    return sample->value.integer;
}

void mysql_look_text_is(const struct mysql_look *look, enum wpb_subject_kind kind,
                        const char *name, enum wpb_metric metric, const char *expected)
{
    const struct wpb_sample *sample = mysql_look_sample(look, kind, name, metric);

    if (!sample)
        fail_with_coverage(look, metric, name);
    assert_int_equal(sample->value.type, WPB_VALUE_TEXT);
    if (!wpb_slice_is(sample->value.text, expected))
        fail_msg("%s of %s: '%.*s' instead of '%s'", wpb_metric_row(metric)->name, name,
                 (int)sample->value.text.len, sample->value.text.data, expected);
}

const struct wpb_coverage *mysql_look_coverage(const struct mysql_look *look,
                                               const char *probe)
{
    size_t count;
    const struct wpb_coverage *rows = wpb_turn_coverage(look->turn, &count);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].probe, probe) == 0)
            return &rows[i];
    }
    fail_msg("%s is not in the coverage", probe);
    return NULL;
}

void mysql_look_was_whole(const struct mysql_look *look, const char *probe)
{
    const struct wpb_coverage *row = mysql_look_coverage(look, probe);

    if (row->status != WPB_COVERAGE_OK)
        fail_msg("%s is %s: %s", probe, wpb_coverage_status_name(row->status),
                 row->reason);
}
