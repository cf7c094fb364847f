/* Pieces of the sentences and commands that rules compose. */
#include <math.h>
#include <string.h>

#include "agent/base/address.h"
#include "agent/base/buf.h"
#include "agent/base/text.h"
#include "agent/rules/context.h"

/* What BUF holds, moved into the arena. */
static const char *settle(struct wpb_arena *arena, struct wpb_buf *buf)
{
    const char *text = wpb_arena_cstr(arena, wpb_buf_view(buf));

    wpb_buf_fini(buf);
    return text;
}

const char *wpb_say_bytes(struct wpb_arena *arena, uint64_t bytes)
{
    struct wpb_buf buf;

    wpb_buf_init(&buf, 0);
    wpb_text_bytes(&buf, bytes);
    return settle(arena, &buf);
}

const char *wpb_say_count(struct wpb_arena *arena, uint64_t count)
{
    struct wpb_buf buf;

    wpb_buf_init(&buf, 0);
    wpb_text_count(&buf, count);
    return settle(arena, &buf);
}

const char *wpb_say_duration(struct wpb_arena *arena, int64_t seconds)
{
    struct wpb_buf buf;

    wpb_buf_init(&buf, 0);
    wpb_text_ttl(&buf, seconds);
    return settle(arena, &buf);
}

const char *wpb_say_share(struct wpb_arena *arena, double ratio)
{
    double percent = round(ratio * 100);

    if (percent < 1)
        return ratio > 0 ? "less than 1 %" : "none";
    if (ratio < 1 && percent > 99)
        percent = 99;
    return wpb_arena_printf(arena, "%.0f %%", percent);
}

const char *wpb_say_name(struct wpb_arena *arena, struct wpb_slice name)
{
    struct wpb_buf buf;

    if (name.len == 0)
        return "(no name)";
    wpb_buf_init(&buf, 0);
    wpb_text_terminal_name(&buf, name);
    return settle(arena, &buf);
}

static bool is_file(struct wpb_slice scope)
{
    static const struct wpb_slice scheme = WPB_SLICE("rdb://");

    return wpb_slice_starts(scope, scheme);
}

/* The number at the end of "rdb:///dump.rdb?db=3"; 0 where none is. */
static uint32_t database_of_file(struct wpb_slice scope)
{
    static const struct wpb_slice query = WPB_SLICE("?db=");
    uint32_t database = 0;
    size_t digits = 0;

    while (digits < scope.len && digits < 9 &&
           scope.data[scope.len - 1 - digits] >= '0' &&
           scope.data[scope.len - 1 - digits] <= '9')
        digits++;
    if (!wpb_slice_ends(wpb_slice_head(scope, scope.len - digits), query))
        return 0;
    for (size_t i = scope.len - digits; i < scope.len; i++)
        database = database * 10 + (uint32_t)(scope.data[i] - '0');
    return database;
}

/* Keys were found in a file: the server that wrote it is the site's. */
static void add_redis_cli_of_file(const struct wpb_site *site, struct wpb_slice scope,
                                  struct wpb_buf *out)
{
    struct wpb_redis_address address = site->redis;

    address.database = database_of_file(scope);
    if (site->has_redis) {
        wpb_redis_address_cli(&address, out);
        return;
    }
    wpb_buf_text(out, "redis-cli");
    if (address.database)
        wpb_buf_printf(out, " -n %u", address.database);
}

static void add_redis_cli(const struct wpb_rule_context *context, struct wpb_slice scope,
                          struct wpb_buf *out)
{
    const struct wpb_site *site = context->site;
    struct wpb_redis_address address;

    if (is_file(scope)) {
        add_redis_cli_of_file(site, scope, out);
        return;
    }
    if (wpb_redis_address_parse(wpb_arena_cstr(context->arena, scope), context->arena,
                                &address, NULL)) {
        if (site->has_redis)
            wpb_redis_address_cli(&site->redis, out);
        else
            wpb_buf_text(out, "redis-cli");
        return;
    }
    if (site->has_redis && site->redis.user)
        address.user = site->redis.user;
    /* Where the master is now, its sentinels have told. */
    if (address.is_sentinel && site->redis.service) {
        address.host = site->redis.host;
        address.port = site->redis.port;
    }
    wpb_redis_address_cli(&address, out);
}

