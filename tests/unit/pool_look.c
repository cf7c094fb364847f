#include "pool_look.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/clock.h"

int pool_look_set_up(void **state)
{
    struct pool_look *look = calloc(1, sizeof *look);

    assert_non_null(look);
    strcpy(look->folder, "/tmp/wpbloat-test-XXXXXX");
    assert_non_null(mkdtemp(look->folder));
    snprintf(look->pool_file, sizeof look->pool_file, "%s/pool.conf", look->folder);
    snprintf(look->access_log, sizeof look->access_log, "%s/access", look->folder);
    snprintf(look->slow_log, sizeof look->slow_log, "%s/slow", look->folder);
    snprintf(look->error_log, sizeof look->error_log, "%s/errors", look->folder);
    look->site = (struct wpb_site){.name = "shop",
                                   .path = "",
                                   .pool_name = "shop",
                                   .pool_file = look->pool_file,
                                   .pool_reason = ""};
    look->keepsakes = wpb_keepsakes_new();
    *state = look;
    return look->keepsakes ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *status, int type,
                      struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

int pool_look_tear_down(void **state)
{
    struct pool_look *look = *state;

    wpb_turn_free(look->turn);
    wpb_keepsakes_free(look->keepsakes);
    nftw(look->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(look);
    return 0;
}

void pool_look_pool(struct pool_look *look, const char *lines, ...)
{
    FILE *file = fopen(look->pool_file, "w");
    va_list args;

    assert_non_null(file);
    fputs("[shop]\nlisten = /run/nobody.sock\npm = static\npm.max_children = 8\n", file);
    va_start(args, lines);
    vfprintf(file, lines, args);
    va_end(args);
    fclose(file);
}

void pool_look_write(struct pool_look *look, const char *name, const char *format, ...)
{
    char path[256];
    va_list args;

    snprintf(path, sizeof path, "%s/%s", look->folder, name);
    FILE *file = fopen(path, "a");
    assert_non_null(file);
    va_start(args, format);
    vfprintf(file, format, args);
    va_end(args);
    fclose(file);
}

void pool_look_go(struct pool_look *look, const struct wpb_probe *probe)
{
    const struct wpb_probe *const probes[] = {probe, NULL};
    struct wpb_turn_options options = {.probes = probes,
                                       .budget = WPB_BUDGET_LOW,
                                       .top = 10,
                                       .survey = true,
                                       .now_ms = wpb_clock_now_ms(),
                                       .limits = wpb_choice_defaults,
                                       .keepsakes = look->keepsakes};
    struct wpb_err err = {.message = ""};
    size_t count;

    wpb_turn_free(look->turn);
    look->now_s = options.now_ms / 1000;
    look->turn = wpb_turn_new(&look->site, 1, &options);
    assert_non_null(look->turn);
    assert_int_equal(wpb_turn_run(look->turn, &err), 0);
    look->window = wpb_turn_window(look->turn, 0);
    look->coverage = wpb_turn_coverage(look->turn, &count);
    assert_int_equal(count, 1);
}

const struct wpb_subject *pool_look_subject(const struct pool_look *look,
                                            enum wpb_subject_kind kind, const char *name)
{
    const struct wpb_subject *subject;
    size_t cursor = 0;

    while ((subject = wpb_window_next(look->window, kind, NULL, &cursor)) != NULL) {
        if (wpb_slice_is(subject->name, name))
            return subject;
    }
    return NULL;
}

int64_t pool_look_integer(const struct pool_look *look, enum wpb_subject_kind kind,
                          const char *name, enum wpb_metric metric)
{
    const struct wpb_subject *subject = pool_look_subject(look, kind, name);
    const struct wpb_sample *sample =
        subject ? wpb_window_get(look->window, subject, metric) : NULL;

    if (!sample)
        fail_msg("nothing was told of %s", name);
    assert_int_equal(sample->value.type, WPB_VALUE_INTEGER);
    return sample->value.integer;
}

const char *pool_look_text(const struct pool_look *look, enum wpb_subject_kind kind,
                           const char *name, enum wpb_metric metric)
{
    const struct wpb_subject *subject = pool_look_subject(look, kind, name);
    const struct wpb_sample *sample =
        subject ? wpb_window_get(look->window, subject, metric) : NULL;

    if (!sample)
        fail_msg("nothing was told of %s", name);
    assert_int_equal(sample->value.type, WPB_VALUE_TEXT);
    return sample->value.text.data;
}

const struct wpb_work_row *pool_look_row(const struct pool_look *look, size_t i)
{
    const struct wpb_work_row *row;
    const struct wpb_subject *pool;
    size_t cursor = 0;

    while ((row = wpb_window_next_work(look->window, &cursor, &pool)) != NULL && i > 0)
        i--;
    return row;
}

size_t pool_look_rows(const struct pool_look *look)
{
    size_t count = 0;

    while (pool_look_row(look, count))
        count++;
    return count;
#define COMPONENT WPB_SUBJECT_COMPONENT
const struct wpb_subject pool_www = {
    .kind = WPB_SUBJECT_POOL, .scope = WPB_SLICE(POOL_SCOPE), .name = WPB_SLICE("www")};
int pool_begin(void **state)
    struct look *look;
    look_begin(state);
    look = *state;
    look->site.table_prefix = "wp_";
    look->site.has_mysql = true;
    look->site.mysql = (struct wpb_mysql_address){.host = "",
                                                  .path = "/run/mysqld/mysqld.sock",
                                                  .schema = "shop",
                                                  .user = "shop",
                                                  .password = "never shown"};
struct wpb_subject pool_part(enum wpb_subject_kind kind, const char *name)
    return (struct wpb_subject){.kind = kind,
                                .scope = pool_www.scope,
                                .name = wpb_slice_cstr(name),
                                .parent = &pool_www};
struct wpb_subject pool_in_schema(enum wpb_subject_kind kind, const char *name)
    return (struct wpb_subject){
        .kind = kind, .scope = wpb_slice_cstr(POOL_SCHEMA), .name = wpb_slice_cstr(name)};
void pool_post(struct look *look, struct wpb_subject subject, enum wpb_metric metric,
               double number)
    look_post_as(look, subject, metric, wpb_value_double(number), WPB_ESTIMATED);
void pool_post_rates(struct look *look, double rate, double busiest, double capacity,
                     const char *bottleneck)
    pool_post(look, pool_www, WPB_M_REQUESTS_PER_SECOND, rate);
    pool_post(look, pool_www, WPB_M_BUSIEST_PER_SECOND, busiest);
    pool_post(look, pool_www, WPB_M_CAPACITY_PER_SECOND, capacity);
    pool_post(look, pool_www, WPB_M_CAPACITY_LOW_PER_SECOND, capacity * 0.92);
    pool_post(look, pool_www, WPB_M_CAPACITY_HIGH_PER_SECOND, capacity * 1.15);
    look_post_text(look, pool_www, WPB_M_BOTTLENECK, bottleneck);
    look_post_text(look, pool_www, WPB_M_WORK_REFUSAL, "");
    look_post(look, pool_www, WPB_M_MAX_CHILDREN, 8);
void pool_post_lock(struct look *look, const char *table, int64_t looks,
                    int64_t wait_looks, int64_t waiters)
    struct wpb_subject subject = pool_in_schema(WPB_SUBJECT_TABLE, table);
    look_post(look, subject, WPB_M_LOCK_LOOKS, looks);
    look_post(look, subject, WPB_M_LOCK_WAIT_LOOKS, wait_looks);
    look_post(look, subject, WPB_M_LOCK_WAITERS, waiters);
void pool_post_statement(struct look *look, const char *statement, const char *table,
                         double per_second, double rows)
    struct wpb_subject subject = pool_in_schema(WPB_SUBJECT_STATEMENT, statement);
    pool_post(look, subject, WPB_M_EXECUTIONS_PER_SECOND, per_second);
    pool_post(look, subject, WPB_M_EXECUTION_ROWS, rows);
    pool_post(look, subject, WPB_M_EXECUTION_SECONDS, 0.00007);
    look_post_text(look, subject, WPB_M_TABLE_NAME, table);
void pool_post_traces(struct look *look, const char *component, int64_t traces,
                      double share, const char *file)
    struct wpb_subject subject = pool_part(COMPONENT, component);
    look_post(look, subject, WPB_M_SLOW_TRACES, traces);
    pool_post(look, subject, WPB_M_SHARE_RATIO, share);
    if (!file)
        return;
    look_post_text(look, subject, WPB_M_SOURCE_FILE, file);
    look_post(look, subject, WPB_M_SOURCE_LINE, 38);
void pool_post_route(struct look *look, const char *route, int64_t requests,
                     int64_t peak_bytes)
    struct wpb_subject subject = pool_part(WPB_SUBJECT_ROUTE, route);
    look_post(look, pool_www, WPB_M_REQUESTS, requests);
    look_post(look, subject, WPB_M_REQUESTS, requests);
    look_post_as(look, subject, WPB_M_REQUEST_PEAK_BYTES, wpb_value_integer(peak_bytes),
                 WPB_SAMPLED);
void pool_post_errors(struct look *look, const char *kind, const char *file, int64_t hour,
                      int64_t day)
    char name[300];
    struct wpb_subject subject;
    snprintf(name, sizeof(name), "%s %s:2846", kind, file);
    subject = pool_part(WPB_SUBJECT_PLACE, name);
    look_post_text(look, pool_www, WPB_M_REQUEST_SOURCE, "fpm access log");
    look_post_text(look, subject, WPB_M_ERROR_KIND, kind);
    look_post(look, subject, WPB_M_ERRORS_HOUR, hour);
    look_post(look, subject, WPB_M_ERRORS_DAY, day);
    look_post(look, subject, WPB_M_SOURCE_LINE, 2846);
}
