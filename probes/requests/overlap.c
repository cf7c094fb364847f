#include "probes/requests/overlap.h"

#include <stdlib.h>
#include <string.h>

#define TICK_US 10
#define FIRST_ROOM 256
/* Ticks are 32 bits: nothing further than this from the base is kept. */
#define REACH_TICKS INT64_C(4000000000)

/* In ticks since the base. */
struct interval {
    uint32_t begin, end;
};

struct wpb_overlap {
    struct interval *items;
    size_t count, room;
    int64_t base_us;
    int64_t lost_until_us; /* an interval that ended then was left out; 0: none */
    uint32_t unit_us;
    uint64_t duration_us; /* of all that are kept */
};

struct wpb_overlap *wpb_overlap_new(void)
{
    return calloc(1, sizeof(struct wpb_overlap));
}

void wpb_overlap_free(struct wpb_overlap *overlap)
{
    if (!overlap)
        return;
    free(overlap->items);
    free(overlap);
}

/* ---- keeping ---- */

static bool make_room(struct wpb_overlap *overlap)
{
    size_t room = overlap->room ? overlap->room * 2 : FIRST_ROOM;

    if (overlap->count < overlap->room)
        return true;
    if (overlap->room == WPB_OVERLAP_MAX)
        return false;
    struct interval *items = realloc(overlap->items, room * sizeof *items);
    if (!items)
        return false;
    overlap->items = items;
    overlap->room = room;
    return true;
}

/* Move the base to BASE_US: all that are kept must lie behind it. */
static void rebase(struct wpb_overlap *overlap, int64_t base_us)
{
    int64_t by = (base_us - overlap->base_us) / TICK_US;

    for (size_t i = 0; i < overlap->count; i++) {
        struct interval *item = &overlap->items[i];
        item->begin = item->begin > by ? (uint32_t)(item->begin - by) : 0;
        item->end = item->end > by ? (uint32_t)(item->end - by) : 0;
    }
    overlap->base_us += by * TICK_US;
}

void wpb_overlap_add(struct wpb_overlap *overlap, int64_t end_us, uint64_t duration_us,
                     uint32_t unit_us)
{
    int64_t begin_us = end_us - (int64_t)duration_us;

    if (overlap->count == 0) /* room for those that began earlier */
        overlap->base_us = begin_us - REACH_TICKS / 4 * TICK_US;
    int64_t begin = (begin_us - overlap->base_us) / TICK_US;
    int64_t end = (end_us - overlap->base_us) / TICK_US;
    if (begin == end) /* n(t) needs it to be at work for a moment */
        begin--;
    if (begin < 0 || end > REACH_TICKS || !make_room(overlap)) {
        if (end_us > overlap->lost_until_us)
            overlap->lost_until_us = end_us;
        return;
    }
    overlap->items[overlap->count++] = (struct interval){(uint32_t)begin, (uint32_t)end};
    overlap->duration_us += duration_us;
    if (unit_us > WPB_OVERLAP_UNIT_MAX_US)
        unit_us = WPB_OVERLAP_UNIT_MAX_US;
    if (unit_us > overlap->unit_us)
        overlap->unit_us = unit_us;
}

static void shrink(struct wpb_overlap *overlap)
{
    size_t room = overlap->room;

    while (room > FIRST_ROOM && overlap->count < room / 8)
        room /= 2;
    if (room == overlap->room)
        return;
    struct interval *items = realloc(overlap->items, room * sizeof *items);
    if (!items)
        return;
    overlap->items = items;
    overlap->room = room;
}

void wpb_overlap_forget(struct wpb_overlap *overlap, int64_t before_us)
{
    int64_t before = (before_us - overlap->base_us) / TICK_US;
    size_t kept = 0;

    overlap->duration_us = 0;
    for (size_t i = 0; i < overlap->count; i++) {
        struct interval item = overlap->items[i];
        if (item.end < before)
            continue;
        overlap->items[kept++] = item;
        overlap->duration_us += (uint64_t)(item.end - item.begin) * TICK_US;
    }
    overlap->count = kept;
    if (kept == 0)
        overlap->unit_us = 0;
    if (overlap->lost_until_us < before_us)
        overlap->lost_until_us = 0;
    if (before > REACH_TICKS / 2)
        rebase(overlap, before_us - REACH_TICKS / 4 * TICK_US);
    shrink(overlap);
}

