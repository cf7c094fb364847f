#include "agent/command/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/analyse/growth.h"
#include "agent/analyse/tables.h"
#include "agent/analyse/work_books.h"
#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/command/cli.h"
#include "agent/command/progress.h"
#include "agent/command/sites.h"
#include "agent/command/terminal.h"
#include "agent/command/watch.h"
#include "agent/output/json.h"
#include "agent/output/nagios.h"
#include "agent/output/ndjson.h"
#include "agent/output/prometheus.h"
#include "agent/output/text.h"
#include "agent/schedule/turn.h"
#include "wpbloat/rule.h"

#define TOP_DEFAULT 15
#define TOP_MAX 1000
#define GROUPS_MAX 40
#define GROWTH_ROWS_MAX 40

enum format { TEXT, JSON, NDJSON, NAGIOS, PROMETHEUS };
static const char *const formats[] = {"text",   "json",       "ndjson",
                                      "nagios", "prometheus", NULL};
static const char *const severities[] = {"warning", "critical", "never", NULL};
static const char *const budgets[] = {"low", "normal", "full", NULL};

struct scan {
    struct wpb_site_selection selection;
    enum format format;
    const char *output;     /* NULL: stdout */
    int fail_on;            /* index into `severities` */
    uint32_t watch_seconds; /* 0: look once */
    struct wpb_turn_options turn;
    struct wpb_rule_values *values;
    struct wpb_growth *growth; /* of a watch, or NULL */
    struct wpb_work_books *books;
    uint64_t started_ms; /* of the turn, on a clock that never steps */
};

enum option_index {
    SITE,
    REDIS,
    REDIS_PASSWORD_FILE,
    REDIS_REPLICA,
    MYSQL,
    MYSQL_PASSWORD_FILE,
    MYSQL_REPLICA,
    TABLE_PREFIX,
    RDB,
    FPM,
    PREFIX,
    MEMORY_LIMIT,
    FORMAT,
    OUTPUT,
    FAIL_ON,
    BUDGET,
    TOP,
    POSTS,
    VALUE_BYTES,
    NO_EXAMINE,
    DEEP,
    DEEP_FROM,
    WATCH,
    RULE,
    VERBOSE,
};

