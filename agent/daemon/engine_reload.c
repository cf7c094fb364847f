/* The configuration, put in force and read again. */
#include <stdlib.h>
#include <string.h>

#include "agent/base/log.h"
#include "agent/daemon/engine.h"
#include "agent/daemon/known_sinks.h"

static int apply_sinks(struct wpb_engine *engine, struct wpb_err *err)
{
    struct wpb_arena *arena = wpb_arena_new();
    const struct wpb_pump_sink *sinks;
    size_t count;
    int result;

    if (!arena)
        return wpb_err_set(err, WPB_E_MEMORY, "alerts", "no memory for the sinks");
    sinks = wpb_sinks_of(engine->config->config, arena, &count, &engine->failed_sinks);
    if (count == 0)
        wpb_log(WPB_LOG_WARNING,
                "no sink is configured: alerts are shown at /findings.json only");
    result = wpb_pump_configure(engine->pump, sinks, count, err);
    if (result == 0)
        wpb_known_sinks_note(engine->ledger, engine->pump);
    wpb_arena_free(arena);
    return result;
}

static void apply_log_level(const struct wpb_conf *config)
{
    wpb_log_level(
        (enum wpb_log_level)wpb_conf_choice(wpb_conf_agent(config), "log_level"));
}

/* Everything that decides how it listens, to see whether it changed; TOKEN may have been
 * put into its file anew. */
static const char *listener_text(const struct wpb_conf *config, const char *token,
                                 struct wpb_arena *arena)
{
    static const char *const keys[] = {"listen", "listen_token_file", "listen_cert_file",
                                       "listen_key_file"};
    const char *text = token ? token : "";

    for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
        const char *value = wpb_conf_value(wpb_conf_agent(config), keys[k])->text;
        text = wpb_arena_printf(arena, "%s%s\n", text, value ? value : "");
    }
    return text;
}

static struct wpb_serve *open_listener(struct wpb_engine *engine,
                                       const struct wpb_serve_settings *settings,
                                       struct wpb_err *err)
{
    struct wpb_serve_routes routes = {.render = wpb_engine_render, .cookie = engine};
    struct wpb_serve *serve = wpb_serve_open(&engine->loop, settings, &routes, err);

    if (serve || err->code != WPB_E_CONNECT || !engine->serve)
        return serve;
    /* It may be ourselves who are there. */
    wpb_serve_close(engine->serve);
    engine->serve = NULL;
    *err = (struct wpb_err){0};
    return wpb_serve_open(&engine->loop, settings, &routes, err);
}

static int listen_anew(struct wpb_engine *engine, const char *token,
                       struct wpb_arena *arena, struct wpb_err *err)
{
    const struct wpb_conf *config = engine->config->config;
    const struct wpb_conf_section *agent = wpb_conf_agent(config);
    const struct wpb_conf_listen *listen = wpb_conf_listen(config);
    struct wpb_serve_settings settings = {
        .host = listen->host, .port = listen->port, .token = token};
    struct wpb_serve *serve = NULL;

    if (listen->kind == WPB_LISTEN_UNIX)
        settings.path = listen->path;
    if (wpb_conf_file_path(agent, "listen_cert_file", arena, &settings.cert_file, err) ||
        wpb_conf_file_path(agent, "listen_key_file", arena, &settings.key_file, err))
        return -1;
    if (listen->kind != WPB_LISTEN_NONE &&
        !(serve = open_listener(engine, &settings, err)))
        return -1;
    wpb_serve_close(engine->serve);
    engine->serve = serve;
    return 0;
}

/* What listens goes on until what takes its place does. */
static int apply_listener(struct wpb_engine *engine, struct wpb_err *err)
{
    const struct wpb_conf_section *agent = wpb_conf_agent(engine->config->config);
    struct wpb_arena *arena = wpb_arena_new();
    const char *token = NULL;
    char *text = NULL;
    int result = -1;

    if (!arena)
        return wpb_err_set(err, WPB_E_MEMORY, "http", "no memory to listen");
    if (wpb_conf_secret(agent, "listen_token_file", arena, &token, err)) {
        wpb_arena_free(arena);
        return -1;
    }
    text = strdup(listener_text(engine->config->config, token, arena));
    if (engine->listener && text && strcmp(text, engine->listener) == 0) {
        result = 0;
    } else {
        result = listen_anew(engine, token, arena, err);
        if (result == 0) {
            char *before = engine->listener;
            engine->listener = text;
            text = before;
        }
    }
    free(text);
    wpb_arena_free(arena);
    return result;
}

