#include "probes/redis/orphans.h"

#include <stdlib.h>

#include "probes/redis/stamp.h"

#define CELLS (WPB_ORPHANS_WANTED_MAX * 2)
/* A longer key is no WordPress name. */
#define KEY_MAX 1024
#define NO_PLACE UINT32_MAX
#define HASH_FACTOR 0x9e3779b97f4a7c15ULL

/* What is known of one time of the stamps of a group. */
enum state { WANTED, ASKED, KNOWN, UNKNOWN };

struct holder {
    unsigned long long hash; /* of all before the id, the maker, and the index */
    enum state state;
    uint64_t current;
    char *key; /* until it is asked */
    size_t key_len;
};

struct waiting {
    uint32_t holders[WPB_STAMP_TIMES_MAX];
    uint64_t times[WPB_STAMP_TIMES_MAX];
    size_t count;
    uint64_t bytes;
    struct wpb_orphan_counts *counts;
};

struct wpb_orphans {
    struct holder holders[WPB_ORPHANS_WANTED_MAX];
    uint32_t holder_count;
    uint32_t next; /* the first that was not asked yet */
    uint16_t cells[CELLS];
    struct waiting *waiting;
    size_t waiting_count;
    struct wpb_buf key; /* reused */
};

struct wpb_orphans *wpb_orphans_new(void)
{
    struct wpb_orphans *orphans = calloc(1, sizeof *orphans);
    if (orphans)
        wpb_buf_init(&orphans->key, 0);
    return orphans;
}

void wpb_orphans_free(struct wpb_orphans *orphans)
{
    if (!orphans)
        return;
    for (uint32_t i = 0; i < orphans->holder_count; i++)
        free(orphans->holders[i].key);
    free(orphans->waiting);
    wpb_buf_fini(&orphans->key);
    free(orphans);
}

/* The key that holds what is current for time INDEX of STAMP: what comes before the
 * group, that group, the separator, the holder's id. */
static bool build_key(struct wpb_orphans *orphans, struct wpb_slice key,
                      const struct wpb_key_parts *parts, const struct wpb_stamp *stamp,
                      size_t index)
{
    struct wpb_buf *out = &orphans->key;
    size_t before = (size_t)(parts->group.data - key.data);
    const char *end = parts->group.data + parts->group.len;
    struct wpb_slice separator = wpb_slice_of(end, (size_t)(parts->id.data - end));
    struct wpb_slice group;
    struct wpb_buf id;
    bool is_known;

    wpb_buf_init(&id, 0);
    wpb_buf_clear(out);
    is_known = wpb_stamp_holder(stamp, index, parts->group, &group, &id);
    if (is_known) {
        wpb_buf_slice(out, wpb_slice_head(key, before));
        wpb_buf_slice(out, group);
        wpb_buf_slice(out, separator);
        wpb_buf_slice(out, wpb_buf_view(&id));
    }
    is_known &= !wpb_buf_failed(&id) && !wpb_buf_failed(out) && out->len <= KEY_MAX;
    wpb_buf_fini(&id);
    return is_known;
}

static uint32_t begin_holder(struct wpb_orphans *orphans, unsigned long long hash)
{
    struct holder *holder = &orphans->holders[orphans->holder_count];

    holder->key = malloc(orphans->key.len);
    if (!holder->key)
        return NO_PLACE;
    memcpy(holder->key, orphans->key.data, orphans->key.len);
    holder->key_len = orphans->key.len;
    holder->hash = hash;
    holder->state = WANTED;
    return orphans->holder_count++;
}

/* Of the beginning of every stamped key, so by words and not by bytes. */
static unsigned long long hash_of(struct wpb_slice text, unsigned long long seed)
{
    unsigned long long hash = (seed ^ text.len) * HASH_FACTOR;
    uint64_t word;

    for (; text.len >= sizeof word; text = wpb_slice_skip(text, sizeof word)) {
        memcpy(&word, text.data, sizeof word);
        hash = (hash ^ word ^ (hash >> 29)) * HASH_FACTOR;
    }
    word = 0;
    if (text.len)
        memcpy(&word, text.data, text.len);
    hash = (hash ^ word ^ (hash >> 29)) * HASH_FACTOR;
    return hash ^ (hash >> 32);
}

/* Who holds what is current for time INDEX of STAMP; NO_PLACE when that is not known, or
 * too many are asked for already. */