static const struct wpb_cli_option options[] = {
    [SITE] = {"site", "NAME", "Only the site of this name or folder; may be repeated.",
              true},
    [REDIS] =
        {"redis", "URI",
         "Look at this Redis: redis://[user@]host[:port][/db], rediss://..., "
         "unix:///path[?db=N], redis-sentinel://host[:port],.../NAME[/db] or "
         "redis-cluster://host[:port],... Without a PATH nothing else is looked at.",
         false},
    [REDIS_PASSWORD_FILE] = {"redis-password-file", "FILE",
                             "The first line is Redis's password.", false},
    [REDIS_REPLICA] =
        {"redis-replica", "URI",
         "Read the keys from this replica of the site's Redis, which is "
         "asked itself when the replica does not follow it or does not "
         "answer. The database is the site's. Of a cluster any of its replicas: each "
         "shard is then read from one of its own.",
         false},
    [MYSQL] = {"mysql", "URI",
               "Look at this database: mysql://[user@]host[:port]/schema, mysqls://... "
               "for TLS, or mysql+unix:///path?db=schema&user=U.",
               false},
    [MYSQL_PASSWORD_FILE] = {"mysql-password-file", "FILE",
                             "The first line is the database user's password.", false},
    [MYSQL_REPLICA] = {"mysql-replica", "URI",
                       "Read this replica of the site's database instead.", false},
    [TABLE_PREFIX] = {"table-prefix", "NAME",
                      "What the names of the site's tables begin with; otherwise from "
                      "the configuration, or wp_.",
                      false},
    [RDB] = {"rdb", "FILE",
             "Read this RDB file instead of asking Redis: the same report, without "
             "touching the server. Give the site's PATH too to know its prefix and "
             "to search its sources.",
             false},
    [FPM] = {"fpm", "FILE",
             "The PHP-FPM pool of the site: the file that has its section, or the "
             "address it or its status page listens on; otherwise found by the site's "
             "folder and owner.",
             false},
    [PREFIX] = {"prefix", "BYTES",
                "The leading bytes of every key, up to its group; otherwise from the "
                "configuration, or learnt from the keys.",
                false},
    [MEMORY_LIMIT] = {"memory-limit", "[SITE=]BYTES",
                      "PHP's memory_limit, where it cannot be found: 128M, 1G; with a "
                      "site's name or folder before it, of that one. May be repeated.",
                      true},
    [FORMAT] = {"format", "text|json|ndjson|nagios|prometheus", "The default is text.",
                false},
    [OUTPUT] = {"output", "FILE", "Write the report there instead of to stdout.", false},
    [FAIL_ON] = {"fail-on", "warning|critical|never",
                 "Exit with 1 or 2 from this level on (warning).", false},
    [BUDGET] = {"budget", "low|normal|full",
                "How hard Redis and the database may be pushed: low (at most 2,000 "
                "commands/s, 1,000 pages of InnoDB), normal (default; 2,500 pages), full "
                "(no pauses, no limit).",
                false},
    [TOP] = {"top", "N", "How many of the largest keys to list (15).", false},
    [POSTS] = {"posts", "N",
               "How many of the posts with the heaviest metadata to take apart (4).",
               false},
    [VALUE_BYTES] = {"value-bytes", "BYTES",
                     "How much of a single value to read at most: 256K, 32M; otherwise "
                     "16M of one in Redis, 8M of one in the database.",
                     false},
    [NO_EXAMINE] = {"no-examine", NULL,
                    "Survey only: read no value and search no sources.", false},
    [DEEP] = {"deep", NULL,
              "Also measure every value of postmeta, with pauses, stopping when the "
              "database is busy: it reads the whole table. Preferably on a replica.",
              false},
    [DEEP_FROM] = {"deep-from", "ID",
                   "--deep from this meta_id on, as one that was stopped has said.",
                   false},
    [WATCH] = {"watch", "SECONDS",
               "Look again every so many seconds, and say what has grown in between; "
               "Ctrl-C ends it with the last report. json and ndjson: a report a line.",
               false},
    [RULE] = {"rule", "CODE.OPTION=VALUE",
              "Change a threshold, such as cache.entry_large.warning_bytes=1M (see "
              "docs/rules.md); may be repeated.",
              true},
    [VERBOSE] = {"verbose", NULL, "Say more on stderr.", false},
    {NULL, NULL, NULL, false},
};

static const char epilogue[] =
    "Exit codes: 0 nothing at or above --fail-on, 1 warning, 2 critical, 3 nothing\n"
    "that was asked could be measured, 64 usage. --format nagios: the plugin API's.\n"
    "\n"
    "Examples:\n"
    "  wpbloat scan                                  every WordPress of this host\n"
    "  wpbloat scan /var/www/shop --format json      one site, for a program\n"
    "  wpbloat scan --format prometheus --output /var/lib/node_exporter/wpbloat.prom\n"
    "  wpbloat scan --redis unix:///run/redis/redis.sock?db=1 --memory-limit 256M\n";

static int take_rule(struct scan *scan, const char *argument)
{
    const char *equals = strchr(argument, '=');
    struct wpb_err err = {0};

    if (!equals)
        return wpb_cli_error("--rule takes CODE.OPTION=VALUE, not '%s'", argument);
    if (wpb_rule_values_set(scan->values,
                            wpb_slice_of(argument, (size_t)(equals - argument)),
                            wpb_slice_cstr(equals + 1), &err))
        return wpb_cli_error("--rule: %s", err.message);
    return 0;
}

static int take_top(struct scan *scan, const char *argument)
{
    char *end;
    unsigned long top = strtoul(argument, &end, 10);

    if (*end || argument[0] < '0' || argument[0] > '9' || top < 1 || top > TOP_MAX)
        return wpb_cli_error("--top takes a number from 1 to %d, not '%s'", TOP_MAX,
                             argument);
    scan->turn.top = top;
    return 0;
}

