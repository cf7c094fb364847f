#include "agent/alert/http_post.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netdb.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/alert/curl_loop.h"

#define STAGE "sink"
#define ADDRESSES_MAX 8
/* Connections are kept so long: for a burst, not for the next alert in a week. */
#define IDLE_MS (60 * 1000)

struct wpb_http {
    uv_loop_t *loop;
    struct wpb_curl_loop *curl;
    struct wpb_http_post *posts;
    size_t handles; /* posts' timers that are not closed yet, and 1 for `curl` */
    void (*closed)(void *cookie);
    void *closed_cookie;
};

/* A name on its way through the resolver. That cannot be called off: when nobody waits
 * for it any more, `post` is NULL. */
struct lookup {
    uv_getaddrinfo_t request;
    struct wpb_http_post *post;
};

struct wpb_http_post {
    struct wpb_http_post *next;
    struct wpb_http *http;
    char *url, *receiver;
    char *host; /* without the brackets of an IPv6 address */
    char *port;
    bool is_numeric; /* the host is an address */
    uint64_t timeout_ms;

    /* what is under way */
    uv_timer_t timeout;
    struct lookup *lookup;             /* NULL: not looking up */
    struct wpb_curl_transfer transfer; /* its `easy` is made once */
    bool is_transferring;
    struct curl_slist *headers, *resolve;
    char error[CURL_ERROR_SIZE];
    char excerpt[WPB_HTTP_EXCERPT_BYTES];
    size_t excerpt_len, answer_len;
    struct wpb_slice body;
    struct wpb_http_answer answer;
    wpb_http_done *done; /* NULL: not busy */
    void *done_cookie;
};

/* ---- the end of one */

static void stop(struct wpb_http_post *post)
{
    uv_timer_stop(&post->timeout);
    if (post->lookup) {
        post->lookup->post = NULL;
        uv_cancel((uv_req_t *)&post->lookup->request); /* works when it has not begun */
        post->lookup = NULL;
    }
    if (post->is_transferring)
        wpb_curl_loop_cancel(post->http->curl, &post->transfer);
    post->is_transferring = false;
    curl_easy_setopt(post->transfer.easy, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(post->transfer.easy, CURLOPT_RESOLVE, NULL);
    curl_slist_free_all(post->headers);
    curl_slist_free_all(post->resolve);
    post->headers = post->resolve = NULL;
}

static void finish(struct wpb_http_post *post)
{
    wpb_http_done *done = post->done;

    stop(post);
    post->done = NULL;
    done(post->done_cookie, &post->answer);
}

static void finish_failed(struct wpb_http_post *post, const char *why)
{
    wpb_http_answer_fail(&post->answer, post->receiver, why);
    finish(post);
}

/* The answer is there, or at least the line that decides. */
static void finish_answered(struct wpb_http_post *post, long status)
{
    curl_off_t retry_after_s = 0;

    curl_easy_getinfo(post->transfer.easy, CURLINFO_RETRY_AFTER, &retry_after_s);
    if (retry_after_s > 24 * 3600)
        retry_after_s = 24 * 3600;
    post->answer = (struct wpb_http_answer){
        .status = status,
        .retry_after_ms = retry_after_s > 0 ? retry_after_s * 1000 : -1};
    wpb_http_answer_describe(&post->answer, post->receiver, post->url,
                             wpb_slice_of(post->excerpt, post->excerpt_len));
    finish(post);
}

/* The status of the answer; 0 while there is none, or only an interim one. */
static long answered_status(const struct wpb_http_post *post)
{
    long status = 0;

    curl_easy_getinfo(post->transfer.easy, CURLINFO_RESPONSE_CODE, &status);
    return status >= 200 ? status : 0;
}

static void on_transferred(struct wpb_curl_transfer *transfer, CURLcode result)
{
    struct wpb_http_post *post =
        (struct wpb_http_post *)((char *)transfer -
                                 offsetof(struct wpb_http_post, transfer));
    long status = answered_status(post);

    post->is_transferring = false;
    if (status)
        finish_answered(post, status);
    else
        finish_failed(post, post->error[0]       ? post->error
                            : result == CURLE_OK ? "no answer that makes sense"
                                                 : curl_easy_strerror(result));
}

static void on_timeout(uv_timer_t *timer)
{
    struct wpb_http_post *post = timer->data;
    double connected_s = 0, ready_s = 0;
    char why[96];
    long status;

    if (post->lookup) {
        snprintf(why, sizeof(why), "its name was not resolved within %llu s",
                 (unsigned long long)post->timeout_ms / 1000);
        finish_failed(post, why);
        return;
    }
    status = post->is_transferring ? answered_status(post) : 0;
    if (status) {
        finish_answered(post, status);
        return;
    }
    curl_easy_getinfo(post->transfer.easy, CURLINFO_CONNECT_TIME, &connected_s);
    curl_easy_getinfo(post->transfer.easy, CURLINFO_PRETRANSFER_TIME, &ready_s);
    snprintf(why, sizeof(why), "%s within %llu s",
             ready_s > 0       ? "no answer"
             : connected_s > 0 ? "no TLS session"
                               : "no connection",
             (unsigned long long)post->timeout_ms / 1000);
    finish_failed(post, why);
}

/* ---- sending */

static size_t on_answer_bytes(char *bytes, size_t size, size_t count, void *cookie)
{
    struct wpb_http_post *post = cookie;
    size_t len = size * count, room = sizeof(post->excerpt) - post->excerpt_len;

    if (room > len)
        room = len;
    memcpy(post->excerpt + post->excerpt_len, bytes, room);
    post->excerpt_len += room;
    post->answer_len += len;
    /* Whoever says so much may say it to somebody else. */
    return post->answer_len > WPB_HTTP_ANSWER_MAX ? 0 : len;
}

static void transfer(struct wpb_http_post *post)
{
    CURL *easy = post->transfer.easy;

    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, post->headers);
    curl_easy_setopt(easy, CURLOPT_RESOLVE, post->resolve);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, post->body.data);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)post->body.len);
    post->is_transferring = wpb_curl_loop_start(post->http->curl, &post->transfer) == 0;
}

