#include "request_facts.h"

#include <stdio.h>

#define COMPONENT WPB_SUBJECT_COMPONENT

const struct wpb_subject pool_www = {
    .kind = WPB_SUBJECT_POOL, .scope = WPB_SLICE(POOL_SCOPE), .name = WPB_SLICE("www")};

int pool_begin(void **state)
{
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
    return 0;
}

struct wpb_subject pool_part(enum wpb_subject_kind kind, const char *name)
{
    return (struct wpb_subject){.kind = kind,
                                .scope = pool_www.scope,
                                .name = wpb_slice_cstr(name),
                                .parent = &pool_www};
}

struct wpb_subject pool_in_schema(enum wpb_subject_kind kind, const char *name)
{
    return (struct wpb_subject){
        .kind = kind, .scope = wpb_slice_cstr(POOL_SCHEMA), .name = wpb_slice_cstr(name)};
}

void pool_post(struct look *look, struct wpb_subject subject, enum wpb_metric metric,
               double number)
{
    look_post_as(look, subject, metric, wpb_value_double(number), WPB_ESTIMATED);
}

void pool_post_rates(struct look *look, double rate, double busiest, double capacity,
                     const char *bottleneck)
{
    pool_post(look, pool_www, WPB_M_REQUESTS_PER_SECOND, rate);
    pool_post(look, pool_www, WPB_M_BUSIEST_PER_SECOND, busiest);
    pool_post(look, pool_www, WPB_M_CAPACITY_PER_SECOND, capacity);
    pool_post(look, pool_www, WPB_M_CAPACITY_LOW_PER_SECOND, capacity * 0.92);
    pool_post(look, pool_www, WPB_M_CAPACITY_HIGH_PER_SECOND, capacity * 1.15);
    look_post_text(look, pool_www, WPB_M_BOTTLENECK, bottleneck);
    look_post_text(look, pool_www, WPB_M_WORK_REFUSAL, "");
    look_post(look, pool_www, WPB_M_MAX_CHILDREN, 8);
}

void pool_post_lock(struct look *look, const char *table, int64_t looks,
                    int64_t wait_looks, int64_t waiters)
{
    struct wpb_subject subject = pool_in_schema(WPB_SUBJECT_TABLE, table);

    look_post(look, subject, WPB_M_LOCK_LOOKS, looks);
    look_post(look, subject, WPB_M_LOCK_WAIT_LOOKS, wait_looks);
    look_post(look, subject, WPB_M_LOCK_WAITERS, waiters);
}

void pool_post_statement(struct look *look, const char *statement, const char *table,
                         double per_second, double rows)
{
    struct wpb_subject subject = pool_in_schema(WPB_SUBJECT_STATEMENT, statement);

    pool_post(look, subject, WPB_M_EXECUTIONS_PER_SECOND, per_second);
    pool_post(look, subject, WPB_M_EXECUTION_ROWS, rows);
    pool_post(look, subject, WPB_M_EXECUTION_SECONDS, 0.00007);
    look_post_text(look, subject, WPB_M_TABLE_NAME, table);
}

void pool_post_traces(struct look *look, const char *component, int64_t traces,
                      double share, const char *file)
{
    struct wpb_subject subject = pool_part(COMPONENT, component);

    look_post(look, subject, WPB_M_SLOW_TRACES, traces);
    pool_post(look, subject, WPB_M_SHARE_RATIO, share);
    if (!file)
        return;
    look_post_text(look, subject, WPB_M_SOURCE_FILE, file);
    look_post(look, subject, WPB_M_SOURCE_LINE, 38);
}

void pool_post_route(struct look *look, const char *route, int64_t requests,
                     int64_t peak_bytes)
{
    struct wpb_subject subject = pool_part(WPB_SUBJECT_ROUTE, route);

    look_post(look, pool_www, WPB_M_REQUESTS, requests);
    look_post(look, subject, WPB_M_REQUESTS, requests);
    look_post_as(look, subject, WPB_M_REQUEST_PEAK_BYTES, wpb_value_integer(peak_bytes),
                 WPB_SAMPLED);
}

void pool_post_errors(struct look *look, const char *kind, const char *file, int64_t hour,
                      int64_t day)
{
    char name[300];
    struct wpb_subject subject;

    snprintf(name, sizeof(name), "%s %s:2846", kind, file);
    subject = pool_part(WPB_SUBJECT_PLACE, name);
    look_post_text(look, pool_www, WPB_M_REQUEST_SOURCE, "fpm access log");
    look_post_text(look, subject, WPB_M_ERROR_KIND, kind);
    look_post(look, subject, WPB_M_ERRORS_HOUR, hour);
    look_post(look, subject, WPB_M_ERRORS_DAY, day);
    look_post_text(look, subject, WPB_M_SOURCE_FILE, file);
    look_post(look, subject, WPB_M_SOURCE_LINE, 2846);
}
