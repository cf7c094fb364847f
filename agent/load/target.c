#include "agent/load/target.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define STAGE "load"
#define URL_BYTES_MAX 4096

/* One part of a URL, copied into ARENA; NULL when it has none. */
static const char *part_of(CURLU *parts, CURLUPart part, unsigned flags,
                           struct wpb_arena *arena)
{
    char *text = NULL;
    const char *copy;

    if (curl_url_get(parts, part, &text, flags) || !text)
        return NULL;
    copy = wpb_arena_cstr(arena, wpb_slice_cstr(text));
    curl_free(text);
    return copy;
}

static bool is_http(const char *scheme)
{
    return scheme && (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
}

static const char *without_brackets(const char *host, struct wpb_arena *arena)
{
    if (host[0] != '[')
        return host;
    return wpb_arena_cstr(arena, wpb_slice_of(host + 1, strcspn(host + 1, "]%")));
}

static int take_apart(CURLU *parts, const char *url, struct wpb_arena *arena,
                      struct wpb_load_target *target, struct wpb_err *err)
{
    const char *host, *given_port;

    if (strlen(url) > URL_BYTES_MAX || curl_url_set(parts, CURLUPART_URL, url, 0))
        return wpb_err_set(err, WPB_E_ARGUMENT, STAGE,
                           "'%.100s' is no URL; write http://HOST/PATH or https://...",
                           url);
    target->scheme = part_of(parts, CURLUPART_SCHEME, 0, arena);
    if (!is_http(target->scheme))
        return wpb_err_set(err, WPB_E_ARGUMENT, STAGE,
                           "only http:// and https:// are loaded, not '%.100s'", url);
    if (part_of(parts, CURLUPART_USER, 0, arena) ||
        part_of(parts, CURLUPART_PASSWORD, 0, arena))
        return wpb_err_set(err, WPB_E_ARGUMENT, STAGE,
                           "a URL with a user or a password is not loaded: requests are "
                           "those of a visitor who is not logged in");
    curl_url_set(parts, CURLUPART_FRAGMENT, NULL, 0);
    host = part_of(parts, CURLUPART_HOST, 0, arena);
    target->port = part_of(parts, CURLUPART_PORT, CURLU_DEFAULT_PORT, arena);
    target->url = part_of(parts, CURLUPART_URL, 0, arena);
    if (!host || !*host || !target->port || !target->url)
        return wpb_err_set(err, WPB_E_ARGUMENT, STAGE, "'%.100s' names no host", url);
    given_port = part_of(parts, CURLUPART_PORT, 0, arena);
    target->origin =
        wpb_arena_printf(arena, "%s://%s%s%s", target->scheme, host,
                         given_port ? ":" : "", given_port ? given_port : "");
    target->host = without_brackets(host, arena);
    return 0;
}

int wpb_load_target_parse(const char *url, struct wpb_arena *arena,
                          struct wpb_load_target *target, struct wpb_err *err)
{
    CURLU *parts = curl_url();
    int result;

    memset(target, 0, sizeof(*target));
    if (!parts)
        return wpb_err_set(err, WPB_E_MEMORY, STAGE, "out of memory");
    result = take_apart(parts, url, arena, target, err);
    curl_url_cleanup(parts);
    return result;
}

/* The addresses as CURLOPT_RESOLVE takes them. */
static const char *resolve_text(const struct wpb_load_target *target,
                                struct wpb_arena *arena)
{
    const char *text = wpb_arena_printf(arena, "%s:%s:", target->host, target->port);

    for (size_t i = 0; i < target->address_count; i++) {
        char numeric[INET6_ADDRSTRLEN + 1];
        if (getnameinfo((const struct sockaddr *)&target->addresses[i],
                        sizeof(target->addresses[i]), numeric, sizeof(numeric), NULL, 0,
                        NI_NUMERICHOST))
            continue;
        text = wpb_arena_printf(arena, "%s%s%s", text, i ? "," : "", numeric);
    }
    return text;
}

static bool is_internet(const struct addrinfo *found)
{
    return (found->ai_family == AF_INET || found->ai_family == AF_INET6) &&
           found->ai_addrlen <= sizeof(struct sockaddr_storage);
}

int wpb_load_target_resolve(struct wpb_load_target *target, const char *connect,
                            struct wpb_arena *arena, struct wpb_err *err)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = connect ? AI_NUMERICHOST : 0};
    struct addrinfo *found = NULL;
    int status =
        getaddrinfo(connect ? connect : target->host, target->port, &hints, &found);

    if (status && connect)
        return wpb_err_set(err, WPB_E_ARGUMENT, STAGE,
                           "--connect takes an address such as 127.0.0.1, not '%.80s'",
                           connect);
    if (status)
        return wpb_err_set(err, WPB_E_NOT_FOUND, STAGE, "%.120s cannot be resolved: %s",
                           target->host, gai_strerror(status));
    target->address_count = 0;
    for (const struct addrinfo *at = found; at; at = at->ai_next) {
        if (!is_internet(at) || target->address_count == WPB_LOAD_ADDRESSES_MAX)
            continue;
        memcpy(&target->addresses[target->address_count++], at->ai_addr, at->ai_addrlen);
    }
    freeaddrinfo(found);
    if (!target->address_count)
        return wpb_err_set(err, WPB_E_NOT_FOUND, STAGE, "%.120s has no address",
                           target->host);
    target->resolve = resolve_text(target, arena);
    return 0;
}

static bool is_same(const struct sockaddr *a, const struct sockaddr *b)
{
    const struct sockaddr_in *a4 = (const void *)a, *b4 = (const void *)b;
    const struct sockaddr_in6 *a6 = (const void *)a, *b6 = (const void *)b;

    if (a->sa_family != b->sa_family)
        return false;
    if (a->sa_family == AF_INET)
        return a4->sin_port == b4->sin_port && a4->sin_addr.s_addr == b4->sin_addr.s_addr;
    return a->sa_family == AF_INET6 && a6->sin6_port == b6->sin6_port &&
           memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof(a6->sin6_addr)) == 0;
}

bool wpb_load_target_has(const struct wpb_load_target *target,
                         const struct sockaddr *address)
{
    for (size_t i = 0; i < target->address_count; i++) {
        if (is_same((const struct sockaddr *)&target->addresses[i], address))
            return true;
    }
    return false;
}
