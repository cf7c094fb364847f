/* What stands behind `listen`: addresses, and which socket is meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "probes/requests/listen_address.h"

struct parsed {
    struct wpb_arena *arena;
    struct wpb_listen_address address;
    struct wpb_err err;
};

static int set_up(void **state)
{
    static struct parsed parsed;
    parsed = (struct parsed){.arena = wpb_arena_new()};
    *state = &parsed;
    return parsed.arena ? 0 : -1;
}

static int tear_down(void **state)
{
    struct parsed *parsed = *state;
    wpb_arena_free(parsed->arena);
    return 0;
}

static int parse(struct parsed *parsed, const char *text)
{
    return wpb_listen_address_parse(text, "/usr", parsed->arena, &parsed->address,
                                    &parsed->err);
}

static bool is(const struct parsed *parsed, const char *ip, uint16_t port)
{
    uint8_t bytes[16] = {0};
    bool is_v6 = strchr(ip, ':') != NULL;

    assert_int_equal(inet_pton(is_v6 ? AF_INET6 : AF_INET, ip, bytes), 1);
    return wpb_listen_address_is(&parsed->address, is_v6, bytes, port);
}

static void a_path_is_a_unix_socket(void **state)
{
    struct parsed *parsed = *state;
    struct sockaddr_storage target;

    assert_int_equal(parse(parsed, "/run/php/www.sock"), 0);
    assert_int_equal(parsed->address.kind, WPB_LISTEN_UNIX);
    assert_string_equal(parsed->address.path, "/run/php/www.sock");
    wpb_listen_address_target(&parsed->address, &target);
    assert_int_equal(target.ss_family, AF_UNIX);
    assert_string_equal(((struct sockaddr_un *)&target)->sun_path, "/run/php/www.sock");
    assert_false(is(parsed, "127.0.0.1", 0));

    assert_int_equal(parse(parsed, "run/www.sock"), 0);
    assert_string_equal(parsed->address.path, "/usr/run/www.sock");
}

static void an_address_means_the_socket_that_is_bound_to_it(void **state)
{
    struct parsed *parsed = *state;

    assert_int_equal(parse(parsed, "127.0.0.1:9000"), 0);
    assert_true(is(parsed, "127.0.0.1", 9000));
    assert_true(is(parsed, "::ffff:127.0.0.1", 9000));
    assert_false(is(parsed, "127.0.0.1", 9001));
    assert_false(is(parsed, "0.0.0.0", 9000));
    assert_false(is(parsed, "::", 9000));

    assert_int_equal(parse(parsed, "[::1]:9000"), 0);
    assert_int_equal(parsed->address.kind, WPB_LISTEN_TCP6);
    assert_true(is(parsed, "::1", 9000));
    assert_false(is(parsed, "127.0.0.1", 9000));
}

static void a_bare_port_means_every_address(void **state)
{
    static const char *const texts[] = {"9000", ":9000", "*:9000"};
    struct parsed *parsed = *state;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(parse(parsed, texts[i]), 0);
        assert_true(is(parsed, "::", 9000));
        assert_true(is(parsed, "0.0.0.0", 9000));
        assert_false(is(parsed, "127.0.0.1", 9000));
    }
}

static void localhost_means_loopback_of_either_family(void **state)
{
    struct parsed *parsed = *state;

    assert_int_equal(parse(parsed, "localhost:9000"), 0);
    assert_true(is(parsed, "127.0.0.1", 9000));
    assert_true(is(parsed, "::1", 9000));
    assert_false(is(parsed, "192.0.2.1", 9000));
}

static void who_listens_everywhere_is_reached_over_loopback(void **state)
{
    static const struct {
        const char *text, *ip;
    } cases[] = {{"9000", "127.0.0.1"},
                 {"0.0.0.0:9000", "127.0.0.1"},
                 {"localhost:9000", "127.0.0.1"},
                 {"192.0.2.7:9000", "192.0.2.7"}};
    struct parsed *parsed = *state;
    struct sockaddr_storage target;
    char ip[INET6_ADDRSTRLEN];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(parse(parsed, cases[i].text), 0);
        wpb_listen_address_target(&parsed->address, &target);
        struct sockaddr_in *to = (struct sockaddr_in *)&target;
        assert_int_equal(ntohs(to->sin_port), 9000);
        assert_string_equal(inet_ntop(AF_INET, &to->sin_addr, ip, sizeof ip),
                            cases[i].ip);
    }
    assert_int_equal(parse(parsed, "[::]:9000"), 0);
    wpb_listen_address_target(&parsed->address, &target);
    struct sockaddr_in6 *to = (struct sockaddr_in6 *)&target;
    assert_string_equal(inet_ntop(AF_INET6, &to->sin6_addr, ip, sizeof ip), "::1");
}

static void what_is_no_address_says_so(void **state)
{
    static const struct {
        const char *text;
        enum wpb_err_code code;
    } cases[] = {{"", WPB_E_ARGUMENT},
                 {"0", WPB_E_ARGUMENT},
                 {"65536", WPB_E_ARGUMENT},
                 {"127.0.0.1:", WPB_E_ARGUMENT},
                 {"127.0.0.1:90x", WPB_E_ARGUMENT},
                 {"999999999999", WPB_E_ARGUMENT},
                 {"php.example:9000", WPB_E_UNSUPPORTED},
                 {"[]:9000:9000", WPB_E_UNSUPPORTED},
                 {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:9",
                  WPB_E_UNSUPPORTED}};
    struct parsed *parsed = *state;
    char path[300];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(parse(parsed, cases[i].text), -1);
        assert_int_equal(parsed->err.code, cases[i].code);
        assert_int_equal(parsed->address.kind, WPB_LISTEN_NONE);
    }
    memset(path, 'x', sizeof path);
    path[0] = '/';
    path[sizeof path - 1] = '\0';
    assert_int_equal(parse(parsed, path), -1);
    assert_int_equal(parsed->err.code, WPB_E_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_path_is_a_unix_socket, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_address_means_the_socket_that_is_bound_to_it,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_bare_port_means_every_address, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(localhost_means_loopback_of_either_family, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(who_listens_everywhere_is_reached_over_loopback,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_address_says_so, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
