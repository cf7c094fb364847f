#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/command/cli.h"
#include "agent/command/command.h"
#include "agent/command/site_pool.h"
#include "agent/command/sites.h"
#include "agent/command/terminal.h"
#include "agent/config/config.h"
#include "agent/load/admit.h"
#include "agent/load/agent_alerts.h"
#include "agent/load/report.h"
#include "wpbloat/option.h"

#define OWNED_MAX 8
#define AGENT_HOST "127.0.0.1"
#define AGENT_PORT 9847

enum option_index {
    RATE,
    OWNED,
    STEP_SECONDS,
    WARMUP_SECONDS,
    ARRIVALS,
    SEED,
    SLO,
    TIMEOUT,
    STOP_P99,
    STOP_QUEUE,
    CONNECT,
    FPM,
    SITE,
    MYSQL,
    MYSQL_PASSWORD_FILE,
    REDIS,
    REDIS_PASSWORD_FILE,
    AGENT,
    DESPITE_ALERTS,
    FORMAT,
};

static const struct wpb_cli_option options[] = {
    [RATE] = {"rate", "LIST",
              "Requests a second, step by step, rising: 1,2,5,10,20 is the default.",
              false},
    [OWNED] = {"i-own-this-site", "HOST",
               "The host of the URL, said a second time by who owns it. Without it "
               "nothing is sent.",
               true},
    [STEP_SECONDS] = {"step-seconds", "N", "How long a step lasts (10).", false},
    [WARMUP_SECONDS] = {"warmup-seconds", "N",
                        "Before the first step, at its rate, not counted (2).", false},
    [ARRIVALS] = {"arrivals", "exponential|constant",
                  "Times between arrivals: random as those of visitors (the default), or "
                  "all alike.",
                  false},
    [SEED] = {"seed", "N", "Another sequence of random arrivals (1).", false},
    [SLO] = {"slo", "TIME",
             "The knee is where 95 of 100 answers are not within this any more (1s).",
             false},
    [TIMEOUT] = {"timeout", "TIME", "A request is given up after this (10s).", false},
    [STOP_P99] =
        {"stop-p99", "TIME",
         "Stop at once when more than one answer in a hundred takes longer (5s).", false},
    [STOP_QUEUE] = {"stop-queue", "N",
                    "Stop at once when more connections wait for a PHP worker (64).",
                    false},
    [CONNECT] = {"connect", "ADDRESS",
                 "Connect to this address instead of the host's own, such as 127.0.0.1 "
                 "for a site that stands behind a proxy elsewhere.",
                 false},
    [FPM] = {"fpm", "ADDRESS",
             "The site's PHP-FPM pool: its file, its socket or HOST:PORT (default: that "
             "of --site, else the only one of this host).",
             false},
    [SITE] = {"site", "NAME",
              "Take the database, the object cache and the pool from this site's "
              "configuration: its name or its folder.",
              false},
    [MYSQL] = {"mysql", "URI", "The site's database (see wpbloat scan --help).", false},
    [MYSQL_PASSWORD_FILE] = {"mysql-password-file", "FILE",
                             "The first line is the database user's password.", false},
    [REDIS] = {"redis", "URI", "The site's object cache (see wpbloat scan --help).",
               false},
    [REDIS_PASSWORD_FILE] = {"redis-password-file", "FILE",
                             "The first line is Redis's password.", false},
    [AGENT] = {"agent", "ADDRESS",
               "Where the agent of this host listens: HOST:PORT or unix:/path (default: "
               "`listen` of " WPB_CONF_DEFAULT_FILE ").",
               false},
    [DESPITE_ALERTS] = {"despite-alerts", NULL,
                        "Go on though an alert of the agent fires.", false},
    [FORMAT] = {"format", "text|json", "The default is text.", false},
    {NULL, NULL, NULL, false},
};

static const char epilogue[] =
    "Examples:\n"
    "  wpbloat load https://shop.example/ --i-own-this-site shop.example\n"
    "  wpbloat load https://shop.example/cart/ --i-own-this-site shop.example \\\n"
    "      --connect 127.0.0.1 --rate 5,10,20,30 --site shop --fpm /run/php/shop.sock\n"
    "\n"
    "Only GET requests to the URLs given are sent, redirects are not followed. The\n"
    "host must be served by this machine, or show a file that wpbloat tells you of.\n"
    "At most 200 requests a second, 60 s a step, 20,000 requests in all.\n"
    "Exit codes: 0 all steps held, 1 a step broke, 2 stopped at once by a rule,\n"
    "3 refused, or nothing measured, 64 usage.\n";

