#include "agent/command/explain.h"

#include <stdio.h>

#include "agent/base/address.h"
#include "agent/base/clock.h"
#include "agent/base/mysql_address.h"
#include "agent/command/cli.h"
#include "agent/command/command.h"
#include "agent/command/explained.h"
#include "agent/schedule/turn.h"

#define VALUE_BYTES_MAX (64ull << 20)

static bool is_of_redis(const struct wpb_explain *explain)
{
    return explain->kind == WPB_EXPLAIN_REDIS;
}

static bool can_hold_it(const struct wpb_explain *explain, const struct wpb_site *site)
{
    return is_of_redis(explain) ? site->has_redis || site->rdb_file : site->has_mysql;
}

/* The one site that is meant; else say which there are. */
static const struct wpb_site *choose_site(const struct wpb_explain *explain,
                                          const struct wpb_selected_sites *selected)
{
    const char *what = is_of_redis(explain) ? "Redis" : "database";
    const struct wpb_site *chosen = NULL;

    for (size_t i = 0; i < selected->count; i++) {
        const struct wpb_site *site = &selected->sites[i];
        if (!can_hold_it(explain, site))
            continue;
        if (chosen) {
            wpb_cli_error("several sites have a %s (%s, %s, ...); say which with "
                          "--site NAME",
                          what, chosen->name, site->name);
            return NULL;
        }
        chosen = site;
    }
    if (!chosen)
        wpb_cli_error("no site with a %s was found; give --%s URI", what,
                      is_of_redis(explain) ? "redis" : "mysql");
    return chosen;
}

static const char *first_reason(const struct wpb_turn *turn)
{
    size_t count;
    const struct wpb_coverage *coverage = wpb_turn_coverage(turn, &count);

    for (size_t i = 0; i < count; i++) {
        if (coverage[i].reason[0])
            return coverage[i].reason;
    }
    return "it could not be read";
}

static int say_absent(const struct wpb_explain *explain,
                      const struct wpb_subject *subject)
{
    int len = (int)subject->scope.len;
    const char *scope = subject->scope.data;

    if (explain->kind == WPB_EXPLAIN_META)
        wpb_cli_error("post %s has no meta '%s' in %.*s", explain->post, explain->name,
                      len, scope);
    else
        wpb_cli_error("there is no %s '%s' in %.*s",
                      is_of_redis(explain) ? "key" : "option", explain->name, len, scope);
    return WPB_EXIT_UNMEASURED;
}

static int turn_and_show(const struct wpb_explain *explain, struct wpb_turn *turn,
                         const struct wpb_subject *subject)
{
    const struct wpb_window *window = wpb_turn_window(turn, 0);
    struct wpb_explanation explanation;
    struct wpb_err err = {0};

    if (wpb_turn_run(turn, &err)) {
        wpb_cli_error("%s", err.message);
        return WPB_EXIT_UNMEASURED;
    }
    if (wpb_window_integer(window, subject, WPB_M_PRESENT, -1) == 0)
        return say_absent(explain, subject);
    if (is_of_redis(explain)
            ? wpb_explained_key(window, subject, explain->arena, &explanation)
            : wpb_explained_row(window, subject, explain->arena, &explanation)) {
        wpb_cli_error("%s: %s", explain->name, first_reason(turn));
        return WPB_EXIT_UNMEASURED;
    }
    return wpb_explain_show(explain, &explanation);
}

/* Where the value is, as findings name it. */
static void write_scope(const struct wpb_explain *explain, const struct wpb_site *site,
                        struct wpb_buf *scope)
{
    if (!is_of_redis(explain))
        wpb_mysql_address_scope(&site->mysql, true, scope);
    else if (explain->rdb_scope)
        wpb_buf_text(scope, explain->rdb_scope);
    else
        wpb_redis_address_scope(&site->redis, true, scope);
}

/* One turn that looks at nothing but the value of NAME at SCOPE; the names in a Redis
 * value are then searched for in the sources. */
static int explain_at(const struct wpb_explain *explain, const struct wpb_site *site,
                      struct wpb_slice scope)
{
    static const enum wpb_subject_kind kinds[] = {
        [WPB_EXPLAIN_REDIS] = WPB_SUBJECT_REDIS_KEY,
        [WPB_EXPLAIN_OPTION] = WPB_SUBJECT_OPTION,
        [WPB_EXPLAIN_META] = WPB_SUBJECT_META_KEY};
    struct wpb_turn_options options = {.probes = wpb_probes,
                                       .budget = is_of_redis(explain) ? WPB_BUDGET_NORMAL
                                                                      : WPB_BUDGET_FULL,
                                       .top = 1,
                                       .examine = is_of_redis(explain),
                                       .now_ms = wpb_clock_now_ms(),
                                       .limits = wpb_choice_defaults};
    struct wpb_subject post = {
        .kind = WPB_SUBJECT_POST, .scope = scope, .name = wpb_slice_cstr(explain->post)};
    struct wpb_subject subject = {.kind = kinds[explain->kind],
                                  .scope = scope,
                                  .name = wpb_slice_cstr(explain->name),
                                  .parent = explain->post ? &post : NULL};
    struct wpb_request request = {
        .subject = &subject, .why = "asked for", .byte_cap = VALUE_BYTES_MAX};
    struct wpb_turn *turn = wpb_turn_new(site, 1, &options);
    int code = WPB_EXIT_UNMEASURED;

    if (turn) {
        wpb_turn_ask(turn, 0, &request);
        code = turn_and_show(explain, turn, &subject);
    } else {
        wpb_cli_error("out of memory");
    }
    wpb_turn_free(turn);
    return code;
}

int wpb_explain_value(const struct wpb_explain *explain)
{
    struct wpb_selected_sites selected;
    const struct wpb_site *chosen;
    struct wpb_err err = {0};
    struct wpb_site site;
    struct wpb_buf scope;
    int code;

    if (wpb_select_sites(&explain->selection, explain->arena, &selected, &err)) {
        wpb_cli_error("%s", err.message);
        return WPB_EXIT_USAGE;
    }
    if (!(chosen = choose_site(explain, &selected)))
        return WPB_EXIT_UNMEASURED;
    site = *chosen;
    if (explain->php_version)
        site.php_version = explain->php_version;
    wpb_buf_init(&scope, 0);
    write_scope(explain, &site, &scope);
    code = explain_at(explain, &site, wpb_buf_view(&scope));
    wpb_buf_fini(&scope);
    return code;
}
