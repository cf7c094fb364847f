#include "probes/wordpress/config_state.h"

#define BUCKETS ((size_t)WPB_CONFIG_SLOTS_MAX * 2)

struct trail_entry {
    int slot;
    struct wpb_config_binding before;
};

struct wpb_config_state {
    struct wpb_arena *arena;
    struct wpb_config_slot *slots;
    size_t count, capacity;
    int *buckets; /* slot + 1, 0 is empty */
    struct trail_entry *trail;
    size_t trail_count, trail_capacity;
    uint32_t stamp;
};

struct wpb_config_state *wpb_config_state_new(struct wpb_arena *arena)
{
    struct wpb_config_state *state = wpb_arena_alloc(arena, sizeof(*state));
    state->arena = arena;
    state->buckets = wpb_arena_alloc(arena, BUCKETS * sizeof(*state->buckets));
    return state;
}

/* The bucket where NAME is or would be. There are twice as many as slots, so a free
 * one is always met. */
static size_t bucket_of(const struct wpb_config_state *state, enum wpb_config_kind kind,
                        struct wpb_slice name)
{
    size_t at = (size_t)(wpb_slice_hash(name) * 4 + kind) % BUCKETS;
    while (state->buckets[at]) {
        const struct wpb_config_slot *slot = &state->slots[state->buckets[at] - 1];
        if (slot->kind == kind && wpb_slice_equal(slot->name, name))
            break;
        at = (at + 1) % BUCKETS;
    }
    return at;
}

/* Twice the room, the old content copied; the arena keeps the old array. */
static void *grow(struct wpb_arena *arena, const void *old, size_t count, size_t size,
                  size_t *capacity)
{
    *capacity = *capacity ? *capacity * 2 : 64;
    void *array = wpb_arena_alloc(arena, *capacity * size);
    if (count)
        memcpy(array, old, count * size);
    return array;
}

int wpb_config_state_slot(struct wpb_config_state *state, enum wpb_config_kind kind,
                          struct wpb_slice name)
{
    size_t bucket = bucket_of(state, kind, name);
    if (state->buckets[bucket])
        return state->buckets[bucket] - 1;
    if (state->count >= WPB_CONFIG_SLOTS_MAX)
        return -1;
    if (state->count == state->capacity)
        state->slots = grow(state->arena, state->slots, state->count,
                            sizeof(*state->slots), &state->capacity);
    state->slots[state->count] = (struct wpb_config_slot){
        .kind = kind, .name = wpb_arena_copy(state->arena, name)};
    state->buckets[bucket] = (int)++state->count;
    return (int)state->count - 1;
}

int wpb_config_state_find(const struct wpb_config_state *state, enum wpb_config_kind kind,
                          struct wpb_slice name)
{
    return state->buckets[bucket_of(state, kind, name)] - 1;
}

const struct wpb_config_slot *wpb_config_state_at(const struct wpb_config_state *state,
                                                  int slot)
{
    return &state->slots[slot];
}

size_t wpb_config_state_count(const struct wpb_config_state *state)
{
    return state->count;
}

bool wpb_config_state_set(struct wpb_config_state *state, int slot,
                          struct wpb_config_binding binding)
{
    if (state->trail_count >= WPB_CONFIG_TRAIL_MAX)
        return false;
    if (state->trail_count == state->trail_capacity)
        state->trail = grow(state->arena, state->trail, state->trail_count,
                            sizeof(*state->trail), &state->trail_capacity);
    state->trail[state->trail_count++] =
        (struct trail_entry){slot, state->slots[slot].now};
    state->slots[slot].now = binding;
    return true;
}

size_t wpb_config_state_mark(const struct wpb_config_state *state)
{
    return state->trail_count;
}

struct wpb_config_delta wpb_config_state_diff(struct wpb_config_state *state, size_t mark)
{
    size_t most = state->trail_count - mark;
    struct wpb_config_delta delta = {0, NULL};
    if (most == 0)
        return delta;
    struct wpb_config_change *changes =
        wpb_arena_alloc(state->arena, most * sizeof(*changes));

