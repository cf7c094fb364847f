#include "probes/requests/listen_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#define STAGE "php-fpm"

static const uint8_t zeros[16];
static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}; /* ::ffff:0:0/96 */

static bool parse_port(const char *text, uint16_t *port)
{
    unsigned long number;
    size_t len = strlen(text);

    if (len < 1 || len > 5 || strspn(text, "0123456789") != len)
        return false;
    number = strtoul(text, NULL, 10);
    *port = (uint16_t)number;
    return number >= 1 && number <= UINT16_MAX;
}

/* HOST, which has no brackets; false when it is a name. */
static bool parse_host(const char *host, struct wpb_listen_address *address)
{
    if (*host == '\0' || strcmp(host, "*") == 0) {
        address->kind = WPB_LISTEN_TCP;
        address->is_any = true;
    } else if (strcmp(host, "localhost") == 0) {
        address->kind = WPB_LISTEN_TCP;
    } else if (inet_pton(AF_INET, host, address->ip) == 1) {
        address->kind = WPB_LISTEN_TCP4;
        address->is_any = memcmp(address->ip, zeros, 4) == 0;
    } else if (inet_pton(AF_INET6, host, address->ip) == 1) {
        address->kind = WPB_LISTEN_TCP6;
        address->is_any = memcmp(address->ip, zeros, 16) == 0;
    } else {
        return false;
    }
    return true;
}

static int parse_tcp(const char *text, struct wpb_listen_address *address,
                     struct wpb_err *err)
{
    char host[INET6_ADDRSTRLEN + 2] = "";
    const char *colon = strrchr(text, ':'), *port = colon ? colon + 1 : text;
    size_t len = colon ? (size_t)(colon - text) : 0;

    if (!parse_port(port, &address->port))
        return wpb_err_set(err, WPB_E_ARGUMENT, STAGE,
                           "\"%.100s\" is no address that PHP-FPM could listen on", text);
    if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
        text++;
        len -= 2;
    }
    if (len < sizeof host) {
        memcpy(host, text, len);
        host[len] = '\0';
    }
    if (len >= sizeof host || !parse_host(host, address))
        return wpb_err_set(err, WPB_E_UNSUPPORTED, STAGE,
                           "the host name in \"%.100s\" is not looked up: let the pool "
                           "listen on an IP address or a unix socket",
                           text);
    return 0;
}

static int parse_path(const char *text, const char *prefix, struct wpb_arena *arena,
                      struct wpb_listen_address *address, struct wpb_err *err)
{
    const char *path =
        *text == '/' ? text : wpb_arena_printf(arena, "%s/%s", prefix, text);

    if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
        return wpb_err_set(err, WPB_E_UNSUPPORTED, STAGE,
                           "the path %.100s... is too long for a socket", path);
    address->kind = WPB_LISTEN_UNIX;
    address->text = address->path = path;
    return 0;
}

int wpb_listen_address_parse(const char *text, const char *prefix,
                             struct wpb_arena *arena, struct wpb_listen_address *address,
                             struct wpb_err *err)
{
    const char *kept = wpb_arena_printf(arena, "%s", text);
    bool is_tcp =
        *text != '/' && (strchr(text, ':') || strspn(text, "0123456789") == strlen(text));
    int result;

    *address = (struct wpb_listen_address){.text = kept, .path = ""};
    if (*text == '\0')
        result = wpb_err_set(err, WPB_E_ARGUMENT, STAGE, "there is no address");
    else if (is_tcp)
        result = parse_tcp(kept, address, err);
    else
        result = parse_path(kept, prefix, arena, address, err);
    if (result != 0)
        address->kind = WPB_LISTEN_NONE;
    return result;
}

static bool is_loopback(bool is_v6, const uint8_t *ip)
{
    if (is_v6)
        return memcmp(ip, zeros, 15) == 0 && ip[15] == 1;
    return ip[0] == 127;
}

bool wpb_listen_address_is(const struct wpb_listen_address *address, bool is_v6,
                           const uint8_t *ip, uint16_t port)
{
    bool is_any = memcmp(ip, zeros, is_v6 ? 16 : 4) == 0;

    if (address->port != port)
        return false;
    switch (address->kind) {
    case WPB_LISTEN_TCP4:
        if (is_v6) /* bound as ::ffff:127.0.0.1 */
            return memcmp(ip, mapped, 12) == 0 && memcmp(ip + 12, address->ip, 4) == 0;
        return memcmp(ip, address->ip, 4) == 0;
    case WPB_LISTEN_TCP6:
        return is_v6 && memcmp(ip, address->ip, 16) == 0;
    case WPB_LISTEN_TCP:
        return address->is_any ? is_any : is_loopback(is_v6, ip);
    case WPB_LISTEN_NONE:
    case WPB_LISTEN_UNIX:
        break;
    }
    return false;
}

static socklen_t target_v4(const struct wpb_listen_address *address,
                           struct sockaddr_storage *target)
{
    struct sockaddr_in *to = (struct sockaddr_in *)target;

    to->sin_family = AF_INET;
    to->sin_port = htons(address->port);
    to->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (address->kind == WPB_LISTEN_TCP4 && !address->is_any)
        memcpy(&to->sin_addr, address->ip, 4);
    return sizeof *to;
}

static socklen_t target_v6(const struct wpb_listen_address *address,
                           struct sockaddr_storage *target)
{
    struct sockaddr_in6 *to = (struct sockaddr_in6 *)target;

    to->sin6_family = AF_INET6;
    to->sin6_port = htons(address->port);
    to->sin6_addr.s6_addr[15] = 1;
    if (!address->is_any)
        memcpy(&to->sin6_addr, address->ip, 16);
    return sizeof *to;
}

socklen_t wpb_listen_address_target(const struct wpb_listen_address *address,
                                    struct sockaddr_storage *target)
{
    struct sockaddr_un *to = (struct sockaddr_un *)target;

    memset(target, 0, sizeof *target);
    if (address->kind == WPB_LISTEN_TCP6)
        return target_v6(address, target);
    if (address->kind != WPB_LISTEN_UNIX)
        return target_v4(address, target);
    to->sun_family = AF_UNIX;
    strncpy(to->sun_path, address->path, sizeof to->sun_path - 1);
    return sizeof *to;
}
