#include "probes/wordpress/grammar.h"

#include "probes/php/family.h"
#include "probes/wordpress/key_group.h"

/* The blog whose keys wpb_key_build() names. */
#define MAIN_BLOG "1"
/* Hexadecimal digits that begin every key of LiteSpeed, unless LSOC_PREFIX is set. */
#define LITESPEED_PREFIX 5

static const struct wpb_slice no_bytes = {"", 0};
static const struct wpb_slice notoptions = WPB_SLICE("notoptions");
static const struct wpb_slice options_group = WPB_SLICE("options");
static const struct wpb_slice network_group = WPB_SLICE("site-options");

static size_t leading_digits(struct wpb_slice text)
{
    size_t n = 0;
    while (n < text.len && text.data[n] >= '0' && text.data[n] <= '9')
        n++;
    return n;
}

static bool is_number(struct wpb_slice text)
{
    return text.len > 0 && leading_digits(text) == text.len;
}

/* Where BYTE is in TEXT, or TEXT.len. */
static size_t find_byte(struct wpb_slice text, char byte)
{
    const char *at = text.len ? memchr(text.data, byte, text.len) : NULL;
    return at ? (size_t)(at - text.data) : text.len;
}

/* The same from the end. */
static size_t find_last_byte(struct wpb_slice text, char byte)
{
    const char *at = text.len ? memrchr(text.data, byte, text.len) : NULL;
    return at ? (size_t)(at - text.data) : text.len;
}

/* "1-notoptions" (redis-cache) or "1:notoptions" (the others). */
static bool is_network_notoptions(struct wpb_slice id)
{
    size_t digits = leading_digits(id);
    return digits > 0 && id.len == digits + 1 + notoptions.len &&
           (id.data[digits] == '-' || id.data[digits] == ':') &&
           wpb_slice_ends(id, notoptions);
}

static enum wpb_key_role role_of(struct wpb_slice group, struct wpb_slice id)
{
    if (id.len < 7 || (id.data[id.len - 1] != 's' && id.data[id.len - 1] != 'd'))
        return WPB_KEY_PLAIN;
    if (wpb_slice_is(id, "last_changed"))
        return WPB_KEY_LAST_CHANGED;
    if (wpb_slice_equal(group, options_group)) {
        if (wpb_slice_equal(id, notoptions))
            return WPB_KEY_NOTOPTIONS;
        if (wpb_slice_is(id, "alloptions"))
            return WPB_KEY_ALLOPTIONS;
    } else if (wpb_slice_equal(group, network_group)) {
        if (is_network_notoptions(id))
            return WPB_KEY_NOTOPTIONS;
    } else if (wpb_slice_is(group, "redis-cache") && wpb_slice_is(id, "metrics")) {
        return WPB_KEY_METRICS;
    }
    return WPB_KEY_PLAIN;
}

/* Split REST at its first SEPARATOR into group and id. */
static bool split_group(struct wpb_slice rest, char separator,
                        struct wpb_key_parts *parts)
{
    size_t at = find_byte(rest, separator);
    if (at == rest.len)
        return false;
    parts->group = wpb_slice_head(rest, at);
    parts->id = wpb_slice_skip(rest, at + 1);
    return true;
}

/* {blog}:{group}:{id} behind the salt of a network, {group}:{id} behind the prefix
 * of a single site. Neither group nor id holds a ':' (from 2.0 on), so one more is
 * the key of a neighbour whose salt begins with ours. */
static bool parse_redis_cache(const struct wpb_site *site, struct wpb_slice rest,
                              struct wpb_key_parts *parts)
{
    if (site->is_multisite) {
        size_t digits = leading_digits(rest);
        if (digits == rest.len || rest.data[digits] != ':')
            return false;
        parts->blog = wpb_slice_head(rest, digits);
        rest = wpb_slice_skip(rest, digits + 1);
    }
    if (!split_group(rest, ':', parts) || parts->group.len == 0)
        return false;
    bool writes_colons = site->flavour_version && site->flavour_version[0] == '1' &&
                         site->flavour_version[1] == '.';
    return writes_colons || find_byte(parts->id, ':') == parts->id.len;
}

/* Behind the first MARKER in TEXT; false when there is none. */
static bool skip_marker(struct wpb_slice text, struct wpb_slice marker,
                        struct wpb_slice *behind)
{
    const char *at =
        text.len ? memmem(text.data, text.len, marker.data, marker.len) : NULL;
    if (!at)
        return false;
    *behind = wpb_slice_skip(text, (size_t)(at - text.data) + marker.len);
    return true;
}

