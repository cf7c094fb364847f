/* A webhook against a real receiver: what it is sent, and whatever it answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/alert/curl_loop.h"
#include "agent/alert/sink_webhook.h"
#include "http_receiver.h"
#include "sink_bench.h"

#define ALERT                                                                            \
    "{\"schema\":\"wpbloat.alert/1\",\"code\":\"cache.notoptions_bloat\","               \
    "\"host\":\"web-17\",\"title\":\"caf\xc3\xa9 \\\"quoted\\\"\","                      \
    "\"agent\":{\"version\":\"0.1.0\",\"instance\":\"01J9AGENT\"}}"
#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

static char *folder;
static struct http_receiver receiver;

static int begin_all(void **state)
{
    static const char *const arguments[] = {"--secret", SECRET, NULL};

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    folder = sink_bench_folder();
    http_receiver_certificates(folder);
    http_receiver_start(&receiver, folder, "plain", arguments);
    return 0;
}

static int end_all(void **state)
{
    (void)state;
    http_receiver_stop(&receiver);
    sink_bench_remove_folder(folder);
    return 0;
}

static char *in_folder(const char *name)
{
    static char paths[4][256];
    static unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

struct hook {
    struct sink_bench bench;
    struct wpb_sink_settings settings;
    const char *url;
    char url_memory[512];
    unsigned descriptors;
};

/* SETTINGS but for the URL. */
static void open_hook(struct hook *hook, const char *url,
                      struct wpb_sink_settings settings)
{
    hook->descriptors = sink_bench_descriptors();
    snprintf(hook->url_memory, sizeof(hook->url_memory), "%s", url);
    hook->url = hook->url_memory;
    hook->settings = settings;
    hook->settings.name = "webhook";
    hook->settings.urls = &hook->url;
    hook->settings.url_count = 1;
    if (!settings.timeout_ms)
        hook->settings.timeout_ms = 60000;
    sink_bench_open(&hook->bench, &wpb_sink_webhook, &hook->settings);
}

static void close_hook(struct hook *hook)
{
    sink_bench_close(&hook->bench);
    assert_int_equal(sink_bench_descriptors(), hook->descriptors);
}

/* Send one alert to PATH; how that went. */
static struct wpb_delivery deliver(const char *path, struct wpb_sink_settings settings)
{
    struct wpb_alert alert = sink_bench_alert(ALERT);
    struct hook hook;

    open_hook(&hook, http_receiver_url(&receiver, "http", "127.0.0.1", path), settings);
    sink_bench_send(&hook.bench, &alert);
    close_hook(&hook);
    return hook.bench.delivery;
}

static void expect(const char *path, enum wpb_delivery_status status, const char *detail)
{
    struct wpb_delivery delivery = deliver(path, (struct wpb_sink_settings){0});

    if (delivery.status != status || !strstr(delivery.detail, detail))
        fail_msg("%s: %d, %s", path, delivery.status, delivery.detail);
}

static void the_line_is_posted_and_signed_as_standard_webhooks_has_it(void **state)
{
    struct wpb_sink_settings settings = {.secret = SECRET};
    struct wpb_delivery delivery;

    (void)state;
    delivery = deliver("/answer/200?signed", settings);
    assert_int_equal(delivery.status, WPB_DELIVERED);
    assert_true(http_receiver_has(&receiver, "\"path\": \"/answer/200?signed\""));
    assert_true(http_receiver_has(&receiver, "\"signature\": \"good\""));
    assert_true(http_receiver_has(&receiver, "\"webhook-id\": "
                                             "\"01J9ZZZZZZZZZZZZZZZZZZZZZ1\""));
    assert_true(http_receiver_has(&receiver, "\"content-type\": \"application/json\""));
    assert_true(http_receiver_has(&receiver, "\"user-agent\": \"wpbloat/"));
    assert_true(http_receiver_has(
        &receiver, "\"title\\\":\\\"caf\\u00e9 \\\\\\\"quoted\\\\\\\"\\\""));
    assert_false(http_receiver_has(&receiver, "ce-id"));
}

