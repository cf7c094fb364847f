#include "probes/redis/greeting.h"

#include <stdio.h>

#define CLIENT_NAME "wpbloat"

static void build(struct wpb_buf *command, const char *const *words, size_t count)
{
    struct wpb_slice slices[3];
    for (size_t i = 0; i < count; i++)
        slices[i] = wpb_slice_cstr(words[i]);
    wpb_resp_command(command, slices, count);
}

bool wpb_greeting_build(const struct wpb_redis_address *address,
                        enum wpb_greeting_role role, int step, struct wpb_buf *command)
{
    char database[16];
    bool is_replica = role == WPB_ROLE_REPLICA;
    bool has_user = address->user[0] != '\0';

    switch (step) {
    case WPB_GREET_AUTH:
        if (!address->password[0] && !has_user)
            return false;
        if (has_user)
            build(command, (const char *[]){"AUTH", address->user, address->password}, 3);
        else
            build(command, (const char *[]){"AUTH", address->password}, 2);
        return true;
    case WPB_GREET_SELECT:
        if (address->is_cluster || address->is_sentinel)
            return false; /* there is one database, or none */
        snprintf(database, sizeof database, "%u", address->database);
        build(command, (const char *[]){"SELECT", database}, 2);
        return true;
    case WPB_GREET_NAME:
        build(command, (const char *[]){"CLIENT", "SETNAME", CLIENT_NAME}, 3);
        return true;
    case WPB_GREET_NO_TOUCH:
        if (address->is_cluster)
            return false;
        build(command, (const char *[]){"CLIENT", "NO-TOUCH", "ON"}, 3);
        return true;
    case WPB_GREET_INFO:
        build(command, (const char *[]){"INFO", "server"}, 2);
        return true;
    case WPB_GREET_READONLY:
        if (is_replica && address->is_cluster)
            build(command, (const char *[]){"READONLY"}, 1);
        return is_replica && address->is_cluster;
    case WPB_GREET_REPLICATION:
        if (role != WPB_ROLE_ANY)
            build(command, (const char *[]){"INFO", "replication"}, 2);
        return role != WPB_ROLE_ANY;
    case WPB_GREET_KEYS:
        if (is_replica)
            build(command, (const char *[]){"DBSIZE"}, 1);
        return is_replica;
    default:
        return false;
    }
}

/* What comes after NAME (which ends in ':') on its line of an INFO reply. */
static struct wpb_slice info_line(struct wpb_slice info, struct wpb_slice name)
{
    const char *at = info.len ? memmem(info.data, info.len, name.data, name.len) : NULL;
    if (!at)
        return wpb_slice_of("", 0);
    struct wpb_slice rest = wpb_slice_skip(info, (size_t)(at - info.data) + name.len);
    const char *end = rest.len ? memchr(rest.data, '\r', rest.len) : NULL;
    return wpb_slice_head(rest, end ? (size_t)(end - rest.data) : rest.len);
}

/* "standalone", "cluster" or "sentinel"; Valkey has a name of its own for it. */
static struct wpb_slice mode_of(struct wpb_slice info)
{
    static const struct wpb_slice redis = WPB_SLICE("\nredis_mode:"),
                                  valkey = WPB_SLICE("\nserver_mode:");
    struct wpb_slice mode = info_line(info, redis);

    return mode.len ? mode : info_line(info, valkey);
}

