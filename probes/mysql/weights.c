#include "probes/mysql/weights.h"

#include <stdlib.h>
#include <string.h>

struct wpb_weights {
    struct wpb_weight *items;
    size_t count, capacity;
    uint32_t *slots; /* index into items plus one; 0: free */
    size_t slot_count;
    uint64_t forgotten;
};

struct wpb_weights *wpb_weights_new(size_t capacity)
{
    struct wpb_weights *weights = calloc(1, sizeof(*weights));

    if (!weights)
        return NULL;
    weights->capacity = capacity;
    weights->slot_count = 4;
    while (weights->slot_count < 2 * capacity)
        weights->slot_count *= 2;
    weights->items = calloc(capacity, sizeof(*weights->items));
    weights->slots = calloc(weights->slot_count, sizeof(*weights->slots));
    if (weights->items && weights->slots)
        return weights;
    wpb_weights_free(weights);
    return NULL;
}

static void free_name(struct wpb_weight *item)
{
    free((char *)(uintptr_t)item->name.data);
}

void wpb_weights_free(struct wpb_weights *weights)
{
    if (!weights)
        return;
    for (size_t i = 0; i < weights->count; i++)
        free_name(&weights->items[i]);
    free(weights->items);
    free(weights->slots);
    free(weights);
}

/* FNV-1a */
static uint64_t hash_of(struct wpb_slice name)
{
    uint64_t hash = 14695981039346656037ULL;

    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (unsigned char)name.data[i]) * 1099511628211ULL;
    return hash ^ hash >> 32;
}

/* The slot that holds NAME, or the free one where it belongs. */
static uint32_t *slot_of(const struct wpb_weights *weights, struct wpb_slice name)
{
    size_t mask = weights->slot_count - 1, at = (size_t)hash_of(name) & mask;

    while (weights->slots[at] &&
           !wpb_slice_equal(weights->items[weights->slots[at] - 1].name, name))
        at = (at + 1) & mask;
    return &weights->slots[at];
}

static int heavier(const void *a, const void *b)
{
    const struct wpb_weight *left = a, *right = b;
    size_t len = left->name.len < right->name.len ? left->name.len : right->name.len;
    int order;

    if (left->bytes != right->bytes)
        return left->bytes < right->bytes ? 1 : -1;
    order = memcmp(left->name.data, right->name.data, len);
    if (order)
        return order;
    return (left->name.len > right->name.len) - (left->name.len < right->name.len);
}

static void sort(struct wpb_weights *weights)
{
    if (weights->count)
        qsort(weights->items, weights->count, sizeof(*weights->items), heavier);
    memset(weights->slots, 0, weights->slot_count * sizeof(*weights->slots));
    for (size_t i = 0; i < weights->count; i++)
        *slot_of(weights, weights->items[i].name) = (uint32_t)i + 1;
}

static void forget_half(struct wpb_weights *weights)
{
    size_t kept = weights->count / 2;

    sort(weights);
    weights->forgotten += weights->count - kept;
    for (size_t i = kept; i < weights->count; i++)
        free_name(&weights->items[i]);
    weights->count = kept;
    sort(weights);
}

bool wpb_weights_add(struct wpb_weights *weights, struct wpb_slice name, uint64_t bytes,
                     uint64_t tag)
{
    uint32_t *slot = slot_of(weights, name);
    struct wpb_weight *item;

    if (*slot == 0) {
        char *copy = malloc(name.len + 1);
        if (!copy)
            return false;
        if (name.len)
            memcpy(copy, name.data, name.len);
        if (weights->count == weights->capacity) {
            forget_half(weights);
            slot = slot_of(weights, name);
        }
        weights->items[weights->count] = (struct wpb_weight){
            .name = wpb_slice_of(copy, name.len), .is_exact = weights->forgotten == 0};
        *slot = (uint32_t)++weights->count;
    }
    item = &weights->items[*slot - 1];
    if (item->rows == 0 || bytes > item->largest) {
        item->largest = bytes;
        item->largest_tag = tag;
    }
    item->rows++;
    item->bytes += bytes;
    return true;
}

uint64_t wpb_weights_forgotten(const struct wpb_weights *weights)
{
    return weights->forgotten;
}

const struct wpb_weight *wpb_weights_sorted(struct wpb_weights *weights, size_t *count)
{
    sort(weights);
    *count = weights->count;
    return weights->items;
}