/* "host:port:address,address", the form of CURLOPT_RESOLVE; what libcurl remembers from
 * the last time is forgotten first. */
static int add_addresses(struct wpb_http_post *post, const struct addrinfo *found)
{
    struct wpb_buf line;
    struct curl_slist *list;
    size_t count = 0;

    wpb_buf_init(&line, 0);
    wpb_buf_printf(&line, "-%s:%s", post->host, post->port);
    post->resolve = curl_slist_append(NULL, line.data);
    wpb_buf_clear(&line);
    wpb_buf_printf(&line, "%s:%s:", post->host, post->port);
    for (; found && count < ADDRESSES_MAX; found = found->ai_next) {
        char text[INET6_ADDRSTRLEN + 2];
        if (getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof(text), NULL, 0,
                        NI_NUMERICHOST) ||
            strchr(text, '%')) /* libcurl takes no scope here */
            continue;
        wpb_buf_printf(&line, "%s%s", count ? "," : "", text);
        count++;
    }
    list = post->resolve && count && !wpb_buf_failed(&line)
               ? curl_slist_append(post->resolve, line.data)
               : NULL;
    wpb_buf_fini(&line);
    return list ? 0 : -1;
}

static void say_unresolved(struct wpb_http_post *post, int status)
{
    snprintf(post->error, sizeof(post->error), "its name cannot be resolved: %s",
             status ? uv_strerror(status) : "it has no address");
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    struct lookup *lookup = request->data;
    struct wpb_http_post *post = lookup->post;

    free(lookup);
    if (post) {
        post->lookup = NULL;
        if (status || add_addresses(post, found)) {
            say_unresolved(post, status);
            finish_failed(post, post->error);
        } else {
            transfer(post);
            if (!post->is_transferring)
                finish_failed(post, "no memory for a transfer");
        }
    }
    uv_freeaddrinfo(found);
}

static void resolve(struct wpb_http_post *post)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct lookup *lookup = calloc(1, sizeof(*lookup));
    int status;

    if (!lookup)
        return;
    lookup->post = post;
    lookup->request.data = lookup;
    status = uv_getaddrinfo(post->http->loop, &lookup->request, on_resolved, post->host,
                            NULL, &hints);
    if (status == 0) {
        post->lookup = lookup;
        return;
    }
    free(lookup);
    say_unresolved(post, status);
}

/* What could not even begin is told from a later turn, too. */
static void on_not_begun(uv_timer_t *timer)
{
    struct wpb_http_post *post = timer->data;

    finish_failed(post, post->error[0] ? post->error : "no memory to send anything");
}

void wpb_http_post_send(struct wpb_http_post *post, const char *const *headers,
                        struct wpb_slice body, wpb_http_done *done, void *cookie)
{
    assert(!post->done);
    post->done = done;
    post->done_cookie = cookie;
    post->body = body;
    post->excerpt_len = post->answer_len = 0;
    post->error[0] = '\0';
    /* Without asking first whether a body may be sent. */
    post->headers = curl_slist_append(NULL, "Expect:");
    for (; post->headers && *headers; headers++) {
        struct curl_slist *longer = curl_slist_append(post->headers, *headers);
        if (!longer)
            curl_slist_free_all(post->headers);
        post->headers = longer;
    }
    if (post->headers && post->is_numeric)
        transfer(post);
    else if (post->headers)
        resolve(post);
    uv_update_time(post->http->loop);
    if (post->lookup || post->is_transferring)
        uv_timer_start(&post->timeout, on_timeout, post->timeout_ms, 0);
    else
        uv_timer_start(&post->timeout, on_not_begun, 0, 0);
}

bool wpb_http_post_is_busy(const struct wpb_http_post *post)
{
    return post->done != NULL;
}

const char *wpb_http_post_receiver(const struct wpb_http_post *post)
{
    return post->receiver;
}

/* ---- a receiver */

