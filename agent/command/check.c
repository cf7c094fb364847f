#include "agent/command/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/address.h"
#include "agent/base/clock.h"
#include "agent/base/mysql_address.h"
#include "agent/base/text.h"
#include "agent/command/check_settings.h"
#include "agent/command/cli.h"
#include "agent/command/terminal.h"
#include "agent/command/watched.h"
#include "agent/schedule/turn.h"
#include "probes/mysql/probes.h"
#include "probes/redis/probes.h"
#include "probes/requests/probes.h"

/* The servers themselves, and what they let us do: a handful of commands. */
static const struct wpb_probe *const probes[] = {
    &wpb_probe_redis_server,    &wpb_probe_redis_rights,
    &wpb_probe_mysql_server,    &wpb_probe_mysql_rights,
    &wpb_probe_requests_log,    &wpb_probe_requests_slow,
    &wpb_probe_requests_errors, NULL};

/* How a probe is called here, what it says when all is well, and where the lines belong
 * that stand behind its reason (NULL: the reason says so). */
static const struct look_of {
    const char *probe, *system, *label, *well, *where;
} looks[] = {
    {"redis.rights", "Redis", "  may do", "all that wpbloat needs",
     "run in redis-cli as an administrator, and then ACL SAVE or CONFIG REWRITE"},
    {"redis.", "Redis", "Redis", "answers", "run in redis-cli as an administrator"},
    {"mysql.rights", "MySQL", "  may do", "all that wpbloat needs",
     "run in mysql as an administrator"},
    {"mysql.", "MySQL", "MySQL", "answers", "run in mysql as an administrator"},
    {"requests.log", "PHP-FPM", "  requests", "each is told by its log", NULL},
    {"requests.slow", "PHP-FPM", "  slow ones", "are told by its slow log", NULL},
    {"requests.errors", "PHP-FPM", "  PHP errors", "are told by their log", NULL},
    {"requests.", "PHP-FPM", "  pool", "answers", NULL},
};

struct check {
    const char *file; /* NULL: the default, which need not be there */
    struct wpb_buf out;
    struct wpb_page page;
    bool has_trouble;
};

static const struct wpb_cli_option options[] = {
    {"config", "FILE", "Check this file instead of " WPB_CONF_DEFAULT_FILE ".", false},
    {NULL, NULL, NULL, false}};

static int take(void *cookie, int index, const char *argument)
{
    struct check *check = cookie;

    if (index < 0)
        return wpb_cli_error("check takes no path, and got '%s'", argument);
    check->file = argument;
    return 0;
}

static void say(struct check *check, size_t indent, const char *text)
{
    struct wpb_buf safe;

    wpb_buf_init(&safe, 0);
    wpb_text_terminal(&safe, wpb_slice_cstr(text));
    wpb_page_paragraph(&check->page, indent, wpb_buf_view(&safe));
    wpb_buf_fini(&safe);
}

/* "  Redis   TEXT", the text from a stranger. */
static void entry(struct check *check, enum wpb_ink ink, const char *label,
                  const char *text)
{
    struct wpb_buf safe;

    wpb_buf_init(&safe, 0);
    wpb_text_terminal(&safe, wpb_slice_cstr(text));
    wpb_page_entry(&check->page, 2, ink, label, 14, wpb_buf_view(&safe));
    wpb_buf_fini(&safe);
}

/* Is SITE one of NAMES, which ", " joins? */
static bool is_among(const char *site, const char *names)
{
    size_t len = strlen(site);

    for (const char *at = names; (at = strstr(at, site)) != NULL; at += len) {
        bool begins = at == names || (at[-1] == ' ' && at[-2] == ',');
        if (begins && (at[len] == '\0' || at[len] == ','))
            return true;
    }
    return false;
}

/* Why, and lines to run or to add, WHERE. */
static void show_reason(struct check *check, const char *label,
                        const struct wpb_coverage *row, const char *where)
{
    const char *end = row->lines ? row->lines : "";
    struct wpb_buf sentence, safe;

    wpb_buf_init(&sentence, 0);
    wpb_buf_text(&sentence, row->reason);
    if (*end && where)
        wpb_buf_printf(&sentence, ". To allow it, %s", where);
    if (*end)
        wpb_buf_char(&sentence, ':');
    entry(check, WPB_INK_YELLOW, label, sentence.data);
    wpb_buf_fini(&sentence);
    while (*end) {
        const char *line = end + 1;
        end = strchrnul(line, '\n');
        wpb_buf_init(&safe, 0);
        wpb_text_terminal(&safe, wpb_slice_of(line, (size_t)(end - line)));
        wpb_page_verbatim(&check->page, 16, wpb_buf_view(&safe));
        wpb_buf_fini(&safe);
    }
}

