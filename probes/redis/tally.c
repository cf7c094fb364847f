#include "probes/redis/tally.h"

#include <stdlib.h>

#include "probes/wordpress/site_of_key.h"

/* Open addressing over the entries; twice as many cells keeps probes short. */
#define CELLS (WPB_TALLY_GROUPS_MAX * 2)
#define NO_LEAD WPB_TALLY_LEADS_MAX
/* Keys kept by name over all sites of one database. */
#define TOP_ALL_MAX 2000

static const struct wpb_slice other_name = WPB_SLICE("<other>");
static const struct wpb_slice foreign_name = WPB_SLICE("<not this site>");
static const struct wpb_slice shapeless_name = WPB_SLICE("<no group>");

struct entry {
    uint32_t owner;
    unsigned long long hash;
    struct wpb_slice name; /* folded, own copy */
    struct wpb_tally_counts counts;
};

/* The prefix that the votes give a site. */
struct learnt {
    bool has_prefix;
    struct wpb_slice prefix; /* of the votes */
};

/* Owners are numbered: sites first, then leads, then NO_LEAD. */
struct wpb_tally {
    const struct wpb_site *const *sites;
    size_t site_count;
    const struct wpb_site *shape; /* how to read keys of no known prefix; or NULL */
    struct wpb_tally_counts total;
    uint64_t name_bytes;

    struct entry entries[WPB_TALLY_GROUPS_MAX];
    size_t entry_count;
    uint16_t cells[CELLS];           /* entry + 1 */
    struct wpb_tally_counts *others; /* by owner: beyond the bound */
    struct wpb_tally_counts *owned;  /* by owner: all */
    struct wpb_slice leads[WPB_TALLY_LEADS_MAX];
    size_t lead_count;
    struct wpb_votes *votes; /* NULL when every site has a prefix */
    struct learnt *learnt;   /* by site */
    bool is_learnt;          /* no key has voted since */
    struct wpb_topk **tops;  /* by site; the last is for keys of no known prefix */
    struct wpb_topk *roles;
    struct wpb_orphans *orphans;
    struct wpb_buf folded; /* reused */
};

static size_t owner_count(const struct wpb_tally *tally)
{
    return tally->site_count + WPB_TALLY_LEADS_MAX + 1;
}

static bool new_tops(struct wpb_tally *tally, size_t top)
{
    size_t lists = tally->site_count + 1;
    size_t each = top ? top : 1;

    if (each * lists > TOP_ALL_MAX)
        each = TOP_ALL_MAX / lists ? TOP_ALL_MAX / lists : 1;
    tally->tops = calloc(lists, sizeof *tally->tops);
    if (!tally->tops)
        return false;
    for (size_t i = 0; i < lists; i++) {
        bool is_used = i < tally->site_count ? tally->sites[i]->has_key_prefix
                                             : tally->shape != NULL;
        if (is_used && !(tally->tops[i] = wpb_topk_new(each)))
            return false;
    }
    tally->roles = wpb_topk_new(WPB_TALLY_ROLES_MAX);
    return tally->roles != NULL;
}

struct wpb_tally *wpb_tally_new(const struct wpb_site *const *sites, size_t count,
                                size_t top)
{
    struct wpb_tally *tally = calloc(1, sizeof *tally);
    if (!tally)
        return NULL;
    tally->sites = sites;
    tally->site_count = count;
    wpb_buf_init(&tally->folded, 0);
    for (size_t i = 0; i < count; i++)
        if (!sites[i]->has_key_prefix && !tally->shape)
            tally->shape = sites[i];
    tally->others = calloc(owner_count(tally), sizeof *tally->others);
    tally->owned = calloc(owner_count(tally), sizeof *tally->owned);
    tally->orphans = wpb_orphans_new();
    tally->learnt = calloc(count + 1, sizeof *tally->learnt);
    if (tally->shape)
        tally->votes = wpb_votes_new();
    if (!tally->others || !tally->owned || !tally->orphans || !tally->learnt ||
        (tally->shape && !tally->votes) || !new_tops(tally, top)) {
        wpb_tally_free(tally);
        return NULL;
    }
    return tally;
}

static void free_bytes(struct wpb_slice slice)
{
    free((char *)(uintptr_t)slice.data);
}

void wpb_tally_free(struct wpb_tally *tally)
{
    if (!tally)
        return;
    for (size_t i = 0; i < tally->entry_count; i++)
        free_bytes(tally->entries[i].name);
    for (size_t i = 0; i < tally->lead_count; i++)
        free_bytes(tally->leads[i]);
    wpb_votes_free(tally->votes);
    free(tally->learnt);
    for (size_t i = 0; tally->tops && i <= tally->site_count; i++)
        wpb_topk_free(tally->tops[i]);
    wpb_topk_free(tally->roles);
    wpb_orphans_free(tally->orphans);
    wpb_buf_fini(&tally->folded);
    free(tally->tops);
    free(tally->others);
    free(tally->owned);
    free(tally);
}

