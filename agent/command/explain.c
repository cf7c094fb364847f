#include "agent/command/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/address.h"
#include "agent/base/clock.h"
#include "agent/command/cli.h"
#include "agent/command/explained.h"
#include "agent/command/sites.h"
#include "agent/command/terminal.h"
#include "agent/output/explain.h"
#include "agent/schedule/turn.h"
#include "wpbloat/option.h"

#define VALUE_BYTES_MAX (64ull << 20)
#define CHUNK_BYTES 262144
#define RDB_SCHEME "rdb://"

struct explain {
    struct wpb_site_selection selection;
    const char *what;      /* "redis" or "file" */
    const char *name;      /* the key, or the path */
    const char *rdb_scope; /* "rdb:///file?db=N", as findings name it; or NULL */
    bool is_json;
    uint32_t php_version;
    struct wpb_arena *arena;
};

enum option_index { SITE, REDIS, REDIS_PASSWORD_FILE, MEMORY_LIMIT, PHP, FORMAT };

static const struct wpb_cli_option options[] = {
    [SITE] = {"site", "NAME",
              "The site whose Redis holds the key: its name or its folder.", false},
    [REDIS] = {"redis", "URI",
               "The Redis that holds the key (see wpbloat scan --help), or an RDB "
               "file: rdb:///path?db=N.",
               false},
    [REDIS_PASSWORD_FILE] = {"redis-password-file", "FILE",
                             "The first line is Redis's password.", false},
    [MEMORY_LIMIT] = {"memory-limit", "BYTES",
                      "PHP's memory_limit, to compare with: 128M.", false},
    [PHP] = {"php", "VERSION",
             "The PHP whose memory is modelled, such as 8.2 (default: the site's).",
             false},
    [FORMAT] = {"format", "FORMAT", "text (default) or json.", false},
    {NULL, NULL, NULL, false},
};

static const char epilogue[] =
    "Examples:\n"
    "  wpbloat explain redis wp:options:notoptions\n"
    "  wpbloat explain redis wp:options:alloptions --redis unix:///run/redis.sock\n"
    "  wpbloat explain file value.bin --php 8.2 --format json\n"
    "\n"
    "Only names, types and sizes are shown, never values.\n";

static int take_php(struct explain *explain, const char *argument)
{
    unsigned major, minor;
    char rest;

    if (sscanf(argument, "%2u.%2u%c", &major, &minor, &rest) != 2 || major < 7)
        return wpb_cli_error("--php takes a version such as 8.2, not '%s'", argument);
    explain->php_version = major * 10000 + minor * 100;
    return 0;
}

/* "rdb:///var/lib/redis/dump.rdb?db=1" */
static int take_rdb(struct explain *explain, const char *uri)
{
    const char *path = uri + strlen(RDB_SCHEME), *query = strrchr(path, '?');
    size_t len = query ? (size_t)(query - path) : strlen(path);

    if (path[0] != '/' || !query || strncmp(query, "?db=", 4) != 0)
        return wpb_cli_error("--redis: write rdb:///path?db=N for a file, not '%s'", uri);
    explain->selection.rdb_file = wpb_arena_cstr(explain->arena, wpb_slice_of(path, len));
    explain->rdb_scope = uri;
    return 0;
}

static int take_operand(struct explain *explain, const char *word)
{
    static const char *const kinds[] = {"redis", "file", NULL};
    const char *nearest;

    if (explain->what && explain->name)
        return wpb_cli_error("one value at a time; '%s' is one too many", word);
    if (explain->what) {
        explain->name = word;
        return 0;
    }
    for (size_t i = 0; kinds[i]; i++) {
        if (strcmp(word, kinds[i]) == 0)
            explain->what = kinds[i];
    }
    if (explain->what)
        return 0;
    nearest = wpb_cli_nearest(word, kinds);
    return wpb_cli_error("explain takes 'redis KEY' or 'file PATH', not '%s'%s%s", word,
                         nearest ? "; did you mean " : "", nearest ? nearest : "");
}

static int take(void *cookie, int index, const char *argument)
{
    static const char *const formats[] = {"text", "json", NULL};
    struct explain *explain = cookie;
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

static int show(const struct explain *explain, const struct wpb_explanation *explanation)
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

/* Feed the regular file to an examiner. */
static int examine_file(const struct explain *explain, struct wpb_arena *arena,
                        struct wpb_examination *result, struct wpb_err *err)
{
    const char *path = explain->name;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), status = -1;
    struct wpb_examiner *examiner = NULL;
    char *chunk = NULL;
    struct stat about;
    ssize_t len;

    if (file < 0)
        return wpb_err_errno(err, errno, "explain", "cannot open %s", path);
    if (fstat(file, &about) || !S_ISREG(about.st_mode)) {
        wpb_err_set(err, WPB_E_ARGUMENT, "explain", "%s is not a regular file", path);
        goto out_file;
    }
    examiner = wpb_examiner_new((uint64_t)about.st_size, explain->php_version, NULL);
    chunk = malloc(CHUNK_BYTES);
    if (!examiner || !chunk) {
        wpb_err_set(err, WPB_E_MEMORY, "explain", "out of memory");
        goto out_examiner;
    }
    while ((len = read(file, chunk, CHUNK_BYTES)) > 0) {
        if (wpb_examiner_feed(examiner, wpb_slice_of(chunk, (size_t)len)))
            break;
    }
    if (len < 0) {
        wpb_err_errno(err, errno, "explain", "cannot read %s", path);
        goto out_examiner;
    }
    wpb_examiner_finish(examiner, arena, result);
    status = 0;
out_examiner:
    free(chunk);
    wpb_examiner_free(examiner);
out_file:
    close(file);
    return status;
}

