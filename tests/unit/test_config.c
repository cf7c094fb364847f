/* A configuration from bytes: what it says, and all that can be wrong with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/config/config.h"
#include "agent/config/lines.h"
#include "agent/config/lines.h"
#include "agent/rules/context.h"

/* One reading of some bytes. */
struct reading {
    struct wpb_conf_problems *problems;
    struct wpb_conf *config;
};

static struct reading read_bytes(struct wpb_slice bytes)
{
    struct reading reading = {.problems = wpb_conf_problems_new()};

    assert_non_null(reading.problems);
    reading.config = wpb_conf_of_bytes(bytes, "w.conf", reading.problems);
    /* A configuration, or errors: never both, never neither. */
    assert_int_equal(reading.config == NULL, reading.problems->errors > 0);
    return reading;
}

static struct reading read_text(const char *text)
{
    return read_bytes(wpb_slice_cstr(text));
}

static void end(struct reading *reading)
{
    wpb_conf_free(reading->config);
    wpb_conf_problems_free(reading->problems);
}

/* Problem I of READING stands at LINE and says exactly MESSAGE. */
static void assert_problem(const struct reading *reading, size_t i, uint32_t line,
                           const char *message)
{
    if (i >= reading->problems->count)
        fail_msg("no problem %zu, which should say \"%s\"", i, message);
    assert_string_equal(reading->problems->items[i].message, message);
    assert_int_equal(reading->problems->items[i].line, line);
}

/* TEXT has one error, which stands at LINE and says exactly MESSAGE. */
static void refuses(const char *text, uint32_t line, const char *message)
{
    struct reading reading = read_text(text);

    assert_problem(&reading, 0, line, message);
    assert_int_equal(reading.problems->count, 1);
    assert_true(reading.problems->items[0].is_error);
    assert_string_equal(reading.problems->items[0].file, "w.conf");
    end(&reading);
}

/* TEXT is taken without a word. */
static struct reading takes(const char *text)
{
    struct reading reading = read_text(text);

    if (reading.problems->count)
        fail_msg("line %u: %s", reading.problems->items[0].line,
                 reading.problems->items[0].message);
    return reading;
}

/* TEXT is taken, with one remark that says exactly MESSAGE. */
static void remarks(const char *text, uint32_t line, const char *message)
{
    struct reading reading = read_text(text);

    assert_non_null(reading.config);
    assert_problem(&reading, 0, line, message);
    assert_int_equal(reading.problems->count, 1);
    assert_false(reading.problems->items[0].is_error);
    end(&reading);
}

static void nothing_is_as_by_default(void **state)
{
    struct reading reading = takes("");
    const struct wpb_conf_section *agent = wpb_conf_agent(reading.config);
    unsigned n, of;
    size_t count;

    (void)state;
    assert_string_equal(wpb_conf_text(agent, "state"), "/var/lib/wpbloat");
    assert_int_equal(wpb_conf_seconds(agent, "interval"), 60);
    assert_int_equal(wpb_conf_seconds(agent, "retention"), 90 * 86400);
    assert_int_equal(wpb_conf_bytes(agent, "history_max"), 64 << 20);
    assert_int_equal(wpb_conf_choice(agent, "sites"), 0);
    assert_int_equal(wpb_conf_choice(agent, "budget"), 0);
    wpb_conf_quorum(agent, "fire_after", &n, &of);
    assert_int_equal(n, 3);
    assert_int_equal(of, 5);
    assert_null(wpb_conf_text(agent, "host_id"));
    assert_null(wpb_conf_list(agent, "paths", &count)[0]);
    assert_int_equal(count, 0);
    assert_null(wpb_conf_value(agent, "interval")->file);
    assert_null(wpb_conf_sections(reading.config, WPB_SECTION_SINK));
    end(&reading);
}

static const char example[] = "[agent]\n"
                              "state = /var/lib/wpbloat\n"
                              "listen = 127.0.0.1:9847        ; or "
                              "unix:/run/wpbloat/http.sock\n"
                              "interval = 60s\n"
                              "sites = auto                   ; or none, and name them\n"
                              "\n"
                              "[site shop]\n"
                              "path = /var/www/shop\n"
                              "owner = team-checkout\n"
                              "\n"
                              "[rule cache.notoptions_bloat]\n"
                              "warning_bytes = 256K\n"
                              "critical_bytes = 1M\n"
                              "\n"
                              "[sink file]\n"
                              "path = /var/log/wpbloat/alerts.jsonl\n"
                              "\n"
                              "[sink webhook]\n"
                              "url = https://monitoring.example/hooks/wpbloat\n"
                              "secret_file = /etc/wpbloat/webhook.secret\n"
                              "\n"
                              "[sink alertmanager]\n"
                              "urls = http://am-1:9093 http://am-2:9093\n";

