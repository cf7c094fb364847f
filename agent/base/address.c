#include "agent/base/address.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/text.h"

#define FORM                                                                             \
    "redis://[user@]host[:port][/db], rediss://..., unix:///path[?db=N], "               \
    "redis-sentinel://host,.../NAME[/db] or redis-cluster://host,..."
#define DEFAULT_PORT 6379
#define SENTINEL_PORT 26379
#define SERVICE_MAX 128

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

/* The port that ADDRESS has stands when TEXT names none. */
static int parse_host(struct wpb_slice text, struct wpb_arena *arena,
                      struct wpb_redis_address *address, struct wpb_err *err)
{
    struct wpb_slice port = {"", 0};
    uint32_t number = address->port;

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

/* Take "user@" off TEXT. */
static int parse_user(struct wpb_slice *text, struct wpb_arena *arena,
                      struct wpb_redis_address *address, struct wpb_err *err)
{
    struct wpb_slice user = *text, host;

    if (!cut(&user, '@', &host))
        return 0;
    if (memchr(user.data, ':', user.len))
        return wpb_err_set(err, WPB_E_ARGUMENT, "redis",
                           "a password in a URI would show in the process list; "
                           "put it in a file and use --redis-password-file");
    address->user = wpb_arena_cstr(arena, user);
    *text = host;
    return 0;
}

static int parse_database(struct wpb_slice text, struct wpb_redis_address *address,
                          struct wpb_err *err)
{
    if (text.len && parse_number(text, INT32_MAX, &address->database))
        return refuse(err, "the part after '/' is not a database number");
    return 0;
}

static int parse_tcp(struct wpb_slice text, struct wpb_arena *arena,
                     struct wpb_redis_address *address, struct wpb_err *err)
{
    struct wpb_slice database = {"", 0};

    cut(&text, '/', &database);
    if (parse_database(database, address, err) != 0 ||
        parse_user(&text, arena, address, err) != 0)
        return -1;
    return parse_host(text, arena, address, err);
}

/* "host[:port],...": the seeds, which have no login of their own. */
static int parse_seeds(struct wpb_slice text, uint16_t port, struct wpb_arena *arena,
                       struct wpb_redis_address *address, struct wpb_err *err)
{
    struct wpb_redis_address *seeds =
        wpb_arena_alloc(arena, WPB_REDIS_SEEDS_MAX * sizeof(*seeds));
    struct wpb_slice next = text;
    size_t count = 0;
    bool has_more;

    do {
        if (count == WPB_REDIS_SEEDS_MAX)
            return refuse(err, "more than eight hosts");
        text = next;
        has_more = cut(&text, ',', &next);
        seeds[count] = (struct wpb_redis_address){.scheme = address->scheme,
                                                  .path = "",
                                                  .user = "",
                                                  .password = "",
                                                  .port = port,
                                                  .is_cluster = address->is_cluster,
                                                  .is_sentinel = address->is_sentinel};
        if (parse_host(text, arena, &seeds[count], err) != 0)
            return -1;
        count++;
    } while (has_more);
    address->seeds = seeds;
    address->seed_count = count;
    return 0;
}

static int parse_cluster(struct wpb_slice text, struct wpb_arena *arena,
                         struct wpb_redis_address *address, struct wpb_err *err)
{
    address->is_cluster = true;
    if (memchr(text.data, '/', text.len))
        return refuse(err, "a cluster has one database alone");
    if (parse_user(&text, arena, address, err) != 0 ||
        parse_seeds(text, address->port, arena, address, err) != 0)
        return -1;
    address->host = address->seeds[0].host;
    address->port = address->seeds[0].port;
    return 0;
}

static int parse_sentinel(struct wpb_slice text, struct wpb_arena *arena,
                          struct wpb_redis_address *address, struct wpb_err *err)
{
    struct wpb_slice service = {"", 0}, database = {"", 0};

