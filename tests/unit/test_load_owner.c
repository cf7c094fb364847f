/* Whose site it is: what the operator says, addresses of this machine, a proof. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <string.h>

#include "agent/load/owner.h"

static struct wpb_load_target target_at(const char *address, struct wpb_arena *arena)
{
    struct wpb_load_target target;
    struct wpb_err err = {0};

    assert_int_equal(wpb_load_target_parse("http://shop.example/", arena, &target, &err),
                     0);
    assert_int_equal(wpb_load_target_resolve(&target, address, arena, &err), 0);
    return target;
}

static bool is_local(const char *address)
{
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_load_target target = target_at(address, arena);
    struct wpb_err err = {0};
    bool is = false;

    assert_int_equal(wpb_load_target_is_local(&target, &is, &err), 0);
    wpb_arena_free(arena);
    return is;
}

static void a_host_is_owned_when_it_is_said_so_letter_case_apart(void **state)
{
    const char *const owned[] = {"shop.example", "127.0.0.1"};

    (void)state;
    assert_true(wpb_load_owner_says("Shop.Example", owned, 2));
    assert_false(wpb_load_owner_says("www.shop.example", owned, 2));
    assert_false(wpb_load_owner_says("shop.example", owned, 0));
}

static void loopback_and_interfaces_are_this_machine_s(void **state)
{
    struct ifaddrs *interfaces;

    (void)state;
    assert_true(is_local("127.0.0.1"));
    assert_true(is_local("127.8.9.10"));
    assert_true(is_local("::1"));
    assert_true(is_local("::ffff:127.0.0.1"));
    assert_int_equal(getifaddrs(&interfaces), 0);
    for (struct ifaddrs *at = interfaces; at; at = at->ifa_next) {
        char text[INET_ADDRSTRLEN];
        if (!at->ifa_addr || at->ifa_addr->sa_family != AF_INET)
            continue;
        inet_ntop(AF_INET, &((struct sockaddr_in *)at->ifa_addr)->sin_addr, text,
                  sizeof(text));
        assert_true(is_local(text));
    }
    freeifaddrs(interfaces);
}

static void other_addresses_are_not(void **state)
{
    (void)state;
    assert_false(is_local("192.0.2.1"));
    assert_false(is_local("2001:db8::1"));
    assert_false(is_local("0.0.0.1"));
    assert_false(is_local("::ffff:192.0.2.1"));
}

static void one_address_elsewhere_is_enough_for_a_refusal(void **state)
{
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_load_target target = target_at("127.0.0.1", arena);
    struct wpb_load_target other = target_at("192.0.2.1", arena);
    struct wpb_err err = {0};
    bool is = true;

    (void)state;
    target.addresses[target.address_count++] = other.addresses[0];
    assert_int_equal(wpb_load_target_is_local(&target, &is, &err), 0);
    assert_false(is);
    target.address_count = 0;
    assert_int_equal(wpb_load_target_is_local(&target, &is, &err), 0);
    assert_false(is);
    wpb_arena_free(arena);
}

static void a_target_is_connected_to_at_its_addresses_and_its_port_only(void **state)
{
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_load_target target = target_at("127.0.0.1", arena);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(80)};

    (void)state;
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    assert_true(wpb_load_target_has(&target, (const struct sockaddr *)&address));
    address.sin_port = htons(81);
    assert_false(wpb_load_target_has(&target, (const struct sockaddr *)&address));
    address.sin_port = htons(80);
    inet_pton(AF_INET, "127.0.0.2", &address.sin_addr);
    assert_false(wpb_load_target_has(&target, (const struct sockaddr *)&address));
    wpb_arena_free(arena);
}

static void a_token_is_of_one_machine_and_one_host(void **state)
{
    const struct wpb_slice here = WPB_SLICE("0123"), there = WPB_SLICE("0124");
    char a[WPB_LOAD_TOKEN_DIGITS + 1], b[WPB_LOAD_TOKEN_DIGITS + 1];

    (void)state;
    wpb_load_owner_token(here, "shop.example", a);
    wpb_load_owner_token(here, "SHOP.example", b);
    assert_string_equal(a, b);
    assert_int_equal(strlen(a), WPB_LOAD_TOKEN_DIGITS);
    wpb_load_owner_token(there, "shop.example", b);
    assert_string_not_equal(a, b);
    wpb_load_owner_token(here, "shop.example.org", b);
    assert_string_not_equal(a, b);
}

static void a_proof_is_a_line_of_its_own(void **state)
{
    const char *token = "00112233445566778899aabbccddeeff";

    (void)state;
    assert_true(wpb_load_owner_proves(wpb_slice_cstr(token), token));
    assert_true(wpb_load_owner_proves(
        wpb_slice_cstr("another\r\n 00112233445566778899aabbccddeeff \r\n"), token));
    assert_false(wpb_load_owner_proves(
        wpb_slice_cstr("x00112233445566778899aabbccddeeff"), token));
    assert_false(wpb_load_owner_proves(
        wpb_slice_cstr("<p>00112233445566778899aabbccddeeff</p>"), token));
    assert_false(wpb_load_owner_proves(wpb_slice_cstr(""), token));
}

static void urls_that_are_no_page_of_a_visitor_are_refused(void **state)
{
    static const char *const wrong[] = {"shop.example/",
                                        "ftp://shop.example/",
                                        "file:///etc/passwd",
                                        "http://u:p@shop.example/",
                                        "http://u@shop.example/",
                                        "http://",
                                        "gopher://x/",
                                        "",
                                        "http://a b/"};
    struct wpb_arena *arena = wpb_arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct wpb_load_target target;
        struct wpb_err err = {0};
        if (wpb_load_target_parse(wrong[i], arena, &target, &err) == 0)
            fail_msg("'%s' was taken for a page: %s", wrong[i], target.url);
        assert_int_equal(err.code, WPB_E_ARGUMENT);
    }
    wpb_arena_free(arena);
}

static void a_url_is_taken_apart(void **state)
{
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_load_target target;
    struct wpb_err err = {0};

    (void)state;
    assert_int_equal(
        wpb_load_target_parse("https://[::1]:8443/a?b=c#d", arena, &target, &err), 0);
    assert_string_equal(target.host, "::1");
    assert_string_equal(target.port, "8443");
    assert_string_equal(target.url, "https://[::1]:8443/a?b=c");
    assert_string_equal(target.origin, "https://[::1]:8443");
    assert_int_equal(wpb_load_target_parse("http://shop.example", arena, &target, &err),
                     0);
    assert_string_equal(target.port, "80");
    assert_string_equal(target.origin, "http://shop.example");
    assert_int_equal(wpb_load_target_resolve(&target, "not-numeric", arena, &err), -1);
    assert_int_equal(err.code, WPB_E_ARGUMENT);
    wpb_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_is_owned_when_it_is_said_so_letter_case_apart),
        cmocka_unit_test(loopback_and_interfaces_are_this_machine_s),
        cmocka_unit_test(other_addresses_are_not),
        cmocka_unit_test(one_address_elsewhere_is_enough_for_a_refusal),
        cmocka_unit_test(a_target_is_connected_to_at_its_addresses_and_its_port_only),
        cmocka_unit_test(a_token_is_of_one_machine_and_one_host),
        cmocka_unit_test(a_proof_is_a_line_of_its_own),
        cmocka_unit_test(urls_that_are_no_page_of_a_visitor_are_refused),
        cmocka_unit_test(a_url_is_taken_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
