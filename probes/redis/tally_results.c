#include "probes/redis/tally_state.h"

#include <stdlib.h>

#include "wpbloat/subject.h"

static const struct wpb_slice other_name = WPB_SLICE("<other>");
static const struct wpb_slice foreign_name = WPB_SLICE(WPB_GROUP_FOREIGN);

/* Weights may make a group's estimate larger than the group. */
static void bound(struct wpb_tally_counts *counts)
{
    if (counts->ttlless_keys > counts->keys)
        counts->ttlless_keys = counts->keys;
    if (counts->ttlless_bytes > counts->bytes)
        counts->ttlless_bytes = counts->bytes;
}

size_t wpb_tally_sharers(const struct wpb_tally *tally, size_t index, size_t *next)
{
    size_t count = 0, first = SIZE_MAX;

    for (size_t i = 0; i < tally->site_count; i++) {
        if (tally->homes[i] != tally->homes[index])
            continue;
        count++;
        if (i >= *next && first == SIZE_MAX)
            first = i;
    }
    *next = first;
    return count;
}

struct wpb_tally_counts wpb_tally_total(const struct wpb_tally *tally)
{
    struct wpb_tally_counts total = tally->total;
    bound(&total);
    return total;
}

uint64_t wpb_tally_name_bytes(const struct wpb_tally *tally)
{
    return tally->name_bytes;
}

uint64_t wpb_tally_owned(const struct wpb_tally *tally, size_t index)
{
    return tally->owned[tally->homes[index]].keys;
}

struct wpb_votes *wpb_tally_votes(struct wpb_tally *tally)
{
    return tally->votes;
}

/* The prefix that site INDEX has by the votes, or NULL: there must be just one. */
static const struct wpb_slice *learnt(struct wpb_tally *tally, size_t index)
{
    struct wpb_votes_candidate found[WPB_VOTES_CANDIDATES_MAX];
    bool is_all;

    for (size_t i = 0; !tally->is_learnt && tally->votes && i < tally->site_count; i++) {
        size_t count =
            wpb_votes_candidates(tally->votes, tally->sites[i]->flavour, found, &is_all);
        tally->learnt[i].has_prefix = count == 1 && is_all;
        tally->learnt[i].prefix = count ? found[0].prefix : wpb_slice_of("", 0);
    }
    tally->is_learnt = true;
    return tally->learnt[index].has_prefix ? &tally->learnt[index].prefix : NULL;
}

/* What a prefix leaves of a lead: nothing, the ':' of a network's global groups, or the
 * blog's id and ':' where the salt itself ends in none. */
static bool is_blog_part(struct wpb_slice rest)
{
    size_t digits = 0;
    while (digits < rest.len && rest.data[digits] >= '0' && rest.data[digits] <= '9')
        digits++;
    return rest.len == 0 || (digits + 1 == rest.len && rest.data[digits] == ':');
}

/* Do keys that begin with LEAD, as their shape shows it, have PREFIX? A salt without a
 * separator is still in the group. */
static bool is_lead_of(struct wpb_slice lead, struct wpb_slice prefix)
{
    static const struct wpb_slice w3tc = WPB_SLICE("w3tc_");
    struct wpb_slice glued;

    if (wpb_slice_starts(lead, prefix))
        return wpb_slice_starts(prefix, w3tc) ||
               is_blog_part(wpb_slice_skip(lead, prefix.len));
    glued = wpb_slice_skip(prefix, lead.len);
    return wpb_slice_starts(prefix, lead) && !memchr(glued.data, ':', glued.len) &&
           (lead.len == 0 || lead.data[lead.len - 1] == ':');
}

/* Is what OWNER holds of site INDEX? */
static bool is_owner_of(struct wpb_tally *tally, size_t owner, size_t index)
{
    const struct wpb_slice *prefix = learnt(tally, index);

    if (tally->sites[index]->has_key_prefix)
        return owner == tally->homes[index];
    if (owner < tally->site_count)
        return false;
    if (!prefix)
        return true;
    owner -= tally->site_count;
    return owner < tally->lead_count && is_lead_of(tally->leads[owner], *prefix);
}

bool wpb_tally_parse(struct wpb_tally *tally, size_t index, struct wpb_slice key,
                     struct wpb_key_parts *parts)
{
    const struct wpb_slice *prefix = learnt(tally, index);
    size_t site = wpb_tally_site_of(tally, key, parts);

    if (tally->sites[index]->has_key_prefix)
        return site == tally->homes[index];
    if (site < tally->site_count)
        return false;
    wpb_key_parse(tally->sites[index], key, parts);
    return !prefix ||
           (parts->group.len && is_lead_of(wpb_tally_lead_of(key, parts), *prefix));
}