static void the_published_example_works_as_it_stands(void **state)
{
    struct reading reading = takes(example);
    const struct wpb_conf_section *site =
        wpb_conf_find(reading.config, WPB_SECTION_SITE, "shop");
    const struct wpb_conf_section *sink =
        wpb_conf_sections(reading.config, WPB_SECTION_SINK);
    const struct wpb_conf_listen *listen = wpb_conf_listen(reading.config);
    size_t count;

    (void)state;
    assert_int_equal(listen->kind, WPB_LISTEN_TCP);
    assert_string_equal(listen->host, "127.0.0.1");
    assert_int_equal(listen->port, 9847);
    assert_string_equal(wpb_conf_text(site, "path"), "/var/www/shop");
    assert_string_equal(wpb_conf_text(site, "owner"), "team-checkout");
    assert_int_equal(wpb_conf_value(site, "owner")->line, 9);
    assert_true(wpb_conf_option(wpb_conf_find(reading.config, WPB_SECTION_RULE,
                                              "cache.notoptions_bloat"),
                                "warning_bytes") == 262144);
    assert_int_equal(sink->sink, WPB_SINK_FILE);
    assert_string_equal(wpb_conf_text(sink, "path"), "/var/log/wpbloat/alerts.jsonl");
    sink = sink->next;
    assert_int_equal(sink->sink, WPB_SINK_WEBHOOK);
    assert_string_equal(wpb_conf_text(sink, "url"),
                        "https://monitoring.example/hooks/wpbloat");
    assert_string_equal(wpb_conf_text(sink, "secret_file"),
                        "/etc/wpbloat/webhook.secret");
    sink = sink->next;
    assert_int_equal(sink->sink, WPB_SINK_ALERTMANAGER);
    assert_string_equal(wpb_conf_list(sink, "urls", &count)[1], "http://am-2:9093");
    assert_int_equal(count, 2);
    assert_null(sink->next);
    end(&reading);
}

static void an_unknown_key_is_told_with_the_nearest(void **state)
{
    (void)state;
    refuses("[agent]\nintervall = 60s\n", 2,
            "[agent] has no key 'intervall'; the nearest is 'interval'");
    refuses("[site shop]\npath = /x\nowners = a\n", 3,
            "[site shop] has no key 'owners'; the nearest is 'owner'");
    refuses("[rule cache.notoptions_bloat]\nwarn_bytes = 1\n", 2,
            "[rule cache.notoptions_bloat] has no key 'warn_bytes'; the nearest is "
            "'warning_bytes'");
}

static void an_unknown_section_is_told_once_and_its_keys_are_left_out(void **state)
{
    (void)state;
    refuses("[agents]\ninterval = 1\nwhatever = 2\n", 1,
            "there is no section [agents]; the nearest is [agent]");
    refuses("[sites shop]\npath = /x\n", 1,
            "there is no section [sites]; the nearest is [site NAME]");
    refuses("[rule cache.notoption_bloat]\nwarning_bytes = 1\n", 1,
            "there is no rule 'cache.notoption_bloat'; the nearest is "
            "'cache.notoptions_bloat'");
    refuses("[sink webhok]\n", 1,
            "'webhok' is no type of sink; the nearest is 'webhook', and there are file, "
            "stdout, syslog, webhook and alertmanager; or set type");
}

static void names_of_sections_are_checked(void **state)
{
    (void)state;
    refuses("[site]\npath = /x\n", 1, "the section needs a name: [site NAME]");
    refuses("[agent two]\n", 1, "[agent] takes no name, and has 'two'");
    refuses("[site a b]\n", 1,
            "'a b' is no name of a site: it may have letters, digits, '.', '_' and '-'");
    refuses("[]\n", 1, "the section has no name");
    refuses("[agent\ninterval = x\n", 1, "the section [agent has no ']'");
    refuses("[agent] interval = 1\n", 1, "'interval = 1' stands after the section's ']'");
    refuses("[site aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\n", 1,
            "the name of the section is longer than 49 bytes");
}

static void lines_that_are_none_are_told(void **state)
{
    (void)state;
    refuses("[agent]\ninterval 60s\n", 2,
            "'interval 60s' is neither a [section], nor key = value, nor a comment");
    refuses("[agent]\nInterval = 60s\n", 2,
            "'Interval' is no key: those have small letters, digits and '_'");
    refuses("[agent]\n= 60s\n", 2, "there is no key before '='");
    refuses("interval = 60s\nbudget = low\n[agent]\n", 1,
            "'interval' stands before the first section; put it below [agent]");
    refuses("[agent]\ninterval =\n", 2, "interval: the value is empty");
    refuses("[agent]\ninterval = ; soon\n", 2, "interval: the value is empty");
}

