#include "agent/command/explain.h"

#include <stdio.h>
#include <string.h>

#include "agent/command/cli.h"
#include "agent/command/command.h"
#include "agent/command/terminal.h"
#include "agent/output/explain.h"
#include "wpbloat/option.h"

#define RDB_SCHEME "rdb://"
#define POST_ID_DIGITS 18

enum option_index {
    SITE,
    REDIS,
    REDIS_PASSWORD_FILE,
    MYSQL,
    MYSQL_PASSWORD_FILE,
    TABLE_PREFIX,
    MEMORY_LIMIT,
    PHP,
    FORMAT,
};

static const struct wpb_cli_option options[] = {
    [SITE] = {"site", "NAME", "The site that holds the value: its name or its folder.",
              false},
    [REDIS] = {"redis", "URI",
               "The Redis that holds the key (see wpbloat scan --help), or an RDB "
               "file: rdb:///path?db=N.",
               false},
    [REDIS_PASSWORD_FILE] = {"redis-password-file", "FILE",
                             "The first line is Redis's password.", false},
    [MYSQL] = {"mysql", "URI",
               "The database that holds the option or meta (see wpbloat scan --help).",
               false},
    [MYSQL_PASSWORD_FILE] = {"mysql-password-file", "FILE",
                             "The first line is the database user's password.", false},
    [TABLE_PREFIX] = {"table-prefix", "NAME",
                      "What the names of the site's tables begin with (wp_).", false},
    [MEMORY_LIMIT] = {"memory-limit", "BYTES",
                      "PHP's memory_limit, to compare with: 128M.", false},
    [PHP] = {"php", "VERSION",
             "The PHP whose memory is modelled, such as 8.2 (default: the site's).",
             false},
    [FORMAT] = {"format", "text|json", "The default is text.", false},
    {NULL, NULL, NULL, false},
};

static const char epilogue[] =
    "Examples:\n"
    "  wpbloat explain redis wp:options:notoptions\n"
    "  wpbloat explain redis wp:options:alloptions --redis unix:///run/redis.sock\n"
    "  wpbloat explain option fusion_options /var/www/shop\n"
    "  wpbloat explain meta 42 _elementor_data --site shop\n"
    "  wpbloat explain file value.bin --php 8.2 --format json\n"
    "\n"
    "Only names, types and sizes are shown, never values.\n";

static int take_php(struct wpb_explain *explain, const char *argument)
{
    unsigned major, minor;
    char rest;

    if (sscanf(argument, "%2u.%2u%c", &major, &minor, &rest) != 2 || major < 7)
        return wpb_cli_error("--php takes a version such as 8.2, not '%s'", argument);
    explain->php_version = major * 10000 + minor * 100;
    return 0;
}

/* "rdb:///var/lib/redis/dump.rdb?db=1" */
static int take_rdb(struct wpb_explain *explain, const char *uri)
{
    const char *path = uri + strlen(RDB_SCHEME), *query = strrchr(path, '?');
    size_t len = query ? (size_t)(query - path) : strlen(path);

    if (path[0] != '/' || !query || strncmp(query, "?db=", 4) != 0)
        return wpb_cli_error("--redis: write rdb:///path?db=N for a file, not '%s'", uri);
    explain->selection.rdb_file = wpb_arena_cstr(explain->arena, wpb_slice_of(path, len));
    explain->rdb_scope = uri;
    return 0;
}

static int take_kind(struct wpb_explain *explain, const char *word)
{
    static const char *const kinds[] = {"redis", "option", "meta", "file", NULL};
    const char *nearest;

    for (int i = 0; kinds[i]; i++) {
        if (strcmp(word, kinds[i]) == 0)
            explain->kind = (enum wpb_explain_kind)(WPB_EXPLAIN_REDIS + i);
    }
    if (explain->kind != WPB_EXPLAIN_NOTHING)
        return 0;
    nearest = wpb_cli_nearest(word, kinds);
    return wpb_cli_error(
        "explain takes 'redis KEY', 'option NAME', 'meta POST_ID KEY' or "
        "'file PATH', not '%s'%s%s",
        word, nearest ? "; did you mean " : "", nearest ? nearest : "");
}

