#include "agent/base/address.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/text.h"

#define FORM "redis://[user@]host[:port][/db], rediss://... or unix:///path[?db=N]"

static int refuse(struct wpb_err *err, const char *why)
{
    return wpb_err_set(err, WPB_E_ARGUMENT, "redis", "%s; write %s", why, FORM);
}

/* All of TEXT as a decimal number up to MAX. */
static int parse_number(struct wpb_slice text, uint32_t max, uint32_t *number)
{
    uint64_t value = 0;

    if (text.len == 0 || text.len > 10)
        return -1;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return -1;
        value = value * 10 + (uint64_t)(text.data[i] - '0');
    }
    if (value > max)
        return -1;
    *number = (uint32_t)value;
    return 0;
}

/* Cut TEXT at the first BYTE: what follows goes to REST. */
static bool cut(struct wpb_slice *text, char byte, struct wpb_slice *rest)
{
    const char *at = text->len ? memchr(text->data, byte, text->len) : NULL;

    if (!at)
        return false;
    *rest = wpb_slice_skip(*text, (size_t)(at - text->data) + 1);
    text->len = (size_t)(at - text->data);
    return true;
}

static int parse_unix(struct wpb_slice text, struct wpb_arena *arena,
                      struct wpb_redis_address *address, struct wpb_err *err)
{
    struct wpb_slice query = {"", 0};

    if (cut(&text, '?', &query)) {
        static const struct wpb_slice db = WPB_SLICE("db=");
        if (!wpb_slice_starts(query, db) ||
            parse_number(wpb_slice_skip(query, db.len), INT32_MAX, &address->database))
            return refuse(err, "the part after '?' is not db=N");
    }
    if (text.len < 2 || text.data[0] != '/')
        return refuse(err, "a unix socket needs an absolute path");
    if (text.len > 107)
        return refuse(err, "a unix socket's path has at most 107 bytes");
    address->scheme = WPB_REDIS_UNIX;
    address->path = wpb_arena_cstr(arena, text);
    return 0;
}

static int parse_host(struct wpb_slice text, struct wpb_arena *arena,
                      struct wpb_redis_address *address, struct wpb_err *err)
{
    struct wpb_slice port = {"", 0};
    uint32_t number = 6379;

    if (text.len && text.data[0] == '[') {
        struct wpb_slice rest;
        text = wpb_slice_skip(text, 1);
        if (!cut(&text, ']', &rest))
            return refuse(err, "an IPv6 host has no closing ']'");
        if (rest.len && rest.data[0] != ':')
            return refuse(err, "only :port may follow ']'");
        port = wpb_slice_skip(rest, 1);
        if (rest.len && !port.len)
            return refuse(err, "the port is missing");
    } else if (cut(&text, ':', &port) && !port.len) {
        return refuse(err, "the port is missing");
    }
    if (port.len && (parse_number(port, 65535, &number) || number == 0))
        return refuse(err, "the port is not a number from 1 to 65535");
    if (text.len == 0 || text.len > 253)
        return refuse(err, "the host is missing or too long");
    address->host = wpb_arena_cstr(arena, text);
    address->port = (uint16_t)number;
    return 0;
}

static int parse_tcp(struct wpb_slice text, struct wpb_arena *arena,
                     struct wpb_redis_address *address, struct wpb_err *err)
{
    struct wpb_slice database = {"", 0}, host;

    if (cut(&text, '/', &database) && database.len &&
        parse_number(database, INT32_MAX, &address->database))
        return refuse(err, "the part after '/' is not a database number");
    host = text;
    if (cut(&text, '@', &host)) {
        if (memchr(text.data, ':', text.len))
            return wpb_err_set(err, WPB_E_ARGUMENT, "redis",
                               "a password in a URI would show in the process list; "
                               "put it in a file and use --redis-password-file");
        address->user = wpb_arena_cstr(arena, text);
    }
    return parse_host(host, arena, address, err);
}

int wpb_redis_address_parse(const char *uri, struct wpb_arena *arena,
                            struct wpb_redis_address *address, struct wpb_err *err)
{
    static const struct wpb_slice tcp = WPB_SLICE("redis://");
    static const struct wpb_slice tls = WPB_SLICE("rediss://");
    static const struct wpb_slice local = WPB_SLICE("unix://");
    struct wpb_slice text = wpb_slice_cstr(uri);

    *address = (struct wpb_redis_address){
        .host = "", .path = "", .user = "", .password = "", .port = 6379};
    if (wpb_slice_starts(text, local))
        return parse_unix(wpb_slice_skip(text, local.len), arena, address, err);
    if (wpb_slice_starts(text, tls)) {
        address->scheme = WPB_REDIS_TLS;
        return parse_tcp(wpb_slice_skip(text, tls.len), arena, address, err);
    }
    if (wpb_slice_starts(text, tcp))
        return parse_tcp(wpb_slice_skip(text, tcp.len), arena, address, err);
    return refuse(err, "the Redis address has no known scheme");
}

void wpb_redis_address_scope(const struct wpb_redis_address *address, bool with_database,
                             struct wpb_buf *out)
{
    bool is_ipv6 = strchr(address->host, ':') != NULL;

    if (address->scheme == WPB_REDIS_UNIX) {
        wpb_buf_printf(out, "unix://%s", address->path);
        if (with_database)
            wpb_buf_printf(out, "?db=%u", address->database);
        return;
    }
    wpb_buf_printf(out, "%s://%s%s%s:%u",
                   address->scheme == WPB_REDIS_TLS ? "rediss" : "redis",
                   is_ipv6 ? "[" : "", address->host, is_ipv6 ? "]" : "", address->port);
    if (with_database)
        wpb_buf_printf(out, "/%u", address->database);
}

void wpb_redis_address_cli(const struct wpb_redis_address *address, struct wpb_buf *out)
{
    wpb_buf_text(out, "redis-cli");
    if (address->scheme == WPB_REDIS_UNIX) {
        wpb_buf_text(out, " -s ");
        wpb_text_shell(out, wpb_slice_cstr(address->path));
    } else {
        wpb_buf_text(out, " -h ");
        wpb_text_shell(out, wpb_slice_cstr(address->host));
        wpb_buf_printf(out, " -p %u", address->port);
        if (address->scheme == WPB_REDIS_TLS)
            wpb_buf_text(out, " --tls");
    }
    if (address->user[0]) {
        wpb_buf_text(out, " --user ");
        wpb_text_shell(out, wpb_slice_cstr(address->user));
    }
    if (address->database)
        wpb_buf_printf(out, " -n %u", address->database);
}