static void a_key_twice_in_a_file_is_an_error(void **state)
{
    (void)state;
    refuses("[agent]\ninterval = 60s\n\ninterval = 60s\n", 4,
            "'interval' is set again; line 2 has set it");
    refuses("[site a]\npath = /a\n[agent]\n[site a]\npath = /b\n", 5,
            "'path' is set again; line 2 has set it");
}

static void a_section_may_go_on_later(void **state)
{
    struct reading reading =
        takes("[site a]\npath = /a\n[agent]\ninterval = 2s\n[site a]\nowner = me\n");
    const struct wpb_conf_section *site =
        wpb_conf_find(reading.config, WPB_SECTION_SITE, "a");

    (void)state;
    assert_string_equal(wpb_conf_text(site, "path"), "/a");
    assert_string_equal(wpb_conf_text(site, "owner"), "me");
    assert_null(site->next);
    end(&reading);
}

static void bounds_are_told_with_their_unit(void **state)
{
    (void)state;
    refuses("[agent]\ninterval = 2h\n", 2, "interval: '2h' is outside 1s to 1h");
    refuses("[agent]\ninterval = 0\n", 2, "interval: '0' is outside 1s to 1h");
    refuses("[agent]\nretention = 1h\n", 2, "retention: '1h' is outside 1d to 3650d");
    refuses("[agent]\nhistory_max = 64K\n", 2, "history_max: '64K' is outside 1M to 64G");
    refuses("[agent]\ninterval = 60 s\n", 2,
            "interval: '60 s' is not a duration such as 90s, 10m, 6h or 30d");
    refuses("[agent]\nhistory_max = -1\n", 2,
            "history_max: '-1' is not a size such as 512, 256K or 1M");
    refuses("[rule cache.notoptions_bloat]\nwarning_bytes = many\n", 2,
            "warning_bytes: 'many' is not a size such as 512, 256K or 1M");
}

static void units_are_powers_of_1024_and_parts_of_a_day(void **state)
{
    struct reading reading = takes("[agent]\nretention = 2d\nhistory_max = 2G\n"
                                   "interval = 5m\n[site a]\npath=/a\ninterval = 1h\n"
                                   "memory_limit = 256M");

    (void)state;
    assert_int_equal(wpb_conf_seconds(wpb_conf_agent(reading.config), "retention"),
                     172800);
    assert_int_equal(wpb_conf_bytes(wpb_conf_agent(reading.config), "history_max"),
                     2147483648);
    assert_int_equal(wpb_conf_seconds(wpb_conf_agent(reading.config), "interval"), 300);
    assert_int_equal(wpb_conf_bytes(wpb_conf_sections(reading.config, WPB_SECTION_SITE),
                                    "memory_limit"),
                     268435456);
    end(&reading);
}

static void choices_and_booleans_name_their_words(void **state)
{
    (void)state;
    refuses("[agent]\nbudget = lots\n", 2,
            "budget: 'lots' is not one of low, normal, full");
    refuses("[rule cache.entry_large]\nenabled = maybe\n", 2,
            "enabled: 'maybe' is not yes or no");
    refuses("[agent]\nfire_after = 3\n", 2, "fire_after: '3' is not N/OF, such as 3/5");
    refuses("[agent]\nfire_after = 6/5\n", 2,
            "fire_after: '6/5': the first number is 1 to the second, and that is at most "
            "60");
    refuses("[agent]\nfire_after = 0/5\n", 2,
            "fire_after: '0/5': the first number is 1 to the second, and that is at most "
            "60");
    refuses("[agent]\nfire_after = 3/5/7\n", 2,
            "fire_after: '3/5/7' is not N/OF, such as 3/5");
}

static void paths_are_absolute(void **state)
{
    (void)state;
    refuses("[agent]\nstate = lib/wpbloat\n", 2,
            "state: 'lib/wpbloat' is not an absolute path");
    refuses("[agent]\npaths = /a b\n", 2, "paths: 'b' is not an absolute path");
    refuses("[sink webhook]\nurl = http://x\nsecret_file = ../x\n", 3,
            "secret_file: '../x' is not an absolute path, nor the name of a credential "
            "(LoadCredential=)");
}

