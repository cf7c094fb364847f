/* Lines in a file: whole, on the disk, rotated, and what happens when the disk is full.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/alert/sink_file.h"
#include "sink_bench.h"

#define ALERT "{\"schema\":\"wpbloat.alert/1\",\"code\":\"cache.notoptions_bloat\"}"

/* The disk fails when it is told to. */
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
static int fail_syncs;

int __wrap_fdatasync(int fd)
{
    if (fail_syncs > 0) {
        fail_syncs--;
        errno = EIO;
        return -1;
    }
    return __real_fdatasync(fd);
}

struct place {
    struct sink_bench bench;
    char *folder, *path;
    unsigned descriptors;
};

static void begin(struct place *place)
{
    struct wpb_sink_settings settings = {.name = "file"};

    place->descriptors = sink_bench_descriptors();
    place->folder = sink_bench_folder();
    assert_true(asprintf(&place->path, "%s/alerts.jsonl", place->folder) > 0);
    settings.path = place->path;
    sink_bench_open(&place->bench, &wpb_sink_file, &settings);
}

static void end(struct place *place)
{
    sink_bench_close(&place->bench);
    assert_int_equal(sink_bench_descriptors(), place->descriptors);
    sink_bench_remove_folder(place->folder);
    free(place->path);
}

static enum wpb_delivery_status send_body(struct place *place, const char *body)
{
    struct wpb_alert alert = sink_bench_alert(body);

    return sink_bench_send(&place->bench, &alert);
}

static void expect_content(const char *path, const char *content)
{
    char *text = sink_bench_read(path);

    assert_string_equal(text, content);
    free(text);
}

static void write_file(const char *path, const char *content)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    fclose(file);
}

