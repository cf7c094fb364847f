#include "agent/serve/request.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *path, *type;
} documents[WPB_DOCUMENTS] = {
    [WPB_DOCUMENT_REPORT] = {"/", "text/plain; charset=utf-8"},
    [WPB_DOCUMENT_METRICS] = {"/metrics", "text/plain; version=0.0.4; charset=utf-8"},
    [WPB_DOCUMENT_HEALTH] = {"/healthz", "application/json"},
    [WPB_DOCUMENT_FINDINGS] = {"/findings.json", "application/json"},
};

const char *wpb_serve_path(enum wpb_document which)
{
    return documents[which].path;
}

const char *wpb_serve_content_type(enum wpb_document which)
{
    return documents[which].type;
}

bool wpb_serve_is_token(const char *token)
{
    size_t len = 0;

    while (token[len] > ' ' && token[len] < 0x7f)
        len++;
    return len > 0 && !token[len];
}

/* "http://host/path", which a server must understand, is "/path". */
static const char *path_of(const char *url)
{
    const char *host, *path;

    if (url[0] == '/')
        return url;
    host = strstr(url, "://");
    path = host ? strchr(host + 3, '/') : NULL;
    return path ? path : "";
}

static bool find_document(const char *path, enum wpb_document *which)
{
    for (size_t i = 0; i < WPB_DOCUMENTS; i++) {
        if (strcmp(path, documents[i].path) == 0) {
            *which = (enum wpb_document)i;
            return true;
        }
    }
    return false;
}

/* Takes as long whichever byte differs: its time tells only a token's length. */
static bool is_equal(const char *shown, const char *token)
{
    size_t len = strlen(token);
    unsigned char difference = 0;

    if (strlen(shown) != len)
        return false;
    for (size_t i = 0; i < len; i++)
        difference |= (unsigned char)(shown[i] ^ token[i]);
    return difference == 0;
}

static bool has_token(const char *authorization, const char *token)
{
    static const char scheme[] = "Bearer ";

    if (!authorization || strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0)
        return false;
    authorization += sizeof(scheme) - 1;
    return is_equal(authorization + strspn(authorization, " "), token);
}

/* "127.0.0.1:9847", "[::1]", "localhost". */
static bool is_address(const char *host)
{
    char name[64];
    bool is_bracketed = host[0] == '[';
    size_t len = is_bracketed ? strcspn(++host, "]") : strcspn(host, ":");
    struct in6_addr address;

    if (len >= sizeof(name))
        return false;
    memcpy(name, host, len);
    name[len] = '\0';
    if (is_bracketed)
        return inet_pton(AF_INET6, name, &address) == 1;
    return strcasecmp(name, "localhost") == 0 || inet_pton(AF_INET, name, &address) == 1;
}

enum wpb_serve_answer wpb_serve_judge(const struct wpb_serve_request *request,
                                      const char *token, bool names_count,
                                      enum wpb_document *which)
{
    bool is_known = find_document(path_of(request->url), which);

    if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0)
        return WPB_ANSWER_METHOD;
    if (request->has_body)
        return WPB_ANSWER_BODY;
    if (token && !has_token(request->authorization, token))
        return is_known && *which == WPB_DOCUMENT_HEALTH ? WPB_ANSWER_BRIEF_HEALTH
                                                         : WPB_ANSWER_TOKEN;
    if (!token && names_count && request->host && !is_address(request->host))
        return WPB_ANSWER_NAME;
    return is_known ? WPB_ANSWER_DOCUMENT : WPB_ANSWER_PATH;
}