static void addresses_to_listen_on(void **state)
{
    static const struct {
        const char *text, *host;
        int kind, port;
        bool is_local;
    } good[] = {
        {"none", "", WPB_LISTEN_NONE, 0, true},
        {"unix:/run/w.sock", "", WPB_LISTEN_UNIX, 0, true},
        {"[::1]:9847", "::1", WPB_LISTEN_TCP, 9847, true},
        {"localhost:1", "localhost", WPB_LISTEN_TCP, 1, true},
        {"0.0.0.0:65535", "0.0.0.0", WPB_LISTEN_TCP, 65535, false},
        {"[::]:80", "::", WPB_LISTEN_TCP, 80, false},
    };
    static const char *const bad[] = {"127.0.0.1",   "127.0.0.1:0", "127.0.0.1:65536",
                                      "::1:80",      "unix:w.sock", "example.org:80",
                                      "127.0.0.1:x", ":80",         "[::1]"};
    struct wpb_arena *arena = wpb_arena_new();
    struct wpb_conf_listen listen;
    struct wpb_err err;

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(wpb_conf_listen_parse(good[i].text, arena, &listen, &err), 0);
        assert_int_equal(listen.kind, good[i].kind);
        assert_string_equal(listen.host, good[i].host);
        assert_int_equal(listen.port, good[i].port);
        assert_int_equal(wpb_conf_listen_is_local(&listen), good[i].is_local);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (wpb_conf_listen_parse(bad[i], arena, &listen, &err) == 0)
            fail_msg("'%s' was taken", bad[i]);
    }
    wpb_arena_free(arena);
}

static void listening_to_all_without_a_token_is_refused(void **state)
{
    struct reading reading =
        takes("[agent]\nlisten = 0.0.0.0:80\nlisten_token_file = /t\n");

    (void)state;
    end(&reading);
    refuses("[agent]\nlisten = 0.0.0.0:80\n", 2,
            "listen: other hosts could read what is served on 0.0.0.0:80; set "
            "listen_token_file");
}

static void a_certificate_to_listen_with_needs_its_key(void **state)
{
    struct reading reading =
        takes("[agent]\nlisten_cert_file = /c\nlisten_key_file = /k\n");

    (void)state;
    end(&reading);
    refuses("[agent]\nlisten_cert_file = /c\n", 1,
            "listen_cert_file and listen_key_file go together");
}

static void windows_of_requests_divide_a_day(void **state)
{
    struct reading reading =
        takes("[agent]\nrequest_window = 10s\n[site a]\npath = /a\npool "
              "= shop\n"
              "pool_file = /etc/php/8.2/fpm/pool.d/shop.conf\n"
              "web_log_format = \"$msec \"$request\" \"$upstream_response_time\"\"\n");
    const struct wpb_conf_section *site =
        wpb_conf_sections(reading.config, WPB_SECTION_SITE);

    (void)state;
    assert_int_equal(wpb_conf_seconds(wpb_conf_agent(reading.config), "request_window"),
                     10);
    assert_string_equal(wpb_conf_text(site, "pool"), "shop");
    assert_string_equal(wpb_conf_text(site, "web_log_format"),
                        "$msec \"$request\" \"$upstream_response_time\"");
    end(&reading);
    refuses("[agent]\nrequest_window = 7m\n", 2,
            "request_window: 7m does not divide a day; take 10s, 30s, 60s or 5m");
    refuses("[agent]\nrequest_window = 1s\n", 2,
            "request_window: '1s' is outside 2s to 1h");
}

static void nothing_to_watch_is_remarked(void **state)
{
    (void)state;
    remarks("[agent]\nsites = none\n", 2,
            "sites is none and no [site NAME] is there: nothing is watched");
}

static void passwords_and_tokens_are_not_repeated(void **state)
{
    static const char *const texts[] = {
        "[site a]\nredis = redis://user:s3cret@host\n",
        "[site a]\nmysql = mysql://user:s3cret@host/db\n",
        "[sink webhook]\nurl = https://u:s3cret@host/\n",
        "[sink webhook]\nurl = ftp://host/s3cret\n",
        "[sink webhook]\nurl = https://host:x/s3cret\n",
        "[sink webhook]\nurl = https://host/s3cret\"\n",
        "[sink webhook]\nurl = https:///s3cret\n",
        "[sink alertmanager]\nurls = https://host https:///s3cret\n",
    };
    char shown[80];

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct reading reading = read_text(texts[i]);
        assert_true(reading.problems->errors > 0);
        for (size_t p = 0; p < reading.problems->count; p++) {
            if (strstr(reading.problems->items[p].message, "s3cret"))
                fail_msg("%s", reading.problems->items[p].message);
        }
        end(&reading);
    }
    wpb_conf_url_shown("https://hooks.example:444/T0/s3cret?k=s3cret", shown,
                       sizeof(shown));
    assert_string_equal(shown, "https://hooks.example:444/...");
    wpb_conf_url_shown("https://hooks.example?k=s3cret", shown, sizeof(shown));
    assert_string_equal(shown, "https://hooks.example/...");
    wpb_conf_url_shown("http://am-1:9093", shown, sizeof(shown));
    assert_string_equal(shown, "http://am-1:9093");
}

