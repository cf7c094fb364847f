#include "agent/base/mysql_address.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/text.h"

#define PORT_DEFAULT 3306
#define SOCKET_PATH_MAX 107
#define FORM                                                                             \
    "mysql://[user@]host[:port]/schema, mysqls://... for TLS, or "                       \
    "mysql+unix:///path?db=schema&user=U"

static int refuse(struct wpb_err *err, const char *why)
{
    return wpb_err_set(err, WPB_E_ARGUMENT, "mysql", "%s; write %s", why, FORM);
}

static bool parse_port(struct wpb_slice text, uint16_t *port)
{
    uint32_t value = 0;

    if (text.len == 0 || text.len > 5)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        value = value * 10 + (uint32_t)(text.data[i] - '0');
    }
    *port = (uint16_t)value;
    return value > 0 && value <= UINT16_MAX;
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

static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    byte = (char)tolower((unsigned char)byte);
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* TEXT with %XX decoded; NULL when a NUL or half an escape is in it. */
static const char *decoded(struct wpb_slice text, struct wpb_arena *arena)
{
    char *out = wpb_arena_cstr(arena, text);
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        char byte = text.data[i];
        if (byte == '%') {
            int high = i + 2 < text.len ? hex_digit(text.data[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(text.data[i + 2]) : -1;
            if (low < 0)
                return NULL;
            byte = (char)(high * 16 + low);
            i += 2;
        }
        if (byte == '\0')
            return NULL;
        out[len++] = byte;
    }
    out[len] = '\0';
    return out;
}

static int parse_unix(struct wpb_slice text, struct wpb_arena *arena,
                      struct wpb_mysql_address *address, struct wpb_err *err)
{
    static const struct wpb_slice db = WPB_SLICE("db="), user = WPB_SLICE("user=");
    struct wpb_slice query = {"", 0}, rest;

    cut(&text, '?', &query);
    if (text.len < 2 || text.data[0] != '/')
        return refuse(err, "a unix socket needs an absolute path");
    address->path = decoded(text, arena);
    if (address->path && strlen(address->path) > SOCKET_PATH_MAX)
        return refuse(err, "a unix socket's path has at most 107 bytes");
    for (; query.len; query = rest) {
        rest = wpb_slice_of("", 0);
        cut(&query, '&', &rest);
        if (wpb_slice_starts(query, db))
            address->schema = decoded(wpb_slice_skip(query, db.len), arena);
        else if (wpb_slice_starts(query, user))
            address->user = decoded(wpb_slice_skip(query, user.len), arena);
        else
            return refuse(err, "the part after '?' is not db=SCHEMA&user=USER");
    }
    return 0;
}

/* host, host:port, [ipv6] or [ipv6]:port. */
static int parse_host(struct wpb_slice text, struct wpb_arena *arena,
                      struct wpb_mysql_address *address, struct wpb_err *err)
{
    struct wpb_slice port = {"", 0}, rest = {"", 0};
    bool has_port;

    if (text.len && text.data[0] == '[') {
        text = wpb_slice_skip(text, 1);
        if (!cut(&text, ']', &rest))
            return refuse(err, "an IPv6 host has no closing ']'");
        if (rest.len && rest.data[0] != ':')
            return refuse(err, "only :port may follow ']'");
        has_port = rest.len > 0;
        port = wpb_slice_skip(rest, 1);
    } else {
        has_port = cut(&text, ':', &port);
    }
    if (has_port && !parse_port(port, &address->port))
        return refuse(err, "the port is not a number from 1 to 65535");
    if (text.len == 0 || text.len > 253)
        return refuse(err, "the host is missing or too long");
    address->host = decoded(text, arena);
    return 0;
}

static int parse_tcp(struct wpb_slice text, struct wpb_arena *arena,
                     struct wpb_mysql_address *address, struct wpb_err *err)
{
    struct wpb_slice schema = {"", 0}, host;

    if (cut(&text, '/', &schema)) {
        if (memchr(schema.data, '?', schema.len))
            return refuse(err, "nothing may follow the schema");
        address->schema = decoded(schema, arena);
    }
    host = text;
    if (cut(&text, '@', &host)) {
        if (memchr(text.data, ':', text.len))
            return wpb_err_set(err, WPB_E_ARGUMENT, "mysql",
                               "a password in a URI would show in the process list; "
                               "put it in a file and use --mysql-password-file");
        address->user = decoded(text, arena);
    }
    return parse_host(host, arena, address, err);
}

int wpb_mysql_address_parse(const char *uri, struct wpb_arena *arena,
                            struct wpb_mysql_address *address, struct wpb_err *err)
{
    static const struct wpb_slice local = WPB_SLICE("mysql+unix://");
    static const struct wpb_slice tcp = WPB_SLICE("mysql://");
    static const struct wpb_slice tls = WPB_SLICE("mysqls://");
    struct wpb_slice text = wpb_slice_cstr(uri);
    int status;

    *address = (struct wpb_mysql_address){.host = "",
                                          .port = PORT_DEFAULT,
                                          .path = "",
                                          .schema = "",
                                          .user = "",
                                          .password = ""};
    if (wpb_slice_starts(text, local)) {
        status = parse_unix(wpb_slice_skip(text, local.len), arena, address, err);
    } else if (wpb_slice_starts(text, tcp)) {
        status = parse_tcp(wpb_slice_skip(text, tcp.len), arena, address, err);
    } else if (wpb_slice_starts(text, tls)) {
        address->is_encrypted = true;
        status = parse_tcp(wpb_slice_skip(text, tls.len), arena, address, err);
    } else {
        return refuse(err, "the database address has no known scheme");
    }
    if (status)
        return -1;
    if (!address->host || !address->path || !address->schema || !address->user)
        return refuse(err, "a %-escape is not two hex digits, or NUL");
    if (!*address->schema)
        return refuse(err, "the schema (the database's name) is missing");
    return 0;
}

static bool has_two_colons(struct wpb_slice text)
{
    const char *first = text.len ? memchr(text.data, ':', text.len) : NULL;

    return first && memchr(first + 1, ':', text.len - (size_t)(first + 1 - text.data));
}

/* The same order of tests as WordPress 6.1, wp-includes/class-wpdb.php. Like PHP's own
 * client, a socket counts for the local host only. */
void wpb_mysql_address_of_wpdb(const char *db_host, struct wpb_arena *arena,
                               struct wpb_mysql_address *address)
{
    struct wpb_slice host = wpb_slice_cstr(db_host), port = {"", 0}, rest = {"", 0};
    const char *socket;

    *address = (struct wpb_mysql_address){.host = "",
                                          .port = PORT_DEFAULT,
                                          .path = "",
                                          .schema = "",
                                          .user = "",
                                          .password = ""};
    if (wpb_slice_starts(host, (struct wpb_slice)WPB_SLICE("p:")))
        host = wpb_slice_skip(host, 2);
    socket = host.len ? memmem(host.data, host.len, ":/", 2) : NULL;
    if (socket) {
        host.len = (size_t)(socket - host.data);
        if (host.len == 0 || wpb_slice_is(host, "localhost")) {
            address->path = wpb_arena_cstr(arena, wpb_slice_cstr(socket + 1));
            return;
        }
    }
    if (host.len && host.data[0] == '[') {
        host = wpb_slice_skip(host, 1);
        if (cut(&host, ']', &rest) && rest.len)
            port = wpb_slice_skip(rest, 1);
    } else if (!has_two_colons(host)) {
        cut(&host, ':', &port);
    }
    if (!parse_port(port, &address->port))
        address->port = PORT_DEFAULT;
    address->host = wpb_arena_cstr(arena, host);
}

/* As a part of a URI: what could end it, and what no terminal may see, as %XX. */
static void add_part(struct wpb_buf *out, const char *text, const char *plain)
{
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (isalnum(byte) || strchr(plain, byte))
            wpb_buf_char(out, *text);
        else
            wpb_buf_printf(out, "%%%02X", byte);
    }
}