static int take_watch(struct scan *scan, const char *argument)
{
    char *end;
    unsigned long seconds = strtoul(argument, &end, 10);

    if (*end || argument[0] < '0' || argument[0] > '9' ||
        seconds < WPB_WATCH_SECONDS_MIN || seconds > WPB_WATCH_SECONDS_MAX)
        return wpb_cli_error("--watch takes seconds from %d to %d, not '%s'",
                             WPB_WATCH_SECONDS_MIN, WPB_WATCH_SECONDS_MAX, argument);
    scan->watch_seconds = (uint32_t)seconds;
    return 0;
}

/* Read ARGUMENT as OPTION is read. */
static int take_number(const struct wpb_option *option, const char *argument,
                       uint64_t *number)
{
    struct wpb_err err;
    double value;

    if (wpb_option_parse(option, wpb_slice_cstr(argument), &value, &err))
        return wpb_cli_error("%s", err.message);
    *number = (uint64_t)value;
    return 0;
}

static int take_posts(struct scan *scan, const char *argument)
{
    static const struct wpb_option posts = {
        .name = "--posts", .type = WPB_OPTION_COUNT, .min = 0, .max = 60};
    uint64_t count;

    if (take_number(&posts, argument, &count))
        return -1;
    scan->turn.limits.posts = (size_t)count;
    return 0;
}

static int take_value_bytes(struct scan *scan, const char *argument)
{
    static const struct wpb_option bytes = {
        .name = "--value-bytes", .type = WPB_OPTION_BYTES, .min = 4096, .max = 1 << 28};
    struct wpb_choice_limits *limits = &scan->turn.limits;

    if (take_number(&bytes, argument, &limits->value_bytes))
        return -1;
    limits->row_bytes = limits->value_bytes;
    if (limits->total_bytes < limits->value_bytes)
        limits->total_bytes = limits->value_bytes;
    return 0;
}

static int take_deep_from(struct scan *scan, const char *argument)
{
    char *end;
    unsigned long long id = strtoull(argument, &end, 10);

    if (*end || argument[0] < '0' || argument[0] > '9' || strlen(argument) > 19)
        return wpb_cli_error("--deep-from takes a meta_id, not '%s'", argument);
    scan->turn.deep = true;
    scan->turn.deep_from = id;
    return 0;
}

static int take_choice(const char *option, const char *argument, const char *const *names,
                       int *choice)
{
    *choice = wpb_cli_choice(option, argument, names);
    return *choice < 0 ? -1 : 0;
}

static int take_operand(struct wpb_site_selection *selection, const char *path)
{
    if (selection->path_count == WPB_PATHS_MAX)
        return wpb_cli_error("at most %d paths", WPB_PATHS_MAX);
    selection->paths[selection->path_count++] = path;
    return 0;
}

static int take(void *cookie, int index, const char *argument)
{
    struct scan *scan = cookie;
    struct wpb_site_selection *selection = &scan->selection;
    int choice = 0;

    switch (index) {
    case SITE:
        return wpb_select_named(selection, argument);
    case REDIS:
        selection->redis_uri = argument;
        return 0;
    case REDIS_PASSWORD_FILE:
        selection->redis_password_file = argument;
        return 0;
    case REDIS_REPLICA:
        selection->redis_replica_uri = argument;
        return 0;
    case MYSQL:
        selection->mysql_uri = argument;
        return 0;
    case MYSQL_PASSWORD_FILE:
        selection->mysql_password_file = argument;
        return 0;
    case MYSQL_REPLICA:
        selection->mysql_replica_uri = argument;
        return 0;
    case TABLE_PREFIX:
        selection->table_prefix = argument;
        return 0;
    case RDB:
        selection->rdb_file = argument;
        return 0;
    case FPM:
        selection->fpm = argument;
        return 0;
    case PREFIX:
        selection->key_prefix = argument;
        return 0;
    case MEMORY_LIMIT:
        return wpb_select_memory_limit(selection, argument);
    case FORMAT:
        if (take_choice("format", argument, formats, &choice))
            return -1;
        scan->format = (enum format)choice;
        return 0;
    case OUTPUT:
        scan->output = argument;
        return 0;
    case FAIL_ON:
        return take_choice("fail-on", argument, severities, &scan->fail_on);
    case BUDGET:
        if (take_choice("budget", argument, budgets, &choice))
            return -1;
        scan->turn.budget = (enum wpb_budget)choice;
        return 0;
    case TOP:
        return take_top(scan, argument);
    case POSTS:
        return take_posts(scan, argument);
    case VALUE_BYTES:
        return take_value_bytes(scan, argument);
    case NO_EXAMINE:
        scan->turn.examine = false;
        return 0;
    case DEEP:
        scan->turn.deep = true;
        return 0;
    case DEEP_FROM:
        return take_deep_from(scan, argument);
    case WATCH:
        return take_watch(scan, argument);
    case RULE:
        return take_rule(scan, argument);
    case VERBOSE:
        wpb_log_level(WPB_LOG_DEBUG);
        return 0;
    default:
        return take_operand(selection, argument);
    }
}