static void urls_are_checked(void **state)
{
    (void)state;
    refuses("[sink webhook]\nurl = monitoring.example\n", 2,
            "url: a URL begins with http:// or https://");
    refuses("[sink webhook]\nurl = https://\n", 2, "url: the URL names no host");
    refuses("[sink webhook]\nurl = https://[]:80/\n", 2, "url: the URL names no host");
    refuses("[sink webhook]\nurl = https://h:70000/\n", 2,
            "url: the URL's port is not a number from 1 to 65535");
    refuses("[sink webhook]\nurl = https://h/a b\n", 2,
            "url: the URL holds a byte that must be percent-encoded");
    struct reading reading =
        takes("[sink webhook]\nurl = https://[2001:db8::1]:8443/x?y=1&z=[2];3\n");
    assert_string_equal(
        wpb_conf_text(wpb_conf_sections(reading.config, WPB_SECTION_SINK), "url"),
        "https://[2001:db8::1]:8443/x?y=1&z=[2];3");
    end(&reading);
}

static void a_sink_has_the_keys_of_its_type_alone(void **state)
{
    (void)state;
    refuses("[sink file]\n", 1, "[sink file] needs the key 'path'");
    refuses("[sink webhook]\nurl = http://x\npath = /x\n", 3,
            "a sink of type webhook has no key 'path'");
    refuses("[sink stdout]\nurls = http://x\n", 2,
            "a sink of type stdout has no key 'urls'");
    refuses("[sink webhook]\nurl = http://x\ncert_file = /c\n", 1,
            "[sink webhook]: cert_file and key_file go together");
}

static void a_sink_is_what_its_type_or_first_word_says(void **state)
{
    struct reading reading = takes("[sink stdout]\n[sink webhook pager]\nurl=http://x\n"
                                   "[sink pager2]\ntype = webhook\nurl = http://y\n");
    const struct wpb_conf_section *sink =
        wpb_conf_sections(reading.config, WPB_SECTION_SINK);

    (void)state;
    assert_int_equal(sink->sink, WPB_SINK_STDOUT);
    assert_int_equal(sink->next->sink, WPB_SINK_WEBHOOK);
    assert_string_equal(sink->next->name, "webhook pager");
    assert_int_equal(wpb_conf_seconds(sink->next, "timeout"), 10);
    assert_int_equal(sink->next->next->sink, WPB_SINK_WEBHOOK);
    end(&reading);
}

static void a_site_needs_something_to_look_at(void **state)
{
    struct reading reading = takes("[site a]\nredis = unix:///r.sock?db=1\n");

    (void)state;
    end(&reading);
    refuses("[site a]\nowner = me\n", 1, "[site a] needs a path, a redis or a mysql");
    refuses("[site a]\npath = /x\n[site b]\npath = /x\n", 3,
            "[site b] and [site a] have the same path");
    refuses("[site a]\npath = x\n", 2, "path: 'x' is not an absolute path");
    refuses("[site a]\nredis = gopher://h\n", 2,
            "redis: the Redis address has no known scheme; write "
            "redis://[user@]host[:port][/db], rediss://..., unix:///path[?db=N], "
            "redis-sentinel://host,.../NAME[/db] or redis-cluster://host,...");
}

static void lists_have_words_and_may_be_given_again(void **state)
{
    struct reading reading =
        takes("[agent]\npaths = /a  \"/b c\"\t/d\npaths = /e\n"
              "[sink alertmanager]\nurls = http://x\nlabels = dc=fra1 tier=\"a\n");
    size_t count;
    const char *const *words =
        wpb_conf_list(wpb_conf_agent(reading.config), "paths", &count);

    (void)state;
    assert_int_equal(count, 4);
    assert_string_equal(words[0], "/a");
    assert_string_equal(words[1], "/b c");
    assert_string_equal(words[2], "/d");
    assert_string_equal(words[3], "/e");
    assert_null(words[4]);
    end(&reading);
    refuses("[agent]\npaths = \"/a\n", 2,
            "paths: a quote '\"' is missing (what follows ' ;' is a comment)");
    refuses("[agent]\npaths = \"\"\n", 2, "paths: the value is empty");
    refuses("[sink alertmanager]\nurls = http://x\nlabels = 1x=y\n", 3,
            "labels: '1x=y' is not NAME=VALUE, the name of letters, digits and '_'");
    refuses("[sink alertmanager]\nurls = http://x\nlabels = __name__=y\n", 3,
            "labels: '__name__=y' is not NAME=VALUE, the name of letters, digits and "
            "'_'");
    refuses("[site s]\npath = /s\nroutes = produkt=product korb=basket\n", 3,
            "routes: 'korb=basket' is not PATH=CLASS, the class one of front_page, "
            "product, cart, checkout, admin_ajax, wc_ajax, rest, cron, login, admin and "
            "other");
}

