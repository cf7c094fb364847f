#include "probes/redis/batch.h"

#include <stdlib.h>

#include "probes/redis/reply.h"

#define MEMORY_HEAD "*3\r\n$6\r\nMEMORY\r\n$5\r\nUSAGE\r\n"
#define TTL_HEAD "*2\r\n$4\r\nPTTL\r\n"

void wpb_batch_init(struct wpb_batch *batch)
{
    *batch = (struct wpb_batch){0};
    wpb_buf_init(&batch->commands, 0);
}

void wpb_batch_fini(struct wpb_batch *batch)
{
    wpb_buf_fini(&batch->commands);
    free(batch->items);
    wpb_batch_init(batch);
}

void wpb_batch_clear(struct wpb_batch *batch)
{
    wpb_buf_clear(&batch->commands);
    batch->count = 0;
    batch->name_bytes = 0;
}

static int reserve(struct wpb_batch *batch)
{
    size_t capacity = batch->capacity ? batch->capacity * 2 : 64;
    struct wpb_batch_item *items;

    if (batch->count < batch->capacity)
        return 0;
    items = realloc(batch->items, capacity * sizeof *items);
    if (!items)
        return -1;
    batch->items = items;
    batch->capacity = capacity;
    return 0;
}

int wpb_batch_add(struct wpb_batch *batch, struct wpb_slice name, bool asks_memory,
                  bool asks_ttl)
{
    struct wpb_buf *out = &batch->commands;
    struct wpb_batch_item *item;

    if (reserve(batch) != 0)
        return -1;
    item = &batch->items[batch->count];
    *item = (struct wpb_batch_item){.memory_at = out->len,
                                    .name_len = name.len,
                                    .asks_memory = asks_memory,
                                    .asks_ttl = asks_ttl};
    if (asks_memory) {
        wpb_buf_add(out, MEMORY_HEAD, sizeof MEMORY_HEAD - 1);
        wpb_resp_word(out, name);
    }
    item->ttl_at = out->len;
    /* A key of which nothing is asked still needs its name kept. */
    if (asks_ttl || !asks_memory) {
        wpb_buf_add(out, TTL_HEAD, sizeof TTL_HEAD - 1);
        wpb_resp_word(out, name);
    }
    item->end = out->len;
    item->name_at = out->len - 2 - name.len;
    if (wpb_buf_failed(out))
        return -1;
    batch->count++;
    batch->name_bytes += name.len;
    return 0;
}
