#include "agent/load/request.h"

#include <string.h>
#include <unistd.h>

/* The last word on where a connection goes, whatever was redirected or resolved. */
static curl_socket_t open_socket(void *cookie, curlsocktype purpose,
                                 struct curl_sockaddr *address)
{
    const struct wpb_load_request *request = cookie;

    if (purpose != CURLSOCKTYPE_IPCXN || !request->target ||
        !wpb_load_target_has(request->target, &address->addr))
        return CURL_SOCKET_BAD;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t take_head(char *bytes, size_t size, size_t count, void *cookie)
{
    struct wpb_load_request *request = cookie;

    (void)bytes;
    request->head_bytes += size * count;
    return request->head_bytes > WPB_LOAD_HEAD_BYTES_MAX ? 0 : size * count;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *cookie)
{
    struct wpb_load_request *request = cookie;

    request->body_bytes += size * count;
    if (request->body)
        wpb_buf_add(request->body, bytes, size * count);
    return request->body_bytes > WPB_LOAD_BODY_BYTES_MAX ? 0 : size * count;
}

static void allow_http_only(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

int wpb_load_request_init(struct wpb_load_request *request, uint64_t timeout_ms,
                          const char *user_agent)
{
    CURL *easy;

    memset(request, 0, sizeof(*request));
    request->easy = easy = curl_easy_init();
    request->headers = curl_slist_append(NULL, "Accept-Encoding: gzip");
    if (!easy || !request->headers)
        return -1;
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, request->headers);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, request);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_head);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, request);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
    allow_http_only(easy);
    return curl_easy_setopt(easy, CURLOPT_USERAGENT, user_agent) ? -1 : 0;
}

void wpb_load_request_fini(struct wpb_load_request *request)
{
    curl_easy_cleanup(request->easy);
    curl_slist_free_all(request->headers);
    curl_slist_free_all(request->resolve);
    memset(request, 0, sizeof(*request));
}

int wpb_load_request_aim(struct wpb_load_request *request,
                         const struct wpb_load_target *target, const char *url)
{
    request->head_bytes = request->body_bytes = 0;
    if (request->target != target) {
        struct curl_slist *resolve = curl_slist_append(NULL, target->resolve);
        if (!resolve)
            return -1;
        curl_easy_setopt(request->easy, CURLOPT_RESOLVE, resolve);
        curl_slist_free_all(request->resolve);
        request->resolve = resolve;
        request->target = target;
    }
    return curl_easy_setopt(request->easy, CURLOPT_URL, url) ? -1 : 0;
}

enum wpb_load_outcome wpb_load_request_outcome(const struct wpb_load_request *request,
                                               CURLcode result)
{
    long status = 0;

    curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &status);
    if (request->head_bytes > WPB_LOAD_HEAD_BYTES_MAX ||
        request->body_bytes > WPB_LOAD_BODY_BYTES_MAX)
        return WPB_LOAD_TOO_LARGE;
    if (result == CURLE_OPERATION_TIMEDOUT)
        return WPB_LOAD_TIMED_OUT;
    if (result == CURLE_UNSUPPORTED_PROTOCOL || result == CURLE_WEIRD_SERVER_REPLY)
        return WPB_LOAD_BROKEN; /* bytes that are no HTTP */
    if (result != CURLE_OK)
        return request->head_bytes ? WPB_LOAD_BROKEN : WPB_LOAD_NOT_CONNECTED;
    return status >= 500   ? WPB_LOAD_SERVER_ERROR
           : status >= 400 ? WPB_LOAD_CLIENT_ERROR
           : status >= 300 ? WPB_LOAD_REDIRECTED
           : status >= 200 ? WPB_LOAD_ANSWERED
                           : WPB_LOAD_BROKEN;
}