static void a_list_is_bounded(void **state)
{
    char text[2000] = "[agent]\npaths =";

    (void)state;
    for (int i = 0; i < WPB_CONF_WORDS_MAX + 1; i++)
        strcat(text, i == 40 ? "\npaths = /a" : " /a"); /* short lines, for any inih */
    refuses(text, 3, "paths: a list has at most 64 words");
}

static void bytes_of_a_prefix_are_literal(void **state)
{
    struct reading reading = takes("[site a]\npath = /a\nredis_prefix = q7:#;\xff=*%\n"
                                   "[site b]\npath = /b\nredis_prefix = \" x \"\n");
    const struct wpb_conf_section *site =
        wpb_conf_sections(reading.config, WPB_SECTION_SITE);

    (void)state;
    assert_string_equal(wpb_conf_text(site, "redis_prefix"), "q7:#;\xff=*%");
    assert_string_equal(wpb_conf_text(site->next, "redis_prefix"), " x ");
    end(&reading);
}

static void comments_and_spaces_do_not_count(void **state)
{
    struct reading reading =
        takes("\xef\xbb\xbf; first\r\n# second = 1\r\n\t [agent] ; third\r\n"
              "   ; fourth\r\n\r\n    interval\t=  7s   ; fifth\r\n  budget=full\r\n");
    const struct wpb_conf_section *agent = wpb_conf_agent(reading.config);

    (void)state;
    assert_int_equal(wpb_conf_seconds(agent, "interval"), 7);
    assert_int_equal(wpb_conf_value(agent, "interval")->line, 6);
    assert_int_equal(wpb_conf_choice(agent, "budget"), 2);
    end(&reading);
    refuses("[agent]\ninterval = 60s # a minute\n", 2,
            "interval: '60s # a minute' is not a duration such as 90s, 10m, 6h or 30d; "
            "a comment behind a value begins with ';'");
}

static void an_indented_line_is_no_continuation(void **state)
{
    struct reading reading = takes("[site a]\n  path = /a\n  owner = me\n");

    (void)state;
    assert_string_equal(
        wpb_conf_text(wpb_conf_sections(reading.config, WPB_SECTION_SITE), "path"), "/a");
    end(&reading);
}

static void bytes_that_are_no_text_are_refused(void **state)
{
    static const char nul[] = "[agent]\ninterval = 6\0000s\n";
    struct reading reading = read_bytes(wpb_slice_of(nul, sizeof(nul) - 1));

    (void)state;
    assert_problem(&reading, 0, 2, "byte 13 of the line is 0x00, which is no text");
    end(&reading);
    refuses("[agent]\nowner\033[31m = 1\n", 2,
            "byte 6 of the line is 0x1b, which is no text");
    refuses("[site a]\npath = /a\nowner = \xff\xfe\n", 3,
            "owner: the value is not UTF-8");
}

static void long_lines_are_refused_and_not_cut(void **state)
{
    size_t len = 1 << 20;
    char *text = malloc(len + 1);
    struct reading reading;

    (void)state;
    assert_non_null(text);
    memset(text, 'a', len);
    memcpy(text, "[agent]\nhost_id = ", 18);
    memcpy(text + len - 14, "\ninterval = 2\n", 14);
    text[len] = '\0';
    reading = read_text(text);
    assert_int_equal(reading.problems->count, 1);
    assert_non_null(
        strstr(reading.problems->items[0].message, "the line is longer than "));
    assert_int_equal(reading.problems->items[0].line, 2);
    end(&reading);
    free(text);
}

static void a_line_of_the_largest_length_is_whole(void **state)
{
    char text[WPB_CONF_LINE_MAX + 40] = "[site a]\npath = /";
    struct reading reading;
    const char *path;

    (void)state;
    memset(text + 17, 'p', WPB_CONF_LINE_MAX - 8);
    reading = read_text(text);
    if (!reading.config) { /* an inih with a limit of its own: said, not cut */
        assert_non_null(strstr(reading.problems->items[0].message, "is longer than"));
    } else {
        path = wpb_conf_text(wpb_conf_sections(reading.config, WPB_SECTION_SITE), "path");
        assert_int_equal(strlen(path), WPB_CONF_LINE_MAX - 7);
    }
    end(&reading);
}