static uint32_t holder_of(struct wpb_orphans *orphans, struct wpb_slice key,
                          const struct wpb_key_parts *parts,
                          const struct wpb_stamp *stamp, size_t index)
{
    size_t before = (size_t)(parts->id.data - key.data);
    unsigned long long hash =
        hash_of(wpb_slice_head(key, before), hash_of(stamp->maker, index));
    size_t cell = (size_t)hash % CELLS;
    uint32_t found;

    for (; orphans->cells[cell]; cell = (cell + 1) % CELLS) {
        found = orphans->cells[cell] - 1u;
        if (orphans->holders[found].hash == hash)
            return found;
    }
    if (orphans->holder_count == WPB_ORPHANS_WANTED_MAX ||
        !build_key(orphans, key, parts, stamp, index))
        return NO_PLACE;
    found = begin_holder(orphans, hash);
    if (found != NO_PLACE)
        orphans->cells[cell] = (uint16_t)(found + 1);
    return found;
}

/* ---- judging ---- */

/* True when all that can be known about ITEM is. */
static bool judge(const struct wpb_orphans *orphans, const struct waiting *item)
{
    size_t known = 0;
    bool is_old = false;

    for (size_t i = 0; i < item->count; i++) {
        const struct holder *holder =
            item->holders[i] == NO_PLACE ? NULL : &orphans->holders[item->holders[i]];
        if (!holder || holder->state == UNKNOWN)
            continue;
        if (holder->state != KNOWN)
            return false;
        known++;
        is_old |= item->times[i] < holder->current;
    }
    /* One time that has passed is proof enough; that none has, only all can tell. */
    if (is_old || known == item->count)
        item->counts->judged_keys++;
    if (is_old) {
        item->counts->orphan_keys++;
        item->counts->orphan_bytes += item->bytes;
    }
    return true;
}

static void wait_for(struct wpb_orphans *orphans, const struct waiting *item)
{
    if (!orphans->waiting)
        orphans->waiting = malloc(WPB_ORPHANS_WAITING_MAX * sizeof *orphans->waiting);
    if (orphans->waiting && orphans->waiting_count < WPB_ORPHANS_WAITING_MAX)
        orphans->waiting[orphans->waiting_count++] = *item;
}

void wpb_orphans_add(struct wpb_orphans *orphans, struct wpb_slice key,
                     const struct wpb_key_parts *parts, const struct wpb_site *site,
                     uint64_t bytes, struct wpb_orphan_counts *counts)
{
    struct wpb_stamp stamp;
    struct waiting item;

    if (parts->group.len == 0 || !wpb_stamp_parse(parts->id, &stamp))
        return;
    if (stamp.kind == WPB_STAMP_LAST_CHANGED && wpb_stamp_is_core_group(parts->group) &&
        !wpb_stamp_is_written_by(site->wp_version))
        return;
    counts->stamped_keys++;
    item = (struct waiting){.count = stamp.count, .bytes = bytes, .counts = counts};
    for (size_t i = 0; i < stamp.count; i++) {
        item.times[i] = stamp.times[i];
        item.holders[i] = holder_of(orphans, key, parts, &stamp, i);
    }
    if (!judge(orphans, &item))
        wait_for(orphans, &item);
}

/* ---- asking ---- */

uint32_t wpb_orphans_wanted(const struct wpb_orphans *orphans)
{
    return orphans->holder_count - orphans->next;
}

bool wpb_orphans_next(struct wpb_orphans *orphans, struct wpb_slice *key, uint32_t *id)
{
    if (orphans->next == orphans->holder_count)
        return false;
    *id = orphans->next++;
    struct holder *holder = &orphans->holders[*id];
    wpb_buf_clear(&orphans->key);
    wpb_buf_add(&orphans->key, holder->key, holder->key_len);
    free(holder->key);
    holder->key = NULL;
    holder->state = ASKED;
    *key = wpb_buf_view(&orphans->key);
    return true;
}

void wpb_orphans_current(struct wpb_orphans *orphans, uint32_t id, struct wpb_slice value)
{
    struct holder *holder = &orphans->holders[id];
    size_t kept = 0;

    holder->current = wpb_stamp_current(value);
    holder->state = holder->current ? KNOWN : UNKNOWN;
    for (size_t i = 0; i < orphans->waiting_count; i++)
        if (!judge(orphans, &orphans->waiting[i]))
            orphans->waiting[kept++] = orphans->waiting[i];
    orphans->waiting_count = kept;
}
