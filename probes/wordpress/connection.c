#include "probes/wordpress/connection.h"

#include <stdlib.h>
#include <strings.h>

#define DEFAULT_HOST "127.0.0.1"
#define DEFAULT_PORT 6379

static const char *text_of(struct wpb_config_value value, struct wpb_arena *arena)
{
    struct wpb_slice text;
    if (!wpb_config_value_text(value, arena, &text))
        return "";
    return wpb_arena_cstr(arena, text);
}

static bool has_scheme(const char *text, const char *scheme)
{
    return strncasecmp(text, scheme, strlen(scheme)) == 0;
}

/* A number in [0, MAX] or FALLBACK. */
static uint32_t number_of(struct wpb_config_value value, uint32_t max, uint32_t fallback)
{
    int64_t number;
    if (!wpb_config_value_number(value, &number) || number < 0 || number > max)
        return fallback;
    return (uint32_t)number;
}

/* A string, or [user, password]. */
static void set_password(struct wpb_config_value value, struct wpb_arena *arena,
                         struct wpb_redis_address *address)
{
    if (value.type != WPB_CONFIG_ARRAY) {
        address->password = text_of(value, arena);
        return;
    }
    const struct wpb_config_array *pair = value.array;
    if (pair->count > 0)
        address->password = text_of(pair->elements[pair->count - 1].value, arena);
    if (pair->count > 1)
        address->user = text_of(pair->elements[0].value, arena);
}

/* "h:p" or "[h]:p", which only some plugins understand. */
static void split_port(const char **host, uint16_t *port, struct wpb_arena *arena)
{
    const char *bracket = **host == '[' ? strchr(*host, ']') : NULL;
    const char *from = bracket ? bracket : *host;
    const char *colon = strrchr(from, ':');
    char *end;
    if (!colon || strchr(from, ':') != colon || !colon[1])
        return;
    unsigned long number = strtoul(colon + 1, &end, 10);
    if (*end || number == 0 || number > UINT16_MAX)
        return;
    *port = (uint16_t)number;
    *host = wpb_arena_cstr(arena, wpb_slice_of(*host, (size_t)(colon - *host)));
}

static const char *without_brackets(const char *host, struct wpb_arena *arena)
{
    size_t len = strlen(host);
    if (len < 2 || host[0] != '[' || host[len - 1] != ']')
        return host;
    return wpb_arena_cstr(arena, wpb_slice_of(host + 1, len - 2));
}

static void make_unix(struct wpb_redis_address *address, const char *path)
{
    address->scheme = WPB_REDIS_UNIX;
    address->path = path;
    address->host = "";
    address->port = 0;
}

void wpb_connection_address(const struct wpb_connection *settings,
                            struct wpb_arena *arena, struct wpb_redis_address *address)
{
    const char *scheme = text_of(settings->scheme, arena);
    const char *host = text_of(settings->host, arena);
    const char *path = text_of(settings->path, arena);

    *address = (struct wpb_redis_address){
        .scheme = WPB_REDIS_TCP, .path = "", .user = "", .password = ""};
    address->port = (uint16_t)number_of(settings->port, UINT16_MAX, DEFAULT_PORT);
    address->database = number_of(settings->database, UINT32_MAX, 0);
    address->user = text_of(settings->user, arena);
    set_password(settings->password, arena, address);

    if (has_scheme(host, "tls://") || has_scheme(host, "rediss://"))
        scheme = "tls";
    if (has_scheme(host, "unix:")) {
        host += strlen("unix:");
        host += host[0] == '/' && host[1] == '/' ? 2 : 0;
        scheme = "unix";
    } else if (strstr(host, "://")) {
        host = strstr(host, "://") + 3;
    }
    if (strcasecmp(scheme, "unix") == 0) {
        make_unix(address, *path ? path : host);
        return;
    }
    if (host[0] == '/') {
        make_unix(address, host);
        return;
    }
    if (strcasecmp(scheme, "tls") == 0 || strcasecmp(scheme, "rediss") == 0)
        address->scheme = WPB_REDIS_TLS;
    split_port(&host, &address->port, arena);
    host = without_brackets(host, arena);
    address->host = *host ? host : DEFAULT_HOST;
    if (address->port == 0)
        address->port = DEFAULT_PORT;
}
