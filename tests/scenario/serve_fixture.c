/*
 * serve_fixture.c - the agent's documents without an agent: sites made up, their numbers
 * written and served by the program's own code, for scenarios with a real Prometheus.
 *
 * usage: serve_fixture SITES [KEY=VALUE]...   keys: host, path, token, cert, key, serve
 *
 * Prints "port N" when it listens (N is 0 for a unix socket) and runs until SIGTERM. Key
 * names and owners mean harm. serve=no: everything but the listening, to compare memory.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "agent/base/clock.h"
#include "agent/output/json.h"
#include "agent/output/prometheus.h"
#include "agent/output/text.h"
#include "agent/serve/serve.h"

#define SITES_MAX 1000
#define EVIL "a\"} 1\nwpbloat_up 0\n<script>\xff\x1b[31m"

struct fixture {
    size_t count;
    char names[SITES_MAX][32];
    struct wpb_site sites[SITES_MAX];
    const struct wpb_site *list[SITES_MAX];
    const struct wpb_window *windows[SITES_MAX];
    struct wpb_finding findings[SITES_MAX];
    struct wpb_subject key;
    struct wpb_report report;
    struct wpb_agent_numbers numbers;
    struct wpb_serve *serve;
};

static const struct wpb_coverage coverage[] = {
    {.probe = "redis.server",
     .site = "site0",
     .status = WPB_COVERAGE_OK,
     .reason = "",
     .unit = "commands"},
};

static void post(struct wpb_window *window, enum wpb_subject_kind kind, const char *name,
                 enum wpb_metric metric, struct wpb_value value, int64_t time_ms)
{
    const char *scope = "unix:///run/redis/redis.sock";
    struct wpb_subject subject = {kind, wpb_slice_cstr(scope), wpb_slice_cstr(name),
                                  NULL};

    wpb_window_post(window, &(struct wpb_sample){.subject = &subject,
                                                 .metric = metric,
                                                 .value = value,
                                                 .time_ms = time_ms});
}

/* What is known of one site; its notoptions grows with every look. */
static void look(struct wpb_window *window, uint64_t looks)
{
    static const struct {
        const char *key;
        enum wpb_metric metric;
        int64_t value;
    } facts[] = {
        {"notoptions", WPB_M_ENTRIES, 65768},
        {"notoptions", WPB_M_FAILS_AT_BYTES, 26700000},
        {"notoptions", WPB_M_PHP_REWRITE_PEAK_BYTES, 25000000},
        {"alloptions", WPB_M_VALUE_BYTES, 312000},
        {EVIL, WPB_M_MEMORY_BYTES, 5000000},
    };
    int64_t now = (int64_t)looks;

    post(window, WPB_SUBJECT_REDIS_KEY, "notoptions", WPB_M_KEY_ROLE,
         wpb_value_text(wpb_slice_cstr("notoptions")), now);
    post(window, WPB_SUBJECT_REDIS_KEY, "alloptions", WPB_M_KEY_ROLE,
         wpb_value_text(wpb_slice_cstr("alloptions")), now);
    post(window, WPB_SUBJECT_REDIS_KEY, "notoptions", WPB_M_VALUE_BYTES,
         wpb_value_integer(20000000 + now * 1000), now);
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
        post(window, WPB_SUBJECT_REDIS_KEY, facts[i].key, facts[i].metric,
             wpb_value_integer(facts[i].value), now);
    post(window, WPB_SUBJECT_TABLE, "wp_options", WPB_M_AUTOLOAD_BYTES,
         wpb_value_integer(301234), now);
    post(window, WPB_SUBJECT_REDIS_SERVER, "", WPB_M_USED_MEMORY_BYTES,
         wpb_value_integer(48000000), now);
    post(window, WPB_SUBJECT_REDIS_SERVER, "", WPB_M_MAXMEMORY_BYTES,
         wpb_value_integer(67108864), now);
    post(window, WPB_SUBJECT_REDIS_SERVER, "db0", WPB_M_KEYS, wpb_value_integer(77726),
         now);
    post(window, WPB_SUBJECT_REDIS_SERVER, "db0", WPB_M_TTLLESS_KEYS,
         wpb_value_integer(76172), now);
}

