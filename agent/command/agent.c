#include "agent/command/command.h"

#include <stdio.h>

#include "agent/base/log.h"
#include "agent/command/cli.h"
#include "agent/command/watched.h"
#include "agent/daemon/daemon.h"
#include "agent/daemon/test_alert.h"

struct agent {
    const char *file; /* NULL: the default, which need not be there */
    bool is_test;
};

enum option_index { CONFIG, TEST_ALERT };

static const struct wpb_cli_option options[] = {
    [CONFIG] = {"config", "FILE", "Read this file instead of " WPB_CONF_DEFAULT_FILE ".",
                false},
    [TEST_ALERT] =
        {"test-alert", NULL,
         "Send one alert that says it is a test through every sink, print what "
         "each answered, and end. Nothing is looked at.",
         false},
    {NULL, NULL, NULL, false},
};

static int take(void *cookie, int index, const char *argument)
{
    struct agent *agent = cookie;

    switch (index) {
    case CONFIG:
        agent->file = argument;
        return 0;
    case TEST_ALERT:
        agent->is_test = true;
        return 0;
    default:
        return wpb_cli_error(
            "agent takes no path, and got '%s': sites are found, or named "
            "in the configuration",
            argument);
    }
}

static void log_problems(const struct wpb_conf_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        const struct wpb_conf_problem *problem = &problems->items[i];
        wpb_log(problem->is_error ? WPB_LOG_ERROR : WPB_LOG_WARNING, "%s:%u: %s",
                problem->file, problem->line, problem->message);
    }
}

/* NULL after saying what is wrong. */
static struct wpb_conf *load(const struct agent *agent)
{
    struct wpb_conf_problems *problems = wpb_conf_problems_new();
    struct wpb_conf *config = NULL;

    if (!problems) {
        wpb_cli_error("out of memory");
        return NULL;
    }
    config = wpb_conf_load(agent->file ? agent->file : WPB_CONF_DEFAULT_FILE,
                           agent->file == NULL, problems);
    log_problems(problems);
    wpb_conf_problems_free(problems);
    if (!config)
        wpb_log(WPB_LOG_ERROR, "the configuration is wrong, so the agent does not start; "
                               "`wpbloat check` says more");
    return config;
}

static int find_sites(const struct wpb_conf *config, struct wpb_arena *arena,
                      struct wpb_found_sites *found, struct wpb_err *err)
{
    struct wpb_selected_sites selected = {0};

    if (wpb_watched_sites(config, arena, &selected, err))
        return -1;
    *found = (struct wpb_found_sites){.sites = selected.sites,
                                      .count = selected.count,
                                      .coverage = selected.coverage,
                                      .coverage_count = selected.coverage_count};
    return 0;
}

static void show_answer(void *cookie, const char *sink, bool was_delivered,
                        const char *detail)
{
    (void)cookie;
    printf("%-9s [sink %s] %s\n", was_delivered ? "delivered" : "FAILED", sink, detail);
}

int wpb_command_agent(int argc, char **argv)
{
    static const struct wpb_cli cli = {
        .usage = "wpbloat agent [--config FILE] [--test-alert]",
        .summary =
            "Watch the sites of this host for months: look at each in turn, remember "
            "what grows, and warn before it fails. Runs in the foreground, for a "
            "service manager; SIGHUP reads the configuration again, SIGTERM ends "
            "it.",
        .options = options,
        .epilogue = "Exit codes: 0 it was told to end (or the test alert arrived "
                    "everywhere), 1 it could not\nstart, or a sink did not take the test "
                    "alert, 64 usage.\n"
                    "\n"
                    "Examples:\n"
                    "  wpbloat check                  what would be watched, and what is "
                    "out of sight\n"
                    "  wpbloat agent --test-alert     does an alert arrive?\n",
        .take = take};
    struct agent agent = {0};
    struct wpb_daemon_options daemon;
    struct wpb_err err = {0};
    struct wpb_conf *config;
    int parsed = wpb_cli_parse(&cli, argc, argv, &agent), result;

    if (parsed)
        return parsed > 0 ? WPB_EXIT_OK : WPB_EXIT_USAGE;
    config = load(&agent);
    if (!config)
        return 1;
    if (agent.is_test) {
        result = wpb_test_alert_send(config, show_answer, NULL, &err);
        wpb_conf_free(config);
    } else {
        daemon = (struct wpb_daemon_options){
            .config_file = agent.file ? agent.file : WPB_CONF_DEFAULT_FILE,
            .is_config_optional = agent.file == NULL,
            .find_sites = find_sites,
            .probes = wpb_probes,
        };
        result = wpb_daemon_run(&daemon, config, &err);
    }
    if (result && err.code)
        wpb_log(WPB_LOG_ERROR, "%s", err.message);
    return result ? 1 : WPB_EXIT_OK;
}