/* What each option may be by itself, but not beside the others. */
static int check(const struct scan *scan)
{
    if (!scan->watch_seconds)
        return 0;
    if (scan->selection.rdb_file)
        return wpb_cli_error("--watch looks at a server, and --rdb at a file that does "
                             "not change: use one of them");
    if (scan->turn.deep)
        return wpb_cli_error("--deep reads a whole table, which --watch would do again "
                             "and again: use one of them");
    if (scan->format == PROMETHEUS && !scan->output)
        return wpb_cli_error("--watch writes one answer after the other, and Prometheus "
                             "reads one: use --output FILE, which is replaced each time");
    if (scan->format == NAGIOS)
        return wpb_cli_error("--watch never ends, and a plugin must: use --format "
                             "nagios without it");
    return 0;
}

/* The coverage of discovery first, then that of the probes. */
static void join_coverage(const struct wpb_selected_sites *selected,
                          const struct wpb_turn *turn, struct wpb_arena *arena,
                          struct wpb_report *report)
{
    size_t count;
    const struct wpb_coverage *probes = wpb_turn_coverage(turn, &count);
    struct wpb_coverage *all =
        wpb_arena_alloc(arena, (selected->coverage_count + count + 1) * sizeof(*all));

    for (size_t i = 0; i < selected->coverage_count; i++)
        all[report->coverage_count++] = selected->coverage[i];
    for (size_t i = 0; i < count; i++)
        all[report->coverage_count++] = probes[i];
    report->coverage = all;
}

/* *SEEN: the window of each site of the report. */
static void make_report(const struct scan *scan,
                        const struct wpb_selected_sites *selected,
                        const struct wpb_turn *turn, struct wpb_arena *arena,
                        struct wpb_report *report, const struct wpb_window *const **seen)
{
    size_t count = wpb_turn_sites(turn);
    const struct wpb_window **windows =
        wpb_arena_alloc(arena, (count + 1) * sizeof(*windows));
    const struct wpb_site **sites = wpb_arena_alloc(arena, (count + 1) * sizeof(*sites));
    struct wpb_findings findings = {.arena = arena};
    char host[256] = "";

    gethostname(host, sizeof(host) - 1);
    for (size_t i = 0; i < count; i++) {
        sites[i] = wpb_turn_site(turn, i);
        windows[i] = wpb_turn_window(turn, i);
        wpb_work_books_note(scan->books, windows[i], wpb_turn_window(turn, i),
                            scan->turn.now_ms);
    }
    wpb_rules_evaluate(windows, count, scan->values, &findings);
    *report = (struct wpb_report){.generated_at_ms = scan->turn.now_ms,
                                  .elapsed_ms = wpb_turn_elapsed_ms(turn),
                                  .host = wpb_arena_cstr(arena, wpb_slice_cstr(host)),
                                  .version = WPB_VERSION,
                                  .sites = sites,
                                  .site_count = count,
                                  .findings = findings.items,
                                  .finding_count = findings.count};
    wpb_tables_fill(windows, count, scan->turn.top, GROUPS_MAX, arena, report);
    if (scan->growth && !wpb_turn_was_interrupted(turn))
        wpb_growth_note(scan->growth, windows, scan->started_ms);
    if (scan->growth)
        wpb_growth_fill(scan->growth, GROWTH_ROWS_MAX, arena, report);
    join_coverage(selected, turn, arena, report);
    *seen = windows;
}

