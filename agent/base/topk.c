#include "agent/base/topk.h"

#include <stdlib.h>
#include <string.h>

/* A min-heap (lightest at slot 0) and an open-addressing index from name to heap
 * slot. Both have a fixed size: K entries, 2K..4K index cells. */
struct wpb_topk {
    size_t k, count, cells; /* cells is a power of two */
    struct wpb_topk_item *heap;
    unsigned long long *hashes; /* of the heap's names, slot by slot */
    uint32_t *index;            /* heap slot + 1, 0 for free */
    bool is_sorted;
};

struct wpb_topk *wpb_topk_new(size_t k)
{
    struct wpb_topk *top = calloc(1, sizeof(*top));

    if (!top)
        return NULL;
    top->k = k;
    for (top->cells = 4; top->cells < 2 * k; top->cells *= 2)
        ;
    top->heap = calloc(k, sizeof(*top->heap));
    top->hashes = calloc(k, sizeof(*top->hashes));
    top->index = calloc(top->cells, sizeof(*top->index));
    if (!top->heap || !top->hashes || !top->index) {
        wpb_topk_free(top);
        return NULL;
    }
    return top;
}

void wpb_topk_free(struct wpb_topk *top)
{
    if (!top)
        return;
    for (size_t i = 0; top->heap && i < top->count; i++)
        free((char *)(uintptr_t)top->heap[i].name.data);
    free(top->heap);
    free(top->hashes);
    free(top->index);
    free(top);
}

/* Lighter first; among equals the name higher in byte order is lighter. */
static bool is_lighter(const struct wpb_topk_item *a, const struct wpb_topk_item *b)
{
    if (a->weight != b->weight)
        return a->weight < b->weight;
    return wpb_slice_compare(a->name, b->name) > 0;
}

/* The index cell that holds HASH and NAME, or the free cell where it would go. */
static size_t cell_of(const struct wpb_topk *top, unsigned long long hash,
                      struct wpb_slice name)
{
    size_t cell = (size_t)hash & (top->cells - 1);

    while (top->index[cell]) {
        size_t slot = top->index[cell] - 1;
        if (top->hashes[slot] == hash && wpb_slice_equal(top->heap[slot].name, name))
            break;
        cell = (cell + 1) & (top->cells - 1);
    }
    return cell;
}

/* Free CELL and move later cells of its run back, so that look-ups still meet no
 * hole before what they look for. */
static void free_cell(struct wpb_topk *top, size_t cell)
{
    size_t mask = top->cells - 1, next = (cell + 1) & mask;

    for (; top->index[next]; next = (next + 1) & mask) {
        size_t home = (size_t)top->hashes[top->index[next] - 1] & mask;
        if (((next - home) & mask) >= ((next - cell) & mask)) {
            top->index[cell] = top->index[next];
            cell = next;
        }
    }
    top->index[cell] = 0;
}

static void swap_slots(struct wpb_topk *top, size_t a, size_t b)
{
    size_t cell_a = cell_of(top, top->hashes[a], top->heap[a].name);
    size_t cell_b = cell_of(top, top->hashes[b], top->heap[b].name);
    struct wpb_topk_item item = top->heap[a];
    unsigned long long hash = top->hashes[a];

    top->heap[a] = top->heap[b];
    top->hashes[a] = top->hashes[b];
    top->heap[b] = item;
    top->hashes[b] = hash;
    top->index[cell_a] = (uint32_t)b + 1;
    top->index[cell_b] = (uint32_t)a + 1;
}

static void sift_up(struct wpb_topk *top, size_t slot)
{
    while (slot > 0 && is_lighter(&top->heap[slot], &top->heap[(slot - 1) / 2])) {
        swap_slots(top, slot, (slot - 1) / 2);
        slot = (slot - 1) / 2;
    }
}

static void sift_down(struct wpb_topk *top, size_t slot)
{
    for (;;) {
        size_t lightest = slot, left = 2 * slot + 1;
        if (left < top->count && is_lighter(&top->heap[left], &top->heap[lightest]))
            lightest = left;
        if (left + 1 < top->count &&
            is_lighter(&top->heap[left + 1], &top->heap[lightest]))
            lightest = left + 1;
        if (lightest == slot)
            return;
        swap_slots(top, slot, lightest);
        slot = lightest;
    }
}

/* wpb_topk_sorted() leaves the array heaviest first, which is no heap. */
static void restore_heap(struct wpb_topk *top)
{
    if (!top->is_sorted)
        return;
    top->is_sorted = false;
    for (size_t slot = top->count / 2; slot-- > 0;)
        sift_down(top, slot);
}

bool wpb_topk_wants(const struct wpb_topk *top, uint64_t weight)
{
    size_t lightest = top->is_sorted && top->count ? top->count - 1 : 0;

    return top->count < top->k || weight >= top->heap[lightest].weight;
}

bool wpb_topk_offer(struct wpb_topk *top, struct wpb_slice name, uint64_t weight,
                    int64_t tag)
{
    unsigned long long hash;
    size_t cell, slot;
    char *copy;

    if (name.len > WPB_TOPK_NAME_MAX || !wpb_topk_wants(top, weight))
        return false;
    restore_heap(top);
    struct wpb_topk_item item = {name, weight, tag};
    if (top->count == top->k && is_lighter(&item, &top->heap[0]))
        return false;
    hash = wpb_slice_hash(name);
    cell = cell_of(top, hash, name);
    if (top->index[cell]) {
        slot = top->index[cell] - 1;
        top->heap[slot].weight = weight;
        top->heap[slot].tag = tag;
        sift_down(top, slot);
        sift_up(top, slot);
        return true;
    }
    copy = malloc(name.len + 1);
    if (!copy)
        return false;
    if (name.len)
        memcpy(copy, name.data, name.len);
    copy[name.len] = '\0';
    item.name.data = copy;
    if (top->count == top->k) {
        slot = 0;
        free_cell(top, cell_of(top, top->hashes[0], top->heap[0].name));
        free((char *)(uintptr_t)top->heap[0].name.data);
        cell = cell_of(top, hash, name);
    } else {
        slot = top->count++;
    }
    top->heap[slot] = item;
    top->hashes[slot] = hash;
    top->index[cell] = (uint32_t)slot + 1;
    sift_down(top, slot);
    sift_up(top, slot);
    return true;
}

struct wpb_topk_item *wpb_topk_find(struct wpb_topk *top, struct wpb_slice name)
{
    size_t cell = cell_of(top, wpb_slice_hash(name), name);

    return top->index[cell] ? &top->heap[top->index[cell] - 1] : NULL;
}

const struct wpb_topk_item *wpb_topk_sorted(struct wpb_topk *top, size_t *count)
{
    *count = top->count;
    if (top->is_sorted)
        return top->heap;
    restore_heap(top);
    /* Heap sort in place: the lightest goes to the end, one by one. */
    for (size_t end = top->count; end > 1; end--) {
        size_t whole = top->count;
        swap_slots(top, 0, end - 1);
        top->count = end - 1;
        sift_down(top, 0);
        top->count = whole;
    }
    top->is_sorted = true;
    return top->heap;
}
