#include "probes/wordpress/grammar.h"

#include "probes/php/family.h"

/* The blog whose keys wpb_key_build() names. */
#define MAIN_BLOG "1"

/* Cache groups of WordPress core and of the drop-ins themselves, by length, so that
 * a lookup compares only a few. `is_global`: shared by the blogs of a network. */
struct known_group {
    struct wpb_slice name;
    bool is_global;
};

/* clang-format off */
static const struct known_group known_groups[] = {
    {WPB_SLICE("rss"), true},              {WPB_SLICE("posts"), false},
    {WPB_SLICE("terms"), false},           {WPB_SLICE("users"), true},
    {WPB_SLICE("sites"), true},            {WPB_SLICE("counts"), false},
    {WPB_SLICE("themes"), false},          {WPB_SLICE("comment"), false},
    {WPB_SLICE("default"), false},         {WPB_SLICE("options"), false},
    {WPB_SLICE("plugins"), false},         {WPB_SLICE("bookmark"), false},
    {WPB_SLICE("calendar"), false},        {WPB_SLICE("networks"), true},
    {WPB_SLICE("usermeta"), true},         {WPB_SLICE("blog_meta"), true},
    {WPB_SLICE("post_meta"), false},       {WPB_SLICE("term_meta"), false},
    {WPB_SLICE("timeinfo"), false},        {WPB_SLICE("transient"), false},
    {WPB_SLICE("user_meta"), true},        {WPB_SLICE("useremail"), true},
    {WPB_SLICE("userslugs"), true},        {WPB_SLICE("userlogins"), true},
    {WPB_SLICE("blog-lookup"), true},      {WPB_SLICE("redis-cache"), true},
    {WPB_SLICE("site-lookup"), true},      {WPB_SLICE("theme_files"), true},
    {WPB_SLICE("blog-details"), true},     {WPB_SLICE("comment_meta"), false},
    {WPB_SLICE("global-posts"), true},     {WPB_SLICE("image_editor"), true},
    {WPB_SLICE("post-queries"), false},    {WPB_SLICE("site-details"), true},
    {WPB_SLICE("site-options"), true},     {WPB_SLICE("site-queries"), true},
    {WPB_SLICE("term-queries"), false},    {WPB_SLICE("user-queries"), true},
    {WPB_SLICE("blog-id-cache"), true},    {WPB_SLICE("category_relationships"), false},
    {WPB_SLICE("site-transient"), true},   {WPB_SLICE("comment-queries"), false},
    {WPB_SLICE("network-queries"), true},  {WPB_SLICE("translation_files"), true},
    {WPB_SLICE("post_tag_relationships"), false},
};
/* clang-format on */

#define KNOWN_GROUPS (sizeof known_groups / sizeof known_groups[0])
#define KNOWN_GROUP_MAX 22

static const struct wpb_slice no_bytes = {"", 0};
static const struct wpb_slice notoptions = WPB_SLICE("notoptions");
static const struct wpb_slice options_group = WPB_SLICE("options");
static const struct wpb_slice network_group = WPB_SLICE("site-options");

static const struct known_group *known_group(struct wpb_slice name)
{
    if (name.len < 3 || name.len > KNOWN_GROUP_MAX)
        return NULL;
    for (size_t i = 0; i < KNOWN_GROUPS; i++) {
        const struct wpb_slice *known = &known_groups[i].name;
        if (known->len == name.len && known->data[0] == name.data[0] &&
            memcmp(known->data, name.data, name.len) == 0)
            return &known_groups[i];
    }
    return NULL;
}

static bool is_global_group(struct wpb_slice name)
{
    const struct known_group *known = known_group(name);
    return known && known->is_global;
}

/* The longest known group that REST begins with: W3TC writes no separator. */
static struct wpb_slice leading_group(struct wpb_slice rest)
{
    struct wpb_slice longest = wpb_slice_head(rest, 0);
    for (size_t i = 0; i < KNOWN_GROUPS; i++) {
        if (known_groups[i].name.len > longest.len &&
            wpb_slice_starts(rest, known_groups[i].name))
            longest = wpb_slice_head(rest, known_groups[i].name.len);
    }
    return longest;
}

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

/* {blog}:{group}:{id}, {group}:{id} or, for the global groups of a single site,
 * {table prefix}{group}:{id}; LiteSpeed's separator of group and id is '.'. */
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
    if (!split_group(rest, separator, parts) || parts->group.len == 0)
        return false;
    if (site->flavour == WPB_FLAVOUR_WP_REDIS && !site->is_multisite) {
        struct wpb_slice table = wpb_slice_cstr(site->table_prefix);
        struct wpb_slice group = wpb_slice_skip(parts->group, table.len);
        if (wpb_slice_starts(parts->group, table) && is_global_group(group))
            parts->group = group;
    }
    return true;
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