static void another_secret_is_noticed_by_the_receiver(void **state)
{
    struct wpb_sink_settings settings = {.secret = "as it stands"};

    (void)state;
    deliver("/answer/200?wrong", settings);
    assert_true(http_receiver_has(&receiver, "\"signature\": \"bad\""));
}

static void cloudevents_travel_in_headers_that_nothing_can_end(void **state)
{
    struct wpb_sink_settings settings = {.is_cloudevents = true};
    struct wpb_alert alert =
        sink_bench_alert("{\"code\":\"cache.x\\r\\nX-Evil: 1\",\"host\":\"web 17/\","
                         "\"agent\":{\"instance\":\"01J9AGENT\"}}");
    struct hook hook;

    (void)state;
    deliver("/answer/200?event", settings);
    assert_true(http_receiver_has(&receiver, "\"ce-specversion\": \"1.0\""));
    assert_true(
        http_receiver_has(&receiver, "\"ce-source\": \"//web-17/wpbloat/01J9AGENT\""));
    assert_true(http_receiver_has(
        &receiver, "\"ce-type\": \"io.wpbloat.alert.cache.notoptions_bloat\""));
    assert_true(http_receiver_has(&receiver, "\"ce-subject\": \"00112233445566ff\""));
    assert_true(http_receiver_has(&receiver, "\"ce-time\": \"2027-01-15T08:01:00Z\""));
    open_hook(&hook, http_receiver_url(&receiver, "http", "127.0.0.1", "/answer/200"),
              settings);
    assert_int_equal(sink_bench_send(&hook.bench, &alert), WPB_DELIVERED);
    alert = sink_bench_alert("[[[ no object");
    assert_int_equal(sink_bench_send(&hook.bench, &alert), WPB_DELIVERED);
    close_hook(&hook);
    assert_true(http_receiver_has(&receiver, "cache.x%0D%0AX-Evil%3A%201\""));
    assert_true(http_receiver_has(&receiver, "\"ce-source\": \"//web%2017%2F/wpbloat/"));
    assert_false(http_receiver_has(&receiver, "\"x-evil\""));
}

static void the_status_of_the_answer_decides(void **state)
{
    static const int failed[] = {408, 425, 429, 500, 502, 503, 504, 599};
    static const int rejected[] = {400, 401, 403, 404, 410, 413, 422};
    char path[32];

    (void)state;
    expect("/answer/200", WPB_DELIVERED, " answered 200");
    expect("/answer/204", WPB_DELIVERED, " answered 204");
    for (size_t i = 0; i < sizeof(failed) / sizeof(*failed); i++) {
        snprintf(path, sizeof(path), "/answer/%d", failed[i]);
        expect(path, WPB_DELIVERY_FAILED, "so it is");
    }
    for (size_t i = 0; i < sizeof(rejected) / sizeof(*rejected); i++) {
        snprintf(path, sizeof(path), "/answer/%d", rejected[i]);
        expect(path, WPB_DELIVERY_REJECTED, "so it is");
    }
}

static void a_receiver_may_ask_for_time(void **state)
{
    struct wpb_sink_settings settings = {0};

    (void)state;
    assert_int_equal(deliver("/answer/429/7", settings).retry_after_ms, 7000);
    assert_int_equal(deliver("/answer/503", settings).retry_after_ms, -1);
    /* libcurl itself stops at six hours from 8.14 on */
    int64_t longest_ms = deliver("/answer/503/99999999999", settings).retry_after_ms;
    assert_true(longest_ms == 86400000 || longest_ms == 21600000);
    assert_int_equal(deliver("/answer/503/-5", settings).retry_after_ms, -1);
    assert_int_equal(deliver("/answer/503/soon", settings).retry_after_ms, -1);
}