static int configure_rules(struct wpb_engine *engine, struct wpb_err *err)
{
    return wpb_judge_configure(engine->judge, engine->config->config, err);
}

int wpb_engine_apply(struct wpb_engine *engine, struct wpb_err *err)
{
    apply_log_level(engine->config->config);
    return configure_rules(engine, err) || apply_sinks(engine, err) ||
                   apply_listener(engine, err)
               ? -1
               : 0;
}

static void log_problems(const struct wpb_conf_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        const struct wpb_conf_problem *problem = &problems->items[i];
        wpb_log(problem->is_error ? WPB_LOG_ERROR : WPB_LOG_WARNING, "%s:%u: %s",
                problem->file, problem->line, problem->message);
    }
}

/* What stays as it was until the agent starts anew. */
static void say_fixed(const struct wpb_conf *before, const struct wpb_conf *now)
{
    static const char *const keys[] = {"state", "retention", "history_max"};

    for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
        const char *a = wpb_conf_value(wpb_conf_agent(before), keys[k])->text;
        const char *b = wpb_conf_value(wpb_conf_agent(now), keys[k])->text;
        if (strcmp(a ? a : "", b ? b : "") != 0)
            wpb_log(WPB_LOG_WARNING, "a new '%s' counts from the next start on", keys[k]);
    }
}

static void put_in_force(struct wpb_engine *engine, struct wpb_conf *config)
{
    struct wpb_conf_share *before = engine->config;
    struct wpb_conf_share *share = wpb_conf_share_new(config);
    uint64_t interval_ms;
    struct wpb_err err = {0};

    if (!share) {
        wpb_conf_free(config);
        wpb_log(WPB_LOG_ERROR, "no memory for the new configuration");
        return;
    }
    say_fixed(before->config, config);
    engine->config = share;
    if (wpb_engine_apply(engine, &err))
        wpb_log(WPB_LOG_ERROR, "a part of the new configuration is not in force: %s",
                err.message);
    wpb_conf_share_drop(before);
    interval_ms =
        wpb_clock_real_ms(wpb_conf_seconds(wpb_conf_agent(config), "interval") * 1000);
    uv_timer_set_repeat(&engine->evaluation, interval_ms);
    uv_timer_again(&engine->evaluation);
    wpb_engine_search(engine);
}

/* The files that hold them may have been written anew. */
static void reread_secrets(struct wpb_engine *engine)
{
    struct wpb_err err = {0};

    if (apply_sinks(engine, &err) || apply_listener(engine, &err))
        wpb_log(WPB_LOG_ERROR, "what was in force stays: %s", err.message);
}

void wpb_engine_reload(struct wpb_engine *engine)
{
    struct wpb_conf_problems *problems = wpb_conf_problems_new();
    struct wpb_conf *config;

    if (!problems || !engine->judge)
        goto out;
    wpb_notify_reloading(&engine->notify);
    wpb_pump_reopen(engine->pump);
    config = wpb_conf_load(engine->options->config_file,
                           engine->options->is_config_optional, problems);
    log_problems(problems);
    engine->is_config_bad = !config;
    if (!config) {
        wpb_log(WPB_LOG_ERROR, "the configuration is wrong: the configuration that was "
                               "read before stays");
        wpb_notify_ready(&engine->notify, "the new configuration is wrong, the old one "
                                          "stays; see the log");
    } else if (wpb_conf_equal(config, engine->config->config)) {
        wpb_conf_free(config);
        reread_secrets(engine);
        wpb_engine_search(engine);
        wpb_notify_ready(&engine->notify, "the configuration has not changed");
    } else {
        wpb_log(WPB_LOG_INFO, "a new configuration is in force");
        put_in_force(engine, config);
        wpb_notify_ready(&engine->notify, "a new configuration is in force");
    }
out:
    wpb_conf_problems_free(problems);
}
