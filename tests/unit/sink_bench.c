#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sink_bench.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void sink_bench_open(struct sink_bench *bench, const struct wpb_sink_type *type,
                     const struct wpb_sink_settings *settings)
{
    struct wpb_err err = {0};

    *bench = (struct sink_bench){.type = type};
    assert_int_equal(uv_loop_init(&bench->loop), 0);
    bench->sink = type->open(&bench->loop, settings, &err);
    if (!bench->sink)
        fail_msg("%s", err.message);
}

static void on_done(void *cookie, const struct wpb_delivery *delivery)
{
    struct sink_bench *bench = cookie;

    assert_null(memchr(delivery->detail, '\n', strlen(delivery->detail)));
    bench->delivery = *delivery;
    bench->deliveries++;
    if (bench->is_waiting)
        uv_stop(&bench->loop);
}

void sink_bench_begin(struct sink_bench *bench, const struct wpb_alert *alert)
{
    unsigned before = bench->deliveries;

    bench->type->send(bench->sink, alert, on_done, bench);
    assert_int_equal(bench->deliveries, before); /* never from within */
}

void sink_bench_wait(struct sink_bench *bench, unsigned deliveries)
{
    /* Not UV_RUN_ONCE, which sleeps once more after a delivery that a timer brings. */
    bench->is_waiting = true;
    while (bench->deliveries < deliveries)
        uv_run(&bench->loop, UV_RUN_DEFAULT);
    bench->is_waiting = false;
}

enum wpb_delivery_status sink_bench_send(struct sink_bench *bench,
                                         const struct wpb_alert *alert)
{
    sink_bench_begin(bench, alert);
    sink_bench_wait(bench, bench->deliveries + 1);
    return bench->delivery.status;
}

static void on_time(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

void sink_bench_run_ms(struct sink_bench *bench, uint64_t ms)
{
    uv_timer_t timer;

    uv_timer_init(&bench->loop, &timer);
    uv_update_time(&bench->loop);
    uv_timer_start(&timer, on_time, ms, 0);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&bench->loop, UV_RUN_NOWAIT);
}

static void on_closed(void *cookie)
{
    struct sink_bench *bench = cookie;

    bench->is_closed = true;
}

void sink_bench_close(struct sink_bench *bench)
{
    bench->type->close(bench->sink, on_closed, bench);
    assert_false(bench->is_closed);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    assert_true(bench->is_closed);
    assert_int_equal(uv_loop_close(&bench->loop), 0);
}

struct wpb_alert sink_bench_alert(const char *body)
{
    return (struct wpb_alert){.fingerprint = "00112233445566ff",
                              .id = "01J9ZZZZZZZZZZZZZZZZZZZZZ1",
                              .seq = 1,
                              .status = WPB_ALERT_FIRING,
                              .severity = WPB_WARNING,
                              .starts_at_ms = 1800000000000,
                              .updated_at_ms = 1800000060000,
                              .body = wpb_slice_cstr(body)};
}

unsigned sink_bench_descriptors(void)
{
    unsigned count = 0;
    uv_loop_t first; /* libuv keeps a pipe open once there was a loop */
    DIR *folder;

    assert_int_equal(uv_loop_init(&first), 0);
    assert_int_equal(uv_loop_close(&first), 0);
    folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

char *sink_bench_folder(void)
{
    char *folder = strdup("/tmp/wpbloat-sink.XXXXXX");

    assert_non_null(mkdtemp(folder));
    return folder;
}

static int remove_one(const char *path, const struct stat *status, int kind,
                      struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

void sink_bench_remove_folder(char *folder)
{
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(folder);
}

char *sink_bench_read(const char *path)
{
    enum { LARGEST = 1 << 20 };
    FILE *file = fopen(path, "r");
    char *text = malloc(LARGEST);
    size_t len;

    assert_non_null(file);
    len = fread(text, 1, LARGEST - 1, file);
    text[len] = '\0';
    fclose(file);
    return text;
}