static int explain_file(const struct explain *explain, struct wpb_arena *arena)
{
    struct wpb_explanation explanation;
    struct wpb_examination examination = {0};
    struct wpb_err err = {0};

    if (examine_file(explain, arena, &examination, &err)) {
        wpb_cli_error("%s", err.message);
        return WPB_EXIT_UNMEASURED;
    }
    wpb_explained_examination(&examination, arena, &explanation);
    explanation.kind = "file";
    explanation.name = wpb_slice_cstr(explain->name);
    explanation.php_version =
        explain->php_version ? explain->php_version : WPB_PHP_VERSION_MEASURED;
    explanation.memory_limit_bytes = explain->selection.memory_limit_bytes;
    return show(explain, &explanation);
}

/* The one site with a Redis that is meant; else say which there are. */
static const struct wpb_site *choose_site(const struct wpb_selected_sites *selected)
{
    const struct wpb_site *chosen = NULL;

    for (size_t i = 0; i < selected->count; i++) {
        const struct wpb_site *site = &selected->sites[i];
        if (!site->has_redis && !site->rdb_file)
            continue;
        if (chosen) {
            wpb_cli_error("several sites have a Redis (%s, %s, ...); say which with "
                          "--site NAME",
                          chosen->name, site->name);
            return NULL;
        }
        chosen = site;
    }
    if (!chosen)
        wpb_cli_error("no site with a Redis was found; give --redis URI");
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

static int turn_and_show(const struct explain *explain, struct wpb_turn *turn,
                         const struct wpb_subject *subject, struct wpb_arena *arena)
{
    const struct wpb_window *window = wpb_turn_window(turn, 0);
    struct wpb_explanation explanation;
    struct wpb_err err = {0};

    if (wpb_turn_run(turn, &err)) {
        wpb_cli_error("%s", err.message);
        return WPB_EXIT_UNMEASURED;
    }
    if (wpb_window_integer(window, subject, WPB_M_PRESENT, -1) == 0) {
        wpb_cli_error("there is no key '%s' in %.*s", explain->name,
                      (int)subject->scope.len, subject->scope.data);
        return WPB_EXIT_UNMEASURED;
    }
    if (wpb_explained_key(window, subject, arena, &explanation)) {
        wpb_cli_error("%s: %s", explain->name, first_reason(turn));
        return WPB_EXIT_UNMEASURED;
    }
    return show(explain, &explanation);
}

static int explain_redis(const struct explain *explain, struct wpb_arena *arena)
{
    struct wpb_turn_options turn_options = {.probes = wpb_probes,
                                            .budget = WPB_BUDGET_NORMAL,
                                            .top = 1,
                                            .examine = true,
                                            .now_ms = wpb_clock_now_ms(),
                                            .limits = wpb_choice_defaults};
    struct wpb_subject subject = {.kind = WPB_SUBJECT_REDIS_KEY,
                                  .name = wpb_slice_cstr(explain->name)};
    struct wpb_request request = {
        .subject = &subject, .why = "asked for", .byte_cap = VALUE_BYTES_MAX};
    struct wpb_selected_sites selected;
    const struct wpb_site *chosen;
    struct wpb_site site;
    struct wpb_err err = {0};
    struct wpb_turn *turn;
    struct wpb_buf scope;
    int code;

    if (wpb_select_sites(&explain->selection, arena, &selected, &err)) {
        wpb_cli_error("%s", err.message);
        return WPB_EXIT_USAGE;
    }
    if (!(chosen = choose_site(&selected)))
        return WPB_EXIT_UNMEASURED;
    site = *chosen;
    if (explain->php_version)
        site.php_version = explain->php_version;
    wpb_buf_init(&scope, 0);
    if (explain->rdb_scope)
        wpb_buf_text(&scope, explain->rdb_scope);
    else
        wpb_redis_address_scope(&site.redis, true, &scope);
    subject.scope = wpb_buf_view(&scope);
    turn = wpb_turn_new(&site, 1, &turn_options);
    if (turn) {
        wpb_turn_ask(turn, 0, &request);
        code = turn_and_show(explain, turn, &subject, arena);
    } else {
        wpb_cli_error("out of memory");
        code = WPB_EXIT_UNMEASURED;
    }
    wpb_turn_free(turn);
    wpb_buf_fini(&scope);
    return code;
}

int wpb_command_explain(int argc, char **argv)
{
    static const struct wpb_cli cli = {
        .usage = "wpbloat explain redis KEY | file PATH [options]",
        .summary = "Take one value apart: encoding, sizes, structure, heaviest paths, "
                   "families of names, and the memory PHP needs for it.",
        .options = options,
        .epilogue = epilogue,
        .take = take};
    struct wpb_arena *arena = wpb_arena_new();
    struct explain explain = {.arena = arena}; /* php_version 0: the site's */
    int parsed = wpb_cli_parse(&cli, argc, argv, &explain), code = WPB_EXIT_USAGE;

    if (parsed > 0)
        code = WPB_EXIT_OK;
    else if (parsed == 0 && !explain.name)
        wpb_cli_error("explain needs 'redis KEY' or 'file PATH'; see wpbloat explain "
                      "--help");
    else if (parsed == 0 && strcmp(explain.what, "file") == 0)
        code = explain_file(&explain, arena);
    else if (parsed == 0)
        code = explain_redis(&explain, arena);
    wpb_arena_free(arena);
    return code;
}