/* A copy, or false when memory is out: the caller then does without. */
static bool copy(struct wpb_slice from, struct wpb_slice *to)
{
    char *bytes = malloc(from.len + 1);
    if (!bytes)
        return false;
    if (from.len)
        memcpy(bytes, from.data, from.len);
    *to = wpb_slice_of(bytes, from.len);
    return true;
}

static bool is_certain(const struct wpb_tally_key *key, const struct wpb_key_parts *parts)
{
    return key->bytes >= WPB_TALLY_CERTAIN_BYTES || parts->role != WPB_KEY_PLAIN;
}

static void count(struct wpb_tally_counts *counts, const struct wpb_tally_key *key)
{
    counts->keys++;
    counts->bytes += key->bytes;
}

static void count_ttlless(struct wpb_tally_counts *counts, uint64_t bytes,
                          uint64_t weight)
{
    counts->ttlless_keys += weight;
    counts->ttlless_bytes += bytes * weight;
}

static void merge(struct wpb_tally_counts *into, const struct wpb_tally_counts *from)
{
    into->keys += from->keys;
    into->bytes += from->bytes;
    into->ttlless_keys += from->ttlless_keys;
    into->ttlless_bytes += from->ttlless_bytes;
    into->orphans.stamped_keys += from->orphans.stamped_keys;
    into->orphans.judged_keys += from->orphans.judged_keys;
    into->orphans.orphan_keys += from->orphans.orphan_keys;
    into->orphans.orphan_bytes += from->orphans.orphan_bytes;
}

/* ---- owners ---- */

/* The bytes before the group, without a network's blog id. */
static struct wpb_slice lead_of(struct wpb_slice key, const struct wpb_key_parts *parts)
{
    const char *end = parts->blog.len ? parts->blog.data : parts->group.data;
    return wpb_slice_head(key, (size_t)(end - key.data));
}

static size_t lead_index(struct wpb_tally *tally, struct wpb_slice lead)
{
    for (size_t i = 0; i < tally->lead_count; i++)
        if (wpb_slice_equal(tally->leads[i], lead))
            return i;
    if (tally->lead_count == WPB_TALLY_LEADS_MAX || lead.len > WPB_TALLY_NAME_MAX ||
        !copy(lead, &tally->leads[tally->lead_count]))
        return NO_LEAD;
    return tally->lead_count++;
}

/* The site whose known prefix explains KEY, or site_count. */
static size_t site_of(const struct wpb_tally *tally, struct wpb_slice key,
                      struct wpb_key_parts *parts)
{
    return wpb_site_by_prefix(tally->sites, tally->site_count, key, parts);
}

static size_t owner_of(struct wpb_tally *tally, struct wpb_slice key,
                       struct wpb_key_parts *parts)
{
    size_t owner = site_of(tally, key, parts);

    if (owner < tally->site_count)
        return owner;
    if (!tally->shape) {
        *parts = (struct wpb_key_parts){.group = {"", 0}, .id = key};
        return tally->site_count + NO_LEAD;
    }
    wpb_key_parse(tally->shape, key, parts);
    if (parts->group.len == 0)
        return tally->site_count + NO_LEAD;
    return tally->site_count + lead_index(tally, lead_of(key, parts));
}

/* ---- groups ---- */

/* The counts of GROUP of OWNER. */
static struct wpb_tally_counts *group_counts(struct wpb_tally *tally, size_t owner,
                                             struct wpb_slice group)
{
    wpb_buf_clear(&tally->folded);
    if (group.len == 0)
        wpb_buf_slice(&tally->folded, shapeless_name);
    else if (group.len <= WPB_TALLY_NAME_MAX)
        wpb_group_fold(group, &tally->folded);
    struct wpb_slice name = wpb_buf_view(&tally->folded);
    if (name.len == 0 || name.len > WPB_TALLY_NAME_MAX || wpb_buf_failed(&tally->folded))
        return &tally->others[owner];

    unsigned long long hash = wpb_slice_hash(name) ^ (owner * 0x9e3779b97f4a7c15ULL);
    size_t cell = (size_t)(hash ^ (hash >> 32)) % CELLS;
    for (; tally->cells[cell]; cell = (cell + 1) % CELLS) {
        struct entry *entry = &tally->entries[tally->cells[cell] - 1];
        if (entry->hash == hash && entry->owner == owner &&
            wpb_slice_equal(entry->name, name))
            return &entry->counts;
    }
    struct entry *entry = &tally->entries[tally->entry_count];
    if (tally->entry_count == WPB_TALLY_GROUPS_MAX || !copy(name, &entry->name))
        return &tally->others[owner];
    entry->owner = (uint32_t)owner;
    entry->hash = hash;
    tally->cells[cell] = (uint16_t)++tally->entry_count;
    return &entry->counts;
}