/* {host}_{blog}_{module}_{name} of the modules that cache no objects. */
static void parse_w3tc_module(struct wpb_slice rest, struct wpb_key_parts *parts)
{
    static const struct wpb_slice modules[] = {
        WPB_SLICE("_pgcache_"),
        WPB_SLICE("_dbcache_"),
        WPB_SLICE("_minify_"),
        WPB_SLICE("_fragmentcache_"),
    };
    parts->id = rest;
    for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++) {
        struct wpb_slice behind;
        if (!skip_marker(rest, modules[i], &behind))
            continue;
        size_t name = modules[i].len - 2;
        parts->group = wpb_slice_of(behind.data - 1 - name, name);
        parts->id = behind;
        return;
    }
}

/* w3tc_{instance}_{host}_{blog}_object_{blog}{group}{id}, and the counters
 * w3tc_{instance}_{blog}_object_{group}_key_version. IS_CERTAIN: the instance is known
 * to be the site's, then the keys of other modules are too. */
static bool parse_w3tc(struct wpb_slice key, bool is_certain, struct wpb_key_parts *parts)
{
    static const struct wpb_slice head = WPB_SLICE("w3tc_");
    static const struct wpb_slice marker = WPB_SLICE("_object_");
    static const struct wpb_slice counter = WPB_SLICE("_key_version");

    if (!wpb_slice_starts(key, head))
        return false;
    struct wpb_slice rest = wpb_slice_skip(key, head.len);
    size_t digits = leading_digits(rest);
    if (digits == 0 || digits == rest.len || rest.data[digits] != '_')
        return false;
    rest = wpb_slice_skip(rest, digits);
    struct wpb_slice name;
    if (!skip_marker(rest, marker, &name)) {
        if (is_certain)
            parse_w3tc_module(rest, parts);
        return is_certain;
    }
    digits = leading_digits(name);
    if (digits == 0) {
        if (!wpb_slice_ends(name, counter))
            return false;
        parts->group = wpb_slice_head(name, name.len - counter.len);
        parts->id = wpb_slice_skip(name, parts->group.len + 1);
        return true;
    }
    parts->blog = wpb_slice_head(name, digits);
    name = wpb_slice_skip(name, digits);
    parts->group = wpb_key_group_leading(name);
    parts->id = wpb_slice_skip(name, parts->group.len);
    return true;
}

/* {5 hex digits}{blog}:{group}.{id} or {5 hex digits}{group}.{id}. In a key that
 * may be anybody's the group must be one of core's. */
