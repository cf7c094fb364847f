#include "probes/redis/churn_watch.h"

#include <stdio.h>

#include "probes/redis/reply.h"

/* Of a server's own words. */
#define QUOTE_MAX 80

static void add_prefix(struct wpb_churn_prefixes *prefixes, struct wpb_slice prefix)
{
    size_t kept = 0;

    for (size_t i = 0; i < prefixes->count; i++)
        if (wpb_slice_starts(prefix, prefixes->items[i]))
            return;
    /* Redis refuses two of which one begins with the other. */
    for (size_t i = 0; i < prefixes->count; i++)
        if (!wpb_slice_starts(prefixes->items[i], prefix))
            prefixes->items[kept++] = prefixes->items[i];
    prefixes->count = kept;
    if (kept == WPB_CHURN_PREFIXES_MAX)
        prefixes->beyond++;
    else
        prefixes->items[prefixes->count++] = prefix;
}

void wpb_churn_prefixes_of(const struct wpb_site *const *sites, size_t count,
                           struct wpb_churn_prefixes *prefixes)
{
    *prefixes = (struct wpb_churn_prefixes){.count = 0};
    for (size_t i = 0; i < count; i++) {
        if (sites[i]->has_key_prefix)
            add_prefix(prefixes,
                       wpb_slice_of(sites[i]->key_prefix, sites[i]->key_prefix_len));
        else
            prefixes->unknown++;
    }
}

void wpb_churn_tracking_on(const struct wpb_churn_prefixes *prefixes, int64_t listener_id,
                           struct wpb_buf *command)
{
    struct wpb_slice words[6 + 2 * WPB_CHURN_PREFIXES_MAX] = {
        WPB_SLICE("CLIENT"), WPB_SLICE("TRACKING"), WPB_SLICE("ON"),
        WPB_SLICE("REDIRECT")};
    char id[24];
    int len = snprintf(id, sizeof id, "%lld", (long long)listener_id);
    size_t count = 4;

    words[count++] = wpb_slice_of(id, (size_t)len);
    words[count++] = wpb_slice_cstr("BCAST");
    for (size_t i = 0; i < prefixes->count; i++) {
        words[count++] = wpb_slice_cstr("PREFIX");
        words[count++] = prefixes->items[i];
    }
    wpb_resp_command(command, words, count);
}

bool wpb_churn_is_broken(const struct redisReply *info)
{
    /* ["flags", [flag, ...], "redirect", id, "prefixes", [...]] */
    if (info->type != REDIS_REPLY_ARRAY || info->elements < 2 ||
        info->element[1]->type != REDIS_REPLY_ARRAY)
        return false;
    const struct redisReply *flags = info->element[1];
    for (size_t i = 0; i < flags->elements; i++) {
        struct wpb_slice flag = wpb_reply_text(flags->element[i]);
        if (wpb_slice_is(flag, "broken_redirect") || wpb_slice_is(flag, "off"))
            return true;
    }
    return false;
}

bool wpb_churn_refusal(const char *command, const struct redisReply *reply,
                       struct wpb_err *err)
{
    struct wpb_slice text = wpb_slice_head(wpb_reply_text(reply), QUOTE_MAX);

    if (!wpb_reply_is_code(reply, "ERR")) {
        wpb_reply_unexpected(err, command, reply);
        return false;
    }
    wpb_err_set(err, WPB_E_UNSUPPORTED, "redis",
                "%s is refused (\"%.*s\"): client tracking needs Redis 6 or later, and "
                "no proxy before it",
                command, (int)text.len, text.data);
    return true;
}
