/*
 * batch.h - the keys of one SCAN reply with the commands that measure them.
 *
 * Names stay where the commands hold them: nothing is allocated per key, and the
 * memory is used again for the next reply. Pure; one thread.
 */
#ifndef WPB_REDIS_BATCH_H
#define WPB_REDIS_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/buf.h"

/* What a key's measuring has shown so far. */
struct wpb_batch_item {
    size_t memory_at, ttl_at, end; /* its commands in the buffer; either may be empty */
    size_t name_at, name_len;
    uint64_t bytes;
    bool has_bytes;
    bool asks_memory, asks_ttl;
    bool is_gone; /* vanished, or not ours to see */
};

struct wpb_batch {
    struct wpb_buf commands;
    struct wpb_batch_item *items;
    size_t count, capacity;
    uint64_t name_bytes;
};

void wpb_batch_init(struct wpb_batch *batch);
void wpb_batch_fini(struct wpb_batch *batch);
/* Forget the keys, keep the memory. */
void wpb_batch_clear(struct wpb_batch *batch);
/* Add a key with the commands wanted. -1 when memory is out. */
int wpb_batch_add(struct wpb_batch *batch, struct wpb_slice name, bool asks_memory,
                  bool asks_ttl);

static inline struct wpb_slice wpb_batch_name(const struct wpb_batch *batch, size_t i)
{
    return wpb_slice_of(batch->commands.data + batch->items[i].name_at,
                        batch->items[i].name_len);
}
/* MEMORY USAGE and PTTL of item I, in RESP; only where asked. */
static inline struct wpb_slice wpb_batch_memory(const struct wpb_batch *batch, size_t i)
{
    const struct wpb_batch_item *item = &batch->items[i];
    return wpb_slice_of(batch->commands.data + item->memory_at,
                        item->ttl_at - item->memory_at);
}
static inline struct wpb_slice wpb_batch_ttl(const struct wpb_batch *batch, size_t i)
{
    const struct wpb_batch_item *item = &batch->items[i];
    return wpb_slice_of(batch->commands.data + item->ttl_at, item->end - item->ttl_at);
}

#endif