static int by_bytes(const void *a, const void *b)
{
    const struct wpb_tally_group *x = a, *y = b;
    if (x->counts.bytes != y->counts.bytes)
        return x->counts.bytes < y->counts.bytes ? 1 : -1;
    if (x->counts.keys != y->counts.keys)
        return x->counts.keys < y->counts.keys ? 1 : -1;
    return wpb_slice_compare(x->name, y->name);
}

/* Add to the group of that name, or begin it. */
static size_t put_group(struct wpb_tally_group *groups, size_t n, size_t capacity,
                        struct wpb_slice name, const struct wpb_tally_counts *counts)
{
    for (size_t i = 0; i < n; i++) {
        if (wpb_slice_equal(groups[i].name, name)) {
            wpb_tally_merge(&groups[i].counts, counts);
            return n;
        }
    }
    if (n < capacity && counts->keys > 0)
        groups[n++] = (struct wpb_tally_group){name, *counts};
    return n;
}

size_t wpb_tally_groups(struct wpb_tally *tally, size_t index,
                        struct wpb_tally_group *groups, size_t capacity)
{
    struct wpb_tally_counts foreign = {0};
    size_t n = 0;

    for (size_t owner = 0; owner < wpb_tally_owner_count(tally); owner++) {
        if (is_owner_of(tally, owner, index))
            n = put_group(groups, n, capacity, other_name, &tally->others[owner]);
        else
            wpb_tally_merge(&foreign, &tally->owned[owner]);
    }
    n = put_group(groups, n, capacity, foreign_name, &foreign);
    for (size_t i = 0; i < tally->entry_count; i++) {
        const struct wpb_tally_entry *entry = &tally->entries[i];
        if (is_owner_of(tally, entry->owner, index))
            n = put_group(groups, n, capacity, entry->name, &entry->counts);
    }
    for (size_t i = 0; i < n; i++)
        bound(&groups[i].counts);
    qsort(groups, n, sizeof groups[0], by_bytes);
    return n;
}

/* The samples of a group of one site. */
struct membership {
    struct wpb_tally *tally;
    size_t index;
    struct wpb_slice name;
};

static bool belongs(const void *cookie, uint32_t number)
{
    const struct membership *group = cookie;
    const struct wpb_tally_entry *entry = &group->tally->entries[number];

    return wpb_slice_equal(entry->name, group->name) &&
           is_owner_of(group->tally, entry->owner, group->index);
}

bool wpb_tally_idle_median(struct wpb_tally *tally, size_t index, struct wpb_slice group,
                           uint64_t *seconds)
{
    struct membership membership = {tally, index, group};
    return wpb_idle_median(&tally->idle, belongs, &membership, seconds);
}

/* Add to the family of that name, or begin it: one group may have several owners. */
static size_t put_family(struct wpb_tally_family *families, size_t n, size_t capacity,
                         const struct wpb_tally_family *family)
{
    for (size_t i = 0; i < n; i++) {
        if (wpb_slice_equal(families[i].group, family->group) &&
            wpb_slice_equal(families[i].template_name, family->template_name)) {
            families[i].keys += family->keys;
            families[i].bytes += family->bytes;
            families[i].ttlless_keys += family->ttlless_keys;
            return n;
        }
    }
    if (n < capacity && family->keys > 0)
        families[n++] = *family;
    return n;
}

size_t wpb_tally_families(struct wpb_tally *tally, size_t index,
                          struct wpb_tally_family *families, size_t capacity)
{
    size_t count, n = 0;
    const struct wpb_key_family *all = wpb_key_families_sorted(tally->families, &count);

    for (size_t i = 0; i < count; i++) {
        const struct wpb_tally_entry *entry = &tally->entries[all[i].group];
        struct wpb_tally_family family = {.group = entry->name,
                                          .template_name = all[i].template_name,
                                          .keys = all[i].keys,
                                          .bytes = all[i].bytes,
                                          .ttlless_keys = all[i].ttlless_keys};
        if (family.ttlless_keys > family.keys)
            family.ttlless_keys = family.keys;
        if (is_owner_of(tally, entry->owner, index))
            n = put_family(families, n, capacity, &family);
    }
    return n;
}

bool wpb_tally_families_are_exact(const struct wpb_tally *tally)
{
    return !tally->is_family_sampled && wpb_key_families_are_whole(tally->families);
}

struct wpb_topk *wpb_tally_top(struct wpb_tally *tally, size_t index)
{
    bool is_known = tally->sites[index]->has_key_prefix;
    return tally->tops[is_known ? tally->homes[index] : tally->site_count];
}

struct wpb_topk *wpb_tally_roles(struct wpb_tally *tally)
{
    return tally->roles;
}