static int exit_code(const struct scan *scan, const struct wpb_report *report)
{
    bool has_measured = false;
    enum wpb_severity worst = WPB_INFO;

    for (size_t i = 0; i < report->coverage_count; i++) {
        enum wpb_coverage_status status = report->coverage[i].status;
        if (wpb_coverage_is_of_host(&report->coverage[i]))
            continue;
        has_measured |= status == WPB_COVERAGE_OK ||
                        (status == WPB_COVERAGE_PARTIAL && report->coverage[i].done);
    }
    if (!has_measured)
        return WPB_EXIT_UNMEASURED;
    for (size_t i = 0; i < report->finding_count; i++) {
        if (report->findings[i].severity > worst)
            worst = report->findings[i].severity;
    }
    if (worst == WPB_CRITICAL && scan->fail_on <= 1)
        return WPB_EXIT_CRITICAL;
    return worst == WPB_WARNING && scan->fail_on == 0 ? WPB_EXIT_WARNING : WPB_EXIT_OK;
}

/* Put the report into OUT in the format asked for; the exit code it stands for. */
static int render(const struct scan *scan, const struct wpb_report *report,
                  const struct wpb_window *const *windows, struct wpb_buf *out)
{
    struct wpb_text_style style = wpb_terminal_style(scan->output == NULL);
    struct wpb_err err = {0};

    switch (scan->format) {
    case TEXT:
        wpb_output_text(report, &style, out);
        break;
    case JSON:
        if (scan->growth)
            wpb_output_json_line(report, out, &err);
        else
            wpb_output_json(report, out, &err);
        break;
    case NDJSON:
        if (scan->growth)
            wpb_output_json_line(report, out, &err);
        else
            wpb_output_ndjson(report, out, &err);
        break;
    case NAGIOS:
        return wpb_output_nagios(report, out);
    case PROMETHEUS:
        wpb_output_prometheus(report, windows, report->site_count, NULL, out);
        break;
    }
    return exit_code(scan, report);
}

static int deliver(const struct scan *scan, const struct wpb_buf *out)
{
    /* node_exporter may read the file at any moment. */
    bool is_replaced = scan->output && scan->format == PROMETHEUS;
    struct wpb_err err = {0};

    if (wpb_buf_failed(out))
        return wpb_cli_error("out of memory while writing the report");
    if (is_replaced ? wpb_terminal_replace(scan->output, wpb_buf_view(out), &err)
                    : wpb_terminal_write(scan->output, wpb_buf_view(out), &err))
        return wpb_cli_error("%s", err.message);
    return 0;
}

/* One turn, its report in OUT; the exit code it stands for, or -1 when it could not be
 * turned and that was said. */
static int run_turn(struct scan *scan, const struct wpb_selected_sites *selected,
                    struct wpb_buf *out, bool *was_interrupted)
{
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_turn *turn;
    struct wpb_err err = {0};
    const struct wpb_window *const *windows;
    struct wpb_report report;
    int code = -1;

    scan->turn.now_ms = wpb_clock_now_ms();
    scan->started_ms = wpb_clock_monotonic_ms();
    turn = arena ? wpb_turn_new(selected->sites, selected->count, &scan->turn) : NULL;
    if (!turn || wpb_turn_run(turn, &err)) {
        wpb_cli_error("%s", turn ? err.message : "out of memory");
        goto out_turn;
    }
    if (scan->turn.progress)
        wpb_progress_clear();
    make_report(scan, selected, turn, arena, &report, &windows);
    code = render(scan, &report, windows, out);
    *was_interrupted = wpb_turn_was_interrupted(turn);
out_turn:
    wpb_turn_free(turn);
    wpb_arena_free(arena);
    return code;
}