static const struct look_of *look_of(const char *probe)
{
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++) {
        if (strncmp(probe, looks[i].probe, strlen(looks[i].probe)) == 0)
            return &looks[i];
    }
    return NULL;
}

static void show_coverage(struct check *check, const struct wpb_coverage *row,
                          const struct look_of *look)
{
    bool is_rights = strstr(row->probe, ".rights") != NULL;
    bool has_looked =
        row->status == WPB_COVERAGE_OK || row->status == WPB_COVERAGE_PARTIAL;

    if (is_rights && !has_looked)
        return; /* why not is said of the server itself */
    if (row->status == WPB_COVERAGE_OK)
        entry(check, WPB_INK_PLAIN, look->label, look->well);
    else
        show_reason(check, look->label, row, look->where);
    /* A log that nobody has asked for is no trouble. */
    check->has_trouble |= row->status != WPB_COVERAGE_OK &&
                          !(row->status == WPB_COVERAGE_SKIPPED && !look->where);
}

/* Where the SYSTEM of SITE is, when it has one. */
static void show_address(struct check *check, const struct wpb_site *site,
                         const char *system)
{
    struct wpb_buf scope;

    wpb_buf_init(&scope, 0);
    if (strcmp(system, "Redis") == 0 && site->has_redis)
        wpb_redis_address_scope(&site->redis, true, &scope);
    else if (strcmp(system, "MySQL") == 0 && site->has_mysql)
        wpb_mysql_address_scope(&site->mysql, true, &scope);
    else if (strcmp(system, "PHP-FPM") == 0 && site->pool_name && *site->pool_name)
        wpb_buf_printf(&scope, "pool %s%s%s", site->pool_name,
                       site->pool_file && *site->pool_file ? " in " : "",
                       site->pool_file ? site->pool_file : "");
    if (scope.len)
        entry(check, WPB_INK_PLAIN, system, scope.data);
    wpb_buf_fini(&scope);
}

/* What could not be read of the configuration of SITE. */
static void show_unresolved(struct check *check, const struct wpb_site *site)
{
    for (size_t i = 0; i < site->unresolved_count; i++) {
        const struct wpb_unresolved *row = &site->unresolved[i];
        struct wpb_buf text;
        wpb_buf_init(&text, 0);
        wpb_buf_printf(&text, "%s in %s:%u: %s", row->name, row->file, row->line,
                       row->reason);
        entry(check, WPB_INK_YELLOW, "not known", text.data);
        wpb_buf_fini(&text);
    }
}

static void show_site(struct check *check, const struct wpb_site *site,
                      const struct wpb_selected_sites *selected,
                      const struct wpb_turn *turn)
{
    static const char *const systems[] = {"Redis", "MySQL", "PHP-FPM"};
    size_t count;
    const struct wpb_coverage *rows = wpb_turn_coverage(turn, &count);
    struct wpb_buf title;

    wpb_buf_init(&title, 0);
    wpb_text_terminal_name(&title, wpb_slice_cstr(site->name));
    wpb_page_heading(&check->page, title.data);
    wpb_buf_fini(&title);
    if (*site->path)
        entry(check, WPB_INK_PLAIN, "folder", site->path);
    if (*site->owner)
        entry(check, WPB_INK_PLAIN, "owner", site->owner);
    for (size_t i = 0; i < selected->coverage_count; i++) {
        const struct wpb_coverage *row = &selected->coverage[i];
        if (strcmp(row->site, site->name) != 0)
            continue;
        entry(check, WPB_INK_YELLOW, "blind spot", row->reason);
        check->has_trouble |= row->status == WPB_COVERAGE_UNAVAILABLE;
    }
    show_unresolved(check, site);
    for (size_t system = 0; system < sizeof systems / sizeof systems[0]; system++) {
        show_address(check, site, systems[system]);
        for (size_t i = 0; i < count; i++) {
            const struct look_of *look = look_of(rows[i].probe);
            if (look && strcmp(look->system, systems[system]) == 0 &&
                is_among(site->name, rows[i].site))
                show_coverage(check, &rows[i], look);
        }
    }
}

/* What was asked for, and is no site. */
static void show_failures(struct check *check, const struct wpb_selected_sites *selected)
{
    bool has_heading = false;

    for (size_t i = 0; i < selected->coverage_count; i++) {
        const struct wpb_coverage *row = &selected->coverage[i];
        bool is_site = false;
        for (size_t s = 0; s < selected->count; s++)
            is_site |= strcmp(selected->sites[s].name, row->site) == 0;
        if (is_site)
            continue;
        if (!has_heading)
            wpb_page_heading(&check->page, "Not looked at");
        has_heading = true;
        entry(check, WPB_INK_YELLOW, "what", row->site);
        entry(check, WPB_INK_PLAIN, "why", row->reason);
        check->has_trouble = true;
    }
}

