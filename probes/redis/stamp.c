#include "probes/redis/stamp.h"

#include <stdlib.h>

#define FRACTION_DIGITS 8
#define SECOND_DIGITS 10
#define UNITS_PER_SECOND 100000000u /* 10 to the power of FRACTION_DIGITS */
/* "0." and the digits, without what may stand between. */
#define TIME_MIN (2 + FRACTION_DIGITS + SECOND_DIGITS)
#define TIME_MAX (TIME_MIN + 1)
#define MAKER_MAX 24

static const struct wpb_slice prefix_mark = WPB_SLICE("_cache_");

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The number of COUNT digits at TEXT; false when there are others among them. */
static bool read_digits(const char *text, size_t count, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_digit(text[i]))
            return false;
        *number = *number * 10 + (uint64_t)(text[i] - '0');
    }
    return true;
}

/* The time at the beginning of TEXT, and how many bytes it takes; 0 when none is. */
static uint64_t read_time(struct wpb_slice text, size_t *len)
{
    uint64_t fraction, seconds;

    if (text.len < TIME_MIN || text.data[0] != '0' || text.data[1] != '.' ||
        !read_digits(text.data + 2, FRACTION_DIGITS, &fraction))
        return 0;
    *len = 2 + FRACTION_DIGITS;
    if (text.data[*len] == ' ' || text.data[*len] == '_')
        *len += 1;
    if (text.len < *len + SECOND_DIGITS || text.data[*len] == '0' ||
        !read_digits(text.data + *len, SECOND_DIGITS, &seconds))
        return 0;
    *len += SECOND_DIGITS;
    return seconds * UNITS_PER_SECOND + fraction;
}

/* The time that ends TEXT and what is left before it. */
static uint64_t read_last_time(struct wpb_slice text, struct wpb_slice *before)
{
    if (text.len < TIME_MAX)
        return 0;
    char between = text.data[text.len - SECOND_DIGITS - 1];
    size_t size = is_digit(between) ? TIME_MIN : TIME_MAX, len = 0;
    uint64_t time = read_time(wpb_slice_skip(text, text.len - size), &len);
    if (!time || len != size)
        return 0;
    *before = wpb_slice_head(text, text.len - size);
    return time;
}

/* {anything}{separator}{time}[{time}] */
static bool parse_last_changed(struct wpb_slice id, struct wpb_stamp *stamp)
{
    uint64_t found[WPB_STAMP_TIMES_MAX];
    struct wpb_slice rest = id;
    size_t count = 0;

    if (id.len <= TIME_MIN || !is_digit(id.data[id.len - 1]))
        return false;
    while (count < WPB_STAMP_TIMES_MAX && (found[count] = read_last_time(rest, &rest)))
        count++;
    if (count == 0 || rest.len == 0 ||
        (rest.data[rest.len - 1] != ':' && rest.data[rest.len - 1] != '-'))
        return false;
    stamp->kind = WPB_STAMP_LAST_CHANGED;
    stamp->count = count;
    for (size_t i = 0; i < count; i++)
        stamp->times[i] = found[count - 1 - i];
    return true;
}

static size_t maker_len(struct wpb_slice id)
{
    size_t n = 0;

    while (n < id.len && n < MAKER_MAX && id.data[n] >= 'a' && id.data[n] <= 'z')
        n++;
    return n;
}

/* {maker}_cache_{time}_{anything} */
static bool parse_prefix(struct wpb_slice id, struct wpb_stamp *stamp)
{
    size_t maker = maker_len(id), len = 0;
    struct wpb_slice rest = wpb_slice_skip(id, maker);

    if (maker == 0 || !wpb_slice_starts(rest, prefix_mark))
        return false;
    rest = wpb_slice_skip(rest, prefix_mark.len);
    uint64_t time = read_time(rest, &len);
    if (!time || len == rest.len || rest.data[len] != '_')
        return false;
    stamp->kind = WPB_STAMP_PREFIX;
    stamp->count = 1;
    stamp->times[0] = time;
    stamp->maker = wpb_slice_head(id, maker);
    return true;
}

