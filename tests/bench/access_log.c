/*
 * access_log.c - a log of PHP-FPM or nginx, made up and followed.
 *
 *   bench_access_log make fpm|json COUNT >LOG      COUNT lines of a shop's hours
 *   bench_access_log follow fpm|json LOG           all of it, as the agent does:
 * followed, parsed, its route found, counted by minute
 *
 * `follow` prints: lines, requests counted, windows, CPU microseconds, microseconds, the
 * longest look in microseconds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "probes/requests/access_format.h"
#include "probes/requests/follow.h"
#include "probes/requests/line_parse.h"
#include "probes/requests/request_tally.h"
#include "probes/requests/web_log.h"

#define BEGIN_S 1795953600
#define PER_SECOND 100
#define JSON                                                                             \
    "{\"t\":\"$msec\",\"m\":\"$request_method\",\"u\":\"$request_uri\",\"s\":$status,"   \
    "\"rt\":$request_time,\"urt\":\"$upstream_response_time\",\"cs\":"                   \
    "\"$upstream_cache_status\",\"ua\":\"$http_user_agent\",\"h\":\"$host\"}"

static const char *const uris[] = {
    "/",
    "/product/blue-shirt-with-long-sleeves/?colour=blue&size=xl",
    "/product-category/shirts/page/3/?orderby=price&min_price=10&max_price=80",
    "/cart/",
    "/checkout/",
    "/?wc-ajax=get_refreshed_fragments",
    "/wp-admin/admin-ajax.php",
    "/wp-json/wc/store/v1/cart?_locale=user",
    "/2026/11/a-post-about-shirts/?utm_source=newsletter&utm_medium=email",
    "/wp-cron.php?doing_wp_cron=1795953600.1234567890123456789012",
};

static int make(bool is_json, unsigned long count)
{
    uint32_t seed = 1;

    for (unsigned long i = 0; i < count; i++) {
        seed = seed * 1664525 + 1013904223;
        unsigned duration_us = 20000 + (seed >> 12) % 400000;
        const char *uri = uris[(seed >> 8) % (sizeof uris / sizeof *uris)];
        unsigned status = seed % 211 == 0 ? 500 : 200;
        unsigned long second = BEGIN_S + i / PER_SECOND;
        if (is_json)
            printf(
                "{\"t\":\"%lu.%03lu\",\"m\":\"GET\",\"u\":\"%s\",\"s\":%u,\"rt\":%.3f,"
                "\"urt\":\"%.3f\",\"cs\":\"\",\"ua\":\"Mozilla/5.0 (X11; Linux x86_64) "
                "AppleWebKit/537.36\",\"h\":\"shop.example\"}\n",
                second, i % PER_SECOND * 10, uri, status, duration_us / 1e6 + 0.001,
                duration_us / 1e6);
        else
            printf("%lu shop %u GET %u %u %u %u.%02u 4.00 0 \"%s\" \"shop.example\" "
                   "\"/var/www/shop/index.php\"\n",
                   second, 27980 + (seed >> 20) % 16, status, duration_us,
                   (8 + (seed >> 24) % 8) << 21, 20 + seed % 40, seed % 100, uri);
    }
    return ferror(stdout) ? 1 : 0;
}

struct bench {
    struct wpb_line_format format;
    struct wpb_request_tally *tally;
    int64_t now_us;
    unsigned long requests, windows;
};

static void take_line(void *cookie, struct wpb_slice line)
{
    struct bench *bench = cookie;
    struct wpb_request_line request;

    if (wpb_line_parse(&bench->format, line, &request) != WPB_LINE_NO_MATCH)
        wpb_request_tally_add(bench->tally, &request, wpb_route_of(&request, NULL),
                              bench->now_us);
}

static void take_window(void *cookie, const struct wpb_request_window *window)
{
    struct bench *bench = cookie;

    bench->windows++;
    bench->requests += window->requests;
}

static double wall_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double cpu_us(void)
{
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

/* A file at first sight is followed from its end: LOG comes after the first look. */
static int follow(bool is_json, const char *log)
{
    static const struct wpb_follow_budget budget = {4 << 20, 40000, 0};
    static char buffer[65536];
    static struct bench bench;
    struct wpb_follow_look seen;
    struct wpb_err err = {0};
    char path[4096];
    unsigned long lines = 0;
    double longest = 0;
    enum wpb_follow_status status;

    int refused =
        is_json
            ? wpb_web_log_nginx(&bench.format, wpb_slice_cstr(JSON), WPB_NGINX_JSON, &err)
            : wpb_access_format(&bench.format, wpb_slice_cstr(WPB_ACCESS_FORMAT), &err);
    snprintf(path, sizeof path, "%s.followed", log);
    struct wpb_follow *follow = wpb_follow_new(path);
    bench.tally = wpb_request_tally_new(0, take_window, &bench);
    bench.now_us = (int64_t)BEGIN_S * 2000000;
    if (refused || !follow || !bench.tally)
        return 1;
    unlink(path);
    wpb_follow_look(follow, &budget, buffer, sizeof buffer, take_line, &bench, &seen,
                    &err);
    if (link(log, path) != 0)
        return 1;
    double cpu = cpu_us(), wall = wall_us();
    do {
        double before = wall_us();
        status = wpb_follow_look(follow, &budget, buffer, sizeof buffer, take_line,
                                 &bench, &seen, &err);
        lines += seen.lines;
        if (wall_us() - before > longest)
            longest = wall_us() - before;
    } while (status == WPB_FOLLOW_MORE);
    wpb_request_tally_finish(bench.tally);
    cpu = cpu_us() - cpu;
    wall = wall_us() - wall;
    unlink(path);
    printf("%lu %lu %lu %.0f %.0f %.0f\n", lines, bench.requests, bench.windows, cpu,
           wall, longest);
    wpb_request_tally_free(bench.tally);
    wpb_follow_free(follow);
    return status == WPB_FOLLOW_CAUGHT_UP ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "make") == 0)
        return make(strcmp(argv[2], "json") == 0, strtoul(argv[3], NULL, 10));
    if (argc == 4 && strcmp(argv[1], "follow") == 0)
        return follow(strcmp(argv[2], "json") == 0, argv[3]);
    fprintf(stderr, "usage: bench_access_log make|follow fpm|json COUNT|LOG\n");
    return 64;
}