/* URL with SUFFIX behind its path, and its parts. */
static int take_url_apart(struct wpb_http_post *post, const char *url, const char *suffix)
{
    char *scheme = NULL, *host = NULL, *port = NULL, *path = NULL, *given_port = NULL;
    CURLU *parts = curl_url();
    struct wpb_buf text;
    int result = -1;
    unsigned char address[sizeof(struct in6_addr)];

    wpb_buf_init(&text, 0);
    if (!parts || curl_url_set(parts, CURLUPART_URL, url, 0) ||
        curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) ||
        (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0) ||
        curl_url_get(parts, CURLUPART_HOST, &host, 0) ||
        curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) ||
        curl_url_get(parts, CURLUPART_PATH, &path, 0))
        goto free_parts;
    curl_url_get(parts, CURLUPART_PORT, &given_port, 0);
    wpb_buf_printf(&text, "%s%s%s", host, given_port ? ":" : "",
                   given_port ? given_port : "");
    post->receiver = strdup(text.data);
    wpb_buf_clear(&text);
    wpb_buf_text(&text, path);
    while (*suffix && text.len && text.data[text.len - 1] == '/')
        text.data[--text.len] = '\0';
    wpb_buf_text(&text, suffix);
    if (curl_url_set(parts, CURLUPART_PATH, text.data, 0))
        goto free_parts;
    wpb_buf_clear(&text);
    if (host[0] == '[')
        wpb_buf_add(&text, host + 1, strcspn(host + 1, "]%"));
    else
        wpb_buf_text(&text, host);
    post->host = strdup(text.data);
    post->port = strdup(port);
    post->is_numeric = post->host && (inet_pton(AF_INET, post->host, address) == 1 ||
                                      inet_pton(AF_INET6, post->host, address) == 1);
    if (post->receiver && post->host && post->port &&
        !curl_url_get(parts, CURLUPART_URL, &post->url, 0))
        result = 0;

free_parts:
    wpb_buf_fini(&text);
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_free(given_port);
    curl_free(path);
    curl_url_cleanup(parts);
    return result;
}

static void allow_http_only(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

static int set_options(struct wpb_http_post *post,
                       const struct wpb_sink_settings *settings)
{
    CURL *easy = curl_easy_init();

    post->transfer = (struct wpb_curl_transfer){easy, on_transferred};
    if (!easy)
        return -1;
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "wpbloat/" WPB_VERSION);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, post->error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, post);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    allow_http_only(easy);
    if (settings->ca_file) { /* in the place of the system's, of which there are two */
        curl_easy_setopt(easy, CURLOPT_CAINFO, settings->ca_file);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    if (settings->cert_file)
        curl_easy_setopt(easy, CURLOPT_SSLCERT, settings->cert_file);
    if (settings->key_file)
        curl_easy_setopt(easy, CURLOPT_SSLKEY, settings->key_file);
    return curl_easy_setopt(easy, CURLOPT_URL, post->url) ? -1 : 0;
}

static void free_post(struct wpb_http_post *post)
{
    curl_easy_cleanup(post->transfer.easy);
    curl_free(post->url);
    free(post->receiver);
    free(post->host);
    free(post->port);
    free(post);
}

struct wpb_http_post *wpb_http_post_new(struct wpb_http *http, const char *url,
                                        const char *suffix,
                                        const struct wpb_sink_settings *settings,
                                        struct wpb_err *err)
{
    struct wpb_http_post *post = calloc(1, sizeof(*post));

    if (!post) {
        wpb_err_set(err, WPB_E_MEMORY, STAGE, "no memory for a receiver");
        return NULL;
    }
    post->http = http;
    post->timeout_ms = settings->timeout_ms ? settings->timeout_ms : 10000;
    if (take_url_apart(post, url, suffix) || set_options(post, settings)) {
        free_post(post);
        wpb_err_set(err, WPB_E_ARGUMENT, STAGE, "the URL makes no sense");
        return NULL;
    }
    uv_timer_init(http->loop, &post->timeout);
    post->timeout.data = post;
    http->handles++;
    post->next = http->posts;
    http->posts = post;
    return post;
}

/* ---- all of them */

struct wpb_http *wpb_http_new(uv_loop_t *loop)
{
    struct wpb_http *http = calloc(1, sizeof(*http));

    if (!http)
        return NULL;
    http->loop = loop;
    http->curl = wpb_curl_loop_new(loop, IDLE_MS);
    if (!http->curl) {
        free(http);
        return NULL;
    }
    http->handles = 1;
    return http;
}

static void count_down(struct wpb_http *http)
{
    void (*closed)(void *) = http->closed;
    void *cookie = http->closed_cookie;

    if (--http->handles)
        return;
    free(http);
    closed(cookie);
}

static void on_curl_closed(void *cookie)
{
    count_down(cookie);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct wpb_http_post *post = handle->data;
    struct wpb_http *http = post->http;

    free_post(post);
    count_down(http);
}

void wpb_http_close(struct wpb_http *http, void (*closed)(void *cookie), void *cookie)
{
    http->closed = closed;
    http->closed_cookie = cookie;
    for (struct wpb_http_post *post = http->posts; post; post = post->next) {
        stop(post);
        post->done = NULL;
        uv_close((uv_handle_t *)&post->timeout, on_timer_closed);
    }
    wpb_curl_loop_close(http->curl, on_curl_closed, http);
}