bool wpb_stamp_parse(struct wpb_slice id, struct wpb_stamp *stamp)
{
    *stamp = (struct wpb_stamp){.kind = WPB_STAMP_NONE, .maker = {"", 0}};
    if (id.len <= TIME_MIN)
        return false;
    return parse_prefix(id, stamp) || parse_last_changed(id, stamp);
}

/* Where core keeps the last_changed of a group of queries. */
static const struct query_group {
    struct wpb_slice name, kept_in;
} query_groups[] = {
    {WPB_SLICE("posts"), WPB_SLICE("posts")},
    {WPB_SLICE("post-queries"), WPB_SLICE("posts")},
    {WPB_SLICE("terms"), WPB_SLICE("terms")},
    {WPB_SLICE("term-queries"), WPB_SLICE("terms")},
    {WPB_SLICE("comment"), WPB_SLICE("comment")},
    {WPB_SLICE("comment-queries"), WPB_SLICE("comment")},
    {WPB_SLICE("users"), WPB_SLICE("users")},
    {WPB_SLICE("user-queries"), WPB_SLICE("users")},
    {WPB_SLICE("sites"), WPB_SLICE("sites")},
    {WPB_SLICE("site-queries"), WPB_SLICE("sites")},
    {WPB_SLICE("networks"), WPB_SLICE("networks")},
    {WPB_SLICE("network-queries"), WPB_SLICE("networks")},
};

static const struct query_group *find(struct wpb_slice group)
{
    for (size_t i = 0; i < sizeof query_groups / sizeof query_groups[0]; i++)
        if (wpb_slice_equal(query_groups[i].name, group))
            return &query_groups[i];
    return NULL;
}

bool wpb_stamp_is_core_group(struct wpb_slice group)
{
    return find(group) != NULL;
}

/* Only posts are known to be joined with a second group. Users are with posts, but
 * those are a blog's while users are the network's. */
static bool group_of_time(size_t index, struct wpb_slice from, struct wpb_slice *group)
{
    static const struct wpb_slice posts = WPB_SLICE("posts");
    static const struct wpb_slice terms = WPB_SLICE("terms");
    const struct query_group *known = find(from);

    *group = known ? known->kept_in : from;
    if (index == 0)
        return true;
    bool is_joined = wpb_slice_equal(*group, posts);
    *group = terms;
    return is_joined;
}

bool wpb_stamp_holder(const struct wpb_stamp *stamp, size_t index, struct wpb_slice from,
                      struct wpb_slice *group, struct wpb_buf *id)
{
    if (stamp->kind == WPB_STAMP_NONE || index >= stamp->count)
        return false;
    if (stamp->kind == WPB_STAMP_PREFIX) {
        *group = from;
        wpb_buf_slice(id, stamp->maker);
        wpb_buf_char(id, '_');
        wpb_buf_slice(id, from);
        wpb_buf_text(id, "_cache_prefix");
        return true;
    }
    if (!group_of_time(index, from, group))
        return false;
    wpb_buf_text(id, "last_changed");
    return true;
}

uint64_t wpb_stamp_current(struct wpb_slice value)
{
    value = wpb_slice_head(value, WPB_STAMP_VALUE_BYTES);
    for (size_t i = 0; i + TIME_MIN <= value.len; i++) {
        struct wpb_slice rest = wpb_slice_skip(value, i);
        size_t len = 0;
        uint64_t time = read_time(rest, &len);
        bool is_whole = (i == 0 || !is_digit(value.data[i - 1])) &&
                        (len == rest.len || !is_digit(rest.data[len]));
        if (time && is_whole)
            return time;
    }
    return 0;
}

bool wpb_stamp_is_written_by(const char *wp_version)
{
    char *end;
    unsigned long major = strtoul(wp_version, &end, 10), minor = 0;

    if (end == wp_version)
        return true;
    if (*end == '.')
        minor = strtoul(end + 1, NULL, 10);
    return major < 6 || (major == 6 && minor < 9);
}
