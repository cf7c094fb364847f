#include "agent/command/demo_incident.h"

#include <assert.h>
#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#include "agent/command/demo_values.h"

static const char stage[] = "demo";

/* Replies are collected this often: enough to hide the round trip, few enough not
 * to fill the socket with answers nobody reads. */
#define BATCH_COMMANDS 500
#define BATCH_BYTES (1 << 20)

#define NOW_S 1795464061U
#define LAST_CHANGED "0.64035600 1795464061"
#define DAY_S 86400U

/* A key is its group and name with {id}, {md5}, {slug} and {stamp} (a
 * `last_changed` of the past) filled in. */
struct key_family {
    const char *name;
    uint32_t count, first_id;
    wpb_demo_value *value;
    uint32_t ttl_s; /* 0: none, as WordPress does */
};

static const struct key_family families[] = {
    {"options:notoptions", 1, 1, wpb_demo_value_notoptions, 0},
    {"options:alloptions", 1, 1, wpb_demo_value_alloptions, 0},
    {"options:harbour_facets_state_{id}", 40, 1, wpb_demo_value_facets, 0},
    {"site-transient:feed_{md5}", 3, 1, wpb_demo_value_feed, DAY_S / 2},
    {"site-transient:feed_mod_{md5}", 3, NOW_S - 900, wpb_demo_value_number, DAY_S / 2},
    {"transient:wc_var_prices_{id}", 180, 210, wpb_demo_value_facets, 30 * DAY_S},
    {"posts:{id}", 2400, 200, wpb_demo_value_post, 0},
    {"post_meta:{id}", WPB_DEMO_BUILDER_POSTS, WPB_DEMO_BUILDER_POST_FIRST,
     wpb_demo_value_builder_meta, 0},
    {"post_meta:{id}", 2400, 200, wpb_demo_value_post_meta, 0},
    {"category_relationships:{id}", 1500, 200, wpb_demo_value_list, 0},
    {"post_tag_relationships:{id}", 1500, 200, wpb_demo_value_list, 0},
    {"product_cat_relationships:{id}", 1500, 200, wpb_demo_value_list, 0},
    {"product_tag_relationships:{id}", 1500, 200, wpb_demo_value_list, 0},
    {"pa_colour_relationships:{id}", 1500, 200, wpb_demo_value_list, 0},
    {"terms:{id}", 900, 1, wpb_demo_value_term, 0},
    {"users:{id}", 1200, 1, wpb_demo_value_user, 0},
    {"user_meta:{id}", 1200, 1, wpb_demo_value_post_meta, 0},
    {"useremail:buyer{id}@example.test", 1200, 1, wpb_demo_value_number, 0},
    {"userlogins:buyer{id}", 1200, 1, wpb_demo_value_number, 0},
    {"userslugs:buyer-{id}", 1200, 1, wpb_demo_value_number, 0},
    {"terms:get_terms-{md5}-{stamp}", 1500, 1, wpb_demo_value_list, 0},
    {"posts:wp_query-{md5}-{stamp}{stamp}", 24000, 1, wpb_demo_value_query, 0},
};

/* Their names bring the average to that of the incident. */
static const struct key_family facets = {"harbour-facets:counts-{md5}-{slug}-{stamp}", 0,
                                         1, wpb_demo_value_facets, 0};

struct seeder {
    redisContext *redis;
    struct wpb_demo_random random;
    struct wpb_buf key, value;
    size_t pending, pending_bytes;
    uint32_t keys;
    uint64_t key_bytes;
    struct wpb_err *err;
};

static int lost(struct seeder *seeder)
{
    return wpb_err_set(seeder->err, WPB_E_IO, stage, "the private redis-server: %s",
                       seeder->redis->errstr);
}

static int collect(struct seeder *seeder)
{
    for (; seeder->pending > 0; seeder->pending--) {
        redisReply *reply = NULL;
        if (redisGetReply(seeder->redis, (void **)&reply) != REDIS_OK)
            return lost(seeder);
        bool refused = reply->type == REDIS_REPLY_ERROR;
        if (refused)
            (void)wpb_err_set(seeder->err, WPB_E_PROTOCOL, stage,
                              "the private redis-server: %s", reply->str);
        freeReplyObject(reply);
        if (refused)
            return -1;
    }
    seeder->pending_bytes = 0;
    return 0;
}