static void answers_that_are_none_are_failures(void **state)
{
    (void)state;
    expect("/close", WPB_DELIVERY_FAILED, "127.0.0.1:");
    expect("/half-close", WPB_DELIVERY_FAILED, "127.0.0.1:");
    expect("/garbage", WPB_DELIVERY_FAILED, "127.0.0.1:");
    expect("/interim", WPB_DELIVERY_FAILED, "127.0.0.1:");
}

static void what_comes_after_the_status_does_not_matter(void **state)
{
    struct wpb_sink_settings settings = {.timeout_ms = 1000};

    (void)state;
    expect("/endless", WPB_DELIVERED, " answered 200");
    expect("/cut", WPB_DELIVERED, " answered 200");
    assert_int_equal(deliver("/slow-body", settings).status, WPB_DELIVERED);
}

static void an_answer_that_does_not_come_in_time_is_a_failure(void **state)
{
    struct wpb_sink_settings settings = {.timeout_ms = 1000};
    struct wpb_delivery delivery;

    (void)state;
    delivery = deliver("/slow/20", settings);
    assert_int_equal(delivery.status, WPB_DELIVERY_FAILED);
    assert_non_null(strstr(delivery.detail, "no answer within 1 s"));
    assert_int_equal(deliver("/drip", settings).status, WPB_DELIVERY_FAILED);
}

static void a_redirect_is_not_followed(void **state)
{
    unsigned before = http_receiver_requests(&receiver);

    (void)state;
    expect("/redirect", WPB_DELIVERY_FAILED, "redirects are not followed");
    assert_int_equal(http_receiver_requests(&receiver), before + 1);
}

static void no_part_of_the_url_but_its_host_is_shown(void **state)
{
    struct wpb_alert alert = sink_bench_alert(ALERT);
    struct wpb_delivery delivery;
    struct hook hook;
    char host[64];

    (void)state;
    delivery = deliver("/quote/T0secretB0?token=abcdef", (struct wpb_sink_settings){0});
    assert_int_equal(delivery.status, WPB_DELIVERY_REJECTED);
    assert_null(strstr(delivery.detail, "secret"));
    assert_null(strstr(delivery.detail, "abcdef"));
    snprintf(host, sizeof(host), "user:pass%%77ord@127.0.0.1");
    open_hook(&hook, http_receiver_url(&receiver, "http", host, "/close"),
              (struct wpb_sink_settings){0});
    sink_bench_send(&hook.bench, &alert);
    close_hook(&hook);
    assert_null(strstr(hook.bench.delivery.detail, "user"));
    assert_null(strstr(hook.bench.delivery.detail, "pass"));
    assert_true(http_receiver_has(&receiver, "\"authorization\": \"Basic "
                                             "dXNlcjpwYXNzd29yZA==\""));
}

static void a_hostile_text_cannot_disturb_a_terminal(void **state)
{
    struct wpb_delivery delivery = deliver("/hostile", (struct wpb_sink_settings){0});

    (void)state;
    assert_int_equal(delivery.status, WPB_DELIVERY_REJECTED);
    assert_non_null(strstr(delivery.detail, "no\\x1b]0;owned\\x07 "));
    for (const char *c = delivery.detail; *c; c++)
        assert_true((unsigned char)*c >= ' ' && *c != 0x7f);
}

static void nobody_there_is_a_failure(void **state)
{
    struct wpb_alert alert = sink_bench_alert(ALERT);
    struct hook hook;

    (void)state;
    open_hook(&hook, "http://127.0.0.1:1/x", (struct wpb_sink_settings){0});
    assert_int_equal(sink_bench_send(&hook.bench, &alert), WPB_DELIVERY_FAILED);
    close_hook(&hook);
    /* A label of a name has at most 63 bytes: no server is asked. */
    open_hook(&hook,
              "http://a123456789b123456789c123456789d123456789e123456789f123456789g1234"
              ".invalid/x",
              (struct wpb_sink_settings){0});
    assert_int_equal(sink_bench_send(&hook.bench, &alert), WPB_DELIVERY_FAILED);
    assert_non_null(strstr(hook.bench.delivery.detail, "cannot be resolved"));
    close_hook(&hook);
}