static bool parse_litespeed(struct wpb_slice key, bool is_certain,
                            struct wpb_key_parts *parts)
{
    if (key.len < LITESPEED_PREFIX)
        return false;
    for (size_t i = 0; i < LITESPEED_PREFIX; i++) {
        char c = key.data[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
    }
    struct wpb_key_parts found = {.is_ours = true, .blog = no_bytes};
    struct wpb_slice rest = wpb_slice_skip(key, LITESPEED_PREFIX);
    size_t digits = leading_digits(rest);
    if (digits > 0 && digits < rest.len && rest.data[digits] == ':') {
        found.blog = wpb_slice_head(rest, digits);
        rest = wpb_slice_skip(rest, digits + 1);
    }
    if (!split_group(rest, '.', &found) || found.group.len == 0)
        return false;
    if (!is_certain && !wpb_key_group_is_known(found.group))
        return false;
    *parts = found;
    return true;
}

/* wp-redis takes all whitespace out of its keys. */
static bool has_whitespace(struct wpb_slice key)
{
    for (size_t i = 0; i < key.len; i++) {
        if (key.data[i] == ' ' || (key.data[i] >= '\t' && key.data[i] <= '\r'))
            return true;
    }
    return false;
}

/* An unknown group whose id reads "{known group}:..." is the salt of a neighbour that
 * begins with ours. wp-redis keeps ':' in ids, so behind a salt only the keys that
 * every site has prove that; without a salt anything that looks so is foreign. */
static bool is_of_a_neighbour(const struct wpb_site *site,
                              const struct wpb_key_parts *parts)
{
    if (wpb_key_group_is_known(parts->group))
        return false;
    struct wpb_slice rest = parts->id;
    size_t digits = leading_digits(rest);
    if (digits > 0 && digits < rest.len && rest.data[digits] == ':')
        rest = wpb_slice_skip(rest, digits + 1);
    struct wpb_key_parts inner = {.blog = no_bytes};
    if (!split_group(rest, ':', &inner) || !wpb_key_group_is_known(inner.group))
        return false;
    return site->key_prefix_len == 0 || role_of(inner.group, inner.id) != WPB_KEY_PLAIN;
}

/* The global groups of a single wp-redis site carry the table prefix. */
static void strip_table_prefix(const struct wpb_site *site, struct wpb_key_parts *parts)
{
    struct wpb_slice table = wpb_slice_cstr(site->table_prefix);
    struct wpb_slice group = wpb_slice_skip(parts->group, table.len);
    if (wpb_slice_starts(parts->group, table) && wpb_key_group_is_global(group))
        parts->group = group;
}

/* {blog}:{group}:{id}, {group}:{id} or, for the global groups of a single site,
 * {table prefix}{group}:{id}; LiteSpeed's separator of group and id is '.'. With
 * hash groups wp-redis writes {group}: and keeps the ids as fields of that hash. */
static bool parse_unsanitised(const struct wpb_site *site, struct wpb_slice rest,
                              char separator, struct wpb_key_parts *parts)
{
    if (site->is_multisite) {
        size_t digits = leading_digits(rest);
        if (digits > 0 && digits < rest.len && rest.data[digits] == ':') {
            parts->blog = wpb_slice_head(rest, digits);
            rest = wpb_slice_skip(rest, digits + 1);
        }
    }
    return split_group(rest, separator, parts) && parts->group.len > 0;
}

static bool parse_wp_redis(const struct wpb_site *site, struct wpb_slice rest,
                           struct wpb_key_parts *parts)
{
    struct wpb_key_parts other;

    if (has_whitespace(rest) || !parse_unsanitised(site, rest, ':', parts))
        return false;
    if (site->key_prefix_len == 0 &&
        (parse_w3tc(rest, false, &other) || parse_litespeed(rest, false, &other)))
        return false;
    if (!site->is_multisite)
        strip_table_prefix(site, parts);
    return !is_of_a_neighbour(site, parts);
}

/* A known prefix and a drop-in nobody knows: {group}:{id}, or {blog}:{group}:{id}
 * with a number or nothing for the blog. */
static bool parse_plausible(struct wpb_slice rest, struct wpb_key_parts *parts)
{
    size_t first = find_byte(rest, ':');
    if (first == rest.len)
        return false;
    struct wpb_slice behind = wpb_slice_skip(rest, first + 1);
    bool has_blog = leading_digits(rest) == first && find_byte(behind, ':') < behind.len;
    if (has_blog) {
        parts->blog = wpb_slice_head(rest, first);
        rest = behind;
    }
    return split_group(rest, ':', parts) && parts->group.len > 0;
}

/* A salt without a separator is glued to the group: "shop_options:notoptions". Only
 * the keys that matter most are taken out of it, and only where no earlier ':'
 * says that "shop_options" is a group of its own. */
static void unglue_salt(struct wpb_key_parts *parts)
{
    bool is_network = wpb_slice_ends(parts->group, network_group);
    struct wpb_slice inner = is_network ? network_group : options_group;
    if (parts->group.len <= inner.len || !wpb_slice_ends(parts->group, inner))
        return;
    struct wpb_slice group = wpb_slice_skip(parts->group, parts->group.len - inner.len);
    enum wpb_key_role role = role_of(group, parts->id);
    if (role == WPB_KEY_NOTOPTIONS || role == WPB_KEY_ALLOPTIONS)
        parts->group = group;
}

/* Where the part of KEY that ends before END begins. */
static size_t part_begin(struct wpb_slice key, size_t end)
{
    size_t colon = find_last_byte(wpb_slice_head(key, end), ':');
    return colon == end ? 0 : colon + 1;
}

/* A number or an md5: part of an id that holds ':', rather than a group. */
static bool is_part_of_id(struct wpb_slice part)
{
    if (is_number(part))
        return true;
    if (part.len != 32)
        return false;
    for (size_t i = 0; i < part.len; i++) {
        if (!strchr("0123456789abcdef", part.data[i]) || part.data[i] == '\0')
            return false;
    }
    return true;
}

/* {anything}:{group}:{id}. The part before the last is the group, unless the id held
 * ':' (wp-redis keeps them): then an earlier part that core uses as a group is. */
static void parse_colons(const struct wpb_site *site, struct wpb_slice key,
                         struct wpb_key_parts *parts)
{
    size_t end = find_last_byte(key, ':');
    if (end == key.len) {
        parts->id = key;
        return;
    }
    size_t begin = part_begin(key, end);
    struct wpb_slice part = wpb_slice_of(key.data + begin, end - begin);
    bool keeps_colons = site->flavour == WPB_FLAVOUR_WP_REDIS;
    if (is_part_of_id(part) || (keeps_colons && !wpb_key_group_is_known(part))) {
        for (size_t to = begin; to > 0;) {
            size_t from = part_begin(key, --to);
            part = wpb_slice_of(key.data + from, to - from);
            if (wpb_key_group_is_known(part) ||
                (from == 0 && wpb_slice_ends(part, network_group))) {
                begin = from;
                end = to;
                break;
            }
            to = from;
        }
    }
    parts->group = wpb_slice_of(key.data + begin, end - begin);
    parts->id = wpb_slice_skip(key, end + 1);
    if (begin == 0 || keeps_colons)
        unglue_salt(parts);
    if (begin == 0)
        return;
    size_t before = part_begin(key, begin - 1);
    struct wpb_slice blog = wpb_slice_of(key.data + before, begin - 1 - before);
    if (is_number(blog))
        parts->blog = blog;
}

static void parse_shape(const struct wpb_site *site, struct wpb_slice key,
                        struct wpb_key_parts *parts)
{
    if (parse_w3tc(key, false, parts))
        return;
    if (parse_litespeed(key, site->flavour == WPB_FLAVOUR_LITESPEED, parts))
        return;
    parse_colons(site, key, parts);
}

static bool shows_w3tc(struct wpb_slice prefix)
{
    static const struct wpb_slice head = WPB_SLICE("w3tc_");
    return wpb_slice_starts(prefix, head);
}

static bool parse_anchored(const struct wpb_site *site, struct wpb_slice key,
                           struct wpb_key_parts *parts)
{
    struct wpb_slice prefix = wpb_slice_of(site->key_prefix, site->key_prefix_len);
    if (!wpb_slice_starts(key, prefix))
        return false;
    struct wpb_slice rest = wpb_slice_skip(key, prefix.len);

