/* What a service manager hears, on a real datagram socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/notify.h"

/* A manager that listens: at a path in a folder of its own, or at an abstract name. */
struct manager {
    int fd;
    char folder[32], name[108];
};

static void listen_at(struct manager *manager, bool is_abstract)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t bytes;

    strcpy(manager->folder, "/tmp/notify-XXXXXX");
    assert_non_null(mkdtemp(manager->folder));
    snprintf(manager->name, sizeof(manager->name), "%s%s/socket", is_abstract ? "@" : "",
             manager->folder);
    bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(manager->name));
    memcpy(address.sun_path, manager->name, strlen(manager->name));
    if (is_abstract)
        address.sun_path[0] = '\0';
    manager->fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_true(manager->fd >= 0);
    assert_int_equal(bind(manager->fd, (struct sockaddr *)&address, bytes), 0);
}

static void stop_listening(struct manager *manager)
{
    close(manager->fd);
    unlink(manager->name);
    rmdir(manager->folder);
}

static void expect(struct manager *manager, const char *expected)
{
    char heard[2048];
    ssize_t len = recv(manager->fd, heard, sizeof(heard) - 1, MSG_DONTWAIT);

    assert_true(len >= 0);
    heard[len] = '\0';
    assert_string_equal(heard, expected);
}