/* A resolver that answers when it is told to. */
int __real_uv_getaddrinfo(uv_loop_t *loop, uv_getaddrinfo_t *request,
                          uv_getaddrinfo_cb done, const char *host, const char *service,
                          const struct addrinfo *hints);
int __wrap_uv_getaddrinfo(uv_loop_t *loop, uv_getaddrinfo_t *request,
                          uv_getaddrinfo_cb done, const char *host, const char *service,
                          const struct addrinfo *hints);
static bool is_resolver_stuck, has_two_addresses;
static uv_getaddrinfo_t *stuck;
static uv_getaddrinfo_cb stuck_done, two_done;

static void add_silent_address(uv_getaddrinfo_t *request, int status,
                               struct addrinfo *found)
{
    struct addrinfo numeric = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
    struct addrinfo *both;

    assert_int_equal(status, 0);
    assert_int_equal(getaddrinfo("::1", NULL, &numeric, &both), 0);
    both->ai_next = found;
    two_done(request, 0, both);
}

int __wrap_uv_getaddrinfo(uv_loop_t *loop, uv_getaddrinfo_t *request,
                          uv_getaddrinfo_cb done, const char *host, const char *service,
                          const struct addrinfo *hints)
{
    if (has_two_addresses) {
        two_done = done;
        return __real_uv_getaddrinfo(loop, request, add_silent_address, "127.0.0.1",
                                     service, hints);
    }
    if (!is_resolver_stuck)
        return __real_uv_getaddrinfo(loop, request, done, host, service, hints);
    stuck = request;
    stuck_done = done;
    return 0;
}

static void a_resolver_that_hangs_holds_nothing_up(void **state)
{
    struct wpb_sink_settings settings = {.timeout_ms = 1000};
    struct wpb_alert alert = sink_bench_alert(ALERT);
    struct hook hook;

    (void)state;
    open_hook(&hook, http_receiver_url(&receiver, "http", "localhost", "/answer/200"),
              settings);
    is_resolver_stuck = true;
    assert_int_equal(sink_bench_send(&hook.bench, &alert), WPB_DELIVERY_FAILED);
    assert_non_null(strstr(hook.bench.delivery.detail, "not resolved within 1 s"));
    is_resolver_stuck = false;
    assert_int_equal(sink_bench_send(&hook.bench, &alert), WPB_DELIVERED);
    close_hook(&hook);
    stuck_done(stuck, UV_EAI_AGAIN, NULL); /* and nobody is there any more */
}

/* A listener at ::1 whose queue is full: whoever else connects hears nothing. */
static void begin_silence(int port, int *sockets, size_t count)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6,
                                   .sin6_addr = IN6ADDR_LOOPBACK_INIT,
                                   .sin6_port = htons((uint16_t)port)};

    for (size_t i = 0; i < count; i++) {
        sockets[i] = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (i == 0) {
            assert_int_equal(
                bind(sockets[i], (struct sockaddr *)&address, sizeof(address)), 0);
            assert_int_equal(listen(sockets[i], 0), 0);
        } else {
            connect(sockets[i], (struct sockaddr *)&address, sizeof(address));
        }
    }
}

static void an_address_that_is_silent_does_not_hold_up_the_other(void **state)
{
    struct wpb_alert alert = sink_bench_alert(ALERT);
    int sockets[8];
    struct hook hook;

    (void)state;
    begin_silence(receiver.port, sockets, 8);
    has_two_addresses = true;
    for (int i = 0; i < 10; i++) {
        open_hook(&hook, http_receiver_url(&receiver, "http", "two", "/answer/200"),
                  (struct wpb_sink_settings){.timeout_ms = 20000});
        assert_int_equal(sink_bench_send(&hook.bench, &alert), WPB_DELIVERED);
        close_hook(&hook);
    }
    has_two_addresses = false;
    for (size_t i = 0; i < 8; i++)
        close(sockets[i]);
}