    switch (site->flavour) {
    case WPB_FLAVOUR_REDIS_CACHE:
        return parse_redis_cache(site, rest, parts);
    case WPB_FLAVOUR_WP_REDIS:
        return parse_wp_redis(site, rest, parts);
    case WPB_FLAVOUR_LITESPEED:
        return parse_unsanitised(site, rest, '.', parts);
    case WPB_FLAVOUR_W3TC:
        return parse_w3tc(key, true, parts);
    case WPB_FLAVOUR_UNKNOWN:
    case WPB_FLAVOUR_NONE:
    case WPB_FLAVOUR_DOCKET:
    case WPB_FLAVOUR_OBJECT_CACHE_PRO:
        break;
    }
    /* A learnt prefix may be that of a drop-in with a grammar of its own. */
    if (shows_w3tc(prefix))
        return parse_w3tc(key, true, parts);
    if (prefix.len == LITESPEED_PREFIX && parse_litespeed(key, false, parts))
        return true;
    return parse_plausible(rest, parts);
}

void wpb_key_parse(const struct wpb_site *site, struct wpb_slice key,
                   struct wpb_key_parts *parts)
{
    *parts = (struct wpb_key_parts){
        .is_ours = true, .blog = no_bytes, .group = no_bytes, .id = no_bytes};
    if (!site->has_key_prefix) {
        parse_shape(site, key, parts);
    } else if (!parse_anchored(site, key, parts)) {
        *parts = (struct wpb_key_parts){.blog = no_bytes, .group = no_bytes, .id = key};
        return;
    }
    parts->role = role_of(parts->group, parts->id);
}

enum wpb_flavour wpb_key_shape(struct wpb_slice key, struct wpb_key_parts *parts)
{
    enum wpb_flavour flavour = WPB_FLAVOUR_UNKNOWN;