struct load {
    struct wpb_load_plan plan;
    struct wpb_site_selection selection;
    const char *owned[OWNED_MAX];
    size_t owned_count;
    const char *connect, *fpm;
    struct wpb_load_agent agent;
    bool is_agent_given, is_despite_alerts, is_json;
    struct wpb_arena *arena;
};

/* ---- options */

static int take_number(const char *option, const char *text, double min, double max,
                       double *number)
{
    char *end;

    *number = strtod(text, &end);
    if (end == text || *end || !(*number >= min && *number <= max))
        return wpb_cli_error("--%s takes a number from %g to %g, not '%s'", option, min,
                             max, text);
    return 0;
}

/* "250ms", "1s", "1.5": seconds. */
static int take_time(const char *option, const char *text, double max_s, double *seconds)
{
    char *end;

    *seconds = strtod(text, &end);
    if (end != text && strcmp(end, "ms") == 0)
        *seconds /= 1000;
    else if (end == text || (*end && strcmp(end, "s") != 0))
        return wpb_cli_error("--%s takes a time such as 500ms or 2s, not '%s'", option,
                             text);
    if (!(*seconds >= 0.001 && *seconds <= max_s))
        return wpb_cli_error("--%s: %s is not within 1ms and %gs", option, text, max_s);
    return 0;
}

static int take_listen(struct load *load, const char *text)
{
    struct wpb_conf_listen listen;
    struct wpb_err err = {0};

    if (wpb_conf_listen_parse(text, load->arena, &listen, &err) ||
        listen.kind == WPB_LISTEN_NONE)
        return wpb_cli_error("--agent takes HOST:PORT or unix:/path, not '%s'", text);
    load->agent = (struct wpb_load_agent){listen.host, listen.port, listen.path};
    load->is_agent_given = true;
    return 0;
}

static int take_url(struct load *load, const char *url)
{
    struct wpb_load_plan *plan = &load->plan;
    struct wpb_err err = {0};

    if (plan->target_count == WPB_LOAD_URLS_MAX)
        return wpb_cli_error("at most %d URLs are loaded at once", WPB_LOAD_URLS_MAX);
    if (wpb_load_target_parse(url, load->arena, &plan->targets[plan->target_count], &err))
        return wpb_cli_error("%s", err.message);
    plan->target_count++;
    return 0;
}

static int take_rates(struct load *load, const char *text)
{
    struct wpb_err err = {0};

    return wpb_load_plan_rates(&load->plan, text, &err) ? wpb_cli_error("%s", err.message)
                                                        : 0;
}

/* Those that are numbers and times. */
static int take_value(struct load *load, int index, const char *argument)
{
    struct wpb_load_plan *plan = &load->plan;
    const char *name = options[index].name;
    double value = 0;
    int result = 0;

    switch (index) {
    case STEP_SECONDS:
        return take_number(name, argument, 1, WPB_LOAD_STEP_SECONDS_MAX, &plan->step_s);
    case WARMUP_SECONDS:
        return take_number(name, argument, 0, WPB_LOAD_STEP_SECONDS_MAX, &plan->warmup_s);
    case SEED:
        result = take_number(name, argument, 0, 1e15, &value);
        plan->seed = (uint64_t)value;
        return result;
    case SLO:
        return take_time(name, argument, WPB_LOAD_TIMEOUT_MS_MAX / 1000.0, &plan->slo_s);
    case TIMEOUT:
        result = take_time(name, argument, WPB_LOAD_TIMEOUT_MS_MAX / 1000.0, &value);
        plan->timeout_ms = (uint64_t)(value * 1000);
        return result;
    case STOP_P99:
        result = take_time(name, argument, WPB_LOAD_TIMEOUT_MS_MAX / 1000.0, &value);
        plan->stop.slow_us = (uint64_t)(value * 1e6);
        return result;
    default: /* STOP_QUEUE */
        result = take_number(name, argument, 0, WPB_LOAD_IN_FLIGHT_MAX, &value);
        plan->stop.queue = (uint32_t)value;
        return result;
    }
}

