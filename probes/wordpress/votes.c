#include "probes/wordpress/votes.h"

#include <inttypes.h>
#include <stdlib.h>

#include "probes/wordpress/grammar.h"
#include "probes/wordpress/key_group.h"
#include "probes/wordpress/votes_shape.h"

#define FLAVOURS (WPB_FLAVOUR_OBJECT_CACHE_PRO + 1)

/* Keys that begin alike. */
struct lead {
    struct wpb_slice bytes;   /* own copy */
    enum wpb_flavour flavour; /* W3TC, LITESPEED; UNKNOWN for those with ':' */
    bool has_blogs;           /* of the first two: blogs beyond the main one */
    uint64_t keys, global_keys;
    uint64_t proofs;                /* keys that every site has */
    uint64_t redis_cache, wp_redis; /* keys that only this one writes */
};

struct wpb_votes {
    struct lead leads[WPB_VOTES_LEADS_MAX];
    size_t lead_count;
    bool has_more;
    uint64_t looked;
};

struct wpb_votes *wpb_votes_new(void)
{
    return calloc(1, sizeof(struct wpb_votes));
}

void wpb_votes_free(struct wpb_votes *votes)
{
    if (!votes)
        return;
    for (size_t i = 0; i < votes->lead_count; i++)
        free((char *)(uintptr_t)votes->leads[i].bytes.data);
    free(votes);
}

/* ---- counting ---- */

/* The lead to give up for one that is proven: the least of those that are not. */
static struct lead *least_unproven(struct wpb_votes *votes)
{
    struct lead *least = NULL;
    for (size_t i = 0; i < votes->lead_count; i++) {
        struct lead *lead = &votes->leads[i];
        if (lead->proofs == 0 && (!least || lead->keys < least->keys))
            least = lead;
    }
    return least;
}

static struct lead *find_lead(struct wpb_votes *votes, struct wpb_slice bytes,
                              enum wpb_flavour flavour)
{
    for (size_t i = 0; i < votes->lead_count; i++) {
        struct lead *lead = &votes->leads[i];
        if (lead->flavour == flavour && wpb_slice_equal(lead->bytes, bytes))
            return lead;
    }
    return NULL;
}

static struct lead *new_lead(struct wpb_votes *votes, const struct wpb_votes_shape *shape)
{
    bool is_full = votes->lead_count == WPB_VOTES_LEADS_MAX;
    struct lead *lead = &votes->leads[votes->lead_count];
    char *bytes;

    if (is_full)
        lead = shape->is_proof ? least_unproven(votes) : NULL;
    if (!lead || shape->lead.len > WPB_VOTES_LEAD_LEN_MAX ||
        !(bytes = malloc(shape->lead.len + 1))) {
        votes->has_more |= shape->is_proof;
        return NULL;
    }
    if (is_full)
        free((char *)(uintptr_t)lead->bytes.data);
    else
        votes->lead_count++;
    if (shape->lead.len)
        memcpy(bytes, shape->lead.data, shape->lead.len);
    *lead = (struct lead){.bytes = wpb_slice_of(bytes, shape->lead.len),
                          .flavour = shape->flavour};
    return lead;
}

/* The two keys that every site has end in it, and little else does. */
static bool may_prove(struct wpb_slice key)
{
    static const struct wpb_slice tail = WPB_SLICE("toptions"),
                                  other_tail = WPB_SLICE("lloptions");
    return wpb_slice_ends(key, tail) || wpb_slice_ends(key, other_tail);
}

void wpb_votes_add(struct wpb_votes *votes, struct wpb_slice key, struct wpb_slice head)
{
    struct wpb_votes_shape shape;

    if (key.len > WPB_VOTES_KEY_LEN_MAX ||
        (votes->looked >= WPB_VOTES_KEYS_MAX && !may_prove(key)))
        return;
    votes->looked++;
    if (!wpb_votes_shape_of(key, head, &shape))
        return;
    struct lead *lead = find_lead(votes, shape.lead, shape.flavour);
    if (!lead)
        lead = new_lead(votes, &shape);
    if (!lead)
        return;
    lead->keys++;
    lead->global_keys += shape.is_global;
    lead->proofs += shape.is_proof;
    lead->redis_cache += shape.only == WPB_FLAVOUR_REDIS_CACHE;
    lead->wp_redis += shape.only == WPB_FLAVOUR_WP_REDIS;
    lead->has_blogs |= shape.has_blogs;
}

/* ---- candidates ---- */

/* LEAD without the blog id and ':' that it ends in; false when it ends in none. */
static bool without_blog(struct wpb_slice lead, struct wpb_slice *base)
{
    if (lead.len < 2 || lead.data[lead.len - 1] != ':')
        return false;
    size_t len = lead.len - 1;
    while (len > 0 && lead.data[len - 1] >= '0' && lead.data[len - 1] <= '9')
        len--;
    *base = wpb_slice_head(lead, len);
    return len < lead.len - 1;
}

