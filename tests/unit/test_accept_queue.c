/* The accept queue, as the kernel tells it, of listeners of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probes/requests/accept_queue.h"
#include "probes/requests/sock_diag.h"

#define BACKLOG 16
#define CLIENTS 5
#define ACCEPTED 2

struct stage {
    char folder[64], path[96];
    struct wpb_arena *arena;
};

static int set_up(void **state)
{
    static struct stage stage;
    stage = (struct stage){.arena = wpb_arena_new()};
    strcpy(stage.folder, "/tmp/wpbloat-test-XXXXXX");
    if (!stage.arena || !mkdtemp(stage.folder))
        return -1;
    snprintf(stage.path, sizeof stage.path, "%s/pool.sock", stage.folder);
    *state = &stage;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *stage = *state;
    unlink(stage->path);
    rmdir(stage->folder);
    wpb_arena_free(stage->arena);
    return 0;
}

/* ---- listeners ---- */

/* A listener at the address TEXT; TEXT of TCP gets the port that was free. */
static int listen_at(struct stage *stage, const char *host, char text[96], int backlog)
{
    struct wpb_listen_address address;
    struct sockaddr_storage at;
    socklen_t len;
    int fd;

    snprintf(text, 96, *host == '/' ? "%s" : "%s:1", host);
    assert_int_equal(wpb_listen_address_parse(text, "/", stage->arena, &address, NULL),
                     0);
    len = wpb_listen_address_target(&address, &at);
    if (at.ss_family == AF_INET)
        ((struct sockaddr_in *)&at)->sin_port = 0;
    if (at.ss_family == AF_INET6)
        ((struct sockaddr_in6 *)&at)->sin6_port = 0;
    fd = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(fd, backlog), 0);
    if (*host == '/')
        return fd;
    len = sizeof at;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    /* the port is at the same place in both families */
    snprintf(text, 96, "%s:%u", host, ntohs(((struct sockaddr_in *)&at)->sin_port));
    return fd;
}

static int connect_to(struct stage *stage, const char *text)
{
    struct wpb_listen_address address;
    struct sockaddr_storage to;
    int fd;

    assert_int_equal(wpb_listen_address_parse(text, "/", stage->arena, &address, NULL),
                     0);
    socklen_t len = wpb_listen_address_target(&address, &to);
    fd = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, len), 0);
    return fd;
}

static struct wpb_accept_queue look(struct stage *stage, const char *text)
{
    struct wpb_listen_address address;
    struct wpb_accept_look looks[1] = {{.address = &address}};
    struct wpb_err err;

    assert_int_equal(wpb_listen_address_parse(text, "/", stage->arena, &address, NULL),
                     0);
    if (wpb_accept_queues_read(looks, 1, &err) != 0)
        fail_msg("%s", err.message);
    return looks[0].queue;
}

/* ---- tests ---- */

/* Of CLIENTS that have connected none, then ACCEPTED are accepted, then some are closed
 * again. */
static void follow(struct stage *stage, const char *host)
{
    struct wpb_accept_queue queue;
    int clients[CLIENTS], accepted[ACCEPTED];
    char text[96];
    int listener = listen_at(stage, host, text, BACKLOG);

    queue = look(stage, text);
    assert_true(queue.is_found);
    assert_string_equal(queue.reason, "");
    assert_int_equal(queue.backlog, BACKLOG);
    assert_int_equal(queue.pending, 0);
    assert_true(queue.has_in_service);
    assert_int_equal(queue.in_service, 0);

    for (int i = 0; i < CLIENTS; i++)
        clients[i] = connect_to(stage, text);
    queue = look(stage, text);
    assert_int_equal(queue.pending, CLIENTS);
    assert_int_equal(queue.in_service, 0);

    for (int i = 0; i < ACCEPTED; i++) {
        accepted[i] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        assert_true(accepted[i] >= 0);
    }
    queue = look(stage, text);
    assert_int_equal(queue.pending, CLIENTS - ACCEPTED);
    assert_int_equal(queue.backlog, BACKLOG);
    assert_int_equal(queue.in_service, ACCEPTED);

    /* a visitor who leaves does not free the worker; the worker that ends does */
    close(clients[0]);
    assert_int_equal(look(stage, text).in_service, ACCEPTED);
    close(accepted[0]);
    assert_int_equal(look(stage, text).in_service, ACCEPTED - 1);
    close(accepted[1]);
    assert_int_equal(look(stage, text).in_service, 0);
    for (int i = 1; i < CLIENTS; i++)
        close(clients[i]);
    close(listener);
}