static int scan_once(struct scan *scan, const struct wpb_selected_sites *selected)
{
    bool was_interrupted = false;
    struct wpb_buf out;
    int code;

    wpb_buf_init(&out, 0);
    code = run_turn(scan, selected, &out, &was_interrupted);
    if (code < 0 || deliver(scan, &out))
        code = WPB_EXIT_UNMEASURED;
    wpb_buf_fini(&out);
    if (was_interrupted)
        wpb_log(WPB_LOG_WARNING, "interrupted: the report holds what was seen so far");
    return code;
}

struct watched_scan {
    struct scan *scan;
    const struct wpb_selected_sites *selected;
};

static int make_pass(void *cookie, struct wpb_buf *text, bool *was_interrupted)
{
    struct watched_scan *watched = cookie;

    return run_turn(watched->scan, watched->selected, text, was_interrupted);
}

static int scan_again_and_again(struct scan *scan,
                                const struct wpb_selected_sites *selected)
{
    struct watched_scan watched = {scan, selected};
    struct wpb_watch watch = {.seconds = scan->watch_seconds,
                              .output = scan->output,
                              .is_text = scan->format == TEXT,
                              .pass = make_pass,
                              .cookie = &watched};
    int code;

    scan->growth = wpb_growth_new(selected->count);
    scan->turn.keepsakes = wpb_keepsakes_new();
    if (!scan->growth || !scan->turn.keepsakes) {
        wpb_cli_error("out of memory");
        return WPB_EXIT_UNMEASURED;
    }
    code = wpb_watch_run(&watch);
    wpb_growth_free(scan->growth);
    wpb_keepsakes_free(scan->turn.keepsakes);
    return code;
}

/* As wpb_cli_parse(). The caller frees the rule values, which may be NULL. */
static int read_words(struct scan *scan, int argc, char **argv)
{
    static const struct wpb_cli cli = {
        .usage = "wpbloat scan [PATH | --site NAME]... [options]",
        .summary = "Look at the WordPress sites of this host (or at those of PATH), "
                   "read-only, and say what will break first, why, and who causes it. "
                   "Credentials come from each site's own configuration.",
        .options = options,
        .epilogue = epilogue,
        .take = take};
    int parsed;

    *scan = (struct scan){.turn = {.probes = wpb_probes,
                                   .budget = WPB_BUDGET_NORMAL,
                                   .top = TOP_DEFAULT,
                                   .survey = true,
                                   .examine = true,
                                   .limits = wpb_choice_defaults}};
    scan->values = wpb_rule_values_new();
    if (!scan->values)
        return wpb_cli_error("out of memory");
    parsed = wpb_cli_parse(&cli, argc, argv, scan);
    return parsed ? parsed : check(scan);
}

int wpb_scan_check_words(int argc, char **argv)
{
    struct scan scan;
    int result = read_words(&scan, argc, argv);

    wpb_rule_values_free(scan.values);
    return result;
}

int wpb_command_scan(int argc, char **argv)
{
    struct scan scan;
    struct wpb_selected_sites selected;
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_err err = {0};
    int parsed = read_words(&scan, argc, argv), code = WPB_EXIT_USAGE;

    if (parsed) {
        code = parsed > 0 ? WPB_EXIT_OK : WPB_EXIT_USAGE;
        goto out;
    }
    scan.books = wpb_work_books_new();
    if (!arena || !scan.books) {
        wpb_cli_error("out of memory");
        goto out;
    }
    if (wpb_select_sites(&scan.selection, arena, &selected, &err)) {
        wpb_cli_error("%s", err.message);
        goto out;
    }
    /* The text report says it itself. */
    if (selected.count == 0 && scan.format != TEXT)
        wpb_log(WPB_LOG_WARNING,
                "no WordPress site was found in %s; give its folder, --redis URI or "
                "--mysql URI",
                selected.looked_in);
    if (wpb_progress_is_wanted())
        scan.turn.progress = wpb_progress_draw;
    /* Where there is nothing to look at, there is nothing to wait for. */
    code = scan.watch_seconds && selected.count ? scan_again_and_again(&scan, &selected)
                                                : scan_once(&scan, &selected);
out:
    wpb_work_books_free(scan.books);
    wpb_rule_values_free(scan.values);
    wpb_arena_free(arena);
    return code;
}