static void names_and_connections_are_kept_between_alerts(void **state)
{
    struct wpb_alert alert = sink_bench_alert(ALERT);
    unsigned before = http_receiver_requests(&receiver);
    struct hook hook;

    (void)state;
    open_hook(&hook,
              http_receiver_url(&receiver, "http", "localhost", "/answer/200?kept"),
              (struct wpb_sink_settings){0});
    for (int i = 0; i < 50; i++)
        assert_int_equal(sink_bench_send(&hook.bench, &alert), WPB_DELIVERED);
    assert_true(sink_bench_descriptors() < hook.descriptors + 12);
    close_hook(&hook);
    assert_int_equal(http_receiver_requests(&receiver), before + 50);
}

/* ---- libcurl on the loop, by itself */

struct fetch {
    struct wpb_curl_transfer transfer; /* first */
    uv_loop_t loop;
    CURLcode result;
    bool is_done, is_closed;
};

static void on_fetched(struct wpb_curl_transfer *transfer, CURLcode result)
{
    struct fetch *fetch = (struct fetch *)transfer;

    fetch->result = result;
    fetch->is_done = true;
    uv_stop(&fetch->loop);
}

static void on_curl_closed(void *cookie)
{
    struct fetch *fetch = cookie;

    fetch->is_closed = true;
}

static size_t ignore_bytes(char *bytes, size_t size, size_t count, void *cookie)
{
    (void)bytes;
    (void)cookie;
    return size * count;
}

/* libcurl itself has no time limit here: a wake-up that is missed is missed for ever. */
static void no_timer_of_libcurl_is_missed(void **state)
{
    struct fetch fetch = {.is_done = false};
    struct wpb_curl_loop *curl;
    enum { TRANSFERS = 500 };

    (void)state;
    assert_int_equal(uv_loop_init(&fetch.loop), 0);
    curl = wpb_curl_loop_new(&fetch.loop, 60000);
    fetch.transfer = (struct wpb_curl_transfer){curl_easy_init(), on_fetched};
    curl_easy_setopt(fetch.transfer.easy, CURLOPT_URL,
                     http_receiver_url(&receiver, "http", "127.0.0.1", "/answer/200"));
    curl_easy_setopt(fetch.transfer.easy, CURLOPT_WRITEFUNCTION, ignore_bytes);
    for (int i = 0; i < TRANSFERS; i++) {
        curl_easy_setopt(fetch.transfer.easy, CURLOPT_FRESH_CONNECT, (long)(i % 2));
        fetch.is_done = false;
        assert_int_equal(wpb_curl_loop_start(curl, &fetch.transfer), 0);
        uv_run(&fetch.loop, UV_RUN_DEFAULT);
        assert_true(fetch.is_done);
        assert_int_equal(fetch.result, CURLE_OK);
    }
    wpb_curl_loop_close(curl, on_curl_closed, &fetch);
    uv_run(&fetch.loop, UV_RUN_DEFAULT);
    curl_easy_cleanup(fetch.transfer.easy);
    assert_int_equal(uv_loop_close(&fetch.loop), 0);
}

