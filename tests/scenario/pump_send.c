/*
 * pump_send.c - alerts through the pump to one sink, as commands on standard input say.
 *
 * usage: pump_send TYPE [URL|PATH]... [--resend SECONDS] [--secret TEXT] [--ca FILE]
 *                  [--label NAME=VALUE]...
 *
 *   fire NAME SEVERITY    a new state of the alert NAME; its fingerprint is made of it
 *   resolve NAME
 *   test                  one alert through the sink, and what it answers
 *   run SECONDS           let the loop run
 *   drain                 until nothing waits, at most 60 s
 *   status                what is pending, and the last problem
 */
#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "agent/alert/pump.h"
#include "agent/alert/sinks.h"
#include "agent/base/clock.h"
#include "agent/base/log.h"

enum { WORDS_MAX = 16, ALERTS_MAX = 64 };

struct known {
    char name[64];
    enum wpb_severity severity;
    int64_t starts_at_ms;
};

static struct {
    uv_loop_t loop;
    struct wpb_pump *pump;
    uint64_t seq;
    struct known alerts[ALERTS_MAX];
    size_t alert_count;
    bool is_answered;
} program;

static void on_time(uv_timer_t *timer)
{
    (void)timer;
    uv_stop(&program.loop);
}

static void run_for(uint64_t ms)
{
    uv_timer_t timer;

    uv_timer_init(&program.loop, &timer);
    uv_update_time(&program.loop);
    uv_timer_start(&timer, on_time, ms, 0);
    uv_run(&program.loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&program.loop, UV_RUN_NOWAIT);
}

static struct known *known_of(const char *name)
{
    struct known *known;

    for (size_t i = 0; i < program.alert_count; i++) {
        if (strcmp(program.alerts[i].name, name) == 0)
            return &program.alerts[i];
    }
    assert(program.alert_count < ALERTS_MAX);
    known = &program.alerts[program.alert_count++];
    snprintf(known->name, sizeof(known->name), "%s", name);
    known->starts_at_ms = wpb_clock_now_ms();
    return known;
}

/* The newest state of KNOWN; BODY is its memory. */
static struct wpb_alert state_of(const struct known *known, enum wpb_alert_status status,
                                 char *body, size_t size)
{
    struct wpb_alert alert = {.seq = ++program.seq,
                              .status = status,
                              .severity = known->severity,
                              .starts_at_ms = known->starts_at_ms,
                              .updated_at_ms = wpb_clock_now_ms()};

    if (status == WPB_ALERT_RESOLVED)
        alert.ends_at_ms = alert.updated_at_ms;
    snprintf(alert.fingerprint, sizeof(alert.fingerprint), "%016llx",
             wpb_slice_hash(wpb_slice_cstr(known->name)));
    snprintf(alert.id, sizeof(alert.id), "01J%023llu", (unsigned long long)alert.seq);
    snprintf(
        body, size,
        "{\"schema\":\"wpbloat.alert/1\",\"id\":\"%s\",\"seq\":%llu,"
        "\"fingerprint\":\"%s\",\"status\":\"%s\",\"code\":\"cache.notoptions_bloat\","
        "\"severity\":\"%s\",\"site\":\"%s\",\"host\":\"web-17\",\"owner\":null,"
        "\"title\":\"\\\"quoted\\\" {{ .Labels }} \\u202e<script>\","
        "\"summary\":\"Every request reads it.\","
        "\"remedy\":{\"summary\":\"Mend it.\",\"doc\":\"docs/x.md\"},"
        "\"agent\":{\"version\":\"0.1.0\",\"instance\":\"test\"}}",
        alert.id, (unsigned long long)alert.seq, alert.fingerprint,
        wpb_alert_status_name(status), wpb_severity_name(known->severity), known->name);
    alert.body = wpb_slice_cstr(body);
    return alert;
}

static void put(const char *name, const char *severity)
{
    struct known *known = known_of(name);
    struct wpb_alert alert;
    char body[2048];

    for (int i = WPB_INFO; severity && i <= WPB_CRITICAL; i++) {
        if (strcmp(severity, wpb_severity_name((enum wpb_severity)i)) == 0)
            known->severity = (enum wpb_severity)i;
    }
    alert = state_of(known, severity ? WPB_ALERT_FIRING : WPB_ALERT_RESOLVED, body,
                     sizeof(body));
    wpb_pump_put(program.pump, &alert);
}

