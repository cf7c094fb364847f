#include "probes/wordpress/key_group.h"

#include <stddef.h>

struct known_group {
    struct wpb_slice name;
    bool is_global;
};

/* By length. Global are those that core 7.1 or redis-cache says. */
/* clang-format off */
static const struct known_group known_groups[] = {
    {WPB_SLICE("acf"), false},             {WPB_SLICE("rss"), true},
    {WPB_SLICE("posts"), false},           {WPB_SLICE("sites"), true},
    {WPB_SLICE("taxes"), false},           {WPB_SLICE("terms"), false},
    {WPB_SLICE("users"), true},
    {WPB_SLICE("counts"), false},          {WPB_SLICE("orders"), false},
    {WPB_SLICE("themes"), false},          {WPB_SLICE("widget"), false},
    {WPB_SLICE("comment"), false},         {WPB_SLICE("coupons"), false},
    {WPB_SLICE("default"), false},         {WPB_SLICE("options"), false},
    {WPB_SLICE("plugins"), false},
    {WPB_SLICE("bookmark"), false},        {WPB_SLICE("calendar"), false},
    {WPB_SLICE("networks"), true},         {WPB_SLICE("products"), false},
    {WPB_SLICE("timeinfo"), false},        {WPB_SLICE("usermeta"), true},
    {WPB_SLICE("webhooks"), false},
    {WPB_SLICE("blog_meta"), true},        {WPB_SLICE("order-items"), false},
    {WPB_SLICE("post_meta"), false},       {WPB_SLICE("term_meta"), false},
    {WPB_SLICE("transient"), false},       {WPB_SLICE("user_meta"), true},
    {WPB_SLICE("useremail"), true},        {WPB_SLICE("userslugs"), true},
    {WPB_SLICE("theme_json"), false},      {WPB_SLICE("userlogins"), true},
    {WPB_SLICE("blog-lookup"), true},      {WPB_SLICE("redis-cache"), true},
    {WPB_SLICE("site-lookup"), true},      {WPB_SLICE("theme_files"), true},
    {WPB_SLICE("woocommerce"), false},
    {WPB_SLICE("blog-details"), true},     {WPB_SLICE("comment_meta"), false},
    {WPB_SLICE("global-posts"), true},     {WPB_SLICE("image_editor"), true},
    {WPB_SLICE("post-queries"), false},    {WPB_SLICE("site-details"), true},
    {WPB_SLICE("site-options"), true},     {WPB_SLICE("site-queries"), true},
    {WPB_SLICE("term-queries"), false},    {WPB_SLICE("tribe-events"), false},
    {WPB_SLICE("user-queries"), true},
    {WPB_SLICE("blog-id-cache"), true},    {WPB_SLICE("wc_session_id"), false},
    {WPB_SLICE("filter_clauses"), false},  {WPB_SLICE("post_ancestors"), false},
    {WPB_SLICE("shipping_zones"), false},  {WPB_SLICE("site-transient"), true},
    {WPB_SLICE("comment-queries"), false}, {WPB_SLICE("network-queries"), true},
    {WPB_SLICE("translation_files"), true},
    {WPB_SLICE("store_api_rate_limit"), false},
    {WPB_SLICE("category_relationships"), false},
    {WPB_SLICE("post_tag_relationships"), false},
    {WPB_SLICE("woocommerce-attributes"), false},
};
/* clang-format on */

#define KNOWN_GROUPS (sizeof known_groups / sizeof known_groups[0])
#define KNOWN_GROUP_MIN 3
#define KNOWN_GROUP_MAX 22
/* Shorter names end too many words. */
#define TRAILING_MIN 5

/* WooCommerce keeps a group for each of these, with the object's number behind. */
static const struct wpb_slice object_groups[] = {
    WPB_SLICE("product_"),
    WPB_SLICE("object_"),
    WPB_SLICE("order_"),
};
static const struct wpb_slice relationships = WPB_SLICE("_relationships");

static const struct known_group *find(struct wpb_slice name)
{
    if (name.len < KNOWN_GROUP_MIN || name.len > KNOWN_GROUP_MAX)
        return NULL;
    for (size_t i = 0; i < KNOWN_GROUPS; i++) {
        const struct wpb_slice *known = &known_groups[i].name;
        if (known->len == name.len && known->data[0] == name.data[0] &&
            memcmp(known->data, name.data, name.len) == 0)
            return &known_groups[i];
    }
    return NULL;
}

bool wpb_key_group_is_known(struct wpb_slice name)
{
    return find(name) != NULL;
}

bool wpb_key_group_is_global(struct wpb_slice name)
{
    const struct known_group *known = find(name);
    return known && known->is_global;
}

static size_t digits_at(struct wpb_slice text, size_t at)
{
    size_t n = at;
    while (n < text.len && text.data[n] >= '0' && text.data[n] <= '9')
        n++;
    return n - at;
}

static size_t leading_object(struct wpb_slice rest)
{
    for (size_t i = 0; i < sizeof object_groups / sizeof object_groups[0]; i++) {
        size_t len = object_groups[i].len;
        if (!wpb_slice_starts(rest, object_groups[i]))
            continue;
        size_t digits = digits_at(rest, len);
        if (digits > 0)
            return len + digits;
    }
    return 0;
}

/* {taxonomy}_relationships, when nothing but an object's number follows. */
static size_t leading_taxonomy(struct wpb_slice rest)
{
    const char *at =
        rest.len ? memmem(rest.data, rest.len, relationships.data, relationships.len)
                 : NULL;
    if (!at || at == rest.data)
        return 0;
    size_t len = (size_t)(at - rest.data) + relationships.len;
    size_t digits = digits_at(rest, len);
    return digits > 0 && len + digits == rest.len ? len : 0;
}

struct wpb_slice wpb_key_group_leading(struct wpb_slice rest)
{
    size_t longest = leading_object(rest);
    size_t taxonomy = leading_taxonomy(rest);

    if (taxonomy > longest)
        longest = taxonomy;
    for (size_t i = 0; i < KNOWN_GROUPS; i++) {
        const struct wpb_slice *known = &known_groups[i].name;
        if (known->len > longest && rest.len && known->data[0] == rest.data[0] &&
            wpb_slice_starts(rest, *known))
            longest = known->len;
    }
    return wpb_slice_head(rest, longest);
}

struct wpb_slice wpb_key_group_trailing(struct wpb_slice part)
{
    size_t longest = 0;
    for (size_t i = 0; i < KNOWN_GROUPS; i++) {
        if (known_groups[i].name.len > longest &&
            known_groups[i].name.len >= TRAILING_MIN &&
            wpb_slice_ends(part, known_groups[i].name))
            longest = known_groups[i].name.len;
    }
    return wpb_slice_skip(part, part.len - longest);
}
