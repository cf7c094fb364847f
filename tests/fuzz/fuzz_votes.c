/*
 * Lines of a key each, with a tab before the head of its value if that is known. The
 * candidates are few, sorted, told apart, and every prefix begins some key.
 */
#include <stdlib.h>

#include "probes/wordpress/site_of_key.h"
#include "probes/wordpress/votes.h"
#include "tests/fuzz/fuzz.h"

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* The next line of REST and what is behind its first tab. */
static struct wpb_slice next(struct wpb_slice *rest, struct wpb_slice *head)
{
    const char *end = memchr(rest->data, '\n', rest->len);
    struct wpb_slice line =
        end ? wpb_slice_head(*rest, (size_t)(end - rest->data)) : *rest;
    const char *tab = line.len ? memchr(line.data, '\t', line.len) : NULL;

    *rest = wpb_slice_skip(*rest, line.len + 1);
    *head = wpb_slice_of(NULL, 0);
    if (!tab)
        return line;
    *head = wpb_slice_skip(line, (size_t)(tab - line.data) + 1);
    return wpb_slice_head(line, (size_t)(tab - line.data));
}

static bool begins_some_key(struct wpb_slice input, struct wpb_slice prefix)
{
    struct wpb_slice head;
    while (input.len) {
        if (wpb_slice_starts(next(&input, &head), prefix))
            return true;
    }
    return false;
}

static void check_candidates(struct wpb_votes *votes, struct wpb_slice input,
                             enum wpb_flavour known)
{
    struct wpb_votes_candidate found[WPB_VOTES_CANDIDATES_MAX];
    struct wpb_site sites[WPB_VOTES_CANDIDATES_MAX];
    const struct wpb_site *list[WPB_VOTES_CANDIDATES_MAX];
    bool is_all;
    size_t count = wpb_votes_candidates(votes, known, found, &is_all);

    check(count <= WPB_VOTES_CANDIDATES_MAX);
    for (size_t i = 0; i < count; i++) {
        check(found[i].keys > 0 && begins_some_key(input, found[i].prefix));
        check(i == 0 || found[i].keys <= found[i - 1].keys);
        check(known == WPB_FLAVOUR_UNKNOWN || found[i].flavour == known);
        sites[i] = (struct wpb_site){.table_prefix = "wp_",
                                     .flavour = found[i].flavour,
                                     .flavour_version = "",
                                     .is_multisite = found[i].is_multisite,
                                     .has_key_prefix = true,
                                     .key_prefix = found[i].prefix.data,
                                     .key_prefix_len = found[i].prefix.len};
        list[i] = &sites[i];
    }
    while (input.len) {
        struct wpb_key_parts parts;
        struct wpb_slice head, key = next(&input, &head);
        const struct wpb_site *site = wpb_site_of_key(list, count, key, &parts);
        check(parts.is_ours == (site != NULL));
        check(!site || wpb_slice_starts(
                           key, wpb_slice_of(site->key_prefix, site->key_prefix_len)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wpb_slice input = wpb_slice_of(size ? (const char *)data : "", size);
    struct wpb_slice rest = input, head;
    struct wpb_votes *votes = wpb_votes_new();
    struct wpb_buf text;

    if (!votes)
        return 0;
    while (rest.len) {
        struct wpb_slice key = next(&rest, &head);
        wpb_votes_add(votes, key, head);
    }
    for (int known = WPB_FLAVOUR_UNKNOWN; known <= WPB_FLAVOUR_OBJECT_CACHE_PRO; known++)
        check_candidates(votes, input, (enum wpb_flavour)known);
    wpb_buf_init(&text, 0);
    wpb_votes_text(votes, &text);
    check(!wpb_buf_failed(&text));
    wpb_buf_fini(&text);
    wpb_votes_free(votes);
    return 0;
}