static void on_answer(void *cookie, const char *sink, const struct wpb_delivery *delivery)
{
    static const char *const words[] = {"delivered", "failed", "rejected"};

    (void)cookie;
    if (sink)
        printf("%s: %s: %s\n", sink, words[delivery->status], delivery->detail);
    else
        program.is_answered = true;
    uv_stop(&program.loop);
}

static void test(void)
{
    struct wpb_alert alert;
    char body[2048];

    alert = state_of(known_of("test"), WPB_ALERT_FIRING, body, sizeof(body));
    program.is_answered = wpb_pump_test(program.pump, &alert, on_answer, NULL) == 0;
    while (!program.is_answered)
        uv_run(&program.loop, UV_RUN_DEFAULT);
}

static struct wpb_pump_status status(void)
{
    struct wpb_pump_status status;
    bool has_sink = wpb_pump_status(program.pump, 0, &status);

    assert(has_sink);
    return status;
}

static void drain(void)
{
    for (int i = 0; status().outbox.pending && i < 1200; i++)
        run_for(50);
    if (status().outbox.pending)
        printf("not drained: %s\n", status().last_problem);
}

static void obey(char *line)
{
    char *command = strtok(line, " \n"), *one = strtok(NULL, " \n");
    char *two = strtok(NULL, " \n");

    if (!command)
        return;
    if (strcmp(command, "fire") == 0)
        put(one, two);
    else if (strcmp(command, "resolve") == 0)
        put(one, NULL);
    else if (strcmp(command, "test") == 0)
        test();
    else if (strcmp(command, "run") == 0)
        run_for((uint64_t)(atof(one) * 1000));
    else if (strcmp(command, "drain") == 0)
        drain();
    else if (strcmp(command, "status") == 0)
        printf("delivered %llu, failed %llu, rejected %llu, pending %zu: %s\n",
               (unsigned long long)status().outbox.delivered,
               (unsigned long long)status().outbox.failed,
               (unsigned long long)status().outbox.rejected, status().outbox.pending,
               status().last_problem);
    else
        printf("what is %s?\n", command);
    printf("done: %s\n", command);
    fflush(stdout);
}

static void on_closed(void *cookie)
{
    (void)cookie;
}

int main(int argc, char **argv)
{
    const char *urls[WORDS_MAX], *labels[WORDS_MAX];
    struct wpb_pump_sink sink = {
        wpb_sink_type_find(argc > 1 ? argv[1] : ""),
        {.name = argc > 1 ? argv[1] : "", .timeout_ms = 5000, .resend_ms = 60000}};
    struct wpb_pump_options options = {.loop = &program.loop, .seed = 1};
    struct wpb_err err = {0};
    char line[256];

    assert(sink.type && argc < WORDS_MAX);
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--resend") == 0)
            sink.settings.resend_ms = (uint64_t)(atof(argv[++i]) * 1000);
        else if (strcmp(argv[i], "--ca") == 0)
            sink.settings.ca_file = argv[++i];
        else if (strcmp(argv[i], "--secret") == 0)
            sink.settings.secret = argv[++i];
        else if (strcmp(argv[i], "--label") == 0)
            labels[sink.settings.label_count++] = argv[++i];
        else
            urls[sink.settings.url_count++] = argv[i];
    }
    sink.settings.urls = urls;
    sink.settings.labels = labels;
    sink.settings.path = sink.settings.url_count ? urls[0] : NULL;
    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&program.loop);
    program.pump = wpb_pump_new(&options);
    if (wpb_pump_configure(program.pump, &sink, 1, &err)) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    while (fgets(line, sizeof(line), stdin))
        obey(line);
    wpb_pump_close(program.pump, 5000, on_closed, NULL);
    uv_run(&program.loop, UV_RUN_DEFAULT);
    return uv_loop_close(&program.loop) ? 1 : 0;
}