static int take_post(struct wpb_explain *explain, const char *word)
{
    size_t len = strlen(word);

    if (len == 0 || len > POST_ID_DIGITS || strspn(word, "0123456789") != len)
        return wpb_cli_error("explain meta takes the number of a post, not '%s'", word);
    explain->post = word;
    return 0;
}

/* Behind an option or a meta key a folder may follow: the site's. */
static int take_operand(struct wpb_explain *explain, const char *word)
{
    bool is_of_database =
        explain->kind == WPB_EXPLAIN_OPTION || explain->kind == WPB_EXPLAIN_META;

    if (explain->kind == WPB_EXPLAIN_NOTHING)
        return take_kind(explain, word);
    if (explain->kind == WPB_EXPLAIN_META && !explain->post)
        return take_post(explain, word);
    if (!explain->name) {
        explain->name = word;
        return 0;
    }
    if (!is_of_database || explain->selection.path_count)
        return wpb_cli_error("one value at a time; '%s' is one too many", word);
    explain->selection.paths[explain->selection.path_count++] = word;
    return 0;
}

static int take(void *cookie, int index, const char *argument)
{
    static const char *const formats[] = {"text", "json", NULL};
    struct wpb_explain *explain = cookie;
    struct wpb_site_selection *selection = &explain->selection;
    struct wpb_err err = {0};
    int format;

    switch (index) {
    case SITE:
        return wpb_select_named(selection, argument);
    case REDIS:
        if (strncmp(argument, RDB_SCHEME, strlen(RDB_SCHEME)) == 0)
            return take_rdb(explain, argument);
        selection->redis_uri = argument;
        return 0;
    case REDIS_PASSWORD_FILE:
        selection->redis_password_file = argument;
        return 0;
    case MYSQL:
        selection->mysql_uri = argument;
        return 0;
    case MYSQL_PASSWORD_FILE:
        selection->mysql_password_file = argument;
        return 0;
    case TABLE_PREFIX:
        selection->table_prefix = argument;
        return 0;
    case MEMORY_LIMIT:
        if (wpb_option_bytes(wpb_slice_cstr(argument), &selection->memory_limit_bytes,
                             &err))
            return wpb_cli_error("--memory-limit: %s", err.message);
        return 0;
    case PHP:
        return take_php(explain, argument);
    case FORMAT:
        format = wpb_cli_choice("format", argument, formats);
        explain->is_json = format == 1;
        return format < 0 ? -1 : 0;
    default:
        return take_operand(explain, argument);
    }
}

int wpb_explain_show(const struct wpb_explain *explain,
                     const struct wpb_explanation *explanation)
{
    struct wpb_text_style style = wpb_terminal_style(true);
    struct wpb_err err = {0};
    struct wpb_buf out;
    int code = WPB_EXIT_OK;

    wpb_buf_init(&out, 0);
    if (explain->is_json)
        wpb_output_explain_json(explanation, &out, &err);
    else
        wpb_output_explain_text(explanation, &style, &out);
    if (wpb_terminal_write(NULL, wpb_buf_view(&out), &err)) {
        wpb_cli_error("%s", err.message);
        code = WPB_EXIT_UNMEASURED;
    }
    wpb_buf_fini(&out);
    return code;
}

int wpb_command_explain(int argc, char **argv)
{
    static const struct wpb_cli cli = {
        .usage = "wpbloat explain redis KEY | file PATH [options]\n"
                 "       wpbloat explain option NAME [PATH] [options]\n"
                 "       wpbloat explain meta POST_ID KEY [PATH] [options]",
        .summary = "Take one value apart: encoding, sizes, structure, heaviest paths, "
                   "families of names, and the memory PHP needs for it.",
        .options = options,
        .epilogue = epilogue,
        .take = take};
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_explain explain = {.arena = arena};
    int parsed = wpb_cli_parse(&cli, argc, argv, &explain), code = WPB_EXIT_USAGE;

    if (parsed > 0)
        code = WPB_EXIT_OK;
    else if (parsed == 0 && !explain.name)
        wpb_cli_error("explain needs 'redis KEY', 'option NAME', 'meta POST_ID KEY' or "
                      "'file PATH'; see wpbloat explain --help");
    else if (parsed == 0 && explain.kind == WPB_EXPLAIN_FILE)
        code = wpb_explain_file(&explain);
    else if (parsed == 0)
        code = wpb_explain_value(&explain);
    wpb_arena_free(arena);
    return code;
}