static void all_errors_are_told_in_order(void **state)
{
    struct reading reading = read_text("[agent]\ninterval = x\nbudget = y\nnonsense\n"
                                       "[site]\n[sink file]\n[rule x]\n");

    (void)state;
    assert_int_equal(reading.problems->errors, 6);
    assert_int_equal(reading.problems->items[0].line, 2);
    assert_int_equal(reading.problems->items[1].line, 3);
    assert_int_equal(reading.problems->items[2].line, 4);
    assert_int_equal(reading.problems->items[3].line, 5);
    assert_int_equal(reading.problems->items[4].line, 7);
    assert_int_equal(reading.problems->items[5].line, 6);
    end(&reading);
}

static void errors_are_bounded_and_counted(void **state)
{
    char text[4096] = "[agent]\n";
    struct reading reading;

    (void)state;
    for (int i = 0; i < WPB_CONF_PROBLEMS_MAX + 10; i++)
        strcat(text, "x\n");
    reading = read_text(text);
    assert_int_equal(reading.problems->count, WPB_CONF_PROBLEMS_MAX);
    assert_int_equal(reading.problems->errors, WPB_CONF_PROBLEMS_MAX + 10);
    assert_int_equal(reading.problems->dropped, 10);
    end(&reading);
}

static void a_warning_beyond_the_critical_is_remarked(void **state)
{
    (void)state;
    remarks("[rule cache.notoptions_bloat]\nwarning_bytes = 2M\n", 2,
            "[rule cache.notoptions_bloat]: warning_bytes is 2M and critical_bytes is "
            "1M: it is critical before it is a warning");
    struct reading reading =
        takes("[rule cache.notoptions_bloat]\nwarning_bytes=2M\ncritical_bytes = 2M\n");
    end(&reading);
}

static void rules_get_the_options_that_are_set(void **state)
{
    struct reading reading = takes(example);
    struct wpb_rule_values *values = wpb_rule_values_new();

    (void)state;
    end(&reading);
    reading = takes("[rule cache.notoptions_bloat]\nwarning_bytes = 128K\n");
    wpb_conf_rule_values(reading.config, values);
    assert_true(wpb_rule_values_get(values, "cache.notoptions_bloat", "warning_bytes") ==
                131072);
    assert_true(wpb_rule_values_get(values, "cache.notoptions_bloat", "critical_bytes") ==
                1048576);
    wpb_rule_values_free(values);
    end(&reading);
}

static void findings_of_a_rule_that_is_off_are_left_out_and_others_lowered(void **state)
{
    static const struct wpb_site site = {.name = "s"};
    static const struct wpb_subject subject = {.name = WPB_SLICE("x")};
    struct wpb_finding items[3] = {
        {.code = "cache.entry_large", .severity = WPB_CRITICAL},
        {.code = "cache.orphans", .severity = WPB_CRITICAL},
        {.code = "cache.notoptions_bloat", .severity = WPB_WARNING},
    };
    struct wpb_findings findings = {.items = items, .count = 3};
    struct reading reading = takes("[rule cache.orphans]\nenabled = no\n"
                                   "[rule cache.entry_large]\nseverity_max = info\n");

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        items[i].site = &site;
        items[i].subject = &subject;
    }
    wpb_conf_apply_rules(reading.config, &findings);
    assert_int_equal(findings.count, 2);
    assert_string_equal(items[0].code, "cache.notoptions_bloat");
    assert_int_equal(items[0].severity, WPB_WARNING);
    assert_string_equal(items[1].code, "cache.entry_large");
    assert_int_equal(items[1].severity, WPB_INFO);
    end(&reading);
}

static void equal_is_what_does_the_same(void **state)
{
    struct reading a = takes("[agent]\ninterval = 60s\n");
    struct reading b = takes("; a remark\n\n[agent]\ninterval = 1m\n");
    struct reading c = takes("[agent]\ninterval = 59s\n");
    struct reading d = takes("[agent]\ninterval = 60s\n[sink stdout]\n");

    (void)state;
    assert_true(wpb_conf_equal(a.config, b.config));
    assert_false(wpb_conf_equal(a.config, c.config));
    assert_false(wpb_conf_equal(a.config, d.config));
    assert_false(wpb_conf_equal(d.config, a.config));
    end(&a);
    end(&b);
    end(&c);
    end(&d);
}