static bool ends_with_colon(struct wpb_slice text)
{
    return text.len > 0 && text.data[text.len - 1] == ':';
}

/* LEAD is BASE and one ':' more: redis-cache's global groups on a network. */
static bool is_base_and_colon(struct wpb_slice lead, struct wpb_slice base)
{
    return lead.len == base.len + 1 && ends_with_colon(lead) &&
           wpb_slice_starts(lead, base);
}

/* Nothing but global groups begin so. */
static bool is_global_only(const struct lead *lead)
{
    return lead->keys > 0 && lead->global_keys == lead->keys;
}

/* "net_2:" is blog 2 of a network with the salt "net_" rather than a site with the
 * table prefix "net_2_" when the network's global keys are there. */
static bool has_network_keys(const struct wpb_votes *votes, struct wpb_slice base)
{
    for (size_t i = 0; i < votes->lead_count; i++) {
        const struct lead *lead = &votes->leads[i];
        if (lead->flavour == WPB_FLAVOUR_UNKNOWN && is_global_only(lead) &&
            (wpb_slice_equal(lead->bytes, base) || is_base_and_colon(lead->bytes, base)))
            return true;
    }
    return false;
}

/* The site that a proven lead shows. */
static struct wpb_votes_candidate site_of(const struct wpb_votes *votes,
                                          const struct lead *lead)
{
    struct wpb_votes_candidate site = {
        .prefix = lead->bytes, .flavour = lead->flavour, .is_multisite = lead->has_blogs};
    struct wpb_slice base;

    if (lead->flavour != WPB_FLAVOUR_UNKNOWN || !without_blog(lead->bytes, &base))
        return site;
    if (base.len == 0 || ends_with_colon(base) ||
        (lead->global_keys == 0 && has_network_keys(votes, base))) {
        site.prefix = base;
        site.is_multisite = true;
    }
    return site;
}

/* LEAD is PREFIX and a table prefix, which wp-redis writes before global groups. */
static bool is_table_lead(const struct lead *lead, struct wpb_slice prefix)
{
    struct wpb_slice table = wpb_slice_skip(lead->bytes, prefix.len);
    if (!wpb_slice_starts(lead->bytes, prefix) || table.len < 2 || !is_global_only(lead))
        return false;
    for (size_t i = 0; i < table.len; i++) {
        char c = table.data[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
              (c >= 'A' && c <= 'Z') || c == '_'))
            return false;
    }
    return table.data[table.len - 1] == '_';
}

static bool is_of(const struct lead *lead, const struct wpb_votes_candidate *site,
                  enum wpb_flavour shape)
{
    struct wpb_slice base;

    if (lead->flavour != shape)
        return false;
    if (shape != WPB_FLAVOUR_UNKNOWN)
        return wpb_slice_equal(lead->bytes, site->prefix);
    if (!site->is_multisite)
        return wpb_slice_equal(lead->bytes, site->prefix) ||
               is_table_lead(lead, site->prefix);
    if (without_blog(lead->bytes, &base) && wpb_slice_equal(base, site->prefix))
        return true;
    return is_global_only(lead) && (wpb_slice_equal(lead->bytes, site->prefix) ||
                                    is_base_and_colon(lead->bytes, site->prefix));
}

/* What the global groups of LEAD say about who wrote SITE. */
static void weigh_globals(const struct lead *lead, const struct wpb_votes_candidate *site,
                          uint64_t *redis_cache, uint64_t *wp_redis)
{
    bool is_own = wpb_slice_equal(lead->bytes, site->prefix);

    if (site->is_multisite && is_base_and_colon(lead->bytes, site->prefix))
        *redis_cache += lead->global_keys;
    else if (site->is_multisite ? is_own : !is_own)
        *wp_redis += lead->global_keys;
    else if (is_own && ends_with_colon(lead->bytes))
        *redis_cache += lead->global_keys;
}

/* Count the votes for SITE, and say whose keys these are. */
static void judge(const struct wpb_votes *votes, struct wpb_votes_candidate *site)
{
    enum wpb_flavour shape = site->flavour;
    uint64_t redis_cache = 0, wp_redis = 0;

    for (size_t i = 0; i < votes->lead_count; i++) {
        const struct lead *lead = &votes->leads[i];
        if (!is_of(lead, site, shape))
            continue;
        site->keys += lead->keys;
        redis_cache += lead->redis_cache;
        wp_redis += lead->wp_redis;
        weigh_globals(lead, site, &redis_cache, &wp_redis);
    }
    if (shape != WPB_FLAVOUR_UNKNOWN)
        return;
    bool leans_redis_cache =
        site->is_multisite ? site->prefix.len > 0 : ends_with_colon(site->prefix);
    if (redis_cache == wp_redis)
        site->flavour =
            leans_redis_cache ? WPB_FLAVOUR_REDIS_CACHE : WPB_FLAVOUR_WP_REDIS;
    else
        site->flavour =
            redis_cache > wp_redis ? WPB_FLAVOUR_REDIS_CACHE : WPB_FLAVOUR_WP_REDIS;
}

