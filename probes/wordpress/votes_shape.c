#include "probes/wordpress/votes_shape.h"

#include <ctype.h>

#include "probes/wordpress/grammar.h"
#include "probes/wordpress/key_group.h"

static const struct wpb_slice options_group = WPB_SLICE("options");

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t leading_digits(struct wpb_slice text)
{
    size_t n = 0;
    while (n < text.len && is_digit(text.data[n]))
        n++;
    return n;
}

/* The keys that every site has. */
static bool is_proof(struct wpb_slice group, struct wpb_slice id)
{
    return wpb_slice_equal(group, options_group) &&
           (wpb_slice_is(id, "notoptions") || wpb_slice_is(id, "alloptions"));
}

/* Where the part of KEY that ends before END begins. */
static size_t part_begin(struct wpb_slice key, size_t end)
{
    const char *colon = end ? memrchr(key.data, ':', end) : NULL;
    return colon ? (size_t)(colon - key.data) + 1 : 0;
}

/* A salt glued to a group: it ends in no letter or digit, unless the key is one that
 * every site has. */
static struct wpb_slice glued_group(struct wpb_slice part, struct wpb_slice id)
{
    struct wpb_slice group = wpb_key_group_trailing(part);
    if (group.len == 0 || group.len == part.len)
        return group;
    unsigned char before = (unsigned char)part.data[part.len - group.len - 1];
    if (isalnum(before) && !is_proof(group, id))
        return wpb_slice_skip(part, part.len);
    return group;
}

/* The last part that is a known group, and not the last of all; else the last that
 * ends in one. False when there is neither. */
static bool find_group(struct wpb_slice key, struct wpb_slice *group)
{
    struct wpb_slice glued = {NULL, 0};
    const char *last = key.len ? memrchr(key.data, ':', key.len) : NULL;

    for (size_t end = last ? (size_t)(last - key.data) : 0; end > 0;) {
        size_t begin = part_begin(key, end);
        struct wpb_slice part = wpb_slice_of(key.data + begin, end - begin);
        if (wpb_key_group_is_known(part)) {
            *group = part;
            return true;
        }
        if (glued.len == 0)
            glued = glued_group(part, wpb_slice_skip(key, end + 1));
        if (begin == 0)
            break;
        end = begin - 1;
    }
    *group = glued;
    return glued.len > 0;
}

static bool has_blank(struct wpb_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == ' ' || (text.data[i] >= '\t' && text.data[i] <= '\r'))
            return true;
    }
    return false;
}

/* "1-notoptions": the ':' that core puts there was replaced. */
static bool is_sanitised_notoptions(struct wpb_slice group, struct wpb_slice id)
{
    size_t digits = leading_digits(id);
    return wpb_slice_is(group, "site-options") && digits > 0 &&
           wpb_slice_is(wpb_slice_skip(id, digits), "-notoptions");
}

/* Who writes a scalar so: wp-redis serializes all but integers, redis-cache no string.
 * A string that looks serialized redis-cache does serialize, so that says nothing. */
static enum wpb_flavour writer_of(struct wpb_slice head)
{
    static const struct wpb_slice string = WPB_SLICE("s:");
    size_t digits;

    if (head.len < 3)
        return WPB_FLAVOUR_UNKNOWN;
    if (head.data[1] == ':' && (head.data[0] == 'b' || head.data[0] == 'd'))
        return WPB_FLAVOUR_WP_REDIS;
    if (wpb_slice_starts(head, string)) {
        struct wpb_slice rest = wpb_slice_skip(head, string.len);
        digits = leading_digits(rest);
        rest = wpb_slice_skip(rest, digits);
        bool is_string = digits > 0 && rest.len > 2 && rest.data[0] == ':';
        return is_string && rest.data[1] == '"' && !memchr("abdisOCN", rest.data[2], 8)
                   ? WPB_FLAVOUR_WP_REDIS
                   : WPB_FLAVOUR_UNKNOWN;
    }
    /* Words, and no encoding that begins with a letter. */
    for (size_t i = 0; i < 3; i++) {
        if (!isalpha((unsigned char)head.data[i]))
            return WPB_FLAVOUR_UNKNOWN;
    }
    return WPB_FLAVOUR_REDIS_CACHE;
}

/* The one of redis-cache and wp-redis that alone writes this key. */
static enum wpb_flavour only_writer(const struct wpb_votes_shape *shape,
                                    struct wpb_slice group, struct wpb_slice id,
                                    struct wpb_slice head)
{
    if (shape->lead.len == 0 || shape->lead.data[shape->lead.len - 1] != ':')
        return WPB_FLAVOUR_WP_REDIS;
    if (has_blank(id) || is_sanitised_notoptions(group, id) ||
        wpb_slice_is(group, "redis-cache"))
        return WPB_FLAVOUR_REDIS_CACHE;
    if (id.len == 0 || memchr(id.data, ':', id.len))
        return WPB_FLAVOUR_WP_REDIS;
    return writer_of(head);
}

/* W3TC: "w3tc_{instance}_"; LiteSpeed: the first five bytes. */
static struct wpb_slice own_lead(struct wpb_slice key, enum wpb_flavour flavour)
{
    if (flavour == WPB_FLAVOUR_LITESPEED)
        return wpb_slice_head(key, 5);
    size_t head = sizeof "w3tc_" - 1;
    return wpb_slice_head(key, head + leading_digits(wpb_slice_skip(key, head)) + 1);
}

bool wpb_votes_shape_of(struct wpb_slice key, struct wpb_slice head,
                        struct wpb_votes_shape *shape)
{
    struct wpb_key_parts parts;
    struct wpb_slice group, id;

    *shape = (struct wpb_votes_shape){.flavour = wpb_key_shape(key, &parts)};
    if (shape->flavour != WPB_FLAVOUR_UNKNOWN) {
        shape->lead = own_lead(key, shape->flavour);
        shape->is_proof = is_proof(parts.group, parts.id);
        shape->is_global = wpb_key_group_is_global(parts.group);
        shape->has_blogs =
            shape->flavour == WPB_FLAVOUR_LITESPEED
                ? parts.blog.len > 0
                : parts.blog.len > 1 || (parts.blog.len == 1 && parts.blog.data[0] > '1');
        return true;
    }
    if (!find_group(key, &group))
        return false;
    shape->lead = wpb_slice_head(key, (size_t)(group.data - key.data));
    id = wpb_slice_skip(key, shape->lead.len + group.len + 1);
    shape->is_global = wpb_key_group_is_global(group);
    shape->is_proof = is_proof(group, id);
    shape->only = only_writer(shape, group, id, head);
    return true;
}