static void connections_that_are_idle_are_closed(void **state)
{
    struct fetch fetch = {.is_done = false};
    unsigned before = sink_bench_descriptors(), kept;
    struct wpb_curl_loop *curl;

    (void)state;
    assert_int_equal(uv_loop_init(&fetch.loop), 0);
    curl = wpb_curl_loop_new(&fetch.loop, 50);
    fetch.transfer = (struct wpb_curl_transfer){curl_easy_init(), on_fetched};
    curl_easy_setopt(fetch.transfer.easy, CURLOPT_URL,
                     http_receiver_url(&receiver, "http", "127.0.0.1", "/answer/200"));
    curl_easy_setopt(fetch.transfer.easy, CURLOPT_WRITEFUNCTION, ignore_bytes);
    for (int i = 0; i < 2; i++) {
        fetch.is_done = false;
        assert_int_equal(wpb_curl_loop_start(curl, &fetch.transfer), 0);
        uv_run(&fetch.loop, UV_RUN_DEFAULT);
        assert_true(fetch.is_done);
        assert_int_equal(fetch.result, CURLE_OK);
        kept = sink_bench_descriptors();
        uv_run(&fetch.loop, UV_RUN_DEFAULT); /* until no timer is left */
        assert_true(sink_bench_descriptors() < kept);
    }
    wpb_curl_loop_close(curl, on_curl_closed, &fetch);
    uv_run(&fetch.loop, UV_RUN_DEFAULT);
    assert_true(fetch.is_closed);
    curl_easy_cleanup(fetch.transfer.easy);
    assert_int_equal(uv_loop_close(&fetch.loop), 0);
    assert_int_equal(sink_bench_descriptors(), before);
}

static void closing_ends_what_is_under_way(void **state)
{
    static const char *const hosts[] = {"127.0.0.1", "localhost"};
    struct wpb_alert alert = sink_bench_alert(ALERT);
    struct hook hook;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        for (uint64_t ms = 0; ms < 60; ms += 20) {
            open_hook(&hook, http_receiver_url(&receiver, "http", hosts[i], "/slow/20"),
                      (struct wpb_sink_settings){0});
            sink_bench_begin(&hook.bench, &alert);
            if (ms)
                sink_bench_run_ms(&hook.bench, ms);
            close_hook(&hook);
            assert_int_equal(hook.bench.deliveries, 1);
            assert_int_equal(hook.bench.delivery.status, WPB_DELIVERY_FAILED);
        }
    }
}

static void the_environment_has_no_proxy(void **state)
{
    (void)state;
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    expect("/answer/200", WPB_DELIVERED, " answered 200");
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
}

static struct wpb_delivery deliver_tls(const struct http_receiver *to, const char *host,
                                       struct wpb_sink_settings settings)
{
    struct wpb_alert alert = sink_bench_alert(ALERT);
    struct hook hook;

    open_hook(&hook, http_receiver_url(to, "https", host, "/answer/200"), settings);
    sink_bench_send(&hook.bench, &alert);
    close_hook(&hook);
    return hook.bench.delivery;
}

static void a_receiver_must_prove_who_it_is(void **state)
{
    const char *arguments[] = {"--cert", in_folder("server.pem"), "--key",
                               in_folder("server.key"), NULL};
    struct wpb_sink_settings trusting = {.ca_file = in_folder("ca.pem")};
    struct wpb_sink_settings strange = {.ca_file = in_folder("other-ca.pem")};
    struct wpb_sink_settings missing = {.ca_file = "/nowhere/ca.pem"};
    struct http_receiver tls;
    struct wpb_delivery delivery;

    (void)state;
    http_receiver_start(&tls, folder, "tls", arguments);
    delivery = deliver_tls(&tls, "localhost", trusting);
    if (delivery.status != WPB_DELIVERED)
        fail_msg("%s", delivery.detail);
    /* Another authority, the system's, another host, no file. */
    delivery = deliver_tls(&tls, "localhost", strange);
    assert_int_equal(delivery.status, WPB_DELIVERY_FAILED);
    assert_non_null(strstr(delivery.detail, "certificate"));
    delivery = deliver_tls(&tls, "localhost", (struct wpb_sink_settings){0});
    assert_int_equal(delivery.status, WPB_DELIVERY_FAILED);
    delivery = deliver_tls(&tls, "127.0.0.1", trusting);
    assert_int_equal(delivery.status, WPB_DELIVERY_FAILED);
    delivery = deliver_tls(&tls, "localhost", missing);
    assert_int_equal(delivery.status, WPB_DELIVERY_FAILED);
    assert_int_equal(http_receiver_requests(&tls), 1);
    http_receiver_stop(&tls);
}