static int take(void *cookie, int index, const char *argument)
{
    static const char *const formats[] = {"text", "json", NULL};
    static const char *const arrivals[] = {"exponential", "constant", NULL};
    struct load *load = cookie;
    int choice;

    switch (index) {
    case RATE:
        return take_rates(load, argument);
    case OWNED:
        if (load->owned_count == OWNED_MAX)
            return wpb_cli_error("at most %d hosts are loaded at once", OWNED_MAX);
        load->owned[load->owned_count++] = argument;
        return 0;
    case ARRIVALS:
        choice = wpb_cli_choice("arrivals", argument, arrivals);
        load->plan.arrivals = choice == 1 ? WPB_LOAD_CONSTANT : WPB_LOAD_EXPONENTIAL;
        return choice < 0 ? -1 : 0;
    case CONNECT:
        load->connect = argument;
        return 0;
    case FPM:
        load->fpm = argument;
        return 0;
    case SITE:
        return wpb_select_named(&load->selection, argument);
    case MYSQL:
        load->selection.mysql_uri = argument;
        return 0;
    case MYSQL_PASSWORD_FILE:
        load->selection.mysql_password_file = argument;
        return 0;
    case REDIS:
        load->selection.redis_uri = argument;
        return 0;
    case REDIS_PASSWORD_FILE:
        load->selection.redis_password_file = argument;
        return 0;
    case AGENT:
        return take_listen(load, argument);
    case DESPITE_ALERTS:
        load->is_despite_alerts = true;
        return 0;
    case FORMAT:
        choice = wpb_cli_choice("format", argument, formats);
        load->is_json = choice == 1;
        return choice < 0 ? -1 : 0;
    case -1:
        return take_url(load, argument);
    default:
        return take_value(load, index, argument);
    }
}

static int check(struct load *load)
{
    struct wpb_err err = {0};

    if (!load->plan.target_count)
        return wpb_cli_error("load needs the URL of a page; see wpbloat load --help");
    if (wpb_load_plan_check(&load->plan, &err))
        return wpb_cli_error("%s", err.message);
    wpb_load_plan_name(&load->plan, load->plan.targets[0].host);
    return 0;
}

/* ---- before the first request */

/* The agent listens where the configuration says, if it can be read. */
static void find_agent(struct load *load)
{
    struct wpb_conf_problems *problems;
    struct wpb_conf *config;

    if (load->is_agent_given)
        return;
    load->agent = (struct wpb_load_agent){AGENT_HOST, AGENT_PORT, ""};
    problems = wpb_conf_problems_new();
    if (!problems)
        return;
    config = wpb_conf_load(WPB_CONF_DEFAULT_FILE, true, problems);
    if (config) {
        const struct wpb_conf_listen *listen = wpb_conf_listen(config);
        if (listen && listen->kind != WPB_LISTEN_NONE)
            load->agent = (struct wpb_load_agent){
                wpb_arena_cstr(load->arena, wpb_slice_cstr(listen->host)), listen->port,
                wpb_arena_cstr(load->arena, wpb_slice_cstr(listen->path))};
        wpb_conf_free(config);
    }
    wpb_conf_problems_free(problems);
}

static int refuse_while_firing(struct load *load, struct wpb_err *err)
{
    uint64_t firing = 0;

    if (load->is_despite_alerts)
        return 0;
    find_agent(load);
    if (!wpb_load_agent_alerts(&load->agent, &firing) || firing == 0)
        return 0;
    return wpb_err_set(err, WPB_E_DENIED, "load",
                       "the agent of this host has %llu alerts firing; see wpbloat scan, "
                       "or give --despite-alerts",
                       (unsigned long long)firing);
}

static int admit(struct load *load, struct wpb_err *err)
{
    struct wpb_load_owned owned = {load->owned, load->owned_count, load->connect};

    if (wpb_load_admit_owner(&load->plan, &owned, load->arena, err) ||
        refuse_while_firing(load, err))
        return -1;
    return wpb_load_admit_pages(&load->plan, load->arena, err);
}

/* ---- the run */

static void on_begins(void *cookie, size_t step, double rate)
{
    const struct load *load = cookie;

    if (!isatty(STDERR_FILENO))
        return;
    if (step == 0)
        fprintf(stderr, "warming up at %g requests a second ...\n", rate);
    else
        fprintf(stderr, "step %zu of %zu: %g requests a second for %g s ...\n", step,
                load->plan.step_count, rate, load->plan.step_s);
}

/* What --mysql, --redis, --fpm and --site name; without them a site of no servers. */
static int find_site(struct load *load, struct wpb_site *site, struct wpb_err *err)
{
    const struct wpb_site_selection *selection = &load->selection;
    struct wpb_selected_sites selected = {0};

    *site = wpb_site_ad_hoc("load");
    if (selection->mysql_uri || selection->redis_uri || selection->name_count) {
        if (wpb_select_sites(selection, load->arena, &selected, err))
            return -1;
        if (selected.count != 1)
            return wpb_err_set(err, WPB_E_ARGUMENT, "load",
                               "%zu sites are meant; name one with --site",
                               selected.count);
        *site = selected.sites[0];
    }
    return load->fpm ? wpb_site_pool_at(site, load->fpm, load->arena, err) : 0;
}