/* ---- sweeping ---- */

static int compare(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return a < b ? -1 : a > b;
}

/* Begins and ends, each sorted: the order of either is all that n(t) needs. */
struct edges {
    uint32_t *begins, *ends;
    size_t count;
};

/* Ends that share a unit of the log's clock, spread over it in the log's order. */
static void spread(struct edges *edges, uint32_t unit)
{
    size_t first = 0;

    while (first < edges->count) {
        size_t next = first + 1;
        while (next < edges->count && edges->ends[next] == edges->ends[first])
            next++;
        size_t sharing = next - first;
        for (size_t i = 0; i < sharing; i++) {
            uint32_t by = (uint32_t)((uint64_t)unit * (2 * i + 1) / (2 * sharing));
            edges->ends[first + i] += by;
            edges->begins[first + i] += by;
        }
        first = next;
    }
}

static bool take_edges(const struct wpb_overlap *overlap, struct edges *edges)
{
    *edges = (struct edges){0};
    if (overlap->count == 0)
        return true;
    edges->begins = malloc(overlap->count * 2 * sizeof *edges->begins);
    if (!edges->begins)
        return false;
    edges->ends = edges->begins + overlap->count;
    edges->count = overlap->count;
    for (size_t i = 0; i < overlap->count; i++) {
        edges->begins[i] = overlap->items[i].begin;
        edges->ends[i] = overlap->items[i].end;
    }
    if (overlap->unit_us > TICK_US)
        spread(edges, overlap->unit_us / TICK_US);
    qsort(edges->begins, edges->count, sizeof *edges->begins, compare);
    qsort(edges->ends, edges->count, sizeof *edges->ends, compare);
    return true;
}

static void note_arrival(struct wpb_overlap_found *found, uint64_t met)
{
    found->arrivals++;
    found->met += met;
    found->levels[met < WPB_OVERLAP_LEVELS ? met : WPB_OVERLAP_LEVELS - 1]++;
}

/* N requests were at work from FROM to UNTIL, as far as that lies in the stretch. */
static void note_stretch(struct wpb_overlap_found *found, uint64_t n, int64_t from,
                         int64_t until)
{
    double seconds = (double)(until - from) * TICK_US / 1e6;

    if (until <= from || n == 0)
        return;
    found->busy_s += seconds * (double)n;
    found->busy_squared_s += seconds * (double)n * (double)n;
    if (n > found->most)
        found->most = (unsigned)n;
}

static int64_t inside(int64_t tick, int64_t from, int64_t until)
{
    return tick < from ? from : tick > until ? until : tick;
}

static void sweep(const struct edges *edges, int64_t from, int64_t until,
                  struct wpb_overlap_found *found)
{
    size_t begun = 0, ended = 0;
    int64_t now = from;

    while (ended < edges->count) {
        /* one that ends when another begins does not meet it */
        bool is_end = begun == edges->count || edges->ends[ended] <= edges->begins[begun];
        int64_t at = is_end ? edges->ends[ended] : edges->begins[begun];
        int64_t next = inside(at, from, until);
        note_stretch(found, begun - ended, now, next);
        now = next;
        if (is_end && ended < begun) {
            ended++;
            continue;
        }
        if (at >= from && at < until)
            note_arrival(found, begun - ended);
        begun++;
    }
}

bool wpb_overlap_sweep(const struct wpb_overlap *overlap, int64_t from_us,
                       int64_t until_us, struct wpb_overlap_found *found)
{
    struct edges edges;

    *found = (struct wpb_overlap_found){0};
    if (!take_edges(overlap, &edges))
        return false;
    sweep(&edges, (from_us - overlap->base_us) / TICK_US,
          (until_us - overlap->base_us) / TICK_US, found);
    free(edges.begins);
    found->is_complete = overlap->lost_until_us < from_us || overlap->lost_until_us == 0;
    found->is_resolved =
        overlap->count > 0 && overlap->unit_us <= overlap->duration_us / overlap->count;
    return true;
}