    *parts = (struct wpb_key_parts){
        .is_ours = true, .blog = no_bytes, .group = no_bytes, .id = no_bytes};
    if (parse_w3tc(key, false, parts))
        flavour = WPB_FLAVOUR_W3TC;
    else if (parse_litespeed(key, false, parts))
        flavour = WPB_FLAVOUR_LITESPEED;
    parts->role = role_of(parts->group, parts->id);
    return flavour;
}

/* TEXT as FLAVOUR writes it into a key. */
static void add_sanitised(enum wpb_flavour flavour, const char *text, struct wpb_buf *out)
{
    for (; *text; text++) {
        bool is_space = *text == ' ' || (*text >= '\t' && *text <= '\r');
        if (flavour == WPB_FLAVOUR_REDIS_CACHE && *text == ':')
            wpb_buf_char(out, '-');
        else if (flavour != WPB_FLAVOUR_WP_REDIS || !is_space)
            wpb_buf_char(out, *text);
    }
}

/* W3TC writes the host of the request before the group, so its prefix must go so far.
 * Where the grammar is a guess, so would the key be. */
static bool can_build(const struct wpb_site *site)
{
    static const struct wpb_slice w3tc_tail = WPB_SLICE("_object_");
    struct wpb_slice prefix = wpb_slice_of(site->key_prefix, site->key_prefix_len);

    switch (site->flavour) {
    case WPB_FLAVOUR_REDIS_CACHE:
    case WPB_FLAVOUR_WP_REDIS:
    case WPB_FLAVOUR_LITESPEED:
        return true;
    case WPB_FLAVOUR_W3TC:
        return wpb_slice_ends(prefix, w3tc_tail);
    case WPB_FLAVOUR_OBJECT_CACHE_PRO:
        return false;
    case WPB_FLAVOUR_UNKNOWN:
    case WPB_FLAVOUR_NONE:
    case WPB_FLAVOUR_DOCKET:
        break;
    }
    return prefix.len != LITESPEED_PREFIX && !shows_w3tc(prefix);
}

bool wpb_key_build(const struct wpb_site *site, const char *group, const char *id,
                   struct wpb_buf *out)
{
    if (!can_build(site))
        return false;
    bool is_global = wpb_key_group_is_global(wpb_slice_cstr(group));
    wpb_buf_add(out, site->key_prefix, site->key_prefix_len);
    if (site->is_multisite) {
        if (!is_global)
            wpb_buf_text(out, MAIN_BLOG);
        if (site->flavour == WPB_FLAVOUR_REDIS_CACHE ||
            (!is_global && site->flavour != WPB_FLAVOUR_W3TC))
            wpb_buf_char(out, ':');
    } else if (site->flavour == WPB_FLAVOUR_WP_REDIS && is_global) {
        wpb_buf_text(out, site->table_prefix);
    }
    add_sanitised(site->flavour, group, out);
    if (site->flavour == WPB_FLAVOUR_LITESPEED)
        wpb_buf_char(out, '.');
    else if (site->flavour != WPB_FLAVOUR_W3TC)
        wpb_buf_char(out, ':');
    add_sanitised(site->flavour, id, out);
    return true;
}

const char *wpb_key_role_name(enum wpb_key_role role)
{
    switch (role) {
    case WPB_KEY_PLAIN:
        return "";
    case WPB_KEY_NOTOPTIONS:
        return "notoptions";
    case WPB_KEY_ALLOPTIONS:
        return "alloptions";
    case WPB_KEY_METRICS:
        return "metrics";
    case WPB_KEY_LAST_CHANGED:
        return "last_changed";
    }
    return "";
}

bool wpb_key_post(const struct wpb_key_parts *parts, uint64_t *post)
{
    struct wpb_slice id = parts->id;
    uint64_t number = 0;

    if (!wpb_slice_is(parts->group, "post_meta") ||
        (parts->blog.len && !wpb_slice_is(parts->blog, "1")))
        return false;
    /* BIGINT UNSIGNED as PHP writes it: 18 digits are more than any table holds. */
    if (id.len == 0 || id.len > 18 || id.data[0] == '0')
        return false;
    for (size_t i = 0; i < id.len; i++) {
        if (id.data[i] < '0' || id.data[i] > '9')
            return false;
        number = number * 10 + (uint64_t)(id.data[i] - '0');
    }
    *post = number;
    return true;
}

void wpb_group_fold(struct wpb_slice group, struct wpb_buf *out)
{
    for (size_t i = 0; i < group.len; i++) {
        unsigned char c = (unsigned char)group.data[i];
        if ((c >= '0' && c <= '9') || c == '@' || c >= 0x80) {
            wpb_family_fold(group, out);
            return;
        }
    }
    wpb_buf_slice(out, group);
}