static int check_mode(const struct wpb_redis_address *address, const char *where,
                      const struct redisReply *reply, struct wpb_err *err)
{
    struct wpb_slice mode = mode_of(wpb_reply_text(reply));
    bool is_cluster = wpb_slice_is(mode, "cluster");
    bool is_sentinel = wpb_slice_is(mode, "sentinel");

    if (is_cluster && !address->is_cluster)
        return wpb_err_set(err, WPB_E_UNSUPPORTED, "redis",
                           "%s is a node of a Redis Cluster: give it as "
                           "redis-cluster://HOST:PORT, so that all nodes are read",
                           where);
    if (is_sentinel && !address->is_sentinel)
        return wpb_err_set(err, WPB_E_UNSUPPORTED, "redis",
                           "%s is a Redis Sentinel: give it as "
                           "redis-sentinel://HOST:PORT/NAME, with the master's name",
                           where);
    if (mode.len && !is_cluster && address->is_cluster)
        return wpb_err_set(err, WPB_E_UNSUPPORTED, "redis",
                           "%s is no node of a Redis Cluster", where);
    if (mode.len && !is_sentinel && address->is_sentinel)
        return wpb_err_set(err, WPB_E_UNSUPPORTED, "redis", "%s is no Redis Sentinel",
                           where);
    return 0;
}

/* A lag of moments is no harm; a replica that follows nobody may show an old world. */
static int check_replication(enum wpb_greeting_role wanted, const char *where,
                             const struct redisReply *reply, struct wpb_err *err)
{
    static const struct wpb_slice role = WPB_SLICE("\nrole:"),
                                  link = WPB_SLICE("\nmaster_link_status:");
    struct wpb_slice info = wpb_reply_text(reply);
    bool is_replica = wpb_slice_is(info_line(info, role), "slave");

    if (wanted == WPB_ROLE_MASTER && is_replica)
        return wpb_err_set(err, WPB_E_CONNECT, "redis",
                           "%s is not the master, as its sentinel says it is: a failover "
                           "may be under way",
                           where);
    if (wanted == WPB_ROLE_MASTER)
        return 0;
    if (!is_replica)
        return wpb_err_set(err, WPB_E_UNSUPPORTED, "redis", "%s is no replica", where);
    if (!wpb_slice_is(info_line(info, link), "up"))
        return wpb_err_set(err, WPB_E_CONNECT, "redis",
                           "%s has no link to its master, or is not yet in sync with it",
                           where);
    return 0;
}

int wpb_greeting_check(const struct wpb_redis_address *address,
                       enum wpb_greeting_role role, const char *where,
                       enum wpb_greeting step, const struct redisReply *reply,
                       struct wpb_err *err)
{
    static const char *const names[] = {
        [WPB_GREET_AUTH] = "AUTH",           [WPB_GREET_SELECT] = "SELECT",
        [WPB_GREET_NAME] = "CLIENT SETNAME", [WPB_GREET_NO_TOUCH] = "CLIENT NO-TOUCH",
        [WPB_GREET_INFO] = "INFO",           [WPB_GREET_READONLY] = "READONLY",
        [WPB_GREET_REPLICATION] = "INFO",    [WPB_GREET_KEYS] = "DBSIZE",
    };
    bool is_fatal = wpb_reply_is_code(reply, "NOAUTH") ||
                    wpb_reply_is_code(reply, "DENIED") ||
                    wpb_reply_is_code(reply, "ERR max number of clients");

    if (step == WPB_GREET_INFO && !wpb_reply_is_error(reply))
        return check_mode(address, where, reply, err);
    if (step == WPB_GREET_REPLICATION && !wpb_reply_is_error(reply))
        return check_replication(role, where, reply, err);
    /* Without that, each of its keys is said to be elsewhere. */
    if (step == WPB_GREET_READONLY)
        is_fatal = true;
    /* LOADING, MASTERDOWN. What the ACL forbids says nothing of its state. */
    if (step == WPB_GREET_KEYS && !wpb_reply_is_refusal(reply))
        is_fatal = true;
    /* Without the right to SELECT, database 0 is where one is anyway. */
    if (step == WPB_GREET_AUTH || (step == WPB_GREET_SELECT && address->database != 0))
        is_fatal = true;
    if (!wpb_reply_is_error(reply) || !is_fatal)
        return 0;
    return wpb_reply_fail(err, names[step], reply);
}