static void init(struct fixture *fixture, size_t count)
{
    static const char *const none[] = {NULL};

    fixture->count = count;
    fixture->key = (struct wpb_subject){WPB_SUBJECT_REDIS_KEY, WPB_SLICE("unix:///r"),
                                        WPB_SLICE(EVIL), NULL};
    for (size_t i = 0; i < count; i++) {
        struct wpb_site *site = &fixture->sites[i];

        snprintf(fixture->names[i], sizeof(fixture->names[i]), "site%03zu", i);
        *site = (struct wpb_site){.name = fixture->names[i],
                                  .owner = i ? "team-checkout" : EVIL,
                                  .path = "",
                                  .config_file = "",
                                  .content_dir = "",
                                  .plugin_dir = "",
                                  .mu_plugin_dir = "",
                                  .theme_dir = "",
                                  .wp_version = "",
                                  .table_prefix = "",
                                  .db_name = "",
                                  .db_host = "",
                                  .db_charset = "",
                                  .flavour_version = "",
                                  .flavour_note = "",
                                  .memory_limit_bytes = 134217728,
                                  .memory_limit_source = "made up"};
        fixture->list[i] = site;
        fixture->windows[i] = wpb_window_new(site, 1);
        fixture->findings[i] = (struct wpb_finding){
            .code = "cache.notoptions_bloat",
            .severity = i ? WPB_WARNING : WPB_CRITICAL,
            .site = site,
            .subject = &fixture->key,
            .title = "notoptions is large",
            .summary = "It is.",
            .cause = {.kind = NULL, .confidence = "unknown", .note = ""},
            .remedy = {"Mend it.", none, none, none,
                       "docs/remedies/cache.notoptions_bloat.md"}};
    }
    fixture->report = (struct wpb_report){.host = "fixture",
                                          .version = WPB_VERSION,
                                          .sites = fixture->list,
                                          .site_count = count,
                                          .coverage = coverage,
                                          .coverage_count = 1,
                                          .findings = fixture->findings,
                                          .finding_count = count};
    fixture->numbers = (struct wpb_agent_numbers){
        .started_ms = wpb_clock_now_ms(),
        .sinks = {{"file", 7, 0, 0, 0}, {"alertmanager", 6, 1, 0, 2}},
        .sink_count = 2,
        .config_is_current = true};
}

static bool render(void *cookie, enum wpb_document which, struct wpb_buf *out)
{
    struct fixture *fixture = cookie;
    struct wpb_text_style style = {.columns = 80};
    struct wpb_err err = {0};

    fixture->numbers.looks++;
    fixture->numbers.last_success_ms = fixture->report.generated_at_ms =
        wpb_clock_now_ms();
    for (size_t i = 0; i < fixture->count; i++)
        look((struct wpb_window *)fixture->windows[i], fixture->numbers.looks);
    switch (which) {
    case WPB_DOCUMENT_METRICS:
        wpb_output_prometheus(&fixture->report, fixture->windows, fixture->count,
                              &fixture->numbers, out);
        return true;
    case WPB_DOCUMENT_FINDINGS:
        return wpb_output_json(&fixture->report, out, &err) == 0;
    case WPB_DOCUMENT_REPORT:
        wpb_output_text(&fixture->report, &style, out);
        return true;
    default:
        wpb_buf_text(out, "{\"status\":\"ok\"}\n");
        return true;
    }
}

static void on_signal(uv_signal_t *handle, int signum)
{
    struct fixture *fixture = handle->data;

    (void)signum;
    wpb_serve_close(fixture->serve);
    uv_close((uv_handle_t *)handle, NULL);
}

/* The value of KEY among the arguments; NULL when it is not there. */
static const char *value_of(char **argv, const char *key)
{
    size_t len = strlen(key);

    for (; *argv; argv++) {
        if (strncmp(*argv, key, len) == 0 && (*argv)[len] == '=')
            return *argv + len + 1;
    }
    return NULL;
}

int main(int argc, char **argv)
{
    static struct fixture fixture;
    struct wpb_serve_routes routes = {render, &fixture};
    struct wpb_serve_settings settings = {.host = value_of(argv, "host"),
                                          .path = value_of(argv, "path"),
                                          .token = value_of(argv, "token"),
                                          .cert_file = value_of(argv, "cert"),
                                          .key_file = value_of(argv, "key")};
    struct wpb_err err = {0};
    uv_loop_t loop;
    uv_signal_t terminate;

    if (argc < 2 || strtoul(argv[1], NULL, 10) > SITES_MAX)
        return 64;
    signal(SIGPIPE, SIG_IGN);
    init(&fixture, strtoul(argv[1], NULL, 10));
    uv_loop_init(&loop);
    uv_signal_init(&loop, &terminate);
    terminate.data = &fixture;
    uv_signal_start(&terminate, on_signal, SIGTERM);
    if (!settings.host)
        settings.host = "127.0.0.1";
    if (!value_of(argv, "serve")) {
        fixture.serve = wpb_serve_open(&loop, &settings, &routes, &err);
        if (!fixture.serve) {
            fprintf(stderr, "serve_fixture: %s\n", err.message);
            return 1;
        }
    }
    printf("port %u\n", fixture.serve ? wpb_serve_port(fixture.serve) : 0);
    fflush(stdout);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    for (size_t i = 0; i < fixture.count; i++)
        wpb_window_free((struct wpb_window *)fixture.windows[i]);
    return 0;
}