/* The sample file, which is generated from the table. */
static char *read_sample(void)
{
    FILE *file = fopen("../packaging/wpbloat.conf", "r");
    char *text = calloc(1, 65536);

    assert_non_null(file);
    assert_non_null(text);
    assert_true(fread(text, 1, 65535, file) > 1000);
    fclose(file);
    return text;
}

static void the_sample_is_the_defaults_and_one_file_of_alerts(void **state)
{
    char *text = read_sample();
    struct reading sample = takes(text);
    struct reading same = takes("[sink file]\npath = /var/log/wpbloat/alerts.jsonl\n");

    (void)state;
    assert_true(wpb_conf_equal(sample.config, same.config));
    end(&sample);
    end(&same);
    free(text);
}

static void the_sample_holds_with_all_its_keys_in_force(void **state)
{
    char *text = read_sample();
    struct reading all;

    (void)state;
    for (char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (*line == ';')
            *line = ' ';
        if (!*line)
            break;
    }
    all = takes(text);
    assert_int_equal(
        wpb_conf_seconds(wpb_conf_find(all.config, WPB_SECTION_SITE, "shop"), "interval"),
        300);
    assert_non_null(wpb_conf_find(all.config, WPB_SECTION_SINK, "alertmanager"));
    end(&all);
    free(text);
}

static void every_row_of_the_table_is_complete(void **state)
{
    (void)state;
    for (unsigned k = 0; k < WPB_SECTION_KINDS; k++) {
        const struct wpb_setting *row = wpb_settings((enum wpb_section_kind)k);
        for (; row->name; row++) {
            struct wpb_option option;
            assert_true(strlen(row->help) > 10);
            assert_non_null(wpb_setting_form(row));
            assert_true(row->fallback || row->sample);
            assert_int_equal(row->type == WPB_SETTING_CHOICE, row->choices != NULL);
            if (wpb_setting_as_option(row, &option))
                assert_true(option.min < option.max);
            assert_int_equal(k == WPB_SECTION_SINK, row->sinks != 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_as_by_default),
        cmocka_unit_test(the_published_example_works_as_it_stands),
        cmocka_unit_test(an_unknown_key_is_told_with_the_nearest),
        cmocka_unit_test(an_unknown_section_is_told_once_and_its_keys_are_left_out),
        cmocka_unit_test(names_of_sections_are_checked),
        cmocka_unit_test(lines_that_are_none_are_told),
        cmocka_unit_test(a_key_twice_in_a_file_is_an_error),
        cmocka_unit_test(a_section_may_go_on_later),
        cmocka_unit_test(bounds_are_told_with_their_unit),
        cmocka_unit_test(units_are_powers_of_1024_and_parts_of_a_day),
        cmocka_unit_test(choices_and_booleans_name_their_words),
        cmocka_unit_test(paths_are_absolute),
        cmocka_unit_test(addresses_to_listen_on),
        cmocka_unit_test(listening_to_all_without_a_token_is_refused),
        cmocka_unit_test(a_certificate_to_listen_with_needs_its_key),
        cmocka_unit_test(windows_of_requests_divide_a_day),
        cmocka_unit_test(nothing_to_watch_is_remarked),
        cmocka_unit_test(passwords_and_tokens_are_not_repeated),
        cmocka_unit_test(urls_are_checked),
        cmocka_unit_test(a_sink_has_the_keys_of_its_type_alone),
        cmocka_unit_test(a_sink_is_what_its_type_or_first_word_says),
        cmocka_unit_test(a_site_needs_something_to_look_at),
        cmocka_unit_test(lists_have_words_and_may_be_given_again),
        cmocka_unit_test(a_list_is_bounded),
        cmocka_unit_test(bytes_of_a_prefix_are_literal),
        cmocka_unit_test(comments_and_spaces_do_not_count),
        cmocka_unit_test(an_indented_line_is_no_continuation),
        cmocka_unit_test(bytes_that_are_no_text_are_refused),
        cmocka_unit_test(long_lines_are_refused_and_not_cut),
        cmocka_unit_test(a_line_of_the_largest_length_is_whole),
        cmocka_unit_test(all_errors_are_told_in_order),
        cmocka_unit_test(errors_are_bounded_and_counted),
        cmocka_unit_test(a_warning_beyond_the_critical_is_remarked),
        cmocka_unit_test(rules_get_the_options_that_are_set),
        cmocka_unit_test(findings_of_a_rule_that_is_off_are_left_out_and_others_lowered),
        cmocka_unit_test(equal_is_what_does_the_same),
        cmocka_unit_test(the_sample_is_the_defaults_and_one_file_of_alerts),
        cmocka_unit_test(the_sample_holds_with_all_its_keys_in_force),
        cmocka_unit_test(every_row_of_the_table_is_complete),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