static int send_command(struct seeder *seeder, const struct wpb_slice *words, int count)
{
    const char *argv[6];
    size_t lengths[6], bytes = 0;
    assert(count <= 6);
    for (int i = 0; i < count; i++) {
        argv[i] = words[i].data;
        lengths[i] = words[i].len;
        bytes += words[i].len;
    }
    if (redisAppendCommandArgv(seeder->redis, count, argv, lengths) != REDIS_OK)
        return lost(seeder);
    seeder->pending++;
    seeder->pending_bytes += bytes;
    if (seeder->pending < BATCH_COMMANDS && seeder->pending_bytes < BATCH_BYTES)
        return 0;
    return collect(seeder);
}

/* Count the key in `key` as written. */
static int counted(struct seeder *seeder)
{
    if (wpb_buf_failed(&seeder->key) || wpb_buf_failed(&seeder->value))
        return wpb_err_set(seeder->err, WPB_E_MEMORY, stage, "out of memory");
    seeder->keys++;
    seeder->key_bytes += seeder->key.len;
    return 0;
}

static int put(struct seeder *seeder, uint32_t ttl_s)
{
    char ttl[16];
    (void)snprintf(ttl, sizeof ttl, "%" PRIu32, ttl_s);
    if (counted(seeder) != 0)
        return -1;
    const struct wpb_slice words[] = {WPB_SLICE("SET"), wpb_buf_view(&seeder->key),
                                      wpb_buf_view(&seeder->value), WPB_SLICE("EX"),
                                      wpb_slice_cstr(ttl)};
    return send_command(seeder, words, ttl_s ? 5 : 3);
}

/* When posts or terms were last changed: nearly always some time ago. */
static void append_stamp(struct seeder *seeder)
{
    if (wpb_demo_random_below(&seeder->random, 30) == 0) {
        wpb_buf_text(&seeder->key, LAST_CHANGED);
        return;
    }
    wpb_buf_printf(&seeder->key, "0.%06" PRIu32 "00 %" PRIu32,
                   wpb_demo_random_below(&seeder->random, 1000000),
                   NOW_S - 60 - wpb_demo_random_below(&seeder->random, 10 * DAY_S));
}

static void append_slug(struct wpb_buf *key, size_t length)
{
    static const char filters[] =
        "colour.slate_size.42_brand.nordlys_price.20-60_in.stock_"
        "sort.rating_fit.regular_season.autumn_";
    for (size_t i = 0; i < length; i++)
        wpb_buf_char(key, filters[i % (sizeof filters - 1)]);
}

static void make_key(struct seeder *seeder, const char *name, uint32_t id, size_t slug)
{
    wpb_buf_clear(&seeder->key);
    wpb_buf_text(&seeder->key, WPB_DEMO_KEY_PREFIX);
    while (*name) {
        size_t literal = strcspn(name, "{");
        wpb_buf_add(&seeder->key, name, literal);
        name += literal;
        if (!*name)
            break;
        if (strncmp(name, "{id}", 4) == 0)
            wpb_buf_printf(&seeder->key, "%" PRIu32, id);
        else if (strncmp(name, "{md5}", 5) == 0)
            wpb_demo_random_hex(&seeder->random, 32, &seeder->key);
        else if (strncmp(name, "{slug}", 6) == 0)
            append_slug(&seeder->key, slug);
        else
            append_stamp(seeder);
        name = strchr(name, '}') + 1;
    }
}

static int seed_family(struct seeder *seeder, const struct key_family *family)
{
    for (uint32_t id = family->first_id; id < family->first_id + family->count; id++) {
        make_key(seeder, family->name, id, 0);
        wpb_buf_clear(&seeder->value);
        family->value(&seeder->random, id, &seeder->value);
        if (put(seeder, family->ttl_s) != 0)
            return -1;
    }
    return 0;
}