    address->is_sentinel = true;
    address->port = 0;
    cut(&text, '/', &service);
    cut(&service, '/', &database);
    if (service.len == 0 || service.len > SERVICE_MAX)
        return refuse(err, "the name by which the sentinels know the master is missing");
    address->service = wpb_arena_cstr(arena, service);
    if (parse_database(database, address, err) != 0 ||
        parse_user(&text, arena, address, err) != 0)
        return -1;
    return parse_seeds(text, SENTINEL_PORT, arena, address, err);
}

int wpb_redis_address_parse(const char *uri, struct wpb_arena *arena,
                            struct wpb_redis_address *address, struct wpb_err *err)
{
    static const struct {
        struct wpb_slice begins;
        enum wpb_redis_scheme scheme;
        int (*parse)(struct wpb_slice text, struct wpb_arena *arena,
                     struct wpb_redis_address *address, struct wpb_err *err);
    } forms[] = {
        {WPB_SLICE("unix://"), WPB_REDIS_UNIX, parse_unix},
        {WPB_SLICE("redis://"), WPB_REDIS_TCP, parse_tcp},
        {WPB_SLICE("rediss://"), WPB_REDIS_TLS, parse_tcp},
        {WPB_SLICE("redis-sentinel://"), WPB_REDIS_TCP, parse_sentinel},
        {WPB_SLICE("rediss-sentinel://"), WPB_REDIS_TLS, parse_sentinel},
        {WPB_SLICE("redis-cluster://"), WPB_REDIS_TCP, parse_cluster},
        {WPB_SLICE("rediss-cluster://"), WPB_REDIS_TLS, parse_cluster},
    };
    struct wpb_slice text = wpb_slice_cstr(uri);

    *address = (struct wpb_redis_address){
        .host = "", .path = "", .user = "", .password = "", .port = DEFAULT_PORT};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (!wpb_slice_starts(text, forms[i].begins))
            continue;
        address->scheme = forms[i].scheme;
        return forms[i].parse(wpb_slice_skip(text, forms[i].begins.len), arena, address,
                              err);
    }
    return refuse(err, "the Redis address has no known scheme");
}

static void add_host(const struct wpb_redis_address *address, struct wpb_buf *out)
{
    bool is_ipv6 = strchr(address->host, ':') != NULL;

    wpb_buf_printf(out, "%s%s%s:%u", is_ipv6 ? "[" : "", address->host,
                   is_ipv6 ? "]" : "", address->port);
}

void wpb_redis_address_master(struct wpb_slice master, struct wpb_arena *arena,
                              struct wpb_redis_address *address)
{
    struct wpb_redis_address found = {.port = 0};
    struct wpb_buf known;
    struct wpb_err err;

    /* An agent learns it again with every look: what is known takes no memory. */
    wpb_buf_init(&known, 0);
    add_host(address, &known);
    bool is_known = wpb_slice_equal(master, wpb_buf_view(&known));
    wpb_buf_fini(&known);
    if (is_known || master.len == 0 || parse_host(master, arena, &found, &err) != 0 ||
        !found.port)
        return;
    address->host = found.host;
    address->port = found.port;
}

/* Where a master is changes, what its sentinels call it does not. */
static void sentinel_scope(const struct wpb_redis_address *address, bool with_database,
                           struct wpb_buf *out)
{
    wpb_buf_printf(out, "%s-sentinel://",
                   address->scheme == WPB_REDIS_TLS ? "rediss" : "redis");
    if (address->seed_count)
        add_host(&address->seeds[0], out);
    wpb_buf_printf(out, "/%s", address->service);
    if (with_database)
        wpb_buf_printf(out, "/%u", address->database);
}

void wpb_redis_address_scope(const struct wpb_redis_address *address, bool with_database,
                             struct wpb_buf *out)
{
    bool is_cluster = address->is_cluster && address->seed_count;

    if (address->is_sentinel && address->service) {
        sentinel_scope(address, with_database, out);
        return;
    }
    if (address->scheme == WPB_REDIS_UNIX) {
        wpb_buf_printf(out, "unix://%s", address->path);
        if (with_database)
            wpb_buf_printf(out, "?db=%u", address->database);
        return;
    }
    wpb_buf_printf(out, "%s%s://", address->scheme == WPB_REDIS_TLS ? "rediss" : "redis",
                   is_cluster ? "-cluster" : "");
    add_host(address, out);
    if (with_database && !is_cluster)
        wpb_buf_printf(out, "/%u", address->database);
}

void wpb_redis_address_cli(const struct wpb_redis_address *address, struct wpb_buf *out)
{
    wpb_buf_text(out, "redis-cli");
    if (address->scheme == WPB_REDIS_UNIX) {
        wpb_buf_text(out, " -s ");
        wpb_text_shell(out, wpb_slice_cstr(address->path));
    } else {
        if (address->is_cluster)
            wpb_buf_text(out, " -c");
        wpb_buf_text(out, " -h ");
        /* Of a master that no sentinel was asked for, its reader must ask. */
        wpb_text_shell(out, wpb_slice_cstr(address->host[0] ? address->host : "MASTER"));
        wpb_buf_printf(out, " -p %u", address->port ? address->port : DEFAULT_PORT);
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
