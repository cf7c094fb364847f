/*
 * The first byte chooses the drop-in and the kind of site, the second how many bytes
 * are the site's prefix; the rest is prefix and key. Whatever they are, the parts lie
 * within the key, and a key that does not carry the prefix is not ours.
 */
#include <stdlib.h>

#include "probes/wordpress/grammar.h"
#include "tests/fuzz/fuzz.h"

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_within(struct wpb_slice part, struct wpb_slice key)
{
    if (part.len == 0)
        return;
    check(part.data >= key.data && part.data + part.len <= key.data + key.len);
}

static void check_fold(struct wpb_slice group)
{
    struct wpb_buf out;
    wpb_buf_init(&out, 0);
    wpb_group_fold(group, &out);
    check(!wpb_buf_failed(&out));
    wpb_buf_fini(&out);
}

/* What the site would ask for is its own and is recognised. */
static void check_built(const struct wpb_site *site)
{
    struct wpb_buf key;
    struct wpb_key_parts parts;
    if (!site->has_key_prefix)
        return;
    wpb_buf_init(&key, 0);
    if (!wpb_key_build(site, "options", "notoptions", &key)) {
        check(key.len == 0);
    } else if (site->flavour != WPB_FLAVOUR_W3TC) {
        wpb_key_parse(site, wpb_buf_view(&key), &parts);
        check(parts.is_ours && parts.role == WPB_KEY_NOTOPTIONS);
    }
    wpb_buf_fini(&key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct wpb_slice rest = wpb_slice_skip(wpb_slice_of(data, size), 2);
    struct wpb_slice prefix = wpb_slice_head(rest, data[1] & 0x7f);
    struct wpb_slice key = data[1] & 0x80 ? rest : wpb_slice_skip(rest, prefix.len);
    struct wpb_site site = {
        .flavour = (enum wpb_flavour)((data[0] & 0x1f) % 8),
        .flavour_version = data[0] & 0x20 ? "1.6.3" : "2.6.3",
        .table_prefix = "wp_",
        .is_multisite = data[0] & 0x40,
        .has_key_prefix = data[0] & 0x80,
        .key_prefix = prefix.data,
        .key_prefix_len = prefix.len,
    };
    struct wpb_key_parts parts;
    wpb_key_parse(&site, key, &parts);
    check_within(parts.blog, key);
    check_within(parts.group, key);
    check_within(parts.id, key);
    check(!parts.is_ours || !site.has_key_prefix || wpb_slice_starts(key, prefix));
    check(parts.is_ours || parts.role == WPB_KEY_PLAIN);
    check_fold(parts.group);

    if (wpb_key_shape(key, &parts) != WPB_FLAVOUR_UNKNOWN) {
        check_within(parts.blog, key);
        check_within(parts.group, key);
        check_within(parts.id, key);
    }
    check_built(&site);
    return 0;
}
