/* The host's log: journald's protocol and /dev/log, and daemons that come and go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/alert/sink_syslog.h"
#include "sink_bench.h"

#define ALERT                                                                            \
    "{\"code\":\"cache.notoptions_bloat\",\"site\":\"shop\",\"owner\":\"team\","         \
    "\"title\":\"notoptions holds 65,768 names\"}"

struct host {
    struct sink_bench bench;
    char *root;
    unsigned descriptors;
};

static void make_folder(const char *root, const char *path)
{
    char *folder;

    assert_true(asprintf(&folder, "%s%s", root, path) > 0);
    assert_int_equal(mkdir(folder, 0700), 0);
    free(folder);
}

static void begin(struct host *host)
{
    struct wpb_sink_settings settings = {.name = "syslog"};

    host->descriptors = sink_bench_descriptors();
    host->root = sink_bench_folder();
    make_folder(host->root, "/run");
    make_folder(host->root, "/run/systemd");
    make_folder(host->root, "/run/systemd/journal");
    make_folder(host->root, "/dev");
    settings.path = host->root;
    sink_bench_open(&host->bench, &wpb_sink_syslog, &settings);
}

static void end(struct host *host)
{
    sink_bench_close(&host->bench);
    assert_int_equal(sink_bench_descriptors(), host->descriptors);
    sink_bench_remove_folder(host->root);
}

/* A daemon that listens at PATH. */
static int listen_at(const struct host *host, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%.60s%.40s", host->root, path);
    unlink(address.sun_path);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static int journal(const struct host *host)
{
    return listen_at(host, "/run/systemd/journal/socket");
}

static int dev_log(const struct host *host)
{
    return listen_at(host, "/dev/log");
}

/* What the daemon was handed, with a NUL. */
static struct wpb_slice receive(int fd)
{
    static char text[65536];
    ssize_t len = recv(fd, text, sizeof(text) - 1, 0);

    assert_true(len > 0);
    text[len] = '\0';
    return wpb_slice_of(text, (size_t)len);
}

static enum wpb_delivery_status send_body(struct host *host, const char *body)
{
    struct wpb_alert alert = sink_bench_alert(body);

    return sink_bench_send(&host->bench, &alert);
}

static bool holds(struct wpb_slice text, const char *part)
{
    return memmem(text.data, text.len, part, strlen(part)) != NULL;
}

static void journald_gets_fields_and_the_whole_alert(void **state)
{
    struct wpb_slice entry;
    struct host host;
    int fd;

    (void)state;
    begin(&host);
    fd = journal(&host);
    assert_int_equal(send_body(&host, ALERT), WPB_DELIVERED);
    assert_string_equal(host.bench.delivery.detail, "handed to journald");
    entry = receive(fd);
    assert_true(holds(entry,
                      "MESSAGE=firing warning cache.notoptions_bloat shop: notoptions "
                      "holds 65,768 names [00112233445566ff]\nPRIORITY=4\n"));
    assert_true(holds(entry, "\nSYSLOG_IDENTIFIER=wpbloat\n"));
    assert_true(holds(entry, "\nWPBLOAT_CODE=cache.notoptions_bloat\n"));
    assert_true(holds(entry, "\nWPBLOAT_OWNER=team\n"));
    assert_true(holds(entry, "\nWPBLOAT_ALERT\n"));
    assert_int_equal((unsigned char)strstr(entry.data, "WPBLOAT_ALERT\n")[14],
                     strlen(ALERT));
    assert_string_equal(entry.data + entry.len - strlen(ALERT) - 1, ALERT "\n");
    close(fd);
    end(&host);
}

static void without_journald_dev_log_gets_a_line(void **state)
{
    char expected[256];
    struct wpb_slice line;
    struct host host;
    int fd;

    (void)state;
    begin(&host);
    fd = dev_log(&host);
    assert_int_equal(send_body(&host, ALERT), WPB_DELIVERED);
    assert_string_equal(host.bench.delivery.detail, "handed to syslog");
    line = receive(fd);
    snprintf(expected, sizeof(expected),
             "<28>wpbloat[%ld]: firing warning cache.notoptions_bloat shop: notoptions "
             "holds 65,768 names [00112233445566ff]",
             (long)getpid());
    assert_string_equal(line.data, expected);
    close(fd);
    end(&host);
}

static void severity_is_that_of_the_state(void **state)
{
    struct wpb_alert alert = sink_bench_alert(ALERT);
    struct host host;
    int fd;

    (void)state;
    begin(&host);
    fd = dev_log(&host);
    alert.severity = WPB_CRITICAL;
    sink_bench_send(&host.bench, &alert);
    assert_true(holds(receive(fd), "<26>wpbloat["));
    alert.severity = WPB_INFO;
    sink_bench_send(&host.bench, &alert);
    assert_true(holds(receive(fd), "<30>wpbloat["));
    alert.status = WPB_ALERT_RESOLVED;
    sink_bench_send(&host.bench, &alert);
    assert_true(holds(receive(fd), "<29>wpbloat["));
    close(fd);
    end(&host);
}

static void a_hostile_alert_stays_one_line_and_one_entry(void **state)
{
    static char body[WPB_ALERT_BYTES_MAX];
    static const char hostile[] =
        "{\"code\":\"x\\nPRIORITY=0\",\"site\":\"\\u001b[2J\",\"title\":\"";
    struct wpb_slice entry;
    struct host host;
    int log, fd;

    (void)state;
    begin(&host);
    strcpy(body, hostile);
    memset(body + sizeof(hostile) - 1, '\x01', 3000);
    for (size_t i = sizeof(hostile) - 1; i < sizeof(hostile) + 2999; i += 6)
        memcpy(body + i, "\\u0007", 6);
    strcpy(body + sizeof(hostile) + 2999, "\"}");
    log = dev_log(&host);
    assert_int_equal(send_body(&host, body), WPB_DELIVERED);
    entry = receive(log);
    assert_in_range(entry.len, 100, 1024);
    for (size_t i = 0; i < entry.len; i++)
        assert_true((unsigned char)entry.data[i] >= ' ');
    close(log);
    fd = journal(&host);
    wpb_sink_syslog.reopen(host.bench.sink);
    assert_int_equal(send_body(&host, body), WPB_DELIVERED);
    entry = receive(fd);
    assert_false(holds(entry, "\nPRIORITY=0"));
    assert_true(holds(entry, "x\\x0aPRIORITY=0 \\x1b[2J: \\x07"));
    assert_int_equal(send_body(&host, "no JSON\n\nPRIORITY=0\n"), WPB_DELIVERED);
    entry = receive(fd);
    assert_true(holds(entry, "WPBLOAT_ALERT\n\x14"));
    close(fd);
    end(&host);
}

static void a_daemon_that_was_restarted_is_found_again(void **state)
{
    struct host host;
    int fd;

    (void)state;
    begin(&host);
    fd = journal(&host);
    assert_int_equal(send_body(&host, ALERT), WPB_DELIVERED);
    close(fd);
    fd = journal(&host);
    assert_int_equal(send_body(&host, ALERT), WPB_DELIVERED);
    receive(fd);
    close(fd);
    end(&host);
}

static void no_daemon_is_a_failure_until_there_is_one(void **state)
{
    struct host host;
    int fd;

    (void)state;
    begin(&host);
    assert_int_equal(send_body(&host, ALERT), WPB_DELIVERY_FAILED);
    assert_non_null(strstr(host.bench.delivery.detail, "No such file"));
    fd = dev_log(&host);
    assert_int_equal(send_body(&host, ALERT), WPB_DELIVERED);
    close(fd);
    assert_int_equal(send_body(&host, ALERT), WPB_DELIVERY_FAILED);
    assert_non_null(strstr(host.bench.delivery.detail, "refused"));
    end(&host);
}

static void a_daemon_that_reads_nothing_does_not_block(void **state)
{
    struct host host;
    unsigned taken = 0;
    int fd;

    (void)state;
    begin(&host);
    fd = journal(&host);
    while (send_body(&host, ALERT) == WPB_DELIVERED && taken < 100000)
        taken++;
    assert_true(taken < 100000);
    assert_int_equal(host.bench.delivery.status, WPB_DELIVERY_FAILED);
    receive(fd);
    assert_int_equal(send_body(&host, ALERT), WPB_DELIVERED);
    close(fd);
    end(&host);
}

static void closing_tells_how_it_went(void **state)
{
    struct wpb_alert alert = sink_bench_alert(ALERT);
    struct host host;
    int fd;

    (void)state;
    begin(&host);
    fd = journal(&host);
    sink_bench_begin(&host.bench, &alert);
    close(fd);
    end(&host);
    assert_int_equal(host.bench.deliveries, 1);
    assert_int_equal(host.bench.delivery.status, WPB_DELIVERED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(journald_gets_fields_and_the_whole_alert),
        cmocka_unit_test(without_journald_dev_log_gets_a_line),
        cmocka_unit_test(severity_is_that_of_the_state),
        cmocka_unit_test(a_hostile_alert_stays_one_line_and_one_entry),
        cmocka_unit_test(a_daemon_that_was_restarted_is_found_again),
        cmocka_unit_test(no_daemon_is_a_failure_until_there_is_one),
        cmocka_unit_test(a_daemon_that_reads_nothing_does_not_block),
        cmocka_unit_test(closing_tells_how_it_went),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