const char *wpb_say_redis_command(const struct wpb_rule_context *context,
                                  struct wpb_slice scope, const char *command)
{
    struct wpb_buf buf;

    wpb_buf_init(&buf, 0);
    add_redis_cli(context, scope, &buf);
    wpb_buf_printf(&buf, " %s", command);
    return settle(context->arena, &buf);
}

/* KEY as redis-cli reads it from a line of its standard input. Only letters and
 * digits stay as they are. */
static void add_quoted_for_redis(struct wpb_buf *out, struct wpb_slice key)
{
    wpb_buf_char(out, '"');
    for (size_t i = 0; i < key.len; i++) {
        unsigned char byte = (unsigned char)key.data[i];
        if ((byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
            (byte >= 'a' && byte <= 'z') || strchr("_-.:/", byte ? byte : '"'))
            wpb_buf_char(out, (char)byte);
        else
            wpb_buf_printf(out, "\\x%02x", byte);
    }
    wpb_buf_char(out, '"');
}

/* The shell's $'...' form: not every sh knows it, and no argument can hold NUL. */
static bool is_beyond_plain_quotes(struct wpb_slice word)
{
    return word.len > 0 && word.data[0] == '$';
}

const char *wpb_say_redis_key_command(const struct wpb_rule_context *context,
                                      const struct wpb_subject *key, const char *command)
{
    struct wpb_buf word, line;

    wpb_buf_init(&word, 0);
    wpb_buf_init(&line, 0);
    wpb_text_shell(&word, key->name);
    if (is_beyond_plain_quotes(wpb_buf_view(&word))) {
        wpb_buf_printf(&line, "printf '%%s\\n' '%s ", command);
        add_quoted_for_redis(&line, key->name);
        wpb_buf_text(&line, "' | ");
        add_redis_cli(context, key->scope, &line);
    } else {
        add_redis_cli(context, key->scope, &line);
        wpb_buf_printf(&line, " %s ", command);
        wpb_buf_slice(&line, wpb_buf_view(&word));
    }
    wpb_buf_fini(&word);
    return settle(context->arena, &line);
}

const char *wpb_say_explain_command(const struct wpb_rule_context *context,
                                    const struct wpb_subject *key)
{
    const struct wpb_site *site = context->site;
    struct wpb_buf buf;

    if (key->name.len && memchr(key->name.data, '\0', key->name.len))
        return NULL;
    wpb_buf_init(&buf, 0);
    wpb_buf_text(&buf, "wpbloat explain redis ");
    wpb_text_shell(&buf, key->name);
    if (site->path && site->path[0]) {
        wpb_buf_text(&buf, " --site ");
        wpb_text_shell(&buf, wpb_slice_cstr(site->path));
    }
    if (!site->path || !site->path[0] || is_file(key->scope)) {
        wpb_buf_text(&buf, " --redis ");
        wpb_text_shell(&buf, key->scope);
    }
    return settle(context->arena, &buf);
}

const char *wpb_say_wp_command(const struct wpb_rule_context *context,
                               const char *command, struct wpb_slice name)
{
    const char *path = context->site->path;
    struct wpb_buf buf;

    wpb_buf_init(&buf, 0);
    wpb_buf_text(&buf, "wp ");
    if (path && path[0]) {
        wpb_buf_text(&buf, "--path=");
        wpb_text_shell(&buf, wpb_slice_cstr(path));
        wpb_buf_char(&buf, ' ');
    }
    wpb_buf_text(&buf, command);
    if (name.len) {
        wpb_buf_char(&buf, ' ');
        wpb_text_shell(&buf, name);
    }
    return settle(context->arena, &buf);
}

const char *wpb_say_password_note(const struct wpb_rule_context *context)
{
    const struct wpb_site *site = context->site;

    if (!site->has_redis || !site->redis.password || !site->redis.password[0])
        return "";
    return " This Redis asks for a password: put it into the environment variable "
           "REDISCLI_AUTH before you run redis-cli.";
}
