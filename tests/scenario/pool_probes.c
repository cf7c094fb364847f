/*
 * pool_probes.c - what the probes of requests say of a pool, in words that a scenario can
 * look for.
 *
 *   pool_probes FILE NAME WINDOW_S [WEB_LOG FORMAT]     one look at pool NAME of FILE
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/text.h"
#include "agent/schedule/turn.h"
#include "probes/requests/probes.h"

static const struct wpb_probe *const probes[] = {
    &wpb_probe_requests_log, &wpb_probe_requests_slow, &wpb_probe_requests_errors, NULL};

static void show_text(const char *name, struct wpb_slice text)
{
    struct wpb_buf escaped;

    wpb_buf_init(&escaped, 0);
    wpb_text_log(&escaped, text);
    printf(" %s=\"%s\"", name, escaped.data);
    wpb_buf_fini(&escaped);
}

static void show_sample(const struct wpb_sample *sample, enum wpb_metric metric)
{
    const char *name = wpb_metric_row(metric)->name;

    if (sample->value.type == WPB_VALUE_TEXT)
        show_text(name, sample->value.text);
    else if (sample->value.type == WPB_VALUE_INTEGER)
        printf(" %s=%lld", name, (long long)sample->value.integer);
    else
        printf(" %s=%.3f", name, sample->value.number);
}

static void show_subjects(const struct wpb_window *window, enum wpb_subject_kind kind)
{
    const struct wpb_subject *subject;
    size_t cursor = 0;

    while ((subject = wpb_window_next(window, kind, NULL, &cursor)) != NULL) {
        printf("%s", wpb_subject_kind_name(kind));
        show_text("name", subject->name);
        for (unsigned metric = 0; metric < WPB_METRIC_COUNT; metric++) {
            const struct wpb_sample *sample =
                wpb_window_get(window, subject, (enum wpb_metric)metric);
            if (sample)
                show_sample(sample, (enum wpb_metric)metric);
        }
        printf("\n");
    }
}

static void show_rows(const struct wpb_window *window)
{
    const struct wpb_work_row *row;
    const struct wpb_subject *pool;
    size_t cursor = 0;

    while ((row = wpb_window_next_work(window, &cursor, &pool)) != NULL)
        printf("row length_s=%u requests=%.0f failed=%.0f timed=%.0f busy_s=%.3f "
               "cpu_s=%.3f queue_wait_s=%.3f\n",
               row->length_s, row->requests, row->failed, row->timed, row->busy_s,
               row->cpu_s, row->queue_wait_s);
}

int main(int argc, char **argv)
{
    struct wpb_site site = {.name = "site", .path = ""};
    struct wpb_turn_options options = {.probes = probes,
                                       .top = 10,
                                       .survey = true,
                                       .now_ms = wpb_clock_now_ms(),
                                       .limits = wpb_choice_defaults};
    struct wpb_err err = {.message = "out of memory"};
    size_t count;

    if (argc != 4 && argc != 6) {
        fprintf(stderr, "usage: pool_probes FILE NAME WINDOW_S [WEB_LOG FORMAT]\n");
        return 64;
    }
    site.pool_file = argv[1];
    site.pool_name = argv[2];
    site.request_window_s = (uint32_t)atoi(argv[3]);
    site.web_log = argc > 4 ? argv[4] : NULL;
    site.web_log_format = argc > 4 ? argv[5] : NULL;
    struct wpb_turn *turn = wpb_turn_new(&site, 1, &options);
    if (!turn || wpb_turn_run(turn, &err)) {
        fprintf(stderr, "%s\n", err.message);
        wpb_turn_free(turn);
        return 1;
    }
    const struct wpb_coverage *rows = wpb_turn_coverage(turn, &count);
    for (size_t i = 0; i < count; i++) {
        printf("coverage %s %s", rows[i].probe, wpb_coverage_status_name(rows[i].status));
        show_text("reason", wpb_slice_cstr(rows[i].reason));
        show_text("lines", wpb_slice_cstr(rows[i].lines));
        printf("\n");
    }
    const struct wpb_window *window = wpb_turn_window(turn, 0);
    show_subjects(window, WPB_SUBJECT_POOL);
    show_subjects(window, WPB_SUBJECT_ROUTE);
    show_subjects(window, WPB_SUBJECT_COMPONENT);
    show_subjects(window, WPB_SUBJECT_PLACE);
    show_rows(window);
    wpb_turn_free(turn);
    return 0;
}