/* Find the sites, ask their servers, and say what came back. */
static int check_sites(struct check *check, const struct wpb_conf *config)
{
    struct wpb_turn_options turning = {.probes = probes,
                                       .budget = WPB_BUDGET_LOW,
                                       .top = 1,
                                       .survey = true,
                                       .now_ms = wpb_clock_now_ms(),
                                       .limits = wpb_choice_defaults};
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_selected_sites selected;
    struct wpb_turn *turn = NULL;
    struct wpb_err err = {.message = "out of memory"};
    int result = -1;

    if (!arena || wpb_watched_sites(config, arena, &selected, &err))
        goto out;
    turn = wpb_turn_new(selected.sites, selected.count, &turning);
    if (!turn || wpb_turn_run(turn, &err))
        goto out;
    for (size_t i = 0; i < wpb_turn_sites(turn); i++)
        show_site(check, wpb_turn_site(turn, i), &selected, turn);
    show_failures(check, &selected);
    if (selected.count == 0 && *selected.looked_in) {
        char text[512];
        snprintf(text, sizeof(text),
                 "No site is watched: no WordPress was found in %s. Name its folder in "
                 "paths of [agent], or in a [site NAME].",
                 selected.looked_in);
        wpb_page_blank(&check->page);
        say(check, 0, text);
    }
    result = 0;
out:
    wpb_turn_free(turn);
    wpb_arena_free(arena);
    return result ? wpb_cli_error("%s", err.message) : 0;
}

static void show_files(struct check *check, const struct wpb_conf *config)
{
    const char *const *files = wpb_conf_files(config);

    if (!files[0])
        say(check, 0, "There is no " WPB_CONF_DEFAULT_FILE ": all is as by default.");
    for (size_t i = 0; files[i]; i++) {
        struct wpb_buf line;
        wpb_buf_init(&line, 0);
        wpb_buf_text(&line, i ? "and  " : "Read ");
        wpb_text_terminal(&line, wpb_slice_cstr(files[i]));
        wpb_page_verbatim(&check->page, 0, wpb_buf_view(&line));
        wpb_buf_fini(&line);
    }
}

static int run_check(struct check *check)
{
    struct wpb_conf_problems *problems = wpb_conf_problems_new();
    struct wpb_conf *config = NULL;
    int result = -1;

    if (!problems)
        return wpb_cli_error("out of memory");
    config = wpb_conf_load(check->file ? check->file : WPB_CONF_DEFAULT_FILE,
                           check->file == NULL, problems);
    if (config)
        wpb_conf_check_files(config, problems);
    check->has_trouble |= problems->errors > 0;
    if (config)
        show_files(check, config);
    wpb_check_problems(problems, &check->page);
    if (config) {
        wpb_check_settings(config, &check->page);
        result = check_sites(check, config);
    } else {
        wpb_page_blank(&check->page);
        say(check, 0,
            "Nothing else was looked at. The agent does not start with this, "
            "and one that runs keeps what it had.");
        result = 0;
    }
    wpb_conf_free(config);
    wpb_conf_problems_free(problems);
    return result;
}

int wpb_command_check(int argc, char **argv)
{
    static const struct wpb_cli cli = {
        .usage = "wpbloat check [--config FILE]",
        .summary = "Read the agent's configuration and say what is wrong with it, what "
                   "each key is and who says so; then ask the servers of each site "
                   "whether they answer, what they let wpbloat see, and which lines "
                   "would open the rest. Reads only.",
        .options = options,
        .epilogue = "Exit codes: 0 all is well, 1 something is wrong or out of sight, 64 "
                    "usage.\n",
        .take = take};
    struct check check = {.file = NULL};
    struct wpb_text_style style = wpb_terminal_style(true);
    struct wpb_err err = {0};
    int parsed = wpb_cli_parse(&cli, argc, argv, &check);

    if (parsed)
        return parsed > 0 ? WPB_EXIT_OK : WPB_EXIT_USAGE;
    wpb_buf_init(&check.out, 0);
    check.page = wpb_page_of(&style, &check.out);
    if (run_check(&check))
        check.has_trouble = true;
    if (wpb_buf_failed(&check.out)) {
        wpb_cli_error("out of memory");
        check.has_trouble = true;
    } else if (wpb_terminal_write(NULL, wpb_buf_view(&check.out), &err)) {
        wpb_cli_error("%s", err.message);
        check.has_trouble = true;
    }
    wpb_buf_fini(&check.out);
    return check.has_trouble ? 1 : WPB_EXIT_OK;
}
