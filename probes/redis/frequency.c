#include "probes/redis/frequency.h"

#include <assert.h>
#include <stdlib.h>

#define CELLS (WPB_FREQUENCY_NAMES_MAX * 2)
/* At half load a run this long is no chance. */
#define PROBES_MAX 128

struct wpb_frequency {
    struct wpb_frequency_item *items;
    size_t count, capacity;
    bool is_sorted;
    uint16_t cells[CELLS]; /* item + 1 */
};

struct wpb_frequency *wpb_frequency_new(void)
{
    return calloc(1, sizeof(struct wpb_frequency));
}

void wpb_frequency_free(struct wpb_frequency *frequency)
{
    if (!frequency)
        return;
    for (size_t i = 0; i < frequency->count; i++)
        free((char *)(uintptr_t)frequency->items[i].name.data);
    free(frequency->items);
    free(frequency);
}

/* The cell of NAME, or the empty one where it belongs; NULL when it is crowded out. */
static uint16_t *find_cell(struct wpb_frequency *frequency, unsigned long long hash,
                           struct wpb_slice name)
{
    size_t cell = (size_t)(hash ^ (hash >> 32)) % CELLS;

    for (int i = 0; i < PROBES_MAX; i++, cell = (cell + 1) % CELLS) {
        if (!frequency->cells[cell])
            return &frequency->cells[cell];
        const struct wpb_frequency_item *item =
            &frequency->items[frequency->cells[cell] - 1];
        if (item->hash == hash && wpb_slice_equal(item->name, name))
            return &frequency->cells[cell];
    }
    return NULL;
}

static bool has_room(struct wpb_frequency *frequency)
{
    size_t capacity = frequency->capacity ? frequency->capacity * 2 : 64;
    void *grown;

    if (frequency->count == WPB_FREQUENCY_NAMES_MAX)
        return false;
    if (frequency->count < frequency->capacity)
        return true;
    grown = realloc(frequency->items, capacity * sizeof *frequency->items);
    if (!grown)
        return false;
    frequency->items = grown;
    frequency->capacity = capacity;
    return true;
}

void wpb_frequency_add(struct wpb_frequency *frequency, struct wpb_slice name,
                       uint64_t times)
{
    unsigned long long hash = wpb_slice_hash(name);
    uint16_t *cell = find_cell(frequency, hash, name);
    char *copy;

    assert(!frequency->is_sorted);
    if (cell && *cell) {
        frequency->items[*cell - 1].count += times;
        return;
    }
    if (!cell || name.len > WPB_FREQUENCY_NAME_LEN_MAX || !has_room(frequency) ||
        !(copy = malloc(name.len + 1)))
        return;
    if (name.len)
        memcpy(copy, name.data, name.len);
    frequency->items[frequency->count] =
        (struct wpb_frequency_item){wpb_slice_of(copy, name.len), hash, times};
    *cell = (uint16_t)++frequency->count;
}

static int oftener_first(const void *a, const void *b)
{
    const struct wpb_frequency_item *x = a, *y = b;

    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return wpb_slice_compare(x->name, y->name);
}

const struct wpb_frequency_item *wpb_frequency_sorted(struct wpb_frequency *frequency,
                                                      size_t *count)
{
    if (!frequency->is_sorted && frequency->count)
        qsort(frequency->items, frequency->count, sizeof frequency->items[0],
              oftener_first);
    frequency->is_sorted = true;
    *count = frequency->count;
    return frequency->items;
}