/* All the keys that are missing, with names as long as the average needs. */
static int seed_facets(struct seeder *seeder)
{
    static const size_t fixed = sizeof WPB_DEMO_KEY_PREFIX - 1 +
                                sizeof "harbour-facets:counts-" - 1 + 32 + sizeof "--" -
                                1 + sizeof LAST_CHANGED - 1;
    while (seeder->keys < WPB_DEMO_KEYS) {
        uint32_t left = WPB_DEMO_KEYS - seeder->keys;
        size_t length = (WPB_DEMO_KEY_BYTES - seeder->key_bytes) / left;
        /* Even steps around the mean, which the next key takes back. */
        if (left > 2 && left % 2 == 1)
            length += wpb_demo_random_below(&seeder->random, 24);
        assert(length > fixed);
        make_key(seeder, facets.name, left, length - fixed);
        wpb_buf_clear(&seeder->value);
        facets.value(&seeder->random, left, &seeder->value);
        if (put(seeder, facets.ttl_s) != 0)
            return -1;
    }
    assert(seeder->key_bytes == WPB_DEMO_KEY_BYTES);
    return 0;
}

static int seed_last_changed(struct seeder *seeder)
{
    static const char *const names[] = {"posts:last_changed", "terms:last_changed"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        make_key(seeder, names[i], 0, 0);
        wpb_buf_clear(&seeder->value);
        wpb_buf_text(&seeder->value, LAST_CHANGED);
        if (put(seeder, 0) != 0)
            return -1;
    }
    return 0;
}

/* One member a request, which a dead WP-Cron no longer trims. */
static int seed_metrics(struct seeder *seeder)
{
    make_key(seeder, "redis-cache:metrics", 0, 0);
    if (counted(seeder) != 0)
        return -1;
    for (uint32_t i = 0; i < WPB_DEMO_METRICS; i++) {
        char score[16];
        uint32_t when = NOW_S - (WPB_DEMO_METRICS - i) * 2;
        (void)snprintf(score, sizeof score, "%" PRIu32, when);
        wpb_buf_clear(&seeder->value);
        wpb_buf_text(&seeder->value, "id=");
        wpb_demo_random_hex(&seeder->random, 13, &seeder->value);
        wpb_buf_printf(&seeder->value,
                       ";hits=%" PRIu32 ";misses=%" PRIu32 ";ratio=98.1;bytes=4391022;"
                       "time=0.08311;calls=%" PRIu32 ";timestamp=%" PRIu32,
                       wpb_demo_random_below(&seeder->random, 900),
                       wpb_demo_random_below(&seeder->random, 20),
                       wpb_demo_random_below(&seeder->random, 200), when);
        const struct wpb_slice words[] = {WPB_SLICE("ZADD"), wpb_buf_view(&seeder->key),
                                          wpb_slice_cstr(score),
                                          wpb_buf_view(&seeder->value)};
        if (send_command(seeder, words, 4) != 0)
            return -1;
    }
    return 0;
}

static int seed_all(struct seeder *seeder)
{
    const struct wpb_slice select[] = {WPB_SLICE("SELECT"), WPB_SLICE("1")};
    static_assert(WPB_DEMO_DATABASE == 1, "named in the command above");
    if (send_command(seeder, select, 2) != 0)
        return -1;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        if (seed_family(seeder, &families[i]) != 0)
            return -1;
    }
    if (seed_last_changed(seeder) != 0 || seed_metrics(seeder) != 0 ||
        seed_facets(seeder) != 0)
        return -1;
    return collect(seeder);
}

int wpb_demo_incident_seed(const char *socket_path, struct wpb_err *err)
{
    struct seeder seeder = {.random = {0x6b657374}, .err = err};
    int result = -1;
    seeder.redis = redisConnectUnix(socket_path);
    if (!seeder.redis)
        return wpb_err_set(err, WPB_E_MEMORY, stage, "out of memory");
    wpb_buf_init(&seeder.key, 0);
    wpb_buf_init(&seeder.value, 0);
    if (seeder.redis->err)
        result = lost(&seeder);
    else if (redisSetTimeout(seeder.redis, (struct timeval){.tv_sec = 10}) != REDIS_OK)
        result = lost(&seeder);
    else
        result = seed_all(&seeder);
    wpb_buf_fini(&seeder.key);
    wpb_buf_fini(&seeder.value);
    redisFree(seeder.redis);
    return result;
}