/* USER "": none is named. */
static void add_uri(const struct wpb_mysql_address *address, bool with_schema,
                    const char *user, struct wpb_buf *out)
{
    bool is_ipv6 = strchr(address->host, ':') != NULL;

    if (*address->path) {
        wpb_buf_text(out, "mysql+unix://");
        add_part(out, address->path, "-._~/");
        if (with_schema) {
            wpb_buf_text(out, "?db=");
            add_part(out, address->schema, "-._~$");
        }
        if (*user) {
            wpb_buf_text(out, "&user=");
            add_part(out, user, "-._~$");
        }
        return;
    }
    wpb_buf_text(out, address->is_encrypted ? "mysqls://" : "mysql://");
    if (*user) {
        add_part(out, user, "-._~$");
        wpb_buf_char(out, '@');
    }
    wpb_buf_text(out, is_ipv6 ? "[" : "");
    add_part(out, address->host, "-._~:");
    wpb_buf_printf(out, "%s:%u", is_ipv6 ? "]" : "", address->port);
    if (with_schema) {
        wpb_buf_char(out, '/');
        add_part(out, address->schema, "-._~$");
    }
}

void wpb_mysql_address_scope(const struct wpb_mysql_address *address, bool with_schema,
                             struct wpb_buf *out)
{
    add_uri(address, with_schema, "", out);
}

void wpb_mysql_address_uri(const struct wpb_mysql_address *address, struct wpb_buf *out)
{
    add_uri(address, true, address->user, out);
}

void wpb_mysql_address_cli(const struct wpb_mysql_address *address, struct wpb_buf *out)
{
    wpb_buf_text(out, "mysql");
    if (*address->path) {
        wpb_buf_text(out, " -S ");
        wpb_text_shell(out, wpb_slice_cstr(address->path));
    } else if (strcmp(address->host, "localhost") != 0) {
        wpb_buf_text(out, " -h ");
        wpb_text_shell(out, wpb_slice_cstr(address->host));
        wpb_buf_printf(out, " -P %u", address->port);
    }
    if (address->user[0]) {
        wpb_buf_text(out, " -u ");
        wpb_text_shell(out, wpb_slice_cstr(address->user));
        wpb_buf_text(out, " -p");
    }
    wpb_buf_char(out, ' ');
    wpb_text_shell(out, wpb_slice_cstr(address->schema));
}

bool wpb_mysql_address_is_local(const struct wpb_mysql_address *address)
{
    return *address->path || strcmp(address->host, "localhost") == 0 ||
           strncmp(address->host, "127.", 4) == 0 || strcmp(address->host, "::1") == 0;
}

void wpb_mysql_post_init(struct wpb_mysql_post *post,
                         const struct wpb_mysql_address *address, uint64_t id)
{
    int len = snprintf(post->name, sizeof(post->name), "%llu", (unsigned long long)id);

    wpb_buf_init(&post->scope, 0);
    wpb_mysql_address_scope(address, true, &post->scope);
    post->subject = (struct wpb_subject){.kind = WPB_SUBJECT_POST,
                                         .scope = wpb_buf_view(&post->scope),
                                         .name = wpb_slice_of(post->name, (size_t)len)};
}

void wpb_mysql_post_fini(struct wpb_mysql_post *post)
{
    wpb_buf_fini(&post->scope);
}