static void a_client_shows_its_certificate(void **state)
{
    const char *arguments[] = {
        "--cert",      in_folder("server.pem"), "--key", in_folder("server.key"),
        "--client-ca", in_folder("ca.pem"),     NULL};
    struct wpb_sink_settings known = {.ca_file = in_folder("ca.pem")};
    struct wpb_sink_settings unknown = known;
    struct http_receiver tls;
    struct wpb_delivery delivery;
    char *certificate = strdup(in_folder("client.pem"));
    char *key = strdup(in_folder("client.key"));
    char *authority = strdup(in_folder("ca.pem"));

    (void)state;
    known.ca_file = unknown.ca_file = authority;
    known.cert_file = certificate;
    known.key_file = key;
    arguments[5] = authority;
    http_receiver_start(&tls, folder, "mutual", arguments);
    delivery = deliver_tls(&tls, "localhost", known);
    if (delivery.status != WPB_DELIVERED)
        fail_msg("%s", delivery.detail);
    assert_int_equal(deliver_tls(&tls, "localhost", unknown).status, WPB_DELIVERY_FAILED);
    assert_int_equal(http_receiver_requests(&tls), 1);
    http_receiver_stop(&tls);
    free(certificate);
    free(key);
    free(authority);
}

/* A sink that cannot be opened says why, and leaves nothing behind. */
static void expect_refused(struct wpb_sink_settings settings, const char *url,
                           const char *why)
{
    struct wpb_err err = {0};
    uv_loop_t loop;

    settings.urls = &url;
    settings.url_count = 1;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_null(wpb_sink_webhook.open(&loop, &settings, &err));
    assert_non_null(strstr(err.message, why));
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void settings_that_make_no_sense_are_refused(void **state)
{
    struct wpb_sink_settings settings = {0};
    static char long_secret[5000];

    (void)state;
    expect_refused(settings, "ftp://host/x", "URL");
    expect_refused(settings, "http://", "URL");
    expect_refused(settings, "http://host:99999/", "URL");
    settings.secret = "whsec_***";
    expect_refused(settings, "http://host/", "base64");
    settings.secret = "whsec_";
    expect_refused(settings, "http://host/", "empty");
    memset(long_secret, 'x', sizeof(long_secret) - 1);
    settings.secret = long_secret;
    expect_refused(settings, "http://host/", "too long");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_line_is_posted_and_signed_as_standard_webhooks_has_it),
        cmocka_unit_test(another_secret_is_noticed_by_the_receiver),
        cmocka_unit_test(cloudevents_travel_in_headers_that_nothing_can_end),
        cmocka_unit_test(the_status_of_the_answer_decides),
        cmocka_unit_test(a_receiver_may_ask_for_time),
        cmocka_unit_test(answers_that_are_none_are_failures),
        cmocka_unit_test(what_comes_after_the_status_does_not_matter),
        cmocka_unit_test(an_answer_that_does_not_come_in_time_is_a_failure),
        cmocka_unit_test(a_redirect_is_not_followed),
        cmocka_unit_test(no_part_of_the_url_but_its_host_is_shown),
        cmocka_unit_test(a_hostile_text_cannot_disturb_a_terminal),
        cmocka_unit_test(nobody_there_is_a_failure),
        cmocka_unit_test(a_resolver_that_hangs_holds_nothing_up),
        cmocka_unit_test(an_address_that_is_silent_does_not_hold_up_the_other),
        cmocka_unit_test(names_and_connections_are_kept_between_alerts),
        cmocka_unit_test(no_timer_of_libcurl_is_missed),
        cmocka_unit_test(connections_that_are_idle_are_closed),
        cmocka_unit_test(closing_ends_what_is_under_way),
        cmocka_unit_test(the_environment_has_no_proxy),
        cmocka_unit_test(a_receiver_must_prove_who_it_is),
        cmocka_unit_test(a_client_shows_its_certificate),
        cmocka_unit_test(settings_that_make_no_sense_are_refused),
    };

    return cmocka_run_group_tests(tests, begin_all, end_all);
}