/* w3tc_{instance}_{host}_{blog}_object_{blog}{group}{id} */
static bool parse_w3tc(struct wpb_slice key, struct wpb_key_parts *parts)
{
    static const struct wpb_slice head = WPB_SLICE("w3tc_");
    static const struct wpb_slice marker = WPB_SLICE("_object_");

    if (!wpb_slice_starts(key, head))
        return false;
    struct wpb_slice rest = wpb_slice_skip(key, head.len);
    size_t digits = leading_digits(rest);
    if (digits == 0 || digits == rest.len || rest.data[digits] != '_')
        return false;
    rest = wpb_slice_skip(rest, digits);
    const char *at = memmem(rest.data, rest.len, marker.data, marker.len);
    if (!at)
        return false;
    rest = wpb_slice_skip(rest, (size_t)(at - rest.data) + marker.len);
    digits = leading_digits(rest);
    if (digits == 0)
        return false;
    parts->blog = wpb_slice_head(rest, digits);
    rest = wpb_slice_skip(rest, digits);
    parts->group = leading_group(rest);
    parts->id = wpb_slice_skip(rest, parts->group.len);
    return true;
}

/* {5 hex digits}{blog}:{group}.{id} or {5 hex digits}{group}.{id}. In a key that
 * may be anybody's the group must be one of core's. */
static bool parse_litespeed(struct wpb_slice key, bool is_certain,
                            struct wpb_key_parts *parts)
{
    if (key.len < 5)
        return false;
    for (size_t i = 0; i < 5; i++) {
        char c = key.data[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
    }
    struct wpb_key_parts found = {.is_ours = true, .blog = no_bytes};
    struct wpb_slice rest = wpb_slice_skip(key, 5);
    size_t digits = leading_digits(rest);
    if (digits > 0 && digits < rest.len && rest.data[digits] == ':') {
        found.blog = wpb_slice_head(rest, digits);
        rest = wpb_slice_skip(rest, digits + 1);
    }
    if (!split_group(rest, '.', &found) || found.group.len == 0)
        return false;
    if (!is_certain && !known_group(found.group))
        return false;
    *parts = found;
    return true;
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
    if (is_part_of_id(part) || (keeps_colons && !known_group(part))) {
        for (size_t to = begin; to > 0;) {
            size_t from = part_begin(key, --to);
            part = wpb_slice_of(key.data + from, to - from);
            if (known_group(part) || (from == 0 && wpb_slice_ends(part, network_group))) {
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
    if (parse_w3tc(key, parts))
        return;
    if (parse_litespeed(key, site->flavour == WPB_FLAVOUR_LITESPEED, parts))
        return;
    parse_colons(site, key, parts);
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
        return parse_unsanitised(site, rest, ':', parts);
    case WPB_FLAVOUR_LITESPEED:
        return parse_unsanitised(site, rest, '.', parts);
    case WPB_FLAVOUR_W3TC:
        return parse_w3tc(key, parts);
    case WPB_FLAVOUR_UNKNOWN:
    case WPB_FLAVOUR_NONE:
    case WPB_FLAVOUR_DOCKET:
    case WPB_FLAVOUR_OBJECT_CACHE_PRO:
        break;
    }
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

bool wpb_key_prefix_of(struct wpb_slice key, struct wpb_slice *prefix)
{
    static const struct wpb_slice tails[] = {
        WPB_SLICE("options:notoptions"),
        WPB_SLICE("options:alloptions"),
    };
    for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        if (!wpb_slice_ends(key, tails[i]))
            continue;
        struct wpb_slice head = wpb_slice_head(key, key.len - tails[i].len);
        if (head.len > 0 && head.data[head.len - 1] != ':')
            return false;
        if (head.len > 0) {
            struct wpb_slice parts = wpb_slice_head(head, head.len - 1);
            size_t colon = find_last_byte(parts, ':');
            size_t begin = colon == parts.len ? 0 : colon + 1;
            if (is_number(wpb_slice_skip(parts, begin)))
                head = wpb_slice_head(head, begin);
        }
        *prefix = head;
        return true;
    }
    return false;
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

void wpb_key_build(const struct wpb_site *site, const char *group, const char *id,
                   struct wpb_buf *out)
{
    bool is_global = is_global_group(wpb_slice_cstr(group));
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