static void a_unix_listener_tells_who_waits_and_who_is_served(void **state)
{
    struct stage *stage = *state;
    follow(stage, stage->path);
}

static void a_tcp_listener_tells_the_same(void **state)
{
    follow(*state, "127.0.0.1");
}

static void so_does_one_of_ipv6(void **state)
{
    follow(*state, "[::1]");
}

static void a_full_queue_holds_one_more_than_its_backlog(void **state)
{
    struct stage *stage = *state;
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int clients[3];
    char text[96];
    int listener = listen_at(stage, stage->path, text, 2);

    for (int i = 0; i < 3; i++)
        clients[i] = connect_to(stage, text);
    assert_int_equal(look(stage, text).pending, 3);
    assert_int_equal(look(stage, text).backlog, 2);
    int refused = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    strcpy(to.sun_path, stage->path);
    assert_int_equal(connect(refused, (struct sockaddr *)&to, sizeof to), -1);
    assert_int_equal(errno, EAGAIN);
    close(refused);
    for (int i = 0; i < 3; i++)
        close(clients[i]);
    close(listener);
}

static void of_two_sockets_bound_to_a_path_the_one_that_is_there_counts(void **state)
{
    struct stage *stage = *state;
    char text[96];
    int former = listen_at(stage, stage->path, text, 3);
    int lost = connect_to(stage, text);
    unlink(stage->path);
    int latter = listen_at(stage, stage->path, text, 7);
    int first = connect_to(stage, text), second = connect_to(stage, text);

    struct wpb_accept_queue queue = look(stage, text);
    assert_true(queue.is_found);
    assert_int_equal(queue.backlog, 7);
    assert_int_equal(queue.pending, 2);

    /* and when none can be told apart, none is taken */
    unlink(stage->path);
    queue = look(stage, text);
    assert_false(queue.is_found);
    assert_non_null(strstr(queue.reason, "several sockets"));
    assert_int_equal(queue.pending, 0);
    close(former);
    queue = look(stage, text);
    assert_true(queue.is_found);
    assert_int_equal(queue.backlog, 7);
    close(lost);
    close(first);
    close(second);
    close(latter);
}

static void many_are_looked_at_at_once_and_each_has_its_own_answer(void **state)
{
    struct stage *stage = *state;
    struct wpb_listen_address addresses[4];
    struct wpb_accept_look looks[4];
    char unix_text[96], tcp_text[96];
    struct wpb_err err;
    int of_unix = listen_at(stage, stage->path, unix_text, 4);
    int of_tcp = listen_at(stage, "127.0.0.1", tcp_text, 5);
    int client = connect_to(stage, tcp_text);
    const char *const texts[] = {tcp_text, "/tmp/wpbloat-nobody.sock", unix_text, ""};

    for (size_t i = 0; i < 4; i++) {
        wpb_listen_address_parse(texts[i], "/", stage->arena, &addresses[i], NULL);
        looks[i] = (struct wpb_accept_look){.address = &addresses[i]};
    }
    assert_int_equal(wpb_accept_queues_read(looks, 4, &err), 0);
    assert_int_equal(looks[0].queue.pending, 1);
    assert_int_equal(looks[0].queue.backlog, 5);
    assert_false(looks[1].queue.is_found);
    assert_non_null(strstr(looks[1].queue.reason, "nothing listens there"));
    assert_int_equal(looks[2].queue.pending, 0);
    assert_int_equal(looks[2].queue.backlog, 4);
    assert_false(looks[3].queue.is_found);
    assert_non_null(strstr(looks[3].queue.reason, "not known where"));
    close(client);
    close(of_tcp);
    close(of_unix);
}

static void a_socket_that_does_not_listen_is_no_listener(void **state)
{
    struct stage *stage = *state;
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strcpy(at.sun_path, stage->path);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_false(look(stage, stage->path).is_found);
    close(fd);
}

