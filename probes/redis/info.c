#include "probes/redis/info.h"

static bool number(struct wpb_slice text, uint64_t *value)
{
    uint64_t n = 0;

    if (text.len == 0 || text.len > 20)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        uint64_t digit = (uint64_t)(unsigned char)text.data[i] - '0';
        if (digit > 9 || n > (UINT64_MAX - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    *value = n;
    return true;
}

struct wpb_info_number wpb_info_whole(struct wpb_slice value)
{
    struct wpb_info_number result = {0};
    result.is_known = number(value, &result.value);
    return result;
}

struct wpb_info_number wpb_info_part(struct wpb_slice list, struct wpb_slice name)
{
    while (list.len > 0) {
        const char *comma = memchr(list.data, ',', list.len);
        size_t len = comma ? (size_t)(comma - list.data) : list.len;
        struct wpb_slice item = wpb_slice_head(list, len);
        if (wpb_slice_starts(item, name))
            return wpb_info_whole(wpb_slice_skip(item, name.len));
        list = wpb_slice_skip(list, len + 1);
    }
    return (struct wpb_info_number){0};
}

static void database(struct wpb_info *info, struct wpb_slice name, struct wpb_slice value)
{
    static const struct wpb_slice keys = WPB_SLICE("keys=");
    static const struct wpb_slice expires = WPB_SLICE("expires=");
    struct wpb_info_number has_keys = wpb_info_part(value, keys);
    struct wpb_info_number has_expires = wpb_info_part(value, expires);
    uint64_t n;

    if (info->database_count == WPB_INFO_DATABASES_MAX ||
        !number(wpb_slice_skip(name, 2), &n) || n > UINT32_MAX)
        return;
    if (has_keys.is_known && has_expires.is_known)
        info->databases[info->database_count++] =
            (struct wpb_info_database){(uint32_t)n, has_keys.value, has_expires.value};
}

static void line(struct wpb_info *info, struct wpb_slice name, struct wpb_slice value)
{
    const struct {
        const char *name;
        struct wpb_slice *field;
    } texts[] = {
        {"redis_version", &info->version},
        {"run_id", &info->run_id},
        {"role", &info->role},
        {"maxmemory_policy", &info->policy},
    };
    const struct {
        const char *name;
        struct wpb_info_number *field;
    } numbers[] = {
        {"uptime_in_seconds", &info->uptime_seconds},
        {"used_memory", &info->used_memory},
        {"maxmemory", &info->maxmemory},
        {"evicted_keys", &info->evicted_keys},
        {"keyspace_hits", &info->hits},
        {"keyspace_misses", &info->misses},
        {"rdb_bgsave_in_progress", &info->saves},
        {"aof_rewrite_in_progress", &info->rewrites},
        {"loading_eta_seconds", &info->loading_eta_seconds},
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (wpb_slice_is(name, texts[i].name))
            *texts[i].field = value;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (wpb_slice_is(name, numbers[i].name))
            *numbers[i].field = wpb_info_whole(value);
    if (wpb_slice_is(name, "loading"))
        info->is_loading = wpb_slice_is(value, "1");
    else if (wpb_slice_is(name, "master_link_status"))
        info->has_lost_master = wpb_slice_is(value, "down");
    else if (name.len > 2 && name.data[0] == 'd' && name.data[1] == 'b')
        database(info, name, value);
}

/* The next line, without what ends it. */
static struct wpb_slice take_line(struct wpb_slice *reply)
{
    const char *end = memchr(reply->data, '\n', reply->len);
    size_t len = end ? (size_t)(end - reply->data) : reply->len;
    struct wpb_slice text = wpb_slice_head(*reply, len);

    *reply = wpb_slice_skip(*reply, len + 1);
    if (text.len > 0 && text.data[text.len - 1] == '\r')
        text.len--;
    return text;
}

static bool split(struct wpb_slice text, struct wpb_slice *name, struct wpb_slice *value)
{
    const char *colon = text.len ? memchr(text.data, ':', text.len) : NULL;

    if (!colon || text.data[0] == '#')
        return false;
    *name = wpb_slice_head(text, (size_t)(colon - text.data));
    *value = wpb_slice_skip(text, name->len + 1);
    return true;
}

bool wpb_info_next(struct wpb_slice *reply, struct wpb_slice *name,
                   struct wpb_slice *value)
{
    while (reply->len > 0) {
        if (split(take_line(reply), name, value))
            return true;
    }
    return false;
}

void wpb_info_parse(struct wpb_slice reply, struct wpb_info *info)
{
    struct wpb_slice name, value;

    *info = (struct wpb_info){
        .version = {"", 0}, .run_id = {"", 0}, .role = {"", 0}, .policy = {"", 0}};
    while (reply.len > 0) {
        struct wpb_slice text = take_line(&reply);
        if (wpb_slice_is(text, "# Keyspace"))
            info->has_keyspace = true;
        else if (split(text, &name, &value))
            line(info, name, value);
    }
}

static void add_number(struct wpb_info_number *total, struct wpb_info_number node)
{
    total->is_known &= node.is_known;
    total->value += node.value;
}

static void add_database(struct wpb_info *total, const struct wpb_info_database *node)
{
    for (size_t i = 0; i < total->database_count; i++) {
        if (total->databases[i].number != node->number)
            continue;
        total->databases[i].keys += node->keys;
        total->databases[i].expires += node->expires;
        return;
    }
    if (total->database_count < WPB_INFO_DATABASES_MAX)
        total->databases[total->database_count++] = *node;
}

void wpb_info_add(struct wpb_info *total, const struct wpb_info *node)
{
    bool is_limited = total->maxmemory.value && node->maxmemory.value;

    add_number(&total->used_memory, node->used_memory);
    add_number(&total->maxmemory, node->maxmemory);
    if (!is_limited)
        total->maxmemory.value = 0;
    add_number(&total->evicted_keys, node->evicted_keys);
    add_number(&total->hits, node->hits);
    add_number(&total->misses, node->misses);
    add_number(&total->saves, node->saves);
    add_number(&total->rewrites, node->rewrites);
    total->uptime_seconds.is_known &= node->uptime_seconds.is_known;
    if (node->uptime_seconds.value < total->uptime_seconds.value)
        total->uptime_seconds.value = node->uptime_seconds.value;
    for (size_t i = 0; i < node->database_count; i++)
        add_database(total, &node->databases[i]);
    total->has_keyspace &= node->has_keyspace;
}