static void each_alert_is_a_line_in_a_file_that_others_cannot_read(void **state)
{
    struct place place;
    struct stat status;
    mode_t mask = umask(0);

    (void)state;
    begin(&place);
    assert_int_equal(send_body(&place, ALERT), WPB_DELIVERED);
    assert_int_equal(send_body(&place, "{}"), WPB_DELIVERED);
    expect_content(place.path, ALERT "\n{}\n");
    assert_int_equal(stat(place.path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
    umask(mask);
    end(&place);
}

static void a_line_that_a_crash_has_cut_is_ended_before_the_next(void **state)
{
    struct place place;

    (void)state;
    begin(&place);
    write_file(place.path, "{}\n{\"schema\":\"wpbl");
    assert_int_equal(send_body(&place, "{\"a\":1}"), WPB_DELIVERED);
    assert_int_equal(send_body(&place, "{\"a\":2}"), WPB_DELIVERED);
    expect_content(place.path, "{}\n{\"schema\":\"wpbl\n{\"a\":1}\n{\"a\":2}\n");
    end(&place);
}

static void a_file_that_was_rotated_away_is_made_again(void **state)
{
    struct place place;
    char *rotated;

    (void)state;
    begin(&place);
    assert_true(asprintf(&rotated, "%s.1", place.path) > 0);
    assert_int_equal(send_body(&place, "{\"a\":1}"), WPB_DELIVERED);
    assert_int_equal(rename(place.path, rotated), 0);
    assert_int_equal(send_body(&place, "{\"a\":2}"), WPB_DELIVERED);
    assert_int_equal(rename(place.path, rotated), 0);
    write_file(place.path, ""); /* another one is there already */
    assert_int_equal(send_body(&place, "{\"a\":3}"), WPB_DELIVERED);
    expect_content(rotated, "{\"a\":2}\n");
    expect_content(place.path, "{\"a\":3}\n");
    assert_int_equal(unlink(place.path), 0);
    assert_int_equal(send_body(&place, "{\"a\":4}"), WPB_DELIVERED);
    expect_content(place.path, "{\"a\":4}\n");
    free(rotated);
    end(&place);
}

static void it_is_opened_again_when_told(void **state)
{
    struct place place;

    (void)state;
    begin(&place);
    assert_int_equal(send_body(&place, "{\"a\":1}"), WPB_DELIVERED);
    wpb_sink_file.reopen(place.bench.sink);
    assert_int_equal(send_body(&place, "{\"a\":2}"), WPB_DELIVERED);
    expect_content(place.path, "{\"a\":1}\n{\"a\":2}\n");
    end(&place);
}

static void what_does_not_fit_is_taken_back_and_fails(void **state)
{
    struct rlimit before, small;
    struct place place;

    (void)state;
    begin(&place);
    assert_int_equal(send_body(&place, "{\"a\":1}"), WPB_DELIVERED);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){20, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(send_body(&place, ALERT), WPB_DELIVERY_FAILED);
    assert_int_equal(send_body(&place, ALERT), WPB_DELIVERY_FAILED);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_non_null(strstr(place.bench.delivery.detail, "File too large"));
    expect_content(place.path, "{\"a\":1}\n");
    assert_int_equal(send_body(&place, ALERT), WPB_DELIVERED);
    expect_content(place.path, "{\"a\":1}\n" ALERT "\n");
    end(&place);
}

static void what_the_disk_does_not_confirm_is_not_delivered(void **state)
{
    struct place place;

    (void)state;
    begin(&place);
    fail_syncs = 2;
    assert_int_equal(send_body(&place, "{\"a\":1}"), WPB_DELIVERY_FAILED);
    assert_non_null(strstr(place.bench.delivery.detail, "Input/output error"));
    assert_int_equal(send_body(&place, "{\"a\":1}"), WPB_DELIVERY_FAILED);
    assert_int_equal(send_body(&place, "{\"a\":1}"), WPB_DELIVERED);
    expect_content(place.path, "{\"a\":1}\n");
    end(&place);
}

static void what_is_no_file_or_has_no_folder_fails_and_says_so(void **state)
{
    struct place place;

    (void)state;
    begin(&place);
    assert_int_equal(mkfifo(place.path, 0600), 0);
    assert_int_equal(send_body(&place, "{}"), WPB_DELIVERY_FAILED);
    assert_non_null(strstr(place.bench.delivery.detail, "is not a regular file"));
    assert_int_equal(unlink(place.path), 0);
    assert_int_equal(rmdir(place.folder), 0);
    assert_int_equal(send_body(&place, "{}"), WPB_DELIVERY_FAILED);
    assert_non_null(strstr(place.bench.delivery.detail, "No such file"));
    assert_int_equal(mkdir(place.folder, 0700), 0);
    assert_int_equal(send_body(&place, "{}"), WPB_DELIVERED);
    end(&place);
}

static void closing_waits_for_the_line_that_is_being_written(void **state)
{
    struct wpb_alert alert = sink_bench_alert(ALERT);
    struct place place;

    (void)state;
    begin(&place);
    sink_bench_begin(&place.bench, &alert);
    end(&place);
    assert_int_equal(place.bench.deliveries, 1);
}

static void standard_output_gets_whole_lines(void **state)
{
    static char large[WPB_ALERT_BYTES_MAX + 1], expected[3 * WPB_ALERT_BYTES_MAX];
    struct wpb_sink_settings settings = {.name = "stdout"};
    struct wpb_alert alert;
    struct sink_bench bench;
    char *folder = sink_bench_folder(), *path;
    int before, fd;

    (void)state;
    memset(large, 'x', sizeof(large) - 1);
    assert_true(asprintf(&path, "%s/out", folder) > 0);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    fflush(stdout);
    before = dup(STDOUT_FILENO);
    dup2(fd, STDOUT_FILENO);
    close(fd);
    sink_bench_open(&bench, &wpb_sink_stdout, &settings);
    alert = sink_bench_alert(ALERT);
    assert_int_equal(sink_bench_send(&bench, &alert), WPB_DELIVERED);
    alert = sink_bench_alert(large);
    assert_int_equal(sink_bench_send(&bench, &alert), WPB_DELIVERED);
    sink_bench_close(&bench);
    dup2(before, STDOUT_FILENO);
    close(before);
    snprintf(expected, sizeof(expected), "%s\n%s\n", ALERT, large);
    expect_content(path, expected);
    free(path);
    sink_bench_remove_folder(folder);
}

static void standard_output_that_nobody_reads_fails(void **state)
{
    struct wpb_sink_settings settings = {.name = "stdout"};
    struct wpb_alert alert = sink_bench_alert(ALERT);
    struct sink_bench bench;
    int before, ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    fflush(stdout);
    before = dup(STDOUT_FILENO);
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    signal(SIGPIPE, SIG_IGN);
    sink_bench_open(&bench, &wpb_sink_stdout, &settings);
    sink_bench_send(&bench, &alert);
    sink_bench_close(&bench);
    dup2(before, STDOUT_FILENO);
    close(before);
    assert_int_equal(bench.delivery.status, WPB_DELIVERY_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_alert_is_a_line_in_a_file_that_others_cannot_read),
        cmocka_unit_test(a_line_that_a_crash_has_cut_is_ended_before_the_next),
        cmocka_unit_test(a_file_that_was_rotated_away_is_made_again),
        cmocka_unit_test(it_is_opened_again_when_told),
        cmocka_unit_test(what_does_not_fit_is_taken_back_and_fails),
        cmocka_unit_test(what_the_disk_does_not_confirm_is_not_delivered),
        cmocka_unit_test(what_is_no_file_or_has_no_folder_fails_and_says_so),
        cmocka_unit_test(closing_waits_for_the_line_that_is_being_written),
        cmocka_unit_test(standard_output_gets_whole_lines),
        cmocka_unit_test(standard_output_that_nobody_reads_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