static int show(const struct load *load, struct wpb_load_report *report)
{
    struct wpb_text_style style = wpb_terminal_style(true);
    struct wpb_err err = {0};
    struct wpb_buf out;
    int result;

    wpb_buf_init(&out, 0);
    if (load->is_json)
        wpb_load_report_json(report, &out);
    else
        wpb_load_report_text(report, &style, &out);
    result = wpb_terminal_write(NULL, wpb_buf_view(&out), &err);
    if (result)
        wpb_cli_error("%s", err.message);
    wpb_buf_fini(&out);
    return result;
}

static int code_of(const struct wpb_load_knee *knee)
{
    if (knee->broken)
        return knee->why == WPB_LOAD_STOPPED ? WPB_EXIT_CRITICAL : WPB_EXIT_WARNING;
    return knee->held ? WPB_EXIT_OK : WPB_EXIT_UNMEASURED;
}

static int report_on(struct load *load, const struct wpb_load_result *result,
                     const struct wpb_load_sensors *sensors)
{
    const struct wpb_load_pool *pool = wpb_load_sensors_pool(sensors);
    struct wpb_load_system system = {.workers = pool ? wpb_load_pool_workers(pool) : 0,
                                     .processors = wpb_load_sensors_processors(),
                                     .slo_s = load->plan.slo_s};
    struct wpb_load_capacity capacity;
    struct wpb_load_report report = {.plan = &load->plan,
                                     .result = result,
                                     .capacity = &capacity,
                                     .system = &system,
                                     .host = load->plan.targets[0].host,
                                     .pool = pool ? wpb_load_pool_label(pool) : "",
                                     .generated_at_ms = wpb_clock_now_ms()};

    for (size_t i = 0; i < WPB_LOAD_SENSORS; i++)
        report.missing[i] = wpb_load_sensors_missing(sensors, (enum wpb_load_sensor)i);
    wpb_load_capacity_of(result->steps, result->step_count, result->windows,
                         result->window_count, &system, &capacity);
    return show(load, &report) ? WPB_EXIT_UNMEASURED : code_of(&capacity.knee);
}

static int run(struct load *load, struct wpb_err *err)
{
    struct wpb_site site;
    struct wpb_load_sources sources = {.site = &site};
    struct wpb_load_result *result = NULL;
    struct wpb_load_sensors *sensors = NULL;
    int code = -1;

    if (find_site(load, &site, err) || admit(load, err))
        return -1;
    sources.mysql = site.has_mysql ? &site.mysql : NULL;
    sources.redis = site.has_redis ? &site.redis : NULL;
    result = calloc(1, sizeof(*result));
    sensors = wpb_load_sensors_new(&sources, load->arena);
    if (!result || !sensors)
        wpb_err_set(err, WPB_E_MEMORY, "load", "out of memory");
    else if (wpb_load_run(&load->plan, sensors, on_begins, load, result, err) == 0)
        code = report_on(load, result, sensors);
    wpb_load_sensors_free(sensors);
    free(result);
    return code;
}

static int load_site(struct load *load)
{
    struct wpb_err err = {0};
    int place = wpb_load_admit_alone(WPB_LOAD_PLACE, &err), code = -1;

    if (place >= 0)
        code = run(load, &err);
    if (place >= 0)
        close(place);
    if (code >= 0)
        return code;
    wpb_cli_error("%s", err.message);
    return WPB_EXIT_UNMEASURED;
}

int wpb_command_load(int argc, char **argv)
{
    static const struct wpb_cli cli = {
        .usage = "wpbloat load URL... --i-own-this-site HOST [--rate LIST] [options]",
        .summary = "Send requests to your own site at rising rates, as visitors would, "
                   "and say at which rate it breaks, what gives out first, and what one "
                   "request takes.",
        .options = options,
        .epilogue = epilogue,
        .take = take};
    struct load load = {.arena = wpb_arena_new(),
                        .plan = {.rates = {1, 2, 5, 10, 20},
                                 .step_count = 5,
                                 .quiet_s = 2,
                                 .step_s = 10,
                                 .warmup_s = 2,
                                 .seed = 1,
                                 .slo_s = 1,
                                 .timeout_ms = 10000,
                                 .stop = {.slow_us = 5000000, .queue = 64}}};
    int parsed = wpb_cli_parse(&cli, argc, argv, &load), code = WPB_EXIT_USAGE;

    if (parsed > 0)
        code = WPB_EXIT_OK;
    else if (parsed == 0 && check(&load) == 0)
        code = load_site(&load);
    wpb_arena_free(load.arena);
    return code;
}
