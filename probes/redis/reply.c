#include "probes/redis/reply.h"

#include <stdio.h>

#define STAGE "redis"
/* Of a server's own words, so that the advice behind them still fits. */
#define QUOTE_MAX 90
/* No host has a longer name. */
#define HOST_MAX 253

void wpb_resp_word(struct wpb_buf *out, struct wpb_slice word)
{
    char head[24];
    size_t at = sizeof head;
    size_t len = word.len;

    head[--at] = '\n';
    head[--at] = '\r';
    do
        head[--at] = (char)('0' + len % 10);
    while (len /= 10);
    head[--at] = '$';
    wpb_buf_add(out, head + at, sizeof head - at);
    wpb_buf_slice(out, word);
    wpb_buf_add(out, "\r\n", 2);
}

void wpb_resp_command(struct wpb_buf *out, const struct wpb_slice *words, size_t count)
{
    wpb_buf_printf(out, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++)
        wpb_resp_word(out, words[i]);
}

struct wpb_slice wpb_reply_text(const struct redisReply *reply)
{
    switch (reply->type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR:
        return wpb_slice_of(reply->str, (size_t)reply->len);
    default:
        return wpb_slice_of("", 0);
    }
}

bool wpb_reply_is_code(const struct redisReply *reply, const char *code)
{
    return wpb_reply_is_error(reply) &&
           wpb_slice_starts(wpb_reply_text(reply), wpb_slice_cstr(code));
}

bool wpb_reply_is_refusal(const struct redisReply *reply)
{
    return wpb_reply_is_code(reply, "NOPERM") ||
           wpb_reply_is_code(reply, "ERR unknown command") ||
           wpb_reply_is_code(reply, "ERR unknown subcommand") ||
           wpb_reply_is_code(reply, "ERR Unknown subcommand") ||
           wpb_reply_is_code(reply, "ERR operation not permitted");
}

bool wpb_reply_is_host(struct wpb_slice text)
{
    if (text.len == 0 || text.len > HOST_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] <= ' ' || text.data[i] > '~')
            return false;
    }
    return true;
}

int64_t wpb_reply_integer(const struct redisReply *reply, int64_t fallback)
{
    return reply->type == REDIS_REPLY_INTEGER ? (int64_t)reply->integer : fallback;
}

/* What an error reply means, by its first words. */
static const struct meaning {
    const char *begins;
    enum wpb_err_code code;
    const char *advice;
} meanings[] = {
    {"NOAUTH", WPB_E_AUTH,
     "it asks for a password; the site's configuration or --redis-password-file must "
     "give one"},
    {"WRONGPASS", WPB_E_AUTH, "user or password are wrong"},
    {"ERR invalid password", WPB_E_AUTH, "the password is wrong"},
    {"ERR AUTH <password> called without", WPB_E_AUTH,
     "the server has no password, the configuration gives one"},
    {"ERR Client sent AUTH, but no password", WPB_E_AUTH,
     "the server has no password, the configuration gives one"},
    {"NOPERM", WPB_E_DENIED, "its ACL forbids that; see packaging/redis-acl.txt"},
    {"LOADING", WPB_E_CONNECT, "it is still loading its data; try again later"},
    {"MASTERDOWN", WPB_E_CONNECT,
     "this replica has lost its master and serves no stale data; ask the master"},
    {"BUSY", WPB_E_TIMEOUT, "a script blocks it; try again later"},
    {"MOVED", WPB_E_UNSUPPORTED,
     "the key is on another node of a Redis Cluster, which could not be reached"},
    {"ASK", WPB_E_UNSUPPORTED,
     "the key is on its way to another node of a Redis Cluster, which could not be "
     "reached"},
    {"CLUSTERDOWN", WPB_E_CONNECT,
     "this Redis Cluster does not serve all of its keys; see CLUSTER INFO"},
    {"CROSSSLOT", WPB_E_UNSUPPORTED, "this is a Redis Cluster"},
    {"READONLY", WPB_E_DENIED, "it took the command for a write"},
    {"DENIED", WPB_E_DENIED,
     "protected mode; connect through loopback or its unix socket"},
    {"ERR max number of clients", WPB_E_CONNECT, "it takes no further client"},
    {"ERR DB index is out of range", WPB_E_NOT_FOUND, "it has no such database"},
    {"ERR unknown command", WPB_E_UNSUPPORTED,
     "the command is renamed, disabled, or unknown to this server"},
};

int wpb_reply_fail(struct wpb_err *err, const char *command,
                   const struct redisReply *reply)
{
    struct wpb_slice text = wpb_slice_head(wpb_reply_text(reply), QUOTE_MAX);

    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        if (wpb_reply_is_code(reply, meanings[i].begins))
            return wpb_err_set(err, meanings[i].code, STAGE,
                               "Redis answered %s with \"%.*s\": %s", command,
                               (int)text.len, text.data, meanings[i].advice);
    }
    return wpb_err_set(err, WPB_E_PROTOCOL, STAGE, "Redis answered %s with \"%.*s\"",
                       command, (int)text.len, text.data);
}

int wpb_reply_unexpected(struct wpb_err *err, const char *command,
                         const struct redisReply *reply)
{
    if (wpb_reply_is_error(reply))
        return wpb_reply_fail(err, command, reply);
    return wpb_err_set(err, WPB_E_PROTOCOL, STAGE,
                       "the answer to %s is of a type (%d) that Redis never gives to it",
                       command, reply->type);
}