/* Can a site of KNOWN flavour have written keys of the flavour SHAPE? */
static bool can_be(enum wpb_flavour known, enum wpb_flavour shape)
{
    switch (known) {
    case WPB_FLAVOUR_UNKNOWN:
        return true;
    case WPB_FLAVOUR_W3TC:
    case WPB_FLAVOUR_LITESPEED:
        return shape == known;
    case WPB_FLAVOUR_NONE:
    case WPB_FLAVOUR_DOCKET:
        return false;
    case WPB_FLAVOUR_REDIS_CACHE:
    case WPB_FLAVOUR_WP_REDIS:
    case WPB_FLAVOUR_OBJECT_CACHE_PRO:
        break;
    }
    return shape == WPB_FLAVOUR_UNKNOWN;
}

static bool is_same(const struct wpb_votes_candidate *a,
                    const struct wpb_votes_candidate *b)
{
    return a->flavour == b->flavour && a->is_multisite == b->is_multisite &&
           wpb_slice_equal(a->prefix, b->prefix);
}

static int by_keys(const void *a, const void *b)
{
    const struct wpb_votes_candidate *x = a, *y = b;
    if (x->keys != y->keys)
        return x->keys < y->keys ? 1 : -1;
    return wpb_slice_compare(x->prefix, y->prefix);
}

/* All sites that the leads show; ALL holds one for each lead. */
static size_t all_candidates(const struct wpb_votes *votes, enum wpb_flavour known,
                             struct wpb_votes_candidate *all)
{
    size_t count = 0;

    for (size_t i = 0; i < votes->lead_count; i++) {
        const struct lead *lead = &votes->leads[i];
        size_t at = 0;
        if (lead->proofs == 0 || !can_be(known, lead->flavour))
            continue;
        all[count] = site_of(votes, lead);
        while (!is_same(&all[at], &all[count]))
            at++;
        if (at == count)
            count++;
    }
    for (size_t i = 0; i < count; i++) {
        judge(votes, &all[i]);
        if (known != WPB_FLAVOUR_UNKNOWN)
            all[i].flavour = known;
    }
    qsort(all, count, sizeof all[0], by_keys);
    return count;
}

size_t wpb_votes_candidates(struct wpb_votes *votes, enum wpb_flavour known,
                            struct wpb_votes_candidate found[WPB_VOTES_CANDIDATES_MAX],
                            bool *is_all)
{
    struct wpb_votes_candidate all[WPB_VOTES_LEADS_MAX];
    size_t count = all_candidates(votes, known, all);

    *is_all = !votes->has_more && count <= WPB_VOTES_CANDIDATES_MAX;
    if (count > WPB_VOTES_CANDIDATES_MAX)
        count = WPB_VOTES_CANDIDATES_MAX;
    memcpy(found, all, count * sizeof all[0]);
    return count;
}

/* ---- for the reader ---- */

/* Whom LEAD votes for: the site it is of, else what it shows alone. */
static enum wpb_flavour vote_of(const struct lead *lead,
                                const struct wpb_votes_candidate *sites, size_t count)
{
    if (lead->flavour != WPB_FLAVOUR_UNKNOWN)
        return lead->flavour;
    for (size_t i = 0; i < count; i++) {
        bool has_colons = sites[i].flavour == WPB_FLAVOUR_REDIS_CACHE ||
                          sites[i].flavour == WPB_FLAVOUR_WP_REDIS;
        if (has_colons && is_of(lead, &sites[i], WPB_FLAVOUR_UNKNOWN))
            return sites[i].flavour;
    }
    if (lead->redis_cache != lead->wp_redis)
        return lead->redis_cache > lead->wp_redis ? WPB_FLAVOUR_REDIS_CACHE
                                                  : WPB_FLAVOUR_WP_REDIS;
    return ends_with_colon(lead->bytes) ? WPB_FLAVOUR_REDIS_CACHE : WPB_FLAVOUR_WP_REDIS;
}

void wpb_votes_text(struct wpb_votes *votes, struct wpb_buf *out)
{
    struct wpb_votes_candidate sites[WPB_VOTES_LEADS_MAX];
    size_t count = all_candidates(votes, WPB_FLAVOUR_UNKNOWN, sites);
    uint64_t keys[FLAVOURS] = {0};
    bool is_first = true;

    for (size_t i = 0; i < votes->lead_count; i++)
        keys[vote_of(&votes->leads[i], sites, count)] += votes->leads[i].keys;
    for (;;) {
        size_t most = 0;
        for (size_t f = 1; f < FLAVOURS; f++)
            most = keys[f] > keys[most] ? f : most;
        if (keys[most] == 0)
            return;
        wpb_buf_printf(out, "%s%" PRIu64 " %s%s", is_first ? "" : ", ", keys[most],
                       !is_first         ? ""
                       : keys[most] == 1 ? "key votes "
                                         : "keys vote ",
                       wpb_flavour_name((enum wpb_flavour)most));
        keys[most] = 0;
        is_first = false;
    }
}
