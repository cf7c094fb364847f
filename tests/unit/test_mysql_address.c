/* Where a database is: URIs, DB_HOST, and the scope of subjects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/mysql_address.h"

static int make_arena(void **state)
{
    *state = wpb_arena_new();
    return *state ? 0 : -1;
}

static int free_arena(void **state)
{
    wpb_arena_free(*state);
    return 0;
}

static void expect(void **state, const char *uri, const char *host, uint16_t port,
                   const char *path, const char *schema, const char *user)
{
    struct wpb_mysql_address address;
    struct wpb_err err = {0};

    if (wpb_mysql_address_parse(uri, *state, &address, &err))
        fail_msg("%s: %s", uri, err.message);
    assert_string_equal(address.host, host);
    assert_int_equal(address.port, port);
    assert_string_equal(address.path, path);
    assert_string_equal(address.schema, schema);
    assert_string_equal(address.user, user);
    assert_string_equal(address.password, "");
}

static void refuse(void **state, const char *uri, const char *reason)
{
    struct wpb_mysql_address address;
    struct wpb_err err = {0};

    if (wpb_mysql_address_parse(uri, *state, &address, &err) == 0)
        fail_msg("%s was taken", uri);
    assert_int_equal(err.code, WPB_E_ARGUMENT);
    if (!strstr(err.message, reason))
        fail_msg("%s: '%s' does not say '%s'", uri, err.message, reason);
}

static void uris_are_taken_apart(void **state)
{
    expect(state, "mysql://db.example/shop", "db.example", 3306, "", "shop", "");
    expect(state, "mysql://wp@db.example:3307/shop", "db.example", 3307, "", "shop",
           "wp");
    expect(state, "mysql://wp@[2001:db8::1]:33060/shop", "2001:db8::1", 33060, "", "shop",
           "wp");
    expect(state, "mysql://[::1]/shop", "::1", 3306, "", "shop", "");
    expect(state, "mysql+unix:///run/mysqld/m.sock?db=shop&user=wp", "", 3306,
           "/run/mysqld/m.sock", "shop", "wp");
    expect(state, "mysql+unix:///m.sock?user=wp&db=shop", "", 3306, "/m.sock", "shop",
           "wp");
}

static void tls_is_a_scheme_of_its_own(void **state)
{
    struct wpb_mysql_address address;
    struct wpb_err err = {0};

    assert_int_equal(wpb_mysql_address_parse("mysqls://h/shop", *state, &address, &err),
                     0);
    assert_true(address.is_encrypted);
    assert_int_equal(wpb_mysql_address_parse("mysql://h/shop", *state, &address, &err),
                     0);
    assert_false(address.is_encrypted);
}

static void percent_escapes_stand_for_any_byte_but_nul(void **state)
{
    expect(state, "mysql://w%40p@h/sh%2Fo%3fp%C3%A9", "h", 3306, "", "sh/o?p\xc3\xa9",
           "w@p");
    expect(state, "mysql+unix:///a%3Fb?db=%26&user=%25", "", 3306, "/a?b", "&", "%");
    refuse(state, "mysql://h/shop%00", "hex digits");
    refuse(state, "mysql://h/shop%4", "hex digits");
    refuse(state, "mysql://h/shop%", "hex digits");
    refuse(state, "mysql://h/shop%zz", "hex digits");
}

static void a_password_in_a_uri_is_refused_and_not_repeated(void **state)
{
    struct wpb_mysql_address address;
    struct wpb_err err = {0};

    refuse(state, "mysql://wp:hunter2@h/shop", "--mysql-password-file");
    wpb_mysql_address_parse("mysql://wp:hunter2@h/shop", *state, &address, &err);
    assert_null(strstr(err.message, "hunter2"));
    wpb_mysql_address_parse("mysql://wp:hun/ter2@h/shop", *state, &address, &err);
    assert_null(strstr(err.message, "ter2"));
}

static void what_is_no_address_is_refused_with_the_form(void **state)
{
    refuse(state, "", "no known scheme");
    refuse(state, "redis://h/0", "no known scheme");
    refuse(state, "mysql://h", "schema");
    refuse(state, "mysql://h/", "schema");
    refuse(state, "mysql:///shop", "host is missing");
    refuse(state, "mysql://h:0/shop", "port");
    refuse(state, "mysql://h:65536/shop", "port");
    refuse(state, "mysql://h:/shop", "port");
    refuse(state, "mysql://h:33 06/shop", "port");
    refuse(state, "mysql://[::1/shop", "']'");
    refuse(state, "mysql://[::1]x/shop", "']'");
    refuse(state, "mysql://h/shop?ssl=1", "may follow the schema");
    refuse(state, "mysql+unix://run/m.sock?db=shop", "absolute path");
    refuse(state, "mysql+unix:///m.sock", "schema");
    refuse(state, "mysql+unix:///m.sock?db=shop&pass=x", "'?'");
    refuse(state, "mysql://h:1", "mysql+unix:///path?db=schema");
}

static void a_socket_path_is_measured_as_the_kernel_sees_it(void **state)
{
    char uri[512] = "mysql+unix://";

    for (int i = 0; i < 53; i++)
        strcat(uri, "/%61");
    strcat(uri, "/?db=s");
    struct wpb_mysql_address address;
    struct wpb_err err = {0};
    assert_int_equal(wpb_mysql_address_parse(uri, *state, &address, &err), 0);
    assert_int_equal(strlen(address.path), 107);
    strcpy(strstr(uri, "/?"), "/b?db=s");
    refuse(state, uri, "107");
}

static void expect_wpdb(void **state, const char *db_host, const char *host,
                        uint16_t port, const char *path)
{
    struct wpb_mysql_address address;

    wpb_mysql_address_of_wpdb(db_host, *state, &address);
    assert_string_equal(address.host, host);
    assert_int_equal(address.port, port);
    assert_string_equal(address.path, path);
    assert_string_equal(address.schema, "");
}

static void db_host_is_read_as_wpdb_reads_it(void **state)
{
    expect_wpdb(state, "localhost", "localhost", 3306, "");
    expect_wpdb(state, "db.example:3307", "db.example", 3307, "");
    expect_wpdb(state, "p:db.example", "db.example", 3306, "");
    expect_wpdb(state, "localhost:/run/m.sock", "", 3306, "/run/m.sock");
    expect_wpdb(state, ":/run/m.sock", "", 3306, "/run/m.sock");
    expect_wpdb(state, "[::1]:3307", "::1", 3307, "");
    expect_wpdb(state, "[2001:db8::1]", "2001:db8::1", 3306, "");
    expect_wpdb(state, "2001:db8:0:0:0:0:0:1", "2001:db8:0:0:0:0:0:1", 3306, "");
    expect_wpdb(state, "::1", "::1", 3306, "");
    expect_wpdb(state, "db.example:", "db.example", 3306, "");
    expect_wpdb(state, "db.example:99999", "db.example", 3306, "");
    expect_wpdb(state, "", "", 3306, "");
}

static void a_socket_counts_for_the_local_host_only(void **state)
{
    expect_wpdb(state, "db.example:3307:/run/m.sock", "db.example", 3307, "");
}

static void expect_round_trip(void **state, const char *uri)
{
    struct wpb_mysql_address address;
    struct wpb_err err = {0};
    struct wpb_buf scope;

    wpb_buf_init(&scope, 0);
    if (wpb_mysql_address_parse(uri, *state, &address, &err))
        fail_msg("%s: %s", uri, err.message);
    wpb_mysql_address_scope(&address, true, &scope);
    assert_string_equal(scope.data, uri);
    wpb_buf_fini(&scope);
}

static void a_scope_is_the_uri_again(void **state)
{
    expect_round_trip(state, "mysql://db.example:3306/shop");
    expect_round_trip(state, "mysqls://db.example:3307/shop");
    expect_round_trip(state, "mysql://[2001:db8::1]:3306/shop");
    expect_round_trip(state, "mysql+unix:///run/mysqld/m.sock?db=shop");
    expect_round_trip(state, "mysql://h:3306/%26%3F%40%2F%1B%C3%A9");
    expect_round_trip(state, "mysql+unix:///a%3Fb%26?db=%60%26");
}

static void a_uri_names_the_user_and_no_password(void **state)
{
    struct wpb_mysql_address tcp = {.host = "db",
                                    .port = 3307,
                                    .path = "",
                                    .schema = "shop",
                                    .user = "a@b",
                                    .password = "secret"};
    struct wpb_mysql_address socket = {
        .host = "", .path = "/run/m.sock", .schema = "shop", .user = "u", .password = ""};
    struct wpb_buf uri;

    (void)state;
    wpb_buf_init(&uri, 0);
    wpb_mysql_address_uri(&tcp, &uri);
    assert_string_equal(uri.data, "mysql://a%40b@db:3307/shop");
    wpb_buf_clear(&uri);
    wpb_mysql_address_uri(&socket, &uri);
    assert_string_equal(uri.data, "mysql+unix:///run/m.sock?db=shop&user=u");
    wpb_buf_fini(&uri);
}

static void a_scope_names_no_user_and_no_password(void **state)
{
    struct wpb_mysql_address address;
    struct wpb_err err = {0};
    struct wpb_buf scope;

    wpb_buf_init(&scope, 0);
    assert_int_equal(
        wpb_mysql_address_parse("mysql://alice@h/shop", *state, &address, &err), 0);
    address.password = "hunter2";
    wpb_mysql_address_scope(&address, false, &scope);
    assert_string_equal(scope.data, "mysql://h:3306");
    wpb_buf_fini(&scope);
}

static void the_clients_command_is_quoted_and_asks_for_the_password(void **state)
{
    struct wpb_mysql_address address;
    struct wpb_err err = {0};
    struct wpb_buf command;

    wpb_buf_init(&command, 0);
    assert_int_equal(
        wpb_mysql_address_parse("mysql://a%27b@h:3307/my%20shop", *state, &address, &err),
        0);
    address.password = "hunter2";
    wpb_mysql_address_cli(&address, &command);
    assert_string_equal(command.data, "mysql -h h -P 3307 -u 'a'\\''b' -p 'my shop'");
    wpb_buf_fini(&command);
}

static void sockets_and_loopback_are_this_machine(void **state)
{
    static const struct {
        const char *uri;
        bool is_local;
    } rows[] = {{"mysql+unix:///m?db=s", true}, {"mysql://localhost/s", true},
                {"mysql://127.0.0.2/s", true},  {"mysql://[::1]/s", true},
                {"mysql://10.0.0.1/s", false},  {"mysql://localhost.example/s", false}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wpb_mysql_address address;
        struct wpb_err err = {0};
        assert_int_equal(wpb_mysql_address_parse(rows[i].uri, *state, &address, &err), 0);
        assert_int_equal(wpb_mysql_address_is_local(&address), rows[i].is_local);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uris_are_taken_apart),
        cmocka_unit_test(tls_is_a_scheme_of_its_own),
        cmocka_unit_test(percent_escapes_stand_for_any_byte_but_nul),
        cmocka_unit_test(a_password_in_a_uri_is_refused_and_not_repeated),
        cmocka_unit_test(what_is_no_address_is_refused_with_the_form),
        cmocka_unit_test(a_socket_path_is_measured_as_the_kernel_sees_it),
        cmocka_unit_test(db_host_is_read_as_wpdb_reads_it),
        cmocka_unit_test(a_socket_counts_for_the_local_host_only),
        cmocka_unit_test(a_scope_is_the_uri_again),
        cmocka_unit_test(a_uri_names_the_user_and_no_password),
        cmocka_unit_test(a_scope_names_no_user_and_no_password),
        cmocka_unit_test(the_clients_command_is_quoted_and_asks_for_the_password),
        cmocka_unit_test(sockets_and_loopback_are_this_machine),
    };
    return cmocka_run_group_tests(tests, make_arena, free_arena);
}