static void a_look_leaves_no_descriptor(void **state)
{
    struct stage *stage = *state;
    char text[96];
    int listener = listen_at(stage, stage->path, text, 4);
    int before = fcntl(listener, F_DUPFD_CLOEXEC, 0);

    close(before);
    for (int i = 0; i < 100; i++)
        look(stage, text);
    int after = fcntl(listener, F_DUPFD_CLOEXEC, 0);
    assert_int_equal(after, before);
    close(after);
    close(listener);
}

/* ---- a kernel that does not tell ---- */

/* From now on socket(AF_NETLINK) fails with CODE, as in systemd's sandbox. */
static int forbid_netlink(uint32_t code)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | code),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof filter[0],
                                 .filter = filter};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* In a process of its own: 0 when the look fails with the right reason. */
static int look_without_netlink(struct stage *stage, uint32_t code)
{
    struct wpb_listen_address address;
    struct wpb_accept_look looks[1] = {{.address = &address}};
    struct wpb_err err = {.code = WPB_OK};

    wpb_listen_address_parse(stage->path, "/", stage->arena, &address, NULL);
    if (forbid_netlink(code) != 0)
        return 2;
    if (wpb_accept_queues_read(looks, 1, &err) != -1 || err.code != WPB_E_DENIED)
        return 3;
    return strstr(err.message, "AF_NETLINK") && !looks[0].queue.is_found ? 0 : 4;
}

static void without_the_right_to_netlink_the_reason_is_told(void **state)
{
    static const uint32_t codes[] = {EPERM, EAFNOSUPPORT, EACCES};
    int status;

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            _exit(look_without_netlink(*state, codes[i]));
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
}

/* ---- bytes ---- */

static void never(void *cookie, const struct wpb_diag_socket *socket)
{
    (void)cookie;
    (void)socket;
    fail();
}

static enum wpb_err_code refusal(int32_t code, uint16_t type)
{
    struct wpb_err err = {.code = WPB_OK};
    uint32_t message[5] = {20, type, 7, 0, (uint32_t)code};

    assert_int_equal(
        wpb_diag_parse(wpb_slice_of(message, sizeof message), 7, never, NULL, &err),
        WPB_DIAG_FAILED);
    return err.code;
}

static void a_kernel_that_refuses_is_understood(void **state)
{
    (void)state;
    assert_int_equal(refusal(-ENOENT, 2), WPB_E_UNSUPPORTED); /* no module unix_diag */
    assert_int_equal(refusal(-ENOENT, 3), WPB_E_UNSUPPORTED); /* told at the end */
    assert_int_equal(refusal(-EPERM, 2), WPB_E_DENIED);
    assert_int_equal(refusal(5, 2), WPB_E_PROTOCOL);
    assert_int_equal(refusal(INT32_MIN, 2), WPB_E_PROTOCOL);
}

static void a_reply_to_another_question_is_passed_over(void **state)
{
    struct wpb_err err;
    uint32_t other[5] = {20, 3, 6, 0, 0}, ours[5] = {20, 3, 7, 0, 0};

    (void)state;
    assert_int_equal(
        wpb_diag_parse(wpb_slice_of(other, sizeof other), 7, never, NULL, &err),
        WPB_DIAG_MORE);
    assert_int_equal(
        wpb_diag_parse(wpb_slice_of(ours, sizeof ours), 7, never, NULL, &err),
        WPB_DIAG_DONE);
    ours[0] = 24; /* longer than what came */
    assert_int_equal(
        wpb_diag_parse(wpb_slice_of(ours, sizeof ours), 7, never, NULL, &err),
        WPB_DIAG_FAILED);
    assert_int_equal(err.code, WPB_E_PROTOCOL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_unix_listener_tells_who_waits_and_who_is_served),
        TEST(a_tcp_listener_tells_the_same),
        TEST(so_does_one_of_ipv6),
        TEST(a_full_queue_holds_one_more_than_its_backlog),
        TEST(of_two_sockets_bound_to_a_path_the_one_that_is_there_counts),
        TEST(many_are_looked_at_at_once_and_each_has_its_own_answer),
        TEST(a_socket_that_does_not_listen_is_no_listener),
        TEST(a_look_leaves_no_descriptor),
        TEST(without_the_right_to_netlink_the_reason_is_told),
        TEST(a_kernel_that_refuses_is_understood),
        TEST(a_reply_to_another_question_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