static void environment(const char *name, const char *usec, const char *pid)
{
    const char *const keys[] = {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"};
    const char *const values[] = {name, usec, pid};

    for (int i = 0; i < 3; i++) {
        if (values[i])
            setenv(keys[i], values[i], 1);
        else
            unsetenv(keys[i]);
    }
}

static void hears_the_whole_life(struct manager *manager)
{
    struct wpb_notify notify;
    struct wpb_err err;

    environment(manager->name, NULL, NULL);
    assert_int_equal(wpb_notify_init(&notify, &err), 0);
    assert_int_equal(wpb_notify_ready(&notify, "watching 2 sites"), 0);
    expect(manager, "READY=1\nSTATUS=watching 2 sites\n");
    assert_int_equal(wpb_notify_ready(&notify, NULL), 0);
    expect(manager, "READY=1\n");
    assert_int_equal(wpb_notify_watchdog(&notify), 0);
    expect(manager, "WATCHDOG=1\n");
    assert_int_equal(wpb_notify_stopping(&notify, "finishing a sample"), 0);
    expect(manager, "STOPPING=1\nSTATUS=finishing a sample\n");
    wpb_notify_fini(&notify);
}

static void a_manager_at_a_path_hears_the_whole_life(void **state)
{
    struct manager manager;

    (void)state;
    listen_at(&manager, false);
    hears_the_whole_life(&manager);
    stop_listening(&manager);
}

static void a_manager_at_an_abstract_name_hears_it_too(void **state)
{
    struct manager manager;

    (void)state;
    listen_at(&manager, true);
    hears_the_whole_life(&manager);
    stop_listening(&manager);
}

static void reloading_tells_the_moment_of_the_managers_clock(void **state)
{
    struct manager manager;
    struct wpb_notify notify;
    struct timespec now;
    unsigned long long told;
    char heard[256];

    (void)state;
    listen_at(&manager, false);
    environment(manager.name, NULL, NULL);
    assert_int_equal(wpb_notify_init(&notify, NULL), 0);
    clock_gettime(CLOCK_MONOTONIC, &now);
    assert_int_equal(wpb_notify_reloading(&notify), 0);
    ssize_t len = recv(manager.fd, heard, sizeof(heard) - 1, MSG_DONTWAIT);
    assert_true(len > 0);
    heard[len] = '\0';
    assert_int_equal(sscanf(heard, "RELOADING=1\nMONOTONIC_USEC=%llu\n", &told), 1);
    assert_true(told >= (unsigned long long)now.tv_sec * 1000000 +
                            (unsigned long long)now.tv_nsec / 1000);
    clock_gettime(CLOCK_MONOTONIC, &now);
    assert_true(told <= (unsigned long long)now.tv_sec * 1000000 +
                            (unsigned long long)now.tv_nsec / 1000);
    wpb_notify_fini(&notify);
    stop_listening(&manager);
}

static void a_status_is_one_line_and_cannot_say_more(void **state)
{
    struct manager manager;
    struct wpb_notify notify;
    char longest[3000], heard[2048];

    (void)state;
    listen_at(&manager, false);
    environment(manager.name, NULL, NULL);
    assert_int_equal(wpb_notify_init(&notify, NULL), 0);
    assert_int_equal(wpb_notify_status(&notify, "site a\nSTOPPING=1\n\x1b[31m"), 0);
    expect(&manager, "STATUS=site a\\x0aSTOPPING=1\\x0a\\x1b[31m\n");
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    assert_int_equal(wpb_notify_status(&notify, longest), 0);
    assert_in_range(recv(manager.fd, heard, sizeof(heard), MSG_DONTWAIT), 500, 530);
    wpb_notify_fini(&notify);
    stop_listening(&manager);
}

static void children_do_not_inherit_it(void **state)
{
    struct manager manager;
    struct wpb_notify notify;

    (void)state;
    listen_at(&manager, false);
    environment(manager.name, "30000000", "1");
    assert_int_equal(wpb_notify_init(&notify, NULL), 0);
    assert_null(getenv("NOTIFY_SOCKET"));
    assert_null(getenv("WATCHDOG_USEC"));
    assert_null(getenv("WATCHDOG_PID"));
    wpb_notify_fini(&notify);
    stop_listening(&manager);
}

static uint64_t watchdog_of(const char *name, const char *usec, const char *pid)
{
    struct wpb_notify notify;
    uint64_t ms;

    environment(name, usec, pid);
    assert_int_equal(wpb_notify_init(&notify, NULL), 0);
    ms = notify.watchdog_ms;
    wpb_notify_fini(&notify);
    return ms;
}

static void the_watchdog_is_fed_at_half_its_time(void **state)
{
    char self[32];

    (void)state;
    snprintf(self, sizeof(self), "%ld", (long)getpid());
    assert_int_equal(watchdog_of("/run/n", "30000000", self), 15000);
    assert_int_equal(watchdog_of("/run/n", "30000000", NULL), 15000);
    assert_int_equal(watchdog_of("/run/n", "1", NULL), 1);
    /* another process's, none, or no number */
    assert_int_equal(watchdog_of("/run/n", "30000000", "1"), 0);
    assert_int_equal(watchdog_of("/run/n", NULL, NULL), 0);
    assert_int_equal(watchdog_of(NULL, "30000000", NULL), 0);
    static const char *const wrong[] = {"",
                                        "0",
                                        "-1",
                                        "1e9",
                                        "30s",
                                        " 1",
                                        "+1",
                                        "18446744073709551615",
                                        "99999999999999999999999"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_int_equal(watchdog_of("/run/n", wrong[i], NULL), 0);
}

static void without_a_manager_nothing_is_said(void **state)
{
    struct wpb_notify notify;
    struct wpb_err err;

    (void)state;
    environment(NULL, NULL, NULL);
    assert_int_equal(wpb_notify_init(&notify, &err), 0);
    assert_int_equal(notify.fd, -1);
    assert_int_equal(wpb_notify_ready(&notify, "up"), 0);
    wpb_notify_fini(&notify);
    environment("", NULL, NULL);
    assert_int_equal(wpb_notify_init(&notify, &err), 0);
    wpb_notify_fini(&notify);
}

static void a_manager_that_cannot_be_told_is_an_error(void **state)
{
    struct wpb_notify notify;
    struct wpb_err err;
    char longest[120];

    (void)state;
    memset(longest, 'x', sizeof(longest) - 1);
    longest[0] = '/';
    longest[sizeof(longest) - 1] = '\0';
    const char *const names[] = {"vsock:2:1234", "relative", "/", "@", longest};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        environment(names[i], NULL, NULL);
        assert_int_equal(wpb_notify_init(&notify, &err), -1);
        assert_int_equal(err.code, WPB_E_UNSUPPORTED);
        assert_int_equal(wpb_notify_ready(&notify, NULL), 0);
        assert_null(getenv("NOTIFY_SOCKET"));
        wpb_notify_fini(&notify);
    }
    environment("/nonexistent/notify", NULL, NULL);
    assert_int_equal(wpb_notify_init(&notify, &err), 0);
    assert_int_equal(wpb_notify_ready(&notify, NULL), -1);
    assert_int_equal(errno, ENOENT);
    wpb_notify_fini(&notify);
}

static void a_manager_that_does_not_listen_blocks_nobody(void **state)
{
    struct manager manager;
    struct wpb_notify notify;
    int told = 0;

    (void)state;
    listen_at(&manager, false);
    environment(manager.name, NULL, NULL);
    assert_int_equal(wpb_notify_init(&notify, NULL), 0);
    while (told < 100000 && wpb_notify_watchdog(&notify) == 0)
        told++;
    assert_in_range(told, 1, 99999);
    assert_int_equal(errno, EAGAIN);
    expect(&manager, "WATCHDOG=1\n");
    assert_int_equal(wpb_notify_watchdog(&notify), 0);
    wpb_notify_fini(&notify);
    stop_listening(&manager);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_manager_at_a_path_hears_the_whole_life),
        cmocka_unit_test(a_manager_at_an_abstract_name_hears_it_too),
        cmocka_unit_test(reloading_tells_the_moment_of_the_managers_clock),
        cmocka_unit_test(a_status_is_one_line_and_cannot_say_more),
        cmocka_unit_test(children_do_not_inherit_it),
        cmocka_unit_test(the_watchdog_is_fed_at_half_its_time),
        cmocka_unit_test(without_a_manager_nothing_is_said),
        cmocka_unit_test(a_manager_that_cannot_be_told_is_an_error),
        cmocka_unit_test(a_manager_that_does_not_listen_blocks_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
