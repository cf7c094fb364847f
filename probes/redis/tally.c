#include "probes/redis/tally_state.h"

#include <stdlib.h>

#include "probes/wordpress/site_of_key.h"

#define CELLS WPB_TALLY_CELLS
#define NO_LEAD WPB_TALLY_NO_LEAD
/* Keys kept by name over all sites of one database. */
#define TOP_ALL_MAX 2000
/* Folding an id costs a tenth of what a key costs this program: beyond so many, one in
 * so many stands for the others. */
#define FOLD_ALL_KEYS 200000
#define FOLD_EVERY 16

static const struct wpb_slice shapeless_name = WPB_SLICE("<no group>");

size_t wpb_tally_owner_count(const struct wpb_tally *tally)
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

/* Sites with the same prefix share all their keys: those are told as the first one's. */
static bool find_homes(struct wpb_tally *tally)
{
    const struct wpb_site *const *sites = tally->sites;

    tally->homes = calloc(tally->site_count + 1, sizeof *tally->homes);
    if (!tally->homes)
        return false;
    for (size_t i = 0; i < tally->site_count; i++) {
        tally->homes[i] = i;
        for (size_t k = 0; k < i && tally->homes[i] == i; k++)
            if (sites[k]->has_key_prefix && sites[i]->has_key_prefix &&
                sites[k]->is_multisite == sites[i]->is_multisite &&
                wpb_slice_equal(
                    wpb_slice_of(sites[k]->key_prefix, sites[k]->key_prefix_len),
                    wpb_slice_of(sites[i]->key_prefix, sites[i]->key_prefix_len)))
                tally->homes[i] = k;
    }
    return true;
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
    tally->others = calloc(wpb_tally_owner_count(tally), sizeof *tally->others);
    tally->owned = calloc(wpb_tally_owner_count(tally), sizeof *tally->owned);
    tally->orphans = wpb_orphans_new();
    tally->learnt = calloc(count + 1, sizeof *tally->learnt);
    tally->families = wpb_key_families_new(WPB_TALLY_GROUPS_MAX);
    if (tally->shape)
        tally->votes = wpb_votes_new();
    if (!tally->others || !tally->owned || !tally->orphans || !tally->learnt ||
        !tally->families || (tally->shape && !tally->votes) || !find_homes(tally) ||
        !new_tops(tally, top)) {
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
    wpb_key_families_free(tally->families);
    free(tally->homes);
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
    if (key->has_bytes)
        counts
            ->sizes[(key->bytes > 1024) + (key->bytes > 16384) + (key->bytes > 262144)]++;
}

static void count_ttlless(struct wpb_tally_counts *counts, uint64_t bytes,
                          uint64_t weight)
{
    counts->ttlless_keys += weight;
    counts->ttlless_bytes += bytes * weight;
}

void wpb_tally_merge(struct wpb_tally_counts *into, const struct wpb_tally_counts *from)
{
    for (size_t i = 0; i < WPB_TALLY_SIZES; i++)
        into->sizes[i] += from->sizes[i];
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
struct wpb_slice wpb_tally_lead_of(struct wpb_slice key,
                                   const struct wpb_key_parts *parts)
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

size_t wpb_tally_site_of(const struct wpb_tally *tally, struct wpb_slice key,
                         struct wpb_key_parts *parts)
{
    size_t site = wpb_site_by_prefix(tally->sites, tally->site_count, key, parts);
    return site < tally->site_count ? tally->homes[site] : site;
}

static size_t owner_of(struct wpb_tally *tally, struct wpb_slice key,
                       struct wpb_key_parts *parts)
{
    size_t owner = wpb_tally_site_of(tally, key, parts);

    if (owner < tally->site_count)
        return owner;
    if (!tally->shape) {
        *parts = (struct wpb_key_parts){.group = {"", 0}, .id = key};
        return tally->site_count + NO_LEAD;
    }
    wpb_key_parse(tally->shape, key, parts);
    if (parts->group.len == 0)
        return tally->site_count + NO_LEAD;
    return tally->site_count + lead_index(tally, wpb_tally_lead_of(key, parts));
}

/* ---- groups ---- */

struct wpb_tally_entry *wpb_tally_entry_of(struct wpb_tally *tally, size_t owner,
                                           struct wpb_slice group)
{
    wpb_buf_clear(&tally->folded);
    if (group.len == 0)
        wpb_buf_slice(&tally->folded, shapeless_name);
    else if (group.len <= WPB_TALLY_NAME_MAX)
        wpb_group_fold(group, &tally->folded);
    struct wpb_slice name = wpb_buf_view(&tally->folded);
    if (name.len == 0 || name.len > WPB_TALLY_NAME_MAX || wpb_buf_failed(&tally->folded))
        return NULL;

    unsigned long long hash = wpb_slice_hash(name) ^ (owner * 0x9e3779b97f4a7c15ULL);
    size_t cell = (size_t)(hash ^ (hash >> 32)) % CELLS;
    for (; tally->cells[cell]; cell = (cell + 1) % CELLS) {
        struct wpb_tally_entry *entry = &tally->entries[tally->cells[cell] - 1];
        if (entry->hash == hash && entry->owner == owner &&
            wpb_slice_equal(entry->name, name))
            return entry;
    }
    struct wpb_tally_entry *entry = &tally->entries[tally->entry_count];
    if (tally->entry_count == WPB_TALLY_GROUPS_MAX || !copy(name, &entry->name))
        return NULL;
    entry->owner = (uint32_t)owner;
    entry->hash = hash;
    tally->cells[cell] = (uint16_t)++tally->entry_count;
    return entry;
}

static struct wpb_tally_counts *counts_of(struct wpb_tally *tally, size_t owner,
                                          struct wpb_tally_entry *entry)
{
    return entry ? &entry->counts : &tally->others[owner];
}

static uint32_t number_of(const struct wpb_tally *tally,
                          const struct wpb_tally_entry *entry)
{
    return (uint32_t)(entry - tally->entries);
}

/* For how many keys the id of KEY is folded; 0: it is stood for by others. Where TTLs
 * are sampled, the same keys are. */
static uint64_t fold_weight(struct wpb_tally *tally, const struct wpb_tally_key *key,
                            const struct wpb_key_parts *parts)
{
    if (is_certain(key, parts))
        return 1;
    if (key->weight <= 1 && tally->total.keys <= FOLD_ALL_KEYS)
        return 1;
    tally->is_family_sampled = true;
    if (key->weight > 1)
        return key->has_ttl ? key->weight : 0;
    return tally->total.keys % FOLD_EVERY == 0 ? FOLD_EVERY : 0;
}

static void count_family(struct wpb_tally *tally, struct wpb_tally_entry *entry,
                         const struct wpb_tally_key *key,
                         const struct wpb_key_parts *parts)
{
    uint64_t weight = fold_weight(tally, key, parts);
    bool is_ttlless = key->has_ttl && key->ttl_ms < 0;

    if (weight)
        wpb_key_families_add(tally->families, number_of(tally, entry), parts->id,
                             key->bytes, is_ttlless, weight);
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
    struct wpb_tally_entry *entry = wpb_tally_entry_of(tally, owner, parts.group);
    struct wpb_tally_counts *group = counts_of(tally, owner, entry);
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
    if (parts.group.len && entry)
        count_family(tally, entry, key, &parts);
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
    struct wpb_tally_entry *entry = wpb_tally_entry_of(tally, owner, parts.group);
    count_ttlless(counts_of(tally, owner, entry), key->bytes, 1);
    if (parts.group.len && entry)
        wpb_key_families_ttlless(tally->families, number_of(tally, entry), parts.id);
}

void wpb_tally_idle(struct wpb_tally *tally, struct wpb_slice name, uint64_t seconds)
{
    struct wpb_key_parts parts;
    size_t owner = owner_of(tally, name, &parts);
    struct wpb_tally_entry *entry = wpb_tally_entry_of(tally, owner, parts.group);

    if (entry)
        wpb_idle_add(&tally->idle, number_of(tally, entry), seconds);
}

struct wpb_orphans *wpb_tally_orphans(struct wpb_tally *tally)
{
    return tally->orphans;
}