/* Keep KEY by name if it is large or has a role; true when it is kept. */
static bool keep(struct wpb_tally *tally, struct wpb_topk *top,
                 const struct wpb_tally_key *key, const struct wpb_key_parts *parts)
{
    int64_t tag = key->has_ttl ? key->ttl_ms : INT64_MIN;
    bool is_kept = false;

    if (!top)
        return false;
    if (key->has_bytes && wpb_topk_wants(top, key->bytes))
        is_kept = wpb_topk_offer(top, key->name, key->bytes, tag);
    if (parts->role != WPB_KEY_PLAIN && parts->role != WPB_KEY_LAST_CHANGED &&
        key->name.len <= 4 * WPB_TALLY_NAME_MAX)
        is_kept |= wpb_topk_offer(tally->roles, key->name, key->bytes, tag);
    return is_kept;
}

static struct wpb_topk *top_of(const struct wpb_tally *tally, size_t owner)
{
    return tally->tops[owner < tally->site_count ? owner : tally->site_count];
}

/* A group was found, so that some site's grammar has read the key. */
static const struct wpb_site *site_of_owner(const struct wpb_tally *tally, size_t owner)
{
    return owner < tally->site_count ? tally->sites[owner] : tally->shape;
}

bool wpb_tally_add(struct wpb_tally *tally, const struct wpb_tally_key *key)
{
    struct wpb_key_parts parts;
    size_t owner = owner_of(tally, key->name, &parts);
    struct wpb_tally_counts *group = group_counts(tally, owner, parts.group);
    bool is_kept = keep(tally, top_of(tally, owner), key, &parts);

    if (tally->votes && owner >= tally->site_count) {
        wpb_votes_add(tally->votes, key->name, wpb_slice_of(NULL, 0));
        tally->is_learnt = false;
    }
    tally->name_bytes += key->name.len;
    count(&tally->total, key);
    count(&tally->owned[owner], key);
    count(group, key);
    if (parts.group.len)
        wpb_orphans_add(tally->orphans, key->name, &parts, site_of_owner(tally, owner),
                        key->bytes, &group->orphans);
    if (!key->has_ttl)
        return is_kept || is_certain(key, &parts);
    if (key->ttl_ms < 0) {
        uint32_t weight = is_certain(key, &parts) ? 1 : key->weight;
        count_ttlless(&tally->total, key->bytes, weight);
        count_ttlless(&tally->owned[owner], key->bytes, weight);
        count_ttlless(group, key->bytes, weight);
    }
    return false;
}

void wpb_tally_ttl(struct wpb_tally *tally, const struct wpb_tally_key *key)
{
    struct wpb_key_parts parts;
    size_t owner = owner_of(tally, key->name, &parts);
    struct wpb_topk *lists[] = {top_of(tally, owner), tally->roles};

    for (size_t i = 0; i < 2; i++) {
        struct wpb_topk_item *item = lists[i] ? wpb_topk_find(lists[i], key->name) : NULL;
        if (item)
            item->tag = key->ttl_ms;
    }
    /* The others are stood for by those that were asked. */
    if (key->ttl_ms >= 0 || !is_certain(key, &parts))
        return;
    count_ttlless(&tally->total, key->bytes, 1);
    count_ttlless(&tally->owned[owner], key->bytes, 1);
    count_ttlless(group_counts(tally, owner, parts.group), key->bytes, 1);
}

/* ---- results ---- */

/* Weights may make a group's estimate larger than the group. */
static void bound(struct wpb_tally_counts *counts)
{
    if (counts->ttlless_keys > counts->keys)
        counts->ttlless_keys = counts->keys;
    if (counts->ttlless_bytes > counts->bytes)
        counts->ttlless_bytes = counts->bytes;
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
    return tally->owned[index].keys;
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
        return owner == index;
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
    size_t site = site_of(tally, key, parts);

    if (tally->sites[index]->has_key_prefix)
        return site == index;
    if (site < tally->site_count)
        return false;
    wpb_key_parse(tally->sites[index], key, parts);
    return !prefix || (parts->group.len && is_lead_of(lead_of(key, parts), *prefix));
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
            merge(&groups[i].counts, counts);
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

    for (size_t owner = 0; owner < owner_count(tally); owner++) {
        if (is_owner_of(tally, owner, index))
            n = put_group(groups, n, capacity, other_name, &tally->others[owner]);
        else
            merge(&foreign, &tally->owned[owner]);
    }
    n = put_group(groups, n, capacity, foreign_name, &foreign);
    for (size_t i = 0; i < tally->entry_count; i++) {
        const struct entry *entry = &tally->entries[i];
        if (is_owner_of(tally, entry->owner, index))
            n = put_group(groups, n, capacity, entry->name, &entry->counts);
    }
    for (size_t i = 0; i < n; i++)
        bound(&groups[i].counts);
    qsort(groups, n, sizeof groups[0], by_bytes);
    return n;
}

struct wpb_topk *wpb_tally_top(struct wpb_tally *tally, size_t index)
{
    bool is_known = tally->sites[index]->has_key_prefix;
    return tally->tops[is_known ? index : tally->site_count];
}

struct wpb_topk *wpb_tally_roles(struct wpb_tally *tally)
{
    return tally->roles;
}

struct wpb_orphans *wpb_tally_orphans(struct wpb_tally *tally)
{
    return tally->orphans;
}