    state->stamp++;
    for (size_t i = mark; i < state->trail_count; i++) {
        int index = state->trail[i].slot;
        struct wpb_config_slot *slot = &state->slots[index];
        if (slot->stamp == state->stamp)
            continue;
        slot->stamp = state->stamp;
        changes[delta.count++] = (struct wpb_config_change){index, slot->now};
    }
    delta.changes = changes;
    return delta;
}

struct wpb_config_delta wpb_config_state_take(struct wpb_config_state *state, size_t mark)
{
    struct wpb_config_delta delta = wpb_config_state_diff(state, mark);
    while (state->trail_count > mark) {
        state->trail_count--;
        const struct trail_entry *entry = &state->trail[state->trail_count];
        state->slots[entry->slot].now = entry->before;
    }
    return delta;
}

static const struct wpb_config_binding *binding_in(const struct wpb_config_state *state,
                                                   const struct wpb_config_delta *path,
                                                   int slot)
{
    for (size_t i = 0; i < path->count; i++) {
        if (path->changes[i].slot == slot)
            return &path->changes[i].binding;
    }
    return &state->slots[slot].now;
}

/* Two values for one name. Lines tell the reader where to look; the values
 * themselves may be secret. */
static struct wpb_config_value disagreement(struct wpb_arena *arena,
                                            const struct wpb_config_binding *a,
                                            const struct wpb_config_binding *b,
                                            const struct wpb_config_why *why)
{
    const char *reason;
    if (strcmp(a->file, b->file) == 0)
        reason = wpb_arena_printf(arena, "set in lines %u and %u to different values: %s",
                                  a->line, b->line, why->reason);
    else
        reason = wpb_arena_printf(arena, "set in %s:%u and %s:%u to different values: %s",
                                  a->file, a->line, b->file, b->line, why->reason);
    return wpb_config_value_unresolved(arena, why->file, why->line, reason);
}

static struct wpb_config_binding join_two(struct wpb_arena *arena,
                                          const struct wpb_config_binding *a,
                                          const struct wpb_config_binding *b,
                                          const struct wpb_config_why *why)
{
    if (a->presence == WPB_CONFIG_ABSENT && b->presence == WPB_CONFIG_ABSENT)
        return *a;
    struct wpb_config_binding joined = a->presence == WPB_CONFIG_ABSENT ? *b : *a;
    if (a->presence != WPB_CONFIG_PRESENT || b->presence != WPB_CONFIG_PRESENT) {
        joined.presence = WPB_CONFIG_MAYBE;
        if (!joined.why)
            joined.why = why;
    }
    if (a->presence == WPB_CONFIG_ABSENT || b->presence == WPB_CONFIG_ABSENT)
        return joined;
    if (a->value.type == WPB_CONFIG_UNRESOLVED)
        joined.value = a->value;
    else if (b->value.type == WPB_CONFIG_UNRESOLVED)
        joined.value = b->value;
    else if (wpb_config_value_identical(a->value, b->value) != WPB_CONFIG_TRUE)
        joined.value = disagreement(arena, a, b, why);
    return joined;
}

/* Join SLOT over all paths, unless this round has done so. */
static bool join_slot(struct wpb_config_state *state,
                      const struct wpb_config_delta *paths, size_t count, int slot,
                      uint32_t stamp, const struct wpb_config_why *why)
{
    if (state->slots[slot].stamp == stamp)
        return true;
    state->slots[slot].stamp = stamp;
    struct wpb_config_binding joined = *binding_in(state, &paths[0], slot);
    for (size_t i = 1; i < count; i++)
        joined = join_two(state->arena, &joined, binding_in(state, &paths[i], slot), why);
    return wpb_config_state_set(state, slot, joined);
}

bool wpb_config_state_join(struct wpb_config_state *state,
                           const struct wpb_config_delta *paths, size_t count,
                           const struct wpb_config_why *why)
{
    uint32_t stamp = ++state->stamp;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < paths[i].count; j++) {
            if (!join_slot(state, paths, count, paths[i].changes[j].slot, stamp, why))
                return false;
        }
    }
    return true;
}
